#include "policy/lint_set.h"

#include <string.h>

static struct text symbol(const struct cedar_policies *set, uint32_t number)
{
    return symbols_text(&set->symbols, number);
}

static uint32_t child(const struct cedar_policies *set, const struct node *n, uint32_t i)
{
    return set->children.at[n->b + i];
}

/* ---- conditions that are always false ---- */

enum constant { UNKNOWN, ALWAYS_FALSE, ALWAYS_TRUE };

static enum constant constant_of(const struct cedar_policies *set, uint32_t node)
{
    const struct node *n = &set->nodes.at[node];
    enum constant stops = n->op == NODE_OR ? ALWAYS_TRUE : ALWAYS_FALSE;

    if (n->op == NODE_LITERAL && set->values.at[n->a].tag == VALUE_BOOL)
        return set->values.at[n->a].number != 0 ? ALWAYS_TRUE : ALWAYS_FALSE;
    if (n->op == NODE_NOT) {
        enum constant inner = constant_of(set, n->a);
        return inner == UNKNOWN ? UNKNOWN : inner == ALWAYS_TRUE ? ALWAYS_FALSE : ALWAYS_TRUE;
    }
    if (n->op != NODE_AND && n->op != NODE_OR)
        return UNKNOWN;
    bool is_constant = true;
    for (uint32_t i = 0; i < n->c; i++) {
        enum constant part = constant_of(set, child(set, n, i));
        if (part == stops)
            return stops;
        is_constant = is_constant && part != UNKNOWN;
    }
    return !is_constant ? UNKNOWN : stops == ALWAYS_TRUE ? ALWAYS_FALSE : ALWAYS_TRUE;
}

bool policy_never_matches(const struct cedar_policies *set, const struct policy *policy)
{
    const struct scope *action = &policy->scopes[VARIABLE_ACTION];

    if (action->kind == SCOPE_IN_SET && action->count == 0)
        return true;
    for (uint32_t i = 0; i < policy->clause_count; i++) {
        const struct clause *c = &set->clauses.at[policy->clause_first + i];
        if (constant_of(set, c->node) == (c->is_unless ? ALWAYS_TRUE : ALWAYS_FALSE))
            return true;
    }
    return false;
}

/* ---- scopes ---- */

static bool uid_in(const struct cedar_policies *set, const struct cedar_schema *schema,
                   struct uid item, struct uid group)
{
    if (item.type == group.type && item.id == group.id)
        return true;
    if (schema == NULL)
        return false;
    uint32_t a = schema_action(schema, symbol(set, item.type), symbol(set, item.id));
    uint32_t b = schema_action(schema, symbol(set, group.type), symbol(set, group.id));
    return a != UINT32_MAX && b != UINT32_MAX &&
           schema_run_has(schema, schema->actions.at[a].ancestors, b);
}

static struct uid listed(const struct cedar_policies *set, const struct scope *s, uint32_t i)
{
    const uint32_t *pair = &set->children.at[s->first + 2 * i];

    return (struct uid){pair[0], pair[1]};
}

/* Comparing policies with one another; when there is too much to compare, nothing is found. */
struct search {
    const struct cedar_policies *set;
    const struct cedar_schema *schema;
    uint32_t *work;
};

/* Whether ${work} more may be done. */
static bool is_worth(struct search *s, uint32_t work)
{
    if (*s->work >= LINT_WORK_MAX)
        return false;
    *s->work += work;
    return true;
}

/* Whether ${wide} holds of everything that is in ${uid}, and if ${only} of ${uid} itself. */
static bool covers_uid(struct search *s, const struct scope *wide, struct uid uid, bool only)
{
    switch (wide->kind) {
    case SCOPE_ANY:
        return true;
    case SCOPE_EQ:
        return only && wide->uid.type == uid.type && wide->uid.id == uid.id;
    case SCOPE_IN:
        return uid_in(s->set, s->schema, uid, wide->uid);
    case SCOPE_IS:
        return only && wide->type == uid.type;
    case SCOPE_IS_IN:
        return only && wide->type == uid.type && uid_in(s->set, s->schema, uid, wide->uid);
    case SCOPE_IN_SET:
        for (uint32_t i = 0; i < wide->count && is_worth(s, 1); i++)
            if (uid_in(s->set, s->schema, uid, listed(s->set, wide, i)))
                return true;
        return false;
    }
    return false;
}

/* Whether ${wide} holds of everything that ${narrow} holds of. */
static bool covers(struct search *s, const struct scope *wide, const struct scope *narrow)
{
    bool same_type = wide->kind == SCOPE_IS && wide->type == narrow->type;

    switch (narrow->kind) {
    case SCOPE_ANY:
        return wide->kind == SCOPE_ANY;
    case SCOPE_EQ:
    case SCOPE_IN:
        return covers_uid(s, wide, narrow->uid, narrow->kind == SCOPE_EQ);
    case SCOPE_IS:
        return same_type || wide->kind == SCOPE_ANY;
    case SCOPE_IS_IN:
        return same_type || covers_uid(s, wide, narrow->uid, false) ||
               (wide->kind == SCOPE_IS_IN && wide->type == narrow->type &&
                uid_in(s->set, s->schema, narrow->uid, wide->uid));
    case SCOPE_IN_SET:
        for (uint32_t i = 0; i < narrow->count; i++)
            if (!covers_uid(s, wide, listed(s->set, narrow, i), false))
                return false;
        return true;
    }
    return false;
}

static bool covers_all(struct search *s, const struct policy *wide, const struct policy *narrow)
{
    if (!is_worth(s, 1))
        return false;
    for (int v = VARIABLE_PRINCIPAL; v <= VARIABLE_RESOURCE; v++)
        if (!covers(s, &wide->scopes[v], &narrow->scopes[v]))
            return false;
    return true;
}

/* ---- one policy in the shadow of another ---- */

/* Whether ${node} holding as ${value} makes sure that ${wanted} holds as ${as}. */
static bool makes_sure(struct search *s, uint32_t node, bool value, uint32_t wanted, bool as)
{
    const struct cedar_policies *set = s->set;
    const struct node *n = &set->nodes.at[node];

    if (!is_worth(s, 1U + n->height))
        return false;
    if (value == as && node_equal(set, node, wanted))
        return true;
    if (n->op == NODE_NOT)
        return makes_sure(s, n->a, !value, wanted, as);
    if (n->op != (value ? NODE_AND : NODE_OR))
        return false;
    for (uint32_t i = 0; i < n->c; i++)
        if (makes_sure(s, child(set, n, i), value, wanted, as))
            return true;
    return false;
}

/* Whether the conditions of ${policy} make sure that ${node} holds as ${value}. */
static bool policy_makes_sure(struct search *s, const struct policy *policy, uint32_t node,
                              bool value)
{
    const struct cedar_policies *set = s->set;
    const struct node *n = &set->nodes.at[node];

    for (uint32_t i = 0; i < policy->clause_count; i++) {
        const struct clause *c = &set->clauses.at[policy->clause_first + i];
        if (makes_sure(s, c->node, !c->is_unless, node, value))
            return true;
    }
    if (n->op == NODE_NOT)
        return policy_makes_sure(s, policy, n->a, !value);
    if (n->op != (value ? NODE_AND : NODE_OR))
        return false;
    for (uint32_t i = 0; i < n->c; i++)
        if (!policy_makes_sure(s, policy, child(set, n, i), value))
            return false;
    return true;
}

static bool implies(struct search *s, const struct policy *narrow, const struct policy *wide)
{
    if (narrow->is_forbid != wide->is_forbid || !covers_all(s, wide, narrow))
        return false;
    for (uint32_t i = 0; i < wide->clause_count; i++) {
        const struct clause *c = &s->set->clauses.at[wide->clause_first + i];
        if (!policy_makes_sure(s, narrow, c->node, !c->is_unless))
            return false;
    }
    return true;
}

bool policy_shadow(const struct cedar_policies *set, const struct cedar_schema *schema,
                   uint32_t number, uint32_t *work, uint32_t *ret_other)
{
    const struct policy *narrow = &set->policies.at[number];
    struct search search = {set, schema, work}, *s = &search;

    for (uint32_t i = 0; i < set->policies.count; i++) {
        const struct policy *wide = &set->policies.at[i];
        if (i == number || !implies(s, narrow, wide))
            continue;
        if (i > number && implies(s, wide, narrow))
            continue;
        *ret_other = i;
        return true;
    }
    return false;
}

/* ---- the station ---- */

/* The next of ${path}'s names, which are apart by dots; false at its end. */
static bool next_name(const char **path, struct text *ret)
{
    size_t n = strcspn(*path, ".");

    *ret = (struct text){*path, (uint32_t)n};
    *path += n + ((*path)[n] == '.');
    return n > 0;
}

/*
 * How much of context.${path} the expression reads: where in ${path} it ends, or
 * NULL if it reads something else.
 */
static const char *read_path(const struct cedar_policies *set, uint32_t node, const char *path)
{
    const struct node *n = &set->nodes.at[node];
    uint32_t count = n->op == NODE_GET ? 1 : n->op == NODE_HAS ? n->c : 0;
    struct text name;

    if (n->op == NODE_VARIABLE)
        return n->a == VARIABLE_CONTEXT ? path : NULL;
    if (count == 0 || (path = read_path(set, n->a, path)) == NULL)
        return NULL;
    for (uint32_t i = 0; i < count && *path != '\0'; i++) {
        uint32_t got = n->op == NODE_GET ? n->b : child(set, n, i);
        if (!next_name(&path, &name) || !text_equal(name, symbol(set, got)))
            return NULL;
    }
    return path;
}

/* Whether context.${path} is read, or asked for with `has`, anywhere in ${node}. */
static bool mentions(const struct cedar_policies *set, uint32_t node, const char *path)
{
    const char *rest = read_path(set, node, path);
    uint32_t inner;

    if (rest != NULL && *rest == '\0')
        return true;
    for (uint32_t i = 0; (inner = node_child(set, node, i)) != 0; i++)
        if (mentions(set, inner, path))
            return true;
    return false;
}

/* Whether ${node} can only be ${value} after context.${path} was looked at. */
static bool asks(const struct cedar_policies *set, uint32_t node, bool value, const char *path)
{
    const struct node *n = &set->nodes.at[node];
    bool all = n->op == (value ? NODE_OR : NODE_AND);

    if (n->op == NODE_NOT)
        return asks(set, n->a, !value, path);
    if (n->op == NODE_IF)
        return mentions(set, n->a, path) ||
               (asks(set, n->b, value, path) && asks(set, n->c, value, path));
    if (n->op != NODE_AND && n->op != NODE_OR)
        return mentions(set, node, path);
    for (uint32_t i = 0; i < n->c; i++)
        if (asks(set, child(set, n, i), value, path) != all)
            return !all;
    return all;
}

/* Whether the forbid lets nothing pass in its scope that it has not asked about. */
static bool forbid_asks(const struct cedar_policies *set, const struct policy *policy,
                        const char *path)
{
    const struct clause *c = &set->clauses.at[policy->clause_first];

    return policy->is_forbid && policy->clause_count == 1 && asks(set, c->node, c->is_unless, path);
}

static bool permit_asks(const struct cedar_policies *set, const struct policy *policy,
                        const char *path)
{
    for (uint32_t i = 0; i < policy->clause_count; i++) {
        const struct clause *c = &set->clauses.at[policy->clause_first + i];
        if (asks(set, c->node, !c->is_unless, path))
            return true;
    }
    return false;
}

bool scope_has_action(const struct cedar_policies *set, const struct cedar_schema *schema,
                      const struct scope *s, uint32_t number)
{
    const struct schema_action *action = &schema->actions.at[number];
    struct uid list[1] = {s->uid};
    uint32_t count = s->kind == SCOPE_IN_SET ? s->count : 1;

    if (s->kind == SCOPE_ANY)
        return true;
    if (s->kind == SCOPE_IS)
        return text_equal(symbol(set, s->type), symbols_text(&schema->symbols, action->uid.type));
    for (uint32_t i = 0; i < count; i++) {
        struct uid uid = s->kind == SCOPE_IN_SET ? listed(set, s, i) : list[0];
        uint32_t found = schema_action(schema, symbol(set, uid.type), symbol(set, uid.id));
        if (found == number || (s->kind != SCOPE_EQ && found != UINT32_MAX &&
                                schema_run_has(schema, action->ancestors, found)))
            return true;
    }
    return false;
}

/* Whether requests that the permit is for have a station at all. */
static bool has_station(const struct cedar_policies *set, const struct cedar_schema *schema,
                        const struct policy *policy, const char *path)
{
    struct text name;

    if (!next_name(&path, &name))
        return false;
    for (uint32_t i = 0; i < schema->actions.count; i++) {
        const struct schema_action *action = &schema->actions.at[i];
        if (action->principals.count > 0 &&
            schema_attribute_find(schema, action->context, name) != NULL &&
            scope_has_action(set, schema, &policy->scopes[VARIABLE_ACTION], i))
            return true;
    }
    return false;
}

/* Without a schema: whether any policy speaks of what ${path} begins with. */
static bool speaks_of_station(const struct cedar_policies *set, const char *path)
{
    char first[64];
    size_t n = strcspn(path, ".");

    if (n >= sizeof first)
        return false;
    memcpy(first, path, n);
    first[n] = '\0';
    for (uint32_t i = 0; i < set->clauses.count; i++)
        if (mentions(set, set->clauses.at[i].node, first))
            return true;
    return false;
}

static bool needs_guard(const struct cedar_policies *set, const struct lint_options *options,
                        const struct policy *permit, const char *path)
{
    if (permit->is_forbid)
        return false;
    return options->schema != NULL ? has_station(set, options->schema, permit, path)
                                   : speaks_of_station(set, path);
}

bool lint_asks_for_guard(const struct cedar_policies *set, const struct lint_options *options)
{
    const char *path = options->station_guard != NULL ? options->station_guard : LINT_STATION_GUARD;

    for (uint32_t i = 0; i < set->policies.count; i++)
        if (needs_guard(set, options, &set->policies.at[i], path))
            return true;
    return false;
}

bool forbid_is_guard(const struct cedar_policies *set, const struct lint_options *options,
                     uint32_t number)
{
    return forbid_asks(set, &set->policies.at[number], options->station_guard);
}

bool permit_lacks_guard(const struct cedar_policies *set, const struct lint_options *options,
                        uint32_t number, const bool *guards, uint32_t *work)
{
    struct search search = {set, options->schema, work};
    const struct policy *permit = &set->policies.at[number];
    const char *path = options->station_guard;

    if (!needs_guard(set, options, permit, path) || permit_asks(set, permit, path))
        return false;
    for (uint32_t i = 0; i < set->policies.count; i++) {
        if (guards[i] && covers_all(&search, &set->policies.at[i], permit))
            return false;
    }
    return true;
}
