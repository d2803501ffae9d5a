#include <stdio.h>
#include <string.h>

#include "policy/eval.h"
#include "policy/parse.h"

#define UNARY_MAX 4 /* signs of one kind in a row, as the language has it */

static uint32_t parse_binary(struct parser *p, int level);

/* ---- nodes ---- */

static bool no_memory(struct parser *p)
{
    return parser_fail(p, CEDAR_ERR_MEMORY, p->now.span, NULL, "out of memory");
}

static unsigned node_height(const struct parser *p, uint32_t node)
{
    return p->set->nodes.at[node].height;
}

/* Appends a node that covers everything from ${start} to the last token taken. */
static uint32_t add_node(struct parser *p, struct node node, uint32_t start, unsigned below)
{
    struct cedar_policies *set = p->set;
    struct span span = {start, p->before};

    if (parser_failed(p))
        return 0;
    if (below >= CEDAR_HEIGHT_MAX) {
        parser_fail(p, CEDAR_ERR_LIMIT, span, "use parentheses, or split the policy",
                    "this expression has more than %u levels", CEDAR_HEIGHT_MAX);
        return 0;
    }
    node.height = (uint16_t)(below + 1);
    if (!array_push(set->nodes, node) || !array_push(set->spans, span) ||
        !array_push(set->folded, 0)) {
        no_memory(p);
        return 0;
    }
    return set->nodes.count - 1;
}

static uint32_t add_unary(struct parser *p, enum node_op op, uint32_t a, uint32_t start)
{
    return add_node(p, (struct node){.op = op, .a = a}, start, node_height(p, a));
}

static uint32_t add_pair(struct parser *p, enum node_op op, uint32_t a, uint32_t b, uint32_t start)
{
    unsigned below = node_height(p, a) > node_height(p, b) ? node_height(p, a) : node_height(p, b);

    return add_node(p, (struct node){.op = op, .a = a, .b = b}, start, below);
}

static uint32_t add_literal(struct parser *p, struct cedar_value value, uint32_t start)
{
    if (parser_failed(p) || (!array_push(p->set->values, value) && !no_memory(p)))
        return 0;
    return add_node(p, (struct node){.op = NODE_LITERAL, .a = p->set->values.count - 1}, start, 0);
}

/* Moves what the stack holds from ${mark} on to the children; their first is returned. */
static uint32_t add_children(struct parser *p, uint32_t mark)
{
    uint32_t first = p->set->children.count;

    for (uint32_t i = mark; i < p->stack.count; i++)
        if (!array_push(p->set->children, p->stack.at[i])) {
            no_memory(p);
            break;
        }
    p->stack.count = mark;
    return first;
}

static bool push(struct parser *p, uint32_t element)
{
    return array_push(p->stack, element) || no_memory(p);
}

/* ---- what stands alone ---- */

static uint32_t parse_number(struct parser *p, bool negative, uint32_t start)
{
    struct text t = parser_text(p, p->now.span);
    int64_t value = 0;
    bool fits = true;

    for (uint32_t i = 0; i < t.length; i++)
        fits = fits && !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_add_overflow(value, (negative ? -1 : 1) * (t.data[i] - '0'), &value);
    if (!fits) {
        parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span,
                    "the range is -9223372036854775808 to 9223372036854775807",
                    "this number is too large");
        return 0;
    }
    parser_advance(p);
    return add_literal(p, cedar_long(value), start);
}

static uint32_t parse_string(struct parser *p)
{
    uint32_t start = p->now.span.start;
    struct cedar_value v = {.tag = VALUE_STRING};

    return parser_string(p, &v.symbol) ? add_literal(p, v, start) : 0;
}

/* The arguments behind an opening parenthesis, pushed; what closes them is taken. */
static bool parse_arguments(struct parser *p, enum token_kind close, uint32_t most)
{
    uint32_t mark = p->stack.count;

    parser_advance(p);
    while (!parser_at(p, close)) {
        uint32_t node = parse_expression(p);
        if (node == 0 || !push(p, node))
            return false;
        if (p->stack.count - mark > most)
            return parser_fail(p, CEDAR_ERR_LIMIT, p->now.span, NULL, "more than %u elements",
                               most);
        if (!parser_take(p, TOKEN_COMMA))
            break;
    }
    return parser_need(p, close);
}

static unsigned tallest(const struct parser *p, uint32_t mark, uint32_t first, uint32_t step)
{
    unsigned most = 0;

    for (uint32_t i = mark + first; i < p->stack.count; i += step)
        if (node_height(p, p->stack.at[i]) > most)
            most = node_height(p, p->stack.at[i]);
    return most;
}

static uint32_t parse_set(struct parser *p)
{
    uint32_t start = p->now.span.start, mark = p->stack.count;

    if (!parse_arguments(p, TOKEN_CLOSE_SET, CEDAR_ELEMENTS_MAX))
        return 0;
    struct node node = {.op = NODE_SET, .c = p->stack.count - mark};
    unsigned below = tallest(p, mark, 0, 1);
    node.b = add_children(p, mark);
    return add_node(p, node, start, below);
}

/* One `key: value`, pushed as two. */
static bool parse_field(struct parser *p, uint32_t mark)
{
    struct span span = p->now.span;
    uint32_t key, value;

    if (parser_at(p, TOKEN_STRING) ? !parser_string(p, &key) : !parser_name(p, &key))
        return false;
    for (uint32_t i = mark; i < p->stack.count; i += 2)
        if (p->stack.at[i] == key)
            return parser_fail(p, CEDAR_ERR_DUPLICATE, span, NULL,
                               "this record has the attribute `%s` twice",
                               symbols_text(&p->set->symbols, key).data);
    if (!parser_need(p, TOKEN_COLON) || (value = parse_expression(p)) == 0)
        return false;
    return push(p, key) && push(p, value);
}

static uint32_t parse_record(struct parser *p)
{
    uint32_t start = p->now.span.start, mark = p->stack.count;

    parser_advance(p);
    while (!parser_at(p, TOKEN_CLOSE_RECORD)) {
        if (!parse_field(p, mark))
            return 0;
        if (p->stack.count - mark > 2 * CEDAR_ATTRIBUTES_MAX) {
            parser_fail(p, CEDAR_ERR_LIMIT, p->now.span, NULL, "more than %u attributes",
                        CEDAR_ATTRIBUTES_MAX);
            return 0;
        }
        if (!parser_take(p, TOKEN_COMMA))
            break;
    }
    if (!parser_need(p, TOKEN_CLOSE_RECORD))
        return 0;
    struct node node = {.op = NODE_RECORD, .c = p->stack.count - mark};
    unsigned below = tallest(p, mark, 1, 2);
    node.b = add_children(p, mark);
    return add_node(p, node, start, below);
}

/* ---- functions ---- */

static bool unknown_function(struct parser *p, struct span span, bool is_method)
{
    const char *names[64];
    char help[96];
    size_t count = 0;
    struct text t = parser_text(p, span);

#define FUNCTION(name, text, way, arguments)                                                       \
    if (is_method == ((way) != EXTENSION))                                                         \
        names[count++] = text;
#include "policy/function.def"
#undef FUNCTION
    const char *meant = nearest(t, names, count);
    snprintf(help, sizeof help, "did you mean `%s`?", meant == NULL ? "" : meant);
    return parser_fail(p, CEDAR_ERR_SYNTAX, span, meant == NULL ? NULL : help,
                       "there is no %s `%.*s`", is_method ? "method" : "function",
                       (int)(t.length < 60 ? t.length : 60), t.data);
}

/*
 * The value of an extension function on a literal, worked out now; a literal
 * that is not well-formed stays a call and errs when it is evaluated.
 */
static bool fold_call(struct parser *p, uint32_t node, enum function f)
{
    struct cedar_policies *set = p->set;
    const struct node *call = &set->nodes.at[node];

    if (function_info(f)->way != EXTENSION || call->c != 1)
        return true;
    const struct node *argument = &set->nodes.at[set->children.at[call->b]];
    if (argument->op != NODE_LITERAL || set->values.at[argument->a].tag != VALUE_STRING)
        return true;
    struct text text = symbols_text(&set->symbols, set->values.at[argument->a].symbol);
    struct cedar_value v = {0};
    if (!extension_make(f, text, &set->arena, &v))
        return set->arena.error == 0 || no_memory(p);
    set->folded.at[node] = set->values.count + 1;
    return array_push(set->values, v) || no_memory(p);
}

/* The call of the function named at ${name}; ${self} is the x of x.f(), or 0. */
static uint32_t parse_call(struct parser *p, struct span name, uint32_t self, uint32_t start)
{
    uint32_t mark = p->stack.count;
    enum function f;

    if (!function_find(parser_text(p, name), &f) ||
        (function_info(f)->way == EXTENSION) != (self == 0)) {
        unknown_function(p, name, self != 0);
        return 0;
    }
    if ((self != 0 && !push(p, self)) || !parse_arguments(p, TOKEN_CLOSE, 16))
        return 0;
    struct node node = {.op = NODE_CALL, .a = f, .c = p->stack.count - mark};
    uint32_t given = node.c - (self != 0 ? 1 : 0), wanted = function_info(f)->arguments;
    if (given != wanted && function_info(f)->way == METHOD) {
        parser_fail(p, CEDAR_ERR_SYNTAX, name, NULL, "`%s` needs %u argument%s, here are %u",
                    function_info(f)->name, wanted, wanted == 1 ? "" : "s", given);
        return 0;
    }
    unsigned below = tallest(p, mark, 0, 1);
    node.b = add_children(p, mark);
    uint32_t call = add_node(p, node, start, below);
    return call != 0 && fold_call(p, call, f) ? call : 0;
}

/* ---- members ---- */

static bool find_variable(struct text t, enum variable *ret)
{
    static const char *const names[] = {"principal", "action", "resource", "context"};

    for (enum variable v = VARIABLE_PRINCIPAL; v <= VARIABLE_CONTEXT; v++)
        if (text_is(t, names[v])) {
            *ret = v;
            return true;
        }
    return false;
}

static uint32_t unknown_name(struct parser *p, struct span span)
{
    static const char *const names[] = {"principal", "action", "resource", "context"};
    struct text t = parser_text(p, span);
    const char *meant = nearest(t, names, 4);
    char help[64];

    snprintf(help, sizeof help, "did you mean `%s`?", meant == NULL ? "" : meant);
    parser_fail(p, CEDAR_ERR_SYNTAX, span,
                meant != NULL ? help : "text is written \"in quotes\", an entity as Type::\"id\"",
                "`%.*s` is not a variable; there are principal, action, resource and context",
                (int)(t.length < 60 ? t.length : 60), t.data);
    return 0;
}

/* A variable, an entity or the call of a function. */
static uint32_t parse_word(struct parser *p)
{
    struct cedar_value v = {.tag = VALUE_ENTITY};
    struct span span = p->now.span;
    uint32_t words = span.end;
    enum variable variable;
    bool is_uid;

    if (p->now.kind == TOKEN_IF) {
        parser_fail(p, CEDAR_ERR_SYNTAX, span, "write ( if … then … else … )",
                    "an `if` inside an expression needs parentheses");
        return 0;
    }
    if (!parser_path(p, &v.uid.type, &v.uid.id, &is_uid))
        return 0;
    span.end = p->before;
    if (is_uid)
        return add_literal(p, v, span.start);
    if (parser_at(p, TOKEN_OPEN))
        return parse_call(p, span, 0, span.start);
    if (span.end == words && find_variable(parser_text(p, span), &variable))
        return add_node(p, (struct node){.op = NODE_VARIABLE, .a = variable}, span.start, 0);
    return unknown_name(p, span);
}

static uint32_t parse_primary(struct parser *p)
{
    uint32_t start = p->now.span.start, node;

    switch (p->now.kind) {
    case TOKEN_TRUE:
    case TOKEN_FALSE: {
        bool value = p->now.kind == TOKEN_TRUE;
        parser_advance(p);
        return add_literal(p, cedar_bool(value), start);
    }
    case TOKEN_NUMBER:
        return parse_number(p, false, start);
    case TOKEN_STRING:
        return parse_string(p);
    case TOKEN_OPEN_SET:
        return parse_set(p);
    case TOKEN_OPEN_RECORD:
        return parse_record(p);
    case TOKEN_OPEN:
        parser_advance(p);
        node = parse_expression(p);
        return node != 0 && parser_need(p, TOKEN_CLOSE) ? node : 0;
    default:
        if (token_is_word(p->now.kind))
            return parse_word(p);
        parser_expected(p, "an expression");
        return 0;
    }
}

static uint32_t parse_dot(struct parser *p, uint32_t node, uint32_t start)
{
    struct span name = p->now.span;
    uint32_t symbol;

    if (!parser_name(p, &symbol))
        return 0;
    if (parser_at(p, TOKEN_OPEN))
        return parse_call(p, name, node, start);
    return add_node(p, (struct node){.op = NODE_GET, .a = node, .b = symbol}, start,
                    node_height(p, node));
}

static uint32_t parse_index(struct parser *p, uint32_t node, uint32_t start)
{
    uint32_t symbol;

    if (!parser_at(p, TOKEN_STRING)) {
        parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span, "for tags there is x.getTag( … )",
                    "between the brackets only a string may stand");
        return 0;
    }
    if (!parser_string(p, &symbol) || !parser_need(p, TOKEN_CLOSE_SET))
        return 0;
    return add_node(p, (struct node){.op = NODE_GET, .a = node, .b = symbol}, start,
                    node_height(p, node));
}

static uint32_t parse_member(struct parser *p)
{
    uint32_t start = p->now.span.start, node = parse_primary(p);

    while (node != 0 && !parser_failed(p)) {
        if (parser_take(p, TOKEN_DOT))
            node = parse_dot(p, node, start);
        else if (parser_take(p, TOKEN_OPEN_SET))
            node = parse_index(p, node, start);
        else if (parser_at(p, TOKEN_OPEN))
            node = parser_fail(p, CEDAR_ERR_SYNTAX, p->now.span, NULL, "this cannot be called");
        else
            break;
    }
    return parser_failed(p) ? 0 : node;
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
        if (!parser_string(p, &symbol) || !push(p, symbol))
            return 0;
    } else {
        do {
            if (!parser_name(p, &symbol) || !push(p, symbol))
                return 0;
        } while (parser_take(p, TOKEN_DOT));
    }
    node.c = p->stack.count - mark;
    node.b = add_children(p, mark);
    return add_node(p, node, start, node_height(p, left));
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
        no_memory(p);
        return 0;
    }
    parser_advance(p);
    return add_node(p, (struct node){.op = NODE_LIKE, .a = left, .b = p->set->patterns.count - 1},
                    start, node_height(p, left));
}

static uint32_t parse_is(struct parser *p, uint32_t left, uint32_t start)
{
    struct node node = {.op = NODE_IS, .a = left};
    unsigned below = node_height(p, left);

    if (!parser_type(p, &node.b))
        return 0;
    if (parser_take(p, TOKEN_IN)) {
        node.c = parse_binary(p, 0);
        if (node.c == 0)
            return 0;
        below = node_height(p, node.c) > below ? node_height(p, node.c) : below;
    }
    return add_node(p, node, start, below);
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
        if (node == 0 || !push(p, node))
            return 0;
    } while (parser_take(p, sign));
    if (p->stack.count - mark == 1)
        return p->stack.at[--p->stack.count];
    struct node node = {.op = op, .c = p->stack.count - mark};
    unsigned below = tallest(p, mark, 0, 1);
    node.b = add_children(p, mark);
    return add_node(p, node, start, below);
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
    unsigned below = node_height(p, node.a);
    below = node_height(p, node.b) > below ? node_height(p, node.b) : below;
    below = node_height(p, node.c) > below ? node_height(p, node.c) : below;
    return add_node(p, node, start, below);
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
