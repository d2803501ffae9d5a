#ifndef TESTS_SIMULATOR_ROSTER_H
#define TESTS_SIMULATOR_ROSTER_H

#include "crypto/secret.h"
#include "enclave/process/message.h"
#include "tests/simulator/world.h"

/* Identity's part: who may do what, in snapshots; sessions, tokens and statements; with the real
 * encoders and keys of the simulator's own. */

/* roster_keys(): The keys of this box, made again in each life from fixed bytes. */
void roster_keys(void);
const struct secret *roster_checkpoint_key(void);
/* roster_root(out, ret_length): root.json with those keys. */
void roster_root(char *out, size_t *ret_length);

const char *roster_name(enum person person);
void roster_id(enum person person, uint8_t out[static 16]);
/* roster_role(person): Its role's text. */
const char *roster_role(enum person person);

/* roster_sign_in(person): A new session, with a token for this boot. */
void roster_sign_in(enum person person);

/* roster_snapshot(out, room): The present epoch's bytes. */
size_t roster_snapshot(uint8_t *out, size_t room);
/* roster_line(ret_message): Its signed line. */
void roster_line(const uint8_t digest[static 32], struct message *ret_message);

/* roster_statement(person, operation, body, out): Base64, as a browser sends it. */
void roster_statement(const struct session *session, enum person person, unsigned operation,
                      const char *name, const char *body, char out[static 900]);

#endif
