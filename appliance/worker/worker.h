#ifndef APPLIANCE_WORKER_WORKER_H
#define APPLIANCE_WORKER_WORKER_H

#include "appliance/decide.h"
#include "appliance/identity/token.h"
#include "appliance/mes/hot.h"
#include "appliance/mes/mes.h"
#include "appliance/policy_set.h"
#include "appliance/station.h"
#include "appliance/worker/known.h"
#include "appliance/worker/projector.h"
#include "appliance/worker/retry.h"
#include "appliance/worker/tables.h"
#include "enclave/store/loss.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/process.h"
#include "transfer/root.h"

/*
 * The worker of one enclave: what its files share.  One thread; each turn of the
 * loop takes what the channels hold, runs it as one batch inside one transaction,
 * commits, and only then lets the answers go.
 */
#define BATCH_MAX   128
#define HELD_MAX    256
#define DENIALS_MAX 100
#define TOKENS      1024 /* verified tokens that are remembered */
#define ANSWER_MAX  (512 * 1024)
#define WAITING_MAX 64
#define LATE_PLACES 576 /* late.h: LATE_MAX and LATE_QUESTIONS */

struct retries;
struct site_set;
struct impact_job;
struct late;

/* An answer that waits for the commit. */
struct answer_waiting {
    struct peer *gateway;
    uint64_t request;
    unsigned status;
    bool raw;
    bool wrote; /* depends on the transaction */
    bool hold;  /* leaves at the next tick, with what else is held */
    uint8_t *body;
    size_t length;
    bool journaled; /* the auditor is told behind the commit, too */
    char detail[STATION_HALVES];
    char policies[DECIDE_POLICIES];
    struct message_audit audit;
};

/* What is known of the tables that were read at the start. */
enum tables_known {
    TABLES_DIFFERENT = 0, /* they are not what the log says */
    TABLES_UNKNOWN,       /* nothing compares them until a replay has */
    TABLES_AS_SIGNED,     /* they have the digest that was signed with the log */
    TABLES_AS_REPLAYED    /* a replay of the log gave the same */
};

/* A request that waits. */
struct request_kept {
    struct peer *gateway; /* NULL when it has gone meanwhile */
    uint64_t request;
    unsigned operation;
    uint8_t station[STATION_ID];
    uint8_t *copy; /* token, statement and body, one behind the other */
    uint32_t token, statement, body;
    struct retry_look look; /* how far the log was read for it */
};

/* One of the security class, for the auditor's word. */
struct intent {
    bool used;
    uint8_t id[16];
    struct request_kept kept;
};

/* Who has opened what in which session: the first time is recorded. */
#define OPENING_ROWS   512
#define OPENINGS_A_ROW 8
struct opening {
    uint8_t digest[16];
    uint64_t event; /* which says so */
};

struct denial {
    int64_t at_ms;
    char person[SNAPSHOT_NAME_MAX + 1];
    char operation[48];
    char object[64];
    bool erred;
    size_t reasons;
    struct decide_reason reason[DECIDE_REASONS_MAX];
};

struct token_place {
    char text[TOKEN_TEXT];
    struct token token;
    bool used;
};

/* One person's word for what is lost (enclave/store/loss.h). */
struct loss_half {
    bool there;
    uint8_t natural[16];
    char name[STATEMENT_NAME_MAX + 1];
    uint8_t body[LOSS_BODY];
    uint8_t statement[STATEMENT_MAX];
    uint32_t statement_length;
};

/* Who asks, after the token has been looked at. */
struct asker {
    const struct snapshot_holder *person;
    const struct token *token;
};

struct worker {
    struct process *process;
    struct root root;
    struct store *store; /* NULL: it cannot be opened, and closed says why */
    struct mes *mes;
    struct tables kept; /* its tables, as they are in the store */
    struct projector projector;
    struct decider *decider;
    struct retries *retries;
    char closed[300]; /* why nothing is written here; "" while it works */
    char said[300];   /* of it, to the site's status */
    bool dark;        /* and nothing is read either: the tables are not what was signed */
    bool doubted;     /* its log or its tables were found not to be what was signed */
    bool behind;      /* the store lacks what the auditor has signed: */
    struct loss loss;
    int64_t loss_signed_ms, loss_since_ms; /* when that was, and of the newest event here */
    struct loss_half loss_halves[2];
    uint64_t epoch_asked_ms;
    bool unsure; /* the disk failed: unsure.h */
    /* people */
    struct snapshot *snapshot;
    uint8_t snapshot_digest[32];
    bool snapshot_recorded; /* its changes are in the log */
    uint64_t record_again_ms;
    uint64_t *over_ms; /* beside the snapshot's people: sessions from before this moment of the boot
                          are over; 0 where nothing has been heard since the start */
    uint64_t heard_ms; /* of the boot: when the first snapshot came; 0 before */
    int64_t floor_ms;  /* the newest time in the log: nothing that has ended comes back behind it */
    struct bytes_view shipped[2]; /* the policies that an enclave begins with: site, program */
    int64_t policy_version[2];    /* of the sets in force; 0: not in the log yet */
    struct site_set *site_set;    /* the mandatory rules that identity told of last */
    char site_wrong[POLICY_WHY];  /* why they are not in force here; "" when they are */
    struct impact_job *impact;
    struct marking *markings;
    size_t markings_count, markings_rows;
    uint64_t snapshot_good_until_ms;
    uint8_t *snapshot_parts; /* a snapshot on its way */
    size_t snapshot_length;
    struct token_place *tokens;
    struct known_sessions *sessions; /* which are over, which are locked */
    /* the batch */
    bool in_transaction;
    uint64_t batch_from;    /* the first event of the open transaction */
    bool full;              /* the disk was, and no transaction is open: nothing is begun before */
    bool full_asked;        /* room has been found: which is looked for once in a turn, */
    uint64_t full_until_ms; /* not before this */
    struct answer_waiting answers[BATCH_MAX];
    size_t answers_count;
    struct answer_waiting held[HELD_MAX];
    size_t held_count;
    uint64_t held_until_ms;
    struct intent intents[WAITING_MAX];
    struct late *late[LATE_PLACES]; /* in the order in which they came */
    size_t late_count;
    uint64_t late_read; /* events, in this turn, for those that came in it */
    bool late_oldest;   /* whose slice the last one was */
    /* heads */
    unsigned journal_percent; /* how full the journal's disk is: 75 or 90 at least, or 0 for less */
    enum journal_state journal;       /* does it take intents? */
    bool anchored;                    /* the auditor has shown its anchor */
    uint64_t head_asked_ms;           /* for the last one, */
    bool head_under_way;              /* and its answer has not come */
    struct hot *hot;                  /* the digest of the tables, which stands in the head */
    uint8_t hot_sent[HOT_LENGTH];     /* as the head under way has it, */
    uint8_t hot_parts[HOT_PARTS_MAX]; /* and table by table */
    size_t hot_parts_length;
    enum tables_known tables;
    bool stopping;
    /* denials, newest last, a ring */
    struct denial denials[DENIALS_MAX];
    size_t denials_count;
    struct opening openings[OPENING_ROWS][OPENINGS_A_ROW]; /* first openings, by a digest of what
                                                              was opened by whom */
    /* memory for one request */
    uint8_t *arena;
    uint8_t *scratch;
    uint8_t *out;
    struct body body;
};

/* worker_main.c */
/* worker_handlers(): What this program does when something comes; the context is its struct worker.
 * A simulator runs it by them. */
const struct process_handlers *worker_handlers(void);

/* request.c */
void request_arrived(struct worker *w, struct peer *gateway, const struct message_request *m);
void request_intent_acknowledged(struct worker *w, const uint8_t id[static 16]);
void request_forget_gateway(struct worker *w, const struct peer *gateway);
void request_intent_refused(struct worker *w, const struct message_audit_refused *m);
void request_auditor_gone(struct worker *w);
/* request_batch_end(w): Commit, then send every answer. */
void request_batch_end(struct worker *w);
/* request_batch_due(w): End the batch between two requests, where nothing is gained by waiting. */
void request_batch_due(struct worker *w);
/* request_transaction(w): Make sure that a transaction is open.  ERR_FULL at once while the disk is
 * known to be full. */
must_use int request_transaction(struct worker *w);
/* request_undo(w): The disk is full, and nothing of this batch was done: memory goes back to what
 * the store says, where anything has changed in it. */
void request_undo(struct worker *w);
/* request_has_room(w): The disk is not known to be full. */
bool request_has_room(struct worker *w);
/* request_common(w, common): The part of an event that no person caused. */
void request_common(struct worker *w, struct event_common *common);
/* worker_event(w, event): An event of the worker's own, in the open transaction. */
must_use int worker_event(struct worker *w, struct event *event);

/* people.c */
void people_part(struct worker *w, const struct message_snapshot *m);
void people_line(struct worker *w, const struct message_snapshot_line *m);
/* people_ask(w, token, station, ret_asker): NULL, or why not, in words; PEOPLE_NOT_YET while nobody
 * can be known, which is no reason to sign anybody out.  A token is good at its own station only.
 */
#define PEOPLE_NOT_YET "The program is being started again."
#define PEOPLE_LOCKED  "This session is locked. Enter your PIN to go on; your entries are kept."
const char *people_ask(struct worker *w, struct bytes_view token,
                       const uint8_t station[static STATION_ID], struct asker *ret_asker);
void people_session(struct worker *w, const uint8_t session[static 16], enum known what);
void people_sessions(struct worker *w, const struct message_sessions *m);
bool people_stale(const struct worker *w);
void people_record(struct worker *w);
/* worker_now(w): UTC, never before the newest event of the log. */
int64_t worker_now(const struct worker *w);

/* glass.c */
/* glass_open(w, command): Who has broken the glass and until when, into the command's answer to
 * GET_PROGRAM. */
void glass_open(struct worker *w, struct command *command);
/* glass_used_run(w, command): What was broken lately, and what was done behind one of them; as
 * mes_run(). */
must_use int glass_used_run(struct worker *w, struct command *command);

/* heads.c */
void heads_joined(struct worker *w, struct peer *auditor);
void heads_left(struct worker *w);
void heads_anchor(struct worker *w, const struct message_anchor *m);
void heads_checkpoint(struct worker *w, const struct message_checkpoint *m);
void heads_due(struct worker *w);
/* heads_open(w): The tables were read from the disk: are they what was signed?  Closes the enclave
 * when they are not.  An error of the store, or of the memory. */
must_use int heads_open(struct worker *w);
/* heads_last(w): The process stops: a last head, so that the next start can compare the tables with
 * it.  Waits a second at most. */
void heads_last(struct worker *w);

/* staging.c */
void staging_message(struct worker *w, struct peer *intake, const struct message *m);
void staging_left(void);
/* staging_answer(): Behind the commit: tell intake what became of its bundle. */
void staging_answer(void);
/* staging_undone(): The batch was refused by the disk, and what was staged in it with it. */
void staging_undone(void);

/* releasing.c */
void releasing_joined(struct worker *w, struct peer *guard);
void releasing_message(struct worker *w, struct peer *guard, const struct message *m);
void releasing_left(struct worker *w, const struct peer *guard);
/* releasing_due(w): Start what the state of the releases asks for. */
void releasing_due(struct worker *w);

/* console.c */
void console_command(struct worker *w, uint64_t request, unsigned command);

/* shut.c: while there is no store.  It says why to the site's status, answers requests in words,
 * and ends the process when the store can be opened. */
#define STORE_FILE "store.db"
void shut_begin(struct worker *w, const char *why);
void shut_message(struct worker *w, struct peer *peer, const struct message *m);
void shut_command(struct worker *w, uint64_t request, unsigned command);
void shut_due(struct worker *w);

/* loss.c */
/* loss_found(w, m): The store lacks what the auditor's anchor says: nothing is written until two
 * people have signed; when they have, and the auditor knows it, the new epoch begins. */
void loss_found(struct worker *w, const struct message_anchor *m);
void loss_refused(struct worker *w, const struct message_epoch_refused *m);
void loss_due(struct worker *w);
/* loss_reopened(w): What had to be mended before a loss is signed for is mended: the loss, if there
 * is one, is what the enclave stays closed for. */
void loss_reopened(struct worker *w);
/* loss_run(w, command): One person signs for it; as mes_run(). */
int loss_run(struct worker *w, struct command *command);
/* loss_answer(w, command, ret_losses): What the page shows of it; how many, 0 or 1. */
size_t loss_answer(const struct worker *w, struct command *command,
                   struct answer_loss **ret_losses);

/* prove.c */
/* prove_run(w, command): One record with its proof; as mes_run(). */
int prove_run(struct worker *w, struct command *command);
/* prove_consistency(w, text, size): For the console: a proof of growth from the checkpoint in its
 * input, into its output.  0, or 1 with the reason in ${text}. */
int prove_consistency(struct worker *w, char *text, size_t size);

/* verify.c */
/* worker_verify(w, text, size): The whole log of ${w}'s store against its signed heads, in one go,
 * with the key of ${w}'s root; 0, or 1, and a sentence. */
int worker_verify(struct worker *w, char *text, size_t size);
/* verify_log(w, store): The whole log of a store that may be no more than open: against its signed
 * heads, and what is behind them against the tree in memory.  0, or what is wrong with it. */
must_use int verify_log(struct worker *w, struct store *store);
#define REBUILD_IN_VAIN                                                                            \
    "the log itself does not verify, and tables are made from it alone: put the store back from "  \
    "its newest backup (casemate restore); nothing was changed"

/* verify_decode(context, stored): Is the event in its form?  For store_verify(). */
int verify_decode(void *context, const struct store_event *stored);
/* worker_compare(w): Every hot table made again from the log, in one go, and compared with what the
 * store holds; 0, ERR_DIGEST when one differs. */
must_use int worker_compare(struct worker *w);

/* security.c */
int security_run(struct worker *w, struct command *command);

/* ---- the other row of the binary ---- */

/* worker_read_root(w, process): root.json. */
must_use int worker_read_root(struct worker *w, struct process *process);

/* rekey_started(context, process): PROGRAM_REKEY, from its confinement to its end. */
int rekey_started(void *context, struct process *process);

#endif
