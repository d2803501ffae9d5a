#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/entity_json.h"
#include "tests/policy/world.h"

/*
 * Answers of the official engine, as data.  vectors.jsonl: the first line holds
 * entities and context for all, each other line an expression and its value:
 * true, false, "error" or "parse-failure".
 */
#define OWN_VECTORS    "tests/policy/vectors.jsonl"
#define SHARED_VECTORS "../shared/cedar/cedar-microvectors.jsonl"
#define SHARED_EXAMPLE "../shared/cedar/example"

static char *read_file(const char *path, size_t *ret_length)
{
    FILE *f = fopen(path, "re");
    char *text;

    if (f == NULL)
        return NULL;
    text = malloc(1 << 20);
    assert_non_null(text);
    *ret_length = fread(text, 1, 1 << 20, f);
    fclose(f);
    return text;
}

/* The result in the vectors' words. */
static const char *evaluate(const struct cedar_source *json, const struct json *world,
                            struct text expression)
{
    struct cedar_source source = {"expression", expression.data, expression.length};
    const struct json *entities = json_member(world, "entities");
    struct cedar_problem problem;
    struct cedar_value value;
    struct cedar_fault fault;
    struct world w = {0};
    const char *result = "error";

    if (cedar_expression_load(&source, &w.policies, &problem) != 0)
        return "parse-failure";
    assert_int_equal(cedar_base_new(w.policies, &w.base), 0);
    assert_int_equal(cedar_overlay_new(65536, &w.overlay), 0);
    assert_int_equal(cedar_scratch_new(65536, &w.scratch), 0);
    struct entity_json j = {.entities = w.base, .source = json, .problem = &problem};
    if (entities != NULL)
        assert_int_equal(entity_json_all(&j, entities), 0);
    world_ready(&w);
    j.entities = w.overlay;
    struct cedar_request r = {cedar_entity(w.overlay, "U", "u"),
                              cedar_entity(w.overlay, "Action", "a"),
                              cedar_entity(w.overlay, "R", "r"),
                              {0}};
    assert_int_equal(entity_json_context(&j, json_member(world, "context"), NULL, &r.context), 0);
    assert_int_equal(cedar_entities_freeze(w.overlay), 0);
    int e = cedar_evaluate(w.policies, w.overlay, &r, w.scratch, &value, &fault);
    if (e == 0 && value_equal(&value, &(struct cedar_value){.tag = VALUE_BOOL, .number = 1}))
        result = "true";
    else if (e == 0 && value_equal(&value, &(struct cedar_value){.tag = VALUE_BOOL}))
        result = "false";
    else if (e != 0)
        assert_int_equal(e, CEDAR_ERR_VALUE);
    world_free(&w);
    return result;
}

/* How many vectors there were; every difference is a failure. */
static int run_vectors(const char *path, const char *first_line)
{
    struct cedar_problem problem;
    struct arena arena;
    size_t length;
    char *text = read_file(path, &length);
    const struct json *world = NULL, *line;
    struct cedar_source world_source = {path, first_line, first_line ? strlen(first_line) : 0};
    int count = 0, different = 0;

    assert_non_null(text);
    assert_int_equal(arena_init_growing(&arena, 64 << 20), 0);
    if (first_line != NULL)
        assert_int_equal(json_parse(&world_source, &arena, &world, &problem), 0);
    for (char *at = text; at < text + length;) {
        char *end = memchr(at, '\n', (size_t)(text + length - at));
        struct cedar_source source = {path, at, (size_t)(end - at)};
        at = end + 1;
        assert_int_equal(json_parse(&source, &arena, &line, &problem), 0);
        if (world == NULL) {
            world = line;
            world_source = source;
            continue;
        }
        const struct json *expr = json_member(line, "expr"), *value = json_member(line, "value");
        const char *want = value->kind == JSON_STRING ? value->string.data
                           : value->number            ? "true"
                                                      : "false";
        const char *got = evaluate(&world_source, world, expr->string);
        count++;
        if (strcmp(want, got) != 0) {
            print_error("%s: %s instead of %s\n", expr->string.data, got, want);
            different++;
        }
    }
    arena_free(&arena);
    free(text);
    assert_int_equal(different, 0);
    return count;
}

static void agrees_with_the_official_engine_on_our_expressions(void **state)
{
    (void)state;
    assert_true(run_vectors(OWN_VECTORS, NULL) > 200);
}

static void agrees_with_the_official_engine_on_the_published_expressions(void **state)
{
    FILE *f = fopen(SHARED_VECTORS, "re");

    (void)state;
    if (f == NULL) {
        print_message("skipped: no ../shared\n");
        skip();
    }
    fclose(f);
    assert_int_equal(run_vectors(SHARED_VECTORS, "{\"context\": {\"s\": \"1.2.3.4\"}}"), 134);
}

/* ---- the worked example: ten policies, 23 decisions ---- */

/* The schema would supply the actions; without one the caller does. */
static void add_example_actions(struct cedar_entities *e)
{
    static const char *const actions[][2] = {
        {"read", NULL},
        {"write", NULL},
        {"viewInstruction", "read"},
        {"recordOperation", "write"},
        {"dispositionNonconformance", "write"},
        {"exportRelease", NULL},
    };

    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        cedar_entity_begin(e, "Shop::Action", actions[i][0]);
        if (actions[i][1] != NULL)
            cedar_entity_parent(e, "Shop::Action", actions[i][1]);
        cedar_entity_end(e);
    }
}

static const struct json *read_json(const char *path, struct arena *arena,
                                    struct cedar_source *source)
{
    const struct json *top = NULL;
    struct cedar_problem problem;

    source->name = path;
    source->text = read_file(path, &source->length);
    assert_non_null(source->text);
    assert_int_equal(json_parse(source, arena, &top, &problem), 0);
    return top;
}

static void check_example(struct world *w, struct entity_json *j, const struct json *test)
{
    const struct json *want = json_member(test, "want"), *reason = json_member(test, "reason");
    struct cedar_request r;
    struct cedar_result result;

    cedar_overlay_reset(w->overlay, w->base);
    assert_int_equal(entity_json_uid(j, json_member(test, "principal"), &r.principal), 0);
    assert_int_equal(entity_json_uid(j, json_member(test, "action"), &r.action), 0);
    assert_int_equal(entity_json_uid(j, json_member(test, "resource"), &r.resource), 0);
    assert_int_equal(entity_json_context(j, json_member(test, "context"), NULL, &r.context), 0);
    assert_int_equal(cedar_entities_freeze(w->overlay), 0);
    bool allow = cedar_decide(w->policies, w->overlay, &r, CEDAR_DENY_ON_ERROR, w->scratch,
                              &result) == CEDAR_ALLOW;
    assert_string_equal(allow ? "allow" : "deny", want->string.data);
    assert_int_equal(result.erring_count, 0);
    assert_int_equal(result.determining_count, reason->count);
    uint32_t i = 0;
    for (const struct json *id = reason->first; id != NULL; id = id->next)
        assert_string_equal(cedar_policy_id(w->policies, result.determining[i++]), id->string.data);
}

static void agrees_with_the_official_engine_on_the_worked_example(void **state)
{
    struct cedar_source sources[3] = {0};
    struct cedar_problem problem;
    struct arena arena;
    struct world w = {0};

    (void)state;
    sources[0].name = "shop.cedar";
    sources[0].text = read_file(SHARED_EXAMPLE "/shop.cedar", &sources[0].length);
    if (sources[0].text == NULL) {
        print_message("skipped: no ../shared\n");
        skip();
    }
    assert_int_equal(arena_init_growing(&arena, 16 << 20), 0);
    assert_int_equal(cedar_policies_load(&sources[0], 1, &w.policies, &problem), 0);
    assert_int_equal(cedar_base_new(w.policies, &w.base), 0);
    assert_int_equal(cedar_overlay_new(65536, &w.overlay), 0);
    assert_int_equal(cedar_scratch_new(65536, &w.scratch), 0);
    const struct json *entities = read_json(SHARED_EXAMPLE "/entities.json", &arena, &sources[1]);
    const struct json *tests = read_json(SHARED_EXAMPLE "/tests.json", &arena, &sources[2]);
    struct entity_json j = {.entities = w.base, .source = &sources[1], .problem = &problem};
    assert_int_equal(entity_json_all(&j, entities), 0);
    add_example_actions(w.base);
    world_ready(&w);
    assert_int_equal(tests->count, 23);
    j = (struct entity_json){.entities = w.overlay, .source = &sources[2], .problem = &problem};
    for (const struct json *t = tests->first; t != NULL; t = t->next)
        check_example(&w, &j, t);
    world_free(&w);
    arena_free(&arena);
    for (int i = 0; i < 3; i++)
        free((char *)sources[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_official_engine_on_our_expressions),
        cmocka_unit_test(agrees_with_the_official_engine_on_the_published_expressions),
        cmocka_unit_test(agrees_with_the_official_engine_on_the_worked_example),
    };
    return cmocka_run_group_tests_name("policy/conformance", tests, NULL, NULL);
}
