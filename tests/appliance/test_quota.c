#include "tests/crypto/cases.h"

#include "appliance/quota.h"

static const uint8_t ana[16] = "ana", ben[16] = "ben";

static void writes_twenty_in_a_minute(void **state)
{
    struct quota q = {0};
    char text[QUOTA_TEXT];
    unsigned written = 0;
    (void)state;
    for (unsigned i = 0; i < 60; i++)
        written += quota_line(&q, ana, "M20", false, 1000 + i, text);
    assert_int_equal(written, QUOTA_A_MINUTE);
    assert_string_equal(text, "M20");
    assert_true(quota_line(&q, ben, "M08", false, 1100, text));
    assert_string_equal(text, "M08");
}

static void says_how_many_it_left_out(void **state)
{
    struct quota q = {0};
    char text[QUOTA_TEXT];
    (void)state;
    for (unsigned i = 0; i < 27; i++)
        (void)quota_line(&q, ana, "M20", false, 1000, text);
    assert_false(quota_line(&q, ana, "M20", false, 1000 + QUOTA_WINDOW_MS - 1, text));
    assert_true(quota_line(&q, ana, "M21", false, 1000 + QUOTA_WINDOW_MS, text));
    assert_string_equal(text, "M21, and 8 more before it");
    assert_true(quota_line(&q, ana, "M21", false, 1000 + QUOTA_WINDOW_MS, text));
    assert_string_equal(text, "M21");
}

static void writes_what_must_be_written(void **state)
{
    struct quota q = {0};
    char text[QUOTA_TEXT];
    (void)state;
    for (unsigned i = 0; i < 22; i++)
        (void)quota_line(&q, ana, "M20", false, 1000, text);
    assert_true(quota_line(&q, ana, "M20", true, 1000, text));
    assert_string_equal(text, "M20, and 2 more before it");
}

static void forgets_no_number_when_places_run_out(void **state)
{
    struct quota q = {0};
    char text[QUOTA_TEXT];
    uint8_t holder[16] = {0};
    (void)state;
    for (unsigned i = 0; i < 25; i++)
        (void)quota_line(&q, ana, "M20", false, 1000, text);
    for (unsigned i = 0; i < QUOTA_HOLDERS; i++) {
        holder[15] = (uint8_t)(i + 1);
        assert_true(quota_line(&q, holder, "M20", false, 2000 + i, text));
    }
    assert_string_equal(text, "M20, and 5 more before it");
}

static void holders_without_end_are_bounded_together(void **state)
{
    struct quota q = {0};
    char text[QUOTA_TEXT];
    uint8_t holder[16] = {0};
    unsigned written = 0;
    (void)state;
    for (unsigned i = 0; i < 10000; i++) { /* each of them is new */
        memcpy(holder, &i, sizeof i);
        written += quota_line(&q, holder, "a token", false, 1000 + i, text);
    }
    assert_int_equal(written, QUOTA_OF_ALL);
    assert_true(quota_line(&q, ana, "closes an intent", true, 12000, text));
    assert_string_equal(text, "closes an intent, and 9400 more before it");
    assert_false(quota_line(&q, ben, "M08", false, 1000 + QUOTA_WINDOW_MS - 1, text));
    assert_true(quota_line(&q, ben, "M08", false, 1000 + QUOTA_WINDOW_MS, text));
    assert_string_equal(text, "M08, and 1 more before it");
}

static void cuts_a_long_text(void **state)
{
    struct quota q = {0};
    char text[QUOTA_TEXT], longest[300];
    (void)state;
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_true(quota_line(&q, ana, longest, false, 1000, text));
    assert_int_equal(strlen(text), 100);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(writes_twenty_in_a_minute),
        cmocka_unit_test(says_how_many_it_left_out),
        cmocka_unit_test(writes_what_must_be_written),
        cmocka_unit_test(forgets_no_number_when_places_run_out),
        cmocka_unit_test(holders_without_end_are_bounded_together),
        cmocka_unit_test(cuts_a_long_text),
    };
    return cmocka_run_group_tests_name("appliance/quota", cases, NULL, NULL);
}
