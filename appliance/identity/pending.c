/* Requests that wait for the hasher, then for the auditor; and the journal. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

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

/* The classes of the journal: 1 is signing in, 5 the lifecycle of accounts and credentials,
 * 6 policy, 8 broken glass. */
static uint16_t class_of(unsigned operation)
{
    switch (operation) {
    case OPERATION_END_SESSION:
    case OPERATION_RELEASE_PERSON:
    case OPERATION_SET_LOCKOUT:
    case OPERATION_REGISTER_CHALLENGE:
    case OPERATION_REGISTER_KEY:
    case OPERATION_APPROVE_CREDENTIAL:
    case OPERATION_REVOKE_CREDENTIAL:
    case OPERATION_REGISTER_CARD:
    case OPERATION_SET_CARD_TRUST:
    case OPERATION_CHANGE_PIN:
    case OPERATION_RESET_PIN:
        return 5;
    case OPERATION_BREAK_GLASS:
    case OPERATION_REVIEW_GLASS:
        return 8;
    case OPERATION_PROPOSE_SITE_POLICY:
    case OPERATION_INSTALL_SITE_POLICY:
    case OPERATION_DECLINE_SITE_POLICY:
        return 6;
    default:
        return 1;
    }
}

static void fill_audit(const struct identity *n, const struct pending *p, struct message *m)
{
    *m = (struct message){.number = MESSAGE_AUDIT};
    size_t who = p->visitor < PEOPLE_MAX ? p->visitor : p->person;
    memcpy(m->audit.id, p->id, 16);
    m->audit.event_class = class_of(p->operation);
    if (who < PEOPLE_MAX)
        memcpy(m->audit.person, n->people[who].person, 16);
    memcpy(m->audit.session, p->session, 16);
    memcpy(m->audit.station, p->station, 16);
    m->audit.operation = (uint16_t)p->operation;
}

int pending_intent(struct identity *n, struct pending *p)
{
    struct message m;
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
