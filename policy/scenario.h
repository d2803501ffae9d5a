#ifndef POLICY_SCENARIO_H
#define POLICY_SCENARIO_H

#include <stdbool.h>

#include "policy/entity_json.h"
#include "policy/json.h"

/*
 * Policies, perhaps a schema, entities and requests that belong together, as
 * the commands and test packs bring them.  Fill it from top to bottom; a step
 * that fails says why in ${problem}.  What a step needs and is not there is
 * empty: no schema, no entities.
 */
struct scenario {
    struct cedar_policies *policies;
    struct cedar_schema *schema; /* or NULL */
    struct cedar_entities *base, *overlay;
    struct cedar_scratch *scratch;
    struct cedar_request request;
    struct cedar_problem problem;
};

/* scenario_open(s), scenario_close(s): The memory that serves one scenario after the other. */
must_use int scenario_open(struct scenario *s);
void scenario_close(struct scenario *s);

/* scenario_clear(s): Forget policies, schema and entities. */
void scenario_clear(struct scenario *s);

/* scenario_load(s, sources, count): Policies, as text.  0 or a CEDAR_ERR_ code. */
must_use int scenario_load(struct scenario *s, const struct cedar_source *sources, size_t count);

/*
 * scenario_schema(s, source, form):
 * A schema, whose ${form} is "json", "cedar", or NULL: JSON if it begins as an object does.
 */
must_use int scenario_schema(struct scenario *s, const struct cedar_source *source,
                             const char *form);

/*
 * scenario_entities(s, source, array):
 * The entities of ${array} (NULL: none), which stands in ${source}.  With a
 * schema they must conform to it, and its actions are there as well.
 */
must_use int scenario_entities(struct scenario *s, const struct cedar_source *source,
                               const struct json *array);

/*
 * scenario_begin(s, source), scenario_request(s, source, object, common, conforms):
 * Start the next request; entities of its own can be read with the reader that
 * is returned.  Then read principal, action, resource and context of ${object},
 * whose context changes ${common} (or NULL) member by member.  With a schema the
 * context is read as it says; if ${conforms} the whole request must conform, and
 * entities of its own with it.
 */
struct entity_json scenario_begin(struct scenario *s, const struct cedar_source *source);
must_use int scenario_request(struct scenario *s, const struct cedar_source *source,
                              const struct json *object, const struct json *common, bool conforms);

/* scenario_decide(s, on_error, ret): Decide the request that was read. */
enum cedar_decision scenario_decide(struct scenario *s, enum cedar_on_error on_error,
                                    struct cedar_result *ret);

#endif
