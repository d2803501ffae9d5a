#include "tests/crypto/cases.h"

#include <sodium.h>

#include "crypto/seal.h"

static const struct seal_about about = {"holder", "e3f9k2m1", 7};

static void a_secret_comes_back(void **state)
{
    struct secret *key = secret_of(1, 32), *secret = secret_of(0x5a, 32), *again = NULL;
    uint8_t sealed[SEAL_SECRET], expected[32];
    (void)state;
    assert_int_equal(seal_secret(key, &about, secret, sealed), 0);
    assert_int_equal(sealed[0], SEAL_KEY);
    assert_int_equal(unseal_secret(key, &about, sealed, &again), 0);
    memset(expected, 0x5a, 32);
    assert_memory_equal(secret_open(again), expected, 32);
    secret_close(again);
    secret_free(again);
    secret_free(secret);
    secret_free(key);
}

/* The layout that the header describes, opened with libsodium alone. */
static void what_is_sealed_is_what_the_header_says(void **state)
{
    static const uint8_t more[] = "\0\0\0\x0f"
                                  "casemate/seal/1"
                                  "\0\0\0\x06"
                                  "holder"
                                  "\0\0\0\x08"
                                  "e3f9k2m1"
                                  "\0\0\0\x07";
    struct secret *key = secret_of(1, 32);
    uint8_t sealed[5 + SEAL_OVERHEAD], out[5], raw[32];
    unsigned long long length = 0;
    (void)state;
    memset(raw, 1, 32);
    assert_int_equal(seal_make(key, &about, bytes_view_of("hello", 5), sealed), 0);
    assert_int_equal(crypto_aead_xchacha20poly1305_ietf_decrypt(out, &length, NULL, sealed + 25,
                                                                sizeof sealed - 25, more,
                                                                sizeof more - 1, sealed + 1, raw),
                     0);
    assert_int_equal(length, 5);
    assert_memory_equal(out, "hello", 5);
    secret_free(key);
}

static void two_seals_of_one_thing_are_two(void **state)
{
    struct secret *key = secret_of(1, 32);
    uint8_t a[SEAL_SECRET], b[SEAL_SECRET];
    (void)state;
    assert_int_equal(seal_secret(key, &about, key, a), 0);
    assert_int_equal(seal_secret(key, &about, key, b), 0);
    assert_memory_not_equal(a, b, sizeof a);
    secret_free(key);
}

static void opens_for_nothing_else(void **state)
{
    static const struct seal_about others[] = {{"root", "e3f9k2m1", 7},
                                               {"holder", "e3f9k2m2", 7},
                                               {"holder", "e3f9k2m1", 8},
                                               {"holdere", "3f9k2m1", 7}};
    struct secret *key = secret_of(1, 32), *other = secret_of(2, 32), *out = NULL;
    uint8_t sealed[SEAL_SECRET];
    (void)state;
    assert_int_equal(seal_secret(key, &about, key, sealed), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(unseal_secret(key, &others[i], sealed, &out), ERR_KEY);
    assert_int_equal(unseal_secret(other, &about, sealed, &out), ERR_KEY);
    assert_null(out);
    secret_free(key);
    secret_free(other);
}

static void refuses_each_changed_bit(void **state)
{
    struct secret *key = secret_of(1, 32), *out = NULL;
    uint8_t sealed[SEAL_SECRET], to[SEAL_TO_SECRET], public_key[SEAL_PUBLIC_LENGTH];
    (void)state;
    assert_int_equal(seal_secret(key, &about, key, sealed), 0);
    assert_int_equal(seal_public(key, public_key), 0);
    assert_int_equal(seal_secret_to(public_key, &about, key, to), 0);
    for (size_t i = 0; i < 8 * sizeof sealed; i++) {
        sealed[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_int_not_equal(unseal_secret(key, &about, sealed, &out), 0);
        sealed[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t i = 0; i < 8 * sizeof to; i++) {
        if (i == 8 * 33 - 1)
            continue; /* the bit of a point that X25519 does not look at, but the key covers */
        to[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_int_not_equal(unseal_secret_to(key, &about, to, &out), 0);
        to[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    to[32] ^= 0x80;
    assert_int_equal(unseal_secret_to(key, &about, to, &out), ERR_KEY);
    assert_null(out);
    secret_free(key);
}

static void refuses_short_and_unknown(void **state)
{
    struct secret *key = secret_of(1, 32), *small = secret_of(1, 31), *out = NULL;
    uint8_t sealed[SEAL_OVERHEAD + 3], plain[3], bytes[SEAL_TO_SECRET] = {3};
    static const struct seal_about empty = {"", "x", 0};
    char long_text[SEAL_TEXT_MAX + 2];
    struct seal_about too_long = {"x", long_text, 0};
    (void)state;
    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(seal_make(key, &about, bytes_view_of("abc", 3), sealed), 0);
    for (size_t n = 0; n < sizeof sealed; n++)
        assert_int_not_equal(seal_open(key, &about, bytes_view_of(sealed, n), plain), 0);
    sealed[0] = SEAL_PUBLIC;
    assert_int_equal(seal_open(key, &about, bytes_view_of(sealed, sizeof sealed), plain),
                     ERR_UNKNOWN);
    assert_int_equal(unseal_secret_to(key, &about, bytes, &out), ERR_UNKNOWN);
    assert_int_equal(seal_make(small, &about, bytes_view_of("abc", 3), sealed), ERR_KEY);
    assert_int_equal(seal_make(key, &empty, bytes_view_of("abc", 3), sealed), ERR_RANGE);
    assert_int_equal(seal_make(key, &too_long, bytes_view_of("abc", 3), sealed), ERR_RANGE);
    assert_int_equal(seal_secret(key, &about, small, bytes), ERR_SIZE);
    secret_free(key);
    secret_free(small);
}

/* ---- to a public key ---- */

static void only_the_receiver_opens(void **state)
{
    struct secret *mine = secret_of(9, 32), *other = secret_of(8, 32), *secret = secret_of(3, 32);
    struct secret *out = NULL;
    static const struct seal_about elsewhere = {"root-recovery", "e3f9k2m1", 7};
    uint8_t public_key[SEAL_PUBLIC_LENGTH], sealed[SEAL_TO_SECRET], expected[32];
    (void)state;
    memset(expected, 3, 32);
    assert_int_equal(seal_public(mine, public_key), 0);
    assert_int_equal(seal_secret_to(public_key, &about, secret, sealed), 0);
    assert_int_equal(unseal_secret_to(other, &about, sealed, &out), ERR_KEY);
    assert_int_equal(unseal_secret_to(mine, &elsewhere, sealed, &out), ERR_KEY);
    assert_int_equal(unseal_secret_to(mine, &about, sealed, &out), 0);
    assert_memory_equal(secret_open(out), expected, 32);
    secret_close(out);
    secret_free(out);
    secret_free(mine);
    secret_free(other);
    secret_free(secret);
}

static void refuses_a_public_key_of_small_order(void **state)
{
    struct secret *secret = secret_of(3, 32);
    uint8_t zero[SEAL_PUBLIC_LENGTH] = {0}, sealed[SEAL_TO_SECRET];
    (void)state;
    assert_int_equal(seal_secret_to(zero, &about, secret, sealed), ERR_KEY);
    secret_free(secret);
}

static void every_way_in_refuses_a_key_or_a_place_that_cannot_be(void **state)
{
    struct secret *mine = secret_of(9, 32), *small = secret_of(9, 31), *out = NULL;
    static const struct seal_about nowhere = {"holder", "", 7};
    uint8_t public_key[SEAL_PUBLIC_LENGTH], sealed[SEAL_TO_SECRET], bytes[SEAL_SECRET];
    (void)state;
    assert_int_equal(seal_public(small, public_key), ERR_KEY);
    assert_int_equal(seal_public(mine, public_key), 0);
    assert_int_equal(seal_secret(mine, &about, mine, bytes), 0);
    assert_int_equal(unseal_secret(small, &about, bytes, &out), ERR_KEY);
    assert_int_equal(unseal_secret(mine, &nowhere, bytes, &out), ERR_RANGE);
    assert_int_equal(seal_secret_to(public_key, &nowhere, mine, sealed), ERR_RANGE);
    assert_int_equal(seal_secret_to(public_key, &about, small, sealed), ERR_SIZE);
    assert_int_equal(seal_secret_to(public_key, &about, mine, sealed), 0);
    assert_int_equal(unseal_secret_to(small, &about, sealed, &out), ERR_KEY);
    assert_int_equal(unseal_secret_to(mine, &nowhere, sealed, &out), ERR_RANGE);
    assert_null(out);
    secret_free(mine);
    secret_free(small);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(a_secret_comes_back),
        cmocka_unit_test(what_is_sealed_is_what_the_header_says),
        cmocka_unit_test(two_seals_of_one_thing_are_two),
        cmocka_unit_test(opens_for_nothing_else),
        cmocka_unit_test(refuses_each_changed_bit),
        cmocka_unit_test(refuses_short_and_unknown),
        cmocka_unit_test(only_the_receiver_opens),
        cmocka_unit_test(refuses_a_public_key_of_small_order),
        cmocka_unit_test(every_way_in_refuses_a_key_or_a_place_that_cannot_be),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
