/* A request's way through the worker, and the batch that it is part of. */
#include "appliance/worker/request.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/worker/desk.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "transfer/statement.h"

#define FUTURE_MS    ((int64_t)5 * 60 * 1000)
#define STATEMENT_MS ((int64_t)2 * 60 * 1000)

/* ---- answers ---- */

static void answer(struct worker *w, struct peer *gateway, uint64_t request, unsigned status,
                   const void *body, size_t length, bool raw, bool wrote)
{
    if (w->answers_count == BATCH_MAX)
        request_batch_end(w);
    struct answer_waiting *a = &w->answers[w->answers_count++];
    *a = (struct answer_waiting){.gateway = gateway,
                                 .request = request,
                                 .status = status,
                                 .raw = raw,
                                 .wrote = wrote,
                                 .body = malloc(length),
                                 .length = length};
    if (!a->body)
        log_die("out of memory");
    memcpy(a->body, body, length);
}

static void answer_problem(struct worker *w, struct peer *gateway, uint64_t request,
                           unsigned status, const struct answer_problem *problem)
{
    uint8_t text[4096];
    struct bytes_put put = bytes_into(text, sizeof text);
    answer_write_problem(problem, &put);
    answer(w, gateway, request, status, text, bytes_put_length(&put), false, false);
}

static void problem(struct worker *w, struct peer *gateway, uint64_t request, unsigned status,
                    const char *error, const char *kept, const char *todo)
{
    answer_problem(w, gateway, request, status,
                   &(struct answer_problem){.error = error, .kept = kept, .todo = todo});
}

#define PART 60000u

static void send_answer(struct answer_waiting *a)
{
    struct message m = {.number = MESSAGE_ANSWER};
    unsigned parts = a->length ? (unsigned)((a->length + PART - 1) / PART) : 1;
    m.answer.request = a->request;
    m.answer.status = (uint16_t)a->status;
    m.answer.kind = a->raw;
    m.answer.parts = (uint16_t)parts;
    if (parts > 1)
        hash_content("casemate/answer/1", bytes_view_of(a->body, a->length), m.answer.digest);
    for (unsigned i = 0; i < parts; i++) {
        size_t at = (size_t)i * PART;
        size_t n = a->length - at < PART ? a->length - at : PART;
        m.answer.part = (uint16_t)i;
        m.answer.body = bytes_view_of(a->body + at, n);
        if (process_send(a->gateway, &m) != 0)
            return; /* the gateway is gone or does not read: the person asks again with the id */
    }
}

/* ---- the batch ---- */

int request_transaction(struct worker *w)
{
    if (w->in_transaction)
        return 0;
    int r = store_begin(w->store);
    w->in_transaction = r == 0;
    return r;
}

/* What was decided in this batch did not happen: memory goes back to what the store says. */
void request_undo(struct worker *w)
{
    store_rollback(w->store);
    w->in_transaction = false;
    memset(w->openings, 0, sizeof w->openings);
    staging_undone();
    if (rows_load(w->mes->entities) != 0 || retries_fill(w->retries, w->store) != 0)
        log_die("the store cannot be read back after a refused batch");
    for (size_t i = 0; i < w->answers_count; i++) {
        struct answer_waiting *a = &w->answers[i];
        if (!a->wrote)
            continue;
        static const char full[] =
            "{\"error\":\"The store is full. Nothing was "
            "recorded.\",\"field\":\"\",\"kept\":\"What "
            "was recorded before is safe.\",\"todo\":\"Tell the system administrator, then try "
            "again.\"}";
        free(a->body);
        a->body = (uint8_t *)strdup(full);
        a->length = a->body ? sizeof full - 1 : 0;
        a->status = 503;
        a->raw = false;
        a->audit.outcome = AUDIT_OUTCOME_REFUSED;
        a->audit.detail = bytes_text("the store is full");
    }
}

static void send_journal(struct worker *w, const struct message_audit *audit)
{
    struct message m = {.number = MESSAGE_AUDIT, .audit = *audit};
    (void)!process_send(process_peer(w->process, 8, ""), &m);
}

void request_batch_end(struct worker *w)
{
    int r = 0;
    if (w->in_transaction) {
        r = rows_save(w->mes->entities);
        if (r == 0)
            r = store_commit(w->store);
        w->in_transaction = false;
        if (r == ERR_FULL)
            request_undo(w);
        else if (r) /* the state of the disk is unknown: never retried into an acknowledgement */
            log_die("the store failed at a commit; this process ends and nothing was acknowledged");
    }
    for (size_t i = 0; i < w->answers_count; i++) {
        if (w->answers[i].journaled)
            send_journal(w, &w->answers[i].audit);
        if (w->answers[i].gateway)
            send_answer(&w->answers[i]);
        free(w->answers[i].body);
    }
    w->answers_count = 0;
    inforce_follow(w);
    staging_answer();
}

void request_forget_gateway(struct worker *w, const struct peer *gateway)
{
    for (size_t i = 0; i < w->answers_count; i++)
        if (w->answers[i].gateway == gateway)
            w->answers[i].gateway = NULL;
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (w->intents[i].gateway == gateway)
            w->intents[i].gateway = NULL;
}

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

/* ---- the journal ---- */

static struct message_audit audit_of(const struct worker *w, const struct request *q,
                                     unsigned outcome, const char *detail)
{
    struct message_audit audit = {.outcome = (uint8_t)outcome, .detail = bytes_text(detail)};
    os_uuid(audit.id);
    if (q->acknowledged) /* the id of its intent, which this closes */
        memcpy(audit.id, q->intent, 16);
    else if (q->operation->audit == AUDIT_SECURITY)
        memcpy(audit.id, w->body.values[0].bytes, 16);
    audit.event_class = q->operation->audit == AUDIT_SECURITY ? 6 : 2;
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
    send_journal(w, &audit);
}

/* What was just answered was done, if the batch is committed: the auditor hears of it together with
 * the person, and hears the same. */
static void journal_done(struct worker *w, const struct request *q)
{
    struct answer_waiting *a = &w->answers[w->answers_count - 1];
    a->journaled = true;
    a->audit = audit_of(w, q, AUDIT_OUTCOME_DONE, "");
}

/* It is refused before it was run: an intent that the auditor holds for it is closed. */
static void close_intent(struct worker *w, const struct request *q, const char *why)
{
    if (q->acknowledged)
        request_journal(w, q, AUDIT_OUTCOME_REFUSED, why);
}

/* ---- statements ---- */

/* NULL when the statement is good for exactly this, else why not. */
static const char *check_statement(struct worker *w, const struct request *q,
                                   struct bytes_view statement)
{
    struct statement s;
    uint8_t digest[32];
    char name[48];
    size_t n = 0;
    for (; q->operation->name[n] && n + 1 < sizeof name; n++)
        name[n] = q->operation->name[n] == '_' ? '-' : q->operation->name[n];
    name[n] = '\0';
    if (statement_check(w->root.statement, statement, &s) != 0)
        return "The signature is not one that this box made.";
    if (statement_action_digest(name, process_enclave(w->process), q->body, digest) != 0 ||
        memcmp(digest, s.action, 32) != 0 || s.operation != q->operation->number ||
        memcmp(s.enclave, process_enclave(w->process), 8) != 0)
        return "The signature is for something else.";
    if (memcmp(s.person, q->asker.token->person, 16) != 0 ||
        memcmp(s.session, q->asker.token->session, 16) != 0 ||
        memcmp(s.station, q->asker.token->station, 16) != 0)
        return "The signature is another person's or another session's.";
    if (s.at_ms < worker_now(w) - STATEMENT_MS || s.at_ms > worker_now(w) + FUTURE_MS)
        return "The signature is more than two minutes old.";
    if (!w->root.factors[s.factor] && q->operation->strength == STRENGTH_SIGNED)
        return "This needs a stronger factor than the one that was shown.";
    return NULL;
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
    m->sequence = document ? 0 : (uint32_t)body_value(c->body, "sequence")->number;
    struct bytes_put put = bytes_into(key, sizeof key);
    bytes_put_u8(&put, m->kind);
    bytes_put_fixed(&put, c->common.session, 16);
    bytes_put_fixed(&put, m->object, 16);
    bytes_put_u32(&put, m->sequence);
    hash_content("casemate/opening/1", bytes_view_of(key, sizeof key), digest);
    struct opening *place = &w->openings[(digest[30] << 8 | digest[31]) % OPENINGS];
    if (memcmp(place->digest, digest, sizeof place->digest) == 0)
        return 0;
    memcpy(place->digest, digest, sizeof place->digest);
    return mes_emit(c, &event);
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
    for (uint64_t i = event_number; store_read(w->store, i, &stored) == 0; i++) {
        if (event_decode(stored.payload, &event) != 0 || memcmp(event.common.id, id, 16) != 0)
            break;
        mes_describe(w->mes, &event, &done, text, sizeof text);
    }
    answer_write_done(&done, &put);
    answer(w, q->gateway, q->number, 200, json, bytes_put_length(&put), false, true);
}

/* Was a request of this id done before, by this person? */
static bool done_before(struct worker *w, const struct request *q, struct retry *ret_retry)
{
    return q->operation->method == METHOD_POST &&
           retries_find(w->retries, w->store, q->asker.token->person, q->operation->number,
                        w->body.values[0].bytes, ret_retry);
}

/* true when the request is answered already: an old one again, or one that cannot be. */
static bool is_answered(struct worker *w, const struct request *q, const struct retry *retry)
{
    uint8_t digest[32];
    const uint8_t *id = w->body.values[0].bytes;
    int64_t made = 0;
    for (int i = 0; i < 6; i++)
        made = made << 8 | id[i];
    if (made > os_utc_ms() + FUTURE_MS) {
        problem(w, q->gateway, q->number, 400,
                "The request's id says a time more than five minutes ahead of the box's clock.",
                "Nothing was recorded.",
                "Badge in again, so that the station takes the box's time.");
        return true;
    }
    if (!retry)
        return false;
    hash_content("casemate/body/1", q->body, digest);
    if (memcmp(retry->body, digest, 32) == 0)
        answer_again(w, q, retry->event);
    else
        problem(w, q->gateway, q->number, 409, "This id was used before, for something else.",
                "What was recorded then is unchanged.", "Send the request with a new id.");
    return true;
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

static void finish(struct worker *w, const struct request *q, struct command *c, bool write)
{
    if (c->status >= 400) {
        answer_problem(w, q->gateway, q->number, c->status, &c->problem);
        return;
    }
    if (write)
        answer_write_done(&c->done, c->out);
    if (c->out->error) {
        problem(w, q->gateway, q->number, 500, "The answer is longer than one may be.", "",
                "Tell the system administrator.");
        return;
    }
    answer(w, q->gateway, q->number, c->status, c->out->start, bytes_put_length(c->out), c->raw,
           c->events > 0);
}

/* The questions and changes of policy; the register's entries are rows as others. */
static bool is_of_the_desk(const struct operation *operation)
{
    return operation->number >= OPERATION_WHY && operation->number <= OPERATION_GET_RATIONALE;
}

/* Allowed: gates, events, answer. */
static void run(struct worker *w, struct request *q, const struct decision *decision,
                const struct subject *subject)
{
    bool write = q->operation->method == METHOD_POST;
    struct bytes_put out = bytes_into(w->out, ANSWER_MAX);
    struct command c;
    uint8_t digest[32];
    hash_content("casemate/body/1", q->body, digest);
    fill_command(w, &c, q, decision, &out);
    c.subject = *subject;
    c.alert = q->operation->number == OPERATION_GET_PROGRAM ? people_alert(w) : "";
    memcpy(c.common.body, digest, 32);
    if (write)
        memcpy(c.common.id, w->body.values[0].bytes, 16);
    int r = write || q->operation->audit == AUDIT_OPENING ? request_transaction(w) : 0;
    if (r == 0)
        r = q->operation->number == OPERATION_GET_SECURITY ? security_run(w, &c)
            : is_of_the_desk(q->operation)                 ? desk_run(w, &c)
                                                           : mes_run(&c);
    if (r == 0 && q->operation->audit == AUDIT_OPENING && c.status == 200)
        r = open_object(w, &c);
    if (r == ERR_FULL) {
        mes_let_go(&c);
        request_undo(w);
        problem(w, q->gateway, q->number, 503, "The store is full. Nothing was recorded.",
                "What was recorded before is safe.", "Tell the system administrator.");
        close_intent(w, q, "the store is full");
        return;
    }
    if (r)
        log_die("the store failed while a request was carried out: %s", error_text(r));
    if (write && c.events) {
        struct retry retry = {.operation = q->operation->number, .event = c.first_event};
        memcpy(retry.person, c.common.person, 16);
        memcpy(retry.id, c.common.id, 16);
        memcpy(retry.body, digest, 32);
        retries_add(w->retries, &retry);
    }
    finish(w, q, &c, write);
    mes_let_go(&c);
    if (q->operation->audit == AUDIT_SECURITY && c.status < 400)
        journal_done(w, q);
    else if (q->operation->audit == AUDIT_SECURITY)
        request_journal(w, q, AUDIT_OUTCOME_REFUSED, "");
}

/* Forbidden and absent are one answer. */
static void answer_nothing(struct worker *w, const struct request *q)
{
    problem(w, q->gateway, q->number, 404,
            "There is nothing here that you may open or do under that name.",
            "Nothing was changed.",
            "If you need it for your work, ask your security officer: the reason is on the "
            "Security page.");
}

static bool take_intent(struct worker *w, const struct request *q)
{
    struct message m = {.number = MESSAGE_AUDIT};
    struct peer *auditor = process_peer(w->process, 8, "");
    struct intent *free_place = NULL;
    for (size_t i = 0; i < WAITING_MAX && !free_place; i++)
        if (!w->intents[i].used)
            free_place = &w->intents[i];
    if (!free_place || !auditor) {
        problem(w, q->gateway, q->number, 503,
                "The auditor is not there, and without its record this cannot be done.",
                "Nothing was changed. Production goes on.", "Try again in a moment.");
        return false;
    }
    size_t length = q->token.length + q->statement_text.length + q->body.length;
    *free_place = (struct intent){.used = true, .gateway = q->gateway, .request = q->number};
    free_place->operation = q->operation->number;
    free_place->copy = malloc(length ? length : 1);
    if (!free_place->copy)
        log_die("out of memory");
    memcpy(free_place->copy, q->token.data, q->token.length);
    memcpy(free_place->copy + q->token.length, q->statement_text.data, q->statement_text.length);
    memcpy(free_place->copy + q->token.length + q->statement_text.length, q->body.data,
           q->body.length);
    free_place->token = q->token.length;
    free_place->statement = q->statement_text.length;
    free_place->body = q->body.length;
    memcpy(free_place->station, q->station, STATION_ID);
    memcpy(free_place->id, w->body.values[0].bytes, 16); /* the request's own id */
    memcpy(m.audit.id, free_place->id, 16);
    m.audit.event_class = 6;
    m.audit.outcome = AUDIT_OUTCOME_INTENT;
    memcpy(m.audit.person, q->asker.token->person, 16);
    memcpy(m.audit.session, q->asker.token->session, 16);
    memcpy(m.audit.station, q->asker.token->station, 16);
    m.audit.operation = (uint16_t)q->operation->number;
    if (process_send(auditor, &m) == 0)
        return true;
    free(free_place->copy);
    *free_place = (struct intent){0};
    problem(w, q->gateway, q->number, 503, "The auditor does not answer.", "Nothing was changed.",
            "Try again in a moment.");
    return false;
}

static bool decode_statement(struct request *q)
{
    size_t n = 0;
    if (q->statement_text.length == 0)
        return true;
    if (sodium_base642bin(q->statement_bytes, sizeof q->statement_bytes,
                          (const char *)q->statement_text.data, q->statement_text.length, NULL, &n,
                          NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    q->statement = bytes_view_of(q->statement_bytes, n);
    return true;
}

static void refuse_body(struct worker *w, const struct request *q)
{
    char error[260];
    snprintf(error, sizeof error, "%s%s%s", w->body.field, w->body.field[0] ? " " : "",
             w->body.problem);
    answer_problem(w, q->gateway, q->number, 400,
                   &(struct answer_problem){.error = error,
                                            .field = w->body.field,
                                            .kept = "Nothing was recorded.",
                                            .todo = "Correct it and send it again."});
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

static void circumstance_of(const struct worker *w, const struct request *q,
                            struct circumstance *ret)
{
    const struct token *t = q->asker.token;
    *ret = (struct circumstance){.factor = t->factor, .now_ms = worker_now(w)};
    ret->since_ms = (int64_t)(os_boot_ms() - t->verified_ms);
    memcpy(ret->escort, t->escort, 16);
    memcpy(ret->station, t->station, 16);
}

static void handle(struct worker *w, struct request *q)
{
    struct subject subject;
    struct decision decision;
    /* room for its answer before its events: a batch that ended between the two, and was refused by
     * the disk, would let this answer say that something is recorded which is not */
    if (w->answers_count == BATCH_MAX)
        request_batch_end(w);
    const char *why = people_ask(w, q->token, q->station, &q->asker);
    if (why && strcmp(why, PEOPLE_NOT_YET) == 0) {
        problem(w, q->gateway, q->number, 503, why,
                "Nothing is lost: what was confirmed is recorded.",
                "Try again in a moment, with the same request.");
        close_intent(w, q, "nobody can be known yet");
        return;
    }
    if (why && strcmp(why, PEOPLE_LOCKED) == 0) {
        problem(w, q->gateway, q->number, 423, why, "Nothing was changed.",
                "Scan your badge and enter your PIN.");
        close_intent(w, q, "the session is locked");
        return;
    }
    if (why) {
        problem(w, q->gateway, q->number, 401, why, "", "Badge in at the entry page.");
        close_intent(w, q, "the session has ended");
        return;
    }
    if (w->closed[0]) {
        problem(w, q->gateway, q->number, 503, w->closed, "What is recorded is safe.",
                "The security officer decides how to go on.");
        close_intent(w, q, "the enclave is closed");
        return;
    }
    if (body_decode(q->operation, q->body, w->scratch, BODY_SCRATCH, &w->body) != 0) {
        refuse_body(w, q);
        close_intent(w, q, "malformed");
        return;
    }
    bool security = q->operation->audit == AUDIT_SECURITY;
    if (security && people_stale(w)) {
        problem(w, q->gateway, q->number, 503,
                "Identity has not confirmed who may do what for ten minutes.",
                "Nothing was changed. Production goes on.", "Try again when identity is back.");
        close_intent(w, q, "the snapshot is stale");
        return;
    }
    mes_subject(w->mes, q->operation, &w->body, &subject);
    struct retry retry;
    bool again = done_before(w, q, &retry);
    if (again) /* it is only answered: that the first approval is this one forbids nothing */
        memset(subject.approver, 0, sizeof subject.approver);
    struct circumstance circumstance;
    circumstance_of(w, q, &circumstance);
    follow_markings(w);
    decide(w->decider, q->asker.person->id, q->operation, &subject, &circumstance, &decision);
    if (!decision.allowed)
        denial_remember(w, q, &decision);
    if (!decision.allowed || !subject.exists) {
        answer_nothing(w, q);
        if (decision.allowed)
            close_intent(w, q, "there is no such object");
        return;
    }
    if (q->operation->method == METHOD_POST && is_answered(w, q, again ? &retry : NULL)) {
        if (q->acknowledged && again) /* its intent is closed by what was done */
            journal_done(w, q);
        else
            close_intent(w, q, "its time lies ahead");
        return;
    }
    if (q->operation->strength == STRENGTH_SIGNED && q->statement_text.length == 0)
        why = "This needs your signature.";
    else if (!decode_statement(q))
        why = "The signature is not in its form.";
    else if (q->statement.length)
        why = check_statement(w, q, q->statement);
    if (why) {
        problem(w, q->gateway, q->number, 403, why, "Nothing was changed.",
                "Sign again with your badge and PIN.");
        close_intent(w, q, "the signature is not good for it");
        return;
    }
    if (security && !q->acknowledged)
        (void)take_intent(w, q);
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
    handle(w, &q);
}

void request_intent_acknowledged(struct worker *w, const uint8_t id[static 16])
{
    static struct request q;
    for (size_t i = 0; i < WAITING_MAX; i++) {
        struct intent *n = &w->intents[i];
        if (!n->used || memcmp(n->id, id, 16) != 0)
            continue;
        q = (struct request){.gateway = n->gateway, .number = n->request};
        q.operation = operation_by_number(n->operation);
        q.token = bytes_view_of(n->copy, n->token);
        q.statement_text = bytes_view_of(n->copy + n->token, n->statement);
        q.body = bytes_view_of(n->copy + n->token + n->statement, n->body);
        q.acknowledged = true;
        memcpy(q.station, n->station, STATION_ID);
        memcpy(q.intent, n->id, 16);
        n->used = false;
        handle(w, &q); /* decided again: things may have changed */
        free(n->copy);
        n->copy = NULL;
        return;
    }
}

void request_auditor_gone(struct worker *w)
{
    for (size_t i = 0; i < WAITING_MAX; i++) {
        struct intent *n = &w->intents[i];
        if (!n->used)
            continue;
        n->used = false;
        free(n->copy);
        n->copy = NULL;
        if (n->gateway)
            problem(w, n->gateway, n->request, 503,
                    "The auditor went away before it had recorded this.", "Nothing was changed.",
                    "Try again in a moment.");
    }
}
