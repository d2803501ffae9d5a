#include <stdlib.h>

#include "tests/crypto/cases.h"

#include "appliance/worker/known.h"

static struct known_sessions *known;
static const uint8_t one[16] = {1, 2, 3}, two[16] = {1, 2, 3, 4};

static int set_up(void **state)
{
    (void)state;
    return known_new(&known);
}

static int tear_down(void **state)
{
    (void)state;
    free(known);
    return 0;
}

static void of_most_sessions_nothing_is_known(void **state)
{
    (void)state;
    assert_int_equal(known_ask(known, one), KNOWN_NOTHING);
    known_hear(known, one, KNOWN_NOTHING, 5);
    assert_int_equal(known->used, 0);
}

static void a_locked_one_is_opened_again(void **state)
{
    (void)state;
    known_hear(known, one, KNOWN_LOCKED, 5);
    assert_int_equal(known_ask(known, one), KNOWN_LOCKED);
    assert_int_equal(known_ask(known, two), KNOWN_NOTHING);
    known_hear(known, one, KNOWN_NOTHING, 6);
    assert_int_equal(known_ask(known, one), KNOWN_NOTHING);
}

static void what_is_over_stays_over(void **state)
{
    (void)state;
    known_hear(known, one, KNOWN_OVER, 5);
    known_hear(known, one, KNOWN_NOTHING, 6);
    known_hear(known, one, KNOWN_LOCKED, 7);
    assert_int_equal(known_ask(known, one), KNOWN_OVER);
}

static void a_full_table_forgets_what_expired_and_else_the_first(void **state)
{
    uint8_t id[16] = {0};
    uint32_t i;
    (void)state;
    for (i = 0; i < KNOWN_MAX; i++) {
        memcpy(id, &i, sizeof i);
        known_hear(known, id, KNOWN_OVER, i < 100 ? 1 : 2 + i);
    }
    assert_int_equal(known->used, KNOWN_MAX);
    memcpy(id, &i, sizeof i);
    known_hear(known, id, KNOWN_LOCKED, i + 2); /* nothing has expired: the first hundred go */
    assert_int_equal(known->used, KNOWN_MAX - 99);
    assert_int_equal(known_ask(known, id), KNOWN_LOCKED);
    memset(id, 0, sizeof id);
    assert_int_equal(known_ask(known, id), KNOWN_NOTHING);
    id[0] = 100;
    assert_int_equal(known_ask(known, id), KNOWN_OVER);
    for (i = KNOWN_MAX + 1; known->used < KNOWN_MAX; i++) {
        memcpy(id, &i, sizeof i);
        known_hear(known, id, KNOWN_OVER, KNOWN_FORGET_MS + i);
    }
    memcpy(id, &i, sizeof i);
    known_hear(known, id, KNOWN_OVER, 2 * KNOWN_FORGET_MS); /* twelve hours later */
    assert_int_equal(known->used, 100);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest cases[] = {
        CASE(of_most_sessions_nothing_is_known),
        CASE(a_locked_one_is_opened_again),
        CASE(what_is_over_stays_over),
        CASE(a_full_table_forgets_what_expired_and_else_the_first),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
