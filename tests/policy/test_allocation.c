/* Deciding, and refilling the overlay for the next request, take no memory from anybody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/policy/world.h"

static volatile unsigned taken; /* volatile: malloc() is thought to change nothing */

#ifdef __SANITIZE_ADDRESS__
/* of the sanitizer's own interface; its header does not come with every compiler */
int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void *, size_t),
                                              void (*)(const volatile void *));

static void on_malloc(const volatile void *at, size_t size)
{
    (void)at;
    (void)size;
    taken++;
}

static void on_free(const volatile void *at)
{
    (void)at;
    taken++;
}

static bool watch(void)
{
    return __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) != 0;
}
#else
static bool watch(void)
{
    return false;
}
#endif

static const char rules[] =
    "permit(principal in Group::\"g\", action == Action::\"read\", resource)\n"
    "  when { [1, context.level, 3].contains(2) && {a: context.level}.a < 5 &&\n"
    "         ip(\"10.0.0.1\").isInRange(ip(\"10.0.0.0/8\")) &&\n"
    "         datetime(\"2026-01-01\").offset(duration(\"1d\")).toTime() == duration(\"0ms\") };\n"
    "forbid(principal, action, resource) when { context.missing };\n" /* errs */
    "forbid(principal, action, resource)\n"
    "  when { principal.hasTag(\"t\") && principal.getTag(\"t\") like \"*never*\" };\n";

static void deciding_takes_no_memory(void **state)
{
    struct world w = world_new(rules);
    struct cedar_result result;
    struct cedar_reason reasons[8];
    (void)state;
    cedar_entity_begin(w.base, "User", "ana");
    cedar_entity_parent(w.base, "Group", "g");
    cedar_entity_tag(w.base, "t", cedar_string(w.base, "sometimes", 9));
    cedar_entity_end(w.base);
    world_ready(&w);
    if (!watch()) {
        print_message("skipped: only a build with the address sanitizer sees allocations\n");
        world_free(&w);
        skip();
    }
    unsigned before = taken;
    void *volatile kept = malloc(1); /* volatile: or the compiler leaves both out */
    free(kept);
    assert_int_equal(taken, before + 2); /* it would be seen */
    before = taken;
    for (int i = 0; i < 100; i++) {
        struct cedar_field fields[] = {{"level", cedar_long(i % 4)}};
        cedar_overlay_reset(w.overlay, w.base);
        struct cedar_request r = ask(&w, "ana", "read", "d", fields, 1);
        (void)!cedar_decide(w.policies, w.overlay, &r, CEDAR_SKIP_ON_ERROR, w.scratch, &result);
        if (i % 4 == 2 && result.decision != CEDAR_ALLOW)
            taken++; /* the whole permit must have been walked */
        (void)cedar_explain(w.policies, w.overlay, &r, w.scratch, reasons, 8);
    }
    unsigned after = taken;
    assert_int_equal(after, before);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(deciding_takes_no_memory)};
    return cmocka_run_group_tests_name("policy/allocation", tests, NULL, NULL);
}
