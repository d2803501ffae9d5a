#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "crypto/bytes.h"
#include "crypto/secret.h"

/*
 * Sealing: what is sealed says nothing without the key, and is refused when a bit of it
 * changed or when it is opened for something else than it was sealed for.  What it is for
 * (struct seal_about) is authenticated with it and not stored in it: purpose, holder and
 * generation, the two texts each with their length as a big-endian u32 in front, behind
 * "casemate/seal/1" likewise.
 *
 * In front of everything sealed stands a byte that names the algorithm, so that another
 * profile can follow:
 *     SEAL_KEY     u8 1, 24 nonce, ciphertext, 16 tag: XChaCha20-Poly1305 (libsodium;
 *                  draft-irtf-cfrg-xchacha-03) under a 32-byte key, the nonce random.
 *     SEAL_PUBLIC  u8 2, 32 sender, ciphertext, 16 tag: to an X25519 key (RFC 7748).  The
 *                  sender's key pair is made for this one message and forgotten; the key
 *                  is BLAKE2b-256, keyed with the shared point, of "casemate/seal-to/1",
 *                  sender and receiver; the message is sealed under it as above with the
 *                  nonce zero, because the key is used once.
 */
enum seal_algorithm { SEAL_NONE = 0, SEAL_KEY = 1, SEAL_PUBLIC = 2 };

#define SEAL_OVERHEAD      41 /* of SEAL_KEY */
#define SEAL_TO_OVERHEAD   49 /* of SEAL_PUBLIC */
#define SEAL_PUBLIC_LENGTH 32
#define SEAL_TEXT_MAX      64
#define SEAL_SECRET        (SEAL_OVERHEAD + 32) /* a sealed 32-byte secret */
#define SEAL_TO_SECRET     (SEAL_TO_OVERHEAD + 32)

/* What is sealed is for; borrowed texts of 1 to SEAL_TEXT_MAX bytes. */
struct seal_about {
    const char *purpose;
    const char *holder;
    uint32_t generation;
};

/*
 * seal_make(key, about, data, out):
 * Seal ${data} under the 32-byte ${key}.  ${out} has room for data.length + SEAL_OVERHEAD
 * bytes, all of which are written.  ERR_KEY, ERR_RANGE (a text of ${about}), ERR_SIZE.
 */
must_use int seal_make(const struct secret *key, const struct seal_about *about,
                       struct bytes_view data, uint8_t *out);

/*
 * seal_open(key, about, sealed, out):
 * Open it: sealed.length - SEAL_OVERHEAD bytes go to ${out}.  ERR_TRUNCATED, ERR_UNKNOWN for an
 * algorithm that is not known here, ERR_KEY if the key, what it is about or a bit of it is
 * another: which of these cannot be known.  On failure ${out} holds nothing of it.
 */
must_use int seal_open(const struct secret *key, const struct seal_about *about,
                       struct bytes_view sealed, uint8_t *out);

/* seal_secret, unseal_secret: The same for a 32-byte secret, which is never in memory of ours
 * outside a struct secret. */
must_use int seal_secret(const struct secret *key, const struct seal_about *about,
                         const struct secret *secret, uint8_t out[static SEAL_SECRET]);
must_use int unseal_secret(const struct secret *key, const struct seal_about *about,
                           const uint8_t sealed[static SEAL_SECRET], struct secret **ret_secret);

/* seal_public(key, out): The public key of the 32 bytes ${key}, of which any will do. */
must_use int seal_public(const struct secret *key, uint8_t out[static SEAL_PUBLIC_LENGTH]);

/* seal_secret_to, unseal_secret_to: To a public key, and with its secret.  ERR_KEY also for a
 * public key of small order. */
must_use int seal_secret_to(const uint8_t to[static SEAL_PUBLIC_LENGTH],
                            const struct seal_about *about, const struct secret *secret,
                            uint8_t out[static SEAL_TO_SECRET]);
must_use int unseal_secret_to(const struct secret *key, const struct seal_about *about,
                              const uint8_t sealed[static SEAL_TO_SECRET],
                              struct secret **ret_secret);

#endif
