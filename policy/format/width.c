#include "policy/format/width.h"

struct range {
    uint32_t from, to;
    uint8_t columns;
};

static const struct range ranges[] = {
#define RANGE(from, to, columns) {from, to, columns},
#include "policy/format/width.def"
#undef RANGE
};

static uint32_t character_width(uint32_t c)
{
    uint32_t low = 0, high = sizeof ranges / sizeof *ranges;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (c > ranges[middle].to)
            low = middle + 1;
        else if (c < ranges[middle].from)
            high = middle;
        else
            return ranges[middle].columns;
    }
    return 1;
}

/* The character at ${*at}, which is moved behind it. */
static uint32_t take_character(struct text t, uint32_t *at)
{
    uint8_t first = (uint8_t)t.data[(*at)++];
    uint32_t c = first < 0x80   ? first
                 : first < 0xe0 ? first & 0x1fU
                 : first < 0xf0 ? first & 0x0fU
                                : first & 0x07U;

    while (*at < t.length && ((uint8_t)t.data[*at] & 0xc0) == 0x80)
        c = c << 6 | ((uint8_t)t.data[(*at)++] & 0x3fU);
    return c;
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
        width += character_width(take_character(t, &at));
    return width;
}
