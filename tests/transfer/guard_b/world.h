#ifndef TESTS_TRANSFER_GUARD_B_WORLD_H
#define TESTS_TRANSFER_GUARD_B_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "transfer/guard_b/release.h"

/*
 * All that guard-b is given for one release: that of docs/FORMAT.md's vectors,
 * until a case changes it.  world_compose() writes b2sums and manifest.json from
 * the fields, world_seal() has two people approve that and guard-a sign it.
 */
#define WORLD_NOW  INT64_C(1795000000000)
#define TEXT_ROOM  (B_TAR_MAX)
#define SEED_A     0xa1
#define SEED_B     0xb1
#define SEED_OUTER 0xc1
#define SEED_WORD  0x51

struct text {
    size_t length;
    uint8_t *data; /* TEXT_ROOM bytes */
};

/* What one approver's statement says. */
struct word {
    uint8_t version, person, natural, factor, signature_kind, seed;
    const char *enclave;
    uint16_t operation;
    int64_t time;
    const char *name, *meaning, *action_name;
    const char *release; /* in the body */
};

struct world {
    struct b_asked asked;
    struct text piece[B_PIECES], root, past;
    struct word word[2];
    const char *enclave, *site, *slot;
    unsigned epoch, orders;
    uint64_t sequence;
    uint8_t requester;
    uint8_t
        history[32]; /* [n]: the digest of number n is 32 times that byte; of the last 16 only */
};

struct world *world_new(void);
void world_free(struct world *w);

void world_compose(struct world *w);
void world_seal(struct world *w);
void world_statements(struct world *w);                /* over the bodies as they are */
void world_sign_a(struct world *w);                    /* over the manifest as it is */
void world_remember(struct world *w, uint64_t newest); /* the chain file, from the history */

/* world_judge(w, why): What b_check() says; the facts are the fields. */
int world_judge(struct world *w, struct b_refusal *why);
/* world_release(w, release, why): The same with b_release_make() and the right keys. */
int world_release(struct world *w, struct b_release *release, struct b_refusal *why);

void text_set(struct text *t, const char *bytes);
void text_bytes(struct text *t, const void *bytes, size_t length);
void text_append(struct text *t, const char *bytes);
void text_edit(struct text *t, const char *from, const char *to); /* once, and it must be there */
void seed_of(uint8_t value, uint8_t out[static B_SEED_LENGTH]);

int world_setup(void **state);
int world_teardown(void **state);

/* A case: change the world before and after it is sealed; it must be refused so. */
#define REFUSES(case_name, code, fragment, before, after)                                          \
    static void case_name(void **state)                                                            \
    {                                                                                              \
        struct world *w = *state;                                                                  \
        struct b_refusal why = {""};                                                               \
        before;                                                                                    \
        world_seal(w);                                                                             \
        after;                                                                                     \
        int r = world_judge(w, &why);                                                              \
        if (r != (code) || !strstr(why.sentence, fragment))                                        \
            fail_msg("%d: %s", r, why.sentence);                                                   \
    }
#define ACCEPTS(case_name, before, after)                                                          \
    static void case_name(void **state)                                                            \
    {                                                                                              \
        struct world *w = *state;                                                                  \
        struct b_refusal why = {""};                                                               \
        before;                                                                                    \
        world_seal(w);                                                                             \
        after;                                                                                     \
        int r = world_judge(w, &why);                                                              \
        if (r)                                                                                     \
            fail_msg("%d: %s", r, why.sentence);                                                   \
    }
#define CASE(case_name) {#case_name, case_name, world_setup, world_teardown, NULL}

#endif
