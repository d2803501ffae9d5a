/*
 * Stores as released versions of the program wrote them, opened by this one.
 *
 * tests/vectors/store-N.db, .format and .txt are a store of schema version N and what
 * it holds.  With CASEMATE_PIN=1 this program writes those of its own version and
 * ends: to be done once for each version that is released, and never again.
 */
#include "tests/enclave/store/opened.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "crypto/note.h"

#define EVENTS 300
#define SIGNED 256
#define VECTOR "tests/vectors/store-%u.%s"

static char home[300];

static void copy(const char *from, const char *to)
{
    static uint8_t data[1 << 20];
    int in = open(from, O_RDONLY | O_CLOEXEC), out;
    ssize_t n = in < 0 ? -1 : read(in, data, sizeof data);
    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (n < 0 || out < 0 || write(out, data, (size_t)n) != n)
        fail_msg("%s could not be copied to %s", from, to);
    close(in);
    close(out);
}

static void sign(uint64_t size, const uint8_t root[static 32], char note[static NOTE_MAX],
                 size_t *ret_length)
{
    struct secret *seed = secret_of(6, 32);
    struct note_checkpoint c = {.origin = "casemate/" ENCLAVE "/1", .size = size};
    memcpy(c.root, root, 32);
    assert_int_equal(note_sign(seed, &c, note, ret_length), 0);
    secret_free(seed);
}

/* ---- writing ---- */

static int schema_version(void)
{
    sqlite3_stmt *s = NULL;
    int version = 0;
    if (sqlite3_prepare_v2(store_db(store), "PRAGMA user_version", -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        version = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return version;
}

static void write_history(uint8_t document[static 32])
{
    uint8_t proof[TREE_PROOF_MAX], root[32];
    struct bytes_put put = bytes_into(proof, sizeof proof);
    char note[NOTE_MAX];
    uint64_t old_size, size, position;
    size_t length;
    append_committed(SIGNED);
    assert_int_equal(store_head(store, &put, &old_size, &size, root), 0);
    sign(size, root, note, &length);
    assert_int_equal(store_head_signed(store, size, bytes_view_of(note, length)), 0);
    append_committed(EVENTS - SIGNED - 1);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_document_put(store, bytes_text("a document's text"), document), 0);
    append("the last event, with a document");
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(
        store_projection(store, "mine",
                         "DROP TABLE IF EXISTS mine; CREATE TABLE mine (a INTEGER) STRICT;",
                         &position),
        0);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_projection_seen(store, "mine", EVENTS), 0);
    assert_int_equal(store_commit(store), 0);
}

static int pin(void)
{
    uint8_t document[32], root[32];
    char path[400], hex[65];
    void *state = NULL;
    if (set_up(&state) != 0)
        return 1;
    write_history(document);
    store_root(store, root);
    unsigned version = (unsigned)schema_version();
    store_close(store);
    store = NULL;
    snprintf(path, sizeof path, "%s/" VECTOR, home, version, "db");
    copy("store", path);
    snprintf(path, sizeof path, "%s/" VECTOR, home, version, "format");
    copy("store.format", path);
    snprintf(path, sizeof path, "%s/" VECTOR, home, version, "txt");
    FILE *f = fopen(path, "w");
    if (!f)
        return 1;
    bytes_to_hex(root, 32, hex);
    fprintf(f, "size %d\nsigned %d\nroot %s\n", EVENTS, SIGNED, hex);
    bytes_to_hex(document, 32, hex);
    fprintf(f, "document %s\n", hex);
    fclose(f);
    return tear_down(&state);
}

/* ---- opening ---- */

static unsigned version; /* of the store that a case is about */

static void copy_vector(const char *extension, const char *to)
{
    char path[400];
    snprintf(path, sizeof path, "%s/" VECTOR, home, version, extension);
    copy(path, to);
}

static uint8_t expected_root[32], expected_document[32];

static int bring_old(void **state)
{
    char path[400], root[65], document[65];
    int size, signed_size;
    (void)state;
    strcpy(directory, "/tmp/casemate-store-XXXXXX");
    if (!mkdtemp(directory) || chdir(directory) != 0 || os_boot_id_load() != 0)
        return -1;
    key = secret_of(3, 32);
    copy_vector("db", "store");
    copy_vector("format", "store.format");
    snprintf(path, sizeof path, "%s/" VECTOR, home, version, "txt");
    FILE *f = fopen(path, "r");
    int n = f ? fscanf(f, "size %d signed %d root %64s document %64s", &size, &signed_size, root,
                       document)
              : 0;
    if (f)
        fclose(f);
    return n != 4 || size != EVENTS || signed_size != SIGNED ||
           bytes_from_hex(bytes_text(root), 32, expected_root) != 0 ||
           bytes_from_hex(bytes_text(document), 32, expected_document) != 0;
}

static void digest_file(const char *name, uint8_t out[static 32])
{
    static uint8_t data[1 << 20];
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, data, sizeof data);
    close(fd);
    hash_sha256(bytes_view_of(data, n < 0 ? 0 : (size_t)n), out);
}

static int same_leaf(void *tree, const struct store_event *event)
{
    uint8_t leaf[32];
    store_leaf(event, leaf);
    tree_append(tree, leaf);
    return 0;
}

/* The same events, the same tree, the same head, the same document. */
static void assert_holds_what_it_held(void)
{
    uint8_t root[32], out[64], public_key[SIGN_PUBLIC_LENGTH];
    char note[NOTE_MAX];
    struct note_checkpoint head;
    struct secret *seed = secret_of(6, 32);
    struct tree tree;
    size_t length;
    uint64_t size;
    assert_true(store_size(store) == EVENTS && store_unsigned(store) == EVENTS - SIGNED);
    assert_int_equal(store_epoch(store)->number, 1);
    store_root(store, root);
    assert_memory_equal(root, expected_root, 32);
    tree_begin(&tree, 0);
    assert_int_equal(store_walk(store, 0, EVENTS, same_leaf, &tree), 0);
    tree_root(&tree, root);
    assert_memory_equal(root, expected_root, 32);
    assert_int_equal(store_checkpoint(store, 1, note, sizeof note, &length, &size), 0);
    assert_int_equal(sign_public(seed, public_key), 0);
    secret_free(seed);
    assert_int_equal(note_check(public_key, bytes_view_of(note, length), &head), 0);
    assert_true(head.size == SIGNED && size == SIGNED);
    assert_int_equal(store_document_get(store, expected_document, out, sizeof out, &length), 0);
    assert_true(length == strlen("a document's text"));
}

static void an_old_store_is_brought_up_to_date_and_written(void **state)
{
    uint64_t position;
    (void)state;
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
    assert_holds_what_it_held();
    assert_int_equal(
        store_projection(store, "mine",
                         "DROP TABLE IF EXISTS mine; CREATE TABLE mine (a INTEGER) STRICT;",
                         &position),
        0);
    assert_true(position == EVENTS);
    reopen();
    assert_holds_what_it_held();
    append_committed(10);
    reopen();
    assert_true(store_size(store) == EVENTS + 10);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_epoch_open(store, 2), 0);
    append("the first of the next");
    assert_int_equal(store_commit(store), 0);
}

static void an_old_store_is_read_without_changing_a_byte(void **state)
{
    uint8_t before[32], after[32];
    struct store_refusal why;
    (void)state;
    digest_file("store", before);
    assert_int_equal(store_open_as("store", ENCLAVE, key, STORE_READ_ONLY, &why, &store), 0);
    assert_true(store_is_read_only(store));
    assert_holds_what_it_held();
    assert_int_equal(store_begin(store), ERR_STATE);
    assert_int_not_equal(run_sql("DELETE FROM event"), SQLITE_OK);
    assert_int_not_equal(run_sql("CREATE TABLE t (a)"), SQLITE_OK);
    assert_int_not_equal(run_sql("PRAGMA user_version = 7"), SQLITE_OK);
    store_idle(store);
    store_close(store);
    store = NULL;
    digest_file("store", after);
    assert_memory_equal(before, after, 32);
    assert_int_equal(access("store-wal", F_OK), -1);
    assert_int_equal(access("store-shm", F_OK), -1);
    assert_int_equal(access("store-journal", F_OK), -1);
}

static void what_lies_in_the_write_ahead_log_is_read_and_stays_there(void **state)
{
    uint8_t before[2][32], after[2][32];
    struct store_refusal why;
    (void)state;
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
    append_committed(3);
    copy("store", "old");
    copy("store-wal", "old-wal");
    copy("store.format", "old.format");
    store_close(store);
    store = NULL;
    digest_file("old", before[0]);
    digest_file("old-wal", before[1]);
    assert_int_equal(store_open_as("old", ENCLAVE, key, STORE_READ_ONLY, &why, &store), 0);
    assert_true(store_size(store) == EVENTS + 3);
    store_close(store);
    store = NULL;
    digest_file("old", after[0]);
    digest_file("old-wal", after[1]);
    assert_memory_equal(before, after, sizeof before);
}

/* The number in the file says what is done: a migration that ends in its middle is begun again. */
static void a_migration_that_fails_leaves_the_old_form(void **state)
{
    uint8_t before[32], after[32];
    struct store_refusal why;
    (void)state;
    if (version >= 2)
        return;
    digest_file("store", before);
    struct rlimit limit, small = {0, 0};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small.rlim_max = limit.rlim_max;
    small.rlim_cur = 64 * 1024; /* the write-ahead log has no room for it */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int r = store_open_as("store", ENCLAVE, key, STORE_READ_WRITE, &why, &store);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    if (r == 0)
        return; /* it had room */
    assert_null(store);
    assert_true(strlen(why.text) > 20);
    digest_file("store", after);
    assert_memory_equal(before, after, 32);
    assert_int_equal(store_open_as("store", ENCLAVE, key, STORE_READ_ONLY, &why, &store), 0);
    assert_holds_what_it_held();
    store_close(store);
    store = NULL;
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
    assert_holds_what_it_held();
}

#define OLD_CASE(name) cmocka_unit_test_setup_teardown(name, bring_old, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        OLD_CASE(an_old_store_is_brought_up_to_date_and_written),
        OLD_CASE(an_old_store_is_read_without_changing_a_byte),
        OLD_CASE(what_lies_in_the_write_ahead_log_is_read_and_stays_there),
        OLD_CASE(a_migration_that_fails_leaves_the_old_form),
    };
    int failed = 0;
    if (!getcwd(home, sizeof home))
        return 1;
    if (getenv("CASEMATE_PIN"))
        return pin();
    for (version = 1; failed == 0; version++) {
        char path[400], name[40];
        snprintf(path, sizeof path, "%s/" VECTOR, home, version, "db");
        if (access(path, F_OK) != 0)
            break;
        snprintf(name, sizeof name, "store/migrate from %u", version);
        failed = cmocka_run_group_tests_name(name, cases, NULL, NULL);
        if (chdir(home) != 0)
            return 1;
    }
    return failed || version < 2;
}
