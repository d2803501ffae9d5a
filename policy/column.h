#ifndef POLICY_COLUMN_H
#define POLICY_COLUMN_H

#include "policy/ast.h"
#include "policy/eval.h"

/*
 * One policy set decided for a whole column of resources at a time, one bit for
 * each, exactly as deciding them one by one would.
 *
 * A condition is cut into terms at its &&, ||, ! and if.  A term is evaluated
 * again only when a variable that it uses has changed, so what does not speak of
 * the principal is evaluated once for all of them.  Where a term also speaks of
 * the resource, it reads the resource through parts that speak of nothing else
 * (`resource.level`); resources for which all these parts have the same value
 * cannot be told apart by it, and one of them is evaluated for all.  Evaluating is
 * pure, so neither changes an answer.
 */

#define COLUMN_WORDS 64U /* at most, of 64 resources each */

/* How much may be done before the caller is asked again, in evaluations of about 50 ns. */
struct column_meter {
    uint64_t used, most;
    bool any; /* one evaluation is always possible, so that every step leads on */
};

/* For each resource of the block one bit: satisfied, erred.  Borrowed until the next call. */
struct column {
    const uint64_t *yes, *err;
};

/* Four lists, by enum variable, of the values that take part. */
struct column_lists {
    const struct cedar_value *at[4];
    uint32_t counts[4];
};

enum term_kind {
    TERM_WHOLE,  /* the resource is not in it: one value for the column */
    TERM_EACH,   /* evaluated for each resource */
    TERM_ALIKE,  /* evaluated for each group of resources; [first, count] are the parts */
    TERM_SCOPE,  /* the resource scope of policy ${node} */
    TERM_POLICY, /* policy ${node}: its scope (or TERM_NONE) and its clauses */
    TERM_NOT,    /* the others: [first, count] are terms */
    TERM_AND,
    TERM_OR,
    TERM_IF,
};

#define TERM_NONE UINT32_MAX

struct term {
    uint8_t kind;
    uint8_t uses; /* 1 << enum variable */
    uint32_t node;
    uint32_t first, count; /* of ${parts} */
    uint32_t slot, slots;  /* its answers: one for each action and context that it uses, if there
                              is room, else the last ones */
    uint32_t bits;         /* of the first slot, in columns; not for TERM_WHOLE */
    uint32_t groups;       /* TERM_ALIKE: number of its grouping */
};

/* Which resources of the block a term cannot tell apart. */
struct grouping {
    bool is_known;
    uint32_t count;
    uint16_t *of;   /* by resource: its group */
    uint16_t *with; /* by group: one of it */
};

struct columns {
    const struct cedar_policies *policies;
    struct column_lists lists;
    struct column_meter *meter;
    struct cedar_request request;
    struct eval eval;
    struct cedar_scratch *scratch;
    struct term *terms;
    uint32_t *parts, *roots; /* roots: by policy, its term */
    uint32_t term_count, part_count, grouping_count, slot_count, column_count;
    uint32_t at[4];       /* where in the lists; of the resources: the first of the block */
    uint32_t lanes;       /* of the block */
    uint32_t words, most; /* of a column, now and at most */
    uint64_t *keys;       /* by slot: for which principal, action and context */
    uint8_t *shapes;      /* by slot */
    uint64_t *bits;       /* two columns for each that is kept */
    uint64_t *none, *all;
    struct grouping *groupings;
    uint16_t *lanes_memory, *table; /* of the groupings; to find a group by hash */
    uint32_t *hashes;               /* by group, while they are made */
    uint8_t *outcomes;              /* by group */
    int error;                      /* CEDAR_ERR_LIMIT: an evaluation had too little memory */
};

/*
 * columns_open(s, policies, entities, lists, meter):
 * Make ready to decide ${lists}, whose values are of ${entities}; both are
 * borrowed.  Then call columns_fit() and columns_block().  0 or a CEDAR_ERR_ code;
 * end with columns_close() in either case.
 */
must_use int columns_open(struct columns *s, const struct cedar_policies *policies,
                          const struct cedar_entities *entities, const struct column_lists *lists,
                          struct column_meter *meter);
void columns_close(struct columns *s);

/* columns_bytes(s, words, slots): What columns_fit() would take. */
size_t columns_bytes(struct columns *s, uint32_t words, uint32_t slots);

/* columns_fit(s, words, slots): Take the memory for columns of ${words}, and at most ${slots}
 * answers of one term.  0 or CEDAR_ERR_MEMORY. */
must_use int columns_fit(struct columns *s, uint32_t words, uint32_t slots);

/* columns_block(s, first): Go on with the resources from ${first}, as many as there is room for. */
void columns_block(struct columns *s, uint32_t first);

/* columns_go(s, v, number): From now on principal, action or context is the ${number}th. */
void columns_go(struct columns *s, enum variable v, uint32_t number);

/*
 * columns_policy(s, number, ret):
 * Whether policy ${number}, whose principal and action match, is satisfied or
 * errs, for each resource.  False if the meter has run out, and then a later call
 * goes on where this one ended, or if ${error} is set.
 */
bool columns_policy(struct columns *s, uint32_t number, struct column *ret);

/* columns_compile(s): The terms of all policies.  0 or CEDAR_ERR_MEMORY. */
must_use int columns_compile(struct columns *s);

/* columns_group(s, term): Find out which resources of the block ${term} cannot tell apart. */
void columns_group(struct columns *s, const struct term *term);

#endif
