#include "appliance/gateway/stations.h"

#include <stdlib.h>
#include <string.h>

struct list {
    size_t count;
    uint8_t ids[STATIONS_LIST_MAX][STATION_ID]; /* sorted, where it is in force */
};

struct stations {
    struct list *in_force;
    struct list *coming;
    unsigned next_part;
};

int stations_new(struct stations **ret_stations)
{
    struct stations *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    s->in_force = calloc(1, sizeof *s->in_force);
    s->coming = calloc(1, sizeof *s->coming);
    if (!s->in_force || !s->coming) {
        stations_free(s);
        return ERR_MEMORY;
    }
    *ret_stations = s;
    return 0;
}

void stations_free(struct stations *stations)
{
    if (!stations)
        return;
    free(stations->in_force);
    free(stations->coming);
    free(stations);
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, STATION_ID);
}

int stations_take(struct stations *stations, const struct message_stations *m, bool *ret_whole)
{
    struct list *coming = stations->coming;
    size_t count = m->ids.length / STATION_ID;
    if (m->part == 0) {
        coming->count = 0;
        stations->next_part = 0;
    }
    if (m->part != stations->next_part || m->part >= m->parts || m->ids.length % STATION_ID != 0)
        return ERR_FORMAT;
    if (coming->count + count > STATIONS_LIST_MAX)
        return ERR_SIZE;
    if (count)
        memcpy(coming->ids[coming->count], m->ids.data, m->ids.length);
    coming->count += count;
    stations->next_part++;
    *ret_whole = stations->next_part == m->parts;
    if (!*ret_whole)
        return 0;
    qsort(coming->ids, coming->count, STATION_ID, compare);
    stations->coming = stations->in_force;
    stations->in_force = coming;
    stations->next_part = 0;
    return 0;
}

bool stations_has(const struct stations *stations, const uint8_t station[static STATION_ID])
{
    const struct list *l = stations->in_force;
    return bsearch(station, l->ids, l->count, STATION_ID, compare) != NULL;
}
