#ifndef ENCLAVE_PROCESS_MARK_H
#define ENCLAVE_PROCESS_MARK_H

#include <stdbool.h>

#include "crypto/error.h"

/*
 * What the disk has failed.  Behind a failed sync the kernel's memory shows what the disk may
 * never have taken, and says at the next sync that all is well.  So nothing is tried again: the
 * program leaves a mark, an empty file in its directory, and ends; started again it answers in
 * words only, until a person has it reopened and everything has been read from the disk.
 */

/* mark_end(name, r, what): Writing failed with ${r} at ${what}: leave the mark ${name}, as far as
 * this disk takes one, and end this process with PROCESS_EXIT_UNSURE, which the supervisor
 * remembers.  Memory that ran out, or a disk that is full, says nothing of the disk: then it is an
 * end as any other. */
_Noreturn void mark_end(const char *name, int r, const char *what);

/* mark_begin(name, told, ret_there): At the start, before anything is opened: is the mark ${name}
 * there?  With ${told}, the supervisor's word that the process before this one ended so
 * (process_is_unsure()), it is left now, durable when this returns 0. */
must_use int mark_begin(const char *name, bool told, bool *ret_there);

/* mark_remove(name): Gone for good when this returns 0; also when there was none. */
must_use int mark_remove(const char *name);

#endif
