#include "crypto/bytes.h"

#include <string.h>

struct bytes bytes_over(const void *data, size_t length)
{
    static const uint8_t nothing[1];
    const uint8_t *at = data ? data : nothing;
    return (struct bytes){at, at + (data ? length : 0), 0};
}

/* The next ${length} bytes, or NULL with the error set. */
static const uint8_t *take(struct bytes *b, size_t length)
{
    if (b->error)
        return NULL;
    if ((size_t)(b->end - b->at) < length) {
        b->error = ERR_TRUNCATED;
        return NULL;
    }
    const uint8_t *p = b->at;
    b->at += length;
    return p;
}

static uint64_t take_number(struct bytes *b, size_t length)
{
    const uint8_t *p = take(b, length);
    uint64_t v = 0;
    for (size_t i = 0; p && i < length; i++)
        v = v << 8 | p[i];
    return v;
}

uint8_t bytes_u8(struct bytes *b)
{
    return (uint8_t)take_number(b, 1);
}

uint16_t bytes_u16(struct bytes *b)
{
    return (uint16_t)take_number(b, 2);
}

uint32_t bytes_u32(struct bytes *b)
{
    return (uint32_t)take_number(b, 4);
}

uint64_t bytes_u64(struct bytes *b)
{
    return take_number(b, 8);
}

int64_t bytes_i64(struct bytes *b)
{
    return (int64_t)take_number(b, 8);
}

void bytes_fixed(struct bytes *b, void *out, size_t length)
{
    const uint8_t *p = take(b, length);
    if (p)
        memcpy(out, p, length);
    else
        memset(out, 0, length);
}

struct bytes_view bytes_var(struct bytes *b, uint32_t max)
{
    uint32_t length = bytes_u32(b);
    if (!b->error && length > max)
        b->error = ERR_SIZE;
    return bytes_run(b, length);
}

struct bytes_view bytes_run(struct bytes *b, uint32_t length)
{
    const uint8_t *p = take(b, length);
    return (struct bytes_view){p ? p : b->end, p ? length : 0};
}

struct bytes_view bytes_line(struct bytes *b)
{
    const uint8_t *lf = b->error ? NULL : memchr(b->at, '\n', bytes_left(b));
    struct bytes_view line = {b->end, 0};

    if (!lf) {
        b->error = b->error ? b->error : ERR_TRUNCATED;
        return line;
    }
    line = bytes_run(b, (uint32_t)(lf - b->at));
    bytes_u8(b);
    return line;
}

size_t bytes_left(const struct bytes *b)
{
    return (size_t)(b->end - b->at);
}

int bytes_done(const struct bytes *b)
{
    if (b->error)
        return b->error;
    return b->at == b->end ? 0 : ERR_TRAILING;
}

struct bytes_put bytes_into(void *data, size_t room)
{
    return (struct bytes_put){data, data, (uint8_t *)data + room, 0};
}

static uint8_t *give(struct bytes_put *b, size_t length)
{
    if (b->error)
        return NULL;
    if ((size_t)(b->end - b->at) < length) {
        b->error = ERR_SIZE;
        return NULL;
    }
    uint8_t *p = b->at;
    b->at += length;
    return p;
}

static void give_number(struct bytes_put *b, uint64_t v, size_t length)
{
    uint8_t *p = give(b, length);
    for (size_t i = 0; p && i < length; i++)
        p[i] = (uint8_t)(v >> (8 * (length - 1 - i)));
}

void bytes_put_u8(struct bytes_put *b, uint8_t v)
{
    give_number(b, v, 1);
}

void bytes_put_u16(struct bytes_put *b, uint16_t v)
{
    give_number(b, v, 2);
}

void bytes_put_u32(struct bytes_put *b, uint32_t v)
{
    give_number(b, v, 4);
}

void bytes_put_u64(struct bytes_put *b, uint64_t v)
{
    give_number(b, v, 8);
}

void bytes_put_i64(struct bytes_put *b, int64_t v)
{
    give_number(b, (uint64_t)v, 8);
}

void bytes_put_fixed(struct bytes_put *b, const void *data, size_t length)
{
    uint8_t *p = give(b, length);
    if (p && length)
        memcpy(p, data, length);
}

void bytes_put_var(struct bytes_put *b, struct bytes_view v, uint32_t max)
{
    if (!b->error && v.length > max)
        b->error = ERR_SIZE;
    bytes_put_u32(b, v.length);
    bytes_put_fixed(b, v.data, v.length);
}

size_t bytes_put_length(const struct bytes_put *b)
{
    return (size_t)(b->at - b->start);
}

int bytes_put_done(const struct bytes_put *b, size_t *ret_length)
{
    if (b->error)
        return b->error;
    *ret_length = bytes_put_length(b);
    return 0;
}

struct bytes_view bytes_view_of(const void *data, size_t length)
{
    return (struct bytes_view){data, (uint32_t)length};
}

struct bytes_view bytes_text(const char *text)
{
    return bytes_view_of(text, strlen(text));
}

bool bytes_equal(struct bytes_view a, struct bytes_view b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool bytes_equal_text(struct bytes_view a, const char *text)
{
    return bytes_equal(a, bytes_text(text));
}

void bytes_to_hex(const void *data, size_t length, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = data;
    for (size_t i = 0; i < length; i++) {
        *out++ = digits[p[i] >> 4];
        *out++ = digits[p[i] & 15];
    }
    *out = '\0';
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

int bytes_from_hex(struct bytes_view text, size_t length, void *out)
{
    uint8_t *p = out;
    if (text.length != 2 * length)
        return ERR_FORMAT;
    for (size_t i = 0; i < length; i++) {
        int high = hex_digit(text.data[2 * i]);
        int low = hex_digit(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return ERR_FORMAT;
        p[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}
