#include "tests/enclave/store/opened.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "enclave/store/rekey.h"

/* The store of opened.h is "store", its key ${key}; the next one: */
static struct secret *next;
#define FRESH "store.next"

static int with_next(void **state)
{
    next = secret_of(4, 32);
    if (set_up(state) != 0)
        return -1;
    append_committed(300);
    return 0;
}

static int without_next(void **state)
{
    int r = tear_down(state);
    secret_free(next);
    return r;
}

static void close_it(void)
{
    store_close(store);
    store = NULL;
}

static bool opens(const char *name, const struct secret *with)
{
    struct store *s = NULL;
    int r = store_open(name, ENCLAVE, with, &s);
    bool whole = r == 0 && store_size(s) == 300;
    store_close(s);
    return whole;
}

static int write_fresh(void)
{
    return store_rekey_write("store", FRESH, ENCLAVE, key, next, NULL, NULL);
}

static bool is_there(const char *name)
{
    return access(name, F_OK) == 0;
}

/* What a worker does: the key that it had, and then the other. */
static bool worker_opens(void)
{
    return opens("store", key) || opens("store", next);
}

static enum store_rekey_state look(void)
{
    enum store_rekey_state state = STORE_REKEY_NONE;
    assert_int_equal(store_rekey_look("store", ENCLAVE, key, next, &state), 0);
    return state;
}

static void the_copy_has_the_next_key_and_all_events(void **state)
{
    uint8_t before[32], after[32];
    (void)state;
    store_root(store, before);
    close_it();
    assert_int_equal(write_fresh(), 0);
    assert_int_equal(store_rekey_swap("store", FRESH), 0);
    assert_false(opens("store", key));
    assert_int_equal(store_open("store", ENCLAVE, next, &store), 0);
    store_root(store, after);
    assert_memory_equal(before, after, 32);
    assert_false(is_there(FRESH) || is_there(FRESH ".format") || is_there(FRESH "-wal"));
}

/* Documents, meta, heads and projections are pages like others. */
static void everything_in_it_is_copied(void **state)
{
    uint8_t digest[32], content[5000];
    size_t n = 0;
    uint64_t position = 9;
    (void)state;
    memset(content, 'd', sizeof content);
    assert_int_equal(store_projection(store, "p", "CREATE TABLE p (a INTEGER) STRICT", &position),
                     0);
    assert_int_equal(run_sql("INSERT INTO p VALUES (17)"), 0);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_document_put(store, bytes_view_of(content, sizeof content), digest), 0);
    assert_int_equal(store_projection_seen(store, "p", 5), 0);
    assert_int_equal(store_commit(store), 0);
    close_it();
    assert_int_equal(write_fresh(), 0);
    assert_int_equal(store_rekey_swap("store", FRESH), 0);
    assert_int_equal(store_open("store", ENCLAVE, next, &store), 0);
    assert_int_equal(store_document_get(store, digest, content, sizeof content, &n), 0);
    assert_int_equal(n, sizeof content);
    assert_int_equal(store_projection(store, "p", "CREATE TABLE p (a INTEGER) STRICT", &position),
                     0);
    assert_int_equal(position, 5);
    assert_int_equal(run_sql("UPDATE p SET a = 18 WHERE a = 17"), 0);
    assert_int_equal(sqlite3_changes(store_db(store)), 1);
}

/* A worker that commits one more event and never closes; a secret does not pass a fork. */
static void commit_and_die(void)
{
    uint8_t raw[32];
    memset(raw, 3, sizeof raw);
    pid_t pid = fork();
    if (pid == 0) {
        struct secret *own = NULL;
        uint64_t sequence;
        if (secret_copy(raw, 32, &own) == 0 && store_open("store", ENCLAVE, own, &store) == 0 &&
            store_begin(store) == 0 &&
            store_append(store, bytes_text("the last"), &sequence) == 0 && store_commit(store) == 0)
            _exit(0);
        _exit(1);
    }
    int status = -1;
    assert_true(waitpid(pid, &status, 0) == pid && status == 0);
}

/* What a killed worker left in the write-ahead log is in the copy, and the log is gone. */
static void a_hot_log_is_taken_in_before(void **state)
{
    (void)state;
    close_it();
    commit_and_die();
    struct stat st;
    assert_true(stat("store-wal", &st) == 0 && st.st_size > 0);
    assert_int_equal(write_fresh(), 0);
    assert_int_equal(store_rekey_swap("store", FRESH), 0);
    assert_int_equal(store_open("store", ENCLAVE, next, &store), 0);
    assert_int_equal(store_size(store), 301);
}

/* The wrong key first, on a hot log, as a worker does it in the middle of a rekey. */
static void a_wrong_key_first_harms_no_log(void **state)
{
    (void)state;
    close_it();
    commit_and_die();
    assert_int_equal(store_open("store", ENCLAVE, next, &store), ERR_KEY);
    assert_int_equal(store_open("store", ENCLAVE, next, &store), ERR_KEY);
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
    assert_int_equal(store_size(store), 301);
}

/* ---- every state between: files by which key the store has ---- */

static void before_the_swap_the_old_key_opens(void **state)
{
    static const char *const left[] = {FRESH, FRESH ".format", FRESH "-wal", FRESH "-journal"};
    (void)state;
    close_it();
    for (unsigned set = 0; set < 16; set++) {
        for (unsigned i = 0; i < 4; i++)
            if (set >> i & 1) {
                int fd = open(left[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
                assert_true(write(fd, "half a page of something", 24) == 24);
                close(fd);
            }
        assert_int_equal(look(), STORE_REKEY_OLD);
        assert_true(worker_opens());
        assert_int_equal(write_fresh(), 0); /* and run again it begins anew */
        assert_true(opens("store", key) && opens(FRESH, next));
    }
    assert_int_equal(store_rekey_swap("store", FRESH), 0);
    assert_int_equal(look(), STORE_REKEY_NEW);
}

static void a_copy_cut_at_any_page_is_never_taken(void **state)
{
    struct stat st;
    (void)state;
    close_it();
    assert_int_equal(write_fresh(), 0);
    assert_int_equal(stat(FRESH, &st), 0);
    for (off_t at = 0; at < st.st_size; at += 4096) {
        assert_int_equal(truncate(FRESH, at), 0);
        assert_int_equal(look(), STORE_REKEY_OLD);
        assert_true(worker_opens());
        at += 4096 * 7;
    }
    assert_int_equal(write_fresh(), 0);
    assert_true(opens(FRESH, next));
}

static void behind_the_swap_the_new_key_opens_and_a_second_run_has_nothing_to_write(void **state)
{
    (void)state;
    close_it();
    assert_int_equal(write_fresh(), 0);
    assert_int_equal(renameat(AT_FDCWD, FRESH, AT_FDCWD, "store"), 0); /* and killed */
    assert_true(is_there(FRESH ".format"));
    assert_int_equal(look(), STORE_REKEY_NEW);
    assert_true(worker_opens());
    store_rekey_forget(FRESH);
    assert_int_equal(look(), STORE_REKEY_NEW);
    assert_false(is_there(FRESH ".format"));
}

/* What it replaced has the old key, which would be destroyed. */
static void where_a_restoration_was_not_finished_no_key_is_changed(void **state)
{
    enum store_rekey_state found = STORE_REKEY_NEW;
    (void)state;
    close_it();
    assert_int_equal(rename("store", STORE_RESTORED), 0);
    assert_int_equal(store_rekey_look("store", ENCLAVE, key, next, &found), ERR_STATE);
    assert_int_equal(rename(STORE_RESTORED, "store"), 0);
    assert_int_equal(look(), STORE_REKEY_OLD);
}

static void without_a_store_there_is_nothing_to_do(void **state)
{
    (void)state;
    close_it();
    assert_int_equal(unlink("store"), 0);
    assert_int_equal(look(), STORE_REKEY_NONE);
    assert_false(is_there("store"));
}

static void neither_key_is_said_so(void **state)
{
    struct secret *a = secret_of(8, 32), *b = secret_of(9, 32);
    enum store_rekey_state found = STORE_REKEY_NONE;
    (void)state;
    close_it();
    assert_int_equal(store_rekey_look("store", ENCLAVE, a, b, &found), ERR_KEY);
    assert_int_equal(store_rekey_write("store", FRESH, ENCLAVE, a, b, NULL, NULL), ERR_KEY);
    assert_int_equal(store_rekey_look("store", "e0000000", key, next, &found), ERR_FORMAT);
    secret_free(a);
    secret_free(b);
}

static void a_log_beside_either_file_stops_the_swap(void **state)
{
    static const char *const logs[] = {"store-wal", FRESH "-wal", "store-journal",
                                       FRESH "-journal"};
    (void)state;
    close_it();
    assert_int_equal(write_fresh(), 0);
    for (size_t i = 0; i < 4; i++) {
        close(open(logs[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        assert_int_equal(store_rekey_swap("store", FRESH), ERR_STATE);
        unlink(logs[i]);
        assert_true(opens("store", key) && opens(FRESH, next));
    }
}

static unsigned last;
static void remember(void *context, unsigned percent)
{
    assert_true(percent > last || percent == 100);
    assert_ptr_equal(context, &last);
    last = percent;
}

static void progress_is_told_to_its_end(void **state)
{
    (void)state;
    close_it();
    last = 0;
    assert_int_equal(store_rekey_write("store", FRESH, ENCLAVE, key, next, remember, &last), 0);
    assert_int_equal(last, 100);
}

static void the_room_is_the_stores_size_and_some(void **state)
{
    uint64_t needed = 0, there = 0;
    struct stat st, log;
    (void)state;
    assert_int_equal(stat("store", &st), 0);
    assert_int_equal(stat("store-wal", &log), 0);
    assert_int_equal(store_rekey_room("store", &needed, &there), 0);
    assert_true(needed >= (uint64_t)(st.st_size + log.st_size));
    assert_true(there > 0);
}

#undef CASE
#define CASE(name) cmocka_unit_test_setup_teardown(name, with_next, without_next)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(the_copy_has_the_next_key_and_all_events),
        CASE(everything_in_it_is_copied),
        CASE(a_hot_log_is_taken_in_before),
        CASE(a_wrong_key_first_harms_no_log),
        CASE(before_the_swap_the_old_key_opens),
        CASE(a_copy_cut_at_any_page_is_never_taken),
        CASE(behind_the_swap_the_new_key_opens_and_a_second_run_has_nothing_to_write),
        CASE(where_a_restoration_was_not_finished_no_key_is_changed),
        CASE(without_a_store_there_is_nothing_to_do),
        CASE(neither_key_is_said_so),
        CASE(a_log_beside_either_file_stops_the_swap),
        CASE(progress_is_told_to_its_end),
        CASE(the_room_is_the_stores_size_and_some),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
