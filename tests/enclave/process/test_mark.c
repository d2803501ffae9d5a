/* What the disk has failed: a mark that outlives the process, and an end that says it. */
#include "tests/crypto/cases.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enclave/process/mark.h"
#include "enclave/process/process.h"

#define MARK "unsure"

static char directory[64];

static int set_up(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/casemate-mark-XXXXXX");
    return !mkdtemp(directory) || chdir(directory) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    rmdir(MARK);
    unlink(MARK);
    return chdir("/") != 0 || rmdir(directory) != 0;
}

static bool is_there(void)
{
    return access(MARK, F_OK) == 0;
}

/* The exit status of a process that ${r} ends. */
static int end_of(int r)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        mark_end(MARK, r, "in a case");
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_failed_disk_leaves_a_mark_and_a_status(void **state)
{
    static const int codes[] = {ERR_STORE, ERR_SYSTEM};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        bool there = false;
        assert_int_equal(end_of(codes[i]), PROCESS_EXIT_UNSURE);
        assert_true(is_there());
        assert_int_equal(mark_begin(MARK, false, &there), 0);
        assert_true(there);
        assert_int_equal(mark_remove(MARK), 0);
        assert_false(is_there());
    }
}

static void a_full_disk_or_no_memory_leaves_none(void **state)
{
    (void)state;
    assert_int_equal(end_of(ERR_FULL), 1);
    assert_int_equal(end_of(ERR_MEMORY), 1);
    assert_false(is_there());
}

static void a_disk_that_takes_no_mark_is_remembered_by_the_status(void **state)
{
    bool there = false;
    (void)state;
    assert_int_equal(mkdir(MARK, 0700), 0); /* no file can be made there */
    assert_int_equal(end_of(ERR_SYSTEM), PROCESS_EXIT_UNSURE);
    assert_int_equal(mark_begin(MARK, true, &there), ERR_SYSTEM); /* the next one does not begin */
    assert_false(there);
    assert_int_equal(rmdir(MARK), 0);
    assert_int_equal(mark_begin(MARK, true, &there), 0);
    assert_true(there);
    there = false;
    assert_int_equal(mark_begin(MARK, false, &there), 0); /* and it stays */
    assert_true(there);
}

static void where_nothing_failed_there_is_none(void **state)
{
    bool there = true;
    (void)state;
    assert_int_equal(mark_begin(MARK, false, &there), 0);
    assert_false(there);
    assert_false(is_there());
    assert_int_equal(mark_remove(MARK), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest cases[] = {
        CASE(a_failed_disk_leaves_a_mark_and_a_status),
        CASE(a_full_disk_or_no_memory_leaves_none),
        CASE(a_disk_that_takes_no_mark_is_remembered_by_the_status),
        CASE(where_nothing_failed_there_is_none),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
