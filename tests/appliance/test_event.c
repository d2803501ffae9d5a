#include "tests/enclave/vectors.h"

#include "appliance/event.h"
#include "enclave/store/store.h"

/* ---- the rows of event.def, filled and compared ---- */

enum filling { EMPTY, HALF, LONGEST };

static uint8_t filler[70000];
static bool counting; /* for vectors: the same bytes in every run */

static uint8_t byte(void)
{
    return counting ? counted_byte(false) : next_byte();
}

static uint32_t length_of(enum filling how, uint32_t longest)
{
    return how == EMPTY ? 0 : how == HALF ? (longest < 8 ? longest : longest / 2) : longest;
}

static struct bytes_view var_of(enum filling how, uint32_t longest)
{
    if (counting)
        return bytes_view_of("ABCDEFGH", longest < 3 ? longest : 3);
    return bytes_view_of(filler + next_byte(), length_of(how, longest));
}

static uint64_t number_of(unsigned bytes)
{
    uint64_t v = 0;
    while (bytes--)
        v = v << 8 | byte();
    return v;
}

#define U8(name)  m->name = byte();
#define U16(name) m->name = (uint16_t)number_of(2);
#define U32(name) m->name = (uint32_t)number_of(4);
#define U64(name) m->name = number_of(8);
#define I64(name) m->name = -(int64_t)number_of(7);
#define FIXED(name, length)                                                                        \
    for (size_t i = 0; i < (length); i++)                                                          \
        m->name[i] = byte();
#define VAR(name, longest) m->name = var_of(how, longest);
static void fill_common(struct event_common *m, enum filling how)
{
#define COMMON(...) __VA_ARGS__
#include "appliance/event.def"
}
#define EVENT(number, NAME, name, ...)                                                             \
    static void fill_##name(struct event_##name *m, enum filling how)                              \
    {                                                                                              \
        (void)how;                                                                                 \
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

#define U8(name)            assert_int_equal(a->name, b->name);
#define U16(name)           assert_int_equal(a->name, b->name);
#define U32(name)           assert_int_equal(a->name, b->name);
#define U64(name)           assert_true(a->name == b->name);
#define I64(name)           assert_true(a->name == b->name);
#define FIXED(name, length) assert_memory_equal(a->name, b->name, length);
#define VAR(name, longest)  assert_true(bytes_equal(a->name, b->name));
static void compare_common(const struct event_common *a, const struct event_common *b)
{
#define COMMON(...) __VA_ARGS__
#include "appliance/event.def"
}
#define EVENT(number, NAME, name, ...)                                                             \
    static void compare_##name(const struct event_##name *a, const struct event_##name *b)         \
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

static const struct row {
    enum event_number number;
    const char *name;
} rows[] = {
#define EVENT(number, NAME, name, ...) {EVENT_##NAME, #name},
#include "appliance/event.def"
};

#define ROWS (sizeof rows / sizeof *rows)

static void fill(struct event *e, enum event_number number, enum filling how)
{
    e->number = number;
    fill_common(&e->common, how);
    switch (number) {
#define EVENT(number, NAME, name, ...)                                                             \
    case EVENT_##NAME:                                                                             \
        fill_##name(&e->name, how);                                                                \
        return;
#include "appliance/event.def"
    case EVENT_NONE:
        break;
    }
    fail();
}

static void compare(const struct event *a, const struct event *b)
{
    assert_int_equal(a->number, b->number);
    compare_common(&a->common, &b->common);
    switch (a->number) {
#define EVENT(number, NAME, name, ...)                                                             \
    case EVENT_##NAME:                                                                             \
        compare_##name(&a->name, &b->name);                                                        \
        return;
#include "appliance/event.def"
    case EVENT_NONE:
        break;
    }
    fail();
}

static uint8_t wire[80000];

static size_t encoded(const struct event *e)
{
    struct bytes_put put = bytes_into(wire, sizeof wire);
    size_t length = 0;
    event_encode(e, &put);
    assert_int_equal(bytes_put_done(&put, &length), 0);
    return length;
}

static int decoded(size_t length, struct event *e)
{
    /* of exactly this size, so that reading past it is seen */
    uint8_t *copy = malloc(length + 1);
    int r = event_decode(bytes_view_of(memcpy(copy, wire, length), length), e);
    free(copy);
    return r;
}

/* ---- cases ---- */

static void every_row_comes_back_as_it_went(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        for (int how = EMPTY; how <= LONGEST; how++) {
            struct event e = {0}, back = {0};
            fill(&e, rows[i].number, (enum filling)how);
            size_t length = encoded(&e);
            assert_int_equal(event_decode(bytes_view_of(wire, length), &back), 0);
            compare(&e, &back);
            assert_string_equal(event_name(e.number), rows[i].name);
        }
}

static void every_row_fits_into_an_event_of_the_store(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct event e = {0};
        fill(&e, rows[i].number, LONGEST);
        assert_in_range(encoded(&e), 1, STORE_PAYLOAD_MAX);
    }
}

static void refuses_every_row_cut_short(void **state)
{
    struct event e = {0}, back;
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        fill(&e, rows[i].number, EMPTY);
        size_t length = encoded(&e);
        for (size_t n = 0; n < length; n++)
            assert_int_equal(decoded(n, &back), ERR_TRUNCATED);
    }
}

static void refuses_every_row_with_a_byte_more(void **state)
{
    struct event e = {0}, back;
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        fill(&e, rows[i].number, HALF);
        size_t length = encoded(&e);
        wire[length] = 0;
        assert_int_equal(decoded(length + 1, &back), ERR_TRAILING);
    }
}

static void refuses_every_number_that_is_not_a_row(void **state)
{
    struct event e = {0}, back;
    (void)state;
    fill(&e, EVENT_RECORD_APPROVED, EMPTY);
    size_t length = encoded(&e);
    for (unsigned number = 0; number <= UINT16_MAX; number++) {
        bool known = false;
        for (size_t i = 0; i < ROWS; i++)
            known = known || rows[i].number == number;
        wire[0] = (uint8_t)(number >> 8);
        wire[1] = (uint8_t)number;
        if (!known)
            assert_int_equal(decoded(length, &back), ERR_UNKNOWN);
    }
}

static void refuses_fields_longer_than_their_row_says(void **state)
{
    struct event e = {0}, back;
    size_t length;
    (void)state;
    fill(&e, EVENT_RELEASE_REFUSED, EMPTY);
    e.release_refused.reason = bytes_view_of(filler, 401);
    struct bytes_put put = bytes_into(wire, sizeof wire);
    event_encode(&e, &put);
    assert_int_equal(bytes_put_done(&put, &length), ERR_SIZE);
    e.release_refused.reason = bytes_view_of(filler, 400);
    length = encoded(&e);
    wire[length - 401] = 0x91; /* 400 is 0x0190 */
    assert_int_equal(decoded(length + 1, &back), ERR_SIZE);
    fill(&e, EVENT_RELEASE_REFUSED, EMPTY);
    e.common.policies = bytes_view_of(filler, 401);
    put = bytes_into(wire, sizeof wire);
    event_encode(&e, &put);
    assert_int_equal(bytes_put_done(&put, &length), ERR_SIZE);
}

static void refuses_to_encode_no_event_or_into_too_little_room(void **state)
{
    struct event e = {.number = EVENT_NONE};
    struct bytes_put put = bytes_into(wire, sizeof wire);
    (void)state;
    event_encode(&e, &put);
    assert_int_equal(put.error, ERR_FORMAT);
    fill(&e, EVENT_UNIT_HELD, HALF);
    size_t length = encoded(&e);
    for (size_t n = 0; n < length; n++) {
        put = bytes_into(wire, n);
        event_encode(&e, &put);
        assert_int_equal(put.error, ERR_SIZE);
    }
}

static void each_number_is_pinned(void **state)
{
    (void)state;
    counting = true;
    for (size_t i = 0; i < ROWS; i++) {
        struct event e = {0};
        char name[80];
        counted_byte(true);
        fill(&e, rows[i].number, HALF);
        size_t length = encoded(&e);
        snprintf(name, sizeof name, "%u_%s", (unsigned)rows[i].number, rows[i].name);
        assert_pinned("event", name, wire, length);
    }
    counting = false;
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
        cmocka_unit_test(every_row_fits_into_an_event_of_the_store),
        cmocka_unit_test(refuses_every_row_cut_short),
        cmocka_unit_test(refuses_every_row_with_a_byte_more),
        cmocka_unit_test(refuses_every_number_that_is_not_a_row),
        cmocka_unit_test(refuses_fields_longer_than_their_row_says),
        cmocka_unit_test(refuses_to_encode_no_event_or_into_too_little_room),
        cmocka_unit_test(each_number_is_pinned),
    };
    return cmocka_run_group_tests_name("appliance/event", cases, begin, NULL);
}
