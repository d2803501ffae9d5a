#include "crypto/minisign.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"

#define TRUSTED          "trusted comment: "
#define SIGNATURE_LENGTH (2 + MINISIGN_KEY_ID_LENGTH + 64)
#define SIGNATURE_TEXT   100
#define GLOBAL_TEXT      88
#define PUBLIC_LENGTH    (2 + MINISIGN_KEY_ID_LENGTH + SIGN_PUBLIC_LENGTH)

static bool is_comment(struct bytes_view comment)
{
    if (comment.length == 0 || comment.length > MINISIGN_COMMENT_MAX)
        return false;
    for (uint32_t i = 0; i < comment.length; i++)
        if (comment.data[i] < 0x20 || comment.data[i] > 0x7e)
            return false;
    return true;
}

static void encode(const void *data, size_t length, char *out, size_t room)
{
    sodium_bin2base64(out, room, data, length, sodium_base64_VARIANT_ORIGINAL);
}

/* Exactly ${length} bytes, in the one form that encode() writes. */
static int decode(struct bytes_view text, uint8_t *out, size_t length)
{
    char again[SIGNATURE_TEXT + 1];
    size_t got;

    if (sodium_base64_ENCODED_LEN(length, sodium_base64_VARIANT_ORIGINAL) != text.length + 1)
        return ERR_FORMAT;
    if (sodium_base642bin(out, length, (const char *)text.data, text.length, NULL, &got, NULL,
                          sodium_base64_VARIANT_ORIGINAL) ||
        got != length)
        return ERR_FORMAT;
    encode(out, length, again, sizeof(again));
    return bytes_equal_text(text, again) ? 0 : ERR_FORMAT;
}

int minisign_public_of(const struct secret *seed, struct minisign_public *ret_public)
{
    uint8_t digest[HASH_CONTENT_LENGTH];
    int r = sign_public(seed, ret_public->key);

    if (r)
        return r;
    crypto_generichash(digest, sizeof(digest), ret_public->key, SIGN_PUBLIC_LENGTH, NULL, 0);
    memcpy(ret_public->key_id, digest, MINISIGN_KEY_ID_LENGTH);
    return 0;
}

/* What the second signature covers: the first one and the trusted comment. */
static size_t global_message(const uint8_t signature[static 64], struct bytes_view comment,
                             uint8_t out[static 64 + MINISIGN_COMMENT_MAX])
{
    memcpy(out, signature, 64);
    memcpy(out + 64, comment.data, comment.length);
    return 64 + comment.length;
}

int minisign_sign(const struct secret *seed, const void *data, size_t length, const char *comment,
                  char *out, size_t *ret_length)
{
    uint8_t line[SIGNATURE_LENGTH] = {'E', 'D'};
    uint8_t digest[HASH_FILE_LENGTH], global[64], message[64 + MINISIGN_COMMENT_MAX];
    char line_text[SIGNATURE_TEXT + 1], global_text[GLOBAL_TEXT + 1];
    uint8_t *signature = line + 2 + MINISIGN_KEY_ID_LENGTH;
    struct minisign_public public_key;
    struct bytes_view checked;
    int n, r;

    if (!is_comment(bytes_text(comment)))
        return ERR_FORMAT;
    r = minisign_public_of(seed, &public_key);
    if (r)
        return r;
    memcpy(line + 2, public_key.key_id, MINISIGN_KEY_ID_LENGTH);
    hash_file(data, length, digest);
    r = sign_make_raw(seed, digest, sizeof(digest), signature);
    if (r)
        return r;
    r = sign_make_raw(seed, message, global_message(signature, bytes_text(comment), message),
                      global);
    if (r)
        return r;
    encode(line, sizeof(line), line_text, sizeof(line_text));
    encode(global, sizeof(global), global_text, sizeof(global_text));
    n = snprintf(out, MINISIGN_FILE_MAX, MINISIGN_UNTRUSTED "\n%s\n" TRUSTED "%s\n%s\n", line_text,
                 comment, global_text);
    if (n < 0 || n >= MINISIGN_FILE_MAX)
        return ERR_SIZE;
    r = minisign_check(&public_key, data, length, bytes_view_of(out, (size_t)n), &checked);
    if (r)
        return r;
    *ret_length = (size_t)n;
    return 0;
}

static int parse(struct bytes_view file, uint8_t line[static SIGNATURE_LENGTH],
                 struct bytes_view *comment, uint8_t global[static 64])
{
    const uint32_t prefix = sizeof(TRUSTED) - 1;
    struct bytes b = bytes_over(file.data, file.length);
    struct bytes_view untrusted = bytes_line(&b);
    struct bytes_view signature = bytes_line(&b);
    struct bytes_view trusted = bytes_line(&b);
    struct bytes_view last = bytes_line(&b);

    if (file.length > MINISIGN_FILE_MAX || bytes_done(&b))
        return ERR_FORMAT;
    if (!bytes_equal_text(untrusted, MINISIGN_UNTRUSTED))
        return ERR_FORMAT;
    if (trusted.length <= prefix || memcmp(trusted.data, TRUSTED, prefix) != 0)
        return ERR_FORMAT;
    *comment = bytes_view_of(trusted.data + prefix, trusted.length - prefix);
    if (!is_comment(*comment) || decode(signature, line, SIGNATURE_LENGTH))
        return ERR_FORMAT;
    if (line[0] != 'E' || line[1] != 'D')
        return ERR_FORMAT;
    return decode(last, global, 64);
}

int minisign_check(const struct minisign_public *public_key, const void *data, size_t length,
                   struct bytes_view file, struct bytes_view *ret_comment)
{
    uint8_t line[SIGNATURE_LENGTH], global[64];
    uint8_t digest[HASH_FILE_LENGTH], message[64 + MINISIGN_COMMENT_MAX];
    const uint8_t *signature = line + 2 + MINISIGN_KEY_ID_LENGTH;
    struct bytes_view comment;
    size_t message_length;
    int r = parse(file, line, &comment, global);

    if (r)
        return r;
    if (memcmp(line + 2, public_key->key_id, MINISIGN_KEY_ID_LENGTH) != 0)
        return ERR_KEY;
    hash_file(data, length, digest);
    r = sign_check_raw(public_key->key, digest, sizeof(digest), signature);
    if (r)
        return r;
    message_length = global_message(signature, comment, message);
    r = sign_check_raw(public_key->key, message, message_length, global);
    if (r)
        return r;
    *ret_comment = comment;
    return 0;
}

void minisign_public_print(const struct minisign_public *public_key,
                           char out[static MINISIGN_PUBLIC_TEXT + 1])
{
    uint8_t raw[PUBLIC_LENGTH] = {'E', 'd'};

    memcpy(raw + 2, public_key->key_id, MINISIGN_KEY_ID_LENGTH);
    memcpy(raw + 2 + MINISIGN_KEY_ID_LENGTH, public_key->key, SIGN_PUBLIC_LENGTH);
    encode(raw, sizeof(raw), out, MINISIGN_PUBLIC_TEXT + 1);
}

int minisign_public_parse(struct bytes_view text, struct minisign_public *ret_public)
{
    uint8_t raw[PUBLIC_LENGTH];
    int r = decode(text, raw, sizeof(raw));

    if (r)
        return r;
    if (raw[0] != 'E' || raw[1] != 'd')
        return ERR_FORMAT;
    memcpy(ret_public->key_id, raw + 2, MINISIGN_KEY_ID_LENGTH);
    memcpy(ret_public->key, raw + 2 + MINISIGN_KEY_ID_LENGTH, SIGN_PUBLIC_LENGTH);
    return 0;
}
