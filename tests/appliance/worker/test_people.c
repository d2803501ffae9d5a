#include "tests/appliance/identity/people.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "appliance/worker/worker.h"
#include "crypto/hash.h"
#include "enclave/process/os.h"
#include "tests/faults/memory.h"

/* The worker asks its process for nothing else. */
const char *process_enclave(const struct process *process)
{
    (void)process;
    return "e3f9k2m1";
}

static struct worker *w;
static struct secret *seed;
static uint8_t here[STATION_ID] = "here", there[STATION_ID] = "there";
static char text[TOKEN_TEXT + 1];

static int begin(void **state)
{
    struct token token = {.factor = FACTOR_BADGE_PIN};
    (void)state;
    w = calloc(1, sizeof *w);
    seed = secret_of(0x42, 32);
    if (!w || os_boot_id_load() != 0 || sign_public(seed, w->root.statement) != 0)
        return 1;
    w->tokens = calloc(TOKENS, sizeof *w->tokens);
    static struct making making;
    memset(&making, 0, sizeof making);
    good_person(&making, 7, "operator");
    w->snapshot = made(&making);
    if (known_new(&w->sessions) != 0)
        return 1;
    w->snapshot_good_until_ms = os_boot_ms() + 60000;
    memcpy(token.audience, "e3f9k2m1", 8);
    memset(token.person, 7, 16);
    memset(token.session, 9, 16);
    memcpy(token.station, here, STATION_ID);
    memcpy(token.boot, os_boot_id(), 16);
    token.issued_ms = os_boot_ms();
    token.expires_ms = token.issued_ms + 60000;
    return token_make(seed, &token, text);
}

static int end(void **state)
{
    (void)state;
    secret_free(seed);
    snapshot_free(w->snapshot);
    free(w->over_ms);
    free(w->sessions);
    free(w->tokens);
    free(w);
    return 0;
}

static const char *asked_from(const uint8_t station[static STATION_ID])
{
    struct asker asker = {0};
    const char *why = people_ask(w, bytes_text(text), station, &asker);
    assert_int_equal(why == NULL, asker.person != NULL);
    return why;
}

static void a_token_is_good_at_its_own_station(void **state)
{
    (void)state;
    assert_null(asked_from(here));
}

static void a_token_is_refused_at_another_station(void **state)
{
    (void)state;
    assert_string_equal(asked_from(there), "Badge in again.");
    assert_null(asked_from(here)); /* verified and remembered now */
    assert_string_equal(asked_from(there), "Badge in again.");
}

static void a_session_that_was_signed_out_of_is_refused_at_its_own_station_too(void **state)
{
    uint8_t session[16];
    (void)state;
    memset(session, 9, 16);
    people_session(w, session, KNOWN_OVER);
    assert_string_equal(asked_from(here), "Badge in again.");
}

static void stale_people_are_still_known_and_it_is_said(void **state)
{
    (void)state;
    assert_false(people_stale(w));
    w->snapshot_good_until_ms = os_boot_ms(); /* no line for ten minutes */
    assert_true(people_stale(w));
    assert_null(asked_from(here)); /* what has begun goes on */
    w->snapshot_good_until_ms = 0; /* just started: none has come at all */
    assert_string_equal(asked_from(here), PEOPLE_NOT_YET);
}

static void a_clock_that_goes_back_brings_nothing_back(void **state)
{
    (void)state;
    int64_t now = os_utc_ms(), years = (int64_t)10 * 365 * 86400000;
    assert_true(worker_now(w) >= now);
    w->floor_ms = now + years; /* the newest event lies ten years ahead of the clock */
    assert_true(worker_now(w) == now + years);
    w->floor_ms = now - years;
    assert_true(worker_now(w) >= now && worker_now(w) < now + 60000);
}

static void a_session_from_before_a_suspension_is_over(void **state)
{
    struct snapshot_holder *h = (struct snapshot_holder *)(uintptr_t)&w->snapshot->person[0];
    (void)state;
    h->not_before_ms = os_utc_ms() + 1000;
    assert_string_equal(asked_from(here), "Badge in again.");
    h->not_before_ms = os_utc_ms() - 60000;
    assert_null(asked_from(here));
}

/* ---- sessions from before, whatever the clocks say ---- */

/* A token of five seconds ago. */
static void issue_before(void)
{
    struct token token = {.factor = FACTOR_BADGE_PIN};
    memcpy(token.audience, "e3f9k2m1", 8);
    memset(token.person, 7, 16);
    memset(token.session, 9, 16);
    memcpy(token.station, here, STATION_ID);
    memcpy(token.boot, os_boot_id(), 16);
    token.issued_ms = token.verified_ms = os_boot_ms() - 5000;
    token.expires_ms = token.issued_ms + 60000;
    assert_int_equal(token_make(seed, &token, text), 0);
}

static void issue_now(void)
{
    struct token token = {.factor = FACTOR_BADGE_PIN};
    memcpy(token.audience, "e3f9k2m1", 8);
    memset(token.person, 7, 16);
    memset(token.session, 10, 16);
    memcpy(token.station, here, STATION_ID);
    memcpy(token.boot, os_boot_id(), 16);
    token.issued_ms = token.verified_ms = os_boot_ms();
    token.expires_ms = token.issued_ms + 60000;
    assert_int_equal(token_make(seed, &token, text), 0);
}

/* The worker hears of the person as identity has him now. */
static void hear(bool suspended, int64_t not_before_ms)
{
    static const char permit[] = "permit(principal, action, resource);";
    static uint8_t bytes[1 << 16], parts[1 << 16];
    static struct making making;
    char why[300];
    memset(&making, 0, sizeof making);
    struct snapshot_holder *h = good_person(&making, 7, "operator");
    h->suspended = suspended;
    h->not_before_ms = not_before_ms;
    struct message_snapshot m = {.epoch = 8, .parts = 1};
    m.body = bytes_view_of(bytes, put_snapshot(&making, bytes, sizeof bytes));
    hash_content(SNAPSHOT_PURPOSE, m.body, m.digest);
    w->snapshot_parts = parts;
    if (!w->decider) {
        assert_int_equal(decider_new("e3f9k2m1", false, &w->decider), 0);
        assert_int_equal(
            decider_policies_set(w->decider, bytes_text(permit), bytes_text(""), why, sizeof why),
            0);
    }
    people_part(w, &m);
    w->snapshot_good_until_ms = os_boot_ms() + 60000; /* its line */
}

/* The newest event lies a minute ahead of the clock; identity, which has a log of its own, said by
 * the clock that he was suspended two seconds ago. */
static void a_clock_that_was_set_back_makes_no_session_younger(void **state)
{
    struct snapshot_holder *h = (struct snapshot_holder *)(uintptr_t)&w->snapshot->person[0];
    (void)state;
    issue_before();
    h->not_before_ms = os_utc_ms() - 2000;
    assert_string_equal(asked_from(here), "Badge in again.");
    w->floor_ms = os_utc_ms() + 60000;
    assert_string_equal(asked_from(here), "Badge in again.");
}

/* An hour ahead now: what was said an hour ago was said a moment ago. */
static void a_clock_that_was_set_ahead_makes_no_session_younger(void **state)
{
    (void)state;
    issue_before();
    hear(false, 0);
    assert_null(asked_from(here));
    hear(false, os_utc_ms() - 3600000);
    assert_string_equal(asked_from(here), "Badge in again.");
    hear(false, os_utc_ms() - 3600000 - 1); /* and with each one that comes then */
    assert_string_equal(asked_from(here), "Badge in again.");
    decider_free(w->decider);
}

/* With a clock that stands, or lies behind identity's own log, all of it happens at one time. */
static void a_suspension_ends_the_sessions_before_it_at_one_and_the_same_time(void **state)
{
    int64_t then = os_utc_ms() - 3600000;
    (void)state;
    snapshot_free(w->snapshot); /* nothing has been heard yet */
    w->snapshot = NULL;
    issue_before();
    hear(false, then);
    assert_null(asked_from(here));
    hear(true, then);
    hear(false, then);
    assert_string_equal(asked_from(here), "Badge in again.");
    issue_now();
    hear(false, then); /* nothing new: who has badged in since works on */
    assert_null(asked_from(here));
    decider_free(w->decider);
}

/* Identity's log is ahead of the clock: its word is of a time that has not come yet. */
static void who_badges_in_behind_a_restoration_works_whatever_the_clock_says(void **state)
{
    (void)state;
    issue_before();
    hear(false, 0);
    hear(false, os_utc_ms() + 3600000);
    assert_string_equal(asked_from(here), "Badge in again.");
    issue_now();
    assert_null(asked_from(here));
    decider_free(w->decider);
}

/* This process began behind the restoration, and the clock was set back before it, or identity's
 * log is ahead of it: whoever badges in now does so behind all that was said. */
static void who_badges_in_behind_the_first_snapshot_works_whatever_the_clock_says(void **state)
{
    int64_t then = os_utc_ms() + 3600000;
    (void)state;
    snapshot_free(w->snapshot);
    w->snapshot = NULL;
    issue_before();
    hear(false, then);
    assert_string_equal(asked_from(here), "Badge in again.");
    issue_now();
    assert_null(asked_from(here));
    hear(false, then);
    assert_null(asked_from(here));
    decider_free(w->decider);
}

/* Whoever was gone from the snapshot may have been suspended and restored meanwhile. */
static void who_comes_back_into_the_snapshot_badges_in_again(void **state)
{
    struct snapshot *own = w->snapshot;
    (void)state;
    issue_before();
    hear(false, 0);
    struct snapshot *seen = w->snapshot;
    struct snapshot_holder *h = (struct snapshot_holder *)(uintptr_t)&seen->person[0];
    assert_ptr_not_equal(own, seen);
    memset(h->id, 8, 16); /* it is somebody else that was there */
    hear(false, 0);
    assert_string_equal(asked_from(here), "Badge in again.");
    issue_now();
    assert_null(asked_from(here));
    decider_free(w->decider);
}

/* ---- a snapshot for which there is no memory ---- */

enum { TAKEN = 40, LEFT_AS_IT_WAS, NOT_REACHED };

/* Whoever keeps the old people lets somebody work on whose standing has ended. */
static _Noreturn void take_without_memory(const struct message_snapshot *m, uint64_t nth)
{
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0)
        dup2(nowhere, 2);
    memory_fail(nth, false);
    people_part(w, m);
    bool failed = memory_failed();
    memory_fail(0, false);
    if (!failed)
        _exit(NOT_REACHED);
    _exit(memcmp(w->snapshot_digest, m->digest, 32) == 0 ? TAKEN : LEFT_AS_IT_WAS);
}

static void a_snapshot_for_which_there_is_no_memory_is_not_passed_over(void **state)
{
    static const char permit[] = "permit(principal, action, resource);";
    static uint8_t bytes[1 << 16], parts[1 << 16];
    static struct making making;
    char why[300];
    int status = 0;
    uint64_t nth = 0;
    (void)state;
    memset(&making, 0, sizeof making);
    good_person(&making, 7, "operator")->suspended = true;
    struct message_snapshot m = {.epoch = 8, .parts = 1};
    m.body = bytes_view_of(bytes, put_snapshot(&making, bytes, sizeof bytes));
    hash_content(SNAPSHOT_PURPOSE, m.body, m.digest);
    w->snapshot_parts = parts;
    assert_int_equal(decider_new("e3f9k2m1", false, &w->decider), 0);
    assert_int_equal(
        decider_policies_set(w->decider, bytes_text(permit), bytes_text(""), why, sizeof why), 0);
    assert_int_equal(decider_people(w->decider, w->snapshot, os_utc_ms()), 0);
    do {
        pid_t child = fork();
        if (child == 0)
            take_without_memory(&m, nth + 1);
        nth++;
        assert_int_equal(waitpid(child, &status, 0), child);
        /* a child that writes its counts down without memory may end by a signal */
        assert_false(WIFEXITED(status) && WEXITSTATUS(status) == LEFT_AS_IT_WAS);
    } while (!WIFEXITED(status) || WEXITSTATUS(status) != NOT_REACHED);
    assert_true(nth > 10);
    decider_free(w->decider);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(a_token_is_good_at_its_own_station, begin, end),
        cmocka_unit_test_setup_teardown(a_token_is_refused_at_another_station, begin, end),
        cmocka_unit_test_setup_teardown(
            a_session_that_was_signed_out_of_is_refused_at_its_own_station_too, begin, end),
        cmocka_unit_test_setup_teardown(stale_people_are_still_known_and_it_is_said, begin, end),
        cmocka_unit_test_setup_teardown(a_clock_that_goes_back_brings_nothing_back, begin, end),
        cmocka_unit_test_setup_teardown(a_session_from_before_a_suspension_is_over, begin, end),
        cmocka_unit_test_setup_teardown(a_clock_that_was_set_back_makes_no_session_younger, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_clock_that_was_set_ahead_makes_no_session_younger, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            a_suspension_ends_the_sessions_before_it_at_one_and_the_same_time, begin, end),
        cmocka_unit_test_setup_teardown(
            who_badges_in_behind_a_restoration_works_whatever_the_clock_says, begin, end),
        cmocka_unit_test_setup_teardown(
            who_badges_in_behind_the_first_snapshot_works_whatever_the_clock_says, begin, end),
        cmocka_unit_test_setup_teardown(who_comes_back_into_the_snapshot_badges_in_again, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_snapshot_for_which_there_is_no_memory_is_not_passed_over,
                                        begin, end),
    };
    return cmocka_run_group_tests_name("worker/people", cases, NULL, NULL);
}
