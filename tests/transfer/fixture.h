#ifndef TESTS_TRANSFER_FIXTURE_H
#define TESTS_TRANSFER_FIXTURE_H

#include "tests/crypto/cases.h"

#include "transfer/bundle.h"
#include "transfer/chain_state.h"
#include "transfer/guard_a/judge.h"
#include "transfer/orders.h"
#include "transfer/summary.h"

/*
 * One training site with fixed keys: every byte that is made from it is the same
 * at every run.  The seed of a key is 32 times one byte.
 */
enum fixture_seed {
    SEED_GUARD_A = 0xa1,
    SEED_GUARD_B = 0xb1,
    SEED_OUTER = 0xc1,
    SEED_ORDERS = 0xd1,
    SEED_ORDERS_OUTER = 0xe1,
    SEED_STATEMENT = 0x51,
    SEED_SNAPSHOT = 0x52,
    SEED_CHECKPOINT = 0x53,
};

#define FIXTURE_ENCLAVE "e7k2m9qa"
#define FIXTURE_NOW     ((int64_t)1795000000000)

extern const char fixture_records[]; /* of a summary, three orders */
extern const char fixture_orders[];  /* of an inbound bundle, two orders */

/* A bundle with its outer signature. */
struct fixture_bundle {
    uint8_t tar[BUNDLE_MAX];
    size_t tar_length;
    char minisig[MINISIGN_FILE_MAX];
    size_t minisig_length;
    struct manifest manifest;
    struct bundle_parts parts;
};

void fixture_root(struct root *root);
void fixture_root_text(char text[static ROOT_MAX], size_t *length);
/* The facts of an outbound bundle ${seq} of epoch 1 whose past is made up. */
void fixture_facts(struct manifest *m, enum manifest_direction direction, uint64_t seq);
void fixture_make(struct fixture_bundle *b, enum manifest_direction direction, uint64_t seq);
/* Sign ${b}->tar again after it was changed. */
void fixture_sign_outer(struct fixture_bundle *b, enum fixture_seed seed);

/* One approval of ${manifest} by the person whose id is 16 times ${person}. */
struct fixture_approval {
    struct statement statement;
    uint8_t signed_statement[STATEMENT_MAX];
    size_t statement_length;
    char body[GUARD_A_BODY_MAX];
};
void fixture_approve(struct fixture_approval *a, struct bytes_view manifest, uint8_t person);
/* Sign the statement again after it, or the body, was changed. */
void fixture_restate(struct fixture_approval *a);

#endif
