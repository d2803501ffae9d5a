/* A store behind its anchor: two people sign for what is lost, and a new epoch of the log begins.
 */
#include <stdio.h>
#include <string.h>

#include "appliance/worker/request.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/store/behind.h"

#define META_LOSS "loss"
#define KEPT_MAX  2400
#define ASK_AGAIN ((uint64_t)5000)
#define FORGOTTEN ((struct loss_half){0})

_Static_assert(OPERATION_ACCEPT_LOSS == LOSS_OPERATION, "what is signed is this operation");

static struct loss_consent consent_of(const struct loss_half *half)
{
    return (struct loss_consent){bytes_view_of(half->body, LOSS_BODY),
                                 bytes_view_of(half->statement, half->statement_length)};
}

static bool admits_pin(const struct worker *w)
{
    return w->root.factors[STATEMENT_BADGE_PIN];
}

/* ---- the halves are kept in the store, and belong to exactly one loss ---- */

static int keep(struct worker *w, bool nothing)
{
    uint8_t kept[KEPT_MAX];
    struct bytes_put put = bytes_into(kept, sizeof kept);
    behind_put(&put, &w->loss, w->loss_signed_ms);
    for (int i = 0; i < 2; i++) {
        const struct loss_half *h = &w->loss_halves[i];
        bytes_put_u8(&put, h->there);
        bytes_put_fixed(&put, h->natural, 16);
        bytes_put_fixed(&put, h->body, LOSS_BODY);
        bytes_put_var(&put, bytes_view_of(h->statement, h->statement_length), STATEMENT_MAX);
    }
    return store_meta_set(w->store, META_LOSS,
                          nothing ? bytes_text("") : bytes_view_of(kept, bytes_put_length(&put)));
}

static int keep_by_itself(struct worker *w)
{
    int r = store_begin(w->store);
    if (r)
        return r;
    r = keep(w, false);
    if (r == 0)
        return store_commit(w->store);
    store_rollback(w->store);
    return r;
}

/* What was kept: of another loss, or no good any more, it is forgotten. */
static bool load(struct worker *w, struct loss *ret_loss, int64_t *ret_signed_ms,
                 struct loss_half halves[static 2])
{
    uint8_t kept[KEPT_MAX];
    size_t length;
    struct statement statement;
    if (store_meta_get(w->store, META_LOSS, kept, sizeof kept, &length) != 0)
        return false;
    struct bytes in = bytes_over(kept, length);
    snprintf(ret_loss->enclave, sizeof ret_loss->enclave, "%s", process_enclave(w->process));
    behind_take(&in, ret_loss, ret_signed_ms);
    for (int i = 0; i < 2; i++) {
        struct loss_half *h = &halves[i];
        h->there = bytes_u8(&in) == 1;
        bytes_fixed(&in, h->natural, 16);
        bytes_fixed(&in, h->body, LOSS_BODY);
        struct bytes_view statement_bytes = bytes_var(&in, STATEMENT_MAX);
        h->statement_length = statement_bytes.length;
        if (statement_bytes.length)
            memcpy(h->statement, statement_bytes.data, statement_bytes.length);
        struct loss_consent consent = consent_of(h);
        if (in.error || !h->there ||
            loss_check(ret_loss, w->root.statement, admits_pin(w), &consent, &statement) != 0)
            *h = FORGOTTEN;
        else
            snprintf(h->name, sizeof h->name, "%s", statement.name);
    }
    return bytes_done(&in) == 0;
}

/* ---- what is lost ---- */

/* When the newest event that lies here was recorded; 0 where there is none. */
static int64_t newest_ms(const struct worker *w)
{
    struct store_event stored;
    struct event event;
    uint64_t size = store_size(w->store);
    return size && store_read(w->store, size - 1, &stored) == 0 &&
                   event_decode(stored.payload, &event) == 0
               ? event.common.utc_ms
               : 0;
}

/* Where no program is defined nobody can open a page to sign on. */
static void say(struct worker *w)
{
    char sentence[BEHIND_SENTENCE];
    const char *enclave = process_enclave(w->process);
    behind_sentence(&w->loss, sentence, sizeof sentence);
    if (mes_program(w->mes))
        snprintf(w->closed, sizeof w->closed,
                 "This enclave's store is behind its anchor. %.180s Nothing is recorded until two "
                 "people have signed for the loss.",
                 sentence);
    else
        snprintf(w->closed, sizeof w->closed,
                 "This enclave's store is behind its anchor. %.110s It has no program, so nobody "
                 "can sign for that: casemate restore %.16s FILE.backup, or stop the site and put "
                 "its files back.",
                 sentence, enclave);
}

static void ask(struct worker *w)
{
    struct message m = {.number = MESSAGE_EPOCH};
    w->epoch_asked_ms = os_boot_ms();
    m.epoch.epoch = w->loss.signed_log.epoch + 1;
    m.epoch.here = w->loss.here.epoch;
    m.epoch.size = w->loss.here.size;
    memcpy(m.epoch.root, w->loss.here.root, 32);
    const struct loss_consent first = consent_of(&w->loss_halves[0]),
                              second = consent_of(&w->loss_halves[1]);
    m.epoch.first_body = first.body;
    m.epoch.first_statement = first.statement;
    m.epoch.second_body = second.body;
    m.epoch.second_statement = second.statement;
    (void)!process_send(process_peer(w->process, 8, ""), &m);
}

static bool is_signed_for(const struct worker *w)
{
    return w->behind && w->loss_halves[0].there && w->loss_halves[1].there;
}

/* What else keeps the enclave closed is mended first, and its sentence stays: a new epoch would
 * have the tables, the log or the disk as if two people had signed for these, too. */
static bool has_to_wait(const struct worker *w)
{
    return w->dark || w->doubted || w->unsure || store_is_read_only(w->store);
}

void loss_due(struct worker *w)
{
    if (!w->stopping && is_signed_for(w) && !has_to_wait(w) &&
        os_boot_ms() - w->epoch_asked_ms >= ASK_AGAIN)
        ask(w);
}

/* ---- the new epoch ---- */

static void fill_event(const struct worker *w, struct event *event)
{
    struct event_log_epoch_opened *m = &event->log_epoch_opened;
    const struct loss *loss = &w->loss;
    const struct loss_half *first = &w->loss_halves[0], *second = &w->loss_halves[1];
    *event = (struct event){.number = EVENT_LOG_EPOCH_OPENED};
    m->epoch = loss->signed_log.epoch + 1;
    m->signed_epoch = loss->signed_log.epoch;
    m->signed_size = loss->signed_log.size;
    memcpy(m->signed_root, loss->signed_log.root, 32);
    m->signed_ms = w->loss_signed_ms;
    m->here_epoch = loss->here.epoch;
    m->here_size = loss->here.size;
    memcpy(m->here_root, loss->here.root, 32);
    m->first_name = bytes_text(first->name);
    m->first_body = consent_of(first).body;
    m->first_statement = consent_of(first).statement;
    m->second_name = bytes_text(second->name);
    m->second_body = consent_of(second).body;
    m->second_statement = consent_of(second).statement;
}

/* One transaction: the epoch, its first event, and nothing is kept of the loss beside it. */
static void open_epoch(struct worker *w)
{
    struct event event;
    fill_event(w, &event);
    request_batch_end(w);
    int r = request_transaction(w);
    if (r == 0)
        r = store_epoch_open(w->store, event.log_epoch_opened.epoch);
    if (r == 0) {
        request_common(w, &event.common);
        r = worker_event(w, &event);
    }
    if (r == 0)
        r = keep(w, true);
    if (r == ERR_FULL) {
        request_undo(w);
        return; /* asked again, when there is room */
    }
    if (r)
        log_die("the store failed at opening an epoch of the log: %s", error_text(r));
    request_batch_end(w);
    if (store_epoch(w->store)->number != event.log_epoch_opened.epoch)
        return; /* the commit was refused for a full disk */
    log_err("epoch %u of the log begins; two people have signed for what was lost",
            event.log_epoch_opened.epoch);
    w->behind = false;
    w->closed[0] = '\0';
    memset(w->loss_halves, 0, sizeof w->loss_halves);
}

/* The auditor knows the epoch that two people have signed for here. */
static bool was_granted(struct worker *w, const struct message_anchor *m)
{
    struct loss_log now;
    struct loss loss = {{0}, {0}, {0}};
    struct loss_half halves[2] = {{0}};
    int64_t signed_ms;
    behind_here(w->store, &now);
    if (!load(w, &loss, &signed_ms, halves) || !halves[0].there || !halves[1].there ||
        !behind_was_granted(&loss, &now, m->epoch, m->size))
        return false;
    w->behind = true;
    w->loss = loss;
    w->loss_signed_ms = signed_ms;
    memcpy(w->loss_halves, halves, sizeof halves);
    return true;
}

void loss_found(struct worker *w, const struct message_anchor *m)
{
    struct loss kept = {{0}, {0}, {0}};
    struct loss_half halves[2] = {{0}};
    uint8_t mine[32], theirs[32];
    int64_t signed_ms;
    if (!has_to_wait(w) && was_granted(w, m)) {
        open_epoch(w);
        return;
    }
    w->behind = true;
    memset(w->loss_halves, 0, sizeof w->loss_halves);
    snprintf(w->loss.enclave, sizeof w->loss.enclave, "%s", process_enclave(w->process));
    w->loss.signed_log = (struct loss_log){.epoch = m->epoch, .size = m->size};
    memcpy(w->loss.signed_log.root, m->root, 32);
    behind_here(w->store, &w->loss.here);
    w->loss_signed_ms = m->signed_ms;
    if (load(w, &kept, &signed_ms, halves)) {
        loss_digest(&w->loss, mine);
        loss_digest(&kept, theirs);
        if (memcmp(mine, theirs, 32) == 0)
            memcpy(w->loss_halves, halves, sizeof halves);
    }
    w->loss_since_ms = newest_ms(w);
    if (has_to_wait(w)) {
        log_err("the store is behind its anchor, too");
        return;
    }
    say(w);
    log_err("%s", w->closed);
    if (is_signed_for(w))
        ask(w);
}

void loss_reopened(struct worker *w)
{
    struct peer *auditor = process_peer(w->process, 8, "");
    if (!w->behind)
        return;
    say(w);
    if (auditor) /* it may have granted an epoch meanwhile */
        heads_joined(w, auditor);
}

void loss_refused(struct worker *w, const struct message_epoch_refused *m)
{
    log_err("the auditor grants no new epoch: %.*s", (int)m->sentence.length,
            (const char *)m->sentence.data);
    memset(w->loss_halves, 0, sizeof w->loss_halves);
    if (keep_by_itself(w) != 0)
        log_err("the signatures for the loss could not be put away");
}

/* ---- a person signs ---- */

static int not_signed(struct command *c, const char *error, const char *todo)
{
    return mes_refuse(c, 409, "loss", error, "Nothing was changed.", todo);
}

/* Is the first signature this human being's, as accounts are linked now? */
static bool has_signed(const struct worker *w, const struct snapshot_holder *person)
{
    const struct loss_half *first = &w->loss_halves[0];
    struct statement statement;
    if (!first->there)
        return false;
    if (statement_check(w->root.statement, consent_of(first).statement, &statement) != 0)
        return true; /* it was verified when it was taken */
    const struct snapshot_holder *signer = snapshot_find(w->snapshot, statement.person);
    return memcmp(first->natural, person->natural, 16) == 0 ||
           (signer && memcmp(signer->natural, person->natural, 16) == 0);
}

int loss_run(struct worker *w, struct command *c)
{
    uint8_t digest[32];
    struct statement statement;
    struct loss_half *half = &w->loss_halves[w->loss_halves[0].there];
    const struct loss_consent consent = {c->body_text, c->statement};
    if (!w->behind)
        return not_signed(c, "Nothing of this log is lost.", "Look at the page again.");
    if (has_to_wait(w))
        return not_signed(c, w->closed,
                          "Have this mended first; what is lost is signed for afterwards.");
    loss_digest(&w->loss, digest);
    if (memcmp(body_value(c->body, "loss")->bytes, digest, 32) != 0)
        return not_signed(c, "This is not the loss that is there now.",
                          "Read the page again before you sign.");
    if (is_signed_for(w))
        return not_signed(c, "Two people have signed. The auditor is asked.", "Wait a moment.");
    if (has_signed(w, c->actor.person))
        return not_signed(c, "You have signed for it already.",
                          "A second person must sign it too.");
    if (loss_check(&w->loss, w->root.statement, admits_pin(w), &consent, &statement) != 0)
        return not_signed(c, "The signature is not in the one form that the auditor takes.",
                          "Sign it on the Security page.");
    *half = (struct loss_half){.there = true, .statement_length = c->statement.length};
    memcpy(half->natural, c->actor.person->natural, 16);
    memcpy(half->body, c->body_text.data, LOSS_BODY);
    memcpy(half->statement, c->statement.data, c->statement.length);
    snprintf(half->name, sizeof half->name, "%s", statement.name);
    if (keep_by_itself(w) != 0) {
        *half = FORGOTTEN;
        return not_signed(c, "The store cannot keep the signature.",
                          "Tell the system administrator.");
    }
    bool both = is_signed_for(w);
    snprintf(c->text, sizeof c->text, "%s",
             both ? "Signed. A new epoch of the log begins as soon as the auditor has recorded it."
                  : "Signed once. A second person must sign it too.");
    c->done.done = true;
    c->done.text = c->text;
    if (both)
        ask(w);
    return 0;
}

/* ---- for the page ---- */

size_t loss_answer(const struct worker *w, struct command *c, struct answer_loss **ret_losses)
{
    uint8_t digest[32];
    struct answer_loss *a = mes_array(c, 1, sizeof *a);
    char *sentence = mes_array(c, BEHIND_SENTENCE, 1), *hex[3];
    *ret_losses = a;
    if (!w->behind)
        return 0;
    for (int i = 0; i < 3; i++)
        hex[i] = mes_array(c, 65, 1);
    loss_digest(&w->loss, digest);
    bytes_to_hex(digest, 32, hex[0]);
    bytes_to_hex(w->loss.signed_log.root, 32, hex[1]);
    bytes_to_hex(w->loss.here.root, 32, hex[2]);
    *a = (struct answer_loss){.digest = hex[0],
                              .sentence = behind_sentence(&w->loss, sentence, BEHIND_SENTENCE),
                              .signed_epoch = w->loss.signed_log.epoch,
                              .signed_size = (int64_t)w->loss.signed_log.size,
                              .signed_root = hex[1],
                              .signed_at = w->loss_signed_ms,
                              .epoch = w->loss.here.epoch,
                              .size = (int64_t)w->loss.here.size,
                              .root = hex[2],
                              .since = w->loss_since_ms,
                              .first = w->loss_halves[0].there ? w->loss_halves[0].name : ""};
    return 1;
}
