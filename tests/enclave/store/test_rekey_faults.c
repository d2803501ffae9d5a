/*
 * A rekey while the k-th call on a file fails, for every k: the disk is full, or does not
 * sync, or does not rename.  Whatever fails, the store is whole under one of its two keys,
 * and doing it again finishes it.
 */
#include "tests/enclave/store/opened.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "enclave/store/rekey.h"

#define FRESH  "store.next"
#define EVENTS 1500

static struct secret *next;
static unsigned fail_at, calls;
static int failing_with;

static bool fails(void)
{
    if (!fail_at || ++calls != fail_at)
        return false;
    errno = failing_with;
    return true;
}

/* In front of libc's, for us and for the engine. */
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    if (fails()) { /* half of it is there */
        int kept = errno;
        (void)syscall(SYS_pwrite64, fd, data, size / 2, at);
        errno = kept;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, data, size, at);
}

int fsync(int fd)
{
    return fails() ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return fails() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int renameat(int from, const char *a, int to, const char *b)
{
    return fails() ? -1 : (int)syscall(SYS_renameat, from, a, to, b);
}

int ftruncate64(int fd, off64_t size)
{
    return fails() ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

static int with_events(void **state)
{
    next = secret_of(4, 32);
    if (set_up(state) != 0)
        return -1;
    append_committed(EVENTS);
    store_close(store);
    store = NULL;
    return 0;
}

static int without(void **state)
{
    fail_at = 0;
    secret_free(next);
    return tear_down(state);
}

static bool opens(const struct secret *with)
{
    struct store *s = NULL;
    bool whole = store_open("store", ENCLAVE, with, &s) == 0 && store_size(s) == EVENTS;
    store_close(s);
    return whole;
}

/* What the worker's binary does, from its look at the store to the rename. */
static int rekey(void)
{
    enum store_rekey_state found = STORE_REKEY_NONE;
    int r = store_rekey_look("store", ENCLAVE, key, next, &found);
    if (r || found == STORE_REKEY_NEW)
        return r;
    r = store_rekey_write("store", FRESH, ENCLAVE, key, next, NULL, NULL);
    if (r == 0)
        r = store_rekey_swap("store", FRESH);
    if (r)
        store_rekey_forget(FRESH);
    return r;
}

/* Every k, until nothing fails; then the store goes back to its first key. */
static unsigned sweep(int code)
{
    unsigned k, unfinished = 0;
    failing_with = code;
    for (k = 1; k < 2000; k++) {
        fail_at = k;
        calls = 0;
        int r = rekey();
        bool reached = calls >= k;
        fail_at = 0;
        bool first = opens(key), second = opens(next);
        if (first == second)
            fail_msg("call %u: the store opens with %s", k, first ? "both keys" : "neither");
        if (r == 0 && !second)
            fail_msg("call %u: it says that it is done, and is not", k);
        unfinished += r != 0;
        assert_int_equal(rekey(), 0); /* again, without a fault */
        assert_true(opens(next));
        struct secret *back = key; /* and the other way round */
        key = next;
        next = back;
        if (!reached) {
            print_message("%u calls failed, %u of them stopped it\n", k - 1, unfinished);
            return unfinished;
        }
    }
    fail_msg("it never came to its end");
    return 0;
}

static void a_full_disk_at_each_call(void **state)
{
    (void)state;
    assert_true(sweep(ENOSPC) > 10);
}

static void a_disk_that_fails_at_each_call(void **state)
{
    (void)state;
    assert_true(sweep(EIO) > 10);
}

#undef CASE
#define CASE(name) cmocka_unit_test_setup_teardown(name, with_events, without)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(a_full_disk_at_each_call),
        CASE(a_disk_that_fails_at_each_call),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
