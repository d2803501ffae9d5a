#include "tests/crypto/cases.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enclave/audit/journal.h"

/*
 * A journal cannot be closed: it is open as long as its process lives.  So each opening here is
 * a child's, which says what it found by its exit status.
 */
#define EXIT_LINES 64 /* and the number of lines below it */
#define OWN        2  /* with which every segment begins: segment, begin */

static char directory[64];
static char data[1 << 20], changed[1 << 20];
static size_t length;

static int set_up(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/casemate-journal-XXXXXX");
    return !mkdtemp(directory) || chdir(directory) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink("journal.log");
    return chdir("/") != 0 || rmdir(directory) != 0;
}

static void each(void *context, const char *origin, const char *kind, char *fields)
{
    unsigned *n = context;
    char expected[40];
    if (strcmp(kind, "segment") == 0 || strcmp(kind, "begin") == 0)
        return;
    snprintf(expected, sizeof expected, "field %u", *n);
    if (strcmp(origin, "worker/e3f9k2m1") == 0 &&
        (strcmp(kind, "audit") != 0 || strcmp(fields, expected) != 0))
        abort();
    ++*n;
}

/* Open it, and add ${more} lines: the exit status of the child. */
static int opened(unsigned more)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct journal *j;
        char fields[40];
        unsigned n = 0;
        int r = journal_open(each, &n, &j);
        if (r)
            _exit(-r);
        if (journal_lines(j) != n + OWN)
            _exit(EXIT_LINES - 1);
        for (unsigned i = 0; i < more; i++) {
            snprintf(fields, sizeof fields, "field %u", n + i);
            if (journal_add(j, "worker/e3f9k2m1", "audit", fields) != 0)
                _exit(EXIT_LINES - 2);
        }
        if (journal_sync(j) != 0)
            _exit(EXIT_LINES - 3);
        _exit(EXIT_LINES + (int)journal_lines(j) - OWN);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void load(void)
{
    int fd = open("journal.log", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, data, sizeof data);
    assert_true(n >= 0);
    length = (size_t)n;
    memcpy(changed, data, length);
    close(fd);
}

static void save(const char *from, size_t n)
{
    int fd = open("journal.log", O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, from, n), n);
    close(fd);
}

/* The ${n}th line behind its own: where it begins; the next one gives its end. */
static size_t line_at(unsigned n)
{
    size_t at = 0;
    for (n += OWN; n; n--)
        at = (size_t)((char *)memchr(data + at, '\n', length - at) + 1 - data);
    return at;
}

static void lines_come_back_in_their_order(void **state)
{
    (void)state;
    assert_int_equal(opened(0), EXIT_LINES);
    assert_int_equal(opened(3), EXIT_LINES + 3);
    assert_int_equal(opened(4), EXIT_LINES + 7);
    assert_int_equal(opened(0), EXIT_LINES + 7);
}

static void what_was_not_synced_is_not_there(void **state)
{
    int status;
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct journal *j;
        unsigned n = 0;
        _exit(journal_open(each, &n, &j) || journal_add(j, "worker/e3f9k2m1", "audit", "field 0"));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(opened(0), EXIT_LINES);
}

static void refuses_every_changed_byte(void **state)
{
    (void)state;
    assert_int_equal(opened(3), EXIT_LINES + 3);
    load();
    for (size_t i = 0; i < length - 1; i++) {
        changed[i] ^= 1;
        save(changed, length);
        int r = opened(0);
        if (r != -ERR_DIGEST && r != -ERR_FORMAT)
            fail_msg("byte %zu was changed unseen: %d", i, r);
        changed[i] = data[i];
    }
    save(data, length);
    assert_int_equal(opened(0), EXIT_LINES + 3);
}

static void refuses_a_line_removed_repeated_or_moved(void **state)
{
    (void)state;
    assert_int_equal(opened(4), EXIT_LINES + 4);
    load();
    size_t one = line_at(1), two = line_at(2), three = line_at(3);
    /* without the second */
    memcpy(changed + one, data + two, length - two);
    save(changed, length - (two - one));
    assert_int_equal(opened(0), -ERR_DIGEST);
    /* without the first, and without its own */
    size_t begin = line_at(0);
    memcpy(changed, data, begin);
    memcpy(changed + begin, data + one, length - one);
    save(changed, length - (one - begin));
    assert_int_equal(opened(0), -ERR_DIGEST);
    save(data + begin, length - begin);
    assert_int_equal(opened(0), -ERR_DIGEST);
    /* the second twice */
    memcpy(changed, data, two);
    memcpy(changed + two, data + one, length - one);
    save(changed, length + (two - one));
    assert_int_equal(opened(0), -ERR_DIGEST);
    /* the second and third changed over */
    memcpy(changed, data, length);
    memcpy(changed + one, data + two, three - two);
    memcpy(changed + one + (three - two), data + one, two - one);
    save(changed, length);
    assert_int_equal(opened(0), -ERR_DIGEST);
}

/* A line that was cut short was never acknowledged; it goes, and the journal goes on. */
static void a_last_line_cut_short_is_cut_off(void **state)
{
    (void)state;
    assert_int_equal(opened(3), EXIT_LINES + 3);
    load();
    size_t last = line_at(2);
    for (size_t n = last; n < length; n++) {
        save(data, n);
        assert_int_equal(opened(1), EXIT_LINES + 3);
        assert_int_equal(opened(0), EXIT_LINES + 3);
    }
}

/* Power was cut while the last write was on its way: what the disk had not taken reads as zeros,
 * and later sectors may be there.  It was never acknowledged. */
static void a_last_write_with_holes_is_cut_off(void **state)
{
    (void)state;
    assert_int_equal(opened(2), EXIT_LINES + 2);
    assert_int_equal(opened(5), EXIT_LINES + 7);
    load();
    size_t from = line_at(2);
    for (size_t hole = from; hole + 30 < length; hole += 23) {
        memcpy(changed, data, length);
        memset(changed + hole, 0, 30);
        save(changed, length);
        unsigned whole = 2;
        while (whole < 7 && line_at(whole + 1) <= hole)
            whole++;
        assert_int_equal(opened(0), EXIT_LINES + whole);
        assert_int_equal(opened(1), EXIT_LINES + whole + 1);
    }
}

static void a_journal_larger_than_its_buffer_reads_whole(void **state)
{
    int status;
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct journal *j;
        unsigned n = 0;
        static char fields[1000];
        memset(fields, 'f', sizeof fields - 1);
        if (journal_open(each, &n, &j))
            _exit(1);
        for (unsigned i = 0; i < 600; i++)
            if (journal_add(j, "auditor/-", "start", fields))
                _exit(2);
        _exit(journal_sync(j) ? 3 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    child = fork();
    if (child == 0) {
        struct journal *j;
        unsigned n = 0;
        _exit(journal_open(each, &n, &j) || n != 600 ? 1 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* More than one write lies behind the hole: that was acknowledged, and the disk has lost it. */
static void refuses_a_hole_with_more_than_a_write_behind_it(void **state)
{
    (void)state;
    a_journal_larger_than_its_buffer_reads_whole(state);
    load();
    memset(data + 2000, 0, 512);
    save(data, length);
    assert_int_equal(opened(0), -ERR_FORMAT);
}

/* The second read fails: the disk, not the journal, is at fault, and not a byte may go. */
static void a_failed_read_cuts_nothing_off(void **state)
{
    int status;
    (void)state;
    a_journal_larger_than_its_buffer_reads_whole(state);
    load();
    size_t before = length;
    pid_t child = fork();
    if (child == 0) {
        struct journal *j;
        unsigned n = 0;
        scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
        const struct scmp_arg_cmp smaller = {
            .arg = 2, .op = SCMP_CMP_LT, .datum_a = 256 * 1024, .datum_b = 0};
        if (!f ||
            seccomp_rule_add_array(f, SCMP_ACT_ERRNO(EIO), SCMP_SYS(read), 1, &smaller) != 0 ||
            seccomp_load(f) != 0)
            _exit(77);
        _exit(-journal_open(each, &n, &j));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    load();
    assert_int_equal(length, before);
    assert_int_equal(WEXITSTATUS(status), -ERR_SYSTEM);
}

static void refuses_a_line_that_is_too_long(void **state)
{
    int status;
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct journal *j;
        unsigned n = 0;
        static char fields[JOURNAL_LINE_MAX];
        memset(fields, 'f', sizeof fields - 1);
        if (journal_open(each, &n, &j))
            _exit(1);
        if (journal_add(j, "auditor/-", "start", fields) != ERR_SIZE)
            _exit(2);
        fields[JOURNAL_LINE_MAX - 200] = '\0'; /* the longest that is certain to fit */
        if (journal_add(j, "auditor/-", "start", fields) != 0 || journal_lines(j) != 1 + OWN)
            _exit(3);
        _exit(journal_sync(j) ? 4 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(opened(0), EXIT_LINES + 1);
}

static void refuses_what_is_no_journal(void **state)
{
    (void)state;
    save("hello\n", 6);
    assert_int_equal(opened(0), -ERR_FORMAT);
    memset(changed, 'x', sizeof changed);
    save(changed, sizeof changed);
    assert_int_equal(opened(0), -ERR_FORMAT);
    memset(changed, '\n', 5000);
    save(changed, 5000);
    assert_int_equal(opened(0), -ERR_FORMAT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(lines_come_back_in_their_order),
        CASE(what_was_not_synced_is_not_there),
        CASE(refuses_every_changed_byte),
        CASE(refuses_a_line_removed_repeated_or_moved),
        CASE(a_last_line_cut_short_is_cut_off),
        CASE(a_journal_larger_than_its_buffer_reads_whole),
        CASE(a_failed_read_cuts_nothing_off),
        CASE(refuses_a_line_that_is_too_long),
        CASE(a_last_write_with_holes_is_cut_off),
        CASE(refuses_a_hole_with_more_than_a_write_behind_it),
        CASE(refuses_what_is_no_journal),
    };
    return cmocka_run_group_tests_name("audit/journal", cases, NULL, NULL);
}
