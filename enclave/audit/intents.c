/* What is about to be done, until what became of it has come. */
#include <stdio.h>
#include <string.h>

#include "enclave/audit/auditor.h"

static bool remember(struct auditor *auditor, const char *origin, const uint8_t id[static 16],
                     const uint8_t person[static 16], uint16_t operation)
{
    struct open_intent *free_place = NULL;
    size_t own = 0;
    for (size_t i = 0; i < auditor->intents_end; i++) {
        struct open_intent *n = &auditor->intents[i];
        if (!n->used && !free_place)
            free_place = n;
        own += n->used && strcmp(n->origin, origin) == 0;
    }
    if ((!free_place && auditor->intents_end == INTENTS_MAX) || own >= INTENTS_OF_ONE)
        return false;
    if (!free_place)
        free_place = &auditor->intents[auditor->intents_end++];
    *free_place = (struct open_intent){.used = true, .operation = operation};
    snprintf(free_place->origin, sizeof free_place->origin, "%s", origin);
    memcpy(free_place->id, id, 16);
    memcpy(free_place->person, person, 16);
    return true;
}

bool intents_open(struct auditor *auditor, const char *origin, const struct message_audit *m)
{
    return remember(auditor, origin, m->id, m->person, m->operation);
}

bool intents_close(struct auditor *auditor, const char *origin, const uint8_t id[static 16])
{
    bool closed = false;
    for (size_t i = 0; i < auditor->intents_end; i++) {
        struct open_intent *n = &auditor->intents[i];
        if (!n->used || memcmp(n->id, id, 16) != 0 || strcmp(n->origin, origin) != 0)
            continue;
        n->used = false;
        closed = true;
    }
    while (auditor->intents_end && !auditor->intents[auditor->intents_end - 1].used)
        auditor->intents_end--;
    return closed;
}

bool intents_read(struct auditor *auditor, const char *origin, const char *fields)
{
    unsigned event_class, outcome, operation;
    char id[33], person[33];
    uint8_t id_bytes[16], person_bytes[16];
    if (sscanf(fields, "%u %u %32s %32s %*s %*s %u", &event_class, &outcome, id, person,
               &operation) != 5 ||
        bytes_from_hex(bytes_text(id), 16, id_bytes) != 0 ||
        bytes_from_hex(bytes_text(person), 16, person_bytes) != 0)
        return false;
    if (outcome == AUDIT_OUTCOME_INTENT) {
        (void)remember(auditor, origin, id_bytes, person_bytes, (uint16_t)operation);
        return true;
    }
    return intents_close(auditor, origin, id_bytes);
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

int intents_carry(struct auditor *auditor, struct journal *journal)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < INTENTS_MAX; i++) {
        const struct open_intent *n = &auditor->intents[i];
        struct message_audit m = {.type = AUDIT_TYPE_OPERATION, .outcome = AUDIT_OUTCOME_INTENT};
        char text[RECORD_TEXT];
        if (!n->used)
            continue;
        memcpy(m.id, n->id, 16);
        memcpy(m.person, n->person, 16);
        m.operation = n->operation;
        m.detail = bytes_text("carried over");
        records_text(&m, text);
        r = journal_add(journal, n->origin, "audit", text);
    }
    return r;
}
