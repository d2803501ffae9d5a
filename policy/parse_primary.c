#include <stdio.h>
#include <string.h>

#include "policy/eval.h"
#include "policy/parse.h"

/* ---- nodes ---- */

bool parser_no_memory(struct parser *p)
{
    return parser_fail(p, CEDAR_ERR_MEMORY, p->now.span, NULL, "out of memory");
}

unsigned parser_height(const struct parser *p, uint32_t node)
{
    return p->set->nodes.at[node].height;
}

uint32_t parser_add_node(struct parser *p, struct node node, uint32_t start, unsigned below)
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
    node.is_path = node.op == NODE_LITERAL || node.op == NODE_VARIABLE ||
                   (node.op == NODE_GET && set->nodes.at[node.a].is_path);
    if (!array_push(set->nodes, node) || !array_push(set->spans, span) ||
        !array_push(set->folded, 0)) {
        parser_no_memory(p);
        return 0;
    }
    return set->nodes.count - 1;
}

static uint32_t add_literal(struct parser *p, struct cedar_value value, uint32_t start)
{
    if (parser_failed(p) || (!array_push(p->set->values, value) && !parser_no_memory(p)))
        return 0;
    return parser_add_node(p, (struct node){.op = NODE_LITERAL, .a = p->set->values.count - 1},
                           start, 0);
}

uint32_t parser_add_children(struct parser *p, uint32_t mark)
{
    uint32_t first = p->set->children.count;

    for (uint32_t i = mark; i < p->stack.count; i++)
        if (!array_push(p->set->children, p->stack.at[i])) {
            parser_no_memory(p);
            break;
        }
    p->stack.count = mark;
    return first;
}

bool parser_push(struct parser *p, uint32_t element)
{
    return array_push(p->stack, element) || parser_no_memory(p);
}

/* ---- what stands alone ---- */

uint32_t parse_number(struct parser *p, bool negative, uint32_t start)
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
        if (node == 0 || !parser_push(p, node))
            return false;
        if (p->stack.count - mark > most)
            return parser_fail(p, CEDAR_ERR_LIMIT, p->now.span, NULL, "more than %u elements",
                               most);
        if (!parser_take(p, TOKEN_COMMA))
            break;
    }
    return parser_need(p, close);
}

unsigned parser_tallest(const struct parser *p, uint32_t mark, uint32_t first, uint32_t step)
{
    unsigned most = 0;

    for (uint32_t i = mark + first; i < p->stack.count; i += step)
        if (parser_height(p, p->stack.at[i]) > most)
            most = parser_height(p, p->stack.at[i]);
    return most;
}

/* The value of ${node} has been worked out. */
static bool fold(struct parser *p, uint32_t node, struct cedar_value value)
{
    p->set->folded.at[node] = p->set->values.count + 1;
    p->set->nodes.at[node].is_path = 1;
    return array_push(p->set->values, value) || parser_no_memory(p);
}

/* The value of a literal, or one that was worked out; NULL if it is neither. */
static const struct cedar_value *known_value(const struct cedar_policies *set, uint32_t node)
{
    if (set->nodes.at[node].op == NODE_LITERAL)
        return &set->values.at[set->nodes.at[node].a];
    return set->folded.at[node] != 0 ? &set->values.at[set->folded.at[node] - 1] : NULL;
}

/* The value of a set of such, worked out now. */
static bool fold_set(struct parser *p, uint32_t node)
{
    struct cedar_policies *set = p->set;
    const struct node *n = &set->nodes.at[node];

    if (parser_failed(p))
        return false;
    for (uint32_t i = 0; i < n->c; i++)
        if (known_value(set, set->children.at[n->b + i]) == NULL)
            return true;
    struct cedar_value *items = arena_take(&set->arena, n->c * sizeof *items);
    if (items == NULL)
        return parser_no_memory(p);
    for (uint32_t i = 0; i < n->c; i++)
        items[i] = *known_value(set, set->children.at[n->b + i]);
    uint32_t count = set_order(items, n->c);
    return fold(p, node, (struct cedar_value){.tag = VALUE_SET, .count = count, .items = items});
}

static uint32_t parse_set(struct parser *p)
{
    uint32_t start = p->now.span.start, mark = p->stack.count;

    if (!parse_arguments(p, TOKEN_CLOSE_SET, CEDAR_ELEMENTS_MAX))
        return 0;
    struct node node = {.op = NODE_SET, .c = p->stack.count - mark};
    unsigned below = parser_tallest(p, mark, 0, 1);
    node.b = parser_add_children(p, mark);
    uint32_t made = parser_add_node(p, node, start, below);
    return fold_set(p, made) ? made : 0;
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
    return parser_push(p, key) && parser_push(p, value);
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
    unsigned below = parser_tallest(p, mark, 1, 2);
    node.b = parser_add_children(p, mark);
    return parser_add_node(p, node, start, below);
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
        return set->arena.error == 0 || parser_no_memory(p);
    return fold(p, node, v);
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
    if ((self != 0 && !parser_push(p, self)) || !parse_arguments(p, TOKEN_CLOSE, 16))
        return 0;
    struct node node = {.op = NODE_CALL, .a = f, .c = p->stack.count - mark};
    uint32_t given = node.c - (self != 0 ? 1 : 0), wanted = function_info(f)->arguments;
    if (given != wanted && function_info(f)->way == METHOD) {
        parser_fail(p, CEDAR_ERR_SYNTAX, name, NULL, "`%s` needs %u argument%s, here are %u",
                    function_info(f)->name, wanted, wanted == 1 ? "" : "s", given);
        return 0;
    }
    unsigned below = parser_tallest(p, mark, 0, 1);
    node.b = parser_add_children(p, mark);
    uint32_t call = parser_add_node(p, node, start, below);
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
        return parser_add_node(p, (struct node){.op = NODE_VARIABLE, .a = variable}, span.start, 0);
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
    return parser_add_node(p, (struct node){.op = NODE_GET, .a = node, .b = symbol}, start,
                           parser_height(p, node));
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
    return parser_add_node(p, (struct node){.op = NODE_GET, .a = node, .b = symbol}, start,
                           parser_height(p, node));
}

uint32_t parse_member(struct parser *p)
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
