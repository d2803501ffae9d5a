#include <string.h>

#include "policy/impact.h"

static int compare(const struct cedar_impact_sample *a, const struct cedar_impact_sample *b)
{
    if (a->principal != b->principal)
        return a->principal < b->principal ? -1 : 1;
    if (a->context != b->context)
        return a->context < b->context ? -1 : 1;
    return a->resource < b->resource ? -1 : a->resource > b->resource;
}

/* Put it where it belongs; the last falls out if there is no room.  False if it is that last. */
static bool insert(struct impact_list *list, size_t room, const struct cedar_impact_sample *sample)
{
    uint32_t at = list->count;

    while (at > 0 && compare(&list->at[at - 1], sample) > 0)
        at--;
    if (at == room)
        return false;
    if (list->count < room)
        list->count++;
    memmove(&list->at[at + 1], &list->at[at], (list->count - 1 - at) * sizeof *list->at);
    list->at[at] = *sample;
    return true;
}

/* Blocks of resources come one after the other, so a principal's first may come late. */
static void insert_first(struct impact_list *list, size_t room,
                         const struct cedar_impact_sample *sample)
{
    uint32_t at = list->count;

    while (at > 0 && list->at[at - 1].principal > sample->principal)
        at--;
    if (at == 0 || list->at[at - 1].principal != sample->principal)
        (void)insert(list, room, sample);
    else if (compare(&list->at[at - 1], sample) > 0)
        list->at[at - 1] = *sample;
}

void impact_sample(struct cedar_impact *m, enum cedar_impact_kind kind)
{
    struct impact_samples *samples = &m->samples[kind][m->action];
    struct cedar_impact_sample sample = {
        .principal = m->principal, .action = m->action, .context = m->context};
    bool is_new = true, goes_on = m->space.samples > 0;

    for (uint32_t w = 0; goes_on && w < m->parts[0].columns.words; w++)
        for (uint64_t left = m->kinds[kind][w]; goes_on && left != 0; left &= left - 1) {
            sample.resource = m->first + 64 * w + (uint32_t)__builtin_ctzll(left);
            if (is_new)
                insert_first(&samples->firsts, m->space.samples, &sample);
            is_new = false;
            goes_on = insert(&samples->all, m->space.samples, &sample);
        }
}

/* Whether ${sample} is the first of its principal that was kept; those ascend by principal. */
static bool is_first(const struct impact_list *firsts, const struct cedar_impact_sample *sample)
{
    uint32_t low = 0, high = firsts->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (firsts->at[middle].principal < sample->principal)
            low = middle + 1;
        else
            high = middle;
    }
    return low < firsts->count && compare(&firsts->at[low], sample) == 0;
}

/* The ${round}th of each action's list; false when no list is that long. */
static bool take_round(struct cedar_impact *m, enum cedar_impact_kind kind, uint32_t round,
                       bool firsts)
{
    struct cedar_impact_change *change = &m->result.changes[kind];
    bool any = false;

    for (size_t a = 0; a < m->space.actions; a++) {
        const struct impact_samples *s = &m->samples[kind][a];
        const struct impact_list *list = firsts ? &s->firsts : &s->all;
        if (round >= list->count)
            continue;
        any = true;
        if (change->sample_count < m->space.samples &&
            (firsts || !is_first(&s->firsts, &list->at[round])))
            m->chosen[kind][change->sample_count++] = list->at[round];
    }
    return any && change->sample_count < m->space.samples;
}

void impact_choose(struct cedar_impact *m, enum cedar_impact_kind kind)
{
    m->result.changes[kind].sample_count = 0;
    m->result.changes[kind].samples = m->chosen[kind];
    for (uint32_t round = 0; take_round(m, kind, round, true);)
        round++;
    for (uint32_t round = 0; take_round(m, kind, round, false);)
        round++;
}

const struct impact_list *impact_first(const struct cedar_impact *m, enum cedar_impact_kind kind,
                                       size_t action)
{
    return &m->samples[kind][action].all;
}
