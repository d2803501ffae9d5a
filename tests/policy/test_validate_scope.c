#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/policy/findings.h"

static void types_no_branch_that_is_never_taken(void **state)
{
    static const struct expected cases[] = {
        {"true || 1", ""},
        {"true || [] == []", ""},
        {"true || ip(\"x\") == 1 || principal.nosuch", ""},
        {"if true then true else 1", ""},
        {"if false then [] else true", ""},
        {"principal is U || principal.nosuch", ""},
        {"1 == 1 || []", ""},
        {"(true && true) == true || []", ""},
        {"action == Action::\"z\" || []", ""},
        {"A::Action::\"x2\" in [A::Action::\"x\", A::Action::\"g\"] || []", ""},
        {"-(1) == -1 || []", "[]: an empty set has no type, so it may not be written (whether a "
                             "set is empty is asked by x.isEmpty())"},
        {"[1] == [1] || []", "[]: an empty set has no type, so it may not be written (whether a "
                             "set is empty is asked by x.isEmpty())"},
        {"true || Nosuch::\"x\" == 1", "Nosuch::\"x\": the schema has no entity type `Nosuch`"},
        {"true || E::\"blue\" == E::\"red\"",
         "E::\"blue\": `E` lists all its ids, and \"blue\" is not one"},
        {"true || action == Action::\"nosuch\"",
         "Action::\"nosuch\": the schema has no action Action::\"nosuch\""},
        {"if true then true else principal is Nosuch",
         "Nosuch: the schema has no entity type `Nosuch`"},
    };

    (void)state;
    CHECK(cases);
}

static void knows_which_relations_can_never_hold(void **state)
{
    static const struct expected cases[] = {
        {"principal == W::\"x\" || true", ""},
        {"principal in W::\"x\" || true", ""},
        {"principal == W::\"x\" && []",
         "warning: when {principal == W::\"x\" && []}: this policy can never apply: its conditions "
         "are always false (look for a condition that contradicts the schema or the scope)"},
        {"resource in F::\"x\" && []", "[]: an empty set has no type, so it may not be written "
                                       "(whether a set is empty is asked by x.isEmpty())"},
        {"principal in F::\"x\" && []",
         "warning: when {principal in F::\"x\" && []}: this policy can never apply: its conditions "
         "are always false (look for a condition that contradicts the schema or the scope)"},
        {"principal in U::\"x\" && []", "[]: an empty set has no type, so it may not be written "
                                        "(whether a set is empty is asked by x.isEmpty())"},
        {"principal in G::\"x\" && []", "[]: an empty set has no type, so it may not be written "
                                        "(whether a set is empty is asked by x.isEmpty())"},
        {"principal in action && []",
         "warning: when {principal in action && []}: this policy can never apply: its conditions "
         "are always false (look for a condition that contradicts the schema or the scope)"},
        {"action in E::\"red\" && []",
         "warning: when {action in E::\"red\" && []}: this policy can never apply: its conditions "
         "are always false (look for a condition that contradicts the schema or the scope)"},
        {"A::Action::\"x\" in A::Action::\"x2\" && []",
         "warning: when {A::Action::\"x\" in A::Action::\"x2\" && []}: this policy can never "
         "apply: its conditions are always false (look for a condition that contradicts the schema "
         "or the scope)"},
        {"action == B::Action::\"y\" && []",
         "warning: when {action == B::Action::\"y\" && []}: this policy can never apply: its "
         "conditions are always false (look for a condition that contradicts the schema or the "
         "scope)"},
        {"action is A::Action && []",
         "warning: when {action is A::Action && []}: this policy can never apply: its conditions "
         "are always false (look for a condition that contradicts the schema or the scope)"},
        {"principal is Nosuch::Action && []",
         "warning: when {principal is Nosuch::Action && []}: this policy can never apply: its "
         "conditions are always false (look for a condition that contradicts the schema or the "
         "scope)"},
        {"principal has nosuch.x && []",
         "warning: when {principal has nosuch.x && []}: this policy can never apply: its "
         "conditions are always false (look for a condition that contradicts the schema or the "
         "scope)"},
        {"context has a.nosuch.x && []",
         "warning: when {context has a.nosuch.x && []}: this policy can never apply: its "
         "conditions are always false (look for a condition that contradicts the schema or the "
         "scope)"},
        {"action has foo && []",
         "warning: when {action has foo && []}: this policy can never apply: its conditions are "
         "always false (look for a condition that contradicts the schema or the scope)"},
        {"principal has act && principal.act in B::Action::\"y\" && []",
         "warning: when {principal has act && principal.act in B::Action::\"y\" && []}: this "
         "policy can never apply: its conditions are always false (look for a condition that "
         "contradicts the schema or the scope)"},
        {"principal has act && principal.act in A::Action::\"x\" && principal.act == "
         "A::Action::\"x\"",
         ""},
        {"1 == \"a\" && []",
         "warning: when {1 == \"a\" && []}: this policy can never apply: its conditions are always "
         "false (look for a condition that contradicts the schema or the scope)"},
        {"principal is U in F::\"x\" && []",
         "warning: when {principal is U in F::\"x\" && []}: this policy can never apply: its "
         "conditions are always false (look for a condition that contradicts the schema or the "
         "scope)"},
    };

    (void)state;
    CHECK(cases);
}

static void treats_actions_of_two_namespaces_as_two_types(void **state)
{
    static const struct expected cases[] = {
        {"permit(principal, action, resource) when {action == A::Action::\"x2\"};", ""},
        {"permit(principal, action, resource) when {action in A::Action::\"x\"};", ""},
        {"permit(principal, action, resource) when {[A::Action::\"x\", "
         "B::Action::\"y\"].contains(action)};",
         "B::Action::\"y\": this element is B::Action, those before it are A::Action (the elements "
         "of a set are of one type)"},
        {"permit(principal, action, resource) when {action in [A::Action::\"x\", "
         "B::Action::\"y\"]};",
         "B::Action::\"y\": this element is B::Action, those before it are A::Action (the elements "
         "of a set are of one type)"},
        {"permit(principal, action in [A::Action::\"x\", B::Action::\"y\"], resource);",
         "B::Action::\"y\": the actions of a list must be of one type; this one is `B::Action`, "
         "the first is `A::Action` (write one policy for each namespace)"},
    };

    (void)state;
    CHECK(cases);
}

static void refuses_a_scope_that_fits_nothing(void **state)
{
    static const struct expected cases[] = {
        {"permit(principal, action in [], resource);",
         "action in []: `action in []` fits no action (name at least one action, or leave it "
         "open)"},
        {"permit(principal, action == A::Action::\"x\", resource);",
         "action == A::Action::\"x\": no action that this admits applies to anything (this is a "
         "group: write `action in`)"},
        {"permit(principal, action in A::Action::\"x\", resource);", ""},
        {"permit(principal, action in A::Action::\"g\", resource);",
         "action in A::Action::\"g\": no action that this admits applies to anything (look up in "
         "the schema which principals and resources each action applies to)"},
        {"permit(principal == W::\"x\", action, resource);",
         "principal == W::\"x\": no such principal can do what `action` admits (look up in the "
         "schema which principals and resources each action applies to)"},
        {"permit(principal == G::\"x\", action == Action::\"z\", resource);",
         "principal == G::\"x\": no such principal can do what `action` admits (this is a group: "
         "write `principal in`)"},
        {"permit(principal in G::\"x\", action == Action::\"z\", resource);", ""},
        {"permit(principal is V in G::\"x\", action, resource);",
         "principal is V in G::\"x\": no such principal can do what `action` admits (look up in "
         "the schema which principals and resources each action applies to)"},
        {"permit(principal is E, action, resource);",
         "principal is E: no such principal can do what `action` admits (look up in the schema "
         "which principals and resources each action applies to)"},
        {"permit(principal is Action, action, resource);",
         "principal is Action: no such principal can do what `action` admits (look up in the "
         "schema which principals and resources each action applies to)"},
        {"permit(principal is V, action == Action::\"z\", resource);",
         "principal is V: no such principal can do what `action` admits (look up in the schema "
         "which principals and resources each action applies to)"},
        {"permit(principal, action == Action::\"z\", resource is F);",
         "resource is F: what `action` admits cannot be done to such a resource (look up in the "
         "schema which principals and resources each action applies to)"},
        {"permit(principal is V, action, resource is P);", ""},
        {"permit(principal == U::\"x\", action == Action::\"z\", resource == G::\"x\");",
         "resource == G::\"x\": what `action` admits cannot be done to such a resource (this is a "
         "group: write `resource in`)"},
        {"permit(principal is U, action in [A::Action::\"x2\", B::Action::\"y\"], resource is F);",
         "B::Action::\"y\": the actions of a list must be of one type; this one is `B::Action`, "
         "the first is `A::Action` (write one policy for each namespace)\n"
         "resource is F: what `action` admits cannot be done to such a resource (look up in the "
         "schema which principals and resources each action applies to)"},
    };

    (void)state;
    CHECK(cases);
}

static void warns_of_conditions_that_never_hold(void **state)
{
    static const struct expected cases[] = {
        {"false", "warning: when {false}: this policy can never apply: its conditions are always "
                  "false (look for a condition that contradicts the schema or the scope)"},
        {"principal is V",
         "warning: when {principal is V}: this policy can never apply: its conditions are always "
         "false (look for a condition that contradicts the schema or the scope)"},
        {"permit(principal is U, action, resource) when {principal in F::\"x\"} when {1};",
         "warning: when {principal in F::\"x\"}: this policy can never apply: its conditions are "
         "always false (look for a condition that contradicts the schema or the scope)"},
        {"permit(principal, action, resource) when {principal is W};",
         "warning: when {principal is W}: this policy can never apply: its conditions are always "
         "false (look for a condition that contradicts the schema or the scope)"},
        {"permit(principal, action, resource) unless {true};",
         "warning: unless {true}: this policy can never apply: its conditions are always false "
         "(look for a condition that contradicts the schema or the scope)"},
        {"permit(principal, action, resource) unless {false};", ""},
        {"permit(principal, action, resource) unless {false} when {[]};",
         "[]: an empty set has no type, so it may not be written (whether a set is empty is asked "
         "by x.isEmpty())"},
        {"permit(principal, action, resource) unless {true} when {[]};",
         "warning: unless {true}: this policy can never apply: its conditions are always false "
         "(look for a condition that contradicts the schema or the scope)"},
    };

    (void)state;
    CHECK(cases);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_no_branch_that_is_never_taken),
        cmocka_unit_test(knows_which_relations_can_never_hold),
        cmocka_unit_test(treats_actions_of_two_namespaces_as_two_types),
        cmocka_unit_test(refuses_a_scope_that_fits_nothing),
        cmocka_unit_test(warns_of_conditions_that_never_hold),
    };

    return cmocka_run_group_tests_name("policy/validate scope", tests, NULL, NULL);
}
