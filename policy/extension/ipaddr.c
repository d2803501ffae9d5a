#include "policy/extension/extension.h"

#include <string.h>

#define V4_BITS 32
#define V6_BITS 128
#define GROUPS  8

struct cursor {
    const char *at;
    const char *end;
};

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool take(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

/* A decimal number of at most ${most}, without leading zeros. */
static bool take_number(struct cursor *c, unsigned most, unsigned *ret)
{
    const char *start = c->at;
    unsigned value = 0;

    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        value = value * 10 + (unsigned)(*c->at - '0');
        if (value > most || c->at - start > 2)
            return false;
    }
    *ret = value;
    return c->at != start && (*start != '0' || c->at - start == 1);
}

static bool take_v4(struct cursor *c, uint8_t *bytes)
{
    for (int i = 0; i < 4; i++) {
        unsigned part;
        if ((i > 0 && !take(c, '.')) || !take_number(c, 255, &part))
            return false;
        bytes[i] = (uint8_t)part;
    }
    return true;
}

/* Groups of one to four hexadecimal digits with colons between, at most ${most}. */
static unsigned take_groups(struct cursor *c, unsigned most, uint8_t *bytes)
{
    unsigned n = 0;

    while (n < most) {
        struct cursor try = *c;
        unsigned value = 0, digits = 0;
        if (n > 0 && !take(&try, ':'))
            break;
        for (; digits < 4 && try.at < try.end && hex_value(*try.at) >= 0; try.at++, digits++)
            value = value * 16 + (unsigned)hex_value(*try.at);
        if (digits == 0)
            break;
        bytes[2 * n] = (uint8_t)(value >> 8);
        bytes[2 * n + 1] = (uint8_t)value;
        n++;
        *c = try;
    }
    return n;
}

static bool take_v6(struct cursor *c, uint8_t *bytes)
{
    uint8_t tail[16] = {0};
    unsigned head = take_groups(c, GROUPS, bytes);

    if (head == GROUPS)
        return true;
    if (!take(c, ':') || !take(c, ':'))
        return false;
    unsigned n = take_groups(c, GROUPS - 1 - head, tail);
    memcpy(bytes + 16 - 2 * n, tail, (size_t)2 * n);
    return true;
}

bool ipaddr_parse(struct text text, struct ipaddr *ret)
{
    struct cursor c = {text.data, text.data + text.length};
    struct ipaddr ip = {0};
    unsigned bits;

    ip.is_v6 = text.length > 0 && memchr(text.data, ':', text.length) != NULL;
    bits = ip.is_v6 ? V6_BITS : V4_BITS;
    if (!(ip.is_v6 ? take_v6(&c, ip.bytes) : take_v4(&c, ip.bytes)))
        return false;
    if (c.at < c.end && (!take(&c, '/') || !take_number(&c, bits, &bits)))
        return false;
    if (c.at != c.end)
        return false;
    ip.prefix = (uint8_t)bits;
    *ret = ip;
    return true;
}

/* v6 as eight full groups: plain, and read back as the same value. */
void ipaddr_write(struct writer *w, const struct ipaddr *ip)
{
    if (ip->is_v6) {
        for (unsigned i = 0; i < GROUPS; i++)
            writer_format(w, "%s%x", i > 0 ? ":" : "",
                          ip->bytes[2 * i] * 256U + ip->bytes[2 * i + 1]);
    } else {
        writer_format(w, "%u.%u.%u.%u", ip->bytes[0], ip->bytes[1], ip->bytes[2], ip->bytes[3]);
    }
    if (ip->prefix != (ip->is_v6 ? V6_BITS : V4_BITS))
        writer_format(w, "/%u", ip->prefix);
}

bool ipaddr_in_range(const struct ipaddr *ip, const struct ipaddr *range)
{
    if (ip->is_v6 != range->is_v6 || ip->prefix < range->prefix)
        return false;
    unsigned whole = range->prefix / 8, rest = range->prefix % 8;
    if (memcmp(ip->bytes, range->bytes, whole) != 0)
        return false;
    return rest == 0 || (ip->bytes[whole] ^ range->bytes[whole]) >> (8 - rest) == 0;
}

bool ipaddr_is_loopback(const struct ipaddr *ip)
{
    static const struct ipaddr v4 = {0, 8, {127}};
    static const struct ipaddr v6 = {1, 128, {[15] = 1}};

    return ipaddr_in_range(ip, ip->is_v6 ? &v6 : &v4);
}

bool ipaddr_is_multicast(const struct ipaddr *ip)
{
    static const struct ipaddr v4 = {0, 4, {224}};
    static const struct ipaddr v6 = {1, 8, {0xff}};

    return ipaddr_in_range(ip, ip->is_v6 ? &v6 : &v4);
}
