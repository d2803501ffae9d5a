#include "policy/explain.h"

#include "policy/decide.h"

/* ---- reasons ---- */

/* One explanation under way: reasons beyond the room are only counted. */
struct explain {
    struct eval ev;
    struct cedar_reason *out;
    size_t room, count;
};

static void add_reason(struct explain *x, uint32_t policy, int kind, struct span span)
{
    struct text t = policies_text(x->ev.policies, span);
    struct cedar_reason reason = {
        .policy = policy, .kind = kind, .text = t.data, .length = t.length};

    policies_place(x->ev.policies, span.start, &reason.line, &reason.column);
    if (x->count < x->room)
        x->out[x->count] = reason;
    x->count++;
}

static void explain_forbid(struct explain *x, uint32_t number)
{
    const struct cedar_policies *p = x->ev.policies;
    const struct policy *policy = &p->policies.at[number];
    uint32_t why = policies_annotation(p, policy, "why");
    struct span span = policy->span;

    if (policy->clause_count > 0)
        span = p->clauses.at[policy->clause_first].span;
    add_reason(x, number, CEDAR_REASON_FORBIDS, span);
    if (why != UINT32_MAX && x->count <= x->room) {
        struct text t = symbols_text(&p->symbols, why);
        x->out[x->count - 1].text = t.data;
        x->out[x->count - 1].length = t.length;
    }
}

/* The first conjunct of ${clause} that is false; of an unless that holds, the whole clause. */
static void explain_clause(struct explain *x, uint32_t number, const struct clause *clause)
{
    const struct cedar_policies *p = x->ev.policies;
    const struct node *n = &p->nodes.at[clause->node];
    bool value = true;

    if (clause->is_unless) {
        add_reason(x, number, CEDAR_REASON_UNMET, clause->span);
        return;
    }
    if (n->op != NODE_AND) {
        add_reason(x, number, CEDAR_REASON_UNMET, p->spans.at[clause->node]);
        return;
    }
    for (uint32_t i = 0; i < n->c && value; i++) {
        uint32_t conjunct = p->children.at[n->b + i];
        if (eval_bool(&x->ev, conjunct, &value) && !value)
            add_reason(x, number, CEDAR_REASON_UNMET, p->spans.at[conjunct]);
    }
}

static void explain_policy(struct explain *x, uint32_t number)
{
    const struct cedar_policies *p = x->ev.policies;
    const struct policy *policy = &p->policies.at[number];

    for (uint32_t i = 0; i < policy->clause_count; i++) {
        const struct clause *clause = &p->clauses.at[policy->clause_first + i];
        bool value;
        if (!eval_bool(&x->ev, clause->node, &value)) {
            add_reason(x, number, CEDAR_REASON_ERRED, p->spans.at[x->ev.fault.node]);
            return;
        }
        if (value == clause->is_unless) {
            if (!policy->is_forbid)
                explain_clause(x, number, clause);
            return;
        }
    }
    if (policy->is_forbid)
        explain_forbid(x, number);
}

size_t cedar_explain(const struct cedar_policies *policies, const struct cedar_entities *entities,
                     const struct cedar_request *request, struct cedar_scratch *scratch,
                     struct cedar_reason *out, size_t room)
{
    struct explain x = {.out = out, .room = room};

    if (!request_is_decidable(policies, entities, request))
        return 0;
    eval_begin(&x.ev, policies, entities, request, &scratch->arena);
    for (uint32_t i = 0; i < policies->policies.count; i++) {
        arena_rewind(&scratch->arena, 0);
        if (eval_scope(&x.ev, &policies->policies.at[i]))
            explain_policy(&x, i);
    }
    return x.count;
}

size_t cedar_explain_others(const struct cedar_policies *policies,
                            const struct cedar_entities *entities,
                            const struct cedar_request *request, struct cedar_scratch *scratch,
                            struct cedar_reason *out, size_t room)
{
    struct explain x = {.out = out, .room = room};

    if (!request_is_decidable(policies, entities, request))
        return 0;
    eval_begin(&x.ev, policies, entities, request, &scratch->arena);
    for (uint32_t i = 0; i < policies->policies.count; i++) {
        const struct policy *policy = &policies->policies.at[i];
        if (!policy->is_forbid && eval_scope_of(&x.ev, policy, VARIABLE_ACTION) &&
            eval_scope_of(&x.ev, policy, VARIABLE_RESOURCE) &&
            !eval_scope_of(&x.ev, policy, VARIABLE_PRINCIPAL))
            add_reason(&x, i, CEDAR_REASON_UNMET, policy->scopes[VARIABLE_PRINCIPAL].span);
    }
    return x.count;
}

/* ---- parts and their values ---- */

/* The parts of one policy; texts go to the buffer one behind the other, each terminated. */
struct parts {
    struct eval ev;
    struct cedar_part *out;
    size_t room, count;
    struct writer text;
    struct uses *uses; /* instead of all that, or NULL */
};

/* What ${w} holds from ${from} on becomes a text of its own. */
static const char *end_text(struct writer *w, size_t from)
{
    if (w->size == 0)
        return "";
    if (w->at + 1 < w->size) {
        w->at++;
        w->out[w->at] = '\0';
    }
    return w->out + from;
}

static void add_part(struct parts *x, uint32_t node, int outcome)
{
    const struct cedar_policies *p = x->ev.policies;
    struct writer *w = &x->text;
    char message[120];

    if (x->uses != NULL) {
        x->count++;
        explain_uses(&x->ev, node, outcome, x->uses);
        return;
    }
    if (x->count++ >= x->room)
        return;
    struct cedar_part *part = &x->out[x->count - 1];
    *part = (struct cedar_part){.outcome = outcome};
    policies_place(p, p->spans.at[node].start, &part->line, &part->column);
    size_t from = w->at;
    policies_write_line(w, p, p->spans.at[node]);
    part->text = end_text(w, from);
    from = w->at;
    if (outcome == CEDAR_PART_ERRED) {
        fault_print(&x->ev, message, sizeof message);
        writer_text(w, text_of(message));
        writer_text(w, text_of("\n"));
    }
    explain_values(&x->ev, node, w);
    part->values = end_text(w, from);
}

static bool holds(struct parts *x, uint32_t node, bool *ret)
{
    size_t mark = arena_mark(x->ev.scratch);
    bool ok = eval_bool(&x->ev, node, ret);

    arena_rewind(x->ev.scratch, mark);
    return ok;
}

static void explain_node(struct parts *x, uint32_t node, bool value);

/*
 * ${n} is a chain of && or ||.  If it went to its end all parts count; else the
 * last that was looked at.  An attribute that is there is no news.
 */
static void explain_chain(struct parts *x, const struct node *n, bool value)
{
    const struct cedar_policies *p = x->ev.policies;
    bool stops = value == (n->op == NODE_OR), part;
    size_t before = x->count;

    for (uint32_t i = 0; i < n->c; i++) {
        uint32_t child = p->children.at[n->b + i];
        if (!holds(x, child, &part) || (stops && part != value))
            continue;
        if (stops || !part || p->nodes.at[child].op != NODE_HAS)
            explain_node(x, child, part);
        if (stops)
            return;
    }
    if (x->count == before && n->c > 0)
        explain_node(x, p->children.at[n->b + n->c - 1], value);
}

/* The parts that made ${node} be ${value}. */
static void explain_node(struct parts *x, uint32_t node, bool value)
{
    const struct node *n = &x->ev.policies->nodes.at[node];
    bool condition;

    if (n->op == NODE_AND || n->op == NODE_OR) {
        explain_chain(x, n, value);
    } else if (n->op == NODE_NOT) {
        explain_node(x, n->a, !value);
    } else if (n->op == NODE_IF && holds(x, n->a, &condition)) {
        explain_node(x, n->a, condition);
        explain_node(x, condition ? n->b : n->c, value);
    } else {
        add_part(x, node, value ? CEDAR_PART_TRUE : CEDAR_PART_FALSE);
    }
}

/* What was gathered so far is not what decided. */
static void forget_parts(struct parts *x)
{
    x->count = 0;
    x->text.at = 0;
    if (x->uses != NULL)
        x->uses->count = 0;
}

/* The parts of policy ${number}; ${x} has its lists, and gets its evaluation here. */
static void explain_parts(struct parts *x, const struct cedar_policies *policies,
                          const struct cedar_entities *entities,
                          const struct cedar_request *request, struct cedar_scratch *scratch,
                          uint32_t number)
{
    arena_rewind(&scratch->arena, 0);
    if (!request_is_decidable(policies, entities, request) || number >= policies->policies.count)
        return;
    eval_begin(&x->ev, policies, entities, request, &scratch->arena);
    const struct policy *policy = &policies->policies.at[number];
    uint32_t clauses = eval_scope(&x->ev, policy) ? policy->clause_count : 0;
    for (uint32_t i = 0; i < clauses; i++) {
        const struct clause *clause = &policies->clauses.at[policy->clause_first + i];
        bool value;
        if (!holds(x, clause->node, &value)) {
            forget_parts(x);
            add_part(x, x->ev.fault.node, CEDAR_PART_ERRED);
            return;
        }
        if (value == clause->is_unless) {
            forget_parts(x);
            i = clauses;
        }
        explain_node(x, clause->node, value);
    }
}

size_t cedar_explain_values(const struct cedar_policies *policies,
                            const struct cedar_entities *entities,
                            const struct cedar_request *request, struct cedar_scratch *scratch,
                            uint32_t number, struct cedar_part *out, size_t room, char *buffer,
                            size_t size)
{
    struct parts x = {.out = out, .room = room, .text = {buffer, size, 0}};

    if (size > 0)
        buffer[0] = '\0';
    explain_parts(&x, policies, entities, request, scratch, number);
    return x.count;
}

size_t cedar_explain_uses(const struct cedar_policies *policies,
                          const struct cedar_entities *entities,
                          const struct cedar_request *request, struct cedar_scratch *scratch,
                          uint32_t number, struct cedar_use *out, size_t room)
{
    struct uses uses = {out, room, 0};
    struct parts x = {.uses = &uses};

    explain_parts(&x, policies, entities, request, scratch, number);
    return uses.count;
}
