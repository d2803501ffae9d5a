#include "crypto/statement.h"

#include <sodium.h>
#include <string.h>

static const char *const factors[STATEMENT_FACTOR_COUNT] = {
    [STATEMENT_BADGE_PIN] = "badge+pin",
    [STATEMENT_FIDO2] = "fido2",
    [STATEMENT_PIV] = "piv",
};

const char *statement_factor_text(enum statement_factor factor)
{
    return factors[factor];
}

enum statement_factor statement_factor_of(struct bytes_view text)
{
    for (int f = STATEMENT_BADGE_PIN; f < STATEMENT_FACTOR_COUNT; f++)
        if (bytes_equal_text(text, factors[f]))
            return (enum statement_factor)f;
    return STATEMENT_NONE;
}

static bool is_enclave(const char *text)
{
    return text[0] == 'e' && strlen(text) == STATEMENT_ENCLAVE &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789") == STATEMENT_ENCLAVE;
}

int statement_action_digest(const char *operation, const char *enclave, struct bytes_view body,
                            uint8_t out[static 32])
{
    static const char purpose[] = "casemate/action/1\n";
    crypto_hash_sha256_state state;

    if (!is_enclave(enclave) || !operation[0] || strchr(operation, '\n'))
        return ERR_RANGE;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)purpose, strlen(purpose));
    crypto_hash_sha256_update(&state, (const uint8_t *)operation, strlen(operation));
    crypto_hash_sha256_update(&state, (const uint8_t *)"\n", 1);
    crypto_hash_sha256_update(&state, (const uint8_t *)enclave, strlen(enclave));
    crypto_hash_sha256_update(&state, (const uint8_t *)"\n", 1);
    crypto_hash_sha256_update(&state, body.data, body.length);
    crypto_hash_sha256_final(&state, out);
    return 0;
}

static bool is_printable(struct bytes_view text)
{
    for (uint32_t i = 0; i < text.length; i++)
        if (text.data[i] < 0x20 || text.data[i] == 0x7f)
            return false;
    return true;
}

static bool is_in_range(const struct statement *s)
{
    if (s->factor <= STATEMENT_NONE || s->factor >= STATEMENT_FACTOR_COUNT || s->at_ms < 0)
        return false;
    if (!is_enclave(s->enclave) || s->name[0] == '\0')
        return false;
    return is_printable(bytes_text(s->name)) && is_printable(bytes_text(s->meaning));
}

int statement_sign(const struct secret *seed, const struct statement *statement,
                   uint8_t out[static STATEMENT_MAX], size_t *ret_length)
{
    struct bytes_put put = bytes_into(out, STATEMENT_BODY_MAX);
    size_t length;
    int r;

    if (!is_in_range(statement) || sodium_is_zero(statement->natural, STATEMENT_ID))
        return ERR_RANGE;
    bytes_put_u8(&put, STATEMENT_VERSION);
    bytes_put_fixed(&put, statement->enclave, STATEMENT_ENCLAVE);
    bytes_put_fixed(&put, statement->person, STATEMENT_ID);
    bytes_put_fixed(&put, statement->natural, STATEMENT_ID);
    bytes_put_fixed(&put, statement->session, STATEMENT_ID);
    bytes_put_fixed(&put, statement->station, STATEMENT_ID);
    bytes_put_u8(&put, (uint8_t)statement->factor);
    bytes_put_i64(&put, statement->at_ms);
    bytes_put_u16(&put, statement->operation);
    bytes_put_fixed(&put, statement->action, sizeof(statement->action));
    bytes_put_var(&put, bytes_text(statement->name), STATEMENT_NAME_MAX);
    bytes_put_var(&put, bytes_text(statement->meaning), STATEMENT_MEANING_MAX);
    r = bytes_put_done(&put, &length);
    if (r)
        return r;
    r = sign_make(seed, STATEMENT_PURPOSE, bytes_view_of(out, length), out + length);
    if (r)
        return r;
    *ret_length = length + SIGN_LENGTH;
    return 0;
}

static void copy_text(struct bytes *b, struct bytes_view text, char *out)
{
    if (b->error)
        return;
    if (memchr(text.data, '\0', text.length))
        b->error = ERR_FORMAT;
    memcpy(out, text.data, text.length);
}

static int decode(struct bytes_view body, struct statement *s)
{
    struct bytes b = bytes_over(body.data, body.length);
    uint8_t version = bytes_u8(&b);
    int r;

    if (!b.error && (version < 1 || version > STATEMENT_VERSION))
        return ERR_UNKNOWN;
    bytes_fixed(&b, s->enclave, STATEMENT_ENCLAVE);
    bytes_fixed(&b, s->person, STATEMENT_ID);
    if (version == STATEMENT_VERSION)
        bytes_fixed(&b, s->natural, STATEMENT_ID);
    bytes_fixed(&b, s->session, STATEMENT_ID);
    bytes_fixed(&b, s->station, STATEMENT_ID);
    s->factor = (enum statement_factor)bytes_u8(&b);
    s->at_ms = bytes_i64(&b);
    s->operation = bytes_u16(&b);
    bytes_fixed(&b, s->action, sizeof(s->action));
    copy_text(&b, bytes_var(&b, STATEMENT_NAME_MAX), s->name);
    copy_text(&b, bytes_var(&b, STATEMENT_MEANING_MAX), s->meaning);
    r = bytes_done(&b);
    if (r)
        return r;
    if (s->factor >= STATEMENT_FACTOR_COUNT)
        return ERR_UNKNOWN;
    bool says_who = version == 1 || !sodium_is_zero(s->natural, STATEMENT_ID);
    return says_who && is_in_range(s) ? 0 : ERR_FORMAT;
}

int statement_check(const uint8_t public_key[static SIGN_PUBLIC_LENGTH], struct bytes_view data,
                    struct statement *ret_statement)
{
    struct bytes b = bytes_over(data.data, data.length);
    struct statement s = {0};
    uint8_t signature[SIGN_LENGTH];
    struct bytes_view body;
    int r;

    if (data.length <= SIGN_LENGTH)
        return ERR_TRUNCATED;
    if (data.length > STATEMENT_MAX)
        return ERR_SIZE;
    body = bytes_run(&b, data.length - SIGN_LENGTH);
    bytes_fixed(&b, signature, sizeof(signature));
    r = sign_check(public_key, STATEMENT_PURPOSE, body, signature);
    if (r)
        return r;
    r = decode(body, &s);
    if (r)
        return r;
    *ret_statement = s;
    return 0;
}

bool statement_by_two(const struct statement *a, const struct statement *b)
{
    return !sodium_is_zero(a->natural, STATEMENT_ID) && !sodium_is_zero(b->natural, STATEMENT_ID) &&
           memcmp(a->natural, b->natural, STATEMENT_ID) != 0;
}
