/* The cold table of readings: it says what the log says, wherever its filling was cut off. */
#include "tests/enclave/store/opened.h"

#include <sqlite3.h>

#include "appliance/worker/projector.h"

static struct mes *mes;
static struct projector projector;
static uint8_t order[16], unit[3][16];

static void emit(struct event *event)
{
    static uint8_t payload[STORE_PAYLOAD_MAX];
    struct bytes_put put = bytes_into(payload, sizeof payload);
    size_t length;
    uint64_t sequence;
    event->common.performed_ms = 1000;
    event_encode(event, &put);
    assert_int_equal(bytes_put_done(&put, &length), 0);
    assert_int_equal(store_append(store, bytes_view_of(payload, length), &sequence), 0);
    assert_int_equal(mes_apply(mes, event, sequence), 0);
}

static void define(void)
{
    struct event e = {.number = EVENT_ROUTE_DEFINED};
    e.route_defined.route = e.route_defined.part = bytes_text("R");
    e.route_defined.revision = e.route_defined.part_revision = bytes_text("A");
    emit(&e);
    e = (struct event){.number = EVENT_SEGMENT_DEFINED};
    e.segment_defined.route = bytes_text("R");
    e.segment_defined.sequence = 40;
    emit(&e);
    e = (struct event){.number = EVENT_CHARACTERISTIC_DEFINED};
    e.characteristic_defined.route = bytes_text("R");
    e.characteristic_defined.sequence = 40;
    e.characteristic_defined.balloon = bytes_text("B12");
    emit(&e);
    e = (struct event){.number = EVENT_ORDER_CREATED};
    memset(order, 7, sizeof order);
    memcpy(e.order_created.order, order, 16);
    e.order_created.part = bytes_text("R");
    e.order_created.revision = bytes_text("A");
    e.order_created.quantity = 3;
    emit(&e);
    e = (struct event){.number = EVENT_ORDER_RELEASED};
    memcpy(e.order_released.order, order, 16);
    emit(&e);
    for (int i = 0; i < 3; i++) {
        e = (struct event){.number = EVENT_UNIT_CREATED};
        memset(unit[i], i + 1, 16);
        memcpy(e.unit_created.unit, unit[i], 16);
        memcpy(e.unit_created.order, order, 16);
        emit(&e);
    }
}

/* Tables as the worker has them, but without sealing: a test looks into them. */
static void open_tables(void)
{
    uint64_t built;
    assert_int_equal(store_projection(store, "mes", rows_schema(), &built), 0);
    assert_int_equal(projector_open(&projector, store, mes), 0);
}

static int begin(void **state)
{
    if (set_up(state) != 0 || mes_new(store, ENCLAVE, true, &mes) != 0)
        return 1;
    open_tables();
    return store_begin(store);
}

static int end(void **state)
{
    projector_close(&projector);
    mes_free(mes);
    mes = NULL;
    return tear_down(state);
}

static void start(int which)
{
    struct event e = {.number = EVENT_OPERATION_STARTED};
    memcpy(e.operation_started.unit, unit[which], 16);
    e.operation_started.sequence = 40;
    emit(&e);
}

static void measure(int which, int64_t value)
{
    struct event e = {.number = EVENT_READING_RECORDED};
    memcpy(e.reading_recorded.unit, unit[which], 16);
    e.reading_recorded.sequence = 40;
    e.reading_recorded.balloon = bytes_text("B12");
    e.reading_recorded.value = value;
    e.reading_recorded.passed = 1;
    e.reading_recorded.gage = bytes_text("M-1");
    emit(&e);
}

static void complete(int which, int64_t value)
{
    uint8_t list[64];
    struct bytes_put put = bytes_into(list, sizeof list);
    struct event e = {.number = EVENT_OPERATION_COMPLETED};
    size_t length;
    bytes_put_u8(&put, 1);
    bytes_put_var(&put, bytes_text("B12"), 8);
    bytes_put_i64(&put, value);
    bytes_put_var(&put, bytes_text("M-1"), 16);
    assert_int_equal(bytes_put_done(&put, &length), 0);
    memcpy(e.operation_completed.unit, unit[which], 16);
    e.operation_completed.sequence = 40;
    e.operation_completed.readings = bytes_view_of(list, length);
    emit(&e);
}

static struct readings_sum *sum;

static int expect_one(void *context, const struct store_event *stored)
{
    struct event event;
    (void)context;
    assert_int_equal(event_decode(stored->payload, &event), 0);
    return readings_sum_expect(sum, mes, &event, stored->sequence);
}

/* Does the table, read in parts of ${part} rows, hold what the log below ${below} says? */
static bool is_the_log(uint64_t below, size_t part, size_t *ret_rows)
{
    struct readings_sum *found = NULL;
    bool more = true;
    assert_int_equal(readings_sum_new(NULL, &sum), 0);
    assert_int_equal(readings_sum_new(sum, &found), 0);
    assert_int_equal(store_walk(store, 0, below, expect_one, NULL), 0);
    while (more)
        assert_int_equal(
            readings_sum_found(found, projector.readings, below, projector.position, part, &more),
            0);
    bool same = readings_sum_is(sum, found);
    *ret_rows = readings_sum_rows(found);
    readings_sum_free(found);
    readings_sum_free(sum);
    return same;
}

static void history(void)
{
    define();
    start(0);
    measure(0, 24001000);
    measure(0, 24002000); /* measured again: both are kept */
    start(1);
    complete(1, 24003000);
    assert_int_equal(store_commit(store), 0);
}

static void assert_is_the_log(size_t rows)
{
    size_t found;
    for (size_t part = 1; part < 10; part++) {
        assert_true(is_the_log(store_size(store), part, &found));
        assert_int_equal(found, rows);
    }
}

/* ---- cases ---- */

static void table_says_what_the_log_says(void **state)
{
    struct reading_past past[3];
    (void)state;
    history();
    assert_true(projector_is_due(&projector));
    assert_int_equal(projector_catch_up(&projector), 0);
    assert_false(projector_is_due(&projector));
    assert_is_the_log(3);
    assert_int_equal(readings_recent(projector.readings, 0, 40, "B12", unit[2], past, 2), 2);
    assert_int_equal(past[0].value, 24003000);
    assert_memory_equal(past[0].unit, unit[1], 16);
    assert_int_equal(past[1].value, 24002000);
    assert_int_equal(readings_recent(projector.readings, 0, 40, "B13", unit[2], past, 3), 0);
    assert_int_equal(readings_recent(projector.readings, 1, 40, "B12", unit[2], past, 3), 0);
}

static void a_unit_that_was_measured_again_is_not_its_own_past(void **state)
{
    struct reading_past past[4];
    (void)state;
    define();
    for (int i = 0; i < 3; i++) {
        start(i);
        for (int64_t k = 0; k < 8; k++)
            measure(i, 1000 * i + k);
    }
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(projector_catch_up(&projector), 0);
    assert_int_equal(readings_recent(projector.readings, 0, 40, "B12", unit[2], past, 4), 2);
    assert_int_equal(past[0].value, 1007);
    assert_int_equal(past[1].value, 7);
}

static void a_changed_row_is_seen(void **state)
{
    static const char *const changes[] = {
        "UPDATE mes_reading SET value = value + 1 WHERE event ="
        " (SELECT max(event) FROM mes_reading)",
        "UPDATE mes_reading SET unit = x'00' WHERE item = 0",
        "UPDATE mes_reading SET balloon = 'B1200000000' WHERE item = 0",
        "UPDATE mes_reading SET event = event + 100",
        "DELETE FROM mes_reading WHERE event = (SELECT max(event) FROM mes_reading)",
        "INSERT INTO mes_reading SELECT route, segment, balloon, event + 100, item, unit, 1, "
        "passed,"
        " gage, person, performed_ms FROM mes_reading", /* the newest value, by an event to come */
        "INSERT INTO mes_reading SELECT route, segment, balloon, -1 - event, item, unit, 1, passed,"
        " gage, person, performed_ms FROM mes_reading",
        "INSERT INTO mes_reading SELECT route, segment, balloon, event, 7, unit, value, passed,"
        " gage, person, performed_ms FROM mes_reading",
    };
    size_t rows;
    (void)state;
    history();
    assert_int_equal(projector_catch_up(&projector), 0);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        assert_true(is_the_log(store_size(store), 2, &rows));
        assert_int_equal(run_sql("BEGIN"), SQLITE_OK);
        assert_int_equal(run_sql(changes[i]), SQLITE_OK);
        assert_false(is_the_log(store_size(store), 2, &rows));
        assert_int_equal(run_sql("ROLLBACK"), SQLITE_OK);
    }
}

static void many_characteristics_are_compared_in_parts(void **state)
{
    size_t rows;
    (void)state;
    define();
    for (int i = 0; i < 9; i++) {
        char balloon[20];
        snprintf(balloon, sizeof balloon, "%.*s%d", i % 3 + 1, "CCCC", i);
        struct event e = {.number = EVENT_CHARACTERISTIC_DEFINED};
        e.characteristic_defined.route = bytes_text("R");
        e.characteristic_defined.sequence = 40;
        e.characteristic_defined.balloon = bytes_text(balloon);
        emit(&e);
    }
    for (int i = 0; i < 3; i++) {
        start(i);
        for (int k = 0; k < 9; k++) {
            char balloon[20];
            snprintf(balloon, sizeof balloon, "%.*s%d", k % 3 + 1, "CCCC", k);
            struct event e = {.number = EVENT_READING_RECORDED};
            memcpy(e.reading_recorded.unit, unit[i], 16);
            e.reading_recorded.sequence = 40;
            e.reading_recorded.balloon = bytes_text(balloon);
            e.reading_recorded.value = k;
            emit(&e);
        }
    }
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(projector_catch_up(&projector), 0);
    for (size_t part = 1; part < 30; part++) {
        assert_true(is_the_log(store_size(store), part, &rows));
        assert_int_equal(rows, 27);
    }
}

static void what_is_filled_in_meanwhile_does_not_count(void **state)
{
    size_t rows;
    (void)state;
    history();
    uint64_t before = store_size(store);
    assert_int_equal(store_begin(store), 0);
    start(2);
    measure(2, 1);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(projector_catch_up(&projector), 0);
    assert_true(is_the_log(before, 2, &rows));
    assert_int_equal(rows, 3);
    assert_is_the_log(4);
}

static void goes_on_where_the_table_is(void **state)
{
    (void)state;
    history();
    assert_int_equal(projector_step(&projector), 0);
    uint64_t position = projector.position;
    assert_int_equal(position, store_size(store));
    assert_int_equal(store_begin(store), 0);
    start(2);
    measure(2, 1);
    assert_int_equal(store_commit(store), 0);
    projector_close(&projector); /* as after a kill: only what is in the store counts */
    open_tables();
    assert_int_equal(projector.position, position);
    assert_int_equal(projector_catch_up(&projector), 0);
    assert_is_the_log(4);
}

static void gates_do_not_wait_for_it(void **state)
{
    (void)state;
    history(); /* not one step was taken: the gates' rows are there all the same */
    size_t n;
    assert_int_equal(projector.position, 0);
    assert_true(rows_find(mes->entities, ENTITY_UNIT, unit[0], &n));
    assert_int_equal(entities_unit(mes->entities, n)->recorded, 1);
    assert_true(rows_find(mes->entities, ENTITY_UNIT, unit[1], &n));
    assert_int_equal(entities_unit(mes->entities, n)->done, 1);
    assert_int_equal(entities_unit(mes->entities, n)->state, UNIT_FINISHED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(table_says_what_the_log_says, begin, end),
        cmocka_unit_test_setup_teardown(a_unit_that_was_measured_again_is_not_its_own_past, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_changed_row_is_seen, begin, end),
        cmocka_unit_test_setup_teardown(many_characteristics_are_compared_in_parts, begin, end),
        cmocka_unit_test_setup_teardown(what_is_filled_in_meanwhile_does_not_count, begin, end),
        cmocka_unit_test_setup_teardown(goes_on_where_the_table_is, begin, end),
        cmocka_unit_test_setup_teardown(gates_do_not_wait_for_it, begin, end),
    };
    return cmocka_run_group_tests_name("projector", tests, NULL, NULL);
}
