/*
 * The tree's SHA-256, by OpenSSL's own functions: they use the processor's, which
 * libsodium's do not, and a log of ten million events is hashed thirty million times.
 * They are an object of their own, so that only who hashes trees links libcrypto; they
 * take no provider, read no configuration and keep nothing (docs/decisions/0020).
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "crypto/hash.h"

void hash_leaf(const void *header, size_t header_length,
               const uint8_t commitment[static HASH_TREE_LENGTH],
               uint8_t out[static HASH_TREE_LENGTH])
{
    SHA256_CTX state;

    SHA256_Init(&state);
    SHA256_Update(&state, "\x00", 1);
    SHA256_Update(&state, header, header_length);
    SHA256_Update(&state, commitment, HASH_TREE_LENGTH);
    SHA256_Final(out, &state);
}

void hash_commitment(const uint8_t salt[static 32], struct bytes_view payload,
                     uint8_t out[static HASH_TREE_LENGTH])
{
    SHA256_CTX state;

    SHA256_Init(&state);
    SHA256_Update(&state, salt, 32);
    SHA256_Update(&state, payload.data, payload.length);
    SHA256_Final(out, &state);
}

void hash_node(const uint8_t left[static HASH_TREE_LENGTH],
               const uint8_t right[static HASH_TREE_LENGTH], uint8_t out[static HASH_TREE_LENGTH])
{
    SHA256_CTX state;

    SHA256_Init(&state);
    SHA256_Update(&state, "\x01", 1);
    SHA256_Update(&state, left, HASH_TREE_LENGTH);
    SHA256_Update(&state, right, HASH_TREE_LENGTH);
    SHA256_Final(out, &state);
}
