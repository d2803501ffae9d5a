#include "appliance/mes/routing.h"

#include <stdlib.h>
#include <string.h>

#include "enclave/process/log.h"

struct places {
    size_t count;
    struct routing_segment segments[ROUTING_SEGMENTS];
};

/* Rows begin with 0, so numbers here are a row's plus 1, and 0 is none. */
struct routing {
    unsigned generation;
    size_t segments, characteristics; /* rows that are in here */
    struct places **routes;           /* NULL for one without segments */
    size_t routes_room;
    uint32_t *first, *last; /* characteristic of each segment */
    size_t segments_room;
    uint32_t *next; /* characteristic of the same segment */
    size_t characteristics_room;
};

int routing_new(struct routing **ret_routing)
{
    *ret_routing = calloc(1, sizeof **ret_routing);
    return *ret_routing ? 0 : ERR_MEMORY;
}

static void empty(struct routing *r)
{
    for (size_t i = 0; i < r->routes_room; i++)
        free(r->routes[i]);
    free(r->routes);
    free(r->first);
    free(r->last);
    free(r->next);
    *r = (struct routing){0};
}

void routing_free(struct routing *routing)
{
    if (routing)
        empty(routing);
    free(routing);
}

/* Room for entry ${at}; what is new is zero. */
static void *reserve(void *array, size_t *room, size_t at, size_t size)
{
    size_t wanted = *room ? *room : 16;
    while (wanted <= at)
        wanted *= 2;
    if (wanted == *room)
        return array;
    uint8_t *more = reallocarray(array, wanted, size);
    if (!more)
        log_die("out of memory");
    memset(more + *room * size, 0, (wanted - *room) * size);
    *room = wanted;
    return more;
}

static void add_segment(struct routing *r, const struct entities *entities, size_t number)
{
    const struct segment *s = entities_segment(entities, number);
    size_t route = (size_t)s->route;
    r->routes = reserve(r->routes, &r->routes_room, route, sizeof *r->routes);
    if (!r->routes[route])
        r->routes[route] = calloc(1, sizeof *r->routes[route]);
    struct places *p = r->routes[route];
    if (!p)
        log_die("out of memory");
    if (p->count < ROUTING_SEGMENTS)
        p->segments[p->count++] = (struct routing_segment){number, s->sequence, s->predecessors};
}

static void add_characteristic(struct routing *r, const struct entities *entities, size_t number)
{
    size_t segment = (size_t)entities_characteristic(entities, number)->segment;
    size_t room = r->segments_room;
    r->first = reserve(r->first, &room, segment, sizeof *r->first);
    r->last = reserve(r->last, &r->segments_room, segment, sizeof *r->last);
    r->next = reserve(r->next, &r->characteristics_room, number, sizeof *r->next);
    if (r->first[segment])
        r->next[r->last[segment] - 1] = (uint32_t)number + 1;
    else
        r->first[segment] = (uint32_t)number + 1;
    r->last[segment] = (uint32_t)number + 1;
}

static void follow(struct routing *r, const struct entities *entities)
{
    if (r->generation != rows_generation(entities))
        empty(r);
    r->generation = rows_generation(entities);
    while (r->segments < rows_count(entities, ENTITY_SEGMENT))
        add_segment(r, entities, r->segments++);
    while (r->characteristics < rows_count(entities, ENTITY_CHARACTERISTIC))
        add_characteristic(r, entities, r->characteristics++);
}

size_t routing_segments(struct routing *routing, const struct entities *entities, long route,
                        const struct routing_segment **ret_segments)
{
    follow(routing, entities);
    if (route < 0 || (size_t)route >= routing->routes_room || !routing->routes[route])
        return 0;
    *ret_segments = routing->routes[route]->segments;
    return routing->routes[route]->count;
}

long routing_characteristic(struct routing *routing, const struct entities *entities, long segment,
                            long before)
{
    follow(routing, entities);
    if (before >= 0)
        return (long)routing->next[before] - 1;
    if (segment < 0 || (size_t)segment >= routing->segments_room)
        return -1;
    return (long)routing->first[segment] - 1;
}
