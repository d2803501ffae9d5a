#include "policy/schema/raw.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"

#define SPACE_MAX 4096U /* bytes of a namespace's name, with which every name in it is tried */

bool raw_open(struct raw *raw, struct cedar_schema *schema,
              const struct cedar_schema_source *fragments, struct cedar_problem *problem)
{
    *raw = (struct raw){.schema = schema, .fragments = fragments, .problem = problem};
    return array_push(raw->types, (struct raw_type){0});
}

void raw_close(struct raw *raw)
{
    free(raw->spaces.at);
    free(raw->types.at);
    free(raw->attributes.at);
    free(raw->names.at);
    free(raw->ids.at);
    free(raw->commons.at);
    free(raw->entity_types.at);
    free(raw->actions.at);
    free(raw->joined);
}

bool raw_failed(const struct raw *raw)
{
    return raw->problem->code != 0;
}

bool raw_fail(struct raw *raw, int code, struct place place, const char *help, const char *format,
              ...)
{
    char message[sizeof raw->problem->message];
    va_list args;

    if (raw_failed(raw))
        return false;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    problem_at(raw->problem, &raw->fragments[place.fragment].source, code, place.span, help,
               message);
    return false;
}

bool raw_no_memory(struct raw *raw, struct place place)
{
    return raw_fail(raw, CEDAR_ERR_MEMORY, place, NULL, "out of memory");
}

bool raw_symbol(struct raw *raw, struct place place, struct text text, uint32_t *ret)
{
    int r = symbols_add(&raw->schema->symbols, text, ret);

    return r == 0 || raw_fail(raw, r, place, NULL, "%s", cedar_error_text(r));
}

struct text raw_text(const struct raw *raw, uint32_t symbol)
{
    return symbols_text(&raw->schema->symbols, symbol);
}

bool raw_space(struct raw *raw, uint32_t name, struct place place)
{
    if (name != NO_NAME && raw_text(raw, name).length > SPACE_MAX)
        return raw_fail(raw, CEDAR_ERR_LIMIT, place, NULL, "this name is too long");
    raw->space = raw->spaces.count;
    return array_push(raw->spaces, ((struct raw_space){name, place})) || raw_no_memory(raw, place);
}

bool raw_type(struct raw *raw, struct raw_type type, uint32_t *ret)
{
    type.space = raw->space;
    *ret = raw->types.count;
    return array_push(raw->types, type) || raw_no_memory(raw, type.place);
}

/* By name, then in the order they were written: the types of a later one have higher numbers. */
static int compare_attribute(const void *a, const void *b)
{
    const struct raw_attribute *x = a, *y = b;

    if (x->name != y->name)
        return x->name < y->name ? -1 : 1;
    return x->type < y->type ? -1 : x->type > y->type;
}

bool raw_record(struct raw *raw, struct place place, struct raw_attribute *attributes,
                uint32_t count, uint32_t *ret)
{
    struct raw_type type = {.kind = RAW_RECORD, .a = raw->attributes.count, .place = place};

    if (count > 1)
        qsort(attributes, count, sizeof *attributes, compare_attribute);
    for (uint32_t i = 0; i < count; i++) {
        const struct raw_attribute *a = &attributes[i];
        if (i + 1 < count && a->name == attributes[i + 1].name) {
            for (uint32_t k = a->first; k <= a->type; k++)
                raw->types.at[k].kind = RAW_NONE;
            continue;
        }
        type.count++;
        if (!array_push(raw->attributes, *a))
            return raw_no_memory(raw, place);
    }
    return raw_type(raw, type, ret);
}

bool raw_join(struct raw *raw, uint32_t space, uint32_t name, struct text *ret)
{
    struct text front = {"", 0}, back = raw_text(raw, name);

    if (raw->spaces.at[space].name == NO_NAME) {
        *ret = back;
        return true;
    }
    front = raw_text(raw, raw->spaces.at[space].name);
    uint32_t length = front.length + 2 + back.length;
    if (length > raw->joined_room) {
        char *joined = realloc(raw->joined, length);
        if (joined == NULL)
            return false;
        raw->joined = joined;
        raw->joined_room = length;
    }
    memcpy(raw->joined, front.data, front.length);
    memcpy(raw->joined + front.length, "::", 2);
    memcpy(raw->joined + front.length + 2, back.data, back.length);
    *ret = (struct text){raw->joined, length};
    return true;
}

bool raw_is_keyword(struct text name)
{
    static const char *const keywords[] = {"Bool", "Boolean", "Entity", "Extension",
                                           "Long", "Record",  "Set",    "String"};

    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (text_is(name, keywords[i]))
            return true;
    return false;
}

bool path_is_reserved(struct text path)
{
    for (uint32_t at = 0; at < path.length;) {
        struct token t = lex(path.data, at, path.length);
        if (t.kind == TOKEN_CEDAR)
            return true;
        at = t.span.end;
    }
    return false;
}
