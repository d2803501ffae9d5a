#ifndef APPLIANCE_WORKER_UNSURE_H
#define APPLIANCE_WORKER_UNSURE_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/error.h"

struct worker;

/*
 * A store that the disk has failed.  Behind a failed sync the kernel's memory shows what the disk
 * may never have taken, and says at the next sync that all is well.  So nothing is tried again:
 * the worker leaves a mark, the file `unsure` in its directory, and ends; started again it answers
 * in words only, until a person has it reopened and the whole log has been read from the disk.
 */
#define UNSURE_MARK "unsure"

/* unsure_end(r, what): The store failed with ${r} at ${what}: leave the mark, as far as this disk
 * takes one, and end this process with PROCESS_EXIT_UNSURE, which the supervisor remembers.  Memory
 * that ran out says nothing of the disk: then it is an end as any other. */
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
