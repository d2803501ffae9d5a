#include "policy/impact.h"

#include <stdlib.h>
#include <string.h>

#include "policy/decide.h"

#define FEWEST_SLOTS 16U /* before columns are made shorter */

/* ---- beginning and end ---- */

static bool values_are(const struct cedar_value *values, size_t count, enum value_tag tag)
{
    for (size_t i = 0; i < count; i++)
        if (values[i].tag != tag)
            return false;
    return true;
}

static bool side_is_decidable(const struct cedar_impact_side *side,
                              const struct cedar_impact_space *space)
{
    return side->entities->state == ENTITIES_FROZEN && side->entities->policies == side->policies &&
           values_are(side->principals, space->principals, VALUE_ENTITY) &&
           values_are(side->actions, space->actions, VALUE_ENTITY) &&
           values_are(side->resources, space->resources, VALUE_ENTITY) &&
           values_are(side->contexts, space->contexts, VALUE_RECORD);
}

static int check(const struct cedar_impact_side *before, const struct cedar_impact_side *after,
                 const struct cedar_impact_space *space)
{
    const size_t counts[] = {space->principals, space->actions, space->resources, space->contexts};
    uint64_t total = 1;

    for (int i = 0; i < 4; i++)
        if (counts[i] > CEDAR_IMPACT_LIST_MAX ||
            __builtin_mul_overflow(total, (uint64_t)counts[i], &total) || total > INT64_MAX)
            return CEDAR_ERR_LIMIT;
    if (space->samples > CEDAR_IMPACT_SAMPLES_MAX ||
        space->samples * space->actions > CEDAR_IMPACT_SAMPLES_MAX)
        return CEDAR_ERR_LIMIT;
    return side_is_decidable(before, space) && side_is_decidable(after, space) ? 0
                                                                               : CEDAR_ERR_STATE;
}

static bool set_has(const uint64_t *bits, size_t number)
{
    return bits[number / 64] >> number % 64 & 1;
}

static void set_add(uint64_t *bits, size_t number)
{
    bits[number / 64] |= UINT64_C(1) << number % 64;
}

/* A policy's action is held against each action once. */
static void match_actions(struct impact_part *part, const struct cedar_impact_space *space)
{
    for (size_t a = 0; a < space->actions; a++) {
        columns_go(&part->columns, VARIABLE_ACTION, (uint32_t)a);
        for (uint32_t i = 0; i < part->policies->policies.count; i++)
            if (eval_scope_of(&part->columns.eval, &part->policies->policies.at[i],
                              VARIABLE_ACTION))
                set_add(part->by_action + a * part->words, i);
    }
}

static int open_part(struct impact_part *part, const struct cedar_impact_side *side,
                     const struct cedar_impact_space *space, struct column_meter *meter)
{
    const struct column_lists lists = {
        {side->principals, side->actions, side->resources, side->contexts},
        {(uint32_t)space->principals, (uint32_t)space->actions, (uint32_t)space->resources,
         (uint32_t)space->contexts}};
    size_t count = side->policies->policies.count;

    part->policies = side->policies;
    part->words = (uint32_t)(count + 63) / 64 + 1;
    int r = columns_open(&part->columns, side->policies, side->entities, &lists, meter);
    if (r != 0)
        return r;
    part->by_action = calloc(space->actions + 1, part->words * sizeof *part->by_action);
    part->by_principal = calloc(part->words, sizeof *part->by_principal);
    part->now = calloc(count + 1, sizeof *part->now);
    part->where = calloc(count + 1, sizeof *part->where);
    part->allow = calloc(4 * COLUMN_WORDS, sizeof *part->allow);
    bool ok = part->by_action != NULL && part->by_principal != NULL && part->now != NULL &&
              part->where != NULL && part->allow != NULL;
    for (int kind = 0; kind < CEDAR_IMPACT_KINDS; kind++) {
        part->counts[kind] = calloc(count + 1, sizeof **part->counts);
        ok = ok && part->counts[kind] != NULL;
    }
    if (!ok)
        return CEDAR_ERR_MEMORY;
    part->permit = part->allow + COLUMN_WORDS;
    part->forbid = part->permit + COLUMN_WORDS;
    part->err = part->forbid + COLUMN_WORDS;
    memset(part->where, 0xff, (count + 1) * sizeof *part->where);
    match_actions(part, space);
    return 0;
}

static void close_part(struct impact_part *part)
{
    columns_close(&part->columns);
    free(part->by_action);
    free(part->by_principal);
    free(part->now);
    free(part->where);
    free(part->allow);
    for (int kind = 0; kind < CEDAR_IMPACT_KINDS; kind++)
        free(part->counts[kind]);
}

/* Columns of both sides have one length: the longest with which both stay within their memory. */
static int fit_columns(struct cedar_impact *m)
{
    uint64_t slots = m->space.actions * m->space.contexts;
    uint32_t words = COLUMN_WORDS;

    if (m->resource_words < words)
        words = m->resource_words == 0 ? 1 : (uint32_t)m->resource_words;
    if (slots > UINT32_MAX)
        slots = UINT32_MAX;
    while (columns_bytes(&m->parts[0].columns, words, (uint32_t)slots) > CEDAR_IMPACT_BYTES ||
           columns_bytes(&m->parts[1].columns, words, (uint32_t)slots) > CEDAR_IMPACT_BYTES) {
        if (slots > FEWEST_SLOTS || (words == 1 && slots > 1))
            slots = (slots + 1) / 2;
        else if (words > 1)
            words = (words + 1) / 2;
        else
            return CEDAR_ERR_LIMIT;
    }
    int r = columns_fit(&m->parts[0].columns, words, (uint32_t)slots);
    return r == 0 ? columns_fit(&m->parts[1].columns, words, (uint32_t)slots) : r;
}

static bool applies(const struct cedar_impact *m, enum cedar_impact_axis axis, size_t action,
                    size_t index)
{
    return m->space.applies == NULL || m->space.applies(m->space.caller, axis, action, index);
}

/* Ask the caller, once, what each action is for; and count the questions. */
static int ask_what_applies(struct cedar_impact *m)
{
    const struct cedar_impact_space *s = &m->space;

    m->for_principal = calloc(s->actions * s->principals / 64 + 1, sizeof *m->for_principal);
    m->for_context = calloc(s->actions * s->contexts / 64 + 1, sizeof *m->for_context);
    m->for_resource = calloc(s->actions * m->resource_words + 1, sizeof *m->for_resource);
    if (m->for_principal == NULL || m->for_context == NULL || m->for_resource == NULL)
        return CEDAR_ERR_MEMORY;
    for (size_t a = 0; a < s->actions; a++) {
        uint64_t principals = 0, contexts = 0, resources = 0;
        for (size_t i = 0; i < s->principals; i++)
            if (applies(m, CEDAR_IMPACT_PRINCIPAL, a, i)) {
                set_add(m->for_principal, a * s->principals + i);
                principals++;
            }
        for (size_t i = 0; i < s->contexts; i++)
            if (applies(m, CEDAR_IMPACT_CONTEXT, a, i)) {
                set_add(m->for_context, a * s->contexts + i);
                contexts++;
            }
        for (size_t i = 0; i < s->resources; i++)
            if (applies(m, CEDAR_IMPACT_RESOURCE, a, i)) {
                set_add(m->for_resource + a * m->resource_words, i);
                resources++;
            }
        m->result.total += principals * contexts * resources;
    }
    return 0;
}

static int take_results(struct cedar_impact *m)
{
    size_t actions = m->space.actions, room = m->space.samples;
    m->kept = calloc(CEDAR_IMPACT_KINDS * actions * 2 * room + 1, sizeof *m->kept);
    bool ok = m->kept != NULL;

    for (size_t kind = 0; kind < CEDAR_IMPACT_KINDS; kind++) {
        m->kinds[kind] = calloc(COLUMN_WORDS, sizeof **m->kinds);
        m->by_action[kind] = calloc(actions + 1, sizeof **m->by_action);
        m->samples[kind] = calloc(actions + 1, sizeof **m->samples);
        m->chosen[kind] = calloc(room + 1, sizeof **m->chosen);
        ok = ok && m->kinds[kind] != NULL && m->by_action[kind] != NULL &&
             m->samples[kind] != NULL && m->chosen[kind] != NULL;
        for (size_t a = 0; ok && a < actions; a++) {
            struct cedar_impact_sample *at = m->kept + (kind * actions + a) * 2 * room;
            m->samples[kind][a] = (struct impact_samples){.all = {at, 0}, .firsts = {at + room, 0}};
        }
        m->result.changes[kind].by_action = m->by_action[kind];
        for (int side = 0; side < 2; side++)
            m->result.changes[kind].by_policy[side] = m->parts[side].counts[kind];
    }
    return ok ? 0 : CEDAR_ERR_MEMORY;
}

int cedar_impact_begin(const struct cedar_impact_side *before,
                       const struct cedar_impact_side *after,
                       const struct cedar_impact_space *space, struct cedar_impact **ret_impact)
{
    struct cedar_impact *m = NULL;
    int r = check(before, after, space);

    if (r != 0)
        return r;
    m = calloc(1, sizeof *m);
    if (m == NULL)
        return CEDAR_ERR_MEMORY;
    m->space = *space;
    m->resource_words = (space->resources + 63) / 64;
    r = open_part(&m->parts[0], before, space, &m->meter);
    if (r == 0)
        r = open_part(&m->parts[1], after, space, &m->meter);
    if (r == 0)
        r = diff_open(&m->diff, before->policies, after->policies);
    if (r == 0)
        r = fit_columns(m);
    if (r == 0)
        r = ask_what_applies(m);
    if (r == 0)
        r = take_results(m);
    if (r != 0)
        goto out;
    *ret_impact = m;
    m = NULL;
out:
    cedar_impact_free(m);
    return r;
}

void cedar_impact_free(struct cedar_impact *m)
{
    if (m == NULL)
        return;
    for (int side = 0; side < 2; side++)
        close_part(&m->parts[side]);
    for (int kind = 0; kind < CEDAR_IMPACT_KINDS; kind++) {
        free(m->kinds[kind]);
        free(m->by_action[kind]);
        free(m->samples[kind]);
        free(m->chosen[kind]);
    }
    diff_close(&m->diff);
    free(m->for_principal);
    free(m->for_context);
    free(m->for_resource);
    free(m->kept);
    free(m);
}

/* ---- one row: a principal, an action and a context, with all resources of the block ---- */

static const uint64_t *row_mask(const struct cedar_impact *m)
{
    return m->for_resource + m->action * m->resource_words + m->first / 64;
}

static uint64_t count_bits(const uint64_t *bits, uint32_t words)
{
    uint64_t n = 0;

    for (uint32_t w = 0; w < words; w++)
        n += (uint64_t)__builtin_popcountll(bits[w]);
    return n;
}

/* Evaluate the row's policies.  False if that is not finished. */
static bool gather(struct impact_part *part, enum cedar_on_error on_error, const uint64_t *mask)
{
    struct columns *s = &part->columns;

    for (uint32_t i = 0; i < part->count; i++)
        if (!columns_policy(s, part->now[i].number, &part->now[i].column))
            return false;
    memset(part->permit, 0, s->words * sizeof *part->permit);
    memset(part->forbid, 0, s->words * sizeof *part->forbid);
    memset(part->err, 0, s->words * sizeof *part->err);
    for (uint32_t i = 0; i < part->count; i++) {
        const struct column *c = &part->now[i].column;
        uint64_t *into = part->now[i].is_forbid ? part->forbid : part->permit;
        for (uint32_t w = 0; c->yes != s->none && w < s->words; w++)
            into[w] |= c->yes[w];
        for (uint32_t w = 0; c->err != s->none && w < s->words; w++)
            part->err[w] |= c->err[w];
    }
    for (uint32_t w = 0; w < s->words; w++) {
        uint64_t denied = part->forbid[w];
        if (on_error != CEDAR_SKIP_ON_ERROR)
            denied |= part->err[w];
        part->allow[w] = part->permit[w] & ~denied & mask[w];
    }
    s->meter->used += part->count * (s->words / 32 + 1);
    return true;
}

/* Where a policy counts as determining: a permit only where it led to something. */
static uint64_t determines(const struct impact_part *part, const struct impact_policy *policy,
                           uint32_t w)
{
    return policy->is_forbid ? policy->column.yes[w] : policy->column.yes[w] & part->allow[w];
}

/* Where ${a}, of side ${side}, and its namesake on the other side do not say the same. */
static void add_difference(struct cedar_impact *m, int side, const struct impact_policy *a)
{
    const struct impact_part *here = &m->parts[side], *there = &m->parts[!side];
    uint32_t namesake = side == 0 ? m->diff.in_new[a->number] : m->diff.in_old[a->number];
    uint32_t place = namesake == DIFF_NONE ? DIFF_NONE : there->where[namesake];
    uint64_t *into = m->kinds[CEDAR_OTHER_REASONS];

    if (place == DIFF_NONE) {
        for (uint32_t w = 0; w < here->columns.words; w++)
            into[w] |= determines(here, a, w) | a->column.err[w];
        return;
    }
    const struct impact_policy *b = &there->now[place];
    for (uint32_t w = 0; side == 0 && w < here->columns.words; w++)
        into[w] |= (determines(here, a, w) ^ determines(there, b, w)) |
                   (a->column.err[w] ^ b->column.err[w]);
}

static void sort_changes(struct cedar_impact *m, const uint64_t *mask)
{
    const struct impact_part *old = &m->parts[0], *new = &m->parts[1];
    uint32_t words = old->columns.words;

    memset(m->kinds[CEDAR_OTHER_REASONS], 0, words * sizeof **m->kinds);
    for (int side = 0; side < 2; side++)
        for (uint32_t i = 0; i < m->parts[side].count; i++)
            add_difference(m, side, &m->parts[side].now[i]);
    for (uint32_t w = 0; w < words; w++) {
        m->kinds[CEDAR_NEWLY_ALLOWED][w] = new->allow[w] & ~old->allow[w];
        m->kinds[CEDAR_NEWLY_DENIED][w] = old->allow[w] & ~new->allow[w];
        m->kinds[CEDAR_NEWLY_ERRING][w] = new->err[w] & ~old->err[w] & mask[w];
        m->kinds[CEDAR_OTHER_REASONS][w] &= mask[w] & ~(new->allow[w] ^ old->allow[w]);
    }
}

static void count_by_policy(struct cedar_impact *m, enum cedar_impact_kind kind)
{
    const uint64_t *bits = m->kinds[kind];

    for (int side = 0; side < 2; side++) {
        struct impact_part *part = &m->parts[side];
        for (uint32_t i = 0; i < part->count; i++) {
            const struct impact_policy *policy = &part->now[i];
            uint64_t n = 0;
            for (uint32_t w = 0; w < part->columns.words; w++)
                n += (uint64_t)__builtin_popcountll(
                    (determines(part, policy, w) | policy->column.err[w]) & bits[w]);
            part->counts[kind][policy->number] += n;
        }
    }
}

static void note_changes(struct cedar_impact *m)
{
    uint32_t words = m->parts[0].columns.words;

    for (int kind = 0; kind < CEDAR_IMPACT_KINDS; kind++) {
        uint64_t n = count_bits(m->kinds[kind], words);
        if (n == 0)
            continue;
        m->result.changes[kind].count += n;
        m->by_action[kind][m->action] += n;
        count_by_policy(m, kind);
        impact_sample(m, kind);
        m->is_chosen = false;
        m->meter.used += m->parts[0].count + m->parts[1].count;
    }
}

static bool decide_row(struct cedar_impact *m)
{
    const uint64_t *mask = row_mask(m);

    for (int side = 0; side < 2; side++) {
        columns_go(&m->parts[side].columns, VARIABLE_CONTEXT, m->context);
        if (!gather(&m->parts[side], m->space.on_error, mask)) {
            m->error = m->parts[side].columns.error;
            return false;
        }
    }
    sort_changes(m, mask);
    note_changes(m);
    m->result.decided += count_bits(mask, m->parts[0].columns.words);
    return true;
}

/* ---- from row to row ---- */

static void enter_principal(struct cedar_impact *m)
{
    for (int side = 0; side < 2; side++) {
        struct impact_part *part = &m->parts[side];
        columns_go(&part->columns, VARIABLE_PRINCIPAL, m->principal);
        memset(part->by_principal, 0, part->words * sizeof *part->by_principal);
        for (uint32_t i = 0; i < part->policies->policies.count; i++)
            if (eval_scope_of(&part->columns.eval, &part->policies->policies.at[i],
                              VARIABLE_PRINCIPAL))
                set_add(part->by_principal, i);
        m->meter.used += part->policies->policies.count / 4;
    }
}

static void enter_action(struct cedar_impact *m)
{
    for (int side = 0; side < 2; side++) {
        struct impact_part *part = &m->parts[side];
        const uint64_t *matching = part->by_action + (size_t)m->action * part->words;
        columns_go(&part->columns, VARIABLE_ACTION, m->action);
        for (uint32_t i = 0; i < part->count; i++)
            part->where[part->now[i].number] = DIFF_NONE;
        part->count = 0;
        for (uint32_t w = 0; w < part->words; w++)
            for (uint64_t left = part->by_principal[w] & matching[w]; left != 0; left &= left - 1) {
                uint32_t number = 64 * w + (uint32_t)__builtin_ctzll(left);
                part->where[number] = part->count;
                part->now[part->count++] = (struct impact_policy){
                    .number = number, .is_forbid = part->policies->policies.at[number].is_forbid};
            }
    }
}

/* The place that comes after this one; false when there is none. */
static bool next(struct cedar_impact *m)
{
    if (++m->context < m->space.contexts)
        return true;
    m->context = 0;
    m->is_action = false;
    if (++m->action < m->space.actions)
        return true;
    m->action = 0;
    m->is_principal = false;
    if (++m->principal < m->space.principals)
        return true;
    m->principal = 0;
    m->is_block = false;
    m->first += 64 * m->parts[0].columns.most;
    return m->first < m->space.resources;
}

/* Whether there is anything to ask for this principal and action, which then are entered. */
static bool enter(struct cedar_impact *m)
{
    if (!m->is_block)
        for (int side = 0; side < 2; side++)
            columns_block(&m->parts[side].columns, m->first);
    m->is_block = true;
    if (!m->is_principal)
        enter_principal(m);
    m->is_principal = true;
    if (!set_has(m->for_principal, m->action * m->space.principals + m->principal) ||
        count_bits(row_mask(m), m->parts[0].columns.words) == 0)
        return false;
    if (!m->is_action)
        enter_action(m);
    m->is_action = true;
    return true;
}

int cedar_impact_step(struct cedar_impact *m, uint64_t work, bool *ret_done)
{
    m->meter = (struct column_meter){0, work == 0 ? 1 : work, false};
    while (m->error == 0 && m->result.decided < m->result.total && m->meter.used < m->meter.most) {
        m->meter.used++;
        if (!enter(m))
            m->context = (uint32_t)m->space.contexts - 1;
        else if (set_has(m->for_context, m->action * m->space.contexts + m->context) &&
                 !decide_row(m))
            break;
        if (!next(m))
            break;
    }
    *ret_done = m->error == 0 && m->result.decided == m->result.total;
    return m->error;
}

const struct cedar_impact_result *cedar_impact_result(struct cedar_impact *m)
{
    for (int kind = 0; !m->is_chosen && kind < CEDAR_IMPACT_KINDS; kind++)
        impact_choose(m, (enum cedar_impact_kind)kind);
    m->is_chosen = true;
    return &m->result;
}
