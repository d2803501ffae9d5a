#ifndef POLICY_ENTITY_JSON_H
#define POLICY_ENTITY_JSON_H

#include "policy/entity.h"
#include "policy/json.h"

/* Cedar's JSON forms, read into a store.  For tools and tests; services use cedar.h. */
struct entity_json {
    struct cedar_entities *entities;
    const struct cedar_source *source; /* of the JSON, for messages */
    struct cedar_problem *problem;
};

/* entity_json_all(j, array): Describe every entity of [{uid, attrs, parents, tags}, …]. */
must_use int entity_json_all(const struct entity_json *j, const struct json *array);

/* entity_json_uid(j, v, ret): {"type": …, "id": …}, bare or in {"__entity": …}. */
must_use int entity_json_uid(const struct entity_json *j, const struct json *v,
                             struct cedar_value *ret);

/* entity_json_value(j, v, ret): Any value, with {"__entity": …} and {"__extn": …}. */
must_use int entity_json_value(const struct entity_json *j, const struct json *v,
                               struct cedar_value *ret);

/*
 * entity_json_context(j, base, over, ret):
 * The record of the members of ${base} (or NULL) as changed by those of ${over}
 * (or NULL): a member of ${over} replaces its namesake, null takes it away.
 */
must_use int entity_json_context(const struct entity_json *j, const struct json *base,
                                 const struct json *over, struct cedar_value *ret);

#endif
