#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/policy/world.h"

#define ANY "permit(principal,action,resource)"

static int try_load(const char *text, size_t length, struct cedar_problem *problem)
{
    struct cedar_source source = {"test.cedar", text, length};
    struct cedar_policies *policies = NULL;
    int r = cedar_policies_load(&source, 1, &policies, problem);

    cedar_policies_free(policies);
    return r;
}

static void accepts(const char *text)
{
    cedar_policies_free(load_text(text));
}

static void refuses_at(const char *text, int code, uint32_t line, uint32_t column)
{
    struct cedar_problem problem;

    if (try_load(text, strlen(text), &problem) != code)
        fail_msg("not refused as it should be: %s: %s", text, problem.message);
    assert_int_equal(problem.code, code);
    assert_true(problem.message[0] != '\0');
    if (problem.line != line || problem.column != column)
        fail_msg("%s: at %u:%u instead of %u:%u", text, problem.line, problem.column, line, column);
}

static void accepts_every_form_of_scope(void **state)
{
    (void)state;
    accepts("permit(principal, action, resource);");
    accepts("permit(principal == U::\"a\", action == Action::\"b\", resource == R::\"c\");");
    accepts("permit(principal in U::\"a\", action in [Action::\"b\", N::Action::\"c\",], "
            "resource is R in A::B::\"c\",);");
    accepts("permit(principal is U, action in Action::\"b\", resource is R);");
    accepts("permit(principal == (U::\"a\"), action in [], resource);");
}

static void accepts_annotations_comments_and_several_clauses(void **state)
{
    (void)state;
    accepts("// one\n@id(\"a\") @if(\"b\") @bare " ANY
            " when {true} unless {false} when {true}; // e");
    accepts("");
    accepts("// nothing");
}

static void refuses_scopes_that_are_none(void **state)
{
    (void)state;
    refuses_at("permit(principal, action);", CEDAR_ERR_SYNTAX, 1, 25);
    refuses_at("permit(action, principal, resource);", CEDAR_ERR_SYNTAX, 1, 8);
    refuses_at("permit(principal in [U::\"a\"], action, resource);", CEDAR_ERR_SYNTAX, 1, 21);
    refuses_at("permit(principal, action == U::\"a\", resource);", CEDAR_ERR_SYNTAX, 1, 29);
    refuses_at("permit(principal, action is Action, resource);", CEDAR_ERR_SYNTAX, 1, 26);
    refuses_at("permit(principal = U::\"a\", action, resource);", CEDAR_ERR_SYNTAX, 1, 18);
    refuses_at("permit(principal == U, action, resource);", CEDAR_ERR_SYNTAX, 1, 21);
}

static void says_that_templates_are_not_supported(void **state)
{
    struct cedar_problem problem;
    const char *text = "permit(principal == ?principal, action, resource);";

    (void)state;
    assert_int_equal(try_load(text, strlen(text), &problem), CEDAR_ERR_TEMPLATE);
    assert_non_null(strstr(problem.message, "templates are not supported"));
    assert_int_equal(problem.column, 21);
}

static void shows_the_line_with_a_caret_and_a_suggestion(void **state)
{
    struct cedar_problem problem;
    char words[1024];
    const char *text = "// first\n" ANY " when {\n  princpal.x == \"é\"\n};";

    (void)state;
    assert_int_equal(try_load(text, strlen(text), &problem), CEDAR_ERR_SYNTAX);
    cedar_problem_print(&problem, words, sizeof words);
    assert_string_equal(words, "error: `princpal` is not a variable; there are principal, action, "
                               "resource and context\n"
                               " --> test.cedar:3:3\n"
                               "3 |   princpal.x == \"é\"\n"
                               "  |   ^^^^^^^^\n"
                               "help: did you mean `principal`?\n");
}

static void suggests_the_function_that_was_meant(void **state)
{
    struct cedar_problem problem;
    const char *text = ANY " when { [1].containAll([1]) };";

    (void)state;
    assert_int_equal(try_load(text, strlen(text), &problem), CEDAR_ERR_SYNTAX);
    assert_string_equal(problem.help, "did you mean `containsAll`?");
}

static void counts_columns_in_characters(void **state)
{
    (void)state;
    refuses_at(ANY " when { \"éé\" == };", CEDAR_ERR_SYNTAX, 1, 50);
}

static void refuses_ids_that_name_two_policies(void **state)
{
    (void)state;
    refuses_at("@id(\"a\")" ANY ";\n@id(\"a\")" ANY ";", CEDAR_ERR_DUPLICATE, 2, 1);
    refuses_at("@id(\"policy1\")" ANY ";" ANY ";", CEDAR_ERR_DUPLICATE, 1, 49);
    refuses_at("@a(\"1\") @a(\"2\")" ANY ";", CEDAR_ERR_DUPLICATE, 1, 10);
    refuses_at("@id " ANY ";", CEDAR_ERR_SYNTAX, 1, 2);
    refuses_at("@id(\"a\\0\")" ANY ";", CEDAR_ERR_SYNTAX, 1, 2);
}

static void refuses_text_that_is_not_utf8(void **state)
{
    static const char *const bad[] = {"\xff", "\xc3", "\xed\xa0\x80", "\xc0\x80",
                                      "\xf4\x90\x80\x80"};
    struct cedar_problem problem;
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "// a\n// %s", bad[i]);
        assert_int_equal(try_load(text, strlen(text), &problem), CEDAR_ERR_TEXT);
        assert_int_equal(problem.line, 2);
        assert_int_equal(problem.column, 4);
    }
}

/* ${open} and ${close} ${times} times around `true`. */
static int try_nested(const char *open, const char *close, unsigned times)
{
    size_t n = times * (strlen(open) + strlen(close)) + 128;
    char *text = calloc(1, n), *at = stpcpy(text, ANY " when { ");
    struct cedar_problem problem;

    for (unsigned i = 0; i < times; i++)
        at = stpcpy(at, open);
    at = stpcpy(at, "true");
    for (unsigned i = 0; i < times; i++)
        at = stpcpy(at, close);
    stpcpy(at, " };");
    int r = try_load(text, strlen(text), &problem);
    free(text);
    return r;
}

static void refuses_nesting_beyond_the_limit(void **state)
{
    (void)state;
    assert_int_equal(try_nested("(", ")", CEDAR_NESTING_MAX - 1), 0);
    assert_int_equal(try_nested("(", ")", CEDAR_NESTING_MAX), CEDAR_ERR_LIMIT);
    assert_int_equal(try_nested("[", "]", 100000), CEDAR_ERR_LIMIT);
    assert_int_equal(try_nested("{a:", "}", 100000), CEDAR_ERR_LIMIT);
    assert_int_equal(try_nested("if true then true else ", "", 100000), CEDAR_ERR_LIMIT);
}

static void refuses_chains_beyond_the_height_limit(void **state)
{
    (void)state;
    assert_int_equal(try_nested("true && ", "", 20000), 0);
    assert_int_equal(try_nested("", ".a", CEDAR_HEIGHT_MAX - 1), 0);
    assert_int_equal(try_nested("", ".a", CEDAR_HEIGHT_MAX), CEDAR_ERR_LIMIT);
    assert_int_equal(try_nested("", " + 1", CEDAR_HEIGHT_MAX), CEDAR_ERR_LIMIT);
}

static void refuses_a_text_larger_than_a_mebibyte(void **state)
{
    char *text = malloc(CEDAR_SOURCE_MAX + 1);
    struct cedar_problem problem;

    (void)state;
    memset(text, ' ', CEDAR_SOURCE_MAX + 1);
    assert_int_equal(try_load(text, CEDAR_SOURCE_MAX, &problem), 0);
    assert_int_equal(try_load(text, CEDAR_SOURCE_MAX + 1, &problem), CEDAR_ERR_LIMIT);
    free(text);
}

static void refuses_every_proper_beginning_of_a_policy(void **state)
{
    const char *text = "@id(\"a\") permit(principal is U in U::\"g\", action in [Action::\"a\"], "
                       "resource) when { if principal has a.b then [1, {\"x\": ip(\"::1\")}]"
                       ".contains(-1 + 2 * 3) else \"a\" like \"*\" && principal is U };";
    struct cedar_problem problem;
    char words[1024];

    (void)state;
    accepts(text);
    for (size_t n = 1; n < strlen(text); n++) {
        char *copy = malloc(n); /* so that reading past the end is seen */
        memcpy(copy, text, n);
        assert_int_not_equal(try_load(copy, n, &problem), 0);
        assert_non_null(strchr(cedar_problem_print(&problem, words, sizeof words), '^'));
        free(copy);
    }
}

static void gives_the_bytes_to_hash_with_their_lengths(void **state)
{
    struct cedar_source sources[] = {{"a", "// x", 4}, {"b", ANY ";", strlen(ANY ";")}};
    struct cedar_policies *policies = NULL;
    struct cedar_problem problem;
    size_t length;

    (void)state;
    assert_int_equal(cedar_policies_load(sources, 2, &policies, &problem), 0);
    const uint8_t *bytes = cedar_policies_source(policies, &length);
    assert_int_equal(length, 8 + 4 + strlen(ANY ";"));
    assert_memory_equal(bytes, "\0\0\0\4// x\0\0\0\42permit", 18);
    assert_string_equal(cedar_policy_id(policies, 0), "policy0");
    cedar_policies_free(policies);
}

static void keeps_annotations_and_effects(void **state)
{
    struct cedar_policies *p =
        load_text("@id(\"x\") @why(\"a\\nb\") forbid(principal,action,resource);" ANY ";");

    (void)state;
    assert_int_equal(cedar_policies_count(p), 2);
    assert_string_equal(cedar_policy_id(p, 0), "x");
    assert_string_equal(cedar_policy_id(p, 1), "policy1");
    assert_string_equal(cedar_policy_annotation(p, 0, "why"), "a\nb");
    assert_null(cedar_policy_annotation(p, 1, "why"));
    assert_true(cedar_policy_is_forbid(p, 0));
    assert_false(cedar_policy_is_forbid(p, 1));
    cedar_policies_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_every_form_of_scope),
        cmocka_unit_test(accepts_annotations_comments_and_several_clauses),
        cmocka_unit_test(refuses_scopes_that_are_none),
        cmocka_unit_test(says_that_templates_are_not_supported),
        cmocka_unit_test(shows_the_line_with_a_caret_and_a_suggestion),
        cmocka_unit_test(suggests_the_function_that_was_meant),
        cmocka_unit_test(counts_columns_in_characters),
        cmocka_unit_test(refuses_ids_that_name_two_policies),
        cmocka_unit_test(refuses_text_that_is_not_utf8),
        cmocka_unit_test(refuses_nesting_beyond_the_limit),
        cmocka_unit_test(refuses_chains_beyond_the_height_limit),
        cmocka_unit_test(refuses_a_text_larger_than_a_mebibyte),
        cmocka_unit_test(refuses_every_proper_beginning_of_a_policy),
        cmocka_unit_test(gives_the_bytes_to_hash_with_their_lengths),
        cmocka_unit_test(keeps_annotations_and_effects),
    };
    return cmocka_run_group_tests_name("policy/parse", tests, NULL, NULL);
}
