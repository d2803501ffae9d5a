#ifndef APPLIANCE_HOLDER_H
#define APPLIANCE_HOLDER_H

#include "appliance/identity/snapshot.h"

struct cedar_entities;

/*
 * A person or a station as policies see it: its records in force, put together by the
 * rows of attribute.def, and what is no record: `natural` (the human being, as text),
 * `suspended`, for a station `training`.  What closes something counts on when its record
 * has ended, until it is replaced or taken away: the column PAST.
 */
#define HOLDER_ID_TEXT 37

/* holder_type(kind), holder_id(id, out): The Cedar type, and the id in it. */
const char *holder_type(enum holder_kind kind);
void holder_id(const uint8_t id[static 16], char out[static HOLDER_ID_TEXT]);

/*
 * holder_add(entities, holder, now_ms, ret_next_ms):
 * Describe ${holder} as it is at ${now_ms} in ${entities}.  When a record of it begins or
 * ends before ${ret_next_ms}, that becomes it: until then the entity stays right.
 */
void holder_add(struct cedar_entities *entities, const struct snapshot_holder *holder,
                int64_t now_ms, int64_t *ret_next_ms);

/* holder_visit_is_over(holder, now_ms): A visitor or vendor whose last visit has ended.  Policies
 * see him as suspended until there is another. */
bool holder_visit_is_over(const struct snapshot_holder *holder, int64_t now_ms);

/* holder_window(holder, now_ms): The record of the hours that bind; NULL for any hours. */
const struct snapshot_record *holder_window(const struct snapshot_holder *holder, int64_t now_ms);

/* holder_attribute_is(attribute, name): Does this row make the policies' attribute or tag ${name}?
 */
bool holder_attribute_is(const struct attribute *attribute, const char *name);

#endif
