#include "tests/crypto/cases.h"

#include <stdlib.h>
#include <yyjson.h>

#include "appliance/answer.h"
#include "appliance/body.h"

/* ---- the rows of answers.def, filled and compared with the JSON they become ---- */

#define TRICKY "a \"quote\", a \\, a tab\t, \x01, \xc3\xbc \xe2\x80\x94 </script>"

static int64_t counter;

#define OBJECT(name, ...)                                                                          \
    static void fill_##name(struct answer_##name *a);                                              \
    static void check_##name(const struct answer_##name *a, yyjson_val *json);
#include "appliance/answers.def"
#undef OBJECT

#define TEXT(name) a->name = TRICKY;
#define UUID(name)                                                                                 \
    for (int i = 0; i < 16; i++)                                                                   \
        a->name[i] = (uint8_t)++counter;
#define INT(name)     a->name = --counter * 1000003;
#define BOOL(name)    a->name = ++counter % 2;
#define TIME(name)    a->name = 1795246200000 + ++counter;
#define DECIMAL(name) a->name = (struct answer_decimal){true, -(++counter) * 1234567, 0};
#define LIST(name, object)                                                                         \
    {                                                                                              \
        static struct answer_##object two[2];                                                      \
        fill_##object(&two[0]);                                                                    \
        fill_##object(&two[1]);                                                                    \
        a->name = two;                                                                             \
        a->name##_count = 2;                                                                       \
    }
#define OBJECT(name, ...)                                                                          \
    static void fill_##name(struct answer_##name *a)                                               \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#include "appliance/answers.def"
#undef OBJECT
#undef TEXT
#undef UUID
#undef INT
#undef BOOL
#undef TIME
#undef DECIMAL
#undef LIST

static yyjson_val *field(yyjson_val *json, size_t *at, const char *name)
{
    yyjson_obj_iter it = yyjson_obj_iter_with(json);
    yyjson_val *found = NULL;
    for (size_t i = 0; i <= *at; i++)
        found = yyjson_obj_iter_next(&it);
    ++*at;
    assert_non_null(found);
    assert_string_equal(yyjson_get_str(found), name); /* in the order of the rows */
    return yyjson_obj_iter_get_val(found);
}

static struct bytes_view text_of(yyjson_val *json)
{
    assert_true(yyjson_is_str(json));
    return bytes_view_of(yyjson_get_str(json), yyjson_get_len(json));
}

static void check_uuid(const uint8_t expected[static 16], yyjson_val *json)
{
    uint8_t uuid[16];
    assert_int_equal(body_uuid(text_of(json), uuid), 0);
    assert_memory_equal(uuid, expected, 16);
}

static void check_time(int64_t expected, yyjson_val *json)
{
    int64_t v = 0;
    assert_int_equal(body_time(text_of(json), &v), 0);
    assert_true(v == expected);
}

static void check_decimal(struct answer_decimal expected, yyjson_val *json)
{
    int64_t v = 0;
    assert_int_equal(body_decimal(text_of(json), &v), 0);
    assert_true(v == expected.millionths);
}

#define TEXT(name)    assert_string_equal(yyjson_get_str(field(json, &at, #name)), a->name);
#define UUID(name)    check_uuid(a->name, field(json, &at, #name));
#define INT(name)     assert_true(yyjson_get_sint(field(json, &at, #name)) == a->name);
#define BOOL(name)    assert_int_equal(yyjson_get_bool(field(json, &at, #name)), a->name);
#define TIME(name)    check_time(a->name, field(json, &at, #name));
#define DECIMAL(name) check_decimal(a->name, field(json, &at, #name));
#define LIST(name, object)                                                                         \
    {                                                                                              \
        yyjson_val *list = field(json, &at, #name);                                                \
        assert_int_equal(yyjson_arr_size(list), a->name##_count);                                  \
        for (size_t i = 0; i < a->name##_count; i++)                                               \
            check_##object(&a->name[i], yyjson_arr_get(list, i));                                  \
    }
#define OBJECT(name, ...)                                                                          \
    static void check_##name(const struct answer_##name *a, yyjson_val *json)                      \
    {                                                                                              \
        size_t at = 0;                                                                             \
        assert_true(yyjson_is_obj(json));                                                          \
        __VA_ARGS__                                                                                \
        assert_int_equal(yyjson_obj_size(json), at);                                               \
    }
#include "appliance/answers.def"
#undef OBJECT
#undef TEXT
#undef UUID
#undef INT
#undef BOOL
#undef TIME
#undef DECIMAL
#undef LIST

static uint8_t wire[1 << 16];

static yyjson_doc *parsed(const struct bytes_put *put)
{
    size_t length = 0;
    assert_int_equal(bytes_put_done(put, &length), 0);
    yyjson_doc *doc = yyjson_read((const char *)wire, length, YYJSON_READ_NOFLAG);
    assert_non_null(doc);
    return doc;
}

/* ---- cases ---- */

static void every_object_is_the_json_of_its_row(void **state)
{
    (void)state;
#define OBJECT(name, ...)                                                                          \
    {                                                                                              \
        struct answer_##name a = {0};                                                              \
        struct bytes_put put = bytes_into(wire, sizeof wire);                                      \
        fill_##name(&a);                                                                           \
        answer_write_##name(&a, &put);                                                             \
        yyjson_doc *doc = parsed(&put);                                                            \
        check_##name(&a, yyjson_doc_get_root(doc));                                                \
        yyjson_doc_free(doc);                                                                      \
    }
#include "appliance/answers.def"
#undef OBJECT
}

/* Texts are looked at eight bytes at once: each byte at each place comes back. */
static void every_byte_comes_back_wherever_it_stands(void **state)
{
    char text[20];
    (void)state;
    for (unsigned byte = 1; byte < 0x80; byte++)
        for (size_t at = 0; at + 1 < sizeof text; at++) {
            struct bytes_put put = bytes_into(wire, sizeof wire);
            memset(text, 'x', sizeof text - 1);
            text[sizeof text - 1] = '\0';
            text[at] = (char)byte;
            answer_write_problem(&(struct answer_problem){.error = text}, &put);
            yyjson_doc *doc = parsed(&put);
            assert_string_equal(yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), "error")),
                                text);
            yyjson_doc_free(doc);
        }
}

static void numbers_are_written_to_their_ends(void **state)
{
    static const int64_t numbers[] = {0, 1, -1, 10, -10, INT64_MAX, INT64_MIN};
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct bytes_put put = bytes_into(wire, sizeof wire);
        answer_write_task(&(struct answer_task){.priority = numbers[i]}, &put);
        yyjson_doc *doc = parsed(&put);
        yyjson_val *number = yyjson_obj_get(yyjson_doc_get_root(doc), "priority");
        assert_true(yyjson_is_int(number));
        assert_int_equal(yyjson_is_sint(number) ? yyjson_get_sint(number)
                                                : (int64_t)yyjson_get_uint(number),
                         numbers[i]);
        yyjson_doc_free(doc);
    }
}

static void an_empty_object_is_json_too(void **state)
{
    (void)state;
#define OBJECT(name, ...)                                                                          \
    {                                                                                              \
        static const struct answer_##name a;                                                       \
        struct bytes_put put = bytes_into(wire, sizeof wire);                                      \
        answer_write_##name(&a, &put);                                                             \
        yyjson_doc_free(parsed(&put));                                                             \
    }
#include "appliance/answers.def"
#undef OBJECT
}

static void too_little_room_is_an_error_and_never_half_an_answer(void **state)
{
    (void)state;
#define OBJECT(name, ...)                                                                          \
    {                                                                                              \
        struct answer_##name a = {0};                                                              \
        struct bytes_put put = bytes_into(wire, sizeof wire);                                      \
        fill_##name(&a);                                                                           \
        answer_write_##name(&a, &put);                                                             \
        size_t length = bytes_put_length(&put);                                                    \
        for (size_t n = 0; n < length; n += 7) {                                                   \
            uint8_t *room = malloc(n + 1);                                                         \
            put = bytes_into(room, n);                                                             \
            answer_write_##name(&a, &put);                                                         \
            assert_int_equal(put.error, ERR_SIZE);                                                 \
            free(room);                                                                            \
        }                                                                                          \
    }
#include "appliance/answers.def"
#undef OBJECT
}

static void decimals_are_exact_and_short(void **state)
{
    static const struct {
        int64_t millionths;
        const char *text;
    } rows[] = {
        {0, "0"},
        {1, "0.000001"},
        {-1, "-0.000001"},
        {1000000, "1"},
        {10000000, "10"},
        {-12500000, "-12.5"},
        {100, "0.0001"},
        {INT64_MAX, "9223372036854.775807"},
        {INT64_MIN, "-9223372036854.775808"},
    };
    char out[ANSWER_DECIMAL_TEXT];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        answer_decimal_text(rows[i].millionths, 0, out);
        assert_string_equal(out, rows[i].text);
    }
}

static void times_are_rfc_3339(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0, ""},
        {-1, ""},
        {INT64_MIN, ""},
        {INT64_MAX, ""},
        {1, "1970-01-01T00:00:00.001Z"},
        {951782399999, "2000-02-28T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {253402300800000, ""},
    };
    char out[ANSWER_TIME_TEXT];
    int64_t back;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        answer_time_text(rows[i].ms, out);
        assert_string_equal(out, rows[i].text);
        if (out[0])
            assert_int_equal(body_time(bytes_text(out), &back), 0);
        if (out[0])
            assert_true(back == rows[i].ms);
    }
    for (int64_t ms = 1; ms < 253402300800000; ms += 86400000 * INT64_C(13) + 12345) {
        answer_time_text(ms, out);
        assert_int_equal(body_time(bytes_text(out), &back), 0);
        assert_true(back == ms);
    }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(every_object_is_the_json_of_its_row),
        cmocka_unit_test(every_byte_comes_back_wherever_it_stands),
        cmocka_unit_test(numbers_are_written_to_their_ends),
        cmocka_unit_test(an_empty_object_is_json_too),
        cmocka_unit_test(too_little_room_is_an_error_and_never_half_an_answer),
        cmocka_unit_test(decimals_are_exact_and_short),
        cmocka_unit_test(times_are_rfc_3339),
    };
    return cmocka_run_group_tests_name("appliance/answer", cases, NULL, NULL);
}
