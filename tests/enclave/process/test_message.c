#include "tests/enclave/vectors.h"

#include "enclave/process/message.h"

/* ---- the rows of message.def, filled and compared ---- */

enum filling { EMPTY, HALF, LONGEST };

static uint8_t filler[70000];

static uint32_t length_of(enum filling how, uint32_t longest)
{
    return how == EMPTY ? 0 : how == HALF ? longest / 2 : longest;
}

#define U8(name)  m->name = next_byte();
#define U16(name) m->name = (uint16_t)(next_byte() << 8 | next_byte());
#define U32(name) m->name = (uint32_t)next_byte() << 24 | next_byte();
#define U64(name) m->name = (uint64_t)next_byte() << 56 | next_byte();
#define I64(name) m->name = -(int64_t)next_byte() * 0x0102030405;
#define FIXED(name, length)                                                                        \
    for (size_t i = 0; i < (length); i++)                                                          \
        m->name[i] = next_byte();
#define VAR(name, longest) m->name = bytes_view_of(filler + next_byte(), length_of(how, longest));
#define MESSAGE(number, NAME, name, FLAGS, ...)                                                    \
    static void fill_##name(struct message_##name *m, enum filling how)                            \
    {                                                                                              \
        (void)how;                                                                                 \
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

#define U8(name)            assert_int_equal(a->name, b->name);
#define U16(name)           assert_int_equal(a->name, b->name);
#define U32(name)           assert_int_equal(a->name, b->name);
#define U64(name)           assert_true(a->name == b->name);
#define I64(name)           assert_true(a->name == b->name);
#define FIXED(name, length) assert_memory_equal(a->name, b->name, length);
#define VAR(name, longest)  assert_true(bytes_equal(a->name, b->name));
#define MESSAGE(number, NAME, name, FLAGS, ...)                                                    \
    static void compare_##name(const struct message_##name *a, const struct message_##name *b)     \
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

/* Every VAR field one byte too long, one after the other: how many there were. */
#define U8(name)
#define U16(name)
#define U32(name)
#define U64(name)
#define I64(name)
#define FIXED(name, length)
#define VAR(name, longest)                                                                         \
    {                                                                                              \
        struct bytes_view was = m->name;                                                           \
        m->name = bytes_view_of(filler, (longest) + 1);                                            \
        struct bytes_put put = bytes_into(wire, sizeof wire);                                      \
        message_encode(message, &put);                                                             \
        assert_int_equal(put.error, ERR_SIZE);                                                     \
        assert_int_equal(bytes_put_length(&put), 0);                                               \
        m->name = was;                                                                             \
        tried++;                                                                                   \
    }
static uint8_t wire[2 * MESSAGE_DATAGRAM_MAX];
#define MESSAGE(number, NAME, name, FLAGS, ...)                                                    \
    static unsigned overfill_##name(struct message *message)                                       \
    {                                                                                              \
        struct message_##name *m = &message->name;                                                 \
        unsigned tried = 0;                                                                        \
        (void)m;                                                                                   \
        __VA_ARGS__                                                                                \
        return tried;                                                                              \
    }
#include "enclave/process/message.def"
#undef MESSAGE

static const struct row {
    enum message_number number;
    const char *name;
} rows[] = {
#define MESSAGE(number, NAME, name, FLAGS, ...) {MESSAGE_##NAME, #name},
#include "enclave/process/message.def"
#undef MESSAGE
};

#define ROWS (sizeof rows / sizeof *rows)

static void fill(struct message *m, enum message_number number, enum filling how)
{
    m->number = number;
    switch (number) {
#define MESSAGE(number, NAME, name, FLAGS, ...)                                                    \
    case MESSAGE_##NAME:                                                                           \
        fill_##name(&m->name, how);                                                                \
        return;
#include "enclave/process/message.def"
#undef MESSAGE
    case MESSAGE_NONE:
        break;
    }
    fail();
}

static void compare(const struct message *a, const struct message *b)
{
    assert_int_equal(a->number, b->number);
    switch (a->number) {
#define MESSAGE(number, NAME, name, FLAGS, ...)                                                    \
    case MESSAGE_##NAME:                                                                           \
        compare_##name(&a->name, &b->name);                                                        \
        return;
#include "enclave/process/message.def"
#undef MESSAGE
    case MESSAGE_NONE:
        break;
    }
    fail();
}

static unsigned overfill(struct message *m)
{
    switch (m->number) {
#define MESSAGE(number, NAME, name, FLAGS, ...)                                                    \
    case MESSAGE_##NAME:                                                                           \
        return overfill_##name(m);
#include "enclave/process/message.def"
#undef MESSAGE
    case MESSAGE_NONE:
        break;
    }
    return 0;
}

static size_t encoded(const struct message *m)
{
    struct bytes_put put = bytes_into(wire, sizeof wire);
    size_t length = 0;
    message_encode(m, &put);
    assert_int_equal(bytes_put_done(&put, &length), 0);
    return length;
}

static void set_length(size_t length)
{
    struct bytes_put put = bytes_into(wire + 4, 4);
    bytes_put_u32(&put, (uint32_t)(length - MESSAGE_HEADER_LENGTH));
}

static int decoded(size_t length, struct message *m)
{
    /* of exactly this size, so that reading past it is seen */
    uint8_t *copy = malloc(length + 1);
    struct bytes in = bytes_over(memcpy(copy, wire, length), length);
    int r = message_decode(&in, m);
    free(copy);
    return r;
}

/* ---- cases ---- */

static void every_row_comes_back_as_it_went(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        for (int how = EMPTY; how <= LONGEST; how++) {
            struct message m = {0}, back = {0};
            fill(&m, rows[i].number, (enum filling)how);
            size_t length = encoded(&m);
            struct bytes in = bytes_over(wire, length);
            assert_int_equal(message_decode(&in, &back), 0);
            assert_int_equal(bytes_left(&in), 0);
            compare(&m, &back);
            assert_string_equal(message_name(m.number), rows[i].name);
        }
}

static void every_row_fits_into_one_datagram(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct message m = {0};
        fill(&m, rows[i].number, LONGEST);
        assert_in_range(encoded(&m), MESSAGE_HEADER_LENGTH, MESSAGE_DATAGRAM_MAX);
    }
}

static void refuses_every_row_cut_short(void **state)
{
    struct message m = {0}, back;
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        fill(&m, rows[i].number, EMPTY);
        size_t length = encoded(&m);
        for (size_t n = 0; n < length; n++) /* the datagram ends too early */
            assert_int_equal(decoded(n, &back), ERR_TRUNCATED);
        for (size_t n = MESSAGE_HEADER_LENGTH; n < length; n++) { /* the header agrees with that */
            set_length(n);
            assert_int_equal(decoded(n, &back), ERR_TRUNCATED);
        }
    }
}

static void refuses_every_row_with_a_byte_more(void **state)
{
    struct message m = {0}, back;
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        fill(&m, rows[i].number, HALF);
        size_t length = encoded(&m);
        wire[length] = 0;
        set_length(length + 1);
        assert_int_equal(decoded(length + 1, &back), ERR_TRAILING);
    }
}

static void refuses_a_field_longer_than_its_row_says(void **state)
{
    unsigned tried = 0;
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct message m = {0};
        fill(&m, rows[i].number, EMPTY);
        tried += overfill(&m);
    }
    assert_true(tried > 20);
}

static void refuses_a_received_field_longer_than_its_row_says(void **state)
{
    struct message m = {.number = MESSAGE_CHECKPOINT}, back;
    (void)state;
    m.checkpoint.note = bytes_view_of(filler, 512);
    size_t length = encoded(&m);
    wire[MESSAGE_HEADER_LENGTH + 3] = 1; /* 512 becomes 513 */
    set_length(length + 1);
    assert_int_equal(decoded(length + 1, &back), ERR_SIZE);
    memset(wire + MESSAGE_HEADER_LENGTH, 0xff, 4);
    set_length(length);
    assert_int_equal(decoded(length, &back), ERR_SIZE);
}

static void refuses_reserved_bytes_that_are_not_zero(void **state)
{
    struct message m = {.number = MESSAGE_STOP}, back;
    (void)state;
    for (unsigned bit = 0; bit < 16; bit++) {
        size_t length = encoded(&m);
        wire[2 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(decoded(length, &back), ERR_FORMAT);
    }
}

static void refuses_every_number_that_is_not_a_row(void **state)
{
    struct message back;
    (void)state;
    for (unsigned number = 0; number <= UINT16_MAX; number++) {
        struct bytes_put put = bytes_into(wire, 8);
        bool known = false;
        for (size_t i = 0; i < ROWS; i++)
            known = known || rows[i].number == number;
        bytes_put_u16(&put, (uint16_t)number);
        bytes_put_u16(&put, 0);
        bytes_put_u32(&put, 0);
        assert_int_equal(decoded(8, &back), known ? ERR_TRUNCATED : ERR_UNKNOWN);
    }
}

static void refuses_to_encode_no_message(void **state)
{
    struct message m = {.number = MESSAGE_NONE};
    struct bytes_put put = bytes_into(wire, sizeof wire);
    (void)state;
    message_encode(&m, &put);
    assert_int_equal(put.error, ERR_FORMAT);
    assert_int_equal(bytes_put_length(&put), 0);
}

static void several_messages_lie_in_one_datagram(void **state)
{
    struct message m, back;
    struct bytes_put put = bytes_into(wire, sizeof wire);
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        m = (struct message){.number = MESSAGE_GUARD_GO};
        m.guard_go.stage = (uint8_t)i;
        message_encode(&m, &put);
    }
    struct bytes in = bytes_over(wire, bytes_put_length(&put));
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(message_decode(&in, &back), 0);
        assert_int_equal(back.guard_go.stage, i);
    }
    assert_int_equal(bytes_left(&in), 0);
}

static void what_does_not_fit_leaves_what_was_written(void **state)
{
    struct message m = {.number = MESSAGE_AUDIT_ACK};
    struct bytes_put put = bytes_into(wire, 30);
    (void)state;
    message_encode(&m, &put);
    assert_int_equal(bytes_put_length(&put), 24);
    message_encode(&m, &put);
    assert_int_equal(put.error, ERR_SIZE);
    assert_int_equal(bytes_put_length(&put), 24);
}

static void only_these_messages_carry_a_descriptor(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(message_carries_fd(rows[i].number),
                         rows[i].number == MESSAGE_DESCRIPTOR ||
                             rows[i].number == MESSAGE_CHANNEL || rows[i].number == MESSAGE_KEY);
    assert_false(message_carries_fd(MESSAGE_NONE));
}

static void byte_forms_are_pinned(void **state)
{
    struct message m = {.number = MESSAGE_STOP};
    size_t length = encoded(&m);
    (void)state;
    assert_pinned("message", "stop", wire, length);
    m = (struct message){.number = MESSAGE_COMMAND_DONE};
    m.command_done.request = 0x0102030405060708;
    m.command_done.outcome = 9;
    m.command_done.text = bytes_text("text");
    length = encoded(&m);
    assert_pinned("message", "command_done", wire, length);
}

static int begin(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof filler; i++)
        filler[i] = next_byte();
    return 0;
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(every_row_comes_back_as_it_went),
        cmocka_unit_test(every_row_fits_into_one_datagram),
        cmocka_unit_test(refuses_every_row_cut_short),
        cmocka_unit_test(refuses_every_row_with_a_byte_more),
        cmocka_unit_test(refuses_a_field_longer_than_its_row_says),
        cmocka_unit_test(refuses_a_received_field_longer_than_its_row_says),
        cmocka_unit_test(refuses_reserved_bytes_that_are_not_zero),
        cmocka_unit_test(refuses_every_number_that_is_not_a_row),
        cmocka_unit_test(refuses_to_encode_no_message),
        cmocka_unit_test(several_messages_lie_in_one_datagram),
        cmocka_unit_test(what_does_not_fit_leaves_what_was_written),
        cmocka_unit_test(only_these_messages_carry_a_descriptor),
        cmocka_unit_test(byte_forms_are_pinned),
    };
    return cmocka_run_group_tests_name("process/message", cases, begin, NULL);
}
