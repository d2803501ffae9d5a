#include "crypto/hash.h"

#include <string.h>

void hash_sha256(struct bytes_view data, uint8_t out[static 32])
{
    crypto_hash_sha256(out, data.data, data.length);
}

void hash_content(const char *what, struct bytes_view data, uint8_t out[static HASH_CONTENT_LENGTH])
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, HASH_CONTENT_LENGTH);
    crypto_generichash_update(&state, (const uint8_t *)what, strlen(what) + 1);
    crypto_generichash_update(&state, data.data, data.length);
    crypto_generichash_final(&state, out, HASH_CONTENT_LENGTH);
}

void hash_short(const void *data, size_t length, uint8_t out[static HASH_CONTENT_LENGTH])
{
    crypto_generichash(out, HASH_CONTENT_LENGTH, data, length, NULL, 0);
}

void hash_file(const void *data, size_t length, uint8_t out[static HASH_FILE_LENGTH])
{
    crypto_generichash(out, HASH_FILE_LENGTH, data, length, NULL, 0);
}
