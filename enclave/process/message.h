#ifndef ENCLAVE_PROCESS_MESSAGE_H
#define ENCLAVE_PROCESS_MESSAGE_H

#include "crypto/bytes.h"

/*
 * Messages between processes, expanded from message.def: for each row an enum
 * constant MESSAGE_NAME, a struct message_name, and its place in the union of
 * struct message.  VAR fields are views into the datagram that was decoded, or
 * into what the sender points at.
 */
#define MESSAGE_DATAGRAM_MAX  73728
#define MESSAGE_HEADER_LENGTH 8

enum message_number {
    MESSAGE_NONE = 0,
#define MESSAGE(number, NAME, name, FLAGS, ...) MESSAGE_##NAME = (number),
#include "enclave/process/message.def"
#undef MESSAGE
};

#define U8(name)            uint8_t name;
#define U16(name)           uint16_t name;
#define U32(name)           uint32_t name;
#define U64(name)           uint64_t name;
#define I64(name)           int64_t name;
#define FIXED(name, length) uint8_t name[length];
#define VAR(name, longest)  struct bytes_view name;
#define MESSAGE(number, NAME, name, FLAGS, ...)                                                    \
    struct message_##name {                                                                        \
        __VA_ARGS__                                                                                \
    };
#include "enclave/process/message.def"
#undef MESSAGE
#undef U8
#undef U16
#undef U32
#undef U64
#undef I64
#undef FIXED
#undef VAR

struct message {
    enum message_number number;
    union {
#define MESSAGE(number, NAME, name, FLAGS, ...) struct message_##name name;
#include "enclave/process/message.def"
#undef MESSAGE
    };
};

/* message_encode(message, out): Append the wire form.  The error stays in ${out}. */
void message_encode(const struct message *message, struct bytes_put *out);

/*
 * message_decode(in, ret_message):
 * The next message of a datagram.  Exact: an unknown number, a length that does
 * not fit the fields, or non-zero reserved bytes is ERR_FORMAT or ERR_TRAILING.
 */
must_use int message_decode(struct bytes *in, struct message *ret_message);

/* message_carries_fd(number): Does exactly one descriptor come with it? */
bool message_carries_fd(enum message_number number);

/* message_name(number): For logs; never NULL. */
const char *message_name(enum message_number number);

#endif
