#include "tests/transfer/fixture.h"

#include <stdio.h>

static void records_that_the_table_lists_are_accepted(void **state)
{
    struct refusal why;
    uint32_t orders;
    (void)state;

    assert_int_equal(summary_check(bytes_text(fixture_records), &orders, &why), 0);
    assert_int_equal(orders, 3);
    assert_int_equal(
        summary_check(bytes_text("{\"fpy\":\"S\",\"t\":\"yield\",\"weeks\":4}\n"), &orders, &why),
        0);
    assert_int_equal(orders, 0);
}

static void refuses_every_value_that_the_table_does_not_list(void **state)
{
    static const char *const changes[][2] = {
        {"\"20\"", "\"21\""},
        {"\"20\"", "\"0\""},
        {"\"20\"", "\"020\""},
        {"\"20\"", "\"10005\""},
        {"\"20\"", "20"},
        {"\"20\"", "\"\""},
        {"\"20\"", "\"s\""},
        {"\"20\"", "\"-5\""},
        {"ORD-K7Q2", "ORD"},
        {"ORD-K7Q2", "ORD K7Q2"},
        {"ORD-K7Q2", "ORD-A1B2"},
        {"ORD-K7Q2", "AAAA"},
        {"Running", "Held"},
        {"Running", "running"},
        {"Running", ""},
        {"Running", "Waiting|Running"},
        {"Running", "Run"},
        {"\"t\":\"order\"", "\"t\":\"orders\""},
        {"\"t\":\"order\"}", "\"t\":\"order\",\"u\":\"x\"}"},
        {"\"good\":\"S\",", ""},
        {"95-98", "96-98"},
        {"95-98", "98"},
        {"\"weeks\":4", "\"weeks\":5"},
        {"\"weeks\":4", "\"weeks\":\"4\""},
        {"{\"fpy\":\"95-98\",\"t\":\"yield\",\"weeks\":4}\n", ""},
        {"{\"fpy\":\"95-98\",\"t\":\"yield\",\"weeks\":4}\n",
         "{\"fpy\":\"S\",\"t\":\"yield\",\"weeks\":4}\n"
         "{\"fpy\":\"S\",\"t\":\"yield\",\"weeks\":4}\n"},
        {"}\n", "}\n\n"},
        {"}\n", "}\r\n"},
    };
    char text[1024];
    struct refusal why;
    uint32_t orders;
    (void)state;

    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
        const char *at = strstr(fixture_records, changes[i][0]);
        assert_non_null(at);
        snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - fixture_records), fixture_records,
                 changes[i][1], at + strlen(changes[i][0]));
        if (summary_check(bytes_text(text), &orders, &why) != ERR_REFUSED)
            fail_msg("accepted %s", text);
    }
    assert_int_equal(summary_check(bytes_text(""), &orders, &why), ERR_REFUSED);
}

static void refusal_names_line_and_field(void **state)
{
    char text[1024];
    struct refusal why;
    uint32_t orders;
    (void)state;

    strcpy(text, fixture_records);
    strcpy(text, fixture_records);
    memcpy(strstr(text, "\"20\""), "\"21\"", 4);
    assert_int_equal(summary_check(bytes_text(text), &orders, &why), ERR_REFUSED);
    assert_string_equal(why.text, "rec-summary-001.ndjson line 2, at or after \"good\" of the "
                                  "\"order\" record: a value is out of range.");
}

static void counts_become_bands(void **state)
{
    static const struct {
        uint32_t count;
        const char *band;
    } bands[] = {{0, "S"},   {4, "S"},     {5, "5"},        {9, "5"},
                 {10, "10"}, {149, "145"}, {10000, "10000"}};
    char out[SUMMARY_BAND_TEXT];
    (void)state;

    for (size_t i = 0; i < sizeof(bands) / sizeof(*bands); i++) {
        assert_int_equal(summary_good_band(bands[i].count, out), 0);
        assert_string_equal(out, bands[i].band);
    }
    assert_int_equal(summary_good_band(10001, out), ERR_RANGE);
}

static void yields_become_bands(void **state)
{
    static const struct {
        uint32_t passed, total, families;
        const char *band;
    } bands[] = {
        {19, 19, 9, "S"},
        {20, 20, 1, "S"},
        {0, 0, 0, "S"},
        {20, 20, 2, ">98"},
        {79, 100, 2, "<80"},
        {80, 100, 2, "80-90"},
        {89, 100, 2, "80-90"},
        {90, 100, 2, "90-95"},
        {95, 100, 2, "95-98"},
        {98, 100, 2, "95-98"},
        {99, 100, 2, ">98"},
        {0, 20, 2, "<80"},
        {4294967295u, 4294967295u, 2, ">98"},
    };
    const char *band;
    (void)state;

    for (size_t i = 0; i < sizeof(bands) / sizeof(*bands); i++) {
        assert_int_equal(
            summary_yield_band(bands[i].passed, bands[i].total, bands[i].families, &band), 0);
        assert_string_equal(band, bands[i].band);
    }
    assert_int_equal(summary_yield_band(21, 20, 2, &band), ERR_RANGE);
}

/* The same releasable data give the same bytes, whatever order and raw counts they came in. */
static void raw_counts_and_their_order_do_not_show(void **state)
{
    static const struct summary_order a[] = {
        {"ORD-Z9", "Completed", 149}, {"ORD-A1B2", "Waiting", 0}, {"ORD-K7Q2", "Running", 24}};
    static const struct summary_order b[] = {
        {"ORD-K7Q2", "Running", 20}, {"ORD-Z9", "Completed", 145}, {"ORD-A1B2", "Waiting", 4}};
    static char out_a[SUMMARY_TEXT_MAX], out_b[SUMMARY_TEXT_MAX];
    size_t length_a, length_b;
    (void)state;

    assert_int_equal(summary_print(a, 3, "95-98", out_a, &length_a), 0);
    assert_int_equal(summary_print(b, 3, "95-98", out_b, &length_b), 0);
    assert_true(bytes_equal(bytes_view_of(out_a, length_a), bytes_view_of(out_b, length_b)));
    assert_true(bytes_equal_text(bytes_view_of(out_a, length_a), fixture_records));
}

static void printing_refuses_what_checking_would(void **state)
{
    static const struct summary_order twice[] = {{"ORD-A", "Running", 5}, {"ORD-A", "Running", 5}};
    static const struct summary_order held[] = {{"ORD-A", "Held", 5}};
    static const struct summary_order many[] = {{"ORD-A", "Running", 10001}};
    static char out[SUMMARY_TEXT_MAX];
    size_t length;
    (void)state;

    assert_int_equal(summary_print(twice, 2, "S", out, &length), ERR_DUPLICATE);
    assert_int_equal(summary_print(held, 1, "S", out, &length), ERR_RANGE);
    assert_int_equal(summary_print(many, 1, "S", out, &length), ERR_RANGE);
    assert_int_equal(summary_print(NULL, 0, "100", out, &length), ERR_RANGE);
}

/* log2(2001) = 10.967, log2(4) = 2, a key 1; log2(6) = 2.585 for the yield. */
static void capacity_follows_from_the_table(void **state)
{
    (void)state;
    assert_int_equal(summary_capacity(0), 2585);
    assert_int_equal(summary_capacity(1), 2585 + 10967 + 1000 + 2000);
    assert_int_equal(summary_capacity(200), 2585 + 200 * 13967);
}

/* The table for people says what the table in the program says. */
static void the_release_file_agrees_with_the_table(void **state)
{
    char text[16384], expected[1024], allowed[256];
    FILE *in = fopen("transfer/release/weekly-summary.json", "r");
    const char *at = text;
    (void)state;

    assert_non_null(in);
    text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
    fclose(in);
    for (size_t i = 0; i < summary_field_count; i++) {
        static const char *const kinds[] = {[SUMMARY_BAND] = "band",
                                            [SUMMARY_CODE] = "code",
                                            [SUMMARY_ENUM] = "enum",
                                            [SUMMARY_FIXED] = "fixed",
                                            [SUMMARY_INT] = "int"};
        const struct summary_field *f = &summary_fields[i];
        if (f->kind == SUMMARY_BAND)
            snprintf(allowed, sizeof(allowed),
                     "a multiple of %u from %u to %u as decimal text, or S for withheld", f->step,
                     f->min, f->max);
        else if (f->kind == SUMMARY_CODE)
            snprintf(allowed, sizeof(allowed), "%u to %u of A-Z, 0-9 and -", f->min, f->max);
        else if (f->kind == SUMMARY_INT)
            snprintf(allowed, sizeof(allowed), "%u", f->min);
        else
            snprintf(allowed, sizeof(allowed), "%s", f->words);
        snprintf(expected, sizeof(expected),
                 "          \"name\": \"%s\",\n          \"kind\": \"%s\",\n          \"allowed\": "
                 "\"%s\",\n          \"reason\": \"%s\"\n",
                 f->name, kinds[f->kind], allowed, f->reason);
        at = strstr(at, expected);
        if (!at)
            fail_msg("the file does not have, in this place: %s", expected);
    }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(records_that_the_table_lists_are_accepted),
        cmocka_unit_test(refuses_every_value_that_the_table_does_not_list),
        cmocka_unit_test(refusal_names_line_and_field),
        cmocka_unit_test(counts_become_bands),
        cmocka_unit_test(yields_become_bands),
        cmocka_unit_test(raw_counts_and_their_order_do_not_show),
        cmocka_unit_test(printing_refuses_what_checking_would),
        cmocka_unit_test(capacity_follows_from_the_table),
        cmocka_unit_test(the_release_file_agrees_with_the_table),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
