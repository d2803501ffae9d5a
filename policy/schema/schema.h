#ifndef POLICY_SCHEMA_SCHEMA_H
#define POLICY_SCHEMA_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/arena.h"
#include "policy/ast.h"
#include "policy/cedar.h"
#include "policy/symbol.h"
#include "policy/value.h"

/*
 * A schema after every name in it was resolved: flat arrays that refer to one
 * another by index, nothing of the source's syntax left.  Read by the validator,
 * the conformance checks and the JSON reader; made by schema/ alone.
 */

enum type_kind {
    TYPE_NONE, /* number 0 of ${types}: no type, such as the tags of a type without tags */
    TYPE_BOOL,
    TYPE_LONG,
    TYPE_STRING,
    TYPE_ENTITY, /* a: number of an entity type, in ${entity_types} */
    TYPE_ACTION, /* a: symbol of an action entity type, such as `Shop::Action` */
    TYPE_SET,    /* a: type of the elements */
    TYPE_RECORD, /* [a, b): attributes, ascending by name; always closed */
    TYPE_DECIMAL,
    TYPE_IPADDR,
    TYPE_DATETIME,
    TYPE_DURATION,
};

/* Equal types have equal numbers: a type is made once. */
struct schema_type {
    enum type_kind kind;
    uint32_t a, b;
};

struct schema_attribute {
    uint32_t name; /* symbol */
    uint32_t type;
    bool is_required;
};

/* A run of one of the arrays below. */
struct run {
    uint32_t first, count;
};

struct schema_entity_type {
    uint32_t name;        /* symbol of the whole path, such as `Shop::Person` */
    uint32_t shape;       /* a TYPE_RECORD */
    uint32_t tags;        /* type of every tag's value, or 0: has no tags */
    bool is_enum;         /* then ${ids} are all that exist, without attributes and parents */
    struct run ids;       /* of ${numbers}: symbols */
    struct run ancestors; /* of ${numbers}: all entity types that one of this type may be in,
                             directly or not, ascending; not itself unless declared so */
    struct run parents;   /* of ${numbers}: those declared with `in` */
};

struct schema_action {
    struct uid uid;        /* symbols: type such as `Shop::Action`, and id */
    struct run ancestors;  /* of ${numbers}: all actions it is in, directly or not, ascending */
    struct run parents;    /* of ${numbers}: those declared with `in` */
    struct run principals; /* of ${numbers}: entity types, ascending; 0: applies to nothing */
    struct run resources;
    uint32_t context; /* a TYPE_RECORD */
};

struct cedar_schema {
    struct arena arena;
    struct symbols symbols; /* stands on nothing; numbers differ from those of any policy set */
    ARRAY(struct schema_type) types;
    ARRAY(struct schema_attribute) attributes;
    ARRAY(struct schema_entity_type) entity_types;
    ARRAY(struct schema_action) actions;
    ARRAY(uint32_t) numbers;
    uint32_t *entity_type_of; /* by symbol: number of the entity type of that name, or UINT32_MAX */
    uint32_t *action_order;   /* numbers of the actions, ascending by type and id */
};

/* schema_entity_type(s, name), schema_action(s, type, id): Its number, or UINT32_MAX. */
uint32_t schema_entity_type(const struct cedar_schema *s, struct text name);
uint32_t schema_action(const struct cedar_schema *s, struct text type, struct text id);

/* schema_has_action_type(s, name): Whether some action has entity type ${name}. */
bool schema_has_action_type(const struct cedar_schema *s, struct text name);

/* schema_attribute_find(s, record, name): The attribute of the TYPE_RECORD, or NULL. */
const struct schema_attribute *schema_attribute_find(const struct cedar_schema *s, uint32_t record,
                                                     struct text name);

/* schema_run_has(s, run, number): Whether ${number} is in an ascending run. */
bool schema_run_has(const struct cedar_schema *s, struct run run, uint32_t number);

/* schema_entity_in(s, child, group): Whether one of type ${child} may be in one of type ${group}.
 */
bool schema_entity_in(const struct cedar_schema *s, uint32_t child, uint32_t group);

/* schema_type_write(w, s, type): In the schema language, such as `Set<Shop::Site>`. */
void schema_type_write(struct writer *w, const struct cedar_schema *s, uint32_t type);

/* schema_suggest(names, count, wrong, ret): The nearest of ${names}, if one is near enough. */
bool schema_suggest(const struct text *names, uint32_t count, struct text wrong, struct text *ret);

#endif
