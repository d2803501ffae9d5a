#include "tests/crypto/cases.h"

#include "crypto/sign.h"
#include "tests/faults/memory.h"

/* RFC 8032 section 7.1, tests 1 to 3. */
static const struct {
    const char *seed, *public_key, *message, *signature;
} vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "46b"
     "d25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d8c"
     "387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "659"
     "4a7c15e9716ed28dc027beceea1ec40a"},
};

static void raw_signatures_are_those_of_rfc_8032(void **state)
{
    uint8_t seed[32], public_key[32], message[2], out[64];
    struct secret *s = NULL;
    (void)state;

    for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
        size_t length = strlen(vectors[i].message) / 2;
        from_hex(vectors[i].seed, 32, seed);
        from_hex(vectors[i].message, length, message);
        assert_int_equal(secret_copy(seed, 32, &s), 0);
        assert_int_equal(sign_public(s, public_key), 0);
        assert_hex(public_key, 32, vectors[i].public_key);
        assert_int_equal(sign_make_raw(s, message, length, out), 0);
        assert_hex(out, 64, vectors[i].signature);
        assert_int_equal(sign_check_raw(public_key, message, length, out), 0);
        out[5] ^= 1;
        assert_int_equal(sign_check_raw(public_key, message, length, out), ERR_SIGNATURE);
        secret_free(s);
    }
}

static void signature_holds_for_its_purpose_only(void **state)
{
    struct secret *s = secret_of(1, 32);
    uint8_t public_key[32], out[SIGN_LENGTH];
    (void)state;

    assert_int_equal(sign_public(s, public_key), 0);
    assert_int_equal(sign_make(s, "a/1", bytes_text("bc"), out), 0);
    assert_int_equal(sign_check(public_key, "a/1", bytes_text("bc"), out), 0);
    assert_int_equal(sign_check(public_key, "a/2", bytes_text("bc"), out), ERR_SIGNATURE);
    assert_int_equal(sign_check(public_key, "a/1", bytes_text("bd"), out), ERR_SIGNATURE);
    assert_int_equal(sign_check(public_key, "a/1b", bytes_text("c"), out), ERR_SIGNATURE);
    secret_free(s);
}

static void refuses_an_algorithm_it_does_not_know(void **state)
{
    struct secret *s = secret_of(1, 32);
    uint8_t public_key[32], out[SIGN_LENGTH];
    (void)state;

    assert_int_equal(sign_public(s, public_key), 0);
    assert_int_equal(sign_make(s, "a/1", bytes_text(""), out), 0);
    for (int id = 0; id < 256; id++) {
        out[0] = (uint8_t)id;
        assert_int_equal(sign_check(public_key, "a/1", bytes_text(""), out),
                         id == SIGN_ED25519 ? 0 : ERR_UNKNOWN);
    }
    secret_free(s);
}

static void refuses_a_seed_of_another_length(void **state)
{
    struct secret *s = secret_of(1, 31);
    uint8_t public_key[32], out[64];
    (void)state;

    assert_int_equal(sign_public(s, public_key), ERR_KEY);
    assert_int_equal(sign_make_raw(s, "", 0, out), ERR_KEY);
    secret_free(s);
}

/* What a token's check asks for could be refused: it asks for nothing. */
static void a_short_signature_is_checked_where_there_is_no_memory(void **state)
{
    struct secret *s = secret_of(1, 32);
    uint8_t public_key[32], out[SIGN_LENGTH], text[2044] = {0};
    (void)state;

    assert_int_equal(sign_public(s, public_key), 0);
    memory_fail(1, true);
    int made = sign_make(s, "a/1", bytes_view_of(text, sizeof text), out);
    int checked = sign_check(public_key, "a/1", bytes_view_of(text, sizeof text), out);
    bool failed = memory_failed();
    memory_fail(0, false);
    assert_int_equal(made, 0);
    assert_int_equal(checked, 0);
    assert_false(failed);
    secret_free(s);
}

static void no_memory_for_a_long_text_is_no_wrong_signature(void **state)
{
    struct secret *s = secret_of(1, 32);
    uint8_t public_key[32], out[SIGN_LENGTH], text[2045] = {0};
    (void)state;

    assert_int_equal(sign_public(s, public_key), 0);
    assert_int_equal(sign_make(s, "a/1", bytes_view_of(text, sizeof text), out), 0);
    memory_fail(1, true);
    int made = sign_make(s, "a/1", bytes_view_of(text, sizeof text), out);
    int checked = sign_check(public_key, "a/1", bytes_view_of(text, sizeof text), out);
    memory_fail(0, false);
    assert_int_equal(made, ERR_MEMORY);
    assert_int_equal(checked, ERR_MEMORY);
    assert_int_equal(sign_check(public_key, "a/1", bytes_view_of(text, sizeof text), out), 0);
    secret_free(s);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(raw_signatures_are_those_of_rfc_8032),
        cmocka_unit_test(signature_holds_for_its_purpose_only),
        cmocka_unit_test(refuses_an_algorithm_it_does_not_know),
        cmocka_unit_test(refuses_a_seed_of_another_length),
        cmocka_unit_test(a_short_signature_is_checked_where_there_is_no_memory),
        cmocka_unit_test(no_memory_for_a_long_text_is_no_wrong_signature),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
