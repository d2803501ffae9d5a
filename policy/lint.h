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
            "`containsAll` is true of an empty set: a person without any entry passes")            \
    FINDING(FINDING_CAN_ERROR, "can-error",                                                        \
            "this forbid can err, and then it does not say what it forbids")                       \
    FINDING(FINDING_NEVER_MATCHES, "never-matches", "this policy can never apply")                 \
    FINDING(FINDING_SHADOWED, "shadowed",                                                          \
            "this policy adds nothing: `%s` applies wherever this one does")                       \
    FINDING(FINDING_NO_STATION_GUARD, "no-station-guard",                                          \
            "this permit applies at a station of which nothing was asked")

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

/* What lint looks at beside the policies; all 0 is fine. */
struct lint_options {
    const struct cedar_schema *schema; /* or NULL */
    /*
     * The attribute of the context that shows that the station may be trusted, with
     * dots; NULL: LINT_STATION_GUARD, "": no permit needs one.
     */
    const char *station_guard;
};

#define LINT_STATION_GUARD "station.attestedUntil"

/*
 * lint(policies, options, report, context):
 * Call ${report} for every finding, in the order of the policies.  Without a
 * schema nothing is known of types, so wrong types are not found; the guards that
 * are asked for are those that make a policy free of errors whatever the store
 * holds.
 *
 * never-matches: the schema shows it, or a condition is literally false.
 * shadowed: another policy of the same effect has a scope as wide and no
 * condition that this one has not.  Both are found by their text, not proven.
 *
 * no-station-guard: a permit needs, for each way to meet its own conditions, or
 * by a forbid whose scope is as wide as the permit's and whose single condition
 * is of the form `unless { … }`, that the station guard was looked at.  With a
 * schema this is asked of permits for actions whose context has the first name
 * of the guard; without one of all permits, as soon as any policy speaks of it.
 * Return 0, or CEDAR_ERR_MEMORY or CEDAR_ERR_LIMIT.
 */
must_use int lint(const struct cedar_policies *policies, const struct lint_options *options,
                  void (*report)(void *context, const struct finding *finding), void *context);

#endif
