#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/policy/answers.h"
#include "tests/policy/world.h"

#define SCOPE                                                                                      \
    "\"effect\":\"permit\",\"principal\":{\"op\":\"All\"},\"action\":{\"op\":\"All\"},"            \
    "\"resource\":{\"op\":\"All\"}"
#define WHEN(body) "{" SCOPE ",\"conditions\":[{\"kind\":\"when\",\"body\":" body "}]}"
#define ANY        "permit (principal, action, resource)"

static int try_text(const char *json, char **ret_text, struct cedar_problem *problem)
{
    const struct cedar_source source = {"test.json", json, strlen(json)};
    size_t length;

    return cedar_policies_json_to_text(&source, ret_text, &length, problem);
}

static void reads(const char *json, const char *want)
{
    struct cedar_problem problem;
    char *text = NULL;

    if (try_text(json, &text, &problem) != 0)
        fail_msg("%s: %s", json, problem.message);
    assert_string_equal(text, want);
    cedar_text_free(text);
}

static void refuses(const char *json, int code)
{
    struct cedar_problem problem;
    char *text = NULL;

    if (try_text(json, &text, &problem) != code)
        fail_msg("not refused as it should be: %s: %s", json, problem.message);
    assert_int_equal(problem.code, code);
    assert_true(problem.message[0] != '\0');
    assert_null(text);
}

/* The JSON of one policy; the caller frees it. */
static char *json_of(const struct cedar_policies *p)
{
    char *json = NULL;
    size_t length;

    assert_int_equal(cedar_policy_write_json(p, 0, &json, &length), 0);
    assert_int_equal(strlen(json), length);
    return json;
}

/* ---- against the official engine ---- */

static bool same(const struct json *a, const struct json *b)
{
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == JSON_STRING)
        return text_equal(a->string, b->string);
    if (a->kind == JSON_ARRAY) {
        const struct json *y = b->first;
        for (const struct json *x = a->first; x != NULL; x = x->next, y = y->next)
            if (!same(x, y))
                return false;
    } else if (a->kind == JSON_OBJECT) {
        for (const struct json *x = a->first; x != NULL; x = x->next) {
            const struct json *y = json_member(b, x->key.data);
            if (y == NULL || !same(x, y))
                return false;
        }
    }
    return (a->kind != JSON_BOOL && a->kind != JSON_NUMBER) || a->number == b->number;
}

static void compare_json(const struct json *want, const char *text)
{
    const struct cedar_source source = {"ours", text, strlen(text)};
    const struct json *top = NULL;
    struct cedar_problem problem;
    struct arena arena;

    assert_int_equal(arena_init_growing(&arena, 1 << 24), 0);
    assert_int_equal(json_parse(&source, &arena, &top, &problem), 0);
    if (!same(want, top))
        fail_msg("not the official JSON: %s", text);
    arena_free(&arena);
}

static void compare_answer(const struct json *line)
{
    struct text text = json_member(line, "policies")->string;
    const struct json *json = json_member(line, "json");
    const struct cedar_source source = {"answer", text.data, text.length};
    struct cedar_policies *p = NULL, *again = NULL;
    struct cedar_problem problem;

    int r = cedar_policies_load(&source, 1, &p, &problem);
    if ((r == 0) != (json_member(line, "accepted")->number != 0))
        fail_msg("the verdict is not the official one: %s: %s", text.data, problem.message);
    if (json == NULL)
        return cedar_policies_free(p);
    char *written = json_of(p);
    compare_json(json, written);
    const struct cedar_source back = {"written.json", written, strlen(written)};
    if (cedar_policies_load_json(&back, 1, &again, &problem) != 0)
        fail_msg("%s: %s", written, problem.message);
    char *twice = json_of(again);
    assert_string_equal(written, twice);
    cedar_text_free(written);
    cedar_text_free(twice);
    cedar_policies_free(again);
    cedar_policies_free(p);
}

static void agrees_with_the_official_verdict_and_json(void **state)
{
    (void)state;
    assert_true(each_answer(compare_answer) > 150);
}

/* ---- by hand ---- */

static void puts_parentheses_only_where_they_are_needed(void **state)
{
#define ONE   "{\"Value\":1}"
#define T     "{\"Value\":true}"
#define AND   "{\"&&\":{\"left\":" T ",\"right\":" T "}}"
#define MINUS "{\"-\":{\"left\":" ONE ",\"right\":" ONE "}}"
    (void)state;
    reads(WHEN("{\"&&\":{\"left\":" AND ",\"right\":" AND "}}"),
          ANY "\nwhen { true && true && (true && true) };\n");
    reads(WHEN("{\"-\":{\"left\":" MINUS ",\"right\":" MINUS "}}"),
          ANY "\nwhen { 1 - 1 - (1 - 1) };\n");
    reads(WHEN("{\"*\":{\"left\":" MINUS ",\"right\":{\"neg\":{\"arg\":" ONE "}}}}"),
          ANY "\nwhen { (1 - 1) * -(1) };\n");
    reads(WHEN("{\".\":{\"left\":{\"Value\":-1},\"attr\":\"a b\"}}"),
          ANY "\nwhen { (-1)[\"a b\"] };\n");
    reads(WHEN("{\"!\":{\"arg\":{\"!\":{\"arg\":" T "}}}}"), ANY "\nwhen { !(!true) };\n");
    reads(WHEN("{\"==\":{\"left\":{\"if-then-else\":{\"if\":" T ",\"then\":" T ",\"else\":" T
               "}},\"right\":" AND "}}"),
          ANY "\nwhen { (if true then true else true) == (true && true) };\n");
}

static void writes_values_calls_and_names_as_text_has_them(void **state)
{
    (void)state;
    reads(WHEN("{\"Value\":[-1,\"a\\\"\\u0000\",{\"if\":{\"__entity\":{\"type\":\"A::B\",\"id\":"
               "\"c\"}}},"
               "{\"__extn\":{\"fn\":\"ip\",\"arg\":\"::1\"}}]}"),
          ANY "\nwhen { [-1, \"a\\\"\\u{0}\", { \"if\": A::B::\"c\" }, ip(\"::1\")] };\n");
    reads(WHEN("{\"like\":{\"left\":{\"Var\":\"context\"},\"pattern\":[{\"Literal\":\"a*\\\\\"},"
               "\"Wildcard\"]}}"),
          ANY "\nwhen { context like \"a\\*\\\\*\" };\n");
    reads(WHEN("{\"has\":{\"left\":{\"Var\":\"context\"},\"attr\":[\"a\",\"b\"]}}"),
          ANY "\nwhen { context has a.b };\n");
    reads(WHEN("{\"has\":{\"left\":{\"Var\":\"context\"},\"attr\":[\"a b\",\"if\"]}}"),
          ANY "\nwhen { context has \"a b\" && context[\"a b\"] has \"if\" };\n");
    reads(WHEN("{\"isInRange\":[{\"ip\":[{\"Value\":\"x\"}]},{\"Var\":\"action\"}]}"),
          ANY "\nwhen { ip(\"x\").isInRange(action) };\n");
}

static void keeps_the_ids_of_a_set(void **state)
{
    static const char set[] =
        "{\"staticPolicies\":{\"first\":{" SCOPE ",\"conditions\":[]},\"second\":{" SCOPE
        ",\"conditions\":[],\"annotations\":{\"id\":\"second\",\"bare\":null,"
        "\"empty\":\"\"}}},\"templates\":{},\"templateLinks\":[]}";
    const struct cedar_source source = {"set.json", set, sizeof set - 1};
    struct cedar_policies *p = NULL;
    struct cedar_problem problem;
    size_t length;
    char *json;

    (void)state;
    assert_int_equal(cedar_policies_load_json(&source, 1, &p, &problem), 0);
    assert_int_equal(cedar_policies_count(p), 2);
    assert_string_equal(cedar_policy_id(p, 0), "first");
    assert_string_equal(cedar_policy_id(p, 1), "second");
    const char *text = (const char *)cedar_policies_source(p, &length);
    assert_non_null(memmem(text, length, "@id(\"first\")", 12));
    assert_int_equal(cedar_policies_write_json(p, &json, &length), 0);
    assert_non_null(
        strstr(json, "\"annotations\":{\"id\":\"second\",\"bare\":null,\"empty\":\"\"}"));
    cedar_text_free(json);
    cedar_policies_free(p);
}

static void keeps_every_digit(void **state)
{
    struct cedar_policies *p =
        load_text(ANY " when { -9223372036854775808 == 9223372036854775807 };");
    char *json = json_of(p);

    (void)state;
    assert_non_null(strstr(json, "{\"Value\":-9223372036854775808}"));
    assert_non_null(strstr(json, "{\"Value\":9223372036854775807}"));
    cedar_text_free(json);
    cedar_policies_free(p);
}

static void refuses_what_is_not_a_policy(void **state)
{
    (void)state;
    refuses("", CEDAR_ERR_JSON);
    refuses("[]", CEDAR_ERR_JSON);
    refuses("{\"staticPolicies\":1}", CEDAR_ERR_JSON);
    refuses("{\"policies\":{}}", CEDAR_ERR_JSON);
    refuses("{" SCOPE "}", CEDAR_ERR_JSON);
    refuses("{" SCOPE ",\"conditions\":[],\"more\":1}", CEDAR_ERR_JSON);
    refuses("{" SCOPE ",\"conditions\":[],\"annotations\":{\"a b\":\"\"}}", CEDAR_ERR_JSON);
    refuses("{" SCOPE ",\"conditions\":[],\"effect\":\"permit\"}", CEDAR_ERR_JSON);
    refuses("{" SCOPE ",\"conditions\":[{\"kind\":\"if\",\"body\":" ONE "}]}", CEDAR_ERR_JSON);
    refuses("{\"staticPolicies\":{\"a\":{" SCOPE
            ",\"conditions\":[],\"annotations\":{\"id\":\"b\"}}}}",
            CEDAR_ERR_JSON);
    refuses("{\"staticPolicies\":{\"\":{" SCOPE ",\"conditions\":[]}}}", CEDAR_ERR_SYNTAX);
}

static void refuses_expressions_that_are_none(void **state)
{
    static const char *const bodies[] = {
        "1",
        "{}",
        "{\"Value\":1,\"Var\":\"action\"}",
        "{\"Value\":null}",
        "{\"Value\":1.5}",
        "{\"Value\":{\"__expr\":\"1\"}}",
        "{\"Value\":9223372036854775808}",
        "{\"Var\":\"you\"}",
        "{\"!\":" ONE "}",
        "{\"==\":{\"left\":" ONE "}}",
        "{\"==\":[" ONE "," ONE "]}",
        "{\"=\":{\"left\":" ONE ",\"right\":" ONE "}}",
        "{\"Set\":" ONE "}",
        "{\"Record\":[]}",
        "{\"ip\":" ONE "}",
        "{\"isIpv4\":[]}",
        "{\"foo\":[]}",
        "{\"Value\":{\"__extn\":{\"fn\":\"foo\",\"arg\":\"\"}}}",
        "{\"Value\":{\"__entity\":{\"type\":\"A B\",\"id\":\"\"}}}",
        "{\"has\":{\"left\":" ONE ",\"attr\":[]}}",
        "{\".\":{\"left\":" ONE ",\"attr\":1}}",
        "{\"like\":{\"left\":" ONE ",\"pattern\":\"a\"}}",
        "{\"like\":{\"left\":" ONE ",\"pattern\":[{\"Literal\":1}]}}",
        "{\"is\":{\"left\":" ONE ",\"entity_type\":\"if\"}}",
    };
    char json[1024];

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        snprintf(json, sizeof json, WHEN("%s"), bodies[i]);
        refuses(json, CEDAR_ERR_JSON);
    }
}

static void refuses_templates_in_plain_words(void **state)
{
    (void)state;
    refuses("{\"templates\":{\"t\":{}}}", CEDAR_ERR_TEMPLATE);
    refuses("{\"templateLinks\":[{}]}", CEDAR_ERR_TEMPLATE);
    refuses(WHEN("{\"Slot\":\"?principal\"}"), CEDAR_ERR_TEMPLATE);
    refuses("{\"effect\":\"permit\",\"principal\":{\"op\":\"==\",\"slot\":\"?principal\"},"
            "\"action\":{\"op\":\"All\"},\"resource\":{\"op\":\"All\"},\"conditions\":[]}",
            CEDAR_ERR_TEMPLATE);
}

static void points_at_the_place_and_says_what_was_meant(void **state)
{
    struct cedar_problem problem;
    char *text = NULL;

    (void)state;
    assert_int_equal(try_text(WHEN("\n {\"contain\":{\"left\":1}}"), &text, &problem),
                     CEDAR_ERR_JSON);
    assert_int_equal(problem.line, 2);
    assert_string_equal(problem.source, "test.json");
    assert_string_equal(problem.help, "did you mean \"contains\"?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_official_verdict_and_json),
        cmocka_unit_test(puts_parentheses_only_where_they_are_needed),
        cmocka_unit_test(writes_values_calls_and_names_as_text_has_them),
        cmocka_unit_test(keeps_the_ids_of_a_set),
        cmocka_unit_test(keeps_every_digit),
        cmocka_unit_test(refuses_what_is_not_a_policy),
        cmocka_unit_test(refuses_expressions_that_are_none),
        cmocka_unit_test(refuses_templates_in_plain_words),
        cmocka_unit_test(points_at_the_place_and_says_what_was_meant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
