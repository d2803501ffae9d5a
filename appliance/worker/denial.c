/* What the policy refused: remembered for the officer's page, and told to the auditor. */
#include <stdio.h>
#include <string.h>

#include "appliance/quota.h"
#include "appliance/worker/request.h"
#include "enclave/process/os.h"

static struct quota quota;

/* What closes an intent is written in any case. */
static void tell_auditor(struct worker *w, const struct request *q, const uint8_t who[static 16],
                         const char *why)
{
    char detail[QUOTA_TEXT];
    if (quota_line(&quota, who, why, q->acknowledged, os_boot_ms(), detail))
        request_journal(w, q, AUDIT_OUTCOME_DENIED, detail);
}

static void object_text(const struct operation *operation, const struct body *body, char out[64])
{
    char uuid[ANSWER_UUID_TEXT] = "";
    for (size_t i = 0; i < operation->fields_count; i++)
        if (operation->fields[i].kind == FIELD_REF && body->values[i].present && !uuid[0])
            answer_uuid_text(body->values[i].bytes, uuid);
    snprintf(out, 64, "%s %s", operation->resource, uuid);
}

void denial_remember(struct worker *w, const struct request *q, const struct decision *decision)
{
    char detail[DECIDE_DETAIL];
    struct denial *d = &w->denials[w->denials_count++ % DENIALS_MAX];
    *d = (struct denial){.at_ms = os_utc_ms(), .erred = decision->erred};
    snprintf(d->person, sizeof d->person, "%s", q->asker.person->name);
    for (size_t i = 0; q->operation->name[i] && i + 1 < sizeof d->operation; i++)
        d->operation[i] = q->operation->name[i] == '_' ? '-' : q->operation->name[i];
    object_text(q->operation, &w->body, d->object);
    d->reasons = decision->reasons;
    memcpy(d->reason, decision->reason, sizeof d->reason);
    tell_auditor(w, q, q->asker.token->session, decide_detail(decision, detail));
}

void denial_statement(struct worker *w, const struct request *q, const char *why)
{
    tell_auditor(w, q, q->asker.token->session, why);
}

void denial_token(struct worker *w, const struct request *q)
{
    if (q->token.length == TOKEN_TEXT)
        tell_auditor(w, q, q->station, "a token that is not good here");
}
