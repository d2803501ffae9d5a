/* A program's share of the journal: what it may write at once, what comes back, what is counted. */
#include "tests/crypto/cases.h"

#include "enclave/audit/event.h"
#include "enclave/audit/share.h"

#define LINE 300 /* of fields; SHARE_LINE more are counted */

/* Lines that are taken at ${now_ms}, one behind the other, of ${asked}. */
static unsigned taken(struct share *s, enum share_kind kind, unsigned asked, uint64_t now_ms)
{
    unsigned n = 0;
    for (unsigned i = 0; i < asked; i++)
        if (share_is_within(s, kind, now_ms)) {
            share_spend(s, kind, LINE);
            n++;
        }
    return n;
}

static void takes_a_burst_and_then_what_comes_back(void **state)
{
    struct share s;
    (void)state;
    share_begin(&s, PROGRAM_WORKER, 5000);
    unsigned burst = taken(&s, SHARE_NOTES, 100000, 5000);
    assert_int_equal(burst, ((4 << 20) + LINE + SHARE_LINE - 1) / (LINE + SHARE_LINE));
    assert_int_equal(taken(&s, SHARE_NOTES, 10, 5000), 0);
    unsigned hour = 0;
    for (unsigned second = 1; second <= 3600; second++)
        hour += taken(&s, SHARE_NOTES, 1000, 5000 + second * 1000);
    unsigned back = 3600 * 1024 / (LINE + SHARE_LINE);
    assert_in_range(hour, back - 1, back + 1); /* the last may be longer than what is left */
}

static void never_holds_more_than_the_burst(void **state)
{
    struct share s;
    (void)state;
    share_begin(&s, PROGRAM_WORKER, 0);
    unsigned burst = taken(&s, SHARE_ACTS, 100000, 0);
    assert_in_range(taken(&s, SHARE_ACTS, 100000, UINT64_C(86400000) * 365), burst - 1, burst);
    assert_int_equal(taken(&s, SHARE_ACTS, 10, UINT64_C(86400000) * 365 - 1), 0); /* not back */
}

static void a_flood_of_one_kind_takes_nothing_from_the_others(void **state)
{
    struct share s;
    (void)state;
    share_begin(&s, PROGRAM_WORKER, 0);
    (void)taken(&s, SHARE_NOTES, 100000, 0);
    assert_int_equal(taken(&s, SHARE_ACTS, 1000, 0), 1000);
    assert_int_equal(taken(&s, SHARE_HEADS, 1000, 0), 1000);
}

static void what_must_be_written_is_owed(void **state)
{
    struct share s;
    (void)state;
    share_begin(&s, PROGRAM_WORKER, 0);
    (void)taken(&s, SHARE_ACTS, 100000, 0);
    for (unsigned i = 0; i < 20; i++) /* outcomes of what was taken */
        share_spend(&s, SHARE_ACTS, LINE);
    assert_false(share_is_within(&s, SHARE_ACTS, 20 * (LINE + SHARE_LINE) * 1000 / 2048 - 10));
    assert_true(share_is_within(&s, SHARE_ACTS, 21 * (LINE + SHARE_LINE) * 1000 / 2048 + 10));
}

static void the_keeper_has_no_bound_and_nothing_is_no_program(void **state)
{
    struct share s = {0};
    (void)state;
    assert_true(share_is_bound(PROGRAM_WORKER));
    assert_true(share_is_bound(PROGRAM_IDENTITY));
    assert_false(share_is_bound(PROGRAM_KEEPER));
    assert_false(share_is_bound(PROGRAM_NONE));
    assert_false(share_is_within(&s, SHARE_NOTES, 1000000)); /* zeros are no share */
}

/* Each program that stands in topology.def beside the auditor, and each kind of line. */
static void who_is_bound_is_bound_in_every_kind(void **state)
{
    (void)state;
    for (int p = 0; p < PROGRAM_COUNT; p++)
        for (int k = 0; k < SHARE_KINDS; k++) {
            struct share s;
            if (!share_is_bound((enum program)p))
                continue;
            share_begin(&s, (enum program)p, 0);
            assert_in_range(s.left[k], 1 << 20, 16 << 20);
            (void)taken(&s, (enum share_kind)k, 100000, 0);
            assert_true(share_is_within(&s, (enum share_kind)k, 2000)); /* one in two seconds */
        }
}

static void says_how_many_of_which_class_from_when_to_when(void **state)
{
    struct share s;
    char text[SHARE_TEXT];
    (void)state;
    share_begin(&s, PROGRAM_WORKER, 0);
    assert_false(share_take(&s, text));
    for (unsigned i = 0; i < 7; i++)
        share_count(&s, AUDIT_CLASS_OBJECT, 1795000000000 + i * 1000);
    share_count(&s, AUDIT_CLASS_GLASS, 1795000009000);
    share_count(&s, 65535, 1795000010000);
    assert_true(share_take(&s, text));
    assert_string_equal(text, "9 records not kept, 2026-11-18T11:06:40Z to 2026-11-18T11:06:50Z, "
                              "class 0: 1, class 2: 7, class 8: 1");
    assert_false(share_take(&s, text));
    share_count(&s, 2, 1795000020000);
    assert_true(share_take(&s, text));
    assert_string_equal(text, "1 records not kept, 2026-11-18T11:07:00Z to 2026-11-18T11:07:00Z, "
                              "class 2: 1");
}

static void the_longest_words_fit(void **state)
{
    struct share s;
    char text[SHARE_TEXT];
    (void)state;
    share_begin(&s, PROGRAM_WORKER, 0);
    for (unsigned i = 0; i < SHARE_CLASSES; i++)
        share_count(&s, i, 1795000000000);
    for (unsigned i = 0; i < SHARE_CLASSES; i++)
        s.of_class[i] = UINT64_C(999999999999);
    s.beyond = UINT64_MAX;
    assert_true(share_take(&s, text));
    assert_non_null(strstr(text, ", class 13: 999999999999"));
}

static void a_share_that_was_written_is_read_as_it_was(void **state)
{
    static const char *const bad[] = {"",        "1 2",   "1 2 3 4",         "a 2 3",
                                      "1 2 3 x", "1 2 c", "99999999999 1 1", "1 -99999999999 1"};
    struct share s, t;
    char fields[SHARE_FIELDS];
    (void)state;
    share_begin(&s, PROGRAM_WORKER, 0);
    (void)taken(&s, SHARE_NOTES, 100000, 0);
    (void)taken(&s, SHARE_HEADS, 17, 0);
    share_put(&s, fields);
    share_begin(&t, PROGRAM_WORKER, 0);
    assert_int_equal(share_get(&t, fields), 0);
    assert_memory_equal(t.left, s.left, sizeof s.left);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(share_get(&t, bad[i]), ERR_FORMAT);
    assert_memory_equal(t.left, s.left, sizeof s.left);
}

static void a_life_that_begins_again_is_not_full_again(void **state)
{
    struct share s;
    (void)state;
    share_begin(&s, PROGRAM_WORKER, 100);
    for (unsigned i = 0; i < 20000; i++)
        share_spend(&s, SHARE_NOTES, LINE); /* read: more than the burst, of a long time */
    share_resume(&s, 1000, 500);
    assert_int_equal(taken(&s, SHARE_NOTES, 10, 500), 0);
    share_begin(&s, PROGRAM_WORKER, 100);
    for (unsigned i = 0; i < 20000; i++)
        share_spend(&s, SHARE_NOTES, LINE);
    share_resume(&s, 20000 * INT64_C(500) * 1000 / 1024, 500);
    assert_in_range(s.left[SHARE_NOTES], (4 << 20) - 100, 4 << 20);
    share_begin(&s, PROGRAM_WORKER, 100);
    (void)taken(&s, SHARE_NOTES, 100000, 100);
    share_resume(&s, -5000, 500); /* the clock was set back */
    assert_int_equal(s.left[SHARE_NOTES], 0);
    share_resume(&s, INT64_MAX, 500);
    assert_int_equal(s.left[SHARE_NOTES], 4 << 20);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(takes_a_burst_and_then_what_comes_back),
        cmocka_unit_test(never_holds_more_than_the_burst),
        cmocka_unit_test(a_flood_of_one_kind_takes_nothing_from_the_others),
        cmocka_unit_test(what_must_be_written_is_owed),
        cmocka_unit_test(the_keeper_has_no_bound_and_nothing_is_no_program),
        cmocka_unit_test(who_is_bound_is_bound_in_every_kind),
        cmocka_unit_test(says_how_many_of_which_class_from_when_to_when),
        cmocka_unit_test(the_longest_words_fit),
        cmocka_unit_test(a_share_that_was_written_is_read_as_it_was),
        cmocka_unit_test(a_life_that_begins_again_is_not_full_again),
    };
    return cmocka_run_group_tests_name("audit/share", cases, NULL, NULL);
}
