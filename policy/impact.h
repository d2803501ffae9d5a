#ifndef POLICY_IMPACT_H
#define POLICY_IMPACT_H

#include "policy/column.h"
#include "policy/diff.h"

/* The changes of one kind and action that are kept: the first in order, and the first of each
 * principal. */
struct impact_list {
    struct cedar_impact_sample *at;
    uint32_t count;
};

struct impact_samples {
    struct impact_list all, firsts;
};

/* A policy whose principal and action match, and its column in this row. */
struct impact_policy {
    uint32_t number;
    bool is_forbid;
    struct column column;
};

struct impact_part {
    const struct cedar_policies *policies;
    struct columns columns;
    uint32_t words;         /* of a set of policies */
    uint64_t *by_action;    /* sets of the policies whose action matches */
    uint64_t *by_principal; /* the set of those whose principal matches, now */
    struct impact_policy *now;
    uint32_t count;
    uint32_t *where;                         /* by policy: its place in ${now}, or DIFF_NONE */
    uint64_t *allow, *permit, *forbid, *err; /* of the row */
    uint64_t *counts[CEDAR_IMPACT_KINDS];    /* by policy */
};

struct cedar_impact {
    struct impact_part parts[2]; /* before, after */
    struct diff diff;
    struct cedar_impact_space space;
    struct column_meter meter;
    size_t resource_words;
    uint64_t *for_principal, *for_context;  /* bits by action and index */
    uint64_t *for_resource;                 /* for each action ${resource_words} words */
    uint32_t first;                         /* of the block of resources */
    uint32_t principal, action, context;    /* the row that comes next */
    bool is_block, is_principal, is_action; /* what is prepared of it */
    uint64_t *kinds[CEDAR_IMPACT_KINDS];    /* of the row */
    uint64_t *by_action[CEDAR_IMPACT_KINDS];
    struct impact_samples *samples[CEDAR_IMPACT_KINDS]; /* by action */
    struct cedar_impact_sample *kept, *chosen[CEDAR_IMPACT_KINDS];
    struct cedar_impact_result result;
    bool is_chosen; /* its samples */
    int error;
};

/* impact_sample(m, kind): Keep of the row's changes of ${kind} what is to be kept. */
void impact_sample(struct cedar_impact *m, enum cedar_impact_kind kind);

/* impact_choose(m, kind): Set the samples of ${kind} in the result. */
void impact_choose(struct cedar_impact *m, enum cedar_impact_kind kind);

/* impact_first(m, kind, action): The first changes in the order of principals, contexts and
 * resources, as many as samples were asked for. */
const struct impact_list *impact_first(const struct cedar_impact *m, enum cedar_impact_kind kind,
                                       size_t action);

#endif
