/* Requests that wait for the hasher, then for the auditor; and the journal. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/audit_class.h"
#include "appliance/identity/proof.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

struct pending *pending_new(struct identity *n, struct peer *gateway, uint64_t request,
                            const struct operation *operation, struct bytes_view body)
{
    for (size_t i = 0; i < PENDING_MAX; i++) {
        struct pending *p = &n->pending[i];
        if (p->waits != WAITS_NOTHING)
            continue;
        *p = (struct pending){.gateway = gateway, .request = request};
        p->person = p->visitor = PEOPLE_MAX;
        p->operation = operation->number;
        p->body = malloc(body.length + 1);
        if (!p->body)
            log_die("out of memory");
        memcpy(p->body, body.data, body.length);
        p->body_length = body.length;
        memcpy(p->enclave, gateway->enclave, sizeof p->enclave);
        memcpy(p->station, n->station, 16);
        return p;
    }
    identity_problem(n, gateway, request, 503, "", "Too many people are signing in at once.",
                     "Try again in a moment.");
    return NULL;
}

void pending_end(struct pending *p)
{
    if (p->body)
        sodium_memzero(p->body, p->body_length); /* it may hold a PIN */
    free(p->body);
    sodium_memzero(p, sizeof *p);
}

void pending_body(struct identity *n, const struct pending *p)
{
    if (body_decode(operation_by_number(p->operation), bytes_view_of(p->body, p->body_length),
                    n->scratch, BODY_SCRATCH, &n->body) != 0)
        log_die("a body that was decoded once could not be decoded again");
}

int pending_hash(struct identity *n, struct pending *p, struct bytes_view pin,
                 const uint8_t salt[static 16])
{
    struct message m = {.number = MESSAGE_HASH};
    int r = password_pepper(process_key(n->process, KEY_IDENTITY_PEPPER), pin, m.hash.peppered);
    p->waits = WAITS_HASH;
    p->number = ++n->next_number;
    m.hash.request = p->number;
    memcpy(m.hash.salt, salt, 16);
    if (r == 0)
        r = process_send(process_peer(n->process, 6, ""), &m);
    sodium_memzero(&m, sizeof m);
    return r;
}

/* ---- the journal ---- */

static void fill_audit(const struct identity *n, const struct pending *p, struct message *m)
{
    *m = (struct message){.number = MESSAGE_AUDIT};
    size_t who = p->visitor < PEOPLE_MAX ? p->visitor : p->person;
    memcpy(m->audit.id, p->id, 16);
    m->audit.type = AUDIT_TYPE_OPERATION;
    m->audit.event_class = (uint16_t)audit_class_of(p->operation);
    memcpy(m->audit.object, p->object, 16);
    if (!audit_is_guessable(operation_by_number(p->operation)))
        hash_content("casemate/body/1", bytes_view_of(p->body, p->body_length), m->audit.after);
    if (who < PEOPLE_MAX)
        memcpy(m->audit.person, n->people[who].person, 16);
    memcpy(m->audit.session, p->session, 16);
    memcpy(m->audit.station, p->station, 16);
    m->audit.operation = (uint16_t)p->operation;
}

int pending_intent(struct identity *n, struct pending *p)
{
    struct message m;
    pending_body(n, p);
    audit_object(operation_by_number(p->operation), &n->body, p->object);
    os_uuid(p->id);
    p->waits = WAITS_AUDITOR;
    fill_audit(n, p, &m);
    m.audit.outcome = AUDIT_OUTCOME_INTENT;
    return process_send(process_peer(n->process, 7, ""), &m);
}

void identity_journal(struct identity *n, const struct pending *p, unsigned outcome,
                      const char *detail)
{
    struct message m;
    fill_audit(n, p, &m);
    m.audit.outcome = (uint8_t)outcome;
    m.audit.detail = bytes_text(detail);
    (void)!process_send(process_peer(n->process, 7, ""), &m);
}

void identity_note(struct identity *n, unsigned event_class, unsigned operation,
                   const uint8_t person[static 16], const uint8_t session[static 16],
                   const uint8_t station[static 16], unsigned outcome, const char *detail)
{
    struct message m = {.number = MESSAGE_AUDIT};
    os_uuid(m.audit.id);
    m.audit.type = AUDIT_TYPE_OPERATION;
    m.audit.event_class = (uint16_t)event_class;
    m.audit.operation = (uint16_t)operation;
    memcpy(m.audit.person, person, 16);
    memcpy(m.audit.session, session, 16);
    memcpy(m.audit.station, station, 16);
    m.audit.outcome = (uint8_t)outcome;
    m.audit.detail = bytes_text(detail);
    (void)!process_send(process_peer(n->process, 7, ""), &m);
}

void pending_unavailable(struct identity *n, struct pending *p, const char *what)
{
    if (p->trying)
        pin_abandoned(n, p);
    if (p->gateway)
        identity_problem(n, p->gateway, p->request, 503, "", what,
                         "Try again in a moment. Work that has begun goes on.");
    pending_end(p);
}

void signin_refused(struct identity *n, const struct message_audit_refused *m)
{
    char why[300];
    snprintf(why, sizeof why, "%.*s Without its record this cannot be done.",
             (int)m->sentence.length, (const char *)m->sentence.data);
    for (size_t i = 0; i < PENDING_MAX; i++)
        if (n->pending[i].waits == WAITS_AUDITOR && memcmp(n->pending[i].id, m->id, 16) == 0)
            pending_unavailable(n, &n->pending[i], why);
}

void signin_peer_gone(struct identity *n, const struct peer *peer)
{
    for (size_t i = 0; i < PENDING_MAX; i++) {
        struct pending *p = &n->pending[i];
        if (p->waits == WAITS_NOTHING)
            continue;
        if (p->gateway == peer)
            p->gateway = NULL;
        if (peer->program == PROGRAM_HASHER && p->waits == WAITS_HASH)
            pending_unavailable(n, p, "PINs cannot be checked at the moment.");
        else if (peer->program == PROGRAM_AUDITOR && p->waits == WAITS_AUDITOR)
            pending_unavailable(n, p, "The auditor went away.");
    }
}

const char *factor_text(enum factor factor)
{
    static const char *const texts[] = {"none", "badge and PIN", "security key", "PIV card"};
    return texts[factor <= FACTOR_PIV ? factor : FACTOR_NONE];
}
