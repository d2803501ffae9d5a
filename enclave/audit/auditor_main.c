/*
 * The auditor: the journal and the key that signs checkpoints.  Everybody writes to
 * it; nobody can ask it to delete, or to read back on the channel that writes.
 */
#include <inttypes.h>
#include <libaudit.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/note.h"
#include "enclave/audit/journal.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/process/process.h"
#include "enclave/store/tree.h"

#define ORIGINS_MAX (2 * ENCLAVES_MAX + 8)
#define INTENTS_MAX 4096
#define ACKS_MAX    256

/* What was last signed for a log. */
struct anchor {
    char origin[JOURNAL_ORIGIN];
    uint64_t size;
    uint8_t root[32];
    char note[NOTE_MAX];
    size_t note_length;
};

/* An intent whose outcome has not come. */
struct open_intent {
    bool used;
    char origin[JOURNAL_ORIGIN];
    uint8_t id[16], person[16];
    uint16_t operation;
};

/* Answers wait until what they answer is durable. */
struct waiting {
    struct peer *peer;
    struct message message;
    char note[NOTE_MAX];
};

static struct {
    struct process *process;
    struct journal *journal;
    int kernel; /* netlink socket of the kernel's audit system, or -1 */
    struct anchor anchors[ORIGINS_MAX];
    struct open_intent intents[INTENTS_MAX];
    struct waiting waiting[ACKS_MAX];
    size_t waiting_count;
} auditor = {.kernel = -1};

static void origin_of(const struct peer *peer, char out[static JOURNAL_ORIGIN])
{
    snprintf(out, JOURNAL_ORIGIN, "%s/%s",
             peer->program == PROGRAM_IDENTITY ? "identity"
             : peer->program == PROGRAM_KEEPER ? "keeper"
                                               : "worker",
             peer->enclave[0] ? peer->enclave : "-");
}

static struct anchor *anchor_of(const char *origin)
{
    for (size_t i = 0; i < ORIGINS_MAX; i++) {
        struct anchor *a = &auditor.anchors[i];
        if (a->origin[0] == '\0')
            snprintf(a->origin, sizeof a->origin, "%s", origin);
        if (strcmp(a->origin, origin) == 0)
            return a;
    }
    log_die("more logs than a site can have");
}

/* ---- answers, after the journal is durable ---- */

static void sync_and_answer(void)
{
    if (journal_sync(auditor.journal) != 0)
        log_die("the journal cannot be written; nothing was acknowledged");
    for (size_t i = 0; i < auditor.waiting_count; i++)
        if (auditor.waiting[i].peer)
            (void)!process_send(auditor.waiting[i].peer, &auditor.waiting[i].message);
    auditor.waiting_count = 0;
}

static struct waiting *answer_later(struct peer *peer)
{
    if (auditor.waiting_count == ACKS_MAX)
        sync_and_answer();
    struct waiting *w = &auditor.waiting[auditor.waiting_count++];
    w->peer = peer;
    w->message = (struct message){.number = MESSAGE_NONE};
    return w;
}

static void add(const char *origin, const char *kind, const char *fields)
{
    if (journal_add(auditor.journal, origin, kind, fields) != 0)
        log_die("the journal cannot be written; nothing was acknowledged");
}

/* ---- heads ---- */

static void send_anchor(struct peer *peer)
{
    char origin[JOURNAL_ORIGIN];
    struct message m = {.number = MESSAGE_ANCHOR};
    origin_of(peer, origin);
    const struct anchor *a = anchor_of(origin);
    m.anchor.size = a->size;
    memcpy(m.anchor.root, a->root, 32);
    m.anchor.note = bytes_view_of(a->note, a->note_length);
    (void)!process_send(peer, &m);
}

static void sign_head(struct peer *peer, const struct message_head *m)
{
    char origin[JOURNAL_ORIGIN], fields[NOTE_MAX * 2 + 200], root[65], base64[NOTE_MAX * 2];
    struct note_checkpoint checkpoint = {.size = m->size};
    static uint8_t empty[32];
    origin_of(peer, origin);
    struct anchor *a = anchor_of(origin);
    hash_sha256(bytes_view_of("", 0), empty);
    const uint8_t *old = a->size ? a->root : empty;
    if (m->old_size != a->size) {
        send_anchor(peer); /* it missed an answer: it has to catch up first */
        return;
    }
    if (m->size < a->size || tree_proof_check(m->proof, a->size, old, m->size, m->root) != 0) {
        log_err("%s asked for a head that does not continue its log; it was refused", origin);
        add(origin, "refused", "a head that does not continue the log");
        return;
    }
    snprintf(checkpoint.origin, sizeof checkpoint.origin, "casemate/%s/1",
             peer->enclave[0] ? peer->enclave : "identity");
    memcpy(checkpoint.root, m->root, 32);
    struct waiting *w = answer_later(peer);
    if (note_sign(process_key(auditor.process, KEY_AUDITOR_CHECKPOINT), &checkpoint, a->note,
                  &a->note_length) != 0)
        log_die("a checkpoint could not be signed");
    a->size = m->size;
    memcpy(a->root, m->root, 32);
    bytes_to_hex(m->root, 32, root);
    sodium_bin2base64(base64, sizeof base64, (const uint8_t *)a->note, a->note_length,
                      sodium_base64_VARIANT_ORIGINAL);
    snprintf(fields, sizeof fields, "%" PRIu64 " %s %s", m->size, root, base64);
    add(origin, "head", fields);
    memcpy(w->note, a->note, a->note_length);
    w->message.number = MESSAGE_CHECKPOINT;
    w->message.checkpoint.note = bytes_view_of(w->note, a->note_length);
}

/* ---- audit records ---- */

static void remember_intent(const char *origin, const uint8_t id[static 16],
                            const uint8_t person[static 16], uint16_t operation)
{
    for (size_t i = 0; i < INTENTS_MAX; i++) {
        struct open_intent *n = &auditor.intents[i];
        if (n->used)
            continue;
        *n = (struct open_intent){.used = true, .operation = operation};
        snprintf(n->origin, sizeof n->origin, "%s", origin);
        memcpy(n->id, id, 16);
        memcpy(n->person, person, 16);
        return;
    }
}

static void close_intent(const char *origin, const uint8_t id[static 16])
{
    for (size_t i = 0; i < INTENTS_MAX; i++) {
        struct open_intent *n = &auditor.intents[i];
        if (n->used && memcmp(n->id, id, 16) == 0 && strcmp(n->origin, origin) == 0)
            n->used = false;
    }
}

/* The kernel's audit log, where it accepts them; the journal always. */
static void tell_kernel(const char *origin, const struct message_audit *m)
{
    char text[200];
    if (auditor.kernel < 0)
        return;
    snprintf(text, sizeof text, "op=casemate origin=%s class=%u operation=%u", origin,
             m->event_class, m->operation);
    if (audit_log_user_message(auditor.kernel, AUDIT_TRUSTED_APP, text, NULL, NULL, "",
                               m->outcome == AUDIT_OUTCOME_DONE) <= 0) {
        log_info("the kernel's audit system does not accept records here; the journal keeps them");
        audit_close(auditor.kernel);
        auditor.kernel = -1;
    }
}

static void take_audit(struct peer *peer, const struct message_audit *m)
{
    char origin[JOURNAL_ORIGIN], fields[600], id[33], person[33], session[33], station[33];
    char detail[201];
    size_t n = m->detail.length;
    origin_of(peer, origin);
    bytes_to_hex(m->id, 16, id);
    bytes_to_hex(m->person, 16, person);
    bytes_to_hex(m->session, 16, session);
    bytes_to_hex(m->station, 16, station);
    for (size_t i = 0; i < n; i++) /* one line, one record */
        detail[i] =
            m->detail.data[i] > 0x20 && m->detail.data[i] < 0x7f ? (char)m->detail.data[i] : '_';
    detail[n] = '\0';
    snprintf(fields, sizeof fields, "%u %u %s %s %s %s %u %s", m->event_class, m->outcome, id,
             person, session, station, m->operation, n ? detail : "-");
    add(origin, "audit", fields);
    if (m->outcome != AUDIT_OUTCOME_INTENT) {
        close_intent(origin, m->id);
        tell_kernel(origin, m);
        return;
    }
    remember_intent(origin, m->id, m->person, m->operation);
    struct waiting *w = answer_later(peer);
    w->message.number = MESSAGE_AUDIT_ACK;
    memcpy(w->message.audit_ack.id, m->id, 16);
}

/* ---- wiring ---- */

static void from_journal(void *context, const char *origin, const char *kind, char *fields)
{
    (void)context;
    if (strcmp(kind, "head") == 0) {
        struct anchor *a = anchor_of(origin);
        char *save = NULL;
        char *size = strtok_r(fields, " ", &save), *root = strtok_r(NULL, " ", &save);
        char *note = strtok_r(NULL, " ", &save);
        if (!size || !root || !note || bytes_from_hex(bytes_text(root), 32, a->root) != 0 ||
            sodium_base642bin((uint8_t *)a->note, sizeof a->note, note, strlen(note), NULL,
                              &a->note_length, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
            log_die("the journal holds a head that is not in its form");
        a->size = strtoull(size, NULL, 10);
        return;
    }
    unsigned event_class, outcome, operation;
    char id[33], person[33];
    uint8_t id_bytes[16], person_bytes[16];
    if (strcmp(kind, "audit") != 0 ||
        sscanf(fields, "%u %u %32s %32s %*s %*s %u", &event_class, &outcome, id, person,
               &operation) != 5 ||
        bytes_from_hex(bytes_text(id), 16, id_bytes) != 0 ||
        bytes_from_hex(bytes_text(person), 16, person_bytes) != 0)
        return;
    if (outcome == AUDIT_OUTCOME_INTENT)
        remember_intent(origin, id_bytes, person_bytes, (uint16_t)operation);
    else
        close_intent(origin, id_bytes);
}

static int on_prepare(void *context, struct process *process)
{
    (void)context;
    (void)process;
    auditor.kernel = audit_open();
    return 0;
}

static int on_started(void *context, struct process *process)
{
    (void)context;
    auditor.process = process;
    int r = journal_open(from_journal, NULL, &auditor.journal);
    if (r) {
        log_err("the journal cannot be opened: %s", error_text(r));
        return r;
    }
    add("auditor/-", "start", "-");
    sync_and_answer();
    log_info("the journal has %" PRIu64 " lines%s", journal_lines(auditor.journal),
             auditor.kernel < 0 ? "; the kernel's audit system is not to be had" : "");
    return 0;
}

static void on_message(void *context, struct peer *peer, const struct message *m)
{
    (void)context;
    switch (m->number) {
    case MESSAGE_HEAD:
        sign_head(peer, &m->head);
        return;
    case MESSAGE_ANCHOR_ASK:
        send_anchor(peer);
        return;
    case MESSAGE_AUDIT:
        take_audit(peer, &m->audit);
        return;
    default:
        log_die("%s sent the auditor message %s", topology_program(peer->program)->name,
                message_name(m->number));
    }
}

/* What became of the intents that this process, or the one before it, left open? */
static void on_joined(void *context, struct peer *peer)
{
    char origin[JOURNAL_ORIGIN];
    (void)context;
    origin_of(peer, origin);
    for (size_t i = 0; i < INTENTS_MAX; i++) {
        const struct open_intent *n = &auditor.intents[i];
        struct message m = {.number = MESSAGE_AUDIT};
        if (!n->used || strcmp(n->origin, origin) != 0)
            continue;
        memcpy(m.audit.id, n->id, 16);
        memcpy(m.audit.person, n->person, 16);
        m.audit.operation = n->operation;
        m.audit.outcome = AUDIT_OUTCOME_INTENT;
        (void)!process_send(peer, &m);
    }
}

static void on_left(void *context, struct peer *peer)
{
    (void)context;
    for (size_t i = 0; i < auditor.waiting_count; i++)
        if (auditor.waiting[i].peer == peer)
            auditor.waiting[i].peer = NULL;
}

static int on_turn(void *context)
{
    (void)context;
    sync_and_answer();
    return -1;
}

static void on_stopping(void *context)
{
    (void)context;
    add("auditor/-", "stop", "-");
    sync_and_answer();
}

int main(void)
{
    static const struct process_handlers handlers = {
        .prepare = on_prepare,
        .started = on_started,
        .message = on_message,
        .joined = on_joined,
        .left = on_left,
        .turn = on_turn,
        .stopping = on_stopping,
    };
    return process_main(PROGRAM_AUDITOR, &handlers);
}
