#include "policy/parse.h"

#define UNARY_MAX 4 /* signs of one kind in a row, as the language has it */

static uint32_t parse_binary(struct parser *p, int level);

static uint32_t add_unary(struct parser *p, enum node_op op, uint32_t a, uint32_t start)
{
    return parser_add_node(p, (struct node){.op = op, .a = a}, start, parser_height(p, a));
}

static uint32_t add_pair(struct parser *p, enum node_op op, uint32_t a, uint32_t b, uint32_t start)
{
    unsigned below =
        parser_height(p, a) > parser_height(p, b) ? parser_height(p, a) : parser_height(p, b);

    return parser_add_node(p, (struct node){.op = op, .a = a, .b = b}, start, below);
}

/* A number directly behind a minus is one literal, so that the smallest can be written. */
static bool is_lone_number(const struct parser *p)
{
    struct token next;

    if (p->now.kind != TOKEN_NUMBER)
        return false;
    next = lex(p->set->bytes, p->now.span.end, p->source->span.end);
    return next.kind != TOKEN_DOT && next.kind != TOKEN_OPEN_SET && next.kind != TOKEN_OPEN;
}

static uint32_t parse_unary(struct parser *p)
{
    enum token_kind sign = p->now.kind;
    uint32_t starts[UNARY_MAX], count = 0, node;

    if (sign != TOKEN_NOT && sign != TOKEN_MINUS)
        return parse_member(p);
    while (parser_at(p, sign)) {
        if (count == UNARY_MAX) {
            parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span, NULL, "more than %d %s in a row",
                        UNARY_MAX, token_kind_name(sign));
            return 0;
        }
        starts[count++] = p->now.span.start;
        parser_advance(p);
    }
    if (sign == TOKEN_MINUS && is_lone_number(p))
        node = parse_number(p, true, starts[--count]);
    else
        node = parse_member(p);
    while (node != 0 && count > 0)
        node = add_unary(p, sign == TOKEN_NOT ? NODE_NOT : NODE_NEGATE, node, starts[--count]);
    return node;
}

/* ---- operators ---- */

static uint32_t parse_has(struct parser *p, uint32_t left, uint32_t start)
{
    struct node node = {.op = NODE_HAS, .a = left};
    uint32_t mark = p->stack.count, symbol;

    if (parser_at(p, TOKEN_STRING)) {
        if (!parser_string(p, &symbol) || !parser_push(p, symbol))
            return 0;
    } else {
        do {
            if (!parser_name(p, &symbol) || !parser_push(p, symbol))
                return 0;
        } while (parser_take(p, TOKEN_DOT));
    }
    node.c = p->stack.count - mark;
    node.b = parser_add_children(p, mark);
    return parser_add_node(p, node, start, parser_height(p, left));
}

static uint32_t parse_like(struct parser *p, uint32_t left, uint32_t start)
{
    struct escape_problem wrong;
    struct pattern pattern;

    if (!parser_at(p, TOKEN_STRING)) {
        parser_expected(p, "a pattern, as a string,");
        return 0;
    }
    if (!unescape(p->set->bytes, p->now.span, true, p->decoded, &pattern.count, &wrong)) {
        parser_fail(p, CEDAR_ERR_SYNTAX, wrong.span, NULL, "%s", wrong.message);
        return 0;
    }
    pattern.elements =
        arena_copy(&p->set->arena, p->decoded, pattern.count * sizeof *pattern.elements);
    if (pattern.elements == NULL || !array_push(p->set->patterns, pattern)) {
        parser_no_memory(p);
        return 0;
    }
    parser_advance(p);
    return parser_add_node(
        p, (struct node){.op = NODE_LIKE, .a = left, .b = p->set->patterns.count - 1}, start,
        parser_height(p, left));
}

static uint32_t parse_is(struct parser *p, uint32_t left, uint32_t start)
{
    struct node node = {.op = NODE_IS, .a = left};
    unsigned below = parser_height(p, left);

    if (!parser_type(p, &node.b))
        return 0;
    if (parser_take(p, TOKEN_IN)) {
        node.c = parse_binary(p, 0);
        if (node.c == 0)
            return 0;
        below = parser_height(p, node.c) > below ? parser_height(p, node.c) : below;
    }
    return parser_add_node(p, node, start, below);
}

static enum node_op relation_op(enum token_kind kind)
{
    switch (kind) {
    case TOKEN_EQ:
        return NODE_EQ;
    case TOKEN_NE:
        return NODE_NE;
    case TOKEN_LT:
        return NODE_LT;
    case TOKEN_LE:
        return NODE_LE;
    case TOKEN_GT:
        return NODE_GT;
    case TOKEN_GE:
        return NODE_GE;
    case TOKEN_IN:
        return NODE_IN;
    case TOKEN_HAS:
        return NODE_HAS;
    case TOKEN_LIKE:
        return NODE_LIKE;
    case TOKEN_IS:
        return NODE_IS;
    default:
        return NODE_NONE;
    }
}

static uint32_t parse_relation(struct parser *p)
{
    uint32_t start = p->now.span.start, left = parse_binary(p, 0), right;

    if (left == 0)
        return 0;
    enum node_op op = relation_op(p->now.kind);
    if (op != NODE_NONE) {
        parser_advance(p);
        if (op == NODE_HAS)
            left = parse_has(p, left, start);
        else if (op == NODE_LIKE)
            left = parse_like(p, left, start);
        else if (op == NODE_IS)
            left = parse_is(p, left, start);
        else
            left = (right = parse_binary(p, 0)) == 0 ? 0 : add_pair(p, op, left, right, start);
    }
    if (left != 0 && relation_op(p->now.kind) != NODE_NONE)
        return parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span, "put parentheses around one of them",
                           "two comparisons in a row");
    if (parser_at(p, TOKEN_ASSIGN))
        return parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span, "equality is `==`",
                           "`=` is not an operator");
    return parser_failed(p) ? 0 : left;
}

/* Level 0: + and -, level 1: *, both from the left. */
static uint32_t parse_binary(struct parser *p, int level)
{
    uint32_t start = p->now.span.start, right;
    uint32_t left = level == 0 ? parse_binary(p, 1) : parse_unary(p);

    while (left != 0 && !parser_failed(p)) {
        enum node_op op = NODE_NONE;
        if (level == 1 && parser_at(p, TOKEN_STAR))
            op = NODE_MULTIPLY;
        else if (level == 0 && (parser_at(p, TOKEN_PLUS) || parser_at(p, TOKEN_MINUS)))
            op = parser_at(p, TOKEN_PLUS) ? NODE_ADD : NODE_SUBTRACT;
        else if (parser_at(p, TOKEN_SLASH) || parser_at(p, TOKEN_PERCENT))
            return parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span, NULL,
                               "there is no division and no remainder");
        if (op == NODE_NONE)
            break;
        parser_advance(p);
        right = level == 0 ? parse_binary(p, 1) : parse_unary(p);
        left = right == 0 ? 0 : add_pair(p, op, left, right, start);
    }
    return parser_failed(p) ? 0 : left;
}

/* A chain of && or || is one node, so that its length costs no depth. */
static uint32_t parse_chain(struct parser *p, enum node_op op)
{
    enum token_kind sign = op == NODE_AND ? TOKEN_AND : TOKEN_OR;
    uint32_t mark = p->stack.count, start = p->now.span.start;

    do {
        uint32_t node = op == NODE_AND ? parse_relation(p) : parse_chain(p, NODE_AND);
        if (node == 0 || !parser_push(p, node))
            return 0;
    } while (parser_take(p, sign));
    if (p->stack.count - mark == 1)
        return p->stack.at[--p->stack.count];
    struct node node = {.op = op, .c = p->stack.count - mark};
    unsigned below = parser_tallest(p, mark, 0, 1);
    node.b = parser_add_children(p, mark);
    return parser_add_node(p, node, start, below);
}

static uint32_t parse_if(struct parser *p)
{
    struct node node = {.op = NODE_IF};
    uint32_t start = p->now.span.start;

    parser_advance(p);
    if ((node.a = parse_expression(p)) == 0 || !parser_need(p, TOKEN_THEN) ||
        (node.b = parse_expression(p)) == 0 || !parser_need(p, TOKEN_ELSE) ||
        (node.c = parse_expression(p)) == 0)
        return 0;
    unsigned below = parser_height(p, node.a);
    below = parser_height(p, node.b) > below ? parser_height(p, node.b) : below;
    below = parser_height(p, node.c) > below ? parser_height(p, node.c) : below;
    return parser_add_node(p, node, start, below);
}

uint32_t parse_expression(struct parser *p)
{
    uint32_t node;

    if (parser_failed(p))
        return 0;
    if (p->nesting == CEDAR_NESTING_MAX)
        return parser_fail(p, CEDAR_ERR_LIMIT, p->now.span, NULL, "nested more than %u levels deep",
                           CEDAR_NESTING_MAX);
    p->nesting++;
    node = parser_at(p, TOKEN_IF) ? parse_if(p) : parse_chain(p, NODE_OR);
    p->nesting--;
    return parser_failed(p) ? 0 : node;
}
