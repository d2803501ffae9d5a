#include "tests/enclave/keys/made.h"

/* Read what would be written, as a start does. */
static void read_back(void)
{
    print_ring();
    assert_int_equal(keyring_parse(bytes_view_of(text, length), &ring, why), 0);
}

static void opens_with_what_the_custodians_share(void **state)
{
    struct secret *again = NULL;
    (void)state;
    read_back();
    assert_int_equal(keyring_open(&ring, unlock, NULL, &again, why), 0);
    assert_same(again, root);
    secret_free(again);
}

static void opens_with_the_recovery_secret(void **state)
{
    struct secret *again = NULL;
    (void)state;
    read_back();
    assert_int_equal(keyring_open_recovery(&ring, recovery, &again, why), 0);
    assert_same(again, root);
    secret_free(again);
}

static void opens_with_nothing_else(void **state)
{
    struct secret *wrong = secret_of(3, 32), *out = NULL;
    (void)state;
    read_back();
    assert_int_equal(keyring_open(&ring, wrong, NULL, &out, why), ERR_KEY);
    assert_non_null(strstr(why, "line \"root\""));
    assert_int_equal(keyring_open(&ring, root, NULL, &out, why), ERR_KEY);
    assert_int_equal(keyring_open(&ring, recovery, NULL, &out, why), ERR_KEY);
    assert_int_equal(keyring_open_recovery(&ring, unlock, &out, why), ERR_KEY);
    assert_non_null(strstr(why, "line \"recovery\""));
    assert_null(out);
    secret_free(wrong);
}

static void without_recovery_it_has_none(void **state)
{
    struct secret *out = NULL;
    struct keyring_wrap wrap;
    (void)state;
    make_ring(false, 1);
    read_back();
    assert_int_equal(keyring_open_recovery(&ring, recovery, &out, why), ERR_STATE);
    assert_int_equal(keyring_wrap_of(&ring, ONE, &wrap), ERR_UNKNOWN);
}

static void every_holder_has_a_key_of_its_own(void **state)
{
    uint8_t keys[11][32];
    (void)state;
    assert_int_equal(ring.count, 11);
    for (size_t i = 0; i < ring.count; i++) {
        struct secret *key = NULL;
        assert_int_equal(keyring_key(&ring, root, &ring.holders[i], &key), 0);
        memcpy(keys[i], secret_open(key), 32);
        secret_close(key);
        secret_free(key);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(keys[i], keys[k], 32);
    }
}

static void every_row_of_the_topology_has_a_holder(void **state)
{
    uint8_t key[32];
    (void)state;
    for (size_t i = 0; i < topology_keys_count; i++)
        key_of(&ring, root, (enum key)topology_keys[i].number, ONE, key);
}

/* ---- a site from before there was a ring ---- */

static void generation_zero_has_the_keys_that_the_root_key_gave(void **state)
{
    (void)state;
    let_go(NULL);
    make_ring(true, 0);
    read_back();
    for (size_t i = 0; i < topology_keys_count; i++) {
        const struct key_row *row = &topology_keys[i];
        struct secret *before = NULL;
        uint8_t now[32];
        assert_int_equal(
            derive_key(root, "production", topology_holder(row, TWO), row->purpose, &before), 0);
        key_of(&ring, root, (enum key)row->number, TWO, now);
        assert_memory_equal(secret_open(before), now, 32);
        secret_close(before);
        secret_free(before);
    }
}

static void generation_zero_is_wrapped_to_nobody(void **state)
{
    struct keyring_wrap wrap;
    (void)state;
    let_go(NULL);
    make_ring(true, 0);
    assert_int_equal(keyring_wrap_of(&ring, ONE, &wrap), ERR_UNKNOWN);
    assert_int_equal(keyring_begin(&ring, root, ONE, NOW), 0);
    assert_int_equal(keyring_promote(&ring, ONE, NOW), 0);
    assert_int_equal(keyring_wrap_of(&ring, ONE, &wrap), 0);
    assert_int_equal(wrap.generation, 1);
}

static void an_enclave_that_is_new_gets_a_key_and_the_others_keep_theirs(void **state)
{
    static const char three[3][ENCLAVE_ID_LENGTH + 1] = {ONE, TWO, "e9999999"};
    uint8_t before[32], after[32];
    size_t added = 7;
    (void)state;
    key_of(&ring, root, KEY_WORKER_STORE, ONE, before);
    assert_int_equal(keyring_fill(&ring, root, three, 3, 1, NOW, &added), 0);
    assert_int_equal(added, 1);
    key_of(&ring, root, KEY_WORKER_STORE, ONE, after);
    assert_memory_equal(before, after, 32);
    key_of(&ring, root, KEY_WORKER_STORE, "e9999999", after);
    assert_int_equal(keyring_fill(&ring, root, three, 3, 1, NOW, &added), 0);
    assert_int_equal(added, 0);
}

/* ---- identity's store has a line of its own ---- */

static void a_rekey_of_identitys_store_leaves_its_other_keys(void **state)
{
    static const enum key stay[] = {KEY_IDENTITY_STATEMENT, KEY_IDENTITY_PEPPER};
    uint8_t before[3][32], after[32], restored[32];
    (void)state;
    key_of(&ring, root, KEY_IDENTITY_STORE, ONE, before[2]);
    for (size_t i = 0; i < 2; i++)
        key_of(&ring, root, stay[i], ONE, before[i]);
    assert_int_equal(keyring_begin(&ring, root, TOPOLOGY_IDENTITY_STORE, NOW), 0);
    key_of(&ring, root, KEY_REKEY_IDENTITY_STORE, ONE, after);
    assert_memory_equal(before[2], after, 32);
    key_of(&ring, root, KEY_REKEY_IDENTITY_STORE_NEXT, ONE, after);
    assert_memory_not_equal(before[2], after, 32);
    assert_int_equal(keyring_promote(&ring, TOPOLOGY_IDENTITY_STORE, NOW), 0);
    read_back();
    key_of(&ring, root, KEY_IDENTITY_STORE, ONE, restored);
    assert_memory_equal(after, restored, 32);
    for (size_t i = 0; i < 2; i++) {
        key_of(&ring, root, stay[i], ONE, after);
        assert_memory_equal(before[i], after, 32);
    }
}

static void in_a_ring_from_before_it_the_store_keeps_identitys_key(void **state)
{
    struct keyring_holder *line = (struct keyring_holder *)(uintptr_t)keyring_find(
        &ring, TOPOLOGY_IDENTITY_STORE, KEYRING_CURRENT);
    const struct key_row *row = row_of(KEY_IDENTITY_STORE);
    struct secret *seed = NULL, *before = NULL;
    uint8_t now[32];
    size_t added = 0;
    (void)state;
    *line = ring.holders[--ring.count];
    assert_null(keyring_find(&ring, TOPOLOGY_IDENTITY_STORE, KEYRING_NONE));
    assert_int_equal(
        keyring_key(&ring, root, keyring_find(&ring, "identity", KEYRING_CURRENT), &seed), 0);
    assert_int_equal(derive_key(seed, "production", "identity", row->purpose, &before), 0);
    assert_int_equal(keyring_fill(&ring, root, enclaves, 2, 7, NOW, &added), 0);
    assert_int_equal(added, 1);
    assert_int_equal(keyring_find(&ring, TOPOLOGY_IDENTITY_STORE, KEYRING_CURRENT)->generation, 1);
    read_back();
    key_of(&ring, root, KEY_IDENTITY_STORE, ONE, now);
    assert_memory_equal(secret_open(before), now, 32);
    secret_close(before);
    secret_free(before);
    secret_free(seed);
}

/* ---- other custodians ---- */

static void other_custodians_open_it_and_those_of_before_do_not(void **state)
{
    struct secret *fresh = NULL, *next = NULL, *out = NULL;
    struct custodians c;
    uint8_t before[32], after[32];
    (void)state;
    key_of(&ring, root, KEY_WORKER_STORE, ONE, before);
    assert_int_equal(secret_random(32, &fresh), 0);
    assert_int_equal(shares_split(fresh, SHARE_UNLOCK, 5, 3, &c, shares), 0);
    assert_int_equal(
        keyring_rewrap(&ring, root, &(struct keyring_lock){&c, fresh, NULL, NULL}, NOW, &next), 0);
    secret_free(root);
    root = next;
    read_back();
    assert_int_equal(ring.root_generation, 2);
    assert_int_equal(ring.custodians.count, 5);
    assert_int_equal(keyring_open(&ring, unlock, NULL, &out, why), ERR_KEY);
    assert_int_equal(keyring_open(&ring, fresh, NULL, &out, why), 0);
    secret_free(out);
    out = NULL;
    assert_int_equal(keyring_open_recovery(&ring, recovery, &out, why), 0);
    key_of(&ring, out, KEY_WORKER_STORE, ONE, after);
    assert_memory_equal(before, after, 32);
    secret_free(out);
    secret_free(fresh);
}

/* ---- a TPM ---- */

static struct tpm_sealed sealed_by_a_tpm(void)
{
    struct tpm_sealed sealed = {
        .pcrs = 1 | 1 << 7 | 1 << 11, .public_length = 78, .private_length = 190};
    memset(sealed.name, 3, sizeof sealed.name);
    memset(sealed.public_blob, 4, sealed.public_length);
    memset(sealed.private_blob, 5, sealed.private_length);
    return sealed;
}

static void with_a_tpm_both_open_it_and_neither_alone(void **state)
{
    struct tpm_sealed sealed = sealed_by_a_tpm();
    struct secret *tpm = secret_of(9, 32), *wrong = secret_of(8, 32), *next = NULL, *out = NULL;
    struct keyring_lock lock = {&ring.custodians, unlock, &sealed, tpm};
    struct custodians c = ring.custodians;
    uint8_t before[32], after[32];
    (void)state;
    lock.custodians = &c;
    key_of(&ring, root, KEY_WORKER_STORE, ONE, before);
    assert_int_equal(keyring_rewrap(&ring, root, &lock, NOW, &next), 0);
    secret_free(root);
    root = next;
    read_back();
    assert_true(keyring_has_tpm(&ring));
    assert_int_equal(ring.tpm.pcrs, sealed.pcrs);
    assert_memory_equal(ring.tpm.private_blob, sealed.private_blob, sealed.private_length);
    assert_int_equal(keyring_open(&ring, unlock, NULL, &out, why), ERR_KEY);
    assert_int_equal(keyring_open(&ring, unlock, wrong, &out, why), ERR_KEY);
    assert_int_equal(keyring_open(&ring, wrong, tpm, &out, why), ERR_KEY);
    assert_int_equal(keyring_open(&ring, unlock, tpm, &out, why), 0);
    key_of(&ring, out, KEY_WORKER_STORE, ONE, after);
    assert_memory_equal(before, after, 32);
    secret_free(out);
    out = NULL;
    assert_int_equal(keyring_open_recovery(&ring, recovery, &out, why), 0); /* the way back */
    secret_free(out);
    next = NULL;
    lock = (struct keyring_lock){&c, unlock, NULL, NULL};
    assert_int_equal(keyring_rewrap(&ring, root, &lock, NOW, &next), 0);
    secret_free(root);
    root = next;
    read_back();
    out = NULL;
    assert_false(keyring_has_tpm(&ring));
    assert_int_equal(keyring_open(&ring, unlock, NULL, &out, why), 0);
    secret_free(out);
    secret_free(tpm);
    secret_free(wrong);
}

static void a_lock_has_both_of_a_tpm_or_neither(void **state)
{
    struct tpm_sealed sealed = sealed_by_a_tpm();
    struct custodians c = ring.custodians;
    struct secret *next = NULL;
    struct keyring_lock half = {&c, unlock, &sealed, NULL}, other = {&c, unlock, NULL, root};
    (void)state;
    assert_int_equal(keyring_rewrap(&ring, root, &half, NOW, &next), ERR_STATE);
    assert_int_equal(keyring_rewrap(&ring, root, &other, NOW, &next), ERR_STATE);
    assert_null(next);
    assert_int_equal(ring.root_generation, 1);
}

/* The root key of before is worth nothing for what is made behind the change. */
static void what_is_made_later_does_not_open_for_the_root_key_of_before(void **state)
{
    struct secret *fresh = NULL, *next = NULL, *out = NULL;
    struct custodians c;
    (void)state;
    assert_int_equal(secret_random(32, &fresh), 0);
    assert_int_equal(shares_split(fresh, SHARE_UNLOCK, 3, 2, &c, shares), 0);
    assert_int_equal(
        keyring_rewrap(&ring, root, &(struct keyring_lock){&c, fresh, NULL, NULL}, NOW, &next), 0);
    assert_int_equal(keyring_begin(&ring, next, ONE, NOW), 0);
    for (size_t i = 0; i < ring.count; i++)
        assert_int_equal(keyring_key(&ring, root, &ring.holders[i], &out), ERR_KEY);
    secret_free(next);
    secret_free(fresh);
}

static void other_recovery_custodians_replace_those_of_before(void **state)
{
    struct secret *fresh = NULL, *out = NULL;
    struct custodians c;
    struct keyring_wrap wrap;
    (void)state;
    assert_int_equal(secret_random(32, &fresh), 0);
    assert_int_equal(shares_split(fresh, SHARE_RECOVERY, 3, 2, &c, shares), 0);
    assert_int_equal(keyring_set_recovery(&ring, root, &c, fresh), 0);
    read_back();
    assert_int_equal(keyring_open_recovery(&ring, recovery, &out, why), ERR_KEY);
    assert_int_equal(keyring_wrap_of(&ring, ONE, &wrap), 0);
    assert_int_equal(keyring_wrap_open(&wrap, recovery_shares, 3, &out, why), ERR_KEY);
    assert_int_equal(keyring_wrap_open(&wrap, shares, 2, &out, why), 0);
    secret_free(out);
    secret_free(fresh);
}

/* ---- generations ---- */

static void a_rekey_has_two_keys_until_the_old_one_is_destroyed(void **state)
{
    uint8_t first[32], current[32], next[32];
    (void)state;
    key_of(&ring, root, KEY_WORKER_STORE, ONE, first);
    key_of(&ring, root, KEY_WORKER_STORE_NEXT, ONE, next);
    assert_memory_equal(first, next, 32); /* none is being made */
    assert_int_equal(keyring_begin(&ring, root, ONE, NOW), 0);
    assert_int_equal(keyring_begin(&ring, root, ONE, NOW), 0); /* again changes nothing */
    assert_int_equal(ring.count, 12);
    read_back();
    key_of(&ring, root, KEY_REKEY_STORE, ONE, current);
    key_of(&ring, root, KEY_REKEY_STORE_NEXT, ONE, next);
    assert_memory_equal(first, current, 32);
    assert_memory_not_equal(first, next, 32);
    assert_int_equal(keyring_promote(&ring, ONE, NOW + 5), 0);
    read_back();
    key_of(&ring, root, KEY_WORKER_STORE, ONE, current);
    assert_memory_equal(next, current, 32);
    assert_int_equal(keyring_promote(&ring, ONE, NOW), ERR_STATE);
    assert_int_equal(keyring_find(&ring, ONE, KEYRING_DESTROYED)->generation, 1);
    assert_int_equal(keyring_find(&ring, ONE, KEYRING_CURRENT)->generation, 2);
}

static void a_gateways_key_outlives_a_rekey(void **state)
{
    uint8_t before[32], after[32];
    (void)state;
    key_of(&ring, root, KEY_GATEWAY_TLS, ONE, before);
    assert_int_equal(keyring_begin(&ring, root, ONE, NOW), 0);
    assert_int_equal(keyring_promote(&ring, ONE, NOW), 0);
    key_of(&ring, root, KEY_GATEWAY_TLS, ONE, after);
    assert_memory_equal(before, after, 32);
    key_of(&ring, root, KEY_GATEWAY_TLS, TWO, after);
    assert_memory_not_equal(before, after, 32);
}

static bool has(const void *data, size_t size, const uint8_t *bytes, size_t count)
{
    return memmem(data, size, bytes, count) != NULL;
}

static void a_closed_out_program_has_no_key_and_no_wrap(void **state)
{
    struct keyring_holder before = *keyring_find(&ring, ONE, KEYRING_CURRENT);
    struct secret *out = NULL;
    struct keyring_wrap wrap;
    size_t added = 0;
    (void)state;
    assert_int_equal(keyring_begin(&ring, root, ONE, NOW), 0);
    struct keyring_holder next = *keyring_find(&ring, ONE, KEYRING_NEXT);
    assert_true(has(&ring, sizeof ring, before.sealed, 16));
    assert_int_equal(keyring_destroy(&ring, ONE, NOW), 0);
    read_back();
    assert_false(has(&ring, sizeof ring, before.sealed + 25, 16));
    assert_false(has(&ring, sizeof ring, before.recovery + 33, 16));
    assert_false(has(&ring, sizeof ring, next.sealed + 25, 16));
    assert_true(keyring_is_closed_out(&ring, ONE));
    assert_false(keyring_is_closed_out(&ring, TWO));
    assert_false(keyring_is_closed_out(&ring, "e0000000"));
    assert_int_equal(keyring_derive(&ring, root, row_of(KEY_WORKER_STORE), ONE, &out), ERR_UNKNOWN);
    assert_int_equal(keyring_wrap_of(&ring, ONE, &wrap), ERR_UNKNOWN);
    assert_int_equal(keyring_begin(&ring, root, ONE, NOW), ERR_UNKNOWN);
    assert_int_equal(keyring_destroy(&ring, ONE, NOW), ERR_UNKNOWN);
    assert_int_equal(keyring_fill(&ring, root, enclaves, 2, 1, NOW, &added), 0);
    assert_int_equal(added, 0); /* it does not come back by a start */
}

static void a_full_ring_takes_no_more(void **state)
{
    (void)state;
    while (ring.count < KEYRING_HOLDERS_MAX) {
        assert_int_equal(keyring_begin(&ring, root, ONE, NOW), 0);
        assert_int_equal(keyring_promote(&ring, ONE, NOW), 0);
    }
    assert_int_equal(keyring_begin(&ring, root, ONE, NOW), ERR_FULL);
    read_back();
}

/* ---- a program's key on another machine ---- */

static void a_wrap_opens_on_another_machine_and_nothing_else_does(void **state)
{
    struct keyring_wrap wrap, read;
    struct secret *key = NULL, *out = NULL;
    char form[KEYRING_WRAP_MAX];
    size_t n = 0, added = 0;
    uint8_t here[32], there[32];
    (void)state;
    key_of(&ring, root, KEY_WORKER_STORE, ONE, here);
    assert_int_equal(keyring_wrap_of(&ring, ONE, &wrap), 0);
    assert_int_equal(keyring_wrap_print(&wrap, form, &n), 0);
    assert_int_equal(keyring_wrap_parse(bytes_view_of(form, n), &read, why), 0);
    assert_int_equal(keyring_wrap_open(&read, recovery_shares, 2, &out, why), ERR_TRUNCATED);
    assert_int_equal(keyring_wrap_open(&read, shares, 2, &out, why), ERR_KEY);
    assert_non_null(strstr(why, "is no recovery share"));
    assert_int_equal(keyring_wrap_open(&read, recovery_shares + 1, 3, &key, why), 0);
    /* the other machine */
    let_go(NULL);
    make_ring(false, 1);
    assert_int_equal(keyring_adopt(&ring, root, &read, key, NOW), ERR_DUPLICATE);
    struct custodians c = ring.custodians;
    assert_int_equal(keyring_make(false, &c, unlock, root, 1, NOW, &ring), 0);
    assert_int_equal(keyring_fill(&ring, root, enclaves + 1, 1, 1, NOW, &added), 0);
    assert_int_equal(keyring_adopt(&ring, root, &read, key, NOW), 0);
    read_back();
    key_of(&ring, root, KEY_WORKER_STORE, ONE, there);
    assert_memory_equal(here, there, 32);
    read.training = true;
    assert_int_equal(keyring_adopt(&ring, root, &read, key, NOW), ERR_RANGE);
    secret_free(key);
}

static void a_wrap_that_was_changed_says_so(void **state)
{
    struct keyring_wrap wrap;
    struct secret *out = NULL;
    (void)state;
    assert_int_equal(keyring_wrap_of(&ring, ONE, &wrap), 0);
    wrap.generation++;
    assert_int_equal(keyring_wrap_open(&wrap, recovery_shares, 3, &out, why), ERR_KEY);
    assert_non_null(strstr(why, "line was changed"));
    wrap.generation--;
    memcpy(wrap.name, TWO, 9);
    assert_int_equal(keyring_wrap_open(&wrap, recovery_shares, 3, &out, why), ERR_KEY);
    assert_null(out);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(opens_with_what_the_custodians_share),
        CASE(opens_with_the_recovery_secret),
        CASE(opens_with_nothing_else),
        cmocka_unit_test_teardown(without_recovery_it_has_none, let_go),
        CASE(every_holder_has_a_key_of_its_own),
        CASE(every_row_of_the_topology_has_a_holder),
        CASE(generation_zero_has_the_keys_that_the_root_key_gave),
        CASE(generation_zero_is_wrapped_to_nobody),
        CASE(an_enclave_that_is_new_gets_a_key_and_the_others_keep_theirs),
        CASE(a_rekey_of_identitys_store_leaves_its_other_keys),
        CASE(in_a_ring_from_before_it_the_store_keeps_identitys_key),
        CASE(other_custodians_open_it_and_those_of_before_do_not),
        CASE(with_a_tpm_both_open_it_and_neither_alone),
        CASE(a_lock_has_both_of_a_tpm_or_neither),
        CASE(what_is_made_later_does_not_open_for_the_root_key_of_before),
        CASE(other_recovery_custodians_replace_those_of_before),
        CASE(a_rekey_has_two_keys_until_the_old_one_is_destroyed),
        CASE(a_gateways_key_outlives_a_rekey),
        CASE(a_closed_out_program_has_no_key_and_no_wrap),
        CASE(a_full_ring_takes_no_more),
        CASE(a_wrap_opens_on_another_machine_and_nothing_else_does),
        CASE(a_wrap_that_was_changed_says_so),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
