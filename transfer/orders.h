#ifndef TRANSFER_ORDERS_H
#define TRANSFER_ORDERS_H

#include "crypto/bytes.h"
#include "transfer/grammar.h"
#include "transfer/refusal.h"

/*
 * The orders that a site receives: rec-order-001.ndjson, one canonical object a
 * line, sorted by number, neither number nor key twice.
 */
#define ORDERS_MAX      1000
#define ORDERS_TEXT_MAX (ORDERS_MAX * 192)
#define ORDERS_MEMBER   "rec-order-001.ndjson"

struct order {
    char number[24 + 1]; /* the site's order number, [A-Z0-9-] */
    char key[16 + 1];    /* what the summary calls it, [A-Z0-9-], 4 or more */
    char part[24 + 1];   /* [A-Z0-9-] */
    char rev[4 + 1];     /* [A-Z0-9] */
    uint32_t qty;        /* 1 to 10000 */
    uint8_t priority;    /* 1 to 99 */
    char due[GRAMMAR_DAY + 1];
};

/* orders_parse(text, out, ret_count, why): The records of an inbound bundle into ${out}, which has
 * room for ORDERS_MAX.  At least one. */
must_use int orders_parse(struct bytes_view text, struct order out[static ORDERS_MAX],
                          size_t *ret_count, struct refusal *why);

/* orders_print(orders, count, out, ret_length): The text of the member; ${orders} are sorted. */
must_use int orders_print(const struct order *orders, size_t count,
                          char out[static ORDERS_TEXT_MAX], size_t *ret_length);

/*
 * orders_from_csv(text, out, ret_count, why):
 * A table as a spreadsheet saves it: a header line with exactly the columns
 * number, key, part, rev, qty, due, priority in any order, then a line for each
 * order; commas, no quotes needed, LF or CRLF, a byte order mark is skipped.
 * Sorts.  The refusal names the line and the column.
 */
must_use int orders_from_csv(struct bytes_view text, struct order out[static ORDERS_MAX],
                             size_t *ret_count, struct refusal *why);

#endif
