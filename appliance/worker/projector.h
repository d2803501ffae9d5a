#ifndef APPLIANCE_WORKER_PROJECTOR_H
#define APPLIANCE_WORKER_PROJECTOR_H

#include "appliance/mes/quality/reading.h"

/*
 * Fills the cold tables and the stored nodes of the tree behind the log, between batches and in
 * transactions of its own.  Where it stands is written in the same transaction, so a process that
 * was killed goes on where the table is.
 */
struct projector {
    struct store *store;
    const struct mes *mes;
    struct readings *readings;
    uint64_t position; /* events of the log that are in the tables */
    uint64_t nodes;    /* and in the stored nodes of the tree */
    uint64_t last_ms;  /* when it last ran */
};

#define PROJECTOR_BATCH    1024 /* events in one transaction */
#define PROJECTOR_EVERY_MS 250  /* when fewer wait */

/* projector_open(p, store, mes): Make the tables, before store_seal(). */
must_use int projector_open(struct projector *p, struct store *store, const struct mes *mes);
void projector_close(struct projector *p);

/*
 * projector_step(p):
 * Apply at most PROJECTOR_BATCH events in a transaction of its own; none may be
 * open.  0; ERR_FULL: the disk is full and nothing was changed; another code after
 * which the process must end, as after every failed commit.
 */
must_use int projector_step(struct projector *p);

/* projector_is_due(p): Whether a batch waits, or something has waited for a while. */
bool projector_is_due(const struct projector *p);

/* projector_catch_up(p): Steps until nothing is behind. */
must_use int projector_catch_up(struct projector *p);

#endif
