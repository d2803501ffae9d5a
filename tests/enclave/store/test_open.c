/* Stores that are refused: with what was found, where, and what to do; and nothing is changed. */
#include "tests/enclave/store/opened.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define FILES 3
static const char *const files[FILES] = {"store", "store-wal", "store.format"};

static void digest_files(uint8_t out[static 32])
{
    static uint8_t data[1 << 20];
    size_t length = 0;
    for (unsigned i = 0; i < FILES; i++) {
        int fd = open(files[i], O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? 0 : read(fd, data + length, sizeof data - length - 8);
        data[length + (size_t)n] = fd < 0 ? 'n' : 'y'; /* a missing file is not an empty one */
        length += (size_t)n + 1;
        if (fd >= 0)
            close(fd);
    }
    hash_sha256(bytes_view_of(data, length), out);
}

static void put_file(const char *name, const void *data, size_t length)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(write(fd, data, length) == (ssize_t)length);
    close(fd);
}

/* Opening it is refused with ${code} and words that hold ${words}, whoever opens it for what. */
static void assert_refused(const struct secret *with, const char *enclave, int code,
                           const char *words)
{
    uint8_t before[32], after[32];
    struct store_refusal why;
    digest_files(before);
    for (enum store_use use = STORE_READ_ONLY; use <= STORE_READ_WRITE; use++) {
        struct store *none = NULL;
        assert_int_equal(store_open_as("store", enclave, with, use, &why, &none), code);
        assert_null(none);
        if (!strstr(why.text, words))
            fail_msg("\"%s\" is not in: %s", words, why.text);
        digest_files(after);
        assert_memory_equal(before, after, 32);
    }
}

/* A store with a few events, closed. */
static void make(void)
{
    append_committed(20);
    store_close(store);
    store = NULL;
}

/* As it is while the process works, or after it was killed: most of it in the write-ahead log. */
static void make_killed(void)
{
    static uint8_t data[FILES][1 << 18];
    ssize_t n[FILES];
    append_committed(20);
    for (unsigned i = 0; i < FILES; i++) {
        int fd = open(files[i], O_RDONLY | O_CLOEXEC);
        n[i] = read(fd, data[i], sizeof data[i]);
        close(fd);
    }
    store_close(store);
    store = NULL;
    for (unsigned i = 0; i < FILES; i++)
        put_file(files[i], data[i], (size_t)n[i]);
}

static void another_key_is_refused_in_words(void **state)
{
    struct secret *other = secret_of(4, 32);
    (void)state;
    make();
    assert_refused(other, ENCLAVE, ERR_KEY, "another generation of the key");
    secret_free(other);
}

static void another_key_leaves_the_write_ahead_log_as_it_is(void **state)
{
    struct secret *other = secret_of(4, 32);
    (void)state;
    make_killed();
    assert_refused(other, ENCLAVE, ERR_KEY, "Put back the store of this enclave");
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
    assert_true(store_size(store) == 20);
    secret_free(other);
}

static void another_enclaves_store_is_refused_by_its_name(void **state)
{
    (void)state;
    make();
    assert_refused(key, "e0000000", ERR_FORMAT, "the store of e3f9k2m1, and this is e0000000");
}

static void a_newer_store_is_refused_and_left_alone(void **state)
{
    (void)state;
    assert_int_equal(run_sql("PRAGMA user_version = 3"), SQLITE_OK);
    make_killed();
    assert_refused(key, ENCLAVE, ERR_FORMAT, "its form is 3, and this program knows forms up to 2");
}

static void a_file_that_was_cut_short_is_refused(void **state)
{
    struct stat st;
    (void)state;
    append_committed(500);
    make();
    assert_int_equal(stat("store", &st), 0);
    assert_int_equal(truncate("store", st.st_size - 1000), 0);
    assert_refused(key, ENCLAVE, ERR_FORMAT, "it was cut short");
    assert_int_equal(truncate("store", st.st_size - 3 * 4096), 0);
    assert_refused(key, ENCLAVE, ERR_STORE, "Put the store back from its newest backup");
    assert_int_equal(truncate("store", 4096), 0);
    assert_refused(key, ENCLAVE, ERR_STORE, "Put the store back from its newest backup");
}

/* The library would throw the log of a file away that has no page. */
static void a_write_ahead_log_without_its_file_is_refused_and_stays(void **state)
{
    (void)state;
    make_killed();
    assert_int_equal(truncate("store", 0), 0);
    assert_refused(key, ENCLAVE, ERR_FORMAT, "is empty, and what was recorded last lies in");
    unlink("store");
    assert_refused(key, ENCLAVE, ERR_FORMAT, "is missing, and what was recorded last lies in");
}

/* A restoration that ended between two names: whoever began a new store there would have it kept
 * in the place of the one that was. */
static void where_a_restoration_was_not_finished_no_store_is_begun(void **state)
{
    (void)state;
    make();
    assert_int_equal(rename("store", "store.before.db"), 0);
    put_file(STORE_RESTORED, "", 0);
    assert_refused(key, ENCLAVE, ERR_STATE, "casemate restore");
    assert_int_equal(access("store", F_OK), -1);
    assert_int_equal(rename("store.before.db", "store"), 0);
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
    assert_true(store_size(store) == 20);
    unlink(STORE_RESTORED);
}

static void a_missing_or_lying_format_file_is_named(void **state)
{
    char text[16] = "";
    (void)state;
    make();
    int fd = open("store.format", O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, text, 7), 7);
    close(fd);
    const char *other = strcmp(text, "sha256\n") == 0 ? "sha512\n" : "sha256\n";
    put_file("store.format", other, 7);
    assert_refused(key, ENCLAVE, ERR_FORMAT, "and store was made with sha");
    put_file("store.format", "md5\n", 4);
    assert_refused(key, ENCLAVE, ERR_FORMAT, "holds neither sha256 nor sha512");
    put_file("store.format", "", 0);
    assert_refused(key, ENCLAVE, ERR_FORMAT, "holds neither sha256 nor sha512");
    unlink("store.format");
    assert_refused(key, ENCLAVE, ERR_FORMAT, "store.format is missing");
    put_file("store.format", text, 7);
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
    assert_true(store_size(store) == 20);
}

/* Nothing is made in its place: what is put back would be written over. */
static void a_store_that_was_taken_away_is_not_begun_anew(void **state)
{
    static const char *const signs[] = {"store.format", "store-wal", "store-shm"};
    (void)state;
    make();
    assert_int_equal(rename("store", "aside"), 0);
    assert_int_equal(rename("store.format", "aside.format"), 0);
    for (unsigned i = 0; i < sizeof signs / sizeof *signs; i++) {
        put_file(signs[i], "", 0);
        assert_refused(key, ENCLAVE, ERR_FORMAT, "store is missing, and there was one: here is");
        assert_refused(key, ENCLAVE, ERR_FORMAT, "casemate restore e3f9k2m1 FILE.backup");
        assert_int_equal(access("store.new", F_OK), -1);
        assert_int_equal(unlink(signs[i]), 0);
    }
    put_file("store", "", 0);
    assert_refused(key, ENCLAVE, ERR_FORMAT, "store is empty, and there was one.");
    assert_int_equal(rename("aside.format", "store.format"), 0);
    assert_refused(key, ENCLAVE, ERR_FORMAT, "store is empty, and there was one: here is");
    assert_int_equal(rename("aside", "store"), 0);
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
    assert_true(store_size(store) == 20);
}

static void assert_begins_again(void)
{
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
    assert_int_equal(access("store.new", F_OK), -1);
    append_committed(1);
    reopen();
    assert_true(store_size(store) == 1);
    store_close(store);
    store = NULL;
    for (unsigned i = 0; i < FILES; i++)
        unlink(files[i]);
}

/* A creation that ended early: there is no store yet, so it is begun again; by what is there. */
static void a_creation_that_was_cut_off_begins_again(void **state)
{
    static const char *const format[] = {NULL, "", "sha", "sha256\n"};
    (void)state;
    make();
    for (unsigned i = 0; i < FILES; i++)
        unlink(files[i]);
    for (unsigned i = 0; i < sizeof format / sizeof *format; i++) {
        put_file("store.new", "", 0);
        if (format[i])
            put_file("store.format", format[i], strlen(format[i]));
        assert_begins_again();
    }
    put_file("store.new", "", 0);
    put_file("store.format", "sha512\n", 7);
    put_file("store", "", 0);
    put_file("store-wal", "", 0);
    assert_begins_again();
}

/* Killed at any moment of its creation it comes up at the next start. */
static void a_creation_that_is_killed_begins_again(void **state)
{
    (void)state;
    make();
    for (unsigned i = 0; i < FILES; i++)
        unlink(files[i]);
    for (unsigned i = 0; i < 150; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)!store_open("store", ENCLAVE, key, &store);
            pause();
        }
        usleep(i * 200);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_begins_again();
    }
}

/* What root put back is root's. */
static void a_file_of_another_owner_is_refused_by_its_owner(void **state)
{
    char words[200];
    struct store_refusal why;
    (void)state;
    if (getuid() != 0)
        skip();
    make_killed();
    assert_int_equal(chown(".", 61017, 61017), 0);
    snprintf(words, sizeof words,
             "It belongs to uid 0; it must belong to uid 61017: chown 61017:61017 %s/", directory);
    for (unsigned i = 0; i < FILES; i++) {
        for (unsigned j = 0; j < FILES; j++)
            assert_int_equal(chown(files[j], i == j ? 0 : 61017, i == j ? 0 : 61017), 0);
        assert_int_equal(setegid(61017) + seteuid(61017), 0);
        for (enum store_use use = STORE_READ_ONLY; use <= STORE_READ_WRITE; use++) {
            int r = store_open_as("store", ENCLAVE, key, use, &why, &store);
            if (r != ERR_SYSTEM || !strstr(why.text, words))
                fail_msg("%s: %d, %s", files[i], r, why.text);
        }
        assert_int_equal(seteuid(0) + setegid(0), 0);
    }
}

/* It is lost with what was in it: what the auditor signed is more than what lies here. */
static void a_missing_write_ahead_log_is_behind_the_anchor(void **state)
{
    uint8_t root[32];
    (void)state;
    append_committed(5);
    reopen(); /* five in the file */
    append_committed(4);
    store_root(store, root);
    make_killed();
    unlink("store-wal");
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
    assert_true(store_size(store) == 5);
    assert_int_equal(store_check_anchor(store, 1, 9, root), ERR_BEHIND);
}

static void a_write_ahead_log_that_was_cut_loses_whole_transactions(void **state)
{
    uint8_t root[32];
    struct stat st;
    (void)state;
    append_committed(5);
    reopen();
    for (unsigned i = 0; i < 4; i++)
        append_committed(1);
    store_root(store, root);
    make_killed();
    assert_int_equal(stat("store-wal", &st), 0);
    assert_int_equal(truncate("store-wal", st.st_size - 5000), 0);
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
    assert_true(store_size(store) < 29 && store_size(store) >= 5);
    assert_int_equal(store_check_anchor(store, 1, 9, root),
                     store_size(store) >= 9 ? 0 : ERR_BEHIND);
}

static void a_store_is_opened_once(void **state)
{
    struct store_refusal why;
    struct store *none = NULL;
    (void)state;
    append_committed(3);
    for (enum store_use use = STORE_READ_ONLY; use <= STORE_READ_WRITE; use++) {
        assert_int_equal(store_open_as("store", ENCLAVE, key, use, &why, &none), ERR_STATE);
        assert_non_null(strstr(why.text, "is open in another process"));
    }
    append_committed(1);
    reopen();
    assert_true(store_size(store) == 4);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(another_key_is_refused_in_words),
        CASE(another_key_leaves_the_write_ahead_log_as_it_is),
        CASE(another_enclaves_store_is_refused_by_its_name),
        CASE(a_newer_store_is_refused_and_left_alone),
        CASE(a_file_that_was_cut_short_is_refused),
        CASE(a_write_ahead_log_without_its_file_is_refused_and_stays),
        CASE(where_a_restoration_was_not_finished_no_store_is_begun),
        CASE(a_missing_or_lying_format_file_is_named),
        CASE(a_store_that_was_taken_away_is_not_begun_anew),
        CASE(a_creation_that_was_cut_off_begins_again),
        CASE(a_creation_that_is_killed_begins_again),
        CASE(a_file_of_another_owner_is_refused_by_its_owner),
        CASE(a_missing_write_ahead_log_is_behind_the_anchor),
        CASE(a_write_ahead_log_that_was_cut_loses_whole_transactions),
        CASE(a_store_is_opened_once),
    };
    return cmocka_run_group_tests_name("store/open", cases, NULL, NULL);
}
