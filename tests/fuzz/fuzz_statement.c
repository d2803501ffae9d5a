#include <stdlib.h>
#include <string.h>

#include "crypto/statement.h"

static struct secret *seed;
static uint8_t public_key[SIGN_PUBLIC_LENGTH];

/* The input is a body, which is signed here, so that the decoder is reached; what is accepted is
 * what the encoder makes of it.  The input is also tried as it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t whole[STATEMENT_MAX], again[STATEMENT_MAX];
    struct statement s;
    size_t length;

    if (!seed && (secret_copy("0123456789abcdef0123456789abcdef", 32, &seed) ||
                  sign_public(seed, public_key)))
        abort();
    if (statement_check(public_key, bytes_view_of(data, size), &s) == 0)
        abort();
    if (size > STATEMENT_BODY_MAX)
        return 0;
    memcpy(whole, data, size);
    if (sign_make(seed, STATEMENT_PURPOSE, bytes_view_of(data, size), whole + size))
        abort();
    if (statement_check(public_key, bytes_view_of(whole, size + SIGN_LENGTH), &s))
        return 0;
    if (data[0] == 1) /* read, and never made again */
        return 0;
    if (statement_sign(seed, &s, again, &length) || length != size + SIGN_LENGTH ||
        memcmp(again, whole, length) != 0)
        abort();
    return 0;
}
