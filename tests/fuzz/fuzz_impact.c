/* Two policy sets, one behind the other: the comparison over everything says what deciding every
 * question says. */
#include <stdlib.h>
#include <string.h>

#include "policy/cedar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define THINGS   3U
#define CONTEXTS 2U

struct set {
    struct cedar_policies *policies;
    struct cedar_entities *base;
    struct cedar_value people[THINGS], actions[1], objects[THINGS], contexts[CONTEXTS];
};

static void add_entity(struct set *s, const char *type, const char *id, unsigned i,
                       struct cedar_value *ret)
{
    struct cedar_entities *e = s->base;
    struct cedar_value sites[2] = {cedar_string(e, "a", 1), cedar_string(e, i ? "b" : "a", 1)};

    *ret = cedar_entity(e, type, id);
    if (i == 2)
        return;
    cedar_entity_begin(e, type, id);
    cedar_entity_parent(e, "G", i ? "g" : "h");
    cedar_entity_attribute(e, "level", cedar_long(i));
    cedar_entity_attribute(e, "site", sites[1]);
    cedar_entity_attribute(e, "sites", cedar_set(e, sites, 2));
    cedar_entity_attribute(e, "owner", cedar_entity(e, "P", i ? "0" : "1"));
    cedar_entity_tag(e, "a", cedar_long(i));
    cedar_entity_end(e);
}

static bool set_open(struct set *s, const char *text, size_t length)
{
    static const char *const ids[THINGS] = {"0", "1", "2"};
    const struct cedar_source source = {"fuzz", text, length};
    struct cedar_problem problem;

    *s = (struct set){0};
    if (cedar_policies_load(&source, 1, &s->policies, &problem) != 0 ||
        cedar_policies_count(s->policies) > 64 || cedar_base_new(s->policies, &s->base) != 0)
        return false;
    for (unsigned i = 0; i < THINGS; i++) {
        add_entity(s, "P", ids[i], i, &s->people[i]);
        add_entity(s, "R", ids[i], i, &s->objects[i]);
    }
    s->actions[0] = cedar_entity(s->base, "Action", "a");
    for (unsigned i = 0; i < CONTEXTS; i++) {
        const struct cedar_field fields[] = {{"level", cedar_long(i)}, {"s", s->objects[i]}};
        s->contexts[i] = cedar_record(s->base, fields, 1 + i);
    }
    return cedar_entities_freeze(s->base) == 0;
}

static void set_close(struct set *s)
{
    cedar_entities_free(s->base);
    cedar_policies_free(s->policies);
}

static int decide(const struct set *s, struct cedar_scratch *scratch, unsigned p, unsigned r,
                  unsigned c)
{
    const struct cedar_request request = {s->people[p], s->actions[0], s->objects[r],
                                          s->contexts[c]};
    struct cedar_result result;

    return cedar_decide(s->policies, s->base, &request, CEDAR_DENY_ON_ERROR, scratch, &result) ==
           CEDAR_ALLOW;
}

static void compare(const struct set sets[2], struct cedar_scratch *scratch)
{
    struct cedar_impact_side sides[2];
    const struct cedar_impact_space space = {.principals = THINGS,
                                             .actions = 1,
                                             .resources = THINGS,
                                             .contexts = CONTEXTS,
                                             .samples = 3};
    struct cedar_impact *impact;
    uint64_t allowed = 0, denied = 0;
    bool done = false;

    for (int i = 0; i < 2; i++)
        sides[i] = (struct cedar_impact_side){sets[i].policies, sets[i].base,    sets[i].people,
                                              sets[i].actions,  sets[i].objects, sets[i].contexts};
    if (cedar_impact_begin(&sides[0], &sides[1], &space, &impact) != 0)
        abort();
    while (!done)
        if (cedar_impact_step(impact, 50, &done) != 0)
            goto out; /* a condition of many bytes: refused, not answered */
    for (unsigned p = 0; p < THINGS; p++)
        for (unsigned r = 0; r < THINGS; r++)
            for (unsigned c = 0; c < CONTEXTS; c++) {
                int change =
                    decide(&sets[1], scratch, p, r, c) - decide(&sets[0], scratch, p, r, c);
                allowed += change > 0;
                denied += change < 0;
            }
    const struct cedar_impact_result *result = cedar_impact_result(impact);
    if (result->changes[CEDAR_NEWLY_ALLOWED].count != allowed ||
        result->changes[CEDAR_NEWLY_DENIED].count != denied)
        abort();
out:
    cedar_impact_free(impact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cedar_scratch *scratch;
    const uint8_t *end = size == 0 ? NULL : memchr(data, 0, size);
    struct set sets[2] = {0};

    if (scratch == NULL && cedar_scratch_new((size_t)1 << 20, &scratch) != 0)
        abort();
    if (end == NULL)
        return 0;
    size_t first = (size_t)(end - data);
    if (set_open(&sets[0], (const char *)data, first) &&
        set_open(&sets[1], (const char *)end + 1, size - first - 1))
        compare(sets, scratch);
    set_close(&sets[0]);
    set_close(&sets[1]);
    return 0;
}
