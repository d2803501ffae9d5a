/*
 * The auditor: the journal and the key that signs checkpoints.  Everybody writes to
 * it; nobody can ask it to delete, or to read back on the channel that writes.
 */
#include <inttypes.h>
#include <libaudit.h>
#include <stdio.h>
#include <string.h>

#include "enclave/audit/auditor.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define SYNC_WITHIN_MS 50 /* of what nobody waits for */

static struct auditor self = {.kernel = -1};

void auditor_origin(const struct peer *peer, char out[static JOURNAL_ORIGIN])
{
    snprintf(out, JOURNAL_ORIGIN, "%s/%s",
             peer->program == PROGRAM_IDENTITY ? "identity"
             : peer->program == PROGRAM_KEEPER ? "keeper"
                                               : "worker",
             peer->enclave[0] ? peer->enclave : "-");
}

/* ---- what is durable, and what waits for it ---- */

static bool add(struct auditor *auditor, const char *origin, const char *kind, const char *fields)
{
    int r = journal_add(auditor->journal, origin, kind, fields);
    if (r && r != ERR_FULL)
        closed_failed(r, "at a line of the journal");
    return r == 0;
}

bool auditor_add(struct auditor *auditor, const char *origin, const char *kind, const char *fields)
{
    char text[60];
    int64_t by = journal_jumped(auditor->journal);
    if (by) {
        snprintf(text, sizeof text, "%+" PRId64 "_ms", by);
        log_err("the clock was set by %" PRId64 " ms", by);
        records_note(auditor, "auditor/-", AUDIT_TYPE_CLOCK, AUDIT_OUTCOME_DONE, text);
    }
    return add(auditor, origin, kind, fields);
}

/* The disk is full: who waits to do something may not; heads wait until there is room. */
static void refuse_who_waits(struct auditor *auditor)
{
    size_t left = 0;
    for (size_t i = 0; i < auditor->waiting_count; i++) {
        struct waiting *w = &auditor->waiting[i];
        struct message no = {.number = MESSAGE_AUDIT_REFUSED};
        if (!w->peer)
            continue;
        if (w->message.number != MESSAGE_AUDIT_ACK) {
            struct waiting *to = &auditor->waiting[left++];
            *to = *w;
            if (to->message.number == MESSAGE_CHECKPOINT)
                to->message.checkpoint.note.data = (const uint8_t *)to->note;
            else
                to->message.anchor.note.data = (const uint8_t *)to->note;
            continue;
        }
        memcpy(no.audit_refused.id, w->message.audit_ack.id, 16);
        no.audit_refused.sentence = bytes_text("The journal's disk is full.");
        (void)!process_send(w->peer, &no);
        w->intent.outcome = AUDIT_OUTCOME_REFUSED;
        w->intent.detail = bytes_text("the journal's disk is full");
        records_take(auditor, w->peer, &w->intent);
    }
    auditor->waiting_count = left;
}

void auditor_sync(struct auditor *auditor)
{
    int r = journal_sync(auditor->journal);
    if (r && r != ERR_FULL)
        closed_failed(r, "at making the journal durable");
    auditor->urgent = false;
    auditor->since_ms = 0;
    if (!journal_has_reserve(auditor->journal))
        room_full(auditor);
    if (r) {
        refuse_who_waits(auditor);
        return;
    }
    for (size_t i = 0; i < auditor->waiting_count; i++)
        if (auditor->waiting[i].peer)
            (void)!process_send(auditor->waiting[i].peer, &auditor->waiting[i].message);
    auditor->waiting_count = 0;
}

struct waiting *auditor_later(struct auditor *auditor, struct peer *peer, bool urgent)
{
    if (auditor->waiting_count == ACKS_MAX)
        auditor_sync(auditor);
    if (auditor->waiting_count == ACKS_MAX)
        return NULL;
    struct waiting *w = &auditor->waiting[auditor->waiting_count++];
    w->peer = peer;
    w->message = (struct message){.number = MESSAGE_NONE};
    auditor->urgent |= urgent;
    return w;
}

/* ---- wiring ---- */

void auditor_read(void *context, const char *origin, const char *kind, char *fields)
{
    struct auditor *auditor = context;
    size_t length = strlen(fields); /* a head's are cut when they are read */
    bool is_act = false;
    int r = 0;
    auditor->stopped_well = strcmp(kind, "stop") == 0;
    if (strcmp(kind, "head") == 0)
        r = anchors_read(auditor, origin, fields);
    if (strcmp(kind, "epoch") == 0)
        r = epochs_read(auditor, origin, fields);
    if (strcmp(kind, "share") == 0)
        r = shares_read_line(auditor, origin, fields);
    if (strcmp(kind, "audit") == 0) {
        is_act = intents_read(auditor, origin, fields);
        anchors_older_read(auditor, origin, fields);
    }
    shares_read(auditor, origin, kind, length, is_act);
    if (r && !auditor->bad)
        auditor->bad = strcmp(kind, "head") == 0    ? "a head"
                       : strcmp(kind, "share") == 0 ? "a share"
                                                    : "an epoch";
}

static int on_prepare(void *context, struct process *process)
{
    (void)context;
    (void)process;
    self.kernel = audit_open();
    return 0;
}

static void each_second(void *context)
{
    if (closed_is(context))
        return;
    room_look(context);
    shares_second(context);
    sealing_due(context);
}

static int on_started(void *context, struct process *process)
{
    (void)context;
    self.process = process;
    if (epochs_trust(&self, process_descriptor(process, DESCRIPTOR_ROOT)) != 0) {
        log_err("root.json does not say which key signs people's statements");
        return ERR_FORMAT;
    }
    int r = closed_open(&self);
    if (r)
        return r;
    if (!closed_is(&self)) {
        room_look(&self);
        room_words(&self);
        auditor_sync(&self);
        log_info("the journal has %" PRIu64 " lines%s", journal_lines(self.journal),
                 self.kernel < 0 ? "; the kernel's audit system is not to be had" : "");
    }
    return loop_every(process_loop(process), 1000, each_second, &self);
}

static void on_message(void *context, struct peer *peer, const struct message *m)
{
    (void)context;
    if (closed_is(&self)) {
        closed_message(&self, peer, m);
        return;
    }
    switch (m->number) {
    case MESSAGE_HEAD:
        anchors_sign(&self, peer, &m->head);
        return;
    case MESSAGE_EPOCH:
        epochs_take(&self, peer, &m->epoch);
        return;
    case MESSAGE_ANCHOR_ASK:
        anchors_show(&self, peer);
        return;
    case MESSAGE_AUDIT:
        records_take(&self, peer, &m->audit);
        return;
    default:
        log_die("%s sent the auditor message %s", topology_program(peer->program)->name,
                message_name(m->number));
    }
}

static void on_joined(void *context, struct peer *peer)
{
    (void)context;
    for (size_t i = 0; i < LISTENERS; i++)
        if (!self.listeners[i]) {
            self.listeners[i] = peer;
            break;
        }
    if (!closed_is(&self))
        intents_ask(&self, peer);
    room_tell(&self, peer);
}

static void on_left(void *context, struct peer *peer)
{
    (void)context;
    for (size_t i = 0; i < self.waiting_count; i++)
        if (self.waiting[i].peer == peer)
            self.waiting[i].peer = NULL;
    for (size_t i = 0; i < LISTENERS; i++)
        if (self.listeners[i] == peer)
            self.listeners[i] = NULL;
    shares_left(&self, peer);
}

/* What the supervisor alone sees. */
static void on_report(void *context, const struct message_report *m)
{
    char origin[JOURNAL_ORIGIN] = "supervisor/-", detail[200];
    (void)context;
    if (m->enclave[0])
        snprintf(origin, sizeof origin, "supervisor/%.8s", (const char *)m->enclave);
    snprintf(detail, sizeof detail, "%s%s%.*s",
             m->program ? topology_program((enum program)m->program)->binary : "",
             m->program && m->detail.length ? ":_" : "", (int)m->detail.length,
             (const char *)m->detail.data);
    records_note(&self, origin, (enum audit_type)m->type, (enum audit_outcome)m->outcome, detail);
}

static void on_command(void *context, uint64_t request, unsigned command)
{
    (void)context;
    sealing_command(&self, request, command);
}

/* What nobody waits for becomes durable with what comes in the next moment. */
static int sync_soon(struct auditor *auditor)
{
    uint64_t now = os_boot_ms();
    if (auditor->since_ms == 0)
        auditor->since_ms = now;
    if (now - auditor->since_ms < SYNC_WITHIN_MS)
        return (int)(SYNC_WITHIN_MS - (now - auditor->since_ms));
    auditor_sync(auditor);
    return -1;
}

static int on_turn(void *context)
{
    int wait = -1;
    (void)context;
    if (closed_is(&self))
        return -1;
    bool more = sealing_export_on(&self);
    int r = journal_write(self.journal);
    if (r && r != ERR_FULL)
        closed_failed(r, "at writing the journal");
    if (self.urgent || r == ERR_FULL)
        auditor_sync(&self);
    else if (journal_unsynced(self.journal) || self.waiting_count)
        wait = sync_soon(&self);
    return more ? 0 : wait;
}

static void on_stopping(void *context)
{
    (void)context;
    if (closed_is(&self))
        return;
    shares_told(&self);
    (void)auditor_add(&self, "auditor/-", "stop", "-");
    auditor_sync(&self);
    journal_close(self.journal);
}

const struct process_handlers *auditor_handlers(void)
{
    static const struct process_handlers handlers = {
        .prepare = on_prepare,
        .started = on_started,
        .message = on_message,
        .joined = on_joined,
        .left = on_left,
        .report = on_report,
        .command = on_command,
        .turn = on_turn,
        .stopping = on_stopping,
    };
    return &handlers;
}

int main(void)
{
    return process_main(PROGRAM_AUDITOR, auditor_handlers());
}
