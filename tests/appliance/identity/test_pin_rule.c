/* What a new PIN has to be. */
#include "appliance/identity/pin_rule.h"
#include "tests/crypto/cases.h"

static bool takes(const char *pin)
{
    return pin_rule_refused(bytes_text(pin)) == NULL;
}

static void takes_six_digits_of_three_kinds(void **state)
{
    (void)state;
    assert_true(takes("482913"));
    assert_true(takes("112233"));
    assert_true(takes("123457"));
    assert_true(takes("135791"));
    assert_true(takes("7203918"));
    assert_true(takes("4829134829135"));
}

static void refuses_what_is_short_or_no_digits(void **state)
{
    (void)state;
    assert_false(takes(""));
    assert_false(takes("4"));
    assert_false(takes("48291"));
    assert_false(takes("48291a"));
    assert_false(takes("48 913"));
    assert_false(takes("48291."));
    assert_false(takes("48291/"));
    assert_false(takes("48291:"));
    assert_false(pin_rule_refused(bytes_view_of("482913\0", 7)) == NULL);
}

static void refuses_runs_either_way_and_round_the_end(void **state)
{
    (void)state;
    assert_false(takes("123456"));
    assert_false(takes("012345678901"));
    assert_false(takes("890123"));
    assert_false(takes("654321"));
    assert_false(takes("210987"));
}

static void refuses_repetitions_also_cut_ones(void **state)
{
    (void)state;
    assert_false(takes("123123"));
    assert_false(takes("1231231"));
    assert_false(takes("48294829"));
    assert_false(takes("482913482913"));
}

static void refuses_fewer_than_three_different_digits(void **state)
{
    (void)state;
    assert_false(takes("111111"));
    assert_false(takes("111112"));
    assert_false(takes("112122"));
}

static void says_the_rule(void **state)
{
    (void)state;
    assert_non_null(strstr(pin_rule_refused(bytes_text("111111")), "six digits or more"));
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(takes_six_digits_of_three_kinds),
        cmocka_unit_test(refuses_what_is_short_or_no_digits),
        cmocka_unit_test(refuses_runs_either_way_and_round_the_end),
        cmocka_unit_test(refuses_repetitions_also_cut_ones),
        cmocka_unit_test(refuses_fewer_than_three_different_digits),
        cmocka_unit_test(says_the_rule),
    };
    return cmocka_run_group_tests_name("identity/pin_rule", cases, NULL, NULL);
}
