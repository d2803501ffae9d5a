/* What was done already: so that a request that comes twice is done once. */
#include <stdlib.h>
#include <string.h>

#include "appliance/worker/worker.h"

#define PLACES   65536u /* an hour at eleven writes a second fits; the oldest are dropped */
#define HOUR_MS  ((int64_t)3600 * 1000)
#define DRIFT_MS ((int64_t)10 * 60 * 1000)
#define LEAP_MS  ((int64_t)10 * 60 * 1000)

struct retries {
    struct retry ring[PLACES];
    uint32_t next;
    uint64_t count;
    uint32_t buckets[2 * PLACES]; /* place + 1, open addressing, rebuilt when the ring turns */
    int64_t since_ms; /* ids from here on are remembered; older ones may be in the log alone */
};

int retries_new(struct retries **ret_retries)
{
    *ret_retries = calloc(1, sizeof **ret_retries);
    return *ret_retries ? 0 : ERR_MEMORY;
}

static uint32_t bucket_of(const uint8_t id[static 16])
{
    uint32_t h;
    memcpy(&h, id + 12, sizeof h); /* the random end of a UUIDv7 */
    return h & (2 * PLACES - 1);
}

static void put(struct retries *r, uint32_t place)
{
    uint32_t at = bucket_of(r->ring[place].id);
    while (r->buckets[at])
        at = (at + 1) & (2 * PLACES - 1);
    r->buckets[at] = place + 1;
}

/* Half of the ring is given up at once, so that the buckets are rebuilt rarely. */
static void drop_oldest(struct retries *r)
{
    /* what an id names is recorded no more than DRIFT_MS before the id's own time */
    r->since_ms = r->ring[PLACES / 2 - 1].utc_ms + DRIFT_MS;
    memmove(r->ring, r->ring + PLACES / 2, sizeof r->ring / 2);
    memset(r->buckets, 0, sizeof r->buckets);
    r->next = PLACES / 2;
    for (uint32_t i = 0; i < r->next; i++)
        put(r, i);
}

void retries_add(struct retries *retries, const struct retry *retry)
{
    if (retries->next == PLACES)
        drop_oldest(retries);
    retries->ring[retries->next] = *retry;
    put(retries, retries->next++);
}

static bool same(const struct retry *a, const uint8_t person[static 16], unsigned operation,
                 const uint8_t id[static 16])
{
    return a->operation == operation && memcmp(a->id, id, 16) == 0 &&
           memcmp(a->person, person, 16) == 0;
}

static int64_t time_of(const uint8_t id[static 16])
{
    int64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | id[i];
    return ms;
}

/* ---- the log, by time ---- */

static int event_at(struct store *store, uint64_t sequence, struct event *event)
{
    struct store_event stored;
    int r = store_read(store, sequence, &stored);
    return r ? r : event_decode(stored.payload, event);
}

uint64_t retries_first_at(struct store *store, int64_t utc_ms)
{
    uint64_t low = 0, high = store_size(store);
    struct event event;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (event_at(store, middle, &event) != 0)
            return low;
        if (event.common.utc_ms < utc_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void retry_of(const struct event *event, uint64_t sequence, struct retry *ret)
{
    memcpy(ret->person, event->common.person, 16);
    memcpy(ret->id, event->common.id, 16);
    ret->operation = event->common.operation;
    memcpy(ret->body, event->common.body, 32);
    ret->event = sequence;
    ret->utc_ms = event->common.utc_ms;
}

/*
 * From the time in the id on, an hour of the log's time: from one event to the next no more than
 * LEAP_MS counts, because the clock may have been set between the moment when the id was made and
 * the one when the request was recorded.
 */
static bool find_in_log(struct store *store, const uint8_t person[static 16], unsigned operation,
                        const uint8_t id[static 16], struct retry *ret_retry)
{
    uint64_t from = retries_first_at(store, time_of(id) - DRIFT_MS), size = store_size(store);
    struct event event;
    struct retry found;
    int64_t passed = 0, before = time_of(id) - DRIFT_MS;
    for (uint64_t i = from; i < size && event_at(store, i, &event) == 0; i++) {
        int64_t step = event.common.utc_ms - before;
        passed += step < LEAP_MS ? step : LEAP_MS;
        before = event.common.utc_ms;
        if (passed > HOUR_MS + DRIFT_MS)
            return false;
        retry_of(&event, i, &found);
        if (same(&found, person, operation, id)) {
            *ret_retry = found;
            return true;
        }
    }
    return false;
}

bool retries_find(struct retries *retries, struct store *store, const uint8_t person[static 16],
                  unsigned operation, const uint8_t id[static 16], struct retry *ret_retry)
{
    for (uint32_t at = bucket_of(id); retries->buckets[at]; at = (at + 1) & (2 * PLACES - 1)) {
        const struct retry *r = &retries->ring[retries->buckets[at] - 1];
        if (same(r, person, operation, id)) {
            *ret_retry = *r;
            return true;
        }
    }
    if (time_of(id) >= retries->since_ms)
        return false;
    return find_in_log(store, person, operation, id, ret_retry);
}

struct filling {
    struct retries *retries;
    uint8_t last[16];
};

static int fill_one(void *context, const struct store_event *stored)
{
    struct filling *f = context;
    struct event event;
    struct retry retry;
    int r = event_decode(stored->payload, &event);
    if (r)
        return r;
    retry_of(&event, stored->sequence, &retry);
    static const uint8_t none[16]; /* of an opening, which nobody sends again */
    if (memcmp(retry.id, f->last, 16) != 0 &&
        memcmp(retry.id, none, 16) != 0) /* the first event of a request stands for it */
        retries_add(f->retries, &retry);
    memcpy(f->last, retry.id, 16);
    return 0;
}

/* The last hour, by the log's own time: what the box's clock says may be anything. */
static int first_to_fill(struct store *store, uint64_t *ret_from, int64_t *ret_since_ms)
{
    uint64_t size = store_size(store), from = 0;
    struct event event;
    int r = size ? event_at(store, size - 1, &event) : 0;
    if (r == 0 && size)
        from = retries_first_at(store, event.common.utc_ms - HOUR_MS);
    if (r == 0 && size - from > PLACES / 2)
        from = size - PLACES / 2;
    if (r == 0 && from)
        r = event_at(store, from - 1, &event);
    *ret_from = from;
    *ret_since_ms = from ? event.common.utc_ms + DRIFT_MS : INT64_MIN;
    return r;
}

int retries_fill(struct retries *retries, struct store *store)
{
    struct filling filling = {.retries = retries};
    uint64_t from;
    int64_t since_ms;
    int r = first_to_fill(store, &from, &since_ms);
    if (r)
        return r;
    retries->next = 0;
    memset(retries->buckets, 0, sizeof retries->buckets);
    r = store_walk(store, from, store_size(store), fill_one, &filling);
    retries->since_ms = since_ms;
    return r;
}
