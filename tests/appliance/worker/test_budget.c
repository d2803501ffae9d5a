/* How often a past day may be asked about. */
#include "appliance/worker/budget.h"
#include "tests/crypto/cases.h"

static struct budget budget;
#define MINUTE BUDGET_WINDOW_MS

static int set_up(void **state)
{
    (void)state;
    budget = (struct budget){0};
    return 0;
}

static uint64_t take(uint8_t session, uint64_t now_ms)
{
    uint8_t id[16];
    memset(id, session, sizeof id);
    return budget_take(&budget, id, now_ms);
}

static void one_session_asks_so_often_in_any_minute(void **state)
{
    (void)state;
    for (unsigned i = 0; i < BUDGET_SESSION; i++)
        assert_int_equal(take(1, 500 + i), 0);
    assert_int_equal(take(1, 600), MINUTE - 100);
    assert_int_equal(take(1, 500 + MINUTE - 1), 1);
    assert_int_equal(take(1, 500 + MINUTE), 0); /* the first is a minute ago */
    assert_int_equal(take(1, 500 + MINUTE), 1);
    assert_int_equal(take(1, 501 + MINUTE), 0);
}

static void another_session_asks_beside_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < BUDGET_SESSION; i++)
        assert_int_equal(take(1, 0), 0);
    assert_int_equal(take(1, 1), MINUTE - 1);
    for (unsigned i = 0; i < BUDGET_SESSION; i++)
        assert_int_equal(take(2, 10), 0);
}

static void all_of_them_ask_so_often_and_what_is_refused_does_not_count(void **state)
{
    (void)state;
    for (unsigned i = 0; i < BUDGET_ALL; i++)
        assert_int_equal(take((uint8_t)(1 + i), 7 + i), 0);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(take((uint8_t)(101 + i), 57), MINUTE - 50);
    assert_int_equal(take(99, 7 + MINUTE), 0);
    assert_int_equal(take(99, 7 + MINUTE), 1);
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(one_session_asks_so_often_in_any_minute),
        CASE(another_session_asks_beside_it),
        CASE(all_of_them_ask_so_often_and_what_is_refused_does_not_count),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
