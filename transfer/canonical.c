#include "transfer/canonical.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_TEXT 24

struct canonical_reader canonical_over(struct bytes_view text)
{
    return (struct canonical_reader){.bytes = bytes_over(text.data, text.length), .where = ""};
}

void canonical_fail(struct canonical_reader *r, int code)
{
    if (!r->bytes.error)
        r->bytes.error = code;
}

static void expect(struct canonical_reader *r, char c)
{
    if (bytes_u8(&r->bytes) != (uint8_t)c)
        canonical_fail(r, ERR_CANONICAL);
}

static void expect_text(struct canonical_reader *r, const char *text)
{
    for (; *text; text++)
        expect(r, *text);
}

static uint8_t peek(const struct canonical_reader *r)
{
    struct bytes ahead = r->bytes;

    return bytes_u8(&ahead);
}

/* The comma, and the key, in front of a value. */
static void before(struct canonical_reader *r, const char *key)
{
    if (r->begun[r->depth])
        expect(r, ',');
    r->begun[r->depth] = true;
    if (!key)
        return;
    if (!r->bytes.error)
        r->where = key;
    expect(r, '"');
    expect_text(r, key);
    expect_text(r, "\":");
}

static void go_in(struct canonical_reader *r, const char *key, char bracket)
{
    before(r, key);
    expect(r, bracket);
    if (r->depth == CANONICAL_DEPTH) {
        canonical_fail(r, ERR_CANONICAL);
        return;
    }
    r->begun[++r->depth] = false;
}

static void go_out(struct canonical_reader *r, char bracket)
{
    expect(r, bracket);
    if (r->depth > 0)
        r->depth--;
}

void canonical_open_object(struct canonical_reader *r, const char *key)
{
    go_in(r, key, '{');
}

void canonical_close_object(struct canonical_reader *r)
{
    go_out(r, '}');
}

void canonical_open_array(struct canonical_reader *r, const char *key)
{
    go_in(r, key, '[');
}

void canonical_close_array(struct canonical_reader *r)
{
    go_out(r, ']');
}

bool canonical_more(const struct canonical_reader *r)
{
    return !r->bytes.error && peek(r) != ']';
}

struct bytes_view canonical_text(struct canonical_reader *r, const char *key)
{
    const uint8_t *start;
    uint8_t c;

    before(r, key);
    expect(r, '"');
    start = r->bytes.at;
    while (!r->bytes.error && (c = bytes_u8(&r->bytes)) != '"') {
        if (c < 0x20 || c > 0x7e)
            canonical_fail(r, ERR_CANONICAL);
        if (c != '\\')
            continue;
        c = bytes_u8(&r->bytes);
        if (c != '"' && c != '\\')
            canonical_fail(r, ERR_CANONICAL);
    }
    return bytes_view_of(start, r->bytes.error ? 0 : (size_t)(r->bytes.at - start) - 1);
}

int64_t canonical_number(struct canonical_reader *r, const char *key, int64_t min, int64_t max)
{
    bool negative = false;
    int64_t v = 0;
    uint8_t c;

    before(r, key);
    if (peek(r) == '-') {
        expect(r, '-');
        negative = true;
    }
    c = bytes_u8(&r->bytes);
    if (c < '0' || c > '9' || (negative && c == '0'))
        canonical_fail(r, ERR_CANONICAL);
    v = c - '0';
    while (!r->bytes.error && peek(r) >= '0' && peek(r) <= '9') {
        if (v == 0)
            canonical_fail(r, ERR_CANONICAL); /* a leading zero */
        v = v * 10 + (bytes_u8(&r->bytes) - '0');
        if (v >= CANONICAL_NUMBER_MAX)
            canonical_fail(r, ERR_RANGE);
    }
    if (negative)
        v = -v;
    if (v < min || v > max)
        canonical_fail(r, ERR_RANGE);
    return r->bytes.error ? min : v;
}

void canonical_hex(struct canonical_reader *r, const char *key, void *out, size_t length)
{
    struct bytes_view text = canonical_text(r, key);

    memset(out, 0, length);
    if (!r->bytes.error && bytes_from_hex(text, length, out))
        canonical_fail(r, ERR_FORMAT);
}

void canonical_expect(struct canonical_reader *r, const char *key, const char *text)
{
    struct bytes_view got = canonical_text(r, key);

    if (!r->bytes.error && !bytes_equal_text(got, text))
        canonical_fail(r, ERR_FORMAT);
}

int canonical_end(struct canonical_reader *r)
{
    expect(r, '\n');
    return bytes_done(&r->bytes);
}

int canonical_done(const struct canonical_reader *r)
{
    return bytes_done(&r->bytes);
}

struct canonical_writer canonical_into(void *data, size_t room)
{
    return (struct canonical_writer){.put = bytes_into(data, room)};
}

static void put(struct canonical_writer *w, const char *text)
{
    bytes_put_fixed(&w->put, text, strlen(text));
}

static void put_before(struct canonical_writer *w, const char *key)
{
    if (w->begun[w->depth])
        put(w, ",");
    w->begun[w->depth] = true;
    if (!key)
        return;
    put(w, "\"");
    put(w, key);
    put(w, "\":");
}

static void put_in(struct canonical_writer *w, const char *key, const char *bracket)
{
    put_before(w, key);
    put(w, bracket);
    if (w->depth == CANONICAL_DEPTH) {
        w->put.error = w->put.error ? w->put.error : ERR_CANONICAL;
        return;
    }
    w->begun[++w->depth] = false;
}

static void put_out(struct canonical_writer *w, const char *bracket)
{
    put(w, bracket);
    if (w->depth > 0)
        w->depth--;
}

void canonical_put_object(struct canonical_writer *w, const char *key)
{
    put_in(w, key, "{");
}

void canonical_put_object_end(struct canonical_writer *w)
{
    put_out(w, "}");
}

void canonical_put_array(struct canonical_writer *w, const char *key)
{
    put_in(w, key, "[");
}

void canonical_put_array_end(struct canonical_writer *w)
{
    put_out(w, "]");
}

void canonical_put_text(struct canonical_writer *w, const char *key, const char *text)
{
    put_before(w, key);
    put(w, "\"");
    for (; *text; text++) {
        if (*text < 0x20 || *text > 0x7e)
            w->put.error = w->put.error ? w->put.error : ERR_FORMAT;
        if (*text == '"' || *text == '\\')
            put(w, "\\");
        bytes_put_u8(&w->put, (uint8_t)*text);
    }
    put(w, "\"");
}

void canonical_put_number(struct canonical_writer *w, const char *key, int64_t n)
{
    char text[NUMBER_TEXT];

    put_before(w, key);
    if (n >= CANONICAL_NUMBER_MAX || n <= -CANONICAL_NUMBER_MAX)
        w->put.error = w->put.error ? w->put.error : ERR_RANGE;
    snprintf(text, sizeof(text), "%" PRId64, n);
    put(w, text);
}

void canonical_put_hex(struct canonical_writer *w, const char *key, const void *data, size_t length)
{
    const uint8_t *at = data;
    char text[3];

    put_before(w, key);
    put(w, "\"");
    for (size_t i = 0; i < length; i++) {
        bytes_to_hex(at + i, 1, text);
        put(w, text);
    }
    put(w, "\"");
}

int canonical_put_end(struct canonical_writer *w, size_t *ret_length)
{
    put(w, "\n");
    return bytes_put_done(&w->put, ret_length);
}
