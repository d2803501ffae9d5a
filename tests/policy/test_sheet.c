#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/html.h"
#include "policy/sheet.h"
#include "tests/policy/findings.h"

static char *escaped(const char *data, uint32_t length)
{
    char *got;
    size_t size;
    FILE *out = open_memstream(&got, &size);

    assert_non_null(out);
    html_text(out, (struct text){data, length});
    fclose(out);
    return got;
}

static void escapes(const char *data, const char *wanted)
{
    char *got = escaped(data, (uint32_t)strlen(data));

    assert_string_equal(got, wanted);
    free(got);
}

static void escapes_what_html_would_read(void **state)
{
    (void)state;
    escapes("<a href=\"x\" b='y'>&amp;</a>",
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
    escapes("plain é 日本 🙂\n\t.", "plain é 日本 🙂\n\t.");
}

static void shows_what_would_hide(void **state)
{
    (void)state;
    escapes("a\xe2\x80\xae"
            "b\xe2\x80\x8b"
            "c\x1b[1m\xc2\xad\xef\xbb\xbf",
            "a[U+202E]b[U+200B]c[U+001B][1m[U+00AD][U+FEFF]");
    char *got = escaped("a\0b", 3);
    assert_string_equal(got, "a[U+0000]b");
    free(got);
}

static void replaces_bytes_that_are_no_text(void **state)
{
    (void)state;
    escapes("a\xff<\xc3", "a?&lt;?");
    escapes("\xc3(\xe2\x80", "?(??");
}

static char *sheet(const char *text, const struct sheet_options *options)
{
    struct cedar_policies *policies = load_text(text);
    char *got;
    size_t size;
    FILE *out = open_memstream(&got, &size);

    assert_non_null(out);
    assert_int_equal(sheet_write(policies, options, out), 0);
    fclose(out);
    assert_int_equal(strlen(got), size);
    cedar_policies_free(policies);
    return got;
}

static unsigned occurrences(const char *in, const char *of)
{
    unsigned n = 0;

    for (; (in = strstr(in, of)) != NULL; in += strlen(of))
        n++;
    return n;
}

/* Tags and policy text meet nowhere: what is hostile stands there escaped, every time. */
static void a_hostile_policy_stays_text(void **state)
{
    const struct sheet_options options = {.title = "<script>t</script>", .date = "\"><img src=x>"};

    (void)state;
    char *got = sheet("@id(\"<script>i</script>\") @why(\"<script>w</script>\")\n"
                      "@note(\"<script>n</script>\") // <script>c</script>\n"
                      "permit(principal == U::\"<script>u</script>\","
                      "action == Action::\"<script>a</script>\", resource)\n"
                      "when { resource[\"<script>x</script>\"] == \"</pre><script>s</script>\" &&"
                      "context.a like \"<script>*\" };",
                      &options);
    assert_int_equal(occurrences(got, "<script"), 0);
    assert_int_equal(occurrences(got, "<img"), 0);
    assert_true(occurrences(got, "&lt;script&gt;w") >= 2);
    assert_true(occurrences(got, "&lt;script&gt;x") >= 2);
    assert_int_equal(occurrences(got, "&lt;script&gt;t"), 2);
    assert_int_equal(occurrences(got, "&lt;img src=x"), 1);
    assert_int_equal(occurrences(got, "</pre>"), 1);
    assert_int_equal(occurrences(got, "http:"), 0);
    assert_int_equal(occurrences(got, "https:"), 0);
    assert_int_equal(occurrences(got, "url("), 0);
    assert_int_equal(occurrences(got, " src="), 1);
    free(got);
}

static void shows_forbids_first_and_the_hash_of_the_text(void **state)
{
    const struct sheet_options options = {0};

    (void)state;
    char *got = sheet("@id(\"p\") permit(principal, action, resource);\n"
                      "@id(\"f\") forbid(principal, action, resource) when { false };",
                      &options);
    const char *forbid = strstr(got, "Nobody may"), *permit = strstr(got, "Anyone may");
    assert_true(forbid != NULL && permit != NULL && forbid < permit);
    assert_true(strstr(got, "2: 1 forbid, 1 permit") != NULL);
    assert_true(strstr(got, "never-matches: this policy can never apply") != NULL);
    assert_true(strstr(got, "no-why: ") != NULL);
    assert_true(strstr(got, "class=\"write\"") != NULL);
    /* sha256sum of 0000006a and the text */
    assert_true(
        strstr(got, "d76784ed 8617c604 aaa45505 d15f03a8 6275487e 1a491aa8 fa0f3066 4deece70") !=
        NULL);
    free(got);
}

static void the_same_policies_give_the_same_sheet(void **state)
{
    const struct sheet_options options = {.date = "2026-03-10"};
    static const char text[] = "permit(principal, action, resource);";

    (void)state;
    char *one = sheet(text, &options), *two = sheet(text, &options);
    assert_string_equal(one, two);
    free(one);
    free(two);
}

static void names_and_hashes_the_schema(void **state)
{
    struct cedar_source source = {"s.cedarschema",
                                  "entity U; action g; action a in [g] appliesTo "
                                  "{principal: U, resource: U};",
                                  0};
    struct cedar_schema *schema = load_schema(source.text);
    const struct sheet_options options = {.schema = schema, .schema_source = &source};

    (void)state;
    source.length = strlen(source.text);
    char *got = sheet("@id(\"p\") @why(\"w\") permit(principal, action in Action::\"g\", resource);"
                      "@id(\"q\") @why(\"w\") permit(principal, action, resource is X);",
                      &options);
    assert_true(strstr(got, "s.cedarschema") != NULL);
    assert_true(strstr(got, "<td>&quot;a&quot;</td><td>p, q</td>") != NULL);
    assert_true(strstr(got, "does not fit the schema: ") != NULL);
    free(got);
    cedar_schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_what_html_would_read),
        cmocka_unit_test(shows_what_would_hide),
        cmocka_unit_test(replaces_bytes_that_are_no_text),
        cmocka_unit_test(a_hostile_policy_stays_text),
        cmocka_unit_test(shows_forbids_first_and_the_hash_of_the_text),
        cmocka_unit_test(the_same_policies_give_the_same_sheet),
        cmocka_unit_test(names_and_hashes_the_schema),
    };
    return cmocka_run_group_tests_name("policy/sheet", tests, NULL, NULL);
}
