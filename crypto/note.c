#include "crypto/note.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DASH              "\xe2\x80\x94 " /* U+2014 and a space */
#define KEY_HASH_LENGTH   4
#define SIGNATURE_LENGTH  (KEY_HASH_LENGTH + 64)
#define SIGNATURE_TEXT    92
#define ROOT_TEXT         44
#define ALGORITHM_ED25519 1
#define HOT_WORD          "casemate-hot "

/* A key name of the signed-note format: no space, no plus. */
static bool is_origin(struct bytes_view text)
{
    if (text.length == 0 || text.length > NOTE_ORIGIN_MAX)
        return false;
    for (uint32_t i = 0; i < text.length; i++)
        if (text.data[i] <= 0x20 || text.data[i] > 0x7e || text.data[i] == '+')
            return false;
    return true;
}

/* SHA-256(name || LF || algorithm || public key), the first four bytes. */
static void key_hash(const uint8_t public_key[static SIGN_PUBLIC_LENGTH], const char *origin,
                     uint8_t out[static KEY_HASH_LENGTH])
{
    static const uint8_t between[2] = {'\n', ALGORITHM_ED25519};
    crypto_hash_sha256_state state;
    uint8_t digest[32];

    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)origin, strlen(origin));
    crypto_hash_sha256_update(&state, between, sizeof(between));
    crypto_hash_sha256_update(&state, public_key, SIGN_PUBLIC_LENGTH);
    crypto_hash_sha256_final(&state, digest);
    memcpy(out, digest, KEY_HASH_LENGTH);
}

static void encode(const uint8_t *data, size_t length, char *out, size_t room)
{
    sodium_bin2base64(out, room, data, length, sodium_base64_VARIANT_ORIGINAL);
}

/* The signed text: three lines, or four. */
static int print_body(const struct note_checkpoint *c, char out[static NOTE_MAX])
{
    char root[ROOT_TEXT + 1], hot[2 * NOTE_HOT_LENGTH + 1] = "";

    encode(c->root, sizeof(c->root), root, sizeof(root));
    if (c->has_hot)
        bytes_to_hex(c->hot, sizeof(c->hot), hot);
    return snprintf(out, NOTE_MAX, "%s\n%" PRIu64 "\n%s\n%s%s%s", c->origin, c->size, root,
                    c->has_hot ? HOT_WORD : "", hot, c->has_hot ? "\n" : "");
}

/* The whole note for a signature that is there already. */
static int print_note(const struct note_checkpoint *c,
                      const uint8_t signature[static SIGNATURE_LENGTH], char out[static NOTE_MAX])
{
    char text[SIGNATURE_TEXT + 1];
    int n = print_body(c, out);

    encode(signature, SIGNATURE_LENGTH, text, sizeof(text));
    return n + snprintf(out + n, NOTE_MAX - (size_t)n, "\n" DASH "%s %s\n", c->origin, text);
}

int note_sign(const struct secret *seed, const struct note_checkpoint *checkpoint, char *out,
              size_t *ret_length)
{
    uint8_t public_key[SIGN_PUBLIC_LENGTH], signature[SIGNATURE_LENGTH];
    char body[NOTE_MAX];
    int r;

    if (!is_origin(bytes_text(checkpoint->origin)))
        return ERR_FORMAT;
    r = sign_public(seed, public_key);
    if (r)
        return r;
    key_hash(public_key, checkpoint->origin, signature);
    r = sign_make_raw(seed, body, (size_t)print_body(checkpoint, body),
                      signature + KEY_HASH_LENGTH);
    if (r)
        return r;
    *ret_length = (size_t)print_note(checkpoint, signature, out);
    return 0;
}

static int parse_size(struct bytes_view text, uint64_t *out)
{
    uint64_t v = 0;

    if (text.length == 0 || (text.length > 1 && text.data[0] == '0'))
        return ERR_FORMAT;
    for (uint32_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return ERR_FORMAT;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, text.data[i] - '0', &v))
            return ERR_FORMAT;
    }
    *out = v;
    return 0;
}

static int decode(struct bytes_view text, uint8_t *out, size_t length)
{
    size_t got;

    if (sodium_base642bin(out, length, (const char *)text.data, text.length, NULL, &got, NULL,
                          sodium_base64_VARIANT_ORIGINAL) ||
        got != length)
        return ERR_FORMAT;
    return 0;
}

/* The lines between root and signature: ours or none, and the empty one. */
static int parse_extension(struct bytes *b, struct note_checkpoint *c)
{
    const size_t word = strlen(HOT_WORD);
    struct bytes_view line = bytes_line(b);

    if (line.length == 0)
        return 0;
    if (line.length != word + 2 * NOTE_HOT_LENGTH || memcmp(line.data, HOT_WORD, word) != 0 ||
        bytes_from_hex(bytes_view_of(line.data + word, 2 * NOTE_HOT_LENGTH), NOTE_HOT_LENGTH,
                       c->hot) != 0)
        return ERR_FORMAT;
    c->has_hot = true;
    return bytes_line(b).length == 0 ? 0 : ERR_FORMAT;
}

/* Take the fields out.  Whether they stood in their one form is for the caller to compare. */
static int parse(struct bytes_view text, struct note_checkpoint *c,
                 uint8_t signature[static SIGNATURE_LENGTH])
{
    struct bytes b = bytes_over(text.data, text.length);
    struct bytes_view origin = bytes_line(&b);
    struct bytes_view size = bytes_line(&b);
    struct bytes_view root = bytes_line(&b);
    int r = parse_extension(&b, c);
    struct bytes_view last = bytes_line(&b);
    uint32_t prefix;

    if (r || bytes_done(&b) || !is_origin(origin))
        return ERR_FORMAT;
    memcpy(c->origin, origin.data, origin.length);
    c->origin[origin.length] = '\0';
    if (parse_size(size, &c->size) || decode(root, c->root, sizeof(c->root)))
        return ERR_FORMAT;
    prefix = (uint32_t)strlen(DASH) + origin.length + 1;
    if (last.length != prefix + SIGNATURE_TEXT)
        return ERR_FORMAT;
    return decode(bytes_view_of(last.data + prefix, SIGNATURE_TEXT), signature, SIGNATURE_LENGTH);
}

int note_check(const uint8_t public_key[static SIGN_PUBLIC_LENGTH], struct bytes_view text,
               struct note_checkpoint *ret_checkpoint)
{
    uint8_t signature[SIGNATURE_LENGTH], expected[KEY_HASH_LENGTH];
    struct note_checkpoint c = {0};
    char again[NOTE_MAX];
    int n, r = parse(text, &c, signature);

    if (r)
        return r;
    n = print_note(&c, signature, again);
    if (!bytes_equal(text, bytes_view_of(again, (size_t)n)))
        return ERR_FORMAT;
    key_hash(public_key, c.origin, expected);
    if (memcmp(signature, expected, KEY_HASH_LENGTH) != 0)
        return ERR_KEY;
    r = sign_check_raw(public_key, again, (size_t)print_body(&c, again),
                       signature + KEY_HASH_LENGTH);
    if (r)
        return r;
    *ret_checkpoint = c;
    return 0;
}

size_t note_length(struct bytes_view text)
{
    static const char dash[] = "\n" DASH;
    const uint8_t *p = memmem(text.data, text.length, dash, sizeof(dash) - 1);
    const uint8_t *end =
        p ? memchr(p + 1, '\n', (size_t)(text.data + text.length - (p + 1))) : NULL;

    return end ? (size_t)(end + 1 - text.data) : 0;
}

int note_verifier_key(const uint8_t public_key[static SIGN_PUBLIC_LENGTH], const char *origin,
                      char out[static NOTE_VERIFIER_KEY_MAX])
{
    uint8_t hash[KEY_HASH_LENGTH], key[1 + SIGN_PUBLIC_LENGTH] = {ALGORITHM_ED25519};
    char hash_text[2 * KEY_HASH_LENGTH + 1], key_text[64];

    if (!is_origin(bytes_text(origin)))
        return ERR_FORMAT;
    key_hash(public_key, origin, hash);
    bytes_to_hex(hash, sizeof(hash), hash_text);
    memcpy(key + 1, public_key, SIGN_PUBLIC_LENGTH);
    encode(key, sizeof(key), key_text, sizeof(key_text));
    snprintf(out, NOTE_VERIFIER_KEY_MAX, "%s+%s+%s", origin, hash_text, key_text);
    return 0;
}
