#include <stdlib.h>

#include "tests/crypto/cases.h"

#include "appliance/identity/lockout.h"

#define NOW    ((int64_t)1700000000000)
#define MINUTE ((int64_t)60000)

static struct lockout *l;
static uint8_t badges[40][32], stations[8][16];
#define A     badges[1]
#define B     badges[2]
#define C     badges[3]
#define HERE  stations[1]
#define THERE stations[2]

static int set_up(void **state)
{
    (void)state;
    l = calloc(1, sizeof *l);
    for (size_t i = 0; i < 40; i++)
        memset(badges[i], (int)i, 32);
    for (size_t i = 0; i < 8; i++)
        memset(stations[i], (int)i, 16);
    if (l)
        l->locks = true;
    return l == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    free(l);
    return 0;
}

static enum lockout_effect wrong(const uint8_t *badge, const uint8_t *station, int64_t now)
{
    assert_int_equal(lockout_ask(l, badge, station, now), LOCKOUT_TRY);
    lockout_begin(l, badge, station);
    lockout_done(l, badge, station);
    return lockout_wrong(l, badge, true, station, now);
}

static void the_third_wrong_pin_within_fifteen_minutes_locks(void **state)
{
    (void)state;
    assert_int_equal(wrong(A, HERE, NOW), LOCKOUT_NOTED);
    assert_int_equal(wrong(A, HERE, NOW + 1), LOCKOUT_NOTED);
    assert_false(lockout_is_locked(l, A, NOW + 2));
    assert_int_equal(wrong(A, HERE, NOW + 15 * MINUTE - 1), LOCKOUT_LOCKS_BADGE);
    assert_int_equal(lockout_ask(l, A, THERE, NOW + 15 * MINUTE), LOCKOUT_LOCKED);
    assert_int_equal(lockout_ask(l, B, HERE, NOW + 15 * MINUTE), LOCKOUT_TRY);
}

static void wrong_pins_far_apart_do_not_lock(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        assert_int_equal(wrong(A, HERE, NOW + i * 8 * MINUTE), LOCKOUT_NOTED);
}

static void a_right_pin_forgets_the_wrong_ones(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(wrong(A, HERE, NOW), LOCKOUT_NOTED);
        assert_int_equal(wrong(A, HERE, NOW), LOCKOUT_NOTED);
        assert_true(lockout_right(l, A));
        assert_false(lockout_right(l, A));
    }
}

static void a_lock_stays_until_somebody_releases_it(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        (void)wrong(A, HERE, NOW);
    assert_true(lockout_is_locked(l, A, NOW + 1000 * 24 * 60 * MINUTE));
    (void)lockout_right(l, A); /* a right PIN, of a try that was under way, does not release */
    assert_true(lockout_is_locked(l, A, NOW));
    assert_true(lockout_release(l, A));
    assert_false(lockout_release(l, A));
    assert_int_equal(lockout_ask(l, A, HERE, NOW), LOCKOUT_TRY);
    assert_int_equal(wrong(A, HERE, NOW), LOCKOUT_NOTED); /* counted anew */
}

static void time_releases_where_the_site_has_set_so(void **state)
{
    (void)state;
    l->released_by_time = true;
    for (int round = 0; round < 3; round++) {
        int64_t now = NOW + round * 16 * MINUTE;
        assert_int_equal(wrong(A, HERE, now), LOCKOUT_NOTED);
        assert_int_equal(wrong(A, HERE, now), LOCKOUT_NOTED);
        assert_int_equal(wrong(A, HERE, now), LOCKOUT_LOCKS_BADGE);
        assert_int_equal(lockout_ask(l, A, HERE, now + 15 * MINUTE - 1), LOCKOUT_LOCKED);
        assert_int_equal(lockout_ask(l, A, HERE, now + 15 * MINUTE), LOCKOUT_TRY);
    }
}

static void three_badges_at_one_station_quarantine_it_and_lock_nobody(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(wrong(A, HERE, NOW), LOCKOUT_NOTED);
        assert_int_equal(wrong(B, HERE, NOW), LOCKOUT_NOTED);
    }
    assert_int_equal(wrong(C, HERE, NOW), LOCKOUT_QUARANTINES);
    assert_int_equal(lockout_ask(l, badges[4], HERE, NOW), LOCKOUT_QUARANTINED);
    assert_int_equal(lockout_ask(l, A, HERE, NOW + 15 * MINUTE - 1), LOCKOUT_QUARANTINED);
    assert_int_equal(lockout_ask(l, A, HERE, NOW + 15 * MINUTE), LOCKOUT_TRY);
    /* what was wrong from there counts against nobody: two more tries elsewhere lock nobody */
    assert_int_equal(wrong(A, THERE, NOW), LOCKOUT_NOTED);
    assert_int_equal(wrong(A, THERE, NOW), LOCKOUT_NOTED);
    assert_false(lockout_is_locked(l, A, NOW));
}

static void what_was_under_way_when_it_was_quarantined_counts_for_nothing(void **state)
{
    (void)state;
    (void)wrong(A, HERE, NOW);
    (void)wrong(B, HERE, NOW);
    (void)wrong(C, HERE, NOW);
    for (int i = 0; i < 5; i++)
        assert_int_equal(lockout_wrong(l, badges[5], true, HERE, NOW), LOCKOUT_NOTED);
    assert_false(lockout_is_locked(l, badges[5], NOW));
    assert_int_equal(lockout_ask(l, badges[5], THERE, NOW), LOCKOUT_TRY);
}

static void a_shift_cannot_be_locked_by_trying_its_badges(void **state)
{
    unsigned locked = 0;
    (void)state;
    for (int64_t t = 0; t < 15 * MINUTE; t += 1000)
        for (size_t b = 0; b < 40; b++)
            if (lockout_ask(l, badges[b], HERE, NOW + t) == LOCKOUT_TRY)
                (void)lockout_wrong(l, badges[b], true, HERE, NOW + t);
    for (size_t b = 0; b < 40; b++)
        locked += lockout_is_locked(l, badges[b], NOW + 15 * MINUTE);
    assert_int_equal(locked, 0);
    for (size_t b = 0; b < 40; b++) /* one badge after the other: two, then the station */
        for (int i = 0; i < 3; i++)
            if (lockout_ask(l, badges[b], THERE, NOW) == LOCKOUT_TRY)
                (void)lockout_wrong(l, badges[b], true, THERE, NOW);
    for (size_t b = 0; b < 40; b++)
        locked += lockout_is_locked(l, badges[b], NOW);
    assert_int_equal(locked, 2);
}

static void many_tries_at_once_are_not_more_tries(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(lockout_ask(l, A, stations[i], NOW), LOCKOUT_TRY);
        lockout_begin(l, A, stations[i]);
    }
    assert_int_equal(lockout_ask(l, A, stations[3], NOW), LOCKOUT_WAIT);
    lockout_done(l, A, stations[0]);
    assert_int_equal(lockout_ask(l, A, stations[3], NOW), LOCKOUT_TRY);
    lockout_begin(l, B, stations[4]);
    lockout_begin(l, C, stations[4]);
    lockout_begin(l, badges[4], stations[4]);
    assert_int_equal(lockout_ask(l, badges[5], stations[4], NOW), LOCKOUT_WAIT);
    l->locks = false; /* a training site has one station for everybody */
    assert_int_equal(lockout_ask(l, badges[5], stations[4], NOW), LOCKOUT_TRY);
}

static void a_training_site_delays_and_never_locks(void **state)
{
    (void)state;
    l->locks = false;
    for (int i = 0; i < 3; i++)
        assert_int_equal(wrong(A, HERE, NOW), LOCKOUT_NOTED);
    assert_int_equal(lockout_ask(l, A, HERE, NOW + 4999), LOCKOUT_WAIT);
    assert_int_equal(wrong(A, HERE, NOW + 5000), LOCKOUT_NOTED);
    assert_int_equal(lockout_ask(l, A, HERE, NOW + 9999), LOCKOUT_WAIT); /* each one, from now on */
    for (size_t b = 2; b < 40; b++)
        for (int i = 0; i < 3; i++)
            assert_int_equal(wrong(badges[b], HERE, NOW), LOCKOUT_NOTED);
    assert_int_equal(lockout_ask(l, A, HERE, NOW + 10000), LOCKOUT_TRY);
    assert_false(lockout_is_locked(l, A, NOW));
}

/* A badge that nobody has is locked like one that somebody has, but gives way to people's. */
static void unknown_badges_are_locked_alike_and_never_push_a_person_out(void **state)
{
    uint8_t badge[32] = {0}, station[16] = {0};
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(lockout_wrong(l, A, true, HERE, NOW), i < 2 ? 0 : LOCKOUT_LOCKS_BADGE);
    for (uint32_t b = 1000; b < 1000 + LOCKOUT_LOCKS + 50; b++) {
        memcpy(badge, &b, sizeof b);
        memcpy(station, &b, sizeof b);
        for (int i = 0; i < 3; i++)
            assert_int_equal(lockout_wrong(l, badge, false, station, NOW + b),
                             i < 2 ? LOCKOUT_NOTED : LOCKOUT_LOCKS_BADGE);
        assert_int_equal(lockout_ask(l, badge, THERE, NOW + b), LOCKOUT_LOCKED);
    }
    assert_true(lockout_is_locked(l, A, NOW));
}

static void a_clock_that_was_set_back_releases_nothing(void **state)
{
    (void)state;
    l->released_by_time = true;
    (void)wrong(A, HERE, NOW);
    (void)wrong(A, HERE, NOW);
    assert_int_equal(wrong(A, HERE, NOW - 60 * MINUTE), LOCKOUT_LOCKS_BADGE);
    assert_true(lockout_is_locked(l, A, NOW - 120 * MINUTE));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest cases[] = {
        CASE(the_third_wrong_pin_within_fifteen_minutes_locks),
        CASE(wrong_pins_far_apart_do_not_lock),
        CASE(a_right_pin_forgets_the_wrong_ones),
        CASE(a_lock_stays_until_somebody_releases_it),
        CASE(time_releases_where_the_site_has_set_so),
        CASE(three_badges_at_one_station_quarantine_it_and_lock_nobody),
        CASE(what_was_under_way_when_it_was_quarantined_counts_for_nothing),
        CASE(a_shift_cannot_be_locked_by_trying_its_badges),
        CASE(many_tries_at_once_are_not_more_tries),
        CASE(a_training_site_delays_and_never_locks),
        CASE(unknown_badges_are_locked_alike_and_never_push_a_person_out),
        CASE(a_clock_that_was_set_back_releases_nothing),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
