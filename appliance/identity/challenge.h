#ifndef APPLIANCE_IDENTITY_CHALLENGE_H
#define APPLIANCE_IDENTITY_CHALLENGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/error.h"

/*
 * Challenges that keys and cards answer: each good once, for one purpose, at the station
 * and (where there is one) in the session that it was made in, for two minutes.  A pure
 * table: ${now_ms} is the caller's CLOCK_BOOTTIME, the random bytes are the caller's.
 * Those that anybody may ask for have places of their own: whoever asks for many displaces
 * only others of that kind.
 */
#define CHALLENGE_MS       ((uint64_t)120000)
#define CHALLENGES_OPEN    512
#define CHALLENGES_SESSION 512
#define CHALLENGE_MEANING  160

enum challenge_for {
    CHALLENGE_NOTHING = 0,
    CHALLENGE_SIGN_IN, /* anybody's */
    CHALLENGE_CARD,    /* anybody's */
    CHALLENGE_REGISTER,
    CHALLENGE_SIGN,
    CHALLENGE_UNLOCK
};

struct challenge {
    enum challenge_for purpose;
    uint8_t bytes[32];
    uint8_t station[16];
    uint8_t session[16]; /* zeros where there is none yet */
    uint64_t expires_ms;
    /* what is to be signed */
    unsigned operation;
    uint8_t digest[32];
    char meaning[CHALLENGE_MEANING + 1];
    /* the card that answered, when one has */
    bool shown;
    uint8_t subject_key[32];
    char identifier[81];
};

struct challenges {
    struct challenge open[CHALLENGES_OPEN];
    struct challenge session[CHALLENGES_SESSION];
    size_t next_open, next_session;
};

/* challenges_keep(c, wanted, now_ms): Remember ${wanted}; the oldest of its kind gives way. */
void challenges_keep(struct challenges *c, const struct challenge *wanted, uint64_t now_ms);

/* challenges_find(c, purpose, bytes, now_ms): Still good for that; else NULL. */
struct challenge *challenges_find(struct challenges *c, enum challenge_for purpose,
                                  const uint8_t bytes[static 32], uint64_t now_ms);

/* challenges_take(c, purpose, bytes, station, session, now_ms, ret_challenge): It is used up, also
 * when it came from elsewhere.  ERR_UNKNOWN when there is none, it is too old, or not of that
 * station and session. */
must_use int challenges_take(struct challenges *c, enum challenge_for purpose,
                             const uint8_t bytes[static 32], const uint8_t station[static 16],
                             const uint8_t session[static 16], uint64_t now_ms,
                             struct challenge *ret_challenge);

#endif
