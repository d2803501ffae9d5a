#ifndef POLICY_EXPLAIN_H
#define POLICY_EXPLAIN_H

#include "policy/eval.h"

/*
 * explain_values(ev, node, w):
 * Write what the expression ${node} was decided on: for each attribute, variable
 * and call in it a line `expression = value`, and a line for what is missing.
 * The expression's own value is not among them.
 */
void explain_values(struct eval *ev, uint32_t node, struct writer *w);

/* explain_value(w, entities, value): ${value} for people: times readable, cut if it is long. */
void explain_value(struct writer *w, const struct cedar_entities *entities,
                   const struct cedar_value *value);

/* A growing list of what was used; ${count} is ${room} + 1 when there is more than that. */
struct uses {
    struct cedar_use *out;
    size_t room, count;
};

/* explain_uses(ev, node, outcome, uses): Add what the part ${node} reads, which came out so. */
void explain_uses(struct eval *ev, uint32_t node, int outcome, struct uses *uses);

#endif
