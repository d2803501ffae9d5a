#ifndef POLICY_TRIAL_H
#define POLICY_TRIAL_H

#include "policy/scenario.h"

/* Decision tests: requests, and what must be decided, by which policies. */

/* The members of a file of tests, and of one test. */
extern const char *const trial_members[];
extern const char *const trial_test_members[];

struct trial {
    struct scenario *scenario;
    const struct cedar_source *source; /* of the tests */
    const struct json *context;        /* for every test, or NULL */
};

/*
 * trial_test(trial, test, ret_result):
 * Whether ${test} comes out as it says.  When it cannot be asked, false, and the
 * scenario's problem says why; else that has no code.
 */
bool trial_test(struct trial *trial, const struct json *test, struct cedar_result *ret_result);

#endif
