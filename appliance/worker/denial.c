/* What the policy refused: remembered for the officer's page, and told to the auditor. */
#include <stdio.h>
#include <string.h>

#include "appliance/worker/request.h"
#include "enclave/process/os.h"

/* A session that is refused again and again may not fill the journal: so many in a minute are
 * written one by one, the rest as a number with the next one. */
#define SESSIONS  64
#define A_MINUTE  20
#define WINDOW_MS 60000

static struct window {
    uint8_t session[16];
    uint64_t began_ms;
    unsigned written, left_out;
} windows[SESSIONS];

/* The window of this session, in place of the one that began longest ago if it has none. */
static struct window *window_of(const uint8_t session[static 16])
{
    struct window *oldest = &windows[0];
    for (size_t i = 0; i < SESSIONS; i++) {
        if (windows[i].began_ms && memcmp(windows[i].session, session, 16) == 0)
            return &windows[i];
        if (windows[i].began_ms < oldest->began_ms)
            oldest = &windows[i];
    }
    *oldest = (struct window){.began_ms = os_boot_ms()};
    memcpy(oldest->session, session, 16);
    return oldest;
}

static void tell_auditor(struct worker *w, const struct request *q, const uint8_t who[static 16],
                         const char *policy)
{
    struct window *window = window_of(who);
    char detail[120];
    if (os_boot_ms() - window->began_ms >= WINDOW_MS) {
        window->began_ms = os_boot_ms();
        window->written = 0;
    }
    if (window->written >= A_MINUTE && !q->acknowledged) { /* what closes an intent is written */
        window->left_out++;
        return;
    }
    window->written++;
    if (window->left_out)
        snprintf(detail, sizeof detail, "%.60s, and %u more before it", policy, window->left_out);
    else
        snprintf(detail, sizeof detail, "%.100s", policy);
    window->left_out = 0;
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
    struct denial *d = &w->denials[w->denials_count++ % DENIALS_MAX];
    *d = (struct denial){.at_ms = os_utc_ms(), .erred = decision->erred};
    snprintf(d->person, sizeof d->person, "%s", q->asker.person->name);
    for (size_t i = 0; q->operation->name[i] && i + 1 < sizeof d->operation; i++)
        d->operation[i] = q->operation->name[i] == '_' ? '-' : q->operation->name[i];
    object_text(q->operation, &w->body, d->object);
    d->reasons = decision->reasons;
    memcpy(d->reason, decision->reason, sizeof d->reason);
    tell_auditor(w, q, q->asker.token->session,
                 decision->reasons ? decision->reason[0].policy : "");
}

void denial_token(struct worker *w, const struct request *q)
{
    if (q->token.length == TOKEN_TEXT)
        tell_auditor(w, q, q->station, "a token that is not good here");
}
