#include "crypto/bytes.c"
#include "enclave/process/message.c"

/*
 * For every datagram of up to LENGTH bytes: its first message is decoded or refused without a
 * byte outside it being touched, and every field of variable length of it lies inside.  A message
 * whose fixed fields alone are longer is refused; the lengths in front of the others are any 32
 * bits.
 */
#ifndef LENGTH
#define LENGTH 80
#endif

size_t nondet_size(void);
unsigned char nondet_byte(void);

static const uint8_t *data;
static size_t length;

static void check_view(struct bytes_view v)
{
    __CPROVER_assert(v.length == 0 || (v.data >= data && v.data + v.length <= data + length),
                     "a field lies in the datagram");
}

#define U8(name)
#define U16(name)
#define U32(name)
#define U64(name)
#define I64(name)
#define FIXED(name, length)
#define VAR(name, longest)                                                                         \
    check_view(m->name);                                                                           \
    __CPROVER_assert(m->name.length <= (longest), "a field is no longer than its row allows");
#define MESSAGE(number, NAME, name, FLAGS, ...)                                                    \
    static void check_##name(const struct message_##name *m)                                       \
    {                                                                                              \
        (void)m;                                                                                   \
        __VA_ARGS__                                                                                \
    }
#include "enclave/process/message.def"
#undef MESSAGE

int main(void)
{
    uint8_t any[LENGTH]; /* not set: any bytes */
    struct message m;
    data = any;
    length = nondet_size();
    __CPROVER_assume(length <= LENGTH);
    struct bytes in = bytes_over(data, length);
    int r = message_decode(&in, &m);
    __CPROVER_assert(in.at >= data && in.at <= data + length, "the cursor stays inside");
    if (r != 0)
        return 0;
    switch (m.number) {
#define MESSAGE(number, NAME, name, FLAGS, ...)                                                    \
    case MESSAGE_##NAME:                                                                           \
        check_##name(&m.name);                                                                     \
        break;
#include "enclave/process/message.def"
#undef MESSAGE
    default:
        __CPROVER_assert(0, "a number that no row has is refused");
    }
    return 0;
}
