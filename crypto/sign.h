#ifndef CRYPTO_SIGN_H
#define CRYPTO_SIGN_H

#include "crypto/bytes.h"
#include "crypto/secret.h"

/*
 * Signatures, with an algorithm id in front of each so that another profile can
 * follow: SIGN_ED25519 (RFC 8032, libsodium) is 64 bytes over a purpose-bound
 * message: what || 0x00 || data.
 */
enum sign_algorithm { SIGN_NONE = 0, SIGN_ED25519 = 1 };

#define SIGN_PUBLIC_LENGTH 32
#define SIGN_SEED_LENGTH   32
/* one byte of algorithm id, then the signature */
#define SIGN_LENGTH 65

/* sign_public(seed, ret_public): The public key of a 32-byte seed. */
must_use int sign_public(const struct secret *seed, uint8_t ret_public[static SIGN_PUBLIC_LENGTH]);

/* sign_make(seed, what, data, out): Sign ${data} for the purpose ${what}. */
must_use int sign_make(const struct secret *seed, const char *what, struct bytes_view data,
                       uint8_t out[static SIGN_LENGTH]);

/* sign_check(public, what, data, signature): 0, or ERR_SIGNATURE, or ERR_UNKNOWN for an
 * algorithm that this build does not know; ERR_MEMORY, which says nothing of the signature, only
 * where ${what} and ${data} have more than 2,000 bytes. */
must_use int sign_check(const uint8_t public_key[static SIGN_PUBLIC_LENGTH], const char *what,
                        struct bytes_view data, const uint8_t signature[static SIGN_LENGTH]);

/* The bare Ed25519 that minisign and C2SP notes need: no purpose, no algorithm id. */
must_use int sign_make_raw(const struct secret *seed, const void *data, size_t length,
                           uint8_t out[static 64]);
must_use int sign_check_raw(const uint8_t public_key[static SIGN_PUBLIC_LENGTH], const void *data,
                            size_t length, const uint8_t signature[static 64]);

#endif
