#include "tests/transfer/fixture.h"

static void digest_of(uint8_t value, uint8_t out[static 32])
{
    memset(out, value, 32);
}

/* A channel whose last bundle is ${seq}, digests being the low byte of the number. */
static void stand_at(struct chain_state *s, uint64_t seq)
{
    uint8_t digest[32];

    chain_state_begin(MANIFEST_H2L, FIXTURE_ENCLAVE, 1, s);
    for (uint64_t i = 1; i <= seq; i++) {
        digest_of((uint8_t)i, digest);
        chain_state_advance(s, i, digest);
    }
}

static enum chain_verdict judge(uint64_t at, uint64_t seq, uint8_t value)
{
    struct chain_state s;
    struct manifest m;
    uint8_t digest[32];

    stand_at(&s, at);
    fixture_facts(&m, MANIFEST_H2L, seq);
    digest_of(value, digest);
    return chain_state_judge(&s, &m, digest);
}

static void tells_next_gap_replay_old_and_equivocation_apart(void **state)
{
    (void)state;
    assert_int_equal(judge(0, 1, 1), CHAIN_NEXT);
    assert_int_equal(judge(0, 2, 2), CHAIN_GAP);
    assert_int_equal(judge(41, 42, 42), CHAIN_NEXT);
    assert_int_equal(judge(41, 43, 43), CHAIN_GAP);
    assert_int_equal(judge(41, 41, 41), CHAIN_REPLAY);
    assert_int_equal(judge(41, 41, 99), CHAIN_EQUIVOCATION);
    assert_int_equal(judge(41, 26, 26), CHAIN_REPLAY);
    assert_int_equal(judge(41, 26, 27), CHAIN_EQUIVOCATION);
    assert_int_equal(judge(41, 25, 25), CHAIN_OLD);
    assert_int_equal(judge(0, 1000, 0), CHAIN_GAP);
    assert_int_equal(judge(0, 1001, 0), CHAIN_REFUSED);
}

static void a_past_that_is_not_ours_is_a_fork(void **state)
{
    struct chain_state s;
    struct manifest m;
    uint8_t digest[32];
    (void)state;

    digest_of(42, digest);
    stand_at(&s, 41);
    s.last[s.count - 1].digest[0] ^= 1;
    fixture_facts(&m, MANIFEST_H2L, 42);
    assert_int_equal(chain_state_judge(&s, &m, digest), CHAIN_FORK);
    /* also across a gap, by what it says about numbers that we know */
    fixture_facts(&m, MANIFEST_H2L, 50);
    assert_int_equal(chain_state_judge(&s, &m, digest), CHAIN_FORK);
}

static void another_channel_and_another_epoch_are_not_applied(void **state)
{
    struct chain_state s;
    struct manifest m;
    uint8_t digest[32];
    (void)state;

    digest_of(1, digest);
    stand_at(&s, 0);
    fixture_facts(&m, MANIFEST_H2L, 1);
    m.epoch = 2;
    assert_int_equal(chain_state_judge(&s, &m, digest), CHAIN_EPOCH);
    fixture_facts(&m, MANIFEST_H2L, 1);
    m.enclave[1]++;
    assert_int_equal(chain_state_judge(&s, &m, digest), CHAIN_REFUSED);
    fixture_facts(&m, MANIFEST_L2H, 1);
    assert_int_equal(chain_state_judge(&s, &m, digest), CHAIN_REFUSED);
}

static void text_has_its_pinned_form_and_comes_back(void **state)
{
    struct chain_state s, got;
    char text[CHAIN_STATE_TEXT_MAX];
    size_t length;
    (void)state;

    stand_at(&s, 2);
    assert_int_equal(chain_state_print(&s, text, &length), 0);
    assert_true(bytes_equal_text(
        bytes_view_of(text, length),
        "mes-xfer/1 chain dir=h2l chan=perf-e7k2m9qa epoch=0001 seq=0000000002\n"
        "0000000001 0101010101010101010101010101010101010101010101010101010101010101\n"
        "0000000002 0202020202020202020202020202020202020202020202020202020202020202\n"));
    for (uint64_t n = 0; n < 40; n++) {
        stand_at(&s, n);
        s.direction = n % 2 ? MANIFEST_H2L : MANIFEST_L2H;
        assert_int_equal(chain_state_print(&s, text, &length), 0);
        assert_int_equal(chain_state_parse(bytes_view_of(text, length), &got), 0);
        assert_int_equal(got.count, n < 16 ? n : 16);
        assert_memory_equal(got.last, s.last, sizeof(s.last[0]) * s.count);
        assert_int_equal(got.direction, s.direction);
    }
}

static void refuses_every_other_text(void **state)
{
    struct chain_state s, got;
    char text[CHAIN_STATE_TEXT_MAX];
    size_t length;
    (void)state;

    stand_at(&s, 20);
    assert_int_equal(chain_state_print(&s, text, &length), 0);
    for (size_t i = 1; i < length; i++)
        assert_int_not_equal(chain_state_parse(bytes_view_of(text, length - i), &got), 0);
    for (size_t i = 0; i < length; i++) {
        text[i] = (char)(text[i] ^ 0x80);
        assert_int_not_equal(chain_state_parse(bytes_view_of(text, length), &got), 0);
        text[i] = (char)(text[i] ^ 0x80);
    }
    s.last[3].seq = 3;
    assert_int_equal(chain_state_print(&s, text, &length), 0);
    assert_int_equal(chain_state_parse(bytes_view_of(text, length), &got), ERR_FORMAT);
    stand_at(&s, 20);
    s.count = 15; /* fewer than 16, but not from 1 */
    assert_int_equal(chain_state_print(&s, text, &length), 0);
    assert_int_equal(chain_state_parse(bytes_view_of(text, length), &got), ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(tells_next_gap_replay_old_and_equivocation_apart),
        cmocka_unit_test(a_past_that_is_not_ours_is_a_fork),
        cmocka_unit_test(another_channel_and_another_epoch_are_not_applied),
        cmocka_unit_test(text_has_its_pinned_form_and_comes_back),
        cmocka_unit_test(refuses_every_other_text),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
