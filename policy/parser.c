#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"

bool parser_failed(const struct parser *p)
{
    return p->problem->code != 0;
}

bool parser_fail(struct parser *p, int code, struct span span, const char *help, const char *format,
                 ...)
{
    char message[sizeof p->problem->message];
    va_list args;

    if (parser_failed(p))
        return false;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    problem_set(p->problem, p->set, code, span, help, message);
    return false;
}

struct text parser_text(const struct parser *p, struct span span)
{
    return policies_text(p->set, span);
}

/* What no policy may contain anywhere. */
static void refuse_token(struct parser *p)
{
    struct text t = parser_text(p, p->now.span);

    if (p->now.kind == TOKEN_SLOT)
        parser_fail(p, CEDAR_ERR_TEMPLATE, p->now.span,
                    "write one policy for each case, with the entity itself",
                    "templates are not supported: `%.*s` is a slot", (int)t.length, t.data);
    else if (p->now.kind == TOKEN_BAD && t.data[0] == '"')
        parser_fail(p, CEDAR_ERR_SYNTAX, (struct span){p->now.span.start, p->now.span.start + 1},
                    "strings end with `\"`; inside one write it as `\\\"`",
                    "this string has no end");
    else if (p->now.kind == TOKEN_BAD)
        parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span,
                    t.data[0] == '&'    ? "“and” is `&&`"
                    : t.data[0] == '|'  ? "“or” is `||`"
                    : t.data[0] == '\'' ? "strings stand in `\"`"
                                        : NULL,
                    "`%.*s` means nothing here", (int)t.length, t.data);
}

void parser_advance(struct parser *p)
{
    p->before = p->now.span.end;
    p->now = lex(p->set->bytes, p->now.span.end, p->source->span.end);
    refuse_token(p);
}

bool parser_at(const struct parser *p, enum token_kind kind)
{
    return !parser_failed(p) && p->now.kind == kind;
}

bool parser_take(struct parser *p, enum token_kind kind)
{
    if (!parser_at(p, kind))
        return false;
    parser_advance(p);
    return true;
}

bool parser_expected(struct parser *p, const char *what)
{
    struct text t = parser_text(p, p->now.span);

    if (p->now.kind == TOKEN_END)
        return parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span, NULL,
                           "the text ends where %s is expected", what);
    if (t.length > 40)
        return parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span, NULL, "%s is expected here", what);
    return parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span, NULL, "%s is expected here, not `%.*s`",
                       what, (int)t.length, t.data);
}

bool parser_need(struct parser *p, enum token_kind kind)
{
    return parser_take(p, kind) || parser_expected(p, token_kind_name(kind));
}

bool parser_symbol(struct parser *p, struct text text, uint32_t *ret)
{
    int r = symbols_add(&p->set->symbols, text, ret);

    return r == 0 || parser_fail(p, r, p->now.span, NULL, "%s", cedar_error_text(r));
}

bool parser_string(struct parser *p, uint32_t *ret)
{
    struct escape_problem wrong;
    uint32_t count;

    if (!parser_at(p, TOKEN_STRING))
        return parser_expected(p, token_kind_name(TOKEN_STRING));
    if (!unescape(p->set->bytes, p->now.span, false, p->decoded, &count, &wrong))
        return parser_fail(p, CEDAR_ERR_SYNTAX, wrong.span, NULL, "%s", wrong.message);
    char *bytes = (char *)p->decoded;
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = (char)p->decoded[i];
    if (!parser_symbol(p, (struct text){bytes, count}, ret))
        return false;
    parser_advance(p);
    return !parser_failed(p);
}

bool parser_name(struct parser *p, uint32_t *ret)
{
    struct text t = parser_text(p, p->now.span);

    if (token_is_word(p->now.kind) && p->now.kind != TOKEN_IDENTIFIER)
        return parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span,
                           "an attribute of that name is written as a string: `has \"if\"`, "
                           "`x[\"if\"]`, `{\"if\": 1}`",
                           "`%.*s` is a reserved word", (int)t.length, t.data);
    if (!parser_at(p, TOKEN_IDENTIFIER))
        return parser_expected(p, token_kind_name(TOKEN_IDENTIFIER));
    if (!parser_symbol(p, t, ret))
        return false;
    parser_advance(p);
    return !parser_failed(p);
}

/* The canonical text of a path: its names joined by "::", whatever stands between them. */
static bool path_symbol(struct parser *p, struct span span, uint32_t *ret)
{
    char *joined = (char *)p->decoded;
    uint32_t n = 0;

    for (uint32_t at = span.start; at < span.end;) {
        struct token t = lex(p->set->bytes, at, span.end);
        struct text word = parser_text(p, t.span);
        memcpy(joined + n, word.data, word.length);
        n += word.length;
        at = t.span.end;
    }
    return parser_symbol(p, (struct text){joined, n}, ret);
}

bool parser_path(struct parser *p, uint32_t *ret_type, uint32_t *ret_id, bool *ret_is_uid)
{
    struct span span = p->now.span;
    uint32_t ignored;

    *ret_is_uid = false;
    if (!parser_name(p, &ignored))
        return false;
    span.end = p->before;
    while (parser_take(p, TOKEN_PATH)) {
        if (parser_at(p, TOKEN_STRING)) {
            *ret_is_uid = true;
            return path_symbol(p, span, ret_type) && parser_string(p, ret_id);
        }
        if (parser_at(p, TOKEN_OPEN_RECORD))
            return parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span, "write Type::\"id\"",
                               "entities are named by a string");
        if (!parser_name(p, &ignored))
            return false;
        span.end = p->before;
    }
    return !parser_failed(p) && path_symbol(p, span, ret_type);
}

bool parser_uid(struct parser *p, struct uid *ret)
{
    unsigned parentheses = 0;
    struct span span;
    bool is_uid;

    while (parentheses < CEDAR_NESTING_MAX && parser_take(p, TOKEN_OPEN))
        parentheses++;
    span = p->now.span;
    if (!token_is_word(p->now.kind))
        return parser_expected(p, "an entity, as Type::\"id\",");
    if (!parser_path(p, &ret->type, &ret->id, &is_uid))
        return false;
    span.end = p->before;
    if (!is_uid)
        return parser_fail(p, CEDAR_ERR_SYNTAX, span, "write Type::\"id\"",
                           "this names a type, but one entity is needed");
    for (; parentheses > 0; parentheses--)
        if (!parser_need(p, TOKEN_CLOSE))
            return false;
    return true;
}

bool parser_type(struct parser *p, uint32_t *ret)
{
    struct span span = p->now.span;
    uint32_t id;
    bool is_uid;

    if (!token_is_word(p->now.kind))
        return parser_expected(p, "an entity type");
    if (!parser_path(p, ret, &id, &is_uid))
        return false;
    span.end = p->before;
    return !is_uid || parser_fail(p, CEDAR_ERR_SYNTAX, span, "use `==` or `in` for one entity",
                                  "`is` needs an entity type, this is one entity");
}

bool parser_open(struct parser *p, struct cedar_policies *set, const struct source *source,
                 struct cedar_problem *problem)
{
    *p = (struct parser){.set = set, .source = source, .problem = problem};
    *problem = (struct cedar_problem){0};
    p->decoded = calloc((size_t)(source->span.end - source->span.start) + 1, sizeof *p->decoded);
    p->now.span = (struct span){source->span.start, source->span.start};
    if (p->decoded == NULL)
        return parser_fail(p, CEDAR_ERR_MEMORY, p->now.span, NULL, "out of memory");
    parser_advance(p);
    return !parser_failed(p);
}

void parser_close(struct parser *p)
{
    free(p->decoded);
    free(p->stack.at);
}
