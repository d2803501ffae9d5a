#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"
#include "policy/schema/raw.h"

/* Cedar's schema language: a recursive descent, one token ahead. */
struct reader {
    struct raw *raw;
    uint32_t fragment;
    const char *text;
    uint32_t end;
    struct token now;
    uint32_t before; /* where the token before ${now} ends */
    unsigned nesting;
    uint16_t *decoded; /* room for the longest string */
    uint32_t nameless; /* the empty namespace, or UINT32_MAX while there is none */
};

static bool read_type(struct reader *r, uint32_t *ret);

static struct place place_of(const struct reader *r, struct span span)
{
    return (struct place){r->fragment, span};
}

static struct place here(const struct reader *r)
{
    return place_of(r, r->now.span);
}

/* From ${start} to the last token taken. */
static struct place since(const struct reader *r, uint32_t start)
{
    return place_of(r, (struct span){start, r->before});
}

static struct text ahead(const struct reader *r)
{
    return (struct text){r->text + r->now.span.start, r->now.span.end - r->now.span.start};
}

static void advance(struct reader *r)
{
    r->before = r->now.span.end;
    r->now = lex(r->text, r->now.span.end, r->end);
    if (r->now.kind == TOKEN_BAD && r->text[r->now.span.start] == '"')
        raw_fail(r->raw, CEDAR_ERR_SYNTAX,
                 place_of(r, (struct span){r->now.span.start, r->now.span.start + 1}),
                 "strings end with `\"`; inside one write it as `\\\"`", "this string has no end");
}

static bool at(const struct reader *r, enum token_kind kind)
{
    return !raw_failed(r->raw) && r->now.kind == kind;
}

static bool take(struct reader *r, enum token_kind kind)
{
    if (!at(r, kind))
        return false;
    advance(r);
    return true;
}

/* Words of the schema language are reserved nowhere: their place tells. */
static bool at_word(const struct reader *r, const char *word)
{
    return !raw_failed(r->raw) && token_is_word(r->now.kind) && text_is(ahead(r), word);
}

static bool take_word(struct reader *r, const char *word)
{
    if (!at_word(r, word))
        return false;
    advance(r);
    return true;
}

static bool take_question(struct reader *r)
{
    if (!at(r, TOKEN_BAD) || !text_is(ahead(r), "?"))
        return false;
    advance(r);
    return true;
}

static bool expected(struct reader *r, const char *what, const char *help)
{
    struct text t = ahead(r);

    if (r->now.kind == TOKEN_END)
        return raw_fail(r->raw, CEDAR_ERR_SYNTAX, here(r), help,
                        "the text ends where %s is expected", what);
    if (t.length > 40)
        return raw_fail(r->raw, CEDAR_ERR_SYNTAX, here(r), help, "%s is expected here", what);
    return raw_fail(r->raw, CEDAR_ERR_SYNTAX, here(r), help, "%s is expected here, not `%.*s`",
                    what, (int)t.length, t.data);
}

static bool need(struct reader *r, enum token_kind kind)
{
    return take(r, kind) || expected(r, token_kind_name(kind), NULL);
}

/* `,` or the end of the list; a list that may not end with `,` says so. */
static bool more(struct reader *r, enum token_kind close, const char *what)
{
    if (!take(r, TOKEN_COMMA))
        return false;
    if (at(r, close))
        expected(r, what, "this list may not end with `,`");
    return true;
}

static bool enter(struct reader *r)
{
    if (r->nesting == CEDAR_NESTING_MAX)
        return raw_fail(r->raw, CEDAR_ERR_LIMIT, here(r), NULL, "nested too deep");
    r->nesting++;
    return true;
}

/* ---- names ---- */

static bool read_string(struct reader *r, uint32_t *ret)
{
    struct escape_problem wrong;
    uint32_t count;

    if (!at(r, TOKEN_STRING))
        return expected(r, "a string", NULL);
    if (!unescape(r->text, r->now.span, false, r->decoded, &count, &wrong))
        return raw_fail(r->raw, CEDAR_ERR_SYNTAX, place_of(r, wrong.span), NULL, "%s",
                        wrong.message);
    char *bytes = (char *)r->decoded;
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = (char)r->decoded[i];
    if (!raw_symbol(r->raw, here(r), (struct text){bytes, count}, ret))
        return false;
    advance(r);
    return !raw_failed(r->raw);
}

static bool at_name(const struct reader *r)
{
    return at(r, TOKEN_IDENTIFIER) || at(r, TOKEN_CEDAR);
}

static bool read_name(struct reader *r, const char *what, uint32_t *ret)
{
    struct text t = ahead(r);

    if (!raw_failed(r->raw) && token_is_word(r->now.kind) && !at_name(r))
        return raw_fail(r->raw, CEDAR_ERR_SYNTAX, here(r),
                        "attributes and actions of that name are written as a string",
                        "`%.*s` is a reserved word", (int)t.length, t.data);
    if (!at_name(r))
        return expected(r, what, NULL);
    if (!raw_symbol(r->raw, here(r), t, ret))
        return false;
    advance(r);
    return !raw_failed(r->raw);
}

/* A name that something is declared by: `__cedar` is not to be had. */
static bool read_own_name(struct reader *r, const char *what, uint32_t *ret)
{
    if (at(r, TOKEN_CEDAR))
        return raw_fail(r->raw, CEDAR_ERR_NAME, here(r), "choose another name",
                        "`__cedar` is the language's own");
    return read_name(r, what, ret);
}

static bool read_name_or_string(struct reader *r, const char *what, uint32_t *ret)
{
    return at(r, TOKEN_STRING) ? read_string(r, ret) : read_name(r, what, ret);
}

/*
 * A::B as one symbol, whatever stands between its names; with ${ret_id}, also
 * A::B::"id", which then sets it.
 */
static bool read_path(struct reader *r, const char *what, uint32_t *ret, uint32_t *ret_id)
{
    char *joined = (char *)r->decoded;
    uint32_t start = r->now.span.start, n = 0, part;

    for (;;) {
        struct text word = ahead(r);
        if (!read_name(r, what, &part))
            return false;
        memcpy(joined + n, word.data, word.length);
        n += word.length;
        if (!take(r, TOKEN_PATH))
            break;
        if (ret_id != NULL && at(r, TOKEN_STRING)) {
            if (!raw_symbol(r->raw, since(r, start), (struct text){joined, n}, ret))
                return false;
            return read_string(r, ret_id);
        }
        memcpy(joined + n, "::", 2);
        n += 2;
    }
    return !raw_failed(r->raw) &&
           raw_symbol(r->raw, since(r, start), (struct text){joined, n}, ret);
}

/* ---- annotations: read, and of no consequence but that each name stands once ---- */

static bool read_annotation(struct reader *r, struct text *ret)
{
    uint32_t ignored;

    *ret = ahead(r);
    if (!token_is_word(r->now.kind))
        return expected(r, "the annotation's name", NULL);
    advance(r);
    if (take(r, TOKEN_OPEN) && (!read_string(r, &ignored) || !need(r, TOKEN_CLOSE)))
        return false;
    return !raw_failed(r->raw);
}

static int compare_words(const void *a, const void *b)
{
    const struct text *x = a, *y = b;
    int c = memcmp(x->data, y->data, x->length < y->length ? x->length : y->length);

    if (c != 0)
        return c;
    if (x->length != y->length)
        return x->length < y->length ? -1 : 1;
    return x->data < y->data ? -1 : x->data > y->data;
}

static bool words_differ(struct reader *r, struct text *words, uint32_t count)
{
    if (count > 1)
        qsort(words, count, sizeof *words, compare_words);
    for (uint32_t i = 1; i < count; i++) {
        if (!text_equal(words[i - 1], words[i]))
            continue;
        uint32_t start = (uint32_t)(words[i].data - r->text);
        return raw_fail(r->raw, CEDAR_ERR_DUPLICATE,
                        place_of(r, (struct span){start, start + words[i].length}),
                        "keep one of them", "this annotation stands here twice");
    }
    return true;
}

static bool read_annotations(struct reader *r)
{
    ARRAY(struct text) words = {0};
    struct text word;
    bool ok = true;

    while (ok && take(r, TOKEN_AT)) {
        ok = read_annotation(r, &word);
        if (ok && !array_push(words, word))
            ok = raw_no_memory(r->raw, here(r));
    }
    ok = ok && !raw_failed(r->raw) && words_differ(r, words.at, words.count);
    free(words.at);
    return ok;
}

/* ---- types ---- */

static bool read_attribute(struct reader *r, struct raw_attribute *ret)
{
    if (!read_annotations(r) || !read_name_or_string(r, "an attribute's name", &ret->name))
        return false;
    ret->is_required = !take_question(r);
    ret->first = r->raw->types.count;
    return need(r, TOKEN_COLON) && read_type(r, &ret->type);
}

static bool add_attribute(struct reader *r, struct raw_attribute **attributes, uint32_t *count,
                          uint32_t *room, struct raw_attribute attribute)
{
    struct raw_attribute *moved = array_grow(*attributes, *count, room, sizeof **attributes);

    if (moved == NULL)
        return raw_no_memory(r->raw, here(r));
    *attributes = moved;
    moved[(*count)++] = attribute;
    return true;
}

/* { name: Type, … }, the brace ahead. */
static bool read_record(struct reader *r, uint32_t *ret)
{
    struct raw_attribute *attributes = NULL, attribute;
    uint32_t count = 0, room = 0, start = r->now.span.start;
    bool ok = need(r, TOKEN_OPEN_RECORD);

    while (ok && !at(r, TOKEN_CLOSE_RECORD)) {
        ok = read_attribute(r, &attribute) &&
             add_attribute(r, &attributes, &count, &room, attribute);
        if (!take(r, TOKEN_COMMA))
            break;
    }
    ok = ok && (take(r, TOKEN_CLOSE_RECORD) || expected(r, "`,` or `}`", NULL)) &&
         raw_record(r->raw, since(r, start), attributes, count, ret);
    free(attributes);
    return ok;
}

static bool read_set(struct reader *r, uint32_t start, uint32_t *ret)
{
    uint32_t element;

    if (!need(r, TOKEN_LT) || !read_type(r, &element) || !need(r, TOKEN_GT))
        return false;
    return raw_type(
        r->raw, (struct raw_type){.kind = RAW_SET, .a = element, .place = since(r, start)}, ret);
}

static bool read_type(struct reader *r, uint32_t *ret)
{
    uint32_t start = r->now.span.start, path;
    bool ok;

    if (!enter(r))
        return false;
    if (at(r, TOKEN_OPEN_RECORD)) {
        ok = read_record(r, ret);
    } else if (at_word(r, "Set") && lex(r->text, r->now.span.end, r->end).kind == TOKEN_LT) {
        advance(r);
        ok = read_set(r, start, ret);
    } else {
        ok = read_path(r, "a type", &path, NULL) &&
             raw_type(r->raw,
                      (struct raw_type){.kind = RAW_EITHER, .a = path, .place = since(r, start)},
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

    if (!read_path(r, "an entity type", &name.type, NULL))
        return false;
    name.place = since(r, start);
    return add_name(r, name, run);
}

/* A::B or [A::B, C, …], which may be empty. */
static bool read_entity_type_names(struct reader *r, struct run *run)
{
    *run = (struct run){0};
    if (!take(r, TOKEN_OPEN_SET))
        return read_entity_type_name(r, run);
    if (take(r, TOKEN_CLOSE_SET))
        return true;
    do {
        if (!read_entity_type_name(r, run))
            return false;
    } while (more(r, TOKEN_CLOSE_SET, "an entity type"));
    return take(r, TOKEN_CLOSE_SET) || expected(r, "`,` or `]`", NULL);
}

/* `["a", "b"]`: all entities of a type. */
static bool read_enum(struct reader *r, struct raw_entity_type *type)
{
    uint32_t id;

    type->is_enum = true;
    type->ids.first = r->raw->ids.count;
    if (!need(r, TOKEN_OPEN_SET))
        return false;
    do {
        if (!read_string(r, &id))
            return false;
        if (!array_push(r->raw->ids, id))
            return raw_no_memory(r->raw, here(r));
        type->ids.count++;
    } while (more(r, TOKEN_CLOSE_SET, "a string"));
    return take(r, TOKEN_CLOSE_SET) || expected(r, "`,` or `]`", NULL);
}

static bool read_entity_body(struct reader *r, struct raw_entity_type *type)
{
    if (take_word(r, "enum"))
        return read_enum(r, type);
    if (take_word(r, "in") && !read_entity_type_names(r, &type->parents))
        return false;
    bool has_sign = take(r, TOKEN_ASSIGN);
    if ((has_sign || at(r, TOKEN_OPEN_RECORD)) && !read_record(r, &type->shape))
        return false;
    return !take_word(r, "tags") || read_type(r, &type->tags);
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
        name.place = since(r, start);
        if (!array_push(ret->names, name))
            return raw_no_memory(r->raw, here(r));
    } while (take(r, TOKEN_COMMA));
    return !raw_failed(r->raw);
}

static bool read_entity(struct reader *r)
{
    struct raw_entity_type type = {.space = r->raw->space};
    struct heads heads = {0};
    bool ok =
        read_heads(r, "an entity type's name", read_own_name, &heads) &&
        read_entity_body(r, &type) &&
        (take(r, TOKEN_SEMICOLON) || expected(r,
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

    if (at(r, TOKEN_STRING)) {
        if (!read_string(r, &name.id))
            return false;
    } else {
        if (!read_path(r, "an action", &name.type, &name.id))
            return false;
        struct text path = raw_text(r->raw, name.type);
        if (name.id == NO_NAME && memchr(path.data, ':', path.length) != NULL)
            return raw_fail(r->raw, CEDAR_ERR_SYNTAX, since(r, start),
                            "an action of another namespace is Other::Action::\"id\"",
                            "this names no action");
        if (name.id == NO_NAME) {
            name.id = name.type;
            name.type = NO_NAME;
        }
    }
    name.place = since(r, start);
    return add_name(r, name, run);
}

static bool read_groups(struct reader *r, struct run *run)
{
    *run = (struct run){0};
    if (!take(r, TOKEN_OPEN_SET))
        return read_group(r, run);
    do {
        if (!read_group(r, run))
            return false;
    } while (more(r, TOKEN_CLOSE_SET, "an action"));
    return take(r, TOKEN_CLOSE_SET) || expected(r, "`,` or `]`", NULL);
}

static bool read_context(struct reader *r, uint32_t *ret)
{
    uint32_t start = r->now.span.start, path;

    if (at(r, TOKEN_OPEN_RECORD))
        return read_record(r, ret);
    return read_path(r, "a record or the name of one", &path, NULL) &&
           raw_type(r->raw,
                    (struct raw_type){.kind = RAW_COMMON, .a = path, .place = since(r, start)},
                    ret);
}

/* One of `principal: …`, `resource: …`, `context: …`, each at most once. */
static bool read_applies_part(struct reader *r, struct raw_action *action, unsigned *seen)
{
    static const char *const words[] = {"principal", "resource", "context"};
    struct place place = here(r);
    unsigned i = 0;

    while (i < 3 && !at_word(r, words[i]))
        i++;
    if (i == 3)
        return expected(r, "`principal`, `resource` or `context`", NULL);
    advance(r);
    if (*seen & 1U << i)
        return raw_fail(r->raw, CEDAR_ERR_DUPLICATE, place, "keep one of them",
                        "`%s` stands here twice", words[i]);
    *seen |= 1U << i;
    if (!need(r, TOKEN_COLON))
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
    struct place place = place_of(r, (struct span){r->before - 9, r->before});
    unsigned seen = 0;

    if (!need(r, TOKEN_OPEN_RECORD))
        return false;
    do {
        if (!read_applies_part(r, action, &seen))
            return false;
    } while (take(r, TOKEN_COMMA) && !at(r, TOKEN_CLOSE_RECORD));
    if (!take(r, TOKEN_CLOSE_RECORD))
        return expected(r, "`,` or `}`", NULL);
    if ((seen & 3) != 3)
        return raw_fail(r->raw, CEDAR_ERR_SYNTAX, place, "name the entity types it applies to",
                        "`%s` is missing in this `appliesTo`", seen & 1 ? "resource" : "principal");
    return true;
}

static bool read_action(struct reader *r)
{
    struct raw_action action = {.space = r->raw->space};
    struct heads heads = {0};
    bool ok = read_heads(r, "an action's name", read_name_or_string, &heads) &&
              (!take_word(r, "in") || read_groups(r, &action.parents));

    if (ok && take_word(r, "appliesTo"))
        ok = read_applies(r, &action);
    if (ok && take_word(r, "attributes"))
        ok = need(r, TOKEN_OPEN_RECORD) && need(r, TOKEN_CLOSE_RECORD);
    ok = ok && (take(r, TOKEN_SEMICOLON) || expected(r, "`in`, `appliesTo` or `;`", NULL));
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
    struct raw_common common = {.space = r->raw->space, .place = here(r)};

    if (!read_own_name(r, "the type's name", &common.name))
        return false;
    struct text name = raw_text(r->raw, common.name);
    if (raw_is_keyword(name))
        return raw_fail(r->raw, CEDAR_ERR_NAME, common.place, "choose another name",
                        "`%.*s` is a word of the schema language", (int)name.length, name.data);
    return need(r, TOKEN_ASSIGN) && read_type(r, &common.type) && need(r, TOKEN_SEMICOLON) &&
           (array_push(r->raw->commons, common) || raw_no_memory(r->raw, common.place));
}

static bool read_declaration(struct reader *r)
{
    if (take_word(r, "entity"))
        return read_entity(r);
    if (take_word(r, "action"))
        return read_action(r);
    return take_word(r, "type") ? read_common(r)
                                : expected(r, "`entity`, `action` or `type`", NULL);
}

/* Declarations outside of a namespace, wherever they stand, are in the empty one. */
static bool read_outside(struct reader *r)
{
    if (r->nameless == UINT32_MAX && !raw_space(r->raw, NO_NAME, here(r)))
        return false;
    if (r->nameless == UINT32_MAX)
        r->nameless = r->raw->space;
    r->raw->space = r->nameless;
    return read_declaration(r);
}

/* One fragment has a namespace once. */
static bool space_is_new(struct reader *r, uint32_t name, struct place place)
{
    const struct raw *raw = r->raw;

    for (uint32_t i = 0; i < raw->spaces.count; i++)
        if (raw->spaces.at[i].name == name && raw->spaces.at[i].place.fragment == r->fragment)
            return raw_fail(r->raw, CEDAR_ERR_DUPLICATE, place,
                            "put its declarations into the first one",
                            "this namespace stands here twice");
    return true;
}

static bool read_space(struct reader *r)
{
    uint32_t start = r->now.span.start, name;
    bool ok = read_path(r, "the namespace's name", &name, NULL);
    struct place place = since(r, start);

    if (!ok)
        return false;
    if (path_is_reserved(raw_text(r->raw, name)))
        return raw_fail(r->raw, CEDAR_ERR_NAME, place, "choose another name",
                        "`__cedar` is the language's own");
    if (!space_is_new(r, name, place) || !raw_space(r->raw, name, place) ||
        !need(r, TOKEN_OPEN_RECORD))
        return false;
    while (ok && !take(r, TOKEN_CLOSE_RECORD)) {
        if (!raw_failed(r->raw) && r->now.kind == TOKEN_END)
            return expected(r, "`}` of the namespace", NULL);
        ok = read_annotations(r) && read_declaration(r);
    }
    return ok;
}

static bool read_all(struct reader *r)
{
    bool ok = true;

    advance(r);
    while (ok && !at(r, TOKEN_END)) {
        ok = read_annotations(r);
        if (!ok)
            break;
        if (take_word(r, "namespace"))
            ok = read_space(r);
        else if (at_word(r, "entity") || at_word(r, "action") || at_word(r, "type"))
            ok = read_outside(r);
        else
            ok = expected(r, "`namespace`, `entity`, `action` or `type`", NULL);
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
