#include "tests/transfer/guard_b/world.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transfer/guard_b/disk.h"

static char path[] = "/tmp/guard-b-disk-XXXXXX";
static int directory = -1;

static int setup(void **state)
{
    (void)state;
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    assert_non_null(mkdtemp(path));
    directory = open(path, O_RDONLY | O_DIRECTORY);
    return directory < 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"chain", "chain.new"};
    (void)state;
    for (size_t i = 0; i < 2; i++)
        if (unlinkat(directory, names[i], 0) != 0)
            (void)unlinkat(directory, names[i], AT_REMOVEDIR);
    close(directory);
    return rmdir(path);
}

static void reads_what_it_wrote_and_leaves_nothing_beside_it(void **state)
{
    uint8_t out[16];
    size_t length = 0;
    struct stat about;
    (void)state;
    umask(022);
    assert_int_equal(b_disk_write(directory, "chain", 0644, b_view_of("first", 5)), 0);
    assert_int_equal(b_disk_write(directory, "chain", 0644, b_view_of("again", 5)), 0);
    assert_int_equal(b_disk_read_named(directory, "chain", out, sizeof out, &length), 0);
    assert_int_equal(length, 5);
    assert_memory_equal(out, "again", 5);
    assert_int_equal(fstatat(directory, "chain", &about, 0), 0);
    assert_int_equal(about.st_mode & 0777, 0644);
    assert_int_equal(faccessat(directory, "chain.new", F_OK, 0), -1);
}

static void says_that_there_is_no_file(void **state)
{
    uint8_t out[16];
    size_t length;
    (void)state;
    assert_int_equal(b_disk_read_named(directory, "chain", out, sizeof out, &length), ERR_EOF);
}

static void refuses_a_file_larger_than_the_room(void **state)
{
    uint8_t out[5];
    size_t length = 0;
    (void)state;
    assert_int_equal(b_disk_write(directory, "chain", 0600, b_view_of("12345", 5)), 0);
    assert_int_equal(b_disk_read_named(directory, "chain", out, sizeof out, &length), 0);
    assert_int_equal(b_disk_write(directory, "chain", 0600, b_view_of("123456", 6)), 0);
    assert_int_equal(b_disk_read_named(directory, "chain", out, sizeof out, &length), ERR_SIZE);
}

static void overwrites_what_an_earlier_failure_left(void **state)
{
    uint8_t out[16];
    size_t length = 0;
    int fd = openat(directory, "chain.new", O_WRONLY | O_CREAT, 0600);
    (void)state;
    assert_int_equal(write(fd, "a longer leftover", 17), 17);
    close(fd);
    assert_int_equal(b_disk_write(directory, "chain", 0600, b_view_of("short", 5)), 0);
    assert_int_equal(b_disk_read_named(directory, "chain", out, sizeof out, &length), 0);
    assert_int_equal(length, 5);
}

static void keeps_the_old_file_when_writing_fails(void **state)
{
    uint8_t out[16];
    size_t length = 0;
    (void)state;
    assert_int_equal(b_disk_write(directory, "chain", 0600, b_view_of("kept", 4)), 0);
    assert_int_equal(mkdirat(directory, "chain.new", 0700), 0);
    assert_int_equal(b_disk_write(directory, "chain", 0600, b_view_of("lost", 4)), ERR_SYSTEM);
    assert_int_equal(b_disk_read_named(directory, "chain", out, sizeof out, &length), 0);
    assert_memory_equal(out, "kept", 4);
}

static void follows_no_symbolic_link(void **state)
{
    uint8_t out[16];
    size_t length;
    (void)state;
    assert_int_equal(symlinkat("/etc/hostname", directory, "chain"), 0);
    assert_int_equal(b_disk_read_named(directory, "chain", out, sizeof out, &length), ERR_SYSTEM);
    assert_int_equal(symlinkat("/tmp/elsewhere", directory, "chain.new"), 0);
    assert_int_equal(b_disk_write(directory, "chain", 0600, b_view_of("x", 1)), ERR_SYSTEM);
}

static void digests_a_file_of_many_pieces(void **state)
{
    static uint8_t data[10000];
    uint8_t expected[32], found[32];
    (void)state;
    memset(data, 'p', sizeof data);
    b_digits_digest(data, sizeof data, expected);
    assert_int_equal(b_disk_write(directory, "chain", 0600, b_view_of(data, sizeof data)), 0);
    int fd = openat(directory, "chain", O_RDONLY);
    assert_int_equal(b_disk_digest(fd, found), 0);
    assert_memory_equal(found, expected, 32);
    close(fd);
}

#define DISK(case_name) cmocka_unit_test_setup_teardown(case_name, setup, teardown)
int main(void)
{
    const struct CMUnitTest cases[] = {
        DISK(reads_what_it_wrote_and_leaves_nothing_beside_it),
        DISK(says_that_there_is_no_file),
        DISK(refuses_a_file_larger_than_the_room),
        DISK(overwrites_what_an_earlier_failure_left),
        DISK(keeps_the_old_file_when_writing_fails),
        DISK(follows_no_symbolic_link),
        DISK(digests_a_file_of_many_pieces),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
