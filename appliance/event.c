#include "appliance/event.h"

#define U8(name)            bytes_put_u8(out, m->name);
#define U16(name)           bytes_put_u16(out, m->name);
#define U32(name)           bytes_put_u32(out, m->name);
#define U64(name)           bytes_put_u64(out, m->name);
#define I64(name)           bytes_put_i64(out, m->name);
#define FIXED(name, length) bytes_put_fixed(out, m->name, length);
#define VAR(name, longest)  bytes_put_var(out, m->name, longest);
static void encode_common(const struct event_common *m, struct bytes_put *out)
{
#define COMMON(...) __VA_ARGS__
#include "appliance/event.def"
}
#define EVENT(number, NAME, name, ...)                                                             \
    static void encode_##name(const struct event_##name *m, struct bytes_put *out)                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#include "appliance/event.def"
#undef U8
#undef U16
#undef U32
#undef U64
#undef I64
#undef FIXED
#undef VAR

#define U8(name)            m->name = bytes_u8(in);
#define U16(name)           m->name = bytes_u16(in);
#define U32(name)           m->name = bytes_u32(in);
#define U64(name)           m->name = bytes_u64(in);
#define I64(name)           m->name = bytes_i64(in);
#define FIXED(name, length) bytes_fixed(in, m->name, length);
#define VAR(name, longest)  m->name = bytes_var(in, longest);
static void decode_common(struct bytes *in, struct event_common *m)
{
#define COMMON(...) __VA_ARGS__
#include "appliance/event.def"
}
#define EVENT(number, NAME, name, ...)                                                             \
    static void decode_##name(struct bytes *in, struct event_##name *m)                            \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#include "appliance/event.def"

void event_encode(const struct event *event, struct bytes_put *out)
{
    bytes_put_u16(out, (uint16_t)event->number);
    encode_common(&event->common, out);
    switch (event->number) {
    case EVENT_NONE:
        out->error = ERR_FORMAT;
        break;
#define EVENT(number, NAME, name, ...)                                                             \
    case EVENT_##NAME:                                                                             \
        encode_##name(&event->name, out);                                                          \
        break;
#include "appliance/event.def"
    }
}

int event_decode(struct bytes_view payload, struct event *ret_event)
{
    struct bytes in = bytes_over(payload.data, payload.length);
    unsigned number = bytes_u16(&in);
    ret_event->number = (enum event_number)number;
    decode_common(&in, &ret_event->common);
    switch (number) {
#define EVENT(number, NAME, name, ...)                                                             \
    case EVENT_##NAME:                                                                             \
        decode_##name(&in, &ret_event->name);                                                      \
        break;
#include "appliance/event.def"
    default:
        return in.error ? in.error : ERR_UNKNOWN;
    }
    return bytes_done(&in);
}

const char *event_name(enum event_number number)
{
    switch (number) {
#define EVENT(number, NAME, name, ...)                                                             \
    case EVENT_##NAME:                                                                             \
        return #name;
#include "appliance/event.def"
    case EVENT_NONE:
        break;
    }
    return "none";
}
