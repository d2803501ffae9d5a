#ifndef POLICY_INDEX_H
#define POLICY_INDEX_H

#include <stdbool.h>
#include <stdint.h>

struct cedar_policies;
struct eval;

/*
 * Which policies can match a request, found without looking at the others.  Each
 * policy lies under one key of its scope: the entity or the type that its
 * principal, action or resource is held against, whichever the fewest other
 * policies name.  What names none lies in the list that is always looked at.
 */
struct index_key {
    uint32_t place; /* enum variable, or INDEX_UNUSED */
    uint32_t type, id;
    uint32_t first, count; /* of ${numbers}, ascending */
};

#define INDEX_UNUSED UINT32_MAX
#define INDEX_TYPE   UINT32_MAX /* instead of an id: `is` this type */

struct policy_index {
    struct index_key *keys; /* open addressing */
    uint32_t key_count;     /* a power of two, or 0 */
    uint32_t *numbers;
    uint32_t always_count; /* the first of ${numbers} */
};

/* index_build(p): The index of the policies of ${p}, once they are loaded.  0 or CEDAR_ERR_MEMORY.
 */
int index_build(struct cedar_policies *p);
void index_free(struct policy_index *index);

/*
 * index_candidates(ev, bits):
 * Set the bit of every policy whose scope may match the request of ${ev}; those
 * that are left out do not match.  ${bits} has room for all policies and is 0.
 * Return how many bits are set, or more.
 */
uint32_t index_candidates(const struct eval *ev, uint64_t *bits);

#endif
