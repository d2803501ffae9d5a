#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/policy/findings.h"

static void reports_each_mistake_once_and_in_the_order_of_the_text(void **state)
{
    struct seen seen = {0};

    (void)state;
    assert_int_equal(validate_text(schema_text,
                                   "permit(principal, action, resource)\n"
                                   "when { principal.nosuch == 1 && [] == principal.friends };\n"
                                   "forbid(principal, action, resource);\n"
                                   "permit(principal == W::\"x\", action, resource);",
                                   &seen),
                     4);
    assert_string_equal(
        seen.text,
        "nosuch: U has no attribute `nosuch` (the scope admits such principals; if others are "
        "meant, write `principal is …`)\n"
        "[]: an empty set has no type, so it may not be written (whether a set is empty is asked "
        "by x.isEmpty())\n"
        "friends: V has no attribute `friends` (the scope admits such principals; if others are "
        "meant, write `principal is …`)\n"
        "principal == W::\"x\": no such principal can do what `action` admits (look up in the "
        "schema which principals and resources each action applies to)");
}

static void note_place(void *context, const struct cedar_finding *f)
{
    *(struct cedar_finding *)context = *f;
}

static void tells_policy_line_and_column(void **state)
{
    struct cedar_schema *schema = load_schema(schema_text);
    struct cedar_policies *policies = load_text("permit(principal, action, resource);\n"
                                                "@id(\"two\")\n"
                                                "permit(principal is U, action, resource)\n"
                                                "when {\n  \"ä\" == principal.\n  nome };");
    struct cedar_finding found = {0};
    char words[1024];
    uint32_t errors;

    (void)state;
    assert_int_equal(cedar_validate(policies, schema, note_place, &found, &errors), 0);
    assert_int_equal(found.policy, 1);
    assert_string_equal(cedar_problem_print(&found.place, words, sizeof words),
                        "error: U has no attribute `nome`\n"
                        " --> test.cedar:6:3\n"
                        "6 |   nome };\n"
                        "  |   ^^^^\n"
                        "help: did you mean `name`?\n");
    cedar_policies_free(policies);
    cedar_schema_free(schema);
}

static void accepts_a_set_without_policies_and_needs_no_report(void **state)
{
    struct cedar_schema *schema = load_schema(schema_text);
    struct cedar_policies *none = load_text(""), *wrong = load_text("permit(principal, action, "
                                                                    "resource) when {1};");
    uint32_t errors = 7;

    (void)state;
    assert_int_equal(cedar_validate(none, schema, NULL, NULL, &errors), 0);
    assert_int_equal(errors, 0);
    assert_int_equal(cedar_validate(wrong, schema, NULL, NULL, &errors), 0);
    assert_int_equal(errors, 1);
    cedar_policies_free(none);
    cedar_policies_free(wrong);
    cedar_schema_free(schema);
}

static void warns_of_text_that_is_shown_in_another_order(void **state)
{
    struct seen seen = {0};

    (void)state;
    assert_int_equal(validate_text(schema_text,
                                   "permit(principal is U, action, resource) when { "
                                   "principal.name == \"\u202eab\" };",
                                   &seen),
                     0);
    assert_non_null(strstr(seen.text, "warning: "));
    assert_non_null(strstr(seen.text, "an invisible character here changes the order"));
}

static void stops_after_64_findings_of_one_policy(void **state)
{
    char *text = malloc(65536);
    struct seen seen = {0};

    (void)state;
    strcpy(text, "permit(principal, action, resource) when { true");
    for (int i = 0; i < 500; i++)
        sprintf(text + strlen(text), " && 1 == \"a%d\" + 2", i);
    strcat(text, "};");
    struct cedar_schema *schema = load_schema(schema_text);
    struct cedar_policies *policies = load_text(text);
    uint32_t errors;
    assert_int_equal(cedar_validate(policies, schema, NULL, &seen, &errors), 0);
    assert_int_equal(errors, 64);
    cedar_policies_free(policies);
    cedar_schema_free(schema);
    free(text);
}

/* A schema with ${types} principals, as many resources and one action for all. */
static struct cedar_schema *wide_schema(int types)
{
    char *text = malloc(1 << 20), *list = malloc(1 << 18);

    text[0] = list[0] = '\0';
    for (int i = 0; i < types; i++) {
        sprintf(text + strlen(text), "entity T%d;\n", i);
        sprintf(list + strlen(list), "%sT%d", i == 0 ? "" : ", ", i);
    }
    sprintf(text + strlen(text), "action a appliesTo {principal: [%s], resource: [%s]};", list,
            list);
    struct cedar_schema *schema = load_schema(text);
    free(text);
    free(list);
    return schema;
}

static void refuses_what_would_take_too_long(void **state)
{
    struct cedar_schema *schema = wide_schema(600);
    char *text = malloc(1 << 20);
    uint32_t errors = 7;

    (void)state;
    strcpy(text, "permit(principal, action, resource) when { principal == resource");
    for (int i = 0; i < 400; i++)
        strcat(text, " && principal == resource");
    strcat(text, " || true };");
    struct cedar_policies *policies = load_text(text);
    assert_int_equal(cedar_validate(policies, schema, NULL, NULL, &errors), 0);
    cedar_policies_free(policies);
    strcpy(text, "permit(principal, action, resource) when { [1, 2] == [3]");
    for (int i = 0; i < 400; i++)
        strcat(text, " || principal in [resource]");
    strcat(text, " };");
    policies = load_text(text);
    errors = 7;
    assert_int_equal(cedar_validate(policies, schema, NULL, NULL, &errors), CEDAR_ERR_LIMIT);
    assert_int_equal(errors, 7);
    cedar_policies_free(policies);
    cedar_schema_free(schema);
    free(text);
}

/* As high as the parser lets a tree be, and as nested. */
static void bears_the_highest_trees(void **state)
{
    char *text = malloc(65536);
    struct seen seen = {0};

    (void)state;
    strcpy(text, "permit(principal is U, action, resource) when { 0");
    for (unsigned i = 0; i + 3 < CEDAR_HEIGHT_MAX; i++)
        strcat(text, " + 1");
    strcat(text, " == 1 };");
    assert_int_equal(validate_text(schema_text, text, &seen), 0);
    strcpy(text, "permit(principal is U, action, resource) when { ");
    for (int i = 0; i < 120; i++)
        strcat(text, "[");
    strcat(text, "true");
    for (int i = 0; i < 120; i++)
        strcat(text, "]");
    strcat(text, " == ");
    for (int i = 0; i < 120; i++)
        strcat(text, "[");
    strcat(text, "false");
    for (int i = 0; i < 120; i++)
        strcat(text, "]");
    strcat(text, " };");
    assert_int_equal(validate_text(schema_text, text, &seen), 0);
    strcpy(text, "permit(principal is U, action, resource) when { principal");
    for (unsigned i = 0; i + 3 < CEDAR_HEIGHT_MAX; i++)
        strcat(text, ".mgr");
    strcat(text, " has opt };");
    assert_int_equal(validate_text(schema_text, text, &seen), 0);
    assert_string_equal(seen.text, "");
    free(text);
}

static char *read_whole(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);

    assert_non_null(f);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

static void accepts_the_rules_of_the_product(void **state)
{
    static const char *const files[] = {"policy/site/mandatory.cedar", "policy/site/program.cedar"};
    char *schema = read_whole("policy/site/casemate.cedarschema");

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct seen seen = {0};
        char *text = read_whole(files[i]);
        validate_text(schema, text, &seen);
        assert_string_equal(seen.text, "");
        free(text);
    }
    free(schema);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_each_mistake_once_and_in_the_order_of_the_text),
        cmocka_unit_test(tells_policy_line_and_column),
        cmocka_unit_test(accepts_a_set_without_policies_and_needs_no_report),
        cmocka_unit_test(warns_of_text_that_is_shown_in_another_order),
        cmocka_unit_test(stops_after_64_findings_of_one_policy),
        cmocka_unit_test(refuses_what_would_take_too_long),
        cmocka_unit_test(bears_the_highest_trees),
        cmocka_unit_test(accepts_the_rules_of_the_product),
    };

    return cmocka_run_group_tests_name("policy/validate set", tests, NULL, NULL);
}
