#include "transfer/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transfer/canonical.h"
#include "transfer/grammar.h"

#define MIN_CELL     5
#define GOOD_STEP    5
#define GOOD_MAX     10000
#define MIN_UNITS    20
#define MIN_FAMILIES 2
#define WEEKS        4

const struct summary_field summary_fields[] = {
    {"order", "good", SUMMARY_BAND, MIN_CELL, GOOD_MAX, GOOD_STEP, NULL,
     "The planner must know how far an order is. Below 5 units it is withheld, above it is rounded "
     "down to 5, so that no single unit shows."},
    {"order", "key", SUMMARY_CODE, 4, 16, 0, NULL,
     "Which order this is about, by the key that the enterprise itself gave out with the order. It "
     "says nothing that the enterprise did not send."},
    {"order", "state", SUMMARY_ENUM, 0, 0, 0, "Waiting|Running|Completed|Closed",
     "The planner must know whether to wait. Held and stopped orders are Running here, so that a "
     "problem does not show."},
    {"order", "t", SUMMARY_FIXED, 0, 0, 0, "order", "The type of the record."},
    {"yield", "fpy", SUMMARY_ENUM, 0, 0, 0, "<80|80-90|90-95|95-98|>98|S",
     "Quality must know the first pass yield. One band over all orders of four weeks; withheld "
     "below "
     "20 units or two part families."},
    {"yield", "t", SUMMARY_FIXED, 0, 0, 0, "yield", "The type of the record."},
    {"yield", "weeks", SUMMARY_INT, WEEKS, WEEKS, 0, NULL,
     "Over how many weeks the yield was counted; always 4."},
};

const size_t summary_field_count = sizeof(summary_fields) / sizeof(summary_fields[0]);

static bool is_word(const char *words, struct bytes_view text)
{
    size_t length;

    for (; *words; words += length + (words[length] == '|')) {
        length = strcspn(words, "|");
        if (bytes_equal(text, bytes_view_of(words, length)))
            return true;
    }
    return false;
}

static bool is_band(const struct summary_field *f, struct bytes_view text)
{
    uint64_t v;

    if (bytes_equal_text(text, SUMMARY_WITHHELD))
        return true;
    return grammar_number(text, f->max, &v) == 0 && v >= f->min && v % f->step == 0;
}

static bool is_allowed(const struct summary_field *f, struct bytes_view text)
{
    switch (f->kind) {
    case SUMMARY_BAND:
        return is_band(f, text);
    case SUMMARY_CODE:
        return grammar_is_code(text, f->min, f->max, true);
    case SUMMARY_ENUM:
    case SUMMARY_FIXED:
        return is_word(f->words, text);
    case SUMMARY_INT:
    case SUMMARY_NONE:
        break;
    }
    return false;
}

/* Read one record of the type ${record} by the table.  ${ret_key} is its key, if it has one. */
static int check_record(struct bytes_view line, const char *record, struct bytes_view *ret_key,
                        const char **where)
{
    struct canonical_reader r = canonical_over(line);

    canonical_open_object(&r, NULL);
    for (size_t i = 0; i < summary_field_count; i++) {
        const struct summary_field *f = &summary_fields[i];
        struct bytes_view text;
        if (strcmp(f->record, record) != 0)
            continue;
        if (f->kind == SUMMARY_INT) {
            canonical_number(&r, f->name, f->min, f->max);
            continue;
        }
        text = canonical_text(&r, f->name);
        if (!r.bytes.error && !is_allowed(f, text))
            canonical_fail(&r, ERR_RANGE);
        if (f->kind == SUMMARY_CODE)
            *ret_key = text;
    }
    canonical_close_object(&r);
    *where = r.where;
    return canonical_done(&r);
}

static bool is_above(struct bytes_view a, struct bytes_view b)
{
    uint32_t length = a.length < b.length ? a.length : b.length;
    int order = length ? memcmp(a.data, b.data, length) : 0;

    return order > 0 || (order == 0 && a.length > b.length);
}

int summary_check(struct bytes_view text, uint32_t *ret_orders, struct refusal *why)
{
    struct bytes b = bytes_over(text.data, text.length);
    struct bytes_view before = {NULL, 0}, key = {NULL, 0};
    const char *where = "";
    uint32_t number = 0;
    int e;

    while (bytes_left(&b)) {
        struct bytes_view line = bytes_line(&b);
        bool last = bytes_left(&b) == 0;
        number++;
        if (b.error)
            return refuse(why, SUMMARY_MEMBER " does not end in a line feed.");
        if (!last && number > SUMMARY_ORDERS_MAX)
            return refuse(why, SUMMARY_MEMBER " has more than %d orders.", SUMMARY_ORDERS_MAX);
        e = check_record(line, last ? "yield" : "order", &key, &where);
        if (e)
            return refuse(
                why, SUMMARY_MEMBER " line %" PRIu32 ", at or after \"%s\" of the %s record: %s.",
                number, where, last ? "last, \"yield\"," : "\"order\"", error_text(e));
        if (!last && !is_above(key, before))
            return refuse(why,
                          SUMMARY_MEMBER " line %" PRIu32
                                         ": \"key\" is not above that of the line before.",
                          number);
        before = key;
    }
    if (number == 0)
        return refuse(why, SUMMARY_MEMBER " is empty; the \"yield\" record is missing.");
    *ret_orders = number - 1;
    return 0;
}

int summary_good_band(uint32_t count, char out[static SUMMARY_BAND_TEXT])
{
    if (count > GOOD_MAX)
        return ERR_RANGE;
    if (count < MIN_CELL)
        snprintf(out, SUMMARY_BAND_TEXT, SUMMARY_WITHHELD);
    else
        snprintf(out, SUMMARY_BAND_TEXT, "%" PRIu32, count - count % GOOD_STEP);
    return 0;
}

int summary_yield_band(uint32_t passed, uint32_t total, uint32_t families, const char **ret_band)
{
    uint64_t percent = (uint64_t)passed * 100;

    if (passed > total)
        return ERR_RANGE;
    if (total < MIN_UNITS || families < MIN_FAMILIES)
        *ret_band = SUMMARY_WITHHELD;
    else if (percent < (uint64_t)total * 80)
        *ret_band = "<80";
    else if (percent < (uint64_t)total * 90)
        *ret_band = "80-90";
    else if (percent < (uint64_t)total * 95)
        *ret_band = "90-95";
    else if (percent <= (uint64_t)total * 98)
        *ret_band = "95-98";
    else
        *ret_band = ">98";
    return 0;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct summary_order *)a)->key, ((const struct summary_order *)b)->key);
}

static int print_order(const struct summary_order *o, char *out, size_t room, size_t *ret_length)
{
    struct canonical_writer w = canonical_into(out, room);
    char good[SUMMARY_BAND_TEXT];
    int r = summary_good_band(o->good, good);

    if (r)
        return r;
    canonical_put_object(&w, NULL);
    canonical_put_text(&w, "good", good);
    canonical_put_text(&w, "key", o->key);
    canonical_put_text(&w, "state", o->state);
    canonical_put_text(&w, "t", "order");
    canonical_put_object_end(&w);
    return canonical_put_end(&w, ret_length);
}

static int print_yield(const char *yield, char *out, size_t room, size_t *ret_length)
{
    struct canonical_writer w = canonical_into(out, room);

    canonical_put_object(&w, NULL);
    canonical_put_text(&w, "fpy", yield);
    canonical_put_text(&w, "t", "yield");
    canonical_put_number(&w, "weeks", WEEKS);
    canonical_put_object_end(&w);
    return canonical_put_end(&w, ret_length);
}

int summary_print(const struct summary_order *orders, size_t count, const char *yield,
                  char out[static SUMMARY_TEXT_MAX], size_t *ret_length)
{
    struct summary_order sorted[SUMMARY_ORDERS_MAX];
    struct refusal why;
    size_t length = 0, line = 0;
    uint32_t checked;
    int r;

    if (count > SUMMARY_ORDERS_MAX)
        return ERR_FULL;
    if (count)
        memcpy(sorted, orders, count * sizeof(sorted[0]));
    qsort(sorted, count, sizeof(sorted[0]), by_key);
    for (size_t i = 0; i < count; i++) {
        if (i && strcmp(sorted[i - 1].key, sorted[i].key) == 0)
            return ERR_DUPLICATE;
        r = print_order(&sorted[i], out + length, SUMMARY_TEXT_MAX - length, &line);
        if (r)
            return r;
        length += line;
    }
    r = print_yield(yield, out + length, SUMMARY_TEXT_MAX - length, &line);
    if (r)
        return r;
    length += line;
    if (summary_check(bytes_view_of(out, length), &checked, &why))
        return ERR_RANGE;
    *ret_length = length;
    return 0;
}

/* log2(${n}) in thousandths, rounded up: the integer part, then a bit for each squaring. */
static uint64_t log2_thousandths(uint64_t n)
{
    unsigned whole = 63 - (unsigned)__builtin_clzll(n);
    uint64_t x = n << (31 - whole); /* 1.0 is 2^31 */
    uint64_t fraction = 0;

    for (int i = 0; i < 16; i++) {
        x = x * x >> 31;
        fraction <<= 1;
        if (x >> 32) {
            x >>= 1;
            fraction |= 1;
        }
    }
    return whole * 1000 + (fraction * 1000 + 65535) / 65536;
}

static uint64_t values_of(const struct summary_field *f)
{
    uint64_t n = 1;

    switch (f->kind) {
    case SUMMARY_BAND:
        return (f->max - f->min) / f->step + 2; /* and withheld */
    case SUMMARY_INT:
        return f->max - f->min + 1;
    case SUMMARY_CODE:
        return 2;
    case SUMMARY_ENUM:
        for (const char *c = f->words; *c; c++)
            n += *c == '|';
        return n;
    case SUMMARY_FIXED:
    case SUMMARY_NONE:
        break;
    }
    return 1;
}

uint64_t summary_capacity(uint32_t orders)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < summary_field_count; i++) {
        const struct summary_field *f = &summary_fields[i];
        sum += log2_thousandths(values_of(f)) * (strcmp(f->record, "order") == 0 ? orders : 1);
    }
    return sum;
}
