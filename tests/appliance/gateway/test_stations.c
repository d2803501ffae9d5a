#include "tests/crypto/cases.h"

#include "appliance/gateway/stations.h"

static struct stations *list;
static uint8_t ids[STATIONS_LIST_MAX + 1][STATION_ID];

/* Station ${n}'s id; they come in no order. */
static const uint8_t *id_of(unsigned n)
{
    static uint8_t id[STATION_ID];
    memset(id, 0, sizeof id);
    id[0] = (uint8_t)(n * 37);
    id[14] = (uint8_t)(n >> 8);
    id[15] = (uint8_t)n;
    return id;
}

static int begin(void **state)
{
    (void)state;
    for (unsigned n = 0; n <= STATIONS_LIST_MAX; n++)
        memcpy(ids[n], id_of(n), STATION_ID);
    return stations_new(&list);
}

static int end(void **state)
{
    (void)state;
    stations_free(list);
    return 0;
}

static int take(unsigned part, unsigned parts, unsigned from, size_t count, size_t more)
{
    struct message_stations m = {.part = (uint16_t)part, .parts = (uint16_t)parts};
    bool whole = false;
    m.ids = bytes_view_of(ids[from], count * STATION_ID + more);
    int r = stations_take(list, &m, &whole);
    if (r == 0)
        assert_int_equal(whole, part + 1 == parts);
    else
        assert_false(whole);
    return r;
}

static void has(unsigned from, unsigned to)
{
    for (unsigned n = 0; n <= STATIONS_LIST_MAX; n++)
        assert_int_equal(stations_has(list, ids[n]), n >= from && n < to);
}

static void before_the_first_list_nobody_is_in_force(void **state)
{
    (void)state;
    has(0, 0);
}

static void a_list_is_in_force_with_its_last_part_and_whole(void **state)
{
    (void)state;
    assert_int_equal(take(0, 1, 3, 4, 0), 0);
    has(3, 7);
    assert_int_equal(take(0, 3, 100, 3000, 0), 0);
    has(3, 7);
    assert_int_equal(take(1, 3, 3100, 500, 0), 0);
    has(3, 7);
    assert_int_equal(take(2, 3, 3600, 1, 0), 0);
    has(100, 3601);
    assert_int_equal(take(0, 1, 0, STATIONS_LIST_MAX, 0), 0);
    has(0, STATIONS_LIST_MAX);
    assert_int_equal(take(0, 1, 0, 0, 0), 0);
    has(0, 0);
}

static void a_list_that_did_not_end_is_begun_again(void **state)
{
    (void)state;
    assert_int_equal(take(0, 2, 0, 5, 0), 0);
    assert_int_equal(take(0, 2, 10, 5, 0), 0);
    assert_int_equal(take(1, 2, 15, 5, 0), 0);
    has(10, 20);
}

static void refuses_parts_in_another_order_and_keeps_the_list(void **state)
{
    (void)state;
    assert_int_equal(take(0, 1, 10, 10, 0), 0);
    assert_int_equal(take(1, 2, 30, 1, 0), ERR_FORMAT); /* it has not begun */
    assert_int_equal(take(0, 3, 30, 1, 0), 0);
    assert_int_equal(take(2, 3, 31, 1, 0), ERR_FORMAT);
    assert_int_equal(take(0, 3, 30, 1, 0), 0);
    assert_int_equal(take(1, 3, 31, 1, 0), 0);
    assert_int_equal(take(1, 3, 31, 1, 0), ERR_FORMAT); /* twice */
    assert_int_equal(take(0, 0, 30, 1, 0), ERR_FORMAT);
    has(10, 20);
}

static void refuses_a_broken_id_and_too_many(void **state)
{
    (void)state;
    assert_int_equal(take(0, 1, 10, 10, 0), 0);
    for (size_t more = 1; more < STATION_ID; more++)
        assert_int_equal(take(0, 1, 30, 2, more), ERR_FORMAT);
    assert_int_equal(take(0, 1, 0, STATIONS_LIST_MAX + 1, 0), ERR_SIZE);
    assert_int_equal(take(0, 2, 0, STATIONS_LIST_MAX, 0), 0);
    assert_int_equal(take(1, 2, 0, 1, 0), ERR_SIZE);
    has(10, 20);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(before_the_first_list_nobody_is_in_force, begin, end),
        cmocka_unit_test_setup_teardown(a_list_is_in_force_with_its_last_part_and_whole, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_list_that_did_not_end_is_begun_again, begin, end),
        cmocka_unit_test_setup_teardown(refuses_parts_in_another_order_and_keeps_the_list, begin,
                                        end),
        cmocka_unit_test_setup_teardown(refuses_a_broken_id_and_too_many, begin, end),
    };
    return cmocka_run_group_tests_name("gateway/stations", cases, NULL, NULL);
}
