#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/policy/findings.h"

static void knows_what_has_makes_sure_of(void **state)
{
    static const struct expected cases[] = {
        {"principal.opt == 1", "principal.opt: `opt` may be missing in U (make sure of it before: "
                               "write `… has … && …`, with the same words)"},
        {"principal has opt && principal.opt == 1", ""},
        {"principal[\"opt\"] == 1 && principal has opt",
         "principal[\"opt\"]: `opt` may be missing in U (make sure of it before: write `… has … && "
         "…`, with the same words)"},
        {"principal has opt && principal[\"opt\"] == 1", ""},
        {"principal.mgr has opt && principal.mgr.opt == 1", ""},
        {"principal.mgr has opt && principal.opt == 1",
         "principal.opt: `opt` may be missing in U (make sure of it before: write `… has … && …`, "
         "with the same words)"},
        {"principal has mgr.opt && principal.mgr.opt == 1", ""},
        {"context has o.p && context.o.p == context.o.q", ""},
        {"context has o && context.o.p == 1",
         "context.o.p: `p` may be missing in the record context.o (make sure of it before: write "
         "`… has … && …`, with the same words)"},
        {"context.o has p", "context.o: `o` may be missing in the context of Action::\"z\" (make "
                            "sure of it before: write `… has … && …`, with the same words)"},
        {"(principal has opt || principal has opt) && principal.opt == 1", ""},
        {"(principal has opt || principal has may) && principal.opt == 1",
         "principal.opt: `opt` may be missing in U (make sure of it before: write `… has … && …`, "
         "with the same words)"},
        {"(principal has opt || false) && principal.opt == 1", ""},
        {"(principal has opt || true) && principal.opt == 1",
         "principal.opt: `opt` may be missing in U (make sure of it before: write `… has … && …`, "
         "with the same words)"},
        {"(if principal.age == 1 then principal has opt && false else principal has opt) && "
         "principal.opt == 1",
         "principal.opt: `opt` may be missing in U (make sure of it before: write `… has … && …`, "
         "with the same words)"},
        {"(true && principal has opt) && principal.opt == 1", ""},
        {"principal.age == 1 && (principal.age == 2 && principal has opt) && principal.opt == 1",
         ""},
        {"if principal has opt then principal.opt == 1 else principal.opt == 1",
         "principal.opt: `opt` may be missing in U (make sure of it before: write `… has … && …`, "
         "with the same words)"},
        {"(if principal has opt then principal.age == 1 else false) && principal.opt == 1",
         "principal.opt: `opt` may be missing in U (make sure of it before: write `… has … && …`, "
         "with the same words)"},
        {"(if principal.age == 1 then principal has opt else principal has opt) && principal.opt "
         "== 1",
         ""},
        {"permit(principal is U, action, resource) when {principal has opt} when {principal.opt == "
         "1};",
         ""},
        {"permit(principal is U, action, resource) unless {principal has opt} when {principal.opt "
         "== 1};",
         "principal.opt: `opt` may be missing in U (make sure of it before: write `… has … && …`, "
         "with the same words)"},
        {"principal has opt && (principal has opt || [])", ""},
        {"principal has name || true", ""},
        {"principal has name || []", "[]: an empty set has no type, so it may not be written "
                                     "(whether a set is empty is asked by x.isEmpty())"},
        {"principal has name && (principal has name || [])", ""},
        {"context has a || []", ""},
    };

    (void)state;
    CHECK(cases);
}

static void knows_no_negative_capabilities(void **state)
{
    static const struct expected cases[] = {
        {"!(principal has may) || principal.may",
         "principal.may: `may` may be missing in U (make sure of it before: write `… has … && …`, "
         "with the same words)"},
        {"if !(principal has may) then true else principal.may",
         "principal.may: `may` may be missing in U (make sure of it before: write `… has … && …`, "
         "with the same words)"},
        {"!!(principal has may) && principal.may",
         "principal.may: `may` may be missing in U (make sure of it before: write `… has … && …`, "
         "with the same words)"},
        {"(principal has may) == true && principal.may",
         "principal.may: `may` may be missing in U (make sure of it before: write `… has … && …`, "
         "with the same words)"},
    };

    (void)state;
    CHECK(cases);
}

static void knows_what_has_tag_makes_sure_of(void **state)
{
    static const struct expected cases[] = {
        {"principal.getTag(\"a\") == 1",
         "principal.getTag(\"a\"): this tag may be missing in U (make sure of it before: write "
         "`x.hasTag(k) && …`, with the same x and k)"},
        {"principal.hasTag(\"a\") && principal.getTag(\"a\") == 1", ""},
        {"principal.hasTag(\"a\") && principal.getTag(\"b\") == 1",
         "principal.getTag(\"b\"): this tag may be missing in U (make sure of it before: write "
         "`x.hasTag(k) && …`, with the same x and k)"},
        {"principal.hasTag(principal.name) && principal.getTag(principal.name) == 1", ""},
        {"principal.hasTag(principal[\"name\"]) && principal.getTag(principal.name) == 1", ""},
        {"principal.hasTag(\"a\") || principal.getTag(\"a\") == 1",
         "principal.getTag(\"a\"): this tag may be missing in U (make sure of it before: write "
         "`x.hasTag(k) && …`, with the same x and k)"},
        {"resource.hasTag(\"a\") && resource.getTag(\"a\") == 1",
         "warning: when {resource.hasTag(\"a\") && resource.getTag(\"a\") == 1}: this policy can "
         "never apply: its conditions are always false (look for a condition that contradicts the "
         "schema or the scope)"},
        {"resource.getTag(\"a\") == 1", "resource.getTag(\"a\"): entities of type P have no tags"},
        {"action.hasTag(\"a\") && []",
         "warning: when {action.hasTag(\"a\") && []}: this policy can never apply: its conditions "
         "are always false (look for a condition that contradicts the schema or the scope)"},
    };

    (void)state;
    CHECK(cases);
}

static void takes_the_same_tree_in_other_words_as_the_same(void **state)
{
    static const struct expected cases[] = {
        {"principal.hasTag(if principal.age != 1 then \"x\" else \"y\") && principal.getTag(if "
         "!(principal.age == 1) then \"x\" else \"y\") == 1",
         ""},
        {"principal.hasTag(if principal.age > 1 then \"x\" else \"y\") && principal.getTag(if "
         "!(principal.age <= 1) then \"x\" else \"y\") == 1",
         ""},
        {"principal.hasTag(if principal.age >= 1 then \"x\" else \"y\") && principal.getTag(if "
         "principal.age < 1 then \"y\" else \"x\") == 1",
         "principal.getTag(if principal.age < 1 then \"y\" else \"x\"): this tag may be missing in "
         "U (make sure of it before: write `x.hasTag(k) && …`, with the same x and k)"},
        {"principal.hasTag(if true && true then \"x\" else \"y\") && principal.getTag(if true then "
         "\"x\" else \"y\") == 1",
         ""},
        {"principal.hasTag({a: \"x\", b: 1}.a) && principal.getTag({b: 1, a: \"x\"}.a) == 1", ""},
        {"principal.hasTag(if context has o.p then \"x\" else \"y\") && principal.getTag(if "
         "context has o && context.o has p then \"x\" else \"y\") == 1",
         ""},
        {"principal.hasTag(if resource is P in G::\"x\" then \"x\" else \"y\") && "
         "principal.getTag(if resource is P && resource in G::\"x\" then \"x\" else \"y\") == 1",
         ""},
        {"principal.hasTag(if principal.name like \"a*\" then \"x\" else \"y\") && "
         "principal.getTag(if principal.name like \"a*\" then \"x\" else \"y\") == 1",
         ""},
        {"principal.hasTag(if principal.name like \"a*\" then \"x\" else \"y\") && "
         "principal.getTag(if principal.name like \"a\\*\" then \"x\" else \"y\") == 1",
         "principal.getTag(if principal.name like \"a\\*\" then \"x\" else \"y\"): this tag may be "
         "missing in U (make sure of it before: write `x.hasTag(k) && …`, with the same x and k)"},
        {"principal.hasTag(if true && (principal has may && true) then \"x\" else \"y\") && "
         "principal.getTag(if (true && principal has may) && true then \"x\" else \"y\") == 1",
         "principal.getTag(if (true && principal has may) && true then \"x\" else \"y\"): this tag "
         "may be missing in U (make sure of it before: write `x.hasTag(k) && …`, with the same x "
         "and k)"},
        {"principal.hasTag(if (principal has may && principal has opt) && true then \"x\" else "
         "\"y\") && principal.getTag(if principal has may && principal has opt && true then \"x\" "
         "else \"y\") == 1",
         ""},
    };

    (void)state;
    CHECK(cases);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_has_makes_sure_of),
        cmocka_unit_test(knows_no_negative_capabilities),
        cmocka_unit_test(knows_what_has_tag_makes_sure_of),
        cmocka_unit_test(takes_the_same_tree_in_other_words_as_the_same),
    };

    return cmocka_run_group_tests_name("policy/validate sure", tests, NULL, NULL);
}
