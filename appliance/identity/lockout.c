#include "appliance/identity/lockout.h"

#include <string.h>

/* A clock that was set back makes nothing old: what lies ahead is within the window. */
static bool is_recent(int64_t at_ms, int64_t now_ms, int64_t window_ms)
{
    return at_ms != 0 && now_ms - at_ms < window_ms;
}

static bool is_of(const struct lockout_failure *f, const uint8_t *badge)
{
    return memcmp(f->badge, badge, 32) == 0;
}

static bool is_from(const struct lockout_failure *f, const uint8_t *station)
{
    return memcmp(f->station, station, 16) == 0;
}

static unsigned wrong_of(const struct lockout *l, const uint8_t *badge, int64_t now_ms,
                         int64_t window_ms)
{
    unsigned n = 0;
    for (size_t i = 0; i < LOCKOUT_FAILURES; i++)
        n += is_recent(l->failures[i].at_ms, now_ms, window_ms) && is_of(&l->failures[i], badge);
    return n;
}

static unsigned under_way(const struct lockout *l, const uint8_t *badge)
{
    unsigned n = 0;
    for (size_t i = 0; i < l->trying_count; i++)
        n += is_of(&l->trying[i], badge);
    return n;
}

/* Different badges with a wrong PIN from there, each counted where it stands first. */
static unsigned badges_from(const struct lockout *l, const uint8_t *station, int64_t now_ms)
{
    const uint8_t *seen[LOCKOUT_BADGES];
    unsigned n = 0;
    for (size_t i = 0; i < LOCKOUT_FAILURES && n < LOCKOUT_BADGES; i++) {
        const struct lockout_failure *f = &l->failures[i];
        bool again = !is_recent(f->at_ms, now_ms, LOCKOUT_WINDOW_MS) || !is_from(f, station);
        for (unsigned k = 0; k < n && !again; k++)
            again = memcmp(seen[k], f->badge, 32) == 0;
        if (!again)
            seen[n++] = f->badge;
    }
    return n;
}

/* Would one more from there be more than may turn out wrong? */
static bool is_busy(const struct lockout *l, const uint8_t *station, int64_t now_ms)
{
    unsigned n = badges_from(l, station, now_ms);
    for (size_t i = 0; i < l->trying_count; i++)
        n += is_from(&l->trying[i], station);
    return n >= LOCKOUT_BADGES;
}

bool lockout_is_locked(const struct lockout *l, const uint8_t badge[static 32], int64_t now_ms)
{
    for (size_t i = 0; i < LOCKOUT_LOCKS; i++) {
        const struct lockout_lock *k = &l->lock[i];
        if (k->used && memcmp(k->badge, badge, 32) == 0)
            return !l->released_by_time || is_recent(k->at_ms, now_ms, LOCKOUT_WINDOW_MS);
    }
    return false;
}

static bool is_quarantined(const struct lockout *l, const uint8_t *station, int64_t now_ms)
{
    for (size_t i = 0; i < LOCKOUT_STATIONS; i++)
        if (now_ms < l->quarantine[i].until_ms &&
            memcmp(l->quarantine[i].station, station, 16) == 0)
            return true;
    return false;
}

/* A training site's: from the third wrong one on each try waits for a while. */
static bool must_wait(const struct lockout *l, const uint8_t *badge, int64_t now_ms)
{
    unsigned trying = under_way(l, badge);
    return wrong_of(l, badge, now_ms, LOCKOUT_WINDOW_MS) + trying >= LOCKOUT_WRONG &&
           (trying || wrong_of(l, badge, now_ms, LOCKOUT_DELAY_MS));
}

enum lockout_verdict lockout_ask(const struct lockout *l, const uint8_t badge[static 32],
                                 const uint8_t station[static 16], int64_t now_ms)
{
    if (l->trying_count == LOCKOUT_TRIES)
        return LOCKOUT_WAIT;
    if (!l->locks)
        return must_wait(l, badge, now_ms) ? LOCKOUT_WAIT : LOCKOUT_TRY;
    if (is_quarantined(l, station, now_ms))
        return LOCKOUT_QUARANTINED;
    if (lockout_is_locked(l, badge, now_ms))
        return LOCKOUT_LOCKED;
    if (wrong_of(l, badge, now_ms, LOCKOUT_WINDOW_MS) + under_way(l, badge) >= LOCKOUT_WRONG)
        return LOCKOUT_WAIT;
    return is_busy(l, station, now_ms) ? LOCKOUT_WAIT : LOCKOUT_TRY;
}

void lockout_begin(struct lockout *l, const uint8_t badge[static 32],
                   const uint8_t station[static 16])
{
    if (l->trying_count == LOCKOUT_TRIES)
        return; /* never: lockout_ask() let nobody try */
    memcpy(l->trying[l->trying_count].badge, badge, 32);
    memcpy(l->trying[l->trying_count++].station, station, 16);
}

void lockout_done(struct lockout *l, const uint8_t badge[static 32],
                  const uint8_t station[static 16])
{
    for (size_t i = 0; i < l->trying_count; i++)
        if (is_of(&l->trying[i], badge) && is_from(&l->trying[i], station)) {
            l->trying[i] = l->trying[--l->trying_count];
            return;
        }
}

static void forget_badge(struct lockout *l, const uint8_t *badge)
{
    for (size_t i = 0; i < LOCKOUT_FAILURES; i++)
        if (l->failures[i].at_ms && is_of(&l->failures[i], badge))
            memset(&l->failures[i], 0, sizeof l->failures[i]);
}

static void note(struct lockout *l, const uint8_t *badge, const uint8_t *station, int64_t now_ms)
{
    struct lockout_failure *oldest = &l->failures[0];
    for (size_t i = 1; i < LOCKOUT_FAILURES; i++)
        if (l->failures[i].at_ms < oldest->at_ms)
            oldest = &l->failures[i];
    memcpy(oldest->badge, badge, 32);
    memcpy(oldest->station, station, 16);
    oldest->at_ms = now_ms ? now_ms : 1;
}

static void quarantine(struct lockout *l, const uint8_t *station, int64_t now_ms)
{
    struct lockout_station *soonest = &l->quarantine[0];
    for (size_t i = 1; i < LOCKOUT_STATIONS; i++)
        if (l->quarantine[i].until_ms < soonest->until_ms)
            soonest = &l->quarantine[i];
    memcpy(soonest->station, station, 16);
    soonest->until_ms = now_ms + LOCKOUT_WINDOW_MS;
    for (size_t i = 0; i < LOCKOUT_FAILURES; i++)
        if (is_from(&l->failures[i], station))
            memset(&l->failures[i], 0, sizeof l->failures[i]);
}

static bool forget_lock(struct lockout *l, const uint8_t *badge)
{
    for (size_t i = 0; i < LOCKOUT_LOCKS; i++)
        if (l->lock[i].used && memcmp(l->lock[i].badge, badge, 32) == 0) {
            memset(&l->lock[i], 0, sizeof l->lock[i]);
            return true;
        }
    return false;
}

/* Its wrong PINs stay: they count against the station that they came from. */
static void lock(struct lockout *l, const uint8_t *badge, bool known, int64_t now_ms)
{
    struct lockout_lock *place = NULL;
    (void)forget_lock(l, badge); /* one of that badge that ended by time */
    for (size_t i = 0; i < LOCKOUT_LOCKS; i++) {
        struct lockout_lock *k = &l->lock[i];
        if (!k->used) {
            place = k;
            break;
        }
        if (!k->known && (!place || k->at_ms < place->at_ms))
            place = k;
    }
    if (!place)
        return; /* there are fewer people than places */
    *place = (struct lockout_lock){.used = true, .known = known, .at_ms = now_ms};
    memcpy(place->badge, badge, 32);
}

enum lockout_effect lockout_wrong(struct lockout *l, const uint8_t badge[static 32], bool known,
                                  const uint8_t station[static 16], int64_t now_ms)
{
    if (l->locks && is_quarantined(l, station, now_ms))
        return LOCKOUT_NOTED;
    note(l, badge, station, now_ms);
    if (!l->locks)
        return LOCKOUT_NOTED;
    if (badges_from(l, station, now_ms) >= LOCKOUT_BADGES) {
        quarantine(l, station, now_ms);
        return LOCKOUT_QUARANTINES;
    }
    if (wrong_of(l, badge, now_ms, LOCKOUT_WINDOW_MS) < LOCKOUT_WRONG)
        return LOCKOUT_NOTED;
    lock(l, badge, known, now_ms);
    return LOCKOUT_LOCKS_BADGE;
}

bool lockout_right(struct lockout *l, const uint8_t badge[static 32])
{
    bool any = false;
    for (size_t i = 0; i < LOCKOUT_FAILURES && !any; i++)
        any = l->failures[i].at_ms && is_of(&l->failures[i], badge);
    if (any)
        forget_badge(l, badge);
    return any;
}

bool lockout_release(struct lockout *l, const uint8_t badge[static 32])
{
    if (!forget_lock(l, badge))
        return false;
    forget_badge(l, badge);
    return true;
}
