#ifndef POLICY_LINT_H
#define POLICY_LINT_H

#include <stdint.h>

#include "policy/cedar.h"

/* FINDING(kind, name, text): what lint reports. */
#define FINDING_LIST(FINDING)                                                                      \
    FINDING(FINDING_NO_ID, "no-id",                                                                \
            "the policy has no @id; records and tests name policies by it")                        \
    FINDING(FINDING_NO_WHY, "no-why", "the policy has no @why; people who are refused read it")    \
    FINDING(FINDING_UNGUARDED, "unguarded",                                                        \
            "this attribute may be missing, and reading a missing attribute is an error")          \
    FINDING(FINDING_UNGUARDED_TAG, "unguarded-tag",                                                \
            "this tag may be missing, and reading a missing tag is an error")                      \
    FINDING(FINDING_OVERFLOW, "overflow", "this can overflow, which is an error")                  \
    FINDING(FINDING_EXTENSION, "bad-text",                                                         \
            "this text is not, or may not be, well-formed, which is an error")                     \
    FINDING(FINDING_EMPTY_SET, "empty-set",                                                        \
            "`containsAll` is true of an empty set: a person without any entry passes")

enum finding_kind {
#define FINDING(kind, name, text) kind,
    FINDING_LIST(FINDING)
#undef FINDING
};

struct finding {
    enum finding_kind kind;
    uint32_t policy;
    struct cedar_problem place; /* with message and help */
};

const char *finding_name(enum finding_kind kind);

/*
 * lint(policies, report, context):
 * Call ${report} for every finding, in the order of the text.  Without a schema
 * nothing is known of types, so wrong types are not found; the guards that are
 * asked for are those that make a policy free of errors whatever the store holds.
 */
void lint(const struct cedar_policies *policies,
          void (*report)(void *context, const struct finding *finding), void *context);

#endif
