#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"
#include "policy/schema/text_reader.h"

/* Cedar's schema language: declarations and types. */

static bool read_type(struct reader *r, uint32_t *ret);

/* ---- types ---- */

static bool read_attribute(struct reader *r, struct raw_attribute *ret)
{
    if (!reader_annotations(r) || !reader_name_or_string(r, "an attribute's name", &ret->name))
        return false;
    ret->is_required = !reader_take_question(r);
    ret->first = r->raw->types.count;
    return reader_need(r, TOKEN_COLON) && read_type(r, &ret->type);
}

static bool add_attribute(struct reader *r, struct raw_attribute **attributes, uint32_t *count,
                          uint32_t *room, struct raw_attribute attribute)
{
    struct raw_attribute *moved = array_grow(*attributes, *count, room, sizeof **attributes);

    if (moved == NULL)
        return raw_no_memory(r->raw, reader_here(r));
    *attributes = moved;
    moved[(*count)++] = attribute;
    return true;
}

/* { name: Type, … }, the brace ahead. */
static bool read_record(struct reader *r, uint32_t *ret)
{
    struct raw_attribute *attributes = NULL, attribute;
    uint32_t count = 0, room = 0, start = r->now.span.start;
    bool ok = reader_need(r, TOKEN_OPEN_RECORD);

    while (ok && !reader_at(r, TOKEN_CLOSE_RECORD)) {
        ok = read_attribute(r, &attribute) &&
             add_attribute(r, &attributes, &count, &room, attribute);
        if (!reader_take(r, TOKEN_COMMA))
            break;
    }
    ok = ok && (reader_take(r, TOKEN_CLOSE_RECORD) || reader_expected(r, "`,` or `}`", NULL)) &&
         raw_record(r->raw, reader_since(r, start), attributes, count, ret);
    free(attributes);
    return ok;
}

static bool read_set(struct reader *r, uint32_t start, uint32_t *ret)
{
    uint32_t element;

    if (!reader_need(r, TOKEN_LT) || !read_type(r, &element) || !reader_need(r, TOKEN_GT))
        return false;
    return raw_type(
        r->raw, (struct raw_type){.kind = RAW_SET, .a = element, .place = reader_since(r, start)},
        ret);
}

static bool read_type(struct reader *r, uint32_t *ret)
{
    uint32_t start = r->now.span.start, path;
    bool ok;

    if (!reader_enter(r))
        return false;
    if (reader_at(r, TOKEN_OPEN_RECORD)) {
        ok = read_record(r, ret);
    } else if (reader_at_word(r, "Set") && lex(r->text, r->now.span.end, r->end).kind == TOKEN_LT) {
        reader_advance(r);
        ok = read_set(r, start, ret);
    } else {
        ok = reader_path(r, "a type", &path, NULL) &&
             raw_type(
                 r->raw,
                 (struct raw_type){.kind = RAW_EITHER, .a = path, .place = reader_since(r, start)},
                 ret);
    }
    r->nesting--;
    return ok;
}

/* ---- declarations ---- */

static bool add_name(struct reader *r, struct raw_name name, struct run *run)
{
    if (run->count == 0)
        run->first = r->raw->names.count;
    run->count++;
    return array_push(r->raw->names, name) || raw_no_memory(r->raw, name.place);
}

static bool read_entity_type_name(struct reader *r, struct run *run)
{
    struct raw_name name = {0};
    uint32_t start = r->now.span.start;

    if (!reader_path(r, "an entity type", &name.type, NULL))
        return false;
    name.place = reader_since(r, start);
    return add_name(r, name, run);
}

/* A::B or [A::B, C, …], which may be empty. */
static bool read_entity_type_names(struct reader *r, struct run *run)
{
    *run = (struct run){0};
    if (!reader_take(r, TOKEN_OPEN_SET))
        return read_entity_type_name(r, run);
    if (reader_take(r, TOKEN_CLOSE_SET))
        return true;
    do {
        if (!read_entity_type_name(r, run))
            return false;
    } while (reader_more(r, TOKEN_CLOSE_SET, "an entity type"));
    return reader_take(r, TOKEN_CLOSE_SET) || reader_expected(r, "`,` or `]`", NULL);
}

/* `["a", "b"]`: all entities of a type. */
static bool read_enum(struct reader *r, struct raw_entity_type *type)
{
    uint32_t id;

    type->is_enum = true;
    type->ids.first = r->raw->ids.count;
    if (!reader_need(r, TOKEN_OPEN_SET))
        return false;
    do {
        if (!reader_string(r, &id))
            return false;
        if (!array_push(r->raw->ids, id))
            return raw_no_memory(r->raw, reader_here(r));
        type->ids.count++;
    } while (reader_more(r, TOKEN_CLOSE_SET, "a string"));
    return reader_take(r, TOKEN_CLOSE_SET) || reader_expected(r, "`,` or `]`", NULL);
}

static bool read_entity_body(struct reader *r, struct raw_entity_type *type)
{
    if (reader_take_word(r, "enum"))
        return read_enum(r, type);
    if (reader_take_word(r, "in") && !read_entity_type_names(r, &type->parents))
        return false;
    bool has_sign = reader_take(r, TOKEN_ASSIGN);
    if ((has_sign || reader_at(r, TOKEN_OPEN_RECORD)) && !read_record(r, &type->shape))
        return false;
    return !reader_take_word(r, "tags") || read_type(r, &type->tags);
}

/* `x, y` in front of a declaration: what is declared for all of them comes behind. */
struct heads {
    ARRAY(struct raw_name) names;
};

static bool read_heads(struct reader *r, const char *what,
                       bool (*read)(struct reader *, const char *, uint32_t *), struct heads *ret)
{
    struct raw_name name = {0};

    do {
        uint32_t start = r->now.span.start;
        if (!read(r, what, &name.id))
            return false;
        name.place = reader_since(r, start);
        if (!array_push(ret->names, name))
            return raw_no_memory(r->raw, reader_here(r));
    } while (reader_take(r, TOKEN_COMMA));
    return !raw_failed(r->raw);
}

static bool read_entity(struct reader *r)
{
    struct raw_entity_type type = {.space = r->raw->space};
    struct heads heads = {0};
    bool ok = read_heads(r, "an entity type's name", reader_own_name, &heads) &&
              read_entity_body(r, &type) &&
              (reader_take(r, TOKEN_SEMICOLON) ||
               reader_expected(r,
                               type.is_enum      ? "`;`"
                               : type.tags != 0  ? "`;`"
                               : type.shape != 0 ? "`tags` or `;`"
                               : type.parents.first > 0 || type.parents.count > 0
                                   ? "`{`, `tags` or `;`"
                                   : "`in`, `{`, `tags`, `enum` or `;`",
                               NULL));

    for (uint32_t i = 0; ok && i < heads.names.count; i++) {
        type.name = heads.names.at[i].id;
        type.place = heads.names.at[i].place;
        ok = array_push(r->raw->entity_types, type) || raw_no_memory(r->raw, type.place);
    }
    free(heads.names.at);
    return ok;
}

static bool read_group(struct reader *r, struct run *run)
{
    struct raw_name name = {.type = NO_NAME, .id = NO_NAME};
    uint32_t start = r->now.span.start;

    if (reader_at(r, TOKEN_STRING)) {
        if (!reader_string(r, &name.id))
            return false;
    } else {
        if (!reader_path(r, "an action", &name.type, &name.id))
            return false;
        struct text path = raw_text(r->raw, name.type);
        if (name.id == NO_NAME && memchr(path.data, ':', path.length) != NULL)
            return raw_fail(r->raw, CEDAR_ERR_SYNTAX, reader_since(r, start),
                            "an action of another namespace is Other::Action::\"id\"",
                            "this names no action");
        if (name.id == NO_NAME) {
            name.id = name.type;
            name.type = NO_NAME;
        }
    }
    name.place = reader_since(r, start);
    return add_name(r, name, run);
}

static bool read_groups(struct reader *r, struct run *run)
{
    *run = (struct run){0};
    if (!reader_take(r, TOKEN_OPEN_SET))
        return read_group(r, run);
    do {
        if (!read_group(r, run))
            return false;
    } while (reader_more(r, TOKEN_CLOSE_SET, "an action"));
    return reader_take(r, TOKEN_CLOSE_SET) || reader_expected(r, "`,` or `]`", NULL);
}

static bool read_context(struct reader *r, uint32_t *ret)
{
    uint32_t start = r->now.span.start, path;

    if (reader_at(r, TOKEN_OPEN_RECORD))
        return read_record(r, ret);
    return reader_path(r, "a record or the name of one", &path, NULL) &&
           raw_type(
               r->raw,
               (struct raw_type){.kind = RAW_COMMON, .a = path, .place = reader_since(r, start)},
               ret);
}

/* One of `principal: …`, `resource: …`, `context: …`, each at most once. */
static bool read_applies_part(struct reader *r, struct raw_action *action, unsigned *seen)
{
    static const char *const words[] = {"principal", "resource", "context"};
    struct place place = reader_here(r);
    unsigned i = 0;

    while (i < 3 && !reader_at_word(r, words[i]))
        i++;
    if (i == 3)
        return reader_expected(r, "`principal`, `resource` or `context`", NULL);
    reader_advance(r);
    if (*seen & 1U << i)
        return raw_fail(r->raw, CEDAR_ERR_DUPLICATE, place, "keep one of them",
                        "`%s` stands here twice", words[i]);
    *seen |= 1U << i;
    if (!reader_need(r, TOKEN_COLON))
        return false;
    if (i == 2)
        return read_context(r, &action->context);
    struct run *run = i == 0 ? &action->principals : &action->resources;
    return read_entity_type_names(r, run) &&
           (run->count > 0 || raw_fail(r->raw, CEDAR_ERR_SYNTAX, place,
                                       "an action that applies to nothing has no `appliesTo`",
                                       "the list of %s types is empty", words[i]));
}

static bool read_applies(struct reader *r, struct raw_action *action)
{
    struct place place = reader_place(r, (struct span){r->before - 9, r->before});
    unsigned seen = 0;

    if (!reader_need(r, TOKEN_OPEN_RECORD))
        return false;
    do {
        if (!read_applies_part(r, action, &seen))
            return false;
    } while (reader_take(r, TOKEN_COMMA) && !reader_at(r, TOKEN_CLOSE_RECORD));
    if (!reader_take(r, TOKEN_CLOSE_RECORD))
        return reader_expected(r, "`,` or `}`", NULL);
    if ((seen & 3) != 3)
        return raw_fail(r->raw, CEDAR_ERR_SYNTAX, place, "name the entity types it applies to",
                        "`%s` is missing in this `appliesTo`", seen & 1 ? "resource" : "principal");
    return true;
}

static bool read_action(struct reader *r)
{
    struct raw_action action = {.space = r->raw->space};
    struct heads heads = {0};
    bool ok = read_heads(r, "an action's name", reader_name_or_string, &heads) &&
              (!reader_take_word(r, "in") || read_groups(r, &action.parents));

    if (ok && reader_take_word(r, "appliesTo"))
        ok = read_applies(r, &action);
    if (ok && reader_take_word(r, "attributes"))
        ok = reader_need(r, TOKEN_OPEN_RECORD) && reader_need(r, TOKEN_CLOSE_RECORD);
    ok = ok &&
         (reader_take(r, TOKEN_SEMICOLON) || reader_expected(r, "`in`, `appliesTo` or `;`", NULL));
    for (uint32_t i = 0; ok && i < heads.names.count; i++) {
        action.id = heads.names.at[i].id;
        action.place = heads.names.at[i].place;
        ok = array_push(r->raw->actions, action) || raw_no_memory(r->raw, action.place);
    }
    free(heads.names.at);
    return ok;
}

static bool read_common(struct reader *r)
{
    struct raw_common common = {.space = r->raw->space, .place = reader_here(r)};

    if (!reader_own_name(r, "the type's name", &common.name))
        return false;
    struct text name = raw_text(r->raw, common.name);
    if (raw_is_keyword(name))
        return raw_fail(r->raw, CEDAR_ERR_NAME, common.place, "choose another name",
                        "`%.*s` is a word of the schema language", (int)name.length, name.data);
    return reader_need(r, TOKEN_ASSIGN) && read_type(r, &common.type) &&
           reader_need(r, TOKEN_SEMICOLON) &&
           (array_push(r->raw->commons, common) || raw_no_memory(r->raw, common.place));
}

static bool read_declaration(struct reader *r)
{
    if (reader_take_word(r, "entity"))
        return read_entity(r);
    if (reader_take_word(r, "action"))
        return read_action(r);
    return reader_take_word(r, "type") ? read_common(r)
                                       : reader_expected(r, "`entity`, `action` or `type`", NULL);
}

/* Declarations outside of a namespace, wherever they stand, are in the empty one. */
static bool read_outside(struct reader *r)
{
    if (r->nameless == UINT32_MAX && !raw_space(r->raw, NO_NAME, reader_here(r)))
        return false;
    if (r->nameless == UINT32_MAX)
        r->nameless = r->raw->space;
    r->raw->space = r->nameless;
    return read_declaration(r);
}

static bool read_space(struct reader *r)
{
    uint32_t start = r->now.span.start, name;
    bool ok = reader_path(r, "the namespace's name", &name, NULL);
    struct place place = reader_since(r, start);

    if (!ok)
        return false;
    if (path_is_reserved(raw_text(r->raw, name)))
        return raw_fail(r->raw, CEDAR_ERR_NAME, place, "choose another name",
                        "`__cedar` is the language's own");
    if (!raw_space(r->raw, name, place) || !reader_need(r, TOKEN_OPEN_RECORD))
        return false;
    while (ok && !reader_take(r, TOKEN_CLOSE_RECORD)) {
        if (!raw_failed(r->raw) && r->now.kind == TOKEN_END)
            return reader_expected(r, "`}` of the namespace", NULL);
        ok = reader_annotations(r) && read_declaration(r);
    }
    return ok;
}

static bool read_all(struct reader *r)
{
    bool ok = true;

    reader_advance(r);
    while (ok && !reader_at(r, TOKEN_END)) {
        ok = reader_annotations(r);
        if (!ok)
            break;
        if (reader_take_word(r, "namespace"))
            ok = read_space(r);
        else if (reader_at_word(r, "entity") || reader_at_word(r, "action") ||
                 reader_at_word(r, "type"))
            ok = read_outside(r);
        else
            ok = reader_expected(r, "`namespace`, `entity`, `action` or `type`", NULL);
    }
    return ok && !raw_failed(r->raw);
}

bool read_text(struct raw *raw, uint32_t fragment)
{
    const struct cedar_source *source = &raw->fragments[fragment].source;
    struct reader r = {.raw = raw,
                       .fragment = fragment,
                       .text = source->text,
                       .end = (uint32_t)source->length,
                       .nameless = UINT32_MAX};
    bool ok;

    r.decoded = calloc((size_t)r.end + 1, sizeof *r.decoded);
    if (r.decoded == NULL)
        return raw_no_memory(raw, (struct place){fragment, {0, 0}});
    ok = read_all(&r);
    free(r.decoded);
    return ok;
}
