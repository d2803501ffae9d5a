#include "tests/crypto/cases.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void new_secret_is_zeros_and_random_is_not(void **state)
{
    static const uint8_t zeros[32];
    struct secret *a = NULL, *b = NULL;
    (void)state;

    assert_int_equal(secret_new(32, &a), 0);
    assert_int_equal(secret_random(32, &b), 0);
    assert_memory_equal(secret_open(a), zeros, 32);
    assert_memory_not_equal(secret_open(b), zeros, 32);
    assert_int_equal(secret_length(b), 32);
    secret_close(a);
    secret_close(b);
    secret_free(a);
    secret_free(b);
    secret_free(NULL);
}

static void refuses_a_length_out_of_range(void **state)
{
    struct secret *s = NULL;
    (void)state;

    assert_int_equal(secret_new(0, &s), ERR_SIZE);
    assert_int_equal(secret_new(SECRET_MAX + 1, &s), ERR_SIZE);
    assert_null(s);
}

/* The signal that ends a child which reads ${at}; 0 if it could. */
static int signal_of_reading(const volatile uint8_t *at)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        _exit(*at == 77);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* Whether the kernel reads ${at} for us: it says EFAULT where we would fault. */
static int readable(const uint8_t *at)
{
    int ends[2], r;

    assert_int_equal(pipe(ends), 0);
    r = write(ends[1], at, 1) == 1;
    assert_true(r || errno == EFAULT);
    close(ends[0]);
    close(ends[1]);
    return r;
}

static void is_unreadable_while_idle_and_nests(struct secret *s)
{
    const uint8_t *at = secret_open(s);

    assert_true(readable(at));
    assert_ptr_equal(secret_open(s), at);
    secret_open_writable(s)[1] = 5;
    secret_close(s);
    secret_close(s);
    assert_int_equal(at[1], 5);
    secret_close(s);
    assert_false(readable(at));
}

static void is_not_inherited_by_a_child(struct secret *s)
{
    const uint8_t *at = secret_open(s);

    assert_int_equal(signal_of_reading(at), SIGSEGV);
    secret_close(s);
}

static void own_memory_is_closed_when_idle(void **state)
{
    struct secret *s = secret_of(7, 32);
    (void)state;

    is_unreadable_while_idle_and_nests(s);
    is_not_inherited_by_a_child(s);
    secret_free(s);
}

static void takes_what_was_handed_out(void **state)
{
    struct secret *a = secret_of(9, 32), *b = NULL;
    int fd = -1, r = secret_hand_out(a, &fd);
    (void)state;

    if (r == ERR_STATE) {
        print_message("skipped: this kernel has no memfd_secret\n");
        secret_free(a);
        skip();
    }
    assert_int_equal(r, 0);
    assert_int_equal(secret_take(fd, 32, &b), 0);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_memory_equal(secret_open(a), secret_open(b), 32);
    secret_close(a);
    secret_close(b);
    is_unreadable_while_idle_and_nests(b);
    is_not_inherited_by_a_child(b);
    secret_free(a);
    secret_free(b);
}

static void takes_a_plain_one_and_wipes_it(void **state)
{
    static const uint8_t zeros[32];
    struct secret *a = secret_of(9, 32), *b = NULL;
    uint8_t left[32];
    int fd = -1, again;
    (void)state;

    assert_int_equal(secret_hand_out_plain(a, &fd), 0);
    again = dup(fd);
    assert_int_equal(secret_take(fd, 32, &b), 0);
    assert_memory_equal(secret_open(a), secret_open(b), 32);
    assert_int_equal(pread(again, left, 32, 0), 32);
    assert_memory_equal(left, zeros, 32);
    close(again);
    secret_close(a);
    secret_close(b);
    secret_free(a);
    secret_free(b);
}

static void refuses_another_length_and_another_file(void **state)
{
    struct secret *a = secret_of(9, 32), *b = NULL;
    int fd = -1;
    (void)state;

    assert_int_equal(secret_hand_out_plain(a, &fd), 0);
    assert_int_equal(secret_take(fd, 31, &b), ERR_KEY);
    fd = memfd_create("not sealed", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, 32), 0);
    assert_int_equal(secret_take(fd, 32, &b), ERR_KEY);
    assert_int_equal(secret_take(open("/dev/null", O_RDONLY), 32, &b), ERR_KEY);
    assert_int_equal(secret_take(-1, 32, &b), ERR_SYSTEM);
    assert_null(b);
    secret_free(a);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(new_secret_is_zeros_and_random_is_not),
        cmocka_unit_test(refuses_a_length_out_of_range),
        cmocka_unit_test(own_memory_is_closed_when_idle),
        cmocka_unit_test(takes_what_was_handed_out),
        cmocka_unit_test(takes_a_plain_one_and_wipes_it),
        cmocka_unit_test(refuses_another_length_and_another_file),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
