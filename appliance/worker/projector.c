#include "appliance/worker/projector.h"

#include "enclave/process/os.h"

int projector_open(struct projector *p, struct store *store, const struct mes *mes)
{
    *p = (struct projector){.store = store, .mes = mes};
    int r = readings_open(store, &p->readings, &p->position);
    if (store_is_read_only(store)) /* proofs are made from the events alone */
        return r == ERR_STATE ? 0 : r;
    if (r)
        return r;
    return store_nodes_open(store, &p->nodes);
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
    int r = 0;
    if (stored->sequence >= p->nodes)
        r = store_nodes_add(p->store, stored);
    if (r || stored->sequence < p->position)
        return r;
    r = event_decode(stored->payload, &event);
    return r ? r : readings_apply(p->readings, p->mes, &event, stored->sequence);
}

/* The first event that one of the two does not have. */
static uint64_t begins_at(const struct projector *p)
{
    return p->nodes < p->position ? p->nodes : p->position;
}

int projector_step(struct projector *p)
{
    if (store_nodes_are_doubted(p->store)) {
        int dropped = store_nodes_drop(p->store);
        if (dropped)
            return dropped;
        p->nodes = 0;
    }
    uint64_t from = begins_at(p), to = store_size(p->store);
    if (to > from + PROJECTOR_BATCH)
        to = from + PROJECTOR_BATCH;
    p->last_ms = os_boot_ms();
    if (to == from)
        return 0;
    int r = store_begin(p->store);
    if (r)
        return r;
    uint64_t position = to > p->position ? to : p->position, nodes = to > p->nodes ? to : p->nodes;
    r = store_walk(p->store, from, to, apply, p);
    if (r == 0)
        r = store_projection_seen(p->store, READINGS_NAME, position);
    if (r == 0)
        r = store_nodes_seen(p->store);
    if (r)
        store_rollback(p->store);
    else
        r = store_commit(p->store);
    if (r == 0) {
        p->position = position;
        p->nodes = nodes;
        return 0;
    }
    int again = store_nodes_stand(p->store, &p->nodes); /* its memory was ahead of the table */
    return again ? again : r;
}

bool projector_is_due(const struct projector *p)
{
    if (store_nodes_are_doubted(p->store))
        return true;
    uint64_t behind = store_size(p->store) - begins_at(p);
    return behind >= PROJECTOR_BATCH ||
           (behind > 0 && os_boot_ms() - p->last_ms >= PROJECTOR_EVERY_MS);
}

int projector_catch_up(struct projector *p)
{
    int r = 0;
    while (r == 0 && begins_at(p) < store_size(p->store))
        r = projector_step(p);
    return r;
}
