#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/entity_json.h"
#include "tests/policy/world.h"

/* Entities, contexts and requests against a schema: read from JSON and made by a host. */

static const char schema_text[] =
    "entity Kind enum [\"x\", \"y\"]; entity Org; entity Team in Org; entity Loop in Loop;\n"
    "type Where = {site: Long, note?: String};\n"
    "entity Person in Team = {age: Long, name?: String, ok?: Bool, kind?: Kind, org?: Org,\n"
    "  set?: Set<Long>, orgs?: Set<Org>, at?: Where, price?: decimal, ip?: ipaddr,\n"
    "  from?: datetime, span?: duration, act?: Action, deep?: Set<Set<Long>>,\n"
    "  prices?: Set<decimal>} tags Set<decimal>;\n"
    "action read in [group, other] appliesTo {principal: [Person, Team], resource: [Org, Kind],\n"
    "  context: {at: Where, kind?: Kind, ip?: ipaddr}};\n"
    "action group in other; action other in top; action top; action alone;\n";

static struct cedar_schema *load_schema(void)
{
    struct cedar_schema_source source = {{"s", schema_text, strlen(schema_text)},
                                         CEDAR_SCHEMA_TEXT};
    struct cedar_schema *s = NULL;
    struct cedar_problem problem;

    assert_int_equal(cedar_schema_load(&source, 1, &s, &problem), 0);
    return s;
}

/* As a program does it: read, add the schema's actions, freeze, check. */
static int take(const struct cedar_schema *s, const char *text, struct cedar_problem *problem)
{
    struct cedar_source source = {"test.json", text, strlen(text)};
    struct world w = world_new("");
    const struct json *top;
    struct arena arena;
    int r;

    assert_int_equal(arena_init_growing(&arena, 1 << 20), 0);
    assert_int_equal(json_parse(&source, &arena, &top, problem), 0);
    const struct entity_json j = {
        .entities = w.base, .source = &source, .problem = problem, .schema = s};
    r = entity_json_all(&j, top);
    if (r == 0)
        r = cedar_schema_actions(s, w.base);
    if (r == 0)
        r = cedar_entities_freeze(w.base);
    if (r == 0)
        r = cedar_entities_check(w.base, s, problem);
    arena_free(&arena);
    world_free(&w);
    return r;
}

#define PERSON(more)                                                                               \
    "[{\"uid\":{\"type\":\"Person\",\"id\":\"p\"},\"attrs\":{\"age\":1" more "},\"parents\":[]}]"
#define ENTITY(type, id, rest)                                                                     \
    "[{\"uid\":{\"type\":\"" type "\",\"id\":\"" id "\"},\"attrs\":{},\"parents\":[" rest "}]"
#define ACTION(id, parents)                                                                        \
    "{\"uid\":{\"type\":\"Action\",\"id\":\"" id "\"},\"attrs\":{},\"parents\":[" parents "]}"
#define UID(type, id) "{\"type\":\"" type "\",\"id\":\"" id "\"}"
#define OFFSET                                                                                     \
    "{\"fn\":\"offset\",\"args\":[\"2024-01-01\",{\"__extn\":{\"fn\":\"duration\",\"arg\":"        \
    "\"1d\"}}]}"

static void takes_every_form_of_a_value(void **state)
{
    static const char *const good[] = {
        "[]",
        PERSON(""),
        PERSON(",\"org\":" UID("Org", "o")),
        PERSON(",\"org\":{\"__entity\":" UID("Org", "o") "}"),
        PERSON(",\"org\":[\"Org\",\"o\"]"),
        PERSON(",\"kind\":" UID("Kind", "x")),
        PERSON(",\"act\":" UID("Action", "read")),
        PERSON(",\"orgs\":[" UID("Org", "o") ",{\"__entity\":" UID("Org", "o") "}]"),
        PERSON(",\"price\":\"1.5\""),
        PERSON(",\"price\":{\"fn\":\"decimal\",\"arg\":\"1.5\"}"),
        PERSON(",\"price\":{\"__extn\":{\"fn\":\"decimal\",\"args\":[\"1.5\"]}}"),
        PERSON(",\"ip\":\"::1/64\",\"from\":\"2024-01-01\",\"span\":\"1d\""),
        PERSON(",\"from\":" OFFSET),
        PERSON(",\"from\":{\"fn\":\"toDate\",\"arg\":" OFFSET "}"),
        PERSON(",\"ok\":{\"__extn\":{\"fn\":\"isIpv4\",\"arg\":{\"__extn\":{\"fn\":\"ip\","
               "\"arg\":\"::1\"}}}}"),
        PERSON(",\"prices\":[\"1.5\",{\"fn\":\"decimal\",\"arg\":\"1.50\"}]"),
        PERSON(",\"set\":[],\"deep\":[[],[1]]"),
        PERSON(",\"at\":{\"site\":1}"),
        ENTITY("Kind", "y", "]"),
        ENTITY("Org", "o", "],\"tags\":{}"),
        ENTITY("Team", "t", UID("Org", "1") "," UID("Org", "1") "]"),
        ENTITY("Loop", "t", UID("Loop", "u") "]"),
        "[" ACTION("other", UID("Action", "top")) "]",
        "[" ACTION("read",
                   UID("Action", "group") "," UID("Action", "other") "," UID("Action", "top")) "]",
        "[" ACTION("read", UID("Action", "group")) "," ACTION(
            "group", UID("Action", "other")) "," ACTION("other", UID("Action", "top")) "]",
    };
    struct cedar_schema *s = load_schema();
    struct cedar_problem problem;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (take(s, good[i], &problem) != 0)
            fail_msg("%s: %s", good[i], problem.message);
    cedar_schema_free(s);
}

static void refuses_what_does_not_conform(void **state)
{
    static const struct {
        const char *text;
        uint32_t column;
    } bad[] = {
        {ENTITY("Persom", "p", "]"), 9},
        {ENTITY("Person", "p", "]"), 9},
        {ENTITY("Kind", "z", "]"), 9},
        {ENTITY("Kind", "x", UID("Org", "o") "]"), 56},
        {ENTITY("Org", "o", "],\"tags\":{\"k\":1}"), 69},
        {ENTITY("Org", "o", UID("Org", "2") "]"), 55},
        {ENTITY("Team", "o", UID("Kind", "x") "]"), 56},
        {ENTITY("Team", "o", UID("Action", "read") "]"), 56},
        {PERSON(",\"height\":1"), 62},
        {PERSON(",\"name\":1"), 60},
        {PERSON(",\"name\":" UID("Org", "o")), 60},
        {PERSON(",\"ok\":1"), 58},
        {PERSON(",\"org\":" UID("Team", "o")), 59},
        {PERSON(",\"org\":\"Org::o\""), 59},
        {PERSON(",\"org\":{\"type\":\"Org\"}"), 59},
        {PERSON(",\"org\":{\"__expr\":\"Org::o\"}"), 59},
        {PERSON(",\"kind\":" UID("Kind", "z")), 60},
        {PERSON(",\"act\":" UID("Action", "no")), 59},
        {PERSON(",\"act\":" UID("Org", "no")), 59},
        {PERSON(",\"set\":1"), 59},
        {PERSON(",\"set\":[1,\"1\"]"), 62},
        {PERSON(",\"deep\":[[1],1]"), 65},
        {PERSON(",\"deep\":[[1],[true]]"), 66},
        {PERSON(",\"at\":{}"), 58},
        {PERSON(",\"at\":[]"), 58},
        {PERSON(",\"at\":{\"site\":1,\"sight\":2}"), 76},
        {PERSON(",\"at\":{\"site\":1,\"note\":2}"), 75},
        {PERSON(",\"price\":\"1\""), 61},
        {PERSON(",\"price\":1"), 61},
        {PERSON(",\"price\":{\"fn\":\"ip\",\"arg\":\"::1\"}"), 61},
        {PERSON(",\"price\":{\"fn\":\"no\",\"arg\":\"1.5\"}"), 67},
        {PERSON(",\"price\":{\"fn\":\"contains\",\"arg\":\"1.5\"}"), 67},
        {PERSON(",\"from\":{\"fn\":\"offset\",\"arg\":\"1d\"}"), 60},
        {PERSON(",\"from\":{\"fn\":\"offset\",\"args\":[\"2024-01-01\",\"1\"]}"), 96},
        {PERSON(",\"ip\":null"), 58},
        {"[" ACTION("nothing", "") "]", 9},
        {"[" ACTION("alone", UID("Action", "top")) "]", 9},
        {"[" ACTION("read", UID("Action", "group")) "]", 9},
        {"[" ACTION("read", UID("Action", "group")) "," ACTION("group", UID("Action", "other")) "]",
         9},
        {"[{\"uid\":" UID("Action", "alone") ",\"attrs\":{\"a\":1},\"parents\":[]}]", 53},
    };
    struct cedar_schema *s = load_schema();
    struct cedar_problem problem;
    char words[1024];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int r = take(s, bad[i].text, &problem);
        if (r == 0 || problem.code != r || problem.line != 1 || problem.column != bad[i].column)
            fail_msg("%s\n%d, column %u:\n%s", bad[i].text, r, bad[i].column,
                     cedar_problem_print(&problem, words, sizeof words));
    }
    cedar_schema_free(s);
}

static void says_what_was_meant(void **state)
{
    struct cedar_schema *s = load_schema();
    struct cedar_problem problem;

    (void)state;
    assert_int_equal(take(s, ENTITY("Persom", "p", "]"), &problem), CEDAR_ERR_UNKNOWN);
    assert_string_equal(problem.message, "the schema declares no entity type `Persom`");
    assert_string_equal(problem.help, "did you mean `Person`?");
    assert_int_equal(take(s, PERSON(",\"nmae\":\"\""), &problem), CEDAR_ERR_CONFORM);
    assert_string_equal(problem.help, "did you mean `name`?");
    assert_int_equal(take(s, PERSON(",\"name\":1"), &problem), CEDAR_ERR_CONFORM);
    assert_string_equal(problem.message, "`String` is needed here, not 1");
    cedar_schema_free(s);
}

/* ---- stores that a host makes ---- */

static int check_person(const struct cedar_schema *s, const char *name, struct cedar_value value,
                        struct cedar_problem *problem)
{
    struct world w = world_new("");
    int r;

    cedar_entity_begin(w.base, "Person", "p");
    cedar_entity_attribute(w.base, "age", cedar_long(1));
    if (name != NULL)
        cedar_entity_attribute(w.base, name, value);
    cedar_entity_end(w.base);
    assert_int_equal(cedar_entities_freeze(w.base), 0);
    r = cedar_entities_check(w.base, s, problem);
    world_free(&w);
    return r;
}

static void checks_a_store(void **state)
{
    struct cedar_schema *s = load_schema();
    struct cedar_problem problem;

    (void)state;
    assert_int_equal(check_person(s, NULL, cedar_long(0), &problem), 0);
    assert_int_equal(check_person(s, "ok", cedar_bool(true), &problem), 0);
    assert_int_equal(check_person(s, "ok", cedar_long(1), &problem), CEDAR_ERR_CONFORM);
    assert_string_equal(problem.message,
                        "Person::\"p\": `Bool` is needed here, not 1, in attribute `ok`");
    assert_int_equal(problem.line, 0);
    assert_int_equal(check_person(s, "okay", cedar_long(1), &problem), CEDAR_ERR_CONFORM);
    assert_int_equal(check_person(s, "span", cedar_datetime(1), &problem), CEDAR_ERR_CONFORM);
    cedar_schema_free(s);
}

static void refuses_a_store_with(const struct cedar_schema *s,
                                 void (*fill)(struct cedar_entities *), int code)
{
    struct cedar_problem problem;
    struct world w = world_new("");

    fill(w.base);
    assert_int_equal(cedar_entities_check(w.base, s, &problem), CEDAR_ERR_STATE);
    assert_int_equal(cedar_entities_freeze(w.base), 0);
    assert_int_equal(cedar_entities_check(w.base, s, &problem), code);
    world_free(&w);
}

static void fill_unknown(struct cedar_entities *e)
{
    cedar_entity_begin(e, "Nobody", "p");
    cedar_entity_end(e);
}

static void fill_incomplete(struct cedar_entities *e)
{
    cedar_entity_begin(e, "Person", "p");
    cedar_entity_end(e);
}

static void fill_parent(struct cedar_entities *e)
{
    cedar_entity_begin(e, "Org", "o");
    cedar_entity_parent(e, "Team", "t");
    cedar_entity_end(e);
}

static void fill_tag(struct cedar_entities *e)
{
    cedar_entity_begin(e, "Org", "o");
    cedar_entity_tag(e, "k", cedar_long(1));
    cedar_entity_end(e);
}

static void fill_enum(struct cedar_entities *e)
{
    cedar_entity_begin(e, "Kind", "z");
    cedar_entity_end(e);
}

static void fill_action(struct cedar_entities *e)
{
    cedar_entity_begin(e, "Action", "read");
    cedar_entity_parent(e, "Action", "group");
    cedar_entity_end(e);
}

static void fill_unknown_action(struct cedar_entities *e)
{
    cedar_entity_begin(e, "Action", "write");
    cedar_entity_end(e);
}

static void refuses_stores(void **state)
{
    struct cedar_schema *s = load_schema();

    (void)state;
    refuses_a_store_with(s, fill_unknown, CEDAR_ERR_UNKNOWN);
    refuses_a_store_with(s, fill_incomplete, CEDAR_ERR_CONFORM);
    refuses_a_store_with(s, fill_parent, CEDAR_ERR_CONFORM);
    refuses_a_store_with(s, fill_tag, CEDAR_ERR_CONFORM);
    refuses_a_store_with(s, fill_enum, CEDAR_ERR_CONFORM);
    refuses_a_store_with(s, fill_action, CEDAR_ERR_CONFORM);
    refuses_a_store_with(s, fill_unknown_action, CEDAR_ERR_UNKNOWN);
    cedar_schema_free(s);
}

static void adds_the_actions_of_the_schema(void **state)
{
    struct cedar_schema *s = load_schema();
    struct world w = world_new("");
    struct cedar_problem problem;

    (void)state;
    assert_int_equal(cedar_schema_actions(s, w.base), 0);
    struct cedar_value read = cedar_entity(w.base, "Action", "read");
    struct cedar_value top = cedar_entity(w.base, "Action", "top");
    struct cedar_value alone = cedar_entity(w.base, "Action", "alone");
    world_ready(&w);
    assert_int_equal(cedar_entities_check(w.base, s, &problem), 0);
    const struct uid group = {top.uid.type, top.uid.id};
    assert_true(entity_has_ancestor(entities_find(w.base, (struct uid){read.uid.type, read.uid.id}),
                                    group));
    assert_false(entity_has_ancestor(
        entities_find(w.base, (struct uid){alone.uid.type, alone.uid.id}), group));
    assert_int_equal(cedar_schema_actions(s, w.base), CEDAR_ERR_STATE);
    world_free(&w);
    w = world_new("");
    fill_action(w.base);
    assert_int_equal(cedar_schema_actions(s, w.base), CEDAR_ERR_CONFORM);
    world_free(&w);
    cedar_schema_free(s);
}

/* ---- requests ---- */

static int check_request(const char *text, struct cedar_problem *problem)
{
    struct cedar_schema *s = load_schema();
    struct cedar_source source = {"test.json", text, strlen(text)};
    struct world w = world_new("");
    struct cedar_request q;
    const struct json *top;
    struct arena arena;

    assert_int_equal(arena_init_growing(&arena, 1 << 20), 0);
    assert_int_equal(json_parse(&source, &arena, &top, problem), 0);
    struct entity_json j = {.entities = w.base,
                            .source = &source,
                            .problem = problem,
                            .schema = s,
                            .action = &q.action};
    assert_int_equal(entity_json_uid(&j, json_member(top, "p"), &q.principal), 0);
    assert_int_equal(entity_json_uid(&j, json_member(top, "a"), &q.action), 0);
    assert_int_equal(entity_json_uid(&j, json_member(top, "r"), &q.resource), 0);
    if (json_member(top, "plain") != NULL)
        j.schema = NULL;
    int r = entity_json_context(&j, json_member(top, "c"), json_member(top, "d"), &q.context);
    if (r == 0)
        r = cedar_entities_freeze(w.base);
    if (r == 0)
        r = cedar_request_check(s, w.base, &q, problem);
    arena_free(&arena);
    world_free(&w);
    cedar_schema_free(s);
    return r;
}

#define REQUEST(p, a, r, rest)                                                                     \
    "{\"p\":[\"" p "\",\"x\"],\"a\":[\"Action\",\"" a "\"],\"r\":[\"" r "\",\"x\"],\"c\":" rest "}"

static void checks_requests(void **state)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {REQUEST("Person", "read", "Org", "{\"at\":{\"site\":1}}"), 0},
        {REQUEST("Team", "read", "Kind", "{\"at\":{\"site\":1},\"ip\":\"::1\"}"), 0},
        {REQUEST("Team", "read", "Org", "{\"at\":{\"site\":1}},\"d\":{\"ip\":null}"), 0},
        {REQUEST("Team", "read", "Org", "{\"at\":1},\"d\":{\"at\":{\"site\":2}}"), 0},
        {REQUEST("Team", "read", "Org", "{\"at\":{\"site\":1}},\"plain\":1"), 0},
        {REQUEST("Team", "read", "Org", "{\"at\":{\"site\":1},\"ip\":\"::1\"},\"plain\":1"),
         CEDAR_ERR_CONFORM},
        {REQUEST("Team", "read", "Org", "{},\"plain\":1"), CEDAR_ERR_CONFORM},
        {REQUEST("Team", "read", "Org", "{}"), CEDAR_ERR_CONFORM},
        {REQUEST("Team", "read", "Org", "{\"at\":{\"site\":1},\"more\":1}"), CEDAR_ERR_CONFORM},
        {REQUEST("Team", "read", "Org", "{\"at\":{\"site\":1},\"ip\":null}"), CEDAR_ERR_JSON},
        {REQUEST("Team", "read", "Org", "{\"at\":{\"site\":1},\"kind\":" UID("Kind", "z") "}"),
         CEDAR_ERR_CONFORM},
        {REQUEST("Team", "write", "Org", "{}"), CEDAR_ERR_JSON},
        {REQUEST("Team", "write", "Org", "{},\"plain\":1"), CEDAR_ERR_UNKNOWN},
        {REQUEST("Team", "alone", "Org", "{}"), CEDAR_ERR_CONFORM},
        {REQUEST("Org", "read", "Org", "{\"at\":{\"site\":1}}"), CEDAR_ERR_CONFORM},
        {REQUEST("Team", "read", "Team", "{\"at\":{\"site\":1}}"), CEDAR_ERR_CONFORM},
        {REQUEST("Nobody", "read", "Org", "{\"at\":{\"site\":1}}"), CEDAR_ERR_CONFORM},
        {REQUEST("Action", "read", "Org", "{\"at\":{\"site\":1}}"), CEDAR_ERR_CONFORM},
        {"{\"p\":[\"Team\",\"x\"],\"a\":[\"Action\",\"read\"],\"r\":[\"Kind\",\"z\"],\"c\":"
         "{\"at\":{\"site\":1}}}",
         CEDAR_ERR_CONFORM},
    };
    struct cedar_problem problem;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int r = check_request(cases[i].text, &problem);
        if (r != cases[i].code)
            fail_msg("%s: %d, %s", cases[i].text, r, problem.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_every_form_of_a_value),
        cmocka_unit_test(refuses_what_does_not_conform),
        cmocka_unit_test(says_what_was_meant),
        cmocka_unit_test(checks_a_store),
        cmocka_unit_test(refuses_stores),
        cmocka_unit_test(adds_the_actions_of_the_schema),
        cmocka_unit_test(checks_requests),
    };
    return cmocka_run_group_tests_name("policy/conform", tests, NULL, NULL);
}
