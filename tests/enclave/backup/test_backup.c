#include "tests/crypto/cases.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "enclave/backup/backup.h"

/* A backup of any file: written, read back, and refused when a byte of it is another. */

#define LENGTH (2 * BACKUP_PART + 777)

static struct secret *key, *seed, *other;
static uint8_t *store;
static struct backup_head head;

static int memory(const void *data, size_t length)
{
    int fd = memfd_create("backup", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, length), length);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static size_t load(int fd, uint8_t **ret)
{
    size_t length = (size_t)lseek(fd, 0, SEEK_END);
    *ret = malloc(length + 1);
    assert_int_equal(pread(fd, *ret, length, 0), length);
    return length;
}

static int set_up(void **state)
{
    (void)state;
    store = malloc(LENGTH);
    for (size_t i = 0; i < LENGTH; i++)
        store[i] = (uint8_t)(i * 31 + (i >> 11));
    head = (struct backup_head){
        .holder = "e3f9k2m1", .made_ms = 1790000000000, .sha256 = true, .events = 42};
    memset(head.id, 7, 16);
    strcpy(head.checkpoint, "Y2hlY2twb2ludA==");
    return secret_random(32, &key) || secret_random(32, &seed) || secret_random(32, &other);
}

static int tear_down(void **state)
{
    (void)state;
    secret_free(key);
    secret_free(seed);
    secret_free(other);
    free(store);
    return 0;
}

static size_t make(size_t length, uint8_t **ret)
{
    char why[BACKUP_WHY];
    int from = memory(store, length), to = memory("", 0);
    head.length = length;
    assert_int_equal(backup_write(&head, key, seed, from, to, why), 0);
    size_t n = load(to, ret);
    close(from);
    close(to);
    return n;
}

static int bring_back(const uint8_t *data, size_t length, const struct secret *seal,
                      const struct secret *sign, uint8_t **ret, size_t *ret_length)
{
    char why[BACKUP_WHY] = "";
    struct backup_head found;
    int from = memory(data, length), to = memory("", 0);
    int r = backup_read_head(from, &found, why);
    if (r == 0)
        r = backup_read(&found, seal, sign, from, to, why);
    /* verified alone, where nothing is written, it is refused or taken alike */
    char alone[BACKUP_WHY] = "";
    assert_true(lseek(from, 0, SEEK_SET) == 0);
    int verified = backup_read_head(from, &found, alone);
    if (verified == 0)
        verified = backup_read(&found, seal, sign, from, -1, alone);
    assert_int_equal(verified, r);
    assert_string_equal(alone, why);
    if (r == 0 && ret)
        *ret_length = load(to, ret);
    if (r)
        assert_true(strlen(why) > 10);
    close(from);
    close(to);
    return r;
}

static void what_was_backed_up_comes_back(void **state)
{
    static const size_t lengths[] = {0, 1, BACKUP_PART - 1, BACKUP_PART, BACKUP_PART + 1, LENGTH};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t *data, *again;
        size_t n = make(lengths[i], &data), length = 0;
        assert_int_equal(bring_back(data, n, key, seed, &again, &length), 0);
        assert_int_equal(length, lengths[i]);
        assert_memory_equal(again, store, length);
        free(data);
        free(again);
    }
}

static void nothing_of_it_stands_there(void **state)
{
    uint8_t *data;
    (void)state;
    size_t n = make(LENGTH, &data);
    assert_null(memmem(data, n, store + 5000, 32));
    free(data);
}

static void refuses_every_changed_byte_and_every_cut(void **state)
{
    uint8_t *data;
    (void)state;
    size_t n = make(1500, &data);
    for (size_t i = 0; i < n; i++) {
        data[i] ^= 1;
        if (bring_back(data, n, key, seed, NULL, NULL) == 0)
            fail_msg("byte %zu was changed unseen", i);
        data[i] ^= 1;
        if (bring_back(data, i, key, seed, NULL, NULL) == 0)
            fail_msg("it was cut at %zu unseen", i);
    }
    data[n] = 'x';
    assert_int_equal(bring_back(data, n + 1, key, seed, NULL, NULL), ERR_TRAILING);
    free(data);
}

static void refuses_parts_changed_over_or_of_another_backup(void **state)
{
    const size_t part = BACKUP_PART + SEAL_OVERHEAD;
    uint8_t *one, *two, *kept = malloc(part);
    (void)state;
    size_t n = make(LENGTH, &one), at = n - SIGN_LENGTH - (777 + SEAL_OVERHEAD) - 2 * part;
    memset(head.id, 8, 16);
    assert_int_equal(make(LENGTH, &two), n);
    memcpy(kept, one + at, part);
    memcpy(one + at, one + at + part, part);
    memcpy(one + at + part, kept, part);
    assert_int_equal(bring_back(one, n, key, seed, NULL, NULL), ERR_KEY);
    memcpy(two + at, kept, part); /* the same place, the same content, the other one's */
    assert_int_equal(bring_back(two, n, key, seed, NULL, NULL), ERR_KEY);
    free(one);
    free(two);
    free(kept);
}

static void refuses_another_key_and_another_signer(void **state)
{
    uint8_t *data;
    (void)state;
    size_t n = make(3000, &data);
    assert_int_equal(bring_back(data, n, other, seed, NULL, NULL), ERR_KEY);
    assert_int_equal(bring_back(data, n, key, other, NULL, NULL), ERR_SIGNATURE);
    free(data);
}

static void a_file_that_is_shorter_than_said_is_no_backup(void **state)
{
    char why[BACKUP_WHY];
    int from = memory(store, 100), to = memory("", 0);
    (void)state;
    head.length = 200;
    assert_int_equal(backup_write(&head, key, seed, from, to, why), ERR_TRUNCATED);
    close(from);
    close(to);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_was_backed_up_comes_back),
        CASE(nothing_of_it_stands_there),
        CASE(refuses_every_changed_byte_and_every_cut),
        CASE(refuses_parts_changed_over_or_of_another_backup),
        CASE(refuses_another_key_and_another_signer),
        CASE(a_file_that_is_shorter_than_said_is_no_backup),
    };
    return cmocka_run_group_tests_name("backup/backup", tests, NULL, NULL);
}
