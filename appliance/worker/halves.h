#ifndef APPLIANCE_WORKER_HALVES_H
#define APPLIANCE_WORKER_HALVES_H

#include "appliance/worker/worker.h"

/*
 * What two people do is done in two halves, and the first waits for the second: for minutes, for
 * days.  Meanwhile what allowed it may be taken back.
 */

/*
 * halves_void(w, release):
 * The name of who approved the release in row ${release} and may not any more: suspended, a record
 * revoked, the station gone, other policies.  NULL while every approval that it has stands.
 * What has merely run its time since then stands.
 */
const char *halves_void(struct worker *w, size_t release);

/*
 * halves_text(w, command, out):
 * For the journal, before the second half that ${command} asks for is done: that the first was done
 * at the same station, and how long ago; "" when it was done elsewhere, or this is no second half.
 */
void halves_text(struct worker *w, const struct command *command, char out[static STATION_HALVES]);

#endif
