/* A request that comes twice is done once: with memory, after a restart, and from the log alone. */
#include "tests/enclave/store/opened.h"

#include "appliance/event.h"
#include "appliance/worker/retry.h"
#include "tests/faults/memory.h"

#define NOON   ((int64_t)1790000000000)
#define MINUTE ((int64_t)60000)

static struct retries *retries;
static const uint8_t person[16] = {5}, other[16] = {6};

static void id_of(int64_t ms, unsigned number, uint8_t ret_id[static 16])
{
    memset(ret_id, 0, 16);
    for (int i = 0; i < 6; i++)
        ret_id[i] = (uint8_t)(ms >> (40 - 8 * i));
    memcpy(ret_id + 12, &number, 4);
}

/* One event of a request, at ${at_ms} by the box's clock. */
static uint64_t emit(const uint8_t id[static 16], int64_t at_ms)
{
    static uint8_t payload[STORE_PAYLOAD_MAX];
    struct event event = {.number = EVENT_ORDER_RELEASED};
    struct bytes_put put = bytes_into(payload, sizeof payload);
    size_t length;
    uint64_t sequence;
    memcpy(event.common.person, person, 16);
    memcpy(event.common.id, id, 16);
    event.common.operation = 7;
    event.common.utc_ms = at_ms;
    event_encode(&event, &put);
    assert_int_equal(bytes_put_done(&put, &length), 0);
    assert_int_equal(store_append(store, bytes_view_of(payload, length), &sequence), 0);
    return sequence;
}

static uint64_t record(int64_t id_ms, unsigned number, int64_t at_ms)
{
    struct retry retry = {.operation = 7, .utc_ms = at_ms};
    memcpy(retry.person, person, 16);
    id_of(id_ms, number, retry.id);
    retry.event = emit(retry.id, at_ms);
    if (retries)
        retries_add(retries, &retry);
    return retry.event;
}

static struct retry_look look_for(int64_t id_ms, unsigned number)
{
    struct retry_look look = {.operation = 7};
    memcpy(look.person, person, 16);
    id_of(id_ms, number, look.id);
    return look;
}

/* With the log read as far as it takes. */
static int find(struct retry_look *look, struct retry *ret_found)
{
    struct retry_look *const looks[] = {look};
    int r = retries_find(retries, store, look, ret_found);
    while (r == ERR_STATE) {
        r = retries_look(store, looks, 1, 0, 700);
        if (r == 0)
            r = retries_find(retries, store, look, ret_found);
    }
    return r;
}

static bool is_found(int64_t id_ms, unsigned number, uint64_t *ret_event)
{
    struct retry found = {0};
    struct retry_look look = look_for(id_ms, number);
    int r = find(&look, &found);
    *ret_event = found.event;
    assert_true(r == 0 || r == ERR_UNKNOWN);
    return r == 0;
}

static int begin(void **state)
{
    if (set_up(state) != 0 || retries_new(&retries) != 0)
        return 1;
    return store_begin(store);
}

static int end(void **state)
{
    retries_free(retries);
    retries = NULL;
    return tear_down(state);
}

static void restart(void)
{
    assert_int_equal(store_commit(store), 0);
    reopen();
    retries_free(retries);
    assert_int_equal(retries_new(&retries), 0);
    assert_int_equal(retries_fill(retries, store), 0);
    assert_int_equal(store_begin(store), 0);
}

static void what_was_done_is_found_and_nothing_else(void **state)
{
    (void)state;
    uint64_t event, first = record(NOON, 1, NOON);
    struct retry found;
    struct retry_look theirs = look_for(NOON, 1), another = look_for(NOON, 1);
    memcpy(theirs.person, other, 16);
    another.operation = 8;
    assert_true(is_found(NOON, 1, &event));
    assert_true(event == first);
    assert_false(is_found(NOON, 2, &event));
    assert_int_equal(find(&theirs, &found), ERR_UNKNOWN);
    assert_int_equal(find(&another, &found), ERR_UNKNOWN);
}

/* More than one block, and ids of one instant. */
static void a_hundred_thousand_are_each_found_at_their_event(void **state)
{
    (void)state;
    uint64_t event;
    for (unsigned i = 0; i < 100000; i++)
        record(NOON + i, i, NOON + i);
    for (unsigned i = 0; i < 100000; i++) {
        assert_true(is_found(NOON + i, i, &event));
        assert_true(event == i);
    }
    for (unsigned i = 100000; i < 200000; i++)
        assert_false(is_found(NOON + i, i, &event));
}

static void after_a_restart_the_first_event_of_a_request_stands_for_it(void **state)
{
    (void)state;
    uint8_t id[16];
    uint64_t event;
    record(NOON, 1, NOON);
    id_of(NOON, 2, id);
    for (int i = 0; i < 3; i++)
        emit(id, NOON);
    record(NOON, 3, NOON);
    restart();
    assert_true(is_found(NOON, 2, &event));
    assert_true(event == 1);
    assert_true(is_found(NOON, 3, &event));
    assert_true(event == 4);
    assert_false(is_found(NOON, 4, &event));
}

/* Half an hour back is not remembered at the start: it is found in the log, and then without it. */
static void what_lies_further_back_is_found_before_and_after_it_was_read_again(void **state)
{
    (void)state;
    uint64_t event;
    for (unsigned i = 0; i < 6000; i++)
        record(NOON + i * 500, i, NOON + i * 500);
    restart();
    for (int pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < 6000; i += 97) {
            assert_true(is_found(NOON + i * 500, i, &event));
            assert_true(event == i);
            assert_false(is_found(NOON + i * 500, i + 7000, &event));
        }
        for (int i = 0; i < 10; i++)
            assert_int_equal(retries_fill_further(retries, store), 0);
    }
}

static void ids_of_a_clock_that_was_five_minutes_ahead_are_found(void **state)
{
    (void)state;
    uint64_t event;
    for (unsigned i = 0; i < 3000; i++)
        record(NOON + i * 1000 + 5 * MINUTE, i, NOON + i * 1000);
    restart();
    for (unsigned i = 0; i < 3000; i += 31) {
        assert_true(is_found(NOON + i * 1000 + 5 * MINUTE, i, &event));
        assert_true(event == i);
    }
}

/* The batch went back; the same request was sent again, and its second event lies there now. */
static void what_was_undone_is_not_found_at_its_old_place(void **state)
{
    (void)state;
    uint8_t id[16];
    uint64_t event;
    record(NOON, 1, NOON);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(store_begin(store), 0);
    record(NOON, 2, NOON);
    record(NOON, 3, NOON);
    record(NOON, 4, NOON);
    store_rollback(store);
    assert_int_equal(store_begin(store), 0);
    assert_false(is_found(NOON, 2, &event));
    assert_false(is_found(NOON, 3, &event));
    record(NOON, 3, NOON);
    id_of(NOON, 3, id);
    emit(id, NOON);
    assert_true(is_found(NOON, 3, &event));
    assert_true(event == 1);
    assert_false(is_found(NOON, 2, &event));
    assert_true(is_found(NOON, 1, &event));
}

/* Not more than what is remembered is kept: what is over an hour old comes from the log. */
static void what_is_hours_old_is_found_in_the_log(void **state)
{
    (void)state;
    uint64_t event;
    for (unsigned i = 0; i < 80000; i++)
        record(NOON + i * 250, i, NOON + i * 250);
    for (unsigned i = 0; i < 80000; i += 7919) {
        assert_true(is_found(NOON + i * 250, i, &event));
        assert_true(event == i);
    }
    assert_false(is_found(NOON, 90000, &event));
}

/* ---- looks that wait ---- */

static void looks_that_meet_go_on_together_and_each_finds_its_own(void **state)
{
    struct retry_look look[4];
    struct retry_look *const looks[] = {&look[0], &look[1], &look[2], &look[3]};
    static const unsigned wanted[4] = {10, 5990, 9000, 3000}; /* the third was never done */
    struct retry found = {0};
    uint64_t read = 0;
    (void)state;
    for (unsigned i = 0; i < 6000; i++)
        record(NOON + i * 500, i, NOON + i * 500);
    record(NOON + 120 * MINUTE, 7000, NOON + 120 * MINUTE); /* only this is remembered */
    restart();
    for (unsigned i = 0; i < 4; i++) {
        look[i] = look_for(NOON + (wanted[i] == 9000 ? 0 : wanted[i] * 500), wanted[i]);
        assert_int_equal(retries_find(retries, store, &look[i], &found), ERR_STATE);
        if (i == 1) /* two have gone on when the others come */
            for (int k = 0; k < 3; k++, read += 500)
                assert_int_equal(retries_look(store, looks, 2, 0, 500), 0);
    }
    while (!retries_looked(&look[0]) || !retries_looked(&look[2])) {
        size_t leader = look[2].below > look[0].below ? 2 : 0; /* the last one, then all */
        assert_int_equal(retries_look(store, looks, 4, leader, 500), 0);
        read += 500;
    }
    assert_true(read <= 6000 + 1500 + 500); /* what the first had read is read once more */
    assert_true(retries_looked(&look[1]) && retries_looked(&look[3]));
    for (unsigned i = 0; i < 4; i++) {
        int r = retries_find(retries, store, &look[i], &found);
        assert_int_equal(r, wanted[i] == 9000 ? ERR_UNKNOWN : 0);
        assert_true(r || found.event == wanted[i]);
    }
}

/* A slice may begin in the middle of what a request has recorded. */
static void the_first_event_stands_for_it_wherever_a_slice_begins(void **state)
{
    uint8_t id[16];
    uint64_t first = 0;
    (void)state;
    record(NOON, 1, NOON);
    id_of(NOON, 2, id);
    for (unsigned i = 0; i < 20; i++) {
        uint64_t event = emit(id, NOON);
        first = i ? first : event;
    }
    record(NOON + 120 * MINUTE, 3, NOON + 120 * MINUTE);
    restart();
    for (uint64_t most = 1; most < 25; most++) {
        struct retry_look look = look_for(NOON, 2);
        struct retry_look *const looks[] = {&look};
        struct retry found;
        while (retries_find(retries, store, &look, &found) == ERR_STATE)
            assert_int_equal(retries_look(store, looks, 1, 0, most), 0);
        assert_true(look.found && found.event == first);
    }
}

static void each_event_is_found_wherever_a_slice_begins(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++)
        record(NOON + i, i, NOON + i);
    record(NOON + 120 * MINUTE, 100, NOON + 120 * MINUTE);
    restart();
    for (uint64_t most = 1; most < 10; most++)
        for (unsigned i = 0; i < 40; i++) {
            struct retry_look look = look_for(NOON + i, i);
            struct retry_look *const looks[] = {&look};
            struct retry found;
            while (retries_find(retries, store, &look, &found) == ERR_STATE)
                assert_int_equal(retries_look(store, looks, 1, 0, most), 0);
            assert_true(look.found && found.event == i);
        }
}

/* What lies between an id's time and what is remembered counts, however long that is. */
static void an_id_that_was_kept_for_a_week_is_found_where_it_was_recorded(void **state)
{
    uint64_t event, done;
    (void)state;
    for (unsigned i = 0; i < 5000; i++)
        record(NOON + i * 3 * MINUTE, i, NOON + i * 3 * MINUTE);
    done = record(NOON, 9000, NOON + 15000 * MINUTE);
    record(NOON + 15200 * MINUTE, 9001, NOON + 15200 * MINUTE);
    restart();
    assert_true(is_found(NOON, 9000, &event));
    assert_true(event == done);
    assert_false(is_found(NOON, 9002, &event));
}

/* It was on its way into memory when what had been remembered was dropped. */
static void what_was_dropped_since_a_look_began_is_read_too(void **state)
{
    struct retry_look look = look_for(NOON, 77777);
    struct retry_look *const looks[] = {&look};
    struct retry found = {0};
    (void)state;
    for (unsigned i = 0; i < 3000; i++)
        record(NOON + i, i, NOON + i);
    record(NOON + 120 * MINUTE, 4000, NOON + 120 * MINUTE);
    restart();
    assert_int_equal(retries_find(retries, store, &look, &found), ERR_STATE);
    while (!retries_looked(&look))
        assert_int_equal(retries_look(store, looks, 1, 0, 1000), 0);
    uint64_t done = record(NOON, 77777, NOON + 121 * MINUTE);
    for (unsigned i = 0; i < 80000; i++) { /* three blocks; the first of them is hours old then */
        int64_t at_ms = NOON + (i < 40000 ? 300 : 600) * MINUTE + i;
        record(at_ms, 100000 + i, at_ms);
    }
    assert_int_equal(retries_find(retries, store, &look, &found), ERR_STATE);
    while (!retries_looked(&look))
        assert_int_equal(retries_look(store, looks, 1, 0, 1000), 0);
    assert_int_equal(retries_find(retries, store, &look, &found), 0);
    assert_true(found.event == done);
}

/* Looked for with its n-th request for memory failing; true while there is an n-th. */
static bool is_found_or_said(int64_t id_ms, unsigned number, uint64_t nth)
{
    struct retry found;
    struct retry_look look = look_for(id_ms, number);
    memory_fail(nth, false);
    int r = find(&look, &found);
    bool failed = memory_failed();
    memory_fail(0, false);
    store_rollback(store); /* SQLite may have done so by itself */
    assert_int_equal(store_begin(store), 0);
    if (failed)
        assert_true(r == 0 || r == ERR_MEMORY);
    else
        assert_int_equal(r, 0);
    return failed;
}

/* "It was not done" would have it done twice. */
static void no_memory_to_look_is_never_the_word_that_nothing_was_done(void **state)
{
    (void)state;
    uint64_t tried[2] = {0};
    for (unsigned i = 0; i < 100; i++)
        record(NOON, i, NOON);
    for (unsigned i = 100; i < 200; i++) /* these are remembered at the start, those are not */
        record(NOON + 40 * MINUTE, i, NOON + 40 * MINUTE);
    for (int remembered = 0; remembered < 2; remembered++) {
        bool more = true;
        for (uint64_t nth = 1; more; nth++) {
            restart();
            more = remembered ? is_found_or_said(NOON + 40 * MINUTE, 150, nth)
                              : is_found_or_said(NOON, 50, nth);
            tried[remembered] += more;
        }
        assert_true(tried[remembered] > 0);
    }
}

int main(void)
{
    memory_begin();
#undef CASE
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(what_was_done_is_found_and_nothing_else),
        CASE(a_hundred_thousand_are_each_found_at_their_event),
        CASE(after_a_restart_the_first_event_of_a_request_stands_for_it),
        CASE(what_lies_further_back_is_found_before_and_after_it_was_read_again),
        CASE(ids_of_a_clock_that_was_five_minutes_ahead_are_found),
        CASE(what_was_undone_is_not_found_at_its_old_place),
        CASE(what_is_hours_old_is_found_in_the_log),
        CASE(looks_that_meet_go_on_together_and_each_finds_its_own),
        CASE(the_first_event_stands_for_it_wherever_a_slice_begins),
        CASE(each_event_is_found_wherever_a_slice_begins),
        CASE(an_id_that_was_kept_for_a_week_is_found_where_it_was_recorded),
        CASE(what_was_dropped_since_a_look_began_is_read_too),
        CASE(no_memory_to_look_is_never_the_word_that_nothing_was_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
