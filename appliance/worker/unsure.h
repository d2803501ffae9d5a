#ifndef APPLIANCE_WORKER_UNSURE_H
#define APPLIANCE_WORKER_UNSURE_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/error.h"

struct worker;

/* A store that the disk has failed: the mark of enclave/process/mark.h, and the whole log read from
 * the disk before the enclave works again. */
#define UNSURE_MARK "unsure"

/* unsure_end(r, what): The store failed with ${r} at ${what}: mark_end(). */
_Noreturn void unsure_end(int r, const char *what);

/* unsure_begin(w, told): At the start, before the store is opened: with the mark, or with ${told},
 * which is the supervisor's word that the last worker ended so, the enclave is closed.  The mark is
 * durable when this returns 0. */
must_use int unsure_begin(struct worker *w, bool told);

/* unsure_reopen(w, text, size): A person asks: read the whole log from the disk, compare it with
 * its signed head, and the tables with the log.  0 and the mark is gone, or 1 and nothing has
 * changed;
 * ${text} says what was found. */
must_use int unsure_reopen(struct worker *w, char *text, size_t size);

#endif
