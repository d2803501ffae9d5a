/* A store that this program could bring into its form, had its disk any room: it is read as it is,
 * with tables that are made from the log. */
#include "tests/appliance/worker/life.h"

#include "appliance/worker/projector.h"

#define PARTS 300u

enum {
#define COMMAND(number, NAME, words, PROGRAM, per_enclave, descriptors, what)                      \
    COMMAND_##NAME = (number),
#include "appliance/commands.def"
#undef COMMAND
};

static void record_parts(void)
{
    char part[24];
    assert_int_equal(store_begin(store), 0);
    for (unsigned i = 0; i < PARTS; i++) {
        struct event e = {.number = EVENT_MATERIAL_DEFINED};
        snprintf(part, sizeof part, "PART-%u", i);
        os_uuid(e.common.id);
        e.material_defined.number = bytes_text(part);
        e.material_defined.revision = bytes_text("A");
        e.material_defined.tracking = bytes_text("serial");
        e.material_defined.unit = bytes_text("EA");
        emit(&e, now);
    }
    assert_int_equal(store_commit(store), 0);
}

static int begin(void **state)
{
    (void)state;
    return life_begin(record_parts);
}

/* With the store open as this program opens it, and then ${sql}. */
static void make(bool saved, const char *sql)
{
    struct tables tables;
    struct projector projector;
    struct hot *hot = NULL;
    struct mes *mes = NULL;
    assert_int_equal(store_open(STORE_FILE, WORLD_ENCLAVE, key, &store), 0);
    assert_int_equal(mes_new(store, WORLD_ENCLAVE, true, &mes), 0);
    assert_int_equal(hot_new(key, &hot), 0); /* a digest under another key: not to be used */
    assert_int_equal(tables_attach(&tables, store, mes), 0);
    assert_int_equal(projector_open(&projector, store, mes), 0);
    if (saved) {
        assert_int_equal(tables_load(&tables), 0);
        assert_int_equal(tables_follow(&tables, store_size(store)), 0);
        assert_int_equal(tables_save(&tables, hot), 0);
    }
    projector_close(&projector);
    mes_free(mes);
    hot_free(hot);
    assert_int_equal(run_sql(sql), SQLITE_OK);
    store_close(store);
    store = NULL;
}

static void read_what_is_there(void)
{
    const struct worker *w = product();
    must(w->store && store_is_read_only(w->store));
    must(!w->dark && strstr(w->closed, "room"));
    must(events() == PARTS + 1);
    must(rows_count(w->mes->entities, ENTITY_MATERIAL) == PARTS);
    ask(1, ANA, OPERATION_GET_TASKS, "");
    must(status_of(1) == 200);
    define(2, os_utc_ms(), 1, "NEW-1");
    must(status_of(2) == 503 && strstr(words_of(2), "room"));
    must(events() == PARTS + 1);
}

static void tables_that_were_never_written_are_made_in_memory(void **state)
{
    (void)state;
    make(false, "UPDATE projection SET version = 'older' WHERE name = 'readings'");
    in_a_life_of(true, read_what_is_there);
}

static void tables_of_another_form_are_left_aside(void **state)
{
    (void)state;
    make(true, "UPDATE projection SET version = 'older' WHERE name = 'tables'; DROP TABLE mes_unit;"
               "DELETE FROM mes_material WHERE row_number > 10");
    in_a_life_of(true, read_what_is_there);
}

static void compare_what_is_there(void)
{
    char text[4200];
    read_what_is_there();
    if (box_command(COMMAND_REPLAY, text, sizeof text) != 0)
        wrong("it does not replay: %s", text);
}

static void such_a_store_is_replayed(void **state)
{
    (void)state;
    make(false, "UPDATE projection SET version = 'older'");
    in_a_life_of(true, compare_what_is_there);
}

static void write_again(void)
{
    const struct worker *w = product();
    must(!store_is_read_only(w->store));
    must(rows_count(w->mes->entities, ENTITY_MATERIAL) == PARTS);
    define(1, os_utc_ms(), 1, "NEW-1");
    must(status_of(1) == 200);
}

static void with_room_they_are_made_again_and_written(void **state)
{
    (void)state;
    make(false, "UPDATE projection SET version = 'older'");
    in_a_life_of(true, read_what_is_there);
    in_a_life(write_again);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(tables_that_were_never_written_are_made_in_memory, begin,
                                        life_end),
        cmocka_unit_test_setup_teardown(tables_of_another_form_are_left_aside, begin, life_end),
        cmocka_unit_test_setup_teardown(such_a_store_is_replayed, begin, life_end),
        cmocka_unit_test_setup_teardown(with_room_they_are_made_again_and_written, begin, life_end),
    };
    return cmocka_run_group_tests_name("older", cases, NULL, NULL);
}
