#include "policy/entity_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/eval.h"

static int fail(const struct entity_json *j, const struct json *at, const char *message)
{
    return json_fail(j->problem, j->source, at->offset, message);
}

/* What the store itself refused, said at the place that it came from. */
static int check(const struct entity_json *j, const struct json *at)
{
    if (j->entities->error == 0)
        return 0;
    fail(j, at, cedar_error_text(j->entities->error));
    j->problem->code = j->entities->error;
    return j->problem->code;
}

static int uid_texts(const struct entity_json *j, const struct json *v, struct text *ret_type,
                     struct text *ret_id)
{
    const struct json *inner = json_member(v, "__entity");
    const struct json *body = inner != NULL && v->count == 1 ? inner : v;
    const struct json *type = json_member(body, "type"), *id = json_member(body, "id");

    if (type == NULL || id == NULL || body->count != 2 || type->kind != JSON_STRING ||
        id->kind != JSON_STRING)
        return fail(j, v, "an entity is {\"type\": \"…\", \"id\": \"…\"}");
    *ret_type = type->string;
    *ret_id = id->string;
    return 0;
}

int entity_json_uid(const struct entity_json *j, const struct json *v, struct cedar_value *ret)
{
    struct text type, id;
    int r = uid_texts(j, v, &type, &id);

    if (r != 0)
        return r;
    *ret = entities_uid(j->entities, type, id);
    return check(j, v);
}

/* datetime.offset(duration), the one call with two arguments that values are written with. */
static int offset_value(const struct entity_json *j, const struct json *v, const struct json *args,
                        struct cedar_value *ret)
{
    struct cedar_value from, by;
    int64_t sum;
    int r;

    if (args == NULL || args->kind != JSON_ARRAY || args->count != 2)
        return fail(j, v, "offset needs two args");
    if ((r = entity_json_value(j, args->first, &from)) != 0 ||
        (r = entity_json_value(j, args->first->next, &by)) != 0)
        return r;
    if (from.tag != VALUE_DATETIME || by.tag != VALUE_DURATION ||
        __builtin_add_overflow(from.number, by.number, &sum))
        return fail(j, v, "offset needs a datetime and a duration");
    *ret = cedar_datetime(sum);
    return 0;
}

static int extension_value(const struct entity_json *j, const struct json *v,
                           struct cedar_value *ret)
{
    const struct json *call = json_member(v, "__extn");
    const struct json *fn = json_member(call, "fn"), *arg = json_member(call, "arg");
    const struct json *args = json_member(call, "args");
    enum function f;

    if (fn == NULL || fn->kind != JSON_STRING || call->count != 2 ||
        (arg == NULL) == (args == NULL))
        return fail(j, v, "an extension value is {\"__extn\": {\"fn\": \"…\", \"arg\": \"…\"}}");
    if (text_is(fn->string, "offset"))
        return offset_value(j, v, args, ret);
    if (args != NULL && args->kind == JSON_ARRAY && args->count == 1)
        arg = args->first;
    if (arg == NULL || arg->kind != JSON_STRING || !function_find(fn->string, &f) ||
        function_info(f)->way != EXTENSION)
        return fail(j, v, "fn must be decimal, ip, datetime or duration, with one string");
    if (!extension_make(f, arg->string, &j->entities->arena, ret))
        return fail(j, arg, "this text is not well-formed for its type");
    return 0;
}

static int set_value(const struct entity_json *j, const struct json *v, struct cedar_value *ret)
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
        r = entity_json_value(j, i, &items[n++]);
    if (r == 0) {
        *ret = cedar_set(j->entities, items, n);
        r = check(j, v);
    }
    free(items);
    return r;
}

/* Members of ${over} win; null members are left out, where that is allowed. */
static int merged_record(const struct entity_json *j, const struct json *base,
                         const struct json *over, bool null_removes, struct cedar_value *ret)
{
    const struct json *parts[] = {base, over};
    size_t room = (base == NULL ? 0 : base->count) + (over == NULL ? 0 : over->count) + 1U, n = 0;
    struct text *names = calloc(room, sizeof *names);
    struct cedar_value *values = calloc(room, sizeof *values);
    int r = names == NULL || values == NULL ? CEDAR_ERR_MEMORY : 0;

    for (int i = 0; i < 2 && r == 0; i++) {
        const struct json *m = parts[i] == NULL ? NULL : parts[i]->first;
        for (; m != NULL && r == 0; m = m->next) {
            if (i == 0 && over != NULL && json_member(over, m->key.data) != NULL)
                continue;
            if (null_removes && m->kind == JSON_NULL)
                continue;
            names[n] = m->key;
            r = entity_json_value(j, m, &values[n++]);
        }
    }
    if (r == 0) {
        *ret = entities_record(j->entities, names, values, n);
        r = check(j, base != NULL ? base : over);
    }
    free(names);
    free(values);
    return r;
}

int entity_json_context(const struct entity_json *j, const struct json *base,
                        const struct json *over, struct cedar_value *ret)
{
    if ((base != NULL && base->kind != JSON_OBJECT) || (over != NULL && over->kind != JSON_OBJECT))
        return fail(j, over != NULL ? over : base, "a context is an object");
    if (base == NULL && over == NULL) {
        *ret = entities_record(j->entities, NULL, NULL, 0);
        return j->entities->error;
    }
    return merged_record(j, base, over, true, ret);
}

static int object_value(const struct entity_json *j, const struct json *v, struct cedar_value *ret)
{
    if (json_member(v, "__expr") != NULL)
        return fail(j, v, "`__expr` is no longer part of the language");
    if (json_member(v, "__entity") != NULL)
        return v->count == 1 ? entity_json_uid(j, v, ret)
                             : fail(j, v, "`__entity` must stand alone");
    if (json_member(v, "__extn") != NULL)
        return v->count == 1 ? extension_value(j, v, ret) : fail(j, v, "`__extn` must stand alone");
    return merged_record(j, v, NULL, false, ret);
}

int entity_json_value(const struct entity_json *j, const struct json *v, struct cedar_value *ret)
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
        return check(j, v);
    case JSON_ARRAY:
        return set_value(j, v, ret);
    case JSON_OBJECT:
        return object_value(j, v, ret);
    }
    return CEDAR_ERR_JSON;
}

static int fields(const struct entity_json *j, const struct json *object,
                  void (*add)(struct cedar_entities *, struct text, struct cedar_value))
{
    struct cedar_value value;
    int r = 0;

    if (object == NULL)
        return 0;
    if (object->kind != JSON_OBJECT)
        return fail(j, object, "attributes and tags are an object");
    for (const struct json *m = object->first; m != NULL && r == 0; m = m->next) {
        if ((r = entity_json_value(j, m, &value)) == 0) {
            add(j->entities, m->key, value);
            r = check(j, m);
        }
    }
    return r;
}

static int parents(const struct entity_json *j, const struct json *array)
{
    struct text type, id;
    int r = 0;

    if (array == NULL)
        return 0;
    if (array->kind != JSON_ARRAY)
        return fail(j, array, "parents are an array");
    for (const struct json *p = array->first; p != NULL && r == 0; p = p->next) {
        if ((r = uid_texts(j, p, &type, &id)) == 0) {
            entities_parent(j->entities, type, id);
            r = check(j, p);
        }
    }
    return r;
}

static int one(const struct entity_json *j, const struct json *v)
{
    static const char *const known[] = {"uid", "attrs", "parents", "tags"};
    const struct json *uid = json_member(v, "uid");
    struct text type, id;
    uint32_t found = 0;
    int r;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        found += json_member(v, known[i]) != NULL;
    if (uid == NULL || found != v->count)
        return fail(j, v, "an entity is {\"uid\": …, \"attrs\": …, \"parents\": …, \"tags\": …}");
    if ((r = uid_texts(j, uid, &type, &id)) != 0)
        return r;
    entities_begin(j->entities, type, id);
    if ((r = check(j, uid)) != 0 ||
        (r = fields(j, json_member(v, "attrs"), entities_attribute)) != 0 ||
        (r = fields(j, json_member(v, "tags"), entities_tag)) != 0 ||
        (r = parents(j, json_member(v, "parents"))) != 0)
        return r;
    cedar_entity_end(j->entities);
    return check(j, v);
}

int entity_json_all(const struct entity_json *j, const struct json *array)
{
    int r = 0;

    if (array->kind != JSON_ARRAY)
        return fail(j, array, "entities are an array");
    for (const struct json *v = array->first; v != NULL && r == 0; v = v->next)
        r = one(j, v);
    return r;
}
