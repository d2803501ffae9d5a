#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "appliance/cli/pin.h"
#include "tests/crypto/cases.h"

static char path[] = "/tmp/casemate-pin-XXXXXX";
static char pin[PIN_MAX + 1];

static int set_up(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    close(fd);
    return fd < 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

/* What is read from a file of these bytes and this mode; complaints are not shown. */
static int from_file(const void *data, size_t length, mode_t mode)
{
    struct cli o = {.site = "", .pin_file = path};
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC), kept = dup(STDERR_FILENO);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_true(write(fd, data, length) == (ssize_t)length);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    dup2(nowhere, STDERR_FILENO);
    memset(pin, 'x', sizeof pin);
    int r = pin_read(&o, "PIN", pin);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(nowhere);
    return r;
}

static void reads_the_one_line_of_a_file_of_its_owner(void **state)
{
    (void)state;
    assert_int_equal(from_file("4711\n", 5, 0600), 0);
    assert_string_equal(pin, "4711");
    assert_int_equal(from_file("4711", 4, 0400), 0);
    assert_string_equal(pin, "4711");
    assert_int_equal(from_file("4711\r\n", 6, 0600), 0);
    assert_string_equal(pin, "4711");
}

static void refuses_a_file_that_others_may_read(void **state)
{
    (void)state;
    assert_int_equal(from_file("4711\n", 5, 0640), CLI_REFUSED);
    assert_int_equal(from_file("4711\n", 5, 0604), CLI_REFUSED);
    assert_int_equal(pin[0], 'x');
}

static void refuses_what_is_no_single_line(void **state)
{
    char longest[PIN_MAX + 2];
    (void)state;
    memset(longest, '1', sizeof longest);
    assert_int_equal(from_file("", 0, 0600), CLI_REFUSED);
    assert_int_equal(from_file("\n", 1, 0600), CLI_REFUSED);
    assert_int_equal(from_file("4711\n0815\n", 10, 0600), CLI_REFUSED);
    assert_int_equal(from_file("47\0"
                               "11\n",
                               6, 0600),
                     CLI_REFUSED);
    assert_int_equal(from_file(longest, PIN_MAX, 0600), 0);
    assert_int_equal(from_file(longest, PIN_MAX + 1, 0600), CLI_REFUSED);
}

static void refuses_a_link_and_what_is_no_file(void **state)
{
    char link[80];
    struct cli o = {.site = "", .pin_file = link};
    (void)state;
    assert_int_equal(from_file("4711\n", 5, 0600), 0);
    snprintf(link, sizeof link, "%s.link", path);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(pin_read(&o, "PIN", pin), CLI_TROUBLE);
    unlink(link);
    o.pin_file = "/dev/null";
    assert_int_equal(pin_read(&o, "PIN", pin), CLI_REFUSED);
}

/* Somebody types on a terminal: the prompt comes, the PIN is not echoed, and echo is back after it.
 */
static void what_is_typed_is_not_shown(void **state)
{
    static const char typed[] = "471147\n";
    char said[400];
    size_t used = 0;
    int terminal, status;
    ssize_t n;
    (void)state;
    pid_t child = forkpty(&terminal, NULL, NULL, NULL);
    assert_true(child >= 0);
    if (child == 0) {
        struct cli o = {.site = ""};
        bool right = pin_read(&o, "PIN of CW-1", pin) == 0 && strcmp(pin, "471147") == 0;
        fprintf(stderr, "afterwards");
        _exit(right ? 0 : 9);
    }
    bool answered = false;
    while (used + 1 < sizeof said &&
           (n = read(terminal, said + used, sizeof said - 1 - used)) > 0) {
        used += (size_t)n;
        said[used] = '\0';
        if (!answered && strstr(said, "PIN of CW-1: ")) {
            answered = true;
            assert_true(write(terminal, typed, sizeof typed - 1) == (ssize_t)sizeof typed - 1);
        }
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    close(terminal);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_non_null(strstr(said, "afterwards"));
    assert_null(strstr(said, "4711"));
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(reads_the_one_line_of_a_file_of_its_owner),
        cmocka_unit_test(refuses_a_file_that_others_may_read),
        cmocka_unit_test(refuses_what_is_no_single_line),
        cmocka_unit_test(refuses_a_link_and_what_is_no_file),
        cmocka_unit_test(what_is_typed_is_not_shown),
    };
    return cmocka_run_group_tests(cases, set_up, tear_down);
}
