#ifndef TESTS_CRYPTO_CASES_H
#define TESTS_CRYPTO_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/bytes.h"
#include "crypto/secret.h"

/* ${length} bytes from ${text} in hex, or the case fails. */
static inline void from_hex(const char *text, size_t length, void *out)
{
    assert_int_equal(bytes_from_hex(bytes_text(text), length, out), 0);
}

static inline void assert_hex(const void *data, size_t length, const char *expected)
{
    char text[2 * 256 + 1];

    assert_true(length <= 256);
    bytes_to_hex(data, length, text);
    assert_string_equal(text, expected);
}

/* A secret of ${length} bytes, all ${value}: the fixed seeds of the vectors. */
static inline struct secret *secret_of(uint8_t value, size_t length)
{
    uint8_t data[SECRET_MAX];
    struct secret *s = NULL;

    memset(data, value, sizeof(data));
    assert_int_equal(secret_copy(data, length, &s), 0);
    return s;
}

#endif
