/* A request's way through the worker. */
#include "appliance/audit_class.h"
#include "appliance/worker/request.h"

#include <stdio.h>
#include <string.h>

#include "appliance/worker/desk.h"
#include "appliance/worker/halves.h"
#include "appliance/worker/late.h"
#include "appliance/worker/unsure.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

/* ---- the common part of events ---- */

void request_common(struct worker *w, struct event_common *common)
{
    *common = (struct event_common){0};
    os_uuid(common->id);
    common->utc_ms = w->floor_ms = worker_now(w);
    common->performed_ms = common->utc_ms;
    common->boot_ms = os_boot_ms();
    common->epoch = w->snapshot ? w->snapshot->epoch : 0;
    memcpy(common->policy, decider_hash(w->decider), 32);
}

int worker_event(struct worker *w, struct event *event)
{
    static uint8_t payload[STORE_PAYLOAD_MAX];
    struct bytes_put put = bytes_into(payload, sizeof payload);
    size_t length;
    uint64_t sequence;
    int r = request_transaction(w);
    event_encode(event, &put);
    if (r == 0)
        r = bytes_put_done(&put, &length);
    if (r == 0)
        r = store_append(w->store, bytes_view_of(payload, length), &sequence);
    return r ? r : mes_apply(w->mes, event, sequence);
}

/* ---- running ---- */

static int open_object(struct worker *w, struct command *c)
{
    struct event event = {.number = EVENT_OBJECT_OPENED};
    struct event_object_opened *m = &event.object_opened;
    bool document = c->operation->number == OPERATION_GET_DOCUMENT;
    uint8_t key[37], digest[32];
    m->kind = document;
    memcpy(m->object, body_value(c->body, document ? "document" : "unit")->bytes, 16);
    /* which part of a document, 0 where none was named; which operation of a unit */
    m->sequence = (uint32_t)body_value(c->body, document ? "part" : "sequence")->number;
    struct bytes_put put = bytes_into(key, sizeof key);
    bytes_put_u8(&put, m->kind);
    bytes_put_fixed(&put, c->common.session, 16);
    bytes_put_fixed(&put, m->object, 16);
    bytes_put_u32(&put, m->sequence);
    hash_content("casemate/opening/1", bytes_view_of(key, sizeof key), digest);
    /* the newest first in its row: a page asks again every two seconds, and two that met in one
     * place would be written without end */
    struct opening *row = w->openings[(digest[30] << 8 | digest[31]) % OPENING_ROWS];
    for (size_t i = 0; i < OPENINGS_A_ROW; i++)
        if (memcmp(row[i].digest, digest, sizeof row[i].digest) == 0)
            return 0;
    int r = request_transaction(w);
    uint64_t number = store_size(w->store);
    if (r == 0)
        r = mes_emit(c, &event);
    if (r)
        return r;
    memmove(row + 1, row, (OPENINGS_A_ROW - 1) * sizeof *row);
    memcpy(row->digest, digest, sizeof row->digest);
    row->event = number;
    return 0;
}

/* The first answer again, from what the log says was done. */
static void answer_again(struct worker *w, const struct request *q, uint64_t event_number)
{
    struct answer_done done = {0};
    char text[600] = "";
    uint8_t json[1024];
    struct bytes_put put = bytes_into(json, sizeof json);
    struct store_event stored;
    struct event event;
    uint8_t id[16];
    memcpy(id, w->body.values[0].bytes, 16);
    int r = 0;
    for (uint64_t i = event_number; (r = store_read(w->store, i, &stored)) == 0; i++) {
        r = event_decode(stored.payload, &event);
        if (r || memcmp(event.common.id, id, 16) != 0)
            break;
        mes_describe(w->mes, &event, &done, text, sizeof text);
    }
    if (r && r != ERR_UNKNOWN)
        unsure_end(r, "while it was read what a request had done");
    answer_write_done(&done, &put);
    /* what an earlier batch has recorded stays so, whatever becomes of this one */
    batch_answer(w, q->gateway, q->number, 200, json, bytes_put_length(&put), false, false);
    w->answers[w->answers_count - 1].wrote = w->in_transaction && event_number >= w->batch_from;
}

/* Was a request of this id done before, by this person?  As retries_find(). */
static int done_before(struct worker *w, struct request *q, struct retry *ret_retry)
{
    if (q->operation->method != METHOD_POST)
        return ERR_UNKNOWN;
    memcpy(q->look.person, q->asker.token->person, 16);
    memcpy(q->look.id, w->body.values[0].bytes, 16);
    q->look.operation = q->operation->number;
    return late_find(w, &q->look, ret_retry);
}

/* true when the request is answered already: an old one again, or one that cannot be. */
static bool is_answered(struct worker *w, const struct request *q, const struct retry *retry)
{
    uint8_t digest[32];
    const uint8_t *id = w->body.values[0].bytes;
    int64_t made = 0;
    for (int i = 0; i < 6; i++)
        made = made << 8 | id[i];
    if (retry) { /* whatever the clock says now: it was done */
        hash_content("casemate/body/1", q->body, digest);
        if (memcmp(retry->body, digest, 32) == 0)
            answer_again(w, q, retry->event);
        else
            batch_words(w, q->gateway, q->number, 409,
                        "This id was used before, for something else.",
                        "What was recorded then is unchanged.", "Send the request with a new id.");
        return true;
    }
    if (made <= os_utc_ms() + REQUEST_FUTURE_MS)
        return false;
    batch_words(w, q->gateway, q->number, 400,
                "The request's id says a time more than five minutes ahead of the box's clock.",
                "Nothing was recorded.",
                "Badge in again, so that the station takes the box's time.");
    return true;
}

static void circumstance_of(const struct worker *w, const struct request *q,
                            struct circumstance *ret)
{
    const struct token *t = q->asker.token;
    *ret = (struct circumstance){.factor = t->factor, .now_ms = worker_now(w)};
    ret->since_ms = (int64_t)(os_boot_ms() - t->verified_ms);
    memcpy(ret->escort, t->escort, 16);
    memcpy(ret->station, t->station, 16);
}

/* What a list may show: decided once for each marking, in the memory of the command. */
#define MARKS_MAX 64
struct marks {
    struct worker *w;
    const struct circumstance *circumstance;
    size_t count;
    struct {
        const char *marking;
        bool sees;
    } mark[MARKS_MAX];
};

static bool sees(struct command *c, const char *marking)
{
    struct marks *m = c->sees_context;
    struct subject subject = c->subject;
    struct decision decision;
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->mark[i].marking, marking) == 0)
            return m->mark[i].sees;
    subject.marking = marking;
    decide(m->w->decider, c->actor.person->id, c->operation, &subject, m->circumstance, &decision);
    if (m->count < MARKS_MAX) {
        m->mark[m->count].marking = marking;
        m->mark[m->count++].sees = decision.allowed;
    }
    return decision.allowed;
}

static void fill_command(struct worker *w, struct command *c, const struct request *q,
                         const struct decision *decision, struct bytes_put *out)
{
    *c = (struct command){.mes = w->mes, .operation = q->operation, .body = &w->body};
    c->actor.person = q->asker.person;
    memcpy(c->actor.session, q->asker.token->session, 16);
    memcpy(c->actor.station, q->asker.token->station, 16);
    c->status = 200;
    c->body_text = q->body;
    c->statement = q->statement;
    c->now_ms = worker_now(w);
    c->out = out;
    c->arena = w->arena;
    request_common(w, &c->common);
    memcpy(c->common.person, q->asker.token->person, 16);
    memcpy(c->common.session, c->actor.session, 16);
    memcpy(c->common.station, c->actor.station, 16);
    c->common.operation = (uint16_t)q->operation->number;
    c->common.utc_ms = c->now_ms;
    c->common.policies = bytes_text(decision->policies);
}

/* Forbidden and absent are one answer. */
static void answer_nothing(struct worker *w, const struct request *q)
{
    batch_words(w, q->gateway, q->number, 404,
                "There is nothing here that you may open or do under that name.",
                "Nothing was changed.",
                "If you need it for your work, ask your security officer: the reason is on the "
                "Denials page.");
    batch_hold(w);
}

static void is_absent(struct decision *decision)
{
    decision->allowed = false;
    decision->reasons = 1;
    decision->reason[0] = (struct decide_reason){"absent", "There is no such object."};
}

static void deny(struct worker *w, const struct request *q, const struct decision *decision)
{
    denial_remember(w, q, decision);
    answer_nothing(w, q);
}

static void finish(struct worker *w, const struct request *q, struct command *c, bool write)
{
    if (c->absent) { /* seen only while it was looked for */
        struct decision decision = {0};
        is_absent(&decision);
        deny(w, q, &decision);
        return;
    }
    if (c->status >= 400) {
        batch_problem(w, q->gateway, q->number, c->status, &c->problem);
        return;
    }
    if (write)
        answer_write_done(&c->done, c->out);
    if (c->out->error) {
        batch_words(w, q->gateway, q->number, 500, "The answer is longer than one may be.", "",
                    "Tell the system administrator.");
        return;
    }
    batch_answer(w, q->gateway, q->number, c->status, c->out->start, bytes_put_length(c->out),
                 c->raw, c->events > 0);
}

/* The questions and changes of policy; the register's entries are rows as others. */
static bool is_of_the_desk(const struct operation *operation)
{
    return (operation->number >= OPERATION_WHY && operation->number <= OPERATION_GET_RATIONALE) ||
           operation->number == OPERATION_PRINT_RATIONALE;
}

/* The second approval of a release, when the first stands no more: refused, in words. */
static bool approval_is_void(struct worker *w, struct command *c)
{
    const char *who = c->operation->number == OPERATION_APPROVE_RELEASE
                          ? halves_void(w, c->subject.number)
                          : NULL;
    if (who)
        (void)mes_refuse(c, 409, "release",
                         mes_print(c, "%s, who approved it first, may not do so any more.", who),
                         "Nothing was changed.", "Withdraw it, and ask for the week again.");
    return who != NULL;
}

/* Allowed: gates, events, answer. */
/* The first opening of an object is an event of the log; where none may be written the auditor
 * records each one instead, before its bytes leave. */
static bool is_told_first(const struct worker *w, const struct operation *operation)
{
    return operation->audit == AUDIT_SECURITY ||
           (w->closed[0] && operation->audit == AUDIT_OPENING);
}

static void run(struct worker *w, struct request *q, const struct decision *decision,
                const struct subject *subject)
{
    bool write = q->operation->method == METHOD_POST;
    bool logged = !w->closed[0] && (write || q->operation->audit == AUDIT_OPENING);
    struct bytes_put out = bytes_into(w->out, ANSWER_MAX);
    struct command c;
    uint8_t digest[32];
    char halves[STATION_HALVES];
    hash_content("casemate/body/1", q->body, digest);
    struct circumstance circumstance;
    struct marks marks = {.w = w, .circumstance = &circumstance};
    fill_command(w, &c, q, decision, &out);
    circumstance_of(w, q, &circumstance);
    c.sees = sees;
    c.sees_context = &marks;
    c.subject = *subject;
    if (q->operation->number == OPERATION_GET_PROGRAM)
        glass_open(w, &c);
    memcpy(c.common.body, digest, 32);
    if (write)
        memcpy(c.common.id, w->body.values[0].bytes, 16);
    halves_text(w, &c, halves);
    int r = logged && (write || !w->full) ? request_transaction(w) : 0;
    if (r == 0)
        r = q->operation->number == OPERATION_GET_SECURITY     ? security_run(w, &c)
            : q->operation->number == OPERATION_GET_PROOF      ? prove_run(w, &c)
            : q->operation->number == OPERATION_ACCEPT_LOSS    ? loss_run(w, &c)
            : q->operation->number == OPERATION_GET_GLASS_USED ? glass_used_run(w, &c)
            : is_of_the_desk(q->operation)                     ? desk_run(w, &c)
            : approval_is_void(w, &c)                          ? 0
                                                               : mes_run(&c);
    if (r == 0 && logged && q->operation->audit == AUDIT_OPENING && c.status == 200)
        r = open_object(w, &c);
    if (r == ERR_FULL) {
        mes_let_go(&c);
        request_undo(w);
        batch_words(w, q->gateway, q->number, 503, "The store is full. Nothing was recorded.",
                    "What was recorded before is safe.", "Tell the system administrator.");
        request_close_intent(w, q, "the store is full");
        return;
    }
    if (r)
        unsure_end(r, "while a request was carried out");
    if (write && c.events) {
        struct retry retry = {
            .operation = q->operation->number, .event = c.first_event, .utc_ms = c.common.utc_ms};
        memcpy(retry.person, c.common.person, 16);
        memcpy(retry.id, c.common.id, 16);
        memcpy(retry.body, digest, 32);
        retries_add(w->retries, &retry);
    }
    finish(w, q, &c, write);
    mes_let_go(&c);
    if (c.absent)
        return; /* the denial has been journaled */
    bool told = q->acknowledged || is_told_first(w, q->operation);
    if (told && c.status < 400)
        request_journal_done(w, q, halves);
    else if (told)
        request_journal(w, q, AUDIT_OUTCOME_REFUSED, "");
}

/* The markings as the rows have them now; after a refused batch, too. */
static void follow_markings(struct worker *w)
{
    size_t rows =
        rows_count(w->mes->entities, ENTITY_MARKING) + rows_count(w->mes->entities, ENTITY_PROGRAM);
    if (rows == w->markings_rows)
        return;
    w->markings_count = mes_markings(w->mes, INT64_MAX, w->markings, MES_MARKINGS_MAX);
    if (decider_markings(w->decider, w->markings, w->markings_count, worker_now(w)) != 0)
        log_die("the markings cannot be decided on");
    w->markings_rows = rows;
}

void request_handle(struct worker *w, struct request *q)
{
    struct subject subject;
    struct decision decision;
    struct circumstance circumstance;
    struct retry retry;
    /* room for its answer before its events: a batch that ended between the two, and was refused by
     * the disk, would let this answer say that something is recorded which is not */
    if (w->answers_count == BATCH_MAX)
        request_batch_end(w);
    if (!request_is_heard(w, q))
        return;
    mes_subject(w->mes, q->operation, &w->body, &subject);
    audit_object(q->operation, &w->body, q->object);
    memcpy(q->initiator, subject.requester, 16);
    int done = done_before(w, q, &retry);
    if (done == ERR_STATE) {
        late_wait(w, q);
        return;
    }
    bool again = done == 0;
    if (again) /* it is only answered: that the first approval is this one forbids nothing */
        memset(subject.approver, 0, sizeof subject.approver);
    circumstance_of(w, q, &circumstance);
    follow_markings(w);
    decide(w->decider, q->asker.person->id, q->operation, &subject, &circumstance, &decision);
    snprintf(q->policies, sizeof q->policies, "%s", decision.policies);
    if (!subject.exists)
        is_absent(&decision);
    if (!decision.allowed) {
        deny(w, q, &decision);
        return;
    }
    if (q->operation->method == METHOD_POST && is_answered(w, q, again ? &retry : NULL)) {
        if (q->acknowledged && again) /* its intent is closed by what was done */
            request_journal_done(w, q, "");
        else
            request_close_intent(w, q, "its time lies ahead");
        return;
    }
    if (!request_is_signed(w, q))
        return;
    if (is_told_first(w, q->operation) && !q->acknowledged)
        request_take_intent(w, q);
    else
        run(w, q, &decision, &subject);
}

void request_arrived(struct worker *w, struct peer *gateway, const struct message_request *m)
{
    static struct request q;
    q = (struct request){.gateway = gateway, .number = m->request, .token = m->token};
    q.statement_text = m->statement;
    q.body = m->body;
    memcpy(q.station, m->station, STATION_ID);
    q.operation = operation_by_number(m->operation);
    if (!q.operation || q.operation->server != SERVER_WORKER)
        log_die("the gateway sent an operation that is not the worker's");
    request_handle(w, &q);
}
