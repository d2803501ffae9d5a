#include "tests/crypto/cases.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "tests/faults/disk.h"

/* The disk is judged by what POSIX and Linux say of one: a wrong disk would find nothing. */

static struct disk *disk;

static int set_up(void **state)
{
    (void)state;
    if (!disk)
        disk = disk_new();
    disk_clear(disk, 1);
    disk_mount(disk);
    return 0;
}

static int write_file(const char *name, const char *text)
{
    int h = disk_open(name, O_RDWR | O_CREAT | O_APPEND);
    assert_true(h >= 0);
    assert_int_equal(disk_write(h, text, strlen(text)), strlen(text));
    return h;
}

static void assert_file(const char *name, const char *text)
{
    size_t length = 0;
    const uint8_t *data = disk_content(disk, name, &length);
    assert_non_null(data);
    assert_int_equal(length, strlen(text));
    assert_memory_equal(data, text, length);
}

static void what_was_synced_outlives_every_cut(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        disk_clear(disk, seed);
        int h = write_file("a", "first ");
        assert_int_equal(disk_sync(h), 0);
        assert_int_equal(disk_sync_directory(), 0);
        disk_cut(disk, seed);
        assert_file("a", "first ");
    }
}

static void what_was_not_synced_is_there_or_not(void **state)
{
    unsigned there = 0, gone = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        size_t length;
        disk_clear(disk, seed);
        int h = write_file("a", "first ");
        assert_int_equal(disk_sync(h), 0);
        assert_int_equal(disk_sync_directory(), 0);
        assert_int_equal(disk_write(h, "second", 6), 6);
        disk_cut(disk, seed);
        assert_non_null(disk_content(disk, "a", &length));
        assert_true(length == 6 || length == 12);
        there += length == 12;
        gone += length == 6;
    }
    assert_true(there > 20 && gone > 20);
}

static void a_later_write_may_outlive_an_earlier_one(void **state)
{
    unsigned found = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        size_t length;
        disk_clear(disk, seed);
        int h = write_file("a", "");
        assert_int_equal(disk_sync_directory(), 0);
        assert_int_equal(disk_pwrite(h, "one", 3, 0), 3);
        assert_int_equal(disk_pwrite(h, "two", 3, 3), 3);
        disk_cut(disk, seed);
        const uint8_t *data = disk_content(disk, "a", &length);
        found += data && length == 6 && memcmp(data, "\0\0\0two", 6) == 0;
    }
    assert_true(found > 5);
}

static void a_write_is_torn_at_sectors(void **state)
{
    static uint8_t ones[4096];
    unsigned torn = 0;
    (void)state;
    memset(ones, 1, sizeof ones);
    for (uint64_t seed = 0; seed < 400; seed++) {
        size_t length = 0, sectors = 0;
        disk_clear(disk, seed);
        int h = write_file("a", "");
        assert_int_equal(disk_sync_directory(), 0);
        assert_int_equal(disk_pwrite(h, ones, sizeof ones, 0), sizeof ones);
        disk_cut(disk, seed);
        const uint8_t *data = disk_content(disk, "a", &length);
        assert_int_equal(length % 512, 0);
        for (size_t i = 0; i < length; i += 512) {
            assert_true(data[i] == data[i + 511]);
            sectors += data[i];
        }
        torn += sectors > 0 && sectors < 8;
    }
    assert_true(torn > 20);
}

static void a_name_without_a_directory_sync_may_be_gone(void **state)
{
    unsigned gone = 0, length_wrong = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        uint64_t length = 0;
        disk_clear(disk, seed);
        int h = write_file("a", "first ");
        assert_int_equal(disk_sync(h), 0);
        disk_cut(disk, seed);
        gone += !disk_find("a", &length);
        length_wrong += length != 0 && length != 6;
    }
    assert_true(gone > 20 && gone < 180);
    assert_int_equal(length_wrong, 0);
}

static void a_rename_is_whole(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        uint64_t length;
        disk_clear(disk, seed);
        disk_put(disk, "a", "old", 3);
        int h = write_file("a.new", "newer");
        assert_int_equal(disk_sync(h), 0);
        assert_int_equal(disk_sync_directory(), 0);
        assert_int_equal(disk_rename("a.new", "a"), 0);
        disk_cut(disk, seed);
        assert_true(disk_find("a", &length));
        assert_true(disk_find("a.new", &length) ? (disk_find("a", &length) && length == 3)
                                                : (disk_find("a", &length) && length == 5));
    }
}

static void a_failed_sync_loses_and_the_next_says_that_all_is_well(void **state)
{
    unsigned lost = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        char seen[7] = "";
        size_t length;
        disk_clear(disk, seed);
        int h = write_file("a", "first ");
        assert_int_equal(disk_sync_directory(), 0);
        disk_fail(disk, DISK_BIT(DISK_SYNC), 1, EIO);
        assert_int_equal(disk_sync(h), -1);
        assert_int_equal(errno, EIO);
        assert_int_equal(disk_sync(h), 0);
        assert_int_equal(disk_pread(h, seen, 6, 0), 6); /* still in the kernel's memory */
        assert_string_equal(seen, "first ");
        assert_int_equal(disk_forget(h), 0);
        assert_non_null(disk_content(disk, "a", &length));
        lost += length == 0;
    }
    assert_true(lost > 20 && lost < 80);
}

static void a_full_disk_says_so_and_takes_again_when_it_is_freed(void **state)
{
    (void)state;
    disk_room(disk, 10);
    int h = write_file("a", "0123456789");
    assert_int_equal(disk_write(h, "x", 1), -1);
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(disk_pwrite(h, "X", 1, 0), 1);
    disk_room(disk, 11);
    assert_int_equal(disk_write(h, "x", 1), 1);
    assert_file("a", "X123456789x");
}

static void a_short_write_writes_half(void **state)
{
    (void)state;
    int h = write_file("a", "");
    disk_fail(disk, DISK_BIT(DISK_WRITE), 2, 0);
    assert_int_equal(disk_write(h, "0123", 4), 4);
    assert_int_equal(disk_write(h, "4567", 4), 2);
    assert_true(disk_failed(disk));
    assert_file("a", "012345");
}

static void a_killed_process_leaves_what_it_wrote(void **state)
{
    (void)state;
    int h = write_file("a", "unsure");
    disk_kill(disk);
    assert_int_equal(disk_write(h, "x", 1), -1);
    assert_file("a", "unsure");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest cases[] = {
        CASE(what_was_synced_outlives_every_cut),
        CASE(what_was_not_synced_is_there_or_not),
        CASE(a_later_write_may_outlive_an_earlier_one),
        CASE(a_write_is_torn_at_sectors),
        CASE(a_name_without_a_directory_sync_may_be_gone),
        CASE(a_rename_is_whole),
        CASE(a_failed_sync_loses_and_the_next_says_that_all_is_well),
        CASE(a_full_disk_says_so_and_takes_again_when_it_is_freed),
        CASE(a_short_write_writes_half),
        CASE(a_killed_process_leaves_what_it_wrote),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
