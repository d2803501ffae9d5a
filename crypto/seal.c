#include "crypto/seal.h"

#include <sodium.h>
#include <string.h>

#define KEY_LENGTH   crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_LENGTH crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LENGTH   crypto_aead_xchacha20poly1305_ietf_ABYTES
#define ABOUT_MAX    (3 * 4 + 2 * SEAL_TEXT_MAX + 15 + 4)

_Static_assert(SEAL_OVERHEAD == 1 + NONCE_LENGTH + TAG_LENGTH, "what seal.h says");
_Static_assert(SEAL_TO_OVERHEAD == 1 + crypto_scalarmult_BYTES + TAG_LENGTH, "what seal.h says");

static bool is_text(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= SEAL_TEXT_MAX;
}

/* What the tag covers beside the ciphertext. */
static int about_bytes(const struct seal_about *about, uint8_t out[static ABOUT_MAX],
                       size_t *ret_length)
{
    struct bytes_put put = bytes_into(out, ABOUT_MAX);
    if (!is_text(about->purpose) || !is_text(about->holder))
        return ERR_RANGE;
    bytes_put_var(&put, bytes_text("casemate/seal/1"), SEAL_TEXT_MAX);
    bytes_put_var(&put, bytes_text(about->purpose), SEAL_TEXT_MAX);
    bytes_put_var(&put, bytes_text(about->holder), SEAL_TEXT_MAX);
    bytes_put_u32(&put, about->generation);
    return bytes_put_done(&put, ret_length);
}

int seal_make(const struct secret *key, const struct seal_about *about, struct bytes_view data,
              uint8_t *out)
{
    uint8_t more[ABOUT_MAX];
    size_t length = 0;
    int r = about_bytes(about, more, &length);
    if (r)
        return r;
    if (secret_length(key) != KEY_LENGTH)
        return ERR_KEY;
    out[0] = SEAL_KEY;
    randombytes_buf(out + 1, NONCE_LENGTH);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + 1 + NONCE_LENGTH, NULL, data.data, data.length,
                                               more, length, NULL, out + 1, secret_open(key));
    secret_close(key);
    return 0;
}

int seal_open(const struct secret *key, const struct seal_about *about, struct bytes_view sealed,
              uint8_t *out)
{
    uint8_t more[ABOUT_MAX];
    size_t length = 0;
    int r = about_bytes(about, more, &length);
    if (r)
        return r;
    if (secret_length(key) != KEY_LENGTH)
        return ERR_KEY;
    if (sealed.length < SEAL_OVERHEAD)
        return ERR_TRUNCATED;
    if (sealed.data[0] != SEAL_KEY)
        return ERR_UNKNOWN;
    r = crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.data + 1 + NONCE_LENGTH,
                                                   sealed.length - 1 - NONCE_LENGTH, more, length,
                                                   sealed.data + 1, secret_open(key));
    secret_close(key);
    if (r)
        sodium_memzero(out, sealed.length - SEAL_OVERHEAD);
    return r ? ERR_KEY : 0;
}

int seal_secret(const struct secret *key, const struct seal_about *about,
                const struct secret *secret, uint8_t out[static SEAL_SECRET])
{
    if (secret_length(secret) != 32)
        return ERR_SIZE;
    int r = seal_make(key, about, bytes_view_of(secret_open(secret), 32), out);
    secret_close(secret);
    return r;
}

int unseal_secret(const struct secret *key, const struct seal_about *about,
                  const uint8_t sealed[static SEAL_SECRET], struct secret **ret_secret)
{
    struct secret *secret = NULL;
    int r = secret_new(32, &secret);
    if (r)
        return r;
    r = seal_open(key, about, bytes_view_of(sealed, SEAL_SECRET), secret_open_writable(secret));
    secret_close(secret);
    if (r)
        secret_free(secret);
    else
        *ret_secret = secret;
    return r;
}

/* ---- to a public key ---- */

int seal_public(const struct secret *key, uint8_t out[static SEAL_PUBLIC_LENGTH])
{
    if (secret_length(key) != crypto_scalarmult_SCALARBYTES)
        return ERR_KEY;
    crypto_scalarmult_base(out, secret_open(key));
    secret_close(key);
    return 0;
}

/* The key of one message, from either side. */
static int message_key(const struct secret *mine, const uint8_t theirs[static 32],
                       const uint8_t sender[static 32], const uint8_t receiver[static 32],
                       struct secret **ret_key)
{
    static const char what[] = "casemate/seal-to/1";
    uint8_t point[crypto_scalarmult_BYTES];
    crypto_generichash_state state;
    struct secret *key = NULL;
    if (secret_length(mine) != crypto_scalarmult_SCALARBYTES)
        return ERR_KEY;
    int r = crypto_scalarmult(point, secret_open(mine), theirs) != 0 ? ERR_KEY : 0;
    secret_close(mine);
    if (r == 0)
        r = secret_new(KEY_LENGTH, &key);
    if (r == 0) {
        crypto_generichash_init(&state, point, sizeof point, KEY_LENGTH);
        crypto_generichash_update(&state, (const uint8_t *)what, sizeof what - 1);
        crypto_generichash_update(&state, sender, 32);
        crypto_generichash_update(&state, receiver, 32);
        crypto_generichash_final(&state, secret_open_writable(key), KEY_LENGTH);
        secret_close(key);
        sodium_memzero(&state, sizeof state);
        *ret_key = key;
    }
    sodium_memzero(point, sizeof point);
    return r;
}

static const uint8_t zero_nonce[NONCE_LENGTH];

int seal_secret_to(const uint8_t to[static SEAL_PUBLIC_LENGTH], const struct seal_about *about,
                   const struct secret *secret, uint8_t out[static SEAL_TO_SECRET])
{
    struct secret *once = NULL, *key = NULL;
    uint8_t more[ABOUT_MAX];
    size_t length = 0;
    int r = about_bytes(about, more, &length);
    if (r == 0 && secret_length(secret) != 32)
        r = ERR_SIZE;
    if (r == 0)
        r = secret_random(crypto_scalarmult_SCALARBYTES, &once);
    if (r == 0)
        r = seal_public(once, out + 1);
    if (r == 0)
        r = message_key(once, to, out + 1, to, &key);
    if (r == 0) {
        out[0] = SEAL_PUBLIC;
        crypto_aead_xchacha20poly1305_ietf_encrypt(out + 33, NULL, secret_open(secret), 32, more,
                                                   length, NULL, zero_nonce, secret_open(key));
        secret_close(key);
        secret_close(secret);
    }
    secret_free(once);
    secret_free(key);
    return r;
}

int unseal_secret_to(const struct secret *mine, const struct seal_about *about,
                     const uint8_t sealed[static SEAL_TO_SECRET], struct secret **ret_secret)
{
    struct secret *key = NULL, *secret = NULL;
    uint8_t more[ABOUT_MAX], receiver[SEAL_PUBLIC_LENGTH];
    size_t length = 0;
    int r = about_bytes(about, more, &length);
    if (r == 0 && sealed[0] != SEAL_PUBLIC)
        r = ERR_UNKNOWN;
    if (r == 0)
        r = seal_public(mine, receiver);
    if (r == 0)
        r = message_key(mine, sealed + 1, sealed + 1, receiver, &key);
    if (r == 0)
        r = secret_new(32, &secret);
    if (r == 0) {
        if (crypto_aead_xchacha20poly1305_ietf_decrypt(secret_open_writable(secret), NULL, NULL,
                                                       sealed + 33, 32 + TAG_LENGTH, more, length,
                                                       zero_nonce, secret_open(key)) != 0)
            r = ERR_KEY;
        secret_close(key);
        secret_close(secret);
    }
    secret_free(key);
    if (r)
        secret_free(secret);
    else
        *ret_secret = secret;
    return r;
}
