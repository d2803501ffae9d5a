#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include <stdbool.h>

#include "crypto/bytes.h"
#include "crypto/secret.h"

/*
 * A stored PIN or password: Argon2id, 64 MiB, 3 passes, one lane (about 100 ms
 * of a core), over HMAC(pepper, PIN), so that a stolen store alone cannot be
 * searched.  Layout: algorithm id 1, salt 16, digest 32.
 */
#define PASSWORD_HASH_LENGTH 49
#define PASSWORD_PIN_MAX     64

/* password_pepper(pepper, pin, out): What goes to the process that runs Argon2id. */
must_use int password_pepper(const struct secret *pepper, struct bytes_view pin,
                             uint8_t out[static 32]);

/* password_hash(peppered, salt, out): Fill ${out}.  Slow. */
must_use int password_hash(const uint8_t peppered[static 32], const uint8_t salt[static 16],
                           uint8_t out[static PASSWORD_HASH_LENGTH]);

#endif
