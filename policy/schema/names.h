#ifndef POLICY_SCHEMA_NAMES_H
#define POLICY_SCHEMA_NAMES_H

#include "policy/schema/raw.h"

/*
 * What the declarations of all fragments are called, and what a name that
 * stands in a namespace means: there first, then in the empty namespace.
 */

#define NOT_DECLARED UINT32_MAX
#define ACTION_TYPE  (UINT32_MAX - 1) /* the entity type of some namespace's actions */

/* The types that the language itself declares, all in `__cedar`. */
#define BUILTIN_LIST(BUILTIN)                                                                      \
    BUILTIN("Bool", TYPE_BOOL)                                                                     \
    BUILTIN("Long", TYPE_LONG)                                                                     \
    BUILTIN("String", TYPE_STRING)                                                                 \
    BUILTIN("decimal", TYPE_DECIMAL)                                                               \
    BUILTIN("ipaddr", TYPE_IPADDR)                                                                 \
    BUILTIN("datetime", TYPE_DATETIME)                                                             \
    BUILTIN("duration", TYPE_DURATION)

#define BUILTINS 7U

struct names {
    struct raw *raw;
    uint32_t *entity_of;    /* by symbol: number of a raw entity type, or one of the above */
    uint32_t *common_of;    /* by symbol: number of a raw common type, or behind them all the
                               number of a builtin one; or NOT_DECLARED */
    uint32_t *entity_paths; /* by number: symbol of the whole path */
    uint32_t *common_paths;
    uint32_t *action_types; /* by number of a raw action: symbol of its entity type */
    uint32_t *action_order; /* numbers of the raw actions, ascending by type and id */
    uint32_t symbols;       /* how many there were when the tables were made */
};

/* names_open(n, raw), names_close(n): Take up all declarations, refuse what may not stand beside
   another; and after. */
bool names_open(struct names *n, struct raw *raw);
void names_close(struct names *n);

/* What a name may mean. */
enum meaning { MEANS_ENTITY = 1, MEANS_COMMON = 2, MEANS_EITHER = 3 };

/*
 * names_find(n, space, path, meaning, place, ret_number):
 * What ${path}, written in ${space}, is: MEANS_COMMON with the number of a
 * common type, or MEANS_ENTITY with that of an entity type or ACTION_TYPE, and
 * then its whole path in ${ret_path}.  0 and a problem if it is nothing.
 */
enum meaning names_find(struct names *n, uint32_t space, uint32_t path, enum meaning meaning,
                        struct place place, uint32_t *ret_number, uint32_t *ret_path);

/* names_find_action(n, space, name, ret): The number of the raw action that ${name} is. */
bool names_find_action(struct names *n, uint32_t space, const struct raw_name *name, uint32_t *ret);

#endif
