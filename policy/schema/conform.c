#include "policy/schema/conform.h"

#include <stdlib.h>

#include "policy/parse.h"

void offence_init(struct offence *o)
{
    o->sentence[0] = o->advice[0] = '\0';
    o->why = (struct writer){o->sentence, sizeof o->sentence, 0};
    o->help = (struct writer){o->advice, sizeof o->advice, 0};
}

static void say_name(struct writer *w, struct text name)
{
    writer_text(w, text_of("`"));
    writer_text(w, name);
    writer_text(w, text_of("`"));
}

static void say_near(struct offence *o, struct text near)
{
    writer_text(&o->help, text_of("did you mean "));
    say_name(&o->help, near);
    writer_text(&o->help, text_of("?"));
}

static void say_uid(struct offence *o, const struct symbols *symbols, struct uid uid)
{
    struct cedar_value v = {.tag = VALUE_ENTITY, .uid = {uid.type, uid.id}};

    value_write(&o->why, symbols, &v);
}

/* ---- names ---- */

static struct text last_name(struct text path)
{
    uint32_t at = path.length;

    while (at > 0 && path.data[at - 1] != ':')
        at--;
    return (struct text){path.data + at, path.length - at};
}

/* One that is called alike, else the same name in another namespace. */
static void suggest_entity_type(const struct cedar_schema *s, struct text wrong, struct offence *o)
{
    struct text *names = calloc((size_t)s->entity_types.count + 1, sizeof *names), near;
    bool found;

    if (names == NULL)
        return;
    for (uint32_t i = 0; i < s->entity_types.count; i++)
        names[i] = symbols_text(&s->symbols, s->entity_types.at[i].name);
    found = schema_suggest(names, s->entity_types.count, wrong, &near);
    for (uint32_t i = 0; !found && i < s->entity_types.count; i++) {
        near = names[i];
        found = text_equal(last_name(near), last_name(wrong));
    }
    if (found)
        say_near(o, near);
    free(names);
}

uint32_t conform_entity_type(const struct cedar_schema *s, struct text name, struct offence *o)
{
    uint32_t type = schema_entity_type(s, name);

    if (type == UINT32_MAX) {
        writer_text(&o->why, text_of("the schema declares no entity type "));
        say_name(&o->why, name);
        suggest_entity_type(s, name, o);
    }
    return type;
}

static bool is_id_of(const struct cedar_schema *s, const struct schema_entity_type *type,
                     struct text id)
{
    uint32_t symbol;

    return symbols_find(&s->symbols, id, &symbol) && schema_run_has(s, type->ids, symbol);
}

static void suggest_id(const struct cedar_schema *s, struct run ids, struct text wrong,
                       struct offence *o)
{
    struct text *names = calloc((size_t)ids.count + 1, sizeof *names), near;

    for (uint32_t i = 0; names != NULL && i < ids.count; i++)
        names[i] = symbols_text(&s->symbols, s->numbers.at[ids.first + i]);
    if (names != NULL && schema_suggest(names, ids.count, wrong, &near))
        say_near(o, near);
    free(names);
}

bool conform_uid(const struct cedar_schema *s, const struct symbols *symbols, struct uid uid,
                 struct offence *o)
{
    struct text name = symbols_text(symbols, uid.type), id = symbols_text(symbols, uid.id);

    if (is_action_type(name)) {
        if (schema_action(s, name, id) != UINT32_MAX)
            return true;
        writer_text(&o->why, text_of("the schema declares no action "));
        say_uid(o, symbols, uid);
        return false;
    }
    uint32_t type = conform_entity_type(s, name, o);
    if (type == UINT32_MAX)
        return false;
    const struct schema_entity_type *e = &s->entity_types.at[type];
    if (!e->is_enum || is_id_of(s, e, id))
        return true;
    writer_text(&o->why, text_of("the schema lists all entities of this type, and "));
    say_uid(o, symbols, uid);
    writer_text(&o->why, text_of(" is not one of them"));
    suggest_id(s, e->ids, id, o);
    return false;
}

/* ---- values ---- */

static bool say_mismatch(const struct cedar_schema *s, const struct symbols *symbols, uint32_t type,
                         const struct cedar_value *v, struct offence *o)
{
    char wanted[80];
    struct writer w = {wanted, sizeof wanted, 0};

    schema_type_write(&w, s, type);
    writer_format(&o->why, "`%s` is needed here, not ", wanted);
    if (v->tag == VALUE_SET || v->tag == VALUE_RECORD)
        writer_format(&o->why, "a %s", value_tag_name((enum value_tag)v->tag));
    else
        value_write(&o->why, symbols, v);
    return false;
}

static bool conform_entity(const struct cedar_schema *s, const struct symbols *symbols,
                           uint32_t type, const struct cedar_value *v, struct offence *o)
{
    const struct schema_type *t = &s->types.at[type];
    uint32_t name = t->kind == TYPE_ACTION ? t->a : s->entity_types.at[t->a].name;

    if (v->tag != VALUE_ENTITY ||
        !text_equal(symbols_text(&s->symbols, name), symbols_text(symbols, v->uid.type)))
        return say_mismatch(s, symbols, type, v, o);
    return conform_uid(s, symbols, (struct uid){v->uid.type, v->uid.id}, o);
}

const struct schema_attribute *record_missing(const struct cedar_schema *s, uint32_t record,
                                              const struct symbols *symbols,
                                              const struct value_field *fields, uint32_t count)
{
    uint32_t key;

    for (uint32_t i = s->types.at[record].a; i < s->types.at[record].b; i++) {
        const struct schema_attribute *a = &s->attributes.at[i];
        if (a->is_required && (!symbols_find(symbols, symbols_text(&s->symbols, a->name), &key) ||
                               fields_find(fields, count, key) == NULL))
            return a;
    }
    return NULL;
}

static void say_missing(const struct cedar_schema *s, uint32_t name, struct offence *o)
{
    writer_text(&o->why, text_of("attribute "));
    say_name(&o->why, symbols_text(&s->symbols, name));
    writer_text(&o->why, text_of(" is missing"));
}

/* A record may have no other attributes than its type's. */
static void say_surplus(const struct cedar_schema *s, uint32_t record, struct text name,
                        struct offence *o)
{
    const struct schema_type *t = &s->types.at[record];
    uint32_t count = t->b - t->a;
    struct text *names = calloc((size_t)count + 1, sizeof *names), near;

    writer_text(&o->why, text_of("the schema has no attribute "));
    say_name(&o->why, name);
    writer_text(&o->why, text_of(" here"));
    for (uint32_t i = 0; names != NULL && i < count; i++)
        names[i] = symbols_text(&s->symbols, s->attributes.at[t->a + i].name);
    if (names != NULL && schema_suggest(names, count, name, &near))
        say_near(o, near);
    free(names);
}

static bool conform_record(const struct cedar_schema *s, const struct symbols *symbols,
                           uint32_t type, const struct cedar_value *v, struct offence *o)
{
    const struct schema_attribute *missing;

    for (uint32_t i = 0; i < v->count; i++) {
        struct text name = symbols_text(symbols, v->fields[i].key);
        const struct schema_attribute *a = schema_attribute_find(s, type, name);
        if (a == NULL) {
            say_surplus(s, type, name, o);
            return false;
        }
        if (!conform_value(s, symbols, a->type, &v->fields[i].value, o)) {
            writer_text(&o->why, text_of(", in attribute "));
            say_name(&o->why, name);
            return false;
        }
    }
    missing = record_missing(s, type, symbols, v->fields, v->count);
    if (missing != NULL)
        say_missing(s, missing->name, o);
    return missing == NULL;
}

bool conform_value(const struct cedar_schema *s, const struct symbols *symbols, uint32_t type,
                   const struct cedar_value *v, struct offence *o)
{
    static const uint8_t tags[] = {
        [TYPE_BOOL] = VALUE_BOOL,         [TYPE_LONG] = VALUE_LONG,
        [TYPE_STRING] = VALUE_STRING,     [TYPE_ENTITY] = VALUE_ENTITY,
        [TYPE_ACTION] = VALUE_ENTITY,     [TYPE_SET] = VALUE_SET,
        [TYPE_RECORD] = VALUE_RECORD,     [TYPE_DECIMAL] = VALUE_DECIMAL,
        [TYPE_IPADDR] = VALUE_IPADDR,     [TYPE_DATETIME] = VALUE_DATETIME,
        [TYPE_DURATION] = VALUE_DURATION,
    };
    const struct schema_type *t = &s->types.at[type];

    if (v->tag != tags[t->kind])
        return say_mismatch(s, symbols, type, v, o);
    if (t->kind == TYPE_ENTITY || t->kind == TYPE_ACTION)
        return conform_entity(s, symbols, type, v, o);
    if (t->kind == TYPE_RECORD)
        return conform_record(s, symbols, type, v, o);
    for (uint32_t i = 0; t->kind == TYPE_SET && i < v->count; i++)
        if (!conform_value(s, symbols, t->a, &v->items[i], o))
            return false;
    return true;
}

/* ---- entities ---- */

uint32_t conform_attribute(const struct cedar_schema *s, uint32_t type, struct text name,
                           bool is_tag, struct offence *o)
{
    const struct schema_entity_type *e = &s->entity_types.at[type];
    const struct schema_attribute *a;

    if (is_tag) {
        if (e->tags == 0)
            writer_text(&o->why, text_of("entities of this type have no tags"));
        return e->tags;
    }
    a = schema_attribute_find(s, e->shape, name);
    if (a == NULL)
        say_surplus(s, e->shape, name, o);
    return a == NULL ? 0 : a->type;
}

bool conform_parent(const struct cedar_schema *s, const struct symbols *symbols, uint32_t type,
                    struct uid parent, struct offence *o)
{
    uint32_t group = schema_entity_type(s, symbols_text(symbols, parent.type));

    if (group == UINT32_MAX || !schema_entity_in(s, type, group)) {
        writer_text(&o->why, text_of("entities of type "));
        say_name(&o->why, symbols_text(&s->symbols, s->entity_types.at[type].name));
        writer_text(&o->why, text_of(" cannot be in one of type "));
        say_name(&o->why, symbols_text(symbols, parent.type));
        return false;
    }
    return conform_uid(s, symbols, parent, o);
}

/* How many of the schema's groups can be reached; SIZE_MAX if another, or no memory. */
static size_t groups_reached(const struct cedar_schema *s, const struct cedar_entities *entities,
                             const struct entity *action, struct run groups)
{
    uint32_t *reached = calloc((size_t)groups.count + 1, sizeof *reached), count = 0, next = 0;
    bool *seen = calloc((size_t)s->actions.count + 1, sizeof *seen);
    bool ok = reached != NULL && seen != NULL;

    for (const struct entity *at = action; ok && at != NULL;) {
        for (uint32_t i = 0; ok && i < at->parent_count; i++) {
            struct uid uid = at->parents[i];
            uint32_t number = schema_action(s, symbols_text(&entities->symbols, uid.type),
                                            symbols_text(&entities->symbols, uid.id));
            ok = number != UINT32_MAX && schema_run_has(s, groups, number);
            if (ok && !seen[number]) {
                seen[number] = true;
                reached[count++] = number;
            }
        }
        for (at = NULL; at == NULL && next < count; next++) {
            struct uid uid = s->actions.at[reached[next]].uid, own;
            if (symbols_find(&entities->symbols, symbols_text(&s->symbols, uid.type), &own.type) &&
                symbols_find(&entities->symbols, symbols_text(&s->symbols, uid.id), &own.id))
                at = entities_find(entities, own);
        }
    }
    free(reached);
    free(seen);
    return ok ? count : SIZE_MAX;
}

bool conform_action(const struct cedar_schema *s, const struct cedar_entities *entities,
                    const struct entity *action, struct offence *o)
{
    struct text type = symbols_text(&entities->symbols, action->uid.type);
    uint32_t number = schema_action(s, type, symbols_text(&entities->symbols, action->uid.id));

    if (number == UINT32_MAX)
        return conform_uid(s, &entities->symbols, action->uid, o);
    struct run groups = s->actions.at[number].ancestors;
    if (action->attribute_count == 0 && action->tag_count == 0 &&
        groups_reached(s, entities, action, groups) == groups.count)
        return true;
    writer_text(&o->why, text_of("action "));
    say_uid(o, &entities->symbols, action->uid);
    writer_text(&o->why, text_of(action->attribute_count + action->tag_count > 0
                                     ? " has attributes or tags, which no action has"
                                     : " is not in exactly the groups that the schema gives it"));
    writer_text(&o->help, text_of("leave the action out: the schema brings it"));
    return false;
}
