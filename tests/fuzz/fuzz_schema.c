#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/schema/schema.h"

/*
 * A schema in either form: JSON if it begins with `{`.  Behind the first NUL
 * byte a second fragment.  What loads can be written, looked up and gives its
 * actions; what is refused says where.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cedar_schema_source fragment(const char *name, const uint8_t *data, size_t size)
{
    return (struct cedar_schema_source){{name, (const char *)data, size},
                                        size > 0 && data[0] == '{' ? CEDAR_SCHEMA_JSON
                                                                   : CEDAR_SCHEMA_TEXT};
}

static void use(const struct cedar_schema *s)
{
    struct cedar_policies *p = NULL;
    struct cedar_entities *base = NULL;
    struct cedar_source none = {"none", "", 0};
    struct cedar_problem problem;
    char text[512];

    for (uint32_t i = 0; i < s->types.count; i++) {
        struct writer w = {text, sizeof text, 0};
        schema_type_write(&w, s, i);
    }
    for (uint32_t i = 0; i < s->entity_types.count; i++)
        if (schema_entity_type(s, symbols_text(&s->symbols, s->entity_types.at[i].name)) != i)
            abort();
    for (uint32_t i = 0; i < s->actions.count; i++)
        if (schema_action(s, symbols_text(&s->symbols, s->actions.at[i].uid.type),
                          symbols_text(&s->symbols, s->actions.at[i].uid.id)) != i)
            abort();
    if (cedar_policies_load(&none, 1, &p, &problem) != 0 || cedar_base_new(p, &base) != 0)
        abort();
    if (cedar_schema_actions(s, base) == 0 && cedar_entities_freeze(base) == 0 &&
        cedar_entities_check(base, s, &problem) != 0)
        abort();
    cedar_entities_free(base);
    cedar_policies_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = size == 0 ? NULL : memchr(data, 0, size);
    size_t first = nul == NULL ? size : (size_t)(nul - data);
    struct cedar_schema_source fragments[2] = {fragment("first", data, first)};
    struct cedar_schema *s = NULL;
    struct cedar_problem problem;
    char text[1024];

    if (nul != NULL)
        fragments[1] = fragment("second", nul + 1, size - first - 1);
    if (cedar_schema_load(fragments, nul == NULL ? 1 : 2, &s, &problem) == 0)
        use(s);
    else if (problem.code == 0 || cedar_problem_print(&problem, text, sizeof text)[0] == '\0')
        abort();
    cedar_schema_free(s);
    return 0;
}
