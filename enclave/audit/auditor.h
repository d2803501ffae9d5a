#ifndef ENCLAVE_AUDIT_AUDITOR_H
#define ENCLAVE_AUDIT_AUDITOR_H

#include "crypto/note.h"
#include "enclave/audit/event.h"
#include "enclave/audit/journal.h"
#include "enclave/audit/outcome.h"
#include "enclave/audit/share.h"
#include "enclave/process/process.h"
#include "enclave/store/tree.h"

/*
 * What the files of the auditor share.  Everything that somebody waits for is answered
 * behind auditor_sync(): what has been answered is durable.
 */
#define ORIGINS_MAX    (2 * ENCLAVES_MAX + 8)
#define INTENTS_MAX    4096
#define INTENTS_OF_ONE 512 /* a program that never says an outcome takes nothing from others */
#define ACKS_MAX       512
#define LISTENERS      (2 * ENCLAVES_MAX + 8)

/* What was last signed for a log. */
struct anchor {
    char origin[JOURNAL_ORIGIN];
    uint32_t epoch; /* of the log, from 1 */
    uint64_t size;  /* 0: nothing of this epoch has been signed */
    int64_t signed_ms;
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

/* What one program may write, and a head of its log that waits until it may. */
struct origin_share {
    char origin[JOURNAL_ORIGIN];
    struct share share;
    uint64_t beyond_ms;   /* of the boot: when a record was last not kept; 0: all is well */
    uint64_t recorded_ms; /* when that was last put on record */
    uint64_t beyond;      /* not kept since it began */
    int64_t since_ms;     /* when that was, in UTC */
    struct peer *waits;   /* for this head; NULL: nobody */
    struct message_head head;
    uint8_t proof[TREE_PROOF_MAX], hot[NOTE_HOT_LENGTH];
};

/* An answer that waits until what it answers is durable. */
struct waiting {
    struct peer *peer;
    struct message message;
    struct message_audit intent; /* that it acknowledges, without its texts */
    char note[NOTE_MAX];
};

struct auditor {
    struct process *process;
    struct journal *journal;
    int kernel; /* netlink socket of the kernel's audit system, or -1 */
    struct anchor anchors[ORIGINS_MAX];
    struct open_intent intents[INTENTS_MAX];
    size_t intents_end; /* none behind it is used: a record in a flood is compared with few */
    struct origin_share shares[ORIGINS_MAX];
    struct waiting waiting[ACKS_MAX];
    size_t waiting_count;
    uint8_t statement_key[SIGN_PUBLIC_LENGTH]; /* identity's, of root.json */
    bool admits_pin;                           /* badge and PIN will do on this site */
    bool urgent;                               /* somebody waits for the next sync */
    uint64_t since_ms; /* since when something waits to be durable; 0: nothing does */
    /* room */
    bool full;          /* the reserve is gone: no intent is taken */
    unsigned percent;   /* 0, 75, 90: what was said last */
    uint64_t lost;      /* records that could not be kept since it was full */
    uint64_t looked_ms; /* when the disk was last looked at */
    struct peer *listeners[LISTENERS];
    /* the program that found that the journal is older than a head that it signed: known until the
     * segment with that record is sealed; "" */
    char older[JOURNAL_ORIGIN];
    uint64_t export_request; /* the console that the journal is written for, or 0 */
    bool stopped_well;       /* the last line that was read is a stop */
    /* a journal that is not opened */
    bool unsure;      /* the disk failed: enclave/process/mark.h */
    char closed[300]; /* why no record is taken; "" while the journal is open */
    const char *bad;  /* a line that was read at the start is not in its form: its kind */
    /* the custodians' word for a loss, as the keeper had it journaled */
    bool agreed;
    uint8_t agreed_to[HASH_CONTENT_LENGTH];
};

/* ---- auditor_main.c ---- */

/* auditor_handlers(): What this program does when something comes.  A simulator runs it by them. */
const struct process_handlers *auditor_handlers(void);

/* auditor_origin(peer, out): Who wrote something: the channel that it came on. */
void auditor_origin(const struct peer *peer, char out[static JOURNAL_ORIGIN]);

/* auditor_add(auditor, origin, kind, fields): A line of the journal, not yet durable; false when
 * the disk is full and it is not kept.  A journal that fails otherwise ends the process. */
bool auditor_add(struct auditor *auditor, const char *origin, const char *kind, const char *fields);

/* auditor_sync(auditor): Make the journal durable, then let the answers go.  On a full disk they
 * wait, and intents are refused. */
void auditor_sync(struct auditor *auditor);

/* auditor_later(auditor, peer, urgent): A place for an answer that leaves with the next sync;
 * NULL when the disk is full and too many wait. */
struct waiting *auditor_later(struct auditor *auditor, struct peer *peer, bool urgent);

/* ---- seal.c: segments ---- */

/* The rows of appliance/commands.def that the auditor answers, by their numbers; the table itself
 * belongs to the floor above. */
enum auditor_command {
    AUDITOR_JOURNAL = 9,
    AUDITOR_BACKUP_LIST = 52,
    AUDITOR_SEAL = 55,
    AUDITOR_REOPEN = 57
};

/* sealing_command(auditor, request, command): What the console asks. */
void sealing_command(struct auditor *auditor, uint64_t request, unsigned command);

/* sealing_due(auditor): Close and seal the last segment when it is long, or of another week. */
void sealing_due(struct auditor *auditor);

/* sealing_export_on(auditor): Go on with writing the whole journal to the console's file, a part a
 * turn: false when nothing is left to do. */
bool sealing_export_on(struct auditor *auditor);

/* ---- room.c: a disk that fills ---- */

/* room_look(auditor): How full is the disk; is there room again?  Once a second. */
void room_look(struct auditor *auditor);

/* room_say(auditor, peer): What this one should know of the journal, and of its own share. */
void room_say(const struct auditor *auditor, struct peer *peer);

/* room_say_to_all(auditor): What everybody should know of the journal. */
void room_say_to_all(const struct auditor *auditor);

/* room_words(auditor): The same for the site's status; nothing while there is room. */
void room_words(const struct auditor *auditor);

/* room_full(auditor): The disk is full: say so, once, to everybody. */
void room_full(struct auditor *auditor);

/* room_tell(auditor, peer): What is known, to one who has just come. */
void room_tell(struct auditor *auditor, struct peer *peer);

/* ---- anchors.c: heads of the logs ---- */

/* anchors_show(auditor, peer): Send a program what was last signed for its log. */
void anchors_show(struct auditor *auditor, struct peer *peer);

/* anchors_sign(auditor, peer, message): A head, if its proof continues the one signed before. */
void anchors_sign(struct auditor *auditor, struct peer *peer, const struct message_head *m);

/* anchors_of(auditor, origin): What was last signed for a log; never NULL. */
struct anchor *anchors_of(struct auditor *auditor, const char *origin);

/* anchors_begin(anchor, epoch): Nothing has been signed of this new epoch. */
void anchors_begin(struct anchor *anchor, uint32_t epoch);

/* anchors_read(auditor, origin, fields): A "head" line of the journal, at the start.  ERR_FORMAT
 * when it is not in its form. */
must_use int anchors_read(struct auditor *auditor, const char *origin, char *fields);

/* anchors_older(auditor, origin, type): A record of a program, when it comes and as it is read at
 * the start: when it is a gap, that program has a newer head than the journal, and the status says
 * so. */
void anchors_older(struct auditor *auditor, const char *origin, unsigned type);

/* anchors_older_read(auditor, origin, fields): The same of an "audit" line of the journal. */
void anchors_older_read(struct auditor *auditor, const char *origin, const char *fields);

/* anchors_carry(auditor, journal): The newest head of each log, into a new segment. */
must_use int anchors_carry(struct auditor *auditor, struct journal *journal);

/* ---- epochs.c: a log that begins anew behind a loss ---- */

/* epochs_trust(auditor, fd): Take what is needed of root.json. */
must_use int epochs_trust(struct auditor *auditor, int fd);

/* epochs_take(auditor, peer, message): A new epoch, when two people have signed for the loss. */
void epochs_take(struct auditor *auditor, struct peer *peer, const struct message_epoch *m);

/* epochs_agreed(auditor, m): The keeper's intent of type LOSS: custodians have accepted the loss of
 * identity's log whose digest it names. */
void epochs_agreed(struct auditor *auditor, const struct message_audit *m);

/* epochs_read(auditor, origin, fields): An "epoch" line of the journal, at the start; ERR_FORMAT.
 */
must_use int epochs_read(struct auditor *auditor, const char *origin, const char *fields);

/* ---- records.c: what happened, and what is about to ---- */

/* records_take(auditor, peer, message): An audit record; an intent is answered when it is durable.
 */
void records_take(struct auditor *auditor, struct peer *peer, const struct message_audit *m);

/* records_shut(auditor, peer, message): The same while the journal is closed: the kernel's audit
 * log alone has it, it is counted as lost, and an intent is refused. */
void records_shut(struct auditor *auditor, struct peer *peer, const struct message_audit *m);

/* records_note(auditor, origin, type, outcome, detail): A record of the auditor's own, or what the
 * supervisor reports; ${detail} is our own words. */
void records_note(struct auditor *auditor, const char *origin, enum audit_type type,
                  enum audit_outcome outcome, const char *detail);

/* records_text(message, out): The fields of an "audit" line. */
#define RECORD_TEXT 1400
void records_text(const struct message_audit *m, char out[static RECORD_TEXT]);

/* ---- intents.c ---- */

/* intents_read(auditor, origin, fields): An "audit" line of the journal, at the start.  true: it is
 * an intent, or what became of one that was open. */
bool intents_read(struct auditor *auditor, const char *origin, const char *fields);

/* intents_open, intents_close: It is about to be done; what became of it has come.  false: more are
 * open than can be followed; none was open. */
bool intents_open(struct auditor *auditor, const char *origin, const struct message_audit *m);
bool intents_close(struct auditor *auditor, const char *origin, const uint8_t id[static 16]);

/* intents_ask(auditor, peer): What became of the intents that this program left open? */
void intents_ask(struct auditor *auditor, struct peer *peer);

/* intents_carry(auditor, journal): The open ones, into a new segment. */
must_use int intents_carry(struct auditor *auditor, struct journal *journal);

/* ---- shares.c: no program fills the journal, or drowns what others write ---- */

/* shares_allow(auditor, origin, kind): Is it within its share?  An origin without one always is. */
bool shares_allow(struct auditor *auditor, const char *origin, enum share_kind kind);

/* shares_spend(auditor, origin, kind, fields): A line of it was added. */
void shares_spend(struct auditor *auditor, const char *origin, enum share_kind kind,
                  const char *fields);

/* shares_beyond(auditor, origin, event_class): A record beyond its share is not kept: counted, and
 * said, and on record within ten seconds. */
void shares_beyond(struct auditor *auditor, const char *origin, unsigned event_class);

/* shares_later(auditor, peer, m): A head beyond its share: looked at again within a second; a newer
 * one takes its place. */
void shares_later(struct auditor *auditor, struct peer *peer, const struct message_head *m);

/* shares_second(auditor): Each second: heads that wait, and what was counted. */
void shares_second(struct auditor *auditor);

/* shares_told(auditor): What was counted, on record now: it ends. */
void shares_told(struct auditor *auditor);

/* shares_left(auditor, peer): Nobody waits there any more. */
void shares_left(struct auditor *auditor, const struct peer *peer);

/* shares_is_beyond(auditor, peer), shares_words(auditor, out): Who is at fault: for itself, and for
 * the site's status ("" for nobody). */
bool shares_is_beyond(const struct auditor *auditor, const struct peer *peer);
#define SHARES_WORDS 200
void shares_words(const struct auditor *auditor, char out[static SHARES_WORDS]);

/* shares_read(auditor, origin, kind, length, is_act): A line of the journal, at the start, whose
 * fields have ${length}; shares_read_line(auditor, origin, fields) a "share" line, ERR_FORMAT;
 * shares_resume(auditor) behind the last, or where it was refused. */
void shares_read(struct auditor *auditor, const char *origin, const char *kind, size_t length,
                 bool is_act);
must_use int shares_read_line(struct auditor *auditor, const char *origin, const char *fields);
void shares_resume(struct auditor *auditor);

/* shares_carry(auditor, journal): What is left of each, into a new segment, behind what else is
 * carried over. */
must_use int shares_carry(struct auditor *auditor, struct journal *journal);

/* ---- closed.c: a journal that is refused, or that the disk has failed ---- */

#define AUDITOR_MARK "unsure-journal"

/*
 * While the journal is not open this process stays up in words: acts of the security class are
 * refused with the reason, production goes on, the site's status says what was found and what to
 * do.  What would have been a record is counted, and the gap is named when the journal is open
 * again.
 */

/* closed_failed(r, what): The journal failed with ${r} at ${what}: mark_end(). */
_Noreturn void closed_failed(int r, const char *what);

/* closed_open(auditor): At the start: look for the mark and open the journal.  0 also where it is
 * not opened: auditor->journal is NULL then. */
must_use int closed_open(struct auditor *auditor);

/* closed_is(auditor): Is the journal not open? */
bool closed_is(const struct auditor *auditor);

/* closed_message(auditor, peer, m): What comes meanwhile. */
void closed_message(struct auditor *auditor, struct peer *peer, const struct message *m);

/* closed_reopen(auditor, text, size): A person asks: every sealed segment that lies here, and the
 * whole last one, read again from the disk.  0: the journal is open, the gap is on record, and
 * everybody is told; 1: nothing has changed.  ${text} says what was found. */
must_use int closed_reopen(struct auditor *auditor, char *text, size_t size);

/* auditor_read(context, origin, kind, fields): A line of the journal, for journal_open(). */
void auditor_read(void *context, const char *origin, const char *kind, char *fields);

#endif
