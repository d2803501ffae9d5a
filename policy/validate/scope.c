#include "policy/validate/check.h"

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
    const uint32_t *uids = &c->policies->children.at[scope->first];
    bool holds = scope->kind == SCOPE_ANY;

    if (scope->kind == SCOPE_EQ)
        holds = check_action(c, scope->uid) == c->action;
    else if (scope->kind == SCOPE_IN)
        holds = action_in(c, scope->uid);
    c->work += scope->kind == SCOPE_IN_SET ? scope->count : 0;
    for (uint32_t i = 0; scope->kind == SCOPE_IN_SET && i < scope->count && !holds; i++)
        holds = action_in(c, (struct uid){uids[2 * i], uids[2 * i + 1]});
    return holds ? KNOWN_TRUE : KNOWN_FALSE;
}

void check_scope_list(struct check *c, const struct scope *scope)
{
    const uint32_t *uids = &c->policies->children.at[scope->first];

    if (scope->kind != SCOPE_IN_SET)
        return;
    if (scope->count == 0)
        check_report(c, CEDAR_ERR_CONFORM, scope->span, "name at least one action, or leave it open",
                     "`action in []` matches nothing");
    for (uint32_t i = 1; i < scope->count; i++) {
        if (uids[2 * i] == uids[0])
            continue;
        check_report(c, CEDAR_ERR_CONFORM, check_path_span(c, scope->span, i),
                     "write one policy for each namespace",
                     "the actions of a list must be of one type; this one is `%s`, the first is `%s`",
                     symbols_text(&c->policies->symbols, uids[2 * i]).data,
                     symbols_text(&c->policies->symbols, uids[0]).data);
        break;
    }
}
