#include "appliance/identity/session.h"

#include <string.h>

int sessions_open(struct sessions *sessions, const struct session *wanted, uint64_t now_ms,
                  struct session **ret_session)
{
    struct session *place = NULL;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *s = &sessions->session[i];
        if (s->state == SESSION_OVER)
            place = place ? place : s;
        else if (memcmp(s->session, wanted->session, 16) == 0)
            return ERR_DUPLICATE;
    }
    if (!place)
        return ERR_FULL;
    *place = *wanted;
    place->state = SESSION_OPEN;
    place->opened_ms = place->verified_ms = place->active_ms = now_ms;
    if (place->expires_ms == 0 || place->expires_ms > now_ms + SESSION_MS)
        place->expires_ms = now_ms + SESSION_MS;
    *ret_session = place;
    return 0;
}

bool sessions_are_full(const struct sessions *sessions)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (sessions->session[i].state == SESSION_OVER)
            return false;
    return true;
}

struct session *sessions_oldest(struct sessions *sessions, size_t person)
{
    struct session *oldest = NULL;
    size_t count = 0;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *s = &sessions->session[i];
        if (s->state == SESSION_OVER || s->person != person)
            continue;
        count++;
        if (!oldest || s->opened_ms < oldest->opened_ms)
            oldest = s;
    }
    return count < SESSIONS_OF_PERSON ? NULL : oldest;
}

struct session *sessions_find(struct sessions *sessions, const uint8_t id[static 16],
                              uint64_t now_ms)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *s = &sessions->session[i];
        if (s->state != SESSION_OVER && memcmp(s->session, id, 16) == 0)
            return now_ms < s->expires_ms ? s : NULL;
    }
    return NULL;
}

bool session_touch(struct session *session, uint64_t now_ms)
{
    if (session->state != SESSION_OPEN || now_ms >= session->active_ms + SESSION_IDLE_MS)
        return false; /* also when its lock is due and has not been noted yet */
    session->active_ms = now_ms;
    return true;
}

bool session_lock(struct session *session)
{
    if (session->state != SESSION_OPEN)
        return false;
    session->state = SESSION_LOCKED;
    return true;
}

void session_prove(struct session *session, uint64_t now_ms)
{
    session->state = SESSION_OPEN;
    session->verified_ms = session->active_ms = now_ms;
}

void sessions_end(struct sessions *sessions, struct session *session)
{
    size_t at = sessions->over_count++ % SESSIONS_OVER_MAX;
    memcpy(sessions->over[at].session, session->session, 16);
    sessions->over[at].expires_ms = session->expires_ms;
    memset(session, 0, sizeof *session);
}

bool sessions_escorted(const struct sessions *sessions, size_t escort,
                       const uint8_t station[static 16], uint64_t now_ms)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *s = &sessions->session[i];
        if (s->state == SESSION_OPEN && now_ms < s->expires_ms &&
            now_ms < s->active_ms + SESSION_IDLE_MS && s->person == escort &&
            memcmp(s->station, station, 16) == 0)
            return true;
    }
    return false;
}

enum session_due sessions_due(struct sessions *sessions, uint64_t now_ms,
                              struct session **ret_session)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *s = &sessions->session[i];
        *ret_session = s;
        if (s->state == SESSION_OVER)
            continue;
        if (now_ms >= s->expires_ms)
            return SESSION_DUE_EXPIRED;
        if (s->escort != SESSION_ALONE &&
            !sessions_escorted(sessions, s->escort, s->station, now_ms))
            return SESSION_DUE_ALONE;
        if (s->state == SESSION_OPEN && now_ms >= s->active_ms + SESSION_IDLE_MS)
            return SESSION_DUE_LOCK;
    }
    *ret_session = NULL;
    return SESSION_DUE_NOTHING;
}
