#ifndef CRYPTO_NOTE_H
#define CRYPTO_NOTE_H

#include <stdbool.h>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "crypto/sign.h"

/*
 * Checkpoints as C2SP signed notes (https://c2sp.org/signed-note,
 * https://c2sp.org/tlog-checkpoint): origin, size, base64 root, an empty line,
 * and one signature line by an Ed25519 key named as the origin.  Behind the root at
 * most one extension line of ours, "casemate-hot " and 64 hexadecimal digits: the
 * digest of the tables that belong to this size (appliance/mes/hot.h).  No other
 * extension line is known, and a note with one is refused.
 */
#define NOTE_ORIGIN_MAX 64
#define NOTE_MAX        512
#define NOTE_HOT_LENGTH 32

struct note_checkpoint {
    char origin[NOTE_ORIGIN_MAX + 1]; /* casemate/ID/EPOCH */
    uint64_t size;
    uint8_t root[HASH_TREE_LENGTH];
    bool has_hot; /* there is an extension line, with: */
    uint8_t hot[NOTE_HOT_LENGTH];
};

/* note_sign(seed, checkpoint, out, ret_length): Write the signed note to ${out} (NOTE_MAX bytes).
 */
must_use int note_sign(const struct secret *seed, const struct note_checkpoint *checkpoint,
                       char *out, size_t *ret_length);

/* note_check(public, text, ret_checkpoint): Parse and verify; strict: exactly one signature, one
 * form.  ERR_FORMAT, ERR_KEY, ERR_SIGNATURE. */
must_use int note_check(const uint8_t public_key[static SIGN_PUBLIC_LENGTH], struct bytes_view text,
                        struct note_checkpoint *ret_checkpoint);

/* note_length(text): How long the note at the start of ${text} is, up to the end of its first
 * signature line; 0 when there is none.  It is not checked. */
size_t note_length(struct bytes_view text);

/* note_verifier_key(public, origin, out): The C2SP verifier key line "name+hash+base64". */
#define NOTE_VERIFIER_KEY_MAX 160
must_use int note_verifier_key(const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                               const char *origin, char out[static NOTE_VERIFIER_KEY_MAX]);

#endif
