#ifndef TESTS_ENCLAVE_KEYS_MADE_H
#define TESTS_ENCLAVE_KEYS_MADE_H

#include "tests/crypto/cases.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/derive.h"
#include "enclave/keys/keyring.h"

/* A production site's ring: three custodians, any two; two enclaves; recovery where asked for. */

#define NOW 1790000000
#define ONE "e3f9k2m1"
#define TWO "e7k2m9qa"

static struct keyring ring;
static struct secret *unlock, *root, *recovery;
static struct share shares[SHARES_MAX], recovery_shares[SHARES_MAX];
static char why[KEYRING_WHY], text[KEYRING_TEXT_MAX];
static size_t length;
static const char enclaves[2][ENCLAVE_ID_LENGTH + 1] = {ONE, TWO};

static inline void make_ring(bool with_recovery, uint32_t generation)
{
    struct custodians c;
    size_t added = 0;
    assert_int_equal(secret_random(32, &unlock), 0);
    assert_int_equal(secret_random(32, &root), 0);
    assert_int_equal(secret_random(32, &recovery), 0);
    assert_int_equal(shares_split(unlock, SHARE_UNLOCK, 3, 2, &c, shares), 0);
    assert_int_equal(keyring_make(false, &c, unlock, root, 1, NOW, &ring), 0);
    if (with_recovery) {
        assert_int_equal(shares_split(recovery, SHARE_RECOVERY, 4, 3, &c, recovery_shares), 0);
        assert_int_equal(keyring_set_recovery(&ring, root, &c, recovery), 0);
    }
    assert_int_equal(keyring_fill(&ring, root, enclaves, 2, generation, NOW, &added), 0);
    assert_int_equal(added, 11);
}

static inline int made(void **state)
{
    (void)state;
    make_ring(true, 1);
    return 0;
}

static inline int let_go(void **state)
{
    (void)state;
    secret_free(unlock);
    secret_free(root);
    secret_free(recovery);
    unlock = root = recovery = NULL;
    return 0;
}

static inline void print_ring(void)
{
    assert_int_equal(keyring_print(&ring, root, text, &length), 0);
}

static inline const struct key_row *row_of(enum key number)
{
    for (size_t i = 0; i < topology_keys_count; i++)
        if (topology_keys[i].number == number)
            return &topology_keys[i];
    fail_msg("no such key");
    return NULL;
}

/* What a program is given. */
static inline void key_of(const struct keyring *from, const struct secret *by, enum key number,
                          const char *enclave, uint8_t out[static 32])
{
    struct secret *key = NULL;
    assert_int_equal(keyring_derive(from, by, row_of(number), enclave, &key), 0);
    memcpy(out, secret_open(key), 32);
    secret_close(key);
    secret_free(key);
}

static inline void assert_same(const struct secret *a, const struct secret *b)
{
    assert_memory_equal(secret_open(a), secret_open(b), 32);
    secret_close(a);
    secret_close(b);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, made, let_go)

#endif
