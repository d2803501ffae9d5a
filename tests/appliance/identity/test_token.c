#include "tests/enclave/vectors.h"

#include <sodium.h>

#include "appliance/identity/token.h"

static struct secret *seed;
static uint8_t public_key[SIGN_PUBLIC_LENGTH];
static char text[TOKEN_TEXT + 1];

static struct token example(void)
{
    struct token t = {.factor = FACTOR_BADGE_PIN,
                      .issued_ms = 0x0102030405060708,
                      .verified_ms = 0x0102030405060606,
                      .expires_ms = 0x1112131415161718};
    memcpy(t.audience, "e3f9k2m1", 8);
    memset(t.person, 0x21, 16);
    memset(t.session, 0x22, 16);
    memset(t.station, 0x23, 16);
    memset(t.boot, 0x24, 16);
    memset(t.natural, 0x25, 16);
    memset(t.escort, 0x26, 16);
    return t;
}

static int set_up(void **state)
{
    struct token t = example();
    (void)state;
    seed = secret_of(9, 32);
    return sign_public(seed, public_key) != 0 || token_make(seed, &t, text) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    secret_free(seed);
    return 0;
}

static int checked(struct bytes_view what, const char *audience)
{
    struct token t, untouched;
    memset(&t, 0x55, sizeof t);
    untouched = t;
    int r = token_check(public_key, what, (const uint8_t *)audience, &t);
    if (r)
        assert_memory_equal(&t, &untouched, sizeof t);
    return r;
}

static void a_token_comes_back_as_it_went(void **state)
{
    struct token t, e = example();
    (void)state;
    assert_int_equal(strlen(text), TOKEN_TEXT);
    assert_int_equal(token_check(public_key, bytes_text(text), (const uint8_t *)"e3f9k2m1", &t), 0);
    assert_memory_equal(t.audience, e.audience, 8);
    assert_memory_equal(t.person, e.person, 16);
    assert_memory_equal(t.natural, e.natural, 16);
    assert_memory_equal(t.escort, e.escort, 16);
    assert_memory_equal(t.session, e.session, 16);
    assert_memory_equal(t.station, e.station, 16);
    assert_memory_equal(t.boot, e.boot, 16);
    assert_int_equal(t.factor, e.factor);
    assert_true(t.issued_ms == e.issued_ms && t.verified_ms == e.verified_ms);
    assert_true(t.expires_ms == e.expires_ms);
}

static void its_text_is_pinned(void **state)
{
    (void)state;
    assert_pinned("token", "token", text, TOKEN_TEXT);
}

static void refuses_another_audience(void **state)
{
    (void)state;
    assert_int_equal(checked(bytes_text(text), "e3f9k2m2"), ERR_KEY);
    assert_int_equal(checked(bytes_text(text), TOKEN_ENTRY), ERR_KEY);
    assert_int_equal(checked(bytes_text(text), "E3F9K2M1"), ERR_KEY);
}

/* Every other byte at every place: no second text for one token, and no other token. */
static void refuses_every_changed_byte(void **state)
{
    char changed[TOKEN_TEXT + 1];
    (void)state;
    memcpy(changed, text, sizeof changed);
    for (size_t i = 0; i < TOKEN_TEXT; i++) {
        for (int c = 0; c < 256; c++) {
            changed[i] = (char)c;
            if (changed[i] != text[i] &&
                checked(bytes_view_of(changed, TOKEN_TEXT), "e3f9k2m1") == 0)
                fail_msg("byte %zu was changed to %d unseen", i, c);
        }
        changed[i] = text[i];
    }
}

static void refuses_every_other_length(void **state)
{
    char longer[TOKEN_TEXT + 10];
    (void)state;
    memset(longer, 'A', sizeof longer);
    memcpy(longer, text, TOKEN_TEXT);
    for (size_t n = 0; n < sizeof longer; n++)
        if (n != TOKEN_TEXT)
            assert_int_equal(checked(bytes_view_of(longer, n), "e3f9k2m1"), ERR_FORMAT);
    longer[TOKEN_TEXT] = '=';
    assert_int_equal(checked(bytes_view_of(longer, TOKEN_TEXT + 1), "e3f9k2m1"), ERR_FORMAT);
}

static void refuses_another_key_and_another_purpose(void **state)
{
    struct secret *other = secret_of(8, 32);
    struct token t = example();
    char forged[TOKEN_TEXT + 1];
    (void)state;
    assert_int_equal(token_make(other, &t, forged), 0);
    assert_int_equal(checked(bytes_text(forged), "e3f9k2m1"), ERR_SIGNATURE);
    secret_free(other);
}

static void refuses_a_factor_and_times_that_cannot_be(void **state)
{
    char out[TOKEN_TEXT + 1];
    (void)state;
    for (unsigned factor = 0; factor < 256; factor++) {
        struct token t = example();
        t.factor = (uint8_t)factor;
        assert_int_equal(token_make(seed, &t, out), factor >= 1 && factor <= 3 ? 0 : ERR_RANGE);
    }
    struct token late = example(), gone = example();
    late.verified_ms = late.issued_ms + 1;
    assert_int_equal(token_make(seed, &late, out), ERR_RANGE);
    gone.expires_ms = gone.issued_ms;
    assert_int_equal(token_make(seed, &gone, out), ERR_RANGE);
}

/* The first version is signed for another purpose, and is as long as nothing here. */
static void refuses_a_token_of_the_first_version(void **state)
{
    char old[TOKEN_TEXT + 1];
    uint8_t bytes[90 + SIGN_LENGTH] = {1};
    (void)state;
    memcpy(bytes + 1, "e3f9k2m1", 8);
    assert_int_equal(sign_make(seed, "casemate/token/1", bytes_view_of(bytes, 90), bytes + 90), 0);
    sodium_bin2base64(old, sizeof old, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    assert_int_equal(checked(bytes_text(old), "e3f9k2m1"), ERR_FORMAT);
}

static void a_token_is_current_in_its_boot_and_until_it_expires(void **state)
{
    struct token t = example();
    uint8_t boot[16];
    (void)state;
    t.issued_ms = 5000;
    t.expires_ms = 9000;
    memcpy(boot, t.boot, 16);
    assert_false(token_is_current(&t, boot, 3999)); /* more than a second from the future */
    assert_true(token_is_current(&t, boot, 4000));
    assert_true(token_is_current(&t, boot, 5000));
    assert_true(token_is_current(&t, boot, 8999));
    assert_false(token_is_current(&t, boot, 9000));
    assert_false(token_is_current(&t, boot, 9001));
    assert_false(token_is_current(&t, boot, UINT64_MAX));
    for (int i = 0; i < 16; i++) {
        boot[i] ^= 1;
        assert_false(token_is_current(&t, boot, 6000));
        boot[i] ^= 1;
    }
    t.issued_ms = UINT64_MAX; /* issued at no time that there is */
    assert_false(token_is_current(&t, boot, 6000));
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(a_token_comes_back_as_it_went),
        cmocka_unit_test(its_text_is_pinned),
        cmocka_unit_test(refuses_another_audience),
        cmocka_unit_test(refuses_every_changed_byte),
        cmocka_unit_test(refuses_every_other_length),
        cmocka_unit_test(refuses_a_factor_and_times_that_cannot_be),
        cmocka_unit_test(refuses_a_token_of_the_first_version),
        cmocka_unit_test(refuses_another_key_and_another_purpose),
        cmocka_unit_test(a_token_is_current_in_its_boot_and_until_it_expires),
    };
    return cmocka_run_group_tests_name("identity/token", cases, set_up, tear_down);
}
