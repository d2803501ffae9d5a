#include <stdlib.h>

#include "policy/ast.h"

/*
 * Conditions that are the same at several places: mandatory rules ask the same
 * `x has a` again and again.  A decision evaluates each once.
 */

static uint32_t mix(uint32_t hash, uint32_t more)
{
    uint64_t h = ((uint64_t)hash << 32 | more) * 0x9e3779b97f4a7c15u;

    return (uint32_t)(h ^ h >> 32);
}

uint32_t node_hash(const struct cedar_policies *p, uint32_t node)
{
    const struct node *n = &p->nodes.at[node];
    uint32_t hash = mix(n->op, n->height), child;

    if (n->op == NODE_VARIABLE || n->op == NODE_CALL)
        hash = mix(hash, n->a);
    else if (n->op == NODE_GET || n->op == NODE_IS)
        hash = mix(hash, n->b);
    else if (n->op == NODE_LITERAL)
        hash = mix(hash, value_hash(&p->values.at[n->a]));
    for (uint32_t i = 0; n->op == NODE_HAS && i < n->c; i++)
        hash = mix(hash, p->children.at[n->b + i]);
    for (uint32_t i = 0; (child = node_child(p, node, i)) != 0; i++)
        hash = mix(hash, node_hash(p, child));
    return hash;
}

static bool is_condition(const struct node *n)
{
    switch ((enum node_op)n->op) {
    case NODE_EQ:
    case NODE_NE:
    case NODE_LT:
    case NODE_LE:
    case NODE_GT:
    case NODE_GE:
    case NODE_IN:
    case NODE_HAS:
    case NODE_IS:
    case NODE_CALL:
        return true;
    default:
        return false;
    }
}

static void share(struct cedar_policies *p, uint32_t first, uint32_t again)
{
    if (!p->nodes.at[first].is_shared) {
        if (p->shared_count == SHARED_MAX)
            return;
        p->nodes.at[first].is_shared = 1;
        p->shared[first] = (uint16_t)p->shared_count++;
    }
    p->nodes.at[again].is_shared = 1;
    p->shared[again] = p->shared[first];
}

/* ---- paths ---- */

/* The row of attribute ${key} of what row ${of} is, made if need be; 0 when there is no room. */
static uint32_t path_row(struct cedar_policies *p, uint32_t of, uint32_t key)
{
    for (uint32_t i = VARIABLE_CONTEXT + 1; i < p->path_count; i++)
        if (p->paths[i].of == of && p->paths[i].key == key)
            return i;
    if (p->path_count == PATHS_MAX)
        return 0;
    p->paths[of].is_inner = true;
    p->paths[p->path_count] = (struct path_row){of, key, false};
    return p->path_count++;
}

/* The row of ${node}, whose own children come before it in number; false when it has none. */
static bool row_of(const struct cedar_policies *p, uint32_t node, uint32_t *ret)
{
    const struct node *n = &p->nodes.at[node];

    *ret = n->op == NODE_VARIABLE ? n->a : n->op == NODE_GET ? p->path_of[node] : 0;
    return n->op == NODE_VARIABLE || *ret != 0;
}

static void number_path(struct cedar_policies *p, uint32_t node)
{
    const struct node *n = &p->nodes.at[node];
    uint32_t row;

    if ((n->op != NODE_GET && n->op != NODE_HAS) || !row_of(p, n->a, &row))
        return;
    if (n->op == NODE_GET) {
        p->path_of[node] = (uint16_t)path_row(p, row, n->b);
        return;
    }
    if (p->nodes.at[n->a].op != NODE_VARIABLE)
        return; /* x.a has b errs where there is no x.a; x has a.b does not */
    for (uint32_t i = 0; i < n->c; i++) {
        row = path_row(p, row, p->children.at[n->b + i]);
        if (row == 0)
            return;
    }
    p->path_of[node] = (uint16_t)row;
}

static int paths_build(struct cedar_policies *p)
{
    p->path_of = calloc((size_t)p->nodes.count + 1, sizeof *p->path_of);
    if (p->path_of == NULL)
        return CEDAR_ERR_MEMORY;
    p->path_count = VARIABLE_CONTEXT + 1;
    for (uint32_t i = 1; i < p->nodes.count; i++)
        number_path(p, i);
    return 0;
}

int share_build(struct cedar_policies *p)
{
    if (paths_build(p) != 0)
        return CEDAR_ERR_MEMORY;
    uint32_t mask = 15;

    while (mask < 2 * p->nodes.count)
        mask = 2 * mask + 1;
    uint32_t *table = calloc((size_t)mask + 1, sizeof *table);
    p->shared = calloc((size_t)p->nodes.count + 1, sizeof *p->shared);
    if (table == NULL || p->shared == NULL) {
        free(table);
        return CEDAR_ERR_MEMORY;
    }
    for (uint32_t i = 1; i < p->nodes.count; i++) {
        if (!is_condition(&p->nodes.at[i]))
            continue;
        uint32_t at = node_hash(p, i) & mask;
        while (table[at] != 0 && !node_equal(p, table[at], i))
            at = (at + 1) & mask;
        if (table[at] == 0)
            table[at] = i;
        else
            share(p, table[at], i);
    }
    free(table);
    return 0;
}
