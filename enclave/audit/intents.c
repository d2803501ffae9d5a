/* What happened, and what is about to: the records that programs send. */
#include <libaudit.h>
#include <stdio.h>
#include <string.h>

#include "enclave/audit/auditor.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"

static void remember_intent(struct auditor *auditor, const char *origin,
                            const uint8_t id[static 16], const uint8_t person[static 16],
                            uint16_t operation)
{
    for (size_t i = 0; i < INTENTS_MAX; i++) {
        struct open_intent *n = &auditor->intents[i];
        if (n->used)
            continue;
        *n = (struct open_intent){.used = true, .operation = operation};
        snprintf(n->origin, sizeof n->origin, "%s", origin);
        memcpy(n->id, id, 16);
        memcpy(n->person, person, 16);
        return;
    }
}

static void close_intent(struct auditor *auditor, const char *origin, const uint8_t id[static 16])
{
    for (size_t i = 0; i < INTENTS_MAX; i++) {
        struct open_intent *n = &auditor->intents[i];
        if (n->used && memcmp(n->id, id, 16) == 0 && strcmp(n->origin, origin) == 0)
            n->used = false;
    }
}

/* The kernel's audit log, where it accepts them; the journal always. */
static void tell_kernel(struct auditor *auditor, const char *origin, const struct message_audit *m)
{
    char text[200];
    if (auditor->kernel < 0)
        return;
    snprintf(text, sizeof text, "op=casemate origin=%s class=%u operation=%u", origin,
             m->event_class, m->operation);
    if (audit_log_user_message(auditor->kernel, AUDIT_TRUSTED_APP, text, NULL, NULL, "",
                               m->outcome == AUDIT_OUTCOME_DONE) <= 0) {
        log_info("the kernel's audit system does not accept records here; the journal keeps them");
        audit_close(auditor->kernel);
        auditor->kernel = -1;
    }
}

void intents_take(struct auditor *auditor, struct peer *peer, const struct message_audit *m)
{
    char origin[JOURNAL_ORIGIN], fields[600], id[33], person[33], session[33], station[33];
    char detail[201];
    size_t n = m->detail.length;
    auditor_origin(peer, origin);
    bytes_to_hex(m->id, 16, id);
    bytes_to_hex(m->person, 16, person);
    bytes_to_hex(m->session, 16, session);
    bytes_to_hex(m->station, 16, station);
    for (size_t i = 0; i < n; i++) /* one line, one record */
        detail[i] =
            m->detail.data[i] > 0x20 && m->detail.data[i] < 0x7f ? (char)m->detail.data[i] : '_';
    detail[n] = '\0';
    snprintf(fields, sizeof fields, "%u %u %s %s %s %s %u %s", m->event_class, m->outcome, id,
             person, session, station, m->operation, n ? detail : "-");
    auditor_add(auditor, origin, "audit", fields);
    if (m->outcome != AUDIT_OUTCOME_INTENT) {
        close_intent(auditor, origin, m->id);
        tell_kernel(auditor, origin, m);
        return;
    }
    remember_intent(auditor, origin, m->id, m->person, m->operation);
    struct waiting *w = auditor_later(auditor, peer);
    w->message.number = MESSAGE_AUDIT_ACK;
    memcpy(w->message.audit_ack.id, m->id, 16);
}

void intents_read(struct auditor *auditor, const char *origin, char *fields)
{
    unsigned event_class, outcome, operation;
    char id[33], person[33];
    uint8_t id_bytes[16], person_bytes[16];
    if (sscanf(fields, "%u %u %32s %32s %*s %*s %u", &event_class, &outcome, id, person,
               &operation) != 5 ||
        bytes_from_hex(bytes_text(id), 16, id_bytes) != 0 ||
        bytes_from_hex(bytes_text(person), 16, person_bytes) != 0)
        return;
    if (outcome == AUDIT_OUTCOME_INTENT)
        remember_intent(auditor, origin, id_bytes, person_bytes, (uint16_t)operation);
    else
        close_intent(auditor, origin, id_bytes);
}

void intents_ask(struct auditor *auditor, struct peer *peer)
{
    char origin[JOURNAL_ORIGIN];
    auditor_origin(peer, origin);
    for (size_t i = 0; i < INTENTS_MAX; i++) {
        const struct open_intent *n = &auditor->intents[i];
        struct message m = {.number = MESSAGE_AUDIT};
        if (!n->used || strcmp(n->origin, origin) != 0)
            continue;
        memcpy(m.audit.id, n->id, 16);
        memcpy(m.audit.person, n->person, 16);
        m.audit.operation = n->operation;
        m.audit.outcome = AUDIT_OUTCOME_INTENT;
        (void)!process_send(peer, &m);
    }
}
