#include "tests/transfer/guard_b/world.h"

#include <stdio.h>
#include <stdlib.h>

static uint8_t content[5][1024];
static struct b_tar_member members[B_TAR_MEMBERS];
static uint8_t *tar;
static size_t length;

static int setup(void **state)
{
    static const char *const names[B_TAR_MEMBERS] = {
        "manifest.json", "a", "b", "b2sums", "policy.json", "rec-summary-001.ndjson"};
    static const size_t sizes[B_TAR_MEMBERS] = {1, 511, 512, 513, 0, 1024};
    struct b_refusal why;
    (void)state;
    memset(content, 'x', sizeof content);
    tar = malloc(B_TAR_MAX);
    assert_non_null(tar);
    for (size_t i = 0; i < B_TAR_MEMBERS; i++)
        members[i] = (struct b_tar_member){names[i], b_view_of(content[i % 5], sizes[i])};
    return b_tarball_write(members, tar, &length, &why);
}

static int teardown(void **state)
{
    (void)state;
    free(tar);
    return 0;
}

static int check(void)
{
    struct b_refusal why;
    return b_tarball_check(b_view_of(tar, length), members, &why);
}

static void accepts_what_was_written(void **state)
{
    (void)state;
    assert_int_equal(length, 6 * 512 + 512 + 512 + 512 + 1024 + 0 + 1024 + 1024);
    assert_int_equal(check(), 0);
}

static void refuses_any_byte_flipped(void **state)
{
    (void)state;
    for (size_t i = 0; i < length; i++) {
        tar[i] ^= 1;
        if (check() == 0)
            fail_msg("byte %zu", i);
        tar[i] ^= 1;
    }
}

static void refuses_a_tar_that_is_cut(void **state)
{
    size_t whole = length;
    (void)state;
    for (length = 0; length < whole; length++)
        if (check() == 0)
            fail_msg("length %zu", length);
    length = whole;
    assert_int_equal(check(), 0);
}

static void refuses_a_third_empty_block(void **state)
{
    (void)state;
    memset(tar + length, 0, 512);
    length += 512;
    assert_int_equal(check(), ERR_TRAILING);
}

static void refuses_a_byte_behind_the_end(void **state)
{
    (void)state;
    tar[length++] = 0;
    assert_int_equal(check(), ERR_TRAILING);
}

static void refuses_members_in_another_order(void **state)
{
    struct b_tar_member first = members[0];
    (void)state;
    members[0] = members[1];
    members[1] = first;
    assert_int_equal(check(), ERR_DIGEST);
}

static void refuses_a_member_too_few(void **state)
{
    (void)state;
    length -= 3 * 512 + 1024; /* the last member and the end */
    memset(tar + length, 0, 1024);
    length += 1024;
    assert_int_equal(check(), ERR_FORMAT);
}

/* Change a header and make its checksum right again. */
static int with_header(size_t at, const char *bytes, size_t count)
{
    unsigned sum = 0;
    char text[8];
    memcpy(tar + at, bytes, count);
    memset(tar + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += tar[i];
    snprintf(text, sizeof text, "%06o", sum);
    memcpy(tar + 148, text, 7);
    return check();
}

#define HEADER_CASE(case_name, at, bytes)                                                          \
    static void case_name(void **state)                                                            \
    {                                                                                              \
        (void)state;                                                                               \
        assert_int_equal(with_header(at, bytes, sizeof bytes - 1), ERR_FORMAT);                    \
    }
HEADER_CASE(refuses_another_mode, 100, "0000644")
HEADER_CASE(refuses_an_owner, 108, "0000001")
HEADER_CASE(refuses_a_group, 116, "0000001")
HEADER_CASE(refuses_a_time, 136, "00000000001")
HEADER_CASE(refuses_a_symbolic_link, 156, "2")
HEADER_CASE(refuses_a_directory, 156, "5")
HEADER_CASE(refuses_a_pax_header, 156, "x")
HEADER_CASE(refuses_a_link_name, 157, "x")
HEADER_CASE(refuses_gnu_magic, 257, "ustar  \0")
HEADER_CASE(refuses_a_user_name, 265, "root")
HEADER_CASE(refuses_a_prefix, 345, "up")
HEADER_CASE(refuses_bytes_behind_the_name, 50, "x")
HEADER_CASE(refuses_a_name_with_a_slash, 0, "manifest/json")
HEADER_CASE(refuses_a_name_that_begins_with_a_dot, 0, ".anifest.json")
HEADER_CASE(refuses_a_size_with_spaces, 124, "         1 ")
HEADER_CASE(refuses_a_binary_size, 124, "\x80")
HEADER_CASE(refuses_a_size_beyond_the_end, 124, "77777777777")

static void refuses_a_size_that_eats_the_next_member(void **state)
{
    (void)state;
    assert_int_equal(with_header(124, "00000002000", 11), ERR_DIGEST);
}

static void refuses_what_does_not_fit(void **state)
{
    uint8_t *large = calloc(1, B_TAR_MAX);
    struct b_refusal why;
    (void)state;
    assert_non_null(large);
    /* five other members, six headers and the end */
    size_t rest = length - 1024 - 1024 - 512;
    members[5].content = b_view_of(large, B_TAR_MAX - rest - 512 - 1024);
    assert_int_equal(b_tarball_write(members, tar, &length, &why), 0);
    assert_int_equal(length, B_TAR_MAX);
    assert_int_equal(check(), 0);
    members[5].content.length++;
    assert_int_equal(b_tarball_write(members, tar, &length, &why), ERR_SIZE);
    free(large);
}

#define TAR(case_name) cmocka_unit_test_setup_teardown(case_name, setup, teardown)
int main(void)
{
    const struct CMUnitTest cases[] = {
        TAR(accepts_what_was_written),
        TAR(refuses_any_byte_flipped),
        TAR(refuses_a_tar_that_is_cut),
        TAR(refuses_a_third_empty_block),
        TAR(refuses_a_byte_behind_the_end),
        TAR(refuses_members_in_another_order),
        TAR(refuses_a_member_too_few),
        TAR(refuses_another_mode),
        TAR(refuses_an_owner),
        TAR(refuses_a_group),
        TAR(refuses_a_time),
        TAR(refuses_a_symbolic_link),
        TAR(refuses_a_directory),
        TAR(refuses_a_pax_header),
        TAR(refuses_a_link_name),
        TAR(refuses_gnu_magic),
        TAR(refuses_a_user_name),
        TAR(refuses_a_prefix),
        TAR(refuses_bytes_behind_the_name),
        TAR(refuses_a_name_with_a_slash),
        TAR(refuses_a_name_that_begins_with_a_dot),
        TAR(refuses_a_size_with_spaces),
        TAR(refuses_a_binary_size),
        TAR(refuses_a_size_beyond_the_end),
        TAR(refuses_a_size_that_eats_the_next_member),
        TAR(refuses_what_does_not_fit),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
