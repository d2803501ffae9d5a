#include <stdlib.h>
#include <string.h>

#include "appliance/identity/token.h"

static uint8_t public_key[SIGN_PUBLIC_LENGTH];
static char right[TOKEN_TEXT + 1];

static void begin(void)
{
    struct token t = {.audience = "e3f9k2m", .factor = 1, .issued_ms = 1, .expires_ms = 2};
    struct secret *seed = NULL;
    if (secret_copy("0123456789abcdef0123456789abcdef", 32, &seed) ||
        sign_public(seed, public_key) || token_make(seed, &t, right))
        abort();
    secret_free(seed);
}

/* No text but the one that was signed is accepted.  Inputs are changes to it: place, letter. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t audience[8] = "e3f9k2m";
    char text[TOKEN_TEXT];
    struct token t;
    if (right[0] == '\0')
        begin();
    if (token_check(public_key, bytes_view_of(data, size), audience, &t) == 0 &&
        (size != TOKEN_TEXT || memcmp(data, right, TOKEN_TEXT) != 0))
        abort();
    memcpy(text, right, TOKEN_TEXT);
    for (size_t i = 0; i + 2 < size; i += 3)
        text[(data[i] << 8 | data[i + 1]) % TOKEN_TEXT] = (char)data[i + 2];
    if (token_check(public_key, bytes_view_of(text, TOKEN_TEXT), audience, &t) == 0 &&
        memcmp(text, right, TOKEN_TEXT) != 0)
        abort();
    return 0;
}
