/* Records that decide nothing any more leave memory when there is no room; they stay in the log. */
#include <stdlib.h>
#include <string.h>

#include "appliance/identity/identity.h"

#define KEPT_MS  ((int64_t)90 * 24 * 3600 * 1000)
#define AT_LEAST (RECORDS_MAX / 16) /* a pass looks at all: it comes once for so many */
#define RESERVE  16u                /* for what the console and broken glass enter */

/* ---- the ids of those that have left: nobody enters one of them again ---- */

static uint64_t mark_of(const uint8_t id[static 16])
{
    uint64_t a, b;
    memcpy(&a, id, sizeof a);
    memcpy(&b, id + 8, sizeof b);
    a ^= b * 0x9e3779b97f4a7c15u;
    return a ? a : 1;
}

static uint64_t *place_of(const struct left *left, uint64_t mark)
{
    size_t at = (size_t)mark & (left->room - 1);
    while (left->mark[at] && left->mark[at] != mark)
        at = (at + 1) & (left->room - 1);
    return &left->mark[at];
}

/* At most half of the places are taken. */
static int make_places(struct left *left, size_t more)
{
    struct left wider = {.count = left->count, .room = left->room ? left->room : 1024};
    while (wider.room < 2 * (left->count + more))
        wider.room *= 2;
    if (wider.room == left->room)
        return 0;
    wider.mark = calloc(wider.room, sizeof *wider.mark);
    if (!wider.mark)
        return ERR_MEMORY;
    for (size_t i = 0; i < left->room; i++)
        if (left->mark[i])
            *place_of(&wider, left->mark[i]) = left->mark[i];
    free(left->mark);
    *left = wider;
    return 0;
}

bool record_has_left(const struct identity *n, const uint8_t id[static 16])
{
    return n->left.count && *place_of(&n->left, mark_of(id)) != 0;
}

/* ---- which ---- */

/* The last moment at which it was told or could be approved; INT64_MAX while it is or may be. */
static int64_t over_since(const struct identity *n, const struct record *r, int64_t now_ms)
{
    switch (r->state) {
    case RECORD_REVOKED:
        return r->revoked_ms;
    case RECORD_SUPERSEDED:
        return r->replaced_ms;
    case RECORD_PENDING:
        return r->until_ms + KEPT_MS;
    case RECORD_APPROVED:
        break;
    }
    if (record_is_replaced(r, now_ms))
        return r->replaced_ms;
    if (r->until_ms > now_ms || record_binds_on(n, r, now_ms))
        return INT64_MAX;
    return r->attribute->past == ATTRIBUTE_PAST_ENDS ? r->until_ms + KEPT_MS : r->until_ms;
}

static bool stay(struct record *r)
{
    bool was = r->is_leaving;
    r->is_leaving = false;
    return was;
}

/* What one that stays is void by stays, too, or it would bind again; and what one that waits for
 * approval is to replace. */
static bool keep_for(struct identity *n, const struct record *r)
{
    bool kept = false;
    if (r->state == RECORD_PENDING) {
        struct record *before = record_by_id(n, r->supersedes);
        kept = before && stay(before);
    } else if (r->state != RECORD_APPROVED) {
        return false;
    }
    if (r->attribute->past == ATTRIBUTE_PAST_ENDS)
        return kept;
    for (const struct record *o = record_newest(n, r->kind, r->holder); o; o = record_before(n, o))
        if (o->is_leaving && record_outdoes(n, o, r, INT64_MAX))
            kept = stay(&n->records[o - n->records]) || kept;
    return kept;
}

/* How many may go that have been over since before ${before_ms}; they are marked. */
static size_t mark(struct identity *n, int64_t before_ms, int64_t now_ms)
{
    size_t count = 0;
    bool again = true;
    for (size_t i = 0; i < n->records_count; i++)
        n->records[i].is_leaving = over_since(n, &n->records[i], now_ms) < before_ms;
    while (again) {
        again = false;
        for (size_t i = 0; i < n->records_count; i++)
            if (!n->records[i].is_leaving)
                again = keep_for(n, &n->records[i]) || again;
    }
    for (size_t i = 0; i < n->records_count; i++)
        count += n->records[i].is_leaving;
    return count;
}

/* Those over for 90 days, or where that is too little, all that are over. */
static size_t mark_enough(struct identity *n, int64_t now_ms)
{
    size_t count = mark(n, now_ms - KEPT_MS, now_ms);
    return count >= AT_LEAST ? count : mark(n, now_ms, now_ms);
}

/* ---- leaving ---- */

static void unchain(struct identity *n)
{
    memset(n->index, 0, sizeof n->index);
    for (size_t i = 0; i < n->people_count; i++)
        n->people[i].first = 0;
    for (size_t i = 0; i < n->stations_count; i++)
        n->stations[i].first = 0;
}

static int drop(struct identity *n, size_t leaving)
{
    size_t count = n->records_count;
    int r = make_places(&n->left, leaving);
    if (r)
        return r;
    unchain(n);
    n->records_count = 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct record one = n->records[i];
        if (!one.is_leaving) {
            r = record_put(n, &one);
            continue;
        }
        uint64_t of = mark_of(one.record), *place = place_of(&n->left, of);
        n->left.count += *place == 0;
        *place = of;
        *(one.kind == HOLDER_STATION ? &n->stations[one.holder].left
                                     : &n->people[one.holder].left) += 1;
    }
    return r;
}

int record_forget(struct identity *n, int64_t now_ms)
{
    return drop(n, mark(n, now_ms, now_ms));
}

bool record_has_room(struct identity *n, int64_t now_ms)
{
    return n->records_count + RESERVE < RECORDS_MAX || mark_enough(n, now_ms) >= AT_LEAST;
}

int record_make_room(struct identity *n, int64_t now_ms)
{
    if (n->records_count < RECORDS_MAX)
        return 0;
    size_t leaving = mark_enough(n, now_ms);
    return leaving >= AT_LEAST ? drop(n, leaving) : ERR_FULL;
}
