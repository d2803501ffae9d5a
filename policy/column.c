#include "policy/column.h"

#include <stdlib.h>
#include <string.h>

#include "policy/decide.h"

#define SCRATCH_BYTES ((size_t)1 << 20)
#define LANES         64U /* bits of a word */
#define KEY_NONE      UINT64_MAX

/* What a column looks like, so that the common ones need not be read. */
enum {
    SHAPE_SOME_YES = 1,
    SHAPE_ALL_YES = 2,
    SHAPE_SOME_ERR = 4,
    SHAPE_ALL_ERR = 8,
};

enum outcome { OUTCOME_NO = 0, OUTCOME_YES = 1, OUTCOME_ERRED = 2 };

/* ---- beginning and end ---- */

int columns_open(struct columns *s, const struct cedar_policies *policies,
                 const struct cedar_entities *entities, const struct column_lists *lists,
                 struct column_meter *meter)
{
    *s = (struct columns){.policies = policies, .lists = *lists, .meter = meter};
    int r = cedar_scratch_new(SCRATCH_BYTES, &s->scratch);

    if (r != 0)
        return r;
    eval_begin(&s->eval, policies, entities, &s->request, &s->scratch->arena);
    return columns_compile(s);
}

void columns_close(struct columns *s)
{
    cedar_scratch_free(s->scratch);
    free(s->terms);
    free(s->parts);
    free(s->roots);
    free(s->keys);
    free(s->shapes);
    free(s->bits);
    free(s->none);
    free(s->all);
    free(s->groupings);
    free(s->lanes_memory);
    free(s->table);
    free(s->hashes);
    free(s->outcomes);
    *s = (struct columns){0};
}

/* How many answers of ${term} are worth keeping: those that come back for another principal. */
static uint64_t combinations(const struct columns *s, const struct term *term)
{
    uint64_t n = 1;

    if (term->uses & 1U << VARIABLE_ACTION)
        n *= s->lists.counts[VARIABLE_ACTION];
    if (term->uses & 1U << VARIABLE_CONTEXT)
        n *= s->lists.counts[VARIABLE_CONTEXT];
    return n;
}

static void give_slots(struct columns *s, uint32_t slots)
{
    s->slot_count = s->column_count = 0;
    for (uint32_t i = 0; i < s->term_count; i++) {
        struct term *t = &s->terms[i];
        uint64_t n = combinations(s, t);
        t->slots = n < slots ? (uint32_t)n : slots;
        t->slot = s->slot_count;
        t->bits = s->column_count;
        s->slot_count += t->slots;
        if (t->kind != TERM_WHOLE)
            s->column_count += t->slots;
    }
}

size_t columns_bytes(struct columns *s, uint32_t words, uint32_t slots)
{
    size_t lanes = (size_t)words * LANES;

    give_slots(s, slots);
    return s->slot_count * (sizeof *s->keys + sizeof *s->shapes) +
           2 * (size_t)words * sizeof *s->bits * s->column_count +
           s->grouping_count * (sizeof *s->groupings + 2 * lanes * sizeof *s->lanes_memory);
}

int columns_fit(struct columns *s, uint32_t words, uint32_t slots)
{
    size_t lanes = (size_t)words * LANES;

    give_slots(s, slots);
    s->most = words;
    s->keys = calloc((size_t)s->slot_count + 1, sizeof *s->keys);
    s->shapes = calloc((size_t)s->slot_count + 1, sizeof *s->shapes);
    s->bits = calloc((size_t)s->column_count + 1, 2 * words * sizeof *s->bits);
    s->none = calloc(words, sizeof *s->none);
    s->all = calloc(words, sizeof *s->all);
    s->groupings = calloc((size_t)s->grouping_count + 1, sizeof *s->groupings);
    s->lanes_memory = calloc((size_t)s->grouping_count + 1, 2 * lanes * sizeof *s->lanes_memory);
    s->table = calloc(2 * lanes, sizeof *s->table);
    s->hashes = calloc(lanes, sizeof *s->hashes);
    s->outcomes = calloc(lanes, sizeof *s->outcomes);
    if (s->keys == NULL || s->shapes == NULL || s->bits == NULL || s->none == NULL ||
        s->all == NULL || s->groupings == NULL || s->lanes_memory == NULL || s->table == NULL ||
        s->hashes == NULL || s->outcomes == NULL)
        return CEDAR_ERR_MEMORY;
    for (uint32_t i = 0; i < s->grouping_count; i++) {
        s->groupings[i].of = s->lanes_memory + 2 * i * lanes;
        s->groupings[i].with = s->groupings[i].of + lanes;
    }
    return 0;
}

void columns_block(struct columns *s, uint32_t first)
{
    uint32_t left = s->lists.counts[VARIABLE_RESOURCE] - first;

    s->at[VARIABLE_RESOURCE] = first;
    s->lanes = left < s->most * LANES ? left : s->most * LANES;
    s->words = (s->lanes + LANES - 1) / LANES;
    for (uint32_t w = 0; w < s->words; w++)
        s->all[w] = UINT64_MAX;
    if (s->lanes % LANES != 0)
        s->all[s->words - 1] = (UINT64_C(1) << s->lanes % LANES) - 1;
    memset(s->keys, 0xff, s->slot_count * sizeof *s->keys);
    for (uint32_t i = 0; i < s->grouping_count; i++)
        s->groupings[i].is_known = false;
}

void columns_go(struct columns *s, enum variable v, uint32_t number)
{
    struct cedar_value *of[] = {&s->request.principal, &s->request.action, &s->request.resource,
                                &s->request.context};

    s->at[v] = number;
    *of[v] = s->lists.at[v][number];
    eval_enter(&s->eval, v);
}

/* ---- one resource at a time ---- */

static void go_lane(struct columns *s, uint32_t lane)
{
    s->request.resource = s->lists.at[VARIABLE_RESOURCE][s->at[VARIABLE_RESOURCE] + lane];
    eval_enter(&s->eval, VARIABLE_RESOURCE);
}

static enum outcome outcome_of(struct columns *s, uint32_t node)
{
    bool value;

    arena_rewind(&s->scratch->arena, 0);
    if (eval_bool(&s->eval, node, &value))
        return value ? OUTCOME_YES : OUTCOME_NO;
    if (s->eval.fault.kind == FAULT_MEMORY)
        s->error = CEDAR_ERR_LIMIT;
    return OUTCOME_ERRED;
}

/* The value of one part; VALUE_NONE if it errs. */
static struct cedar_value part_value(struct columns *s, uint32_t node)
{
    struct cedar_value value;

    if (eval_node(&s->eval, node, &value))
        return value;
    if (s->eval.fault.kind == FAULT_MEMORY)
        s->error = CEDAR_ERR_LIMIT;
    return (struct cedar_value){0};
}

static uint32_t hash_lane(struct columns *s, const struct term *term, uint32_t lane)
{
    uint32_t hash = 0;

    go_lane(s, lane);
    for (uint32_t i = 0; i < term->count; i++) {
        arena_rewind(&s->scratch->arena, 0);
        struct cedar_value value = part_value(s, s->parts[term->first + i]);
        hash = hash * 31 + value_hash(&value);
    }
    return hash;
}

static bool lanes_alike(struct columns *s, const struct term *term, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < term->count; i++) {
        uint32_t part = s->parts[term->first + i];
        arena_rewind(&s->scratch->arena, 0);
        go_lane(s, a);
        struct cedar_value x = part_value(s, part);
        go_lane(s, b);
        struct cedar_value y = part_value(s, part);
        if (!value_equal(&x, &y))
            return false;
    }
    return true;
}

/* The group of ${lane}, which is a new one if no earlier resource is like it. */
static uint16_t group_of(struct columns *s, const struct term *term, struct grouping *g,
                         uint32_t lane)
{
    uint32_t room = 2 * s->most * LANES; /* at most half is used */
    uint32_t hash = hash_lane(s, term, lane);
    uint32_t at = (uint32_t)((uint64_t)hash * room >> 32);

    for (; s->table[at] != 0; at = at + 1 < room ? at + 1 : 0) {
        uint16_t group = s->table[at] - 1;
        if (s->hashes[group] == hash && lanes_alike(s, term, g->with[group], lane))
            return group;
    }
    s->table[at] = (uint16_t)(g->count + 1);
    s->hashes[g->count] = hash;
    g->with[g->count] = (uint16_t)lane;
    return (uint16_t)g->count++;
}

void columns_group(struct columns *s, const struct term *term)
{
    struct grouping *g = &s->groupings[term->groups];

    memset(s->table, 0, 2 * (size_t)s->most * LANES * sizeof *s->table);
    g->count = 0;
    for (uint32_t lane = 0; lane < s->lanes; lane++)
        g->of[lane] = group_of(s, term, g, lane);
    g->is_known = true;
    s->meter->used += 3 * (uint64_t)s->lanes * term->count;
}

/* ---- terms ---- */

/* The column of a term that is being made. */
struct draft_column {
    uint64_t *yes, *err;
};

static void clear(const struct columns *s, struct draft_column d)
{
    memset(d.yes, 0, s->words * sizeof *d.yes);
    memset(d.err, 0, s->words * sizeof *d.err);
}

static void set_lane(struct draft_column d, uint32_t lane, enum outcome outcome)
{
    d.yes[lane / LANES] |= (uint64_t)(outcome & 1) << lane % LANES;
    d.err[lane / LANES] |= (uint64_t)(outcome >> 1) << lane % LANES;
}

static void make_each(struct columns *s, const struct term *term, struct draft_column d)
{
    clear(s, d);
    for (uint32_t lane = 0; lane < s->lanes; lane++) {
        go_lane(s, lane);
        set_lane(d, lane, outcome_of(s, term->node));
    }
    s->meter->used += s->lanes;
}

static void make_scope(struct columns *s, const struct term *term, struct draft_column d)
{
    const struct policy *policy = &s->policies->policies.at[term->node];

    clear(s, d);
    for (uint32_t lane = 0; lane < s->lanes; lane++) {
        go_lane(s, lane);
        if (eval_scope_of(&s->eval, policy, VARIABLE_RESOURCE))
            set_lane(d, lane, OUTCOME_YES);
    }
    s->meter->used += s->lanes / 4 + 1;
}

static void make_alike(struct columns *s, const struct term *term, struct draft_column d)
{
    const struct grouping *g = &s->groupings[term->groups];

    if (!g->is_known)
        columns_group(s, term);
    for (uint32_t i = 0; i < g->count; i++) {
        go_lane(s, g->with[i]);
        s->outcomes[i] = (uint8_t)outcome_of(s, term->node);
    }
    clear(s, d);
    for (uint32_t lane = 0; lane < s->lanes; lane++)
        set_lane(d, lane, s->outcomes[g->of[lane]]);
    s->meter->used += g->count + s->lanes / 32;
}

static bool column_of(struct columns *s, uint32_t number, struct column *ret);

static bool is_empty(const struct columns *s, const uint64_t *bits)
{
    return memcmp(bits, s->none, s->words * sizeof *bits) == 0;
}

static bool make_not(struct columns *s, const struct term *term, struct draft_column d)
{
    struct column x;

    if (!column_of(s, s->parts[term->first], &x))
        return false;
    for (uint32_t w = 0; w < s->words; w++) {
        d.yes[w] = s->all[w] & ~(x.yes[w] | x.err[w]);
        d.err[w] = x.err[w];
    }
    return true;
}

static bool make_if(struct columns *s, const struct term *term, struct draft_column d)
{
    struct column x[3];

    /* A branch that no resource takes may still be evaluated: that is pure. */
    for (int i = 0; i < 3; i++)
        if (!column_of(s, s->parts[term->first + (uint32_t)i], &x[i]))
            return false;
    for (uint32_t w = 0; w < s->words; w++) {
        uint64_t then = x[0].yes[w], other = s->all[w] & ~(x[0].yes[w] | x[0].err[w]);
        d.yes[w] = (then & x[1].yes[w]) | (other & x[2].yes[w]);
        d.err[w] = x[0].err[w] | (then & x[1].err[w]) | (other & x[2].err[w]);
    }
    return true;
}

/* ${yes} goes on where ${x} is true, or with ${turned} false; it ends where ${x} errs. */
static void go_on(const struct columns *s, struct draft_column d, const struct column *x,
                  bool turned)
{
    for (uint32_t w = 0; w < s->words; w++) {
        d.err[w] |= d.yes[w] & x->err[w];
        d.yes[w] &= turned ? ~(x->yes[w] | x->err[w]) : x->yes[w];
    }
}

static bool make_and(struct columns *s, const struct term *term, struct draft_column d)
{
    struct column x;

    memcpy(d.yes, s->all, s->words * sizeof *d.yes);
    memset(d.err, 0, s->words * sizeof *d.err);
    for (uint32_t i = 0; i < term->count && !is_empty(s, d.yes); i++) {
        if (!column_of(s, s->parts[term->first + i], &x))
            return false;
        go_on(s, d, &x, false);
    }
    return true;
}

/* As make_and() of the contraries, where ${yes} means: all were false so far. */
static bool make_or(struct columns *s, const struct term *term, struct draft_column d)
{
    struct column x;

    memcpy(d.yes, s->all, s->words * sizeof *d.yes);
    memset(d.err, 0, s->words * sizeof *d.err);
    for (uint32_t i = 0; i < term->count && !is_empty(s, d.yes); i++) {
        if (!column_of(s, s->parts[term->first + i], &x))
            return false;
        go_on(s, d, &x, true);
    }
    for (uint32_t w = 0; w < s->words; w++)
        d.yes[w] = s->all[w] & ~(d.yes[w] | d.err[w]);
    return true;
}

static bool make_policy(struct columns *s, const struct term *term, struct draft_column d)
{
    const struct policy *policy = &s->policies->policies.at[term->node];
    struct column x = {s->all, s->none};

    if (s->parts[term->first] != TERM_NONE && !column_of(s, s->parts[term->first], &x))
        return false;
    memcpy(d.yes, x.yes, s->words * sizeof *d.yes);
    memset(d.err, 0, s->words * sizeof *d.err);
    for (uint32_t i = 0; i < policy->clause_count && !is_empty(s, d.yes); i++) {
        if (!column_of(s, s->parts[term->first + 1 + i], &x))
            return false;
        go_on(s, d, &x, s->policies->clauses.at[policy->clause_first + i].is_unless);
    }
    return true;
}

/* What takes evaluations waits for the next time if the meter has run out. */
static bool may_go_on(const struct columns *s, const struct term *term)
{
    bool may = term->kind >= TERM_POLICY || s->meter->used < s->meter->most || !s->meter->any;

    s->meter->any = s->meter->any || term->kind < TERM_POLICY;
    return may;
}

static bool make_term(struct columns *s, const struct term *term, struct draft_column d)
{
    switch ((enum term_kind)term->kind) {
    case TERM_WHOLE:
        break;
    case TERM_EACH:
        make_each(s, term, d);
        return s->error == 0;
    case TERM_ALIKE:
        make_alike(s, term, d);
        return s->error == 0;
    case TERM_SCOPE:
        make_scope(s, term, d);
        return true;
    case TERM_POLICY:
        return make_policy(s, term, d);
    case TERM_NOT:
        return make_not(s, term, d);
    case TERM_AND:
        return make_and(s, term, d);
    case TERM_OR:
        return make_or(s, term, d);
    case TERM_IF:
        return make_if(s, term, d);
    }
    return false;
}

static uint8_t shape_of(const struct columns *s, struct draft_column d)
{
    size_t size = s->words * sizeof *d.yes;

    return (uint8_t)((is_empty(s, d.yes) ? 0 : SHAPE_SOME_YES) |
                     (memcmp(d.yes, s->all, size) == 0 ? SHAPE_ALL_YES : 0) |
                     (is_empty(s, d.err) ? 0 : SHAPE_SOME_ERR));
}

static uint8_t shape_of_whole(struct columns *s, const struct term *term)
{
    enum outcome outcome = outcome_of(s, term->node);

    s->meter->used++;
    return outcome == OUTCOME_NO    ? 0
           : outcome == OUTCOME_YES ? SHAPE_SOME_YES | SHAPE_ALL_YES
                                    : SHAPE_SOME_ERR | SHAPE_ALL_ERR;
}

/* For what a term is evaluated, and in which of its slots that stands. */
static uint64_t key_of(const struct columns *s, const struct term *term, uint32_t *ret_slot)
{
    uint64_t key = 0;

    if (term->uses & 1U << VARIABLE_ACTION)
        key = s->at[VARIABLE_ACTION];
    if (term->uses & 1U << VARIABLE_CONTEXT)
        key = key * s->lists.counts[VARIABLE_CONTEXT] + s->at[VARIABLE_CONTEXT];
    *ret_slot = term->slot + (uint32_t)(key < term->slots ? key : key % term->slots);
    if (term->uses & 1U << VARIABLE_PRINCIPAL)
        key += combinations(s, term) * s->at[VARIABLE_PRINCIPAL];
    return key;
}

static bool column_of(struct columns *s, uint32_t number, struct column *ret)
{
    const struct term *term = &s->terms[number];
    uint32_t slot;
    uint64_t key = key_of(s, term, &slot);
    struct draft_column d = {0};

    if (term->kind != TERM_WHOLE) {
        d.yes = s->bits + 2 * (size_t)s->most * (term->bits + slot - term->slot);
        d.err = d.yes + s->most;
    }
    if (s->keys[slot] != key) {
        s->keys[slot] = KEY_NONE;
        if (!may_go_on(s, term) || (term->kind != TERM_WHOLE && !make_term(s, term, d)))
            return false;
        s->shapes[slot] = term->kind == TERM_WHOLE ? shape_of_whole(s, term) : shape_of(s, d);
        s->meter->used += term->kind >= TERM_POLICY ? s->words / 16 + 1 : 0;
        s->keys[slot] = s->error == 0 ? key : KEY_NONE;
    }
    uint8_t shape = s->shapes[slot];
    ret->yes = shape & SHAPE_ALL_YES ? s->all : shape & SHAPE_SOME_YES ? d.yes : s->none;
    ret->err = shape & SHAPE_ALL_ERR ? s->all : shape & SHAPE_SOME_ERR ? d.err : s->none;
    return s->error == 0;
}

bool columns_policy(struct columns *s, uint32_t number, struct column *ret)
{
    return column_of(s, s->roots[number], ret);
}
