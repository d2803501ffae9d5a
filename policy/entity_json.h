#ifndef POLICY_ENTITY_JSON_H
#define POLICY_ENTITY_JSON_H

#include "policy/entity.h"
#include "policy/json.h"
#include "policy/schema/schema.h"

/*
 * Cedar's JSON forms, read into a store.  For tools and tests; services use
 * cedar.h.  With a schema every value is read as the type that is declared for
 * it, so that {"type", "id"} is an entity and "1.2.3.4" an address where one is
 * needed, and what does not conform is refused at its place.
 */
struct entity_json {
    struct cedar_entities *entities;
    const struct cedar_source *source; /* of the JSON, for messages */
    struct cedar_problem *problem;
    const struct cedar_schema *schema; /* or NULL */
    const struct cedar_value *action;  /* of contexts, with a schema; of ${entities} */
    bool is_lenient; /* values are read as the schema says, but need not be of their types */
};

/*
 * entity_json_all(j, array):
 * Describe every entity of [{uid, attrs, parents, tags}, …].  An entity that is
 * there twice must be the same both times.  With a schema its actions are still
 * to be added with cedar_schema_actions().
 */
must_use int entity_json_all(const struct entity_json *j, const struct json *array);

/* entity_json_uid(j, v, ret): {"type": …, "id": …}, bare or in {"__entity": …}. */
must_use int entity_json_uid(const struct entity_json *j, const struct json *v,
                             struct cedar_value *ret);

/*
 * entity_json_value(j, v, type, ret):
 * A value of the schema's ${type}; for type 0 any value, with {"__entity": …}
 * and {"__extn": …}.
 */
must_use int entity_json_value(const struct entity_json *j, const struct json *v, uint32_t type,
                               struct cedar_value *ret);

/*
 * entity_json_record(j, parts, type, ret):
 * The record of the members of two objects, ${parts}, each of which may be NULL:
 * a member of the second replaces its namesake, and null takes it away.
 */
must_use int entity_json_record(const struct entity_json *j, const struct json *const parts[2],
                                uint32_t type, struct cedar_value *ret);

/* entity_json_context(j, base, over, ret): The same, of the type of ${j}'s action. */
must_use int entity_json_context(const struct entity_json *j, const struct json *base,
                                 const struct json *over, struct cedar_value *ret);

/* entity_json_fail(j, at, message, help): Refuse what stands there; CEDAR_ERR_JSON. */
int entity_json_fail(const struct entity_json *j, const struct json *at, const char *message,
                     const char *help);

/* entity_json_check(j, at): What the store itself refused, said at the place it came from. */
must_use int entity_json_check(const struct entity_json *j, const struct json *at);

#endif
