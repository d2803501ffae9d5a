#include "tests/transfer/guard_b/world.h"

#include <stdlib.h>

#include "transfer/guard_b/desk.h"

static struct b_desk *desk;

static int setup(void **state)
{
    (void)state;
    desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    memcpy(desk->asked.enclave, "e7k2m9qa", 9);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(desk);
    return 0;
}

static struct message facts(uint8_t stage)
{
    struct message m = {.number = MESSAGE_GUARD_FACTS};
    m.guard_facts.stage = stage;
    memcpy(m.guard_facts.enclave, "e7k2m9qa", 8);
    m.guard_facts.epoch = 1;
    m.guard_facts.sequence = 3;
    m.guard_facts.slot = (struct bytes_view){(const uint8_t *)"2026-W47", 8};
    return m;
}

static int piece(const char *name, uint32_t part, uint32_t parts, const char *body)
{
    struct message m = {.number = MESSAGE_GUARD_PIECE};
    m.guard_piece.name = (struct bytes_view){(const uint8_t *)name, (uint32_t)strlen(name)};
    m.guard_piece.part = part;
    m.guard_piece.parts = parts;
    m.guard_piece.body = (struct bytes_view){(const uint8_t *)body, (uint32_t)strlen(body)};
    return b_desk_take(desk, &m);
}

static int go(uint8_t stage)
{
    struct message m = {.number = MESSAGE_GUARD_GO, .guard_go = {.stage = stage}};
    return b_desk_take(desk, &m);
}

static void begin(uint8_t stage)
{
    struct message m = facts(stage);
    assert_int_equal(b_desk_take(desk, &m), 0);
}

static void joins_the_parts_of_a_piece(void **state)
{
    (void)state;
    begin(1);
    assert_int_equal(piece("b2sums", 0, 1, ""), 0);
    assert_int_equal(piece("manifest.json", 0, 3, "one"), 0);
    assert_int_equal(piece("manifest.json", 1, 3, ""), 0);
    assert_int_equal(piece("manifest.json", 2, 3, "two"), 0);
    assert_int_equal(go(1), 0);
    assert_true(desk->complete);
    assert_true(b_view_is(desk->asked.piece[B_PIECE_MANIFEST], "onetwo"));
    assert_non_null(desk->asked.piece[B_PIECE_B2SUMS].data);
    assert_int_equal(desk->asked.piece[B_PIECE_B2SUMS].length, 0);
    assert_null(desk->asked.piece[B_PIECE_RECORDS].data);
    assert_true(b_view_is(desk->asked.slot, "2026-W47"));
    assert_int_equal(desk->asked.sequence, 3);
    assert_int_equal(desk->asked.stage, B_STAGE_BUILD);
}

static void refuses_a_piece_before_the_facts(void **state)
{
    (void)state;
    assert_int_equal(piece("b2sums", 0, 1, "x"), ERR_STATE);
    assert_int_equal(go(0), ERR_STATE);
}

static void refuses_facts_twice(void **state)
{
    struct message m = facts(1);
    (void)state;
    begin(1);
    assert_int_equal(b_desk_take(desk, &m), ERR_STATE);
}

static void refuses_an_unknown_stage(void **state)
{
    struct message none = facts(0), third = facts(3);
    (void)state;
    assert_int_equal(b_desk_take(desk, &none), ERR_UNKNOWN);
    assert_int_equal(b_desk_take(desk, &third), ERR_UNKNOWN);
}

static void refuses_facts_of_another_enclave(void **state)
{
    struct message m = facts(1);
    (void)state;
    m.guard_facts.enclave[7] = 'b';
    assert_int_equal(b_desk_take(desk, &m), ERR_STATE);
}

static void refuses_a_slot_that_is_too_long(void **state)
{
    struct message m = facts(1);
    (void)state;
    m.guard_facts.slot = (struct bytes_view){(const uint8_t *)"2026-W47 and more", 17};
    assert_int_equal(b_desk_take(desk, &m), ERR_SIZE);
}

static void refuses_an_unknown_piece(void **state)
{
    (void)state;
    begin(2);
    assert_int_equal(piece("records", 0, 1, "x"), ERR_UNKNOWN);
    assert_int_equal(piece("", 0, 1, "x"), ERR_UNKNOWN);
    assert_int_equal(piece("b2sum", 0, 1, "x"), ERR_UNKNOWN);
}

static void refuses_a_piece_twice(void **state)
{
    (void)state;
    begin(2);
    assert_int_equal(piece("b2sums", 0, 1, "x"), 0);
    assert_int_equal(piece("b2sums", 0, 1, "x"), ERR_FORMAT);
    assert_int_equal(piece("b2sums", 1, 2, "x"), ERR_FORMAT);
}

static void refuses_parts_out_of_order(void **state)
{
    (void)state;
    begin(2);
    assert_int_equal(piece("b2sums", 1, 2, "x"), ERR_FORMAT);
    assert_int_equal(piece("b2sums", 0, 0, "x"), ERR_FORMAT);
    assert_int_equal(piece("b2sums", 0, 3, "x"), 0);
    assert_int_equal(piece("b2sums", 2, 3, "x"), ERR_FORMAT);
    assert_int_equal(piece("b2sums", 1, 2, "x"), ERR_FORMAT);
}

static void refuses_to_go_with_a_piece_half_given(void **state)
{
    (void)state;
    begin(2);
    assert_int_equal(piece("b2sums", 0, 2, "x"), 0);
    assert_int_equal(go(2), ERR_FORMAT);
}

static void refuses_to_go_for_another_stage(void **state)
{
    (void)state;
    begin(1);
    assert_int_equal(go(2), ERR_STATE);
}

static void refuses_anything_after_go(void **state)
{
    (void)state;
    begin(1);
    assert_int_equal(go(1), 0);
    assert_int_equal(piece("b2sums", 0, 1, "x"), ERR_STATE);
    assert_int_equal(go(1), ERR_STATE);
}

static void refuses_a_piece_that_is_too_large(void **state)
{
    static char body[60001];
    (void)state;
    memset(body, 'x', 60000);
    begin(1);
    assert_int_equal(piece("b2sums", 0, 9, body), 0);
    assert_int_equal(piece("b2sums", 1, 9, body), 0);
    assert_int_equal(piece("b2sums", 2, 9, body), ERR_SIZE);
}

static void refuses_another_message(void **state)
{
    struct message m = {.number = MESSAGE_GUARD_VERDICT};
    (void)state;
    begin(1);
    assert_int_equal(b_desk_take(desk, &m), ERR_UNKNOWN);
}

#define DESK(case_name) cmocka_unit_test_setup_teardown(case_name, setup, teardown)
int main(void)
{
    const struct CMUnitTest cases[] = {
        DESK(joins_the_parts_of_a_piece),
        DESK(refuses_a_piece_before_the_facts),
        DESK(refuses_facts_twice),
        DESK(refuses_an_unknown_stage),
        DESK(refuses_facts_of_another_enclave),
        DESK(refuses_a_slot_that_is_too_long),
        DESK(refuses_an_unknown_piece),
        DESK(refuses_a_piece_twice),
        DESK(refuses_parts_out_of_order),
        DESK(refuses_to_go_with_a_piece_half_given),
        DESK(refuses_to_go_for_another_stage),
        DESK(refuses_anything_after_go),
        DESK(refuses_a_piece_that_is_too_large),
        DESK(refuses_another_message),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
