/* People, stations and authorization records: entered by one officer, approved by another. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "appliance/identity/breaking.h"
#include "appliance/identity/mandatory.h"
#include "appliance/identity/proof.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "crypto/statement.h"

#define V(name) body_value(&n->body, name)

/* ---- the policy ---- */

/* The human being behind an account; the console is none. */
static void natural_of(const struct identity *n, const uint8_t person[static 16], uint8_t out[16])
{
    size_t at = people_by_id(n, person);
    memcpy(out, at < PEOPLE_MAX ? n->people[at].natural : person, 16);
}

/* Who entered it, and whom it is about. */
static void subject_of(const struct identity *n, const struct record *r, struct subject *s)
{
    natural_of(n, r->entered_by, s->entered_by);
    if (r->kind == HOLDER_PERSON)
        memcpy(s->about, n->people[r->holder].natural, 16);
}

/* Who said that two accounts are one, and whom it is about: the officer himself, if he is one. */
static void link_subject(const struct identity *n, const uint8_t officer[static 16],
                         struct subject *s)
{
    size_t person = people_by_id(n, V("person")->bytes);
    size_t same_as = people_by_id(n, V("same_as")->bytes);
    uint8_t mine[16];
    if (person == PEOPLE_MAX || same_as == PEOPLE_MAX)
        return;
    natural_of(n, officer, mine);
    natural_of(n, n->people[person].link_by, s->entered_by);
    bool other = memcmp(n->people[same_as].natural, mine, 16) == 0;
    memcpy(s->about, n->people[other ? same_as : person].natural, 16);
}

/* Whom the console suspended, an officer restores: the console is somebody else than he. */
static void suspender_of(const struct identity *n, const uint8_t by[static 16],
                         uint8_t out[static 16])
{
    static const uint8_t console[16];
    if (memcmp(by, console, 16) == 0)
        memcpy(out, decide_somebody, 16);
    else
        natural_of(n, by, out);
}

static void fill_subject(struct identity *n, unsigned operation, const uint8_t officer[static 16],
                         size_t at, struct subject *s)
{
    enum holder_kind kind;
    size_t place;
    const struct record *r;
    *s = (struct subject){.exists = true, .site = "site"};
    switch (operation) {
    case OPERATION_APPROVE_RECORDS:
        r = record_by_id(n, n->body.refs[at]);
        if (r)
            subject_of(n, r, s);
        return;
    case OPERATION_REVOKE_RECORD:
        r = record_by_id(n, V("record")->bytes);
        if (r)
            subject_of(n, r, s);
        return;
    case OPERATION_APPROVE_REVOCATION:
        r = record_by_id(n, V("record")->bytes);
        if (!r)
            return;
        subject_of(n, r, s);
        natural_of(n, r->revoked_by, s->entered_by); /* who asked for it */
        return;
    case OPERATION_ENTER_RECORD:
        if (people_holder(n, V("holder")->bytes, &kind, &place) && kind == HOLDER_PERSON)
            memcpy(s->about, n->people[place].natural, 16);
        return;
    case OPERATION_APPROVE_LINK:
        link_subject(n, officer, s);
        return;
    case OPERATION_REVIEW_GLASS:
        breaking_subject(n, s);
        return;
    case OPERATION_INSTALL_SITE_POLICY:
        mandatory_subject(n, s);
        return;
    case OPERATION_RESTORE:
        if (!people_holder(n, V("holder")->bytes, &kind, &place))
            return;
        suspender_of(n,
                     kind == HOLDER_STATION ? n->stations[place].suspended_by
                                            : n->people[place].suspended_by,
                     s->entered_by);
        if (kind == HOLDER_PERSON)
            memcpy(s->about, n->people[place].natural, 16);
        return;
    default:
        return;
    }
}

/* A denial is recorded with the rule that made it. */
static bool allowed(struct identity *n, const struct operation *operation,
                    const struct token *token)
{
    struct subject subject;
    struct decision decision;
    char detail[DECIDE_DETAIL];
    struct circumstance c = {.factor = token->factor, .now_ms = identity_now(n)};
    size_t times = operation->number == OPERATION_APPROVE_RECORDS ? n->body.refs_count : 1;
    memcpy(c.station, token->station, 16);
    for (size_t i = 0; i < times; i++) {
        fill_subject(n, operation->number, token->person, i, &subject);
        decide(n->decider, token->person, operation, &subject, &c, &decision);
        if (!decision.allowed) {
            identity_denied(n, token, operation, decide_detail(&decision, detail));
            return false;
        }
    }
    return true;
}

static void answer_nothing(struct identity *n, struct peer *gateway, uint64_t request)
{
    identity_problem(n, gateway, request, 404, "",
                     "There is nothing here that you may open or do under that name.", "");
}

/* What was typed may be corrected; what another officer has done meanwhile is to be looked at. */
static const char *todo_of(unsigned operation)
{
    switch (operation) {
    case OPERATION_ADD_PERSON:
    case OPERATION_ADD_STATION:
    case OPERATION_ENTER_RECORD:
    case OPERATION_PROPOSE_SITE_POLICY:
        return "Correct it and send it again.";
    default:
        return "Look at it again: it is not as it was when you opened it.";
    }
}

void records_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                     const struct operation *operation)
{
    struct token token;
    uint8_t salt[16];
    struct session *s = identity_session(n, m->token, TOKEN_ENTRY, &token);
    if (!s) {
        identity_problem(n, gateway, m->request, 401, "", "Badge in again.", "");
        return;
    }
    if (!allowed(n, operation, &token)) {
        answer_nothing(n, gateway, m->request);
        return;
    }
    if (operation->method == METHOD_GET) {
        desk_answer(n, gateway, m->request, operation);
        return;
    }
    const char *why = refusal_of(n, operation->number, &token);
    if (why) {
        identity_problem(n, gateway, m->request, 409, "", why, todo_of(operation->number));
        return;
    }
    why = operation->strength == STRENGTH_SIGNED
              ? identity_check_statement(n, operation, m->statement, m->body, &token)
              : NULL;
    if (why) {
        identity_problem(n, gateway, m->request, 403, "", why,
                         "Sign again with your badge and PIN, or your key.");
        identity_denied(n, &token, operation, why);
        return;
    }
    struct pending *p = pending_new(n, gateway, m->request, operation, m->body);
    if (!p)
        return;
    p->person = s->person;
    p->token = token;
    p->statement_length = m->statement.length;
    memcpy(p->statement, m->statement.data, m->statement.length);
    memcpy(p->session, token.session, 16);
    os_random(salt, sizeof salt);
    int r = PIN_IS_GIVEN(operation->number) ? pending_hash(n, p, V("pin")->text, salt)
                                            : pending_intent(n, p);
    if (r) {
        identity_problem(n, gateway, m->request, 503, "", "The hasher or the auditor is not there.",
                         "Try again in a moment.");
        pending_end(p);
    }
}

/* ---- doing, after the auditor's word ---- */

static int add_person(struct identity *n, const struct pending *p, const uint8_t by[static 16])
{
    struct event event = {.number = EVENT_PERSON_ADDED};
    uint8_t id[16];
    memcpy(id, V("id")->bytes, 16);
    memcpy(event.person_added.person, V("person")->bytes, 16);
    event.person_added.badge = V("badge")->text;
    event.person_added.name = V("name")->text;
    event.person_added.stamp = V("stamp")->text;
    int r = people_event(n, &event, by, p->operation, id);
    if (r)
        return r;
    event = (struct event){.number = V("own_pin")->number ? EVENT_PIN_SET : EVENT_PIN_GIVEN};
    memcpy(event.pin_given.person, V("person")->bytes, 16);
    memcpy(event.pin_given.hash, p->hash, PASSWORD_HASH_LENGTH);
    return people_event(n, &event, by, p->operation, id);
}

/* The statement is not kept: it holds a digest of the body, by which whoever reads it could try
 * out PINs without pepper and Argon2id. */
static void reset_pin(struct identity *n, const struct pending *p, struct event *event)
{
    event->number = EVENT_PIN_RESET;
    memcpy(event->pin_reset.person, V("person")->bytes, 16);
    memcpy(event->pin_reset.hash, p->hash, PASSWORD_HASH_LENGTH);
    event->pin_reset.reason = V("reason")->text;
    signin_end_sessions(n, HOLDER_PERSON, V("person")->bytes);
}

static void fill_record(struct identity *n, struct event *event)
{
    struct event_record_entered *e = &event->record_entered;
    enum holder_kind kind = HOLDER_PERSON;
    size_t place;
    *event = (struct event){.number = EVENT_RECORD_ENTERED};
    (void)people_holder(n, V("holder")->bytes, &kind, &place);
    e->kind = (uint8_t)kind;
    e->attribute = (uint8_t)attribute_by_name(V("attribute")->text)->number;
    memcpy(e->record, V("record")->bytes, 16);
    memcpy(e->holder, V("holder")->bytes, 16);
    memcpy(e->supersedes, V("supersedes")->bytes, 16);
    e->value = V("value")->text;
    e->scope = V("scope")->text;
    e->granted_by = V("granted_by")->text;
    e->granting_role = V("granting_role")->text;
    e->document_type = V("document_type")->text;
    e->document = V("document")->text;
    e->document_ms = V("document_date")->number;
    e->reason = V("reason")->text;
    e->from_ms = V("from")->number;
    e->until_ms = V("until")->number;
}

static int approve_records(struct identity *n, const struct pending *p, const uint8_t by[static 16])
{
    uint8_t id[16];
    int r = 0;
    memcpy(id, V("id")->bytes, 16);
    for (size_t i = 0; r == 0 && i < n->body.refs_count; i++) {
        struct event event = {.number = EVENT_RECORD_APPROVED};
        memcpy(event.record_approved.record, n->body.refs[i], 16);
        event.record_approved.statement = bytes_view_of(p->statement, p->statement_length);
        r = people_event(n, &event, by, p->operation, id);
    }
    return r;
}

static int suspend(struct identity *n, const struct pending *p, const uint8_t by[static 16])
{
    struct event event = {.number = EVENT_HOLDER_SUSPENDED};
    enum holder_kind kind;
    size_t place;
    if (!people_holder(n, V("holder")->bytes, &kind, &place))
        return ERR_STATE;
    if (p->operation == OPERATION_RESTORE) {
        event.number = EVENT_HOLDER_RESTORED;
        event.holder_restored.kind = (uint8_t)kind;
        memcpy(event.holder_restored.holder, V("holder")->bytes, 16);
        event.holder_restored.reason = V("reason")->text;
        event.holder_restored.statement = bytes_view_of(p->statement, p->statement_length);
    } else {
        event.holder_suspended.kind = (uint8_t)kind;
        memcpy(event.holder_suspended.holder, V("holder")->bytes, 16);
        event.holder_suspended.reason = V("reason")->text;
        signin_end_sessions(n, kind, V("holder")->bytes);
    }
    return people_event(n, &event, by, p->operation, V("id")->bytes);
}

/* What more would be open without is not one officer's to take away: he asks for it. */
static void revocation(struct identity *n, struct event *event)
{
    const uint8_t *id = V("record")->bytes;
    if (record_narrows(n, record_by_id(n, id), identity_now(n))) {
        event->number = EVENT_REVOCATION_ASKED;
        memcpy(event->revocation_asked.record, id, 16);
        event->revocation_asked.reason = V("reason")->text;
        return;
    }
    event->number = EVENT_RECORD_REVOKED;
    memcpy(event->record_revoked.record, id, 16);
    event->record_revoked.reason = V("reason")->text;
}

/* What was recorded, for whom it surprises. */
static const char *recorded(struct identity *n, unsigned operation)
{
    if (operation == OPERATION_RESET_PIN)
        return "Recorded. Nobody signs in with it until another officer restores this person.";
    if (operation == OPERATION_LINK_PERSON)
        return "Recorded. They count as two until another officer approves it.";
    const struct record *r =
        operation == OPERATION_REVOKE_RECORD ? record_by_id(n, V("record")->bytes) : NULL;
    return r && r->state == RECORD_APPROVED
               ? "Recorded. More would be open without this record: it holds until another "
                 "officer approves its revocation."
               : "Recorded.";
}

static int carry_out(struct identity *n, const struct pending *p)
{
    struct event event = {0};
    uint8_t by[16];
    memcpy(by, n->people[p->person].person, 16);
    switch (p->operation) {
    case OPERATION_ADD_PERSON:
        return add_person(n, p, by);
    case OPERATION_RESET_PIN:
        reset_pin(n, p, &event);
        break;
    case OPERATION_ENTER_RECORD:
        fill_record(n, &event);
        break;
    case OPERATION_APPROVE_RECORDS:
        return approve_records(n, p, by);
    case OPERATION_REVOKE_RECORD:
        revocation(n, &event);
        break;
    case OPERATION_APPROVE_REVOCATION:
        event.number = EVENT_REVOCATION_APPROVED;
        memcpy(event.revocation_approved.record, V("record")->bytes, 16);
        event.revocation_approved.statement = bytes_view_of(p->statement, p->statement_length);
        break;
    case OPERATION_ADD_STATION:
        event.number = EVENT_STATION_ADDED;
        memcpy(event.station_added.station, V("station")->bytes, 16);
        event.station_added.name = V("name")->text;
        break;
    case OPERATION_REVIEW_GLASS:
        breaking_review(n, p, &event);
        break;
    case OPERATION_LINK_PERSON:
        event.number = EVENT_LINK_PROPOSED;
        memcpy(event.link_proposed.person, V("person")->bytes, 16);
        memcpy(event.link_proposed.same_as, V("same_as")->bytes, 16);
        event.link_proposed.statement = bytes_view_of(p->statement, p->statement_length);
        break;
    case OPERATION_APPROVE_LINK:
        event.number = EVENT_PERSON_LINKED;
        memcpy(event.person_linked.person, V("person")->bytes, 16);
        memcpy(event.person_linked.same_as, V("same_as")->bytes, 16);
        event.person_linked.statement = bytes_view_of(p->statement, p->statement_length);
        break;
    default:
        return MANDATORY_OPERATIONS(p->operation) ? mandatory_event(n, p, by) : suspend(n, p, by);
    }
    return people_event(n, &event, by, p->operation, V("id")->bytes);
}

void records_go_on(struct identity *n, struct pending *p)
{
    const struct operation *operation = operation_by_number(p->operation);
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    if (body_decode(operation, bytes_view_of(p->body, p->body_length), n->scratch, BODY_SCRATCH,
                    &n->body) != 0)
        log_die("a body that was decoded once could not be decoded again");
    const char *why = allowed(n, operation, &p->token) /* decided again: things may have changed */
                          ? refusal_of(n, p->operation, &p->token)
                          : "You may not do this any more.";
    char halves[STATION_HALVES] = "";
    if (!why)
        halves_of(n, p, halves);
    if (!why && carry_out(n, p) != 0)
        log_die("identity's store failed");
    answer_write_done(&(struct answer_done){.done = !why, .text = recorded(n, p->operation)}, &out);
    if (p->gateway && why)
        identity_problem(n, p->gateway, p->request, 409, "", why, "");
    else if (p->gateway)
        identity_answer(n, p->gateway, p->request, 200, &out);
    identity_journal(n, p, why ? AUDIT_OUTCOME_REFUSED : AUDIT_OUTCOME_DONE, halves);
    pending_end(p);
}
