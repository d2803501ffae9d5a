#include "appliance/worker/projector.h"

#include "enclave/process/os.h"

int projector_open(struct projector *p, struct store *store, const struct mes *mes)
{
    *p = (struct projector){.store = store, .mes = mes};
    return readings_open(store, &p->readings, &p->position);
}

void projector_close(struct projector *p)
{
    readings_free(p->readings);
    *p = (struct projector){0};
}

static int apply(void *context, const struct store_event *stored)
{
    struct projector *p = context;
    struct event event;
    int r = event_decode(stored->payload, &event);
    return r ? r : readings_apply(p->readings, p->mes, &event, stored->sequence);
}

int projector_step(struct projector *p)
{
    uint64_t to = store_size(p->store);
    if (to > p->position + PROJECTOR_BATCH)
        to = p->position + PROJECTOR_BATCH;
    p->last_ms = os_boot_ms();
    if (to == p->position)
        return 0;
    int r = store_begin(p->store);
    if (r)
        return r;
    r = store_walk(p->store, p->position, to, apply, p);
    if (r == 0)
        r = store_projection_seen(p->store, READINGS_NAME, to);
    if (r)
        store_rollback(p->store);
    else
        r = store_commit(p->store);
    if (r == 0)
        p->position = to;
    return r;
}

bool projector_is_due(const struct projector *p)
{
    uint64_t behind = store_size(p->store) - p->position;
    return behind >= PROJECTOR_BATCH ||
           (behind > 0 && os_boot_ms() - p->last_ms >= PROJECTOR_EVERY_MS);
}

int projector_catch_up(struct projector *p)
{
    int r = 0;
    while (r == 0 && p->position < store_size(p->store))
        r = projector_step(p);
    return r;
}
