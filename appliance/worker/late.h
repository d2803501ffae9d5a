#ifndef APPLIANCE_WORKER_LATE_H
#define APPLIANCE_WORKER_LATE_H

#include "appliance/worker/request.h"

/*
 * Requests of which it is not known yet whether they were done: their ids are older than what is
 * remembered (retry.h).  They wait while the log is read for them, backwards, a slice in each turn
 * of the loop, so that nobody else waits; and all of them share what is read.  The slices go in
 * turn to the one that is nearest to the log's end, which has least to read mostly, and to the one
 * that waits longest: so each comes to its end, whatever else is asked.
 */
#define LATE_MAX       64   /* requests that wait at once, */
#define LATE_OF_ONE    16   /* and of one person */
#define LATE_QUESTIONS 512  /* the auditor's: as many as it keeps open for one enclave */
#define LATE_SLICE     1024 /* events read in a turn for those that wait; and for those that come */

/*
 * late_find(w, look, ret_retry): As retries_find(), with what may be read of the log for it in this
 * turn read.  Ends the process when the store cannot be read.
 * late_wait(w, q): It is not known yet: ${q} waits; or it is answered, when it does already or too
 * many do.
 * late_question(w, m): The auditor asks what became of an intent; it is answered when it is known.
 */
must_use int late_find(struct worker *w, struct retry_look *look, struct retry *ret_retry);
void late_wait(struct worker *w, const struct request *q);
void late_question(struct worker *w, const struct message_audit *m);

/* late_answer(w): What has become known: those requests are handled now. */
void late_answer(struct worker *w);
/* late_turn(w): Read the next slice, outside any transaction; false when nobody waits. */
bool late_turn(struct worker *w);
void late_forget_gateway(struct worker *w, const struct peer *gateway);

#endif
