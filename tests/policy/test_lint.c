#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/lint.h"
#include "tests/policy/findings.h"

#define HEAD              "@id(\"a\") @why(\"b\") forbid(principal, action, resource) "
#define PERMIT(id, scope) "@id(\"" id "\") @why(\"b\") permit(" scope ") "

static void note_name(void *context, const struct finding *f)
{
    char *names = context;

    assert_true(f->place.line > 0);
    if (names[0] != '\0')
        strcat(names, " ");
    strcat(names, finding_name(f->kind));
}

static void finds_with(const struct lint_options *options, const char *text, const char *wanted)
{
    struct cedar_policies *p = load_text(text);
    char names[512] = "";

    assert_int_equal(lint(p, options, note_name, names), 0);
    if (strcmp(names, wanted) != 0)
        fail_msg("%s\n  found `%s` instead of `%s`", text, names, wanted);
    cedar_policies_free(p);
}

static void finds(const char *text, const char *wanted)
{
    finds_with(&(struct lint_options){0}, text, wanted);
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
    finds(HEAD "when { principal.a };", "unguarded can-error");
    finds(HEAD "unless { principal has a && principal.a };", "");
    finds(HEAD "unless { principal.a && principal has a };", "unguarded can-error");
    finds(HEAD "unless { principal has a || principal.a };", "unguarded can-error");
    finds(HEAD "unless { resource has a && principal.a };", "unguarded can-error");
    finds(HEAD "unless { context has a.b && context.a.b == context.a };", "");
    finds(HEAD "unless { context has a && context.a has b && context.a.b };", "");
    finds(HEAD "unless { context has a && context.a.b };", "unguarded can-error");
    finds(HEAD "unless { context has b.a && context.a.b };", "unguarded unguarded can-error");
    finds(HEAD "when { context has a } when { context.a };", "");
    finds(HEAD "unless { context has a } when { context.a };", "unguarded can-error");
    finds(HEAD "when { if context has a then context.a else context.a };", "unguarded can-error");
    finds(HEAD "when { !(context has a) || context.a };", "unguarded can-error");
    finds(HEAD "when { !(context has a) && context.a };", "unguarded can-error");
    finds(HEAD "when { [context.a, {b: context.c}] == [] };", "unguarded unguarded can-error");
    finds(HEAD "when { (context has a && context.a) || (context has b && context.b) };", "");
    finds(HEAD "when { context.a == 1 && context.a == 2 };", "unguarded can-error");
}

static void finds_tags_read_without_a_guard(void **state)
{
    (void)state;
    finds(HEAD "when { principal.getTag(\"a\") };", "unguarded-tag can-error");
    finds(HEAD "when { principal.hasTag(\"a\") && principal.getTag(\"a\") };", "");
    finds(HEAD "when { principal.hasTag(\"a\") && principal.getTag(\"b\") };",
          "unguarded-tag can-error");
    finds(HEAD "when { principal.hasTag(\"a\") && resource.getTag(\"a\") };",
          "unguarded-tag can-error");
}

static void finds_what_else_can_err(void **state)
{
    (void)state;
    finds(HEAD "when { 1 + 1 == 2 };", "overflow can-error");
    finds(HEAD "when { datetime(\"2024-01-01\") < datetime(\"2024-01-02\") };", "");
    finds(HEAD "when { datetime(\"2024-1-1\") < datetime(\"2024-01-02\") };", "bad-text can-error");
    finds(HEAD "when { context has s && ip(context.s).isIpv4() };", "bad-text can-error");
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

static void points_at_permits_that_can_err_without_calling_them_forbids(void **state)
{
    (void)state;
    finds(PERMIT("p", "principal, action, resource") "when { principal.a };", "unguarded");
}

static void finds_what_is_literally_never_true(void **state)
{
    (void)state;
    finds(HEAD "when { false };", "never-matches");
    finds(HEAD "unless { true };", "never-matches");
    finds(HEAD "unless { !(false && context has a) };", "never-matches");
    finds(HEAD "when { context has a && (false || !true) };", "never-matches");
    finds(HEAD "when { context has a || false };", "");
    finds(HEAD "when { true } unless { false };", "");
    finds("@id(\"a\") @why(\"b\") permit(principal, action in [], resource);", "never-matches");
}

static void finds_policies_in_the_shadow_of_others(void **state)
{
    (void)state;
    finds(PERMIT("a", "principal, action, resource") ";" PERMIT("b",
                                                                "principal, action, resource") ";",
          "shadowed");
    finds(PERMIT("a", "principal == U::\"x\", action, resource") "when { context has b };" PERMIT(
              "b", "principal is U, action, resource") ";",
          "shadowed");
    finds(PERMIT("a",
                 "principal is U in G::\"g\", action in [A::Action::\"x\", A::Action::\"y\"], "
                 "resource") ";" PERMIT("b", "principal in G::\"g\", action in [A::Action::\"y\", "
                                             "A::Action::\"z\", A::Action::\"x\"], resource") ";",
          "shadowed");
    finds(PERMIT("a", "principal, action, resource") "when { context has a && context has b "
                                                     "};" PERMIT(
                                                         "b",
                                                         "principal, action, resource") "when { "
                                                                                        "context "
                                                                                        "has b };",
          "shadowed");
    finds(PERMIT("a", "principal, action, resource") "unless { context has a || context has b "
                                                     "};" PERMIT(
                                                         "b",
                                                         "principal, action, resource") "when { "
                                                                                        "!(context "
                                                                                        "has b) };",
          "shadowed");
    finds(PERMIT("a", "principal, action, resource") "unless { !(context has a && context has b) "
                                                     "};" PERMIT(
                                                         "b",
                                                         "principal, action, resource") "when { "
                                                                                        "context "
                                                                                        "has b };",
          "shadowed");
}

static void leaves_alone_what_adds_something(void **state)
{
    (void)state;
    finds(PERMIT("a", "principal, action, resource") "when { context has a };" PERMIT(
              "b", "principal, action, resource") "when { context has b };",
          "");
    finds(PERMIT("a", "principal, action, resource") "when { context has a };" PERMIT(
              "b", "principal, action, resource") "unless { context has a };",
          "");
    finds(PERMIT("a", "principal, action, resource") "when { context has a || context has b "
                                                     "};" PERMIT(
                                                         "b",
                                                         "principal, action, resource") "when { "
                                                                                        "context "
                                                                                        "has b };",
          "");
    finds(PERMIT("a", "principal in G::\"g\", action, resource") ";" PERMIT(
              "b", "principal == G::\"g\", action, resource") ";",
          "shadowed");
    finds(PERMIT("a", "principal in G::\"g\", action, resource") ";" PERMIT(
              "b", "principal is G, action, resource") ";",
          "");
    finds(PERMIT("a", "principal == U::\"x\", action, resource") ";" PERMIT(
              "b", "principal in G::\"g\", action, resource") ";",
          "");
    finds(HEAD ";" PERMIT("c", "principal, action, resource") ";", "");
}

#define STATION "context has station.attestedUntil"

static void asks_permits_for_a_station_guard(void **state)
{
    static const char forbid[] = "@id(\"f\") @why(\"b\") forbid(principal, action, resource)";
    static const char permit[] = PERMIT("p", "principal, action, resource");
    static const struct {
        const char *forbid, *permit, *wanted;
    } cases[] = {
        {"unless { " STATION " };", ";", ""},
        {"unless { context has a && (" STATION " && context has b) };", ";", ""},
        {"when { !(" STATION ") };", ";", ""},
        {"unless { (" STATION ") || (context has a && " STATION ") };", ";", ""},
        {"unless { if " STATION " then true else false };", ";", ""},
        {"unless { " STATION " || context has a };", ";", "no-station-guard"},
        {"when { context has a } unless { " STATION " };", ";", "no-station-guard"},
        {"when { " STATION " && context has a };", ";", "no-station-guard"},
        {"unless { context has station.zone };", ";", "no-station-guard"},
        {"unless { context has station };", ";", "no-station-guard"},
        {"unless { principal has station.attestedUntil };", ";", ""},
        {"unless { context has a };", "when { " STATION " };", ""},
        {"unless { context has a };", "unless { !(" STATION ") };", ""},
        {"unless { context has a };", "when { context has b || " STATION " };", "no-station-guard"},
        {"unless { context has a };", ";", ""},
    };
    char text[1024];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "%s%s%s%s", forbid, cases[i].forbid, permit, cases[i].permit);
        finds(text, cases[i].wanted);
    }
}

static void a_guard_must_be_as_wide_as_the_permit(void **state)
{
    static const struct lint_options zone = {.station_guard = "station.zone"},
                                     none = {.station_guard = ""};

    (void)state;
    finds("@id(\"f\") @why(\"b\") forbid(principal, action, resource is Doc) unless { " STATION
          " };" PERMIT("p", "principal, action, resource") ";",
          "no-station-guard");
    finds("@id(\"f\") @why(\"b\") forbid(principal, action, resource is Doc) unless { " STATION
          " };" PERMIT("p", "principal, action, resource == Doc::\"d\"") ";",
          "");
    finds_with(&zone, HEAD "unless { " STATION " };" PERMIT("p", "principal, action, resource") ";",
               "no-station-guard");
    finds_with(
        &zone,
        HEAD "unless { context has station.zone };" PERMIT("p", "principal, action, resource") ";",
        "");
    finds_with(
        &none,
        HEAD "unless { context has station.zone };" PERMIT("p", "principal, action, resource") ";",
        "");
}

static void knows_more_with_a_schema(void **state)
{
    struct cedar_schema *schema =
        load_schema("entity U, Doc; entity Station = { attestedUntil?: datetime };\n"
                    "action read; action view in [read] appliesTo { principal: [U], resource: "
                    "[Doc], context: { station: Station } };\n"
                    "action drill appliesTo { principal: [U], resource: [Doc], context: {} };\n");
    const struct lint_options options = {.schema = schema};

    (void)state;
    finds_with(&options, PERMIT("p", "principal, action == Action::\"view\", resource") ";",
               "no-station-guard");
    finds_with(&options, PERMIT("p", "principal, action in Action::\"read\", resource") ";",
               "no-station-guard");
    finds_with(&options, PERMIT("p", "principal, action == Action::\"drill\", resource") ";", "");
    finds_with(
        &options,
        PERMIT("p",
               "principal, action == Action::\"drill\", resource") "when { principal is Doc };",
        "never-matches");
    finds_with(
        &options,
        PERMIT("p",
               "principal, action == Action::\"view\", resource") "when { " STATION
                                                                  " };" PERMIT(
                                                                      "q",
                                                                      "principal, action in "
                                                                      "[Action::\"read\"], "
                                                                      "resource") "when { " STATION
                                                                                  " };",
        "shadowed");
    cedar_schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_id_and_why),
        cmocka_unit_test(finds_attributes_read_without_a_guard),
        cmocka_unit_test(finds_tags_read_without_a_guard),
        cmocka_unit_test(finds_what_else_can_err),
        cmocka_unit_test(finds_sets_that_may_be_empty),
        cmocka_unit_test(points_at_permits_that_can_err_without_calling_them_forbids),
        cmocka_unit_test(finds_what_is_literally_never_true),
        cmocka_unit_test(finds_policies_in_the_shadow_of_others),
        cmocka_unit_test(leaves_alone_what_adds_something),
        cmocka_unit_test(asks_permits_for_a_station_guard),
        cmocka_unit_test(a_guard_must_be_as_wide_as_the_permit),
        cmocka_unit_test(knows_more_with_a_schema),
    };
    return cmocka_run_group_tests_name("policy/lint", tests, NULL, NULL);
}
