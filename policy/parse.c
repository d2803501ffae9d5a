#include "policy/parse.h"

#include <stdio.h>
#include <string.h>

static const char *const variable_names[] = {"principal", "action", "resource"};

static bool scope_uid(struct parser *p, enum variable v, struct uid *ret)
{
    struct span span = p->now.span;

    if (v != VARIABLE_ACTION && parser_at(p, TOKEN_OPEN_SET))
        return parser_fail(p, CEDAR_ERR_SYNTAX, span,
                           "leave the scope open and write `when { principal in [ … ] }`",
                           "a list may stand only behind `action in`");
    if (!parser_uid(p, ret))
        return false;
    span.end = p->before;
    return v != VARIABLE_ACTION || is_action_type(symbols_text(&p->set->symbols, ret->type)) ||
           parser_fail(p, CEDAR_ERR_SYNTAX, span, "write Action::\"id\"",
                       "an action's type must be called Action");
}

static bool scope_set(struct parser *p, struct scope *scope)
{
    struct uid uid;

    scope->kind = SCOPE_IN_SET;
    scope->first = p->set->children.count;
    parser_advance(p);
    while (!parser_at(p, TOKEN_CLOSE_SET)) {
        if (!scope_uid(p, VARIABLE_ACTION, &uid))
            return false;
        if (!array_push(p->set->children, uid.type) || !array_push(p->set->children, uid.id))
            return parser_fail(p, CEDAR_ERR_MEMORY, p->now.span, NULL, "out of memory");
        scope->count++;
        if (!parser_take(p, TOKEN_COMMA))
            break;
    }
    return parser_need(p, TOKEN_CLOSE_SET);
}

static bool scope_is(struct parser *p, enum variable v, struct scope *scope)
{
    if (v == VARIABLE_ACTION)
        return parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span, "use `action ==` or `action in`",
                           "an action cannot be chosen by its type");
    parser_advance(p);
    scope->kind = SCOPE_IS;
    if (!parser_type(p, &scope->type))
        return false;
    if (!parser_take(p, TOKEN_IN))
        return !parser_failed(p);
    scope->kind = SCOPE_IS_IN;
    return scope_uid(p, v, &scope->uid);
}

static bool parse_scope(struct parser *p, enum variable v, struct scope *scope)
{
    struct text t = parser_text(p, p->now.span);

    *scope = (struct scope){.kind = SCOPE_ANY};
    if (!parser_at(p, TOKEN_IDENTIFIER) || !text_is(t, variable_names[v]))
        return parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span,
                           "the scope is always (principal …, action …, resource …)",
                           "`%s` is expected here", variable_names[v]);
    parser_advance(p);
    if (parser_take(p, TOKEN_EQ)) {
        scope->kind = SCOPE_EQ;
        return scope_uid(p, v, &scope->uid);
    }
    if (parser_take(p, TOKEN_IN)) {
        if (v == VARIABLE_ACTION && parser_at(p, TOKEN_OPEN_SET))
            return scope_set(p, scope);
        scope->kind = SCOPE_IN;
        return scope_uid(p, v, &scope->uid);
    }
    if (parser_at(p, TOKEN_IS))
        return scope_is(p, v, scope);
    if (parser_at(p, TOKEN_ASSIGN))
        return parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span, "equality is `==`",
                           "`=` is not an operator");
    if (!parser_at(p, TOKEN_COMMA) && !parser_at(p, TOKEN_CLOSE))
        return parser_fail(
            p, CEDAR_ERR_SYNTAX, p->now.span, "other conditions belong into `when { … }`",
            "behind `%s` there may be only `==`, `in`, `is` or a comma", variable_names[v]);
    return !parser_failed(p);
}

static bool parse_scopes(struct parser *p, struct policy *policy)
{
    if (!parser_need(p, TOKEN_OPEN))
        return false;
    for (enum variable v = VARIABLE_PRINCIPAL; v <= VARIABLE_RESOURCE; v++) {
        uint32_t start = p->now.span.start;
        if (!parse_scope(p, v, &policy->scopes[v]))
            return false;
        policy->scopes[v].span = (struct span){start, p->before};
        if (v < VARIABLE_RESOURCE ? !parser_need(p, TOKEN_COMMA)
                                  : !parser_take(p, TOKEN_COMMA) && parser_failed(p))
            return false;
    }
    return parser_need(p, TOKEN_CLOSE);
}

static bool parse_clause(struct parser *p, struct policy *policy)
{
    struct clause clause = {.span = p->now.span};
    struct text word = parser_text(p, p->now.span);

    clause.is_unless = text_is(word, "unless");
    if (!clause.is_unless && !text_is(word, "when"))
        return parser_expected(p, "`when`, `unless` or `;`");
    parser_advance(p);
    if (!parser_need(p, TOKEN_OPEN_RECORD))
        return false;
    if (parser_at(p, TOKEN_CLOSE_RECORD))
        return parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span, "write a condition, or leave it out",
                           "the braces are empty");
    clause.node = parse_expression(p);
    if (clause.node == 0 || !parser_need(p, TOKEN_CLOSE_RECORD))
        return false;
    clause.span.end = p->before;
    policy->clause_count++;
    return array_push(p->set->clauses, clause) ||
           parser_fail(p, CEDAR_ERR_MEMORY, clause.span, NULL, "out of memory");
}

/*
 * An id stands in records, in messages on a terminal and on pages: no control character in it,
 * and none that turns the writing round (U+202A to U+202E, U+2066 to U+2069).
 */
static bool can_be_printed(struct text id)
{
    const uint8_t *s = (const uint8_t *)id.data;

    for (uint32_t i = 0; i < id.length; i++) {
        uint8_t next = s[i] >= 0x80 && i + 1 < id.length ? s[i + 1] : 0;
        uint8_t last = next != 0 && i + 2 < id.length ? s[i + 2] : 0;
        if (s[i] < ' ' || s[i] == 0x7f || (s[i] == 0xc2 && next < 0xa0) ||
            (s[i] == 0xe2 && next == 0x80 && last >= 0xaa && last <= 0xae) ||
            (s[i] == 0xe2 && next == 0x81 && last >= 0xa6 && last <= 0xa9))
            return false;
    }
    return id.length > 0;
}

static bool parse_annotation(struct parser *p, struct policy *policy)
{
    struct annotation a;
    struct span span;

    parser_advance(p);
    span = p->now.span;
    if (!token_is_word(p->now.kind))
        return parser_expected(p, "the name of an annotation");
    if (!parser_symbol(p, parser_text(p, span), &a.key) ||
        !parser_symbol(p, (struct text){"", 0}, &a.value))
        return false;
    parser_advance(p);
    a.has_value = parser_take(p, TOKEN_OPEN);
    if (a.has_value && (!parser_string(p, &a.value) || !parser_need(p, TOKEN_CLOSE)))
        return false;
    for (uint32_t i = 0; i < policy->annotation_count; i++)
        if (p->set->annotations.at[policy->annotation_first + i].key == a.key)
            return parser_fail(p, CEDAR_ERR_DUPLICATE, span, NULL,
                               "this annotation stands here twice");
    if (text_is(symbols_text(&p->set->symbols, a.key), "id")) {
        struct text id = symbols_text(&p->set->symbols, a.value);
        if (!can_be_printed(id))
            return parser_fail(p, CEDAR_ERR_SYNTAX, span, "write @id(\"some-name\")",
                               "an @id must be a text that can be printed");
        policy->id = a.value;
        policy->has_id = true;
    }
    policy->annotation_count++;
    return array_push(p->set->annotations, a) ||
           parser_fail(p, CEDAR_ERR_MEMORY, span, NULL, "out of memory");
}

static bool default_id(struct parser *p, struct policy *policy)
{
    char name[32];

    if (policy->has_id)
        return true;
    snprintf(name, sizeof name, "policy%u", p->set->policies.count);
    return parser_symbol(p, text_of(name), &policy->id);
}

static bool parse_effect(struct parser *p, struct policy *policy)
{
    static const char *const effects[] = {"permit", "forbid"};
    struct text word = parser_text(p, p->now.span);

    policy->is_forbid = text_is(word, "forbid");
    if (!parser_at(p, TOKEN_IDENTIFIER))
        return parser_expected(p, "`permit` or `forbid`");
    if (!policy->is_forbid && !text_is(word, "permit")) {
        char help[64];
        const char *meant = nearest(word, effects, 2);
        snprintf(help, sizeof help, "did you mean `%s`?", meant == NULL ? "" : meant);
        return parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span, meant == NULL ? NULL : help,
                           "a policy begins with `permit` or `forbid`");
    }
    parser_advance(p);
    return !parser_failed(p);
}

static bool parse_policy(struct parser *p)
{
    struct policy policy = {
        .clause_first = p->set->clauses.count,
        .annotation_first = p->set->annotations.count,
        .span = p->now.span,
    };

    while (parser_at(p, TOKEN_AT))
        if (!parse_annotation(p, &policy))
            return false;
    if (!parse_effect(p, &policy) || !parse_scopes(p, &policy))
        return false;
    while (!parser_at(p, TOKEN_SEMICOLON))
        if (!parse_clause(p, &policy))
            return false;
    parser_advance(p);
    policy.span.end = p->before;
    if (p->set->policies.count >= CEDAR_POLICIES_MAX)
        return parser_fail(p, CEDAR_ERR_LIMIT, policy.span, NULL, "too many policies, at most %u",
                           CEDAR_POLICIES_MAX);
    if (!default_id(p, &policy) || parser_failed(p))
        return false;
    return array_push(p->set->policies, policy) ||
           parser_fail(p, CEDAR_ERR_MEMORY, policy.span, NULL, "out of memory");
}

bool parse_source(struct parser *p)
{
    while (!parser_failed(p) && !parser_at(p, TOKEN_END))
        if (!parse_policy(p))
            return false;
    return !parser_failed(p);
}
