#include "appliance/mes/policies/policy.h"

#include <stdlib.h>
#include <string.h>

#define COPY(field, view) entity_text(row->field, sizeof row->field, view)

const char *policy_layer_text(int64_t layer)
{
    return layer == POLICY_SITE ? "site" : "program";
}

/* ---- from events ---- */

static int apply_proposed(struct mes *mes, const struct event *event)
{
    const struct event_policy_proposed *m = &event->policy_proposed;
    size_t n;
    int r = rows_add(mes->entities, ENTITY_POLICY, &n);
    if (r)
        return r;
    struct policy_row *row = entities_policy_row(mes->entities, n);
    memcpy(row->proposal, m->proposal, 16);
    row->layer = m->layer;
    row->version = m->version;
    row->state = POLICY_PROPOSED;
    memcpy(row->hash, m->hash, 32);
    row->passed = m->passed;
    COPY(reason, m->reason);
    memcpy(row->proposed_by, event->common.person, 16);
    COPY(proposed_name, m->name);
    row->proposed_ms = event->common.utc_ms;
    row->event = (int64_t)mes->next_sequence;
    return rows_index(mes->entities, ENTITY_POLICY, n);
}

static int apply_decided(struct mes *mes, const struct event *event)
{
    bool installed = event->number == EVENT_POLICY_INSTALLED;
    const struct event_policy_installed *i = &event->policy_installed;
    const struct event_policy_declined *d = &event->policy_declined;
    size_t n;
    if (!rows_find(mes->entities, ENTITY_POLICY, installed ? i->proposal : d->proposal, &n))
        return ERR_STATE;
    struct policy_row *row = entities_policy_row(mes->entities, n);
    if (row->state != POLICY_PROPOSED)
        return ERR_STATE;
    row->state = installed ? POLICY_INSTALLED : POLICY_DECLINED;
    memcpy(row->decided_by, event->common.person, 16);
    row->decided_ms = event->common.utc_ms;
    COPY(decided_name, installed ? i->name : d->name);
    if (installed)
        memcpy(row->impact, i->impact, 32);
    else
        COPY(decided_reason, d->reason);
    rows_touch(mes->entities, ENTITY_POLICY, n);
    return 0;
}

int policies_apply(struct mes *mes, const struct event *event)
{
    switch (event->number) {
    case EVENT_POLICY_PROPOSED:
        return apply_proposed(mes, event);
    case EVENT_POLICY_INSTALLED:
    case EVENT_POLICY_DECLINED:
        return apply_decided(mes, event);
    default:
        return rationales_apply(mes, event);
    }
}

/* ---- asking ---- */

const struct policy_row *policy_at(const struct mes *mes, enum policy_layer layer, int64_t at_ms)
{
    const struct policy_row *found = NULL;
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_POLICY); i++) {
        const struct policy_row *row = entities_policy_row(mes->entities, i);
        if (row->layer == (int64_t)layer && row->state == POLICY_INSTALLED &&
            row->decided_ms <= at_ms && (!found || row->version > found->version))
            found = row;
    }
    return found;
}

const struct policy_row *policy_by_id(const struct mes *mes, const uint8_t proposal[static 16])
{
    size_t n;
    return rows_find(mes->entities, ENTITY_POLICY, proposal, &n)
               ? entities_policy_row(mes->entities, n)
               : NULL;
}

int64_t policy_next_version(const struct mes *mes, enum policy_layer layer)
{
    int64_t version = 0;
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_POLICY); i++) {
        const struct policy_row *row = entities_policy_row(mes->entities, i);
        if (row->layer == (int64_t)layer && row->version > version)
            version = row->version;
    }
    return version + 1;
}

static int copy(struct bytes_view from, struct bytes_view *ret)
{
    uint8_t *bytes = malloc(from.length ? from.length : 1);
    if (!bytes)
        return ERR_MEMORY;
    memcpy(bytes, from.data, from.length);
    *ret = bytes_view_of(bytes, from.length);
    return 0;
}

int policy_read(const struct mes *mes, const struct policy_row *row, struct bytes_view *ret_policy,
                struct bytes_view *ret_tests)
{
    struct store_event stored;
    struct event event;
    int r = store_read(mes->store, (uint64_t)row->event, &stored);
    if (r == 0)
        r = event_decode(stored.payload, &event);
    if (r == 0 && event.number != EVENT_POLICY_PROPOSED)
        r = ERR_STATE;
    if (r == 0)
        r = copy(event.policy_proposed.policy, ret_policy);
    if (r == 0 && ret_tests) {
        r = copy(event.policy_proposed.tests, ret_tests);
        if (r)
            free((void *)(uintptr_t)ret_policy->data);
    }
    return r;
}
