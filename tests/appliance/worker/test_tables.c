/* The hot tables behind the log: whatever was written of them, an open has what the log says. */
#include "tests/enclave/store/opened.h"

#include "appliance/worker/tables.h"
#include "tests/faults/memory.h"

static struct mes *mes;
static struct tables tables;
static struct hot *hot;
static uint8_t order[16];
static unsigned units;

static void emit(struct event *event)
{
    static uint8_t payload[STORE_PAYLOAD_MAX];
    struct bytes_put put = bytes_into(payload, sizeof payload);
    size_t length;
    uint64_t sequence;
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
    e = (struct event){.number = EVENT_ORDER_CREATED};
    memset(order, 7, sizeof order);
    memcpy(e.order_created.order, order, 16);
    e.order_created.part = bytes_text("R");
    e.order_created.revision = bytes_text("A");
    e.order_created.quantity = 10000;
    emit(&e);
    e = (struct event){.number = EVENT_ORDER_RELEASED};
    memcpy(e.order_released.order, order, 16);
    emit(&e);
}

static void unit_of(unsigned number, uint8_t out[static 16])
{
    memset(out, 0, 16);
    memcpy(out, &number, sizeof number);
}

/* ${count} units more, and each of them is begun, in a transaction. */
static void work(unsigned count)
{
    assert_int_equal(store_begin(store), 0);
    if (units == 0)
        define();
    for (unsigned i = 0; i < count; i++) {
        struct event e = {.number = EVENT_UNIT_CREATED};
        unit_of(++units, e.unit_created.unit);
        memcpy(e.unit_created.order, order, 16);
        emit(&e);
        e = (struct event){.number = EVENT_OPERATION_STARTED};
        unit_of(units, e.operation_started.unit);
        e.operation_started.sequence = 40;
        e.operation_started.operator= bytes_text("Mara Lindqvist");
        emit(&e);
    }
    assert_int_equal(store_commit(store), 0);
}

static void attach(void)
{
    assert_int_equal(mes_new(store, ENCLAVE, true, &mes), 0);
    assert_int_equal(hot_new(key, &hot), 0);
    assert_int_equal(tables_attach(&tables, store, mes), 0);
}

static void detach(void)
{
    mes_free(mes);
    hot_free(hot);
    mes = NULL;
    hot = NULL;
}

/* As after a kill: what counts is in the store. */
static void again(void)
{
    detach();
    reopen();
    attach();
}

static int begin(void **state)
{
    units = 0;
    if (set_up(state) != 0)
        return -1;
    attach();
    return 0;
}

static int end(void **state)
{
    detach();
    return tear_down(state);
}

static enum hot_answer load_and_check(char names[static 100])
{
    enum hot_answer answer;
    assert_int_equal(tables_load(&tables), 0);
    assert_int_equal(tables_check(&tables, hot, &answer, names, 100), 0);
    return answer;
}

static int apply(void *context, const struct store_event *stored)
{
    struct event event;
    assert_int_equal(event_decode(stored->payload, &event), 0);
    return mes_apply(context, &event, stored->sequence);
}

/* Memory is what the whole log gives. */
static void assert_is_the_log(void)
{
    struct mes *made = NULL;
    struct hot *theirs = NULL;
    uint8_t expected[HOT_LENGTH], found[HOT_LENGTH];
    assert_int_equal(mes_new(NULL, ENCLAVE, true, &made), 0);
    assert_int_equal(store_walk(store, 0, store_size(store), apply, made), 0);
    assert_int_equal(hot_new(key, &theirs), 0);
    assert_int_equal(hot_follow(theirs, made->entities), 0);
    hot_digest(theirs, expected);
    assert_int_equal(hot_follow(hot, mes->entities), 0);
    hot_digest(hot, found);
    assert_int_equal(rows_count(mes->entities, ENTITY_UNIT), units);
    assert_memory_equal(expected, found, HOT_LENGTH);
    hot_free(theirs);
    mes_free(made);
}

/* Every row of memory is in the store, or is known to be written yet. */
static void assert_is_in_the_store(void)
{
    for (int k = 0; k < ENTITY_COUNT; k++) {
        bool same = false, more = true;
        assert_int_equal(rows_compare(mes->entities, (enum entity_kind)k, 0, 100000, &same, &more),
                         0);
        assert_true(same);
        assert_false(more);
    }
}

static int64_t count(const char *sql)
{
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(store_db(store), sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

/* ---- cases ---- */

static void an_open_has_what_was_written_and_the_events_behind_it(void **state)
{
    char names[100];
    (void)state;
    work(5);
    assert_int_equal(tables_save(&tables, hot), 0);
    uint64_t saved = store_size(store);
    work(3); /* changes no row of those, and adds some */
    again();
    assert_int_equal(tables.saved, saved);
    assert_int_equal(load_and_check(names), HOT_SAME);
    assert_int_equal(rows_count(mes->entities, ENTITY_UNIT), 5);
    assert_int_equal(tables_follow(&tables, saved + 2), 0);
    assert_int_equal(rows_count(mes->entities, ENTITY_UNIT), 6);
    assert_int_equal(tables_follow(&tables, store_size(store)), 0);
    assert_is_the_log();
    assert_int_equal(tables_follow(&tables, store_size(store)), 0); /* and nothing twice */
    assert_is_the_log();
    assert_is_in_the_store();
    assert_int_equal(tables_save(&tables, hot), 0);
    assert_is_in_the_store();
    again();
    assert_int_equal(tables.saved, store_size(store));
    assert_int_equal(load_and_check(names), HOT_SAME);
    assert_is_the_log();
}

static void a_commit_writes_no_row(void **state)
{
    (void)state;
    work(4);
    assert_int_equal(count("SELECT count(*) FROM mes_unit"), 0);
    assert_int_equal(tables_save(&tables, hot), 0);
    work(2);
    assert_int_equal(count("SELECT count(*) FROM mes_unit"), 4);
}

static void they_are_due_when_there_is_enough(void **state)
{
    (void)state;
    work(1);
    assert_true(tables_are_due(&tables)); /* there is nothing in the store yet */
    assert_int_equal(tables_save(&tables, hot), 0);
    assert_false(tables_are_due(&tables));
    while (store_size(store) - tables.saved < TABLES_EVENTS)
        work(512);
    assert_true(tables_are_due(&tables));
    assert_int_equal(tables_save(&tables, hot), 0);
    work(1);
    assert_false(tables_are_due(&tables));
    tables.saved_ms -= TABLES_EVERY_MS;
    assert_true(tables_are_due(&tables));
    assert_int_equal(tables_save(&tables, hot), 0);
    tables.saved_ms -= TABLES_EVERY_MS;
    assert_false(tables_are_due(&tables)); /* nothing happened since */
    assert_is_in_the_store();
}

static void a_row_that_was_changed_behind_the_log_is_named(void **state)
{
    char names[100];
    (void)state;
    work(5);
    assert_int_equal(tables_save(&tables, hot), 0);
    work(1);
    assert_int_equal(run_sql("UPDATE mes_unit SET done = 1 WHERE row_number = 3"), SQLITE_OK);
    again();
    assert_int_equal(load_and_check(names), HOT_DIFFERENT);
    assert_string_equal(names, "unit");
}

static void a_row_of_an_older_writing_is_named(void **state)
{
    char names[100];
    (void)state;
    work(2);
    assert_int_equal(tables_save(&tables, hot), 0);
    assert_int_equal(run_sql("CREATE TABLE older AS SELECT * FROM mes_order"), SQLITE_OK);
    work(2);
    assert_int_equal(store_begin(store), 0);
    struct event e = {.number = EVENT_OPERATION_COMPLETED};
    unit_of(1, e.operation_completed.unit);
    e.operation_completed.sequence = 40;
    static const uint8_t none[] = {0};
    e.operation_completed.readings = bytes_view_of(none, 1);
    emit(&e);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(tables_save(&tables, hot), 0);
    assert_int_equal(run_sql("REPLACE INTO mes_order SELECT * FROM older"), SQLITE_OK);
    again();
    assert_int_equal(load_and_check(names), HOT_DIFFERENT);
    assert_string_equal(names, "order");
}

static void all_of_an_older_writing_is_followed_by_the_log(void **state)
{
    char names[100];
    (void)state;
    work(2);
    assert_int_equal(tables_save(&tables, hot), 0);
    assert_int_equal(run_sql("CREATE TABLE units AS SELECT * FROM mes_unit;"
                             "CREATE TABLE orders AS SELECT * FROM mes_order;"
                             "CREATE TABLE said AS SELECT * FROM meta;"
                             "CREATE TABLE place AS SELECT * FROM projection"),
                     SQLITE_OK);
    work(40);
    assert_int_equal(tables_save(&tables, hot), 0);
    assert_int_equal(run_sql("DELETE FROM mes_unit; INSERT INTO mes_unit SELECT * FROM units;"
                             "REPLACE INTO mes_order SELECT * FROM orders;"
                             "REPLACE INTO meta SELECT * FROM said;"
                             "REPLACE INTO projection SELECT * FROM place"),
                     SQLITE_OK);
    again();
    assert_int_equal(load_and_check(names), HOT_SAME);
    assert_int_equal(rows_count(mes->entities, ENTITY_UNIT), 2);
    assert_int_equal(tables_follow(&tables, store_size(store)), 0);
    assert_is_the_log();
}

static void tables_without_their_digest_are_not_used(void **state)
{
    char names[100];
    (void)state;
    work(2);
    assert_int_equal(tables_save(&tables, hot), 0);
    assert_int_equal(run_sql("DELETE FROM meta WHERE name = 'tables'"), SQLITE_OK);
    again();
    assert_int_equal(load_and_check(names), HOT_DIFFERENT);
    assert_int_equal(run_sql("INSERT INTO meta VALUES ('tables', x'0102')"), SQLITE_OK);
    again();
    assert_int_equal(load_and_check(names), HOT_DIFFERENT);
}

static void tables_that_have_seen_more_than_the_log_are_not_used(void **state)
{
    (void)state;
    work(2);
    assert_int_equal(tables_save(&tables, hot), 0);
    assert_int_equal(
        run_sql("UPDATE projection SET position = position + 1 WHERE name = '" TABLES_NAME "'"),
        SQLITE_OK);
    again();
    assert_int_equal(tables_load(&tables), ERR_BEHIND);
}

static void the_number_of_an_older_writing_alone_is_not_used(void **state)
{
    char names[100];
    (void)state;
    work(2);
    assert_int_equal(tables_save(&tables, hot), 0);
    assert_int_equal(run_sql("CREATE TABLE place AS SELECT * FROM projection"), SQLITE_OK);
    work(3);
    assert_int_equal(tables_save(&tables, hot), 0);
    assert_int_equal(run_sql("REPLACE INTO projection SELECT * FROM place"), SQLITE_OK);
    again();
    assert_int_equal(load_and_check(names), HOT_DIFFERENT); /* events would be applied twice */
}

static void rows_from_before_the_first_writing_are_not_used(void **state)
{
    char names[100];
    (void)state;
    assert_int_equal(run_sql("CREATE TABLE place AS SELECT * FROM projection"), SQLITE_OK);
    work(3);
    assert_int_equal(tables_save(&tables, hot), 0);
    assert_int_equal(run_sql("REPLACE INTO projection SELECT * FROM place"), SQLITE_OK);
    again();
    assert_true(tables.anew);
    assert_int_equal(load_and_check(names), HOT_DIFFERENT); /* all of them would be */
}

static void tables_that_each_commit_wrote_are_made_again(void **state)
{
    uint64_t position;
    char names[100];
    (void)state;
    work(3);
    assert_int_equal(tables_save(&tables, hot), 0);
    assert_int_equal(run_sql("UPDATE projection SET name = 'mes', position = 1 WHERE name = "
                             "'" TABLES_NAME "'"),
                     SQLITE_OK);
    again();
    assert_true(tables.anew);
    assert_int_equal(load_and_check(names), HOT_NOT_COMPARABLE);
    assert_int_equal(tables_follow(&tables, store_size(store)), 0);
    assert_is_the_log();
    assert_int_equal(count("SELECT count(*) FROM projection WHERE name = 'mes'"), 1);
    assert_int_equal(tables_save(&tables, hot), 0);
    assert_int_equal(count("SELECT count(*) FROM projection WHERE name = 'mes'"), 0);
    assert_is_in_the_store();
    assert_int_equal(store_projection(store, TABLES_NAME, rows_schema(), &position), 0);
    assert_int_equal(position, store_size(store) + 1);
}

static void a_full_disk_leaves_them_for_later(void **state)
{
    char names[100], sql[80];
    (void)state;
    work(2);
    assert_int_equal(tables_save(&tables, hot), 0);
    uint64_t saved = tables.saved;
    work(500);
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld",
             (long long)count("PRAGMA page_count"));
    assert_int_equal(run_sql(sql), SQLITE_OK);
    assert_int_equal(tables_save(&tables, hot), ERR_FULL);
    assert_int_equal(tables.saved, saved);
    assert_int_equal(count("SELECT count(*) FROM mes_unit"), 2);
    assert_false(tables_are_due(&tables));
    tables.again_ms = 0;
    tables.saved_ms -= TABLES_EVERY_MS;
    assert_true(tables_are_due(&tables));
    assert_int_equal(run_sql("PRAGMA max_page_count = 100000"), SQLITE_OK);
    assert_int_equal(tables_save(&tables, hot), 0);
    assert_is_in_the_store();
    again();
    assert_int_equal(load_and_check(names), HOT_SAME);
    assert_is_the_log();
}

/* Else the enclave would be closed until a person has it read again from the disk. */
static void memory_that_runs_out_is_not_a_disk_that_failed(void **state)
{
    unsigned failed = 0;
    char names[100];
    (void)state;
    for (uint64_t nth = 1; nth <= 40; nth++) {
        work(1);
        memory_fail(nth, true);
        int r = tables_save(&tables, hot);
        failed += memory_failed();
        memory_fail(0, false);
        if (r)
            assert_int_equal(r, ERR_MEMORY);
        assert_is_in_the_store();
    }
    assert_true(failed > 5);
    assert_int_equal(tables_save(&tables, hot), 0);
    again();
    assert_int_equal(load_and_check(names), HOT_SAME);
    assert_is_the_log();
}

static void a_batch_that_was_refused_leaves_memory_as_the_log_is(void **state)
{
    (void)state;
    work(2);
    assert_int_equal(tables_save(&tables, hot), 0);
    work(3);
    assert_int_equal(store_begin(store), 0);
    struct event e = {.number = EVENT_UNIT_CREATED};
    unit_of(99, e.unit_created.unit);
    memcpy(e.unit_created.order, order, 16);
    emit(&e);
    store_rollback(store);
    assert_int_equal(tables_again(&tables, hot), 0);
    assert_is_the_log();
    assert_is_in_the_store();
}

static void a_row_that_was_changed_is_not_read_back_behind_a_refused_batch(void **state)
{
    (void)state;
    work(2);
    assert_int_equal(tables_again(&tables, hot), 0); /* nothing has been written yet */
    assert_is_the_log();
    assert_int_equal(tables_save(&tables, hot), 0);
    work(3);
    assert_int_equal(run_sql("UPDATE mes_unit SET done = 1 WHERE row_number = 1"), SQLITE_OK);
    assert_int_equal(tables_again(&tables, hot), ERR_DIGEST);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(an_open_has_what_was_written_and_the_events_behind_it,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_commit_writes_no_row, begin, end),
        cmocka_unit_test_setup_teardown(they_are_due_when_there_is_enough, begin, end),
        cmocka_unit_test_setup_teardown(a_row_that_was_changed_behind_the_log_is_named, begin, end),
        cmocka_unit_test_setup_teardown(a_row_of_an_older_writing_is_named, begin, end),
        cmocka_unit_test_setup_teardown(all_of_an_older_writing_is_followed_by_the_log, begin, end),
        cmocka_unit_test_setup_teardown(tables_without_their_digest_are_not_used, begin, end),
        cmocka_unit_test_setup_teardown(tables_that_have_seen_more_than_the_log_are_not_used, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_number_of_an_older_writing_alone_is_not_used, begin,
                                        end),
        cmocka_unit_test_setup_teardown(rows_from_before_the_first_writing_are_not_used, begin,
                                        end),
        cmocka_unit_test_setup_teardown(tables_that_each_commit_wrote_are_made_again, begin, end),
        cmocka_unit_test_setup_teardown(a_full_disk_leaves_them_for_later, begin, end),
        cmocka_unit_test_setup_teardown(memory_that_runs_out_is_not_a_disk_that_failed, begin, end),
        cmocka_unit_test_setup_teardown(a_batch_that_was_refused_leaves_memory_as_the_log_is, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            a_row_that_was_changed_is_not_read_back_behind_a_refused_batch, begin, end),
    };
    memory_begin();
    return cmocka_run_group_tests_name("tables", cases, NULL, NULL);
}
