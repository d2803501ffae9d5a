#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/policy/world.h"

/* `permit` if and only if the condition is true of the request that follows. */
static bool holds(struct world *w, const char *person)
{
    struct cedar_result result;

    cedar_overlay_reset(w->overlay, w->base);
    struct cedar_request r = ask(w, person, "a", "d", NULL, 0);
    return cedar_decide(w->policies, w->overlay, &r, CEDAR_DENY_ON_ERROR, w->scratch, &result) ==
           CEDAR_ALLOW;
}

static void closes_ancestors_through_base_and_overlay(void **state)
{
    struct world w = world_new("permit(principal in User::\"top\", action, resource);");
    struct cedar_result result;

    (void)state;
    cedar_entity_begin(w.base, "User", "leaf"); /* before its parents, on purpose */
    cedar_entity_parent(w.base, "User", "middle");
    cedar_entity_end(w.base);
    cedar_entity_begin(w.base, "User", "middle");
    cedar_entity_parent(w.base, "User", "absent");
    cedar_entity_parent(w.base, "User", "top");
    cedar_entity_end(w.base);
    world_ready(&w);
    assert_true(holds(&w, "leaf"));
    assert_true(holds(&w, "middle"));
    assert_true(holds(&w, "top")); /* itself, although it does not exist */
    assert_false(holds(&w, "absent"));
    cedar_overlay_reset(w.overlay, w.base);
    cedar_entity_begin(w.overlay, "User", "guest");
    cedar_entity_parent(w.overlay, "User", "leaf");
    cedar_entity_end(w.overlay);
    struct cedar_request r = ask(&w, "guest", "a", "d", NULL, 0);
    assert_int_equal(
        cedar_decide(w.policies, w.overlay, &r, CEDAR_DENY_ON_ERROR, w.scratch, &result),
        CEDAR_ALLOW);
    world_free(&w);
}

/* Whether a -> b -> … with ${count} entities, the last one inside the first, is refused. */
static int freeze_ring(unsigned count)
{
    struct world w = world_new("");
    char id[16], parent[16];

    for (unsigned i = 0; i < count; i++) {
        snprintf(id, sizeof id, "%u", i);
        snprintf(parent, sizeof parent, "%u", (i + 1) % count);
        cedar_entity_begin(w.base, "User", id);
        cedar_entity_parent(w.base, "User", parent);
        cedar_entity_end(w.base);
    }
    int r = cedar_entities_freeze(w.base);
    world_free(&w);
    return r;
}

static void refuses_cycles(void **state)
{
    (void)state;
    assert_int_equal(freeze_ring(1), CEDAR_ERR_CYCLE);
    assert_int_equal(freeze_ring(2), CEDAR_ERR_CYCLE);
    assert_int_equal(freeze_ring(100000), CEDAR_ERR_CYCLE);
}

static void closes_a_chain_as_long_as_the_limit_and_refuses_a_longer_one(void **state)
{
    (void)state;
    for (unsigned length = CEDAR_ANCESTORS_MAX; length <= CEDAR_ANCESTORS_MAX + 1; length++) {
        struct world w = world_new("");
        for (unsigned i = 0; i < length; i++) {
            char id[16], parent[16];
            snprintf(id, sizeof id, "%u", i);
            snprintf(parent, sizeof parent, "%u", i + 1);
            cedar_entity_begin(w.base, "User", id);
            cedar_entity_parent(w.base, "User", parent);
            cedar_entity_end(w.base);
        }
        assert_int_equal(cedar_entities_freeze(w.base),
                         length == CEDAR_ANCESTORS_MAX ? 0 : CEDAR_ERR_LIMIT);
        world_free(&w);
    }
}

static void refuses_an_entity_that_is_already_there(void **state)
{
    struct world w = world_new("");

    (void)state;
    cedar_entity_begin(w.base, "User", "a");
    cedar_entity_end(w.base);
    world_ready(&w);
    cedar_entity_begin(w.overlay, "User", "a"); /* nobody replaces a person for one request */
    cedar_entity_end(w.overlay);
    assert_int_equal(cedar_entities_freeze(w.overlay), CEDAR_ERR_DUPLICATE);
    cedar_overlay_reset(w.overlay, w.base); /* and a reset makes it usable again */
    assert_int_equal(cedar_entities_freeze(w.overlay), 0);
    world_free(&w);
}

static int failure(void (*fill)(struct cedar_entities *))
{
    struct world w = world_new("");

    fill(w.base);
    int r = cedar_entities_freeze(w.base);
    world_free(&w);
    return r;
}

static void twice_an_attribute(struct cedar_entities *e)
{
    cedar_entity_begin(e, "User", "a");
    cedar_entity_attribute(e, "x", cedar_long(1));
    cedar_entity_attribute(e, "x", cedar_long(1));
    cedar_entity_end(e);
}

static void twice_a_tag(struct cedar_entities *e)
{
    cedar_entity_begin(e, "User", "a");
    cedar_entity_tag(e, "x", cedar_long(1));
    cedar_entity_tag(e, "x", cedar_long(2));
    cedar_entity_end(e);
}

static void no_value(struct cedar_entities *e)
{
    cedar_entity_begin(e, "User", "a");
    cedar_entity_attribute(e, "x", (struct cedar_value){0});
    cedar_entity_end(e);
}

static void bad_type_name(struct cedar_entities *e)
{
    cedar_entity_begin(e, "User::", "a");
    cedar_entity_end(e);
}

static void bad_text(struct cedar_entities *e)
{
    cedar_entity_begin(e, "User", "\xff");
    cedar_entity_end(e);
}

static void bad_address(struct cedar_entities *e)
{
    cedar_entity_begin(e, "User", "a");
    cedar_entity_attribute(e, "x", cedar_ipaddr(e, "1.2.3"));
    cedar_entity_end(e);
}

static void attribute_outside_an_entity(struct cedar_entities *e)
{
    cedar_entity_attribute(e, "x", cedar_long(1));
}

static void unfinished_entity(struct cedar_entities *e)
{
    cedar_entity_begin(e, "User", "a");
}

static void too_many_attributes(struct cedar_entities *e)
{
    char name[16];

    cedar_entity_begin(e, "User", "a");
    for (unsigned i = 0; i <= CEDAR_ATTRIBUTES_MAX; i++) {
        snprintf(name, sizeof name, "%u", i);
        cedar_entity_attribute(e, name, cedar_long(1));
    }
    cedar_entity_end(e);
}

static void too_deep(struct cedar_entities *e)
{
    struct cedar_value v = cedar_long(1);

    for (unsigned i = 0; i <= CEDAR_DEPTH_MAX; i++)
        v = cedar_set(e, &v, 1);
    cedar_entity_begin(e, "User", "a");
    cedar_entity_attribute(e, "x", v);
    cedar_entity_end(e);
}

static void action_in_a_group_of_people(struct cedar_entities *e)
{
    cedar_entity_begin(e, "N::Action", "a");
    cedar_entity_parent(e, "User", "a");
    cedar_entity_end(e);
}

static void remembers_the_first_failure_of_any_call(void **state)
{
    (void)state;
    assert_int_equal(failure(twice_an_attribute), CEDAR_ERR_DUPLICATE);
    assert_int_equal(failure(twice_a_tag), CEDAR_ERR_DUPLICATE);
    assert_int_equal(failure(no_value), CEDAR_ERR_VALUE);
    assert_int_equal(failure(bad_type_name), CEDAR_ERR_NAME);
    assert_int_equal(failure(bad_text), CEDAR_ERR_TEXT);
    assert_int_equal(failure(bad_address), CEDAR_ERR_VALUE);
    assert_int_equal(failure(attribute_outside_an_entity), CEDAR_ERR_STATE);
    assert_int_equal(failure(unfinished_entity), CEDAR_ERR_STATE);
    assert_int_equal(failure(too_many_attributes), CEDAR_ERR_LIMIT);
    assert_int_equal(failure(too_deep), CEDAR_ERR_LIMIT);
    assert_int_equal(failure(action_in_a_group_of_people), CEDAR_ERR_PARENT);
}

static void refuses_an_overlay_that_stands_on_nothing(void **state)
{
    struct world w = world_new("");

    (void)state;
    cedar_overlay_reset(w.overlay, w.base); /* the base is not frozen */
    assert_int_equal(cedar_entities_freeze(w.overlay), CEDAR_ERR_STATE);
    world_free(&w);
}

static void refuses_more_than_the_overlay_holds_and_recovers(void **state)
{
    struct world w = world_new("");
    char id[32];

    (void)state;
    world_ready(&w);
    for (unsigned i = 0; i < 100000; i++) {
        snprintf(id, sizeof id, "%u", i);
        cedar_entity_begin(w.overlay, "User", id);
        cedar_entity_attribute(w.overlay, "x", cedar_string(w.overlay, id, strlen(id)));
        cedar_entity_end(w.overlay);
    }
    assert_int_equal(cedar_entities_freeze(w.overlay), CEDAR_ERR_LIMIT);
    cedar_overlay_reset(w.overlay, w.base);
    (void)ask(&w, "a", "b", "c", NULL, 0);
    world_free(&w);
}

static void keeps_a_large_base(void **state)
{
    struct world w = world_new("permit(principal in User::\"group\", action, resource) "
                               "when { principal.self == principal && principal.n >= 0 };");
    char id[32];

    (void)state;
    for (int i = 0; i < 20000; i++) {
        snprintf(id, sizeof id, "p%d", i);
        cedar_entity_begin(w.base, "User", id);
        cedar_entity_parent(w.base, "User", "group");
        cedar_entity_attribute(w.base, "n", cedar_long(i));
        cedar_entity_attribute(w.base, "self", cedar_entity(w.base, "User", id));
        cedar_entity_end(w.base);
    }
    world_ready(&w);
    assert_true(holds(&w, "p0"));
    assert_true(holds(&w, "p19999"));
    assert_false(holds(&w, "p20000"));
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closes_ancestors_through_base_and_overlay),
        cmocka_unit_test(refuses_cycles),
        cmocka_unit_test(closes_a_chain_as_long_as_the_limit_and_refuses_a_longer_one),
        cmocka_unit_test(refuses_an_entity_that_is_already_there),
        cmocka_unit_test(remembers_the_first_failure_of_any_call),
        cmocka_unit_test(refuses_an_overlay_that_stands_on_nothing),
        cmocka_unit_test(refuses_more_than_the_overlay_holds_and_recovers),
        cmocka_unit_test(keeps_a_large_base),
    };
    return cmocka_run_group_tests_name("policy/entity", tests, NULL, NULL);
}
