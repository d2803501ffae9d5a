/* What was done already: so that a request that comes twice is done once. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/event.h"
#include "appliance/worker/retry.h"

#define BLOCK_IDS    32768u
#define BLOCK_PLACES (2 * BLOCK_IDS)
#define BLOCKS       128u    /* four million ids: an hour at a thousand writes a second */
#define FIRST_FILL   400000u /* events read again before the first request; the others behind it */
#define FILL_SLICE   2048u
#define LATELY_MS    ((int64_t)5 * 60 * 1000) /* requests that a restart cut off come again */
#define SEQUENCE     44                       /* bits of a place; the others are of the id's hash */
#define HOUR_MS      ((int64_t)3600 * 1000)
#define DRIFT_MS     ((int64_t)10 * 60 * 1000)

/*
 * Only where an event lies is remembered, and some bits of its id's hash: what matches is read from
 * the log.  A block is a table of open addressing that is never more than half full.
 */
struct block {
    uint32_t count;
    int64_t last_ms;               /* the highest time of its events, */
    uint64_t end;                  /* and what lies behind the last of them */
    uint64_t places[BLOCK_PLACES]; /* hash bits, sequence + 1; 0 is free */
};

struct retries {
    struct block *blocks[BLOCKS]; /* the oldest events first, nearly */
    unsigned count;
    uint8_t key[crypto_shorthash_KEYBYTES]; /* ids are the senders' choice */
    int64_t dropped_ms;                     /* what was remembered and is not lies below: */
    uint64_t dropped_end;                   /* by time, and by sequence */
    /* what was recorded before this start, and is read behind the first requests */
    uint64_t from;      /* events below are not read yet */
    int64_t until_ms;   /* up to here, back in time */
    int64_t unread_ms;  /* the time of the event below ${from} */
    struct block *back; /* the block of those */
};

int retries_new(struct retries **ret_retries)
{
    *ret_retries = calloc(1, sizeof **ret_retries);
    if (!*ret_retries)
        return ERR_MEMORY;
    crypto_shorthash_keygen((*ret_retries)->key);
    return 0;
}

void retries_free(struct retries *retries)
{
    for (unsigned i = 0; retries && i < retries->count; i++)
        free(retries->blocks[i]);
    free(retries);
}

static uint64_t hash_of(const struct retries *r, const uint8_t id[static 16])
{
    uint64_t h;
    crypto_shorthash((uint8_t *)&h, id, 16, r->key);
    return h;
}

static void is_dropped(struct retries *r, int64_t last_ms, uint64_t end)
{
    if (last_ms > r->dropped_ms)
        r->dropped_ms = last_ms;
    if (end > r->dropped_end)
        r->dropped_end = end;
}

static void drop_oldest(struct retries *r)
{
    struct block *oldest = r->blocks[0];
    is_dropped(r, oldest->last_ms, oldest->end);
    if (oldest == r->back)
        r->back = NULL;
    free(oldest);
    memmove(r->blocks, r->blocks + 1, (r->count - 1) * sizeof(struct block *));
    r->count--;
}

/* The newest block, with room; NULL when there is no memory for one. */
static struct block *room(struct retries *r, int64_t utc_ms)
{
    struct block *newest = r->count ? r->blocks[r->count - 1] : NULL;
    if (newest && newest != r->back && newest->count < BLOCK_IDS)
        return newest;
    while (r->count > 1 && r->blocks[0]->last_ms < utc_ms - HOUR_MS - DRIFT_MS)
        drop_oldest(r);
    if (r->count == BLOCKS)
        drop_oldest(r);
    struct block *block = calloc(1, sizeof *block);
    if (!block)
        return NULL;
    block->last_ms = INT64_MIN;
    return r->blocks[r->count++] = block;
}

/* The oldest block, with room for what lies further back; NULL when there is no place. */
static struct block *room_behind(struct retries *r)
{
    if (r->back && r->back->count < BLOCK_IDS)
        return r->back;
    if (r->count == BLOCKS)
        return NULL;
    struct block *block = calloc(1, sizeof *block);
    if (!block)
        return NULL;
    block->last_ms = INT64_MIN;
    memmove(r->blocks + 1, r->blocks, r->count * sizeof(struct block *));
    r->count++;
    return r->blocks[0] = r->back = block;
}

static void put(const struct retries *r, struct block *block, const uint8_t id[static 16],
                uint64_t event, int64_t utc_ms)
{
    uint64_t h = hash_of(r, id);
    uint32_t at = h & (BLOCK_PLACES - 1);
    while (block->places[at])
        at = (at + 1) & (BLOCK_PLACES - 1);
    block->places[at] = h >> SEQUENCE << SEQUENCE | (event + 1);
    block->count++;
    if (utc_ms > block->last_ms)
        block->last_ms = utc_ms;
    if (event >= block->end)
        block->end = event + 1;
}

void retries_add(struct retries *retries, const struct retry *retry)
{
    struct block *block = room(retries, retry->utc_ms);
    if (block)
        put(retries, block, retry->id, retry->event, retry->utc_ms);
    else /* the log has it */
        is_dropped(retries, retry->utc_ms, retry->event + 1);
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

int retries_first_at(struct store *store, int64_t utc_ms, uint64_t *ret_first)
{
    uint64_t low = 0, high = store_size(store);
    struct event event;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        int r = event_at(store, middle, &event);
        if (r)
            return r == ERR_UNKNOWN ? ERR_FORMAT : r; /* a gap */
        if (event.common.utc_ms < utc_ms)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_first = low;
    return 0;
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

/* The first event of the request of ${id} whose event at ${sequence} is in ${event}. */
static int go_back(struct store *store, uint64_t *sequence, const uint8_t id[static 16],
                   struct event *event)
{
    struct event before;
    while (*sequence > 0 && memcmp(event->common.id, id, 16) == 0) {
        int r = event_at(store, *sequence - 1, &before);
        if (r || memcmp(before.common.id, id, 16) != 0)
            return r;
        *event = before;
        --*sequence;
    }
    return 0;
}

/*
 * What was undone with its batch has left its place behind: nothing lies there now, another
 * request's event, or a later one of the same request, sent again.
 */
static int find_in_block(const struct block *block, uint64_t hash, struct store *store,
                         const uint8_t person[static 16], unsigned operation,
                         const uint8_t id[static 16], struct retry *ret_retry)
{
    struct event event;
    struct retry found;
    for (uint32_t at = hash & (BLOCK_PLACES - 1); block->places[at];
         at = (at + 1) & (BLOCK_PLACES - 1)) {
        if ((block->places[at] ^ hash) >> SEQUENCE)
            continue;
        uint64_t sequence = (block->places[at] & (((uint64_t)1 << SEQUENCE) - 1)) - 1;
        int r = event_at(store, sequence, &event);
        if (r == ERR_UNKNOWN)
            continue;
        if (r == 0)
            r = go_back(store, &sequence, id, &event);
        if (r)
            return r;
        retry_of(&event, sequence, &found);
        if (!same(&found, person, operation, id))
            continue;
        *ret_retry = found;
        return 0;
    }
    return ERR_UNKNOWN;
}

/* Every request whose first event lies here or behind is remembered. */
static uint64_t remembered_from(const struct retries *r, struct store *store)
{
    uint64_t from = r->from > r->dropped_end ? r->from : r->dropped_end, size = store_size(store);
    return from < size ? from : size; /* what was dropped may have been undone, too */
}

/* What must be read of the log, and was not. */
static int begin_look(struct store *store, int64_t after_ms, uint64_t remembered,
                      struct retry_look *look)
{
    uint64_t first = look->top; /* all below has been read */
    int r = look->top ? 0 : retries_first_at(store, after_ms, &first);
    if (r)
        return r;
    if (first >= remembered)
        return ERR_UNKNOWN;
    look->first = first;
    look->below = look->top = remembered;
    return ERR_STATE;
}

int retries_find(struct retries *retries, struct store *store, struct retry_look *look,
                 struct retry *ret_retry)
{
    /* what an id names was recorded no more than DRIFT_MS before the id's own time */
    int64_t after_ms = time_of(look->id) - DRIFT_MS;
    uint64_t hash = hash_of(retries, look->id);
    for (unsigned i = retries->count; i-- > 0;) {
        if (retries->blocks[i]->last_ms < after_ms)
            continue;
        int r = find_in_block(retries->blocks[i], hash, store, look->person, look->operation,
                              look->id, ret_retry);
        if (r != ERR_UNKNOWN)
            return r;
    }
    if (after_ms > retries->dropped_ms && (retries->from == 0 || after_ms > retries->unread_ms))
        return ERR_UNKNOWN;
    if (look->found) {
        *ret_retry = look->retry;
        return 0;
    }
    return look->top && !retries_looked(look)
               ? ERR_STATE
               : begin_look(store, after_ms, remembered_from(retries, store), look);
}

/* ---- the log, in slices ---- */

bool retries_looked(const struct retry_look *look)
{
    return look->found || look->below <= look->first;
}

struct slice {
    struct retry_look *const *looks;
    size_t count;
    uint64_t from, to;
};

static bool is_at(const struct slice *slice, const struct retry_look *look)
{
    return !retries_looked(look) && look->below > slice->from && look->below <= slice->to;
}

static int hold_against(void *context, const struct store_event *stored)
{
    const struct slice *slice = context;
    struct event event;
    struct retry found;
    int r = event_decode(stored->payload, &event);
    if (r)
        return r;
    retry_of(&event, stored->sequence, &found);
    for (size_t i = 0; i < slice->count; i++) {
        struct retry_look *look = slice->looks[i];
        if (!is_at(slice, look) || !same(&found, look->person, look->operation, look->id))
            continue;
        look->retry = found;
        look->found = true; /* its first event in this slice; the very first may lie further back */
    }
    return 0;
}

/* From an event of the request to its first one. */
static int go_to_first(struct store *store, struct retry_look *look)
{
    uint64_t sequence = look->retry.event;
    struct event event;
    int r = event_at(store, sequence, &event);
    if (r == 0)
        r = go_back(store, &sequence, look->id, &event);
    if (r == 0)
        retry_of(&event, sequence, &look->retry);
    return r;
}

int retries_look(struct store *store, struct retry_look *const *looks, size_t count, size_t leader,
                 uint64_t most)
{
    struct slice slice = {.looks = looks, .count = count, .to = looks[leader]->below};
    slice.from = slice.to - looks[leader]->first > most ? slice.to - most : looks[leader]->first;
    int r = store_walk(store, slice.from, slice.to, hold_against, &slice);
    for (size_t i = 0; r == 0 && i < count; i++) {
        if (is_at(&slice, looks[i]))
            looks[i]->below = slice.from;
        else if (looks[i]->found && looks[i]->retry.event >= slice.from &&
                 looks[i]->retry.event < slice.to)
            r = go_to_first(store, looks[i]);
    }
    return r;
}

/* ---- what was recorded before the start ---- */

struct filling {
    struct retries *retries;
    bool behind;
    uint8_t last[16];
};

static int fill_one(void *context, const struct store_event *stored)
{
    static const uint8_t none[16]; /* of an opening, which nobody sends again */
    struct filling *f = context;
    struct event event;
    int r = event_decode(stored->payload, &event);
    if (r)
        return r;
    const uint8_t *id = event.common.id;
    bool first = memcmp(id, f->last, 16) != 0; /* the first event of a request stands for it */
    memcpy(f->last, id, 16);
    if (!first || memcmp(id, none, 16) == 0)
        return 0;
    struct block *block =
        f->behind ? room_behind(f->retries) : room(f->retries, event.common.utc_ms);
    if (!block)
        return ERR_MEMORY;
    put(f->retries, block, id, stored->sequence, event.common.utc_ms);
    return 0;
}

/* Remember the events from ${from} below ${to}. */
static int fill(struct retries *retries, struct store *store, uint64_t from, uint64_t to,
                bool behind)
{
    struct filling filling = {.retries = retries, .behind = behind};
    struct event before = {0};
    int r = from ? event_at(store, from - 1, &before) : 0;
    if (r)
        return r;
    memcpy(filling.last, before.common.id, 16);
    r = store_walk(store, from, to, fill_one, &filling);
    if (r)
        return r;
    retries->from = from;
    retries->unread_ms = before.common.utc_ms;
    return 0;
}

int retries_fill(struct retries *retries, struct store *store)
{
    uint64_t size = store_size(store), from = 0;
    struct event event = {0};
    int r = size ? event_at(store, size - 1, &event) : 0;
    if (r)
        return r;
    /* by the log's own time: what the box's clock says may be anything */
    retries->until_ms = event.common.utc_ms - HOUR_MS - DRIFT_MS;
    r = retries_first_at(store, event.common.utc_ms - DRIFT_MS - LATELY_MS, &from);
    if (r)
        return r;
    if (size - from > FIRST_FILL)
        from = size - FIRST_FILL;
    return fill(retries, store, from, size, false);
}

int retries_fill_further(struct retries *retries, struct store *store)
{
    if (retries->from == 0 || retries->unread_ms < retries->until_ms ||
        retries->from < retries->dropped_end) /* what was remembered last is forgotten first */
        return 0;
    uint64_t to = retries->from, from = to > FILL_SLICE ? to - FILL_SLICE : 0;
    int r = fill(retries, store, from, to, true);
    if (r == ERR_MEMORY) { /* or no place: the log has them */
        retries->until_ms = INT64_MAX;
        r = 0;
    }
    return r;
}
