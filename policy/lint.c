#include "policy/lint_set.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/parse.h"

#define GUARDS_MAX 256U

/* What has been established on the way to an expression. */
struct guard {
    enum { GUARD_HAS, GUARD_TAG, GUARD_NOT_EMPTY, GUARD_REPORTED } kind;
    uint32_t node;  /* of what */
    uint32_t first; /* GUARD_HAS: the path's symbols in children; GUARD_TAG: the key's node */
    uint32_t count; /* GUARD_HAS: length of the path */
};

struct lint {
    const struct cedar_policies *set;
    uint32_t policy;
    void (*report)(void *context, const struct finding *finding);
    void *context;
    struct guard guards[GUARDS_MAX];
    uint32_t guard_count;
    bool errs; /* something was found that can err */
    struct lint_options options;
    bool *never;   /* by policy: the schema shows that it never applies; or NULL */
    bool *asking;  /* by policy: a forbid that asks of the station */
    uint32_t work; /* done in comparing, for shadows and for guards */
    uint32_t station_work;
};

static void walk(struct lint *l, uint32_t node);

const char *finding_name(enum finding_kind kind)
{
    static const char *const names[] = {
#define FINDING(kind, name, text) [kind] = name,
        FINDING_LIST(FINDING)
#undef FINDING
    };

    return names[kind];
}

static const char *help_for(enum finding_kind kind, bool is_forbid)
{
    switch (kind) {
    case FINDING_NO_ID:
        return "write @id(\"a-short-name\") above it";
    case FINDING_NO_WHY:
        return "write @why(\"the reason, in plain words\") above it";
    case FINDING_UNGUARDED:
    case FINDING_UNGUARDED_TAG:
        return is_forbid ? "write forbid … unless { x has a && x.a … }; an error makes every "
                           "request fail that this forbid looks at"
                         : "write … has … && before it; an error denies the whole request, also "
                           "where another permit would allow it";
    case FINDING_OVERFLOW:
        return "compare the values themselves instead of a result of arithmetic";
    case FINDING_EXTENSION:
        return "write the value itself, as datetime(\"2026-01-31\")";
    case FINDING_EMPTY_SET:
        return "write !x.isEmpty() && before it";
    case FINDING_CAN_ERROR:
        return "mend what the other findings in it point at; in Cedar itself such a forbid "
               "vanishes, here the whole request fails";
    case FINDING_NEVER_MATCHES:
        return "look for a condition that contradicts another, the scope or the schema";
    case FINDING_SHADOWED:
        return "take it out, or give it the condition that was meant";
    case FINDING_NO_STATION_GUARD:
        return "write a mandatory forbid (principal, action, resource) unless { context has "
               "station.attestedUntil && context.now < context.station.attestedUntil }";
    }
    return "";
}

static bool is_error(enum finding_kind kind)
{
    return kind == FINDING_UNGUARDED || kind == FINDING_UNGUARDED_TAG || kind == FINDING_OVERFLOW ||
           kind == FINDING_EXTENSION;
}

/* ${name} is for a text that has a place for one, or NULL. */
static void find_named(struct lint *l, enum finding_kind kind, struct span span, const char *name)
{
    static const char *const texts[] = {
#define FINDING(kind, name, text) [kind] = text,
        FINDING_LIST(FINDING)
#undef FINDING
    };
    struct finding f = {.kind = kind, .policy = l->policy};
    char message[sizeof f.place.message];

    l->errs = l->errs || is_error(kind);
    snprintf(message, sizeof message, texts[kind], name);
    problem_set(&f.place, l->set, 0, span, help_for(kind, l->set->policies.at[l->policy].is_forbid),
                message);
    l->report(l->context, &f);
}

static void find(struct lint *l, enum finding_kind kind, struct span span)
{
    find_named(l, kind, span, "");
}

static const struct node *node_at(const struct lint *l, uint32_t node)
{
    return &l->set->nodes.at[node];
}

static uint32_t child(const struct lint *l, uint32_t node, uint32_t i)
{
    return l->set->children.at[node_at(l, node)->b + i];
}

static void add_guard(struct lint *l, struct guard g)
{
    if (l->guard_count < GUARDS_MAX)
        l->guards[l->guard_count++] = g;
}

static bool is_guarded_get(const struct lint *l, uint32_t node)
{
    for (uint32_t i = 0; i < l->guard_count; i++) {
        const struct guard *g = &l->guards[i];
        for (uint32_t k = 1; g->kind == GUARD_HAS && k <= g->count; k++)
            if (node_is_path(l->set, node, g->node, &l->set->children.at[g->first], k))
                return true;
    }
    return false;
}

static bool is_guarded(const struct lint *l, int kind, uint32_t node, uint32_t key)
{
    for (uint32_t i = 0; i < l->guard_count; i++) {
        const struct guard *g = &l->guards[i];
        if ((int)g->kind == kind && node_equal(l->set, node, g->node) &&
            (kind != GUARD_TAG || node_equal(l->set, key, g->first)))
            return true;
    }
    return false;
}

static void walk_call(struct lint *l, uint32_t node)
{
    const struct node *n = node_at(l, node);
    struct span span = l->set->spans.at[node];

    for (uint32_t i = 0; i < n->c; i++)
        walk(l, child(l, node, i));
    switch ((enum function)n->a) {
    case FUNCTION_HAS_TAG:
        add_guard(l, (struct guard){GUARD_TAG, child(l, node, 0), child(l, node, 1), 0});
        break;
    case FUNCTION_GET_TAG:
        if (!is_guarded(l, GUARD_TAG, child(l, node, 0), child(l, node, 1)))
            find(l, FINDING_UNGUARDED_TAG, span);
        break;
    case FUNCTION_CONTAINS_ALL: {
        uint32_t other = child(l, node, 1);
        if (node_at(l, other)->op != NODE_SET && !is_guarded(l, GUARD_NOT_EMPTY, other, 0))
            find(l, FINDING_EMPTY_SET, span);
        break;
    }
    case FUNCTION_OFFSET:
    case FUNCTION_DURATION_SINCE:
        find(l, FINDING_OVERFLOW, span);
        break;
    case FUNCTION_DECIMAL:
    case FUNCTION_IP:
    case FUNCTION_DATETIME:
    case FUNCTION_DURATION:
        if (l->set->folded.at[node] == 0)
            find(l, FINDING_EXTENSION, span);
        break;
    default:
        break;
    }
}

/* ! x.isEmpty() establishes that x is not empty; any other ! establishes nothing. */
static void walk_not(struct lint *l, uint32_t node)
{
    uint32_t inner = node_at(l, node)->a, before = l->guard_count;
    const struct node *n = node_at(l, inner);

    walk(l, inner);
    l->guard_count = before;
    if (n->op == NODE_CALL && n->a == FUNCTION_IS_EMPTY)
        add_guard(l, (struct guard){GUARD_NOT_EMPTY, child(l, inner, 0), 0, 0});
}

/* Children that establish nothing for one another. */
static void walk_apart(struct lint *l, uint32_t node, uint32_t step)
{
    uint32_t before = l->guard_count;

    for (uint32_t i = step - 1; i < node_at(l, node)->c; i += step) {
        walk(l, child(l, node, i));
        l->guard_count = before;
    }
}

static void walk_if(struct lint *l, const struct node *n)
{
    uint32_t before = l->guard_count;

    walk(l, n->a);
    walk(l, n->b);
    l->guard_count = before;
    walk(l, n->c);
    l->guard_count = before;
}

/* Reports what can err in ${node}, and adds the guards that hold when it is true. */
static void walk(struct lint *l, uint32_t node)
{
    const struct node *n = node_at(l, node);

    switch ((enum node_op)n->op) {
    case NODE_NONE:
    case NODE_LITERAL:
    case NODE_VARIABLE:
        break;
    case NODE_NOT:
        walk_not(l, node);
        break;
    case NODE_AND:
        for (uint32_t i = 0; i < n->c; i++)
            walk(l, child(l, node, i));
        break;
    case NODE_OR:
    case NODE_SET:
        walk_apart(l, node, 1);
        break;
    case NODE_RECORD:
        walk_apart(l, node, 2);
        break;
    case NODE_IF:
        walk_if(l, n);
        break;
    case NODE_GET:
        walk(l, n->a);
        if (!is_guarded_get(l, node) && !is_guarded(l, GUARD_REPORTED, node, 0)) {
            find(l, FINDING_UNGUARDED, l->set->spans.at[node]);
            add_guard(l, (struct guard){GUARD_REPORTED, node, 0, 0});
        }
        break;
    case NODE_HAS:
        walk(l, n->a);
        add_guard(l, (struct guard){GUARD_HAS, n->a, n->b, n->c});
        break;
    case NODE_CALL:
        walk_call(l, node);
        break;
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
        walk(l, n->a);
        walk(l, n->b);
        find(l, FINDING_OVERFLOW, l->set->spans.at[node]);
        break;
    case NODE_NEGATE:
        walk(l, n->a);
        find(l, FINDING_OVERFLOW, l->set->spans.at[node]);
        break;
    case NODE_LIKE:
        walk(l, n->a);
        break;
    case NODE_IS:
        walk(l, n->a);
        if (n->c != 0)
            walk(l, n->c);
        break;
    default:
        walk(l, n->a);
        walk(l, n->b);
        break;
    }
}

/* What a policy's own text shows. */
static void lint_alone(struct lint *l, const struct policy *policy)
{
    l->guard_count = 0;
    l->errs = false;
    if (!policy->has_id)
        find(l, FINDING_NO_ID, policy->span);
    if (policies_annotation(l->set, policy, "why") == UINT32_MAX)
        find(l, FINDING_NO_WHY, policy->span);
    for (uint32_t k = 0; k < policy->clause_count; k++) {
        const struct clause *clause = &l->set->clauses.at[policy->clause_first + k];
        uint32_t before = l->guard_count;
        walk(l, clause->node);
        if (clause->is_unless)
            l->guard_count = before;
    }
    if (l->errs && policy->is_forbid)
        find(l, FINDING_CAN_ERROR, policy->span);
}

/* What it shows beside the others. */
static void lint_beside(struct lint *l, const struct policy *policy)
{
    uint32_t other;

    if (policy_never_matches(l->set, policy) || (l->never != NULL && l->never[l->policy]))
        find(l, FINDING_NEVER_MATCHES, policy->span);
    else if (policy_shadow(l->set, l->options.schema, l->policy, &l->work, &other))
        find_named(l, FINDING_SHADOWED, policy->span, cedar_policy_id(l->set, other));
    if (permit_lacks_guard(l->set, &l->options, l->policy, l->asking, &l->station_work))
        find(l, FINDING_NO_STATION_GUARD, policy->span);
}

static void note_never(void *context, const struct cedar_finding *f)
{
    struct lint *l = context;

    if (f->never_applies)
        l->never[f->policy] = true;
}

int lint(const struct cedar_policies *policies, const struct lint_options *options,
         void (*report)(void *context, const struct finding *finding), void *context)
{
    struct lint l = {.set = policies, .report = report, .context = context, .options = *options};
    uint32_t errors;
    int r = 0;

    if (l.options.station_guard == NULL)
        l.options.station_guard = LINT_STATION_GUARD;
    l.asking = calloc((size_t)policies->policies.count + 1, sizeof *l.asking);
    if (l.asking == NULL)
        return CEDAR_ERR_MEMORY;
    for (uint32_t i = 0; i < policies->policies.count; i++)
        l.asking[i] = forbid_is_guard(policies, &l.options, i);
    if (l.options.schema != NULL) {
        l.never = calloc((size_t)policies->policies.count + 1, sizeof *l.never);
        r = l.never == NULL ? CEDAR_ERR_MEMORY
                            : cedar_validate(policies, l.options.schema, note_never, &l, &errors);
    }
    for (l.policy = 0; r == 0 && l.policy < policies->policies.count; l.policy++) {
        lint_alone(&l, &policies->policies.at[l.policy]);
        lint_beside(&l, &policies->policies.at[l.policy]);
    }
    free(l.asking);
    free(l.never);
    return r;
}
