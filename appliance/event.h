#ifndef APPLIANCE_EVENT_H
#define APPLIANCE_EVENT_H

#include "crypto/bytes.h"

/* Production events, expanded from event.def. */

enum event_number {
    EVENT_NONE = 0,
#define EVENT(number, NAME, name, ...) EVENT_##NAME = (number),
#include "appliance/event.def"
};

#define U8(name)            uint8_t name;
#define U16(name)           uint16_t name;
#define U32(name)           uint32_t name;
#define U64(name)           uint64_t name;
#define I64(name)           int64_t name;
#define FIXED(name, length) uint8_t name[length];
#define VAR(name, longest)  struct bytes_view name;

/* Who, where, when, by which request and by which policies: the same in every event. */
struct event_common {
#define COMMON(...) __VA_ARGS__
#include "appliance/event.def"
};

#define EVENT(number, NAME, name, ...)                                                             \
    struct event_##name {                                                                          \
        __VA_ARGS__                                                                                \
    };
#include "appliance/event.def"
#undef U8
#undef U16
#undef U32
#undef U64
#undef I64
#undef FIXED
#undef VAR

struct event {
    enum event_number number;
    struct event_common common;
    union {
#define EVENT(number, NAME, name, ...) struct event_##name name;
#include "appliance/event.def"
    };
};

/* event_encode(event, out): The canonical payload.  The error stays in ${out}. */
void event_encode(const struct event *event, struct bytes_put *out);

/* event_decode(payload, ret_event): Exact; views point into ${payload}. */
must_use int event_decode(struct bytes_view payload, struct event *ret_event);

/* event_name(number): For people; never NULL. */
const char *event_name(enum event_number number);

#endif
