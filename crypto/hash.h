#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <sodium.h>

#include "crypto/bytes.h"

/*
 * Digests by purpose.  TREE is SHA-256 (RFC 6962 transparency log, FIPS 180-4);
 * CONTENT is BLAKE2b-256 and FILE BLAKE2b-512 (RFC 7693; `b2sum` prints FILE).
 */
#define HASH_TREE_LENGTH    32
#define HASH_CONTENT_LENGTH 32
#define HASH_FILE_LENGTH    64

/* hash_leaf(header, header_length, commitment, out): SHA-256(0x00 || header || commitment). */
void hash_leaf(const void *header, size_t header_length,
               const uint8_t commitment[static HASH_TREE_LENGTH],
               uint8_t out[static HASH_TREE_LENGTH]);

/* hash_commitment(salt, payload, out): SHA-256(salt[32] || payload). */
void hash_commitment(const uint8_t salt[static 32], struct bytes_view payload,
                     uint8_t out[static HASH_TREE_LENGTH]);

/* hash_node(left, right, out): SHA-256(0x01 || left || right). */
void hash_node(const uint8_t left[static HASH_TREE_LENGTH],
               const uint8_t right[static HASH_TREE_LENGTH], uint8_t out[static HASH_TREE_LENGTH]);

/* hash_sha256(data, out): Plain SHA-256, what a browser's SubtleCrypto computes too. */
void hash_sha256(struct bytes_view data, uint8_t out[static 32]);

/* hash_content(what, data, out): BLAKE2b-256 of ${what} || 0x00 || ${data}: ${what} names the
 * purpose so that a digest of one thing is never one of another. */
void hash_content(const char *what, struct bytes_view data,
                  uint8_t out[static HASH_CONTENT_LENGTH]);

/* hash_short(data, length, out): BLAKE2b-256 with no purpose in front, as `b2sum -l 256`: for what
 * people compare with stock tools. */
void hash_short(const void *data, size_t length, uint8_t out[static HASH_CONTENT_LENGTH]);

/* hash_file(data, length, out): BLAKE2b-512, as b2sum. */
void hash_file(const void *data, size_t length, uint8_t out[static HASH_FILE_LENGTH]);

#endif
