#include "tests/transfer/guard_b/world.h"

#include <stdlib.h>

#include "transfer/guard_b/reader.h"

/* The bytes of ${text} in memory of exactly their length, so that a sanitizer sees a step too far.
 */
static uint8_t *held;

static struct b_reader over(const char *text)
{
    size_t length = strlen(text);
    free(held);
    held = malloc(length + (length == 0));
    assert_non_null(held);
    memcpy(held, text, length);
    return b_reader_over(b_view_of(held, length));
}

static int teardown(void **state)
{
    (void)state;
    free(held);
    held = NULL;
    return 0;
}

static bool number(const char *text, uint64_t least, uint64_t most, uint64_t expected)
{
    struct b_reader r = over(text);
    return b_reader_number(&r, least, most) == expected && b_reader_done(&r);
}

static void reads_numbers_in_their_one_form(void **state)
{
    (void)state;
    assert_true(number("0", 0, 9, 0));
    assert_true(number("9999999999", 1, 9999999999, 9999999999));
    assert_false(number("", 0, 9, 0));
    assert_false(number("00", 0, 9, 0));
    assert_false(number("01", 0, 9, 1));
    assert_false(number("-1", 0, 9, 1));
    assert_false(number("10", 0, 9, 10));
    assert_false(number("0", 1, 9, 0));
    assert_false(number("18446744073709551617", 0, 9, 1));
    assert_false(number("1 ", 0, 9, 1));
}

static bool padded(const char *text, unsigned width, uint64_t expected)
{
    struct b_reader r = over(text);
    return b_reader_padded(&r, width) == expected && b_reader_done(&r);
}

static void reads_padded_numbers_of_exactly_their_width(void **state)
{
    (void)state;
    assert_true(padded("0042", 4, 42));
    assert_false(padded("042", 4, 42));
    assert_false(padded("00042", 4, 4));
    assert_false(padded("004 ", 4, 4));
    assert_false(padded("00/0", 4, 0));
    assert_false(padded("", 1, 0));
}

static bool hex(const char *text, size_t length)
{
    uint8_t out[4];
    struct b_reader r = over(text);
    b_reader_hex(&r, length, out);
    return b_reader_done(&r);
}

static void reads_lower_case_hex_alone(void **state)
{
    (void)state;
    assert_true(hex("00ff", 2));
    assert_true(hex("09af", 2));
    assert_false(hex("00f", 2));
    assert_false(hex("00fF", 2));
    assert_false(hex("0gff", 2));
    assert_false(hex("g0ff", 2));
    assert_false(hex("00f:", 2));
    assert_false(hex("00f`", 2));
    assert_false(hex("00ff0", 2));
    assert_false(hex("", 1));
}

static void takes_the_longest_word(void **state)
{
    struct b_reader r = over("ABCD-x");
    (void)state;
    assert_true(b_view_is(b_reader_word(&r, B_UPPER "-", 4, 5), "ABCD-"));
    assert_false(r.failed);
    r = over("ABC");
    (void)b_reader_word(&r, B_UPPER, 4, 5);
    assert_true(r.failed);
    r = over("ABCDEF");
    (void)b_reader_word(&r, B_UPPER, 4, 5);
    assert_true(r.failed);
}

static void chooses_whole_words_only(void **state)
{
    static const char *const choices[] = {"Run", "Running", NULL};
    struct b_reader r = over("Running\"");
    (void)state;
    assert_int_equal(b_reader_choice(&r, choices), 1);
    assert_true(b_reader_done(&r));
    r = over("Runn\"");
    (void)b_reader_choice(&r, choices);
    assert_true(r.failed);
    r = over("Run");
    (void)b_reader_choice(&r, choices);
    assert_true(r.failed);
}

static void keeps_its_first_failure(void **state)
{
    struct b_reader r = over("abc");
    (void)state;
    b_reader_text(&r, "x");
    b_reader_text(&r, "abc");
    assert_false(b_reader_done(&r));
    assert_false(b_reader_meets(&r, "abc"));
    assert_int_equal(b_reader_run(&r, 1).length, 0);
    assert_int_equal(b_reader_integer(&r, 1), 0);
}

static void reads_integers_and_runs_that_are_there(void **state)
{
    struct b_reader r = over("\x01\x02\x03");
    (void)state;
    assert_int_equal(b_reader_integer(&r, 2), 0x0102);
    assert_int_equal(b_reader_integer(&r, 2), 0);
    assert_true(r.failed);
    r = over("abc");
    assert_int_equal(b_reader_run(&r, 4).length, 0);
    assert_true(r.failed);
    r = b_reader_over(b_view_of(NULL, 7));
    assert_true(b_reader_done(&r));
}

static void sorts_bytewise_and_the_shorter_first(void **state)
{
    (void)state;
    assert_true(b_view_before(b_view_of("AB", 2), b_view_of("ABC", 3)));
    assert_false(b_view_before(b_view_of("ABC", 3), b_view_of("AB", 2)));
    assert_false(b_view_before(b_view_of("AB", 2), b_view_of("AB", 2)));
    assert_true(b_view_before(b_view_of("A-", 2), b_view_of("A0", 2)));
    assert_true(b_view_before(b_view_of("A9Z", 3), b_view_of("AA", 2)));
}

#define READER(case_name) cmocka_unit_test_teardown(case_name, teardown)
int main(void)
{
    const struct CMUnitTest cases[] = {
        READER(reads_numbers_in_their_one_form),
        READER(reads_padded_numbers_of_exactly_their_width),
        READER(reads_lower_case_hex_alone),
        READER(takes_the_longest_word),
        READER(chooses_whole_words_only),
        READER(keeps_its_first_failure),
        READER(reads_integers_and_runs_that_are_there),
        READER(sorts_bytewise_and_the_shorter_first),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
