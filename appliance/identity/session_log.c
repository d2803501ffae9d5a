/* Sessions as the log, the workers and the journal hear of them. */
#include <string.h>

#include "appliance/identity/proof.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

static const uint8_t nobody[16];

static const char *why_text(enum session_why why)
{
    switch (why) {
    case SESSION_SIGNED_OUT:
        return "signed out";
    case SESSION_EXPIRED:
        return "its time was over";
    case SESSION_DISPLACED:
        return "its person signed in once more than three times";
    case SESSION_UNESCORTED:
        return "its escort had gone";
    case SESSION_REVOKED:
        return "what it was opened with was revoked";
    case SESSION_VISIT_OVER:
        return "its person's visit was over";
    case SESSION_PIN_CHANGED:
        return "its person's PIN was changed";
    case SESSION_STOPPED:
        return "an officer ended it";
    case SESSION_WHY_NONE:
        break;
    }
    return "";
}

static void record(struct identity *n, struct event *event, const struct session *s)
{
    if (people_event(n, event, n->people[s->person].person, 0, nobody) != 0)
        log_die("identity's store failed at a session");
}

static void journal(struct identity *n, const struct session *s, const char *detail)
{
    identity_note(n, 1, 0, n->people[s->person].person, s->session, s->station, AUDIT_OUTCOME_DONE,
                  detail);
}

static void tell_workers(struct identity *n, struct message *m)
{
    for (size_t i = 0; i < n->enclaves_count; i++)
        (void)!process_send(process_peer(n->process, 12, n->enclaves[i]), m);
}

/* ---- beginning ---- */

struct session *session_begin(struct identity *n, struct pending *p, size_t person, size_t escort,
                              enum factor factor, bool *ret_displaced)
{
    struct session *oldest = sessions_oldest(&n->sessions, person);
    struct event event = {.number = EVENT_SESSION_OPENED};
    struct event_session_opened *e = &event.session_opened;
    uint64_t now = os_boot_ms();
    bool vendor =
        escort != SESSION_ALONE && record_any(n, person, ATTRIBUTE_VENDOR, identity_now(n));
    if (!oldest && sessions_are_full(&n->sessions))
        return NULL;
    if (oldest)
        session_over(n, oldest, SESSION_DISPLACED);
    *ret_displaced = oldest != NULL;
    os_random(e->session, 16);
    memcpy(e->person, n->people[person].person, 16);
    if (escort != SESSION_ALONE)
        memcpy(e->escort, n->people[escort].person, 16);
    memcpy(e->station, p->station, 16);
    e->factor = (uint8_t)factor;
    memcpy(e->boot, os_boot_id(), 16);
    e->opened_ms = now;
    e->expires_ms = now + (vendor ? SESSION_VENDOR_MS : SESSION_MS);
    if (people_event(n, &event, e->person, p->operation, p->id) != 0)
        log_die("identity's store failed at a session");
    memcpy(p->session, e->session, 16);
    return sessions_find(&n->sessions, e->session, now);
}

int session_token(struct identity *n, const struct session *s, const char audience[static 8],
                  char out[static TOKEN_TEXT + 1])
{
    struct token t = {.factor = s->factor, .issued_ms = os_boot_ms()};
    t.verified_ms = s->verified_ms;
    t.expires_ms = s->expires_ms;
    memcpy(t.audience, audience, 8);
    memcpy(t.person, n->people[s->person].person, 16);
    memcpy(t.natural, n->people[s->person].natural, 16);
    if (s->escort != SESSION_ALONE)
        memcpy(t.escort, n->people[s->escort].person, 16);
    memcpy(t.session, s->session, 16);
    memcpy(t.station, s->station, 16);
    memcpy(t.boot, os_boot_id(), 16);
    return token_make(process_key(n->process, KEY_IDENTITY_STATEMENT), &t, out);
}

/* ---- ending, locking, going on ---- */

void session_over(struct identity *n, struct session *s, enum session_why why)
{
    struct message m = {.number = MESSAGE_SESSION_OVER};
    struct event event = {.number = EVENT_SESSION_ENDED};
    struct session was = *s;
    memcpy(event.session_ended.session, s->session, 16);
    memcpy(m.session_over.session, s->session, 16);
    event.session_ended.why = (uint8_t)why;
    record(n, &event, &was);
    tell_workers(n, &m);
    journal(n, &was, why_text(why));
}

void session_close(struct identity *n, struct session *s)
{
    struct message m = {.number = MESSAGE_SESSION_LOCKED};
    struct event event = {.number = EVENT_SESSION_LOCKED};
    memcpy(event.session_locked.session, s->session, 16);
    memcpy(m.session_locked.session, s->session, 16);
    record(n, &event, s);
    tell_workers(n, &m);
    journal(n, s, "locked");
}

void session_open_again(struct identity *n, struct session *s, enum factor factor)
{
    struct message m = {.number = MESSAGE_SESSION_UNLOCKED};
    struct event event = {.number = EVENT_SESSION_UNLOCKED};
    memcpy(event.session_unlocked.session, s->session, 16);
    event.session_unlocked.factor = (uint8_t)factor;
    event.session_unlocked.verified_ms = os_boot_ms();
    memcpy(m.session_unlocked.session, s->session, 16);
    record(n, &event, s);
    tell_workers(n, &m);
}

/* Whoever may not be here any more is not. */
static void end_visits(struct identity *n)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *s = &n->sessions.session[i];
        if (s->state != SESSION_OVER && record_visit_is_over(n, s->person, identity_now(n)))
            session_over(n, s, SESSION_VISIT_OVER);
    }
}

void sessions_pass(struct identity *n)
{
    struct session *s;
    end_visits(n);
    for (;;) {
        switch (sessions_due(&n->sessions, os_boot_ms(), &s)) {
        case SESSION_DUE_LOCK:
            session_close(n, s);
            break;
        case SESSION_DUE_EXPIRED:
            session_over(n, s, SESSION_EXPIRED);
            break;
        case SESSION_DUE_ALONE:
            session_over(n, s, SESSION_UNESCORTED);
            break;
        case SESSION_DUE_NOTHING:
            return;
        }
    }
}

/* ---- a worker that has joined ---- */

#define IDS_MAX 2000

static void flush(struct message *m, struct peer *worker)
{
    if ((m->sessions.over.length || m->sessions.locked.length) && process_send(worker, m) != 0)
        log_err("a worker does not take which sessions are over");
    m->sessions.over.length = m->sessions.locked.length = 0;
}

void sessions_push(struct identity *n, struct peer *worker)
{
    static uint8_t over[IDS_MAX][16], locked[IDS_MAX][16];
    struct message m = {.number = MESSAGE_SESSIONS};
    const struct sessions *all = &n->sessions;
    uint64_t now = os_boot_ms();
    size_t count = all->over_count < SESSIONS_OVER_MAX ? all->over_count : SESSIONS_OVER_MAX;
    m.sessions.over = bytes_view_of(over, 0);
    m.sessions.locked = bytes_view_of(locked, 0);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        if (all->session[i].state != SESSION_LOCKED)
            continue;
        memcpy(locked[m.sessions.locked.length / 16], all->session[i].session, 16);
        m.sessions.locked.length += 16;
        if (m.sessions.locked.length == sizeof locked)
            flush(&m, worker);
    }
    for (size_t i = 0; i < count; i++) {
        if (now >= all->over[i].expires_ms)
            continue;
        memcpy(over[m.sessions.over.length / 16], all->over[i].session, 16);
        m.sessions.over.length += 16;
        if (m.sessions.over.length == sizeof over)
            flush(&m, worker);
    }
    flush(&m, worker);
}

/* ---- from the log ---- */

static int opened(struct identity *n, const struct event_session_opened *e)
{
    struct session wanted = {.factor = e->factor, .escort = SESSION_ALONE}, *s;
    if (memcmp(e->boot, os_boot_id(), 16) != 0)
        return 0; /* its tokens ended with that boot */
    wanted.person = people_by_id(n, e->person);
    if (!bytes_equal(bytes_view_of(e->escort, 16), bytes_view_of(nobody, 16)))
        wanted.escort = people_by_id(n, e->escort);
    if (wanted.person == PEOPLE_MAX || wanted.escort == PEOPLE_MAX)
        return ERR_STATE;
    memcpy(wanted.session, e->session, 16);
    memcpy(wanted.station, e->station, 16);
    wanted.expires_ms = e->expires_ms;
    return sessions_open(&n->sessions, &wanted, e->opened_ms, &s);
}

int sessions_apply(struct identity *n, const struct event *event)
{
    if (event->number == EVENT_SESSION_OPENED)
        return opened(n, &event->session_opened);
    if (event->number == EVENT_SESSION_STOPPED)
        return 0; /* who ended it, and why; that it ended is the next event */
    /* a session that is not there belongs to another boot */
    struct session *s = sessions_find(&n->sessions, event->session_ended.session, 0);
    if (!s)
        return 0;
    if (event->number == EVENT_SESSION_ENDED)
        sessions_end(&n->sessions, s);
    else if (event->number == EVENT_SESSION_LOCKED)
        (void)session_lock(s);
    else
        session_prove(s, event->session_unlocked.verified_ms);
    return 0;
}

void sessions_replayed(struct identity *n)
{
    uint64_t now = os_boot_ms();
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (n->sessions.session[i].state == SESSION_OPEN)
            n->sessions.session[i].active_ms = now;
}
