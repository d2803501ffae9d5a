#include "appliance/mes/people/known.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"

/* ---- from events ---- */

static int add_row(struct mes *mes, const struct event *event, unsigned kind,
                   const uint8_t holder[static 16], struct bytes_view content)
{
    size_t n;
    int r = rows_add(mes->entities, ENTITY_KNOWN, &n);
    if (r)
        return r;
    struct known_holder *row = entities_known_holder(mes->entities, n);
    memcpy(row->holder, holder, 16);
    row->kind = kind;
    row->present = content.length > 0;
    row->since_ms = event->common.utc_ms;
    row->event = (int64_t)mes->next_sequence;
    if (content.length)
        hash_content("casemate/holder/1", content, row->digest);
    return 0;
}

int known_apply(struct mes *mes, const struct event *event)
{
    const struct event_holder_known *k = &event->holder_known;
    const struct event_holder_forgotten *f = &event->holder_forgotten;
    switch (event->number) {
    case EVENT_SNAPSHOT_TAKEN:
        return 0;
    case EVENT_HOLDER_KNOWN:
        return k->content.length ? add_row(mes, event, k->kind, k->holder, k->content) : ERR_FORMAT;
    case EVENT_HOLDER_FORGOTTEN:
        return add_row(mes, event, f->kind, f->holder, bytes_view_of("", 0));
    default:
        return ERR_UNKNOWN;
    }
}

/* ---- the newest row of each holder, up to a time ---- */

struct newest {
    size_t *row; /* place + 1, open addressing */
    size_t room;
};

static size_t *place_of(const struct mes *mes, const struct newest *newest,
                        const uint8_t holder[static 16])
{
    uint64_t h;
    memcpy(&h, holder + 8, sizeof h);
    size_t at = (size_t)(h % newest->room);
    while (newest->row[at] &&
           memcmp(entities_known_holder(mes->entities, newest->row[at] - 1)->holder, holder, 16) !=
               0)
        at = (at + 1) % newest->room;
    return &newest->row[at];
}

static int find_newest(const struct mes *mes, int64_t at_ms, struct newest *ret)
{
    size_t rows = rows_count(mes->entities, ENTITY_KNOWN);
    ret->room = 2 * rows + 16;
    ret->row = calloc(ret->room, sizeof *ret->row);
    if (!ret->row)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows; i++) {
        const struct known_holder *row = entities_known_holder(mes->entities, i);
        if (row->since_ms <= at_ms)
            *place_of(mes, ret, row->holder) = i + 1;
    }
    return 0;
}

/* ---- what has changed ---- */

struct recording {
    const struct mes *mes;
    struct newest newest;
    int (*emit)(void *context, struct event *event);
    void *context;
    size_t changes;
};

static int record_holder(struct recording *c, const struct snapshot_holder *h)
{
    struct event event = {.number = EVENT_HOLDER_KNOWN};
    uint8_t digest[32];
    size_t row = *place_of(c->mes, &c->newest, h->id);
    hash_content("casemate/holder/1", h->bytes, digest);
    if (row) {
        const struct known_holder *known = entities_known_holder(c->mes->entities, row - 1);
        if (known->present && memcmp(known->digest, digest, 32) == 0)
            return 0;
    }
    c->changes++;
    event.holder_known.kind = (uint8_t)h->kind;
    memcpy(event.holder_known.holder, h->id, 16);
    event.holder_known.content = h->bytes;
    return c->emit(c->context, &event);
}

static int record_forgotten(struct recording *c, const struct snapshot *snapshot)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < c->newest.room; i++) {
        if (!c->newest.row[i])
            continue;
        const struct known_holder *known =
            entities_known_holder(c->mes->entities, c->newest.row[i] - 1);
        bool there = known->kind == HOLDER_STATION
                         ? snapshot_find_station(snapshot, known->holder) != NULL
                         : snapshot_find(snapshot, known->holder) != NULL;
        if (!known->present || there)
            continue;
        struct event event = {.number = EVENT_HOLDER_FORGOTTEN};
        event.holder_forgotten.kind = (uint8_t)known->kind;
        memcpy(event.holder_forgotten.holder, known->holder, 16);
        c->changes++;
        r = c->emit(c->context, &event);
    }
    return r;
}

int known_record(const struct mes *mes, const struct snapshot *snapshot,
                 const uint8_t digest[static 32], int (*emit)(void *context, struct event *event),
                 void *context)
{
    struct recording c = {.mes = mes, .emit = emit, .context = context};
    int r = find_newest(mes, INT64_MAX, &c.newest);
    for (size_t i = 0; r == 0 && i < snapshot->people; i++)
        r = record_holder(&c, &snapshot->person[i]);
    for (size_t i = 0; r == 0 && i < snapshot->stations; i++)
        r = record_holder(&c, &snapshot->station[i]);
    if (r == 0)
        r = record_forgotten(&c, snapshot);
    if (r == 0 && c.changes) {
        struct event event = {.number = EVENT_SNAPSHOT_TAKEN};
        event.snapshot_taken.number = snapshot->epoch;
        memcpy(event.snapshot_taken.digest, digest, 32);
        event.snapshot_taken.people = (uint32_t)snapshot->people;
        event.snapshot_taken.stations = (uint32_t)snapshot->stations;
        r = emit(context, &event);
    }
    free(c.newest.row);
    return r;
}

/* ---- the past ---- */

struct list {
    const struct known_holder **row;
    size_t count;
};

static int by_holder(const void *a, const void *b)
{
    return memcmp((*(const struct known_holder *const *)a)->holder,
                  (*(const struct known_holder *const *)b)->holder, 16);
}

static int collect(const struct mes *mes, const struct newest *newest, int64_t kind,
                   struct list *ret)
{
    *ret = (struct list){.row = calloc(newest->room, sizeof *ret->row)};
    if (!ret->row)
        return ERR_MEMORY;
    for (size_t i = 0; i < newest->room; i++) {
        if (!newest->row[i])
            continue;
        const struct known_holder *known = entities_known_holder(mes->entities, newest->row[i] - 1);
        if (known->present && known->kind == kind)
            ret->row[ret->count++] = known;
    }
    qsort(ret->row, ret->count, sizeof *ret->row, by_holder);
    return 0;
}

static int put_all(const struct mes *mes, const struct list *list, struct bytes_put *out)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < list->count; i++) {
        struct store_event stored;
        struct event event;
        r = store_read(mes->store, (uint64_t)list->row[i]->event, &stored);
        if (r == 0)
            r = event_decode(stored.payload, &event);
        if (r == 0 && event.number != EVENT_HOLDER_KNOWN)
            r = ERR_STATE;
        if (r == 0)
            bytes_put_var(out, event.holder_known.content, SNAPSHOT_HOLDER_MAX);
    }
    return r ? r : out->error;
}

int known_snapshot(const struct mes *mes, int64_t at_ms, struct snapshot **ret_snapshot)
{
    struct newest newest = {0};
    struct list people = {0}, stations = {0};
    uint8_t *bytes = malloc(SNAPSHOT_BYTES_MAX);
    struct bytes_put out = bytes_into(bytes, bytes ? SNAPSHOT_BYTES_MAX : 0);
    int r = bytes ? find_newest(mes, at_ms, &newest) : ERR_MEMORY;
    if (r == 0)
        r = collect(mes, &newest, HOLDER_PERSON, &people);
    if (r == 0)
        r = collect(mes, &newest, HOLDER_STATION, &stations);
    if (r == 0) {
        snapshot_put_head(&out, (const uint8_t *)mes->enclave, 0, people.count, stations.count);
        r = put_all(mes, &people, &out);
    }
    if (r == 0)
        r = put_all(mes, &stations, &out);
    if (r == 0)
        r = snapshot_decode(bytes_view_of(bytes, bytes_put_length(&out)), ret_snapshot);
    free(people.row);
    free(stations.row);
    free(newest.row);
    free(bytes);
    return r;
}
