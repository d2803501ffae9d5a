/* The heads of the logs: what was signed last, and what is signed next. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "enclave/audit/auditor.h"
#include "enclave/process/log.h"
#include "enclave/store/tree.h"

static struct anchor *anchor_of(struct auditor *auditor, const char *origin)
{
    for (size_t i = 0; i < ORIGINS_MAX; i++) {
        struct anchor *a = &auditor->anchors[i];
        if (a->origin[0] == '\0')
            snprintf(a->origin, sizeof a->origin, "%s", origin);
        if (strcmp(a->origin, origin) == 0)
            return a;
    }
    log_die("more logs than a site can have");
}

void anchors_show(struct auditor *auditor, struct peer *peer)
{
    char origin[JOURNAL_ORIGIN];
    struct message m = {.number = MESSAGE_ANCHOR};
    auditor_origin(peer, origin);
    const struct anchor *a = anchor_of(auditor, origin);
    m.anchor.size = a->size;
    memcpy(m.anchor.root, a->root, 32);
    m.anchor.note = bytes_view_of(a->note, a->note_length);
    (void)!process_send(peer, &m);
}

void anchors_sign(struct auditor *auditor, struct peer *peer, const struct message_head *m)
{
    char origin[JOURNAL_ORIGIN], fields[NOTE_MAX * 2 + 200], root[65], base64[NOTE_MAX * 2];
    struct note_checkpoint checkpoint = {.size = m->size};
    static uint8_t empty[32];
    auditor_origin(peer, origin);
    struct anchor *a = anchor_of(auditor, origin);
    hash_sha256(bytes_view_of("", 0), empty);
    const uint8_t *old = a->size ? a->root : empty;
    if (m->old_size != a->size) {
        anchors_show(auditor, peer); /* it missed an answer: it has to catch up first */
        return;
    }
    if (m->size < a->size || tree_proof_check(m->proof, a->size, old, m->size, m->root) != 0) {
        log_err("%s asked for a head that does not continue its log; it was refused", origin);
        auditor_add(auditor, origin, "refused", "a head that does not continue the log");
        return;
    }
    snprintf(checkpoint.origin, sizeof checkpoint.origin, "casemate/%s/1",
             peer->enclave[0] ? peer->enclave : "identity");
    memcpy(checkpoint.root, m->root, 32);
    struct waiting *w = auditor_later(auditor, peer);
    if (note_sign(process_key(auditor->process, KEY_AUDITOR_CHECKPOINT), &checkpoint, a->note,
                  &a->note_length) != 0)
        log_die("a checkpoint could not be signed");
    a->size = m->size;
    memcpy(a->root, m->root, 32);
    bytes_to_hex(m->root, 32, root);
    sodium_bin2base64(base64, sizeof base64, (const uint8_t *)a->note, a->note_length,
                      sodium_base64_VARIANT_ORIGINAL);
    snprintf(fields, sizeof fields, "%" PRIu64 " %s %s", m->size, root, base64);
    auditor_add(auditor, origin, "head", fields);
    memcpy(w->note, a->note, a->note_length);
    w->message.number = MESSAGE_CHECKPOINT;
    w->message.checkpoint.note = bytes_view_of(w->note, a->note_length);
}

void anchors_read(struct auditor *auditor, const char *origin, char *fields)
{
    struct anchor *a = anchor_of(auditor, origin);
    char *save = NULL;
    char *size = strtok_r(fields, " ", &save), *root = strtok_r(NULL, " ", &save);
    char *note = strtok_r(NULL, " ", &save);
    if (!size || !root || !note || bytes_from_hex(bytes_text(root), 32, a->root) != 0 ||
        sodium_base642bin((uint8_t *)a->note, sizeof a->note, note, strlen(note), NULL,
                          &a->note_length, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        log_die("the journal holds a head that is not in its form");
    a->size = strtoull(size, NULL, 10);
}
