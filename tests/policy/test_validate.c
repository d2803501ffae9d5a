#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/policy/findings.h"

static void accepts_what_cannot_err(void **state)
{
    static const struct expected cases[] = {
        {"true", ""},
        {"principal.name == \"x\" && principal.age < 3", ""},
        {"principal.inner.q == 1 && principal.mgr.mgr.name like \"a*\"", ""},
        {"context.now < datetime(\"2026-01-31\") && context.now.toTime() >= duration(\"6h\")", ""},
        {"context.ip.isInRange(ip(\"10.0.0.0/8\")) && context.price.lessThan(decimal(\"1.50\"))",
         ""},
        {"principal.friends.contains(principal) && [1, 2].containsAll([3]) && "
         "!principal.friends.isEmpty()",
         ""},
        {"resource.owner in G::\"x\" && principal in [G::\"x\", G::\"y\"] && E::\"red\" == "
         "E::\"red\"",
         ""},
        {"{a: principal}.a.name == \"x\" && [{a: true}, {a: false}] == [{a: principal.age == 1}]",
         ""},
        {"if principal.age > 1 then principal.age + 2 == 3 * -1 else true", ""},
        {"-9223372036854775808 < 9223372036854775807", ""},
        {"permit(principal, action, resource);", ""},
        {"forbid(principal is V, action, resource is G) when {principal.other};", ""},
    };

    (void)state;
    CHECK(cases);
}

static void refuses_names_that_do_not_exist(void **state)
{
    static const struct expected cases[] = {
        {"principal == Us::\"x\"",
         "Us::\"x\": the schema has no entity type `Us` (did you mean `U`?)"},
        {"principal is Pp", "Pp: the schema has no entity type `Pp` (did you mean `P`?)"},
        {"resource in A::G::\"x\"",
         "A::G::\"x\": the schema has no entity type `A::G` (did you mean `G`?)"},
        {"action == Action::\"zz\"",
         "Action::\"zz\": the schema has no action Action::\"zz\" (did you mean Action::\"z\"?)"},
        {"action in B::Action::\"x2\"", "B::Action::\"x2\": the schema has no action "
                                        "B::Action::\"x2\" (did you mean A::Action::\"x2\"?)"},
        {"[E::\"red\"].contains(E::\"gren\")", "E::\"gren\": `E` lists all its ids, and \"gren\" "
                                               "is not one (did you mean E::\"green\"?)"},
        {"permit(principal is Ux, action == Action::\"zz\", resource in Nosuch::\"x\");",
         "Ux: the schema has no entity type `Ux` (did you mean `U`?)\n"
         "Action::\"zz\": the schema has no action Action::\"zz\" (did you mean Action::\"z\"?)\n"
         "Nosuch::\"x\": the schema has no entity type `Nosuch`"},
        {"permit(principal is U in Gg::\"x\", action in [Action::\"z\", Action::\"y\"], resource);",
         "Gg::\"x\": the schema has no entity type `Gg` (did you mean `G`?)\n"
         "Action::\"y\": the schema has no action Action::\"y\" (did you mean B::Action::\"y\"?)"},
        {"permit(principal == E::\"blue\", action, resource);",
         "E::\"blue\": `E` lists all its ids, and \"blue\" is not one"},
    };

    (void)state;
    CHECK(cases);
}

static void refuses_attributes_that_do_not_exist(void **state)
{
    static const struct expected cases[] = {
        {"principal.nme == \"x\"", "nme: U has no attribute `nme` (did you mean `name`?)"},
        {"principal[\"friend\"].isEmpty()",
         "\"friend\": U has no attribute `friend` (did you mean `friends`?)"},
        {"context.aa == 1",
         "aa: the context of Action::\"z\" has no attribute `aa` (did you mean `a`?)"},
        {"context.a.b.d == 1", "d: the record context.a.b has no attribute `d`"},
        {"action.name == \"x\"", "name: Action has no attribute `name`"},
        {"principal.name.length == 1",
         "principal.name: only entities and records have attributes, this is String"},
        {"principal.nosuch has foo", "nosuch: U has no attribute `nosuch`"},
        {"{a: 1}.b == 1", "b: the record {a: 1} has no attribute `b`"},
        {"permit(principal, action, resource) when {principal.other};",
         "other: U has no attribute `other` (the scope admits such principals; if others are "
         "meant, write `principal is …`)"},
        {"permit(principal, action, resource) when {principal.other || principal.other};",
         "other: U has no attribute `other` (the scope admits such principals; if others are "
         "meant, write `principal is …`)\n"
         "other: U has no attribute `other` (the scope admits such principals; if others are "
         "meant, write `principal is …`)"},
    };

    (void)state;
    CHECK(cases);
}

static void refuses_wrong_types(void **state)
{
    static const struct expected cases[] = {
        {"1 + \"a\" == 2", "\"a\": Long is needed here, this is String"},
        {"principal.age", "principal.age: a condition (Bool) is needed here, this is Long"},
        {"!principal.name", "principal.name: a condition (Bool) is needed here, this is String"},
        {"1 && true", "1: a condition (Bool) is needed here, this is Long"},
        {"true && 1", "1: a condition (Bool) is needed here, this is Long"},
        {"\"a\" < \"b\"", "\"a\": this is String, which has no order (both sides are Long, or "
                          "datetime, or duration)"},
        {"context.price < context.price",
         "context.price: this is decimal, which has no order (decimals are compared by lessThan, "
         "lessThanOrEqual, greaterThan, greaterThanOrEqual)"},
        {"context.now < duration(\"1d\")",
         "duration(\"1d\"): this is duration and cannot be compared with datetime (both sides are "
         "Long, or datetime, or duration)"},
        {"1 < principal.name", "principal.name: this is String and cannot be compared with Long "
                               "(both sides are Long, or datetime, or duration)"},
        {"principal like \"x\"", "principal: String is needed here, this is U"},
        {"principal.name in principal",
         "principal.name: left of `in` an entity is needed, this is String"},
        {"principal in principal.name",
         "principal.name: right of `in` an entity or a set of entities is needed, this is String"},
        {"principal in [[principal]]",
         "[[principal]]: right of `in` an entity or a set of entities is needed, this is "
         "Set<Set<U>> (membership of a set is set.contains(x))"},
        {"principal.age is U", "principal.age: left of `is` an entity is needed, this is Long "
                               "(`is` asks for the type of an entity)"},
        {"principal.age has a",
         "principal.age: only entities and records have attributes, this is Long"},
        {"principal.name.isEmpty()", "principal.name: a set is needed here, this is String"},
        {"principal.friends.contains(resource)",
         "resource: the elements of the set are U, this is P"},
        {"principal.friends.containsAny([resource])",
         "[resource]: the first set is Set<U>, this is Set<P>"},
        {"[1].containsAll(1)", "1: a set is needed here, this is Long"},
        {"principal.name.hasTag(\"x\")", "principal.name: only entities have tags, this is String"},
        {"principal.hasTag(1)", "1: String is needed here, this is Long"},
        {"if 1 then true else false", "1: a condition (Bool) is needed here, this is Long"},
        {"if principal.age == 1 then 1 == 1 else \"a\"",
         "if principal.age == 1 then 1 == 1 else \"a\": the branches of this `if` differ: Bool and "
         "String (let `then` and `else` be of one type)"},
        {"(if principal.age == 1 then principal else resource) == principal",
         "if principal.age == 1 then principal else resource: the branches of this `if` differ: U "
         "and P (let `then` and `else` be of one type)"},
        {"[1, \"a\"].isEmpty()", "\"a\": this element is String, those before it are Long (the "
                                 "elements of a set are of one type)"},
        {"[principal, resource].contains(principal)",
         "resource: this element is P, those before it are U (the elements of a set are of one "
         "type)"},
        {"[] == [1]", "[]: an empty set has no type, so it may not be written (whether a set is "
                      "empty is asked by x.isEmpty())"},
        {"principal.age == \"x\"", "principal.age == \"x\": these can never be equal: Long and "
                                   "String (compare values of one type)"},
        {"principal.inner == {q: 1}", "principal.inner == {q: 1}: these can never be equal: {p?: "
                                      "Long, q: Long} and {q: Long} (compare values of one type)"},
        {"principal.inner == {p: 1, q: 2}",
         "principal.inner == {p: 1, q: 2}: these can never be equal: {p?: Long, q: Long} and {p: "
         "Long, q: Long} (compare values of one type)"},
        {"{a: 1} == {b: 1}", "{a: 1} == {b: 1}: these can never be equal: {a: Long} and {b: Long} "
                             "(compare values of one type)"},
        {"principal.name == principal.age", "principal.name == principal.age: these can never be "
                                            "equal: String and Long (compare values of one type)"},
        {"principal.age.lessThan(decimal(\"1.0\"))",
         "principal.age: decimal is needed here, this is Long"},
        {"permit(principal, action, resource) unless {1};",
         "1: a condition (Bool) is needed here, this is Long"},
        {"permit(principal, action, resource) when {principal has name} unless {principal.age};",
         "principal.age: a condition (Bool) is needed here, this is Long\n"
         "age: V has no attribute `age` (the scope admits such principals; if others are meant, "
         "write `principal is …`)"},
    };

    (void)state;
    CHECK(cases);
}

static void reads_extension_literals_now(void **state)
{
    static const struct expected cases[] = {
        {"ip(\"10.0.0.0/8\").isIpv4()", ""},
        {"ip(\"x\").isIpv4()", "\"x\": this is no valid ip (write ip(\"192.0.2.1\"), "
                               "ip(\"192.0.2.0/24\") or ip(\"2001:db8::/32\"))"},
        {"datetime(\"2026-13-01\") < context.now",
         "\"2026-13-01\": this is no valid datetime (write datetime(\"2026-01-31\") or "
         "datetime(\"2026-01-31T12:00:00Z\"))"},
        {"duration(\"1x\") < duration(\"1d\")",
         "\"1x\": this is no valid duration (write duration(\"1d2h3m4s5ms\"), in this order)"},
        {"decimal(\"1\") == decimal(\"1.0\")",
         "\"1\": this is no valid decimal (write decimal(\"12.50\"), with one to four decimal "
         "places)"},
        {"ip(principal.name).isIpv4()",
         "principal.name: `ip` needs its text written out here, in quotes (write "
         "ip(\"192.0.2.1\"), ip(\"192.0.2.0/24\") or ip(\"2001:db8::/32\"))"},
        {"ip(1).isIpv4()", "1: `ip` needs its text written out here, in quotes (write "
                           "ip(\"192.0.2.1\"), ip(\"192.0.2.0/24\") or ip(\"2001:db8::/32\"))"},
        {"ip().isIpv4()", "ip(): `ip` needs 1 argument, here are 0"},
        {"ip(\"1.1.1.1\").isInRange(ip(\"1.0.0.0/8\"), ip(\"2.0.0.0/8\"))",
         "ip(\"1.1.1.1\").isInRange(ip(\"1.0.0.0/8\"), ip(\"2.0.0.0/8\")): `isInRange` needs 1 "
         "argument, here are 2"},
        {"context.now.offset(1) < context.now", "1: duration is needed here, this is Long"},
    };

    (void)state;
    CHECK(cases);
}

static void finds_a_mistake_behind_another(void **state)
{
    static const struct expected cases[] = {
        {"principal.nosuch == 1 && principal.age == \"x\" && [1, \"a\"].contains(1)",
         "nosuch: U has no attribute `nosuch`\n"
         "principal.age == \"x\": these can never be equal: Long and String (compare values of one "
         "type)\n"
         "\"a\": this element is String, those before it are Long (the elements of a set are of "
         "one type)"},
        {"(principal.nosuch || principal.age) && 1",
         "nosuch: U has no attribute `nosuch`\n"
         "principal.age: a condition (Bool) is needed here, this is Long\n"
         "1: a condition (Bool) is needed here, this is Long"},
        {"[principal.nosuch, principal.opt].contains(principal.age + \"x\")",
         "nosuch: U has no attribute `nosuch`\n"
         "principal.opt: `opt` may be missing in U (make sure of it before: write `… has … && …`, "
         "with the same words)\n"
         "\"x\": Long is needed here, this is String"},
    };

    (void)state;
    CHECK(cases);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_cannot_err),
        cmocka_unit_test(refuses_names_that_do_not_exist),
        cmocka_unit_test(refuses_attributes_that_do_not_exist),
        cmocka_unit_test(refuses_wrong_types),
        cmocka_unit_test(reads_extension_literals_now),
        cmocka_unit_test(finds_a_mistake_behind_another),
    };

    return cmocka_run_group_tests_name("policy/validate", tests, NULL, NULL);
}
