/* Who is known here, into the log: so that it can be explained later. */
#include <string.h>

#include "appliance/mes/people/known.h"
#include "appliance/worker/unsure.h"
#include "appliance/worker/worker.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

static int emit(void *context, struct event *event)
{
    struct worker *w = context;
    request_common(w, &event->common);
    memset(event->common.id, 0, sizeof event->common.id); /* of no request */
    return worker_event(w, event);
}

/* Each change is put into the log, so that it can be explained later; a full disk leaves it for
 * the next turn, and the decisions go by the new snapshot all the same. */
void people_record(struct worker *w)
{
    if (!w->snapshot || w->snapshot_recorded || w->closed[0] || os_boot_ms() < w->record_again_ms)
        return;
    int r = known_record(w->mes, w->snapshot, w->snapshot_digest, emit, w);
    if (r == ERR_FULL) {
        request_undo(w);
        return;
    }
    if (r)
        unsure_end(r, "while a snapshot was recorded");
    w->snapshot_recorded = true;
}
