#ifndef APPLIANCE_MES_QUALITY_READING_H
#define APPLIANCE_MES_QUALITY_READING_H

#include "appliance/event.h"
#include "appliance/mes/mes.h"

/*
 * Every value that was ever measured, as a table of the store: one row for each
 * reading of each event, found by characteristic.  It is cold: nothing of it lies
 * in memory, no gate reads it, and it is filled behind the log in large batches
 * (worker/projector.h), so that a completion never waits for it.  Like every
 * projection it can be dropped and made again from the log.
 */
struct readings;

#define READINGS_NAME "readings" /* of the projection, for store_projection_seen() */

/*
 * readings_open(store, ret_readings, ret_position):
 * Make sure that the table is there, before store_seal().  ${ret_position} is how
 * many events of the log are in it: 0 when it was made anew.  The caller ends it
 * with readings_free() before the store is closed.
 */
must_use int readings_open(struct store *store, struct readings **ret_readings,
                           uint64_t *ret_position);
void readings_free(struct readings *readings);

/* readings_apply(readings, mes, event, sequence): Add what ${event} measured, in the open
 * transaction; ${mes} knows the unit's route.  Events without readings add nothing. */
must_use int readings_apply(struct readings *readings, const struct mes *mes,
                            const struct event *event, uint64_t sequence);

/* One value of an earlier unit, in millionths. */
struct reading_past {
    uint8_t unit[16];
    int64_t value;
};

/*
 * readings_recent(readings, route, sequence, balloon, unit, out, room):
 * The newest values of a characteristic on other units than ${unit}, newest first,
 * the last one of each unit, at most ${room}; how many.  Of no table (NULL) none.  It does not look
 * back forever: behind many repetitions of few units there may be fewer.
 */
size_t readings_recent(struct readings *readings, int64_t route, int64_t sequence,
                       const char *balloon, const uint8_t unit[static 16], struct reading_past *out,
                       size_t room);

/*
 * What rows there are, in whatever order, made in parts: of what the log says, and of what
 * the table holds, to be compared.
 *
 * readings_sum_new(like, ret_sum): Of none yet; ${like} is the one that it will be compared
 * with, or NULL.
 * readings_sum_expect(sum, mes, event, sequence): Add what ${event} measured; ${mes} as it
 * is behind this one.
 * readings_sum_found(sum, readings, below, filled, rows, ret_more): Of the table's next ${rows}
 * rows behind the last call add those of events below ${below}; ${ret_more} while there may be
 * more. What is filled in meanwhile is of later events, below ${filled}, to which the table is
 * filled now: a row of none of them is one that no event gives. readings_sum_is(a, b): Are they the
 * same rows?
 */
struct readings_sum;

must_use int readings_sum_new(const struct readings_sum *like, struct readings_sum **ret_sum);
void readings_sum_free(struct readings_sum *sum);
must_use int readings_sum_expect(struct readings_sum *sum, const struct mes *mes,
                                 const struct event *event, uint64_t sequence);
must_use int readings_sum_found(struct readings_sum *sum, struct readings *readings, uint64_t below,
                                uint64_t filled, size_t rows, bool *ret_more);
bool readings_sum_is(const struct readings_sum *a, const struct readings_sum *b);
size_t readings_sum_rows(const struct readings_sum *sum);

#endif
