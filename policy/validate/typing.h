#ifndef POLICY_VALIDATE_TYPING_H
#define POLICY_VALIDATE_TYPING_H

#include "policy/schema/schema.h"

/*
 * The types that expressions have: those of the schema, and beside them the two
 * of a boolean whose value is known, and records and sets of such.  A type is
 * made once, so equal types have equal numbers.  Names are numbered by a table
 * on top of the schema's, so that what both have has one number.
 */

enum {
    TYPE_TRUE = 64, /* kinds: a boolean that is always true, that is always false */
    TYPE_FALSE = 65,
};

/* The types that are always there, by number. */
enum known_type {
    KNOWN_NONE, /* no type: the expression has a mistake that was reported */
    KNOWN_BOOL,
    KNOWN_TRUE,
    KNOWN_FALSE,
    KNOWN_LONG,
    KNOWN_STRING,
    KNOWN_DECIMAL,
    KNOWN_IPADDR,
    KNOWN_DATETIME,
    KNOWN_DURATION,
};

struct typing {
    const struct cedar_schema *schema;
    struct arena arena;
    struct symbols names;
    ARRAY(struct schema_type) list;
    ARRAY(struct schema_attribute) attributes;
    uint32_t *slots; /* open addressing: number of a type, or 0 */
    uint32_t slot_count;
    uint32_t *of_schema; /* by number of a schema's type: ours, or 0 */
    unsigned depth;
    uint32_t work; /* grows with what was done */
    int error;     /* the first failure; from then on every type is KNOWN_NONE */
};

/* typing_open(t, schema): 0 or a CEDAR_ERR_ code; end with typing_close() in either case. */
int typing_open(struct typing *t, const struct cedar_schema *schema);
void typing_close(struct typing *t);

/* typing_from_schema(t, type), …: The number of a type. */
uint32_t typing_from_schema(struct typing *t, uint32_t type);
uint32_t typing_entity(struct typing *t, uint32_t entity_type);
uint32_t typing_action(struct typing *t, uint32_t name);
uint32_t typing_set(struct typing *t, uint32_t element);
/* typing_record(t, attributes, count): Of these ${count}, which are put in order. */
uint32_t typing_record(struct typing *t, struct schema_attribute *attributes, uint32_t count);

struct schema_type typing_at(const struct typing *t, uint32_t type);
bool typing_is_bool(uint32_t type);
bool typing_is_entity(const struct typing *t, uint32_t type);
bool typing_is_record(const struct typing *t, uint32_t type);
bool typing_is_set(const struct typing *t, uint32_t type);

/* typing_shape(t, type): The record of the attributes of a record or entity, or 0: has none. */
uint32_t typing_shape(struct typing *t, uint32_t type);
/* typing_attribute(t, record, name): That attribute, or NULL. */
const struct schema_attribute *typing_attribute(const struct typing *t, uint32_t record,
                                                uint32_t name);

/*
 * typing_join(t, a, b):
 * The one type that holds the values of both, or KNOWN_NONE.  In strict mode the
 * two may differ only in what is known of their booleans.
 */
uint32_t typing_join(struct typing *t, uint32_t a, uint32_t b);

/* typing_write(w, t, type): In the words of the schema language. */
void typing_write(struct writer *w, const struct typing *t, uint32_t type);

#endif
