/* The heads of the logs: what was signed last, and what is signed next. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "enclave/audit/auditor.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/store/tree.h"

#define ANCHOR_TEXT (NOTE_MAX * 2 + 200)

struct anchor *anchors_of(struct auditor *auditor, const char *origin)
{
    for (size_t i = 0; i < ORIGINS_MAX; i++) {
        struct anchor *a = &auditor->anchors[i];
        if (a->origin[0] == '\0') {
            snprintf(a->origin, sizeof a->origin, "%s", origin);
            a->epoch = 1;
        }
        if (strcmp(a->origin, origin) == 0)
            return a;
    }
    log_die("more logs than a site can have");
}

void anchors_begin(struct anchor *anchor, uint32_t epoch)
{
    anchor->epoch = epoch;
    anchor->size = 0;
    anchor->signed_ms = 0;
    anchor->note_length = 0;
    memset(anchor->root, 0, sizeof anchor->root);
}

void anchors_show(struct auditor *auditor, struct peer *peer)
{
    char origin[JOURNAL_ORIGIN];
    auditor_origin(peer, origin);
    const struct anchor *a = anchors_of(auditor, origin);
    struct waiting *w = auditor_later(auditor, peer, true); /* what is shown is durable */
    if (!w)
        return;
    memcpy(w->note, a->note, a->note_length);
    w->message.number = MESSAGE_ANCHOR;
    w->message.anchor.epoch = a->epoch;
    w->message.anchor.size = a->size;
    w->message.anchor.signed_ms = a->signed_ms;
    memcpy(w->message.anchor.root, a->root, 32);
    w->message.anchor.note = bytes_view_of(w->note, a->note_length);
}

static void line_of(const struct anchor *a, char out[static ANCHOR_TEXT])
{
    char root[65], base64[NOTE_MAX * 2];
    bytes_to_hex(a->root, 32, root);
    sodium_bin2base64(base64, sizeof base64, (const uint8_t *)a->note, a->note_length,
                      sodium_base64_VARIANT_ORIGINAL);
    snprintf(out, ANCHOR_TEXT, "%" PRIu64 " %s %s %" PRId64, a->size, root, base64, a->signed_ms);
}

/* Does it continue what was signed before?  Else the program is told, or it is on record. */
static bool continues(struct auditor *auditor, struct peer *peer, const struct anchor *a,
                      const struct message_head *m)
{
    static uint8_t empty[32];
    hash_sha256(bytes_view_of("", 0), empty);
    if (m->epoch != a->epoch || m->old_size != a->size || m->size == a->size) {
        anchors_show(auditor, peer); /* it missed an answer: it has to catch up first */
        return false;
    }
    if (m->size >= a->size &&
        tree_proof_check(m->proof, a->size, a->size ? a->root : empty, m->size, m->root) == 0)
        return true;
    if (!shares_allow(auditor, a->origin, SHARE_NOTES)) {
        shares_beyond(auditor, a->origin, AUDIT_CLASS_AUDIT);
        return false;
    }
    static const char what[] = "a_head_that_does_not_continue_the_log";
    log_err("%s asked for a head that does not continue its log; it was refused", a->origin);
    (void)auditor_add(auditor, a->origin, "refused", what);
    shares_spend(auditor, a->origin, SHARE_NOTES, what);
    return false;
}

void anchors_sign(struct auditor *auditor, struct peer *peer, const struct message_head *m)
{
    char origin[JOURNAL_ORIGIN], fields[ANCHOR_TEXT];
    struct note_checkpoint checkpoint = {.size = m->size};
    auditor_origin(peer, origin);
    struct anchor *a = anchors_of(auditor, origin), next;
    if (!shares_allow(auditor, origin, SHARE_HEADS)) {
        shares_later(auditor, peer, m);
        return;
    }
    if (!continues(auditor, peer, a, m))
        return;
    snprintf(checkpoint.origin, sizeof checkpoint.origin, "casemate/%s/%u",
             peer->enclave[0] ? peer->enclave : "identity", a->epoch);
    memcpy(checkpoint.root, m->root, 32);
    if (m->hot.length != 0 && m->hot.length != NOTE_HOT_LENGTH)
        log_die("%s sent a digest of %u bytes", origin, m->hot.length);
    checkpoint.has_hot = m->hot.length != 0;
    if (checkpoint.has_hot)
        memcpy(checkpoint.hot, m->hot.data, NOTE_HOT_LENGTH);
    next = *a;
    if (note_sign(process_key(auditor->process, KEY_AUDITOR_CHECKPOINT), &checkpoint, next.note,
                  &next.note_length) != 0)
        log_die("a checkpoint could not be signed");
    next.size = m->size;
    next.signed_ms = os_utc_ms();
    memcpy(next.root, m->root, 32);
    line_of(&next, fields);
    struct waiting *w = auditor_later(auditor, peer, false);
    if (!w)
        return; /* the disk is full: it asks again */
    if (!auditor_add(auditor, origin, "head", fields)) {
        w->peer = NULL;
        return;
    }
    shares_spend(auditor, origin, SHARE_HEADS, fields);
    *a = next;
    memcpy(w->note, a->note, a->note_length);
    w->message.number = MESSAGE_CHECKPOINT;
    w->message.checkpoint.note = bytes_view_of(w->note, a->note_length);
}

/* A program writes a gap when it has a head that the journal does not know, and never else. */
void anchors_older(struct auditor *auditor, const char *origin, unsigned type)
{
    if (type == AUDIT_TYPE_GAP && !auditor->older[0] &&
        (strncmp(origin, "worker/", 7) == 0 || strncmp(origin, "identity/", 9) == 0))
        snprintf(auditor->older, sizeof auditor->older, "%s", origin);
}

void anchors_older_read(struct auditor *auditor, const char *origin, const char *fields)
{
    unsigned type;
    if (sscanf(fields, "%*s %*s %*s %*s %*s %*s %*s %*s %u", &type) == 1)
        anchors_older(auditor, origin, type);
}

int anchors_carry(struct auditor *auditor, struct journal *journal)
{
    char fields[ANCHOR_TEXT];
    int r = 0;
    for (size_t i = 0; r == 0 && i < ORIGINS_MAX; i++) {
        const struct anchor *a = &auditor->anchors[i];
        if (a->origin[0] && a->epoch > 1) {
            snprintf(fields, sizeof fields, "%u", a->epoch);
            r = journal_add(journal, a->origin, "epoch", fields);
        }
        if (r || !a->origin[0] || a->size == 0)
            continue;
        line_of(a, fields);
        r = journal_add(journal, a->origin, "head", fields);
    }
    return r;
}

int anchors_read(struct auditor *auditor, const char *origin, char *fields)
{
    struct anchor *a = anchors_of(auditor, origin);
    char *save = NULL;
    char *size = strtok_r(fields, " ", &save), *root = strtok_r(NULL, " ", &save);
    char *note = strtok_r(NULL, " ", &save), *when = strtok_r(NULL, " ", &save);
    if (!size || !root || !note || bytes_from_hex(bytes_text(root), 32, a->root) != 0 ||
        sodium_base642bin((uint8_t *)a->note, sizeof a->note, note, strlen(note), NULL,
                          &a->note_length, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return ERR_FORMAT;
    a->size = strtoull(size, NULL, 10);
    a->signed_ms = when ? strtoll(when, NULL, 10) : 0; /* older journals did not say it here */
    return 0;
}
