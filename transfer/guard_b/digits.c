#include "transfer/guard_b/digits.h"

#include <string.h>

#include <sodium.h>

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void b_digits_digest(const void *data, size_t length, uint8_t out[static B_DIGEST_LENGTH])
{
    crypto_generichash(out, B_DIGEST_LENGTH, data, length, NULL, 0);
}

void b_digits_file(const void *data, size_t length, uint8_t out[static B_FILE_LENGTH])
{
    crypto_generichash(out, B_FILE_LENGTH, data, length, NULL, 0);
}

void b_digits_hex(const uint8_t *data, size_t length, char *out)
{
    for (size_t i = 0; i < length; i++) {
        *out++ = "0123456789abcdef"[data[i] >> 4];
        *out++ = "0123456789abcdef"[data[i] & 15];
    }
    *out = '\0';
}

/* Up to three bytes as four digits. */
static void group(const uint8_t *data, size_t length, char out[static 4])
{
    uint32_t bits = (uint32_t)data[0] << 16;
    if (length > 1)
        bits |= (uint32_t)data[1] << 8;
    if (length > 2)
        bits |= data[2];
    out[0] = base64[bits >> 18];
    out[1] = base64[bits >> 12 & 63];
    out[2] = length > 1 ? base64[bits >> 6 & 63] : '=';
    out[3] = length > 2 ? base64[bits & 63] : '=';
}

void b_digits_base64(const uint8_t *data, size_t length, char *out)
{
    for (size_t i = 0; i < length; i += 3, out += 4)
        group(data + i, length - i < 3 ? length - i : 3, out);
    *out = '\0';
}

static uint32_t value(uint8_t digit)
{
    const char *at = digit ? strchr(base64, digit) : NULL;
    return at ? (uint32_t)(at - base64) : 0;
}

/* Read without judging, write again, compare: only the one form survives. */
bool b_digits_from_base64(const uint8_t *text, size_t length, uint8_t *out)
{
    for (size_t i = 0; i < length; i += 3, text += 4) {
        char again[4];
        size_t n = length - i < 3 ? length - i : 3;
        uint32_t bits =
            value(text[0]) << 18 | value(text[1]) << 12 | value(text[2]) << 6 | value(text[3]);
        for (size_t k = 0; k < n; k++)
            out[i + k] = (uint8_t)(bits >> (16 - 8 * k));
        group(out + i, n, again);
        if (memcmp(again, text, 4) != 0)
            return false;
    }
    return true;
}
