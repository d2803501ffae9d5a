#include "policy/validate/check.h"

/* ---- == ---- */

/* A literal, or the action of the environment, in the numbers of names. */
struct known_literal {
    uint32_t tag, type, id;
    int64_t number;
};

static bool known_literal(struct check *c, uint32_t node, struct known_literal *ret)
{
    const struct node *n = &c->policies->nodes.at[node];
    struct cedar_value v;

    *ret = (struct known_literal){0};
    if (n->op == NODE_VARIABLE && n->a == VARIABLE_ACTION) {
        struct uid uid = c->schema->actions.at[c->action].uid;
        *ret = (struct known_literal){VALUE_ENTITY, uid.type, uid.id, 0};
        return true;
    }
    if (!shapes_literal(&c->shapes, node, &v))
        return false;
    ret->tag = v.tag;
    if (v.tag == VALUE_STRING) {
        ret->id = c->names[v.symbol];
    } else if (v.tag == VALUE_ENTITY) {
        ret->type = c->names[v.uid.type];
        ret->id = c->names[v.uid.id];
    } else {
        ret->number = v.number;
    }
    return true;
}

static bool is_same(const struct known_literal *a, const struct known_literal *b)
{
    return a->tag == b->tag && a->type == b->type && a->id == b->id && a->number == b->number;
}

/* Entities of different types are never equal; other values of different types are a mistake. */
static uint32_t check_equal(struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];
    uint32_t a = check_value(c, n->a), b = check_value(c, n->b);
    struct known_literal x, y;
    char one[80], other[80];

    if (a == KNOWN_NONE || b == KNOWN_NONE)
        return KNOWN_BOOL;
    if (a != b && typing_is_entity(&c->typing, a) && typing_is_entity(&c->typing, b))
        return KNOWN_FALSE;
    if (known_literal(c, n->a, &x) && known_literal(c, n->b, &y))
        return is_same(&x, &y) ? KNOWN_TRUE : KNOWN_FALSE;
    if (typing_join(&c->typing, a, b) == KNOWN_NONE && c->typing.error == 0)
        check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[node],
                     "compare values of one type", "these can never be equal: %s and %s",
                     check_type_text(c, a, one, sizeof one),
                     check_type_text(c, b, other, sizeof other));
    return KNOWN_BOOL;
}

/* ---- < <= > >= ---- */

static bool has_order(uint32_t type)
{
    return type == KNOWN_LONG || type == KNOWN_DATETIME || type == KNOWN_DURATION;
}

static uint32_t check_order(struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];
    uint32_t a = check_value(c, n->a), b = check_value(c, n->b);
    char one[80], other[80];

    if (a == KNOWN_NONE || b == KNOWN_NONE || (a == b && has_order(a)))
        return KNOWN_BOOL;
    check_type_text(c, a, one, sizeof one);
    check_type_text(c, b, other, sizeof other);
    const char *help = a == KNOWN_DECIMAL && b == KNOWN_DECIMAL
                           ? "decimals are compared by lessThan, lessThanOrEqual, greaterThan, "
                             "greaterThanOrEqual"
                           : "both sides are Long, or datetime, or duration";
    if (has_order(a))
        check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[n->b], help,
                     "this is %2$s and cannot be compared with %1$s", one, other);
    else
        check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[n->a], help,
                     "this is %s, which has no order", one);
    return KNOWN_BOOL;
}

static uint32_t check_arithmetic(struct check *c, const struct node *n)
{
    check_wanted(c, n->a, KNOWN_LONG);
    check_wanted(c, n->b, KNOWN_LONG);
    return KNOWN_LONG;
}

/* ---- in ---- */

/* One action, or several in brackets, given by literals: the number of their nodes. */
static uint32_t literal_uids(struct check *c, uint32_t node, const uint32_t **ret_nodes,
                             uint32_t *one)
{
    const struct node *n = &c->policies->nodes.at[node];
    struct known_literal x;

    *one = node;
    *ret_nodes = one;
    if (known_literal(c, node, &x))
        return x.tag == VALUE_ENTITY ? 1 : 0;
    if (n->op != NODE_SET)
        return 0;
    c->work += n->c;
    *ret_nodes = &c->policies->children.at[n->b];
    for (uint32_t i = 0; i < n->c; i++)
        if (!known_literal(c, (*ret_nodes)[i], &x) || x.tag != VALUE_ENTITY)
            return 0;
    return n->c;
}

static uint32_t action_number(const struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];

    if (n->op == NODE_VARIABLE)
        return n->a == VARIABLE_ACTION ? c->action : UINT32_MAX;
    if (n->op != NODE_LITERAL || c->policies->values.at[n->a].tag != VALUE_ENTITY)
        return UINT32_MAX;
    const struct cedar_value *v = &c->policies->values.at[n->a];
    return check_action(c, (struct uid){v->uid.type, v->uid.id});
}

/* An action in actions: the schema has the answer. */
static uint32_t type_of_action_in(struct check *c, uint32_t action, const uint32_t *groups,
                                  uint32_t count)
{
    c->work += count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t group = action_number(c, groups[i]);
        if (group != UINT32_MAX &&
            (group == action ||
             schema_run_has(c->schema, c->schema->actions.at[action].ancestors, group)))
            return KNOWN_TRUE;
    }
    return KNOWN_FALSE;
}

/* Whether some action of one type is in one of the other. */
static bool action_types_in(struct check *c, uint32_t child, uint32_t group)
{
    const struct cedar_schema *s = c->schema;

    if (child == group)
        return true;
    c->work += s->actions.count;
    for (uint32_t i = 0; i < s->actions.count; i++) {
        if (s->actions.at[i].uid.type != child)
            continue;
        struct run up = s->actions.at[i].ancestors;
        for (uint32_t k = 0; k < up.count; k++)
            if (s->actions.at[s->numbers.at[up.first + k]].uid.type == group)
                return true;
    }
    return false;
}

static uint32_t type_of_in(struct check *c, uint32_t left, uint32_t group)
{
    struct schema_type a = typing_at(&c->typing, left), b = typing_at(&c->typing, group);
    bool may = false;

    if (a.kind == TYPE_ENTITY && b.kind == TYPE_ENTITY)
        may = a.a == b.a || schema_entity_in(c->schema, a.a, b.a);
    else if (a.kind == TYPE_ACTION && b.kind == TYPE_ACTION)
        may = action_types_in(c, a.a, b.a);
    return may ? KNOWN_BOOL : KNOWN_FALSE;
}

uint32_t check_in(struct check *c, uint32_t left_node, uint32_t left, uint32_t right_node)
{
    uint32_t right = check_value(c, right_node), group = right, one;
    const uint32_t *groups;
    char got[80];

    if (left != KNOWN_NONE && !typing_is_entity(&c->typing, left)) {
        check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[left_node],
                     typing_is_set(&c->typing, right) ? "membership of a set is set.contains(x)"
                                                      : NULL,
                     "left of `in` an entity is needed, this is %s",
                     check_type_text(c, left, got, sizeof got));
        return KNOWN_BOOL;
    }
    if (right == KNOWN_NONE)
        return KNOWN_BOOL;
    if (typing_is_set(&c->typing, right))
        group = typing_at(&c->typing, right).a;
    if (!typing_is_entity(&c->typing, group)) {
        check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[right_node],
                     typing_is_set(&c->typing, right) ? "membership of a set is set.contains(x)"
                                                      : NULL,
                     "right of `in` an entity or a set of entities is needed, this is %s",
                     check_type_text(c, right, got, sizeof got));
        return KNOWN_BOOL;
    }
    if (left == KNOWN_NONE)
        return KNOWN_BOOL;
    uint32_t action = action_number(c, left_node);
    uint32_t count = action == UINT32_MAX ? 0 : literal_uids(c, right_node, &groups, &one);
    return count != 0 ? type_of_action_in(c, action, groups, count) : type_of_in(c, left, group);
}

/* ---- is ---- */

uint32_t check_is(struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];
    uint32_t left = check_value(c, n->a), type = KNOWN_BOOL;
    char got[80];

    if (left != KNOWN_NONE && !typing_is_entity(&c->typing, left)) {
        check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[n->a],
                     "`is` asks for the type of an entity",
                     "left of `is` an entity is needed, this is %s",
                     check_type_text(c, left, got, sizeof got));
        left = KNOWN_NONE;
    }
    if (left != KNOWN_NONE) {
        struct schema_type of = typing_at(&c->typing, left);
        uint32_t name = of.kind == TYPE_ACTION ? of.a : c->schema->entity_types.at[of.a].name;
        type = name == c->names[n->b] ? KNOWN_TRUE : KNOWN_FALSE;
    }
    if (n->c == 0 || type == KNOWN_FALSE)
        return type;
    return check_in(c, n->a, left, n->c);
}

uint32_t check_relation(struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];

    switch ((enum node_op)n->op) {
    case NODE_EQ:
        return check_equal(c, node);
    case NODE_NE:
        return check_not(check_equal(c, node));
    case NODE_LT:
    case NODE_LE:
    case NODE_GT:
    case NODE_GE:
        return check_order(c, node);
    case NODE_IN:
        return check_in(c, n->a, check_value(c, n->a), n->b);
    default:
        return check_arithmetic(c, n);
    }
}
