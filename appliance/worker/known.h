#ifndef APPLIANCE_WORKER_KNOWN_H
#define APPLIANCE_WORKER_KNOWN_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/error.h"

/*
 * What identity has said of sessions: which are over, which are locked.  Of all others
 * nothing is known here; their tokens speak for them.  A pure table: ${now_ms} is the
 * caller's CLOCK_BOOTTIME.  What is over stays over; it is forgotten when its token has
 * expired by any reckoning.
 */
#define KNOWN_PLACES    32768 /* a power of two */
#define KNOWN_MAX       24576
#define KNOWN_FORGET_MS ((uint64_t)12 * 3600 * 1000)

enum known { KNOWN_NOTHING = 0, KNOWN_LOCKED, KNOWN_OVER };

struct known_place {
    uint8_t session[16];
    uint64_t heard_ms;
    enum known what;
};

struct known_sessions {
    struct known_place place[KNOWN_PLACES];
    size_t used;
};

/* known_new(ret_known): The caller frees it with free(). */
must_use int known_new(struct known_sessions **ret_known);

/* known_hear(known, session, what, now_ms): Identity says so; KNOWN_NOTHING is that it is open.
 * When there is no room the one that was heard of first is forgotten. */
void known_hear(struct known_sessions *known, const uint8_t session[static 16], enum known what,
                uint64_t now_ms);

enum known known_ask(const struct known_sessions *known, const uint8_t session[static 16]);

#endif
