/* A session goes on, is locked, is unlocked, ends; officers release a person who was locked out. */
#include <stdio.h>
#include <string.h>

#include "appliance/identity/proof.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

static const char *audience_of(const struct peer *gateway)
{
    return gateway->program == PROGRAM_ENTRY ? TOKEN_ENTRY : gateway->enclave;
}

static void done(struct identity *n, struct peer *gateway, uint64_t request, const char *text)
{
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    answer_write_done(&(struct answer_done){.done = true, .text = text}, &out);
    identity_answer(n, gateway, request, 200, &out);
}

static void badge_in(struct identity *n, struct peer *gateway, uint64_t request)
{
    identity_problem(n, gateway, request, 401, "", "Badge in again.",
                     "Badge in at the entry page.");
}

/* Open or locked: what may be asked of a locked session is asked here. */
struct session *lock_session(struct identity *n, struct peer *gateway,
                             const struct message_request *m, struct token *ret_token)
{
    if (token_check(n->public_key, m->token, (const uint8_t *)audience_of(gateway), ret_token) ||
        !token_is_current(ret_token, os_boot_id(), os_boot_ms()) ||
        memcmp(ret_token->station, n->station, 16) != 0)
        return NULL;
    struct session *s = signin_session(n, ret_token->session);
    if (!s || !session_is_of(n, s, ret_token))
        return NULL;
    snprintf(s->enclave, sizeof s->enclave, "%s", gateway->enclave);
    return s;
}

static bool is_allowed_when_locked(const struct operation *operation)
{
    switch (operation->number) {
    case OPERATION_LOCK:
    case OPERATION_LOCK_ENTRY:
    case OPERATION_UNLOCK:
    case OPERATION_UNLOCK_ENTRY:
    case OPERATION_UNLOCK_CHALLENGE:
    case OPERATION_UNLOCK_KEY:
    case OPERATION_UNLOCK_CHALLENGE_ENTRY:
    case OPERATION_UNLOCK_KEY_ENTRY:
    case OPERATION_SIGN_OUT:
    case OPERATION_SIGN_OUT_ENTRY:
        return true;
    default:
        return operation->strength == STRENGTH_OPEN;
    }
}

bool lock_holds(struct identity *n, struct peer *gateway, const struct message_request *m,
                const struct operation *operation)
{
    struct token token;
    if (is_allowed_when_locked(operation))
        return false;
    struct session *s = lock_session(n, gateway, m, &token);
    if (!s || s->state != SESSION_LOCKED)
        return false;
    identity_problem(n, gateway, m->request, 423, "",
                     "This session is locked. Enter your PIN to go on; your entries are kept.",
                     "Scan your badge and enter your PIN.");
    return true;
}

/* ---- unlocking ---- */

/* Its tokens say what it was opened with, and are good for what that is good for: a weaker proof
 * does not open it again. */
static bool is_too_weak(struct identity *n, struct peer *gateway, uint64_t request,
                        const struct session *s)
{
    if (s->factor <= FACTOR_BADGE_PIN)
        return false;
    bool card = s->factor == FACTOR_PIV;
    identity_problem(n, gateway, request, 403, "",
                     card ? "This session was opened with a card: a PIN does not open it again."
                          : "This session was opened with a security key: a PIN does not open it "
                            "again.",
                     card ? "Sign in with your card again." : "Touch your security key.");
    return true;
}

static void unlock(struct identity *n, struct peer *gateway, const struct message_request *m,
                   const struct operation *operation, struct session *s)
{
    size_t badge = people_by_badge(n, body_value(&n->body, "badge")->text);
    struct pending *p = is_too_weak(n, gateway, m->request, s)
                            ? NULL
                            : pending_new(n, gateway, m->request, operation, m->body);
    if (!p)
        return;
    memcpy(p->session, s->session, 16);
    /* another's badge is a wrong PIN */
    pin_check(n, p, body_value(&n->body, "badge")->text, body_value(&n->body, "pin")->text,
              badge == s->person ? badge : PEOPLE_MAX);
}

void unlock_answer(struct identity *n, struct pending *p, enum factor factor)
{
    struct session *s = signin_session(n, p->session);
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    char token[TOKEN_TEXT + 1];
    if (!s) {
        pending_unavailable(n, p, "The session has ended meanwhile.");
        return;
    }
    session_open_again(n, s, factor);
    if (session_token(n, s, p->enclave[0] ? p->enclave : TOKEN_ENTRY, token) != 0)
        log_die("a token could not be signed");
    struct answer_unlocked a = {.token = token, .now = identity_now(n)};
    a.until = a.now + (int64_t)(s->expires_ms - os_boot_ms());
    answer_write_unlocked(&a, &out);
    if (p->gateway)
        identity_answer(n, p->gateway, p->request, 200, &out);
    identity_journal(n, p, AUDIT_OUTCOME_DONE, factor_text(factor));
    pending_end(p);
}

bool officer_may(struct identity *n, const struct operation *operation, const struct session *s,
                 const uint8_t *about)
{
    struct subject subject = {.exists = true, .site = "site"};
    struct decision decision;
    char detail[DECIDE_DETAIL];
    struct circumstance c = {.factor = s->factor, .now_ms = identity_now(n)};
    struct token token = {0};
    memcpy(token.person, n->people[s->person].person, 16);
    memcpy(token.session, s->session, 16);
    memcpy(token.station, s->station, 16);
    size_t at = about ? people_by_id(n, about) : PEOPLE_MAX;
    if (at < PEOPLE_MAX)
        memcpy(subject.entered_by, n->people[at].natural, 16);
    memcpy(c.station, s->station, 16);
    decide(n->decider, n->people[s->person].person, operation, &subject, &c, &decision);
    if (!decision.allowed)
        identity_denied(n, &token, operation, decide_detail(&decision, detail));
    return decision.allowed;
}

/* ---- officers: a badge that was locked, and whether time releases it ---- */

static const char *refused(struct identity *n, const struct operation *operation, size_t officer)
{
    if (operation->number != OPERATION_RELEASE_PERSON)
        return NULL;
    size_t person = people_by_id(n, body_value(&n->body, "person")->bytes);
    if (person == PEOPLE_MAX)
        return "There is no such person.";
    if (memcmp(n->people[person].natural, n->people[officer].natural, 16) == 0)
        return "Nobody releases himself: another officer does.";
    return person_is_locked(n, person) ? NULL : "This person's badge is not locked.";
}

static void by_officer(struct identity *n, struct peer *gateway, const struct message_request *m,
                       const struct operation *operation, const struct session *s,
                       const struct token *token)
{
    struct pending *p;
    if (!officer_may(n, operation, s, NULL)) {
        identity_problem(n, gateway, m->request, 404, "",
                         "There is nothing here that you may open or do under that name.", "");
        return;
    }
    const char *why = refused(n, operation, s->person);
    if (why) {
        identity_problem(n, gateway, m->request, 409, "", why, "Correct it and send it again.");
        return;
    }
    p = pending_new(n, gateway, m->request, operation, m->body);
    if (!p)
        return;
    p->person = s->person;
    p->token = *token;
    memcpy(p->session, s->session, 16);
    if (pending_intent(n, p) != 0)
        pending_unavailable(n, p, "The auditor is not there.");
}

static void do_by_officer(struct identity *n, struct pending *p)
{
    const struct operation *operation = operation_by_number(p->operation);
    const uint8_t *by = n->people[p->person].person;
    struct event event = {.number = EVENT_LOCKOUT_SET};
    pending_body(n, p);
    const char *why = refused(n, operation, p->person);
    if (why) {
        if (p->gateway)
            identity_problem(n, p->gateway, p->request, 409, "", why, "");
        identity_journal(n, p, AUDIT_OUTCOME_REFUSED, why);
        pending_end(p);
        return;
    }
    if (p->operation == OPERATION_RELEASE_PERSON) {
        size_t person = people_by_id(n, body_value(&n->body, "person")->bytes);
        event.number = EVENT_PERSON_RELEASED;
        memcpy(event.person_released.person, n->people[person].person, 16);
        pin_badge(n, bytes_text(n->people[person].badge), event.person_released.badge);
    } else {
        event.lockout_set.released_by_time = body_value(&n->body, "released_by_time")->number != 0;
    }
    if (people_event(n, &event, by, p->operation, body_value(&n->body, "id")->bytes) != 0)
        log_die("identity's store failed at a release");
    if (p->gateway)
        done(n, p->gateway, p->request, "Recorded.");
    identity_journal(n, p, AUDIT_OUTCOME_DONE, "");
    pending_end(p);
}

/* ---- requests ---- */

static void sign_out(struct identity *n, struct peer *gateway, const struct message_request *m)
{
    struct token token;
    struct session *s = lock_session(n, gateway, m, &token);
    if (s)
        session_over(n, s, SESSION_SIGNED_OUT);
    done(n, gateway, m->request, "Signed out.");
}

void lock_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                  const struct operation *operation)
{
    struct token token;
    struct session *s = lock_session(n, gateway, m, &token);
    if (operation->number == OPERATION_SIGN_OUT || operation->number == OPERATION_SIGN_OUT_ENTRY) {
        sign_out(n, gateway, m);
        return;
    }
    if (!s) {
        badge_in(n, gateway, m->request);
        return;
    }
    switch (operation->number) {
    case OPERATION_TOUCH:
    case OPERATION_TOUCH_ENTRY:
        (void)session_touch(s, os_boot_ms());
        done(n, gateway, m->request, "The session goes on.");
        return;
    case OPERATION_LOCK:
    case OPERATION_LOCK_ENTRY:
        if (s->state == SESSION_OPEN)
            session_close(n, s);
        done(n, gateway, m->request, "The session is locked.");
        return;
    case OPERATION_UNLOCK:
    case OPERATION_UNLOCK_ENTRY:
        unlock(n, gateway, m, operation, s);
        return;
    default:
        by_officer(n, gateway, m, operation, s, &token);
    }
}

void lock_go_on(struct identity *n, struct pending *p)
{
    if (p->operation == OPERATION_UNLOCK || p->operation == OPERATION_UNLOCK_ENTRY)
        unlock_answer(n, p, FACTOR_BADGE_PIN);
    else
        do_by_officer(n, p);
}
