#ifndef APPLIANCE_IDENTITY_IDENTITY_H
#define APPLIANCE_IDENTITY_IDENTITY_H

#include "appliance/answer.h"
#include "appliance/body.h"
#include "appliance/decide.h"
#include "appliance/event.h"
#include "appliance/identity/challenge.h"
#include "appliance/identity/credential.h"
#include "appliance/identity/lockout.h"
#include "appliance/identity/session.h"
#include "appliance/identity/token.h"
#include "crypto/password.h"
#include "enclave/process/process.h"
#include "enclave/store/store.h"

/*
 * Identity: people, their credentials, and the authorization records that decide.
 * What lies in memory is rebuilt from its log at each start.
 */
#define PEOPLE_MAX  2000
#define RECORDS_MAX 40000
#define PENDING_MAX 256
#define CODES_MAX   128

#define CODE_MS 10000

struct person {
    uint8_t person[16];
    char badge[33];
    char name[65];
    char stamp[17];
    bool has_pin;
    uint8_t hash[PASSWORD_HASH_LENGTH];
};

struct record {
    uint8_t record[16];
    size_t person; /* place in people */
    char attribute[33];
    char value[65];
    char scope[9]; /* an enclave's id, or "" for the whole site */
    char document[81];
    int64_t from_ms;
    int64_t until_ms;
    uint8_t entered_by[16];
    bool approved;
};

/* A request that waits: for the hasher, then for the auditor. */
enum waits_for { WAITS_NOTHING = 0, WAITS_HASH, WAITS_AUDITOR };
struct pending {
    enum waits_for waits;
    struct peer *gateway; /* NULL when it has gone */
    uint64_t request;
    unsigned operation;
    uint64_t number; /* of the hasher's request */
    uint8_t id[16];  /* of the auditor's intent */
    size_t person;   /* place, or PEOPLE_MAX for a badge that nobody has */
    size_t visitor;  /* who signs in, while ${person} is the escort; else PEOPLE_MAX */
    uint8_t session[16];
    uint8_t station[16];
    uint8_t badge[32]; /* a digest of it as it was shown, known or not */
    bool trying;       /* a PIN of that badge is being checked */
    char enclave[9];
    uint8_t *body; /* a copy, for what is done after the auditor's word */
    uint32_t body_length;
    struct token token;
    struct challenge challenge;   /* that was answered */
    struct credential credential; /* that is being registered */
    uint8_t hash[PASSWORD_HASH_LENGTH];
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

struct identity {
    struct process *process;
    struct store *store;
    struct decider *decider;
    uint8_t public_key[32]; /* of tokens and statements */
    char enclaves[ENCLAVES_MAX][9];
    size_t enclaves_count;
    struct person *people;
    size_t people_count;
    struct record *records;
    size_t records_count;
    struct pending pending[PENDING_MAX];
    struct sessions sessions;
    struct lockout lockout;
    struct credentials credentials;
    struct challenges challenges;
    uint8_t *card_anchors, *card_crls; /* PEM: whose cards are trusted, and which are not */
    size_t card_anchors_length, card_crls_length;
    enum lockout_effect effect; /* of the last wrong PIN */
    uint8_t station[16];        /* of the request that is being looked at */
    struct code codes[CODES_MAX];
    struct issued issued[ENCLAVES_MAX];
    uint64_t next_number;
    bool people_changed;
    struct snapshot *site; /* everybody with a role of the site, for its own decisions */
    bool in_transaction;
    uint64_t head_asked_ms;
    bool anchored;
    char closed[200];
    uint8_t *scratch;
    uint8_t *out;
    struct body body;
};

#define IDENTITY_OUT (512 * 1024)

/* person.c: the state, from events */
must_use int people_apply(struct identity *n, const struct event *event);
/* people_event(n, event, by, operation, id): Append, apply; in the open transaction, or a new one.
 */
must_use int people_event(struct identity *n, struct event *event, const uint8_t by[static 16],
                          unsigned operation, const uint8_t id[static 16]);
size_t people_by_badge(const struct identity *n, struct bytes_view badge);  /* or PEOPLE_MAX */
size_t people_by_id(const struct identity *n, const uint8_t id[static 16]); /* or PEOPLE_MAX */
struct record *people_record(const struct identity *n, const uint8_t id[static 16]);
bool record_is_active(const struct record *record, int64_t now_ms);

/* issue.c: snapshots */
void issue_all(struct identity *n);
void issue_lines(struct identity *n);
void issue_to(struct identity *n, struct peer *worker);

/* signin.c: sign-in, hand-off, signature; pending.c: what waits */
void signin_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                    const struct operation *operation);
void signin_hashed(struct identity *n, const struct message_hashed *m);
void signin_acknowledged(struct identity *n, const uint8_t id[static 16]);
void signin_peer_gone(struct identity *n, const struct peer *peer);
/* The pending requests that the records' operations share. */
struct pending *pending_new(struct identity *n, struct peer *gateway, uint64_t request,
                            const struct operation *operation, struct bytes_view body);
void pending_end(struct pending *p);
must_use int pending_hash(struct identity *n, struct pending *p, struct bytes_view pin,
                          const uint8_t salt[static 16]);
must_use int pending_intent(struct identity *n, struct pending *p);
void identity_journal(struct identity *n, const struct pending *p, unsigned outcome,
                      const char *detail);

/* records.c: people and records, by officers */
void records_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                     const struct operation *operation);
void records_go_on(struct identity *n, struct pending *p);

/* answers */
void identity_answer(struct identity *n, struct peer *gateway, uint64_t request, unsigned status,
                     const struct bytes_put *body);
void identity_problem(struct identity *n, struct peer *gateway, uint64_t request, unsigned status,
                      const char *field, const char *error, const char *todo);
/* request_station(m): From which station a request came. */
const uint8_t *request_station(const struct message_request *m);
/* identity_session(n, token, audience, ret_token): An open session of ours, or NULL. */
struct session *identity_session(struct identity *n, struct bytes_view token,
                                 const char audience[static 8], struct token *ret_token);

#endif
