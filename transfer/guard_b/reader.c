#include "transfer/guard_b/reader.h"

#include <string.h>

static size_t left(const struct b_reader *r)
{
    return r->failed ? 0 : (size_t)(r->end - r->at);
}

static uint64_t fail(struct b_reader *r)
{
    r->failed = true;
    return 0;
}

struct b_reader b_reader_over(struct b_view bytes)
{
    static const uint8_t nothing[1];
    const uint8_t *start = bytes.data ? bytes.data : nothing;
    return (struct b_reader){.at = start, .end = start + (bytes.data ? bytes.length : 0)};
}

bool b_reader_done(const struct b_reader *r)
{
    return !r->failed && r->at == r->end;
}

bool b_reader_meets(const struct b_reader *r, const char *text)
{
    size_t length = strlen(text);
    return left(r) >= length && memcmp(r->at, text, length) == 0;
}

void b_reader_text(struct b_reader *r, const char *text)
{
    if (!b_reader_meets(r, text))
        fail(r);
    else
        r->at += strlen(text);
}

unsigned b_reader_choice(struct b_reader *r, const char *const *choices)
{
    for (unsigned i = 0; choices[i]; i++) {
        size_t length = strlen(choices[i]);
        if (left(r) > length && b_reader_meets(r, choices[i]) && r->at[length] == '"') {
            r->at += length + 1;
            return i;
        }
    }
    return (unsigned)fail(r);
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

uint64_t b_reader_number(struct b_reader *r, uint64_t least, uint64_t most)
{
    uint64_t value = 0;
    unsigned digits = 0;
    bool zero_first = left(r) > 0 && *r->at == '0';
    while (left(r) > 0 && is_digit(*r->at)) {
        if (++digits > 16)
            return fail(r);
        value = value * 10 + (uint64_t)(*r->at++ - '0');
    }
    if (digits == 0 || (zero_first && digits > 1) || value < least || value > most)
        return fail(r);
    return value;
}

uint64_t b_reader_padded(struct b_reader *r, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++) {
        if (left(r) == 0 || !is_digit(*r->at))
            return fail(r);
        value = value * 10 + (uint64_t)(*r->at++ - '0');
    }
    return value;
}

static int nibble(uint8_t c)
{
    if (is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void b_reader_hex(struct b_reader *r, size_t length, uint8_t *out)
{
    memset(out, 0, length);
    if (left(r) < 2 * length) {
        fail(r);
        return;
    }
    for (size_t i = 0; i < length; i++) {
        int high = nibble(r->at[0]), low = nibble(r->at[1]);
        if (high < 0 || low < 0) {
            memset(out, 0, length);
            fail(r);
            return;
        }
        out[i] = (uint8_t)(high * 16 + low);
        r->at += 2;
    }
}

struct b_view b_reader_word(struct b_reader *r, const char *alphabet, size_t least, size_t most)
{
    struct b_view word = {r->at, 0};
    while (left(r) > 0 && *r->at != '\0' && strchr(alphabet, *r->at)) {
        r->at++;
        word.length++;
    }
    if (r->failed || word.length < least || word.length > most) {
        fail(r);
        word.length = 0;
    }
    return word;
}

uint64_t b_reader_integer(struct b_reader *r, unsigned bytes)
{
    uint64_t value = 0;
    if (left(r) < bytes)
        return fail(r);
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | *r->at++;
    return value;
}

struct b_view b_reader_run(struct b_reader *r, size_t length)
{
    struct b_view run = {r->at, 0};
    if (left(r) < length) {
        fail(r);
        return run;
    }
    run.length = length;
    r->at += length;
    return run;
}

bool b_view_is(struct b_view view, const char *text)
{
    return view.length == strlen(text) &&
           (view.length == 0 || memcmp(view.data, text, view.length) == 0);
}

bool b_view_equal(struct b_view a, struct b_view b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool b_view_before(struct b_view a, struct b_view b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
    return order < 0 || (order == 0 && a.length < b.length);
}

struct b_view b_view_of(const void *data, size_t length)
{
    return (struct b_view){data, length};
}
