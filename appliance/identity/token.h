#ifndef APPLIANCE_IDENTITY_TOKEN_H
#define APPLIANCE_IDENTITY_TOKEN_H

#include "crypto/sign.h"

/*
 * A session token: identity's word that a person signed in, for one audience at one
 * station.  It ages by CLOCK_BOOTTIME of one boot.  Byte form, big-endian:
 *   u8 version 2, 8 bytes audience (an enclave's id, or "entry" and zeros), 16 person,
 *   16 natural person (who that is, under whichever badge), 16 escort (zeros for none:
 *   a visitor's or a vendor's, whose work ends with the escort's presence), 16 session,
 *   16 station, u8 factor (1 badge and PIN, 2 security key, 3 PIV card), 16 boot id, u64
 *   issued, u64 verified (when that factor was last shown) and u64 expires in boot
 *   milliseconds, then a signature for "casemate/token/2".
 * Its text is base64 for URLs without padding, TOKEN_TEXT characters.
 */
#define TOKEN_BODY   130
#define TOKEN_LENGTH (TOKEN_BODY + SIGN_LENGTH)
#define TOKEN_TEXT   260
#define TOKEN_ENTRY  "entry\0\0\0"

enum factor { FACTOR_NONE = 0, FACTOR_BADGE_PIN = 1, FACTOR_FIDO2 = 2, FACTOR_PIV = 3 };

struct token {
    uint8_t audience[8];
    uint8_t person[16];
    uint8_t natural[16];
    uint8_t escort[16];
    uint8_t session[16];
    uint8_t station[16];
    uint8_t factor;
    uint8_t boot[16];
    uint64_t issued_ms;
    uint64_t verified_ms;
    uint64_t expires_ms;
};

/* token_make(seed, token, out): Its text and a terminator.  ERR_RANGE for a factor that is none, or
 * for times that cannot be: verified after it was issued, expired when it was. */
must_use int token_make(const struct secret *seed, const struct token *token,
                        char out[static TOKEN_TEXT + 1]);

/*
 * token_check(public, text, audience, ret_token):
 * Verify a token's signature, version, audience and factor.  Whether it is of this boot and
 * not expired is the caller's to ask, each time: token_is_current().
 */
must_use int token_check(const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                         struct bytes_view text, const uint8_t audience[static 8],
                         struct token *ret_token);
bool token_is_current(const struct token *token, const uint8_t boot[static 16], uint64_t boot_ms);

#endif
