#include <stdlib.h>

#include "tests/crypto/cases.h"

#include "appliance/identity/session.h"

#define START   1000000u
#define MINUTE  ((uint64_t)60000)
#define ANNE    1
#define BERT    2
#define VISITOR 3

static struct sessions *all;

static int set_up(void **state)
{
    (void)state;
    all = calloc(1, sizeof *all);
    return all == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    free(all);
    return 0;
}

static struct session *open_at(uint8_t id, size_t person, size_t escort, uint8_t station,
                               uint64_t now)
{
    struct session wanted = {.person = person, .escort = escort, .factor = 1}, *s = NULL;
    memset(wanted.session, id, 16);
    memset(wanted.station, station, 16);
    assert_int_equal(sessions_open(all, &wanted, now, &s), 0);
    return s;
}

static struct session *found(uint8_t id, uint64_t now)
{
    uint8_t session[16];
    memset(session, id, 16);
    return sessions_find(all, session, now);
}

static void a_session_is_found_until_its_twelve_hours_are_over(void **state)
{
    (void)state;
    struct session *s = open_at(1, ANNE, SESSION_ALONE, 9, START), *due;
    assert_ptr_equal(found(1, START), s);
    assert_null(found(2, START));
    for (uint64_t t = START; t < START + SESSION_MS; t += 10 * MINUTE)
        assert_true(session_touch(s, t)); /* no activity makes it longer */
    assert_ptr_equal(found(1, START + SESSION_MS - 1), s);
    assert_null(found(1, START + SESSION_MS));
    assert_int_equal(sessions_due(all, START + SESSION_MS - 1, &due), SESSION_DUE_NOTHING);
    assert_int_equal(sessions_due(all, START + SESSION_MS, &due), SESSION_DUE_EXPIRED);
    assert_ptr_equal(due, s);
}

static void an_earlier_end_is_kept_and_a_later_one_is_not(void **state)
{
    struct session wanted = {.person = ANNE, .escort = SESSION_ALONE}, *s;
    (void)state;
    memset(wanted.session, 1, 16);
    wanted.expires_ms = START + SESSION_VENDOR_MS;
    assert_int_equal(sessions_open(all, &wanted, START, &s), 0);
    assert_true(s->expires_ms == START + SESSION_VENDOR_MS);
    memset(wanted.session, 2, 16);
    wanted.expires_ms = START + SESSION_MS + 1;
    assert_int_equal(sessions_open(all, &wanted, START, &s), 0);
    assert_true(s->expires_ms == START + SESSION_MS);
}

static void it_is_locked_after_fifteen_minutes_without_a_sign_of_life(void **state)
{
    (void)state;
    struct session *s = open_at(1, ANNE, SESSION_ALONE, 9, START), *due;
    assert_int_equal(sessions_due(all, START + SESSION_IDLE_MS - 1, &due), SESSION_DUE_NOTHING);
    assert_true(session_touch(s, START + SESSION_IDLE_MS - 1));
    assert_int_equal(sessions_due(all, START + SESSION_IDLE_MS, &due), SESSION_DUE_NOTHING);
    assert_int_equal(sessions_due(all, START + 2 * SESSION_IDLE_MS - 1, &due), SESSION_DUE_LOCK);
    assert_ptr_equal(due, s);
    assert_true(session_lock(s));
    assert_false(session_lock(s));
    assert_int_equal(sessions_due(all, START + 2 * SESSION_IDLE_MS, &due), SESSION_DUE_NOTHING);
}

static void nothing_but_a_fresh_proof_opens_a_locked_one(void **state)
{
    (void)state;
    struct session *s = open_at(1, ANNE, SESSION_ALONE, 9, START), *due;
    assert_true(session_lock(s));
    assert_false(session_touch(s, START + 1));
    assert_int_equal(s->state, SESSION_LOCKED);
    session_prove(s, START + 20 * MINUTE);
    assert_int_equal(s->state, SESSION_OPEN);
    assert_true(s->verified_ms == START + 20 * MINUTE && s->active_ms == s->verified_ms);
    assert_true(s->expires_ms == START + SESSION_MS);
    assert_int_equal(sessions_due(all, START + 20 * MINUTE, &due), SESSION_DUE_NOTHING);
}

/* The lock is noted some milliseconds behind its time: a touch in between comes too late. */
static void a_touch_behind_the_time_does_not_renew(void **state)
{
    (void)state;
    struct session *s = open_at(1, ANNE, SESSION_ALONE, 9, START), *due;
    assert_false(session_touch(s, START + SESSION_IDLE_MS));
    assert_int_equal(sessions_due(all, START + SESSION_IDLE_MS, &due), SESSION_DUE_LOCK);
}

static void the_oldest_of_three_is_the_one_that_ends(void **state)
{
    (void)state;
    struct session *first = open_at(1, ANNE, SESSION_ALONE, 9, START);
    open_at(2, ANNE, SESSION_ALONE, 9, START + 1);
    assert_null(sessions_oldest(all, ANNE));
    open_at(3, ANNE, SESSION_ALONE, 8, START + 2);
    open_at(4, BERT, SESSION_ALONE, 9, START - 5);
    assert_true(session_lock(first)); /* a locked one counts, too */
    assert_ptr_equal(sessions_oldest(all, ANNE), first);
    assert_null(sessions_oldest(all, BERT));
    sessions_end(all, first);
    assert_null(sessions_oldest(all, ANNE));
    assert_null(found(1, START));
}

static void what_is_over_is_remembered(void **state)
{
    (void)state;
    struct session *s = open_at(7, ANNE, SESSION_ALONE, 9, START);
    sessions_end(all, s);
    assert_int_equal(all->over_count, 1);
    assert_int_equal(all->over[0].session[0], 7);
    assert_true(all->over[0].expires_ms == START + SESSION_MS);
    for (size_t i = 1; i < SESSIONS_OVER_MAX + 5; i++)
        sessions_end(all, open_at(8, ANNE, SESSION_ALONE, 9, START));
    assert_int_equal(all->over[7].session[0], 8); /* the ring went round and stayed inside */
}

static void refuses_an_id_twice_and_one_too_many(void **state)
{
    struct session wanted = {.escort = SESSION_ALONE}, *s;
    (void)state;
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        assert_false(sessions_are_full(all));
        memcpy(wanted.session, &i, sizeof i);
        wanted.person = i;
        assert_int_equal(sessions_open(all, &wanted, START, &s), 0);
        if (i == 0)
            assert_int_equal(sessions_open(all, &wanted, START, &s), ERR_DUPLICATE);
    }
    assert_true(sessions_are_full(all));
    wanted.session[15] = 1;
    assert_int_equal(sessions_open(all, &wanted, START, &s), ERR_FULL);
}

static void a_visitors_session_ends_with_the_escorts_last_one_there(void **state)
{
    (void)state;
    struct session *due, *first = open_at(1, ANNE, SESSION_ALONE, 9, START);
    struct session *second = open_at(2, ANNE, SESSION_ALONE, 9, START);
    open_at(3, ANNE, SESSION_ALONE, 8, START); /* at another station */
    open_at(4, BERT, SESSION_ALONE, 9, START); /* another person */
    struct session *visitor = open_at(5, VISITOR, ANNE, 9, START);
    assert_int_equal(sessions_due(all, START, &due), SESSION_DUE_NOTHING);
    sessions_end(all, first);
    assert_int_equal(sessions_due(all, START, &due), SESSION_DUE_NOTHING);
    assert_true(session_lock(second)); /* a lock is enough */
    assert_int_equal(sessions_due(all, START, &due), SESSION_DUE_ALONE);
    assert_ptr_equal(due, visitor);
}

static void an_escort_who_does_nothing_for_fifteen_minutes_is_gone(void **state)
{
    (void)state;
    open_at(5, VISITOR, ANNE, 9, START);
    uint8_t station[16];
    struct session *due, *escort = open_at(1, ANNE, SESSION_ALONE, 9, START);
    memset(station, 9, 16);
    assert_true(sessions_escorted(all, ANNE, station, START));
    assert_false(sessions_escorted(all, BERT, station, START));
    assert_false(sessions_escorted(all, ANNE, station, START + SESSION_IDLE_MS));
    assert_int_equal(sessions_due(all, START + SESSION_IDLE_MS, &due), SESSION_DUE_ALONE);
    assert_true(session_touch(escort, START + 5 * MINUTE));
    assert_true(session_touch(found(5, START), START + 5 * MINUTE));
    assert_int_equal(sessions_due(all, START + SESSION_IDLE_MS, &due), SESSION_DUE_NOTHING);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest cases[] = {
        CASE(a_session_is_found_until_its_twelve_hours_are_over),
        CASE(an_earlier_end_is_kept_and_a_later_one_is_not),
        CASE(it_is_locked_after_fifteen_minutes_without_a_sign_of_life),
        CASE(nothing_but_a_fresh_proof_opens_a_locked_one),
        CASE(a_touch_behind_the_time_does_not_renew),
        CASE(the_oldest_of_three_is_the_one_that_ends),
        CASE(what_is_over_is_remembered),
        CASE(refuses_an_id_twice_and_one_too_many),
        CASE(a_visitors_session_ends_with_the_escorts_last_one_there),
        CASE(an_escort_who_does_nothing_for_fifteen_minutes_is_gone),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
