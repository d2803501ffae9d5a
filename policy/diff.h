#ifndef POLICY_DIFF_H
#define POLICY_DIFF_H

#include "policy/ast.h"

/* How two policy sets, an old and a new one, differ: in their texts and in what they decide. */
struct diff {
    const struct cedar_policies *sets[2];
    uint32_t *in_new; /* by number in the old set: the policy of the same id in the new one */
    uint32_t *in_old;
};

#define DIFF_NONE UINT32_MAX /* there is none of that id */

/* diff_open(d, old, new): 0 or CEDAR_ERR_MEMORY; end with diff_close() in either case. */
must_use int diff_open(struct diff *d, const struct cedar_policies *old_set,
                       const struct cedar_policies *new_set);
void diff_close(struct diff *d);

/* diff_policy_changed(d, old): Whether a policy that is in both sets has other words in the new
 * one; white space and comments do not count. */
bool diff_policy_changed(const struct diff *d, uint32_t old_number);

/* What became of one request. */
enum diff_kind {
    DIFF_NEWLY_ALLOWED,
    DIFF_NEWLY_DENIED,
    DIFF_OTHER_REASONS, /* the same decision, for other reasons or with other errors */
    DIFF_SAME,
};

/* diff_results(d, old, new): The same request, decided by both sets. */
enum diff_kind diff_results(const struct diff *d, const struct cedar_result *old_result,
                            const struct cedar_result *new_result);

#endif
