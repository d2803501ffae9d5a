/* Signed heads: what the auditor last signed must be here, and what is new goes to it. */
#include <stdio.h>
#include <string.h>

#include "appliance/identity/identity.h"
#include "crypto/note.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define CHANNEL       7
#define HEAD_EVERY_MS 1000
#define LAST_WAIT_MS  1000
#define ANCHOR_MS     1000 /* as long an auditor that does not answer is waited for */

bool heads_allow(const struct identity *n)
{
    return n->store && !n->closed[0] && (n->anchored || os_boot_ms() - n->began_ms >= ANCHOR_MS);
}

void heads_joined(struct identity *n, struct peer *auditor)
{
    struct message m = {.number = MESSAGE_ANCHOR_ASK};
    if (!n->store || n->unsure)
        return;
    store_head_lost(n->store);
    n->head_asked_ms = 0;
    if (process_send(auditor, &m) != 0)
        log_err("the auditor does not take messages");
}

void heads_due(struct identity *n)
{
    struct message m = {.number = MESSAGE_HEAD};
    uint8_t proof[TREE_PROOF_MAX];
    struct bytes_put put = bytes_into(proof, sizeof proof);
    struct peer *auditor = process_peer(n->process, CHANNEL, "");
    uint64_t now = os_boot_ms();
    if (!auditor || !n->anchored || n->closed[0] || store_unsigned(n->store) == 0 ||
        (n->head_asked_ms && now - n->head_asked_ms < HEAD_EVERY_MS))
        return;
    m.head.epoch = store_epoch(n->store)->number;
    if (store_head(n->store, &put, &m.head.old_size, &m.head.size, m.head.root) != 0)
        log_die("a head cannot be formed");
    m.head.proof = bytes_view_of(proof, bytes_put_length(&put));
    n->head_asked_ms = now;
    if (process_send(auditor, &m) != 0)
        store_head_lost(n->store);
}

void heads_last(struct identity *n)
{
    uint64_t until = os_boot_ms() + LAST_WAIT_MS;
    n->head_asked_ms = 0;
    while (store_unsigned(n->store) != 0 && !n->closed[0] && os_boot_ms() < until &&
           process_peer(n->process, CHANNEL, ""))
        if (loop_step(process_loop(n->process), 20) != 0)
            return;
}

/* The auditor has signed more than it knows: its journal was put back.  Signing goes on from what
 * it knows. */
static void go_on_from(struct identity *n, uint64_t size)
{
    int r = store_head_regress(n->store, size);
    if (r == 0)
        log_err("the auditor's journal is older than the head that it signed");
    else if (r != ERR_STATE)
        shut_failed(r, "at reading the log from the auditor's anchor on");
}

static void stale(struct identity *n, uint32_t known)
{
    char why[300];
    snprintf(why, sizeof why,
             "The auditor knows identity's log in epoch %u only, and it is in epoch %u: the "
             "auditor's journal is an old one. Nobody can sign in until the newest journal has "
             "been put back.",
             known, store_epoch(n->store)->number);
    shut_begin(n, why);
}

void heads_anchor(struct identity *n, const struct message_anchor *m)
{
    if (!n->store || n->unsure)
        return;
    identity_commit(n);
    n->anchored = true;
    n->head_asked_ms = 0;
    if (m->size == 0 && m->epoch == store_epoch(n->store)->number) {
        go_on_from(n, 0); /* it knows nothing of this epoch; it may have signed */
        return;
    }
    int r = store_check_anchor(n->store, m->epoch, m->size, m->root);
    if (r == ERR_BEHIND) {
        behind_found(n, m);
        return;
    }
    if (r == ERR_STALE) {
        stale(n, m->epoch);
        return;
    }
    if (r)
        shut_failed(r, "at comparing the log with its anchor");
    if (n->closed[0] && !n->behind.there) { /* it was stale, and the newest journal is back */
        n->closed[0] = '\0';
        process_say(n->process, "");
    }
    go_on_from(n, m->size);
    /* its answer may have been lost with a process */
    if (store_head_adopt(n->store, m->size, m->note) == ERR_STORE)
        shut_failed(ERR_STORE, "at keeping a checkpoint");
}

void heads_checkpoint(struct identity *n, const struct message_checkpoint *m)
{
    struct note_checkpoint note;
    identity_commit(n);
    if (note_check(n->checkpoint_key, m->note, &note) != 0)
        log_die("the auditor sent a checkpoint that does not verify");
    if (store_head_signed(n->store, note.size, m->note) == ERR_STORE)
        shut_failed(ERR_STORE, "at keeping a checkpoint");
}
