#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/identity/glass.h"
#include "tests/crypto/cases.h"

#define NOW    ((int64_t)1700000000000)
#define MINUTE ((int64_t)60000)

static struct glasses *all;

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

static struct glass made(unsigned number, uint8_t person, const char *action, int64_t at)
{
    struct glass g = {.broken_ms = at, .until_ms = at + GLASS_MS};
    memcpy(g.glass, &number, sizeof number);
    memset(g.person, person, 16);
    strcpy(g.enclave, "e7k2m9qa");
    strcpy(g.action, action);
    return g;
}

static void only_what_the_list_names_is_opened(void **state)
{
    static const char *const never[] = {"approve-release", "accept-inbound", "enter-record",
                                        "approve-records", "install-policy", "view-security",
                                        "review-glass",    "view-job ",      ""};
    (void)state;
    for (size_t i = 0; glass_actions[i]; i++) {
        struct glass g = made(1, 1, glass_actions[i], NOW);
        assert_null(glasses_refuse(all, &g, NOW));
    }
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        struct glass g = made(1, 1, never[i], NOW);
        assert_non_null(glasses_refuse(all, &g, NOW));
    }
}

/* The rule of the shipped program names exactly these. */
static void the_list_is_that_of_the_rule(void **state)
{
    static char text[40000];
    int fd = open("policy/site/program.cedar", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text - 1);
    (void)state;
    close(fd);
    assert_true(n > 0);
    char *rule = strstr(text, "@id(\"P14-break-glass\")");
    assert_non_null(rule);
    *strstr(rule, "when {") = '\0';
    size_t named = 0, listed = 0;
    for (char *at = rule; (at = strstr(at, "Action::\"")); at += 9)
        named++;
    for (; glass_actions[listed]; listed++) {
        char whole[80] = "Action::\"";
        strcat(strcat(whole, glass_actions[listed]), "\"");
        assert_non_null(strstr(rule, whole));
    }
    assert_int_equal(named, listed);
}

static void one_action_is_open_once_until_its_hour_is_over(void **state)
{
    (void)state;
    struct glass g = made(1, 1, "view-job", NOW), again = made(2, 1, "view-job", NOW),
                 other = made(3, 1, "view-orders", NOW), another = made(4, 2, "view-job", NOW);
    assert_int_equal(glasses_break(all, &g), 0);
    assert_non_null(glasses_refuse(all, &again, NOW + GLASS_MS - 1));
    assert_null(glasses_refuse(all, &again, NOW + GLASS_MS));
    assert_null(glasses_refuse(all, &other, NOW));
    assert_null(glasses_refuse(all, &another, NOW));
    strcpy(again.enclave, "b3c4d5e6");
    assert_null(glasses_refuse(all, &again, NOW));
}

static void the_same_request_is_done_once(void **state)
{
    (void)state;
    struct glass g = made(1, 1, "view-job", NOW);
    assert_int_equal(glasses_break(all, &g), 0);
    assert_int_equal(glasses_break(all, &g), ERR_DUPLICATE);
    assert_non_null(glasses_refuse(all, &g, NOW + 10 * GLASS_MS));
}

static void a_person_has_eight_without_a_review(void **state)
{
    static const uint8_t officer[16] = {9};
    (void)state;
    for (unsigned i = 0; i < GLASS_OF_PERSON; i++) {
        struct glass g = made(i + 1, 1, "view-job", NOW + i * GLASS_MS);
        assert_null(glasses_refuse(all, &g, g.broken_ms));
        assert_int_equal(glasses_break(all, &g), 0);
    }
    struct glass more = made(99, 1, "view-job", NOW + 100 * GLASS_MS);
    assert_non_null(glasses_refuse(all, &more, more.broken_ms));
    assert_int_equal(
        glasses_review(all, all->glass[3].glass, GLASS_JUSTIFIED, officer, bytes_text("seen"), NOW),
        0);
    assert_null(glasses_refuse(all, &more, more.broken_ms));
}

static void a_review_is_due_from_the_next_sign_in_or_a_day_later(void **state)
{
    (void)state;
    struct glass g = made(1, 1, "view-job", NOW);
    int64_t before = NOW - MINUTE, after = NOW + MINUTE;
    assert_false(glass_is_due(&g, before, NOW));
    assert_false(glass_is_due(&g, before, NOW + GLASS_REVIEW_MS - 1));
    assert_true(glass_is_due(&g, before, NOW + GLASS_REVIEW_MS));
    assert_true(glass_is_due(&g, after, after));
    assert_false(glass_is_due(&g, NOW, NOW));
    g.verdict = GLASS_NOT_JUSTIFIED;
    assert_false(glass_is_due(&g, after, NOW + 2 * GLASS_REVIEW_MS));
}

static void it_is_reviewed_once_and_with_a_verdict(void **state)
{
    static const uint8_t officer[16] = {9}, nothing[16] = {7};
    (void)state;
    struct glass g = made(1, 1, "view-job", NOW);
    assert_int_equal(glasses_break(all, &g), 0);
    assert_int_equal(glasses_review(all, nothing, GLASS_JUSTIFIED, officer, bytes_text("x"), NOW),
                     ERR_UNKNOWN);
    assert_int_equal(glasses_review(all, g.glass, GLASS_UNREVIEWED, officer, bytes_text("x"), NOW),
                     ERR_RANGE);
    assert_int_equal(glasses_review(all, g.glass, 3, officer, bytes_text("x"), NOW), ERR_RANGE);
    assert_int_equal(
        glasses_review(all, g.glass, GLASS_NOT_JUSTIFIED, officer, bytes_text("no fire"), NOW + 5),
        0);
    const struct glass *found = glasses_find(all, g.glass);
    assert_int_equal(found->verdict, GLASS_NOT_JUSTIFIED);
    assert_int_equal(found->reviewed_ms, NOW + 5);
    assert_string_equal(found->words, "no fire");
    assert_memory_equal(found->reviewed_by, officer, 16);
    assert_int_equal(
        glasses_review(all, g.glass, GLASS_JUSTIFIED, officer, bytes_text("yes"), NOW + 6),
        ERR_STATE);
}

static void what_waits_is_never_forgotten(void **state)
{
    static const uint8_t officer[16] = {9};
    (void)state;
    for (unsigned i = 0; i < GLASS_MAX; i++) {
        struct glass g = made(i + 1, (uint8_t)(i % 200), "view-job", NOW + i);
        assert_int_equal(glasses_break(all, &g), 0);
    }
    struct glass one = made(5000, 250, "view-job", NOW + 9000);
    assert_non_null(glasses_refuse(all, &one, NOW + 9000));
    assert_int_equal(glasses_break(all, &one), ERR_FULL);
    struct glass second = all->glass[2], first = all->glass[0];
    assert_int_equal(
        glasses_review(all, second.glass, GLASS_JUSTIFIED, officer, bytes_text("seen"), NOW), 0);
    assert_int_equal(glasses_break(all, &one), 0);
    assert_null(glasses_find(all, second.glass));
    assert_non_null(glasses_find(all, first.glass));
    assert_ptr_equal(glasses_find(all, one.glass), &all->glass[GLASS_MAX - 1]);
}

static void a_verdict_is_one_of_two_words(void **state)
{
    (void)state;
    assert_int_equal(glass_verdict_by_name(bytes_text("justified")), GLASS_JUSTIFIED);
    assert_int_equal(glass_verdict_by_name(bytes_text("not-justified")), GLASS_NOT_JUSTIFIED);
    assert_int_equal(glass_verdict_by_name(bytes_text("Justified")), GLASS_UNREVIEWED);
    assert_int_equal(glass_verdict_by_name(bytes_text("")), GLASS_UNREVIEWED);
    assert_string_equal(glass_verdict_text(GLASS_NOT_JUSTIFIED), "not-justified");
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(only_what_the_list_names_is_opened, set_up, tear_down),
        cmocka_unit_test(the_list_is_that_of_the_rule),
        cmocka_unit_test_setup_teardown(one_action_is_open_once_until_its_hour_is_over, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_same_request_is_done_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_person_has_eight_without_a_review, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_review_is_due_from_the_next_sign_in_or_a_day_later,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_reviewed_once_and_with_a_verdict, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_waits_is_never_forgotten, set_up, tear_down),
        cmocka_unit_test(a_verdict_is_one_of_two_words),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
