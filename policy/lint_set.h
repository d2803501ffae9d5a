#ifndef POLICY_LINT_SET_H
#define POLICY_LINT_SET_H

#include "policy/lint.h"
#include "policy/schema/schema.h"

/* What lint finds by looking at a policy together with the others and the schema. */

/* policy_never_matches(set, policy): Whether its text alone shows that it can never apply. */
bool policy_never_matches(const struct cedar_policies *set, const struct policy *policy);

/*
 * policy_shadow(set, schema, number, ret):
 * Whether another policy of the same effect applies wherever policy ${number}
 * does: its scope is at least as wide, and it has no condition that this one
 * has not.  Of two that are the same the later one is shadowed.  ${work}, 0 at
 * first, grows; when it is too much the answer is false.
 */
bool policy_shadow(const struct cedar_policies *set, const struct cedar_schema *schema,
                   uint32_t number, uint32_t *work, uint32_t *ret_other);

/*
 * policy_asks(set, policy, path):
 * Whether the permit can only apply, or the forbid only let a request pass in
 * its scope, after context.${path} was looked at.
 */
bool policy_asks(const struct cedar_policies *set, const struct policy *policy, const char *path);

/* set_speaks_of(set, path): Whether any policy speaks of what ${path} begins with. */
bool set_speaks_of(const struct cedar_policies *set, const char *path);

/*
 * permit_lacks_guard(set, options, policies_asking, number):
 * Whether this permit can apply although nothing was asked of the station, as
 * struct lint_options says it; ${policies_asking} is policy_asks() of each.
 */
bool permit_lacks_guard(const struct cedar_policies *set, const struct lint_options *options,
                        const bool *policies_asking, uint32_t number);

/* scope_has_action(set, schema, scope, action): Whether ${scope} holds of that action of ${schema}.
 */
bool scope_has_action(const struct cedar_policies *set, const struct cedar_schema *schema,
                      const struct scope *scope, uint32_t action);

#endif
