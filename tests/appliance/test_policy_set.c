#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/policy_set.h"
#include "crypto/hash.h"
#include "tests/crypto/cases.h"

static uint8_t site[POLICY_TEXT_MAX], program[POLICY_TEXT_MAX];
static struct bytes_view site_text, program_text;
static char why[POLICY_WHY];

/* One request by a person of whom nothing is known: every mandatory rule forbids. */
static const char denied[] =
    "{\"context\":{\"station\":{\"__entity\":{\"type\":\"Casemate::Station\",\"id\":\"s\"}},"
    "\"now\":{\"__extn\":{\"fn\":\"datetime\",\"arg\":\"2026-03-10T15:00:00Z\"}},"
    "\"enclave\":{\"__entity\":{\"type\":\"Casemate::Enclave\",\"id\":\"e\"}},"
    "\"factor\":\"fido2\",\"sinceVerified\":{\"__extn\":{\"fn\":\"duration\",\"arg\":\"1m\"}},"
    "\"weekday\":2,\"dayBefore\":1,\"timeOfDay\":{\"__extn\":{\"fn\":\"duration\",\"arg\":\"15h\"}}"
    ","
    "\"breakGlassTag\":\"break-glass:other\"},\"entities\":[],\"tests\":[{\"name\":\"nobody is let "
    "in\","
    "\"principal\":{\"type\":\"Casemate::Person\",\"id\":\"zed\"},"
    "\"action\":{\"type\":\"Casemate::Action\",\"id\":\"view-tasks\"},"
    "\"resource\":{\"type\":\"Casemate::Unit\",\"id\":\"SN-1\"},\"want\":\"deny\"}]}";

static struct bytes_view read_file(const char *path, uint8_t *room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, room, POLICY_TEXT_MAX);
    close(fd);
    assert_true(n > 0);
    return bytes_view_of(room, (size_t)n);
}

static int set_up(void **state)
{
    (void)state;
    site_text = read_file("policy/site/mandatory.cedar", site);
    program_text = read_file("policy/site/program.cedar", program);
    why[0] = '\0';
    return 0;
}

static int examine(enum policy_layer layer, struct bytes_view proposed, const char *tests)
{
    uint32_t passed = 0;
    int r = policy_set_examine(layer, proposed, layer == POLICY_SITE ? program_text : site_text,
                               bytes_text(tests), &passed, why);
    if (r)
        print_message("%s\n", why);
    assert_true(r == 0 ? passed == 1 : r == ERR_POLICY && why[0]);
    return r;
}

static void the_shipped_layers_pass(void **state)
{
    (void)state;
    assert_int_equal(examine(POLICY_SITE, site_text, denied), 0);
    assert_int_equal(examine(POLICY_PROGRAM, program_text, denied), 0);
    assert_int_equal(policy_set_compile(site_text, program_text, why), 0);
}

static void a_proposal_stands_in_the_place_of_its_own_layer(void **state)
{
    (void)state;
    /* the program's layer twice, or the site's twice: the same names */
    assert_int_equal(examine(POLICY_SITE, program_text, denied), ERR_POLICY);
    assert_int_equal(examine(POLICY_PROGRAM, site_text, denied), ERR_POLICY);
    assert_int_equal(policy_set_compile(site_text, site_text, why), ERR_POLICY);
}

static void refuses_what_does_not_read_and_names_the_place(void **state)
{
    (void)state;
    assert_int_equal(examine(POLICY_PROGRAM, bytes_text("permit (principal"), denied), ERR_POLICY);
    assert_non_null(strstr(why, "the proposal line 1"));
}

static void refuses_what_the_schema_does_not_know(void **state)
{
    static const char wrong[] = "@id(\"X\") @why(\"x\") permit (principal, action == "
                                "Casemate::Action::\"fly\", resource);";
    (void)state;
    assert_int_equal(examine(POLICY_PROGRAM, bytes_text(wrong), denied), ERR_POLICY);
    assert_non_null(strstr(why, "the proposal line 1"));
}

static void refuses_a_failing_test_by_name(void **state)
{
    char fails[sizeof denied + 8];
    (void)state;
    const char *want = strstr(denied, "\"deny\"");
    snprintf(fails, sizeof fails, "%.*s\"allow\"%s", (int)(want - denied), denied, want + 6);
    assert_int_equal(examine(POLICY_SITE, site_text, fails), ERR_POLICY);
    assert_non_null(strstr(why, "1 of 1 tests fail; the first is \"nobody is let in\""));
}

static void refuses_no_tests_and_what_are_none(void **state)
{
    (void)state;
    assert_int_equal(
        examine(POLICY_SITE, site_text, "{\"context\":{},\"entities\":[],\"tests\":[]}"),
        ERR_POLICY);
    assert_int_equal(examine(POLICY_SITE, site_text, ""), ERR_POLICY);
    assert_int_equal(examine(POLICY_SITE, site_text, "[1,"), ERR_POLICY);
    assert_int_equal(examine(POLICY_SITE, site_text, "{\"requests\":[]}"), ERR_POLICY);
}

static void one_text_has_one_form(void **state)
{
    static uint8_t first[POLICY_TEXT_MAX], second[POLICY_TEXT_MAX];
    struct bytes_view a, b;
    (void)state;
    assert_int_equal(policy_set_canonical(bytes_text("permit(principal,action,\n\nresource ) ;"),
                                          first, &a, why),
                     0);
    assert_int_equal(
        policy_set_canonical(bytes_text("permit (principal, action, resource);"), second, &b, why),
        0);
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.data, b.data, a.length);
    assert_int_equal(policy_set_canonical(a, second, &b, why), 0);
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.data, b.data, a.length);
}

static void refuses_a_text_that_gets_too_long(void **state)
{
    static uint8_t out[POLICY_TEXT_MAX];
    static char text[POLICY_TEXT_MAX + 1];
    struct bytes_view ret = {0};
    size_t used = 0;
    (void)state;
    while (used + 40 < sizeof text)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "permit(principal,action,resource);");
    assert_int_equal(policy_set_canonical(bytes_text(text), out, &ret, why), ERR_POLICY);
    assert_string_equal(why, "The set is longer than 30000 bytes.");
    assert_null(ret.data);
}

static void what_is_signed_names_version_and_text(void **state)
{
    uint8_t hash[32], line[POLICY_SITE_LINE];
    (void)state;
    for (unsigned i = 0; i < 32; i++)
        hash[i] = (uint8_t)(0x40 + i);
    policy_set_line(0x01020304, hash, line);
    assert_memory_equal(line, "\x01\x02\x03\x04", 4);
    assert_memory_equal(line + 4, hash, 32);
}

static void only_what_identity_signed_is_taken(void **state)
{
    static const char text[] = "permit (principal, action, resource);";
    struct secret *seed = secret_of(7, SIGN_SEED_LENGTH), *other = secret_of(8, SIGN_SEED_LENGTH);
    uint8_t key[SIGN_PUBLIC_LENGTH], another[SIGN_PUBLIC_LENGTH], hash[32], line[POLICY_SITE_LINE];
    uint8_t signature[SIGN_LENGTH], wrong[SIGN_LENGTH];
    struct bytes_view policy = bytes_text(text);
    (void)state;
    assert_int_equal(sign_public(seed, key), 0);
    assert_int_equal(sign_public(other, another), 0);
    hash_content(POLICY_HASH, policy, hash);
    policy_set_line(3, hash, line);
    assert_int_equal(
        sign_make(seed, POLICY_SITE_PURPOSE, bytes_view_of(line, sizeof line), signature), 0);
    assert_int_equal(policy_set_check(key, 3, hash, policy, signature), 0);
    assert_int_not_equal(policy_set_check(key, 2, hash, policy, signature), 0);
    assert_int_not_equal(policy_set_check(key, 4, hash, policy, signature), 0);
    assert_int_not_equal(policy_set_check(another, 3, hash, policy, signature), 0);
    assert_int_not_equal(
        policy_set_check(key, 3, hash, bytes_text("permit (principal)"), signature), 0);
    for (size_t i = 0; i < SIGN_LENGTH; i++) {
        memcpy(wrong, signature, sizeof wrong);
        wrong[i] ^= 1;
        assert_int_not_equal(policy_set_check(key, 3, hash, policy, wrong), 0);
    }
    /* signed for something else */
    assert_int_equal(
        sign_make(seed, "casemate/snapshot-line/1", bytes_view_of(line, sizeof line), wrong), 0);
    assert_int_not_equal(policy_set_check(key, 3, hash, policy, wrong), 0);
    hash[0] ^= 1;
    assert_int_not_equal(policy_set_check(key, 3, hash, policy, signature), 0);
    secret_free(seed);
    secret_free(other);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup(the_shipped_layers_pass, set_up),
        cmocka_unit_test_setup(a_proposal_stands_in_the_place_of_its_own_layer, set_up),
        cmocka_unit_test_setup(refuses_what_does_not_read_and_names_the_place, set_up),
        cmocka_unit_test_setup(refuses_what_the_schema_does_not_know, set_up),
        cmocka_unit_test_setup(refuses_a_failing_test_by_name, set_up),
        cmocka_unit_test_setup(refuses_no_tests_and_what_are_none, set_up),
        cmocka_unit_test(one_text_has_one_form),
        cmocka_unit_test(refuses_a_text_that_gets_too_long),
        cmocka_unit_test(what_is_signed_names_version_and_text),
        cmocka_unit_test(only_what_identity_signed_is_taken),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
