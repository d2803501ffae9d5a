#ifndef APPLIANCE_IDENTITY_SESSION_H
#define APPLIANCE_IDENTITY_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/error.h"

/*
 * Sessions: who is signed in where, since when, and until when without another sign of
 * life.  A pure state machine: it has no clock, ${now_ms} is always the caller's
 * CLOCK_BOOTTIME, and it changes nothing but itself; what changed by the passing of time
 * the caller takes one by one with sessions_due() and records.
 *
 * A session is open, or locked, or over.  It is locked after SESSION_IDLE_MS without a
 * sign of life, or when somebody asks; only a fresh proof of its own person unlocks it.  It is
 * over SESSION_MS after it was opened, whatever happened; a visitor's or a vendor's also when
 * the escort has no open session at the same station any more.
 */
#define SESSIONS_MAX       2048
#define SESSIONS_OF_PERSON 3
#define SESSIONS_OVER_MAX  8192
#define SESSION_MS         ((uint64_t)12 * 3600 * 1000) /* absolute, a shift */
#define SESSION_VENDOR_MS  ((uint64_t)8 * 3600 * 1000)
#define SESSION_IDLE_MS    ((uint64_t)15 * 60 * 1000)
#define SESSION_ALONE      ((size_t)-1)

enum session_state { SESSION_OVER = 0, SESSION_LOCKED, SESSION_OPEN };

struct session {
    enum session_state state;
    uint8_t session[16];
    size_t person; /* place in people */
    size_t escort; /* likewise, or SESSION_ALONE */
    uint8_t station[16];
    char enclave[9]; /* at whose door it was last heard of; "" the entry; not in the log */
    uint8_t factor;  /* enum factor that opened it */
    uint64_t opened_ms;
    uint64_t verified_ms; /* the last proof */
    uint64_t active_ms;   /* the last sign of life */
    uint64_t expires_ms;
};

struct sessions {
    struct session session[SESSIONS_MAX];
    /* the last that ended, a ring: a worker that starts again must not take their tokens */
    struct {
        uint8_t session[16];
        uint64_t expires_ms;
    } over[SESSIONS_OVER_MAX];
    size_t over_count;
};

/*
 * sessions_open(sessions, wanted, now_ms, ret_session):
 * Open a session as ${wanted} says (its times but expires_ms are set here; expires_ms may only be
 * earlier than SESSION_MS from now).  It stays where it is until it is over.  Return 0; ERR_FULL
 * when there is no room; ERR_DUPLICATE for an id that is there.  What has to end first, the
 * caller ends first: sessions_oldest().
 */
must_use int sessions_open(struct sessions *sessions, const struct session *wanted, uint64_t now_ms,
                           struct session **ret_session);

/* sessions_are_full(sessions): Is there no room for another? */
bool sessions_are_full(const struct sessions *sessions);

/* sessions_oldest(sessions, person): The one that ends when this person signs in once more: NULL
 * while there are less than SESSIONS_OF_PERSON, else the one that was opened first. */
struct session *sessions_oldest(struct sessions *sessions, size_t person);

/* sessions_find(sessions, id, now_ms): Open or locked, and not expired; else NULL. */
struct session *sessions_find(struct sessions *sessions, const uint8_t id[static 16],
                              uint64_t now_ms);

/* session_touch(session, now_ms): A sign of life.  False when it is not open: nothing renews a
 * locked session. */
bool session_touch(struct session *session, uint64_t now_ms);

/* session_lock(session): An open one is locked; false for another. */
bool session_lock(struct session *session);

/* session_prove(session, now_ms): Its own person gave a fresh proof: it is open, and the
 * proof is noted.  Whose proof it was is the caller's to see. */
void session_prove(struct session *session, uint64_t now_ms);

/* sessions_end(sessions, session): It is over, and remembered as such until it had expired. */
void sessions_end(struct sessions *sessions, struct session *session);

/* sessions_escorted(sessions, escort, station, now_ms): Has this person an open session there? */
bool sessions_escorted(const struct sessions *sessions, size_t escort,
                       const uint8_t station[static 16], uint64_t now_ms);

/* What time has done to a session, and why. */
enum session_due {
    SESSION_DUE_NOTHING = 0,
    SESSION_DUE_LOCK,
    SESSION_DUE_EXPIRED,
    SESSION_DUE_ALONE
};

/* sessions_due(sessions, now_ms, ret_session): The next session that has to be locked or ended;
 * SESSION_DUE_NOTHING when none has to be.  The caller does it, and asks again. */
enum session_due sessions_due(struct sessions *sessions, uint64_t now_ms,
                              struct session **ret_session);

#endif
