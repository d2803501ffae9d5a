/*
 * What was done already: so that a request that comes twice is done once.
 *
 * An id is a UUIDv7 that the sender made; it is the same request when person, operation and id are
 * the same.  Remembered is where its first event lies, for an hour of the log's time or four
 * million ids; what is older is looked for in the log, from the time in the id on.
 */
#ifndef APPLIANCE_WORKER_RETRY_H
#define APPLIANCE_WORKER_RETRY_H

#include "enclave/store/store.h"

struct retries;

/* A request that was done: its first event and the digest of its body. */
struct retry {
    uint8_t person[16];
    uint8_t id[16];
    unsigned operation;
    uint8_t body[32]; /* hash_content "casemate/body/1" */
    uint64_t event;
    int64_t utc_ms; /* of that event */
};

/* retries_new(ret_retries): ERR_MEMORY.  Empty; given back with retries_free(). */
must_use int retries_new(struct retries **ret_retries);
void retries_free(struct retries *retries);

/* retries_fill(retries, store): From the events of the last quarter of an hour, by their own time;
 * once, before the first request.  The store's error, or ERR_MEMORY. */
must_use int retries_fill(struct retries *retries, struct store *store);

/* retries_fill_further(retries, store): Some more of the last hour, between requests; nothing when
 * all of it is remembered. */
must_use int retries_fill_further(struct retries *retries, struct store *store);

/* retries_add(retries, retry): Done now; id, event and time are remembered.  When its batch is
 * undone nothing needs to be taken back: the log says something else at that event then. */
void retries_add(struct retries *retries, const struct retry *retry);

/*
 * retries_find(retries, store, person, operation, id, ret_retry):
 * Was this done?  Also looked for in the log, when the id's time lies before what is remembered.  0
 * and ${ret_retry}; ERR_UNKNOWN when it was not done; another code when the store could not be
 * read, or there was no memory for it: which says nothing of the request, and it must not be
 * carried out.
 */
must_use int retries_find(struct retries *retries, struct store *store,
                          const uint8_t person[static 16], unsigned operation,
                          const uint8_t id[static 16], struct retry *ret_retry);

/* retries_first_at(store, utc_ms, ret_first): The first event at or behind a time, the store's size
 * where there is none; events lie in the order of time, near enough.  The store's error. */
must_use int retries_first_at(struct store *store, int64_t utc_ms, uint64_t *ret_first);

#endif
