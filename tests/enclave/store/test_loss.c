/* Two people's word for what a log has lost: for exactly that, and by two. */
#include "tests/crypto/cases.h"

#include <stdio.h>

#include "enclave/store/loss.h"

static struct secret *seed;
static uint8_t public_key[SIGN_PUBLIC_LENGTH];
static struct loss loss;
static char bodies[2][LOSS_BODY + 20];
static uint8_t words[2][STATEMENT_MAX];
static struct loss_consent consents[2];
static uint8_t human; /* whose account the next signature is, where it is not its own */

static void write_body(int which, const struct loss *about)
{
    uint8_t digest[32];
    char hex[65];
    loss_digest(about, digest);
    bytes_to_hex(digest, 32, hex);
    snprintf(bodies[which], sizeof bodies[which],
             "{\"id\":\"01a1ffd4-5c95-7c2f-83fb-13c6026c04a%c\",\"loss\":\"%s\"}", '0' + which,
             hex);
}

static void sign(int which, uint8_t person, enum statement_factor factor, unsigned operation,
                 const char *name)
{
    struct statement s = {.factor = factor,
                          .at_ms = 1795000000000,
                          .operation = (uint16_t)operation,
                          .name = "An Officer",
                          .meaning = "I know what is lost."};
    size_t length;
    memset(s.person, person, sizeof s.person);
    memset(s.natural, human ? human : person, sizeof s.natural);
    strcpy(s.enclave, "e3f9k2m1");
    assert_int_equal(statement_action_digest(name, s.enclave, bytes_text(bodies[which]), s.action),
                     0);
    assert_int_equal(statement_sign(seed, &s, words[which], &length), 0);
    consents[which].body = bytes_text(bodies[which]);
    consents[which].statement = bytes_view_of(words[which], length);
}

static int set_up(void **state)
{
    (void)state;
    seed = secret_of(0x31, 32);
    loss =
        (struct loss){.signed_log = {.epoch = 1, .size = 1000}, .here = {.epoch = 1, .size = 990}};
    strcpy(loss.enclave, "e3f9k2m1");
    memset(loss.signed_log.root, 0xaa, 32);
    memset(loss.here.root, 0xbb, 32);
    for (int i = 0; i < 2; i++) {
        write_body(i, &loss);
        sign(i, (uint8_t)(i + 1), STATEMENT_FIDO2, LOSS_OPERATION, LOSS_OPERATION_NAME);
    }
    return sign_public(seed, public_key);
}

static int tear_down(void **state)
{
    (void)state;
    secret_free(seed);
    return 0;
}

static int both(void)
{
    struct statement statements[2];
    const char *why = NULL;
    int r = loss_check_both(&loss, public_key, false, consents, statements, &why);
    assert_true(r == 0 || why != NULL);
    return r;
}

static void two_people_sign_for_exactly_this(void **state)
{
    struct statement statements[2];
    const char *why = NULL;
    (void)state;
    assert_int_equal(loss_check_both(&loss, public_key, false, consents, statements, &why), 0);
    assert_string_equal(statements[0].name, "An Officer");
}

static void the_digest_is_pinned(void **state)
{
    uint8_t digest[32];
    (void)state;
    loss_digest(&loss, digest);
    assert_hex(digest, 32, "8da02e65b1364b963aaf9f406cc398a2f4b2ed45e94da632469e8ae7eb28b5bc");
}

static void every_fact_of_the_loss_counts(void **state)
{
    const struct loss was = loss;
    (void)state;
    loss.signed_log.epoch++;
    assert_int_equal(both(), ERR_FORMAT);
    loss = was;
    loss.signed_log.size++;
    assert_int_equal(both(), ERR_FORMAT);
    loss = was;
    loss.signed_log.root[31] ^= 1;
    assert_int_equal(both(), ERR_FORMAT);
    loss = was;
    loss.here.epoch++;
    assert_int_equal(both(), ERR_FORMAT);
    loss = was;
    loss.here.size--;
    assert_int_equal(both(), ERR_FORMAT);
    loss = was;
    loss.here.root[0] ^= 0x80;
    assert_int_equal(both(), ERR_FORMAT);
    loss = was;
    loss.enclave[7] = '2';
    assert_int_equal(both(), ERR_FORMAT);
    loss = was;
    assert_int_equal(both(), 0);
}

static void one_person_is_not_two(void **state)
{
    (void)state;
    sign(1, 1, STATEMENT_PIV, LOSS_OPERATION, LOSS_OPERATION_NAME);
    assert_int_equal(both(), ERR_DUPLICATE);
    consents[1] = consents[0];
    assert_int_equal(both(), ERR_DUPLICATE);
}

static void two_accounts_of_one_human_being_are_not_two(void **state)
{
    (void)state;
    human = 1; /* the other account is his, too */
    sign(1, 2, STATEMENT_FIDO2, LOSS_OPERATION, LOSS_OPERATION_NAME);
    human = 0;
    assert_int_equal(both(), ERR_DUPLICATE);
}

/* From before statements said which human being it is. */
static void who_does_not_say_which_human_being_he_is_does_not_count(void **state)
{
    uint8_t old[STATEMENT_MAX];
    size_t length = consents[1].statement.length - SIGN_LENGTH - STATEMENT_ID;
    (void)state;
    memcpy(old, words[1], 25); /* up to the person's end */
    memcpy(old + 25, words[1] + 25 + STATEMENT_ID, length - 25);
    old[0] = 1;
    assert_int_equal(sign_make(seed, STATEMENT_PURPOSE, bytes_view_of(old, length), old + length),
                     0);
    consents[1].statement = bytes_view_of(old, length + SIGN_LENGTH);
    assert_int_equal(both(), ERR_DUPLICATE);
}

static void a_signature_for_another_act_is_refused(void **state)
{
    (void)state;
    sign(1, 2, STATEMENT_FIDO2, LOSS_OPERATION + 1, LOSS_OPERATION_NAME);
    assert_int_equal(both(), ERR_DIGEST);
    sign(1, 2, STATEMENT_FIDO2, LOSS_OPERATION, "accept-inbound");
    assert_int_equal(both(), ERR_DIGEST);
    sign(1, 2, STATEMENT_FIDO2, LOSS_OPERATION, LOSS_OPERATION_NAME);
    assert_int_equal(both(), 0);
    /* over another request of the same person: its id is in the body */
    bodies[1][10] ^= 1;
    assert_int_equal(both(), ERR_DIGEST);
}

static void badge_and_pin_will_do_where_the_site_says_so(void **state)
{
    struct statement statement;
    (void)state;
    sign(0, 1, STATEMENT_BADGE_PIN, LOSS_OPERATION, LOSS_OPERATION_NAME);
    assert_int_equal(loss_check(&loss, public_key, true, &consents[0], &statement), 0);
    assert_int_equal(loss_check(&loss, public_key, false, &consents[0], &statement), ERR_REFUSED);
}

static void refuses_every_bit_changed_and_every_cut(void **state)
{
    struct statement statement;
    (void)state;
    for (size_t bit = 0; bit < 8 * LOSS_BODY; bit++) {
        bodies[0][bit / 8] = (char)(bodies[0][bit / 8] ^ 1 << bit % 8);
        assert_int_not_equal(loss_check(&loss, public_key, true, &consents[0], &statement), 0);
        bodies[0][bit / 8] = (char)(bodies[0][bit / 8] ^ 1 << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * consents[0].statement.length; bit++) {
        words[0][bit / 8] = (uint8_t)(words[0][bit / 8] ^ 1 << bit % 8);
        assert_int_not_equal(loss_check(&loss, public_key, true, &consents[0], &statement), 0);
        words[0][bit / 8] = (uint8_t)(words[0][bit / 8] ^ 1 << bit % 8);
    }
    struct loss_consent cut = consents[0];
    for (uint32_t n = 0; n < LOSS_BODY; n++) {
        cut.body.length = n;
        assert_int_equal(loss_check(&loss, public_key, true, &cut, &statement), ERR_FORMAT);
    }
    cut = consents[0];
    for (uint32_t n = 0; n < consents[0].statement.length; n++) {
        cut.statement.length = n;
        assert_int_not_equal(loss_check(&loss, public_key, true, &cut, &statement), 0);
    }
    public_key[0] ^= 1;
    assert_int_not_equal(loss_check(&loss, public_key, true, &consents[0], &statement), 0);
}

static void a_body_has_one_form(void **state)
{
    static const char *const bad[] = {
        "{\"loss\":\"%s\",\"id\":\"01a1ffd4-5c95-7c2f-83fb-13c6026c04a0\"}",
        "{\"id\":\"01A1ffd4-5c95-7c2f-83fb-13c6026c04a0\",\"loss\":\"%s\"}",
        "{\"id\":\"01a1ffd4-5c95-7c2f-83fb-13c6026c04a0\", \"loss\":\"%s\"}",
        "{\"id\":\"01a1ffd45c95-7c2f-83fb-13c6026c04a00\",\"loss\":\"%s\"}",
        "{\"id\":\"01a1ffd4-5c95-7c2f-83fb-13c6026c04a0\",\"loss\":\"%s\"} ",
        "{\"id\":\"01a1ffd4-5c95-7c2f-83fb-13c6026c04a0\",\"loss\":\"%s\",\"loss\":\"\"}",
    };
    uint8_t digest[32];
    char hex[65], body[300];
    (void)state;
    loss_digest(&loss, digest);
    bytes_to_hex(digest, 32, hex);
    assert_true(loss_body_is(bytes_text(bodies[0]), digest));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(body, sizeof body, bad[i], hex);
        assert_false(loss_body_is(bytes_text(body), digest));
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(two_people_sign_for_exactly_this),
        CASE(the_digest_is_pinned),
        CASE(every_fact_of_the_loss_counts),
        CASE(one_person_is_not_two),
        CASE(two_accounts_of_one_human_being_are_not_two),
        CASE(who_does_not_say_which_human_being_he_is_does_not_count),
        CASE(a_signature_for_another_act_is_refused),
        CASE(badge_and_pin_will_do_where_the_site_says_so),
        CASE(refuses_every_bit_changed_and_every_cut),
        CASE(a_body_has_one_form),
    };
    return cmocka_run_group_tests_name("store/loss", cases, NULL, NULL);
}
