/* Requests that wait until the log says whether they were done. */
#include "appliance/worker/late.h"

#include <stdlib.h>
#include <string.h>

#include "appliance/worker/unsure.h"
#include "enclave/process/log.h"

struct late {
    bool question; /* of the auditor; else a request */
    bool acknowledged;
    uint8_t intent[16];
    struct request_kept kept;
};

int late_find(struct worker *w, struct retry_look *look, struct retry *ret_retry)
{
    struct retry_look *const looks[] = {look};
    int r = retries_find(w->retries, w->store, look, ret_retry);
    if (r == ERR_STATE && w->late_read < LATE_SLICE) {
        uint64_t most = LATE_SLICE - w->late_read, all = look->below - look->first;
        w->late_read += all < most ? all : most;
        r = retries_look(w->store, looks, 1, 0, most);
        if (r == 0)
            r = retries_find(w->retries, w->store, look, ret_retry);
    }
    if (r && r != ERR_UNKNOWN && r != ERR_STATE)
        unsure_end(r, "while it was looked up whether a request was done before");
    return r;
}

/* ---- waiting ---- */

static struct late *add(struct worker *w, const struct retry_look *look)
{
    struct late *late = calloc(1, sizeof *late);
    if (!late)
        log_die("out of memory");
    late->kept.look = *look;
    return w->late[w->late_count++] = late;
}

/* Does it wait already, or may no more do? */
static bool is_refused(const struct worker *w, const struct retry_look *look)
{
    size_t all = 0, own = 0;
    for (size_t i = 0; i < w->late_count; i++) {
        const struct retry_look *other = &w->late[i]->kept.look;
        if (w->late[i]->question)
            continue;
        bool of_one = memcmp(other->person, look->person, 16) == 0;
        if (of_one && other->operation == look->operation && memcmp(other->id, look->id, 16) == 0)
            return true;
        all++;
        own += of_one;
    }
    return all >= LATE_MAX || own >= LATE_OF_ONE;
}

void late_wait(struct worker *w, const struct request *q)
{
    if (is_refused(w, &q->look)) {
        batch_words(w, q->gateway, q->number, 503,
                    "Whether this was recorded before is still looked for in the log.",
                    "If it was recorded it stays recorded once.",
                    "Send it again in a moment, with the same id.");
        request_close_intent(w, q, "it was not known whether it was done before");
        return;
    }
    struct late *late = add(w, &q->look);
    late->acknowledged = q->acknowledged;
    memcpy(late->intent, q->intent, 16);
    request_keep(q, &late->kept);
}

void late_forget_gateway(struct worker *w, const struct peer *gateway)
{
    for (size_t i = 0; i < w->late_count; i++)
        if (w->late[i]->kept.gateway == gateway)
            w->late[i]->kept.gateway = NULL;
}

/* ---- the auditor's questions, after a restart ---- */

static void tell(struct worker *w, const struct retry_look *look, bool done)
{
    struct message m = {.number = MESSAGE_AUDIT};
    memcpy(m.audit.id, look->id, 16);
    memcpy(m.audit.person, look->person, 16);
    m.audit.operation = (uint16_t)look->operation;
    m.audit.detail = m.audit.policies = bytes_text("");
    m.audit.outcome = done ? AUDIT_OUTCOME_DONE : AUDIT_OUTCOME_UNKNOWN;
    (void)!process_send(process_peer(w->process, 8, ""), &m);
}

static bool is_told(struct worker *w, struct retry_look *look)
{
    struct retry retry;
    if (w->in_transaction)
        request_batch_end(w); /* what it says was done is on the disk */
    int r = late_find(w, look, &retry);
    if (r != ERR_STATE)
        tell(w, look, r == 0);
    return r != ERR_STATE;
}

void late_question(struct worker *w, const struct message_audit *m)
{
    struct retry_look look = {.operation = m->operation};
    size_t waiting = 0;
    memcpy(look.person, m->person, 16);
    memcpy(look.id, m->id, 16);
    if (is_told(w, &look))
        return;
    for (size_t i = 0; i < w->late_count; i++)
        waiting += w->late[i]->question;
    if (waiting < LATE_QUESTIONS)
        add(w, &look)->question = true;
    else
        log_err("the auditor asks for more than %d intents at once; it asks again", LATE_QUESTIONS);
}

/* ---- a turn ---- */

static void go_on(struct worker *w, struct late *late)
{
    static struct request q;
    if (late->question) {
        if (!is_told(w, &late->kept.look))
            add(w, &late->kept.look)->question = true;
        return;
    }
    request_take_up(&late->kept, &q);
    q.acknowledged = late->acknowledged;
    memcpy(q.intent, late->intent, 16);
    request_handle(w, &q); /* decided now: things may have changed */
    free(late->kept.copy);
}

void late_answer(struct worker *w)
{
    for (size_t i = 0; i < w->late_count;) {
        struct late *late = w->late[i];
        if (!retries_looked(&late->kept.look)) {
            i++;
            continue;
        }
        memmove(w->late + i, w->late + i + 1, (--w->late_count - i) * sizeof w->late[0]);
        go_on(w, late);
        free(late);
    }
}

/* The one that has come back least, or the one that has waited longest. */
static size_t leader_of(struct worker *w, struct retry_look *const *looks)
{
    size_t leader = 0;
    w->late_oldest = !w->late_oldest;
    for (size_t i = 1; !w->late_oldest && i < w->late_count; i++)
        if (looks[i]->below > looks[leader]->below)
            leader = i;
    return leader;
}

bool late_turn(struct worker *w)
{
    struct retry_look *looks[LATE_PLACES];
    w->late_read = 0;
    if (w->late_count == 0 || w->in_transaction)
        return w->late_count > 0;
    for (size_t i = 0; i < w->late_count; i++)
        looks[i] = &w->late[i]->kept.look;
    int r = retries_look(w->store, looks, w->late_count, leader_of(w, looks), LATE_SLICE);
    if (r)
        unsure_end(r, "while it was looked up whether a request was done before");
    return true;
}
