#include "policy/schema/closure.h"

#include <stdlib.h>

#include "policy/parse.h"

#define NUMBERS_MAX (1U << 22) /* in all runs of a schema together */

int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

struct closure {
    struct cedar_schema *schema;
    const struct run *parents; /* by number */
    uint32_t *reached;         /* numbers, in the order they were reached */
    uint32_t *seen_from;       /* by number: who reached it last, plus 1 */
};

/* Everything that can be reached from ${start} in a step or more. */
static uint32_t reach(struct closure *c, uint32_t start)
{
    uint32_t count = 0, at = start, next = 0;

    for (;;) {
        struct run run = c->parents[at];
        for (uint32_t i = 0; i < run.count; i++) {
            uint32_t parent = c->schema->numbers.at[run.first + i];
            if (c->seen_from[parent] == start + 1)
                continue;
            c->seen_from[parent] = start + 1;
            c->reached[count++] = parent;
        }
        if (next == count)
            return count;
        at = c->reached[next++];
    }
}

static int close_one(struct closure *c, uint32_t number, struct run *ret)
{
    struct cedar_schema *s = c->schema;
    uint32_t count = reach(c, number);

    if (count > 1)
        qsort(c->reached, count, sizeof *c->reached, compare_numbers);
    *ret = (struct run){s->numbers.count, count};
    if (s->numbers.count + count > NUMBERS_MAX)
        return CEDAR_ERR_LIMIT;
    for (uint32_t i = 0; i < count; i++)
        if (!array_push(s->numbers, c->reached[i]))
            return CEDAR_ERR_MEMORY;
    return 0;
}

/* For ${count} things with ${parents}; their ancestors to ${ret}. */
static int close_all(struct cedar_schema *s, const struct run *parents, uint32_t count,
                     struct run *ret)
{
    struct closure c = {.schema = s, .parents = parents};
    int r = CEDAR_ERR_MEMORY;

    c.reached = calloc((size_t)count + 1, sizeof *c.reached);
    c.seen_from = calloc((size_t)count + 1, sizeof *c.seen_from);
    if (c.reached != NULL && c.seen_from != NULL)
        r = 0;
    for (uint32_t i = 0; i < count && r == 0; i++)
        r = close_one(&c, i, &ret[i]);
    free(c.reached);
    free(c.seen_from);
    return r;
}

int close_entity_types(struct cedar_schema *s)
{
    uint32_t count = s->entity_types.count;
    struct run *parents = calloc((size_t)count + 1, sizeof *parents);
    struct run *ancestors = calloc((size_t)count + 1, sizeof *ancestors);
    int r = CEDAR_ERR_MEMORY;

    if (parents == NULL || ancestors == NULL)
        goto out;
    for (uint32_t i = 0; i < count; i++)
        parents[i] = s->entity_types.at[i].parents;
    r = close_all(s, parents, count, ancestors);
    for (uint32_t i = 0; i < count; i++)
        s->entity_types.at[i].ancestors = ancestors[i];
out:
    free(parents);
    free(ancestors);
    return r;
}

int close_actions(struct cedar_schema *s, uint32_t *ret_own)
{
    uint32_t count = s->actions.count;
    struct run *parents = calloc((size_t)count + 1, sizeof *parents);
    struct run *ancestors = calloc((size_t)count + 1, sizeof *ancestors);
    int r = CEDAR_ERR_MEMORY;

    if (parents == NULL || ancestors == NULL)
        goto out;
    for (uint32_t i = 0; i < count; i++)
        parents[i] = s->actions.at[i].parents;
    r = close_all(s, parents, count, ancestors);
    for (uint32_t i = 0; i < count && r == 0; i++) {
        s->actions.at[i].ancestors = ancestors[i];
        if (schema_run_has(s, ancestors[i], i)) {
            *ret_own = i;
            r = CEDAR_ERR_CYCLE;
        }
    }
out:
    free(parents);
    free(ancestors);
    return r;
}
