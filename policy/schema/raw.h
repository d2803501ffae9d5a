#ifndef POLICY_SCHEMA_RAW_H
#define POLICY_SCHEMA_RAW_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/schema/schema.h"

/*
 * What both forms of a schema say, before any name in it is resolved: flat
 * arrays, filled fragment after fragment by read_text() and read_json(), turned
 * into a struct cedar_schema by resolve().  Names are symbols of that schema.
 */

#define NO_NAME UINT32_MAX /* of the empty namespace; of an action's type that is not written */

/* Where something is written. */
struct place {
    uint32_t fragment;
    struct span span;
};

enum raw_kind {
    RAW_NONE, /* number 0 of ${types}: not written */
    RAW_BOOL,
    RAW_LONG,
    RAW_STRING,
    RAW_SET,       /* a: number in ${types} */
    RAW_RECORD,    /* [a, count]: of ${attributes} */
    RAW_EXTENSION, /* a: symbol of its name, such as `decimal` */
    RAW_ENTITY,    /* a: symbol of an entity type's name */
    RAW_COMMON,    /* a: symbol of a common type's name */
    RAW_EITHER,    /* a: symbol of either's name; the common type wins */
};

struct raw_type {
    enum raw_kind kind;
    uint32_t a, count;
    struct place place;
    uint32_t space; /* where its names are looked for first */
};

struct raw_attribute {
    uint32_t name;  /* symbol */
    uint32_t first; /* the types from here to ${type} were written for it */
    uint32_t type;  /* number in ${types} */
    bool is_required;
};

/* An entity type, or an action, that a declaration refers to. */
struct raw_name {
    uint32_t type; /* symbol of a path, not resolved; of an action it may be NO_NAME */
    uint32_t id;   /* of an action: symbol */
    struct place place;
};

/* A namespace of one fragment. */
struct raw_space {
    uint32_t name; /* symbol of its path, or NO_NAME */
    struct place place;
};

struct raw_common {
    uint32_t space, name, type;
    struct place place;
};

struct raw_entity_type {
    uint32_t space, name;
    struct run parents; /* of ${names} */
    uint32_t shape;     /* number in ${types}; 0: a record without attributes */
    uint32_t tags;      /* number in ${types}; 0: none */
    bool is_enum;
    struct run ids; /* of ${ids}: symbols */
    struct place place;
};

struct raw_action {
    uint32_t space, id;
    struct run parents, principals, resources; /* of ${names} */
    uint32_t context;                          /* number in ${types}; 0: an empty record */
    struct place place;
};

struct raw {
    struct cedar_schema *schema;
    const struct cedar_schema_source *fragments;
    struct cedar_problem *problem;
    uint32_t space; /* that is being read */
    ARRAY(struct raw_space) spaces;
    ARRAY(struct raw_type) types;
    ARRAY(struct raw_attribute) attributes;
    ARRAY(struct raw_name) names;
    ARRAY(uint32_t) ids;
    ARRAY(struct raw_common) commons;
    ARRAY(struct raw_entity_type) entity_types;
    ARRAY(struct raw_action) actions;
    char *joined; /* room for one path */
    uint32_t joined_room;
};

/* raw_open(raw, schema, fragments, problem), raw_close(raw): Before and after; false: no memory. */
bool raw_open(struct raw *raw, struct cedar_schema *schema,
              const struct cedar_schema_source *fragments, struct cedar_problem *problem);
void raw_close(struct raw *raw);

/* raw_fail(raw, code, place, help, format, …): Keep the first problem.  Always false. */
bool raw_fail(struct raw *raw, int code, struct place place, const char *help, const char *format,
              ...) __attribute__((format(printf, 5, 6)));
bool raw_failed(const struct raw *raw);
bool raw_no_memory(struct raw *raw, struct place place);

/* raw_symbol(raw, place, text, ret), raw_text(raw, symbol): A text and its number. */
bool raw_symbol(struct raw *raw, struct place place, struct text text, uint32_t *ret);
struct text raw_text(const struct raw *raw, uint32_t symbol);

/* raw_space(raw, name, place): From now on this namespace, or none for NO_NAME, is read. */
bool raw_space(struct raw *raw, uint32_t name, struct place place);

/* raw_type(raw, type, ret): Append a type of the namespace that is being read. */
bool raw_type(struct raw *raw, struct raw_type type, uint32_t *ret);

/*
 * raw_record(raw, place, attributes, count, ret):
 * Append a record; orders ${attributes} by name.  Of those with one name the
 * last counts, and what the others say is forgotten, as the reference engine does.
 */
bool raw_record(struct raw *raw, struct place place, struct raw_attribute *attributes,
                uint32_t count, uint32_t *ret);

/*
 * raw_join(raw, space, name, ret):
 * The path of ${name} in namespace ${space}: borrowed, until the next call.
 * False when memory is out.
 */
bool raw_join(struct raw *raw, uint32_t space, uint32_t name, struct text *ret);

/* raw_is_keyword(name): Whether no common type may be called so. */
bool raw_is_keyword(struct text name);

/* path_is_reserved(path): Whether one of its names is `__cedar`. */
bool path_is_reserved(struct text path);

/* read_text(raw, fragment), read_json(raw, fragment): Append what the fragment declares. */
bool read_text(struct raw *raw, uint32_t fragment);
bool read_json(struct raw *raw, uint32_t fragment);

/* resolve(raw): Fill the schema. */
bool resolve(struct raw *raw);

#endif
