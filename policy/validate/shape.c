#include "policy/validate/shape.h"

#include <stdlib.h>

#include "policy/parse.h"

/* What shapes have beside the operators of nodes. */
enum {
    SHAPE_LIST = 128, /* a: the list before, b, c: what is appended */
    SHAPE_TEXT,       /* a: the text before, b: one element of a pattern */
    SHAPE_VALUE = 256 /* and the tag of a literal; a, b: its value */
};

static uint32_t fail(struct shapes *s)
{
    s->error = CEDAR_ERR_MEMORY;
    return 0;
}

static uint32_t shape_hash(struct shape x)
{
    const uint32_t part[] = {x.op, x.a, x.b, x.c};
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < 4; i++) {
        hash = (hash ^ part[i]) * 0x9e3779b1U;
        hash ^= hash >> 15;
    }
    return hash;
}

static uint32_t *slot_of(const struct shapes *s, struct shape x)
{
    uint32_t slot = shape_hash(x) & (s->slot_count - 1);

    for (; s->slots[slot] != 0; slot = (slot + 1) & (s->slot_count - 1)) {
        const struct shape *y = &s->list.at[s->slots[slot]];
        if (y->op == x.op && y->a == x.a && y->b == x.b && y->c == x.c)
            break;
    }
    return &s->slots[slot];
}

static bool grow(struct shapes *s)
{
    uint32_t *more = calloc((size_t)s->slot_count * 2, sizeof *more);

    if (more == NULL)
        return fail(s);
    free(s->slots);
    s->slots = more;
    s->slot_count *= 2;
    for (uint32_t i = 1; i < s->list.count; i++)
        *slot_of(s, s->list.at[i]) = i;
    return true;
}

static bool push(struct shapes *s, struct shape x)
{
    return (array_push(s->list, x) && array_push(s->known, 0) && array_push(s->seen, 0)) || fail(s);
}

static uint32_t make(struct shapes *s, uint32_t op, uint32_t a, uint32_t b, uint32_t c)
{
    struct shape x = {op, a, b, c};

    if (s->error != 0)
        return 0;
    uint32_t *slot = slot_of(s, x);
    if (*slot != 0)
        return *slot;
    uint32_t number = s->list.count;
    *slot = number;
    if (!push(s, x) || (s->list.count * 2 > s->slot_count && !grow(s)))
        return 0;
    return number;
}

int shapes_open(struct shapes *s, const struct cedar_policies *policies)
{
    *s = (struct shapes){.policies = policies, .slot_count = 1024};
    s->slots = calloc(s->slot_count, sizeof *s->slots);
    s->of_node = calloc((size_t)policies->nodes.count + 1, sizeof *s->of_node);
    if (s->slots == NULL || s->of_node == NULL || !push(s, (struct shape){0}))
        return CEDAR_ERR_MEMORY;
    return 0;
}

void shapes_close(struct shapes *s)
{
    free(s->list.at);
    free(s->known.at);
    free(s->seen.at);
    free(s->slots);
    free(s->of_node);
}

uint32_t shapes_get(struct shapes *s, uint32_t base, uint32_t name)
{
    return make(s, NODE_GET, base, name, 0);
}

static uint32_t append(struct shapes *s, uint32_t list, uint32_t b, uint32_t c)
{
    return make(s, SHAPE_LIST, list, b, c);
}

uint32_t shapes_tag(struct shapes *s, uint32_t base, uint32_t key)
{
    return make(s, NODE_CALL, FUNCTION_GET_TAG, append(s, append(s, 0, base, 0), key, 0), 0);
}

/* ---- literals ---- */

static uint32_t of_literal(struct shapes *s, const struct cedar_value *v)
{
    if (v->tag == VALUE_STRING)
        return make(s, SHAPE_VALUE + v->tag, v->symbol, 0, 0);
    if (v->tag == VALUE_ENTITY)
        return make(s, SHAPE_VALUE + v->tag, v->uid.type, v->uid.id, 0);
    return make(s, SHAPE_VALUE + v->tag, (uint32_t)v->number, (uint32_t)((uint64_t)v->number >> 32),
                0);
}

static bool is_bool(const struct shapes *s, uint32_t shape)
{
    return s->list.at[shape].op == SHAPE_VALUE + VALUE_BOOL;
}

/* `a && b`, `a || b`; of two literals the reference engine makes one when it reads them. */
static uint32_t of_pair(struct shapes *s, uint32_t op, uint32_t a, uint32_t b)
{
    if (!is_bool(s, a) || !is_bool(s, b))
        return make(s, op, a, b, 0);
    bool x = s->list.at[a].a != 0, y = s->list.at[b].a != 0;
    struct cedar_value v = cedar_bool(op == NODE_AND ? x && y : x || y);
    return of_literal(s, &v);
}

/* ---- everything else ---- */

static uint32_t of_chain(struct shapes *s, const struct node *n)
{
    uint32_t all = 0;

    for (uint32_t i = 0; i < n->c; i++) {
        uint32_t one = shapes_of(s, s->policies->children.at[n->b + i]);
        all = i == 0 ? one : of_pair(s, n->op, all, one);
    }
    return all;
}

static uint32_t of_list(struct shapes *s, const struct node *n)
{
    uint32_t list = 0;

    for (uint32_t i = 0; i < n->c; i++)
        list = append(s, list, shapes_of(s, s->policies->children.at[n->b + i]), 0);
    return make(s, n->op, n->op == NODE_CALL ? n->a : 0, list, 0);
}

static int field_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* The order in which a record is written does not matter. */
static uint32_t of_record(struct shapes *s, const struct node *n)
{
    uint32_t fields[2 * CEDAR_ATTRIBUTES_MAX], list = 0;

    if (n->c > 2 * CEDAR_ATTRIBUTES_MAX)
        return fail(s);
    for (uint32_t i = 0; i < n->c; i += 2) {
        fields[i] = s->policies->children.at[n->b + i];
        fields[i + 1] = shapes_of(s, s->policies->children.at[n->b + i + 1]);
    }
    qsort(fields, n->c / 2, 2 * sizeof *fields, field_order);
    for (uint32_t i = 0; i < n->c; i += 2)
        list = append(s, list, fields[i], fields[i + 1]);
    return make(s, NODE_RECORD, list, 0, 0);
}

static uint32_t of_has(struct shapes *s, const struct node *n)
{
    uint32_t base = shapes_of(s, n->a), all = 0;

    for (uint32_t i = 0; i < n->c; i++) {
        uint32_t name = s->policies->children.at[n->b + i];
        uint32_t one = make(s, NODE_HAS, base, name, 0);
        all = i == 0 ? one : of_pair(s, NODE_AND, all, one);
        base = shapes_get(s, base, name);
    }
    return all;
}

static uint32_t of_like(struct shapes *s, const struct node *n)
{
    const struct pattern *pattern = &s->policies->patterns.at[n->b];
    uint32_t text = 0;

    for (uint32_t i = 0; i < pattern->count; i++)
        text = make(s, SHAPE_TEXT, text, pattern->elements[i], 0);
    return make(s, NODE_LIKE, shapes_of(s, n->a), text, 0);
}

static uint32_t of_is(struct shapes *s, const struct node *n)
{
    uint32_t base = shapes_of(s, n->a), is = make(s, NODE_IS, base, n->b, 0);

    return n->c == 0 ? is : of_pair(s, NODE_AND, is, make(s, NODE_IN, base, shapes_of(s, n->c), 0));
}

static uint32_t of_relation(struct shapes *s, const struct node *n)
{
    uint32_t a = shapes_of(s, n->a), b = shapes_of(s, n->b);

    switch (n->op) {
    case NODE_NE:
        return make(s, NODE_NOT, make(s, NODE_EQ, a, b, 0), 0, 0);
    case NODE_GT:
        return make(s, NODE_NOT, make(s, NODE_LE, a, b, 0), 0, 0);
    case NODE_GE:
        return make(s, NODE_NOT, make(s, NODE_LT, a, b, 0), 0, 0);
    default:
        return make(s, n->op, a, b, 0);
    }
}

static uint32_t of_node(struct shapes *s, uint32_t node)
{
    const struct node *n = &s->policies->nodes.at[node];

    switch ((enum node_op)n->op) {
    case NODE_LITERAL:
        return of_literal(s, &s->policies->values.at[n->a]);
    case NODE_NONE:
    case NODE_VARIABLE:
        return make(s, n->op, n->a, 0, 0);
    case NODE_NOT:
    case NODE_NEGATE:
        return make(s, n->op, shapes_of(s, n->a), 0, 0);
    case NODE_AND:
    case NODE_OR:
        return of_chain(s, n);
    case NODE_IF:
        return make(s, n->op, shapes_of(s, n->a), shapes_of(s, n->b), shapes_of(s, n->c));
    case NODE_GET:
        return shapes_get(s, shapes_of(s, n->a), n->b);
    case NODE_HAS:
        return of_has(s, n);
    case NODE_LIKE:
        return of_like(s, n);
    case NODE_IS:
        return of_is(s, n);
    case NODE_CALL:
    case NODE_SET:
        return of_list(s, n);
    case NODE_RECORD:
        return of_record(s, n);
    default:
        return of_relation(s, n);
    }
}

/* The nodes are not higher than CEDAR_HEIGHT_MAX, which bounds how deep this goes. */
uint32_t shapes_of(struct shapes *s, uint32_t node)
{
    if (s->of_node[node] == 0 && s->error == 0)
        s->of_node[node] = of_node(s, node);
    return s->of_node[node];
}

bool shapes_literal(struct shapes *s, uint32_t node, struct cedar_value *ret)
{
    const struct node *n = &s->policies->nodes.at[node];

    if (n->op == NODE_LITERAL) {
        *ret = s->policies->values.at[n->a];
        return true;
    }
    if (n->op != NODE_AND && n->op != NODE_OR)
        return false;
    uint32_t shape = shapes_of(s, node);
    *ret = cedar_bool(s->list.at[shape].a != 0);
    return is_bool(s, shape);
}
