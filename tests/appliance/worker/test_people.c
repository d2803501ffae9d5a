#include "tests/appliance/identity/people.h"

#include "appliance/worker/worker.h"
#include "enclave/process/os.h"

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
    };
    return cmocka_run_group_tests_name("worker/people", cases, NULL, NULL);
}
