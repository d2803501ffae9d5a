/* The batch: what was answered in a turn of the loop leaves behind its commit. */
#include <stdlib.h>
#include <string.h>

#include "appliance/worker/desk.h"
#include "appliance/worker/late.h"
#include "appliance/worker/request.h"
#include "appliance/worker/unsure.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define TOGETHER        4    /* answers in one datagram */
#define RECORD_AGAIN_MS 5000 /* what the worker records by itself, when the disk was full */
#define FULL_TIMES      9    /* so many times as long as an undo has taken nothing is tried */

/* ---- answers ---- */

void batch_answer(struct worker *w, struct peer *gateway, uint64_t request, unsigned status,
                  const void *body, size_t length, bool raw, bool wrote)
{
    if (w->answers_count == BATCH_MAX)
        request_batch_end(w);
    struct answer_waiting *a = &w->answers[w->answers_count++];
    /* what it shows may be what this batch has done: then it stands and falls with it */
    if (status == 200 && w->in_transaction && store_size(w->store) > w->batch_from)
        wrote = true;
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

void batch_problem(struct worker *w, struct peer *gateway, uint64_t request, unsigned status,
                   const struct answer_problem *problem)
{
    uint8_t text[4096];
    struct bytes_put put = bytes_into(text, sizeof text);
    answer_write_problem(problem, &put);
    batch_answer(w, gateway, request, status, text, bytes_put_length(&put), false, false);
}

void batch_words(struct worker *w, struct peer *gateway, uint64_t request, unsigned status,
                 const char *error, const char *kept, const char *todo)
{
    batch_problem(w, gateway, request, status,
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

/* On a full disk a batch that is tried and undone has all tables read again: so room is looked for
 * first, by writing as much as a batch does, outside of any. */
static int look_for_room(struct worker *w)
{
    if (!w->full)
        return 0;
    if (w->full_asked || os_boot_ms() < w->full_until_ms)
        return ERR_FULL;
    w->full_asked = true;
    int r = store_room(w->store);
    w->full = r != 0;
    return r;
}

bool request_has_room(struct worker *w)
{
    int r = look_for_room(w);
    if (r && r != ERR_FULL)
        unsure_end(r, "while room was looked for");
    return r == 0;
}

int request_transaction(struct worker *w)
{
    if (w->in_transaction)
        return 0;
    int r = look_for_room(w);
    if (r)
        return r;
    w->batch_from = store_size(w->store);
    r = store_begin(w->store);
    w->in_transaction = r == 0;
    return r;
}

static void read_again(struct worker *w)
{
    uint64_t before = os_boot_ms();
    int r = tables_again(&w->kept, w->hot);
    if (r)
        log_die("the store cannot be read back after a refused batch: %s", error_text(r));
    w->full_until_ms = os_boot_ms() + FULL_TIMES * (os_boot_ms() - before);
}

/* Openings of this batch are not on record; those before it are, and what was opened then is shown
 * on a full disk, too. */
static void forget_openings(struct worker *w)
{
    for (size_t i = 0; i < OPENING_ROWS; i++)
        for (size_t k = 0; k < OPENINGS_A_ROW; k++)
            if (w->openings[i][k].event >= w->batch_from)
                w->openings[i][k] = (struct opening){0};
}

/* What was decided in this batch did not happen. */
static void undo(struct worker *w, bool changed)
{
    store_rollback(w->store);
    w->in_transaction = false;
    w->full = true;
    w->snapshot_recorded = false; /* it may have been in this batch; what is in the log is found */
    w->record_again_ms = os_boot_ms() + RECORD_AGAIN_MS;
    staging_undone();
    if (changed) {
        forget_openings(w);
        read_again(w);
    }
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

/* Its events are applied in memory as they are appended. */
static bool has_changed(const struct worker *w)
{
    return w->in_transaction && store_size(w->store) > w->batch_from;
}

void request_undo(struct worker *w)
{
    undo(w, has_changed(w));
}

void batch_journal(struct worker *w, const struct message_audit *audit)
{
    struct message m = {.number = MESSAGE_AUDIT, .audit = *audit};
    (void)!process_send(process_peer(w->process, 8, ""), &m);
}

/* ---- what is held ---- */

/* "There is nothing here" leaves at the ticks of a clock and not when it is ready: so its time does
 * not tell whether something is there that was decided about. */
#define TICK_MS 4

static void let_go(struct answer_waiting *a)
{
    if (a->gateway)
        send_answer(a);
    free(a->body);
    a->body = NULL;
}

static void hold(struct worker *w, struct answer_waiting *a)
{
    if (w->held_count == HELD_MAX) { /* somebody asks and asks: the oldest goes */
        let_go(&w->held[0]);
        memmove(w->held, w->held + 1, --w->held_count * sizeof w->held[0]);
    }
    if (w->held_count == 0)
        w->held_until_ms = (os_boot_ms() / TICK_MS + 1) * TICK_MS;
    w->held[w->held_count++] = *a;
}

void batch_hold(struct worker *w)
{
    w->answers[w->answers_count - 1].hold = true;
}

int batch_let_go(struct worker *w)
{
    uint64_t now = os_boot_ms();
    if (w->held_count == 0)
        return -1;
    if (now < w->held_until_ms)
        return (int)(w->held_until_ms - now);
    for (size_t i = 0; i < w->held_count; i++)
        let_go(&w->held[i]);
    w->held_count = 0;
    return -1;
}

void request_batch_end(struct worker *w)
{
    int r = 0;
    bool changed = has_changed(w);
    if (w->in_transaction) {
        r = store_holds(w->store);
        if (r == 0)
            r = store_commit(w->store);
        w->in_transaction = false;
        if (r == ERR_FULL)
            undo(w, changed);
        else if (r) /* the state of the disk is unknown: never retried into an acknowledgement */
            unsure_end(r, "at a commit");
    }
    for (size_t i = 0; i < w->answers_count; i++) {
        if (w->answers[i].journaled)
            batch_journal(w, &w->answers[i].audit);
        if (w->answers[i].hold && w->answers[i].gateway)
            hold(w, &w->answers[i]);
        else
            let_go(&w->answers[i]);
    }
    w->answers_count = 0;
    inforce_follow(w);
    staging_answer();
}

/*
 * Answers that wait for no commit leave in small groups, so that the gateway works on them while
 * this process works on what comes.  A batch that writes takes all that waits: the more share a
 * commit, the fewer pages each has to write, and that is worth more.
 */
void request_batch_due(struct worker *w)
{
    if (w->in_transaction || w->answers_count < TOGETHER)
        return;
    request_batch_end(w);
    process_flush(w->process);
}

void request_forget_gateway(struct worker *w, const struct peer *gateway)
{
    for (size_t i = 0; i < w->answers_count; i++)
        if (w->answers[i].gateway == gateway)
            w->answers[i].gateway = NULL;
    for (size_t i = 0; i < w->held_count; i++)
        if (w->held[i].gateway == gateway)
            w->held[i].gateway = NULL;
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (w->intents[i].kept.gateway == gateway)
            w->intents[i].kept.gateway = NULL;
    late_forget_gateway(w, gateway);
}
