#include "tests/enclave/store/opened.h"

#include <fcntl.h>
#include <sys/inotify.h>

/* ---- opening ---- */

static void refuses_another_key_and_keeps_the_store(void **state)
{
    struct secret *other = secret_of(4, 32);
    struct store *none = NULL;
    uint8_t before[32], after[32];
    (void)state;
    append_committed(3);
    store_root(store, before);
    store_close(store);
    store = NULL;
    assert_int_equal(store_open("store", ENCLAVE, other, &none), ERR_KEY);
    assert_null(none);
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
    store_root(store, after);
    assert_memory_equal(before, after, 32);
    secret_free(other);
}

static void refuses_another_enclaves_file(void **state)
{
    struct store *none = NULL;
    (void)state;
    store_close(store);
    store = NULL;
    assert_int_equal(store_open("store", "e0000000", key, &none), ERR_FORMAT);
    assert_int_equal(store_open("store", "e3f9k2m", key, &none), ERR_FORMAT);
    assert_int_equal(store_open("store", "e3f9k2m1x", key, &none), ERR_FORMAT);
    assert_null(none);
}

static void put_file(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void refuses_what_is_not_a_store(void **state)
{
    struct store *none = NULL;
    char junk[8192];
    (void)state;
    memset(junk, 'x', sizeof junk);
    int fd = open("junk", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, junk, sizeof junk), sizeof junk);
    close(fd);
    assert_int_equal(store_open("junk", ENCLAVE, key, &none), ERR_FORMAT); /* no junk.format */
    put_file("junk.format", "sha256\n");
    put_file("plain.format", "sha256\n");
    assert_int_equal(store_open("junk", ENCLAVE, key, &none), ERR_KEY);
    assert_null(none);
    /* a plain database without a key is no store either */
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open("plain", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE t (a)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(store_open("plain", ENCLAVE, key, &none), ERR_KEY);
    assert_null(none);
}

static void refuses_a_format_file_that_is_not_ours(void **state)
{
    static const char *const bad[] = {"", "sha1\n", "sha256", "sha256\n\n", "SHA256\n"};
    struct store *none = NULL;
    (void)state;
    store_close(store);
    store = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int fd = open("store.format", O_WRONLY | O_TRUNC | O_CLOEXEC);
        assert_int_equal(write(fd, bad[i], strlen(bad[i])), strlen(bad[i]));
        close(fd);
        assert_int_equal(store_open("store", ENCLAVE, key, &none), ERR_FORMAT);
    }
}

/* Power was cut while the first store was made: nothing was ever in it. */
static void a_creation_that_was_cut_short_begins_again(void **state)
{
    static const char *const cut[] = {"", "sha", "sha256"};
    (void)state;
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        struct store *other = NULL;
        put_file("cut.new", "");
        int fd = open("cut.format", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_int_equal(write(fd, cut[i], strlen(cut[i])), strlen(cut[i]));
        close(fd);
        unlink("cut");
        assert_int_equal(store_open("cut", ENCLAVE, key, &other), 0);
        store_close(other);
        other = NULL;
        assert_int_equal(store_open("cut", ENCLAVE, key, &other), 0);
        store_close(other);
    }
}

static void refuses_a_store_of_a_newer_program(void **state)
{
    struct store *none = NULL;
    (void)state;
    assert_int_equal(run_sql("PRAGMA user_version = 99"), SQLITE_OK);
    store_close(store);
    store = NULL;
    assert_int_equal(store_open("store", ENCLAVE, key, &none), ERR_FORMAT);
}

static void nothing_of_an_event_lies_in_the_files_in_clear(void **state)
{
    static const char mark[] = "a mark that is looked for";
    static const char *const files[] = {"store", "store-wal", "store.format"};
    static uint8_t data[1 << 20];
    (void)state;
    assert_int_equal(store_begin(store), 0);
    append(mark);
    assert_int_equal(store_commit(store), 0);
    for (size_t i = 0; i < 3; i++) {
        int fd = open(files[i], O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? 0 : read(fd, data, sizeof data);
        assert_null(n > 0 ? memmem(data, (size_t)n, mark, 8) : NULL);
        assert_null(n > 0 ? memmem(data, (size_t)n, "SQLite format", 13) : NULL);
        close(fd);
    }
}

/* ---- the authorizer ---- */

static void a_sealed_store_denies_what_it_never_needs(void **state)
{
    static const char *const denied[] = {
        "ATTACH DATABASE 'other' AS other KEY ''",
        "ATTACH DATABASE ':memory:' AS other",
        "DETACH DATABASE main",
        "PRAGMA user_version",
        "PRAGMA user_version = 5",
        "PRAGMA synchronous = OFF",
        "PRAGMA cipher_memory_security",
        "PRAGMA writable_schema = ON",
        "PRAGMA rekey = 'x'",
        "SELECT * FROM pragma_user_version",
        "CREATE TABLE t (a)",
        "CREATE TEMP TABLE t (a)",
        "CREATE INDEX i ON event (boot)",
        "CREATE TRIGGER t AFTER INSERT ON event BEGIN SELECT 1; END",
        "CREATE TEMP TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM meta; END",
        "CREATE VIEW v AS SELECT * FROM event",
        "DROP TABLE event",
        "ALTER TABLE event ADD COLUMN x",
        "ALTER TABLE event RENAME TO x",
        "REINDEX",
        "ANALYZE",
        "VACUUM",
        "VACUUM INTO 'copy'",
        "CREATE VIRTUAL TABLE v USING fts5(a)",
        "INSERT INTO sqlite_schema VALUES ('table', 'x', 'x', 0, '')",
        "UPDATE sqlite_schema SET sql = ''",
    };
    (void)state;
    append_committed(1);
    assert_int_equal(store_seal(store), 0);
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++)
        if (run_sql(denied[i]) == SQLITE_OK)
            fail_msg("a sealed store ran: %s", denied[i]);
    assert_int_equal(access("copy", F_OK), -1);
    assert_int_equal(access("other", F_OK), -1);
    /* and it still works */
    append_committed(2);
    assert_int_equal(run_sql("SELECT count(*) FROM event"), SQLITE_OK);
    store_idle(store);
    reopen();
    assert_true(store_size(store) == 3);
}

static void no_temporary_file_appears(void **state)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    (void)state;
    append_committed(1); /* the write-ahead log is there from now on */
    assert_int_equal(store_seal(store), 0);
    assert_true(inotify_add_watch(watch, ".", IN_CREATE) >= 0);
    assert_true(inotify_add_watch(watch, "/tmp", IN_CREATE) >= 0);
    assert_true(inotify_add_watch(watch, "/var/tmp", IN_CREATE) >= 0);
    sqlite3_stmt *s = NULL;
    static const char large[] =
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)"
        " SELECT hex(randomblob(300)) AS h FROM n ORDER BY h";
    assert_int_equal(sqlite3_prepare_v2(store_db(store), large, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    sqlite3_finalize(s);
    append_committed(2000);
    assert_int_equal(read(watch, events, sizeof events), -1);
    close(watch);
}

/* ---- projections ---- */

static int64_t number(const char *sql)
{
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(store_db(store), sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

static void a_projection_with_a_damaged_page_is_made_anew(void **state)
{
    static const char schema[] = "DROP TABLE IF EXISTS a; CREATE TABLE a (x INTEGER, y BLOB);"
                                 "DROP TABLE IF EXISTS b; CREATE TABLE b (x INTEGER);"
                                 "CREATE INDEX b_x ON b (x);";
    uint64_t position = 7;
    (void)state;
    append_committed(20);
    assert_int_equal(store_projection(store, "p", schema, &position), 0);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(run_sql("WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n"
                             " WHERE v < 500) INSERT INTO a SELECT v, randomblob(300) FROM n"),
                     SQLITE_OK);
    assert_int_equal(store_projection_seen(store, "p", 3), 0);
    assert_int_equal(store_commit(store), 0);
    int64_t page = number("SELECT rootpage FROM sqlite_schema WHERE name = 'a'");
    store_close(store);
    store = NULL;
    int fd = open("store", O_WRONLY | O_CLOEXEC);
    for (int64_t i = 0; i < 3; i++) /* the root of the tree, and what was put behind it */
        assert_int_equal(pwrite(fd, "damage", 6, (page - 1 + i * 10) * 4096 + 1000), 6);
    close(fd);
    reopen();
    assert_int_equal(store_projection(store, "p", schema, &position), 0);
    assert_int_equal(position, 3);
    assert_int_not_equal(run_sql("SELECT sum(length(y)) FROM a"), SQLITE_OK);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_projection_forget(store, "p"), 0);
    assert_int_equal(store_commit(store), 0);
    reopen();
    assert_int_equal(store_projection(store, "p", schema, &position), 0);
    assert_int_equal(position, 0);
    assert_int_equal(number("SELECT count(*) FROM a"), 0);
    assert_int_equal(number("SELECT count(*) FROM sqlite_schema WHERE tbl_name IN ('a', 'b')"), 3);
    assert_int_equal(run_sql("INSERT INTO a VALUES (1, x'00'); INSERT INTO b VALUES (1)"),
                     SQLITE_OK);
    assert_int_not_equal(run_sql("DELETE FROM sqlite_schema"), SQLITE_OK); /* as it was */
    append_committed(3);
    reopen();
    assert_int_equal(store_size(store), 23);
    assert_int_equal(number("SELECT count(*) FROM a"), 1);
}

static void a_projection_is_made_anew_when_its_tables_change(void **state)
{
    static const char first[] = "DROP TABLE IF EXISTS p; CREATE TABLE p (a INTEGER) STRICT;";
    static const char second[] = "DROP TABLE IF EXISTS p; CREATE TABLE p (b INTEGER) STRICT;";
    uint64_t position = 9;
    (void)state;
    assert_int_equal(store_projection(store, "p", first, &position), 0);
    assert_true(position == 0);
    append_committed(3);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(run_sql("INSERT INTO p VALUES (1)"), SQLITE_OK);
    assert_int_equal(store_projection_seen(store, "p", 3), 0);
    assert_int_equal(store_commit(store), 0);
    reopen();
    assert_int_equal(store_projection(store, "p", first, &position), 0);
    assert_true(position == 3);
    assert_int_equal(store_projection(store, "p", second, &position), 0);
    assert_true(position == 0);
    assert_int_equal(run_sql("SELECT b FROM p"), SQLITE_OK);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(refuses_another_key_and_keeps_the_store),
        CASE(refuses_another_enclaves_file),
        CASE(refuses_what_is_not_a_store),
        CASE(refuses_a_format_file_that_is_not_ours),
        CASE(a_creation_that_was_cut_short_begins_again),
        CASE(refuses_a_store_of_a_newer_program),
        CASE(nothing_of_an_event_lies_in_the_files_in_clear),
        CASE(a_sealed_store_denies_what_it_never_needs),
        CASE(no_temporary_file_appears),
        CASE(a_projection_is_made_anew_when_its_tables_change),
        CASE(a_projection_with_a_damaged_page_is_made_anew),
    };
    return cmocka_run_group_tests_name("store", cases, NULL, NULL);
}
