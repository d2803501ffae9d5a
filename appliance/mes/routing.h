#ifndef APPLIANCE_MES_ROUTING_H
#define APPLIANCE_MES_ROUTING_H

#include <stddef.h>
#include <stdint.h>

#include "appliance/mes/entity.h"

/*
 * Which segments a route has, and which characteristics a segment: found without going through
 * those of every other.  Made from the rows, which are only ever added, and followed whenever
 * there are more of them: a row is whole before the next look-up.  Memory that runs out ends the
 * process.
 */
#define ROUTING_SEGMENTS                                                                           \
    62 /* of a route: a unit's done ones are the bits of a signed 64-bit number */

struct routing;

/* A segment, at its place in the route. */
struct routing_segment {
    size_t number; /* of its row */
    int64_t sequence;
    int64_t predecessors; /* places, as a mask */
};

must_use int routing_new(struct routing **ret_routing);
void routing_free(struct routing *routing);

/* routing_segments(routing, entities, route, ret_segments): How many; in the order of their places,
 * valid until a row is added. */
size_t routing_segments(struct routing *routing, const struct entities *entities, long route,
                        const struct routing_segment **ret_segments);

/* routing_characteristic(routing, entities, segment, before): The number of the segment's first
 * characteristic behind ${before}, in the order in which they were defined; its very first for -1;
 * -1 when there is none. */
long routing_characteristic(struct routing *routing, const struct entities *entities, long segment,
                            long before);

#endif
