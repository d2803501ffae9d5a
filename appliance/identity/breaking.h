#ifndef APPLIANCE_IDENTITY_BREAKING_H
#define APPLIANCE_IDENTITY_BREAKING_H

#include "appliance/identity/identity.h"

/*
 * Breaking the glass at an enclave's door, its review at the entry, and what waits
 * meanwhile.  A broken glass is a record of the attribute break-glass that nobody
 * approved, in that enclave's next snapshot.
 */
void breaking_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                      const struct operation *operation);
void breaking_go_on(struct identity *n, struct pending *p);

/* breaking_holds(n, gateway, m, operation): Must the officer who asks review a broken glass before
 * this operation?  It is answered. */
bool breaking_holds(struct identity *n, struct peer *gateway, const struct message_request *m,
                    const struct operation *operation);

/* breaking_note(n, person): What an officer is told at sign-in; "" when nothing waits. */
const char *breaking_note(struct identity *n, size_t person);

/* The review, for records.c: what it is decided on; why it is refused, or NULL; its event. */
void breaking_subject(struct identity *n, struct subject *s);
const char *breaking_review_refused(struct identity *n);
void breaking_review(struct identity *n, const struct pending *p, struct event *event);

/* breaking_list(n, out): The answer to GET_GLASS, newest first. */
void breaking_list(struct identity *n, struct bytes_put *out);

must_use int breaking_apply(struct identity *n, const struct event *event);

#endif
