/* Signed heads: what the auditor last signed must be here, and what is new goes to it. */
#include <stdio.h>
#include <string.h>

#include "appliance/worker/unsure.h"
#include "appliance/worker/worker.h"
#include "crypto/derive.h"
#include "crypto/note.h"
#include "enclave/audit/event.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define HEAD_EVENTS   1000 /* or a second, whichever comes first; never when idle */
#define HEAD_EVERY_MS 1000
#define HEAD_WAIT_MS  5000
#define LAST_WAIT_MS  1000

#define META_HOT "hot" /* what hot_write() gave for the last signed head */

/* ---- the tables ---- */

static int begin_hot(struct worker *w)
{
    struct secret *key = NULL;
    int r = derive_key(process_key(w->process, KEY_WORKER_STORE),
                       process_is_training(w->process) ? "training" : "production",
                       process_enclave(w->process), "hot", &key);
    if (r == 0)
        r = hot_new(key, &w->hot);
    secret_free(key);
    return r;
}

static void close_different(struct worker *w, const char *how, uint64_t events, const char *names)
{
    w->tables = TABLES_DIFFERENT;
    w->dark = w->doubted = true;
    snprintf(
        w->closed, sizeof w->closed,
        "The tables of this enclave are not those that were %s with the log of %llu events%s%s. "
        "Nothing is recorded until they have been made again from the log.",
        how, (unsigned long long)events, names[0] ? ": " : "", names);
    log_err("%s", w->closed);
}

/* The newest signed head, of this root, with a digest in it. */
static bool find_head(struct worker *w, struct note_checkpoint *ret_head)
{
    char note[NOTE_MAX];
    size_t length = 0;
    uint64_t size;
    return store_checkpoint(w->store, store_epoch(w->store)->number, note, sizeof note, &length,
                            &size) == 0 &&
           note_check(w->root.checkpoint, bytes_view_of(note, length), ret_head) == 0 &&
           ret_head->has_hot;
}

/* With the events up to the newest head applied: what did the auditor sign? */
static int compare_head(struct worker *w)
{
    struct note_checkpoint head;
    uint8_t parts[HOT_PARTS_MAX];
    char names[120];
    size_t length = 0;
    w->tables = TABLES_UNKNOWN;
    if (!find_head(w, &head))
        return 0;
    uint64_t end = store_epoch(w->store)->first + head.size;
    if (end < w->kept.applied || end > store_size(w->store))
        return 0; /* the tables were written behind it; or there is less here than was signed */
    int r = tables_follow(&w->kept, end);
    if (r == 0)
        r = hot_follow(w->hot, w->mes->entities);
    if (r)
        return r;
    if (store_meta_get(w->store, META_HOT, parts, sizeof parts, &length) != 0)
        length = 0;
    switch (hot_compare(w->hot, head.hot, bytes_view_of(parts, length), names, sizeof names)) {
    case HOT_SAME:
        w->tables = TABLES_AS_SIGNED;
        break;
    case HOT_NOT_COMPARABLE:
        break;
    case HOT_DIFFERENT:
        close_different(w, "signed", head.size, names);
        break;
    }
    return 0;
}

int heads_open(struct worker *w)
{
    enum hot_answer answer = HOT_NOT_COMPARABLE;
    char names[120] = "";
    int r = begin_hot(w);
    if (r)
        return r;
    r = tables_load(&w->kept);
    if (r == 0)
        r = tables_check(&w->kept, w->hot, &answer, names, sizeof names);
    if (r == ERR_BEHIND || (r == 0 && answer == HOT_DIFFERENT)) {
        close_different(w, "written", w->kept.saved, names);
        return 0;
    }
    if (r == 0)
        r = compare_head(w);
    if (r == 0 && !w->dark)
        r = tables_follow(&w->kept, store_size(w->store));
    return r;
}

static void write_hot(struct worker *w, struct message *m)
{
    struct bytes_put put = bytes_into(w->hot_parts, sizeof w->hot_parts);
    if (hot_follow(w->hot, w->mes->entities) != 0)
        log_die("out of memory");
    hot_write(w->hot, &put);
    w->hot_parts_length = bytes_put_length(&put);
    hot_digest(w->hot, w->hot_sent);
    m->head.hot = bytes_view_of(w->hot_sent, sizeof w->hot_sent);
}

/* The head and the parts of its digest, in one transaction. */
static int keep_signed(struct worker *w, uint64_t size, struct bytes_view note)
{
    int r = store_begin(w->store);
    if (r)
        return r;
    r = store_head_signed(w->store, size, note);
    if (r == 0)
        r = store_meta_set(w->store, META_HOT, bytes_view_of(w->hot_parts, w->hot_parts_length));
    if (r == 0)
        return store_commit(w->store);
    store_rollback(w->store);
    return r;
}

/* ---- the auditor ---- */

void heads_joined(struct worker *w, struct peer *auditor)
{
    struct message m = {.number = MESSAGE_ANCHOR_ASK};
    w->head_under_way = false;
    store_head_lost(w->store);
    if (process_send(auditor, &m) != 0)
        log_err("the auditor does not take messages");
}

void heads_left(struct worker *w)
{
    store_head_lost(w->store);
    request_auditor_gone(w);
}

/* The auditor has signed more than it knows: its journal was put back from a backup, or somebody
 * took it back.  That is on record, and signing goes on from what it knows. */
static void go_on_from(struct worker *w, uint64_t size)
{
    struct message m = {.number = MESSAGE_AUDIT};
    char text[80];
    request_batch_end(w);
    int r = store_head_regress(w->store, size);
    if (r == ERR_STATE)
        return;
    if (r)
        log_die("the log cannot be read from the auditor's anchor on: %s", error_text(r));
    snprintf(text, sizeof text, "the journal is older than the head that it signed, from %llu on",
             (unsigned long long)size);
    log_err("%s", text);
    os_uuid(m.audit.id);
    m.audit.type = AUDIT_TYPE_GAP;
    m.audit.event_class = AUDIT_CLASS_AUDIT;
    m.audit.outcome = AUDIT_OUTCOME_DONE;
    m.audit.detail = bytes_text(text);
    (void)!process_send(process_peer(w->process, 8, ""), &m);
}

void heads_anchor(struct worker *w, const struct message_anchor *m)
{
    uint32_t epoch = store_epoch(w->store)->number;
    w->anchored = true;
    if (m->size == 0 && m->epoch == epoch) {
        go_on_from(w, 0); /* the auditor knows nothing of this epoch; it may have signed */
        return;
    }
    int r = store_check_anchor(w->store, m->epoch, m->size, m->root);
    if (r == ERR_BEHIND) {
        loss_found(w, m);
        return;
    }
    if (r == ERR_STALE) {
        snprintf(w->closed, sizeof w->closed,
                 "The auditor knows this log in epoch %u only, and it is in epoch %u: the "
                 "auditor's journal is an old one. Nothing is recorded until the newest journal "
                 "has been put back.",
                 m->epoch, epoch);
        log_err("%s", w->closed);
        return;
    }
    if (r)
        log_die("the log cannot be compared with its anchor: %s", error_text(r));
    go_on_from(w, m->size);
    /* its answer may have been lost with a process */
    if (store_head_adopt(w->store, m->size, m->note) == ERR_STORE)
        log_die("the store failed at keeping a checkpoint");
    w->head_under_way = false;
}

void heads_checkpoint(struct worker *w, const struct message_checkpoint *m)
{
    struct note_checkpoint note;
    char origin[NOTE_ORIGIN_MAX + 1];
    snprintf(origin, sizeof origin, "casemate/%s/%u", process_enclave(w->process),
             store_epoch(w->store)->number);
    if (note_check(w->root.checkpoint, m->note, &note) != 0)
        log_die("the auditor sent a checkpoint that does not verify");
    if (strcmp(note.origin, origin) != 0 || !note.has_hot ||
        memcmp(note.hot, w->hot_sent, HOT_LENGTH) != 0)
        return; /* an old answer */
    request_batch_end(w);
    int r = keep_signed(w, note.size, m->note);
    if (r == ERR_STATE || r == ERR_FULL)
        return; /* an old answer; or the disk is full: it is asked again */
    if (r)
        unsure_end(r, "at keeping a checkpoint");
    w->head_under_way = false;
}

void heads_due(struct worker *w)
{
    struct message m = {.number = MESSAGE_HEAD};
    uint8_t proof[TREE_PROOF_MAX];
    struct bytes_put put = bytes_into(proof, sizeof proof);
    struct peer *auditor = process_peer(w->process, 8, "");
    uint64_t now = os_boot_ms(), waiting = store_unsigned(w->store);
    if (!auditor || !w->anchored || w->closed[0] || waiting == 0 || w->in_transaction)
        return;
    if (w->head_under_way && now - w->head_asked_ms < HEAD_WAIT_MS)
        return;
    if (waiting < HEAD_EVENTS && now - w->head_asked_ms < HEAD_EVERY_MS && !w->stopping)
        return;
    m.head.epoch = store_epoch(w->store)->number;
    if (store_head(w->store, &put, &m.head.old_size, &m.head.size, m.head.root) != 0)
        log_die("a head cannot be formed");
    m.head.proof = bytes_view_of(proof, bytes_put_length(&put));
    write_hot(w, &m);
    w->head_asked_ms = now;
    w->head_under_way = process_send(auditor, &m) == 0;
    if (!w->head_under_way)
        store_head_lost(w->store);
}

void heads_last(struct worker *w)
{
    uint64_t until = os_boot_ms() + LAST_WAIT_MS;
    w->stopping = true;
    if (store_unsigned(w->store) == 0 || w->closed[0])
        return;
    while (store_unsigned(w->store) != 0 && os_boot_ms() < until && process_peer(w->process, 8, ""))
        if (loop_step(process_loop(w->process), 20) != 0)
            return;
}
