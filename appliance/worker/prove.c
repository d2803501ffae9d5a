/* Proofs that leave the box: one record, asked for by a person; and growth, on the console. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "appliance/worker/worker.h"
#include "enclave/process/log.h"
#include "enclave/store/evidence.h"

static uint8_t file[EVIDENCE_MAX + 1];

struct place {
    struct store *store;
    struct store_epoch epoch;
};

static int subtree(void *context, uint64_t from, uint64_t to, uint8_t out[static HASH_TREE_LENGTH])
{
    struct place *p = context;
    return store_subtree(p->store, &p->epoch, from, to, out);
}

/* The newest head of an epoch, verified. */
static int head_of(struct worker *w, uint32_t epoch, char note[static NOTE_MAX], size_t *ret_length,
                   struct note_checkpoint *ret_head)
{
    uint64_t size;
    int r = store_checkpoint(w->store, epoch, note, NOTE_MAX, ret_length, &size);
    return r ? r : note_check(w->root.checkpoint, bytes_view_of(note, *ret_length), ret_head);
}

/* ---- one record ---- */

/* With stored nodes, and when these do not give what was signed, from the events alone. */
static int prove_inclusion(struct worker *w, struct place *p, uint64_t index,
                           const struct note_checkpoint *head, const uint8_t leaf[static 32],
                           struct proof *ret_proof)
{
    int r = ERR_DIGEST;
    for (int again = 0; r == ERR_DIGEST && again < 2; again++) {
        r = proof_inclusion(index, head->size, subtree, p, ret_proof);
        if (r == 0)
            r = proof_inclusion_check(ret_proof, index, head->size, leaf, head->root);
        if (r == ERR_DIGEST)
            store_nodes_doubt(w->store);
    }
    return r;
}

/* Whoever sees a record must be allowed to see whatever the program has: what an event says of a
 * marked part is known to nobody here. */
static bool sees_everything(struct worker *w, struct command *c)
{
    for (size_t i = 0; i < w->markings_count; i++)
        if (!c->sees(c, w->markings[i].id))
            return false;
    return true;
}

static int write_record(struct worker *w, uint64_t sequence, struct bytes_put *out)
{
    struct place p = {.store = w->store};
    struct note_checkpoint head;
    struct store_event event;
    struct proof proof;
    char note[NOTE_MAX];
    uint8_t leaf[HASH_TREE_LENGTH];
    size_t length = 0;
    uint64_t end;
    int r = store_epoch_of(w->store, sequence, &p.epoch, &end);
    if (r == 0)
        r = head_of(w, p.epoch.number, note, &length, &head);
    if (r)
        return r;
    uint64_t index = sequence - p.epoch.first;
    if (index >= head.size)
        return ERR_STALE;
    r = store_read(w->store, sequence, &event);
    if (r)
        return r;
    store_leaf(&event, leaf);
    r = prove_inclusion(w, &p, index, &head, leaf, &proof);
    if (r == 0)
        r = store_read(w->store, sequence, &event); /* its payload was borrowed */
    if (r)
        return r;
    evidence_write_record(&event, index, &proof, bytes_view_of(note, length), out);
    return out->error;
}

int prove_run(struct worker *w, struct command *c)
{
    struct bytes_put put = bytes_into(file, sizeof file - 1);
    if (!sees_everything(w, c)) {
        c->absent = true;
        return 0;
    }
    int r = write_record(w, (uint64_t)body_value(c->body, "sequence")->number, &put);
    if (r == ERR_UNKNOWN) {
        c->absent = true;
        return 0;
    }
    if (r == ERR_STALE)
        return mes_refuse(c, 409, "sequence", "No signed head covers this event yet.",
                          "Nothing was changed.", "Try again in a few seconds.");
    if (r)
        return mes_refuse(c, 409, "sequence",
                          mes_print(c, "This event cannot be proved: %s.", error_text(r)),
                          "Nothing was changed.",
                          "Have the log verified: casemate verify, at the box's console.");
    file[bytes_put_length(&put)] = '\0';
    answer_write_proof(&(struct answer_proof){.proof = (const char *)file}, c->out);
    return 0;
}

/* ---- growth ---- */

static int prove_growth(struct worker *w, struct bytes_view old_note, struct bytes_put *out,
                        struct note_checkpoint *ret_old, struct note_checkpoint *ret_head)
{
    struct place p = {.store = w->store};
    struct proof proof;
    char note[NOTE_MAX], origin[NOTE_ORIGIN_MAX + 1];
    size_t length = 0;
    unsigned epoch = 0;
    int r = note_check(w->root.checkpoint, old_note, ret_old);
    if (r)
        return r;
    const char *number = strrchr(ret_old->origin, '/');
    if (!number || sscanf(number, "/%u", &epoch) != 1)
        return ERR_UNKNOWN;
    snprintf(origin, sizeof origin, "casemate/%s/%u", process_enclave(w->process), epoch);
    if (strcmp(origin, ret_old->origin) != 0)
        return ERR_UNKNOWN;
    r = store_epoch_by(w->store, epoch, &p.epoch);
    if (r == 0)
        r = head_of(w, epoch, note, &length, ret_head);
    if (r == 0 && ret_old->size > ret_head->size)
        r = ERR_BEHIND;
    for (int again = 0; r == 0 && again < 2; again++) {
        r = proof_consistency(ret_old->size, ret_head->size, subtree, &p, &proof);
        if (r == 0)
            r = proof_consistency_check(&proof, ret_old->size, ret_old->root, ret_head->size,
                                        ret_head->root);
        if (r != ERR_DIGEST)
            break;
        store_nodes_doubt(w->store);
        r = again ? ERR_DIGEST : 0;
    }
    if (r == 0)
        evidence_write_consistency(old_note, &proof, bytes_view_of(note, length), out);
    return r ? r : out->error;
}

static int write_all(int fd, const uint8_t *data, size_t length)
{
    while (length) {
        ssize_t n = write(fd, data, length);
        if (n <= 0)
            return ERR_SYSTEM;
        data += n;
        length -= (size_t)n;
    }
    return 0;
}

int prove_consistency(struct worker *w, char *text, size_t size)
{
    struct bytes_put put = bytes_into(file, sizeof file);
    struct note_checkpoint old = {.size = 0}, head = {.size = 0};
    char note[NOTE_MAX];
    ssize_t n = read(process_descriptor(w->process, DESCRIPTOR_INPUT), note, sizeof note);
    int r = n > 0 ? prove_growth(w, bytes_view_of(note, (size_t)n), &put, &old, &head) : ERR_FORMAT;
    if (r == 0)
        r = write_all(process_descriptor(w->process, DESCRIPTOR_OUTPUT), file,
                      bytes_put_length(&put));
    if (r == 0) {
        snprintf(text, size, "the log of %llu events begins with that of %llu",
                 (unsigned long long)head.size, (unsigned long long)old.size);
        return 0;
    }
    snprintf(text, size, "no proof could be made: %s",
             r == ERR_UNKNOWN  ? "the old checkpoint is not of this enclave's log"
             : r == ERR_BEHIND ? "the old checkpoint covers more events than the newest head here"
             : r == ERR_DIGEST
                 ? "the log here did not grow from the old checkpoint: events that it "
                   "covers are others"
             : r == ERR_KEY || r == ERR_SIGNATURE
                 ? "the old checkpoint was not signed by this site's auditor"
             : r == ERR_SYSTEM ? strerror(errno) /* what it is written to refused */
                               : error_text(r));
    return 1;
}
