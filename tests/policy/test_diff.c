#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/diff.h"
#include "tests/policy/world.h"

struct pair {
    struct cedar_policies *olds, *news;
    struct diff diff;
};

static struct pair pair_new(const char *old_text, const char *new_text)
{
    struct pair p = {.olds = load_text(old_text), .news = load_text(new_text)};

    assert_int_equal(diff_open(&p.diff, p.olds, p.news), 0);
    return p;
}

static void pair_free(struct pair *p)
{
    diff_close(&p->diff);
    cedar_policies_free(p->olds);
    cedar_policies_free(p->news);
}

#define ALL "(principal, action, resource)"

static void matches_policies_by_their_ids(void **state)
{
    struct pair p = pair_new("@id(\"a\") permit" ALL "; @id(\"b\") permit" ALL "; permit" ALL ";",
                             "permit" ALL "; @id(\"b\") permit" ALL "; @id(\"c\") permit" ALL ";");

    (void)state;
    assert_int_equal(p.diff.in_new[0], DIFF_NONE);
    assert_int_equal(p.diff.in_new[1], 1);
    assert_int_equal(p.diff.in_new[2], DIFF_NONE);
    assert_int_equal(p.diff.in_old[0], DIFF_NONE);
    assert_int_equal(p.diff.in_old[1], 1);
    assert_int_equal(p.diff.in_old[2], DIFF_NONE);
    pair_free(&p);
}

static bool changed(const char *old_text, const char *new_text)
{
    struct pair p = pair_new(old_text, new_text);
    bool got = diff_policy_changed(&p.diff, 0);

    pair_free(&p);
    return got;
}

static void layout_and_comments_are_no_change(void **state)
{
    (void)state;
    assert_false(
        changed("permit" ALL ";", "// a\npermit ( principal,action , // b\nresource )\n;"));
    assert_false(changed("permit" ALL " when { 1 == 1 };", "permit" ALL "\nwhen{1==1};"));
}

static void every_other_word_is_a_change(void **state)
{
    (void)state;
    assert_true(changed("permit" ALL ";", "forbid" ALL ";"));
    assert_true(changed("permit" ALL " when { 1 == 1 };", "permit" ALL " when { 1 == 2 };"));
    assert_true(changed("permit" ALL " when { 1 == 1 };", "permit" ALL ";"));
    assert_true(changed("permit" ALL ";", "permit" ALL " when { 1 == 1 };"));
    assert_true(changed("@why(\"a\") permit" ALL ";", "@why(\"b\") permit" ALL ";"));
}

static struct cedar_result result(enum cedar_cause cause, const uint32_t *determining,
                                  uint32_t determining_count, const uint32_t *erring,
                                  uint32_t erring_count)
{
    return (struct cedar_result){
        .decision = cause == CEDAR_PERMITTED ? CEDAR_ALLOW : CEDAR_DENY,
        .cause = cause,
        .determining = determining,
        .determining_count = determining_count,
        .erring = erring,
        .erring_count = erring_count,
    };
}

static void tells_what_became_of_a_request(void **state)
{
    static const char olds[] = "@id(\"a\") permit" ALL "; @id(\"b\") permit" ALL ";";
    static const char news[] = "@id(\"b\") permit" ALL "; @id(\"a\") permit" ALL ";"
                               "@id(\"c\") permit" ALL ";";
    static const uint32_t zero_one[] = {0, 1}, zero[] = {0}, one[] = {1}, two[] = {2};
    struct pair p = pair_new(olds, news);
    struct cedar_result both = result(CEDAR_PERMITTED, zero_one, 2, NULL, 0);
    struct cedar_result first = result(CEDAR_PERMITTED, zero, 1, NULL, 0);
    struct cedar_result second = result(CEDAR_PERMITTED, one, 1, NULL, 0);
    struct cedar_result third = result(CEDAR_PERMITTED, two, 1, NULL, 0);
    struct cedar_result none = result(CEDAR_NOT_PERMITTED, NULL, 0, NULL, 0);
    struct cedar_result err_a = result(CEDAR_POLICY_ERROR, NULL, 0, zero, 1);
    struct cedar_result err_b = result(CEDAR_POLICY_ERROR, NULL, 0, one, 1);

    (void)state;
    assert_int_equal(diff_results(&p.diff, &none, &first), DIFF_NEWLY_ALLOWED);
    assert_int_equal(diff_results(&p.diff, &first, &none), DIFF_NEWLY_DENIED);
    assert_int_equal(diff_results(&p.diff, &both, &both), DIFF_SAME);
    assert_int_equal(diff_results(&p.diff, &first, &second), DIFF_SAME);
    assert_int_equal(diff_results(&p.diff, &first, &first), DIFF_OTHER_REASONS);
    assert_int_equal(diff_results(&p.diff, &first, &third), DIFF_OTHER_REASONS);
    assert_int_equal(diff_results(&p.diff, &first, &both), DIFF_OTHER_REASONS);
    assert_int_equal(diff_results(&p.diff, &none, &err_a), DIFF_OTHER_REASONS);
    assert_int_equal(diff_results(&p.diff, &err_a, &err_a), DIFF_OTHER_REASONS);
    assert_int_equal(diff_results(&p.diff, &err_a, &err_b), DIFF_SAME);
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_policies_by_their_ids),
        cmocka_unit_test(layout_and_comments_are_no_change),
        cmocka_unit_test(every_other_word_is_a_change),
        cmocka_unit_test(tells_what_became_of_a_request),
    };
    return cmocka_run_group_tests_name("policy/diff", tests, NULL, NULL);
}
