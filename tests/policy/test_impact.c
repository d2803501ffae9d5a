#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/policy/made.h"

/*
 * The comparison of two policy sets over everything is held against the plain
 * loop: cedar_decide() for every question, by both sides.  Policies and stores
 * are made at random, with many errors among them.
 */

#define SAMPLES_MAX 4096U

/* ---- the plain loop ---- */

struct plain_answer {
    enum cedar_decision decision;
    bool names[POLICIES_MAX]; /* determining or erring */
    bool errs[POLICIES_MAX];
    bool erred;
};

struct plain {
    uint64_t decided;
    uint64_t count[CEDAR_IMPACT_KINDS];
    uint64_t by_action[CEDAR_IMPACT_KINDS][ACTIONS_MAX];
    uint64_t by_policy[CEDAR_IMPACT_KINDS][2][POLICIES_MAX];
    struct cedar_impact_sample samples[CEDAR_IMPACT_KINDS][ACTIONS_MAX][SAMPLES_MAX];
    size_t sample_count[CEDAR_IMPACT_KINDS][ACTIONS_MAX];
};

static void plain_decide(const struct made_space *m, int side, const struct cedar_impact_sample *q,
                         struct plain_answer *ret)
{
    const struct made_side *s = &m->sides[side];
    struct cedar_request request = {s->lists[0][q->principal], s->lists[1][q->action],
                                    s->lists[2][q->resource], s->lists[3][q->context]};
    struct cedar_result r;

    *ret = (struct plain_answer){.decision = cedar_decide(s->policies, s->base, &request,
                                                          m->space.on_error, m->scratch, &r)};
    assert_int_not_equal(r.cause, CEDAR_NOT_DECIDED);
    for (uint32_t i = 0; i < r.determining_count; i++)
        ret->names[r.determining[i]] = true;
    for (uint32_t i = 0; i < r.erring_count; i++)
        ret->names[r.erring[i]] = ret->errs[r.erring[i]] = ret->erred = true;
}

static bool names_like(const struct made_space *m, const struct plain_answer *a,
                       const struct plain_answer *b)
{
    uint32_t olds = cedar_policies_count(m->sides[0].policies);
    uint32_t news = cedar_policies_count(m->sides[1].policies);
    uint32_t named[2] = {0, 0}, paired = 0;

    for (uint32_t i = 0; i < olds; i++)
        named[0] += a->names[i];
    for (uint32_t i = 0; i < news; i++)
        named[1] += b->names[i];
    for (uint32_t i = 0; i < olds; i++)
        for (uint32_t k = 0; k < news; k++)
            if (strcmp(cedar_policy_id(m->sides[0].policies, i),
                       cedar_policy_id(m->sides[1].policies, k)) == 0)
                paired += a->names[i] && b->names[k] && a->errs[i] == b->errs[k];
    return named[0] == named[1] && named[0] == paired;
}

static void plain_note(struct plain *p, enum cedar_impact_kind kind,
                       const struct cedar_impact_sample *q, const struct plain_answer answers[2])
{
    size_t *many = &p->sample_count[kind][q->action];

    p->count[kind]++;
    p->by_action[kind][q->action]++;
    for (int side = 0; side < 2; side++)
        for (uint32_t i = 0; i < POLICIES_MAX; i++)
            p->by_policy[kind][side][i] += answers[side].names[i];
    if (*many < SAMPLES_MAX)
        p->samples[kind][q->action][(*many)++] = *q;
}

static bool plain_applies(const struct made_space *m, const struct cedar_impact_sample *q)
{
    return m->space.applies == NULL ||
           (does_apply(m->space.caller, CEDAR_IMPACT_PRINCIPAL, q->action, q->principal) &&
            does_apply(m->space.caller, CEDAR_IMPACT_RESOURCE, q->action, q->resource) &&
            does_apply(m->space.caller, CEDAR_IMPACT_CONTEXT, q->action, q->context));
}

static void plain_question(const struct made_space *m, const struct cedar_impact_sample *q,
                           struct plain *p)
{
    struct plain_answer answers[2];

    if (!plain_applies(m, q))
        return;
    p->decided++;
    plain_decide(m, 0, q, &answers[0]);
    plain_decide(m, 1, q, &answers[1]);
    if (answers[0].decision != answers[1].decision)
        plain_note(p, answers[1].decision == CEDAR_ALLOW ? CEDAR_NEWLY_ALLOWED : CEDAR_NEWLY_DENIED,
                   q, answers);
    else if (!names_like(m, &answers[0], &answers[1]))
        plain_note(p, CEDAR_OTHER_REASONS, q, answers);
    if (answers[1].erred && !answers[0].erred)
        plain_note(p, CEDAR_NEWLY_ERRING, q, answers);
}

static void plain_run(const struct made_space *m, struct plain *p)
{
    struct cedar_impact_sample q;

    memset(p, 0, sizeof *p);
    for (q.action = 0; q.action < m->counts[1]; q.action++)
        for (q.principal = 0; q.principal < m->counts[0]; q.principal++)
            for (q.context = 0; q.context < m->counts[3]; q.context++)
                for (q.resource = 0; q.resource < m->counts[2]; q.resource++)
                    plain_question(m, &q, p);
}

/* ---- the two held against each other ---- */

static bool sample_is(const struct cedar_impact_sample *a, const struct cedar_impact_sample *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* The samples that the contract promises: firsts of each principal in turn, then the rest. */
static size_t expected_samples(const struct plain *p, enum cedar_impact_kind kind, size_t actions,
                               size_t room, struct cedar_impact_sample *out)
{
    static struct cedar_impact_sample lists[2][ACTIONS_MAX][SAMPLES_MAX];
    size_t counts[2][ACTIONS_MAX] = {0}, n = 0;

    for (size_t a = 0; a < actions; a++)
        for (size_t i = 0; i < p->sample_count[kind][a]; i++) {
            const struct cedar_impact_sample *s = &p->samples[kind][a][i];
            bool is_first = i == 0 || s[-1].principal != s->principal;
            bool is_later = !is_first || counts[0][a] >= room;
            lists[is_later][a][counts[is_later][a]++] = *s;
        }
    for (int later = 0; later < 2; later++)
        for (size_t round = 0; round < SAMPLES_MAX; round++)
            for (size_t a = 0; a < actions; a++)
                if (round < counts[later][a] && n < room)
                    out[n++] = lists[later][a][round];
    return n;
}

/* Those behind the firsts are taken in turn too, so only as a set they are as expected. */
static void expect_samples(const struct plain *p, enum cedar_impact_kind kind, size_t actions,
                           size_t room, const struct cedar_impact_change *got)
{
    static struct cedar_impact_sample expected[SAMPLES_MAX];
    size_t n = expected_samples(p, kind, actions, room, expected);

    assert_int_equal(got->sample_count, n);
    for (size_t i = 0; i < n; i++) {
        const struct cedar_impact_sample *s = &got->samples[i];
        size_t k = 0;
        while (k < p->sample_count[kind][s->action] &&
               !sample_is(&p->samples[kind][s->action][k], s))
            k++;
        assert_true(k < p->sample_count[kind][s->action]);
        for (size_t j = 0; j < i; j++)
            assert_false(sample_is(&got->samples[j], s));
        bool is_first = k == 0 || p->samples[kind][s->action][k - 1].principal != s->principal;
        if (is_first)
            assert_true(sample_is(s, &expected[i]));
    }
}

static void run(struct cedar_impact *impact, uint64_t work)
{
    bool done = false;

    for (uint32_t steps = 0; !done; steps++) {
        assert_true(steps < 10000000);
        assert_int_equal(cedar_impact_step(impact, work, &done), 0);
    }
}

/* How often each kind was seen, so that a test of nothing does not pass. */
static uint64_t seen[CEDAR_IMPACT_KINDS];

static void expect_as_plain(const struct made_space *m, uint64_t work)
{
    static struct plain plain;
    struct cedar_impact *impact = NULL;

    plain_run(m, &plain);
    assert_int_equal(cedar_impact_begin(&m->sides[0].side, &m->sides[1].side, &m->space, &impact),
                     0);
    run(impact, work);
    const struct cedar_impact_result *r = cedar_impact_result(impact);
    assert_int_equal(r->decided, plain.decided);
    assert_int_equal(r->total, plain.decided);
    for (int kind = 0; kind < CEDAR_IMPACT_KINDS; kind++) {
        const struct cedar_impact_change *c = &r->changes[kind];
        assert_int_equal(c->count, plain.count[kind]);
        seen[kind] += c->count;
        for (size_t a = 0; a < m->counts[1]; a++)
            assert_int_equal(c->by_action[a], plain.by_action[kind][a]);
        for (int side = 0; side < 2; side++)
            for (uint32_t i = 0; i < cedar_policies_count(m->sides[side].policies); i++)
                assert_int_equal(c->by_policy[side][i], plain.by_policy[kind][side][i]);
        if (plain.count[kind] < SAMPLES_MAX)
            expect_samples(&plain, kind, m->counts[1], m->space.samples, c);
    }
    cedar_impact_free(impact);
}

static void gives_what_deciding_every_question_gives(void **state)
{
    static struct text_buffer texts[2];
    struct made_space m;
    uint32_t cases = getenv("CASES") != NULL ? (uint32_t)atoi(getenv("CASES")) : 1500;

    (void)state;
    for (uint32_t i = 0; i < cases; i++) {
        seed = i * 7919 + 1;
        const size_t counts[4] = {chance(5), chance(4), chance(10) == 0 ? 70 : chance(8),
                                  chance(4)};
        make_policies(&texts[0], &texts[1]);
        make_space(&m, texts, counts);
        expect_as_plain(&m, chance(2) == 0 ? 1 + chance(40) : 1000000);
        free_space(&m);
    }
    for (int kind = 0; kind < CEDAR_IMPACT_KINDS; kind++)
        assert_true(seen[kind] > cases);
}

static void gives_the_same_when_resources_take_several_blocks(void **state)
{
    static struct text_buffer texts[2];
    struct made_space m;

    (void)state;
    for (uint32_t i = 0; i < 8; i++) {
        seed = i * 104729 + 5;
        const size_t counts[4] = {2, 1 + chance(2), 4090 + chance(1000), 1 + chance(2)};
        make_policies(&texts[0], &texts[1]);
        put(&texts[0], "@id(\"l\") permit(principal, action, resource) when { principal has level "
                       "&& resource has level && resource.level < principal.level };");
        put(&texts[1], "@id(\"l\") permit(principal, action, resource) when { "
                       "resource.level <= principal.level && context has flag };");
        make_space(&m, texts, counts);
        expect_as_plain(&m, 20000);
        free_space(&m);
    }
}

/* ---- the contract ---- */

static void begin_with(struct made_space *m, const char *old_text, const char *new_text)
{
    static struct text_buffer texts[2];
    const size_t counts[4] = {3, 2, 5, 2};

    seed = 1;
    for (int i = 0; i < 2; i++)
        texts[i].length = 0;
    put(&texts[0], old_text);
    put(&texts[1], new_text);
    make_space(m, texts, counts);
    m->space.applies = NULL;
    m->space.on_error = CEDAR_DENY_ON_ERROR;
    m->space.samples = 4;
}

static int try_begin(struct made_space *m)
{
    struct cedar_impact *impact = NULL;
    int r = cedar_impact_begin(&m->sides[0].side, &m->sides[1].side, &m->space, &impact);

    cedar_impact_free(impact);
    return r;
}

#define ALL "(principal, action, resource)"

static void takes_samples_in_turn_over_actions_and_people(void **state)
{
    struct made_space m;
    struct cedar_impact *impact;
    static const struct cedar_impact_sample expected[] = {
        {0, 0, 0, 0}, {0, 1, 0, 0}, {1, 0, 0, 0}, {1, 1, 0, 0}};

    (void)state;
    begin_with(&m, "@id(\"a\") forbid" ALL "; @id(\"p\") permit" ALL ";",
               "@id(\"p\") permit" ALL ";");
    assert_int_equal(cedar_impact_begin(&m.sides[0].side, &m.sides[1].side, &m.space, &impact), 0);
    assert_int_equal(cedar_impact_result(impact)->decided, 0);
    run(impact, 100);
    const struct cedar_impact_result *r = cedar_impact_result(impact);
    const struct cedar_impact_change *c = &r->changes[CEDAR_NEWLY_ALLOWED];
    assert_int_equal(r->total, 60);
    assert_int_equal(c->count, 60);
    assert_int_equal(c->by_action[1], 30);
    assert_int_equal(c->by_policy[0][0], 60);
    assert_int_equal(c->by_policy[0][1], 0);
    assert_int_equal(c->by_policy[1][0], 60);
    assert_int_equal(c->sample_count, 4);
    assert_memory_equal(c->samples, expected, sizeof expected);
    cedar_impact_free(impact);
    free_space(&m);
}

/* The last object, in another block, changes in the first context; all of them in the second. */
static void keeps_the_first_sample_in_order_though_its_block_comes_last(void **state)
{
    static const struct cedar_impact_sample expected[] = {{0, 0, 4099, 0}, {0, 0, 0, 1}};
    static struct cedar_value objects[2][4100];
    const char *const texts[] = {"forbid" ALL ";", "permit" ALL " when { !context.first || "
                                                   "(resource has late && resource.late) };"};
    struct cedar_value one[2], contexts[2][2];
    struct cedar_impact_side sides[2];
    struct cedar_policies *policies[2];
    struct cedar_entities *bases[2];
    struct cedar_impact *impact;
    char id[16];

    (void)state;
    for (int i = 0; i < 2; i++) {
        policies[i] = load_text(texts[i]);
        assert_int_equal(cedar_base_new(policies[i], &bases[i]), 0);
        for (int k = 0; k < 4100; k++) {
            snprintf(id, sizeof id, "r%d", k);
            objects[i][k] = cedar_entity(bases[i], "R", id);
        }
        cedar_entity_begin(bases[i], "R", "r4099");
        cedar_entity_attribute(bases[i], "late", cedar_bool(true));
        cedar_entity_end(bases[i]);
        one[i] = cedar_entity(bases[i], "Action", "a");
        for (int k = 0; k < 2; k++)
            contexts[i][k] =
                cedar_record(bases[i], (struct cedar_field[]){{"first", cedar_bool(k == 0)}}, 1);
        assert_int_equal(cedar_entities_freeze(bases[i]), 0);
        sides[i] = (struct cedar_impact_side){policies[i], bases[i],   &one[i],
                                              &one[i],     objects[i], contexts[i]};
    }
    const struct cedar_impact_space space = {
        .principals = 1, .actions = 1, .resources = 4100, .contexts = 2, .samples = 2};
    assert_int_equal(cedar_impact_begin(&sides[0], &sides[1], &space, &impact), 0);
    run(impact, 100000);
    const struct cedar_impact_change *c =
        &cedar_impact_result(impact)->changes[CEDAR_NEWLY_ALLOWED];
    assert_int_equal(c->count, 4101);
    assert_int_equal(c->sample_count, 2);
    assert_memory_equal(c->samples, expected, sizeof expected);
    cedar_impact_free(impact);
    for (int i = 0; i < 2; i++) {
        cedar_entities_free(bases[i]);
        cedar_policies_free(policies[i]);
    }
}

static void refuses_what_cannot_be_decided(void **state)
{
    struct made_space m;
    struct cedar_entities *open = NULL;
    struct cedar_value wrong = cedar_long(1);

    (void)state;
    begin_with(&m, "permit" ALL ";", "permit" ALL ";");
    assert_int_equal(try_begin(&m), 0);
    struct cedar_impact_side right = m.sides[1].side;
    m.sides[1].side.policies = m.sides[0].policies;
    assert_int_equal(try_begin(&m), CEDAR_ERR_STATE);
    m.sides[1].side = right;
    assert_int_equal(cedar_base_new(m.sides[1].policies, &open), 0);
    m.sides[1].side.entities = open;
    assert_int_equal(try_begin(&m), CEDAR_ERR_STATE);
    m.sides[1].side = right;
    for (int list = 0; list < 4; list++) {
        struct cedar_value keep = m.sides[0].lists[list][1];
        m.sides[0].lists[list][1] = wrong;
        assert_int_equal(try_begin(&m), CEDAR_ERR_STATE);
        m.sides[0].lists[list][1] = keep;
    }
    assert_int_equal(try_begin(&m), 0);
    cedar_entities_free(open);
    free_space(&m);
}

static void refuses_more_than_it_has_room_for(void **state)
{
    struct made_space m;

    (void)state;
    begin_with(&m, "permit" ALL ";", "permit" ALL ";");
    m.space.samples = CEDAR_IMPACT_SAMPLES_MAX / 2 + 1;
    assert_int_equal(try_begin(&m), CEDAR_ERR_LIMIT);
    m.space.samples = 1;
    m.space.principals = CEDAR_IMPACT_LIST_MAX + 1;
    assert_int_equal(try_begin(&m), CEDAR_ERR_LIMIT);
    m.space.principals = m.space.resources = m.space.contexts = CEDAR_IMPACT_LIST_MAX;
    assert_int_equal(try_begin(&m), CEDAR_ERR_LIMIT);
    free_space(&m);
}

/* A set of sets that needs more than a mebibyte while it is compared. */
static void gives_no_answer_where_a_condition_needs_too_much_memory(void **state)
{
    struct cedar_impact *impact;
    struct made_space m;
    char *text = malloc(400000), *at = text;
    bool done = true;

    (void)state;
    assert_non_null(text);
    begin_with(&m, "permit" ALL ";", "permit" ALL ";");
    free_space(&m);
    at += sprintf(at, "permit" ALL " when { [");
    for (int i = 0; i < 20; i++) {
        at += sprintf(at, "%s[principal", i == 0 ? "" : ",");
        for (int k = 0; k < 4000; k++)
            at += sprintf(at, ",%d", k % 10);
        at += sprintf(at, "]");
    }
    at += sprintf(at, "].contains(resource) };");
    for (int i = 0; i < 2; i++)
        make_side(&m.sides[i], i == 0 ? "permit" ALL ";" : text, m.counts);
    assert_int_equal(cedar_scratch_new(65536, &m.scratch), 0);
    assert_int_equal(cedar_impact_begin(&m.sides[0].side, &m.sides[1].side, &m.space, &impact), 0);
    assert_int_equal(cedar_impact_step(impact, 1000000, &done), CEDAR_ERR_LIMIT);
    assert_false(done);
    assert_int_equal(cedar_impact_step(impact, 1000000, &done), CEDAR_ERR_LIMIT);
    cedar_impact_free(impact);
    free_space(&m);
    free(text);
}

/* However little is asked for, every step leads on; and none does much more than was asked. */
static void every_step_leads_on(void **state)
{
    struct cedar_impact *impact;
    struct made_space m;
    bool done = false;
    uint64_t steps = 0;

    (void)state;
    begin_with(&m, "permit" ALL " when { principal.level <= resource.level || context.flag };",
               "permit" ALL " when { principal.level < resource.level && context.flag };");
    assert_int_equal(cedar_impact_begin(&m.sides[0].side, &m.sides[1].side, &m.space, &impact), 0);
    for (uint64_t before = 0; !done; steps++) {
        assert_int_equal(cedar_impact_step(impact, 0, &done), 0);
        uint64_t decided = cedar_impact_result(impact)->decided;
        assert_true(decided - before <= 5); /* a row */
        before = decided;
    }
    assert_in_range(steps, 12, 200);
    cedar_impact_free(impact);
    free_space(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_what_deciding_every_question_gives),
        cmocka_unit_test(gives_the_same_when_resources_take_several_blocks),
        cmocka_unit_test(takes_samples_in_turn_over_actions_and_people),
        cmocka_unit_test(keeps_the_first_sample_in_order_though_its_block_comes_last),
        cmocka_unit_test(refuses_what_cannot_be_decided),
        cmocka_unit_test(refuses_more_than_it_has_room_for),
        cmocka_unit_test(gives_no_answer_where_a_condition_needs_too_much_memory),
        cmocka_unit_test(every_step_leads_on),
    };
    return cmocka_run_group_tests_name("policy/impact", tests, NULL, NULL);
}
