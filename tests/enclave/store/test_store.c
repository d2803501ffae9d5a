#include "tests/crypto/cases.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "enclave/process/os.h"
#include "enclave/store/store.h"

#define ENCLAVE "e3f9k2m1"

static char directory[64];
static struct secret *key;
static struct store *store;

/* ---- each case has a directory and an open store ---- */

static int set_up(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/casemate-store-XXXXXX");
    if (!mkdtemp(directory) || chdir(directory) != 0 || os_boot_id_load() != 0)
        return -1;
    key = secret_of(3, 32);
    return store_open("store", ENCLAVE, key, &store);
}

static int tear_down(void **state)
{
    (void)state;
    store_close(store);
    store = NULL;
    secret_free(key);
    DIR *d = opendir(".");
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.')
            unlink(e->d_name);
    closedir(d);
    return chdir("/") != 0 || rmdir(directory) != 0;
}

static void reopen(void)
{
    store_close(store);
    store = NULL;
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
}

static void append(const char *text)
{
    uint64_t sequence, expected = store_size(store);
    assert_int_equal(store_append(store, bytes_text(text), &sequence), 0);
    assert_true(sequence == expected);
}

static void append_committed(unsigned count)
{
    char text[100];
    assert_int_equal(store_begin(store), 0);
    for (unsigned i = 0; i < count; i++) {
        snprintf(text, sizeof text, "event %u of a case, some bytes long", i);
        append(text);
    }
    assert_int_equal(store_commit(store), 0);
}

static int count_event(void *context, const struct store_event *event)
{
    uint64_t *next = context;
    assert_true(event->sequence == *next);
    ++*next;
    return 0;
}

static int run_sql(const char *sql)
{
    return sqlite3_exec(store_db(store), sql, NULL, NULL, NULL);
}

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

static void refuses_what_is_not_a_store(void **state)
{
    struct store *none = NULL;
    char junk[8192];
    (void)state;
    memset(junk, 'x', sizeof junk);
    int fd = open("junk", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, junk, sizeof junk), sizeof junk);
    close(fd);
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

/* ---- transactions ---- */

static void refuses_to_append_outside_a_transaction(void **state)
{
    uint64_t sequence = 77;
    (void)state;
    assert_int_equal(store_append(store, bytes_text("x"), &sequence), ERR_STATE);
    append_committed(1);
    assert_int_equal(store_append(store, bytes_text("x"), &sequence), ERR_STATE);
    assert_int_equal(store_begin(store), 0);
    store_rollback(store);
    assert_int_equal(store_append(store, bytes_text("x"), &sequence), ERR_STATE);
    assert_true(sequence == 77);
    assert_true(store_size(store) == 1);
}

static void refuses_a_payload_that_is_too_long(void **state)
{
    static char data[STORE_PAYLOAD_MAX + 1];
    uint64_t sequence;
    (void)state;
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_append(store, bytes_view_of(data, sizeof data), &sequence), ERR_SIZE);
    assert_int_equal(store_append(store, bytes_view_of(data, sizeof data - 1), &sequence), 0);
    assert_int_equal(store_commit(store), 0);
}

static void a_rollback_restores_the_tree(void **state)
{
    uint8_t before[32], during[32], after[32];
    (void)state;
    append_committed(5);
    store_root(store, before);
    assert_int_equal(store_begin(store), 0);
    append("lost");
    append("lost too");
    assert_true(store_size(store) == 7);
    store_root(store, during);
    assert_memory_not_equal(before, during, 32);
    store_rollback(store);
    assert_true(store_size(store) == 5);
    assert_true(store_unsigned(store) == 5);
    store_root(store, after);
    assert_memory_equal(before, after, 32);
    append_committed(2);
    store_root(store, before);
    reopen();
    store_root(store, after);
    assert_memory_equal(before, after, 32);
    assert_true(store_size(store) == 7);
}

static void what_was_not_committed_is_gone_after_reopening(void **state)
{
    (void)state;
    append_committed(4);
    assert_int_equal(store_begin(store), 0);
    append("not committed");
    reopen();
    assert_true(store_size(store) == 4);
}

static void a_failed_commit_rolls_back(void **state)
{
    char sql[64];
    int r = 0;
    uint64_t sequence;
    static char data[60000];
    (void)state;
    append_committed(5);
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = 40");
    assert_int_equal(run_sql(sql), SQLITE_OK);
    assert_int_equal(store_begin(store), 0);
    for (int i = 0; i < 50 && r == 0; i++)
        r = store_append(store, bytes_view_of(data, sizeof data), &sequence);
    assert_int_equal(r, ERR_FULL);
    store_rollback(store);
    assert_true(store_size(store) == 5);
    append_committed(1); /* there is room for a little one */
    assert_true(store_size(store) == 6);
    reopen();
    assert_true(store_size(store) == 6);
}

/* ---- reading ---- */

static void an_event_reads_as_it_was_written(void **state)
{
    struct store_event event;
    (void)state;
    append_committed(10);
    for (unsigned i = 0; i < 10; i++) {
        char text[100];
        snprintf(text, sizeof text, "event %u of a case, some bytes long", i);
        assert_int_equal(store_read(store, i, &event), 0);
        assert_true(event.sequence == i);
        assert_true(bytes_equal_text(event.payload, text));
        assert_memory_equal(event.boot, os_boot_id(), 16);
    }
    assert_int_equal(store_read(store, 10, &event), ERR_UNKNOWN);
    assert_int_equal(store_read(store, UINT64_MAX, &event), ERR_UNKNOWN);
}

static void no_two_events_have_one_salt(void **state)
{
    struct store_event a, b;
    uint8_t salt[32];
    (void)state;
    append_committed(2);
    assert_int_equal(store_read(store, 0, &a), 0);
    memcpy(salt, a.salt, 32);
    assert_int_equal(store_read(store, 1, &b), 0);
    assert_memory_not_equal(salt, b.salt, 32);
}

static int tree_of_events(void *context, const struct store_event *event)
{
    uint8_t leaf[32];
    store_leaf(event, leaf);
    tree_append(context, leaf);
    return 0;
}

static void the_root_is_that_of_the_events(void **state)
{
    struct tree tree;
    uint8_t mine[32], expected[32];
    (void)state;
    append_committed(77);
    tree_begin(&tree, 0);
    assert_int_equal(store_walk(store, 0, INT64_MAX, tree_of_events, &tree), 0);
    tree_root(&tree, expected);
    store_root(store, mine);
    assert_memory_equal(mine, expected, 32);
    reopen();
    store_root(store, mine);
    assert_memory_equal(mine, expected, 32);
}

static int stop_at_three(void *context, const struct store_event *event)
{
    (void)context;
    return event->sequence == 3 ? ERR_REFUSED : 0;
}

static void a_walk_gives_what_it_was_asked_for(void **state)
{
    uint64_t next = 2;
    (void)state;
    append_committed(10);
    assert_int_equal(store_walk(store, 2, 7, count_event, &next), 0);
    assert_true(next == 7);
    assert_int_equal(store_walk(store, 0, 10, stop_at_three, NULL), ERR_REFUSED);
    next = 9;
    assert_int_equal(store_walk(store, 9, INT64_MAX, count_event, &next), 0);
    assert_true(next == 10);
}

static void a_gap_in_the_log_is_seen(void **state)
{
    uint64_t next = 0;
    struct store *none = NULL;
    (void)state;
    append_committed(10);
    assert_int_equal(run_sql("DELETE FROM event WHERE sequence = 4"), SQLITE_OK);
    assert_int_equal(store_walk(store, 0, 10, count_event, &next), ERR_FORMAT);
    assert_true(next == 4);
    store_close(store);
    store = NULL;
    assert_int_equal(store_open("store", ENCLAVE, key, &none), ERR_FORMAT);
}

/* Wherever a byte of the file is changed, what is read is refused or is what was written. */
static void a_flipped_page_is_refused(void **state)
{
    uint8_t before[32], after[32], byte;
    unsigned refused = 0, pages = 0;
    (void)state;
    append_committed(200);
    store_root(store, before);
    store_close(store);
    store = NULL;
    int fd = open("store", O_RDWR | O_CLOEXEC);
    off_t size = lseek(fd, 0, SEEK_END);
    for (off_t at = 1000; at < size; at += 4096, pages++) {
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        if (store_open("store", ENCLAVE, key, &store) != 0) {
            refused++;
            assert_null(store);
        } else {
            store_root(store, after);
            assert_memory_equal(before, after, 32);
            store_close(store);
            store = NULL;
        }
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    close(fd);
    assert_true(refused >= pages / 2);
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
}

/* ---- heads ---- */

static void take_head(uint64_t *ret_size, uint8_t root[static 32])
{
    uint8_t proof[TREE_PROOF_MAX];
    struct bytes_put put = bytes_into(proof, sizeof proof);
    uint64_t old_size;
    assert_int_equal(store_head(store, &put, &old_size, ret_size, root), 0);
}

static void heads_prove_that_the_log_grew(void **state)
{
    uint8_t proof[TREE_PROOF_MAX], root[32], old_root[32];
    uint64_t old_size, size, signed_size = 0;
    char note[40];
    (void)state;
    hash_sha256(bytes_view_of("", 0), old_root);
    for (unsigned i = 1; i < 40; i++) {
        struct bytes_put put = bytes_into(proof, sizeof proof);
        append_committed(i % 7 + 1);
        assert_int_equal(store_head(store, &put, &old_size, &size, root), 0);
        assert_true(old_size == signed_size && size == store_size(store));
        append_committed(i % 3); /* goes on while the head is under way */
        assert_int_equal(tree_proof_check(bytes_view_of(proof, bytes_put_length(&put)), old_size,
                                          old_root, size, root),
                         0);
        if (i % 5 == 0) {
            store_head_lost(store);
            continue;
        }
        snprintf(note, sizeof note, "note %u", i);
        assert_int_equal(store_head_signed(store, size, bytes_text(note)), 0);
        signed_size = size;
        memcpy(old_root, root, 32);
        assert_true(store_unsigned(store) == store_size(store) - size);
        if (i % 4 == 0)
            reopen();
        assert_true(store_unsigned(store) == store_size(store) - size);
    }
}

static void a_head_holds_what_is_committed_only(void **state)
{
    uint64_t size;
    uint8_t root[32], committed[32];
    (void)state;
    append_committed(3);
    store_root(store, committed);
    assert_int_equal(store_begin(store), 0);
    append("open");
    take_head(&size, root);
    assert_true(size == 3);
    assert_memory_equal(root, committed, 32);
    store_rollback(store);
}

static void refuses_an_answer_that_was_not_asked_for(void **state)
{
    uint64_t size;
    uint8_t root[32];
    (void)state;
    append_committed(3);
    assert_int_equal(store_head_signed(store, 3, bytes_text("n")), ERR_STATE);
    take_head(&size, root);
    assert_int_equal(store_head_signed(store, 2, bytes_text("n")), ERR_STATE);
    assert_int_equal(store_head_signed(store, 4, bytes_text("n")), ERR_STATE);
    assert_int_equal(store_head_signed(store, 3, bytes_text("n")), 0);
    assert_int_equal(store_head_signed(store, 3, bytes_text("n")), ERR_STATE);
    append_committed(1);
    take_head(&size, root);
    store_head_lost(store);
    assert_int_equal(store_head_signed(store, size, bytes_text("n")), ERR_STATE);
}

static void the_newest_checkpoint_is_kept(void **state)
{
    char out[64];
    size_t length;
    uint64_t size;
    uint8_t root[32];
    (void)state;
    assert_int_equal(store_checkpoint(store, out, sizeof out, &length, &size), ERR_UNKNOWN);
    for (unsigned i = 1; i <= 3; i++) {
        char note[20];
        append_committed(2);
        take_head(&size, root);
        snprintf(note, sizeof note, "note %u", i);
        assert_int_equal(store_head_signed(store, size, bytes_text(note)), 0);
    }
    reopen();
    assert_int_equal(store_checkpoint(store, out, sizeof out, &length, &size), 0);
    assert_string_equal(out, "note 3");
    assert_true(length == 6 && size == 6);
    assert_int_equal(store_checkpoint(store, out, 6, &length, &size), ERR_SIZE);
}

/* The disk fills up exactly when a checkpoint comes: the next event still has its transaction. */
static void a_checkpoint_that_cannot_be_kept_leaves_no_transaction(void **state)
{
    static char note[500];
    uint64_t size, sequence;
    uint8_t root[32];
    (void)state;
    append_committed(3);
    take_head(&size, root);
    assert_int_equal(run_sql("CREATE TRIGGER full BEFORE INSERT ON checkpoint BEGIN"
                             " SELECT raise(FAIL, 'no room'); END"),
                     SQLITE_OK);
    memset(note, 'n', sizeof note);
    assert_int_not_equal(store_head_signed(store, size, bytes_view_of(note, sizeof note)), 0);
    assert_int_equal(store_append(store, bytes_text("x"), &sequence), ERR_STATE);
    assert_int_equal(run_sql("DROP TRIGGER full"), SQLITE_OK);
    append_committed(1);
    assert_true(store_unsigned(store) == 4);
    reopen();
    assert_true(store_size(store) == 4);
}

static void the_anchor_must_be_contained(void **state)
{
    uint8_t roots[11][32], other[32];
    uint64_t size;
    uint8_t root[32];
    (void)state;
    for (unsigned i = 0; i <= 10; i++) {
        store_root(store, roots[i]);
        if (i < 10)
            append_committed(1);
        if (i == 6) {
            take_head(&size, root);
            assert_int_equal(store_head_signed(store, size, bytes_text("seven")), 0);
        }
    }
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i <= 10; i++)
            assert_int_equal(store_check_anchor(store, i, roots[i]), 0);
        for (unsigned i = 0; i <= 10; i++) {
            memcpy(other, roots[i], 32);
            other[31] ^= 1;
            assert_int_equal(store_check_anchor(store, i, other), ERR_BEHIND);
        }
        assert_int_equal(store_check_anchor(store, 11, roots[10]), ERR_BEHIND);
        assert_int_equal(store_check_anchor(store, UINT64_MAX, roots[10]), ERR_BEHIND);
        reopen();
    }
}

static void a_head_whose_answer_was_lost_is_adopted(void **state)
{
    uint8_t root[32], proof[TREE_PROOF_MAX], new_root[32];
    uint64_t size, old_size;
    char out[64];
    size_t length;
    (void)state;
    append_committed(5);
    take_head(&size, root);
    assert_int_equal(store_head_signed(store, size, bytes_text("five")), 0);
    append_committed(4);
    take_head(&size, root); /* the auditor signs this one, and its answer is lost */
    append_committed(3);
    reopen();
    assert_int_equal(store_head_adopt(store, 5, bytes_text("old")), ERR_STATE);
    assert_int_equal(store_head_adopt(store, 13, bytes_text("more")), ERR_STATE);
    assert_int_equal(store_check_anchor(store, 9, root), 0);
    assert_int_equal(store_head_adopt(store, 9, bytes_text("nine")), 0);
    assert_true(store_unsigned(store) == 3);
    assert_int_equal(store_checkpoint(store, out, sizeof out, &length, &size), 0);
    assert_string_equal(out, "nine");
    struct bytes_put put = bytes_into(proof, sizeof proof);
    assert_int_equal(store_head(store, &put, &old_size, &size, new_root), 0);
    assert_true(old_size == 9 && size == 12);
    assert_int_equal(
        tree_proof_check(bytes_view_of(proof, bytes_put_length(&put)), 9, root, 12, new_root), 0);
    reopen();
    assert_true(store_unsigned(store) == 3);
}

/* ---- documents ---- */

static void documents_come_back(void **state)
{
    static const uint32_t lengths[] = {1, 100, 16383, 16384, 16385, 40000, 3 * 16384};
    static uint8_t content[1 << 16], out[1 << 16];
    uint8_t digest[32], again[32];
    size_t length;
    (void)state;
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * i >> 3);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct bytes_view view = bytes_view_of(content, lengths[i]);
        assert_int_equal(store_document_put(store, view, digest), ERR_STATE);
        assert_int_equal(store_begin(store), 0);
        assert_int_equal(store_document_put(store, view, digest), 0);
        assert_int_equal(store_document_put(store, view, again), 0);
        assert_int_equal(store_commit(store), 0);
        assert_memory_equal(digest, again, 32);
        assert_int_equal(store_document_get(store, digest, out, sizeof out, &length), 0);
        assert_int_equal(length, lengths[i]);
        assert_memory_equal(out, content, length);
        assert_int_equal(store_document_get(store, digest, out, lengths[i] - 1, &length), ERR_SIZE);
        assert_int_equal(store_document_get(store, digest, out, lengths[i], &length), 0);
    }
    digest[0] ^= 1;
    assert_int_equal(store_document_get(store, digest, out, sizeof out, &length), ERR_UNKNOWN);
}

static void a_document_that_does_not_fit_its_digest_is_refused(void **state)
{
    static const char *const changes[] = {
        "UPDATE document_chunk SET content = x'00' WHERE part = 1",
        "DELETE FROM document_chunk WHERE part = 1",
        "DELETE FROM document_chunk WHERE part = 0",
    };
    static uint8_t content[40000], out[1 << 16];
    uint8_t digest[32];
    size_t length;
    (void)state;
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_document_put(store, bytes_view_of(content, sizeof content), digest), 0);
    assert_int_equal(store_commit(store), 0);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        assert_int_equal(run_sql(changes[i]), SQLITE_OK);
        assert_int_equal(store_document_get(store, digest, out, sizeof out, &length), ERR_DIGEST);
    }
}

static void refuses_a_document_that_is_too_large(void **state)
{
    uint8_t *content = calloc(1, STORE_DOCUMENT_MAX + 1), digest[32];
    (void)state;
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(
        store_document_put(store, bytes_view_of(content, STORE_DOCUMENT_MAX + 1), digest),
        ERR_SIZE);
    store_rollback(store);
    free(content);
}

/* ---- projections ---- */

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

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(refuses_another_key_and_keeps_the_store),
        CASE(refuses_another_enclaves_file),
        CASE(refuses_what_is_not_a_store),
        CASE(refuses_a_format_file_that_is_not_ours),
        CASE(refuses_a_store_of_a_newer_program),
        CASE(nothing_of_an_event_lies_in_the_files_in_clear),
        CASE(a_sealed_store_denies_what_it_never_needs),
        CASE(no_temporary_file_appears),
        CASE(refuses_to_append_outside_a_transaction),
        CASE(refuses_a_payload_that_is_too_long),
        CASE(a_rollback_restores_the_tree),
        CASE(what_was_not_committed_is_gone_after_reopening),
        CASE(a_failed_commit_rolls_back),
        CASE(an_event_reads_as_it_was_written),
        CASE(no_two_events_have_one_salt),
        CASE(the_root_is_that_of_the_events),
        CASE(a_walk_gives_what_it_was_asked_for),
        CASE(a_gap_in_the_log_is_seen),
        CASE(a_flipped_page_is_refused),
        CASE(heads_prove_that_the_log_grew),
        CASE(a_head_holds_what_is_committed_only),
        CASE(refuses_an_answer_that_was_not_asked_for),
        CASE(the_newest_checkpoint_is_kept),
        CASE(a_checkpoint_that_cannot_be_kept_leaves_no_transaction),
        CASE(the_anchor_must_be_contained),
        CASE(a_head_whose_answer_was_lost_is_adopted),
        CASE(documents_come_back),
        CASE(a_document_that_does_not_fit_its_digest_is_refused),
        CASE(refuses_a_document_that_is_too_large),
        CASE(a_projection_is_made_anew_when_its_tables_change),
    };
    return cmocka_run_group_tests_name("store", cases, NULL, NULL);
}
