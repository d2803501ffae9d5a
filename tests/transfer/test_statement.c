#include "tests/transfer/fixture.h"

static void make(struct statement *s, uint8_t *data, size_t *length, uint8_t public_key[static 32])
{
    struct secret *seed = secret_of(SEED_STATEMENT, 32);

    *s = (struct statement){
        .enclave = FIXTURE_ENCLAVE,
        .factor = STATEMENT_BADGE_PIN,
        .at_ms = 1795000000000,
        .operation = 33,
        .name = "R. Example",
        .meaning = "I approve.",
    };
    memset(s->person, 0x01, 16);
    memset(s->natural, 0x05, 16);
    memset(s->session, 0x02, 16);
    memset(s->station, 0x03, 16);
    memset(s->action, 0x04, 32);
    assert_int_equal(statement_sign(seed, s, data, length), 0);
    assert_int_equal(sign_public(seed, public_key), 0);
    secret_free(seed);
}

static void has_its_pinned_bytes_and_comes_back(void **state)
{
    uint8_t data[STATEMENT_MAX], public_key[32];
    struct statement s, got;
    size_t length;
    (void)state;

    make(&s, data, &length, public_key);
    assert_hex(
        data, length,
        "0265376b326d39716101010101010101010101010101010101050505050505050505050505050505050202"
        "02020202020202020202020202020303030303030303030303030303030301000001a1ee565e0000210404"
        "0404040404040404040404040404040404040404040404040404040404040000000a522e204578616d706c"
        "650000000a4920617070726f76652e01bc7d30269b890efd344035788f79693e916c73443201a2f31616e3"
        "2bec0b306567121d900d75c5c8e8f72bc3f0a3f76ae2abae7323365b64297e07bcf4a2130b");
    assert_int_equal(statement_check(public_key, bytes_view_of(data, length), &got), 0);
    assert_memory_equal(got.person, s.person, 16);
    assert_memory_equal(got.natural, s.natural, 16);
    assert_memory_equal(got.session, s.session, 16);
    assert_memory_equal(got.station, s.station, 16);
    assert_memory_equal(got.action, s.action, 32);
    assert_string_equal(got.enclave, s.enclave);
    assert_string_equal(got.name, s.name);
    assert_string_equal(got.meaning, s.meaning);
    assert_int_equal(got.at_ms, s.at_ms);
    assert_int_equal(got.operation, 33);
    assert_int_equal(got.factor, STATEMENT_BADGE_PIN);
}

static void refuses_every_flipped_bit_and_every_cut(void **state)
{
    uint8_t data[STATEMENT_MAX + 1], public_key[32];
    struct statement s;
    size_t length;
    (void)state;

    make(&s, data, &length, public_key);
    for (size_t i = 0; i < length * 8; i++) {
        data[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_int_not_equal(statement_check(public_key, bytes_view_of(data, length), &s), 0);
        data[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t i = 0; i < length; i++)
        assert_int_not_equal(statement_check(public_key, bytes_view_of(data, i), &s), 0);
    assert_int_not_equal(statement_check(public_key, bytes_view_of(data, length + 1), &s), 0);
}

/* Sign ${body} as it is, whatever it says. */
static int check_signed(const uint8_t *body, size_t length)
{
    struct secret *seed = secret_of(SEED_STATEMENT, 32);
    uint8_t data[2 * STATEMENT_MAX], public_key[32];
    struct statement s;

    memcpy(data, body, length);
    assert_int_equal(sign_public(seed, public_key), 0);
    assert_int_equal(sign_make(seed, STATEMENT_PURPOSE, bytes_view_of(body, length), data + length),
                     0);
    secret_free(seed);
    return statement_check(public_key, bytes_view_of(data, length + SIGN_LENGTH), &s);
}

static void refuses_a_signed_body_that_is_wrong(void **state)
{
    enum { AT_ENCLAVE = 1, AT_FACTOR = 73, AT_TIME = 74, AT_NAME = 116, AT_MEANING = 130 };
    uint8_t data[STATEMENT_MAX], public_key[32], body[STATEMENT_MAX];
    struct statement s;
    size_t length;
    (void)state;

    make(&s, data, &length, public_key);
    length -= SIGN_LENGTH;
    assert_int_equal(check_signed(data, length), 0);
    static const struct {
        size_t at;
        uint8_t value;
        int expected;
    } changes[] = {
        {0, 0, ERR_UNKNOWN},
        {0, 3, ERR_UNKNOWN},
        {AT_ENCLAVE, 'f', ERR_FORMAT},
        {AT_FACTOR, 0, ERR_FORMAT},
        {AT_FACTOR, 4, ERR_UNKNOWN},
        {AT_TIME, 0x80, ERR_FORMAT},
        {AT_NAME + 3, 65, ERR_SIZE},
        {AT_NAME + 4, 0, ERR_FORMAT},
        {AT_NAME + 4, '\n', ERR_FORMAT},
        {AT_NAME + 3, 9, ERR_SIZE},
        {AT_MEANING + 3, 9, ERR_TRAILING},
        {AT_MEANING + 3, 11, ERR_TRUNCATED},
        {AT_MEANING + 3, 161, ERR_SIZE},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
        memcpy(body, data, length);
        body[changes[i].at] = changes[i].value;
        assert_int_equal(check_signed(body, length), changes[i].expected);
    }
}

/* The form of before, which lies in older logs: it does not say which human being it is. */
static void version_1_is_read_and_counts_for_nobody(void **state)
{
    uint8_t data[STATEMENT_MAX], public_key[32];
    struct statement s, old = {.name = "?"};
    size_t length;
    (void)state;

    make(&s, data, &length, public_key);
    length -= SIGN_LENGTH;
    memset(data + 25, 0, STATEMENT_ID);
    assert_int_equal(check_signed(data, length), ERR_FORMAT); /* version 2 has to say it */
    memmove(data + 25, data + 25 + STATEMENT_ID, length - 25 - STATEMENT_ID);
    data[0] = 1;
    assert_int_equal(check_signed(data, length), ERR_TRAILING);
    length -= STATEMENT_ID;
    struct secret *seed = secret_of(SEED_STATEMENT, 32);
    assert_int_equal(sign_make(seed, STATEMENT_PURPOSE, bytes_view_of(data, length), data + length),
                     0);
    secret_free(seed);
    assert_int_equal(statement_check(public_key, bytes_view_of(data, length + SIGN_LENGTH), &old),
                     0);
    assert_memory_equal(old.person, s.person, 16);
    assert_memory_equal(old.session, s.session, 16);
    assert_string_equal(old.name, s.name);
    assert_false(statement_by_two(&s, &old));
}

static void signing_refuses_what_checking_would(void **state)
{
    struct secret *seed = secret_of(SEED_STATEMENT, 32);
    uint8_t data[STATEMENT_MAX], public_key[32];
    struct statement s, good;
    size_t length;
    (void)state;

    make(&good, data, &length, public_key);
    s = good;
    s.factor = STATEMENT_NONE;
    assert_int_equal(statement_sign(seed, &s, data, &length), ERR_RANGE);
    s = good;
    s.name[0] = '\0';
    assert_int_equal(statement_sign(seed, &s, data, &length), ERR_RANGE);
    s = good;
    s.enclave[0] = 'x';
    assert_int_equal(statement_sign(seed, &s, data, &length), ERR_RANGE);
    s = good;
    memset(s.natural, 0, 16);
    assert_int_equal(statement_sign(seed, &s, data, &length), ERR_RANGE);
    s = good;
    s.meaning[0] = '\x1b';
    assert_int_equal(statement_sign(seed, &s, data, &length), ERR_RANGE);
    secret_free(seed);
}

/* Compared with `printf 'casemate/action/1\napprove-release\ne7k2m9qa\n{}' | sha256sum`. */
static void action_digest_is_sha256_of_its_lines(void **state)
{
    uint8_t out[32];
    (void)state;

    assert_int_equal(statement_action_digest("approve-release", "e7k2m9qa", bytes_text("{}"), out),
                     0);
    assert_hex(out, 32, "cdd4945d52e78d7e9ec70b70a86b18da2a2ac95f8853ef5cb52ccff53b74e0a2");
    assert_int_equal(statement_action_digest("a\nb", "e7k2m9qa", bytes_text("{}"), out), ERR_RANGE);
    assert_int_equal(statement_action_digest("a", "other", bytes_text("{}"), out), ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(has_its_pinned_bytes_and_comes_back),
        cmocka_unit_test(refuses_every_flipped_bit_and_every_cut),
        cmocka_unit_test(refuses_a_signed_body_that_is_wrong),
        cmocka_unit_test(version_1_is_read_and_counts_for_nobody),
        cmocka_unit_test(signing_refuses_what_checking_would),
        cmocka_unit_test(action_digest_is_sha256_of_its_lines),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
