#ifndef POLICY_SCHEMA_CONFORM_H
#define POLICY_SCHEMA_CONFORM_H

#include "policy/entity.h"
#include "policy/schema/schema.h"

/*
 * Whether values and entities of a store are what a schema says.  ${symbols}
 * are the store's.  Each returns true, or false with a sentence about the
 * offence in ${why}; what to do about it, if there is something, goes to ${help}.
 */
struct offence {
    struct writer why, help;
    char sentence[200], advice[160];
};

/* offence_init(o): Empty. */
void offence_init(struct offence *o);

/* conform_value(s, symbols, type, v, o): Whether ${v} is of ${type}. */
bool conform_value(const struct cedar_schema *s, const struct symbols *symbols, uint32_t type,
                   const struct cedar_value *v, struct offence *o);

/* conform_uid(s, symbols, uid, o): Whether there can be such an entity. */
bool conform_uid(const struct cedar_schema *s, const struct symbols *symbols, struct uid uid,
                 struct offence *o);

/*
 * conform_attribute(s, type, name, is_tag, o), conform_parent(s, symbols, type, parent, o):
 * Whether an entity of type ${type} may have such an attribute or tag, or
 * parent.  The first returns the type of its value, or 0.
 */
uint32_t conform_attribute(const struct cedar_schema *s, uint32_t type, struct text name,
                           bool is_tag, struct offence *o);
bool conform_parent(const struct cedar_schema *s, const struct symbols *symbols, uint32_t type,
                    struct uid parent, struct offence *o);

/* conform_entity_type(s, name, o): The number of an entity type, or UINT32_MAX. */
uint32_t conform_entity_type(const struct cedar_schema *s, struct text name, struct offence *o);

/*
 * conform_action(s, entities, action, o):
 * Whether an action of a store, frozen or not, is in exactly the groups that the
 * schema gives it, and has no attributes and tags.
 */
bool conform_action(const struct cedar_schema *s, const struct cedar_entities *entities,
                    const struct entity *action, struct offence *o);

/* record_missing(s, record, symbols, fields, count): A required attribute that is not there. */
const struct schema_attribute *record_missing(const struct cedar_schema *s, uint32_t record,
                                              const struct symbols *symbols,
                                              const struct value_field *fields, uint32_t count);

#endif
