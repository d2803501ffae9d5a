#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/extension/extension.h"
#include "tests/policy/world.h"

static void reads_and_writes_decimals(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
        const char *again;
    } rows[] = {
        {"0.0", 0, "0.0"},
        {"-0.5", -5000, "-0.5"},
        {"1.2300", 12300, "1.23"},
        {"922337203685477.5807", INT64_MAX, "922337203685477.5807"},
        {"-922337203685477.5808", INT64_MIN, "-922337203685477.5808"},
    };
    char out[64];
    int64_t value;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct writer w = {out, sizeof out, 0};
        assert_true(decimal_parse(text_of(rows[i].text), &value));
        assert_int_equal(value, rows[i].value);
        decimal_write(&w, value);
        assert_string_equal(out, rows[i].again);
    }
}

/* The calendar, counted day by day, against the formula. */
static void agrees_with_a_calendar_counted_day_by_day(void **state)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = -719528, value;
    char text[64], out[64];

    (void)state;
    for (int year = 0; year <= 9999; year++) {
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        for (int month = 1; month <= 12; month++) {
            int length = lengths[month - 1] + (month == 2 && leap);
            for (int day = 1; day <= length; day += day == 1 || day == length ? length - 1 : 1) {
                struct writer w = {out, sizeof out, 0};
                snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
                assert_true(datetime_parse(text_of(text), &value));
                assert_int_equal(value, (days + day - 1) * 86400000);
                datetime_write(&w, value);
                assert_memory_equal(out + strlen("datetime(\""), text, 10);
            }
            snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, length + 1);
            assert_false(datetime_parse(text_of(text), &value));
            days += length;
        }
    }
}

static void floors_dates_before_1970(void **state)
{
    int64_t date;

    (void)state;
    assert_true(datetime_date(-1, &date));
    assert_int_equal(date, -86400000);
    assert_int_equal(datetime_time(-1), 86399999);
    assert_true(datetime_date(-86400000, &date));
    assert_int_equal(date, -86400000);
    assert_false(datetime_date(INT64_MIN, &date));
    assert_int_equal(datetime_time(INT64_MIN), 60424192);
}

static void reads_and_writes_addresses(void **state)
{
    static const char *const rows[][2] = {
        {"1.2.3.4", "1.2.3.4"},
        {"1.2.3.4/32", "1.2.3.4"},
        {"10.0.0.0/8", "10.0.0.0/8"},
        {"::", "0:0:0:0:0:0:0:0"},
        {"1::8/64", "1:0:0:0:0:0:0:8/64"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::FFFF", "0:0:0:0:0:0:0:ffff"},
    };
    struct ipaddr ip, again;
    char out[64];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct writer w = {out, sizeof out, 0};
        assert_true(ipaddr_parse(text_of(rows[i][0]), &ip));
        ipaddr_write(&w, &ip);
        assert_string_equal(out, rows[i][1]);
        assert_true(ipaddr_parse(text_of(out), &again));
        assert_memory_equal(&ip, &again, sizeof ip);
    }
}

static void refuses_every_single_change_of_a_datetime_that_leaves_the_form(void **state)
{
    const char *good = "2024-02-29T12:34:56.789+0130";
    char text[64];
    int64_t value;

    (void)state;
    assert_true(datetime_parse(text_of(good), &value));
    for (size_t i = 0; i < strlen(good); i++) {
        strcpy(text, good);
        text[i] = 'x';
        assert_false(datetime_parse(text_of(text), &value));
        strcpy(text, good);
        memmove(text + i, text + i + 1, strlen(text + i));
        assert_false(datetime_parse(text_of(text), &value));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_decimals),
        cmocka_unit_test(agrees_with_a_calendar_counted_day_by_day),
        cmocka_unit_test(floors_dates_before_1970),
        cmocka_unit_test(reads_and_writes_addresses),
        cmocka_unit_test(refuses_every_single_change_of_a_datetime_that_leaves_the_form),
    };
    return cmocka_run_group_tests_name("policy/extension", tests, NULL, NULL);
}
