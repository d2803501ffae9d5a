#include "crypto/sign.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static int key_pair(const struct secret *seed, uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                    uint8_t secret_key[static crypto_sign_SECRETKEYBYTES])
{
    if (secret_length(seed) != SIGN_SEED_LENGTH)
        return ERR_KEY;
    crypto_sign_seed_keypair(public_key, secret_key, secret_open(seed));
    secret_close(seed);
    return 0;
}

int sign_public(const struct secret *seed, uint8_t ret_public[static SIGN_PUBLIC_LENGTH])
{
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    int r = key_pair(seed, ret_public, secret_key);

    sodium_memzero(secret_key, sizeof(secret_key));
    return r;
}

int sign_make_raw(const struct secret *seed, const void *data, size_t length,
                  uint8_t out[static 64])
{
    uint8_t public_key[SIGN_PUBLIC_LENGTH];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    int r = key_pair(seed, public_key, secret_key);

    if (r == 0)
        crypto_sign_detached(out, NULL, data, length, secret_key);
    sodium_memzero(secret_key, sizeof(secret_key));
    return r;
}

int sign_check_raw(const uint8_t public_key[static SIGN_PUBLIC_LENGTH], const void *data,
                   size_t length, const uint8_t signature[static 64])
{
    return crypto_sign_verify_detached(signature, data, length, public_key) ? ERR_SIGNATURE : 0;
}

/* Tokens, statements, lines and heads are shorter: to check one nothing is asked for that could be
 * refused, so that no memory is never taken for a wrong signature. */
#define SHORT 2048

/* what || 0x00 || data */
struct bound {
    uint8_t room[SHORT], *message;
    size_t length;
};

static int bind(struct bound *bound, const char *what, struct bytes_view data)
{
    size_t head = strlen(what) + 1;

    bound->length = head + data.length;
    bound->message = bound->length <= SHORT ? bound->room : malloc(bound->length);
    if (!bound->message)
        return ERR_MEMORY;
    memcpy(bound->message, what, head);
    if (data.length)
        memcpy(bound->message + head, data.data, data.length);
    return 0;
}

static void unbind(struct bound *bound)
{
    if (bound->message != bound->room)
        free(bound->message);
}

int sign_make(const struct secret *seed, const char *what, struct bytes_view data,
              uint8_t out[static SIGN_LENGTH])
{
    struct bound bound;
    int r = bind(&bound, what, data);

    if (r)
        return r;
    out[0] = SIGN_ED25519;
    r = sign_make_raw(seed, bound.message, bound.length, out + 1);
    unbind(&bound);
    return r;
}

int sign_check(const uint8_t public_key[static SIGN_PUBLIC_LENGTH], const char *what,
               struct bytes_view data, const uint8_t signature[static SIGN_LENGTH])
{
    struct bound bound;
    int r;

    if (signature[0] != SIGN_ED25519)
        return ERR_UNKNOWN;
    r = bind(&bound, what, data);
    if (r)
        return r;
    r = sign_check_raw(public_key, bound.message, bound.length, signature + 1);
    unbind(&bound);
    return r;
}
