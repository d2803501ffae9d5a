#ifndef POLICY_VALIDATE_SHAPE_H
#define POLICY_VALIDATE_SHAPE_H

#include "policy/ast.h"

/*
 * Expressions without their place, numbered so that two which mean the same tree
 * of the language's core have one number: `a > b` is `!(a <= b)`, `x has a.b` is
 * `x has a && x.a has b`, and so on.  What a policy has made sure of is
 * remembered by these numbers: of an attribute by the shape of `x.a`, of a tag by
 * the shape of `x.getTag(k)`.
 */
struct shape {
    uint32_t op, a, b, c;
};

struct shapes {
    const struct cedar_policies *policies;
    ARRAY(struct shape) list; /* number 0 is none */
    ARRAY(uint32_t) known;    /* by shape: how often it is made sure of, here and now */
    ARRAY(uint32_t) seen;     /* by shape: the last search that came by */
    uint32_t *slots;
    uint32_t slot_count;
    uint32_t *of_node; /* by node: its shape, or 0 */
    uint32_t search;
    int error;
};

/* shapes_open(s, policies): 0 or CEDAR_ERR_MEMORY; end with shapes_close() in either case. */
int shapes_open(struct shapes *s, const struct cedar_policies *policies);
void shapes_close(struct shapes *s);

/* shapes_of(s, node): The shape of the expression; 0 after a failure. */
uint32_t shapes_of(struct shapes *s, uint32_t node);

/* shapes_get(s, base, name), shapes_tag(s, base, key): Of base.name, of base.getTag(key). */
uint32_t shapes_get(struct shapes *s, uint32_t base, uint32_t name);
uint32_t shapes_tag(struct shapes *s, uint32_t base, uint32_t key);

/* shapes_literal(s, node, ret): Whether ${node} counts as a literal, and which. */
bool shapes_literal(struct shapes *s, uint32_t node, struct cedar_value *ret);

#endif
