#include "tests/crypto/cases.h"

#include "transfer/grammar.h"

static void knows_the_days_that_exist(void **state)
{
    (void)state;
    assert_true(grammar_is_day(bytes_text("2026-12-18")));
    assert_true(grammar_is_day(bytes_text("2028-02-29")));
    assert_true(grammar_is_day(bytes_text("2000-02-29")));
    assert_false(grammar_is_day(bytes_text("2026-02-29")));
    assert_false(grammar_is_day(bytes_text("2026-04-31")));
    assert_false(grammar_is_day(bytes_text("2026-13-01")));
    assert_false(grammar_is_day(bytes_text("2026-00-01")));
    assert_false(grammar_is_day(bytes_text("2026-01-00")));
    assert_false(grammar_is_day(bytes_text("2100-01-01")));
    assert_false(grammar_is_day(bytes_text("2026-1-018")));
    assert_false(grammar_is_day(bytes_text("2026/12/18")));
    assert_false(grammar_is_day(bytes_text("")));
}

static void knows_which_years_have_a_week_53(void **state)
{
    (void)state;
    assert_true(grammar_is_slot(bytes_text("2026-W01")));
    assert_true(grammar_is_slot(bytes_text("2026-W53")));
    assert_true(grammar_is_slot(bytes_text("2020-W53")));
    assert_true(grammar_is_slot(bytes_text("2032-W53")));
    assert_false(grammar_is_slot(bytes_text("2027-W53")));
    assert_false(grammar_is_slot(bytes_text("2024-W53")));
    assert_false(grammar_is_slot(bytes_text("2026-W00")));
    assert_false(grammar_is_slot(bytes_text("2026-W54")));
    assert_false(grammar_is_slot(bytes_text("2026-w47")));
    assert_false(grammar_is_slot(bytes_text("2026-W4")));
}

static void other_forms_are_exact(void **state)
{
    uint64_t v;
    (void)state;

    assert_true(grammar_is_enclave(bytes_text("e7k2m9qa")));
    assert_false(grammar_is_enclave(bytes_text("f7k2m9qa")));
    assert_false(grammar_is_enclave(bytes_text("e7k2m9q")));
    assert_false(grammar_is_enclave(bytes_text("e7k2m9qA")));
    assert_true(grammar_is_site(bytes_text("training-1")));
    assert_false(grammar_is_site(bytes_text("-a")));
    assert_false(grammar_is_site(bytes_text("Site")));
    assert_false(grammar_is_site(bytes_text("")));
    assert_true(grammar_is_uuid(bytes_text("11111111-2222-4333-8444-55555555555a")));
    assert_false(grammar_is_uuid(bytes_text("11111111-2222-4333-8444-55555555555A")));
    assert_false(grammar_is_uuid(bytes_text("1111111112222-4333-8444-55555555555a")));
    assert_true(grammar_is_code(bytes_text("A-1"), 1, 3, true));
    assert_false(grammar_is_code(bytes_text("A-1"), 1, 3, false));
    assert_false(grammar_is_code(bytes_text("A_1"), 1, 3, true));
    assert_int_equal(grammar_number(bytes_text("10"), 10, &v), 0);
    assert_int_equal(v, 10);
    assert_int_equal(grammar_number(bytes_text("11"), 10, &v), ERR_RANGE);
    assert_int_equal(grammar_number(bytes_text("01"), 10, &v), ERR_FORMAT);
    assert_int_equal(grammar_number(bytes_text(""), 10, &v), ERR_FORMAT);
    assert_int_equal(grammar_number(bytes_text("99999999999999999"), 10, &v), ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(knows_the_days_that_exist),
        cmocka_unit_test(knows_which_years_have_a_week_53),
        cmocka_unit_test(other_forms_are_exact),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
