/*
 * What was done already: so that a request that comes twice is done once.
 *
 * An id is a UUIDv7 that the sender made; it is the same request when person, operation and id are
 * the same.  Remembered is where its first event lies, for an hour of the log's time or four
 * million ids; what is older is looked for in the log, from the time in the id on up to what is
 * remembered: a station may send today what it was asked to do before it was off for a week.  That
 * may be the whole log, so it is read in slices, and whoever asked waits (late.h).
 */
#ifndef APPLIANCE_WORKER_RETRY_H
#define APPLIANCE_WORKER_RETRY_H

#include <stdbool.h>

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

/*
 * A look into the log for one request; begun by retries_find(), zeroed memory before.  Events from
 * ${first} below ${top} are what must be read; those from ${below} on have been.
 */
struct retry_look {
    uint8_t person[16];
    uint8_t id[16];
    unsigned operation;
    uint64_t first, below, top;
    bool found;
    struct retry retry; /* what was found */
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
 * retries_find(retries, store, look, ret_retry):
 * Was the request that ${look} names (person, id and operation) done?  0 and ${ret_retry};
 * ERR_UNKNOWN when it was not; ERR_STATE when it is not known yet: the log must be read, with
 * retries_look(), and then this asked again with the same ${look}.  Another code when the store
 * could not be read, or there was no memory for it: which says nothing of the request, and it must
 * not be carried out.
 */
must_use int retries_find(struct retries *retries, struct store *store, struct retry_look *look,
                          struct retry *ret_retry);

/*
 * retries_look(store, looks, count, leader, most):
 * Read up to ${most} events of the log, backwards, for ${looks}[${leader}], and hold each of them
 * against every look that has come to the same place: these go on together from there.  A look is
 * done when retries_looked() says so.  The store's error.
 */
must_use int retries_look(struct store *store, struct retry_look *const *looks, size_t count,
                          size_t leader, uint64_t most);
bool retries_looked(const struct retry_look *look);

/* retries_first_at(store, utc_ms, ret_first): The first event at or behind a time, the store's size
 * where there is none; events lie in the order of time, near enough.  The store's error. */
must_use int retries_first_at(struct store *store, int64_t utc_ms, uint64_t *ret_first);

#endif
