#include "tests/crypto/cases.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "appliance/mes/entity.h"

static struct entities *rows;
static sqlite3 *db;
static uint32_t counter;

static int set_up(void **state)
{
    (void)state;
    counter = 0;
    return rows_new(&rows) != 0 || sqlite3_open(":memory:", &db) != SQLITE_OK ||
           sqlite3_exec(db, rows_schema(), NULL, NULL, NULL) != SQLITE_OK ||
           rows_attach(rows, db) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    rows_free(rows);
    rows_free(NULL);
    return sqlite3_close(db) != SQLITE_OK;
}

static uint8_t byte(void)
{
    counter = counter * 1664525u + 1013904223u;
    return (uint8_t)(counter >> 24);
}

/* ---- the rows of entity.def, filled and compared ---- */

#define UUID(name)                                                                                 \
    for (int i = 0; i < 16; i++)                                                                   \
        row->name[i] = byte();
#define KEY UUID
#define BYTES(name, length)                                                                        \
    for (int i = 0; i < (length); i++)                                                             \
        row->name[i] = byte();
#define TEXT(name, longest)                                                                        \
    memset(row->name, 0, sizeof row->name);                                                        \
    memset(row->name, 'a' + byte() % 26, (size_t)(byte() % ((longest) + 1)));
#define I64(name) row->name = (int64_t)byte() * -INT64_C(0x0102030405060) + byte();
#define ENTITY(NAME, name, ...)                                                                    \
    static void fill_##name(size_t number)                                                         \
    {                                                                                              \
        struct name *row = entities_##name(rows, number);                                          \
        __VA_ARGS__                                                                                \
    }
#include "appliance/mes/entity.def"
#undef ENTITY
#undef UUID
#undef KEY
#undef BYTES
#undef TEXT
#undef I64

static void fill(enum entity_kind kind, size_t number)
{
    switch (kind) {
#define ENTITY(NAME, name, ...)                                                                    \
    case ENTITY_##NAME:                                                                            \
        fill_##name(number);                                                                       \
        return;
#include "appliance/mes/entity.def"
#undef ENTITY
    case ENTITY_COUNT:
        break;
    }
    fail();
}

static void add_rows(enum entity_kind kind, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t number;
        assert_int_equal(rows_add(rows, kind, &number), 0);
        fill(kind, number);
    }
}

static void digests(uint8_t out[static ENTITY_COUNT][32])
{
    for (int k = 0; k < ENTITY_COUNT; k++)
        rows_digest(rows, (enum entity_kind)k, out[k]);
}

static void assert_loads_as(uint8_t expected[static ENTITY_COUNT][32])
{
    uint8_t now[ENTITY_COUNT][32];
    assert_int_equal(rows_load(rows), 0);
    digests(now);
    for (int k = 0; k < ENTITY_COUNT; k++)
        if (memcmp(now[k], expected[k], 32) != 0)
            fail_msg("table %s is not what was saved", entity_name((enum entity_kind)k));
}

/* ---- cases ---- */

static void every_table_comes_back_as_it_was_saved(void **state)
{
    uint8_t before[ENTITY_COUNT][32];
    (void)state;
    for (int k = 0; k < ENTITY_COUNT; k++)
        add_rows((enum entity_kind)k, 20 + (size_t)k);
    digests(before);
    assert_int_equal(rows_save(rows), 0);
    assert_loads_as(before);
    for (int k = 0; k < ENTITY_COUNT; k++)
        assert_int_equal(rows_count(rows, (enum entity_kind)k), 20 + k);
}

#define KEY(name)                                                                                  \
    assert_true(rows_find(rows, kind, row->name, &found));                                         \
    assert_int_equal(found, number);
#define UUID(name)
#define BYTES(name, length)
#define TEXT(name, longest)
#define I64(name)
#define ENTITY(NAME, name, ...)                                                                    \
    static void find_##name(size_t number)                                                         \
    {                                                                                              \
        const struct name *row = entities_##name(rows, number);                                    \
        const enum entity_kind kind = ENTITY_##NAME;                                               \
        size_t found = 0;                                                                          \
        (void)row, (void)kind, (void)found;                                                        \
        __VA_ARGS__                                                                                \
    }
#include "appliance/mes/entity.def"
#undef ENTITY
#undef UUID
#undef KEY
#undef BYTES
#undef TEXT
#undef I64

static void rows_with_a_key_are_found_when_they_were_loaded(void **state)
{
    (void)state;
    for (int k = 0; k < ENTITY_COUNT; k++)
        add_rows((enum entity_kind)k, 200);
    assert_int_equal(rows_save(rows), 0);
    assert_int_equal(rows_load(rows), 0);
    for (size_t i = 0; i < 200; i++) {
#define ENTITY(NAME, name, ...) find_##name(i);
#include "appliance/mes/entity.def"
#undef ENTITY
    }
}

static void only_what_was_touched_is_written(void **state)
{
    uint8_t before[ENTITY_COUNT][32];
    (void)state;
    for (int k = 0; k < ENTITY_COUNT; k++)
        add_rows((enum entity_kind)k, 5);
    assert_int_equal(rows_save(rows), 0);
    digests(before);
    for (int k = 0; k < ENTITY_COUNT; k++)
        fill((enum entity_kind)k, 2); /* changed, and not said */
    assert_int_equal(rows_save(rows), 0);
    assert_loads_as(before);
    for (int k = 0; k < ENTITY_COUNT; k++) {
        fill((enum entity_kind)k, 3);
        rows_touch(rows, (enum entity_kind)k, 3);
        rows_touch(rows, (enum entity_kind)k, 3);
    }
    digests(before);
    assert_int_equal(rows_save(rows), 0);
    assert_loads_as(before);
}

static void more_rows_than_are_remembered_are_all_written(void **state)
{
    uint8_t before[ENTITY_COUNT][32];
    (void)state;
    add_rows(ENTITY_UNIT, 3000);
    digests(before);
    assert_int_equal(rows_save(rows), 0);
    assert_loads_as(before);
    for (size_t i = 0; i < 1500; i++) {
        fill(ENTITY_UNIT, 2 * i);
        rows_touch(rows, ENTITY_UNIT, 2 * i);
    }
    digests(before);
    assert_int_equal(rows_save(rows), 0);
    assert_loads_as(before);
}

/* A batch that could not be written: memory goes back to the store, and the next one is whole. */
static void after_a_failed_save_what_is_loaded_can_be_saved_again(void **state)
{
    uint8_t before[ENTITY_COUNT][32];
    (void)state;
    add_rows(ENTITY_UNIT, 10);
    assert_int_equal(rows_save(rows), 0);
    digests(before);
    assert_int_equal(sqlite3_exec(db,
                                  "CREATE TRIGGER full BEFORE INSERT ON mes_unit WHEN"
                                  " new.row_number = 5 BEGIN SELECT raise(FAIL, 'no room'); END",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < 10; i++) {
        fill(ENTITY_UNIT, i);
        rows_touch(rows, ENTITY_UNIT, i);
    }
    assert_int_not_equal(rows_save(rows), 0);
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DROP TRIGGER full", NULL, NULL, NULL), SQLITE_OK);
    assert_loads_as(before);
    for (size_t i = 0; i < 10; i++) {
        fill(ENTITY_UNIT, i);
        rows_touch(rows, ENTITY_UNIT, i);
    }
    digests(before);
    assert_int_equal(rows_save(rows), 0);
    assert_loads_as(before);
}

static void rows_are_found_by_their_uuids(void **state)
{
    static const enum entity_kind kinds[] = {ENTITY_ORDER, ENTITY_UNIT, ENTITY_DOCUMENT,
                                             ENTITY_INBOUND, ENTITY_RELEASE};
    uint8_t uuid[16] = {0};
    size_t number;
    (void)state;
    for (size_t k = 0; k < 5; k++) {
        assert_false(rows_find(rows, kinds[k], uuid, &number));
        for (unsigned i = 0; i < 1000; i++) {
            assert_int_equal(rows_add(rows, kinds[k], &number), 0);
            fill(kinds[k], number);
            assert_int_equal(rows_index(rows, kinds[k], number), 0);
        }
    }
    assert_int_equal(rows_save(rows), 0);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 1000; i++) {
            assert_true(rows_find(rows, ENTITY_UNIT, entities_unit(rows, i)->unit, &number));
            assert_int_equal(number, i);
            assert_true(rows_find(rows, ENTITY_ORDER, entities_order(rows, i)->order, &number));
            assert_int_equal(number, i);
            memcpy(uuid, entities_unit(rows, i)->unit, 16);
            uuid[i % 16] ^= 0x40;
            assert_false(rows_find(rows, ENTITY_UNIT, uuid, &number));
        }
        assert_int_equal(rows_load(rows), 0);
    }
}

static void refuses_a_table_that_lacks_a_row(void **state)
{
    (void)state;
    add_rows(ENTITY_ROUTE, 4);
    assert_int_equal(rows_save(rows), 0);
    assert_int_equal(
        sqlite3_exec(db, "DELETE FROM mes_route WHERE row_number = 1", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(rows_load(rows), ERR_FORMAT);
}

static void a_digest_sees_every_table_and_row(void **state)
{
    uint8_t before[ENTITY_COUNT][32], after[ENTITY_COUNT][32];
    (void)state;
    for (int k = 0; k < ENTITY_COUNT; k++)
        add_rows((enum entity_kind)k, 3);
    digests(before);
    for (int k = 0; k < ENTITY_COUNT; k++) {
        fill((enum entity_kind)k, 1);
        digests(after);
        for (int i = 0; i < ENTITY_COUNT; i++)
            assert_int_equal(memcmp(before[i], after[i], 32) != 0, i == k);
        memcpy(before, after, sizeof before);
    }
}

static void a_text_that_is_too_long_is_cut_to_its_field(void **state)
{
    char out[5];
    (void)state;
    entity_text(out, sizeof out, bytes_text("abcdefg"));
    assert_string_equal(out, "abcd");
    entity_text(out, sizeof out, bytes_text("ab"));
    assert_memory_equal(out, "ab\0\0\0", 5);
    entity_text(out, sizeof out, bytes_view_of(NULL, 0));
    assert_memory_equal(out, "\0\0\0\0\0", 5);
}

static bool is_in_the_store(size_t from, size_t count, bool *ret_more)
{
    bool same = false;
    assert_int_equal(rows_compare(rows, ENTITY_ROUTE, from, count, &same, ret_more), 0);
    return same;
}

static void only_rows_that_are_to_be_written_may_differ(void **state)
{
    size_t number;
    bool more;
    (void)state;
    add_rows(ENTITY_ROUTE, 10);
    assert_int_equal(rows_save(rows), 0);
    assert_true(is_in_the_store(0, 4, &more));
    assert_true(more);
    assert_true(is_in_the_store(8, 4, &more));
    assert_false(more);
    fill(ENTITY_ROUTE, 3);
    assert_false(is_in_the_store(0, 100, &more));
    rows_touch(rows, ENTITY_ROUTE, 3);
    assert_int_equal(rows_add(rows, ENTITY_ROUTE, &number), 0);
    assert_true(is_in_the_store(0, 100, &more));
    assert_false(more);
    sqlite3_exec(db, "DELETE FROM mes_route WHERE row_number IN (3, 9)", NULL, NULL, NULL);
    assert_false(is_in_the_store(0, 100, &more)); /* the ninth is not to be written */
    rows_touch(rows, ENTITY_ROUTE, 9);
    assert_true(is_in_the_store(0, 100, &more));
    sqlite3_exec(db, "UPDATE mes_route SET row_number = 11 WHERE row_number = 8", NULL, NULL, NULL);
    rows_touch(rows, ENTITY_ROUTE, 8);
    assert_false(is_in_the_store(0, 100, &more)); /* and an eleventh there is not */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(every_table_comes_back_as_it_was_saved),
        CASE(rows_with_a_key_are_found_when_they_were_loaded),
        CASE(only_what_was_touched_is_written),
        CASE(more_rows_than_are_remembered_are_all_written),
        CASE(after_a_failed_save_what_is_loaded_can_be_saved_again),
        CASE(only_rows_that_are_to_be_written_may_differ),
        CASE(rows_are_found_by_their_uuids),
        CASE(refuses_a_table_that_lacks_a_row),
        CASE(a_digest_sees_every_table_and_row),
        CASE(a_text_that_is_too_long_is_cut_to_its_field),
    };
    return cmocka_run_group_tests_name("mes/entity", cases, NULL, NULL);
}
