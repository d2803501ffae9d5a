#ifndef APPLIANCE_WORKER_IMPACT_H
#define APPLIANCE_WORKER_IMPACT_H

#include "appliance/worker/worker.h"

/*
 * What a proposed policy set changes: every person, action and object of the store, in the
 * contexts that were recorded lately, decided with the set in force and with the proposed
 * one.  It is computed beside the work, a millisecond at a time; one at a time.
 */

/* impact_digest(w, proposal, out): The digest of the finished report on ${proposal}, while people,
 * policies and report still are of one moment; else false. */
bool impact_digest(const struct worker *w, const uint8_t proposal[static 16],
                   uint8_t out[static 32]);

/* impact_forget(w, proposal): Nobody needs it any more. */
void impact_forget(struct worker *w, const uint8_t proposal[static 16]);

#endif
