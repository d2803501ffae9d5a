#include "policy/parse.h"
#include "policy/schema/conform.h"

/* The public checks of cedar.h. */

static int report(struct cedar_problem *problem, int code, const struct offence *o)
{
    struct writer words = {problem->message, sizeof problem->message, 0};
    struct writer help = {problem->help, sizeof problem->help, 0};

    *problem = (struct cedar_problem){.code = code};
    writer_text(&words, text_of(o->sentence));
    writer_text(&help, text_of(o->advice));
    return code;
}

/* ---- actions ---- */

static struct text text_at(const struct cedar_schema *s, uint32_t symbol)
{
    return symbols_text(&s->symbols, symbol);
}

static const struct entity *find_action(const struct cedar_schema *s,
                                        const struct cedar_entities *entities, uint32_t number)
{
    struct uid uid = s->actions.at[number].uid, own;

    if (!symbols_find(&entities->symbols, text_at(s, uid.type), &own.type) ||
        !symbols_find(&entities->symbols, text_at(s, uid.id), &own.id))
        return NULL;
    return entities_find(entities, own);
}

static void describe_action(const struct cedar_schema *s, struct cedar_entities *entities,
                            uint32_t number)
{
    const struct schema_action *a = &s->actions.at[number];

    entities_begin(entities, text_at(s, a->uid.type), text_at(s, a->uid.id));
    for (uint32_t i = 0; i < a->parents.count; i++) {
        struct uid group = s->actions.at[s->numbers.at[a->parents.first + i]].uid;
        entities_parent(entities, text_at(s, group.type), text_at(s, group.id));
    }
    cedar_entity_end(entities);
}

int cedar_schema_actions(const struct cedar_schema *schema, struct cedar_entities *entities)
{
    uint32_t count = schema->actions.count;
    struct offence o;

    if (entities->state != ENTITIES_FILLING)
        entities_fail(entities, CEDAR_ERR_STATE);
    /* All that are there are compared before any is added, which would add groups to them. */
    for (uint32_t i = 0; i < count && entities->error == 0; i++) {
        const struct entity *there = find_action(schema, entities, i);
        offence_init(&o);
        if (there != NULL && !conform_action(schema, entities, there, &o))
            entities_fail(entities, CEDAR_ERR_CONFORM);
    }
    for (uint32_t i = 0; i < count && entities->error == 0; i++)
        if (find_action(schema, entities, i) == NULL)
            describe_action(schema, entities, i);
    return entities->error;
}

/* ---- entities ---- */

static bool check_fields(const struct cedar_schema *s, const struct symbols *symbols, uint32_t type,
                         const struct value_field *fields, uint32_t count, bool is_tag,
                         struct offence *o)
{
    for (uint32_t i = 0; i < count; i++) {
        struct text name = symbols_text(symbols, fields[i].key);
        uint32_t wanted = conform_attribute(s, type, name, is_tag, o);
        if (wanted == 0)
            return false;
        if (!conform_value(s, symbols, wanted, &fields[i].value, o)) {
            writer_text(&o->why, text_of(is_tag ? ", in tag `" : ", in attribute `"));
            writer_text(&o->why, name);
            writer_text(&o->why, text_of("`"));
            return false;
        }
    }
    return true;
}

static bool check_entity(const struct cedar_schema *s, const struct symbols *symbols,
                         const struct entity *entity, uint32_t type, struct offence *o)
{
    const struct schema_attribute *missing;

    if (!conform_uid(s, symbols, entity->uid, o) ||
        !check_fields(s, symbols, type, entity->attributes, entity->attribute_count, false, o) ||
        !check_fields(s, symbols, type, entity->tags, entity->tag_count, true, o))
        return false;
    for (uint32_t i = 0; i < entity->parent_count; i++)
        if (!conform_parent(s, symbols, type, entity->parents[i], o))
            return false;
    missing = record_missing(s, s->entity_types.at[type].shape, symbols, entity->attributes,
                             entity->attribute_count);
    if (missing == NULL)
        return true;
    writer_text(&o->why, text_of("attribute `"));
    writer_text(&o->why, text_at(s, missing->name));
    writer_text(&o->why, text_of("` is missing"));
    return false;
}

static int check_one(const struct cedar_schema *s, const struct cedar_entities *entities,
                     const struct entity *entity, struct cedar_problem *problem)
{
    struct text name = symbols_text(&entities->symbols, entity->uid.type);
    struct cedar_value v = {.tag = VALUE_ENTITY, .uid = {entity->uid.type, entity->uid.id}};
    struct offence o;
    uint32_t type;

    offence_init(&o);
    if (is_action_type(name)) {
        if (conform_action(s, entities, entity, &o))
            return 0;
        bool known =
            schema_action(s, name, symbols_text(&entities->symbols, entity->uid.id)) != UINT32_MAX;
        return report(problem, known ? CEDAR_ERR_CONFORM : CEDAR_ERR_UNKNOWN, &o);
    }
    value_write(&o.why, &entities->symbols, &v);
    writer_text(&o.why, text_of(": "));
    type = conform_entity_type(s, name, &o);
    if (type == UINT32_MAX)
        return report(problem, CEDAR_ERR_UNKNOWN, &o);
    return check_entity(s, &entities->symbols, entity, type, &o)
               ? 0
               : report(problem, CEDAR_ERR_CONFORM, &o);
}

int cedar_entities_check(const struct cedar_entities *entities, const struct cedar_schema *schema,
                         struct cedar_problem *ret_problem)
{
    int r = 0;

    *ret_problem = (struct cedar_problem){0};
    if (entities->state != ENTITIES_FROZEN)
        return ret_problem->code = CEDAR_ERR_STATE;
    for (uint32_t i = 0; i < entities->count && r == 0; i++)
        r = check_one(schema, entities, &entities->items[i], ret_problem);
    return r;
}

/* ---- requests ---- */

static bool check_party(const struct cedar_schema *s, const struct symbols *symbols,
                        const struct schema_action *action, struct cedar_value v, const char *what,
                        struct offence *o)
{
    struct run run = what[0] == 'p' ? action->principals : action->resources;
    struct text name = symbols_text(symbols, v.uid.type);
    uint32_t type;

    writer_format(&o->why, "the %s: ", what);
    if (is_action_type(name)) {
        writer_text(&o->why, text_of("an action cannot be it"));
        return false;
    }
    type = conform_entity_type(s, name, o);
    if (type == UINT32_MAX)
        return false;
    if (!schema_run_has(s, run, type)) {
        writer_text(&o->why, text_of("this action does not apply to a `"));
        writer_text(&o->why, name);
        writer_text(&o->why, text_of("`"));
        return false;
    }
    return conform_uid(s, symbols, (struct uid){v.uid.type, v.uid.id}, o);
}

int cedar_request_check(const struct cedar_schema *schema, const struct cedar_entities *entities,
                        const struct cedar_request *request, struct cedar_problem *ret_problem)
{
    const struct symbols *symbols = &entities->symbols;
    const struct cedar_value *a = &request->action;
    struct offence o;

    *ret_problem = (struct cedar_problem){0};
    offence_init(&o);
    if (request->principal.tag != VALUE_ENTITY || a->tag != VALUE_ENTITY ||
        request->resource.tag != VALUE_ENTITY || request->context.tag != VALUE_RECORD)
        return ret_problem->code = CEDAR_ERR_STATE;
    uint32_t number =
        schema_action(schema, symbols_text(symbols, a->uid.type), symbols_text(symbols, a->uid.id));
    if (number == UINT32_MAX) {
        writer_text(&o.why, text_of("the schema declares no action "));
        value_write(&o.why, symbols, a);
        return report(ret_problem, CEDAR_ERR_UNKNOWN, &o);
    }
    const struct schema_action *action = &schema->actions.at[number];
    if (!check_party(schema, symbols, action, request->principal, "principal", &o))
        return report(ret_problem, CEDAR_ERR_CONFORM, &o);
    offence_init(&o);
    if (!check_party(schema, symbols, action, request->resource, "resource", &o))
        return report(ret_problem, CEDAR_ERR_CONFORM, &o);
    offence_init(&o);
    writer_text(&o.why, text_of("the context: "));
    return conform_value(schema, symbols, action->context, &request->context, &o)
               ? 0
               : report(ret_problem, CEDAR_ERR_CONFORM, &o);
}
