/* People and authorization records: entered by one officer, approved by another. */
#include <string.h>

#include "appliance/identity/identity.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

static const char *const attributes[] = {
    "role",   "read-in", "citizenship", "country-itar", "itar-us-person", "clearance",
    "export", "site",    "skill",       "visitor",      "vendor"};

#define V(name) body_value(&n->body, name)

static bool is_enclave(const struct identity *n, struct bytes_view scope)
{
    for (size_t i = 0; i < n->enclaves_count; i++)
        if (bytes_equal_text(scope, n->enclaves[i]))
            return true;
    return false;
}

/* ---- reading ---- */

static size_t records_of(const struct identity *n, size_t person, struct answer_record *out)
{
    size_t count = 0;
    int64_t now = os_utc_ms();
    for (size_t i = 0; i < n->records_count; i++) {
        const struct record *r = &n->records[i];
        if (r->person != person)
            continue;
        struct answer_record *a = &out[count++];
        *a = (struct answer_record){.attribute = r->attribute,
                                    .value = r->value,
                                    .scope = r->scope,
                                    .document = r->document,
                                    .from = r->from_ms,
                                    .until = r->until_ms,
                                    .state = !r->approved         ? "pending"
                                             : now >= r->until_ms ? "expired"
                                             : now < r->from_ms   ? "not yet"
                                                                  : "active"};
        memcpy(a->record, r->record, 16);
    }
    return count;
}

static void get_people(struct identity *n, struct peer *gateway, uint64_t request)
{
    static struct answer_record records[RECORDS_MAX];
    static struct answer_person people[PEOPLE_MAX];
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    size_t used = 0;
    for (size_t i = 0; i < n->people_count; i++) {
        const struct person *p = &n->people[i];
        size_t count = records_of(n, i, records + used);
        people[i] = (struct answer_person){.name = p->name,
                                           .badge = p->badge,
                                           .stamp = p->stamp,
                                           .records = records + used,
                                           .records_count = count};
        memcpy(people[i].person, p->person, 16);
        used += count;
    }
    answer_write_people(&(struct answer_people){.people = people, .people_count = n->people_count},
                        &out);
    identity_answer(n, gateway, request, 200, &out);
}

/* ---- deciding ---- */

static const char *add_refused(struct identity *n)
{
    if (n->people_count == PEOPLE_MAX)
        return "There is no room for more people.";
    if (people_by_badge(n, V("badge")->text) != PEOPLE_MAX)
        return "This badge belongs to somebody.";
    if (people_by_id(n, V("person")->bytes) != PEOPLE_MAX)
        return "A person of this id is known already.";
    return NULL;
}

static const char *enter_refused(struct identity *n)
{
    bool known = false;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        known = known || bytes_equal_text(V("attribute")->text, attributes[i]);
    if (!known)
        return "The attribute is none that decides access (role, read-in, citizenship, "
               "country-itar, "
               "itar-us-person, clearance, export, site, skill, visitor, vendor).";
    if (people_by_id(n, V("person")->bytes) == PEOPLE_MAX)
        return "There is no such person.";
    if (people_record(n, V("record")->bytes))
        return "A record of this id is there already; records are superseded, never edited.";
    if (V("scope")->text.length && !is_enclave(n, V("scope")->text))
        return "The scope is no enclave of this site.";
    if (V("until")->number <= V("from")->number)
        return "A record must end after it begins.";
    if (n->records_count == RECORDS_MAX)
        return "There is no room for more records.";
    return NULL;
}

static const char *refused(struct identity *n, unsigned operation)
{
    const struct record *r;
    switch (operation) {
    case OPERATION_ADD_PERSON:
        return add_refused(n);
    case OPERATION_ENTER_RECORD:
        return enter_refused(n);
    default:
        r = people_record(n, V("record")->bytes);
        if (!r)
            return "There is no such record.";
        return r->approved ? "This record is approved already." : NULL;
    }
}

static bool allowed(struct identity *n, const struct operation *operation, size_t person)
{
    struct subject subject = {.exists = true, .site = "site"};
    struct decision decision;
    const struct snapshot_person *who =
        n->site ? snapshot_find(n->site, n->people[person].person) : NULL;
    if (!who)
        return false;
    if (operation->number == OPERATION_APPROVE_RECORD) {
        const struct record *r = people_record(n, V("record")->bytes);
        if (r)
            memcpy(subject.approver, r->entered_by, 16);
    }
    decide(n->decider, who, operation, &subject, FACTOR_BADGE_PIN, os_utc_ms(), &decision);
    if (!decision.allowed)
        log_info("denied: %s (%s)", operation->name,
                 decision.reasons ? decision.reason[0].policy : "no permit");
    return decision.allowed;
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
    if (!allowed(n, operation, s->person)) {
        identity_problem(n, gateway, m->request, 404, "",
                         "There is nothing here that you may open or do under that name.", "");
        return;
    }
    if (operation->number == OPERATION_GET_PEOPLE) {
        get_people(n, gateway, m->request);
        return;
    }
    const char *why = refused(n, operation->number);
    if (why) {
        identity_problem(n, gateway, m->request, 409, "", why, "Correct it and send it again.");
        return;
    }
    struct pending *p = pending_new(n, gateway, m->request, operation, m->body);
    if (!p)
        return;
    p->person = s->person;
    p->token = token;
    memcpy(p->session, token.session, 16);
    os_random(salt, sizeof salt);
    int r = operation->number == OPERATION_ADD_PERSON ? pending_hash(n, p, V("pin")->text, salt)
                                                      : pending_intent(n, p);
    if (r) {
        identity_problem(n, gateway, m->request, 503, "", "The hasher or the auditor is not there.",
                         "Try again in a moment.");
        pending_end(p);
    }
}

/* ---- doing, after the auditor's word ---- */

static int add_person(struct identity *n, const struct pending *p)
{
    const uint8_t *by = n->people[p->person].person, *id = V("id")->bytes;
    uint8_t officer[16];
    struct event event = {.number = EVENT_PERSON_ADDED};
    memcpy(officer, by, 16);
    memcpy(event.person_added.person, V("person")->bytes, 16);
    event.person_added.badge = V("badge")->text;
    event.person_added.name = V("name")->text;
    event.person_added.stamp = V("stamp")->text;
    int r = people_event(n, &event, officer, p->operation, id);
    if (r)
        return r;
    event = (struct event){.number = EVENT_PIN_SET};
    memcpy(event.pin_set.person, V("person")->bytes, 16);
    memcpy(event.pin_set.hash, p->hash, PASSWORD_HASH_LENGTH);
    return people_event(n, &event, officer, p->operation, id);
}

static int enter_record(struct identity *n, const struct pending *p)
{
    struct event event = {.number = EVENT_RECORD_ENTERED};
    struct event_record_entered *e = &event.record_entered;
    memcpy(e->record, V("record")->bytes, 16);
    memcpy(e->person, V("person")->bytes, 16);
    e->attribute = V("attribute")->text;
    e->value = V("value")->text;
    e->scope = V("scope")->text;
    e->document = V("document")->text;
    e->from_ms = V("from")->number;
    e->until_ms = V("until")->number;
    return people_event(n, &event, n->people[p->person].person, p->operation, V("id")->bytes);
}

static int approve_record(struct identity *n, const struct pending *p)
{
    struct event event = {.number = EVENT_RECORD_APPROVED};
    memcpy(event.record_approved.record, V("record")->bytes, 16);
    return people_event(n, &event, n->people[p->person].person, p->operation, V("id")->bytes);
}

void records_go_on(struct identity *n, struct pending *p)
{
    const struct operation *operation = operation_by_number(p->operation);
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    if (body_decode(operation, bytes_view_of(p->body, p->body_length), n->scratch, BODY_SCRATCH,
                    &n->body) != 0)
        log_die("a body that was decoded once could not be decoded again");
    const char *why = allowed(n, operation, p->person) /* decided again: things may have changed */
                          ? refused(n, p->operation)
                          : "You may not do this any more.";
    int r = 0;
    if (!why)
        r = p->operation == OPERATION_ADD_PERSON     ? add_person(n, p)
            : p->operation == OPERATION_ENTER_RECORD ? enter_record(n, p)
                                                     : approve_record(n, p);
    if (r)
        log_die("identity's store failed: %s", error_text(r));
    answer_write_done(&(struct answer_done){.done = !why, .text = "Recorded."}, &out);
    if (p->gateway && why)
        identity_problem(n, p->gateway, p->request, 409, "", why, "");
    else if (p->gateway)
        identity_answer(n, p->gateway, p->request, 200, &out);
    identity_journal(n, p, why ? AUDIT_OUTCOME_REFUSED : AUDIT_OUTCOME_DONE, "");
    pending_end(p);
}
