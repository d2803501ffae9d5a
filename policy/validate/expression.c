#include "policy/parse.h"
#include "policy/validate/check.h"

/* ---- what expressions make sure of ---- */

void check_sure(struct check *c, uint32_t shape)
{
    if (shape != 0 && !array_push(c->sure, shape))
        c->error = CEDAR_ERR_MEMORY;
}

bool check_is_known(const struct check *c, uint32_t shape)
{
    return c->shapes.known.at[shape] != 0;
}

/* From here on, what ${sure} holds from ${first} on is known; or no longer. */
static void know(struct check *c, uint32_t first, uint32_t last)
{
    c->work += last - first;
    for (uint32_t i = first; i < last; i++)
        c->shapes.known.at[c->sure.at[i]]++;
}

static void unknow(struct check *c, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i < last; i++)
        c->shapes.known.at[c->sure.at[i]]--;
}

/* Of what lies from ${first} to ${middle}, only that stays which lies behind ${middle} as well. */
static void keep_common(struct check *c, uint32_t first, uint32_t middle)
{
    uint32_t search = ++c->shapes.search, kept = first;

    c->work += c->sure.count - first;
    for (uint32_t i = middle; i < c->sure.count; i++)
        c->shapes.seen.at[c->sure.at[i]] = search;
    for (uint32_t i = first; i < middle; i++)
        if (c->shapes.seen.at[c->sure.at[i]] == search)
            c->sure.at[kept++] = c->sure.at[i];
    c->sure.count = kept;
}

/* What lies behind ${middle} takes the place of what lies behind ${first}. */
static void keep_last(struct check *c, uint32_t first, uint32_t middle)
{
    c->work += c->sure.count - middle;
    for (uint32_t i = middle; i < c->sure.count; i++)
        c->sure.at[first + i - middle] = c->sure.at[i];
    c->sure.count -= middle - first;
}

/* ---- && ---- */

struct check_chain check_and_begin(const struct check *c)
{
    return (struct check_chain){KNOWN_TRUE, c->sure.count, c->sure.count};
}

bool check_and_next(struct check *c, struct check_chain *chain, uint32_t type)
{
    know(c, chain->known, c->sure.count);
    chain->known = c->sure.count;
    if (type == KNOWN_NONE || chain->type == KNOWN_NONE)
        chain->type = KNOWN_NONE;
    else if (type == KNOWN_FALSE)
        chain->type = KNOWN_FALSE;
    else if (type == KNOWN_BOOL)
        chain->type = KNOWN_BOOL;
    return chain->type != KNOWN_FALSE;
}

uint32_t check_and_end(struct check *c, struct check_chain *chain)
{
    unknow(c, chain->first, chain->known);
    if (chain->type == KNOWN_FALSE)
        c->sure.count = chain->first;
    return chain->type;
}

static uint32_t check_and(struct check *c, const struct node *n)
{
    struct check_chain chain = check_and_begin(c);

    for (uint32_t i = 0; i < n->c; i++)
        if (!check_and_next(c, &chain, check_boolean(c, c->policies->children.at[n->b + i])))
            break;
    return check_and_end(c, &chain);
}

uint32_t check_clauses(struct check *c, const struct policy *policy)
{
    struct check_chain chain = check_and_begin(c);

    for (uint32_t i = 0; i < policy->clause_count; i++) {
        const struct clause *clause = &c->policies->clauses.at[policy->clause_first + i];
        uint32_t before = c->sure.count, type = check_boolean(c, clause->node);
        if (clause->is_unless) {
            c->sure.count = before;
            type = check_not(type);
        }
        if (!check_and_next(c, &chain, type))
            break;
    }
    check_and_end(c, &chain);
    c->sure.count = 0;
    return chain.type;
}

/* ---- the other connectives ---- */

/* The left operand teaches the right one nothing; the whole is sure of what both are sure of. */
static uint32_t check_or(struct check *c, const struct node *n)
{
    uint32_t first = c->sure.count, result = KNOWN_FALSE;

    for (uint32_t i = 0; i < n->c; i++) {
        uint32_t middle = c->sure.count;
        uint32_t type = check_boolean(c, c->policies->children.at[n->b + i]);
        if (type == KNOWN_NONE || result == KNOWN_NONE) {
            result = KNOWN_NONE;
            c->sure.count = first;
        } else if (type == KNOWN_TRUE) {
            keep_last(c, first, middle);
            return KNOWN_TRUE;
        } else if (type == KNOWN_FALSE) {
            c->sure.count = middle;
        } else if (result == KNOWN_FALSE) {
            keep_last(c, first, middle);
            result = KNOWN_BOOL;
        } else {
            keep_common(c, first, middle);
        }
    }
    return result;
}

static uint32_t join_branches(struct check *c, uint32_t node, uint32_t a, uint32_t b)
{
    char one[80], other[80];

    if (a == KNOWN_NONE || b == KNOWN_NONE)
        return KNOWN_NONE;
    uint32_t joined = typing_join(&c->typing, a, b);
    if (joined == KNOWN_NONE && c->typing.error == 0)
        check_report(
            c, CEDAR_ERR_CONFORM, c->policies->spans.at[node],
            "let `then` and `else` be of one type", "the branches of this `if` differ: %s and %s",
            check_type_text(c, a, one, sizeof one), check_type_text(c, b, other, sizeof other));
    return joined;
}

static uint32_t check_if(struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];
    uint32_t first = c->sure.count, test = check_boolean(c, n->a), second = c->sure.count;

    if (test == KNOWN_FALSE) {
        c->sure.count = first;
        return check_expression(c, n->c);
    }
    know(c, first, second);
    uint32_t yes = check_expression(c, n->b), third = c->sure.count;
    unknow(c, first, second);
    if (test == KNOWN_TRUE)
        return yes;
    uint32_t no = check_expression(c, n->c);
    keep_common(c, first, third);
    return join_branches(c, node, yes, no);
}

uint32_t check_not(uint32_t type)
{
    return type == KNOWN_TRUE ? KNOWN_FALSE : type == KNOWN_FALSE ? KNOWN_TRUE : type;
}

/* ---- any expression ---- */

static uint32_t type_of_literal(struct check *c, const struct cedar_value *v)
{
    switch (v->tag) {
    case VALUE_BOOL:
        return v->number != 0 ? KNOWN_TRUE : KNOWN_FALSE;
    case VALUE_LONG:
        return KNOWN_LONG;
    case VALUE_STRING:
        return KNOWN_STRING;
    default:
        break;
    }
    struct uid uid = {v->uid.type, v->uid.id};
    if (is_action_type(symbols_text(&c->policies->symbols, uid.type)))
        return check_action(c, uid) == UINT32_MAX ? KNOWN_NONE
                                                  : typing_action(&c->typing, c->names[uid.type]);
    uint32_t type = check_entity_type(c, uid.type);
    return type == UINT32_MAX ? KNOWN_NONE : typing_entity(&c->typing, type);
}

static uint32_t type_of(struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];

    switch ((enum node_op)n->op) {
    case NODE_NONE:
        return KNOWN_NONE;
    case NODE_LITERAL:
        return type_of_literal(c, &c->policies->values.at[n->a]);
    case NODE_VARIABLE:
        return c->variable_type[n->a];
    case NODE_NOT: {
        uint32_t before = c->sure.count, type = check_boolean(c, n->a);
        c->sure.count = before;
        return check_not(type);
    }
    case NODE_NEGATE:
        check_wanted(c, n->a, KNOWN_LONG);
        return KNOWN_LONG;
    case NODE_AND:
        return check_and(c, n);
    case NODE_OR:
        return check_or(c, n);
    case NODE_IF:
        return check_if(c, node);
    case NODE_GET:
        return check_get(c, node);
    case NODE_HAS:
        return check_has(c, node);
    case NODE_LIKE:
        check_wanted(c, n->a, KNOWN_STRING);
        return KNOWN_BOOL;
    case NODE_IS:
        return check_is(c, node);
    case NODE_CALL:
        return check_call(c, node);
    case NODE_SET:
        return check_set(c, node);
    case NODE_RECORD:
        return check_record(c, node);
    default:
        return check_relation(c, node);
    }
}

uint32_t check_expression(struct check *c, uint32_t node)
{
    uint32_t type;

    c->work++;
    if (check_stopped(c))
        return KNOWN_NONE;
    c->depth++;
    type = type_of(c, node);
    c->depth--;
    return type;
}

uint32_t check_value(struct check *c, uint32_t node)
{
    uint32_t before = c->sure.count, type = check_expression(c, node);

    c->sure.count = before;
    return type;
}

static void report_unwanted(struct check *c, uint32_t node, const char *wanted, uint32_t type)
{
    char got[100];

    check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[node], NULL,
                 "%s is needed here, this is %s", wanted,
                 check_type_text(c, type, got, sizeof got));
}

uint32_t check_boolean(struct check *c, uint32_t node)
{
    uint32_t type = check_expression(c, node);

    if (type == KNOWN_NONE || typing_is_bool(type))
        return type;
    report_unwanted(c, node, "a condition (Bool)", type);
    return KNOWN_NONE;
}

uint32_t check_wanted(struct check *c, uint32_t node, uint32_t wanted)
{
    uint32_t type = check_value(c, node);
    char words[32];

    if (type == KNOWN_NONE || type == wanted)
        return type;
    report_unwanted(c, node, check_type_text(c, wanted, words, sizeof words), type);
    return KNOWN_NONE;
}
