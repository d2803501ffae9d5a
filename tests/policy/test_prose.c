#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/prose.h"
#include "tests/policy/findings.h"

static void add_line(void *context, unsigned depth, const char *text)
{
    struct writer *w = context;

    writer_text(w, text_of("\n"));
    for (; depth > 0; depth--)
        writer_text(w, text_of("  "));
    writer_text(w, text_of(text));
}

/* The whole policy as lines: its scope, then its conditions. */
static void reads_with(const struct cedar_schema *schema, const char *text, const char *wanted)
{
    struct cedar_policies *policies = load_text(text);
    struct prose p;
    char got[8192] = "";
    struct writer w = {got, sizeof got, 0};

    prose_open(&p, policies, schema);
    prose_scope(&p, &w, 0);
    prose_conditions(&p, 0, add_line, &w);
    cedar_policies_free(policies);
    if (strcmp(got, wanted) != 0)
        fail_msg("%s\n--- reads\n%s\n--- instead of\n%s", text, got, wanted);
}

static void reads(const char *text, const char *wanted)
{
    reads_with(NULL, text, wanted);
}

/* A condition of a permit for all. */
static void says(const char *condition, const char *wanted)
{
    char text[1024], whole[2048];

    snprintf(text, sizeof text, "permit(principal, action, resource) when { %s };", condition);
    snprintf(whole, sizeof whole, "Anyone may do anything on anything\nif %s", wanted);
    reads(text, whole);
}

static void says_who_may_do_what_on_what(void **state)
{
    (void)state;
    reads("forbid(principal, action, resource);", "Nobody may do anything on anything");
    reads("permit(principal in A::Role::\"lead\", action == A::Action::\"read\", resource is "
          "A::Doc);",
          "Anyone in Role \"lead\" may do \"read\" on any Doc");
    reads(
        "forbid(principal in A::Role::\"lead\", action in A::Action::\"read\","
        "resource is A::Doc in A::Box::\"b\");",
        "Nobody in Role \"lead\" may do \"read\" (with all that is in it) on any Doc in Box \"b\"");
    reads("forbid(principal is A::P, action in [A::Action::\"x\", A::Action::\"y\", "
          "A::Action::\"z\"],"
          "resource in A::Box::\"b\");",
          "No P may do \"x\", \"y\" or \"z\" (with all that is in them) on anything in Box \"b\"");
    reads("forbid(principal == P::\"ana\", action in [], resource == D::\"d\");",
          "P \"ana\" may not do nothing at all on D \"d\"");
    reads("permit(principal is P in G::\"g\", action, resource);",
          "Any P in G \"g\" may do anything on anything");
}

static void keeps_namespaces_that_differ(void **state)
{
    (void)state;
    reads("permit(principal in A::Role::\"x\", action == B::Action::\"read\", resource is A::Doc);",
          "Anyone in A::Role \"x\" may do B::Action \"read\" on any A::Doc");
    reads("permit(principal in A::Role::\"x\", action, resource) when { resource is B::Doc };",
          "Anyone in A::Role \"x\" may do anything on anything\n"
          "if the resource is of type B::Doc");
}

static void spells_out_groups_with_a_schema(void **state)
{
    struct cedar_schema *schema =
        load_schema("entity U; action all; action read, list in [all];"
                    "action one in [read] appliesTo {principal: [U], resource: [U]};");

    (void)state;
    reads_with(schema, "permit(principal, action in Action::\"all\", resource);",
               "Anyone may do \"all\" (with \"read\", \"list\", \"one\") on anything");
    reads_with(schema,
               "permit(principal, action in [Action::\"read\", Action::\"list\"], resource);",
               "Anyone may do \"read\" (with \"one\") or \"list\" on anything");
    cedar_schema_free(schema);
}

static void puts_expressions_in_words(void **state)
{
    (void)state;
    says("principal.level >= context.station.ceiling",
         "the principal's level is at least the station's ceiling");
    says("!(principal.level >= 3)", "the principal's level is less than 3");
    says("context.now < principal.until", "now is before the principal's until");
    says("!(context.now < principal.until)", "now is not before the principal's until");
    says("principal.until <= datetime(\"2026-01-31\")",
         "the principal's until is not after time \"2026-01-31\"");
    says("principal in resource.team && !(action in Action::\"x\")",
         "all of these hold:\n  the principal is in the resource's team\n"
         "  the action is not in Action \"x\"");
    says("resource.a != principal", "the resource's a is not the principal");
    says("!(resource.a != principal)", "the resource's a is the principal");
    says("resource.tags.containsAll([\"a\", principal.b])",
         "the resource's tags contains all of [\"a\", the principal's b]");
    says("!resource.tags.isEmpty()", "the resource's tags is not empty");
    says("principal.suspended", "the principal's suspended is true");
    says("!principal.suspended", "the principal's suspended is false");
    says("principal has a", "the principal has a");
    says("!(context has a)", "there is no a");
    says("principal has a.b.c", "the principal's a's b has c");
    says("principal.hasTag(\"t\")", "the principal has a tag \"t\"");
    says("!principal.hasTag(context.k)", "the principal has no tag named by the k");
    says("resource.name like \"a*\\*\\\"é\"", "the resource's name is like \"a*\\*\\\"é\"");
    says("!(resource is Doc in Box::\"b\")", "the resource is not of type Doc in Box \"b\"");
    says("if context.a then principal.b else principal.c == 1",
         "(if the a is true then the principal's b, otherwise (whether the principal's c is 1)) "
         "is true");
    says("principal.a + -context.b * 2 < 3",
         "(the principal's a plus (minus the b times 2)) is less than 3");
    says("context.now.offset(context.o).toTime() < duration(\"22h\")",
         "the time of day (UTC) of (now shifted by the o) is less than duration \"22h\"");
    says("context.ip.isInRange(ip(\"10.0.0.0/8\"))",
         "the ip is in the range address \"10.0.0.0/8\"");
    says("{a: 1, \"b c\": principal}[\"b c\"] == principal",
         "{a: 1, \"b c\": the principal}'s \"b c\" is the principal");
    says("true", "in every case");
    says("!true", "in no case");
}

static void folds_what_must_be_present(void **state)
{
    (void)state;
    reads("forbid(principal, action, resource) unless { principal has a && principal.a == 1 };",
          "Nobody may do anything on anything\n"
          "unless the principal's a is 1 (present: the principal's a)");
    reads("forbid(principal, action, resource) unless { context has s.t && context has now && "
          "context.s.t == 1 && context.now < context.s.t };",
          "Nobody may do anything on anything\nunless all of these hold:\n  the s's t is 1\n"
          "  now is before the s's t\n  present: the s's t, now");
    says("principal.hasTag(resource.c) && principal.getTag(resource.c) == 1",
         "the principal's tag named by the resource's c is 1 "
         "(present: the principal's tag named by the resource's c)");
    says("principal.a == 1 && principal has a",
         "all of these hold:\n  the principal's a is 1\n  the principal has a");
    says("principal has a && principal has b && principal.b",
         "all of these hold:\n  the principal has a\n  the principal's b is true\n"
         "  present: the principal's b");
    says("principal has a || principal.a == 1",
         "at least one of these holds:\n  the principal has a\n  the principal's a is 1");
    says("!(principal has a) && principal.a == 1",
         "all of these hold:\n  the principal has no a\n  the principal's a is 1");
}

static void nests_alternatives(void **state)
{
    (void)state;
    says("principal has a && (principal.a == 1 || principal.a == 2)",
         "at least one of these holds:\n  the principal's a is 1\n  the principal's a is 2\n"
         "and present: the principal's a");
    says("principal.b && (principal has a && (principal.a == 1 || principal.a == 2))",
         "all of these hold:\n  the principal's b is true\n"
         "  the principal's a is 1 or the principal's a is 2\n  present: the principal's a");
    says("principal.b || (principal has a && (principal.a == 1 || principal.a == 2))",
         "at least one of these holds:\n  the principal's b is true\n"
         "  (the principal's a is 1 or the principal's a is 2) (present: the principal's a)");
    says("principal.long_name_one == resource.long_name_two || "
         "(principal.long_name_three == resource.long_name_four && "
         "principal.long_name_five == resource.long_name_six)",
         "at least one of these holds:\n"
         "  the principal's long_name_one is the resource's long_name_two\n"
         "  all of these hold:\n"
         "    the principal's long_name_three is the resource's long_name_four\n"
         "    the principal's long_name_five is the resource's long_name_six");
    says("!(principal.a && principal.b)",
         "at least one of these holds:\n  the principal's a is false\n"
         "  the principal's b is false");
    says("!(principal.a || !(principal.b && principal.c))",
         "all of these hold:\n  the principal's a is false\n  the principal's b is true\n"
         "  the principal's c is true");
}

static void joins_several_clauses(void **state)
{
    (void)state;
    reads("permit(principal, action, resource) when { context.a } when { context.b }"
          "unless { context.c } unless { context.d };",
          "Anyone may do anything on anything\nif the a is true\nand if the b is true\n"
          "but not if the c is true\nand not if the d is true");
    reads("forbid(principal, action, resource) when { context.a } unless { context.c }"
          "unless { context.d };",
          "Nobody may do anything on anything\nif the a is true\nunless the c is true\n"
          "or unless the d is true");
}

/* Half a condition would be another policy. */
static void says_when_something_is_too_long(void **state)
{
    static const char too_long[] =
        "a condition that is too long to be put in words; read it in the text";
    static char text[16384], wanted[512];
    size_t at;

    (void)state;
    at = (size_t)snprintf(text, sizeof text,
                          "permit(principal, action, resource) when { "
                          "resource.a == \"");
    memset(text + at, 'x', 5000);
    snprintf(text + at + 5000, sizeof text - at - 5000, "\" };");
    snprintf(wanted, sizeof wanted, "Anyone may do anything on anything\n%s", too_long);
    reads(text, wanted);
    at =
        (size_t)snprintf(text, sizeof text, "permit(principal, action, resource) when { context.a");
    for (int i = 0; i < 200; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, " && context.a%d", i);
    snprintf(text + at, sizeof text - at, " };");
    snprintf(wanted, sizeof wanted, "Anyone may do anything on anything\nif %s", too_long);
    reads(text, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_who_may_do_what_on_what),
        cmocka_unit_test(keeps_namespaces_that_differ),
        cmocka_unit_test(spells_out_groups_with_a_schema),
        cmocka_unit_test(puts_expressions_in_words),
        cmocka_unit_test(folds_what_must_be_present),
        cmocka_unit_test(nests_alternatives),
        cmocka_unit_test(joins_several_clauses),
        cmocka_unit_test(says_when_something_is_too_long),
    };
    return cmocka_run_group_tests_name("policy/prose", tests, NULL, NULL);
}
