/* What the auditor is told, and requests that wait for its word before they are carried out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/audit_class.h"
#include "appliance/worker/request.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

static int64_t level_of(const struct worker *w)
{
    const struct program_info *program = mes_program(w->mes);
    return program ? program->level : 0;
}

static struct message_audit audit_of(const struct worker *w, const struct request *q,
                                     unsigned outcome, const char *detail)
{
    struct message_audit audit = {.outcome = (uint8_t)outcome, .detail = bytes_text(detail)};
    os_uuid(audit.id);
    if (q->acknowledged) /* the id of its intent, which this closes */
        memcpy(audit.id, q->intent, 16);
    else if (q->operation->audit == AUDIT_SECURITY && q->asker.token)
        memcpy(audit.id, w->body.values[0].bytes, 16);
    audit.type = AUDIT_TYPE_OPERATION;
    audit.event_class = (uint16_t)audit_class_of(q->operation->number);
    audit.level = (uint8_t)level_of(w);
    audit.epoch =
        w->snapshot ? w->snapshot->epoch : 0; /* a token may come before anybody is known */
    audit.policies = bytes_text(q->policies);
    memcpy(audit.initiator, q->initiator, 16);
    memcpy(audit.object, q->object, 16);
    hash_content("casemate/body/1", q->body, audit.after); /* as its event in the log has it */
    memcpy(audit.station, q->station, 16);
    if (q->asker.token) { /* else the session ended while the intent was written */
        memcpy(audit.person, q->asker.token->person, 16);
        memcpy(audit.session, q->asker.token->session, 16);
        memcpy(audit.station, q->asker.token->station, 16);
    }
    audit.operation = (uint16_t)q->operation->number;
    return audit;
}

void request_journal(struct worker *w, const struct request *q, unsigned outcome,
                     const char *detail)
{
    struct message_audit audit = audit_of(w, q, outcome, detail);
    batch_journal(w, &audit);
}

void request_journal_done(struct worker *w, const struct request *q, const char *detail)
{
    struct answer_waiting *a = &w->answers[w->answers_count - 1];
    a->journaled = true;
    snprintf(a->detail, sizeof a->detail, "%s", detail);
    memcpy(a->policies, q->policies, sizeof a->policies);
    a->audit = audit_of(w, q, AUDIT_OUTCOME_DONE, a->detail);
    a->audit.policies = bytes_text(a->policies); /* the request is gone when it is sent */
}

void request_close_intent(struct worker *w, const struct request *q, const char *why)
{
    if (q->acknowledged)
        request_journal(w, q, AUDIT_OUTCOME_REFUSED, why);
}

/* ---- requests that wait ---- */

void request_keep(const struct request *q, struct request_kept *kept)
{
    size_t length = q->token.length + q->statement_text.length + q->body.length;
    struct bytes_put put;
    *kept = (struct request_kept){.gateway = q->gateway, .request = q->number, .look = q->look};
    kept->operation = q->operation->number;
    memcpy(kept->station, q->station, STATION_ID);
    kept->copy = malloc(length ? length : 1);
    if (!kept->copy)
        log_die("out of memory");
    put = bytes_into(kept->copy, length);
    bytes_put_fixed(&put, q->token.data, q->token.length);
    bytes_put_fixed(&put, q->statement_text.data, q->statement_text.length);
    bytes_put_fixed(&put, q->body.data, q->body.length);
    kept->token = q->token.length;
    kept->statement = q->statement_text.length;
    kept->body = q->body.length;
}

void request_take_up(const struct request_kept *kept, struct request *q)
{
    *q = (struct request){.gateway = kept->gateway, .number = kept->request, .look = kept->look};
    q->operation = operation_by_number(kept->operation);
    q->token = bytes_view_of(kept->copy, kept->token);
    q->statement_text = bytes_view_of(kept->copy + kept->token, kept->statement);
    q->body = bytes_view_of(kept->copy + kept->token + kept->statement, kept->body);
    memcpy(q->station, kept->station, STATION_ID);
}

/* The auditor's word is for an id: two that have one may not wait for it at once. */
static bool waits_already(const struct worker *w, const struct request *q)
{
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (w->intents[i].used && q->operation->audit == AUDIT_SECURITY &&
            memcmp(w->intents[i].id, w->body.values[0].bytes, 16) == 0)
            return true;
    return false;
}

void request_take_intent(struct worker *w, const struct request *q)
{
    struct message m = {.number = MESSAGE_AUDIT};
    struct peer *auditor = process_peer(w->process, 8, "");
    struct intent *free_place = NULL;
    for (size_t i = 0; i < WAITING_MAX && !free_place; i++)
        if (!w->intents[i].used)
            free_place = &w->intents[i];
    if (!free_place || !auditor) {
        batch_words(w, q->gateway, q->number, 503,
                    "The auditor is not there, and without its record this cannot be done.",
                    "Nothing was changed. Production goes on.", "Try again in a moment.");
        return;
    }
    if (waits_already(w, q)) {
        batch_words(
            w, q->gateway, q->number, 503, "A request of this id waits for the auditor's record.",
            "It is recorded once, or not at all.", "Send it again in a moment, with the same id.");
        return;
    }
    *free_place = (struct intent){.used = true};
    request_keep(q, &free_place->kept);
    if (q->operation->audit == AUDIT_SECURITY)
        memcpy(free_place->id, w->body.values[0].bytes, 16); /* the request's own id */
    else
        os_uuid(free_place->id);
    m.audit = audit_of(w, q, AUDIT_OUTCOME_INTENT, "");
    memcpy(m.audit.id, free_place->id, 16);
    if (process_send(auditor, &m) == 0)
        return;
    free(free_place->kept.copy);
    *free_place = (struct intent){0};
    batch_words(w, q->gateway, q->number, 503, "The auditor does not answer.",
                "Nothing was changed.", "Try again in a moment.");
}

void request_intent_acknowledged(struct worker *w, const uint8_t id[static 16])
{
    static struct request q;
    for (size_t i = 0; i < WAITING_MAX; i++) {
        struct intent *n = &w->intents[i];
        if (!n->used || memcmp(n->id, id, 16) != 0)
            continue;
        request_take_up(&n->kept, &q);
        q.acknowledged = true;
        memcpy(q.intent, n->id, 16);
        n->used = false;
        request_handle(w, &q); /* decided again: things may have changed */
        free(n->kept.copy);
        n->kept.copy = NULL;
        return;
    }
}

/* It may not be carried out: its intent is not on record. */
static void give_back(struct worker *w, struct intent *n, const char *why, const char *todo)
{
    n->used = false;
    free(n->kept.copy);
    n->kept.copy = NULL;
    if (n->kept.gateway)
        batch_words(w, n->kept.gateway, n->kept.request, 503, why,
                    "Nothing was changed. Production goes on.", todo);
}

void request_intent_refused(struct worker *w, const struct message_audit_refused *m)
{
    char why[300];
    snprintf(why, sizeof why, "%.*s Without its record this cannot be done.",
             (int)m->sentence.length, (const char *)m->sentence.data);
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (w->intents[i].used && memcmp(w->intents[i].id, m->id, 16) == 0)
            give_back(w, &w->intents[i], why, "Tell the system administrator, then try again.");
}

void request_auditor_gone(struct worker *w)
{
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (w->intents[i].used)
            give_back(w, &w->intents[i], "The auditor went away before it had recorded this.",
                      "Try again in a moment.");
}
