#include <stdlib.h>

#include "policy/column.h"

#define USES(variable) (uint8_t)(1U << (variable))
#define USES_RESOURCE  USES(VARIABLE_RESOURCE)
#define USES_KNOWN     0x80U

/* While the terms are made: what nodes use, and the terms by what they say. */
struct compiler {
    struct columns *s;
    const struct cedar_policies *p;
    uint8_t *uses;   /* by node, with USES_KNOWN */
    uint32_t *table; /* terms, plus 1 */
    uint32_t mask;
};

static uint8_t uses_of(struct compiler *c, uint32_t node)
{
    const struct node *n = &c->p->nodes.at[node];
    uint8_t uses = USES_KNOWN;
    uint32_t child;

    if (c->uses[node] != 0)
        return c->uses[node] & (uint8_t)~USES_KNOWN;
    if (n->op == NODE_VARIABLE)
        uses |= USES(n->a);
    for (uint32_t i = 0; (child = node_child(c->p, node, i)) != 0; i++)
        uses |= uses_of(c, child);
    c->uses[node] = uses;
    return uses & (uint8_t)~USES_KNOWN;
}

static uint32_t add_term(struct compiler *c, const struct term *term)
{
    c->s->terms[c->s->term_count] = *term;
    return c->s->term_count++;
}

/* Room for ${count} parts, side by side. */
static uint32_t take_parts(struct compiler *c, uint32_t count)
{
    uint32_t first = c->s->part_count;

    c->s->part_count += count;
    return first;
}

/* The largest parts of ${node} that use the resource and nothing else. */
static void add_resource_parts(struct compiler *c, uint32_t node)
{
    uint32_t child;

    if ((uses_of(c, node) & USES_RESOURCE) == 0)
        return;
    if (uses_of(c, node) == USES_RESOURCE) {
        c->s->parts[take_parts(c, 1)] = node;
        return;
    }
    for (uint32_t i = 0; (child = node_child(c->p, node, i)) != 0; i++)
        add_resource_parts(c, child);
}

/* An expression that is no &&, ||, ! or if, and speaks of the resource and of others. */
static void make_alike(struct compiler *c, struct term *term)
{
    term->kind = TERM_ALIKE;
    term->first = c->s->part_count;
    add_resource_parts(c, term->node);
    term->count = c->s->part_count - term->first;
    for (uint32_t i = 0; i < term->count; i++)
        if (c->p->nodes.at[c->s->parts[term->first + i]].op == NODE_VARIABLE)
            term->kind = TERM_EACH; /* it tells every resource from every other */
    if (term->kind == TERM_ALIKE)
        term->groups = c->s->grouping_count++;
    else
        c->s->part_count = term->first;
}

static uint32_t term_of(struct compiler *c, uint32_t node);

static void make_branches(struct compiler *c, struct term *term, enum term_kind kind)
{
    uint32_t count = 0;

    term->kind = (uint8_t)kind;
    while (node_child(c->p, term->node, count) != 0)
        count++;
    term->count = count;
    term->first = take_parts(c, count);
    for (uint32_t i = 0; i < count; i++)
        c->s->parts[term->first + i] = term_of(c, node_child(c->p, term->node, i));
}

static uint32_t make_term(struct compiler *c, uint32_t node)
{
    struct term term = {.node = node, .uses = uses_of(c, node)};
    enum node_op op = c->p->nodes.at[node].op;

    if ((term.uses & USES_RESOURCE) == 0)
        term.kind = TERM_WHOLE;
    else if (term.uses == USES_RESOURCE)
        term.kind = TERM_EACH;
    else if (op == NODE_AND || op == NODE_OR)
        make_branches(c, &term, op == NODE_AND ? TERM_AND : TERM_OR);
    else if (op == NODE_NOT || op == NODE_IF)
        make_branches(c, &term, op == NODE_NOT ? TERM_NOT : TERM_IF);
    else
        make_alike(c, &term);
    return add_term(c, &term);
}

/* The term of an expression; two that are the same share one. */
static uint32_t term_of(struct compiler *c, uint32_t node)
{
    uint32_t at = node_hash(c->p, node) & c->mask;

    for (; c->table[at] != 0; at = (at + 1) & c->mask)
        if (node_equal(c->p, c->s->terms[c->table[at] - 1].node, node))
            return c->table[at] - 1;
    uint32_t term = make_term(c, node);
    while (c->table[at] != 0) /* the branches may have come to stand here */
        at = (at + 1) & c->mask;
    c->table[at] = term + 1;
    return term;
}

static void make_policy(struct compiler *c, uint32_t number)
{
    const struct policy *policy = &c->p->policies.at[number];
    struct term term = {.kind = TERM_POLICY, .node = number, .count = policy->clause_count + 1};

    term.first = take_parts(c, term.count);
    c->s->parts[term.first] = TERM_NONE;
    if (policy->scopes[VARIABLE_RESOURCE].kind != SCOPE_ANY) {
        const struct term scope = {.kind = TERM_SCOPE, .node = number, .uses = USES_RESOURCE};
        c->s->parts[term.first] = add_term(c, &scope);
        term.uses = USES_RESOURCE;
    }
    for (uint32_t i = 0; i < policy->clause_count; i++) {
        uint32_t clause = term_of(c, c->p->clauses.at[policy->clause_first + i].node);
        c->s->parts[term.first + 1 + i] = clause;
        term.uses |= c->s->terms[clause].uses;
    }
    c->s->roots[number] = add_term(c, &term);
}

int columns_compile(struct columns *s)
{
    const struct cedar_policies *p = s->policies;
    struct compiler c = {.s = s, .p = p, .mask = 15};
    /* A node is the branch or the part of one term at most, and so on. */
    size_t nodes = p->nodes.count, terms = nodes + 2 * (size_t)p->policies.count + 1;
    size_t parts = 2 * nodes + p->policies.count + p->clauses.count + 1;

    while (c.mask < 2 * nodes)
        c.mask = 2 * c.mask + 1;
    c.uses = calloc(nodes + 1, sizeof *c.uses);
    c.table = calloc((size_t)c.mask + 1, sizeof *c.table);
    s->terms = calloc(terms, sizeof *s->terms);
    s->parts = calloc(parts, sizeof *s->parts);
    s->roots = calloc((size_t)p->policies.count + 1, sizeof *s->roots);
    bool ok = c.uses != NULL && c.table != NULL && s->terms != NULL && s->parts != NULL &&
              s->roots != NULL;
    for (uint32_t i = 0; ok && i < p->policies.count; i++)
        make_policy(&c, i);
    free(c.uses);
    free(c.table);
    return ok ? 0 : CEDAR_ERR_MEMORY;
}
