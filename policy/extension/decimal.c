#include "policy/extension/extension.h"

#include <inttypes.h>

#define PLACES 4
#define UNIT   10000

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Appends a digit on the side of ${sign}, so that INT64_MIN can be reached. */
static bool push_digit(int64_t *value, char digit, int sign)
{
    return !__builtin_mul_overflow(*value, 10, value) &&
           !__builtin_add_overflow(*value, sign * (digit - '0'), value);
}

bool decimal_parse(struct text text, int64_t *ret)
{
    const char *s = text.data, *end = text.data + text.length;
    int sign = 1, places = 0;
    int64_t value = 0;

    if (s < end && *s == '-') {
        sign = -1;
        s++;
    }
    if (s == end || !is_digit(*s))
        return false;
    for (; s < end && is_digit(*s); s++)
        if (!push_digit(&value, *s, sign))
            return false;
    if (s == end || *s++ != '.')
        return false;
    for (; s < end && is_digit(*s); s++)
        if (++places > PLACES || !push_digit(&value, *s, sign))
            return false;
    if (s != end || places == 0)
        return false;
    for (; places < PLACES; places++)
        if (!push_digit(&value, '0', sign))
            return false;
    *ret = value;
    return true;
}

void decimal_write(struct writer *w, int64_t value)
{
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    unsigned rest = (unsigned)(size % UNIT);
    int places = PLACES;

    for (; places > 1 && rest % 10 == 0; places--)
        rest /= 10;
    writer_format(w, "%s%" PRIu64 ".%0*u", value < 0 ? "-" : "", size / UNIT, places, rest);
}
