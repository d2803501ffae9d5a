#include "appliance/identity/challenge.h"

#include <sodium.h>
#include <string.h>

static bool is_open(enum challenge_for purpose)
{
    return purpose == CHALLENGE_SIGN_IN || purpose == CHALLENGE_CARD;
}

void challenges_keep(struct challenges *c, const struct challenge *wanted, uint64_t now_ms)
{
    struct challenge *place = is_open(wanted->purpose)
                                  ? &c->open[c->next_open++ % CHALLENGES_OPEN]
                                  : &c->session[c->next_session++ % CHALLENGES_SESSION];
    *place = *wanted;
    place->expires_ms = now_ms + CHALLENGE_MS;
}

struct challenge *challenges_find(struct challenges *c, enum challenge_for purpose,
                                  const uint8_t bytes[static 32], uint64_t now_ms)
{
    struct challenge *list = is_open(purpose) ? c->open : c->session;
    size_t count = is_open(purpose) ? CHALLENGES_OPEN : CHALLENGES_SESSION;
    for (size_t i = 0; i < count; i++)
        if (list[i].purpose == purpose && sodium_memcmp(list[i].bytes, bytes, 32) == 0)
            return now_ms < list[i].expires_ms ? &list[i] : NULL;
    return NULL;
}

int challenges_take(struct challenges *c, enum challenge_for purpose,
                    const uint8_t bytes[static 32], const uint8_t station[static 16],
                    const uint8_t session[static 16], uint64_t now_ms,
                    struct challenge *ret_challenge)
{
    struct challenge *found = challenges_find(c, purpose, bytes, now_ms);
    if (!found)
        return ERR_UNKNOWN;
    struct challenge was = *found;
    memset(found, 0, sizeof *found);
    if (memcmp(was.station, station, 16) != 0 || memcmp(was.session, session, 16) != 0)
        return ERR_UNKNOWN;
    *ret_challenge = was;
    return 0;
}
