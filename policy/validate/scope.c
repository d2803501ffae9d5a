#include "policy/validate/check.h"

struct uid check_scope_uid(const struct check *c, const struct scope *scope, uint32_t i)
{
    const uint32_t *uid = &c->policies->children.at[scope->first + 2 * i];

    return (struct uid){uid[0], uid[1]};
}

/* Whether one of the type may be in ${uid}; a type is also in itself. */
static bool may_be_in(const struct check *c, uint32_t entity_type, struct uid uid)
{
    uint32_t group = check_entity_type(c, uid.type);

    return group != UINT32_MAX &&
           (group == entity_type || schema_entity_in(c->schema, entity_type, group));
}

uint32_t check_scope_entity(const struct check *c, const struct scope *scope, uint32_t entity_type)
{
    switch (scope->kind) {
    case SCOPE_ANY:
        return KNOWN_TRUE;
    case SCOPE_EQ:
        return check_entity_type(c, scope->uid.type) == entity_type ? KNOWN_BOOL : KNOWN_FALSE;
    case SCOPE_IN:
        return may_be_in(c, entity_type, scope->uid) ? KNOWN_BOOL : KNOWN_FALSE;
    case SCOPE_IS:
        return check_entity_type(c, scope->type) == entity_type ? KNOWN_TRUE : KNOWN_FALSE;
    case SCOPE_IS_IN:
        return check_entity_type(c, scope->type) == entity_type &&
                       may_be_in(c, entity_type, scope->uid)
                   ? KNOWN_BOOL
                   : KNOWN_FALSE;
    case SCOPE_IN_SET:
        break;
    }
    return KNOWN_FALSE;
}

static bool action_in(const struct check *c, struct uid uid)
{
    uint32_t group = check_action(c, uid);

    return group != UINT32_MAX &&
           (group == c->action ||
            schema_run_has(c->schema, c->schema->actions.at[c->action].ancestors, group));
}

uint32_t check_scope_action(struct check *c, const struct scope *scope)
{
    bool holds = scope->kind == SCOPE_ANY;

    if (scope->kind == SCOPE_EQ)
        holds = check_action(c, scope->uid) == c->action;
    else if (scope->kind == SCOPE_IN)
        holds = action_in(c, scope->uid);
    c->work += scope->kind == SCOPE_IN_SET ? scope->count : 0;
    for (uint32_t i = 0; scope->kind == SCOPE_IN_SET && i < scope->count && !holds; i++)
        holds = action_in(c, check_scope_uid(c, scope, i));
    return holds ? KNOWN_TRUE : KNOWN_FALSE;
}

void check_scope_list(struct check *c, const struct scope *scope)
{
    for (uint32_t i = 1; scope->kind == SCOPE_IN_SET && i < scope->count; i++) {
        uint32_t first = check_scope_uid(c, scope, 0).type,
                 type = check_scope_uid(c, scope, i).type;
        if (type == first)
            continue;
        check_report(
            c, CEDAR_ERR_CONFORM, check_path_span(c, scope->span, i),
            "write one policy for each namespace",
            "the actions of a list must be of one type; this one is `%s`, the first is `%s`",
            symbols_text(&c->policies->symbols, type).data,
            symbols_text(&c->policies->symbols, first).data);
        break;
    }
}

/* ---- whether the scope fits any action ---- */

/* How far the scope fits: an action, one for such principals, for such resources, for both. */
struct fit {
    bool action, principal, resource, both;
};

static bool fits_one_of(const struct check *c, const struct scope *scope, struct run types)
{
    for (uint32_t i = 0; i < types.count; i++)
        if (check_scope_entity(c, scope, c->schema->numbers.at[types.first + i]) != KNOWN_FALSE)
            return true;
    return false;
}

static struct fit fit_of(struct check *c, const struct policy *policy)
{
    struct fit fit = {0};

    for (c->action = 0; c->action < c->schema->actions.count && !check_stopped(c); c->action++) {
        const struct schema_action *action = &c->schema->actions.at[c->action];
        c->work += 1 + action->principals.count + action->resources.count;
        if (check_scope_action(c, &policy->scopes[VARIABLE_ACTION]) == KNOWN_FALSE ||
            action->principals.count == 0 || action->resources.count == 0)
            continue;
        bool who = fits_one_of(c, &policy->scopes[VARIABLE_PRINCIPAL], action->principals);
        bool what = fits_one_of(c, &policy->scopes[VARIABLE_RESOURCE], action->resources);
        fit.action = true;
        fit.principal = fit.principal || who;
        fit.resource = fit.resource || what;
        fit.both = fit.both || (who && what);
        if (fit.both)
            break;
    }
    return fit;
}

/* The help for a part of the scope that fits nothing. */
static const char *help_for(struct check *c, const struct policy *policy, enum variable v)
{
    static const char *const write_in[] = {
        "this is a group: write `principal in`",
        "this is a group: write `action in`",
        "this is a group: write `resource in`",
    };
    struct policy as_group = *policy;

    as_group.scopes[v].kind = SCOPE_IN;
    if (policy->scopes[v].kind == SCOPE_EQ) {
        struct fit fit = fit_of(c, &as_group);
        const bool fits[] = {fit.principal, fit.action, fit.resource};
        if (fits[v])
            return write_in[v];
    }
    return "look up in the schema which principals and resources each action applies to";
}

void check_scope(struct check *c, const struct policy *policy)
{
    const struct scope *scopes = policy->scopes;
    struct fit fit = fit_of(c, policy);

    if (fit.both)
        return;
    if (scopes[VARIABLE_ACTION].kind == SCOPE_IN_SET && scopes[VARIABLE_ACTION].count == 0)
        check_report(c, CEDAR_ERR_CONFORM, scopes[VARIABLE_ACTION].span,
                     "name at least one action, or leave it open", "`action in []` fits no action");
    else if (!fit.action)
        check_report(c, CEDAR_ERR_CONFORM, scopes[VARIABLE_ACTION].span,
                     help_for(c, policy, VARIABLE_ACTION),
                     "no action that this admits applies to anything");
    else if (!fit.principal)
        check_report(c, CEDAR_ERR_CONFORM, scopes[VARIABLE_PRINCIPAL].span,
                     help_for(c, policy, VARIABLE_PRINCIPAL),
                     "no such principal can do what `action` admits");
    else if (!fit.resource)
        check_report(c, CEDAR_ERR_CONFORM, scopes[VARIABLE_RESOURCE].span,
                     help_for(c, policy, VARIABLE_RESOURCE),
                     "what `action` admits cannot be done to such a resource");
    else
        check_report(c, CEDAR_ERR_CONFORM,
                     (struct span){scopes[VARIABLE_PRINCIPAL].span.start,
                                   scopes[VARIABLE_RESOURCE].span.end},
                     help_for(c, policy, VARIABLE_ACTION),
                     "no action applies to both such principals and such resources");
}
