/* A PIN of one's own: changing it, and what nobody does before it is chosen. */
#include <string.h>

#include "appliance/identity/pin_rule.h"
#include "appliance/identity/proof.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define V(name) body_value(&n->body, name)

/* ---- before it is chosen ---- */

/* A session that was locked is opened to go on with this. */
static bool is_allowed_before(const struct operation *operation)
{
    switch (operation->number) {
    case OPERATION_CHANGE_PIN:
    case OPERATION_TOUCH_ENTRY:
    case OPERATION_LOCK_ENTRY:
    case OPERATION_UNLOCK_ENTRY:
    case OPERATION_UNLOCK_CHALLENGE_ENTRY:
    case OPERATION_UNLOCK_KEY_ENTRY:
    case OPERATION_SIGN_OUT_ENTRY:
        return true;
    default:
        return operation->strength == STRENGTH_OPEN; /* it has no session */
    }
}

bool own_pin_holds(struct identity *n, struct peer *gateway, const struct message_request *m,
                   const struct operation *operation)
{
    struct token token;
    if (is_allowed_before(operation))
        return false;
    struct session *s = lock_session(n, gateway, m, &token);
    if (!s || !n->people[s->person].pin_given)
        return false;
    identity_problem(n, gateway, m->request, 403, "",
                     "Choose a PIN of your own first: somebody else knows the present one.",
                     "Sign in at the entry page; it asks for it.");
    identity_denied(n, &token, operation, "no PIN of his own is chosen yet");
    return true;
}

/* ---- changing it ---- */

static void refuse(struct identity *n, struct peer *gateway, uint64_t request, const char *why)
{
    identity_problem(n, gateway, request, 409, "new_pin", why, "Choose another one.");
}

/* The present one is tried first, with all that follows from a wrong one. */
void own_pin_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                     const struct operation *operation)
{
    struct token token;
    struct session *s = identity_session(n, m->token, TOKEN_ENTRY, &token);
    const char *why = pin_rule_refused(V("new_pin")->text);
    if (!s) {
        identity_problem(n, gateway, m->request, 401, "", "Badge in again.", "");
        return;
    }
    if (!why && bytes_equal(V("new_pin")->text, V("pin")->text))
        why = "This is the PIN that you have.";
    if (why) {
        refuse(n, gateway, m->request, why);
        return;
    }
    struct pending *p = pending_new(n, gateway, m->request, operation, m->body);
    if (!p)
        return;
    p->token = token;
    memcpy(p->session, s->session, 16);
    pin_check(n, p, bytes_text(n->people[s->person].badge), V("pin")->text, s->person);
}

void own_pin_proven(struct identity *n, struct pending *p)
{
    uint8_t salt[16];
    p->proven = true;
    os_random(salt, sizeof salt);
    if (pending_hash(n, p, V("new_pin")->text, salt) != 0)
        pending_unavailable(n, p, "PINs cannot be changed at the moment.");
}

/* Whoever knew the old one is in no session any more; who had to choose one signs in with it. */
static void end_sessions(struct identity *n, const struct pending *p, bool given)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *s = &n->sessions.session[i];
        if (s->state != SESSION_OVER && s->person == p->person &&
            (given || memcmp(s->session, p->session, 16) != 0))
            session_over(n, s, SESSION_PIN_CHANGED);
    }
}

/* A PIN that was reset since the old one was right is not overwritten: its session has ended. */
void own_pin_go_on(struct identity *n, struct pending *p)
{
    struct event event = {.number = EVENT_PIN_CHOSEN};
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    bool given = n->people[p->person].pin_given;
    if (!signin_session(n, p->session)) {
        if (p->gateway)
            identity_problem(n, p->gateway, p->request, 401, "",
                             "The session has ended. The PIN is as it was.",
                             "Badge in at the entry page.");
        identity_journal(n, p, AUDIT_OUTCOME_REFUSED, "the session has ended");
        pending_end(p);
        return;
    }
    memcpy(event.pin_chosen.person, n->people[p->person].person, 16);
    memcpy(event.pin_chosen.hash, p->hash, PASSWORD_HASH_LENGTH);
    if (people_event(n, &event, n->people[p->person].person, p->operation, p->id) != 0)
        log_die("identity's store failed at a PIN");
    end_sessions(n, p, given);
    answer_write_done(&(struct answer_done){.done = true,
                                            .text = given ? "Your PIN is chosen. Sign in with it."
                                                          : "Your PIN is changed."},
                      &out);
    if (p->gateway)
        identity_answer(n, p->gateway, p->request, 200, &out);
    identity_journal(n, p, AUDIT_OUTCOME_DONE,
                     given ? "a PIN of one's own was chosen" : "the PIN was changed");
    pending_end(p);
}
