#include "policy/entity_json.h"

#include "policy/schema/conform.h"

int entity_json_fail(const struct entity_json *j, const struct json *at, const char *message,
                     const char *help)
{
    int r = json_fail(j->problem, j->source, at->offset, message);
    struct writer w = {j->problem->help, sizeof j->problem->help, 0};

    writer_text(&w, text_of(help == NULL ? "" : help));
    return r;
}

int entity_json_check(const struct entity_json *j, const struct json *at)
{
    if (j->entities->error == 0)
        return 0;
    entity_json_fail(j, at, cedar_error_text(j->entities->error), NULL);
    j->problem->code = j->entities->error;
    return j->problem->code;
}

static int fail(const struct entity_json *j, const struct json *at, const char *message)
{
    return entity_json_fail(j, at, message, NULL);
}

static int offend(const struct entity_json *j, const struct json *at, const struct offence *o,
                  int code)
{
    entity_json_fail(j, at, o->sentence, o->advice);
    j->problem->code = code;
    return code;
}

/* ---- contexts ---- */

/* Of no type: an escape that makes another value stands here for that value. */
static int read_plain_context(const struct entity_json *j, const struct json *v,
                              struct cedar_value *ret)
{
    int r = entity_json_value(j, v, 0, ret);

    if (r == 0 && ret->tag != VALUE_RECORD)
        return fail(j, v, "a context is a record, not an entity or an extension value");
    return r;
}

int entity_json_context(const struct entity_json *j, const struct json *base,
                        const struct json *over, struct cedar_value *ret)
{
    const struct symbols *symbols = &j->entities->symbols;
    const struct json *place = over != NULL ? over : base;
    uint32_t number, type = 0;

    if ((base != NULL && base->kind != JSON_OBJECT) || (over != NULL && over->kind != JSON_OBJECT))
        return fail(j, over != NULL ? over : base, "a context is an object");
    if (j->schema == NULL && place != NULL && over == NULL)
        return read_plain_context(j, base, ret);
    if (j->schema != NULL && place != NULL) {
        if (j->action == NULL)
            return fail(j, place, "a context needs an action");
        number = schema_action(j->schema, symbols_text(symbols, j->action->uid.type),
                               symbols_text(symbols, j->action->uid.id));
        if (number == UINT32_MAX)
            return fail(j, place, "the schema does not declare the action of this context");
        type = j->schema->actions.at[number].context;
    }
    return entity_json_record(j, (const struct json *const[2]){base, over}, type, ret);
}

/* ---- entities ---- */

/* The entity that is being read, and its declaration. */
struct subject {
    struct uid uid;
    bool is_action;
    uint32_t type; /* number, if it is declared and no action */
};

static int find_declaration(const struct entity_json *j, const struct json *at, struct subject *s)
{
    const struct symbols *symbols = &j->entities->symbols;
    struct offence o;

    s->is_action = is_action_type(symbols_text(symbols, s->uid.type));
    if (j->schema == NULL)
        return 0;
    offence_init(&o);
    if (!conform_uid(j->schema, symbols, s->uid, &o))
        return offend(j, at, &o, CEDAR_ERR_UNKNOWN);
    s->type = schema_entity_type(j->schema, symbols_text(symbols, s->uid.type));
    return 0;
}

/* The type of an attribute or tag, or 0 without a schema. */
static int field_type(const struct entity_json *j, const struct json *m, const struct subject *s,
                      bool is_tag, uint32_t *ret)
{
    struct offence o;

    *ret = 0;
    if (j->schema == NULL)
        return 0;
    if (s->is_action)
        return fail(j, m, "actions have no attributes and tags");
    offence_init(&o);
    *ret = conform_attribute(j->schema, s->type, m->key, is_tag, &o);
    return *ret != 0 ? 0 : offend(j, m, &o, CEDAR_ERR_CONFORM);
}

static int read_fields(const struct entity_json *j, const struct json *object,
                       const struct subject *s, bool is_tag)
{
    struct cedar_value value;
    uint32_t type;
    int r = 0;

    if (object->kind != JSON_OBJECT)
        return fail(j, object, "attributes and tags are an object");
    for (const struct json *m = object->first; m != NULL && r == 0; m = m->next) {
        if ((r = field_type(j, m, s, is_tag, &type)) != 0 ||
            (r = entity_json_value(j, m, type, &value)) != 0)
            return r;
        if (is_tag)
            entities_tag(j->entities, m->key, value);
        else
            entities_attribute(j->entities, m->key, value);
        r = entity_json_check(j, m);
    }
    return r;
}

static int check_missing(const struct entity_json *j, const struct json *at,
                         const struct json *attributes, const struct subject *s)
{
    const struct cedar_schema *schema = j->schema;
    char message[160];
    struct writer w = {message, sizeof message, 0};

    if (schema == NULL || s->is_action)
        return 0;
    struct schema_type t = schema->types.at[schema->entity_types.at[s->type].shape];
    for (uint32_t i = t.a; i < t.b; i++) {
        const struct schema_attribute *a = &schema->attributes.at[i];
        struct text name = symbols_text(&schema->symbols, a->name);
        if (!a->is_required || json_member_text(attributes, name) != NULL)
            continue;
        writer_text(&w, text_of("attribute `"));
        writer_text(&w, name);
        writer_text(&w, text_of("` is missing"));
        fail(j, at, message);
        j->problem->code = CEDAR_ERR_CONFORM;
        return CEDAR_ERR_CONFORM;
    }
    return 0;
}

static int read_parents(const struct entity_json *j, const struct json *array,
                        const struct subject *s)
{
    struct symbols *symbols = &j->entities->symbols;
    struct cedar_value v;
    struct offence o;
    int r = 0;

    if (array->kind != JSON_ARRAY)
        return fail(j, array, "parents are an array");
    for (const struct json *p = array->first; p != NULL && r == 0; p = p->next) {
        if ((r = entity_json_uid(j, p, &v)) != 0)
            return r;
        struct uid parent = {v.uid.type, v.uid.id};
        offence_init(&o);
        if (j->schema != NULL && !s->is_action &&
            !conform_parent(j->schema, symbols, s->type, parent, &o))
            return offend(j, p, &o, CEDAR_ERR_CONFORM);
        entities_parent(j->entities, symbols_text(symbols, parent.type),
                        symbols_text(symbols, parent.id));
        r = entity_json_check(j, p);
    }
    return r;
}

static int read_one(const struct entity_json *j, const struct json *v)
{
    const struct json *uid = json_field(v, "uid", 0), *attributes = json_field(v, "attrs", 1);
    const struct json *parents = json_field(v, "parents", 2), *tags = json_field(v, "tags", 3);
    struct symbols *symbols = &j->entities->symbols;
    struct cedar_value name;
    struct subject s = {0};
    int r;

    if (uid == NULL || attributes == NULL || parents == NULL ||
        (v->kind == JSON_ARRAY && v->count > 4))
        return fail(j, v, "an entity is {\"uid\": …, \"attrs\": …, \"parents\": …, \"tags\": …}");
    if ((r = entity_json_uid(j, uid, &name)) != 0)
        return r;
    s.uid = (struct uid){name.uid.type, name.uid.id};
    if ((r = find_declaration(j, uid, &s)) != 0)
        return r;
    entities_begin(j->entities, symbols_text(symbols, s.uid.type), symbols_text(symbols, s.uid.id));
    if ((r = entity_json_check(j, uid)) != 0 || (r = read_fields(j, attributes, &s, false)) != 0 ||
        (r = check_missing(j, uid, attributes, &s)) != 0 ||
        (tags != NULL && (r = read_fields(j, tags, &s, true)) != 0) ||
        (r = read_parents(j, parents, &s)) != 0)
        return r;
    cedar_entity_end(j->entities);
    return entity_json_check(j, uid);
}

/* Actions agree with the schema only once all of them are there. */
static int check_action(const struct entity_json *j, const struct json *v)
{
    struct cedar_value name;
    struct offence o;
    int r = entity_json_uid(j, json_field(v, "uid", 0), &name);

    if (r != 0 || !is_action_type(symbols_text(&j->entities->symbols, name.uid.type)))
        return r;
    offence_init(&o);
    const struct entity *action =
        entities_find(j->entities, (struct uid){name.uid.type, name.uid.id});
    return action == NULL || conform_action(j->schema, j->entities, action, &o)
               ? 0
               : offend(j, json_field(v, "uid", 0), &o, CEDAR_ERR_CONFORM);
}

int entity_json_all(const struct entity_json *j, const struct json *array)
{
    bool forgives = j->entities->forgives_same;
    int r = 0;

    if (array->kind != JSON_ARRAY)
        return fail(j, array, "entities are an array");
    j->entities->forgives_same = true;
    for (const struct json *v = array->first; v != NULL && r == 0; v = v->next)
        r = read_one(j, v);
    j->entities->forgives_same = forgives;
    for (const struct json *v = array->first; v != NULL && r == 0 && j->schema != NULL; v = v->next)
        r = check_action(j, v);
    return r;
}
