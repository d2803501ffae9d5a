#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"
#include "policy/schema/closure.h"
#include "policy/schema/names.h"
#include "policy/schema/typetable.h"

/* Raw declarations to the schema: every name is looked up, every type made, groups are closed. */
struct resolver {
    struct raw *raw;
    struct cedar_schema *schema;
    struct names names;
    struct types types;
    uint32_t *made; /* by raw common type: its type; 0: not yet; IN_WORK */
    unsigned depth;
};

#define IN_WORK UINT32_MAX

static const enum type_kind builtin_kinds[BUILTINS] = {
#define BUILTIN(name, kind) kind,
    BUILTIN_LIST(BUILTIN)
#undef BUILTIN
};

static bool make_type(struct resolver *r, uint32_t number, uint32_t *ret);

static bool check(struct resolver *r, int code, struct place place)
{
    if (code == CEDAR_ERR_LIMIT)
        return raw_fail(r->raw, code, place, NULL, "types nested too deep, or too many");
    return code == 0 || raw_fail(r->raw, code, place, NULL, "%s", cedar_error_text(code));
}

static bool make_common(struct resolver *r, uint32_t number, struct place place, uint32_t *ret)
{
    if (number >= r->raw->commons.count)
        return check(r, types_add(&r->types, builtin_kinds[number - r->raw->commons.count], 0, ret),
                     place);
    const struct raw_common *common = &r->raw->commons.at[number];
    struct text name = raw_text(r->raw, common->name);
    if (r->made[number] == IN_WORK)
        return raw_fail(r->raw, CEDAR_ERR_CYCLE, place, "a type cannot contain itself",
                        "`%.*s` is defined by itself", (int)name.length, name.data);
    if (r->made[number] == 0) {
        r->made[number] = IN_WORK;
        if (!make_type(r, common->type, ret))
            return false;
        r->made[number] = *ret;
    }
    *ret = r->made[number];
    return true;
}

static bool make_named(struct resolver *r, const struct raw_type *t, uint32_t *ret)
{
    enum meaning meaning = t->kind == RAW_ENTITY   ? MEANS_ENTITY
                           : t->kind == RAW_COMMON ? MEANS_COMMON
                                                   : MEANS_EITHER;
    uint32_t number, path;

    switch (names_find(&r->names, t->space, t->a, meaning, t->place, &number, &path)) {
    case MEANS_COMMON:
        return make_common(r, number, t->place, ret);
    case MEANS_ENTITY:
        return check(r,
                     number == ACTION_TYPE ? types_add(&r->types, TYPE_ACTION, path, ret)
                                           : types_add(&r->types, TYPE_ENTITY, number, ret),
                     t->place);
    default:
        return false;
    }
}

static bool make_record(struct resolver *r, const struct raw_type *t, uint32_t *ret)
{
    struct schema_attribute *attributes = calloc((size_t)t->count + 1, sizeof *attributes);
    uint32_t first = t->a, count = t->count;
    struct place place = t->place;
    bool ok = true;

    if (attributes == NULL)
        return raw_no_memory(r->raw, place);
    for (uint32_t i = 0; ok && i < count; i++) {
        const struct raw_attribute *a = &r->raw->attributes.at[first + i];
        attributes[i] = (struct schema_attribute){.name = a->name, .is_required = a->is_required};
        ok = make_type(r, a->type, &attributes[i].type);
    }
    ok = ok && check(r, types_add_record(&r->types, attributes, count, ret), place);
    free(attributes);
    return ok;
}

static bool make_extension(struct resolver *r, const struct raw_type *t, uint32_t *ret)
{
    static const struct {
        const char *name;
        enum type_kind kind;
    } extensions[] = {{"decimal", TYPE_DECIMAL},
                      {"ipaddr", TYPE_IPADDR},
                      {"datetime", TYPE_DATETIME},
                      {"duration", TYPE_DURATION}};
    size_t i = 0;

    while (!text_is(raw_text(r->raw, t->a), extensions[i].name))
        i++;
    return check(r, types_add(&r->types, extensions[i].kind, 0, ret), t->place);
}

static bool make_kind(struct resolver *r, const struct raw_type *t, uint32_t *ret)
{
    uint32_t element;

    switch (t->kind) {
    case RAW_BOOL:
        return check(r, types_add(&r->types, TYPE_BOOL, 0, ret), t->place);
    case RAW_LONG:
        return check(r, types_add(&r->types, TYPE_LONG, 0, ret), t->place);
    case RAW_STRING:
        return check(r, types_add(&r->types, TYPE_STRING, 0, ret), t->place);
    case RAW_SET:
        return make_type(r, t->a, &element) &&
               check(r, types_add(&r->types, TYPE_SET, element, ret), t->place);
    case RAW_RECORD:
        return make_record(r, t, ret);
    case RAW_EXTENSION:
        return make_extension(r, t, ret);
    case RAW_ENTITY:
    case RAW_COMMON:
    case RAW_EITHER:
        return make_named(r, t, ret);
    case RAW_NONE:
        break;
    }
    return false;
}

/* The number of a raw type's type.  Recursion goes through common types too, so it is counted. */
static bool make_type(struct resolver *r, uint32_t number, uint32_t *ret)
{
    const struct raw_type *t = &r->raw->types.at[number];
    bool ok;

    if (r->depth == CEDAR_HEIGHT_MAX)
        return raw_fail(r->raw, CEDAR_ERR_LIMIT, t->place, NULL, "types nested too deep");
    r->depth++;
    ok = make_kind(r, t, ret);
    r->depth--;
    return ok;
}

/* A type that must be a record; 0 stands for the empty one. */
static bool make_shape(struct resolver *r, uint32_t number, struct place place, const char *what,
                       uint32_t *ret)
{
    if (number == 0)
        return check(r, types_add_record(&r->types, NULL, 0, ret), place);
    return make_type(r, number, ret) &&
           (r->schema->types.at[*ret].kind == TYPE_RECORD ||
            raw_fail(r->raw, CEDAR_ERR_VALUE, r->raw->types.at[number].place, NULL,
                     "%s must be a record", what));
}

/* ---- declarations ---- */

/* Ascending and without repetition, at the end of ${numbers}. */
static bool add_numbers(struct resolver *r, uint32_t *numbers, uint32_t count, struct place place,
                        struct run *ret)
{
    struct cedar_schema *s = r->schema;

    if (count > 1)
        qsort(numbers, count, sizeof *numbers, compare_numbers);
    *ret = (struct run){s->numbers.count, 0};
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && numbers[i] == numbers[i - 1])
            continue;
        if (!array_push(s->numbers, numbers[i]))
            return raw_no_memory(r->raw, place);
        ret->count++;
    }
    return true;
}

static bool find_entity_type(struct resolver *r, uint32_t space, const struct raw_name *name,
                             uint32_t *ret)
{
    uint32_t path;

    if (names_find(&r->names, space, name->type, MEANS_ENTITY, name->place, ret, &path) == 0)
        return false;
    return *ret != ACTION_TYPE ||
           raw_fail(r->raw, CEDAR_ERR_UNKNOWN, name->place, NULL, "actions cannot stand here");
}

static bool find_action(struct resolver *r, uint32_t space, const struct raw_name *name,
                        uint32_t *ret)
{
    return names_find_action(&r->names, space, name, ret);
}

/* What a list of names means, as a run. */
static bool find_all(struct resolver *r, uint32_t space, struct run names, struct place place,
                     bool (*find)(struct resolver *, uint32_t, const struct raw_name *, uint32_t *),
                     struct run *ret)
{
    uint32_t *numbers = calloc((size_t)names.count + 1, sizeof *numbers);
    bool ok = numbers != NULL || raw_no_memory(r->raw, place);

    for (uint32_t i = 0; ok && i < names.count; i++)
        ok = find(r, space, &r->raw->names.at[names.first + i], &numbers[i]);
    ok = ok && add_numbers(r, numbers, names.count, place, ret);
    free(numbers);
    return ok;
}

static bool add_entity_type(struct resolver *r, uint32_t number)
{
    const struct raw_entity_type *e = &r->raw->entity_types.at[number];
    struct schema_entity_type type = {.name = r->names.entity_paths[number], .is_enum = e->is_enum};
    struct run ids = e->ids;

    if (!make_shape(r, e->shape, e->place, "the shape of an entity type", &type.shape) ||
        (e->tags != 0 && !make_type(r, e->tags, &type.tags)) ||
        !find_all(r, e->space, e->parents, e->place, find_entity_type, &type.parents))
        return false;
    if (e->is_enum && !add_numbers(r, r->raw->ids.at + ids.first, ids.count, e->place, &type.ids))
        return false;
    return array_push(r->schema->entity_types, type) || raw_no_memory(r->raw, e->place);
}

static bool add_action(struct resolver *r, uint32_t number)
{
    const struct raw_action *a = &r->raw->actions.at[number];
    struct schema_action action = {.uid = {r->names.action_types[number], a->id}};

    return make_shape(r, a->context, a->place, "a context", &action.context) &&
           find_all(r, a->space, a->parents, a->place, find_action, &action.parents) &&
           find_all(r, a->space, a->principals, a->place, find_entity_type, &action.principals) &&
           find_all(r, a->space, a->resources, a->place, find_entity_type, &action.resources) &&
           (array_push(r->schema->actions, action) || raw_no_memory(r->raw, a->place));
}

static bool close_groups(struct resolver *r)
{
    struct place nowhere = {0, {0, 0}};
    uint32_t own;
    int code = close_entity_types(r->schema);

    if (code == 0)
        code = close_actions(r->schema, &own);
    if (code == CEDAR_ERR_CYCLE) {
        struct text id = raw_text(r->raw, r->raw->actions.at[own].id);
        return raw_fail(r->raw, code, r->raw->actions.at[own].place, "groups cannot go in a circle",
                        "action \"%.*s\" is in itself", (int)(id.length < 80 ? id.length : 80),
                        id.data);
    }
    return code == 0 || raw_fail(r->raw, code, nowhere, NULL, "too many groups in one another");
}

/* The tables for looking up, which outlive the names. */
static bool add_tables(struct resolver *r)
{
    struct cedar_schema *s = r->schema;
    struct place nowhere = {0, {0, 0}};
    size_t count = s->symbols.count;

    s->entity_type_of = malloc((count + 1) * sizeof *s->entity_type_of);
    if (s->entity_type_of == NULL)
        return raw_no_memory(r->raw, nowhere);
    memset(s->entity_type_of, 0xff, (count + 1) * sizeof *s->entity_type_of);
    for (uint32_t i = 0; i < s->entity_types.count; i++)
        s->entity_type_of[s->entity_types.at[i].name] = i;
    s->action_order = r->names.action_order;
    r->names.action_order = NULL;
    return true;
}

static bool resolve_all(struct resolver *r)
{
    struct raw *raw = r->raw;
    uint32_t ignored;
    bool ok = true;

    for (uint32_t i = 0; ok && i < raw->commons.count; i++)
        ok = make_common(r, i, raw->commons.at[i].place, &ignored);
    for (uint32_t i = 0; ok && i < raw->entity_types.count; i++)
        ok = add_entity_type(r, i);
    for (uint32_t i = 0; ok && i < raw->actions.count; i++)
        ok = add_action(r, i);
    return ok && close_groups(r) && add_tables(r);
}

bool resolve(struct raw *raw)
{
    struct resolver r = {.raw = raw, .schema = raw->schema};
    struct place nowhere = {0, {0, 0}};
    bool ok;

    r.made = calloc((size_t)raw->commons.count + 1, sizeof *r.made);
    ok = (r.made != NULL && types_open(&r.types, raw->schema) == 0) || raw_no_memory(raw, nowhere);
    ok = ok && names_open(&r.names, raw) && resolve_all(&r);
    names_close(&r.names);
    types_close(&r.types);
    free(r.made);
    return ok;
}
