#ifndef TRANSFER_GUARD_B_TRUST_H
#define TRANSFER_GUARD_B_TRUST_H

#include "transfer/guard_b/digits.h"
#include "transfer/guard_b/reader.h"
#include "transfer/guard_b/refusal.h"

/* root.json (FORMAT §10): whom the site trusts, and with what. */
#define B_TRUST_MAX  2048
#define B_SITE_MAX   32
#define B_KEY_ID     8
#define B_KEY_LENGTH 32

enum b_role {
    B_ROLE_GUARD_A,
    B_ROLE_GUARD_B,
    B_ROLE_ORDERS,
    B_ROLE_ORDERS_OUTER,
    B_ROLE_OUTER,
    B_ROLE_CHECKPOINT,
    B_ROLE_SNAPSHOT,
    B_ROLE_STATEMENT,
    B_ROLES
};

struct b_key {
    uint8_t id[B_KEY_ID];
    uint8_t point[B_KEY_LENGTH];
};

struct b_trust {
    uint8_t digest[B_DIGEST_LENGTH]; /* of the file's bytes */
    struct b_key key[B_ROLES];
    bool factor[4]; /* admitted, by the number of a statement; 0 never is */
    char site[B_SITE_MAX + 1];
};

/* b_trust_read(file, ret_trust, why): 0, or refused when ${file} is not a root.json to the byte. */
must_use int b_trust_read(struct b_view file, struct b_trust *ret_trust, struct b_refusal *why);

/* b_trust_key(point, ret_key): A key with its id. */
void b_trust_key(const uint8_t point[static B_KEY_LENGTH], struct b_key *ret_key);

/* b_trust_site(r, out): A site's public id, terminated. */
void b_trust_site(struct b_reader *r, char out[static B_SITE_MAX + 1]);

#endif
