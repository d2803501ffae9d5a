#include "policy/eval.h"

/* Expressions whose values are worked out: numbers, sets, records, and patterns. */

static bool eval_arithmetic(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    const struct node *n = &ev->policies->nodes.at[node];
    struct cedar_value a, b;
    int64_t value;
    bool overflow;

    if (!eval_node(ev, n->a, &a) || !eval_node(ev, n->b, &b))
        return false;
    if (a.tag != VALUE_LONG)
        return eval_type(ev, n->a, "long", &a);
    if (b.tag != VALUE_LONG)
        return eval_type(ev, n->b, "long", &b);
    if (n->op == NODE_ADD)
        overflow = __builtin_add_overflow(a.number, b.number, &value);
    else if (n->op == NODE_SUBTRACT)
        overflow = __builtin_sub_overflow(a.number, b.number, &value);
    else
        overflow = __builtin_mul_overflow(a.number, b.number, &value);
    if (overflow)
        return eval_fail(ev, FAULT_OVERFLOW, node);
    *ret = cedar_long(value);
    return true;
}

static bool eval_negate(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    struct cedar_value v;
    int64_t value;

    if (!eval_node(ev, ev->policies->nodes.at[node].a, &v))
        return false;
    if (v.tag != VALUE_LONG)
        return eval_type(ev, ev->policies->nodes.at[node].a, "long", &v);
    if (__builtin_sub_overflow((int64_t)0, v.number, &value))
        return eval_fail(ev, FAULT_OVERFLOW, node);
    *ret = cedar_long(value);
    return true;
}

/*
 * Greedy with one place to come back to: the last wildcard takes one more byte
 * each time.  Bytes will do, because a wildcard is the only element that does
 * not stand for itself and UTF-8 cannot match out of step.
 */
static bool pattern_matches(const struct pattern *pattern, struct text text)
{
    uint32_t at = 0, element = 0, back_at = 0, back_element = UINT32_MAX;

    while (at < text.length) {
        if (element < pattern->count && pattern->elements[element] == PATTERN_ANY) {
            back_element = ++element;
            back_at = at;
        } else if (element < pattern->count &&
                   pattern->elements[element] == (uint8_t)text.data[at]) {
            element++;
            at++;
        } else if (back_element != UINT32_MAX) {
            element = back_element;
            at = ++back_at;
        } else {
            return false;
        }
    }
    while (element < pattern->count && pattern->elements[element] == PATTERN_ANY)
        element++;
    return element == pattern->count;
}

static bool eval_like(struct eval *ev, const struct node *n, struct cedar_value *ret)
{
    struct cedar_value v;

    if (!eval_node(ev, n->a, &v))
        return false;
    if (v.tag != VALUE_STRING)
        return eval_type(ev, n->a, "string", &v);
    *ret = cedar_bool(pattern_matches(&ev->policies->patterns.at[n->b],
                                      symbols_text(&ev->entities->symbols, v.symbol)));
    return true;
}

static bool eval_set(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    const struct node *n = &ev->policies->nodes.at[node];
    struct cedar_value *items = arena_take(ev->scratch, n->c * sizeof *items);

    if (items == NULL)
        return eval_fail(ev, FAULT_MEMORY, node);
    for (uint32_t i = 0; i < n->c; i++)
        if (!eval_node(ev, ev->policies->children.at[n->b + i], &items[i]))
            return false;
    *ret = (struct cedar_value){.tag = VALUE_SET, .items = items};
    ret->count = set_order(items, n->c);
    return true;
}

static bool eval_record(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    const struct node *n = &ev->policies->nodes.at[node];
    uint32_t count = n->c / 2;
    struct value_field *fields = arena_take(ev->scratch, count * sizeof *fields);

    if (fields == NULL)
        return eval_fail(ev, FAULT_MEMORY, node);
    for (uint32_t i = 0; i < count; i++) {
        fields[i].key = ev->policies->children.at[n->b + 2 * i];
        if (!eval_node(ev, ev->policies->children.at[n->b + 2 * i + 1], &fields[i].value))
            return false;
    }
    fields_order(fields, count);
    *ret = (struct cedar_value){.tag = VALUE_RECORD, .count = count, .fields = fields};
    return true;
}

bool eval_made(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    const struct node *n = &ev->policies->nodes.at[node];

    switch ((enum node_op)n->op) {
    case NODE_NEGATE:
        return eval_negate(ev, node, ret);
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
        return eval_arithmetic(ev, node, ret);
    case NODE_LIKE:
        return eval_like(ev, n, ret);
    case NODE_SET:
        return eval_set(ev, node, ret);
    case NODE_RECORD:
        return eval_record(ev, node, ret);
    default:
        return eval_fail(ev, FAULT_TYPE, node);
    }
}
