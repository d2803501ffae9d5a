/* What the routing finds is what a look at every row finds. */
#include "tests/crypto/cases.h"

#include <sqlite3.h>

#include "appliance/mes/routing.h"

static struct entities *rows;
static struct routing *routing;
static sqlite3 *db;

static int set_up(void **state)
{
    (void)state;
    return rows_new(&rows) != 0 || routing_new(&routing) != 0 ||
           sqlite3_open(":memory:", &db) != SQLITE_OK ||
           sqlite3_exec(db, rows_schema(), NULL, NULL, NULL) != SQLITE_OK ||
           rows_attach(rows, db) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    routing_free(routing);
    routing_free(NULL);
    rows_free(rows);
    return sqlite3_close(db) != SQLITE_OK;
}

static void add_segment(long route, int64_t sequence, int64_t predecessors)
{
    size_t n;
    assert_int_equal(rows_add(rows, ENTITY_SEGMENT, &n), 0);
    struct segment *s = entities_segment(rows, n);
    s->route = route;
    s->sequence = sequence;
    s->predecessors = predecessors;
}

static void add_characteristic(long segment)
{
    size_t n;
    assert_int_equal(rows_add(rows, ENTITY_CHARACTERISTIC, &n), 0);
    entities_characteristic(rows, n)->segment = segment;
}

static void assert_route_is_as_its_rows(long route)
{
    const struct routing_segment *found = NULL;
    size_t n = routing_segments(routing, rows, route, &found), at = 0;
    for (size_t i = 0; i < rows_count(rows, ENTITY_SEGMENT); i++) {
        const struct segment *s = entities_segment(rows, i);
        if (s->route != route)
            continue;
        assert_true(at < n);
        assert_int_equal(found[at].number, i);
        assert_int_equal(found[at].sequence, s->sequence);
        assert_int_equal(found[at++].predecessors, s->predecessors);
    }
    assert_int_equal(at, n);
}

static void assert_segment_is_as_its_rows(long segment)
{
    long found = -1;
    for (size_t i = 0; i < rows_count(rows, ENTITY_CHARACTERISTIC); i++)
        if (entities_characteristic(rows, i)->segment == segment) {
            found = routing_characteristic(routing, rows, segment, found);
            assert_int_equal(found, i);
        }
    assert_int_equal(routing_characteristic(routing, rows, segment, found), -1);
}

static void assert_is_as_the_rows(void)
{
    for (long i = -1; i < 45; i++)
        assert_route_is_as_its_rows(i);
    for (long i = -1; i < 400; i++)
        assert_segment_is_as_its_rows(i);
}

/* ---- cases ---- */

static void empty_tables_have_nothing(void **state)
{
    (void)state;
    assert_is_as_the_rows();
}

static void rows_are_found_in_the_order_they_were_added(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++) {
        add_segment(i * 7 % 41, 1000 - i, i * 3);
        if (i % 5)
            add_characteristic(i * 11 % (i + 1));
        if (i % 37 == 0)
            assert_is_as_the_rows();
    }
    for (int i = 0; i < 500; i++)
        add_characteristic(i * 13 % 300);
    assert_is_as_the_rows();
}

static void rows_that_were_read_again_are_followed(void **state)
{
    (void)state;
    add_segment(0, 10, 0);
    add_characteristic(0);
    assert_int_equal(rows_save(rows), 0);
    add_segment(1, 20, 1);
    add_segment(0, 20, 1);
    add_characteristic(2);
    add_characteristic(0);
    assert_is_as_the_rows();
    assert_int_equal(rows_load(rows), 0); /* what was not saved did not happen */
    assert_int_equal(rows_count(rows, ENTITY_SEGMENT), 1);
    assert_is_as_the_rows();
    add_segment(3, 20, 1);
    add_characteristic(1);
    assert_is_as_the_rows();
}

static void a_route_has_as_many_as_a_mask(void **state)
{
    const struct routing_segment *found;
    (void)state;
    for (int i = 0; i < ROUTING_SEGMENTS + 1; i++)
        add_segment(0, i, 0);
    assert_int_equal(routing_segments(routing, rows, 0, &found), ROUTING_SEGMENTS);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(empty_tables_have_nothing),
        CASE(rows_are_found_in_the_order_they_were_added),
        CASE(rows_that_were_read_again_are_followed),
        CASE(a_route_has_as_many_as_a_mask),
    };
    return cmocka_run_group_tests_name("mes/routing", cases, NULL, NULL);
}
