#ifndef ENCLAVE_PROCESS_LOOP_H
#define ENCLAVE_PROCESS_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/error.h"

/* One thread that waits for descriptors and timers with poll(2). */
struct loop;

#define LOOP_SOURCES_MAX 256
#define LOOP_TIMERS_MAX  16

typedef void loop_ready(void *context, short events);
typedef void loop_due(void *context);

must_use int loop_new(struct loop **ret_loop);
void loop_free(struct loop *loop);

/* loop_watch(loop, fd, events, ready, context): Call ${ready} when poll says one of ${events}, or
 * an error or hang-up.  One watch a descriptor. */
must_use int loop_watch(struct loop *loop, int fd, short events, loop_ready *ready, void *context);

/* loop_events(loop, fd, events): Wait for other events from now on. */
void loop_events(struct loop *loop, int fd, short events);

/* loop_forget(loop, fd): Also from within a callback. */
void loop_forget(struct loop *loop, int fd);

/* loop_every(loop, ms, due, context): Call ${due} each ${ms} milliseconds. */
must_use int loop_every(struct loop *loop, uint64_t ms, loop_due *due, void *context);

/* loop_before_wait(loop, hook, context): Call ${hook} each time before waiting; it returns how
 * many milliseconds at most to wait, or -1. */
void loop_before_wait(struct loop *loop, int (*hook)(void *context), void *context);

/* loop_run(loop): Until loop_stop().  0 or ERR_SYSTEM. */
must_use int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* loop_step(loop, ms): Wait once, at most ${ms}, and call what is ready. */
must_use int loop_step(struct loop *loop, int ms);

#endif
