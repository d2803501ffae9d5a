#ifndef ENCLAVE_AUDIT_AUDITOR_H
#define ENCLAVE_AUDIT_AUDITOR_H

#include <stdbool.h>

#include "crypto/note.h"
#include "enclave/audit/journal.h"
#include "enclave/process/process.h"

/*
 * What the files of the auditor share.  Everything that somebody waits for is answered
 * behind auditor_sync(): what has been answered is durable.
 */
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

/* An answer that waits until what it answers is durable. */
struct waiting {
    struct peer *peer;
    struct message message;
    char note[NOTE_MAX];
};

struct auditor {
    struct process *process;
    struct journal *journal;
    int kernel; /* netlink socket of the kernel's audit system, or -1 */
    struct anchor anchors[ORIGINS_MAX];
    struct open_intent intents[INTENTS_MAX];
    struct waiting waiting[ACKS_MAX];
    size_t waiting_count;
};

/* ---- auditor_main.c ---- */

/* auditor_handlers(): What this program does when something comes.  A simulator runs it by them. */
const struct process_handlers *auditor_handlers(void);

/* auditor_origin(peer, out): Who wrote something: the channel that it came on. */
void auditor_origin(const struct peer *peer, char out[static JOURNAL_ORIGIN]);

/* auditor_add(auditor, origin, kind, fields): A line of the journal, not yet durable.  A journal
 * that cannot be written ends the process. */
void auditor_add(struct auditor *auditor, const char *origin, const char *kind, const char *fields);

/* auditor_sync(auditor): Make the journal durable, then let the answers go. */
void auditor_sync(struct auditor *auditor);

/* auditor_later(auditor, peer): A place for an answer that leaves with the next sync. */
struct waiting *auditor_later(struct auditor *auditor, struct peer *peer);

/* ---- anchors.c: heads of the logs ---- */

/* anchors_show(auditor, peer): Send a program what was last signed for its log. */
void anchors_show(struct auditor *auditor, struct peer *peer);

/* anchors_sign(auditor, peer, message): A head, if its proof continues the one signed before. */
void anchors_sign(struct auditor *auditor, struct peer *peer, const struct message_head *m);

/* anchors_read(auditor, origin, fields): A "head" line of the journal, at the start.  Ends the
 * process when it is not in its form. */
void anchors_read(struct auditor *auditor, const char *origin, char *fields);

/* ---- intents.c: what happened, and what is about to ---- */

/* intents_take(auditor, peer, message): An audit record; an intent is answered when it is durable.
 */
void intents_take(struct auditor *auditor, struct peer *peer, const struct message_audit *m);

/* intents_read(auditor, origin, fields): An "audit" line of the journal, at the start. */
void intents_read(struct auditor *auditor, const char *origin, char *fields);

/* intents_ask(auditor, peer): What became of the intents that this program left open? */
void intents_ask(struct auditor *auditor, struct peer *peer);

#endif
