#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/entity_json.h"
#include "tests/policy/world.h"

static int try_parse(const char *text, struct cedar_problem *problem)
{
    struct cedar_source source = {"test.json", text, strlen(text)};
    const struct json *top;
    struct arena arena;

    assert_int_equal(arena_init_growing(&arena, 1 << 20), 0);
    int r = json_parse(&source, &arena, &top, problem);
    arena_free(&arena);
    return r;
}

static void accepts_json(void **state)
{
    static const char *const good[] = {
        "null",
        " [ ] ",
        "{}",
        "[1,-1,0,9223372036854775807,-9223372036854775808]",
        "{\"a\":{\"b\":[true,false,null]},\"c\":\"\\u0041\\ud83d\\ude00\\n\"}",
    };
    struct cedar_problem problem;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(try_parse(good[i], &problem), 0);
}

static void refuses_what_is_not_strict_json(void **state)
{
    static const char *const bad[] = {
        "",
        "[1,]",
        "{\"a\":1,}",
        "[1 2]",
        "01",
        "-",
        "1.0",
        "1e3",
        "+1",
        "9223372036854775808",
        "nul",
        "truex",
        "[1] 2",
        "{\"a\" 1}",
        "{a:1}",
        "\"",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\u12\"",
        "\"\n\"",
        "[",
        "{",
        "{\"a\":1,\"a\":2}",
        "// c\n1",
        "\"\\ud800\\u0041\"",
        "{\"a\":1,\"\\u0061\":2}",
        "-9223372036854775809",
        "\"\xff\"",
        "'a'",
        "\"\\",
    };
    struct cedar_problem problem;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (try_parse(bad[i], &problem) != CEDAR_ERR_JSON)
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(problem.code, CEDAR_ERR_JSON);
    }
}

static void refuses_json_that_is_too_deep(void **state)
{
    char text[2 * JSON_DEPTH_MAX + 3] = "";
    struct cedar_problem problem;

    (void)state;
    for (unsigned i = 0; i < JSON_DEPTH_MAX; i++) {
        text[i] = '[';
        text[2 * JSON_DEPTH_MAX - 1 - i] = ']';
    }
    assert_int_equal(try_parse(text, &problem), 0);
    memmove(text + 1, text, sizeof text - 2);
    strcat(text, "]");
    assert_int_equal(try_parse(text, &problem), CEDAR_ERR_JSON);
}

static void says_line_and_column(void **state)
{
    struct cedar_problem problem;
    char words[512];

    (void)state;
    assert_int_equal(try_parse("{\n \"a\": 1.5}", &problem), CEDAR_ERR_JSON);
    assert_int_equal(problem.line, 2);
    assert_int_equal(problem.column, 8);
    assert_non_null(strstr(cedar_problem_print(&problem, words, sizeof words), "2 |  \"a\": 1.5}"));
}

static int try_entities(const char *text, struct cedar_problem *problem)
{
    struct cedar_source source = {"test.json", text, strlen(text)};
    struct world w = world_new("");
    const struct json *top;
    struct arena arena;

    assert_int_equal(arena_init_growing(&arena, 1 << 20), 0);
    assert_int_equal(json_parse(&source, &arena, &top, problem), 0);
    const struct entity_json j = {.entities = w.base, .source = &source, .problem = problem};
    int r = entity_json_all(&j, top);
    if (r == 0)
        r = cedar_entities_freeze(w.base);
    arena_free(&arena);
    world_free(&w);
    return r;
}

#define UID         "\"uid\":{\"type\":\"U\",\"id\":\"u\"}"
#define BARE        ",\"attrs\":{},\"parents\":[]"
#define A_IS(value) "\"attrs\":{\"a\":" value "},\"parents\":[]"

static void accepts_entities(void **state)
{
    struct cedar_problem problem;

    (void)state;
    assert_int_equal(try_entities("[]", &problem), 0);
    assert_int_equal(try_entities("[[[\"U\",\"u\"],{},[]]]", &problem), 0);
    assert_int_equal(try_entities("[{" UID BARE ",\"extra\":1}]", &problem), 0);
    assert_int_equal(try_entities("[{" UID BARE "},{" UID BARE ",\"tags\":{}}]", &problem), 0);
    assert_int_equal(try_entities("[{" UID "," A_IS("{\"__entity\":1}") "}]", &problem), 0);
    assert_int_equal(try_entities("[{" UID "," A_IS("{\"__extn\":{},\"b\":1}") "}]", &problem), 0);
    assert_int_equal(try_entities("[{" UID ",\"attrs\":{\"a\":[1,\"x\\u0000\",{\"b\":true}],"
                                  "\"e\":{\"__entity\":{\"type\":\"A::B\",\"id\":\"\"}},"
                                  "\"d\":{\"__extn\":{\"fn\":\"decimal\",\"arg\":\"1.5\"}}},"
                                  "\"parents\":[{\"__entity\":{\"type\":\"G\",\"id\":\"g\"}}],"
                                  "\"tags\":{\"t\":{\"__extn\":{\"fn\":\"offset\",\"args\":["
                                  "{\"__extn\":{\"fn\":\"datetime\",\"arg\":\"1970-01-01\"}},"
                                  "{\"__extn\":{\"fn\":\"duration\",\"arg\":\"1d\"}}]}}}}]",
                                  &problem),
                     0);
}

static void refuses_entities_that_are_none(void **state)
{
    static const struct {
        const char *text;
        int code;
    } bad[] = {
        {"{}", CEDAR_ERR_JSON},
        {"[1]", CEDAR_ERR_JSON},
        {"[{}]", CEDAR_ERR_JSON},
        {"[{" UID ",\"attrs\":{}}]", CEDAR_ERR_JSON},
        {"[{" UID ",\"parents\":[]}]", CEDAR_ERR_JSON},
        {"[{\"uid\":{\"type\":\"U\"}" BARE "}]", CEDAR_ERR_JSON},
        {"[{\"uid\":{\"type\":\"U\",\"id\":1}" BARE "}]", CEDAR_ERR_JSON},
        {"[{\"uid\":\"U::a\"" BARE "}]", CEDAR_ERR_JSON},
        {"[{\"uid\":[\"U\",\"a\",\"b\"]" BARE "}]", CEDAR_ERR_JSON},
        {"[{\"uid\":{\"type\":\"if\",\"id\":\"a\"}" BARE "}]", CEDAR_ERR_NAME},
        {"[{\"uid\":{\"type\":\"U \",\"id\":\"a\"}" BARE "}]", CEDAR_ERR_NAME},
        {"[{" UID ",\"attrs\":{},\"parents\":[\"U::b\"]}]", CEDAR_ERR_JSON},
        {"[{" UID ",\"attrs\":{},\"parents\":null}]", CEDAR_ERR_JSON},
        {"[{" UID ",\"attrs\":[],\"parents\":[]}]", CEDAR_ERR_JSON},
        {"[{" UID BARE ",\"tags\":null}]", CEDAR_ERR_JSON},
        {"[{" UID "," A_IS("null") "}]", CEDAR_ERR_JSON},
        {"[{" UID "," A_IS("{\"b\":null}") "}]", CEDAR_ERR_JSON},
        {"[{" UID "," A_IS("{\"__extn\":{\"fn\":\"ip\",\"arg\":\"x\"}}") "}]", CEDAR_ERR_JSON},
        {"[{" UID "," A_IS("{\"__extn\":{\"fn\":\"no\",\"arg\":\"x\"}}") "}]", CEDAR_ERR_JSON},
        {"[{" UID "," A_IS("{\"__extn\":{\"fn\":\"ip\",\"arg\":1}}") "}]", CEDAR_ERR_JSON},
        {"[{" UID "," A_IS("{\"__extn\":{\"fn\":\"ip\",\"args\":[]}}") "}]", CEDAR_ERR_JSON},
        {"[{" UID "," A_IS("{\"__extn\":{\"fn\":\"unknown\",\"arg\":\"x\"}}") "}]", CEDAR_ERR_JSON},
        {"[{" UID "," A_IS("{\"__expr\":\"1\"}") "}]", CEDAR_ERR_JSON},
        {"[{" UID "," A_IS("{\"__entity\":{\"type\":\"1\",\"id\":\"\"}}") "}]", CEDAR_ERR_NAME},
        {"[{" UID "," A_IS("1") "},{" UID "," A_IS("2") "}]", CEDAR_ERR_DUPLICATE},
    };
    struct cedar_problem problem;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (try_entities(bad[i].text, &problem) != bad[i].code)
            fail_msg("%s: %s", bad[i].text, problem.message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_json),
        cmocka_unit_test(refuses_what_is_not_strict_json),
        cmocka_unit_test(refuses_json_that_is_too_deep),
        cmocka_unit_test(says_line_and_column),
        cmocka_unit_test(accepts_entities),
        cmocka_unit_test(refuses_entities_that_are_none),
    };
    return cmocka_run_group_tests_name("policy/json", tests, NULL, NULL);
}
