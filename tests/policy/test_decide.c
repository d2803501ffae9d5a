#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/policy/world.h"

static const char rules[] =
    "@id(\"open\") permit(principal, action == Action::\"read\", resource);\n"
    "@id(\"low\") permit(principal, action == Action::\"write\", resource)\n"
    "  when { context has level && context.level < 2 && context.level != 0 }\n"
    "  unless { context.closed };\n"
    "@id(\"secret\") @why(\"Secret things are not shown.\")\n"
    "forbid(principal, action, resource == Doc::\"secret\");\n"
    "@id(\"fragile\") forbid(principal, action == Action::\"break\", resource)\n"
    "  when { context.zone != \"cell\" };\n"
    "@id(\"breaks\") permit(principal, action == Action::\"break\", resource);\n";

static struct cedar_result decide(struct world *w, const char *action, const char *object,
                                  int64_t level, bool closed, enum cedar_on_error on_error)
{
    struct cedar_field fields[] = {{"level", cedar_long(level)}, {"closed", cedar_bool(closed)}};
    struct cedar_result result;

    cedar_overlay_reset(w->overlay, w->base);
    struct cedar_request r = ask(w, "ana", action, object, fields, 2);
    enum cedar_decision d =
        cedar_decide(w->policies, w->overlay, &r, on_error, w->scratch, &result);
    assert_int_equal(d, result.decision);
    return result;
}

static void names_the_permit_that_allows(void **state)
{
    struct world w = world_new(rules);

    (void)state;
    world_ready(&w);
    struct cedar_result r = decide(&w, "read", "d", 0, false, CEDAR_DENY_ON_ERROR);
    assert_int_equal(r.decision, CEDAR_ALLOW);
    assert_int_equal(r.cause, CEDAR_PERMITTED);
    assert_int_equal(r.determining_count, 1);
    assert_string_equal(cedar_policy_id(w.policies, r.determining[0]), "open");
    world_free(&w);
}

static void names_the_forbid_that_denies(void **state)
{
    struct world w = world_new(rules);

    (void)state;
    world_ready(&w);
    struct cedar_result r = decide(&w, "read", "secret", 0, false, CEDAR_DENY_ON_ERROR);
    assert_int_equal(r.decision, CEDAR_DENY);
    assert_int_equal(r.cause, CEDAR_FORBIDDEN);
    assert_int_equal(r.determining_count, 1);
    assert_string_equal(cedar_policy_id(w.policies, r.determining[0]), "secret");
    world_free(&w);
}

static void denies_what_nothing_permits(void **state)
{
    struct world w = world_new(rules);

    (void)state;
    world_ready(&w);
    struct cedar_result r = decide(&w, "delete", "d", 0, false, CEDAR_DENY_ON_ERROR);
    assert_int_equal(r.decision, CEDAR_DENY);
    assert_int_equal(r.cause, CEDAR_NOT_PERMITTED);
    assert_int_equal(r.determining_count, 0);
    world_free(&w);
}

/* Paths are looked up once for a decision: what one policy found must not mislead another. */
static void tells_absent_from_erring_on_one_path(void **state)
{
    static const char text[] =
        "@id(\"asks\") permit(principal, action, resource)\n"
        "  unless { context has zone.cell };\n"
        "@id(\"reads\") forbid(principal, action == Action::\"break\", resource)\n"
        "  when { context.zone has cell };\n"
        "@id(\"number\") forbid(principal, action == Action::\"write\", resource)\n"
        "  when { context has level.depth };\n";
    struct world w = world_new(text);

    (void)state;
    world_ready(&w);
    struct cedar_result r = decide(&w, "read", "d", 0, false, CEDAR_DENY_ON_ERROR);
    assert_int_equal(r.decision, CEDAR_ALLOW);
    r = decide(&w, "break", "d", 0, false, CEDAR_DENY_ON_ERROR);
    assert_int_equal(r.cause, CEDAR_POLICY_ERROR);
    assert_string_equal(cedar_policy_id(w.policies, r.erring[0]), "reads");
    r = decide(&w, "write", "d", 0, false, CEDAR_DENY_ON_ERROR);
    assert_int_equal(r.cause, CEDAR_POLICY_ERROR);
    assert_string_equal(cedar_policy_id(w.policies, r.erring[0]), "number");
    world_free(&w);
}

static void denies_when_a_policy_errs_and_says_so(void **state)
{
    struct world w = world_new(rules);

    (void)state;
    world_ready(&w);
    struct cedar_result r = decide(&w, "break", "d", 0, false, CEDAR_DENY_ON_ERROR);
    assert_int_equal(r.decision, CEDAR_DENY);
    assert_int_equal(r.cause, CEDAR_POLICY_ERROR);
    assert_int_equal(r.erring_count, 1);
    assert_string_equal(cedar_policy_id(w.policies, r.erring[0]), "fragile");
    assert_string_equal(r.first_fault.message, "there is no such attribute: zone");
    assert_int_equal(r.first_fault.line, 8);
    assert_int_equal(r.first_fault.column, 10);
    world_free(&w);
}

static void lets_an_erring_forbid_vanish_only_when_asked_to(void **state)
{
    struct world w = world_new(rules);

    (void)state;
    world_ready(&w);
    struct cedar_result r = decide(&w, "break", "d", 0, false, CEDAR_SKIP_ON_ERROR);
    assert_int_equal(r.decision, CEDAR_ALLOW);
    assert_int_equal(r.erring_count, 1);
    world_free(&w);
}

static void decides_nothing_with_a_store_that_is_not_frozen(void **state)
{
    struct world w = world_new("permit(principal, action, resource);");
    struct cedar_result result;

    (void)state;
    world_ready(&w);
    struct cedar_request r = ask(&w, "ana", "read", "d", NULL, 0);
    assert_int_equal(
        cedar_decide(w.policies, w.overlay, &r, CEDAR_SKIP_ON_ERROR, w.scratch, &result),
        CEDAR_ALLOW);
    cedar_overlay_reset(w.overlay, w.base);
    assert_int_equal(
        cedar_decide(w.policies, w.overlay, &r, CEDAR_SKIP_ON_ERROR, w.scratch, &result),
        CEDAR_DENY);
    assert_int_equal(result.cause, CEDAR_NOT_DECIDED);
    world_free(&w);
}

static void decides_nothing_with_policies_the_store_does_not_stand_on(void **state)
{
    struct world w = world_new("permit(principal, action, resource);");
    struct cedar_policies *other = load_text("permit(principal, action, resource);");
    struct cedar_result result;

    (void)state;
    world_ready(&w);
    struct cedar_request r = ask(&w, "ana", "read", "d", NULL, 0);
    assert_int_equal(cedar_decide(other, w.overlay, &r, CEDAR_SKIP_ON_ERROR, w.scratch, &result),
                     CEDAR_DENY);
    assert_int_equal(result.cause, CEDAR_NOT_DECIDED);
    cedar_policies_free(other);
    world_free(&w);
}

static void decides_nothing_on_a_request_without_all_four(void **state)
{
    struct world w = world_new("permit(principal, action, resource);");
    struct cedar_result result;

    (void)state;
    world_ready(&w);
    struct cedar_request good = ask(&w, "ana", "read", "d", NULL, 0);
    for (int i = 0; i < 4; i++) {
        struct cedar_request r = good;
        *(struct cedar_value *[]){&r.principal, &r.action, &r.resource, &r.context}[i] =
            i == 3 ? cedar_long(1) : (struct cedar_value){0};
        assert_int_equal(
            cedar_decide(w.policies, w.overlay, &r, CEDAR_SKIP_ON_ERROR, w.scratch, &result),
            CEDAR_DENY);
        assert_int_equal(result.cause, CEDAR_NOT_DECIDED);
    }
    world_free(&w);
}

static void denies_when_the_scratch_is_too_small(void **state)
{
    struct world w =
        world_new("permit(principal, action, resource);"
                  "permit(principal, action, resource) when { [principal,2,3,4,5] == [1] };");
    struct cedar_scratch *small;
    struct cedar_result result;

    (void)state;
    world_ready(&w);
    struct cedar_request r = ask(&w, "ana", "read", "d", NULL, 0);
    assert_int_equal(cedar_scratch_new(64, &small), 0);
    assert_int_equal(cedar_decide(w.policies, w.overlay, &r, CEDAR_SKIP_ON_ERROR, small, &result),
                     CEDAR_DENY);
    assert_int_equal(result.cause, CEDAR_NOT_DECIDED);
    cedar_scratch_free(small);
    world_free(&w);
}

/* Memory that the sets of one policy took is there again for the next. */
static void gives_the_memory_of_a_policy_back(void **state)
{
    char text[200 * 90] = "";
    size_t at = 0;
    struct cedar_scratch *small;
    struct cedar_result result;

    (void)state;
    for (int i = 0; i < 100; i++)
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "permit(principal, action, resource) when { [%d,2,3,principal] == "
                               "[principal,3,2,%d] };\n",
                               i + 9, i + 9);
    struct world w = world_new(text);
    world_ready(&w);
    struct cedar_request r = ask(&w, "ana", "read", "d", NULL, 0);
    assert_int_equal(cedar_scratch_new(100 * 12 + 256, &small), 0);
    assert_int_equal(cedar_decide(w.policies, w.overlay, &r, CEDAR_DENY_ON_ERROR, small, &result),
                     CEDAR_ALLOW);
    assert_int_equal(result.determining_count, 100);
    cedar_scratch_free(small);
    world_free(&w);
}

/* The same conditions at many places, some that err, more of them than are remembered. */
static void says_of_a_repeated_condition_what_it_says_once(void **state)
{
    static char text[2 * 400 * 120];
    size_t at = 0;
    struct cedar_result result;

    (void)state;
    for (int i = 0; i < 800; i++)
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "permit(principal, action, resource) when { context.level == %d && "
                               "(context has level || context.none) };\n",
                               i % 400);
    at += (size_t)snprintf(text + at, sizeof text - at,
                           "forbid(principal, action, resource) when { context.none == 1 };\n"
                           "forbid(principal, action, resource) unless { context.none == 1 };\n");
    struct world w = world_new(text);
    assert_int_equal(cedar_entities_freeze(w.base), 0);
    for (int level = 0; level < 402; level += 67) {
        struct cedar_field field = {"level", cedar_long(level)};
        cedar_overlay_reset(w.overlay, w.base);
        struct cedar_request r = ask(&w, "ana", "read", "d", &field, 1);
        assert_int_equal(
            cedar_decide(w.policies, w.overlay, &r, CEDAR_SKIP_ON_ERROR, w.scratch, &result),
            level < 400 ? CEDAR_ALLOW : CEDAR_DENY);
        assert_int_equal(result.determining_count, level < 400 ? 2 : 0);
        assert_int_equal(result.erring_count, 2);
        assert_int_equal(result.erring[0], 800);
        assert_int_equal(result.erring[1], 801);
        if (level < 400) {
            assert_int_equal(result.determining[0], level);
            assert_int_equal(result.determining[1], level + 400);
        }
    }
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_permit_that_allows),
        cmocka_unit_test(names_the_forbid_that_denies),
        cmocka_unit_test(denies_what_nothing_permits),
        cmocka_unit_test(tells_absent_from_erring_on_one_path),
        cmocka_unit_test(denies_when_a_policy_errs_and_says_so),
        cmocka_unit_test(lets_an_erring_forbid_vanish_only_when_asked_to),
        cmocka_unit_test(decides_nothing_with_a_store_that_is_not_frozen),
        cmocka_unit_test(decides_nothing_with_policies_the_store_does_not_stand_on),
        cmocka_unit_test(decides_nothing_on_a_request_without_all_four),
        cmocka_unit_test(denies_when_the_scratch_is_too_small),
        cmocka_unit_test(gives_the_memory_of_a_policy_back),
        cmocka_unit_test(says_of_a_repeated_condition_what_it_says_once),
    };
    return cmocka_run_group_tests_name("policy/decide", tests, NULL, NULL);
}
