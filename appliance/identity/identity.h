#ifndef APPLIANCE_IDENTITY_IDENTITY_H
#define APPLIANCE_IDENTITY_IDENTITY_H

#include "appliance/answer.h"
#include "appliance/attribute.h"
#include "appliance/body.h"
#include "appliance/decide.h"
#include "appliance/event.h"
#include "appliance/identity/challenge.h"
#include "appliance/identity/credential.h"
#include "appliance/identity/glass.h"
#include "appliance/identity/lockout.h"
#include "appliance/identity/session.h"
#include "appliance/identity/token.h"
#include "appliance/policy_set.h"
#include "appliance/quota.h"
#include "appliance/station.h"
#include "crypto/password.h"
#include "enclave/process/process.h"
#include "enclave/store/loss.h"
#include "enclave/store/store.h"

/*
 * Identity: people, their credentials, and the authorization records that decide.
 * What lies in memory is rebuilt from its log at each start.
 */
#define PEOPLE_MAX    2000
#define STATIONS_MAX  1000
#define RECORDS_MAX   65000
#define RECORDS_INDEX 131072
#define PENDING_MAX   256
#define CODES_MAX     128

#define CODE_MS 10000

struct person {
    uint8_t person[16];
    char badge[33];
    char name[65];
    char stamp[17];
    bool has_pin;
    bool pin_given; /* somebody else chose the PIN: he does nothing before he has chosen another */
    uint8_t hash[PASSWORD_HASH_LENGTH];
    uint8_t natural[16]; /* of the first account of this human being */
    uint8_t link_to[16]; /* an account that may be the same human being's; zeros for none */
    uint8_t link_by[16]; /* who says so; at which station, and when */
    uint8_t link_at[16];
    int64_t link_ms;
    bool suspended;
    uint8_t suspended_by[16];
    uint8_t suspended_at[16]; /* a station */
    int64_t not_before_ms;    /* sessions from before are over */
    uint32_t first;           /* place + 1 of the newest record; 0 for none */
    uint32_t left;            /* how many of his records have left memory */
};

struct station {
    uint8_t station[16];
    char name[65];
    bool suspended;
    uint8_t suspended_by[16];
    uint8_t suspended_at[16];
    int64_t not_before_ms;
    uint32_t first;
    uint32_t left;
};

enum record_state { RECORD_PENDING = 0, RECORD_APPROVED, RECORD_REVOKED, RECORD_SUPERSEDED };

/* An authorization record.  It is never changed: it is approved, revoked or superseded. */
struct record {
    uint8_t record[16];
    enum holder_kind kind;
    size_t holder; /* place in people or stations */
    uint32_t next; /* place + 1 of the holder's record before this one */
    const struct attribute *attribute;
    enum record_state state;
    char value[65];
    char scope[9]; /* an enclave's id, or "" for the whole site */
    char granted_by[65];
    char granting_role[33];
    char document_type[25];
    char document[81];
    int64_t document_ms;
    char reason[161];
    int64_t from_ms;
    int64_t until_ms;
    uint8_t supersedes[16];
    uint8_t entered_by[16];
    uint8_t entered_at[16]; /* a station */
    uint8_t approved_by[16];
    int64_t entered_ms, approved_ms, revoked_ms;
    int64_t replaced_ms;   /* when another took or takes its place; 0 for never */
    bool is_leaving;       /* memory, while room is looked for */
    bool revocation_asked; /* one officer wants it gone; the revoked_ fields say who */
    uint8_t asked_at[16];  /* at which station, and when */
    int64_t asked_ms;
    uint8_t revoked_by[16]; /* who asked for it first, and why */
    char revoked_why[161];
    uint8_t revocation_approved_by[16]; /* the second, when one alone could not */
};

/* Of which records memory is left: 8 bytes of each id, open addressing, zeros for a free place. */
struct left {
    uint64_t *mark;
    size_t count, room;
};

/* A set of the site's mandatory rules; its text and tests stay in the log. */
#define SITE_POLICIES_MAX 500
struct site_policy {
    uint8_t proposal[16];
    uint32_t version;
    enum policy_state state;
    uint8_t hash[32];
    uint32_t passed;
    uint8_t proposed_by[16];
    uint8_t proposed_at[16]; /* a station */
    char reason[201], proposed_name[65], decided_name[65], decided_reason[201];
    int64_t proposed_ms, decided_ms;
    uint64_t event; /* of the proposal */
};
struct mandatory {
    struct site_policy set[SITE_POLICIES_MAX];
    size_t count;
    struct bytes_view shipped,
        program;             /* what the box was shipped with; the second is the roles' */
    uint32_t followed, told; /* versions: decided by, told to the workers */
};

/* A request that waits: for the hasher, then for the auditor. */
enum waits_for { WAITS_NOTHING = 0, WAITS_HASH, WAITS_AUDITOR };
struct pending {
    enum waits_for waits;
    struct peer *gateway; /* NULL when it has gone */
    uint64_t request;
    unsigned operation;
    uint64_t number;    /* of the hasher's request */
    uint8_t id[16];     /* of the auditor's intent */
    uint8_t object[16]; /* what it is about, for the journal */
    size_t person;      /* place, or PEOPLE_MAX for a badge that nobody has */
    size_t visitor;     /* who signs in, while ${person} is the escort; else PEOPLE_MAX */
    uint8_t session[16];
    uint8_t station[16];
    uint8_t badge[32]; /* a digest of it as it was shown, known or not */
    bool trying;       /* a PIN of that badge is being checked */
    bool proven;       /* it was right; a new one is being hashed */
    char enclave[9];
    uint8_t *body; /* a copy, for what is done after the auditor's word */
    uint32_t body_length;
    struct token token;
    struct challenge challenge;   /* that was answered */
    struct credential credential; /* that is being registered */
    uint8_t hash[PASSWORD_HASH_LENGTH];
    uint8_t statement[900]; /* as it came, verified */
    uint32_t statement_length;
};

struct code {
    bool used;
    char text[33];
    size_t person;
    uint8_t session[16];
    char enclave[9];
    uint64_t expires_ms;
};

struct issued {
    char enclave[9];
    uint64_t epoch;
    uint8_t digest[32];
    uint8_t *bytes;
    size_t length;
    bool pushed;
};

/* A log that is behind its anchor, and the custodians' word for it: behind.c */
struct behind {
    bool there;
    struct loss loss;
    int64_t signed_ms; /* when the auditor signed what is not here */
    bool accepted;     /* the auditor is asked for the next epoch */
    uint64_t asked_ms, accepted_ms;
    uint64_t request; /* the console that waits, or 0 */
};

struct identity {
    struct process *process;
    struct store *store;                        /* NULL: it was refused */
    uint8_t checkpoint_key[SIGN_PUBLIC_LENGTH]; /* the auditor's, of root.json */
    bool unsure;                                /* the disk failed: enclave/process/mark.h */
    bool given_up;                              /* it opens, and its events cannot be used */
    uint64_t began_ms, looked_ms;
    bool told; /* the workers have heard of people since this process began */
    struct behind behind;
    struct decider *decider;
    uint8_t public_key[32]; /* of tokens and statements */
    const char *site_name;  /* the host in people's browsers */
    char enclaves[ENCLAVES_MAX][9];
    size_t enclaves_count;
    struct person *people;
    size_t people_count;
    struct station *stations;
    size_t stations_count;
    struct record *records;
    size_t records_count;
    uint32_t index[RECORDS_INDEX]; /* place + 1 of a record, by its id, open addressing */
    struct left left;
    int64_t floor_ms; /* the newest time in the log: records never come back behind it */
    int64_t next_ms;  /* when the next record begins or ends */
    struct pending pending[PENDING_MAX];
    struct sessions sessions;
    struct lockout lockout;
    struct credentials credentials;
    struct challenges challenges;
    struct glasses glasses;
    struct mandatory mandatory;
    uint64_t sequence;                 /* of the event that is being applied */
    uint8_t *card_anchors, *card_crls; /* PEM: whose cards are trusted, and which are not */
    size_t card_anchors_length, card_crls_length;
    enum lockout_effect effect;       /* of the last wrong PIN */
    uint8_t station[16];              /* of the request that is being looked at; zeros for none */
    char door[ENCLAVE_ID_LENGTH + 1]; /* and its gateway's enclave; "" for the entry's */
    struct code codes[CODES_MAX];
    struct issued issued[ENCLAVES_MAX];
    uint64_t next_number;
    bool people_changed;
    struct snapshot *site; /* everybody with a role of the site, for its own decisions */
    uint8_t *site_bytes;
    bool in_transaction;
    uint64_t head_asked_ms;
    bool stopping;
    bool anchored;
    unsigned journal_percent; /* how full the journal's disk is: 75 or 90 at least, or 0 for less */
    char closed[300]; /* why nobody is answered, and nothing is written; "" while all is well */
    uint8_t *scratch;
    uint8_t *out;
    struct body body;
};

#define IDENTITY_OUT (4 * 1024 * 1024)
#define STORE_FILE   "store.db"

/* identity_commit(n): End the open transaction, if there is one, and let the answers go. */
void identity_commit(struct identity *n);

/* identity_read_root(n, process): Of root.json, whose signature heads of the log have. */
must_use int identity_read_root(struct identity *n, struct process *process);
/* rekey_started(context, process): PROGRAM_REKEY_IDENTITY, from its confinement to its end. */
int rekey_started(void *context, struct process *process);

/* shut.c: a store that is refused, or that the disk has failed: this process stays up in words */
/* shut_begin(n, why): From now on nobody is answered but with ${why}, which the site's status has,
 * too. */
void shut_begin(struct identity *n, const char *why);
/* shut_open(n): At the start: look for the mark, open the store and read its log.  0 also where it
 * cannot be opened. */
must_use int shut_open(struct identity *n, store_each *each);
/* shut_failed(r, what): The store failed with ${r} at ${what}: mark_end(). */
_Noreturn void shut_failed(int r, const char *what);
/* shut_due(n): A refused store may be another by now: then the process starts again with it. */
void shut_due(struct identity *n);
/* shut_reopen(n, text, size): A person asks, after the disk has failed: read the whole log from the
 * disk and compare it with its heads.  0, the mark is gone and the process starts again; or 1 and
 * nothing has changed.  ${text} says what was found. */
must_use int shut_reopen(struct identity *n, char *text, size_t size);

/* shut_decode(context, stored): Is the event in its form?  For store_verify(). */
int shut_decode(void *context, const struct store_event *stored);

/* heads.c: signed heads, as a worker's */
void heads_joined(struct identity *n, struct peer *auditor);
void heads_anchor(struct identity *n, const struct message_anchor *m);
void heads_checkpoint(struct identity *n, const struct message_checkpoint *m);
void heads_due(struct identity *n);
/* heads_last(n): Before it stops, so that nothing is left behind the anchor; a second at most. */
void heads_last(struct identity *n);
/* heads_allow(n): May people be told of to the workers?  Not before the auditor has said whether
 * this log is the newest, for what an older one says was revoked since; an auditor that does not
 * answer is waited for a moment only. */
bool heads_allow(const struct identity *n);

/*
 * behind.c: a log behind its anchor.  Its people decide nothing; the site's custodians accept, at
 * the console, that exactly this is lost, and the auditor grants the next epoch of the log.
 */
/* behind_found(n, m): The auditor's anchor is ahead of this log. */
void behind_found(struct identity *n, const struct message_anchor *m);
/* behind_words(n, text, size): For the console: the loss's digest, LF, and what is lost; 0, or 1
 * when nothing is, and ${text} says so. */
int behind_words(struct identity *n, char *text, size_t size);
/* behind_accept(n, request, text, size): The keeper had custodians agree, and the console's input
 * has the digest.  True: it is under way and ${request} is answered later; else ${text} says why
 * not. */
bool behind_accept(struct identity *n, uint64_t request, char *text, size_t size);
void behind_refused(struct identity *n, const struct message_epoch_refused *m);
void behind_due(struct identity *n);
/* behind_apply(n, event): LOSS_ACCEPTED: whoever had a session signs in again, and no number of a
 * snapshot is given twice. */
void behind_apply(struct identity *n, const struct event *event);

/* person.c: the state, from events */
must_use int people_apply(struct identity *n, const struct event *event);
/* people_event(n, event, by, operation, id): Append, apply; in the open transaction, or a new one.
 */
must_use int people_event(struct identity *n, struct event *event, const uint8_t by[static 16],
                          unsigned operation, const uint8_t id[static 16]);
size_t people_by_badge(const struct identity *n, struct bytes_view badge);    /* or PEOPLE_MAX */
size_t people_by_id(const struct identity *n, const uint8_t id[static 16]);   /* or PEOPLE_MAX */
size_t stations_by_id(const struct identity *n, const uint8_t id[static 16]); /* or STATIONS_MAX */

/* people_holder(n, id, ret_kind, ret_place): A person or a station; false when there is none. */
bool people_holder(const struct identity *n, const uint8_t id[static 16],
                   enum holder_kind *ret_kind, size_t *ret_place);

/* record.c: authorization records */
must_use int record_apply(struct identity *n, const struct event *event);
struct record *record_by_id(const struct identity *n, const uint8_t id[static 16]);
bool record_is_active(const struct record *record, int64_t now_ms);
/* record_put(n, record): As it stands, by itself, where there is room; ERR_FULL. */
must_use int record_put(struct identity *n, const struct record *record);
/* "pending", "active", "not yet", "past its review" (it ended and binds on), "expired", "revoked"
 * or "superseded". */
const char *record_state_text(const struct identity *n, const struct record *record,
                              int64_t now_ms);
/* record_newest(n, kind, holder), record_before(n, record): A holder's records, newest first; NULL
 * behind the last. */
const struct record *record_newest(const struct identity *n, enum holder_kind kind, size_t holder);
const struct record *record_before(const struct identity *n, const struct record *record);
/* record_find(n, person, attribute, scope, now_ms): One in force for this enclave ("" the whole
 * site: then one of the whole site alone); or NULL. */
const struct record *record_find(const struct identity *n, size_t person,
                                 enum attribute_number attribute, const char *scope,
                                 int64_t now_ms);
/* record_program(n, scope, now_ms): What most of the read-ins in force there call this enclave, of
 * two names that as many say the newer one; NULL where nobody is read in. */
const char *record_program(const struct identity *n, const char *scope, int64_t now_ms);
/* record_any(n, person, attribute, now_ms): One in force, wherever it holds, else one that binds
 * past its end; or NULL. */
const struct record *record_any(const struct identity *n, size_t person,
                                enum attribute_number attribute, int64_t now_ms);
/* record_binds_on(n, record, now_ms): It has ended, and more would be open without it: it goes on
 * being told until another of its attribute and scope takes its place, or two officers revoke it.
 */
bool record_binds_on(const struct identity *n, const struct record *record, int64_t now_ms);
/* record_visit_is_over(n, person, now_ms): A visitor or vendor whose last visit has ended: he does
 * nothing until another record is approved, or two officers revoke what ended. */
bool record_visit_is_over(const struct identity *n, size_t person, int64_t now_ms);
/* record_is_told(n, record, enclave, now_ms): Does it stand in the snapshot of this enclave, when
 * its holder does?  One that has ended and opened something is told for 90 days: an explanation
 * says when it ended. */
bool record_is_told(const struct identity *n, const struct record *record, const char *enclave,
                    int64_t now_ms);
/* record_narrows(n, record, now_ms): Would its holder, or the station, be let in to more without
 * it? Then one officer alone does not take it away. */
bool record_narrows(const struct identity *n, const struct record *record, int64_t now_ms);
/* record_is_replaced(record, now_ms): One that was approved ahead of time has taken its place. */
bool record_is_replaced(const struct record *record, int64_t now_ms);
/* record_outdoes(n, other, record, now_ms): ${other} is of the same holder, attribute and scope,
 * began later and counted when ${record} ended, which so binds no more. */
bool record_outdoes(const struct identity *n, const struct record *other,
                    const struct record *record, int64_t now_ms);

/*
 * forget.c: records that decide nothing any more, nor will, leave memory when it is full: revoked,
 * superseded, or ended so long ago that no snapshot tells of it; first those that have been so for
 * 90 days.  They stay in the log.  Nothing that is decided, told or explained changes by it.
 * record_has_room(n, now_ms): May an officer enter one more?  Changes nothing: memory follows from
 * the log alone.
 * record_make_room(n, now_ms): For one more, at the time of the event that brings it; then records
 * change their places.  ERR_FULL, ERR_MEMORY.
 * record_forget(n, now_ms): All that may leave do.
 * record_has_left(n, id): A record of this id was here.
 */
bool record_has_room(struct identity *n, int64_t now_ms);
must_use int record_make_room(struct identity *n, int64_t now_ms);
must_use int record_forget(struct identity *n, int64_t now_ms);
bool record_has_left(const struct identity *n, const uint8_t id[static 16]);
/* identity_now(n): UTC, never before the newest event of the log. */
int64_t identity_now(const struct identity *n);

/* room.c */
/* room_refused(n, list, count): NULL when the snapshots take these records, which wait for
 * approval, beside what is in force, else what there is no room for.  What a person has more than
 * SNAPSHOT_RECORDS_MAX of would close everything to him; what a snapshot has more than
 * SNAPSHOT_BYTES_MAX of would end identity. */
const char *room_refused(const struct identity *n, const struct record *const *list, size_t count,
                         int64_t now_ms);

/* issue.c: snapshots */
/* issue_site(n, now_ms): For its own decisions; the rest is for the workers. */
void issue_site(struct identity *n, int64_t now_ms);
void issue_all(struct identity *n);
void issue_lines(struct identity *n);
void issue_to(struct identity *n, struct peer *worker);

/* signin.c: sign-in, hand-off, signature; pending.c: what waits */
void signin_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                    const struct operation *operation);
void signin_hashed(struct identity *n, const struct message_hashed *m);
void signin_acknowledged(struct identity *n, const uint8_t id[static 16]);
/* signin_refused(n, m): The auditor could not record an intent. */
void signin_refused(struct identity *n, const struct message_audit_refused *m);
void signin_peer_gone(struct identity *n, const struct peer *peer);
/* signin_is_officer(n, person): A security officer of the site. */
bool signin_is_officer(const struct identity *n, size_t person);
/* signin_is_shut_out(n, person): Suspended, or a visitor whose visit is over: has no session. */
bool signin_is_shut_out(const struct identity *n, size_t person);
/* signin_session(n, id): Open or locked, of somebody who is not shut out; or NULL. */
struct session *signin_session(struct identity *n, const uint8_t id[static 16]);
/* The pending requests that the records' operations share. */
struct pending *pending_new(struct identity *n, struct peer *gateway, uint64_t request,
                            const struct operation *operation, struct bytes_view body);
void pending_end(struct pending *p);
must_use int pending_hash(struct identity *n, struct pending *p, struct bytes_view pin,
                          const uint8_t salt[static 16]);
must_use int pending_intent(struct identity *n, struct pending *p);
void identity_journal(struct identity *n, const struct pending *p, unsigned outcome,
                      const char *detail);

/* signin_end_sessions(n, kind, holder): Of this person, or at this station. */
void signin_end_sessions(struct identity *n, enum holder_kind kind,
                         const uint8_t holder[static 16]);

/* approval.c */
/* identity_check_statement(n, operation, text, body, token): NULL when it is this session's
 * fresh signature over exactly this body, else why not. */
const char *identity_check_statement(struct identity *n, const struct operation *operation,
                                     struct bytes_view text, struct bytes_view body,
                                     const struct token *token);
/* identity_denied(n, token, operation, why): For the journal, bounded for each session: the policy
 * forbids it, or the signature is not good for exactly this. */
void identity_denied(struct identity *n, const struct token *token,
                     const struct operation *operation, const char *why);
/* identity_refused(n, operation, why): The same where no session is known, bounded for each
 * station. */
void identity_refused(struct identity *n, const struct operation *operation, const char *why);
/* identity_refused_proof(n, p, outcome, why): The same of a badge, a key or a card that ${p} came
 * with, and that was refused with no intent before it, and with no PIN checked: nothing else makes
 * whoever asks wait.  Bounded for each station, or session. */
void identity_refused_proof(struct identity *n, const struct pending *p, unsigned outcome,
                            const char *why);
/* identity_refused_token(n, gateway, m, operation): A token came that is not good here, or not any
 * more: it is told.  Nothing that is no token is. */
void identity_refused_token(struct identity *n, struct peer *gateway,
                            const struct message_request *m, const struct operation *operation);

/* halves.c: halves_of(n, p, out): For the journal, before the second half that ${p} asks for is
 * done: that the first was done at the same station, and how long ago; else "". */
void halves_of(struct identity *n, const struct pending *p, char out[static STATION_HALVES]);

/* desk.c: what officers read */
void desk_answer(struct identity *n, struct peer *gateway, uint64_t request,
                 const struct operation *operation);

/* ceremony.c: what root does on the console.  NULL, or why it was refused; nothing is half done.
 * The caller commits. */
const char *ceremony_begin(struct identity *n);
const char *ceremony_suspend(struct identity *n);
/* A suspension ends; where fewer than two officers are left, the person becomes one for 30 days. On
 * a production site custodians have agreed to it. */
const char *ceremony_restore(struct identity *n);

/* refusal.c */
/* refusal_of(n, operation, token): NULL when the request in n->body may be done now, else why not.
 */
const char *refusal_of(struct identity *n, unsigned operation, const struct token *token);

/* records.c: people, stations and records, by officers */
void records_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                     const struct operation *operation);
void records_go_on(struct identity *n, struct pending *p);

/* stations.c: the list that gateways admit stations by; nothing on a training site */
/* identity_stations(n, ids, max): The ids of the stations in force; how many. */
size_t identity_stations(const struct identity *n, uint8_t (*ids)[STATION_ID], size_t max);
/* stations_push(n, gateway): To one gateway, which has just come; NULL is nobody. */
void stations_push(struct identity *n, struct peer *gateway);
/* stations_changed(n): To every gateway: who is gone loses its connections. */
void stations_changed(struct identity *n);

/* answers */
void identity_answer(struct identity *n, struct peer *gateway, uint64_t request, unsigned status,
                     const struct bytes_put *body);
void identity_problem(struct identity *n, struct peer *gateway, uint64_t request, unsigned status,
                      const char *field, const char *error, const char *todo);
/* identity_session(n, token, audience, ret_token): An open session of ours, of the station that
 * asks; or NULL. */
struct session *identity_session(struct identity *n, struct bytes_view token,
                                 const char audience[static 8], struct token *ret_token);

#endif
