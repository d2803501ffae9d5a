#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/entity_json.h"

/*
 * Entities in JSON, read once with a schema and once without.  What is read
 * with the schema passes the check of the store too; what is read without it
 * may fail that check, but only there.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char schema_text[] =
    "entity K enum [\"x\", \"y\"]; entity O; entity T in [O, T];\n"
    "type R = {a: Long, b?: String};\n"
    "entity P in T = {l?: Long, s?: String, b?: Bool, k?: K, o?: O, ls?: Set<Long>, os?: Set<O>,\n"
    "  r?: R, d?: decimal, i?: ipaddr, t?: datetime, u?: duration, a?: Action,\n"
    "  rs?: Set<Set<R>>} tags Set<decimal>;\n"
    "entity Q = {x: Long}; action a in [b, c]; action b in c; action c;\n";

static struct cedar_schema *schema;
static struct cedar_policies *policies;

static void setup(void)
{
    struct cedar_schema_source source = {{"schema", schema_text, sizeof schema_text - 1},
                                         CEDAR_SCHEMA_TEXT};
    struct cedar_source none = {"none", "", 0};
    struct cedar_problem problem;

    if (schema != NULL)
        return;
    if (cedar_schema_load(&source, 1, &schema, &problem) != 0 ||
        cedar_policies_load(&none, 1, &policies, &problem) != 0)
        abort();
}

/* 0 if the entities are read and stand; otherwise why not. */
static int read_all(const struct cedar_source *source, const struct json *top,
                    const struct cedar_schema *by, struct cedar_problem *problem)
{
    struct cedar_entities *base = NULL;
    int r;

    if (cedar_base_new(policies, &base) != 0)
        abort();
    *problem = (struct cedar_problem){0};
    const struct entity_json j = {
        .entities = base, .source = source, .problem = problem, .schema = by};
    r = entity_json_all(&j, top);
    if (r != 0 && problem->code != r)
        abort();
    if (r == 0)
        r = cedar_schema_actions(schema, base);
    if (by != NULL && r == CEDAR_ERR_CONFORM && problem->code == 0)
        abort();
    if (r == 0)
        r = cedar_entities_freeze(base);
    if (r == 0) {
        r = cedar_entities_check(base, schema, problem);
        if (r != 0 && by != NULL)
            abort();
    }
    cedar_entities_free(base);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cedar_source source = {"entities", (const char *)data, size};
    const struct json *top = NULL;
    struct cedar_problem problem;
    struct arena arena;
    char text[1024];

    setup();
    if (arena_init_growing(&arena, 16 << 20) != 0)
        abort();
    if (json_parse(&source, &arena, &top, &problem) == 0) {
        (void)read_all(&source, top, NULL, &problem);
        if (read_all(&source, top, schema, &problem) != 0)
            cedar_problem_print(&problem, text, sizeof text);
    }
    arena_free(&arena);
    return 0;
}
