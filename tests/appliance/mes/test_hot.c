/* The keyed digest of the tables: it is of the rows, however they came to be as they are. */
#include "tests/crypto/cases.h"

#include <sqlite3.h>
#include <stdio.h>

#include "appliance/mes/hot.h"

static struct entities *rows;
static struct hot *hot;
static struct secret *key;
static sqlite3 *db;

static int set_up(void **state)
{
    (void)state;
    key = secret_of(9, 32);
    return rows_new(&rows) != 0 || sqlite3_open(":memory:", &db) != SQLITE_OK ||
           sqlite3_exec(db, rows_schema(), NULL, NULL, NULL) != SQLITE_OK ||
           rows_attach(rows, db) != 0 || hot_new(key, &hot) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    hot_free(hot);
    rows_free(rows);
    secret_free(key);
    return sqlite3_close(db) != SQLITE_OK;
}

static size_t add_asset(const char *number, int64_t due_ms)
{
    size_t n;
    assert_int_equal(rows_add(rows, ENTITY_ASSET, &n), 0);
    struct asset *a = entities_asset(rows, n);
    entity_text(a->number, sizeof a->number, bytes_text(number));
    a->calibration_due_ms = due_ms;
    return n;
}

static void digest(uint8_t out[static HOT_LENGTH])
{
    assert_int_equal(hot_follow(hot, rows), 0);
    hot_digest(hot, out);
}

/* The same rows, all of them taken in at once by a digest that is new. */
static void digest_anew(uint8_t out[static HOT_LENGTH])
{
    struct hot *other;
    assert_int_equal(rows_save(rows), 0);
    assert_int_equal(rows_load(rows), 0);
    assert_int_equal(hot_new(key, &other), 0);
    assert_int_equal(hot_follow(other, rows), 0);
    hot_digest(other, out);
    hot_free(other);
}

static void following_changes_gives_what_reading_everything_gives(void **state)
{
    uint8_t a[HOT_LENGTH], b[HOT_LENGTH];
    uint32_t random = 1;
    (void)state;
    for (int round = 0; round < 40; round++) {
        unsigned many = round == 20 ? 3000 : 7; /* more than the list of changes holds */
        for (unsigned i = 0; i < many; i++) {
            random = random * 1664525u + 1013904223u;
            size_t n = random >> 8 & 1 || rows_count(rows, ENTITY_ASSET) == 0
                           ? add_asset("M", random)
                           : random % rows_count(rows, ENTITY_ASSET);
            rows_touch(rows, ENTITY_ASSET, n);
            entities_asset(rows, n)->calibration_due_ms = random;
        }
        digest(a);
        if (round % 8 == 7) {
            digest_anew(b);
            assert_memory_equal(a, b, HOT_LENGTH);
            assert_int_equal(rows_load(rows), 0);
            digest(b); /* and the one that follows sees that rows were read again */
            assert_memory_equal(a, b, HOT_LENGTH);
        }
    }
}

static void every_field_place_and_table_counts(void **state)
{
    uint8_t first[HOT_LENGTH], other[HOT_LENGTH];
    (void)state;
    add_asset("A", 1);
    add_asset("B", 2);
    digest(first);
    entities_asset(rows, 0)->calibration_due_ms = 2; /* the two exchange a field */
    entities_asset(rows, 1)->calibration_due_ms = 1;
    rows_touch(rows, ENTITY_ASSET, 0);
    rows_touch(rows, ENTITY_ASSET, 1);
    digest(other);
    assert_memory_not_equal(first, other, HOT_LENGTH);
    struct asset a = *entities_asset(rows, 0); /* and now all of them: rows in another order */
    *entities_asset(rows, 0) = *entities_asset(rows, 1);
    *entities_asset(rows, 1) = a;
    rows_touch(rows, ENTITY_ASSET, 0);
    rows_touch(rows, ENTITY_ASSET, 1);
    digest(other);
    assert_memory_not_equal(first, other, HOT_LENGTH);
    entity_text(entities_asset(rows, 0)->number, 17, bytes_text("A"));
    entity_text(entities_asset(rows, 1)->number, 17, bytes_text("B"));
    entities_asset(rows, 0)->calibration_due_ms = 1;
    entities_asset(rows, 1)->calibration_due_ms = 2;
    rows_touch(rows, ENTITY_ASSET, 0);
    rows_touch(rows, ENTITY_ASSET, 1);
    digest(other);
    assert_memory_equal(first, other, HOT_LENGTH); /* as it was */
    size_t n;
    assert_int_equal(rows_add(rows, ENTITY_STEP, &n), 0); /* a row of nothing is a row */
    digest(other);
    assert_memory_not_equal(first, other, HOT_LENGTH);
}

static void another_key_gives_another_digest(void **state)
{
    uint8_t a[HOT_LENGTH], b[HOT_LENGTH];
    struct secret *second = secret_of(10, 32), *short_one = secret_of(9, 16);
    struct hot *other = NULL;
    (void)state;
    add_asset("A", 1);
    digest(a);
    assert_int_equal(hot_new(second, &other), 0);
    assert_int_equal(rows_save(rows), 0);
    assert_int_equal(rows_load(rows), 0);
    assert_int_equal(hot_follow(other, rows), 0);
    hot_digest(other, b);
    assert_memory_not_equal(a, b, HOT_LENGTH);
    hot_free(other);
    other = NULL;
    assert_int_equal(hot_new(short_one, &other), ERR_KEY);
    assert_null(other);
    secret_free(second);
    secret_free(short_one);
}

static void the_tables_that_differ_are_named(void **state)
{
    uint8_t was[HOT_LENGTH], parts[HOT_PARTS_MAX];
    struct bytes_put put = bytes_into(parts, sizeof parts);
    char names[200];
    (void)state;
    add_asset("A", 1);
    digest(was);
    hot_write(hot, &put);
    struct bytes_view view = bytes_view_of(parts, bytes_put_length(&put));
    assert_int_equal(hot_compare(hot, was, view, names, sizeof names), HOT_SAME);
    assert_int_equal(hot_compare(hot, was, bytes_text(""), names, sizeof names), HOT_SAME);
    /* the row is changed behind the log's back, in the store */
    assert_int_equal(rows_save(rows), 0);
    assert_int_equal(sqlite3_exec(db, "UPDATE mes_asset SET calibration_due_ms = 2", 0, 0, 0), 0);
    assert_int_equal(
        sqlite3_exec(db, "INSERT INTO mes_step VALUES (0, 0, 1, 'kind', 'text', 'B1')", 0, 0, 0),
        0);
    assert_int_equal(rows_load(rows), 0);
    assert_int_equal(hot_follow(hot, rows), 0);
    assert_int_equal(hot_compare(hot, was, view, names, sizeof names), HOT_DIFFERENT);
    assert_string_equal(names, "step, asset");
    /* parts that were not signed name nothing, and save nobody */
    parts[HOT_LENGTH + 3] ^= 1;
    assert_int_equal(hot_compare(hot, was, view, names, sizeof names), HOT_DIFFERENT);
    assert_string_equal(names, "");
    /* of other tables or another key: a replay must say */
    parts[0] ^= 1;
    assert_int_equal(hot_compare(hot, was, view, names, sizeof names), HOT_NOT_COMPARABLE);
    assert_int_equal(hot_compare(hot, was, bytes_text(""), names, sizeof names),
                     HOT_NOT_COMPARABLE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(following_changes_gives_what_reading_everything_gives),
        CASE(every_field_place_and_table_counts),
        CASE(another_key_gives_another_digest),
        CASE(the_tables_that_differ_are_named),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
