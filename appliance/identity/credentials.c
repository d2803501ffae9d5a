/* Keys and cards of people: what officers see, approve and revoke, and the events of them. */
#include <stdio.h>
#include <string.h>

#include "appliance/identity/proof.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define V(name) body_value(&n->body, name)

void credential_record(struct identity *n, struct pending *p, struct event *event, const char *why,
                       const char *text, const char *detail)
{
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    if (!why && people_event(n, event, n->people[p->person].person, p->operation, p->id) != 0)
        log_die("identity's store failed at a credential");
    answer_write_done(&(struct answer_done){.done = true, .text = text}, &out);
    if (p->gateway && why)
        identity_problem(n, p->gateway, p->request, 409, "", why, "");
    else if (p->gateway)
        identity_answer(n, p->gateway, p->request, 200, &out);
    identity_journal(n, p, why ? AUDIT_OUTCOME_REFUSED : AUDIT_OUTCOME_DONE, why ? why : detail);
    pending_end(p);
}

const char *credential_registered_text(const struct credential *credential)
{
    static char text[160];
    char print[CREDENTIAL_FINGERPRINT];
    credential_fingerprint(credential, print);
    snprintf(text, sizeof text,
             "Registered, with the fingerprint %s. It opens nothing until a security officer has "
             "approved it: compare the fingerprint there.",
             print);
    return text;
}

/* ---- officers ---- */

static void list(struct identity *n, struct peer *gateway, uint64_t request)
{
    static struct answer_credential rows[CREDENTIALS_MAX];
    static char models[CREDENTIALS_MAX][33], prints[CREDENTIALS_MAX][CREDENTIAL_FINGERPRINT];
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    for (size_t i = 0; i < n->credentials.count; i++) {
        const struct credential *k = &n->credentials.credential[i];
        bytes_to_hex(k->key.aaguid, 16, models[i]);
        credential_fingerprint(k, prints[i]);
        rows[i] = (struct answer_credential){.name = n->people[k->person].name,
                                             .kind = k->is_card ? "card" : "key",
                                             .label = k->label,
                                             .model = k->is_card ? k->identifier : models[i],
                                             .fingerprint = prints[i],
                                             .state = credential_state_text(k),
                                             .registered = k->registered_ms};
        memcpy(rows[i].credential, k->credential, 16);
        memcpy(rows[i].person, n->people[k->person].person, 16);
    }
    answer_write_credentials(
        &(struct answer_credentials){.credentials = rows,
                                     .credentials_count = n->credentials.count},
        &out);
    identity_answer(n, gateway, request, 200, &out);
}

static const char *refused(const struct identity *n, const struct credential *k, unsigned operation,
                           size_t officer)
{
    if (!k)
        return "There is no such key or card.";
    if (k->state == CREDENTIAL_REVOKED)
        return "It is revoked, and stays so.";
    if (operation == OPERATION_REVOKE_CREDENTIAL)
        return NULL;
    if (memcmp(n->people[k->person].natural, n->people[officer].natural, 16) == 0)
        return "Nobody approves his own key or card: another officer does.";
    return k->state == CREDENTIAL_PENDING ? NULL : "It is approved already.";
}

void credentials_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                         const struct operation *operation)
{
    struct token token;
    struct session *s = identity_session(n, m->token, TOKEN_ENTRY, &token);
    if (!s) {
        identity_problem(n, gateway, m->request, 401, "", "Badge in again.", "");
        return;
    }
    bool reading = operation->number == OPERATION_GET_CREDENTIALS;
    struct credential *k =
        reading ? NULL : credentials_find(&n->credentials, V("credential")->bytes);
    if (!officer_may(n, operation, s, k ? n->people[k->person].person : NULL)) {
        identity_problem(n, gateway, m->request, 404, "",
                         "There is nothing here that you may open or do under that name.", "");
        return;
    }
    if (reading) { /* the page asks again by itself: no sign of life */
        list(n, gateway, m->request);
        return;
    }
    (void)session_touch(s, os_boot_ms());
    const char *why = refused(n, k, operation->number, s->person);
    if (why) {
        identity_problem(n, gateway, m->request, 409, "", why, "Correct it and send it again.");
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
    p->token = token;
    p->person = s->person;
    p->statement_length = m->statement.length;
    memcpy(p->statement, m->statement.data, m->statement.length);
    memcpy(p->session, s->session, 16);
    if (pending_intent(n, p) != 0)
        pending_unavailable(n, p, "The auditor is not there.");
}

/* Whoever is signed in with what was revoked is so no longer. */
static void end_sessions(struct identity *n, size_t person, enum factor factor)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *s = &n->sessions.session[i];
        if (s->state != SESSION_OVER && s->person == person && s->factor == factor)
            session_over(n, s, SESSION_REVOKED);
    }
}

void credentials_go_on(struct identity *n, struct pending *p)
{
    struct event event = {.number = EVENT_CREDENTIAL_ADMITTED};
    pending_body(n, p);
    struct credential *k = credentials_find(&n->credentials, V("credential")->bytes);
    const char *why = refused(n, k, p->operation, p->person);
    bool revoked = p->operation == OPERATION_REVOKE_CREDENTIAL;
    memcpy(event.credential_admitted.credential, V("credential")->bytes, 16);
    if (revoked) {
        event.number = EVENT_CREDENTIAL_REVOKED;
        event.credential_revoked.reason = V("reason")->text;
    } else {
        event.credential_admitted.statement = bytes_view_of(p->statement, p->statement_length);
    }
    char halves[STATION_HALVES] = "";
    if (!why && !revoked)
        station_halves(k->registered_at, p->station, identity_now(n) - k->registered_ms, halves);
    credential_record(n, p, &event, why, revoked ? "Revoked." : "Approved.", halves);
    if (revoked && !why)
        end_sessions(n, k->person, k->is_card ? FACTOR_PIV : FACTOR_FIDO2);
}

/* ---- from the log ---- */

static void copy(char *out, size_t size, struct bytes_view v)
{
    size_t length = v.length < size ? v.length : size - 1;
    memcpy(out, v.data, length);
    out[length] = '\0';
}

static int key_registered(struct identity *n, const struct event *event)
{
    const struct event_key_registered *e = &event->key_registered;
    static struct credential k;
    k = (struct credential){.registered_ms = event->common.utc_ms};
    k.person = people_by_id(n, e->person);
    if (k.person == PEOPLE_MAX || e->public_key.length > sizeof k.key.public_key)
        return ERR_STATE;
    memcpy(k.credential, e->credential, 16);
    memcpy(k.registered_at, event->common.station, 16);
    copy(k.label, sizeof k.label, e->label);
    memcpy(k.key.id, e->key.data, e->key.length);
    k.key.id_length = e->key.length;
    k.key.algorithm = (enum webauthn_algorithm)e->algorithm;
    memcpy(k.key.public_key, e->public_key.data, e->public_key.length);
    k.key.public_length = e->public_key.length;
    memcpy(k.key.aaguid, e->aaguid, 16);
    k.key.counter = e->counter;
    return credentials_add(&n->credentials, &k);
}

static int card_registered(struct identity *n, const struct event *event)
{
    const struct event_card_registered *e = &event->card_registered;
    static struct credential k;
    k = (struct credential){.is_card = true, .registered_ms = event->common.utc_ms};
    k.person = people_by_id(n, e->person);
    if (k.person == PEOPLE_MAX)
        return ERR_STATE;
    memcpy(k.credential, e->credential, 16);
    memcpy(k.registered_at, event->common.station, 16);
    copy(k.label, sizeof k.label, e->label);
    memcpy(k.subject_key, e->subject_key, 32);
    copy(k.identifier, sizeof k.identifier, e->identifier);
    return credentials_add(&n->credentials, &k);
}

int credentials_apply(struct identity *n, const struct event *event)
{
    struct credential *k;
    switch (event->number) {
    case EVENT_KEY_REGISTERED:
        return key_registered(n, event);
    case EVENT_CARD_REGISTERED:
        return card_registered(n, event);
    case EVENT_CREDENTIAL_APPROVED:
        k = credentials_find(&n->credentials, event->credential_approved.credential);
        return k ? credential_approve(k) : ERR_STATE;
    case EVENT_CREDENTIAL_ADMITTED:
        k = credentials_find(&n->credentials, event->credential_admitted.credential);
        return k ? credential_approve(k) : ERR_STATE;
    case EVENT_CREDENTIAL_REVOKED:
        k = credentials_find(&n->credentials, event->credential_revoked.credential);
        return k ? credential_revoke(k) : ERR_STATE;
    case EVENT_KEY_USED:
        k = credentials_find(&n->credentials, event->key_used.credential);
        if (k)
            k->key.counter = event->key_used.counter;
        return k ? 0 : ERR_STATE;
    case EVENT_KEY_COPIED: /* it was refused; what follows from it people decide */
        return 0;
    default:
        return ERR_UNKNOWN;
    }
}
