#include "policy/eval.h"

/* Whether ${uid}, of which ${entity} (or NULL) is known, is in ${group}. */
static bool stands_in(const struct entity *entity, struct uid uid, struct uid group)
{
    return (uid.type == group.type && uid.id == group.id) ||
           (entity != NULL && entity_has_ancestor(entity, group));
}

bool eval_scope_of(struct eval *ev, const struct policy *policy, enum variable v)
{
    const struct scope *s = &policy->scopes[v];
    const struct cedar_value *value = ev->places[v].value;
    const struct entity *entity = ev->places[v].entity;
    struct uid uid = {value->uid.type, value->uid.id};

    switch (s->kind) {
    case SCOPE_ANY:
        return true;
    case SCOPE_EQ:
        return uid.type == s->uid.type && uid.id == s->uid.id;
    case SCOPE_IN:
        return stands_in(entity, uid, s->uid);
    case SCOPE_IS:
        return uid.type == s->type;
    case SCOPE_IS_IN:
        return uid.type == s->type && stands_in(entity, uid, s->uid);
    case SCOPE_IN_SET:
        for (uint32_t i = 0; i < s->count; i++) {
            const uint32_t *pair = &ev->policies->children.at[s->first + 2 * i];
            if (stands_in(entity, uid, (struct uid){pair[0], pair[1]}))
                return true;
        }
        return false;
    }
    return false;
}

bool eval_scope(struct eval *ev, const struct policy *policy)
{
    for (enum variable v = VARIABLE_PRINCIPAL; v <= VARIABLE_RESOURCE; v++)
        if (policy->scopes[v].kind != SCOPE_ANY && !eval_scope_of(ev, policy, v))
            return false;
    return true;
}
