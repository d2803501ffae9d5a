#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/lint.h"
#include "tests/policy/world.h"

#define HEAD "@id(\"a\") @why(\"b\") forbid(principal, action, resource) "

static void note(void *context, const struct finding *f)
{
    char *names = context;

    assert_true(f->place.line > 0);
    if (names[0] != '\0')
        strcat(names, " ");
    strcat(names, finding_name(f->kind));
}

static void finds(const char *text, const char *wanted)
{
    struct cedar_policies *p = load_text(text);
    char names[512] = "";

    lint(p, note, names);
    if (strcmp(names, wanted) != 0)
        fail_msg("%s\n  found `%s` instead of `%s`", text, names, wanted);
    cedar_policies_free(p);
}

static void asks_for_id_and_why(void **state)
{
    (void)state;
    finds("permit(principal, action, resource);", "no-id no-why");
    finds(HEAD ";", "");
}

static void finds_attributes_read_without_a_guard(void **state)
{
    (void)state;
    finds(HEAD "when { principal.a };", "unguarded");
    finds(HEAD "unless { principal has a && principal.a };", "");
    finds(HEAD "unless { principal.a && principal has a };", "unguarded");
    finds(HEAD "unless { principal has a || principal.a };", "unguarded");
    finds(HEAD "unless { resource has a && principal.a };", "unguarded");
    finds(HEAD "unless { context has a.b && context.a.b == context.a };", "");
    finds(HEAD "unless { context has a && context.a has b && context.a.b };", "");
    finds(HEAD "unless { context has a && context.a.b };", "unguarded");
    finds(HEAD "unless { context has b.a && context.a.b };", "unguarded unguarded");
    finds(HEAD "when { context has a } when { context.a };", "");
    finds(HEAD "unless { context has a } when { context.a };", "unguarded");
    finds(HEAD "when { if context has a then context.a else context.a };", "unguarded");
    finds(HEAD "when { !(context has a) || context.a };", "unguarded");
    finds(HEAD "when { !(context has a) && context.a };", "unguarded");
    finds(HEAD "when { [context.a, {b: context.c}] == [] };", "unguarded unguarded");
    finds(HEAD "when { (context has a && context.a) || (context has b && context.b) };", "");
    finds(HEAD "when { context.a == 1 && context.a == 2 };", "unguarded");
}

static void finds_tags_read_without_a_guard(void **state)
{
    (void)state;
    finds(HEAD "when { principal.getTag(\"a\") };", "unguarded-tag");
    finds(HEAD "when { principal.hasTag(\"a\") && principal.getTag(\"a\") };", "");
    finds(HEAD "when { principal.hasTag(\"a\") && principal.getTag(\"b\") };", "unguarded-tag");
    finds(HEAD "when { principal.hasTag(\"a\") && resource.getTag(\"a\") };", "unguarded-tag");
}

static void finds_what_else_can_err(void **state)
{
    (void)state;
    finds(HEAD "when { 1 + 1 == 2 };", "overflow");
    finds(HEAD "when { datetime(\"2024-01-01\") < datetime(\"2024-01-02\") };", "");
    finds(HEAD "when { datetime(\"2024-1-1\") < datetime(\"2024-01-02\") };", "bad-text");
    finds(HEAD "when { context has s && ip(context.s).isIpv4() };", "bad-text");
}

static void finds_sets_that_may_be_empty(void **state)
{
    (void)state;
    finds(HEAD "unless { context has a && [1].containsAll(context.a) };", "empty-set");
    finds(HEAD "unless { context has a && !context.a.isEmpty() && [1].containsAll(context.a) };",
          "");
    finds(HEAD "unless { context has a && context.a.isEmpty() && [1].containsAll(context.a) };",
          "empty-set");
    finds(HEAD "unless { context has a && context.a.containsAll([1]) };", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_id_and_why),
        cmocka_unit_test(finds_attributes_read_without_a_guard),
        cmocka_unit_test(finds_tags_read_without_a_guard),
        cmocka_unit_test(finds_what_else_can_err),
        cmocka_unit_test(finds_sets_that_may_be_empty),
    };
    return cmocka_run_group_tests_name("policy/lint", tests, NULL, NULL);
}
