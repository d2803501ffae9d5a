/* The index leaves out only what does not match, and does leave it out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/eval.h"
#include "tests/policy/world.h"

static uint32_t state;

static uint32_t chance(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

static const char *const people[] = {"ana", "ben", "cho", "nobody"};
static const char *const groups[] = {"all", "floor", "office"};

static size_t scope(char *out, size_t size, const char *variable)
{
    bool action = strcmp(variable, "action") == 0;
    const char *type = action ? "Action" : "User", *group = action ? "Action" : "Group";

    switch (chance(action ? 4 : 6)) {
    case 0:
        return (size_t)snprintf(out, size, "%s == %s::\"%s\"", variable, type, people[chance(4)]);
    case 1:
        return (size_t)snprintf(out, size, "%s in %s::\"%s\"", variable, group, groups[chance(3)]);
    case 2:
        return (size_t)snprintf(out, size, action ? "%s in [Action::\"%s\", Action::\"%s\"]" : "%s",
                                variable, people[chance(4)], groups[chance(3)]);
    case 4:
        return (size_t)snprintf(out, size, "%s is %s", variable, chance(2) ? "User" : "Group");
    case 5:
        return (size_t)snprintf(out, size, "%s is User in Group::\"%s\"", variable,
                                groups[chance(3)]);
    default:
        return (size_t)snprintf(out, size, "%s", variable);
    }
}

static char *generate(unsigned count)
{
    char *text = malloc((size_t)count * 400 + 1), *at = text;

    assert_non_null(text);
    *at = '\0';
    for (unsigned i = 0; i < count; i++) {
        at += snprintf(at, 100, "%s (", chance(3) ? "permit" : "forbid");
        at += scope(at, 90, "principal");
        at += snprintf(at, 3, ", ");
        at += scope(at, 90, "action");
        at += snprintf(at, 3, ", ");
        at += scope(at, 90, "resource");
        at += snprintf(at, 4, ");\n");
    }
    return text;
}

static void describe(struct cedar_entities *base, const char *type, const char *id,
                     const char *group_type, const char *group)
{
    cedar_entity_begin(base, type, id);
    if (group != NULL)
        cedar_entity_parent(base, group_type, group);
    cedar_entity_end(base);
}

static void fill(struct cedar_entities *base)
{
    describe(base, "Group", "all", NULL, NULL);
    describe(base, "Group", "floor", "Group", "all");
    describe(base, "User", "ana", "Group", "floor");
    describe(base, "User", "ben", "Group", "office"); /* which is not there */
    describe(base, "User", "cho", NULL, NULL);
    describe(base, "Action", "floor", "Action", "all");
    describe(base, "Action", "ana", "Action", "floor");
    describe(base, "Action", "ben", NULL, NULL);
}

static void leaves_out_only_what_does_not_match(void **unused)
{
    unsigned seen = 0, left_out = 0;
    (void)unused;
    for (state = 1; seen < 200000;) {
        char *text = generate(1 + chance(150));
        struct world w = world_new(text);
        fill(w.base);
        world_ready(&w);
        struct cedar_request r = {
            cedar_entity(w.overlay, chance(4) ? "User" : "Group", people[chance(4)]),
            cedar_entity(w.overlay, "Action", people[chance(4)]),
            cedar_entity(w.overlay, chance(4) ? "User" : "Group", groups[chance(3)]),
            cedar_record(w.overlay, NULL, 0)};
        assert_int_equal(cedar_entities_freeze(w.overlay), 0);
        struct eval ev;
        eval_begin(&ev, w.policies, w.overlay, &r, NULL);
        uint64_t bits[8] = {0};
        index_candidates(&ev, bits);
        for (uint32_t i = 0; i < cedar_policies_count(w.policies); i++, seen++) {
            bool candidate = bits[i / 64] >> i % 64 & 1;
            if (eval_scope(&ev, &w.policies->policies.at[i]))
                assert_true(candidate);
            left_out += !candidate;
        }
        world_free(&w);
        free(text);
    }
    assert_true(left_out > seen / 2);
}

static void ten_thousand_grants_leave_one_to_look_at(void **unused)
{
    char *text = malloc(2 << 20), *at = text;
    struct cedar_result result;
    (void)unused;
    assert_non_null(text);
    for (int i = 0; i < 10000; i++)
        at += sprintf(at, "permit(principal==User::\"u%d\",action in Action::\"all\",resource);\n",
                      i);
    sprintf(at, "forbid(principal,action,resource) when {context.locked};");
    struct world w = world_new(text);
    describe(w.base, "Action", "read", "Action", "all");
    world_ready(&w);
    struct cedar_field fields[] = {{"locked", cedar_bool(false)}};
    struct cedar_request r = ask(&w, "u7777", "read", "d", fields, 1);
    struct eval ev;
    eval_begin(&ev, w.policies, w.overlay, &r, NULL);
    uint64_t bits[10001 / 64 + 1] = {0};
    unsigned count = 0;
    index_candidates(&ev, bits);
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        count += (unsigned)__builtin_popcountll(bits[i]);
    assert_int_equal(count, 2);
    assert_int_equal(
        cedar_decide(w.policies, w.overlay, &r, CEDAR_DENY_ON_ERROR, w.scratch, &result),
        CEDAR_ALLOW);
    assert_int_equal(result.determining[0], 7777);
    world_free(&w);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_out_only_what_does_not_match),
        cmocka_unit_test(ten_thousand_grants_leave_one_to_look_at),
    };
    return cmocka_run_group_tests_name("policy/index", tests, NULL, NULL);
}
