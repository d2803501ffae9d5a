#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/cedar.h"

/*
 * Policy text, validated against a schema that has everything.  It must end, and
 * a set that validates must do so again, with the same answer.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char schema_text[] =
    "type Inner = {p?: Long, q: Long, deep?: {r?: Bool, s: Set<Long>}};\n"
    "type Context = {a: {b: {c?: Long}}, o?: Inner, now: datetime, for: duration, ip: ipaddr,\n"
    "  price: decimal, seen: Set<U>, who?: A::Action, \"x y\"?: String};\n"
    "namespace A {\n"
    "  entity T in [U, T] = {u: U, t?: T} tags Set<String>;\n"
    "  action x, g;\n"
    "  action x2 in [x] appliesTo {principal: [U, T], resource: [P], context: Context};\n"
    "}\n"
    "namespace B { action y appliesTo {principal: [U, V], resource: [P, G], context: Context}; }\n"
    "entity U in [G] = {name: String, age: Long, opt?: Long, may?: Bool, friends: Set<U>,\n"
    "  mgr: U, act?: A::Action, inner: Inner} tags Long;\n"
    "entity V {name: String, other: Bool, e: E};\n"
    "entity W;\n"
    "entity G in [G];\n"
    "entity P in [G, F] = {owner: U};\n"
    "entity F;\n"
    "entity E enum [\"red\", \"green\"];\n"
    "action z, a appliesTo {principal: [U], resource: [P], context: Context};\n";

static struct cedar_schema *load_schema(void)
{
    const struct cedar_schema_source source = {{"schema", schema_text, sizeof schema_text - 1},
                                               CEDAR_SCHEMA_TEXT};
    struct cedar_schema *schema = NULL;
    struct cedar_problem problem;

    if (cedar_schema_load(&source, 1, &schema, &problem) != 0)
        abort();
    return schema;
}

static void print(void *context, const struct cedar_finding *finding)
{
    char text[2048];

    cedar_problem_print(&finding->place, text, sizeof text);
    *(uint32_t *)context += finding->is_error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cedar_schema *schema;
    const struct cedar_source text = {"policy", (const char *)data, size};
    struct cedar_policies *policies = NULL;
    struct cedar_problem problem;
    uint32_t errors = 0, again = 0, reported = 0;

    if (schema == NULL)
        schema = load_schema();
    if (cedar_policies_load(&text, 1, &policies, &problem) != 0)
        return 0;
    int r = cedar_validate(policies, schema, print, &reported, &errors);
    if (cedar_validate(policies, schema, NULL, NULL, &again) != r || again != errors ||
        (r == 0 && reported != errors))
        abort();
    cedar_policies_free(policies);
    return 0;
}
