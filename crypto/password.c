#include "crypto/password.h"

#include <sodium.h>
#include <string.h>

#define ALGORITHM_ARGON2ID 1
#define PASSES             3
#define MEMORY             (64u << 20)

int password_pepper(const struct secret *pepper, struct bytes_view pin, uint8_t out[static 32])
{
    crypto_auth_hmacsha256_state state;

    if (pin.length == 0 || pin.length > PASSWORD_PIN_MAX)
        return ERR_SIZE;
    crypto_auth_hmacsha256_init(&state, secret_open(pepper), secret_length(pepper));
    secret_close(pepper);
    crypto_auth_hmacsha256_update(&state, pin.data, pin.length);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof(state));
    return 0;
}

int password_hash(const uint8_t peppered[static 32], const uint8_t salt[static 16],
                  uint8_t out[static PASSWORD_HASH_LENGTH])
{
    out[0] = ALGORITHM_ARGON2ID;
    memcpy(out + 1, salt, 16);
    if (crypto_pwhash(out + 17, 32, (const char *)peppered, 32, salt, PASSES, MEMORY,
                      crypto_pwhash_ALG_ARGON2ID13))
        return ERR_MEMORY;
    return 0;
}
