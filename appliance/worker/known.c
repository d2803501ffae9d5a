#include "appliance/worker/known.h"

#include <stdlib.h>
#include <string.h>

int known_new(struct known_sessions **ret_known)
{
    *ret_known = calloc(1, sizeof **ret_known);
    return *ret_known ? 0 : ERR_MEMORY;
}

/* Its place, or the empty one where it would be; ids are random, so their first bytes spread. */
static size_t place_of(const struct known_sessions *known, const uint8_t *session)
{
    size_t at = ((size_t)session[0] << 8 | session[1] | (size_t)session[2] << 16) % KNOWN_PLACES;
    while (known->place[at].heard_ms && memcmp(known->place[at].session, session, 16) != 0)
        at = (at + 1) % KNOWN_PLACES;
    return at;
}

static void put(struct known_sessions *known, const struct known_place *p)
{
    size_t at = place_of(known, p->session);
    known->used += known->place[at].heard_ms == 0;
    known->place[at] = *p;
}

/* All but those that nobody can use any more; at least one goes. */
static void forget(struct known_sessions *known, uint64_t now_ms)
{
    struct known_place *old = malloc(sizeof known->place);
    uint64_t first = UINT64_MAX;
    if (!old)
        abort();
    memcpy(old, known->place, sizeof known->place);
    memset(known, 0, sizeof *known);
    for (size_t i = 0; i < KNOWN_PLACES; i++)
        if (old[i].heard_ms && old[i].heard_ms < first)
            first = old[i].heard_ms;
    for (size_t i = 0; i < KNOWN_PLACES; i++)
        if (old[i].heard_ms && old[i].heard_ms != first &&
            now_ms - old[i].heard_ms < KNOWN_FORGET_MS)
            put(known, &old[i]);
    free(old);
}

void known_hear(struct known_sessions *known, const uint8_t session[static 16], enum known what,
                uint64_t now_ms)
{
    struct known_place p = {.what = what, .heard_ms = now_ms ? now_ms : 1};
    size_t at = place_of(known, session);
    if (known->place[at].what == KNOWN_OVER || (what == KNOWN_NOTHING && !known->place[at].what))
        return;
    memcpy(p.session, session, 16);
    if (known->used >= KNOWN_MAX && !known->place[at].heard_ms)
        forget(known, now_ms);
    put(known, &p);
}

enum known known_ask(const struct known_sessions *known, const uint8_t session[static 16])
{
    return known->place[place_of(known, session)].what;
}
