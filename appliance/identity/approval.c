/* Signatures at the entry, and denials there. */
#include <sodium.h>
#include <string.h>

#include "appliance/audit_class.h"
#include "appliance/identity/proof.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "crypto/statement.h"

#define STATEMENT_MS ((int64_t)2 * 60 * 1000)

/* The operation's name as statements write it. */
static void dashed(const struct operation *operation, char out[static 48])
{
    size_t n = 0;
    for (; operation->name[n] && n + 1 < 48; n++)
        out[n] = operation->name[n] == '_' ? '-' : operation->name[n];
    out[n] = '\0';
}

const char *identity_check_statement(struct identity *n, const struct operation *operation,
                                     struct bytes_view text, struct bytes_view body,
                                     const struct token *token)
{
    uint8_t bytes[STATEMENT_MAX], digest[32];
    struct statement s;
    char name[48], place[9] = STATEMENT_ENTRY;
    size_t length;
    if (operation->server == SERVER_DOOR)
        memcpy(place, token->audience, 8);
    dashed(operation, name);
    if (text.length == 0)
        return "This needs your signature.";
    if (sodium_base642bin(bytes, sizeof bytes, (const char *)text.data, text.length, NULL, &length,
                          NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
        statement_check(n->public_key, bytes_view_of(bytes, length), &s) != 0)
        return "The signature is not one that this box made.";
    if (statement_action_digest(name, place, body, digest) != 0 ||
        memcmp(digest, s.action, 32) != 0 || s.operation != operation->number ||
        strcmp(s.enclave, place) != 0)
        return "The signature is for something else.";
    if (memcmp(s.person, token->person, 16) != 0 || memcmp(s.session, token->session, 16) != 0 ||
        memcmp(s.station, token->station, 16) != 0)
        return "The signature is another person's or another session's.";
    int64_t now = identity_now(n);
    if (s.at_ms < now - STATEMENT_MS || s.at_ms > now + STATEMENT_MS)
        return "The signature is more than two minutes old.";
    /* the first keys of a new site: the policy lets a session of badge and PIN approve those alone
     */
    bool first_key =
        operation->number == OPERATION_APPROVE_CREDENTIAL && token->factor == FACTOR_BADGE_PIN;
    /* in an emergency whatever somebody signs in with is enough */
    bool pin_suffices =
        operation->number == OPERATION_BREAK_GLASS || first_key || process_is_training(n->process);
    if (s.factor == STATEMENT_BADGE_PIN && !pin_suffices)
        return "This needs a stronger factor than the one that was shown.";
    return NULL;
}

/* ---- denials, as the journal hears of them ---- */

/* Each gateway has its own: one that names stations without end takes nothing from the others. */
static struct quota *quota_of(const char *door)
{
    static struct {
        char door[ENCLAVE_ID_LENGTH + 1];
        bool used;
        struct quota quota;
    } denied[ENCLAVES_MAX + 1]; /* and the entry's, whose id is "" */
    for (size_t i = 0; i <= ENCLAVES_MAX; i++) {
        if (!denied[i].used) {
            denied[i].used = true;
            memcpy(denied[i].door, door, sizeof denied[i].door);
        }
        if (strcmp(denied[i].door, door) == 0)
            return &denied[i].quota;
    }
    log_die("more gateways than a site can have");
}

static void tell_auditor(struct identity *n, const uint8_t who[static 16], struct message *m,
                         const struct operation *operation, const char *why)
{
    char detail[QUOTA_TEXT];
    if (!quota_line(quota_of(n->door), who, why, false, os_boot_ms(), detail))
        return;
    os_uuid(m->audit.id);
    m->audit.type = AUDIT_TYPE_OPERATION;
    m->audit.event_class = (uint16_t)audit_class_of(operation->number);
    m->audit.outcome = AUDIT_OUTCOME_DENIED;
    m->audit.operation = (uint16_t)operation->number;
    m->audit.detail = bytes_text(detail);
    (void)!process_send(process_peer(n->process, 7, ""), m);
}

void identity_denied(struct identity *n, const struct token *token,
                     const struct operation *operation, const char *why)
{
    struct message m = {.number = MESSAGE_AUDIT};
    memcpy(m.audit.person, token->person, 16);
    memcpy(m.audit.session, token->session, 16);
    memcpy(m.audit.station, token->station, 16);
    tell_auditor(n, token->session, &m, operation, why);
}

void identity_refused(struct identity *n, const struct operation *operation, const char *why)
{
    struct message m = {.number = MESSAGE_AUDIT};
    memcpy(m.audit.station, n->station, 16);
    tell_auditor(n, n->station, &m, operation, why);
}

void identity_refused_proof(struct identity *n, const struct pending *p, unsigned outcome,
                            const char *why)
{
    static const uint8_t none[16];
    bool in_session = memcmp(p->session, none, sizeof none) != 0;
    char detail[QUOTA_TEXT];
    if (quota_line(quota_of(p->enclave), in_session ? p->session : p->station, why, false,
                   os_boot_ms(), detail))
        identity_journal(n, p, outcome, detail);
}

void identity_refused_token(struct identity *n, struct peer *gateway,
                            const struct message_request *m, const struct operation *operation)
{
    struct token token;
    bool leaving =
        operation->number == OPERATION_SIGN_OUT || operation->number == OPERATION_SIGN_OUT_ENTRY;
    if (operation->strength != STRENGTH_OPEN && !leaving && m->token.length == TOKEN_TEXT &&
        !lock_session(n, gateway, m, &token))
        identity_refused(n, operation, "a token that is not good here");
}
