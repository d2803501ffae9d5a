#include "enclave/process/message.h"

#define CARRIES_FD 1

/* ---- encoding: one function a row ---- */
#define U8(name)            bytes_put_u8(out, m->name);
#define U16(name)           bytes_put_u16(out, m->name);
#define U32(name)           bytes_put_u32(out, m->name);
#define U64(name)           bytes_put_u64(out, m->name);
#define I64(name)           bytes_put_i64(out, m->name);
#define FIXED(name, length) bytes_put_fixed(out, m->name, length);
#define VAR(name, longest)  bytes_put_var(out, m->name, longest);
#define MESSAGE(number, NAME, name, FLAGS, ...)                                                    \
    static void encode_##name(const struct message_##name *m, struct bytes_put *out)               \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#include "enclave/process/message.def"
#undef MESSAGE
#undef U8
#undef U16
#undef U32
#undef U64
#undef I64
#undef FIXED
#undef VAR

/* ---- decoding ---- */
#define U8(name)            m->name = bytes_u8(in);
#define U16(name)           m->name = bytes_u16(in);
#define U32(name)           m->name = bytes_u32(in);
#define U64(name)           m->name = bytes_u64(in);
#define I64(name)           m->name = bytes_i64(in);
#define FIXED(name, length) bytes_fixed(in, m->name, length);
#define VAR(name, longest)  m->name = bytes_var(in, longest);
#define MESSAGE(number, NAME, name, FLAGS, ...)                                                    \
    static void decode_##name(struct bytes *in, struct message_##name *m)                          \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#include "enclave/process/message.def"
#undef MESSAGE

void message_encode(const struct message *message, struct bytes_put *out)
{
    struct bytes_put start = *out;
    bytes_put_u16(out, (uint16_t)message->number);
    bytes_put_u16(out, 0);
    bytes_put_u32(out, 0);
    switch (message->number) {
    case MESSAGE_NONE:
        out->error = ERR_FORMAT;
        break;
#define MESSAGE(number, NAME, name, FLAGS, ...)                                                    \
    case MESSAGE_##NAME:                                                                           \
        encode_##name(&message->name, out);                                                        \
        break;
#include "enclave/process/message.def"
#undef MESSAGE
    }
    if (out->error) {
        out->at = start.at; /* nothing half written */
        return;
    }
    uint8_t *length = start.at + 4;
    struct bytes_put patch = bytes_into(length, 4);
    bytes_put_u32(&patch, (uint32_t)(out->at - start.at - MESSAGE_HEADER_LENGTH));
}

int message_decode(struct bytes *in, struct message *ret_message)
{
    uint16_t number = bytes_u16(in);
    uint16_t reserved = bytes_u16(in);
    uint32_t length = bytes_u32(in);
    if (in->error)
        return in->error;
    if (reserved != 0)
        return ERR_FORMAT;
    if (length > bytes_left(in))
        return ERR_TRUNCATED;
    struct bytes body = bytes_over(in->at, length);
    in->at += length;
    ret_message->number = (enum message_number)number;
    switch (number) {
#define MESSAGE(number, NAME, name, FLAGS, ...)                                                    \
    case MESSAGE_##NAME:                                                                           \
        decode_##name(&body, &ret_message->name);                                                  \
        break;
#include "enclave/process/message.def"
#undef MESSAGE
    default:
        return ERR_UNKNOWN;
    }
    return bytes_done(&body);
}

bool message_carries_fd(enum message_number number)
{
    switch (number) {
#define MESSAGE(number, NAME, name, FLAGS, ...)                                                    \
    case MESSAGE_##NAME:                                                                           \
        return (FLAGS) == CARRIES_FD;
#include "enclave/process/message.def"
#undef MESSAGE
    case MESSAGE_NONE:
        break;
    }
    return false;
}

const char *message_name(enum message_number number)
{
    switch (number) {
#define MESSAGE(number, NAME, name, FLAGS, ...)                                                    \
    case MESSAGE_##NAME:                                                                           \
        return #name;
#include "enclave/process/message.def"
#undef MESSAGE
    case MESSAGE_NONE:
        break;
    }
    return "none";
}
