#ifndef APPLIANCE_WORKER_WORKER_H
#define APPLIANCE_WORKER_WORKER_H

#include "appliance/identity/token.h"
#include "appliance/mes/mes.h"
#include "appliance/policy_set.h"
#include "appliance/station.h"
#include "appliance/worker/known.h"
#include "appliance/worker/projector.h"
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

struct retries;
struct site_set;
struct impact_job;

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
    struct message_audit audit;
};

/* A request of the security class that waits for the auditor's word. */
struct intent {
    bool used;
    uint8_t id[16];
    struct peer *gateway;
    uint64_t request;
    unsigned operation;
    uint8_t station[STATION_ID];
    uint8_t *copy; /* token, statement and body, one behind the other */
    uint32_t token, statement, body;
};

/* Who has opened what in which session: the first time is recorded. */
#define OPENING_ROWS   512
#define OPENINGS_A_ROW 8
struct opening {
    uint8_t digest[16];
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

/* Who asks, after the token has been looked at. */
struct asker {
    const struct snapshot_holder *person;
    const struct token *token;
};

struct worker {
    struct process *process;
    struct root root;
    struct store *store;
    struct mes *mes;
    struct projector projector;
    struct decider *decider;
    struct retries *retries;
    char closed[300]; /* why this enclave only answers with words; "" while it works */
    bool unsure;      /* the disk failed: unsure.h */
    /* people */
    struct snapshot *snapshot;
    uint8_t snapshot_digest[32];
    bool snapshot_recorded; /* its changes are in the log */
    uint64_t record_again_ms;
    int64_t floor_ms; /* the newest time in the log: nothing that has ended comes back behind it */
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
    uint64_t batch_from; /* the first event of the open transaction */
    struct answer_waiting answers[BATCH_MAX];
    size_t answers_count;
    struct answer_waiting held[HELD_MAX];
    size_t held_count;
    uint64_t held_until_ms;
    struct intent intents[WAITING_MAX];
    /* heads */
    bool anchored; /* the auditor has shown its anchor */
    uint64_t head_asked_ms;
    uint64_t verified_size; /* the last verification of the whole log */
    int64_t verified_ms;
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
void request_auditor_gone(struct worker *w);
/* request_batch_end(w): Commit, then send every answer. */
void request_batch_end(struct worker *w);
/* request_transaction(w): Make sure that a transaction is open. */
must_use int request_transaction(struct worker *w);
/* request_undo(w): Nothing of this batch was done: memory goes back to what the store says. */
void request_undo(struct worker *w);
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

/* retry.c */
must_use int retries_new(struct retries **ret_retries);
/* retries_fill(retries, store): From the events of the last hour, by their own time. */
must_use int retries_fill(struct retries *retries, struct store *store);
/* A request that was done: its first event and the digest of its body. */
struct retry {
    uint8_t person[16];
    uint8_t id[16];
    unsigned operation;
    uint8_t body[32];
    uint64_t event;
    int64_t utc_ms; /* of that event */
};
void retries_add(struct retries *retries, const struct retry *retry);
/* retries_first_at(store, utc_ms): The first event at or behind a time; events lie in the order of
 * time, near enough. */
uint64_t retries_first_at(struct store *store, int64_t utc_ms);
/* retries_find(retries, store, person, operation, id, ret_retry): Also in the log, when the id's
 * time lies before what is remembered. */
bool retries_find(struct retries *retries, struct store *store, const uint8_t person[static 16],
                  unsigned operation, const uint8_t id[static 16], struct retry *ret_retry);

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
/* console_verify(w, text, size): The whole log against its signed head; 0, or 1 with the reason;
 * CONSOLE_NO_HEAD while there is none, which is no fault of the log's. */
#define CONSOLE_NO_HEAD 2
int console_verify(struct worker *w, char *text, size_t size);
/* console_replay(w, text, size): Every table again from the log, compared: 0, or 1 with what
 * differs.
 */
int console_replay(struct worker *w, char *text, size_t size);

/* security.c */
int security_run(struct worker *w, struct command *command);

#endif
