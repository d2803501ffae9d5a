#include "policy/format/layout.h"

static uint32_t line(struct layout *l)
{
    return doc_line(l->docs);
}

static uint32_t space(struct layout *l)
{
    return doc_space(l->docs);
}

static uint32_t nest(struct layout *l, uint32_t doc)
{
    return doc_nest(l->docs, l->indent, doc);
}

static uint32_t group(struct layout *l, uint32_t doc)
{
    return doc_group(l->docs, doc);
}

/* ---- what binds closest ---- */

/* Items with commas between them, up to ${close}; the comma behind the last one is dropped. */
static uint32_t layout_list(struct layout *l, enum token_kind close,
                            uint32_t (*item)(struct layout *))
{
    uint32_t doc = 0;

    while (!l->lost && layout_kind(l) != close) {
        doc = join(l, doc, item(l));
        if (layout_kind(l) != TOKEN_COMMA)
            break;
        uint32_t comma = l->at;
        l->at++;
        if (layout_kind(l) == close)
            break;
        l->at = comma;
        doc = join(l, doc, layout_token(l), line(l));
    }
    return doc;
}

/* [ … ]: what stands inside goes on one column behind the opening bracket. */
static uint32_t layout_set(struct layout *l)
{
    uint32_t open = layout_token(l);
    uint32_t inside = doc_nest(l->docs, 1, layout_list(l, TOKEN_CLOSE_SET, layout_expression));

    return join(l, open, inside, layout_token(l));
}

static uint32_t layout_field(struct layout *l)
{
    uint32_t key = layout_expression(l), colon = layout_token(l);

    return join(l, key, colon, space(l), layout_expression(l));
}

/* { … }: on lines of its own, if not on one line. */
static uint32_t layout_record(struct layout *l)
{
    uint32_t open = layout_token(l);
    uint32_t inside = layout_list(l, TOKEN_CLOSE_RECORD, layout_field);

    if (inside != 0) {
        inside = nest(l, join(l, line(l), inside));
        inside = group(l, join(l, inside, line(l)));
    }
    return join(l, open, inside, layout_token(l));
}

/* A name, A::B, or A::B::"id". */
static uint32_t layout_path(struct layout *l)
{
    uint32_t doc = layout_token(l);

    while (layout_kind(l) == TOKEN_PATH) {
        uint32_t sign = layout_token(l);
        doc = join(l, doc, sign, layout_token(l));
    }
    return doc;
}

static uint32_t layout_primary(struct layout *l)
{
    uint32_t open, inside;

    switch (layout_kind(l)) {
    case TOKEN_OPEN:
        open = layout_token(l);
        inside = doc_nest(l->docs, 1, layout_expression(l));
        return group(l, join(l, open, inside, layout_token(l)));
    case TOKEN_OPEN_SET:
        return layout_set(l);
    case TOKEN_OPEN_RECORD:
        return layout_record(l);
    default:
        return layout_path(l);
    }
}

/* .name, ( … ) or [ … ] */
static uint32_t layout_access(struct layout *l)
{
    enum token_kind kind = layout_kind(l);
    uint32_t sign = layout_token(l), seam = doc_seam(l->docs), inside;

    switch (kind) {
    case TOKEN_DOT:
        return join(l, sign, layout_token(l));
    case TOKEN_OPEN:
        inside = layout_list(l, TOKEN_CLOSE, layout_expression);
        if (inside != 0)
            inside = join(l, nest(l, join(l, seam, inside)), seam);
        return join(l, sign, inside, layout_token(l));
    default:
        inside = layout_expression(l);
        return join(l, sign, inside, layout_token(l));
    }
}

static bool is_access(enum token_kind kind)
{
    return kind == TOKEN_DOT || kind == TOKEN_OPEN || kind == TOKEN_OPEN_SET;
}

static uint32_t layout_member(struct layout *l)
{
    uint32_t item = layout_primary(l), accesses = 0;

    while (!l->lost && is_access(layout_kind(l))) {
        uint32_t seam = accesses == 0 ? 0 : doc_seam(l->docs);
        accesses = join(l, accesses, seam, layout_access(l));
    }
    return group(l, join(l, item, nest(l, accesses)));
}

/* ---- operators ---- */

static uint32_t layout_unary(struct layout *l)
{
    uint32_t signs = 0;

    while (layout_kind(l) == TOKEN_NOT || layout_kind(l) == TOKEN_MINUS)
        signs = join(l, signs, layout_token(l));
    return join(l, signs, layout_member(l));
}

static uint32_t layout_product(struct layout *l)
{
    uint32_t doc = layout_unary(l);

    while (layout_kind(l) == TOKEN_STAR) {
        uint32_t sign = layout_token(l);
        doc = join(l, doc, space(l), sign, line(l), layout_unary(l));
    }
    return group(l, doc);
}

uint32_t layout_sum(struct layout *l)
{
    uint32_t doc = layout_product(l);

    while (layout_kind(l) == TOKEN_PLUS || layout_kind(l) == TOKEN_MINUS) {
        uint32_t sign = layout_token(l);
        doc = join(l, doc, space(l), sign, line(l), layout_product(l));
    }
    return group(l, doc);
}

static uint32_t layout_is(struct layout *l, uint32_t left)
{
    uint32_t sign = layout_token(l), type = nest(l, layout_sum(l));
    uint32_t doc = join(l, left, space(l), sign, space(l), type);

    if (layout_kind(l) == TOKEN_IN) {
        sign = layout_token(l);
        doc = join(l, doc, line(l), sign, space(l), nest(l, layout_sum(l)));
    }
    return group(l, doc);
}

static uint32_t layout_relation(struct layout *l)
{
    uint32_t left = layout_sum(l), sign;

    switch (layout_kind(l)) {
    case TOKEN_EQ:
    case TOKEN_NE:
    case TOKEN_LT:
    case TOKEN_LE:
    case TOKEN_GT:
    case TOKEN_GE:
    case TOKEN_IN:
        sign = layout_token(l);
        return join(l, left, space(l), sign, space(l), layout_sum(l));
    case TOKEN_HAS:
    case TOKEN_LIKE:
        sign = layout_token(l);
        return group(l, join(l, left, line(l), sign, line(l), nest(l, layout_sum(l))));
    case TOKEN_IS:
        return layout_is(l, left);
    default:
        return left;
    }
}

static uint32_t layout_and(struct layout *l)
{
    uint32_t doc = layout_relation(l);

    while (layout_kind(l) == TOKEN_AND) {
        uint32_t sign = layout_token_then(l, line(l));
        doc = join(l, doc, space(l), sign, layout_relation(l));
    }
    return doc;
}

static uint32_t layout_or(struct layout *l)
{
    uint32_t doc = layout_and(l);

    while (layout_kind(l) == TOKEN_OR) {
        uint32_t sign = layout_token_then(l, line(l));
        doc = join(l, doc, space(l), sign, layout_and(l));
    }
    return doc;
}

/* `if`, `then` or `else`, and what follows it. */
static uint32_t layout_branch(struct layout *l)
{
    uint32_t word = layout_token(l);

    return join(l, word, nest(l, join(l, line(l), layout_expression(l))));
}

uint32_t layout_expression(struct layout *l)
{
    if (layout_kind(l) != TOKEN_IF)
        return layout_or(l);
    uint32_t condition = layout_branch(l), yes = layout_branch(l);
    return group(l, join(l, condition, line(l), yes, line(l), layout_branch(l)));
}
