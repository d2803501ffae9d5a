#ifndef APPLIANCE_IDENTITY_PROOF_H
#define APPLIANCE_IDENTITY_PROOF_H

#include "appliance/identity/identity.h"

/* How a person proves who that is, and what comes of it: what the files of this part share. */

/* session_log.c: sessions as the log and the workers hear of them.  Each is one event in the open
 * transaction, one message to every worker, one line of the journal. */
enum session_why {
    SESSION_WHY_NONE = 0,
    SESSION_SIGNED_OUT,
    SESSION_EXPIRED,
    SESSION_DISPLACED, /* by a newer one of the same person */
    SESSION_UNESCORTED,
    SESSION_REVOKED,
    SESSION_VISIT_OVER,
    SESSION_PIN_CHANGED,
    SESSION_STOPPED /* by an officer */
};
/* session_begin(n, p, person, escort, factor, ret_displaced): Open one for ${p}'s station; NULL
 * when there is no room. */
struct session *session_begin(struct identity *n, struct pending *p, size_t person, size_t escort,
                              enum factor factor, bool *ret_displaced);
void session_over(struct identity *n, struct session *s, enum session_why why);
void session_close(struct identity *n, struct session *s);
/* session_open_again(n, s, factor): Its person gave a fresh proof. */
void session_open_again(struct identity *n, struct session *s, enum factor factor);
/* sessions_pass(n): What the time has done to sessions. */
void sessions_pass(struct identity *n);
/* sessions_push(n, worker): Tell a worker that has joined which are over and which are locked. */
void sessions_push(struct identity *n, struct peer *worker);
/* sessions_replayed(n): The log has been read: those that are open have just given a sign of life.
 */
void sessions_replayed(struct identity *n);
must_use int sessions_apply(struct identity *n, const struct event *event);
must_use int session_token(struct identity *n, const struct session *s,
                           const char audience[static 8], char out[static TOKEN_TEXT + 1]);

/* pin.c: a PIN, and what wrong ones lead to. */
void pin_badge(const struct identity *n, struct bytes_view badge, uint8_t out[static 32]);
/* pin_check(n, p, badge, pin, person): Begin to check it for ${p}; ${person} PEOPLE_MAX is nobody,
 * whose PIN is always wrong.  When it cannot be tried ${p} is answered and gone. */
void pin_check(struct identity *n, struct pending *p, struct bytes_view badge,
               struct bytes_view pin, size_t person);
/* pin_is_right(n, p, hash): The outcome; a wrong one is recorded and ${p} is answered and gone. */
bool pin_is_right(struct identity *n, struct pending *p, const uint8_t hash[static 49]);
void pin_abandoned(struct identity *n, struct pending *p);
bool person_is_locked(const struct identity *n, size_t person);
must_use int pin_apply(struct identity *n, const struct event *event);

/* own_pin.c: a PIN that only its own person knows. */
/* Which operations bring a PIN that somebody else than its person chose. */
#define PIN_IS_GIVEN(number) ((number) == OPERATION_ADD_PERSON || (number) == OPERATION_RESET_PIN)
/* own_pin_holds(n, gateway, m, operation): Has the person of this request's session yet to choose a
 * PIN, and is this nothing that one may do before?  It is answered, and told to the auditor. */
bool own_pin_holds(struct identity *n, struct peer *gateway, const struct message_request *m,
                   const struct operation *operation);
void own_pin_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                     const struct operation *operation);
/* own_pin_proven(n, p): The present PIN was right. */
void own_pin_proven(struct identity *n, struct pending *p);
void own_pin_go_on(struct identity *n, struct pending *p);

/* session_is_of(n, s, token): Does the token name the person whose session it names? */
bool session_is_of(const struct identity *n, const struct session *s, const struct token *token);

/* lock.c: touch, lock, unlock, sign out; releasing a person, by officers. */
void lock_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                  const struct operation *operation);
void lock_go_on(struct identity *n, struct pending *p);
void unlock_answer(struct identity *n, struct pending *p, enum factor factor);
/* officer_may(n, operation, s, about): The policy's word; ${about}, who may be NULL, is the person
 * who entered what is decided on. */
bool officer_may(struct identity *n, const struct operation *operation, const struct session *s,
                 const uint8_t *about);
/* lock_holds(n, gateway, m, operation): Is the session of this request locked, and this nothing
 * that one may do then?  It is answered. */
bool lock_holds(struct identity *n, struct peer *gateway, const struct message_request *m,
                const struct operation *operation);

/* lock_session(n, gateway, m, ret_token): The session of a request, open or locked; or NULL. */
struct session *lock_session(struct identity *n, struct peer *gateway,
                             const struct message_request *m, struct token *ret_token);

/* keys.c: security keys. */
void keys_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                  const struct operation *operation);
void keys_go_on(struct identity *n, struct pending *p);

/* credentials.c: what officers do with keys and cards. */
void credentials_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                         const struct operation *operation);
void credentials_go_on(struct identity *n, struct pending *p);
/* credential_record(n, p, event, why, text, detail): Record ${event} unless ${why} says why not,
 * answer ${text}, tell the journal ${detail}, end ${p}. */
void credential_record(struct identity *n, struct pending *p, struct event *event, const char *why,
                       const char *text, const char *detail);
/* credential_registered_text(credential): What its person reads, and shows the officer. */
const char *credential_registered_text(const struct credential *credential);
must_use int credentials_apply(struct identity *n, const struct event *event);

/* signed_in.c: who is signed in, for officers, and one of these sessions ended by one. */
void signed_in_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                       const struct operation *operation);
void signed_in_go_on(struct identity *n, struct pending *p);

/* cards.c: PIV and CAC cards. */
void cards_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                   const struct operation *operation);
void cards_go_on(struct identity *n, struct pending *p);
/* cards_shown(n, gateway, request, challenge_text, certificates): At the entry's listener for cards
 * a handshake proved the card of ${certificates} (DER, each with a u32 length in front, the card's
 * first), and the browser named the challenge that its station has. */
void cards_shown(struct identity *n, struct peer *gateway, uint64_t request,
                 struct bytes_view challenge_text, struct bytes_view certificates);
must_use int cards_apply(struct identity *n, const struct event *event);

/* What this part has of the tables. */
#define PROOF_OPERATIONS(number)                                                                   \
    (((number) >= OPERATION_TOUCH && (number) < 130) || SESSION_OPERATIONS(number))
#define SESSION_OPERATIONS(number)                                                                 \
    ((number) == OPERATION_GET_SESSIONS || (number) == OPERATION_END_SESSION)
#define PROOF_EVENTS(number) ((number) >= EVENT_SESSION_OPENED && (number) < 90)

/* proof.c: which of these an operation is for. */
void proof_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                   const struct operation *operation);
void proof_go_on(struct identity *n, struct pending *p);

/* signin.c */
size_t choices_of(struct identity *n, size_t person, struct answer_enclave_choice *out);
bool signin_needs_escort(const struct identity *n, size_t person);
/* signin_answer(n, p, person, escort, factor): Open the session and say so. */
void signin_answer(struct identity *n, struct pending *p, size_t person, size_t escort,
                   enum factor factor);
/* statement_answer(n, p, operation, digest, meaning, factor): Sign for ${p}'s session. */
void statement_answer(struct identity *n, struct pending *p, const struct operation *operation,
                      const uint8_t digest[static 32], struct bytes_view meaning,
                      enum factor factor);

/* pending.c */
void pending_unavailable(struct identity *n, struct pending *p, const char *what);
/* pending_body(n, p): Decode its body again, into n->body. */
void pending_body(struct identity *n, const struct pending *p);
/* identity_note(n, operation, person, session, station, outcome, detail): A line of the journal
 * that no request caused. */
void identity_note(struct identity *n, unsigned event_class, unsigned operation,
                   const uint8_t person[static 16], const uint8_t session[static 16],
                   const uint8_t station[static 16], unsigned outcome, const char *detail);
const char *factor_text(enum factor factor);

/* proof_apply(n, event): The events of this part. */
must_use int proof_apply(struct identity *n, const struct event *event);

#endif
