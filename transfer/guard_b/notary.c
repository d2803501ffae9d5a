#include "transfer/guard_b/notary.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#define SIGNATURE_LENGTH crypto_sign_BYTES
#define FIRST_BYTES      (2 + B_KEY_ID + SIGNATURE_LENGTH)
#define FIRST_LINE       "untrusted comment: mes-xfer/1\n"
#define THIRD_LINE       "trusted comment: "

/* What the global signature is over: the signature and the comment. */
static size_t covered(const uint8_t *signature, const char *comment,
                      uint8_t out[static SIGNATURE_LENGTH + B_NOTARY_COMMENT_MAX])
{
    size_t length = strlen(comment);
    memcpy(out, signature, SIGNATURE_LENGTH);
    memcpy(out + SIGNATURE_LENGTH, comment, length);
    return SIGNATURE_LENGTH + length;
}

bool b_notary_owns(const uint8_t seed[static B_SEED_LENGTH], const struct b_key *key)
{
    uint8_t point[crypto_sign_PUBLICKEYBYTES];
    uint8_t both[crypto_sign_SECRETKEYBYTES];
    struct b_key own;
    crypto_sign_seed_keypair(point, both, seed);
    sodium_memzero(both, sizeof both);
    b_trust_key(point, &own);
    return memcmp(own.point, key->point, sizeof own.point) == 0 &&
           memcmp(own.id, key->id, sizeof own.id) == 0;
}

int b_notary_sign(const uint8_t seed[static B_SEED_LENGTH], const struct b_key *key,
                  const char *comment, const uint8_t digest[static B_FILE_LENGTH],
                  char out[static B_NOTARY_MAX], size_t *ret_length, struct b_refusal *why)
{
    uint8_t point[crypto_sign_PUBLICKEYBYTES];
    uint8_t both[crypto_sign_SECRETKEYBYTES];
    uint8_t first[FIRST_BYTES] = {'E', 'D'}, global[SIGNATURE_LENGTH];
    uint8_t under[SIGNATURE_LENGTH + B_NOTARY_COMMENT_MAX];
    char first_text[B_BASE64_LENGTH(FIRST_BYTES) + 1];
    char global_text[B_BASE64_LENGTH(SIGNATURE_LENGTH) + 1];
    if (!b_notary_owns(seed, key))
        return b_refuse(why, ERR_KEY, "guard-b does not hold the key that root.json names for it");
    if (strlen(comment) > B_NOTARY_COMMENT_MAX)
        return b_refuse(why, ERR_SIZE, "a trusted comment is longer than any can be");
    crypto_sign_seed_keypair(point, both, seed);
    memcpy(first + 2, key->id, B_KEY_ID);
    crypto_sign_detached(first + 2 + B_KEY_ID, NULL, digest, B_FILE_LENGTH, both);
    size_t length = covered(first + 2 + B_KEY_ID, comment, under);
    crypto_sign_detached(global, NULL, under, length, both);
    sodium_memzero(both, sizeof both);
    b_digits_base64(first, sizeof first, first_text);
    b_digits_base64(global, sizeof global, global_text);
    length = (size_t)snprintf(out, B_NOTARY_MAX, FIRST_LINE "%s\n" THIRD_LINE "%s\n%s\n",
                              first_text, comment, global_text);
    int r = b_notary_check(b_view_of(out, length), "guard-b's own signature", key, comment, digest,
                           why);
    if (r == 0)
        *ret_length = length;
    return r;
}

int b_notary_check(struct b_view file, const char *name, const struct b_key *key,
                   const char *comment, const uint8_t digest[static B_FILE_LENGTH],
                   struct b_refusal *why)
{
    uint8_t first[FIRST_BYTES] = {0}, global[SIGNATURE_LENGTH] = {0};
    uint8_t under[SIGNATURE_LENGTH + B_NOTARY_COMMENT_MAX];
    struct b_reader r = b_reader_over(file);
    if (strlen(comment) > B_NOTARY_COMMENT_MAX)
        return b_refuse(why, ERR_SIZE, "a trusted comment is longer than any can be");
    b_reader_text(&r, FIRST_LINE);
    struct b_view first_text = b_reader_run(&r, B_BASE64_LENGTH(sizeof first));
    b_reader_text(&r, "\n" THIRD_LINE);
    b_reader_text(&r, comment);
    b_reader_text(&r, "\n");
    struct b_view global_text = b_reader_run(&r, B_BASE64_LENGTH(sizeof global));
    b_reader_text(&r, "\n");
    if (!b_reader_done(&r) || !b_digits_from_base64(first_text.data, sizeof first, first) ||
        !b_digits_from_base64(global_text.data, sizeof global, global) || first[0] != 'E' ||
        first[1] != 'D')
        return b_refuse(why, ERR_FORMAT,
                        "%s is not in its one form with the comment that it must have", name);
    if (memcmp(first + 2, key->id, B_KEY_ID) != 0)
        return b_refuse(why, ERR_KEY, "%s is by another key", name);
    const uint8_t *signature = first + 2 + B_KEY_ID;
    size_t length = covered(signature, comment, under);
    if (crypto_sign_verify_detached(signature, digest, B_FILE_LENGTH, key->point) != 0 ||
        crypto_sign_verify_detached(global, under, length, key->point) != 0)
        return b_refuse(why, ERR_SIGNATURE, "%s does not verify", name);
    return 0;
}
