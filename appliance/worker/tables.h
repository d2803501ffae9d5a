#ifndef APPLIANCE_WORKER_TABLES_H
#define APPLIANCE_WORKER_TABLES_H

#include "appliance/mes/hot.h"
#include "appliance/mes/mes.h"
#include "enclave/store/store.h"

/*
 * The hot tables in the store (rows_schema() of mes/entity.h), written behind the log.
 *
 * What is decided with lies in memory, and the log's events are what it is made of; a
 * commit writes events alone.  From time to time, and at the end, every row that was
 * touched since is written in a transaction of its own, together with the number of
 * events that the tables stand for and their keyed digest (mes/hot.h) at that number.
 * An open reads the tables, compares them with that digest, and applies the events
 * behind it.  Why: docs/decisions/0021-tables-behind-the-log.md.
 */
#define TABLES_NAME     "tables" /* of the projection */
#define TABLES_EVENTS   32768    /* written when so many events are behind them, */
#define TABLES_EVERY_MS 10000    /* or so long behind the last time; never when nothing is */
#define TABLES_FULL_MS  60000    /* a disk that was full is tried again */

struct tables {
    struct store *store;
    struct mes *mes;
    uint64_t saved;   /* events that the tables in the store stand for */
    uint64_t applied; /* events that those in memory do, until the open is done */
    bool anew;        /* they have been made again, and nothing is in the store yet */
    uint64_t saved_ms, again_ms;
};

/* tables_attach(tables, store, mes): Make the tables, or find them; before store_seal().  In a
 * store that can only be read those of another form are left aside: the log makes them, in memory.
 */
must_use int tables_attach(struct tables *tables, struct store *store, struct mes *mes);

/*
 * tables_load(tables): Read them as they are in the store; memory is as it was when they were
 * written.  ERR_BEHIND: they have seen events that the log does not have.  tables_check(tables,
 * hot, names, size): compare what was read with the digest that was written with it, as
 * hot_compare() does, and the number of events with the one beside the digest; HOT_NOT_COMPARABLE
 * for tables made anew, which are empty. tables_follow(tables, to): Apply the
 * events below ${to} that are not applied.
 */
must_use int tables_load(struct tables *tables);
must_use int tables_check(const struct tables *tables, struct hot *hot, enum hot_answer *ret_answer,
                          char *names, size_t size);
must_use int tables_follow(struct tables *tables, uint64_t to);

/* tables_again(tables, hot): Memory as the log is, behind a batch that was refused.  ERR_DIGEST:
 * what lies in the store is not what was written there. */
must_use int tables_again(struct tables *tables, struct hot *hot);

/* tables_are_due(tables): Is there enough behind them? */
bool tables_are_due(const struct tables *tables);

/*
 * tables_save(tables, hot): Write what was touched; outside a transaction.  ERR_FULL: nothing was
 * written, everything will be, a minute later.  Any other error: the state of the disk is unknown.
 */
must_use int tables_save(struct tables *tables, struct hot *hot);

#endif
