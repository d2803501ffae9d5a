#include <stdlib.h>
#include <string.h>

#include "policy/json.h"
#include "policy/parse.h"
#include "policy/schema/raw.h"

/* The JSON form of a schema. */
struct reader {
    struct raw *raw;
    uint32_t fragment;
};

#define FIELDS_MAX 8

/* A member that an object may have, and whether it must. */
struct field {
    const char *name;
    bool is_needed;
};

static bool read_type(struct reader *r, const struct json *v, const struct field *more,
                      uint32_t *ret);

/* The bytes of ${v} as far as one can tell without reading it again: strings whole, else one. */
static struct place place_of(const struct reader *r, const struct json *v)
{
    const struct cedar_source *source = &r->raw->fragments[r->fragment].source;
    uint32_t end = v->offset + 1;

    if (v->kind == JSON_STRING) {
        while (end < source->length && source->text[end] != '"')
            end += source->text[end] == '\\' ? 2 : 1;
        end++;
    }
    return (struct place){r->fragment, {v->offset, end}};
}

static bool fail(struct reader *r, const struct json *v, const char *message)
{
    return raw_fail(r->raw, CEDAR_ERR_JSON, place_of(r, v), NULL, "%s", message);
}

static bool need_kind(struct reader *r, const struct json *v, enum json_kind kind, const char *what)
{
    if (v->kind == kind)
        return true;
    return raw_fail(r->raw, CEDAR_ERR_JSON, place_of(r, v), NULL, "%s is expected here", what);
}

/* ---- objects with known members ---- */

static bool unknown_member(struct reader *r, const struct json *m, const struct field *fields,
                           uint32_t count)
{
    const char *names[FIELDS_MAX];

    for (uint32_t i = 0; i < count; i++)
        names[i] = fields[i].name;
    const char *near = nearest(m->key, names, count);
    char help[80] = "";
    struct writer w = {help, sizeof help, 0};
    if (near != NULL)
        writer_format(&w, "did you mean \"%s\"?", near);
    return raw_fail(r->raw, CEDAR_ERR_JSON, place_of(r, m), help, "\"%.*s\" is not known here",
                    (int)(m->key.length < 60 ? m->key.length : 60), m->key.data);
}

/* The values of ${fields} in object ${v}: NULL for one that is not there. */
static bool read_fields(struct reader *r, const struct json *v, const struct field *fields,
                        uint32_t count, const struct json **ret)
{
    uint32_t i;

    if (!need_kind(r, v, JSON_OBJECT, "an object"))
        return false;
    for (i = 0; i < count; i++)
        ret[i] = NULL;
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        for (i = 0; i < count && !text_is(m->key, fields[i].name); i++)
            ;
        if (i == count)
            return unknown_member(r, m, fields, count);
        ret[i] = m;
    }
    for (i = 0; i < count; i++)
        if (fields[i].is_needed && ret[i] == NULL)
            return raw_fail(r->raw, CEDAR_ERR_JSON, place_of(r, v), NULL,
                            "\"%s\" is missing in this object", fields[i].name);
    return true;
}

/* The same, where the reference engine takes the values alone too, in an array in this order. */
static bool read_struct(struct reader *r, const struct json *v, const struct field *fields,
                        uint32_t count, const struct json **ret)
{
    if (v->kind != JSON_ARRAY)
        return read_fields(r, v, fields, count, ret);
    if (v->count > count)
        return fail(r, v, "an object is expected here");
    for (uint32_t i = 0; i < count; i++) {
        ret[i] = json_field(v, NULL, i);
        if (ret[i] == NULL && fields[i].is_needed)
            return fail(r, v, "an object is expected here");
    }
    return true;
}

/* A member that may be null, and is then as good as not there. */
static const struct json *unless_null(const struct json *v)
{
    return v != NULL && v->kind == JSON_NULL ? NULL : v;
}

/* ---- names ---- */

/* A path without any blank; `__cedar` is a name only where ${reserved}. */
static bool is_path(struct text t, bool one, bool reserved)
{
    for (uint32_t at = 0;;) {
        struct token word = lex(t.data, at, t.length);
        bool ok = word.kind == TOKEN_IDENTIFIER || (reserved && word.kind == TOKEN_CEDAR);
        if (!ok || word.span.start != at)
            return false;
        at = word.span.end;
        if (at == t.length)
            return true;
        struct token path = lex(t.data, at, t.length);
        if (one || path.kind != TOKEN_PATH || path.span.start != at)
            return false;
        at = path.span.end;
    }
}

static bool read_path(struct reader *r, const struct json *v, uint32_t *ret)
{
    if (!need_kind(r, v, JSON_STRING, "a name in `\"`"))
        return false;
    if (!is_path(v->string, false, true))
        return raw_fail(r->raw, CEDAR_ERR_NAME, place_of(r, v), NULL,
                        "this is not a name, such as \"User\" or \"Shop::User\"");
    return raw_symbol(r->raw, place_of(r, v), v->string, ret);
}

static bool read_own_name(struct reader *r, const struct json *m, uint32_t *ret)
{
    if (!is_path(m->key, true, false))
        return raw_fail(r->raw, CEDAR_ERR_NAME, place_of(r, m), NULL,
                        "\"%.*s\" is not a name that can be declared",
                        (int)(m->key.length < 60 ? m->key.length : 60), m->key.data);
    return raw_symbol(r->raw, place_of(r, m), m->key, ret);
}

/* {"name": "text" or null, …}. */
static bool check_annotations(struct reader *r, const struct json *v)
{
    if (v == NULL)
        return true;
    if (!need_kind(r, v, JSON_OBJECT, "an object of annotations"))
        return false;
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        struct token word = lex(m->key.data, 0, m->key.length);
        if (m->key.length == 0 || !token_is_word(word.kind) || word.span.start != 0 ||
            word.span.end != m->key.length)
            return fail(r, m, "this annotation's name is not a name");
        if (m->kind != JSON_NULL && m->kind != JSON_STRING)
            return fail(r, m, "an annotation's value is a string");
    }
    return true;
}

static bool add_names(struct reader *r, const struct json *v, struct run *run)
{
    struct raw_name name = {0};

    *run = (struct run){r->raw->names.count, 0};
    if (v == NULL)
        return true;
    if (!need_kind(r, v, JSON_ARRAY, "an array of entity types"))
        return false;
    for (const struct json *i = v->first; i != NULL; i = i->next, run->count++) {
        if (!read_path(r, i, &name.type))
            return false;
        name.place = place_of(r, i);
        if (!array_push(r->raw->names, name))
            return raw_no_memory(r->raw, name.place);
    }
    return true;
}

/* ---- types ---- */

enum type_field {
    FIELD_TYPE,
    FIELD_ELEMENT,
    FIELD_ATTRIBUTES,
    FIELD_ADDITIONAL,
    FIELD_NAME,
    FIELD_ANNOTATIONS,
    FIELD_REQUIRED,
    TYPE_FIELDS
};

/* Attributes add "annotations" and "required" to a type, common types "annotations". */
static const struct field type_fields[TYPE_FIELDS] = {
    {"type", true},  {"element", false},     {"attributes", false}, {"additionalAttributes", false},
    {"name", false}, {"annotations", false}, {"required", false},
};

/* Which of the members 1 to 4 a type has, as bits, beside what its kind ${wants} and ${allows}. */
static bool check_members(struct reader *r, const struct json **m, unsigned wants, unsigned allows)
{
    for (unsigned i = FIELD_ELEMENT; i <= FIELD_NAME; i++) {
        if (m[i] == NULL && (wants & 1U << i))
            return raw_fail(r->raw, CEDAR_ERR_JSON, place_of(r, m[FIELD_TYPE]), NULL,
                            "this type needs \"%s\"", type_fields[i].name);
        if (m[i] != NULL && !((wants | allows) & 1U << i))
            return raw_fail(r->raw, CEDAR_ERR_JSON, place_of(r, m[i]), NULL,
                            "this type has no \"%s\"", type_fields[i].name);
    }
    return true;
}

static bool read_attribute(struct reader *r, const struct json *m, struct raw_attribute *ret)
{
    const struct json *parts[TYPE_FIELDS];

    if (!read_fields(r, m, type_fields, TYPE_FIELDS, parts) ||
        !check_annotations(r, parts[FIELD_ANNOTATIONS]))
        return false;
    if (parts[FIELD_REQUIRED] != NULL &&
        !need_kind(r, parts[FIELD_REQUIRED], JSON_BOOL, "true or false"))
        return false;
    ret->is_required = parts[FIELD_REQUIRED] == NULL || parts[FIELD_REQUIRED]->number != 0;
    ret->first = r->raw->types.count;
    return raw_symbol(r->raw, place_of(r, m), m->key, &ret->name) &&
           read_type(r, m, type_fields, &ret->type);
}

static bool read_record(struct reader *r, const struct json *v, const struct json **m,
                        uint32_t *ret)
{
    const struct json *list = m[FIELD_ATTRIBUTES], *open = m[FIELD_ADDITIONAL];
    uint32_t count = 0;
    bool ok = true;

    if (!need_kind(r, list, JSON_OBJECT, "an object of attributes") ||
        (open != NULL && !need_kind(r, open, JSON_BOOL, "true or false")))
        return false;
    if (open != NULL && open->number != 0)
        return fail(r, open, "records with additional attributes are not supported");
    struct raw_attribute *attributes = calloc((size_t)list->count + 1, sizeof *attributes);
    if (attributes == NULL)
        return raw_no_memory(r->raw, place_of(r, v));
    for (const struct json *i = list->first; ok && i != NULL; i = i->next)
        ok = read_attribute(r, i, &attributes[count++]);
    ok = ok && raw_record(r->raw, place_of(r, v), attributes, count, ret);
    free(attributes);
    return ok;
}

/* A type that is named: ${name} is the member with the name. */
static bool add_named(struct reader *r, enum raw_kind kind, const struct json *name, uint32_t *ret)
{
    struct raw_type type = {.kind = kind, .place = place_of(r, name)};

    return read_path(r, name, &type.a) && raw_type(r->raw, type, ret);
}

static bool read_extension(struct reader *r, const struct json *name, uint32_t *ret)
{
    static const char *const names[] = {"decimal", "ipaddr", "datetime", "duration"};
    char help[80] = "it is decimal, ipaddr, datetime or duration";

    if (!need_kind(r, name, JSON_STRING, "a name in `\"`"))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_is(name->string, names[i]))
            return add_named(r, RAW_EXTENSION, name, ret);
    const char *near = nearest(name->string, names, sizeof names / sizeof *names);
    struct writer w = {help, sizeof help, 0};
    if (near != NULL)
        writer_format(&w, "did you mean \"%s\"?", near);
    return raw_fail(r->raw, CEDAR_ERR_UNKNOWN, place_of(r, name), help,
                    "there is no such extension type");
}

static bool read_kind(struct reader *r, const struct json *v, const struct json **m, uint32_t *ret)
{
    static const struct {
        const char *word;
        enum raw_kind kind;
        unsigned wants, allows;
    } kinds[] = {
        {"String", RAW_STRING, 0, 0},
        {"Long", RAW_LONG, 0, 0},
        {"Boolean", RAW_BOOL, 0, 0},
        {"Set", RAW_SET, 1U << FIELD_ELEMENT, 0},
        {"Record", RAW_RECORD, 1U << FIELD_ATTRIBUTES, 1U << FIELD_ADDITIONAL},
        {"Entity", RAW_ENTITY, 1U << FIELD_NAME, 0},
        {"EntityOrCommon", RAW_EITHER, 1U << FIELD_NAME, 0},
        {"Extension", RAW_EXTENSION, 1U << FIELD_NAME, 0},
    };
    struct raw_type type = {.place = place_of(r, v)};
    size_t i = 0, n = sizeof kinds / sizeof *kinds;

    while (i < n && !text_is(m[FIELD_TYPE]->string, kinds[i].word))
        i++;
    if (!check_members(r, m, i < n ? kinds[i].wants : 0, i < n ? kinds[i].allows : 0))
        return false;
    type.kind = i < n ? kinds[i].kind : RAW_COMMON;
    switch (type.kind) {
    case RAW_SET:
        return read_type(r, m[FIELD_ELEMENT], NULL, &type.a) && raw_type(r->raw, type, ret);
    case RAW_RECORD:
        return read_record(r, v, m, ret);
    case RAW_EXTENSION:
        return read_extension(r, m[FIELD_NAME], ret);
    case RAW_ENTITY:
    case RAW_EITHER:
        return add_named(r, type.kind, m[FIELD_NAME], ret);
    case RAW_COMMON:
        return add_named(r, type.kind, m[FIELD_TYPE], ret);
    default:
        return raw_type(r->raw, type, ret);
    }
}

/* ${more}: type_fields if "annotations" and "required" may stand there too and are checked. */
static bool read_type(struct reader *r, const struct json *v, const struct field *more,
                      uint32_t *ret)
{
    const struct json *m[TYPE_FIELDS] = {NULL};

    return read_fields(r, v, type_fields, more != NULL ? TYPE_FIELDS : FIELD_ANNOTATIONS, m) &&
           need_kind(r, m[FIELD_TYPE], JSON_STRING, "the name of a type") &&
           read_kind(r, v, m, ret);
}

/* ---- declarations ---- */

static bool read_enum(struct reader *r, const struct json *v, struct raw_entity_type *type)
{
    uint32_t id;

    type->is_enum = true;
    type->ids.first = r->raw->ids.count;
    if (!need_kind(r, v, JSON_ARRAY, "an array of ids"))
        return false;
    if (v->count == 0)
        return fail(r, v, "an enumerated entity type needs an id");
    for (const struct json *i = v->first; i != NULL; i = i->next, type->ids.count++) {
        if (!need_kind(r, i, JSON_STRING, "an id in `\"`") ||
            !raw_symbol(r->raw, place_of(r, i), i->string, &id))
            return false;
        if (!array_push(r->raw->ids, id))
            return raw_no_memory(r->raw, place_of(r, i));
    }
    return true;
}

static bool read_entity_type(struct reader *r, const struct json *v)
{
    static const struct field fields[] = {{"memberOfTypes", false},
                                          {"shape", false},
                                          {"tags", false},
                                          {"enum", false},
                                          {"annotations", false}};
    struct raw_entity_type type = {.space = r->raw->space, .place = place_of(r, v)};
    const struct json *m[5];

    if (!read_own_name(r, v, &type.name) || !read_struct(r, v, fields, 5, m) ||
        !check_annotations(r, m[4]) || !add_names(r, m[0], &type.parents))
        return false;
    for (int i = 0; m[3] != NULL && i < 3; i++)
        if (m[i] != NULL)
            return raw_fail(r->raw, CEDAR_ERR_JSON, place_of(r, m[i]), NULL,
                            "an enumerated entity type has no \"%s\"", fields[i].name);
    if ((m[1] != NULL && !read_type(r, m[1], NULL, &type.shape)) ||
        (m[2] != NULL && !read_type(r, m[2], NULL, &type.tags)) ||
        (m[3] != NULL && !read_enum(r, m[3], &type)))
        return false;
    return array_push(r->raw->entity_types, type) || raw_no_memory(r->raw, type.place);
}

static bool read_common(struct reader *r, const struct json *v)
{
    struct raw_common common = {.space = r->raw->space, .place = place_of(r, v)};
    const struct json *m[TYPE_FIELDS];

    if (!read_own_name(r, v, &common.name))
        return false;
    if (raw_is_keyword(v->key))
        return raw_fail(r->raw, CEDAR_ERR_NAME, common.place, "choose another name",
                        "\"%s\" is a word of the schema language", v->key.data);
    if (!read_fields(r, v, type_fields, FIELD_REQUIRED, m) ||
        !check_annotations(r, m[FIELD_ANNOTATIONS]) || !read_type(r, v, type_fields, &common.type))
        return false;
    return array_push(r->raw->commons, common) || raw_no_memory(r->raw, common.place);
}

static bool read_groups(struct reader *r, const struct json *v, struct run *run)
{
    static const struct field fields[] = {{"id", true}, {"type", false}};
    const struct json *m[2];

    *run = (struct run){r->raw->names.count, 0};
    if (v == NULL)
        return true;
    if (!need_kind(r, v, JSON_ARRAY, "an array of actions"))
        return false;
    for (const struct json *i = v->first; i != NULL; i = i->next, run->count++) {
        struct raw_name name = {.type = NO_NAME, .place = place_of(r, i)};
        if (!read_struct(r, i, fields, 2, m) || !need_kind(r, m[0], JSON_STRING, "an id in `\"`") ||
            !raw_symbol(r->raw, name.place, m[0]->string, &name.id))
            return false;
        if (unless_null(m[1]) != NULL && !read_path(r, m[1], &name.type))
            return false;
        if (!array_push(r->raw->names, name))
            return raw_no_memory(r->raw, name.place);
    }
    return true;
}

static bool read_applies(struct reader *r, const struct json *v, struct raw_action *action)
{
    static const struct field fields[] = {
        {"resourceTypes", true}, {"principalTypes", true}, {"context", false}};
    const struct json *m[3];

    return v == NULL ||
           (read_struct(r, v, fields, 3, m) && add_names(r, m[0], &action->resources) &&
            add_names(r, m[1], &action->principals) &&
            (m[2] == NULL || read_type(r, m[2], NULL, &action->context)));
}

static bool read_action(struct reader *r, const struct json *v)
{
    static const struct field fields[] = {
        {"attributes", false}, {"appliesTo", false}, {"memberOf", false}, {"annotations", false}};
    struct raw_action action = {.space = r->raw->space, .place = place_of(r, v)};
    const struct json *m[4];

    if (!raw_symbol(r->raw, action.place, v->key, &action.id) || !read_struct(r, v, fields, 4, m) ||
        !check_annotations(r, m[3]))
        return false;
    if (unless_null(m[0]) != NULL)
        return fail(r, m[0], "attributes of actions are not supported");
    return read_applies(r, unless_null(m[1]), &action) &&
           read_groups(r, unless_null(m[2]), &action.parents) &&
           (array_push(r->raw->actions, action) || raw_no_memory(r->raw, action.place));
}

static bool read_members(struct reader *r, const struct json *v,
                         bool (*read)(struct reader *, const struct json *))
{
    bool ok = v == NULL || need_kind(r, v, JSON_OBJECT, "an object");

    for (const struct json *m = v == NULL ? NULL : v->first; ok && m != NULL; m = m->next)
        ok = read(r, m);
    return ok;
}

static bool read_space(struct reader *r, const struct json *v)
{
    static const struct field fields[] = {
        {"commonTypes", false}, {"entityTypes", true}, {"actions", true}, {"annotations", false}};
    struct place place = place_of(r, v);
    uint32_t name = NO_NAME;
    const struct json *m[4];

    if (v->key.length > 0 && !is_path(v->key, false, false))
        return raw_fail(r->raw, CEDAR_ERR_NAME, place, NULL, "\"%.*s\" is not a namespace's name",
                        (int)(v->key.length < 60 ? v->key.length : 60), v->key.data);
    if (v->key.length > 0 && !raw_symbol(r->raw, place, v->key, &name))
        return false;
    if (!read_struct(r, v, fields, 4, m) || !check_annotations(r, m[3]))
        return false;
    if (v->key.length == 0 && m[3] != NULL && m[3]->count > 0)
        return fail(r, m[3], "the empty namespace has no annotations");
    return raw_space(r->raw, name, place) && read_members(r, m[0], read_common) &&
           read_members(r, m[1], read_entity_type) && read_members(r, m[2], read_action);
}

bool read_json(struct raw *raw, uint32_t fragment)
{
    const struct cedar_source *source = &raw->fragments[fragment].source;
    struct reader r = {.raw = raw, .fragment = fragment};
    const struct json *top;
    struct arena arena;
    bool ok;

    if (arena_init_growing(&arena, (size_t)256 * CEDAR_SOURCE_MAX) != 0)
        return raw_no_memory(raw, (struct place){fragment, {0, 0}});
    ok = json_parse(source, &arena, &top, raw->problem) == 0 && read_members(&r, top, read_space);
    arena_free(&arena);
    return ok;
}
