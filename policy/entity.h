#ifndef POLICY_ENTITY_H
#define POLICY_ENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/ast.h"

/* One entity.  Attributes and tags ascend by key, ancestors (all, not only parents) by uid. */
struct entity {
    struct uid uid;
    uint32_t slot;
    uint32_t attribute_count, tag_count, parent_count, ancestor_count;
    const struct value_field *attributes;
    const struct value_field *tags;
    const struct uid *parents;
    const struct uid *ancestors;
    uint32_t cursor; /* while closing: the next parent to follow; UINT32_MAX: closed */
    uint32_t from;   /* while closing: the entity that we came from */
};

/* The entity that is being described. */
struct draft {
    struct uid uid;
    uint32_t attribute_count, tag_count, parent_count;
    struct value_field attributes[CEDAR_ATTRIBUTES_MAX];
    struct value_field tags[CEDAR_ATTRIBUTES_MAX];
    struct uid parents[CEDAR_ANCESTORS_MAX];
};

enum entities_state {
    ENTITIES_UNUSABLE, /* failed, or an overlay without a base */
    ENTITIES_FILLING,
    ENTITIES_IN_ENTITY,
    ENTITIES_FROZEN,
};

struct cedar_entities {
    const struct cedar_policies *policies;
    const struct cedar_entities *below; /* the base, for an overlay */
    bool is_overlay;
    enum entities_state state;
    int error;          /* the first failure */
    bool forgives_same; /* an entity may be described again in the same words */
    struct arena arena;
    struct symbols symbols;
    struct entity *items;
    uint32_t count, room;
    uint32_t *slots; /* in use if the entity there points back, as in symbol.h */
    uint32_t slot_count;
    struct draft draft;
};

/* entities_find(e, uid): The entity, in ${e} or below, or NULL. */
const struct entity *entities_find(const struct cedar_entities *e, struct uid uid);

/* entity_has_ancestor(entity, group): Whether it stands in ${group}, directly or not. */
bool entity_has_ancestor(const struct entity *entity, struct uid group);

/* entities_fail(e, code): Remember the first failure. */
void entities_fail(struct cedar_entities *e, int code);

/* The same as the public calls, for texts with a length: what JSON brings may hold U+0000. */
void entities_begin(struct cedar_entities *e, struct text type, struct text id);
void entities_parent(struct cedar_entities *e, struct text type, struct text id);
void entities_attribute(struct cedar_entities *e, struct text name, struct cedar_value value);
void entities_tag(struct cedar_entities *e, struct text name, struct cedar_value value);
struct cedar_value entities_uid(struct cedar_entities *e, struct text type, struct text id);
struct cedar_value entities_string(struct cedar_entities *e, struct text text);
/* entities_record(e, names, values, count): A record of two arrays side by side. */
struct cedar_value entities_record(struct cedar_entities *e, const struct text *names,
                                   const struct cedar_value *values, size_t count);

#endif
