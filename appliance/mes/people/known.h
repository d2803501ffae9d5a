#ifndef APPLIANCE_MES_PEOPLE_KNOWN_H
#define APPLIANCE_MES_PEOPLE_KNOWN_H

#include "appliance/identity/snapshot.h"
#include "appliance/mes/mes.h"

/*
 * Who was known to this enclave, and when: each change of a person or station in the
 * snapshots that identity pushed is an event, so that "why could she see it on 3 May" is
 * answered from the log.
 */

/* known_apply(mes, event): As the modules' appliers. */
int known_apply(struct mes *mes, const struct event *event);

/*
 * known_record(mes, snapshot, digest, emit, context):
 * Give ${emit} an event for each holder of ${snapshot} that is not as the rows say, and one
 * for the snapshot itself if there was any.  Stops at the first error, and returns it.
 */
must_use int known_record(const struct mes *mes, const struct snapshot *snapshot,
                          const uint8_t digest[static 32],
                          int (*emit)(void *context, struct event *event), void *context);

/* known_snapshot(mes, at_ms, ret_snapshot): The people and stations as they were known then;
 * needs the store.  Ends with snapshot_free(). */
must_use int known_snapshot(const struct mes *mes, int64_t at_ms, struct snapshot **ret_snapshot);

#endif
