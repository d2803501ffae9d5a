#ifndef TRANSFER_GUARD_B_NOTARY_H
#define TRANSFER_GUARD_B_NOTARY_H

#include "transfer/guard_b/trust.h"

/* Signature files (FORMAT §9): minisign's format in one form. */
#define B_NOTARY_COMMENT_MAX 200
#define B_NOTARY_MAX         512
#define B_SEED_LENGTH        32

/*
 * b_notary_sign(seed, key, comment, digest, out, ret_length, why):
 * Sign the file whose B2-512 is ${digest}, with the trusted ${comment}, and
 * verify the result.  ERR_KEY unless ${seed} is the private half of ${key}.
 */
must_use int b_notary_sign(const uint8_t seed[static B_SEED_LENGTH], const struct b_key *key,
                           const char *comment, const uint8_t digest[static B_FILE_LENGTH],
                           char out[static B_NOTARY_MAX], size_t *ret_length,
                           struct b_refusal *why);

/* b_notary_check(file, name, key, comment, digest, why): Is ${file} the signature file by ${key}
 * over that digest with exactly that comment?  ${name} is for the sentence. */
must_use int b_notary_check(struct b_view file, const char *name, const struct b_key *key,
                            const char *comment, const uint8_t digest[static B_FILE_LENGTH],
                            struct b_refusal *why);

/* b_notary_owns(seed, key): Is ${seed} the private half of ${key}? */
bool b_notary_owns(const uint8_t seed[static B_SEED_LENGTH], const struct b_key *key);

#endif
