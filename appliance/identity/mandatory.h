#ifndef APPLIANCE_IDENTITY_MANDATORY_H
#define APPLIANCE_IDENTITY_MANDATORY_H

#include "appliance/identity/identity.h"

/*
 * The mandatory rules of the whole site: proposed by one officer and installed by
 * another, at the entry; in force for identity itself and, told and signed, in every
 * enclave.  The shipped ones are version 1.
 */
#define MANDATORY_OPERATIONS(number)                                                               \
    ((number) >= OPERATION_PROPOSE_SITE_POLICY && (number) <= OPERATION_GET_SITE_POLICY)

/* mandatory_ship(n, site, program): What the box was shipped with; both stay the caller's and must
 * live as long as ${n}. */
void mandatory_ship(struct identity *n, struct bytes_view site, struct bytes_view program);

/* mandatory_begin(n): After the log was read: decide by what is in force. */
must_use int mandatory_begin(struct identity *n);

/* mandatory_due(n): Put the shipped rules into the log, once. */
void mandatory_due(struct identity *n);

/* mandatory_follow(n): Behind a commit: if another set is in force than before, decide by it and
 * tell every worker. */
void mandatory_follow(struct identity *n);

/* mandatory_tell(n, worker): What is in force, to a worker that has joined. */
void mandatory_tell(struct identity *n, struct peer *worker);

/* For records.c: what an operation is decided on; why it is refused, or NULL; its event. */
void mandatory_subject(struct identity *n, struct subject *s);
void mandatory_halves(struct identity *n, const struct pending *p, char out[static STATION_HALVES]);
const char *mandatory_refused(struct identity *n, const struct token *token, unsigned operation);
must_use int mandatory_event(struct identity *n, const struct pending *p,
                             const uint8_t by[static 16]);

/* mandatory_list(n, out): The answer to GET_SITE_POLICY; false for a proposal that is none. */
bool mandatory_list(struct identity *n, struct bytes_put *out);

must_use int mandatory_apply(struct identity *n, const struct event *event);

#endif
