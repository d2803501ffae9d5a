#include <stdlib.h>

#include "policy/entity_json.h"
#include "policy/eval.h"
#include "policy/schema/conform.h"

/* Values: read as what a schema declares, or as what they look like. */

#define ARGUMENTS_MAX 2U

static int read_kind(const struct entity_json *j, const struct json *v, enum type_kind kind,
                     uint32_t type, struct cedar_value *ret);

static int fail(const struct entity_json *j, const struct json *at, const char *message)
{
    return entity_json_fail(j, at, message, NULL);
}

static int offend(const struct entity_json *j, const struct json *at, const struct offence *o)
{
    int r = entity_json_fail(j, at, o->sentence, o->advice);

    j->problem->code = CEDAR_ERR_CONFORM;
    return r == 0 ? 0 : CEDAR_ERR_CONFORM;
}

/* ---- entities ---- */

/* {"type", "id"}, or both in an array. */
static bool is_type_and_id(const struct json *v, struct text *ret_type, struct text *ret_id)
{
    const struct json *type = json_field(v, "type", 0), *id = json_field(v, "id", 1);

    if (type == NULL || id == NULL || type->kind != JSON_STRING || id->kind != JSON_STRING ||
        (v->kind == JSON_ARRAY && v->count != 2))
        return false;
    *ret_type = type->string;
    *ret_id = id->string;
    return true;
}

int entity_json_uid(const struct entity_json *j, const struct json *v, struct cedar_value *ret)
{
    const struct json *escape = json_member(v, "__expr"), *inner = json_member(v, "__entity");
    struct text type, id;

    if (escape != NULL && escape->kind == JSON_STRING)
        return fail(j, v, "`__expr` is no longer part of the language");
    if ((inner == NULL || !is_type_and_id(inner, &type, &id)) && !is_type_and_id(v, &type, &id))
        return fail(j, v, "an entity is {\"type\": \"…\", \"id\": \"…\"}");
    *ret = entities_uid(j->entities, type, id);
    return entity_json_check(j, v);
}

/* ---- extension values ---- */

/* What the n-th argument of an extension function is. */
static enum type_kind argument_kind(enum function f, uint32_t n)
{
    switch (f) {
    case FUNCTION_LESS:
    case FUNCTION_LESS_EQUAL:
    case FUNCTION_GREATER:
    case FUNCTION_GREATER_EQUAL:
        return TYPE_DECIMAL;
    case FUNCTION_IS_IPV4:
    case FUNCTION_IS_IPV6:
    case FUNCTION_IS_LOOPBACK:
    case FUNCTION_IS_MULTICAST:
    case FUNCTION_IS_IN_RANGE:
        return TYPE_IPADDR;
    case FUNCTION_OFFSET:
        return n == 0 ? TYPE_DATETIME : TYPE_DURATION;
    case FUNCTION_DURATION_SINCE:
    case FUNCTION_TO_DATE:
    case FUNCTION_TO_TIME:
        return TYPE_DATETIME;
    case FUNCTION_TO_MILLISECONDS:
    case FUNCTION_TO_SECONDS:
    case FUNCTION_TO_MINUTES:
    case FUNCTION_TO_HOURS:
    case FUNCTION_TO_DAYS:
        return TYPE_DURATION;
    default:
        return TYPE_STRING;
    }
}

/* {"fn": "…", "arg": …} or {"fn": "…", "args": […]}; other members mean nothing. */
static bool is_call(const struct json *v)
{
    const struct json *fn = json_member(v, "fn"), *args = json_member(v, "args");

    return fn != NULL && fn->kind == JSON_STRING &&
           (json_member(v, "arg") != NULL || (args != NULL && args->kind == JSON_ARRAY));
}

static int call(const struct entity_json *j, const struct json *v, bool typed,
                struct cedar_value *ret)
{
    const struct json *fn = json_member(v, "fn"), *arg = json_member(v, "arg");
    const struct json *args = json_member(v, "args");
    struct cedar_value values[ARGUMENTS_MAX];
    uint32_t count = arg != NULL ? 1 : args->count;
    enum function f;

    if (!function_find(fn->string, &f) || function_info(f)->way == METHOD)
        return entity_json_fail(j, fn, "there is no such extension function",
                                "a value is made by decimal, ip, datetime or duration");
    if (count != function_info(f)->arguments + (function_info(f)->way == EXTENSION ? 0U : 1U))
        return fail(j, v, "wrong number of arguments for this function");
    if (arg == NULL)
        arg = args->first;
    for (uint32_t i = 0; i < count; i++, arg = arg->next) {
        int r = read_kind(j, arg, typed ? argument_kind(f, i) : TYPE_NONE, 0, &values[i]);
        if (r != 0)
            return r;
    }
    if (!extension_call(j->entities, f, values, count, ret))
        return fail(j, v, "this is not well-formed for its type");
    return 0;
}

/* Where an extension value is expected: its call, bare or in {"__extn": …}, or only its text. */
static int read_extension(const struct entity_json *j, const struct json *v, enum type_kind kind,
                          struct cedar_value *ret)
{
    const struct json *escape = json_member(v, "__expr"), *inner = json_member(v, "__extn");
    enum function f = kind == TYPE_DECIMAL    ? FUNCTION_DECIMAL
                      : kind == TYPE_IPADDR   ? FUNCTION_IP
                      : kind == TYPE_DATETIME ? FUNCTION_DATETIME
                                              : FUNCTION_DURATION;
    char message[80];
    struct writer w = {message, sizeof message, 0};

    if (escape != NULL && escape->kind == JSON_STRING)
        return fail(j, v, "`__expr` is no longer part of the language");
    if (inner != NULL && is_call(inner))
        return call(j, inner, true, ret);
    if (is_call(v))
        return call(j, v, true, ret);
    writer_format(&w, "%s is needed here, as text", function_info(f)->name);
    if (v->kind != JSON_STRING)
        return fail(j, v, message);
    writer_format(&w, " that is well-formed");
    if (!extension_make(f, v->string, &j->entities->arena, ret))
        return fail(j, v, message);
    return 0;
}

/* ---- sets and records ---- */

static int read_set(const struct entity_json *j, const struct json *v, uint32_t element,
                    struct cedar_value *ret)
{
    struct cedar_value *items;
    uint32_t n = 0;
    int r = 0;

    if (v->count > CEDAR_ELEMENTS_MAX)
        return fail(j, v, "too many elements");
    items = calloc((size_t)v->count + 1, sizeof *items);
    if (items == NULL)
        return fail(j, v, "out of memory");
    for (const struct json *i = v->first; i != NULL && r == 0; i = i->next)
        r = entity_json_value(j, i, element, &items[n++]);
    if (r == 0) {
        *ret = cedar_set(j->entities, items, n);
        r = entity_json_check(j, v);
    }
    free(items);
    return r;
}

/* The type of a member, or refuse it. */
static int member_type(const struct entity_json *j, const struct json *m, uint32_t record,
                       uint32_t *ret)
{
    const struct schema_attribute *a;
    struct cedar_value v = {.tag = VALUE_RECORD, .count = 1};
    struct value_field field = {0};
    struct offence o;

    *ret = 0;
    if (record == 0)
        return 0;
    a = schema_attribute_find(j->schema, record, m->key);
    if (a != NULL) {
        *ret = a->type;
        return 0;
    }
    offence_init(&o);
    v.fields = &field;
    if (symbols_add(&j->entities->symbols, m->key, &field.key) != 0)
        return fail(j, m, "out of memory");
    (void)conform_value(j->schema, &j->entities->symbols, record, &v, &o);
    return offend(j, m, &o);
}

static int check_complete(const struct entity_json *j, const struct json *at, uint32_t record,
                          const struct cedar_value *v)
{
    struct offence o;

    offence_init(&o);
    if (record == 0 || conform_value(j->schema, &j->entities->symbols, record, v, &o) ||
        (j->is_lenient &&
         record_missing(j->schema, record, &j->entities->symbols, v->fields, v->count) == NULL))
        return 0;
    return offend(j, at, &o);
}

int entity_json_record(const struct entity_json *j, const struct json *const parts[2],
                       uint32_t type, struct cedar_value *ret)
{
    size_t room = 1, n = 0;
    bool merges = parts[1] != NULL;
    struct text *names;
    struct cedar_value *values;
    uint32_t wanted;
    int r;

    for (int i = 0; i < 2; i++)
        room += parts[i] == NULL ? 0 : parts[i]->count;
    names = calloc(room, sizeof *names);
    values = calloc(room, sizeof *values);
    r = names == NULL || values == NULL ? CEDAR_ERR_MEMORY : 0;
    for (int i = 0; i < 2 && r == 0; i++) {
        const struct json *m = parts[i] == NULL ? NULL : parts[i]->first;
        for (; m != NULL && r == 0; m = m->next) {
            if (i == 0 && merges && json_member_text(parts[1], m->key) != NULL)
                continue;
            if (i == 1 && m->kind == JSON_NULL)
                continue;
            names[n] = m->key;
            r = member_type(j, m, type, &wanted);
            if (r == 0)
                r = entity_json_value(j, m, wanted, &values[n++]);
        }
    }
    const struct json *place = parts[0] != NULL ? parts[0] : parts[1];
    if (r == 0) {
        *ret = entities_record(j->entities, names, values, n);
        r = place != NULL ? entity_json_check(j, place) : j->entities->error;
    }
    free(names);
    free(values);
    return r != 0 || place == NULL ? r : check_complete(j, place, type, ret);
}

/* An object without a type: three escapes, each alone and well-formed, or a record. */
static int read_object(const struct entity_json *j, const struct json *v, struct cedar_value *ret)
{
    const struct json *m = v->count == 1 ? v->first : NULL;
    struct text type, id;

    if (m != NULL && text_is(m->key, "__expr") && m->kind == JSON_STRING)
        return fail(j, v, "`__expr` is no longer part of the language");
    if (m != NULL && text_is(m->key, "__extn") && is_call(m))
        return call(j, m, false, ret);
    if (m != NULL && text_is(m->key, "__entity") && m->kind == JSON_OBJECT &&
        is_type_and_id(m, &type, &id)) {
        *ret = entities_uid(j->entities, type, id);
        return entity_json_check(j, m);
    }
    return entity_json_record(j, (const struct json *const[2]){v, NULL}, 0, ret);
}

static int read_any(const struct entity_json *j, const struct json *v, struct cedar_value *ret)
{
    switch (v->kind) {
    case JSON_NULL:
        return fail(j, v, "null is not a value");
    case JSON_BOOL:
        *ret = cedar_bool(v->number != 0);
        return 0;
    case JSON_NUMBER:
        *ret = cedar_long(v->number);
        return 0;
    case JSON_STRING:
        *ret = entities_string(j->entities, v->string);
        return entity_json_check(j, v);
    case JSON_ARRAY:
        return read_set(j, v, 0, ret);
    case JSON_OBJECT:
        return read_object(j, v, ret);
    }
    return CEDAR_ERR_JSON;
}

/* ${type}, if it is not 0, is of this kind. */
static int read_kind(const struct entity_json *j, const struct json *v, enum type_kind kind,
                     uint32_t type, struct cedar_value *ret)
{
    switch (kind) {
    case TYPE_ENTITY:
    case TYPE_ACTION:
        return entity_json_uid(j, v, ret);
    case TYPE_DECIMAL:
    case TYPE_IPADDR:
    case TYPE_DATETIME:
    case TYPE_DURATION:
        return read_extension(j, v, kind, ret);
    case TYPE_SET:
        return v->kind == JSON_ARRAY ? read_set(j, v, j->schema->types.at[type].a, ret)
                                     : fail(j, v, "a set is needed here: an array");
    case TYPE_RECORD:
        return v->kind == JSON_OBJECT
                   ? entity_json_record(j, (const struct json *const[2]){v, NULL}, type, ret)
                   : fail(j, v, "a record is needed here: an object");
    default:
        return read_any(j, v, ret);
    }
}

int entity_json_value(const struct entity_json *j, const struct json *v, uint32_t type,
                      struct cedar_value *ret)
{
    enum type_kind kind = type == 0 ? TYPE_NONE : j->schema->types.at[type].kind;
    int r = read_kind(j, v, kind, type, ret);
    struct offence o;

    if (r != 0 || type == 0 || kind == TYPE_SET || kind == TYPE_RECORD || j->is_lenient)
        return r;
    offence_init(&o);
    if (conform_value(j->schema, &j->entities->symbols, type, ret, &o))
        return 0;
    return offend(j, v, &o);
}
