#include "appliance/identity/token.h"

#include <sodium.h>
#include <string.h>

#define PURPOSE "casemate/token/2"
#define VERSION 2

static bool is_in_range(const struct token *t)
{
    return t->factor >= FACTOR_BADGE_PIN && t->factor <= FACTOR_PIV &&
           t->verified_ms <= t->issued_ms && t->issued_ms < t->expires_ms;
}

int token_make(const struct secret *seed, const struct token *token,
               char out[static TOKEN_TEXT + 1])
{
    uint8_t bytes[TOKEN_LENGTH];
    struct bytes_put put = bytes_into(bytes, TOKEN_BODY);
    if (!is_in_range(token))
        return ERR_RANGE;
    bytes_put_u8(&put, VERSION);
    bytes_put_fixed(&put, token->audience, 8);
    bytes_put_fixed(&put, token->person, 16);
    bytes_put_fixed(&put, token->natural, 16);
    bytes_put_fixed(&put, token->escort, 16);
    bytes_put_fixed(&put, token->session, 16);
    bytes_put_fixed(&put, token->station, 16);
    bytes_put_u8(&put, token->factor);
    bytes_put_fixed(&put, token->boot, 16);
    bytes_put_u64(&put, token->issued_ms);
    bytes_put_u64(&put, token->verified_ms);
    bytes_put_u64(&put, token->expires_ms);
    size_t length;
    int r = bytes_put_done(&put, &length);
    if (r == 0)
        r = sign_make(seed, PURPOSE, bytes_view_of(bytes, TOKEN_BODY), bytes + TOKEN_BODY);
    if (r)
        return r;
    sodium_bin2base64(out, TOKEN_TEXT + 1, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return 0;
}

int token_check(const uint8_t public_key[static SIGN_PUBLIC_LENGTH], struct bytes_view text,
                const uint8_t audience[static 8], struct token *ret_token)
{
    uint8_t bytes[TOKEN_LENGTH];
    char again[TOKEN_TEXT + 1];
    struct token t;
    size_t n = 0;
    if (text.length != TOKEN_TEXT ||
        sodium_base642bin(bytes, sizeof bytes, (const char *)text.data, text.length, NULL, &n, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        n != TOKEN_LENGTH)
        return ERR_FORMAT;
    /* libsodium reads some bytes above 0x7f as if they were letters: one token has one text */
    sodium_bin2base64(again, sizeof again, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    if (memcmp(again, text.data, TOKEN_TEXT) != 0)
        return ERR_FORMAT;
    struct bytes in = bytes_over(bytes, TOKEN_BODY);
    uint8_t version = bytes_u8(&in);
    bytes_fixed(&in, t.audience, 8);
    bytes_fixed(&in, t.person, 16);
    bytes_fixed(&in, t.natural, 16);
    bytes_fixed(&in, t.escort, 16);
    bytes_fixed(&in, t.session, 16);
    bytes_fixed(&in, t.station, 16);
    t.factor = bytes_u8(&in);
    bytes_fixed(&in, t.boot, 16);
    t.issued_ms = bytes_u64(&in);
    t.verified_ms = bytes_u64(&in);
    t.expires_ms = bytes_u64(&in);
    int r = bytes_done(&in);
    if (r)
        return r;
    if (version != VERSION || memcmp(t.audience, audience, 8) != 0)
        return ERR_KEY;
    r = sign_check(public_key, PURPOSE, bytes_view_of(bytes, TOKEN_BODY), bytes + TOKEN_BODY);
    if (r == 0 && !is_in_range(&t))
        r = ERR_RANGE;
    if (r == 0)
        *ret_token = t;
    return r;
}

bool token_is_current(const struct token *token, const uint8_t boot[static 16], uint64_t boot_ms)
{
    return memcmp(token->boot, boot, 16) == 0 && token->issued_ms <= boot_ms + 1000 &&
           boot_ms < token->expires_ms;
}
