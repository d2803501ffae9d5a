#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "policy/schema/schema.h"

static int load_all(const struct cedar_schema_source *fragments, size_t count,
                    struct cedar_schema **ret, struct cedar_problem *problem)
{
    return cedar_schema_load(fragments, count, ret, problem);
}

static int try_load(const char *text, enum cedar_schema_form form, struct cedar_problem *problem)
{
    struct cedar_schema_source fragment = {{"test.cedarschema", text, strlen(text)}, form};
    struct cedar_schema *s = NULL;
    int r = load_all(&fragment, 1, &s, problem);

    assert_int_equal(r, problem->code);
    cedar_schema_free(s);
    return r;
}

static struct cedar_schema *load(const char *text, enum cedar_schema_form form)
{
    struct cedar_schema_source fragment = {{"test.cedarschema", text, strlen(text)}, form};
    struct cedar_schema *s = NULL;
    struct cedar_problem problem;
    char words[1024];

    if (load_all(&fragment, 1, &s, &problem) != 0)
        fail_msg("%s%s", text, cedar_problem_print(&problem, words, sizeof words));
    return s;
}

/* ---- what is taken ---- */

static const char *const good_texts[] = {
    "",
    "// nothing\r",
    "entity A; entity B, C in A; entity D in [A, B] = {} tags Long;",
    "entity A {a: Long, \"b c\"?: Set<String>,};",
    "entity A = {a: {b: {c: Bool}}};",
    "entity A enum [\"x\", \"y\", \"x\"];",
    "entity entity in [entity] {type: entity, \"if\"?: Long};",
    "entity Set {x: Set<Set>, y: Set};",
    "@a entity A {@b(\"c\") @if x: Long};",
    "@doc(\"d\") namespace N::M { entity A; }",
    "namespace N { entity A; } entity B; namespace M { entity C in [N::A, B]; } entity D;",
    "entity A in []; entity B in [A, A];",
    "entity A in B; entity B in A;",
    "type T = {x: U}; type U = Set<__cedar::Long>;",
    "type T = {x: A}; entity A {t: T};",
    "type decimal = Long; type A = Long; entity A;",
    "entity Long {x: Long, y: __cedar::Long};",
    "action a, \"b c\" in [\"d\", Action::\"e\"]; action \"d\", e;",
    "action a appliesTo {resource: A, context: T, principal: [A],} attributes {}; entity A; "
    "type T = {};",
    "namespace N { action a in [b, Action::\"b\", M::Action::\"c\"]; action b; } "
    "namespace M { action c; }",
    "type Action = Long; action a; entity A {x: Action};",
    "entity A {x: Action, y?: Set<Action>}; action a;",
    "entity A {a: Nowhere, a: Long};", /* the last one counts */
};

static void accepts_schemas(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good_texts / sizeof *good_texts; i++)
        cedar_schema_free(load(good_texts[i], CEDAR_SCHEMA_TEXT));
}

static void accepts_json(void **state)
{
    static const char *const good[] = {
        "{}",
        "{\"\":{\"entityTypes\":{},\"actions\":{}}}",
        "{\"N\":{\"entityTypes\":{\"A\":{\"annotations\":{\"a\":null,\"b\":\"c\"}}},"
        "\"actions\":{},\"annotations\":{\"x\":\"y\"}}}",
        "{\"\":{\"entityTypes\":{\"A\":{\"enum\":[\"x\"]},\"B\":{\"memberOfTypes\":[\"A\"],"
        "\"tags\":{\"type\":\"Long\"},\"shape\":{\"type\":\"T\"}}},\"actions\":{\"a\":{"
        "\"memberOf\":[{\"id\":\"b\"},{\"id\":\"b\",\"type\":\"Action\"},{\"id\":\"b\","
        "\"type\":null}],\"appliesTo\":{\"principalTypes\":[],\"resourceTypes\":[\"A\"],"
        "\"context\":{\"type\":\"T\"}}},\"b\":{\"attributes\":null,\"appliesTo\":null,"
        "\"memberOf\":null}},\"commonTypes\":{\"T\":{\"type\":\"Record\",\"attributes\":{"
        "\"s\":{\"type\":\"Set\",\"element\":{\"type\":\"String\"},\"required\":false},"
        "\"b\":{\"type\":\"Boolean\",\"annotations\":{}},\"c\":{\"type\":\"Bool\"},"
        "\"i\":{\"type\":\"Extension\",\"name\":\"ipaddr\"},\"e\":{\"type\":\"Entity\","
        "\"name\":\"A\"},\"o\":{\"type\":\"EntityOrCommon\",\"name\":\"decimal\"}},"
        "\"additionalAttributes\":false}}}}",
        "{\"\":[{},{\"A\":[[\"A\"]]},{\"a\":[null,[[\"A\"],[\"A\"]],[[\"b\"]]],\"b\":{}}]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cedar_schema_free(load(good[i], CEDAR_SCHEMA_JSON));
}

/* ---- what is refused ---- */

struct refusal {
    const char *text;
    int code;
    uint32_t column; /* of line 1 */
};

static void refuse_all(const struct refusal *bad, size_t count, enum cedar_schema_form form)
{
    struct cedar_problem problem;
    char words[1024];

    for (size_t i = 0; i < count; i++) {
        int r = try_load(bad[i].text, form, &problem);
        if (r != bad[i].code || problem.line != 1 || problem.column != bad[i].column ||
            problem.excerpt[0] == '\0')
            fail_msg("%s\n%d instead of %d, column %u:\n%s", bad[i].text, r, bad[i].code,
                     bad[i].column, cedar_problem_print(&problem, words, sizeof words));
    }
}

static void refuses_what_is_not_the_schema_language(void **state)
{
    static const struct refusal bad[] = {
        {"; ", CEDAR_ERR_SYNTAX, 1},
        {"entity", CEDAR_ERR_SYNTAX, 7},
        {"entity A", CEDAR_ERR_SYNTAX, 9},
        {"entity A;;", CEDAR_ERR_SYNTAX, 10},
        {"entity A, ;", CEDAR_ERR_SYNTAX, 11},
        {"entity \"A\";", CEDAR_ERR_SYNTAX, 8},
        {"entity in;", CEDAR_ERR_SYNTAX, 8},
        {"entity A {if: Long};", CEDAR_ERR_SYNTAX, 11},
        {"entity A in [A,];", CEDAR_ERR_SYNTAX, 16},
        {"entity A in;", CEDAR_ERR_SYNTAX, 12},
        {"entity A {a Long};", CEDAR_ERR_SYNTAX, 13},
        {"entity A {a: Long,,};", CEDAR_ERR_SYNTAX, 19},
        {"entity A {a: Long b: Long};", CEDAR_ERR_SYNTAX, 19},
        {"entity A {a: Set<>};", CEDAR_ERR_SYNTAX, 18},
        {"entity A {a: Set<Long};", CEDAR_ERR_SYNTAX, 22},
        {"entity A = ;", CEDAR_ERR_SYNTAX, 12},
        {"entity A tags A {};", CEDAR_ERR_SYNTAX, 17},
        {"entity A enum [];", CEDAR_ERR_SYNTAX, 16},
        {"entity A enum [\"x\",];", CEDAR_ERR_SYNTAX, 20},
        {"entity A enum [x];", CEDAR_ERR_SYNTAX, 16},
        {"entity A {\"\\q\": Long};", CEDAR_ERR_SYNTAX, 12},
        {"entity A {\"x: Long};", CEDAR_ERR_SYNTAX, 11},
        {"entity A {@x};", CEDAR_ERR_SYNTAX, 13},
        {"@x() entity A;", CEDAR_ERR_SYNTAX, 4},
        {"@\"x\" entity A;", CEDAR_ERR_SYNTAX, 2},
        {"@x", CEDAR_ERR_SYNTAX, 3},
        {"type T Long;", CEDAR_ERR_SYNTAX, 8},
        {"type T, U = Long;", CEDAR_ERR_SYNTAX, 7},
        {"type T = A::;", CEDAR_ERR_SYNTAX, 13},
        {"action a appliesTo {};", CEDAR_ERR_SYNTAX, 21},
        {"action a appliesTo {principal: A}; entity A;", CEDAR_ERR_SYNTAX, 10},
        {"action a appliesTo {principal: [], resource: A}; entity A;", CEDAR_ERR_SYNTAX, 21},
        {"action a appliesTo {principal: A, resource: A, context: Set<A>};", CEDAR_ERR_SYNTAX, 60},
        {"action a in [];", CEDAR_ERR_SYNTAX, 14},
        {"action a in N::b; ", CEDAR_ERR_SYNTAX, 13},
        {"action a attributes {x: Long};", CEDAR_ERR_SYNTAX, 22},
        {"namespace {}", CEDAR_ERR_SYNTAX, 11},
        {"namespace N {", CEDAR_ERR_SYNTAX, 14},
        {"namespace N { namespace M {} }", CEDAR_ERR_SYNTAX, 15},
        {"namespace N {};", CEDAR_ERR_SYNTAX, 15},
        {"entity A {a: Long & Long};", CEDAR_ERR_SYNTAX, 19},
    };

    (void)state;
    refuse_all(bad, sizeof bad / sizeof *bad, CEDAR_SCHEMA_TEXT);
}

static void refuses_names_that_mean_nothing_or_too_much(void **state)
{
    static const struct refusal bad[] = {
        {"entity A {a: B};", CEDAR_ERR_UNKNOWN, 14},
        {"entity A {a: Boolean};", CEDAR_ERR_UNKNOWN, 14},
        {"entity A {a: __cedar::Boolean};", CEDAR_ERR_UNKNOWN, 14},
        {"entity A in B; type B = Long;", CEDAR_ERR_UNKNOWN, 13},
        {"entity A in Action; action a;", CEDAR_ERR_UNKNOWN, 13},
        {"entity A {x: Action};", CEDAR_ERR_UNKNOWN, 14},
        {"namespace N {entity A;} entity B in A;", CEDAR_ERR_UNKNOWN, 37},
        {"type T = A::B;", CEDAR_ERR_UNKNOWN, 10},
        {"action a in b;", CEDAR_ERR_UNKNOWN, 13},
        {"action a in Foo::\"a\";", CEDAR_ERR_UNKNOWN, 13},
        {"action a appliesTo {principal: A, resource: B}; entity A;", CEDAR_ERR_UNKNOWN, 45},
        {"action a appliesTo {principal: A, resource: A, context: A}; entity A;", CEDAR_ERR_UNKNOWN,
         57},
        {"action a appliesTo {principal: A, resource: A, context: T}; entity A; type T = Long;",
         CEDAR_ERR_VALUE, 57},
        {"entity Action;", CEDAR_ERR_NAME, 8},
        {"entity __cedar;", CEDAR_ERR_NAME, 8},
        {"type Entity = Long;", CEDAR_ERR_NAME, 6},
        {"namespace __cedar {}", CEDAR_ERR_NAME, 11},
        {"namespace A::__cedar {}", CEDAR_ERR_NAME, 11},
        {"entity A; namespace N {entity A;}", CEDAR_ERR_NAME, 31},
        {"type A = Long; namespace N {entity A;}", CEDAR_ERR_NAME, 36},
        {"action a; namespace N {action a;}", CEDAR_ERR_NAME, 31},
        {"entity A; entity A;", CEDAR_ERR_DUPLICATE, 18},
        {"type A = Long; type A = Long;", CEDAR_ERR_DUPLICATE, 21},
        {"action a, a;", CEDAR_ERR_DUPLICATE, 11},
        {"@a @a entity A;", CEDAR_ERR_DUPLICATE, 5},
        {"namespace N {} namespace N {}", CEDAR_ERR_DUPLICATE, 26},
        {"action a appliesTo {principal: A, principal: A, resource: A}; entity A;",
         CEDAR_ERR_DUPLICATE, 35},
        {"type A = B; type B = Set<A>;", CEDAR_ERR_CYCLE, 26},
        {"type A = {a: A};", CEDAR_ERR_CYCLE, 14},
        {"action a in a;", CEDAR_ERR_CYCLE, 8},
        {"action a in b; action b in a;", CEDAR_ERR_CYCLE, 8},
    };

    (void)state;
    refuse_all(bad, sizeof bad / sizeof *bad, CEDAR_SCHEMA_TEXT);
}

#define TYPE(type) "{\"\":{\"entityTypes\":{\"A\":{\"tags\":" type "}},\"actions\":{}}}"
#define ENTITY(e)  "{\"\":{\"entityTypes\":{\"A\":" e "},\"actions\":{}}}"
#define ACTION(a)  "{\"\":{\"entityTypes\":{\"A\":{}},\"actions\":{\"a\":" a "}}}"
#define COMMON(c)  "{\"\":{\"commonTypes\":" c ",\"entityTypes\":{},\"actions\":{}}}"
#define TYPE_AT    33
#define ENTITY_AT  25
#define ACTION_AT  44

static void refuses_what_is_not_a_json_schema(void **state)
{
    static const struct refusal bad[] = {
        {"[]", CEDAR_ERR_JSON, 1},
        {"{\"\":{}}", CEDAR_ERR_JSON, 5},
        {"{\"\":{\"entityTypes\":{}}}", CEDAR_ERR_JSON, 5},
        {"{\"\":{\"entityTypes\":{},\"actions\":{},\"type\":1}}", CEDAR_ERR_JSON, 43},
        {"{\"\":{\"entityTypes\":{},\"actions\":{},\"annotations\":{\"a\":\"\"}}}", CEDAR_ERR_JSON,
         50},
        {"{\"N M\":{\"entityTypes\":{},\"actions\":{}}}", CEDAR_ERR_NAME, 8},
        {"{\"__cedar\":{\"entityTypes\":{},\"actions\":{}}}", CEDAR_ERR_NAME, 12},
        {ENTITY("1"), CEDAR_ERR_JSON, ENTITY_AT},
        {ENTITY("{\"enum\":[]}"), CEDAR_ERR_JSON, ENTITY_AT + 8},
        {ENTITY("{\"enum\":[1]}"), CEDAR_ERR_JSON, ENTITY_AT + 9},
        {ENTITY("{\"enum\":[\"x\"],\"memberOfTypes\":[]}"), CEDAR_ERR_JSON, ENTITY_AT + 30},
        {ENTITY("{\"memberOf\":[]}"), CEDAR_ERR_JSON, ENTITY_AT + 12},
        {ENTITY("{\"memberOfTypes\":[\"B\"]}"), CEDAR_ERR_UNKNOWN, ENTITY_AT + 18},
        {ENTITY("{\"memberOfTypes\":[\"A B\"]}"), CEDAR_ERR_NAME, ENTITY_AT + 18},
        {ENTITY("{\"memberOfTypes\":null}"), CEDAR_ERR_JSON, ENTITY_AT + 17},
        {ENTITY("{\"shape\":{\"type\":\"Long\"}}"), CEDAR_ERR_VALUE, ENTITY_AT + 9},
        {ENTITY("{\"annotations\":{\"1\":\"\"}}"), CEDAR_ERR_JSON, ENTITY_AT + 20},
        {ENTITY("{\"annotations\":{\"a\":1}}"), CEDAR_ERR_JSON, ENTITY_AT + 20},
        {TYPE("{}"), CEDAR_ERR_JSON, TYPE_AT},
        {TYPE("[\"Long\"]"), CEDAR_ERR_JSON, TYPE_AT},
        {TYPE("{\"type\":1}"), CEDAR_ERR_JSON, TYPE_AT + 8},
        {TYPE("{\"type\":\"Set\"}"), CEDAR_ERR_JSON, TYPE_AT + 8},
        {TYPE("{\"type\":\"Long\",\"name\":\"A\"}"), CEDAR_ERR_JSON, TYPE_AT + 22},
        {TYPE("{\"type\":\"Record\"}"), CEDAR_ERR_JSON, TYPE_AT + 8},
        {TYPE("{\"type\":\"Record\",\"attributes\":{},\"additionalAttributes\":true}"),
         CEDAR_ERR_JSON, TYPE_AT + 56},
        {TYPE("{\"type\":\"Record\",\"attributes\":{\"a\":{\"type\":\"Long\",\"required\":1}}}"),
         CEDAR_ERR_JSON, TYPE_AT + 61},
        {TYPE("{\"type\":\"Long\",\"required\":true}"), CEDAR_ERR_JSON, TYPE_AT + 26},
        {TYPE("{\"type\":\"Entity\"}"), CEDAR_ERR_JSON, TYPE_AT + 8},
        {TYPE("{\"type\":\"Entity\",\"name\":\"Long\"}"), CEDAR_ERR_UNKNOWN, TYPE_AT + 24},
        {TYPE("{\"type\":\"Extension\",\"name\":\"ip\"}"), CEDAR_ERR_UNKNOWN, TYPE_AT + 27},
        {TYPE("{\"type\":\"A\"}"), CEDAR_ERR_UNKNOWN, TYPE_AT + 8},
        {COMMON("{\"Set\":{\"type\":\"Long\"}}"), CEDAR_ERR_NAME, 27},
        {COMMON("{\"A::B\":{\"type\":\"Long\"}}"), CEDAR_ERR_NAME, 28},
        {COMMON("{\"A\":{\"type\":\"A\"}}"), CEDAR_ERR_CYCLE, 33},
        {ACTION("{\"attributes\":{}}"), CEDAR_ERR_JSON, ACTION_AT + 14},
        {ACTION("{\"appliesTo\":{\"principalTypes\":[]}}"), CEDAR_ERR_JSON, ACTION_AT + 13},
        {ACTION("{\"memberOf\":[\"a\"]}"), CEDAR_ERR_JSON, ACTION_AT + 13},
        {ACTION("{\"memberOf\":[{\"id\":\"b\"}]}"), CEDAR_ERR_UNKNOWN, ACTION_AT + 13},
        {ACTION("{\"memberOf\":[{\"id\":\"a\",\"x\":1}]}"), CEDAR_ERR_JSON, ACTION_AT + 27},
    };

    (void)state;
    refuse_all(bad, sizeof bad / sizeof *bad, CEDAR_SCHEMA_JSON);
}

static void refuses_depth_size_and_wrong_bytes(void **state)
{
    static char text[CEDAR_SOURCE_MAX + 2];
    struct cedar_problem problem;
    size_t n = 0;

    (void)state;
    n = (size_t)sprintf(text, "type T = ");
    for (int i = 0; i < 200; i++)
        n += (size_t)sprintf(text + n, "Set<");
    assert_int_equal(try_load(text, CEDAR_SCHEMA_TEXT, &problem), CEDAR_ERR_LIMIT);
    n = (size_t)sprintf(text, "type T0 = Long;");
    for (int i = 1; i < 200; i++)
        n += (size_t)sprintf(text + n, "type T%d = Set<T%d>;", i, i - 1);
    assert_int_equal(try_load(text, CEDAR_SCHEMA_TEXT, &problem), CEDAR_ERR_LIMIT);
    n = (size_t)sprintf(text, "namespace A");
    for (int i = 0; i < 2000; i++)
        n += (size_t)sprintf(text + n, "::A");
    sprintf(text + n, " {}");
    assert_int_equal(try_load(text, CEDAR_SCHEMA_TEXT, &problem), CEDAR_ERR_LIMIT);
    memset(text, ' ', sizeof text - 1);
    assert_int_equal(try_load(text, CEDAR_SCHEMA_TEXT, &problem), CEDAR_ERR_LIMIT);
    assert_int_equal(try_load("entity A;\n \xff", CEDAR_SCHEMA_TEXT, &problem), CEDAR_ERR_TEXT);
    assert_int_equal(problem.line, 2);
    assert_int_equal(problem.column, 2);
    assert_int_equal(try_load("{\"\xc3\":1}", CEDAR_SCHEMA_JSON, &problem), CEDAR_ERR_TEXT);
}

static void suggests_the_name_that_was_meant(void **state)
{
    struct cedar_problem problem;

    (void)state;
    try_load("namespace Shop { entity Person; entity Order {by: Persom}; }", CEDAR_SCHEMA_TEXT,
             &problem);
    assert_string_equal(problem.help, "did you mean `Person`?");
    try_load("entity A {a: Lomg};", CEDAR_SCHEMA_TEXT, &problem);
    assert_string_equal(problem.help, "did you mean `Long`?");
    try_load("action view; action edit in veiw;", CEDAR_SCHEMA_TEXT, &problem);
    assert_string_equal(problem.help, "did you mean \"view\"?");
    try_load(ENTITY("{\"memberOfType\":[]}"), CEDAR_SCHEMA_JSON, &problem);
    assert_string_equal(problem.help, "did you mean \"memberOfTypes\"?");
}

/* ---- what comes out ---- */

static const char model[] =
    "namespace Shop {\n"
    "  type Place = {site: String, \"a b\"?: Set<Person>};\n"
    "  entity Person in [Role, Team] {at: Place, act?: Action, n: __cedar::Long} tags datetime;\n"
    "  entity Role in Org; entity Team; entity Org; entity Kind enum [\"b\", \"a\"];\n"
    "  action read in all appliesTo {principal: [Team, Person, Team], resource: Role,\n"
    "                                context: Place};\n"
    "  action all in Other::Action::\"every\";\n"
    "}\n"
    "namespace Other { action every; }\n";

static void is_type(const struct cedar_schema *s, uint32_t type, const char *wanted)
{
    char text[256];
    struct writer w = {text, sizeof text, 0};

    schema_type_write(&w, s, type);
    assert_string_equal(text, wanted);
}

static void resolves_types_and_groups(void **state)
{
    struct cedar_schema *s = load(model, CEDAR_SCHEMA_TEXT);
    uint32_t person = schema_entity_type(s, text_of("Shop::Person"));
    uint32_t role = schema_entity_type(s, text_of("Shop::Role"));
    uint32_t org = schema_entity_type(s, text_of("Shop::Org"));
    uint32_t kind = schema_entity_type(s, text_of("Shop::Kind"));
    uint32_t read = schema_action(s, text_of("Shop::Action"), text_of("read"));
    uint32_t every = schema_action(s, text_of("Other::Action"), text_of("every"));

    (void)state;
    assert_true(person != UINT32_MAX && read != UINT32_MAX && every != UINT32_MAX);
    assert_int_equal(schema_entity_type(s, text_of("Person")), UINT32_MAX);
    assert_int_equal(schema_action(s, text_of("Shop::Action"), text_of("every")), UINT32_MAX);
    assert_true(schema_has_action_type(s, text_of("Shop::Action")));
    assert_false(schema_has_action_type(s, text_of("Action")));
    const struct schema_entity_type *e = &s->entity_types.at[person];
    is_type(s, e->tags, "datetime");
    is_type(s, schema_attribute_find(s, e->shape, text_of("act"))->type, "Shop::Action");
    is_type(s, schema_attribute_find(s, e->shape, text_of("n"))->type, "Long");
    is_type(s, schema_attribute_find(s, e->shape, text_of("at"))->type,
            "{site: String, \"a b\"?: Set<Shop::Person>}");
    assert_null(schema_attribute_find(s, e->shape, text_of("site")));
    assert_true(schema_entity_in(s, person, role) && schema_entity_in(s, person, org));
    assert_false(schema_entity_in(s, person, person) || schema_entity_in(s, org, person));
    assert_int_equal(e->parents.count, 2);
    assert_true(s->entity_types.at[kind].is_enum && s->entity_types.at[kind].ids.count == 2);
    const struct schema_action *a = &s->actions.at[read];
    assert_true(a->principals.count == 2 && a->resources.count == 1 && a->parents.count == 1);
    assert_true(schema_run_has(s, a->principals, person));
    assert_true(a->ancestors.count == 2 && schema_run_has(s, a->ancestors, every));
    assert_int_equal(a->context, schema_attribute_find(s, e->shape, text_of("at"))->type);
    assert_int_equal(s->types.at[s->actions.at[every].context].kind, TYPE_RECORD);
    cedar_schema_free(s);
}

/* Fragments in both forms make one schema; what one declares the other may use. */
static void joins_fragments(void **state)
{
    const char *text = "namespace N { entity A in B {t: T}; action a in \"b\"; }";
    const char *json = "{\"N\":{\"commonTypes\":{\"T\":{\"type\":\"Long\"}},\"entityTypes\":{"
                       "\"B\":{}},\"actions\":{\"b\":{}}}}";
    struct cedar_schema_source fragments[] = {
        {{"a", text, strlen(text)}, CEDAR_SCHEMA_TEXT},
        {{"b", json, strlen(json)}, CEDAR_SCHEMA_JSON},
        {{"c", "entity A;", 9}, CEDAR_SCHEMA_TEXT},
    };
    struct cedar_schema *s = NULL;
    struct cedar_problem problem;

    (void)state;
    assert_int_equal(load_all(fragments, 2, &s, &problem), 0);
    assert_int_equal(s->entity_types.count, 2);
    cedar_schema_free(s);
    assert_int_equal(load_all(fragments, 1, &s, &problem), CEDAR_ERR_UNKNOWN);
    assert_int_equal(load_all(fragments, 3, &s, &problem), CEDAR_ERR_NAME);
    assert_string_equal(problem.source, "a");
    fragments[2] = fragments[1];
    assert_int_equal(load_all(fragments, 3, &s, &problem), CEDAR_ERR_DUPLICATE);
    assert_int_equal(load_all(NULL, 0, &s, &problem), 0);
    cedar_schema_free(s);
}

static void makes_equal_types_once(void **state)
{
    struct cedar_schema *s = load("type T = {a: Long, b?: Set<String>}; entity A {x: T, y: {b?: "
                                  "Set<String>, a: Long}, z: {b: Set<String>, a: Long}};",
                                  CEDAR_SCHEMA_TEXT);
    uint32_t shape = s->entity_types.at[0].shape;
    uint32_t x = schema_attribute_find(s, shape, text_of("x"))->type;

    (void)state;
    assert_int_equal(x, schema_attribute_find(s, shape, text_of("y"))->type);
    assert_int_not_equal(x, schema_attribute_find(s, shape, text_of("z"))->type);
    cedar_schema_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_schemas),
        cmocka_unit_test(accepts_json),
        cmocka_unit_test(refuses_what_is_not_the_schema_language),
        cmocka_unit_test(refuses_names_that_mean_nothing_or_too_much),
        cmocka_unit_test(refuses_what_is_not_a_json_schema),
        cmocka_unit_test(refuses_depth_size_and_wrong_bytes),
        cmocka_unit_test(suggests_the_name_that_was_meant),
        cmocka_unit_test(resolves_types_and_groups),
        cmocka_unit_test(joins_fragments),
        cmocka_unit_test(makes_equal_types_once),
    };
    return cmocka_run_group_tests_name("policy/schema", tests, NULL, NULL);
}
