#include "tests/enclave/keys/made.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static int dir = -1;
static struct keyring back;

static int set_up(void **state)
{
    made(state);
    strcpy(directory, "/tmp/casemate-keys-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir < 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {KEYRING_FILE, KEYRING_FILE ".new", "copy"};
    for (size_t i = 0; i < 3; i++)
        (void)!unlinkat(dir, names[i], 0);
    close(dir);
    return rmdir(directory) | let_go(state);
}

static size_t read_file(const char *name, char *out, size_t room)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t n = read(fd, out, room);
    close(fd);
    assert_true(n >= 0);
    return (size_t)n;
}

static void what_was_saved_is_loaded(void **state)
{
    struct secret *out = NULL;
    struct stat st;
    (void)state;
    assert_int_equal(keyring_load(dir, &back, why), ERR_UNKNOWN);
    assert_int_equal(keyring_save(dir, &ring, root), 0);
    assert_int_equal(keyring_load(dir, &back, why), 0);
    assert_int_equal(back.serial, 1);
    assert_int_equal(keyring_open(&back, unlock, NULL, &out, why), 0);
    assert_int_equal(fstatat(dir, KEYRING_FILE, &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    secret_free(out);
}

/* The keeper opens the ring that it has in memory, when custodians agree to something. */
static void what_was_saved_opens_without_being_loaded(void **state)
{
    struct secret *out = NULL;
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(keyring_begin(&ring, root, ONE, NOW), 0);
        assert_int_equal(keyring_open(&ring, unlock, NULL, &out, why), ERR_DIGEST);
        assert_int_equal(keyring_save(dir, &ring, root), 0);
        assert_int_equal(keyring_open(&ring, unlock, NULL, &out, why), 0);
        secret_free(out);
        out = NULL;
        assert_int_equal(keyring_promote(&ring, ONE, NOW), 0);
    }
}

static void each_saving_counts(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 4; i++) {
        assert_int_equal(keyring_save(dir, &ring, root), 0);
        assert_int_equal(keyring_load(dir, &back, why), 0);
        assert_int_equal(back.serial, i);
    }
}

static void what_the_file_of_before_held_is_overwritten(void **state)
{
    static char bytes[KEYRING_TEXT_MAX];
    (void)state;
    assert_int_equal(keyring_save(dir, &ring, root), 0);
    int before = openat(dir, KEYRING_FILE, O_RDONLY | O_CLOEXEC);
    assert_int_equal(keyring_save(dir, &ring, root), 0);
    ssize_t n = read(before, bytes, sizeof bytes);
    close(before);
    assert_true(n > 1000);
    for (ssize_t i = 0; i < n; i++)
        assert_int_equal(bytes[i], 0);
}

static void a_copy_that_somebody_linked_is_left_alone(void **state)
{
    static char bytes[KEYRING_TEXT_MAX];
    (void)state;
    assert_int_equal(keyring_save(dir, &ring, root), 0);
    assert_int_equal(linkat(dir, KEYRING_FILE, dir, "copy", 0), 0);
    assert_int_equal(keyring_save(dir, &ring, root), 0);
    size_t n = read_file("copy", bytes, sizeof bytes);
    assert_int_equal(keyring_parse(bytes_view_of(bytes, n), &back, why), 0);
    assert_int_equal(back.serial, 1);
}

/* Killed before the new file had its name: the old one is there, and the next saving is whole. */
static void half_a_new_file_says_nothing(void **state)
{
    (void)state;
    assert_int_equal(keyring_save(dir, &ring, root), 0);
    int fd = openat(dir, KEYRING_FILE ".new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    static char junk[KEYRING_TEXT_MAX];
    memset(junk, 'x', sizeof junk);
    assert_int_equal(write(fd, junk, sizeof junk), sizeof junk);
    close(fd);
    assert_int_equal(keyring_load(dir, &back, why), 0);
    assert_int_equal(back.serial, 1);
    assert_int_equal(keyring_save(dir, &ring, root), 0);
    assert_int_equal(keyring_load(dir, &back, why), 0);
    assert_int_equal(back.serial, 2);
}

static void a_saving_that_fails_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(keyring_save(dir, &ring, root), 0);
    assert_int_equal(mkdirat(dir, KEYRING_FILE ".new", 0700), 0);
    assert_int_equal(keyring_save(dir, &ring, root), ERR_SYSTEM);
    assert_int_equal(ring.serial, 1);
    assert_int_equal(unlinkat(dir, KEYRING_FILE ".new", AT_REMOVEDIR), 0);
    assert_int_equal(keyring_load(dir, &back, why), 0);
    assert_int_equal(back.serial, 1);
}

static void refuses_a_file_that_is_too_large_or_not_in_its_form(void **state)
{
    static char junk[KEYRING_TEXT_MAX + 100];
    (void)state;
    memset(junk, 'x', sizeof junk);
    for (size_t i = 0; i < 3; i++) {
        static const size_t sizes[] = {0, 100, sizeof junk};
        int fd = openat(dir, KEYRING_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_true(write(fd, junk, sizes[i]) == (ssize_t)sizes[i]);
        close(fd);
        assert_int_not_equal(keyring_load(dir, &back, why), 0);
        assert_non_null(strstr(why, "The key ring is not in its form, line 1"));
    }
}

#undef CASE
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(what_was_saved_is_loaded),
        CASE(what_was_saved_opens_without_being_loaded),
        CASE(each_saving_counts),
        CASE(what_the_file_of_before_held_is_overwritten),
        CASE(a_copy_that_somebody_linked_is_left_alone),
        CASE(half_a_new_file_says_nothing),
        CASE(a_saving_that_fails_changes_nothing),
        CASE(refuses_a_file_that_is_too_large_or_not_in_its_form),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
