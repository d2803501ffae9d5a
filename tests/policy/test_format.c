#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/format/width.h"
#include "policy/lex.h"
#include "tests/policy/answers.h"
#include "tests/policy/world.h"

#define ANY "permit (principal, action, resource)"

/* A text that the caller frees, or NULL. */
static char *try_format(struct text text, const struct cedar_style *style,
                        struct cedar_problem *problem, size_t *ret_length)
{
    const struct cedar_source source = {"test.cedar", text.data, text.length};
    char *out = NULL;

    return cedar_format(&source, style, &out, ret_length, problem) == 0 ? out : NULL;
}

static char *format(struct text text, size_t *ret_length)
{
    struct cedar_problem problem;
    char *out = try_format(text, NULL, &problem, ret_length);

    if (out == NULL)
        fail_msg("not laid out: %s: %s", text.data, problem.message);
    return out;
}

static void formats_as(const char *text, const char *want)
{
    size_t length;
    char *out = format(text_of(text), &length);

    assert_string_equal(out, want);
    assert_int_equal(length, strlen(want));
    cedar_text_free(out);
}

static void compare_answer(const struct json *line)
{
    const struct json *formatted = json_member(line, "formatted");
    struct text text = json_member(line, "policies")->string;
    struct cedar_problem problem;
    size_t length;
    char *out = try_format(text, NULL, &problem, &length);

    if ((out != NULL) != (json_member(line, "accepted")->number != 0))
        fail_msg("the verdict is not the official one: %s", text.data);
    if (formatted != NULL && !text_equal((struct text){out, (uint32_t)length}, formatted->string))
        fail_msg("not as the official engine has it:\n%s---- ours\n%s", formatted->string.data,
                 out);
    cedar_text_free(out);
}

static void lays_out_as_the_official_formatter(void **state)
{
    (void)state;
    assert_true(each_answer(compare_answer) > 150);
}

static void keeps_comments_that_have_no_place_of_their_own(void **state)
{
    (void)state;
    formats_as("permit(principal,action,resource) when { [1, // one\n2, // two\n] == 3 };",
               ANY "\nwhen\n{\n  [1, // one\n   2\n  // two\n  ] == 3\n};\n");
    formats_as("permit(principal,action,resource // r\n, // c\n // above\n) // p\n;",
               "permit (principal, action, resource // r\n// c\n// above\n) // p\n;\n");
}

static void takes_width_and_indent_from_the_style(void **state)
{
    const struct cedar_style narrow = {30, 4}, flat = {10000, 0}, wrong = {10001, 2};
    const char *text = ANY " when { context.first && context.second };";
    struct cedar_problem problem;
    size_t length;
    char *out;

    (void)state;
    out = try_format(text_of(text), &narrow, &problem, &length);
    assert_string_equal(out, "permit\n(principal, action, resource)\nwhen\n{\n    context.first "
                             "&&\n    context.second\n};\n");
    cedar_text_free(out);
    out = try_format(text_of(text), &flat, &problem, &length);
    assert_string_equal(out, ANY "\nwhen { context.first && context.second };\n");
    cedar_text_free(out);
    assert_null(try_format(text_of(text), &wrong, &problem, &length));
    assert_int_equal(problem.code, CEDAR_ERR_LIMIT);
}

static void refuses_what_is_not_a_policy_with_its_place(void **state)
{
    struct cedar_problem problem;
    size_t length;

    (void)state;
    assert_null(try_format(text_of(ANY "\nwhen { contxt };"), NULL, &problem, &length));
    assert_int_equal(problem.code, CEDAR_ERR_SYNTAX);
    assert_int_equal(problem.line, 2);
    assert_int_equal(problem.column, 8);
    assert_null(try_format((struct text){"\xff", 1}, NULL, &problem, &length));
    assert_int_equal(problem.code, CEDAR_ERR_TEXT);
}

static void lets_two_policies_have_one_id(void **state)
{
    (void)state;
    formats_as("@id(\"a\")" ANY ";@id(\"a\")" ANY ";",
               "@id(\"a\")\n" ANY ";\n\n@id(\"a\")\n" ANY ";\n");
}

static void keeps_zero_bytes(void **state)
{
    static const char text[] = ANY "\nwhen { \"a\0b\" == 1 }; // \0\n";
    size_t length;
    char *out;

    (void)state;
    out = format((struct text){text, sizeof text - 1}, &length);
    assert_int_equal(length, sizeof text - 1);
    assert_memory_equal(out, text, length);
    cedar_text_free(out);
}

static void counts_columns_of_a_terminal(void **state)
{
    static const struct {
        const char *text;
        uint32_t columns;
    } cases[] = {
        {"", 0},
        {"a\tb\n", 4},
        {"\u00e9", 1},
        {"e\u0301", 1},
        {"\u65e5\u672c", 4},
        {"\u200b", 0},
        {"\U0001f600", 2},
        {"\u2764", 1},
        {"\u2764\ufe0f", 2},
        {"\u231a\ufe0e", 1},
        {"\U0001f44d\U0001f3fd", 2},
        {"\U0001f468\u200d\U0001f469\u200d\U0001f467", 2},
        {"\U0001f1e9\U0001f1ea", 2},
        {"1\ufe0f\u20e3", 2},
        {"\u0644\u0627", 1},
        {"\u0644\u064e\u0627", 1},
        {"\u201c\ufe01", 2},
        {"\u3000", 2},
        {"\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e007f\u200d\U0001f600", 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (text_width(text_of(cases[i].text)) != cases[i].columns)
            fail_msg("%s is %u columns", cases[i].text, text_width(text_of(cases[i].text)));
}

/* ---- properties, of the official texts with comments put into them ---- */

static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*state >> 33);
}

/* ${text} with a comment, now and then, in front of a token.  The caller frees it. */
static char *with_comments(struct text text, uint64_t *random, uint32_t *ret_length)
{
    char *out = malloc((size_t)text.length * 9 + 64);
    uint32_t n = 0, at = 0;

    assert_non_null(out);
    for (;;) {
        struct token t = lex(text.data, at, text.length);
        memcpy(out + n, text.data + at, t.span.start - at);
        n += t.span.start - at;
        if (t.kind == TOKEN_END)
            break;
        if (next_random(random) % 4 == 0)
            n += (uint32_t)sprintf(out + n, " // %u\n", next_random(random) % 1000);
        memcpy(out + n, text.data + t.span.start, t.span.end - t.span.start);
        n += t.span.end - t.span.start;
        at = t.span.end;
    }
    *ret_length = n;
    return out;
}

/* Every comment of the text, one behind the other. */
static void list_comments(const char *text, char *out)
{
    for (const char *at = text; (at = strstr(at, "// ")) != NULL;) {
        size_t n = strcspn(at, "\r\n");
        memcpy(out, at, n);
        out += n;
        at += n;
    }
    *out = '\0';
}

static void settles(struct text text)
{
    size_t first_length, second_length, third_length;
    char *first = format(text, &first_length);
    char *second = format((struct text){first, (uint32_t)first_length}, &second_length);
    char *third = format((struct text){second, (uint32_t)second_length}, &third_length);

    assert_string_equal(second, third);
    if (strstr(text.data, "//") == NULL)
        assert_string_equal(first, second);
    cedar_text_free(first);
    cedar_text_free(second);
    cedar_text_free(third);
}

static char *json_of(const char *text)
{
    struct cedar_policies *p = load_text(text);
    size_t length;
    char *json = NULL;

    assert_int_equal(cedar_policies_write_json(p, &json, &length), 0);
    cedar_policies_free(p);
    return json;
}

static void try_with_comments(const struct json *line)
{
    static uint64_t random = 1;
    struct text text = json_member(line, "policies")->string;

    if (json_member(line, "accepted")->number == 0 || strlen(text.data) != text.length)
        return;
    settles(text);
    for (int i = 0; i < 10; i++) {
        uint32_t n;
        size_t length;
        char *commented = with_comments(text, &random, &n);
        commented[n] = '\0';
        char *out = format((struct text){commented, n}, &length);
        char *before = malloc(n + 1), *after = malloc(length + 1);
        char *json = json_of(text.data), *json_after = json_of(out);
        assert_string_equal(json, json_after);
        list_comments(commented, before);
        list_comments(out, after);
        if (strchr(text.data, '/') == NULL)
            assert_string_equal(before, after);
        settles((struct text){commented, n});
        free(commented);
        free(before);
        free(after);
        cedar_text_free(out);
        cedar_text_free(json);
        cedar_text_free(json_after);
    }
}

static void loses_no_comment_and_changes_no_policy_wherever_comments_are(void **state)
{
    (void)state;
    assert_true(each_answer(try_with_comments) > 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lays_out_as_the_official_formatter),
        cmocka_unit_test(keeps_comments_that_have_no_place_of_their_own),
        cmocka_unit_test(takes_width_and_indent_from_the_style),
        cmocka_unit_test(refuses_what_is_not_a_policy_with_its_place),
        cmocka_unit_test(lets_two_policies_have_one_id),
        cmocka_unit_test(keeps_zero_bytes),
        cmocka_unit_test(counts_columns_of_a_terminal),
        cmocka_unit_test(loses_no_comment_and_changes_no_policy_wherever_comments_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
