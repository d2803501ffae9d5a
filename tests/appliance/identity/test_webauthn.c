#include "tests/appliance/identity/key.h"
#include "tests/crypto/cases.h"

static const enum webauthn_algorithm both[] = {WEBAUTHN_ES256, WEBAUTHN_EDDSA};
static struct webauthn_site site = {.rp_id = "localhost", .origin = "http://localhost:7800"};
static const uint8_t challenge[32] = "a challenge that nobody guesses";
static struct test_key key;
static struct test_answer answer;
static struct webauthn_key known;
static const char *why;

static int registered(void)
{
    struct webauthn_key untouched;
    memset(&known, 0x55, sizeof known);
    untouched = known;
    why = NULL;
    int r =
        webauthn_register(&site, challenge, bytes_view_of(answer.client_data, answer.client_length),
                          bytes_view_of(answer.object, answer.object_length), &known, &why);
    assert_true((r == 0) == (why == NULL));
    if (r)
        assert_memory_equal(&known, &untouched, sizeof known);
    return r;
}

static int asserted(uint32_t *ret_counter)
{
    why = NULL;
    int r = webauthn_assert(
        &site, &known, challenge, bytes_view_of(answer.client_data, answer.client_length),
        bytes_view_of(answer.object, answer.object_length),
        bytes_view_of(answer.signature, answer.signature_length), ret_counter, &why);
    assert_true((r == 0) == (why == NULL));
    return r;
}

static int asserts(void)
{
    uint32_t counter = 0x5555;
    test_key_assert(&key, challenge, &answer);
    int r = asserted(&counter);
    assert_int_equal(counter, r ? 0x5555 : key.counter);
    return r;
}

static void begin(enum webauthn_algorithm algorithm)
{
    test_key_free(&key);
    test_key_new(&key, algorithm);
    test_key_register(&key, challenge, &answer);
    assert_int_equal(registered(), 0);
}

static void refuses(int code, const char *words)
{
    assert_int_equal(registered(), code);
    if (!strstr(why, words))
        fail_msg("said: %s", why);
}

static void refuses_assertion(int code, const char *words)
{
    assert_int_equal(asserts(), code);
    if (!strstr(why, words))
        fail_msg("said: %s", why);
}

static void a_key_is_registered_and_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (int packed = 0; packed < 2; packed++) {
            begin(both[i]);
            key.packed = packed;
            test_key_register(&key, challenge, &answer);
            assert_int_equal(registered(), 0);
            assert_int_equal(known.algorithm, both[i]);
            assert_int_equal(known.public_length, both[i] == WEBAUTHN_ES256 ? 64 : 32);
            assert_int_equal(known.id_length, key.id_length);
            assert_memory_equal(known.id, key.id, key.id_length);
            assert_memory_equal(known.aaguid, key.aaguid, 16);
            assert_int_equal(known.counter, 1);
            key.counter = 2;
            assert_int_equal(asserts(), 0);
        }
}

static void refuses_another_site_origin_challenge_and_question(void **state)
{
    (void)state;
    begin(WEBAUTHN_ES256);
    static const char *const origins[] = {"http://localhost:7801",
                                          "http://localhost",
                                          "https://localhost:7800",
                                          "http://localhost:7800/",
                                          "http://127.0.0.1:7800",
                                          "http://LOCALHOST:7800",
                                          ""};
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        key.origin = origins[i];
        test_key_register(&key, challenge, &answer);
        refuses(ERR_REFUSED, "another address");
    }
    begin(WEBAUTHN_ES256);
    key.counter = 9;
    key.origin = origins[0];
    refuses_assertion(ERR_REFUSED, "another address");
    key.origin = site.origin;
    key.rp_id = "localhost.example";
    refuses_assertion(ERR_REFUSED, "another site");
    key.rp_id = site.rp_id;
    key.type = "webauthn.create"; /* the answer to a registration is no sign-in */
    refuses_assertion(ERR_REFUSED, "another question");
    key.type = NULL;
    uint8_t other[32];
    for (size_t i = 0; i < 32; i++) {
        uint32_t counter;
        memcpy(other, challenge, 32);
        other[i] ^= 1;
        test_key_assert(&key, other, &answer);
        assert_int_equal(asserted(&counter), ERR_REFUSED);
    }
    assert_int_equal(asserts(), 0);
    key.rp_id = "other";
    test_key_register(&key, challenge, &answer);
    refuses(ERR_REFUSED, "another site");
}

static void refuses_a_page_inside_another_page(void **state)
{
    static const char *const more[] = {",\"crossOrigin\":true", ",\"crossOrigin\":\"false\"",
                                       ",\"crossOrigin\":null",
                                       ",\"crossOrigin\":false,\"topOrigin\":\"http://a\""};
    (void)state;
    begin(WEBAUTHN_EDDSA);
    key.counter = 5;
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        key.more = more[i];
        refuses_assertion(ERR_REFUSED, "inside another page");
    }
    key.more = ""; /* older browsers do not say it */
    assert_int_equal(asserts(), 0);
    key.more = ",\"new member\":1"; /* browsers may add what nobody knows */
    assert_int_equal(asserts(), 0);
}

static void refuses_members_that_stand_twice(void **state)
{
    (void)state;
    begin(WEBAUTHN_ES256);
    key.counter = 5;
    key.more = ",\"origin\":\"http://elsewhere\"";
    refuses_assertion(ERR_FORMAT, "not in its form");
    key.more = ",\"type\":\"webauthn.get\"";
    refuses_assertion(ERR_FORMAT, "not in its form");
    key.more = ",\"\\u006frigin\":\"http://elsewhere\"";
    refuses_assertion(ERR_FORMAT, "not in its form");
}

static void refuses_flags_that_do_not_say_enough_or_say_too_much(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 256; flags++) {
        bool good = flags == 0x05;
        begin(WEBAUTHN_ES256);
        key.counter = 5;
        key.flags = (uint8_t)flags;
        int r = asserts();
        if (flags & 0x22) /* reserved bits say nothing */
            continue;
        assert_int_equal(r, good ? 0 : ERR_REFUSED);
    }
    begin(WEBAUTHN_ES256);
    key.flags = 0x01;
    test_key_register(&key, challenge, &answer);
    refuses(ERR_REFUSED, "PIN or finger");
    key.flags = 0x04;
    test_key_register(&key, challenge, &answer);
    refuses(ERR_REFUSED, "Nobody touched");
    key.flags = 0x0d;
    test_key_register(&key, challenge, &answer);
    refuses(ERR_REFUSED, "copied");
    key.flags = 0x15;
    test_key_register(&key, challenge, &answer);
    refuses(ERR_REFUSED, "copied");
}

static void refuses_a_counter_that_does_not_rise(void **state)
{
    (void)state;
    begin(WEBAUTHN_ES256);
    known.counter = 7;
    for (uint32_t c = 0; c <= 7; c++) {
        key.counter = c;
        refuses_assertion(ERR_STALE, "a copy of it");
    }
    key.counter = 8;
    assert_int_equal(asserts(), 0);
    key.counter = UINT32_MAX;
    assert_int_equal(asserts(), 0);
    known.counter = 0; /* a key without a counter says 0 for ever */
    key.counter = 0;
    assert_int_equal(asserts(), 0);
}

static void refuses_another_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        begin(both[i]);
        struct webauthn_key first = known;
        begin(both[i]);
        key.counter = 5;
        known = first;
        refuses_assertion(ERR_SIGNATURE, "not this key's");
        known.algorithm = WEBAUTHN_NONE;
        refuses_assertion(ERR_SIGNATURE, "not this key's");
    }
}

static void refuses_every_changed_bit_of_an_assertion(void **state)
{
    uint32_t counter;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        begin(both[i]);
        key.counter = 5;
        test_key_assert(&key, challenge, &answer);
        struct {
            uint8_t *data;
            size_t length;
        } parts[] = {{answer.client_data, answer.client_length},
                     {answer.object, answer.object_length},
                     {answer.signature, answer.signature_length}};
        for (size_t p = 0; p < 3; p++)
            for (size_t bit = 0; bit < 8 * parts[p].length; bit++) {
                parts[p].data[bit / 8] ^= (uint8_t)(1u << bit % 8);
                if (asserted(&counter) == 0)
                    fail_msg("part %zu: bit %zu was changed unseen", p, bit);
                parts[p].data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
        assert_int_equal(asserted(&counter), 0);
    }
}

static void refuses_every_length_but_its_own(void **state)
{
    uint32_t counter;
    (void)state;
    begin(WEBAUTHN_ES256);
    key.counter = 5;
    test_key_assert(&key, challenge, &answer);
    struct test_answer good = answer;
    for (size_t n = 0; n < 80; n++) {
        answer.object_length = n;
        if (n != good.object_length)
            assert_int_not_equal(asserted(&counter), 0);
    }
    answer = good;
    for (answer.signature_length = 0; answer.signature_length < good.signature_length + 3;
         answer.signature_length++)
        if (answer.signature_length != good.signature_length)
            assert_int_not_equal(asserted(&counter), 0);
    answer = good;
    for (answer.client_length = 0; answer.client_length < good.client_length;
         answer.client_length++)
        assert_int_equal(asserted(&counter), ERR_FORMAT);
    answer.client_length = WEBAUTHN_CLIENT_DATA_MAX + 1;
    assert_int_equal(asserted(&counter), ERR_FORMAT);
}

static void refuses_a_registration_that_is_cut_off_or_changed(void **state)
{
    (void)state;
    begin(WEBAUTHN_ES256);
    key.packed = true;
    test_key_register(&key, challenge, &answer);
    size_t length = answer.object_length;
    for (answer.object_length = 0; answer.object_length < length; answer.object_length++)
        assert_int_not_equal(registered(), 0);
    assert_int_equal(registered(), 0);
    struct webauthn_key good = known;
    unsigned taken = 0;
    for (size_t bit = 0; bit < 8 * length; bit++) {
        answer.object[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (registered() == 0) { /* a member of the statement that nobody looks at: the same key */
            assert_memory_equal(&known, &good, sizeof good);
            taken++;
        }
        answer.object[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_in_range(taken, 0, 8 * 5); /* the name and value of "alg", which the key repeats */
    answer.object_length = WEBAUTHN_ATTESTATION_MAX + 1;
    /* its bytes are not looked at: the length alone is too much */
    assert_int_equal(registered(), ERR_FORMAT);
}

static void refuses_counts_that_promise_more_than_there_is(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } bad[] = {{"\x9b\x00\x00\x00\x03\x1b\x2e\x00\x00", 9}, /* an array of billions */
               {"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff", 9},
               {"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", 9},
               {"\x9f\xff", 2}, /* of no stated length */
               {"\xbf\xff", 2},
               {"\x5f\xff", 2},
               {"\xc0\xa0", 2}, /* a tag */
               {"\x81\x81\x81\x81\x81\x81\x81\x81\x81\x00", 10}};
    (void)state;
    begin(WEBAUTHN_ES256);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memcpy(answer.object, bad[i].bytes, bad[i].length);
        answer.object_length = bad[i].length;
        refuses(ERR_FORMAT, "not in its form");
    }
    test_key_register(&key, challenge, &answer);
    answer.object[answer.object_length++] = 0; /* a byte behind its end */
    refuses(ERR_FORMAT, "not in its form");
    answer.object_length--;
    assert_int_equal(registered(), 0);
    uint8_t *inner = answer.object + answer.object_length - 77; /* the public key's own map */
    assert_int_equal(*inner, 0xa5);
    memcpy(inner, "\xbb\x00\x00\x00\x03\x1b\x2e\x00\x00", 9);
    refuses(ERR_FORMAT, "not in its form");
}

static void refuses_a_name_that_no_key_has(void **state)
{
    (void)state;
    begin(WEBAUTHN_EDDSA);
    key.id_length = 0;
    test_key_register(&key, challenge, &answer);
    assert_int_equal(registered(), ERR_FORMAT);
    key.id_length = WEBAUTHN_ID_MAX;
    test_key_register(&key, challenge, &answer);
    assert_int_equal(registered(), 0);
    assert_int_equal(known.id_length, WEBAUTHN_ID_MAX);
}

static void only_the_models_of_the_list_are_admitted(void **state)
{
    (void)state;
    begin(WEBAUTHN_ES256);
    test_key_register(&key, challenge, &answer);
    site.aaguids_count = 2;
    memset(site.aaguids[0], 0x11, 16);
    memset(site.aaguids[1], 0x12, 16);
    refuses(ERR_REFUSED, "not on the site's list");
    memset(site.aaguids[1], 0x77, 16);
    assert_int_equal(registered(), 0);
    site.aaguids_count = 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_key_free(&key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(a_key_is_registered_and_answers),
        cmocka_unit_test(refuses_another_site_origin_challenge_and_question),
        cmocka_unit_test(refuses_a_page_inside_another_page),
        cmocka_unit_test(refuses_members_that_stand_twice),
        cmocka_unit_test(refuses_flags_that_do_not_say_enough_or_say_too_much),
        cmocka_unit_test(refuses_a_counter_that_does_not_rise),
        cmocka_unit_test(refuses_another_key),
        cmocka_unit_test(refuses_every_changed_bit_of_an_assertion),
        cmocka_unit_test(refuses_every_length_but_its_own),
        cmocka_unit_test(refuses_a_registration_that_is_cut_off_or_changed),
        cmocka_unit_test(refuses_counts_that_promise_more_than_there_is),
        cmocka_unit_test(refuses_a_name_that_no_key_has),
        cmocka_unit_test(only_the_models_of_the_list_are_admitted),
    };
    return cmocka_run_group_tests(cases, NULL, tear_down);
}
