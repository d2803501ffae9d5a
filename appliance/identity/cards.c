/* PIV and CAC cards: what the entry's listener for them saw, signing in, registering, whom to
 * trust. */
#include <stdlib.h>
#include <string.h>

#include "appliance/identity/piv.h"
#include "appliance/identity/proof.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define V(name) body_value(&n->body, name)

static const uint8_t none[16];

static struct piv_trust trust_of(const struct identity *n)
{
    return (struct piv_trust){bytes_view_of(n->card_anchors, n->card_anchors_length),
                              bytes_view_of(n->card_crls, n->card_crls_length)};
}

static void refuse(struct identity *n, struct pending *p, unsigned status, unsigned outcome,
                   const char *error, const char *why)
{
    os_uuid(p->id);
    if (p->gateway)
        identity_problem(n, p->gateway, p->request, status, "", error,
                         "Put your card in and begin again.");
    identity_refused_proof(n, p, outcome, why);
    pending_end(p);
}

static void go(struct identity *n, struct pending *p)
{
    if (pending_intent(n, p) != 0)
        pending_unavailable(n, p,
                            "The auditor is not there, and without its record this is not "
                            "done.");
}

/* ---- a card is shown ---- */

static void challenge(struct identity *n, struct peer *gateway, uint64_t request)
{
    struct challenge c = {.purpose = CHALLENGE_CARD};
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    char hex[65];
    os_random(c.bytes, sizeof c.bytes);
    memcpy(c.station, n->station, 16);
    challenges_keep(&n->challenges, &c, os_boot_ms());
    bytes_to_hex(c.bytes, 32, hex);
    answer_write_card_challenge(&(struct answer_card_challenge){.challenge = hex}, &out);
    identity_answer(n, gateway, request, 200, &out);
}

void cards_shown(struct identity *n, struct peer *gateway, uint64_t request,
                 struct bytes_view challenge_text, struct bytes_view certificates)
{
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    struct piv_trust trust = trust_of(n);
    struct piv_card card;
    uint8_t bytes[32];
    const char *why = "This challenge is used up or too old.";
    struct challenge *c = NULL;
    if (bytes_from_hex(challenge_text, 32, bytes) == 0)
        c = challenges_find(&n->challenges, CHALLENGE_CARD, bytes, os_boot_ms());
    if (c && c->shown)
        c = NULL; /* one card a challenge */
    if (!c || piv_judge(&trust, certificates, os_utc_ms(), &card, &why) != 0) {
        identity_problem(n, gateway, request, 403, "", why, "Tell your security officer.");
        identity_refused(n, operation_by_number(OPERATION_SIGN_IN_CARD), why);
        return;
    }
    if (!card.asks_pin) {
        identity_problem(n, gateway, request, 403, "",
                         "This certificate of the card answers without a PIN.",
                         "Choose the card's certificate for authentication.");
        return;
    }
    c->shown = true;
    memcpy(c->subject_key, card.subject_key, 32);
    strcpy(c->identifier, card.identifier);
    answer_write_done(&(struct answer_done){.done = true, .text = "The card was read."}, &out);
    identity_answer(n, gateway, request, 200, &out);
}

/* The card that was shown for this challenge, made at this station; NULL, or why not. */
static const char *take_shown(struct identity *n, struct challenge *ret_challenge)
{
    if (challenges_take(&n->challenges, CHALLENGE_CARD, V("challenge")->bytes, n->station, none,
                        os_boot_ms(), ret_challenge) != 0)
        return "the challenge is used up, too old or another station's";
    return ret_challenge->shown ? NULL : "no card was shown";
}

/* ---- signing in ---- */

static void sign_in(struct identity *n, struct pending *p)
{
    static const char words[] = "This card opens nothing here.";
    struct challenge c;
    const char *why = take_shown(n, &c);
    const struct credential *k =
        why ? NULL : credentials_card(&n->credentials, c.subject_key, c.identifier);
    if (!k) {
        refuse(n, p, 403, AUDIT_OUTCOME_DENIED, words,
               why ? why : "nobody's card, or not approved");
        return;
    }
    p->person = k->person;
    if (signin_is_shut_out(n, k->person)) /* whose it is, only officers are told */
        refuse(n, p, 403, AUDIT_OUTCOME_DENIED, words, "suspended, or the visit is over");
    else if (person_is_locked(n, k->person))
        refuse(n, p, 403, AUDIT_OUTCOME_DENIED, "This badge is locked after three wrong PINs.",
               "locked");
    else if (signin_needs_escort(n, k->person))
        refuse(n, p, 403, AUDIT_OUTCOME_DENIED,
               "A visitor or vendor signs in with badge and PIN, together with the escort.",
               "a visitor without the escort");
    else
        go(n, p);
}

/* ---- registering: the person's own session, and a fresh PIN ---- */

static void register_card(struct identity *n, struct pending *p)
{
    struct credential *k = &p->credential;
    struct challenge c;
    struct bytes_view label = V("label")->text;
    size_t badge = people_by_badge(n, V("badge")->text);
    const char *why = take_shown(n, &c);
    if (!why) {
        k->is_card = true;
        k->person = p->person;
        memcpy(k->credential, V("credential")->bytes, 16);
        memcpy(k->label, label.data, label.length);
        memcpy(k->subject_key, c.subject_key, 32);
        strcpy(k->identifier, c.identifier);
        why = credentials_refused(&n->credentials, k);
    }
    if (why)
        refuse(n, p, 409, AUDIT_OUTCOME_REFUSED, why, why);
    else
        pin_check(n, p, V("badge")->text, V("pin")->text, badge == p->person ? badge : PEOPLE_MAX);
}

static void registered(struct identity *n, struct pending *p)
{
    struct event event = {.number = EVENT_CARD_REGISTERED};
    const struct credential *k = &p->credential;
    memcpy(event.card_registered.credential, k->credential, 16);
    memcpy(event.card_registered.person, n->people[p->person].person, 16);
    event.card_registered.label = bytes_text(k->label);
    memcpy(event.card_registered.subject_key, k->subject_key, 32);
    event.card_registered.identifier = bytes_text(k->identifier);
    credential_record(n, p, &event, credentials_refused(&n->credentials, k),
                      credential_registered_text(k), "");
}

/* ---- whom to trust, by officers ---- */

static const char *trust_refused(struct identity *n)
{
    struct piv_trust trust = {V("anchors")->text, V("crls")->text};
    return piv_trust_refused(&trust, os_utc_ms());
}

static void trusted(struct identity *n, struct pending *p)
{
    struct event event = {.number = EVENT_CARD_TRUST_SET};
    pending_body(n, p);
    event.card_trust_set.anchors = V("anchors")->text;
    event.card_trust_set.crls = V("crls")->text;
    credential_record(n, p, &event, trust_refused(n), "The site relies on these from now on.", "");
}

/* As text that ends; the caller frees it. */
static char *text_of(const uint8_t *data, size_t length)
{
    char *text = calloc(1, length + 1);
    if (!text)
        log_die("out of memory");
    if (length)
        memcpy(text, data, length);
    return text;
}

static void answer_trust(struct identity *n, struct peer *gateway, uint64_t request)
{
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    char *anchors = text_of(n->card_anchors, n->card_anchors_length);
    char *crls = text_of(n->card_crls, n->card_crls_length);
    answer_write_card_trust(&(struct answer_card_trust){.anchors = anchors, .crls = crls}, &out);
    free(anchors);
    free(crls);
    identity_answer(n, gateway, request, 200, &out);
}

static int keep(uint8_t **place, size_t *length, struct bytes_view v)
{
    uint8_t *copy = malloc(v.length + 1);
    if (!copy)
        return ERR_MEMORY;
    memcpy(copy, v.data, v.length);
    free(*place);
    *place = copy;
    *length = v.length;
    return 0;
}

int cards_apply(struct identity *n, const struct event *event)
{
    const struct event_card_trust_set *e = &event->card_trust_set;
    int r = keep(&n->card_anchors, &n->card_anchors_length, e->anchors);
    return r ? r : keep(&n->card_crls, &n->card_crls_length, e->crls);
}

/* ---- requests ---- */

static void begin(struct identity *n, struct pending *p)
{
    const char *why;
    switch (p->operation) {
    case OPERATION_SIGN_IN_CARD:
        sign_in(n, p);
        return;
    case OPERATION_REGISTER_CARD:
        register_card(n, p);
        return;
    default:
        why = trust_refused(n);
        if (why)
            refuse(n, p, 409, AUDIT_OUTCOME_REFUSED, why, why);
        else
            go(n, p);
    }
}

void cards_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                   const struct operation *operation)
{
    struct token token;
    struct session *s = identity_session(n, m->token, TOKEN_ENTRY, &token);
    if (operation->number == OPERATION_CARD_CHALLENGE) {
        challenge(n, gateway, m->request);
        return;
    }
    if (!s && operation->strength != STRENGTH_OPEN) {
        identity_problem(n, gateway, m->request, 401, "", "Badge in again.",
                         "Badge in at the entry page.");
        return;
    }
    bool reading = operation->number == OPERATION_GET_CARD_TRUST;
    if ((reading || operation->number == OPERATION_SET_CARD_TRUST) &&
        !officer_may(n, operation, s, NULL)) {
        identity_problem(n, gateway, m->request, 404, "",
                         "There is nothing here that you may open or do under that name.", "");
        return;
    }
    if (reading) {
        answer_trust(n, gateway, m->request);
        return;
    }
    struct pending *p = pending_new(n, gateway, m->request, operation, m->body);
    if (!p)
        return;
    if (s && operation->strength != STRENGTH_OPEN) {
        p->token = token;
        p->person = s->person;
        memcpy(p->session, s->session, 16);
    }
    begin(n, p);
}

void cards_go_on(struct identity *n, struct pending *p)
{
    switch (p->operation) {
    case OPERATION_SIGN_IN_CARD:
        signin_answer(n, p, p->person, SESSION_ALONE, FACTOR_PIV);
        return;
    case OPERATION_REGISTER_CARD:
        registered(n, p);
        return;
    default:
        trusted(n, p);
    }
}
