#include <string.h>

#include "policy/explain.h"

static const char *const variables[] = {"principal", "action", "resource", "context"};

static void add(struct uses *uses, const struct cedar_use *use)
{
    size_t written = uses->count < uses->room ? uses->count : uses->room;

    for (size_t i = 0; i < written; i++)
        if (uses->out[i].is_tag == use->is_tag && uses->out[i].variable == use->variable &&
            strcmp(uses->out[i].name, use->name) == 0)
            return;
    if (uses->count > uses->room)
        return;
    if (uses->count < uses->room)
        uses->out[uses->count] = *use;
    uses->count++;
}

static void add_named(struct eval *ev, struct uses *uses, uint32_t variable, uint32_t symbol,
                      bool is_tag, int outcome)
{
    const struct cedar_use use = {
        .variable = variables[ev->policies->nodes.at[variable].a],
        .name = symbols_text(&ev->entities->symbols, symbol).data,
        .is_tag = is_tag,
        .outcome = outcome,
    };

    add(uses, &use);
}

static bool is_variable(const struct eval *ev, uint32_t node)
{
    return ev->policies->nodes.at[node].op == NODE_VARIABLE;
}

/* x.hasTag(k) and x.getTag(k), where x is a variable: the tag that k names. */
static void add_tag(struct eval *ev, const struct node *n, int outcome, struct uses *uses)
{
    const uint32_t *arguments = &ev->policies->children.at[n->b];
    size_t mark = arena_mark(ev->scratch);
    struct cedar_value key;

    if (is_variable(ev, arguments[0]) && eval_node(ev, arguments[1], &key) &&
        key.tag == VALUE_STRING)
        add_named(ev, uses, arguments[0], key.symbol, true, outcome);
    arena_rewind(ev->scratch, mark);
}

void explain_uses(struct eval *ev, uint32_t node, int outcome, struct uses *uses)
{
    const struct node *n = &ev->policies->nodes.at[node];
    bool condition;
    uint32_t child;

    if (n->op == NODE_GET && is_variable(ev, n->a))
        add_named(ev, uses, n->a, n->b, false, outcome);
    else if (n->op == NODE_HAS && is_variable(ev, n->a))
        add_named(ev, uses, n->a, ev->policies->children.at[n->b], false, outcome);
    else if (n->op == NODE_CALL && (n->a == FUNCTION_HAS_TAG || n->a == FUNCTION_GET_TAG))
        add_tag(ev, n, outcome, uses);
    if (n->op == NODE_IF && eval_bool(ev, n->a, &condition)) {
        explain_uses(ev, n->a, outcome, uses);
        explain_uses(ev, condition ? n->b : n->c, outcome, uses);
        return;
    }
    for (uint32_t i = 0; (child = node_child(ev->policies, node, i)) != 0; i++)
        explain_uses(ev, child, outcome, uses);
}
