#ifndef APPLIANCE_IDENTITY_LOCKOUT_H
#define APPLIANCE_IDENTITY_LOCKOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/error.h"

/*
 * What wrong PINs lead to.  A pure state machine without a clock: ${now_ms} is UTC, so
 * that it means the same behind a restart.  Badges are known by a digest alone, and one
 * that nobody has is treated as one that somebody has: in words, time and locks.
 *
 * A training site delays: three wrong PINs of one badge, and it waits five seconds.
 * A production site locks a badge at its third wrong PIN within fifteen minutes, until an
 * officer releases it (or, where the site has set so, fifteen minutes have passed).  A
 * station from which three different badges had wrong PINs within fifteen minutes is
 * quarantined for fifteen: nothing from there is tried, and what was wrong from there
 * counts against nobody, so that no one can lock a shift by trying its badges.
 */
#define LOCKOUT_WRONG     3
#define LOCKOUT_BADGES    3
#define LOCKOUT_WINDOW_MS ((int64_t)15 * 60 * 1000)
#define LOCKOUT_DELAY_MS  5000
#define LOCKOUT_FAILURES  2048
#define LOCKOUT_LOCKS     4096
#define LOCKOUT_STATIONS  512
#define LOCKOUT_TRIES     256

struct lockout_failure {
    uint8_t badge[32];
    uint8_t station[16];
    int64_t at_ms; /* 0: an empty place */
};

struct lockout_lock {
    bool used;
    bool known; /* a person's: never forgotten for another's sake */
    uint8_t badge[32];
    int64_t at_ms;
};

struct lockout_station {
    uint8_t station[16];
    int64_t until_ms;
};

struct lockout {
    bool locks;            /* a production site's; else it delays */
    bool released_by_time; /* a lock ends by itself after LOCKOUT_WINDOW_MS */
    struct lockout_failure failures[LOCKOUT_FAILURES];
    struct lockout_lock lock[LOCKOUT_LOCKS];
    struct lockout_station quarantine[LOCKOUT_STATIONS];
    struct lockout_failure trying[LOCKOUT_TRIES]; /* PINs that are being checked now */
    size_t trying_count;
};

enum lockout_verdict {
    LOCKOUT_LOCKED = 0,
    LOCKOUT_QUARANTINED,
    LOCKOUT_WAIT, /* so many tries are under way, or were just made, that this one has to wait */
    LOCKOUT_TRY
};

/* lockout_ask(l, badge, station, now_ms): May a PIN of this badge be tried from there? */
enum lockout_verdict lockout_ask(const struct lockout *l, const uint8_t badge[static 32],
                                 const uint8_t station[static 16], int64_t now_ms);

/* lockout_begin(l, badge, station), lockout_done(l, badge, station): A try is under way; it has an
 * outcome.  Tries under way count like wrong ones, so that many at once are not many tries. */
void lockout_begin(struct lockout *l, const uint8_t badge[static 32],
                   const uint8_t station[static 16]);
void lockout_done(struct lockout *l, const uint8_t badge[static 32],
                  const uint8_t station[static 16]);

/* What a wrong PIN led to; the caller records it. */
enum lockout_effect { LOCKOUT_NOTED = 0, LOCKOUT_LOCKS_BADGE, LOCKOUT_QUARANTINES };

/* lockout_wrong(l, badge, known, station, now_ms): A PIN was wrong.  One from a quarantined
 * station, which was under way when it was, counts for nothing. */
enum lockout_effect lockout_wrong(struct lockout *l, const uint8_t badge[static 32], bool known,
                                  const uint8_t station[static 16], int64_t now_ms);

/* lockout_right(l, badge): A PIN was right: what was wrong before is forgotten.  True when there
 * was something to forget.  A lock stays. */
bool lockout_right(struct lockout *l, const uint8_t badge[static 32]);

/* lockout_release(l, badge): An officer released it; false when it was not locked. */
bool lockout_release(struct lockout *l, const uint8_t badge[static 32]);

/* lockout_is_locked(l, badge, now_ms) */
bool lockout_is_locked(const struct lockout *l, const uint8_t badge[static 32], int64_t now_ms);

#endif
