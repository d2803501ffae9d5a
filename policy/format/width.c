#include "policy/format/width.h"

#include <stdbool.h>
#include <stddef.h>

#define JOINER       0x200dU
#define AS_TEXT      0xfe0eU
#define AS_PICTURE   0xfe0fU
#define WIDE_QUOTE   0xfe01U
#define is_skin(c)   ((c) >= 0x1f3fb && (c) <= 0x1f3ff)
#define is_flag(c)   ((c) >= 0x1f1e6 && (c) <= 0x1f1ff)
#define is_keycap(c) (((c) >= '0' && (c) <= '9') || (c) == '#' || (c) == '*')
#define SHOWN        1U
#define DRAWN        2U
#define PLAIN        4U
#define PERSON       8U

struct range {
    uint32_t from, to;
    uint8_t value;
};

/* Columns of the characters that do not take one. */
static const struct range columns[] = {
#define RANGE(from, to, columns) {from, to, columns},
#include "policy/format/width.def"
#undef RANGE
};

static const struct range pictures[] = {
#define EMOJI(from, to, kinds) {from, to, kinds},
#include "policy/format/picture.def"
#undef EMOJI
};

static uint32_t find(const struct range *ranges, size_t count, uint32_t c, uint32_t otherwise)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c > ranges[middle].to)
            low = middle + 1;
        else if (c < ranges[middle].from)
            high = middle;
        else
            return ranges[middle].value;
    }
    return otherwise;
}

static uint32_t width_of(uint32_t c)
{
    return find(columns, sizeof columns / sizeof *columns, c, 1);
}

static uint32_t kinds_of(uint32_t c)
{
    return find(pictures, sizeof pictures / sizeof *pictures, c, 0);
}

/* The character at ${*at}, which is moved behind it; 0 at the end. */
static uint32_t take(struct text t, uint32_t *at)
{
    if (*at >= t.length)
        return 0;
    uint8_t first = (uint8_t)t.data[(*at)++];
    uint32_t c = first < 0x80   ? first
                 : first < 0xe0 ? first & 0x1fU
                 : first < 0xf0 ? first & 0x0fU
                                : first & 0x07U;

    while (*at < t.length && ((uint8_t)t.data[*at] & 0xc0) == 0x80)
        c = c << 6 | ((uint8_t)t.data[(*at)++] & 0x3fU);
    return c;
}

static uint32_t peek(struct text t, uint32_t at)
{
    return take(t, &at);
}

/* Behind a black flag: the letters of a region in tags, and their end. */
static void take_tags(struct text t, uint32_t *at)
{
    uint32_t end = *at, c, n = 0;

    for (c = take(t, &end); (c >= 0xe0030 && c <= 0xe0039) || (c >= 0xe0061 && c <= 0xe007a); n++)
        c = take(t, &end);
    if (c == 0xe007f && n >= 3 && n <= 6)
        *at = end;
}

/*
 * One picture: a character that is shown as one, or drawn as one because of what
 * follows it, or a person with a skin, or a flag.  False, and ${*at} stays, if
 * there is none.
 */
static bool take_picture(struct text t, uint32_t *at)
{
    uint32_t end = *at, c = take(t, &end), next = peek(t, end), kinds = kinds_of(c);

    if (next == AS_PICTURE && ((kinds & DRAWN) != 0 || is_keycap(c))) {
        take(t, &end);
        if (peek(t, end) == 0x20e3)
            take(t, &end);
    } else if (((kinds & PERSON) != 0 && is_skin(next)) || (is_flag(c) && is_flag(next))) {
        take(t, &end);
    } else if (((kinds & SHOWN) == 0 || (next == AS_TEXT && (kinds & PLAIN) != 0)) && !is_skin(c)) {
        return false;
    }
    if (c == 0x1f3f4)
        take_tags(t, &end);
    *at = end;
    return true;
}

/* Pictures that are joined are one, two columns wide. */
static bool take_pictures(struct text t, uint32_t *at)
{
    if (!take_picture(t, at))
        return false;
    for (uint32_t end = *at; take(t, &end) == JOINER && take_picture(t, &end);)
        *at = end;
    return true;
}

static bool is_lam(uint32_t c)
{
    return c == 0x644 || (c >= 0x6b5 && c <= 0x6b8) || c == 0x76a || c == 0x8a6 || c == 0x8c7;
}

static bool is_alef(uint32_t c)
{
    return c == 0x622 || c == 0x623 || c == 0x625 || c == 0x627 || (c >= 0x671 && c <= 0x673) ||
           c == 0x675 || c == 0x773 || c == 0x774 || (c >= 0x870 && c <= 0x882);
}

/* Lam and alef are written as one, whatever marks stand between them. */
static bool is_before_alef(struct text t, uint32_t at)
{
    uint32_t c;

    do
        c = take(t, &at);
    while (c >= 0x80 && c != JOINER && width_of(c) == 0);
    return is_alef(c);
}

static bool is_quote(uint32_t c)
{
    return c == 0x2018 || c == 0x2019 || c == 0x201c || c == 0x201d;
}

static uint32_t take_width(struct text t, uint32_t *at)
{
    if (take_pictures(t, at))
        return 2;
    uint32_t c = take(t, at);
    if (c == '\r' && peek(t, *at) == '\n')
        return 0;
    if (is_quote(c) && peek(t, *at) == WIDE_QUOTE)
        return 2;
    if (peek(t, *at) == AS_TEXT && (kinds_of(c) & PLAIN) != 0)
        return 1;
    return is_lam(c) && is_before_alef(t, *at) ? 0 : width_of(c);
}

uint32_t text_width(struct text t)
{
    uint32_t width = 0;
    bool ascii = true;

    for (uint32_t i = 0; i < t.length; i++)
        ascii = ascii && (uint8_t)t.data[i] < 0x80;
    if (ascii)
        return t.length;
    for (uint32_t at = 0; at < t.length;)
        width += take_width(t, &at);
    return width;
}
