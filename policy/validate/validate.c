#include <stdlib.h>

#include "policy/parse.h"
#include "policy/validate/check.h"

/* ---- one policy in all its environments ---- */

/* Whether the policy may hold for this principal, for some resource; types its conditions. */
static bool check_resources(struct check *c, const struct policy *policy)
{
    const struct schema_action *action = &c->schema->actions.at[c->action];
    bool may_hold = false;

    for (uint32_t i = 0; i < action->resources.count && !check_stopped(c); i++) {
        uint32_t resource = c->schema->numbers.at[action->resources.first + i];
        c->work++;
        if (check_scope_entity(c, &policy->scopes[VARIABLE_RESOURCE], resource) == KNOWN_FALSE)
            continue;
        c->variable_type[VARIABLE_RESOURCE] = typing_entity(&c->typing, resource);
        if (check_clauses(c, policy) != KNOWN_FALSE)
            may_hold = true;
    }
    return may_hold;
}

static bool check_action_environments(struct check *c, const struct policy *policy)
{
    const struct schema_action *action = &c->schema->actions.at[c->action];
    const struct scope *scopes = policy->scopes;
    bool may_hold = false;

    c->variable_type[VARIABLE_ACTION] = typing_action(&c->typing, action->uid.type);
    c->variable_type[VARIABLE_CONTEXT] = typing_from_schema(&c->typing, action->context);
    for (uint32_t i = 0; i < action->principals.count && !check_stopped(c); i++) {
        uint32_t principal = c->schema->numbers.at[action->principals.first + i];
        c->work++;
        if (check_scope_entity(c, &scopes[VARIABLE_PRINCIPAL], principal) == KNOWN_FALSE ||
            action->resources.count == 0)
            continue;
        check_scope_list(c, &scopes[VARIABLE_ACTION]);
        if (check_scope_action(c, &scopes[VARIABLE_ACTION]) == KNOWN_FALSE)
            continue;
        c->variable_type[VARIABLE_PRINCIPAL] = typing_entity(&c->typing, principal);
        if (check_resources(c, policy))
            may_hold = true;
    }
    return may_hold;
}

static void check_policy(struct check *c, const struct policy *policy)
{
    bool may_hold = false;

    check_scope_names(c, policy);
    if (!c->has_error)
        check_scope(c, policy);
    check_names(c, policy);
    for (c->action = 0; c->action < c->schema->actions.count && !check_stopped(c); c->action++)
        if (check_action_environments(c, policy))
            may_hold = true;
    if (!may_hold && !c->has_error && policy->clause_count != 0 && !check_stopped(c)) {
        check_report(c, 0, c->policies->clauses.at[policy->clause_first].span,
                     "look for a condition that contradicts the schema or the scope",
                     "this policy can never apply: its conditions are always false");
        c->findings[c->finding_count - 1].finding.never_applies = true;
    }
}

/* Characters that turn the direction of writing make a text look like what it is not. */
static void check_direction(struct check *c, const struct policy *policy)
{
    const uint8_t *s = (const uint8_t *)c->policies->bytes;

    for (uint32_t i = policy->span.start; i + 3 <= policy->span.end; i++) {
        bool turns = s[i] == 0xe2 && ((s[i + 1] == 0x80 && s[i + 2] >= 0xaa && s[i + 2] <= 0xae) ||
                                      (s[i + 1] == 0x81 && s[i + 2] >= 0xa6 && s[i + 2] <= 0xa9));
        if (turns)
            check_report(
                c, 0, (struct span){i, i + 3}, "remove it, or write \\u{…} inside a string",
                "an invisible character here changes the order in which the text is shown");
    }
}

/* ---- the whole set ---- */

static int by_place(const void *a, const void *b)
{
    const struct check_finding *x = a, *y = b;

    if (x->span.start != y->span.start)
        return x->span.start < y->span.start ? -1 : 1;
    return x->span.end < y->span.end ? -1 : x->span.end > y->span.end;
}

static uint32_t hand_out(struct check *c,
                         void (*report)(void *context, const struct cedar_finding *finding),
                         void *context)
{
    uint32_t errors = 0;

    qsort(c->findings, c->finding_count, sizeof *c->findings, by_place);
    for (uint32_t i = 0; i < c->finding_count; i++) {
        errors += c->findings[i].finding.is_error;
        if (report != NULL)
            report(context, &c->findings[i].finding);
    }
    return errors;
}

static int check_open(struct check *c)
{
    uint32_t count = c->policies->symbols.count;
    int r = typing_open(&c->typing, c->schema);

    if (shapes_open(&c->shapes, c->policies) != 0)
        return CEDAR_ERR_MEMORY;
    c->findings = calloc(CHECK_FINDINGS_MAX, sizeof *c->findings);
    c->names = calloc((size_t)count + 1, sizeof *c->names);
    if (c->findings == NULL || c->names == NULL)
        return CEDAR_ERR_MEMORY;
    for (uint32_t i = 0; r == 0 && i < count; i++)
        r = symbols_add(&c->typing.names, symbols_text(&c->policies->symbols, i), &c->names[i]);
    return r;
}

static void check_close(struct check *c)
{
    typing_close(&c->typing);
    shapes_close(&c->shapes);
    free(c->findings);
    free(c->names);
    free(c->sure.at);
}

int cedar_validate(const struct cedar_policies *policies, const struct cedar_schema *schema,
                   void (*report)(void *context, const struct cedar_finding *finding),
                   void *context, uint32_t *ret_errors)
{
    struct check c = {.policies = policies, .schema = schema};
    uint32_t errors = 0;
    int r = check_open(&c);

    for (c.policy = 0; r == 0 && c.policy < policies->policies.count; c.policy++) {
        c.finding_count = 0;
        c.has_error = false;
        check_policy(&c, &policies->policies.at[c.policy]);
        check_direction(&c, &policies->policies.at[c.policy]);
        r = c.error;
        if (r == 0)
            errors += hand_out(&c, report, context);
    }
    check_close(&c);
    if (r == 0)
        *ret_errors = errors;
    return r;
}
