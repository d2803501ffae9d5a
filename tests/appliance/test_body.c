#include "tests/crypto/cases.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "appliance/body.h"

#define UUID7 "0193b3f0-1c2d-7e4f-8a5b-0123456789ab"
#define UUID4 "0193b3f0-1c2d-4e4f-8a5b-0123456789ab"

static char scratch[BODY_SCRATCH];
static struct body body;

/* ---- texts of fields, from the rows of operations.def ---- */

enum filling { SHORTEST, LONGEST, TOO_SHORT, TOO_LONG };

static long length_of(const struct field *f, enum filling how)
{
    return how == SHORTEST    ? f->least
           : how == LONGEST   ? f->most
           : how == TOO_SHORT ? f->least - 1
                              : f->most + 1;
}

/* The text of a value, without quotes; NULL where ${how} cannot be had. */
static const char *raw_value(const struct field *f, enum filling how)
{
    static char text[60000];
    static uint8_t bytes[45000];
    bool good = how == SHORTEST || how == LONGEST;
    long n = length_of(f, how);
    switch (f->kind) {
    case FIELD_ID:
        return good ? UUID7 : how == TOO_SHORT ? UUID4 : UUID7 "0";
    case FIELD_REF:
        return good ? UUID4 : how == TOO_SHORT ? "0193b3f0-1c2d-7e4f-8a5b-0123456789a" : UUID7 "0";
    case FIELD_TEXT:
    case FIELD_CODE:
        if (n < 0)
            return NULL;
        memset(text, 'x', (size_t)n);
        text[n] = '\0';
        return text;
    case FIELD_NUMBER:
        snprintf(text, sizeof text, "%ld", n);
        return text;
    case FIELD_DECIMAL:
        return how == SHORTEST    ? "0"
               : how == LONGEST   ? "-999999999.999999"
               : how == TOO_SHORT ? "1."
                                  : "1234567890";
    case FIELD_TIME:
        return how == SHORTEST    ? "2026-11-21T08:30:00Z"
               : how == LONGEST   ? "2026-11-21T08:30:00.123Z"
               : how == TOO_SHORT ? "2026-11-21T08:30Z"
                                  : "2026-02-30T08:30:00Z";
    case FIELD_HEX:
        n = 2 * f->least + (how == TOO_SHORT ? -1 : how == TOO_LONG ? 1 : 0);
        memset(text, 'a', (size_t)n);
        text[n] = '\0';
        return text;
    case FIELD_BASE64:
        sodium_bin2base64(text, sizeof text, bytes, n > 0 ? (size_t)n : 0,
                          sodium_base64_VARIANT_ORIGINAL);
        return text;
    default:
        return NULL;
    }
}

static size_t put_readings(char *out, size_t size, long n)
{
    size_t used = (size_t)snprintf(out, size, "[");
    for (long i = 0; i < n; i++)
        used += (size_t)snprintf(
            out + used, size - used,
            "%s{\"characteristic\":\"B%ld\",\"value\":\"1.5\",\"gage\":\"G-1\"}", i ? "," : "", i);
    return used + (size_t)snprintf(out + used, size - used, "]");
}

static size_t put_refs(char *out, size_t size, long n)
{
    size_t used = (size_t)snprintf(out, size, "[");
    for (long i = 0; i < n; i++)
        used += (size_t)snprintf(out + used, size - used, "%s\"00000000-0000-7000-8000-%012lx\"",
                                 i ? "," : "", i);
    return used + (size_t)snprintf(out + used, size - used, "]");
}

/* The JSON of a field's value; false where ${how} cannot be had. */
static bool json_value(const struct field *f, enum filling how, char *out, size_t size)
{
    if (f->kind == FIELD_READINGS) {
        put_readings(out, size, length_of(f, how));
        return true;
    }
    if (f->kind == FIELD_REFS) {
        put_refs(out, size, length_of(f, how));
        return true;
    }
    if (f->kind == FIELD_FLAG) {
        snprintf(out, size, "%s",
                 how == SHORTEST    ? "false"
                 : how == LONGEST   ? "true"
                 : how == TOO_SHORT ? "0"
                                    : "\"true\"");
        return true;
    }
    const char *raw = raw_value(f, how);
    if (raw)
        snprintf(out, size, f->kind == FIELD_NUMBER ? "%s" : "\"%s\"", raw);
    return raw != NULL;
}

static char built[100000];

/* A body with every field as ${how}, but the one at ${odd} as ${odd_how}, or without it. */
static bool build(const struct operation *o, enum filling how, size_t odd, int odd_how)
{
    static char value[60010];
    bool get = o->method == METHOD_GET, first = true;
    size_t used = (size_t)snprintf(built, sizeof built, get ? "" : "{");
    for (size_t i = 0; i < o->fields_count; i++) {
        const struct field *f = &o->fields[i];
        if (i == odd && odd_how < 0)
            continue;
        enum filling this = i == odd ? (enum filling)odd_how : how;
        if (get) {
            const char *raw = raw_value(f, this);
            if (!raw)
                return false;
            used += (size_t)snprintf(built + used, sizeof built - used, "%s%s=%s", first ? "" : "&",
                                     f->name, raw);
        } else {
            if (!json_value(f, this, value, sizeof value))
                return false;
            used += (size_t)snprintf(built + used, sizeof built - used, "%s\"%s\":%s",
                                     first ? "" : ",", f->name, value);
        }
        first = false;
    }
    snprintf(built + used, sizeof built - used, get ? "" : "}");
    return true;
}

static int decoded(const struct operation *o, const char *text)
{
    /* of exactly this size, so that reading past it is seen */
    size_t n = strlen(text);
    char *copy = malloc(n + 1);
    memcpy(copy, text, n);
    char *exact = realloc(copy, n ? n : 1);
    int r = body_decode(o, bytes_view_of(exact, n), scratch, sizeof scratch, &body);
    free(exact);
    if (r != 0)
        assert_true(r == ERR_FORMAT && body.problem[0] != '\0');
    return r;
}

/* ---- cases ---- */

static void the_table_keeps_its_own_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < operations_count; i++) {
        const struct operation *o = &operations[i];
        assert_true(o->fields_count <= OPERATION_FIELDS_MAX);
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(o->number, operations[k].number);
            assert_false(o->method == operations[k].method &&
                         strcmp(o->path, operations[k].path) == 0);
            assert_string_not_equal(o->name, operations[k].name);
        }
        assert_ptr_equal(operation_by_number(o->number), o);
        assert_ptr_equal(operation_route(o->method, o->path), o);
        if (o->strength == STRENGTH_SIGNED)
            assert_int_equal(o->method, METHOD_POST);
        unsigned readings = 0;
        for (size_t k = 0; k < o->fields_count; k++) {
            const struct field *f = &o->fields[k];
            assert_true(strlen(f->name) < sizeof body.field);
            assert_true(f->least >= 0 && f->least <= f->most);
            if (f->kind == FIELD_HEX)
                assert_true(f->least <= (long)sizeof body.values[0].bytes);
            if (f->kind == FIELD_READINGS)
                assert_true(f->most <= BODY_READINGS_MAX);
            if (f->kind == FIELD_REFS)
                assert_true(f->most <= BODY_REFS_MAX);
            readings += f->kind == FIELD_READINGS || f->kind == FIELD_REFS;
            /* a query string is not checked for UTF-8 */
            if (o->method == METHOD_GET)
                assert_true(f->kind == FIELD_REF || f->kind == FIELD_NUMBER ||
                            f->kind == FIELD_CODE || f->kind == FIELD_HEX || f->kind == FIELD_TIME);
            for (size_t l = 0; l < k; l++)
                assert_string_not_equal(f->name, o->fields[l].name);
        }
        assert_true(readings <= 1);
        /* the page signs what it sends: an id makes each request its own */
        if (o->method == METHOD_POST && o->server == SERVER_WORKER)
            assert_string_equal(o->fields[0].name, "id");
    }
    assert_null(operation_by_number(0));
    assert_null(operation_by_number(65535));
    assert_null(operation_route(METHOD_GET, "/api/"));
    assert_null(operation_by_name(bytes_text("sign_in")));
    assert_int_equal(operation_by_name(bytes_text("sign-in"))->number, OPERATION_SIGN_IN);
}

static void every_row_takes_its_shortest_and_longest(void **state)
{
    (void)state;
    for (size_t i = 0; i < operations_count; i++)
        for (int how = SHORTEST; how <= LONGEST; how++) {
            assert_true(build(&operations[i], (enum filling)how, 99, 0));
            assert_true(strlen(built) <= OPERATION_BODY_MAX);
            if (decoded(&operations[i], built) != 0)
                fail_msg("%s: %s %s", operations[i].name, body.field, body.problem);
        }
}

static void refuses_every_field_outside_its_range_and_names_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < operations_count; i++)
        for (size_t k = 0; k < operations[i].fields_count; k++)
            for (int how = TOO_SHORT; how <= TOO_LONG; how++) {
                if (!build(&operations[i], SHORTEST, k, how))
                    continue;
                if (decoded(&operations[i], built) == 0)
                    fail_msg("%s took: %.200s", operations[i].name, built);
                assert_string_equal(body.field, operations[i].fields[k].name);
            }
}

static void a_field_that_is_needed_is_missed_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < operations_count; i++)
        for (size_t k = 0; k < operations[i].fields_count; k++) {
            const struct field *f = &operations[i].fields[k];
            assert_true(build(&operations[i], SHORTEST, k, -1));
            assert_int_equal(decoded(&operations[i], built), f->needed ? ERR_FORMAT : 0);
            if (f->needed)
                assert_string_equal(body.field, f->name);
            else
                assert_false(body.values[k].present);
        }
}

static void refuses_a_field_twice_and_one_that_is_unknown(void **state)
{
    static char text[300000], value[60010];
    (void)state;
    for (size_t i = 0; i < operations_count; i++) {
        const struct operation *o = &operations[i];
        bool get = o->method == METHOD_GET;
        assert_true(build(o, SHORTEST, 99, 0));
        built[strlen(built) - (get || !built[0] ? 0 : 1)] = '\0';
        for (size_t k = 0; k < o->fields_count; k++) {
            const struct field *f = &o->fields[k];
            if (get)
                snprintf(text, sizeof text, "%s&%s=%s", built, f->name, raw_value(f, LONGEST));
            else if (json_value(f, LONGEST, value, sizeof value))
                snprintf(text, sizeof text, "%s,\"%s\":%s}", built, f->name, value);
            assert_int_equal(decoded(o, text), ERR_FORMAT);
            assert_string_equal(body.field, f->name);
        }
        snprintf(text, sizeof text, get ? "%s%sextra=1" : "%s%s\"extra\":1}", built,
                 !o->fields_count ? ""
                 : get            ? "&"
                                  : ",");
        assert_int_equal(decoded(o, text), ERR_FORMAT);
    }
}

static void refuses_every_other_type(void **state)
{
    static const char *const values[] = {
        "null",     "true", "1",          "-1",  "1.5",     "\"\\u0000\"",
        "[]",       "{}",   "[[[[]]]]",   "1e3", "\"x y\"", "18446744073709551615",
        "\"\xff\"", "NaN",  "\"\\ud800\""};
    static char text[300000];
    (void)state;
    for (size_t i = 0; i < operations_count; i++) {
        const struct operation *o = &operations[i];
        for (size_t k = 0; o->method == METHOD_POST && k < o->fields_count; k++)
            for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
                enum field_kind kind = o->fields[k].kind;
                bool fits = (kind == FIELD_FLAG && v == 1) || (kind == FIELD_TEXT && v == 10) ||
                            (kind == FIELD_NUMBER && v == 2);
                if (fits)
                    continue;
                assert_true(build(o, SHORTEST, k, -1));
                built[strlen(built) - 1] = '\0';
                snprintf(text, sizeof text, "%s%s\"%s\":%s}", built, built[1] ? "," : "",
                         o->fields[k].name, values[v]);
                if (decoded(o, text) == 0)
                    fail_msg("%s took: %.300s", o->name, text);
            }
    }
}

static void refuses_what_is_no_json_object(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "[]",
                                      "null",
                                      "\"id\"",
                                      "{",
                                      "{}x",
                                      "{},",
                                      "{} {}",
                                      "{\"id\"",
                                      "{'id':1}",
                                      "{id:1}",
                                      "{\"id\":1,}",
                                      "/**/{}",
                                      "\xef\xbb\xbf{}",
                                      "{\"\\u0069d\":1}"};
    const struct operation *o = operation_by_number(OPERATION_RELEASE_ORDER);
    static char deep[60000];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(decoded(o, bad[i]), ERR_FORMAT);
    memset(deep, '[', sizeof deep - 1);
    assert_int_equal(decoded(o, deep), ERR_FORMAT);
    for (size_t i = 0; i + 5 < sizeof deep; i += 5)
        memcpy(deep + i, "{\"a\":", 5);
    assert_int_equal(decoded(o, deep), ERR_FORMAT);
    for (size_t i = 0; i + 2 < sizeof deep; i += 2)
        memcpy(deep + i, "1,", 2);
    deep[0] = '[';
    assert_int_equal(decoded(o, deep), ERR_FORMAT);
}

static void refuses_an_operation_without_fields_a_body(void **state)
{
    const struct operation *o = operation_by_number(OPERATION_SIGN_OUT);
    (void)state;
    assert_int_equal(decoded(o, ""), 0);
    assert_int_equal(decoded(o, "{}"), 0);
    assert_int_equal(decoded(o, "{\"a\":1}"), ERR_FORMAT);
    assert_int_equal(decoded(o, "x"), ERR_FORMAT);
    o = operation_by_number(OPERATION_GET_TASKS);
    assert_int_equal(decoded(o, ""), 0);
    assert_int_equal(decoded(o, "a=1"), ERR_FORMAT);
    assert_int_equal(decoded(o, "&"), ERR_FORMAT);
    assert_int_equal(decoded(o, "="), ERR_FORMAT);
}

static void readings_are_read_exactly(void **state)
{
    static const char *const bad[] = {
        "[{\"characteristic\":\"B1\",\"value\":\"1\"}]",
        "[{\"characteristic\":\"B1\",\"value\":1,\"gage\":\"G\"}]",
        "[{\"characteristic\":\"B1\",\"value\":\"1e1\",\"gage\":\"G\"}]",
        "[{\"characteristic\":\"B1\",\"value\":\"1\",\"gage\":\"G\",\"x\":1}]",
        "[{\"characteristic\":\"B1\",\"value\":\"1\",\"value\":\"2\",\"gage\":\"G\"}]",
        "[{\"characteristic\":\"123456789\",\"value\":\"1\",\"gage\":\"G\"}]",
        "[{\"characteristic\":\"B1\",\"value\":\"1\",\"gage\":\"12345678901234567\"}]",
        "[{\"characteristic\":\"B 1\",\"value\":\"1\",\"gage\":\"G\"}]",
        "[1]",
        "[[]]",
    };
    static const char rest[] = "{\"id\":\"" UUID7 "\",\"unit\":\"" UUID4 "\",\"sequence\":10,"
                               "\"readings\":%s}";
    const struct operation *o = operation_by_number(OPERATION_RECORD_READING);
    char text[2000];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, rest, bad[i]);
        assert_int_equal(decoded(o, text), ERR_FORMAT);
        assert_string_equal(body.field, "readings");
    }
    snprintf(text, sizeof text, rest,
             "[{\"value\":\"-0.25\",\"gage\":\"G-7\",\"characteristic\":\"B2\"}]");
    assert_int_equal(body_decode(o, bytes_text(text), scratch, sizeof scratch, &body), 0);
    assert_int_equal(body.readings_count, 1);
    assert_true(body.readings[0].value == -250000);
    assert_true(bytes_equal_text(body.readings[0].characteristic, "B2"));
    assert_true(bytes_equal_text(body.readings[0].gage, "G-7"));
}

static void values_are_what_was_sent(void **state)
{
    static const char text[] = "{\"route\":\"R-1\",\"sequence\":10,\"id\":\"" UUID7 "\",\"name\":"
                               "\"D\\u00fcse \\\"A\\\"\",\"balloon\":\"7\",\"unit\":\"mm\","
                               "\"nominal\":\"12.5\",\"lower\":\"-0.000001\",\"key\":true}";
    const struct operation *o = operation_by_number(OPERATION_DEFINE_CHARACTERISTIC);
    (void)state;
    assert_int_equal(body_decode(o, bytes_text(text), scratch, sizeof scratch, &body), 0);
    assert_true(bytes_equal_text(body_value(&body, "name")->text, "D\xc3\xbcse \"A\""));
    assert_true(body_value(&body, "nominal")->number == 12500000);
    assert_true(body_value(&body, "lower")->number == -1);
    assert_true(body_value(&body, "key")->number == 1);
    assert_true(body_value(&body, "sequence")->number == 10);
    assert_int_equal(body_value(&body, "id")->bytes[6], 0x7e);
    assert_false(body_value(&body, "upper")->present);
}

static void base64_is_decoded_exactly(void **state)
{
    static const struct {
        const char *text, *content; /* NULL: refused */
    } rows[] = {
        {"YQ==", "a"},  {"YWI=", "ab"},    {"YWJj", "abc"}, {"YQ", NULL},       {"YQ=", NULL},
        {"YR==", NULL}, {"YWJj=", NULL},   {"Y Q==", NULL}, {"YQ==YQ==", NULL}, {"", NULL},
        {"-_-_", NULL}, {"YQ==\\n", NULL}, {"=", NULL},
    };
    const struct operation *o = operation_by_number(OPERATION_DEFINE_DOCUMENT);
    char text[1000];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(text, sizeof text,
                 "{\"id\":\"" UUID7 "\",\"document\":\"" UUID4 "\",\"number\":\"D\",\"revision\":"
                 "\"A\",\"title\":\"t\",\"technical\":true,\"content\":\"%s\"}",
                 rows[i].text);
        int r = body_decode(o, bytes_text(text), scratch, sizeof scratch, &body);
        assert_int_equal(r, rows[i].content ? 0 : ERR_FORMAT);
        if (r == 0)
            assert_true(bytes_equal_text(body_value(&body, "content")->text, rows[i].content));
    }
}

/* Whatever letter is put into it: base64 is of its 64 letters alone. */
static void base64_has_no_other_letters(void **state)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const struct operation *o = operation_by_number(OPERATION_DEFINE_DOCUMENT);
    char text[1000];
    (void)state;
    for (unsigned c = 1; c < 0x800; c++) {
        char utf8[3] = {(char)c, 0, 0};
        if (c == '"' || c == '\\')
            continue;
        if (c >= 0x80) {
            utf8[0] = (char)(0xc0 | c >> 6);
            utf8[1] = (char)(0x80 | (c & 0x3f));
        }
        snprintf(text, sizeof text,
                 "{\"id\":\"" UUID7 "\",\"document\":\"" UUID4 "\",\"number\":\"D\",\"revision\":"
                 "\"A\",\"title\":\"t\",\"technical\":true,\"content\":\"%s%sZ\"}",
                 c < 0x80 ? "YW" : "Y", utf8);
        int r = body_decode(o, bytes_text(text), scratch, sizeof scratch, &body);
        assert_int_equal(r, c < 0x80 && strchr(letters, (int)c) ? 0 : ERR_FORMAT);
    }
}

static void single_values_have_one_grammar(void **state)
{
    static const char *const decimals[] = {
        "",   "-",   ".",     ".5",  "5.", "+1",   "1e1",        "1,5",       " 1",
        "1 ", "--1", "1.1.1", "0x1", "1-", "1.-1", "1234567890", "1.1234567", "\xd9\xa1"};
    static const char *const times[] = {"",
                                        "2026-11-21",
                                        "2026-11-21T08:30:00",
                                        "2026-11-21T08:30:00+00:00",
                                        "2026-11-21 08:30:00Z",
                                        "2026-11-21T08:30:00z",
                                        "2026-13-01T00:00:00Z",
                                        "2026-00-01T00:00:00Z",
                                        "2026-01-00T00:00:00Z",
                                        "2026-04-31T00:00:00Z",
                                        "2025-02-29T00:00:00Z",
                                        "2100-02-29T00:00:00Z",
                                        "2026-01-01T24:00:00Z",
                                        "2026-01-01T00:60:00Z",
                                        "2026-01-01T00:00:60Z",
                                        "1969-12-31T23:59:59Z",
                                        "2026-01-01T00:00:00.12Z",
                                        "2026-01-01T00:00:00.1234Z",
                                        "2026-01-01T00:00:00,123Z",
                                        "2026-1-01T00:00:00.00Z",
                                        "2026-01-01T00:00:00.-12Z",
                                        "-026-01-01T00:00:00Z",
                                        "20 6-01-01T00:00:00Z"};
    static const char *const uuids[] = {"",
                                        "0193b3f0-1c2d-7e4f-8a5b-0123456789AB",
                                        "0193b3f01c2d7e4f8a5b0123456789ab",
                                        "0193b3f0-1c2d-7e4f-8a5b-0123456789a",
                                        "0193b3f0-1c2d-7e4f-8a5b-0123456789abc",
                                        "0193b3f0-1c2d-7e4f-8a5b0-123456789ab",
                                        "{193b3f0-1c2d-7e4f-8a5b-0123456789a}",
                                        "0193b3f--1c2d-7e4f-8a5b-0123456789ab",
                                        "g193b3f0-1c2d-7e4f-8a5b-0123456789ab"};
    int64_t v;
    uint8_t uuid[16];
    (void)state;
    for (size_t i = 0; i < sizeof decimals / sizeof *decimals; i++)
        assert_int_not_equal(body_decimal(bytes_text(decimals[i]), &v), 0);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        assert_int_not_equal(body_time(bytes_text(times[i]), &v), 0);
    for (size_t i = 0; i < sizeof uuids / sizeof *uuids; i++)
        assert_int_not_equal(body_uuid(bytes_text(uuids[i]), uuid), 0);
    assert_int_equal(body_time(bytes_text("2000-02-29T00:00:00Z"), &v), 0);
    assert_true(v == 951782400000);
    assert_int_equal(body_decimal(bytes_text("-999999999.999999"), &v), 0);
    assert_true(v == -999999999999999);
}

static void text_has_no_control_of_any_kind(void **state)
{
    static const char *const refused[] = {
        "\\u0000",      "\\u001f",      "\\t",          "\x7f",         "\xc2\x80",
        "\xc2\x9f",     "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa", "\xe2\x80\xae",
        "\xe2\x81\xa6", "\xe2\x81\xa9", "\\u202e",      "\\u2066"};
    static const char *const taken[] = {"\xc2\xa0",     "\xc3\xbc",     "\xe2\x80\xa7",
                                        "\xe2\x80\xaf", "\xe2\x81\xa5", "\xe2\x81\xaa",
                                        "\xe2\x80\x93", "<script>"};
    const struct operation *o = operation_by_number(OPERATION_SCAN_SERIAL);
    char text[300];
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused + sizeof taken / sizeof *taken; i++) {
        bool good = i >= sizeof refused / sizeof *refused;
        const char *c = good ? taken[i - sizeof refused / sizeof *refused] : refused[i];
        snprintf(text, sizeof text,
                 "{\"id\":\"" UUID7 "\",\"unit\":\"" UUID4 "\",\"sequence\":1,\"code\":\"a%sb\"}",
                 c);
        if ((decoded(o, text) == 0) != good)
            fail_msg("%s: %s", good ? "refused" : "took", text);
    }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(text_has_no_control_of_any_kind),
        cmocka_unit_test(the_table_keeps_its_own_limits),
        cmocka_unit_test(every_row_takes_its_shortest_and_longest),
        cmocka_unit_test(refuses_every_field_outside_its_range_and_names_it),
        cmocka_unit_test(a_field_that_is_needed_is_missed_by_name),
        cmocka_unit_test(refuses_a_field_twice_and_one_that_is_unknown),
        cmocka_unit_test(refuses_every_other_type),
        cmocka_unit_test(refuses_what_is_no_json_object),
        cmocka_unit_test(refuses_an_operation_without_fields_a_body),
        cmocka_unit_test(readings_are_read_exactly),
        cmocka_unit_test(values_are_what_was_sent),
        cmocka_unit_test(base64_is_decoded_exactly),
        cmocka_unit_test(base64_has_no_other_letters),
        cmocka_unit_test(single_values_have_one_grammar),
    };
    return cmocka_run_group_tests_name("appliance/body", cases, NULL, NULL);
}
