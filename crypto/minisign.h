#ifndef CRYPTO_MINISIGN_H
#define CRYPTO_MINISIGN_H

#include "crypto/bytes.h"
#include "crypto/sign.h"

/*
 * minisign's file formats (https://jedisct1.github.io/minisign/), in one exact
 * form: prehashed ('ED', Ed25519 over BLAKE2b-512 of the file), exactly four
 * lines ending in LF, canonical base64, a fixed untrusted comment.  Stock
 * `minisign -VH` accepts what this writes; this refuses much of what stock
 * minisign accepts (other comments, bytes after line 4, 'Ed').
 */
#define MINISIGN_KEY_ID_LENGTH 8
#define MINISIGN_UNTRUSTED     "untrusted comment: mes-xfer/1"
#define MINISIGN_COMMENT_MAX   256
#define MINISIGN_FILE_MAX      640

struct minisign_public {
    uint8_t key_id[MINISIGN_KEY_ID_LENGTH];
    uint8_t key[SIGN_PUBLIC_LENGTH];
};

/* minisign_public_of(seed, ret_public): The key id is the first 8 bytes of the
 * BLAKE2b-256 of the public key, so that it needs no store of its own. */
must_use int minisign_public_of(const struct secret *seed, struct minisign_public *ret_public);

/* minisign_sign(seed, data, length, comment, out, ret_length): Write the .minisig file's text
 * for ${data} with the trusted comment ${comment} (printable ASCII) to ${out}, which has room for
 * MINISIGN_FILE_MAX bytes.  It has been verified when this returns 0. */
must_use int minisign_sign(const struct secret *seed, const void *data, size_t length,
                           const char *comment, char *out, size_t *ret_length);

/* minisign_check(public, data, length, file, ret_comment): Verify ${file}, the text of a .minisig,
 * for ${data}.  On success ${ret_comment} is the trusted comment, borrowed from ${file}.
 * ERR_FORMAT, ERR_KEY (another key id), ERR_SIGNATURE. */
must_use int minisign_check(const struct minisign_public *public_key, const void *data,
                            size_t length, struct bytes_view file, struct bytes_view *ret_comment);

/* The one-line base64 form of a public key (as in root.json), 56 characters, and back. */
#define MINISIGN_PUBLIC_TEXT 56
void minisign_public_print(const struct minisign_public *public_key,
                           char out[static MINISIGN_PUBLIC_TEXT + 1]);
must_use int minisign_public_parse(struct bytes_view text, struct minisign_public *ret_public);

#endif
