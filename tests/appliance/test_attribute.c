/* What an authorization record may say: every value that is none of its attribute is refused. */
#include "appliance/attribute.h"
#include "tests/crypto/cases.h"

static const struct attribute *of_value(enum attribute_value value)
{
    for (size_t i = 0; i < attributes_count; i++)
        if (attributes[i].value == value)
            return &attributes[i];
    fail_msg("no attribute has such a value");
    return NULL;
}

static void takes(const struct attribute *a, const char *value)
{
    if (attribute_refuse(a, bytes_text(value)))
        fail_msg("%s: \"%s\" was refused", a->name, value);
}

static void refuses(const struct attribute *a, const char *value)
{
    if (!attribute_refuse(a, bytes_text(value)))
        fail_msg("%s: \"%s\" was taken", a->name, value);
}

static void rows_are_found_by_number_and_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < attributes_count; i++) {
        assert_ptr_equal(attribute_by_number(attributes[i].number), &attributes[i]);
        assert_ptr_equal(attribute_by_name(bytes_text(attributes[i].name)), &attributes[i]);
    }
    assert_null(attribute_by_number(ATTRIBUTE_NONE));
    assert_null(attribute_by_number(999));
    assert_null(attribute_by_name(bytes_text("")));
    assert_null(attribute_by_name(bytes_text("citizenships")));
}

static void a_flag_is_true_or_no_record(void **state)
{
    const struct attribute *a = of_value(ATTRIBUTE_VALUE_FLAG);
    (void)state;
    takes(a, "true");
    refuses(a, "false");
    refuses(a, "");
}

static void a_country_is_one_of_three_capitals(void **state)
{
    static const char *const wrong[] = {"US", "USAA", "usa", "XXX", "U A", "SA ", "   "};
    const struct attribute *a = of_value(ATTRIBUTE_VALUE_COUNTRY);
    (void)state;
    takes(a, "USA");
    takes(a, "ABW");
    takes(a, "ZWE");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refuses(a, wrong[i]);
}

static void a_level_is_one_digit_up_to_four(void **state)
{
    const struct attribute *a = of_value(ATTRIBUTE_VALUE_LEVEL);
    (void)state;
    takes(a, "0");
    takes(a, "4");
    refuses(a, "5");
    refuses(a, "/");
    refuses(a, "33");
    refuses(a, "-1");
}

static void a_code_has_letters_digits_and_seven_signs(void **state)
{
    const struct attribute *skill = attribute_by_number(ATTRIBUTE_SKILL);
    const struct attribute *course = attribute_by_number(ATTRIBUTE_COURSE);
    const struct attribute *list = attribute_by_number(ATTRIBUTE_CONTRACT);
    (void)state;
    takes(skill, "azAZ09._/+-()");
    takes(course, "a:b"); /* it has a word in front in policies */
    takes(list, "a:b");
    refuses(skill, "a:b");
    static const char *const wrong[] = {"a b", "a\"b", "a`", "a{",       "a@",
                                        "a[",  "a!",   "a;", "\xc3\xa4", "a\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refuses(skill, wrong[i]);
}

static void a_text_has_one_to_64_bytes(void **state)
{
    const struct attribute *a = of_value(ATTRIBUTE_VALUE_TEXT);
    char text[ATTRIBUTE_VALUE_MAX + 2];
    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    refuses(a, text);
    text[ATTRIBUTE_VALUE_MAX] = '\0';
    takes(a, text);
    refuses(a, "");
    struct attribute unknown = *a;
    unknown.value = (enum attribute_value)99;
    refuses(&unknown, "x");
}

static void a_window_has_one_form(void **state)
{
    static const char *const wrong[] = {
        "Mon",
        "Mon 06:00-22:00",
        "Mon 06:00-22:00 -06:00 ",
        "Mon-06:00-22:00 -06:00",
        "Mon-Fri06:00-22:00 -06:000",
        "Xon 06:00-22:00 -06:00",
        "Mon-Xri 06:00-22:00 -06:00",
        "mon 06:00-22:00 -06:00",
        "Mon_06:00-22:00 -06:00",
        "Mon 06:00_22:00 -06:00",
        "Mon 06:00-22:00_-06:00",
        "Mon 25:00-22:00 -06:00",
        "Mon 06:60-22:00 -06:00",
        "Mon 06:00-24:01 -06:00",
        "Mon 06.00-22:00 -06:00",
        "Mon /6:00-22:00 -06:00",
        "Mon 0::00-22:00 -06:00",
        "Mon 06:x0-22:00 -06:00",
        "Mon 06:0x-22:00 -06:00",
        "Mon 06:00-06:00 -06:00",
        "Mon 06:00-22:xx -06:00",
        "Mon 06:00-22:00 -xx:00",
        "Mon 06:00-22:00 -15:00",
        "Mon 06:00-22:00 *06:00",
    };
    const struct attribute *a = of_value(ATTRIBUTE_VALUE_WINDOW);
    struct attribute_window w;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refuses(a, wrong[i]);
    takes(a, "Mon-Fri 06:00-22:00 -06:00");
    assert_true(attribute_window(bytes_text("Sat-Mon 22:00-06:00 +14:00"), &w));
    assert_int_equal(w.days, 1u << 6 | 1u << 7 | 1u << 1);
    assert_int_equal(w.from_ms, 22 * 3600000);
    assert_int_equal(w.to_ms, 6 * 3600000);
    assert_int_equal(w.offset_ms, 14 * 3600000);
    assert_true(attribute_window(bytes_text("Sun 00:00-24:00 -00:30"), &w));
    assert_int_equal(w.days, 1u << 7);
    assert_int_equal(w.to_ms, 24 * 3600000);
    assert_int_equal(w.offset_ms, -1800000);
}

static void only_what_closes_something_stays(void **state)
{
    const struct attribute *a = attribute_by_number(ATTRIBUTE_AFFILIATION);
    (void)state;
    assert_true(attribute_stays(a, bytes_text("supplier")));
    assert_true(attribute_stays(a, bytes_text("customer")));
    assert_false(attribute_stays(a, bytes_text("contractor")));
    assert_true(attribute_stays(attribute_by_number(ATTRIBUTE_CITIZENSHIP), bytes_text("CHN")));
    assert_false(attribute_stays(attribute_by_number(ATTRIBUTE_ROLE), bytes_text("operator")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found_by_number_and_name),
        cmocka_unit_test(a_flag_is_true_or_no_record),
        cmocka_unit_test(a_country_is_one_of_three_capitals),
        cmocka_unit_test(a_level_is_one_digit_up_to_four),
        cmocka_unit_test(a_code_has_letters_digits_and_seven_signs),
        cmocka_unit_test(a_text_has_one_to_64_bytes),
        cmocka_unit_test(a_window_has_one_form),
        cmocka_unit_test(only_what_closes_something_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
