/* Who is signed in where, as officers see it; and they end a session. */
#include <stdlib.h>
#include <string.h>

#include "appliance/identity/proof.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define V(name) body_value(&n->body, name)

static const char *station_name(const struct identity *n, const uint8_t station[static 16])
{
    size_t at = stations_by_id(n, station);
    return at < STATIONS_MAX ? n->stations[at].name : "";
}

static void describe(const struct identity *n, const struct session *s, uint64_t boot_ms,
                     struct answer_session *out)
{
    const struct person *who = &n->people[s->person];
    int64_t now = identity_now(n);
    *out = (struct answer_session){
        .name = who->name,
        .badge = who->badge,
        .station = station_name(n, s->station),
        .enclave = s->enclave,
        .factor = factor_text((enum factor)s->factor),
        .escort = s->escort == SESSION_ALONE ? "" : n->people[s->escort].name,
        .since = now - (int64_t)(boot_ms - s->opened_ms),
        .last = now - (int64_t)(boot_ms - s->active_ms),
        .until = now + (int64_t)(s->expires_ms - boot_ms),
        .locked = s->state == SESSION_LOCKED,
    };
    memcpy(out->session, s->session, 16);
    memcpy(out->person, who->person, 16);
}

static void list(struct identity *n, struct peer *gateway, uint64_t request,
                 const struct session *own)
{
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    struct answer_session *rows = calloc(SESSIONS_MAX, sizeof *rows);
    uint64_t now = os_boot_ms();
    size_t count = 0;
    if (!rows)
        log_die("out of memory");
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *s = &n->sessions.session[i];
        if (s->state == SESSION_OVER || now >= s->expires_ms)
            continue;
        describe(n, s, now, &rows[count]);
        rows[count++].own = s == own;
    }
    answer_write_sessions(&(struct answer_sessions){.sessions = rows, .sessions_count = count},
                          &out);
    free(rows);
    identity_answer(n, gateway, request, 200, &out);
}

static const char *refused(const struct session *s, const uint8_t own[static 16])
{
    if (!s)
        return "There is no such session: it is over.";
    return memcmp(s->session, own, 16) == 0 ? "This is your own session: sign out instead." : NULL;
}

void signed_in_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                       const struct operation *operation)
{
    struct token token;
    struct session *s = identity_session(n, m->token, TOKEN_ENTRY, &token);
    if (!s) {
        identity_problem(n, gateway, m->request, 401, "", "Badge in again.", "");
        return;
    }
    if (!officer_may(n, operation, s, NULL)) {
        identity_problem(n, gateway, m->request, 404, "",
                         "There is nothing here that you may open or do under that name.", "");
        return;
    }
    if (operation->number == OPERATION_GET_SESSIONS) { /* asked again by itself: no sign of life */
        list(n, gateway, m->request, s);
        return;
    }
    (void)session_touch(s, os_boot_ms());
    const char *why =
        refused(sessions_find(&n->sessions, V("session")->bytes, os_boot_ms()), s->session);
    if (why) {
        identity_problem(n, gateway, m->request, 409, "session", why, "Look at the list again.");
        return;
    }
    struct pending *p = pending_new(n, gateway, m->request, operation, m->body);
    if (!p)
        return;
    p->token = token;
    p->person = s->person;
    memcpy(p->session, s->session, 16);
    if (pending_intent(n, p) != 0)
        pending_unavailable(n, p, "The auditor is not there.");
}

void signed_in_go_on(struct identity *n, struct pending *p)
{
    struct event event = {.number = EVENT_SESSION_STOPPED};
    pending_body(n, p);
    struct session *s = sessions_find(&n->sessions, V("session")->bytes, os_boot_ms());
    const char *why = refused(s, p->session);
    memcpy(event.session_stopped.session, V("session")->bytes, 16);
    event.session_stopped.reason = V("reason")->text;
    credential_record(n, p, &event, why, "The session is over: its person signs in again.", "");
    if (!why)
        session_over(n, s, SESSION_STOPPED);
}
