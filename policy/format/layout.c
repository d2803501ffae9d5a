#include "policy/format/layout.h"

/* ---- tokens and their comments ---- */

enum token_kind layout_kind(const struct layout *l)
{
    return l->at < l->text->tokens.count ? l->text->tokens.at[l->at].token.kind : TOKEN_END;
}

uint32_t layout_skip(struct layout *l)
{
    if (l->at < l->text->tokens.count)
        return l->at++;
    l->lost = true;
    return 0;
}

uint32_t layout_join(struct layout *l, const uint32_t *docs, size_t count)
{
    uint32_t doc = 0;

    for (size_t i = 0; i < count; i++)
        doc = doc_join(l->docs, doc, docs[i]);
    return doc;
}

uint32_t layout_leading(struct layout *l, uint32_t token)
{
    struct commented *t = &l->text->tokens.at[token];
    uint32_t doc = 0, newline = doc_newline(l->docs);

    if (t->leads_placed || t->count == 0) {
        t->leads_placed = true;
        return 0;
    }
    t->leads_placed = true;
    for (uint32_t i = 0; i < t->count; i++)
        doc = join(l, doc, newline, doc_text(l->docs, l->text->comments.at[t->first + i]));
    return join(l, doc, newline);
}

uint32_t layout_trailing(struct layout *l, uint32_t token, uint32_t next)
{
    struct commented *t = &l->text->tokens.at[token];
    bool was_placed = t->trails_placed;

    t->trails_placed = true;
    if (was_placed || t->trails.start == t->trails.end)
        return next;
    return join(l, doc_space(l->docs), doc_text(l->docs, t->trails), doc_newline(l->docs));
}

uint32_t layout_word(struct layout *l, uint32_t token)
{
    const struct token *t = &l->text->tokens.at[token].token;
    struct span span = t->span;

    while (t->kind == TOKEN_NUMBER && span.end - span.start > 1 && l->text->text[span.start] == '0')
        span.start++;
    return doc_text(l->docs, span);
}

uint32_t layout_token_then(struct layout *l, uint32_t next)
{
    uint32_t token = layout_skip(l);

    if (l->lost)
        return 0;
    uint32_t leading = layout_leading(l, token), word = layout_word(l, token);
    return join(l, leading, word, layout_trailing(l, token, next));
}

uint32_t layout_token(struct layout *l)
{
    return layout_token_then(l, 0);
}

/* ---- policies ---- */

/* @name or @name("text"), and the end of the line */
static uint32_t layout_annotation(struct layout *l)
{
    uint32_t newline = doc_newline(l->docs), sign = layout_token(l), name = layout_token(l);

    if (layout_kind(l) != TOKEN_OPEN)
        return join(l, sign, name, newline);
    uint32_t open = layout_token(l), text = layout_token(l);
    return join(l, sign, name, open, text, layout_token_then(l, newline));
}

/* `is` and the type, where the scope has them */
static uint32_t layout_scope_type(struct layout *l)
{
    if (layout_kind(l) != TOKEN_IS)
        return 0;
    uint32_t word = doc_group(l->docs, join(l, doc_line(l->docs), layout_token(l)));
    uint32_t doc = join(l, word, doc_line(l->docs), layout_sum(l));
    return doc_group(l->docs, doc_nest(l->docs, l->indent, doc));
}

static bool ends_scope(enum token_kind kind)
{
    return kind == TOKEN_COMMA || kind == TOKEN_CLOSE || kind == TOKEN_END;
}

static uint32_t layout_scope(struct layout *l, bool *ret_is_open)
{
    uint32_t token = layout_skip(l);

    if (l->lost)
        return 0;
    *ret_is_open = *ret_is_open && ends_scope(layout_kind(l));
    uint32_t leading = layout_leading(l, token), word = layout_word(l, token);
    uint32_t trailing = layout_trailing(l, token, 0);
    uint32_t left = join(l, word, trailing, layout_scope_type(l));
    if (ends_scope(layout_kind(l)))
        return join(l, leading, left);
    uint32_t sign = layout_token(l);
    left = doc_group(l->docs, join(l, left, doc_line(l->docs), sign));
    uint32_t right = join(l, doc_line(l->docs), layout_expression(l));
    right = doc_nest(l->docs, l->indent, right);
    return join(l, leading, doc_group(l->docs, join(l, left, right)));
}

/* The three scopes: on one line if none says anything, otherwise on a line each. */
static uint32_t layout_scopes(struct layout *l)
{
    uint32_t scopes[3], commas[2], newline = doc_newline(l->docs), doc = 0;
    bool is_open = true;

    for (int i = 0; i < 3; i++) {
        scopes[i] = layout_scope(l, &is_open);
        if (i < 2)
            commas[i] = layout_skip(l);
    }
    if (l->lost)
        return 0;
    uint32_t between = is_open ? doc_space(l->docs) : newline;
    for (int i = 0; i < 3; i++) {
        doc = join(l, doc, scopes[i]);
        if (i == 2)
            break;
        uint32_t leading = layout_leading(l, commas[i]), comma = layout_word(l, commas[i]);
        doc = join(l, doc, leading, comma, layout_trailing(l, commas[i], between));
    }
    if (is_open)
        return doc_group(l->docs, doc_nest(l->docs, l->indent, doc));
    return join(l, doc_nest(l->docs, l->indent, join(l, newline, doc)), newline);
}

/* when { … } or unless { … } */
static uint32_t layout_clause(struct layout *l)
{
    uint32_t word = layout_skip(l), open = layout_skip(l), line = doc_line(l->docs);

    if (l->lost || l->at >= l->text->tokens.count)
        return 0;
    uint32_t head = join(l, layout_word(l, word), layout_trailing(l, word, line),
                         layout_leading(l, open), layout_word(l, open));
    uint32_t opened = layout_trailing(l, open, line), leading = layout_leading(l, l->at);
    uint32_t inside = doc_group(l->docs, layout_expression(l));
    inside = doc_nest(l->docs, l->indent, join(l, opened, leading, inside));
    uint32_t body = doc_group(l->docs, join(l, inside, line, layout_token(l)));
    uint32_t doc = doc_group(l->docs, join(l, head, body));
    return join(l, layout_leading(l, word), doc);
}

/* `permit (` */
static uint32_t layout_effect(struct layout *l)
{
    uint32_t word = layout_skip(l);

    if (l->lost)
        return 0;
    uint32_t leading = layout_leading(l, word), effect = layout_word(l, word);
    uint32_t trailing = layout_trailing(l, word, 0), line = doc_line(l->docs);
    uint32_t head = join(l, effect, trailing, line, layout_token(l));
    return join(l, leading, doc_group(l->docs, head));
}

/*
 * The parenthesis behind the scopes.  A comma may stand before it; it is dropped,
 * and its comments become those of the parenthesis if that has none of its own.
 */
static uint32_t layout_scopes_end(struct layout *l)
{
    uint32_t spare = l->at;

    if (layout_kind(l) == TOKEN_COMMA)
        l->at++;
    uint32_t close = layout_skip(l);
    if (l->lost)
        return 0;
    const struct commented *t = &l->text->tokens.at[close];
    if (t->count > 0 || t->trails.end > t->trails.start)
        spare = close;
    uint32_t newline = layout_kind(l) == TOKEN_SEMICOLON ? 0 : doc_newline(l->docs);
    uint32_t leading = layout_leading(l, spare), word = layout_word(l, close);
    return join(l, leading, word, layout_trailing(l, spare, newline));
}

uint32_t layout_policy(struct layout *l)
{
    uint32_t doc = 0, newline = doc_newline(l->docs);

    while (!l->lost && layout_kind(l) == TOKEN_AT)
        doc = join(l, doc, layout_annotation(l));
    uint32_t effect = layout_effect(l), scopes = layout_scopes(l);
    doc = join(l, doc, effect, scopes, layout_scopes_end(l));
    for (bool first = true; !l->lost && layout_kind(l) == TOKEN_IDENTIFIER; first = false)
        doc = join(l, doc, first ? 0 : newline, layout_clause(l));
    return join(l, doc, layout_token(l));
}
