#include "policy/parse.h"

/*
 * The clauses of a policy as one flat walk: `&&`, `||`, `!` and `if` are where a step goes
 * next, so that a decision visits only the conditions between them, and calls nothing
 * for the structure.
 */

static bool put(struct cedar_policies *p, uint32_t node, uint32_t yes, uint32_t no, uint32_t *ret)
{
    const struct node *n = &p->nodes.at[node];
    const struct step step = {.node = node,
                              .yes = yes,
                              .no = no,
                              .row = p->path_of[node],
                              .is_has = n->op == NODE_HAS,
                              .shared = n->is_shared ? (uint16_t)(p->shared[node] + 1) : 0};

    *ret = p->steps.count;
    return array_push(p->steps, step);
}

static bool compile(struct cedar_policies *p, uint32_t node, uint32_t yes, uint32_t no,
                    uint32_t *ret)
{
    const struct node n = p->nodes.at[node];
    uint32_t next, other;

    switch ((enum node_op)n.op) {
    case NODE_NOT:
        return compile(p, n.a, no, yes, ret);
    case NODE_AND:
    case NODE_OR:
        next = n.op == NODE_AND ? yes : no;
        for (uint32_t i = n.c; i-- > 0;)
            if (!compile(p, p->children.at[n.b + i], n.op == NODE_AND ? next : yes,
                         n.op == NODE_AND ? no : next, &next))
                return false;
        *ret = next;
        return true;
    case NODE_IF:
        return compile(p, n.b, yes, no, &next) && compile(p, n.c, yes, no, &other) &&
               compile(p, n.a, next, other, ret);
    default:
        return put(p, node, yes, no, ret);
    }
}

int steps_build(struct cedar_policies *p)
{
    for (uint32_t i = 0; i < p->policies.count; i++) {
        struct policy *policy = &p->policies.at[i];
        policy->step_first = STEP_SATISFIED;
        for (uint32_t k = policy->clause_count; k-- > 0;) {
            const struct clause *clause = &p->clauses.at[policy->clause_first + k];
            uint32_t on = policy->step_first;
            if (!compile(p, clause->node, clause->is_unless ? STEP_NOT_SATISFIED : on,
                         clause->is_unless ? on : STEP_NOT_SATISFIED, &policy->step_first))
                return CEDAR_ERR_MEMORY;
        }
    }
    return 0;
}
