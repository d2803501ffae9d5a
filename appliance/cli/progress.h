#ifndef APPLIANCE_CLI_PROGRESS_H
#define APPLIANCE_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a person sees of something that takes time, on standard error: one line a
 * part, with a count that moves on a terminal, and dots elsewhere.
 */
struct progress {
    const char *what;
    size_t total, done;
    long began_ms, shown_ms;
    bool terminal;
};

/* progress_begin(p, what, total): ${total} 0 where it is not known. */
void progress_begin(struct progress *p, const char *what, size_t total);
/* progress_step(p): One more is done. */
void progress_step(struct progress *p);
/* progress_wait(p): Nothing new, but it goes on. */
void progress_wait(struct progress *p);
/* progress_end(p, done): The line's end, with the time it took. */
void progress_end(struct progress *p, bool done);

#endif
