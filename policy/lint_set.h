#ifndef POLICY_LINT_SET_H
#define POLICY_LINT_SET_H

#include "policy/lint.h"
#include "policy/schema/schema.h"

/* What lint finds by looking at a policy together with the others and the schema. */

/* How much one lint compares, some seconds at most; behind it nothing is found to be shadowed. */
#define LINT_WORK_MAX (1U << 27)

/* policy_never_matches(set, policy): Whether its text alone shows that it can never apply. */
bool policy_never_matches(const struct cedar_policies *set, const struct policy *policy);

/*
 * policy_shadow(set, schema, number, ret):
 * Whether another policy of the same effect applies wherever policy ${number}
 * does: its scope is at least as wide, and it has no condition that this one
 * has not.  Of two that are the same the later one is shadowed.  Adds to ${work}
 * what it did, and gives up, with false, at LINT_WORK_MAX.
 */
bool policy_shadow(const struct cedar_policies *set, const struct cedar_schema *schema,
                   uint32_t number, uint32_t *work, uint32_t *ret_other);

/* forbid_is_guard(set, options, number): Whether the policy is a forbid that asks of the station.
 */
bool forbid_is_guard(const struct cedar_policies *set, const struct lint_options *options,
                     uint32_t number);

/*
 * permit_lacks_guard(set, options, number, guards, work):
 * Whether this permit can apply although nothing was asked of the station, as
 * struct lint_options says it.  ${guards} is forbid_is_guard() of each policy.
 * ${work} is as for policy_shadow(); at its end the answer is yes.
 */
bool permit_lacks_guard(const struct cedar_policies *set, const struct lint_options *options,
                        uint32_t number, const bool *guards, uint32_t *work);

/* scope_has_action(set, schema, scope, action): Whether ${scope} holds of that action of ${schema}.
 */
bool scope_has_action(const struct cedar_policies *set, const struct cedar_schema *schema,
                      const struct scope *scope, uint32_t action);

/* lint_asks_for_guard(set, options): Whether any permit is one of which a station guard is asked.
 */
bool lint_asks_for_guard(const struct cedar_policies *set, const struct lint_options *options);

#endif
