/* Signed heads: what the auditor last signed must be here, and what is new goes to it. */
#include <stdio.h>
#include <string.h>

#include "appliance/worker/unsure.h"
#include "appliance/worker/worker.h"
#include "crypto/note.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define HEAD_EVENTS  1000 /* or a second, whichever comes first; never when idle */
#define HEAD_WAIT_MS 5000

void heads_joined(struct worker *w, struct peer *auditor)
{
    struct message m = {.number = MESSAGE_ANCHOR_ASK};
    store_head_lost(w->store);
    if (process_send(auditor, &m) != 0)
        log_err("the auditor does not take messages");
}

void heads_left(struct worker *w)
{
    store_head_lost(w->store);
    request_auditor_gone(w);
}

void heads_anchor(struct worker *w, const struct message_anchor *m)
{
    w->anchored = true;
    if (m->size == 0)
        return; /* the auditor has signed nothing for this enclave yet */
    int r = store_check_anchor(w->store, m->size, m->root);
    if (r == 0) {
        /* its answer may have been lost with a process */
        if (w->closed[0])
            return;
        r = store_head_adopt(w->store, m->size, m->note);
        if (r && r != ERR_STATE && r != ERR_FULL)
            unsure_end(r, "at keeping a checkpoint");
        w->head_asked_ms = 0;
        return;
    }
    snprintf(w->closed, sizeof w->closed,
             "This enclave's store is behind its anchor: the auditor has signed a log of %llu "
             "events, and %s. Nothing is recorded until two people sign for the loss.",
             (unsigned long long)m->size,
             store_size(w->store) < m->size ? "fewer lie here" : "other events lie here");
    log_err("the store is behind its anchor of %llu events", (unsigned long long)m->size);
}

void heads_checkpoint(struct worker *w, const struct message_checkpoint *m)
{
    struct note_checkpoint note;
    char origin[NOTE_ORIGIN_MAX + 1];
    snprintf(origin, sizeof origin, "casemate/%s/1", process_enclave(w->process));
    if (note_check(w->root.checkpoint, m->note, &note) != 0 || strcmp(note.origin, origin) != 0)
        log_die("the auditor sent a checkpoint that does not verify");
    request_batch_end(w);
    int r = store_head_signed(w->store, note.size, m->note);
    if (r == ERR_STATE || r == ERR_FULL)
        return; /* an old answer; or the disk is full: it is asked again */
    if (r)
        unsure_end(r, "at keeping a checkpoint");
    w->head_asked_ms = 0;
}

void heads_due(struct worker *w)
{
    struct message m = {.number = MESSAGE_HEAD};
    uint8_t proof[TREE_PROOF_MAX];
    struct bytes_put put = bytes_into(proof, sizeof proof);
    struct peer *auditor = process_peer(w->process, 8, "");
    uint64_t now = os_boot_ms(), waiting = store_unsigned(w->store);
    if (!auditor || !w->anchored || w->closed[0] || waiting == 0)
        return;
    if (w->head_asked_ms && now - w->head_asked_ms < (waiting < HEAD_EVENTS ? 1000 : 50) &&
        now - w->head_asked_ms < HEAD_WAIT_MS)
        return;
    if (store_head(w->store, &put, &m.head.old_size, &m.head.size, m.head.root) != 0)
        log_die("a head cannot be formed");
    m.head.proof = bytes_view_of(proof, bytes_put_length(&put));
    w->head_asked_ms = now;
    if (process_send(auditor, &m) != 0)
        store_head_lost(w->store);
}
