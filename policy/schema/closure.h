#ifndef POLICY_SCHEMA_CLOSURE_H
#define POLICY_SCHEMA_CLOSURE_H

#include "policy/schema/schema.h"

/* compare_numbers(a, b): For qsort, of uint32_t. */
int compare_numbers(const void *a, const void *b);

/*
 * close_entity_types(s), close_actions(s, ret_own):
 * Fill ${ancestors} from ${parents}.  Entity types may be in one another in a
 * circle; actions may not: then CEDAR_ERR_CYCLE, with the number of one.
 */
must_use int close_entity_types(struct cedar_schema *s);
must_use int close_actions(struct cedar_schema *s, uint32_t *ret_own);

#endif
