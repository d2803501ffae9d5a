#ifndef TRANSFER_SUMMARY_H
#define TRANSFER_SUMMARY_H

#include "crypto/bytes.h"
#include "transfer/refusal.h"

/*
 * The weekly summary: the only thing that leaves.  rec-summary-001.ndjson has
 * one "order" record for each order that is reported, sorted by key, and then
 * exactly one "yield" record.  The table says for each field what it may be, and
 * why it may leave; transfer/release/weekly-summary.json is the same table for
 * people, and its digest stands in every manifest.
 */
#define SUMMARY_MEMBER     "rec-summary-001.ndjson"
#define SUMMARY_ORDERS_MAX 1000
#define SUMMARY_TEXT_MAX   (SUMMARY_ORDERS_MAX * 96)
#define SUMMARY_WITHHELD   "S"

enum summary_kind {
    SUMMARY_NONE = 0,
    SUMMARY_BAND,  /* decimal text, a multiple of step from min to max, or SUMMARY_WITHHELD */
    SUMMARY_CODE,  /* min to max characters of A-Z, 0-9 and - */
    SUMMARY_ENUM,  /* one of the words, which a "|" parts */
    SUMMARY_FIXED, /* the one word */
    SUMMARY_INT,   /* an integer from min to max */
};

struct summary_field {
    const char *record, *name;
    enum summary_kind kind;
    uint32_t min, max, step;
    const char *words;
    const char *reason;
};

/* All fields, in the order of their records and, within one, of their names. */
extern const struct summary_field summary_fields[];
extern const size_t summary_field_count;

/* summary_check(text, ret_orders, why): The whole member against the table; sets the number of
 * order records.  ERR_REFUSED names the line and the field. */
must_use int summary_check(struct bytes_view text, uint32_t *ret_orders, struct refusal *why);

/* What the worker makes of an order that is reported. */
struct summary_order {
    const char *key;
    const char *state; /* Waiting, Running, Completed, Closed */
    uint32_t good;     /* the raw count; it is banded here */
};

/* summary_print(orders, count, yield, out, ret_length): The member's text.  ${orders} need not be
 * sorted.  ${yield} is what summary_yield_band() gave.  ERR_RANGE, ERR_DUPLICATE. */
must_use int summary_print(const struct summary_order *orders, size_t count, const char *yield,
                           char out[static SUMMARY_TEXT_MAX], size_t *ret_length);

/* summary_good_band(count, out): "S" below 5, else ${count} rounded down to a multiple of 5.
 * ERR_RANGE above 10000: a value is refused, never clamped. */
#define SUMMARY_BAND_TEXT 8
must_use int summary_good_band(uint32_t count, char out[static SUMMARY_BAND_TEXT]);

/* summary_yield_band(passed, total, families, ret_band): The band of ${passed} / ${total} over the
 * last four weeks; "S" below 20 units or two part families.  A band includes its lower bound; 98 %
 * belongs to "95-98".  ERR_RANGE if more passed than were counted. */
must_use int summary_yield_band(uint32_t passed, uint32_t total, uint32_t families,
                                const char **ret_band);

/* summary_capacity(orders): How many thousandths of a bit a bundle with ${orders} order records can
 * carry at most, by the table: the sum of log2 of the allowed values of every field, where a key
 * is one of the keys that the enterprise gave out, sorted, and so carries one bit (it is
 * reported or not). */
uint64_t summary_capacity(uint32_t orders);

#endif
