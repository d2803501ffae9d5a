#include <string.h>

#include "policy/entity.h"
#include "policy/extension/extension.h"

/* Values that a host makes: those with memory live in a store's arena. */

struct cedar_value cedar_bool(bool value)
{
    return (struct cedar_value){.tag = VALUE_BOOL, .number = value};
}

struct cedar_value cedar_long(int64_t value)
{
    return (struct cedar_value){.tag = VALUE_LONG, .number = value};
}

struct cedar_value cedar_decimal(int64_t ten_thousandths)
{
    return (struct cedar_value){.tag = VALUE_DECIMAL, .number = ten_thousandths};
}

struct cedar_value cedar_datetime(int64_t milliseconds)
{
    return (struct cedar_value){.tag = VALUE_DATETIME, .number = milliseconds};
}

struct cedar_value cedar_duration(int64_t milliseconds)
{
    return (struct cedar_value){.tag = VALUE_DURATION, .number = milliseconds};
}

static bool is_filling(struct cedar_entities *e)
{
    if (e->state != ENTITIES_FILLING && e->state != ENTITIES_IN_ENTITY)
        entities_fail(e, CEDAR_ERR_STATE);
    return e->error == 0;
}

/* What is known already was looked at when it came. */
static bool add_symbol(struct cedar_entities *e, struct text text, uint32_t *ret)
{
    if (symbols_find(&e->symbols, text, ret))
        return e->error == 0;
    if (!text_is_utf8(text.data, text.length))
        entities_fail(e, CEDAR_ERR_TEXT);
    else
        entities_fail(e, symbols_add(&e->symbols, text, ret));
    return e->error == 0;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_of_name(char c)
{
    return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* Names that begin with a capital: no reserved word does, so the lexer need not be asked. */
static bool is_plain_type_name(struct text t)
{
    uint32_t at = 0;

    for (;;) {
        if (at == t.length || !is_upper(t.data[at]))
            return false;
        while (at < t.length && is_of_name(t.data[at]))
            at++;
        if (at == t.length)
            return true;
        if (t.length - at < 2 || t.data[at] != ':' || t.data[at + 1] != ':')
            return false;
        at += 2;
    }
}

/* A type is names joined by "::"; the reserved words are none. */
static bool is_type_name(struct text t)
{
    uint32_t at = 0;

    if (is_plain_type_name(t))
        return true;
    for (;;) {
        struct token word = lex(t.data, at, t.length);
        if (word.kind != TOKEN_IDENTIFIER || word.span.start != at)
            return false;
        at = word.span.end;
        if (at == t.length)
            return true;
        struct token path = lex(t.data, at, t.length);
        if (path.kind != TOKEN_PATH || path.span.start != at)
            return false;
        at = path.span.end;
    }
}

struct cedar_value entities_uid(struct cedar_entities *e, struct text type, struct text id)
{
    struct cedar_value v = {.tag = VALUE_ENTITY};

    if (!is_filling(e))
        return (struct cedar_value){0};
    if (!is_type_name(type))
        entities_fail(e, CEDAR_ERR_NAME);
    if (e->error != 0 || !add_symbol(e, type, &v.uid.type) || !add_symbol(e, id, &v.uid.id))
        return (struct cedar_value){0};
    return v;
}

struct cedar_value entities_string(struct cedar_entities *e, struct text text)
{
    struct cedar_value v = {.tag = VALUE_STRING};

    return is_filling(e) && add_symbol(e, text, &v.symbol) ? v : (struct cedar_value){0};
}

struct cedar_value cedar_entity(struct cedar_entities *e, const char *type, const char *id)
{
    return entities_uid(e, text_of(type), text_of(id));
}

struct cedar_value cedar_string(struct cedar_entities *e, const char *text, size_t length)
{
    if (length > CEDAR_TEXT_MAX) {
        entities_fail(e, CEDAR_ERR_LIMIT);
        return (struct cedar_value){0};
    }
    return entities_string(e, (struct text){text, (uint32_t)length});
}

struct cedar_value cedar_ipaddr(struct cedar_entities *e, const char *text)
{
    struct cedar_value v = {.tag = VALUE_IPADDR};
    struct ipaddr ip;

    if (!is_filling(e))
        return (struct cedar_value){0};
    if (!ipaddr_parse(text_of(text), &ip))
        entities_fail(e, CEDAR_ERR_VALUE);
    else
        v.ip = arena_copy(&e->arena, &ip, sizeof ip);
    entities_fail(e, e->arena.error);
    return e->error == 0 ? v : (struct cedar_value){0};
}

struct cedar_value cedar_set(struct cedar_entities *e, const struct cedar_value *items,
                             size_t count)
{
    struct cedar_value v = {.tag = VALUE_SET};

    if (!is_filling(e))
        return (struct cedar_value){0};
    if (count > CEDAR_ELEMENTS_MAX)
        entities_fail(e, CEDAR_ERR_LIMIT);
    for (size_t i = 0; i < count && e->error == 0; i++) {
        if (items[i].tag == VALUE_NONE)
            entities_fail(e, CEDAR_ERR_VALUE);
        else if (!value_depth_ok(&items[i], CEDAR_DEPTH_MAX - 1))
            entities_fail(e, CEDAR_ERR_LIMIT);
    }
    if (e->error != 0)
        return (struct cedar_value){0};
    struct cedar_value *copy = arena_copy(&e->arena, items, count * sizeof *items);
    entities_fail(e, e->arena.error);
    if (e->error != 0)
        return (struct cedar_value){0};
    v.count = set_order(copy, (uint32_t)count);
    v.items = copy;
    return v;
}

struct cedar_value entities_record(struct cedar_entities *e, const struct text *names,
                                   const struct cedar_value *values, size_t count)
{
    struct cedar_value v = {.tag = VALUE_RECORD};

    if (!is_filling(e))
        return (struct cedar_value){0};
    if (count > CEDAR_ELEMENTS_MAX) {
        entities_fail(e, CEDAR_ERR_LIMIT);
        return (struct cedar_value){0};
    }
    struct value_field *fields = arena_take(&e->arena, count * sizeof *fields);
    entities_fail(e, e->arena.error);
    for (size_t i = 0; i < count && e->error == 0; i++) {
        fields[i].value = values[i];
        if (values[i].tag == VALUE_NONE)
            entities_fail(e, CEDAR_ERR_VALUE);
        else if (!value_depth_ok(&values[i], CEDAR_DEPTH_MAX - 1))
            entities_fail(e, CEDAR_ERR_LIMIT);
        else
            add_symbol(e, names[i], &fields[i].key);
    }
    if (e->error == 0 && !fields_order(fields, (uint32_t)count))
        entities_fail(e, CEDAR_ERR_DUPLICATE);
    v.count = (uint32_t)count;
    v.fields = fields;
    return e->error == 0 ? v : (struct cedar_value){0};
}

struct cedar_value cedar_record(struct cedar_entities *e, const struct cedar_field *fields,
                                size_t count)
{
    struct text names[CEDAR_ATTRIBUTES_MAX];
    struct cedar_value values[CEDAR_ATTRIBUTES_MAX];

    if (count > CEDAR_ATTRIBUTES_MAX) {
        entities_fail(e, CEDAR_ERR_LIMIT);
        return (struct cedar_value){0};
    }
    for (size_t i = 0; i < count; i++) {
        names[i] = text_of(fields[i].name);
        values[i] = fields[i].value;
    }
    return entities_record(e, names, values, count);
}
