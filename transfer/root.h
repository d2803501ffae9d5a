#ifndef TRANSFER_ROOT_H
#define TRANSFER_ROOT_H

#include "crypto/hash.h"
#include "crypto/minisign.h"
#include "transfer/grammar.h"
#include "transfer/refusal.h"
#include "crypto/statement.h"

/*
 * root.json, version 1: whom both sides trust, each key for one role.  How it
 * came to a side (paper, two persons) is what the trust rests on; this only
 * reads it.
 */
#define ROOT_MAX 2048

/* ROOT_ROLE(name, text): in the order of their texts.  guard-a, guard-b and outer sign for the
 * high side, orders and orders-outer for the enterprise. */
#define ROOT_ROLES(ROOT_ROLE)                                                                      \
    ROOT_ROLE(ROOT_GUARD_A, "guard-a")                                                             \
    ROOT_ROLE(ROOT_GUARD_B, "guard-b")                                                             \
    ROOT_ROLE(ROOT_ORDERS, "orders")                                                               \
    ROOT_ROLE(ROOT_ORDERS_OUTER, "orders-outer")                                                   \
    ROOT_ROLE(ROOT_OUTER, "outer")

enum root_role {
#define ROOT_ROLE(name, text) name,
    ROOT_ROLES(ROOT_ROLE)
#undef ROOT_ROLE
        ROOT_ROLE_COUNT
};

enum root_kind { ROOT_NONE = 0, ROOT_TRAINING, ROOT_PRODUCTION };

struct root {
    char site[GRAMMAR_SITE_MAX + 1];
    enum root_kind kind;
    bool factors[STATEMENT_FACTOR_COUNT]; /* by enum statement_factor: admitted for an approval */
    struct minisign_public keys[ROOT_ROLE_COUNT];
    uint8_t statement[SIGN_PUBLIC_LENGTH];  /* identity's, for statements */
    uint8_t snapshot[SIGN_PUBLIC_LENGTH];   /* identity's, for policy snapshots */
    uint8_t checkpoint[SIGN_PUBLIC_LENGTH]; /* the auditor's */
    uint8_t digest[HASH_CONTENT_LENGTH];    /* BLAKE2b-256 of the text; set by root_parse() */
};

/* root_print(root, out, ret_length): The text; ERR_RANGE for a root that root_parse() refuses. */
must_use int root_print(const struct root *root, char out[static ROOT_MAX], size_t *ret_length);

/* root_parse(text, ret_root, why): Strict.  No key may stand there twice, under any name. */
must_use int root_parse(struct bytes_view text, struct root *ret_root, struct refusal *why);

/* root_role_text(role): "guard-a", ... */
const char *root_role_text(enum root_role role);

#endif
