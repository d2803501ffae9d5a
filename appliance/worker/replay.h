#ifndef APPLIANCE_WORKER_REPLAY_H
#define APPLIANCE_WORKER_REPLAY_H

#include "appliance/mes/hot.h"
#include "appliance/mes/quality/reading.h"

struct store;
struct worker;

/*
 * The whole log read again, while work goes on: a few milliseconds between batches.
 * Each event is decoded and hashed into the tree of its epoch, which must give every
 * signed head; and, unless only the log is asked for, applied to tables of its own,
 * which must in the end be those in memory, and those in memory the ones on the disk;
 * so must the cold table of readings be.
 *
 * It runs when the console asks, behind an open that could not compare the tables with
 * what was signed, and by itself once a day when nobody has written for a while.  What
 * does not agree closes the enclave for writing, is journaled, and stands on the
 * Security page and in the site's status.
 */
struct replay;

enum replay_what { REPLAY_LOG = 0, REPLAY_TABLES };

/* replay_open(w): What is known of the last one, from the store; when the next is due. */
must_use int replay_open(struct worker *w);
void replay_close(struct worker *w);

/*
 * replay_ask(w, request, what): The console wants to know; it is answered at the end.
 * One that is under way and does as much is joined.  false: another one is asked for
 * already.
 */
bool replay_ask(struct worker *w, uint64_t request, enum replay_what what);

/* replay_due(w): Begin when it is time, each quarter of a second.
 * replay_turn(w): Go on for a few milliseconds, outside any transaction; false when there is
 * nothing to do. */
void replay_due(struct worker *w);
bool replay_turn(struct worker *w);

/* replay_rebuild(store): Have every table made again from the log at the next start. */
must_use int replay_rebuild(struct store *store);

/* What the page shows: of the last whole replay and the last verification. */
struct replay_past {
    int64_t replayed_ms, verified_ms;
    uint64_t replayed, verified; /* events */
    bool running;
    uint64_t at; /* where the running one is */
};
void replay_past(const struct worker *w, struct replay_past *ret_past);

#endif
