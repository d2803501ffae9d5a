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

static struct auditor self = {.kernel = -1};

void auditor_origin(const struct peer *peer, char out[static JOURNAL_ORIGIN])
{
    snprintf(out, JOURNAL_ORIGIN, "%s/%s",
             peer->program == PROGRAM_IDENTITY ? "identity" : "worker",
             peer->enclave[0] ? peer->enclave : "-");
}

void auditor_sync(struct auditor *auditor)
{
    if (journal_sync(auditor->journal) != 0)
        log_die("the journal cannot be written; nothing was acknowledged");
    for (size_t i = 0; i < auditor->waiting_count; i++)
        if (auditor->waiting[i].peer)
            (void)!process_send(auditor->waiting[i].peer, &auditor->waiting[i].message);
    auditor->waiting_count = 0;
}

struct waiting *auditor_later(struct auditor *auditor, struct peer *peer)
{
    if (auditor->waiting_count == ACKS_MAX)
        auditor_sync(auditor);
    struct waiting *w = &auditor->waiting[auditor->waiting_count++];
    w->peer = peer;
    w->message = (struct message){.number = MESSAGE_NONE};
    return w;
}

void auditor_add(struct auditor *auditor, const char *origin, const char *kind, const char *fields)
{
    if (journal_add(auditor->journal, origin, kind, fields) != 0)
        log_die("the journal cannot be written; nothing was acknowledged");
}

/* ---- wiring ---- */

static void from_journal(void *context, const char *origin, const char *kind, char *fields)
{
    (void)context;
    if (strcmp(kind, "head") == 0)
        anchors_read(&self, origin, fields);
    if (strcmp(kind, "audit") == 0)
        intents_read(&self, origin, fields);
}

static int on_prepare(void *context, struct process *process)
{
    (void)context;
    (void)process;
    self.kernel = audit_open();
    return 0;
}

static int on_started(void *context, struct process *process)
{
    (void)context;
    self.process = process;
    int r = journal_open(from_journal, NULL, &self.journal);
    if (r) {
        log_err("the journal cannot be opened: %s", error_text(r));
        return r;
    }
    auditor_add(&self, "auditor/-", "start", "-");
    auditor_sync(&self);
    log_info("the journal has %" PRIu64 " lines%s", journal_lines(self.journal),
             self.kernel < 0 ? "; the kernel's audit system is not to be had" : "");
    return 0;
}

static void on_message(void *context, struct peer *peer, const struct message *m)
{
    (void)context;
    switch (m->number) {
    case MESSAGE_HEAD:
        anchors_sign(&self, peer, &m->head);
        return;
    case MESSAGE_ANCHOR_ASK:
        anchors_show(&self, peer);
        return;
    case MESSAGE_AUDIT:
        intents_take(&self, peer, &m->audit);
        return;
    default:
        log_die("%s sent the auditor message %s", topology_program(peer->program)->name,
                message_name(m->number));
    }
}

static void on_joined(void *context, struct peer *peer)
{
    (void)context;
    intents_ask(&self, peer);
}

static void on_left(void *context, struct peer *peer)
{
    (void)context;
    for (size_t i = 0; i < self.waiting_count; i++)
        if (self.waiting[i].peer == peer)
            self.waiting[i].peer = NULL;
}

static int on_turn(void *context)
{
    (void)context;
    auditor_sync(&self);
    return -1;
}

static void on_stopping(void *context)
{
    (void)context;
    auditor_add(&self, "auditor/-", "stop", "-");
    auditor_sync(&self);
}

const struct process_handlers *auditor_handlers(void)
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
    return &handlers;
}

int main(void)
{
    return process_main(PROGRAM_AUDITOR, auditor_handlers());
}
