#ifndef POLICY_SCHEMA_TYPETABLE_H
#define POLICY_SCHEMA_TYPETABLE_H

#include "policy/schema/schema.h"

/* The types of a schema in the making: each is made once, so equal ones have one number. */
struct types {
    struct cedar_schema *schema;
    ARRAY(uint32_t) heights; /* of the type with the same number: how deep it nests */
    uint32_t *slots;         /* open addressing: numbers of types, 0: free */
    uint32_t slot_count;
};

/* types_open(t, schema), types_close(t): Before, with number 0 made, and after. */
int types_open(struct types *t, struct cedar_schema *schema);
void types_close(struct types *t);

/* types_add(t, kind, a, ret): Any type but a record. */
must_use int types_add(struct types *t, enum type_kind kind, uint32_t a, uint32_t *ret);

/* types_add_record(t, attributes, count, ret): A record; ${attributes} ascend by name. */
must_use int types_add_record(struct types *t, const struct schema_attribute *attributes,
                              uint32_t count, uint32_t *ret);

#endif
