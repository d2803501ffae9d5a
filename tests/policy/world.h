#ifndef TESTS_POLICY_WORLD_H
#define TESTS_POLICY_WORLD_H

/* What the policy tests share.  Include after cmocka.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/cedar.h"

/* A policy set with a base, an overlay and a scratch. */
struct world {
    struct cedar_policies *policies;
    struct cedar_entities *base;
    struct cedar_entities *overlay;
    struct cedar_scratch *scratch;
};

static inline struct cedar_policies *load_text(const char *text)
{
    struct cedar_source source = {"test.cedar", text, strlen(text)};
    struct cedar_policies *policies = NULL;
    struct cedar_problem problem;
    char words[1024];

    if (cedar_policies_load(&source, 1, &policies, &problem) != 0)
        fail_msg("%s", cedar_problem_print(&problem, words, sizeof words));
    return policies;
}

/* The policies are loaded and the base is open; fill it, then world_ready(). */
static inline struct world world_new(const char *text)
{
    struct world w = {.policies = load_text(text)};

    assert_int_equal(cedar_base_new(w.policies, &w.base), 0);
    assert_int_equal(cedar_overlay_new(65536, &w.overlay), 0);
    assert_int_equal(cedar_scratch_new(65536, &w.scratch), 0);
    return w;
}

static inline void world_ready(struct world *w)
{
    assert_int_equal(cedar_entities_freeze(w->base), 0);
    cedar_overlay_reset(w->overlay, w->base);
}

static inline void world_free(struct world *w)
{
    cedar_scratch_free(w->scratch);
    cedar_entities_free(w->overlay);
    cedar_entities_free(w->base);
    cedar_policies_free(w->policies);
}

/* A request of four values; the overlay is frozen with it. */
static inline struct cedar_request ask(struct world *w, const char *person, const char *action,
                                       const char *object, const struct cedar_field *fields,
                                       size_t count)
{
    struct cedar_request r = {
        cedar_entity(w->overlay, "User", person),
        cedar_entity(w->overlay, "Action", action),
        cedar_entity(w->overlay, "Doc", object),
        cedar_record(w->overlay, fields, count),
    };
    assert_int_equal(cedar_entities_freeze(w->overlay), 0);
    return r;
}

#endif
