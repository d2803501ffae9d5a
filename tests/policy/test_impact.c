#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/policy/world.h"

/*
 * The comparison of two policy sets over everything is held against the plain
 * loop: cedar_decide() for every question, by both sides.  Policies and stores
 * are made at random, with many errors among them.
 */

#define LISTS_MAX    5200U
#define POLICIES_MAX 12U
#define ACTIONS_MAX  8U
#define SAMPLES_MAX  4096U

struct text_buffer {
    char at[16384];
    size_t length;
};

/* ---- chance ---- */

static uint64_t seed;

static uint32_t chance(uint32_t many)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % many;
}

static const char *one_of(const char *const *words, size_t count)
{
    return words[chance((uint32_t)count)];
}

#define ONE_OF(...)                                                                                \
    one_of((const char *const[]){__VA_ARGS__},                                                     \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void put(struct text_buffer *b, const char *text)
{
    size_t n = strlen(text);

    assert_true(b->length + n < sizeof b->at);
    memcpy(b->at + b->length, text, n + 1);
    b->length += n;
}

/* ---- policies at random ---- */

static void put_thing(struct text_buffer *b)
{
    put(b, ONE_OF("principal", "principal", "resource", "resource", "context", "action",
                  "principal.boss", "resource.owner", "context.station", "resource.owner.boss",
                  "P::\"p1\"", "R::\"r1\"", "P::\"nobody\"", "G::\"g1\""));
}

static void put_value(struct text_buffer *b)
{
    put_thing(b);
    put(b, ONE_OF("", ".level", ".level", ".site", ".sites", ".boss", "[\"name\"]"));
}

static void put_bool(struct text_buffer *b, int depth);

static void put_atom(struct text_buffer *b)
{
    switch (chance(12)) {
    case 0:
        put(b, ONE_OF("true", "false", "1 == 1", "1 < \"a\"", "\"a\"", "context.flag"));
        return;
    case 1:
        put_thing(b);
        put(b, ONE_OF(" has level", " has boss.level", " has site", " has sites", " has nothing",
                      " has owner.level"));
        return;
    case 2:
        put_value(b);
        put(b, ONE_OF(" <= ", " < ", " > ", " == ", " == ", " != ", " in "));
        put_value(b);
        return;
    case 3:
        put_thing(b);
        put(b, ".sites.contains(");
        put_value(b);
        put(b, ")");
        return;
    case 4:
        put_thing(b);
        put(b, ONE_OF(".hasTag(\"t\")", ".getTag(\"t\") == 1", ".getTag(resource.site) == 2",
                      ".hasTag(principal.site)"));
        return;
    case 5:
        put_thing(b);
        put(b, ONE_OF(" is P", " is R", " in G::\"g1\"", " in [G::\"g1\", P::\"p1\"]",
                      " is P in G::\"g0\""));
        return;
    case 6:
        put_thing(b);
        put(b, ".level + 9223372036854775805 > 0");
        return;
    case 7:
        put(b, "[");
        put_value(b);
        put(b, ", ");
        put_value(b);
        put(b, "].contains(");
        put_value(b);
        put(b, ")");
        return;
    case 8:
        put(b, "{a: ");
        put_value(b);
        put(b, "}.a == {a: ");
        put_value(b);
        put(b, "}.a");
        return;
    case 9:
        put_thing(b);
        put(b, ".site like \"s*\"");
        return;
    default:
        put_thing(b);
        put(b, ".level <= ");
        put_thing(b);
        put(b, ".level");
        return;
    }
}

static void put_bool(struct text_buffer *b, int depth)
{
    uint32_t kind = depth == 0 ? 9 : chance(10);

    if (kind < 5) {
        uint32_t more = 1 + chance(3);
        const char *between = kind < 3 ? " && " : " || ";
        put(b, "(");
        put_bool(b, depth - 1);
        for (uint32_t i = 0; i < more; i++) {
            put(b, between);
            put_bool(b, depth - 1);
        }
        put(b, ")");
    } else if (kind == 5) {
        put(b, "!(");
        put_bool(b, depth - 1);
        put(b, ")");
    } else if (kind == 6) {
        put(b, "(if ");
        put_bool(b, depth - 1);
        put(b, " then ");
        put_bool(b, depth - 1);
        put(b, " else ");
        put_bool(b, depth - 1);
        put(b, ")");
    } else {
        put(b, "(");
        put_atom(b);
        put(b, ")");
    }
}

/* One policy without its @id. */
static void put_policy(struct text_buffer *b)
{
    put(b, ONE_OF("permit(", "permit(", "forbid("));
    put(b, ONE_OF("principal", "principal", "principal == P::\"p1\"", "principal in G::\"g1\"",
                  "principal is P", "principal is P in G::\"g0\""));
    put(b, ", ");
    put(b, ONE_OF("action", "action", "action == Action::\"a0\"", "action in Action::\"all\"",
                  "action in [Action::\"a1\", Action::\"all\"]"));
    put(b, ", ");
    put(b, ONE_OF("resource", "resource", "resource is R", "resource in G::\"g0\"",
                  "resource == R::\"r2\""));
    put(b, ")");
    for (uint32_t clauses = chance(4); clauses > 0; clauses--) {
        put(b, ONE_OF(" when { ", " unless { "));
        put_bool(b, 2);
        put(b, " }");
    }
    put(b, ";\n");
}

/* Two sets: some policies alike, some changed, some only in one of them, in another order. */
static void make_policies(struct text_buffer *olds, struct text_buffer *news)
{
    uint32_t many = 1 + chance(POLICIES_MAX / 2);
    char id[32];

    olds->length = news->length = 0;
    olds->at[0] = news->at[0] = '\0';
    for (uint32_t i = 0; i < many; i++) {
        struct text_buffer one = {.length = 0}, other = {.length = 0};
        uint32_t fate = chance(6);
        put_policy(&one);
        put_policy(&other);
        snprintf(id, sizeof id, "@id(\"i%u\") ", i);
        if (fate != 0) {
            put(olds, id);
            put(olds, one.at);
        }
        if (fate != 1) {
            snprintf(id, sizeof id, "@id(\"i%u\") ", fate == 2 ? many - i + 100 : i);
            put(news, id);
            put(news, fate == 3 ? other.at : one.at);
        }
    }
}

/* ---- stores at random ---- */

struct made_side {
    struct cedar_policies *policies;
    struct cedar_entities *base;
    struct cedar_value *lists[4]; /* principals, actions, resources, contexts */
    struct cedar_impact_side side;
};

struct made_space {
    struct made_side sides[2];
    size_t counts[4];
    struct cedar_impact_space space;
    uint64_t refused; /* what does not apply */
    struct cedar_scratch *scratch;
};

static struct cedar_value made_uid(struct cedar_entities *e, const char *type, uint32_t number)
{
    char id[32];

    snprintf(id, sizeof id, "%c%u", type[0] == 'A' ? 'a' : type[0] + 32, number);
    return cedar_entity(e, type, id);
}

static struct cedar_value made_text(struct cedar_entities *e)
{
    return cedar_string(e, ONE_OF("s0", "s1", "t"), 2);
}

static void make_attributes(struct cedar_entities *e, bool is_object, uint32_t people)
{
    struct cedar_value sites[2] = {made_text(e), made_text(e)};

    if (chance(5) != 0)
        cedar_entity_attribute(e, "level", cedar_long(chance(4)));
    if (chance(5) != 0)
        cedar_entity_attribute(e, "site", made_text(e));
    if (chance(5) != 0)
        cedar_entity_attribute(e, "sites", cedar_set(e, sites, chance(3)));
    if (chance(3) != 0)
        cedar_entity_attribute(e, "boss", made_uid(e, "P", chance(people + 1)));
    if (is_object && chance(4) != 0)
        cedar_entity_attribute(e, "owner", made_uid(e, "P", chance(people + 1)));
    if (chance(8) == 0)
        cedar_entity_attribute(e, "name", cedar_long(7));
    if (chance(3) != 0)
        cedar_entity_tag(e, "t", cedar_long(chance(2)));
    if (chance(3) != 0)
        cedar_entity_tag(e, "s1", cedar_long(1 + chance(2)));
}

/* Entities of one type; the last of the list is in no store. */
static void make_entities(struct made_side *s, int which, const char *type, size_t count,
                          uint32_t people)
{
    char id[32];

    s->lists[which] = calloc(count + 1, sizeof **s->lists);
    assert_non_null(s->lists[which]);
    for (uint32_t i = 0; i < count; i++) {
        s->lists[which][i] = made_uid(s->base, type, i);
        snprintf(id, sizeof id, "%c%u", type[0] == 'A' ? 'a' : type[0] + 32, i);
        if (i > 0 && i + 1 == count)
            continue;
        cedar_entity_begin(s->base, type, id);
        if (type[0] == 'A' && i % 2 == 0)
            cedar_entity_parent(s->base, "Action", "all");
        else if (type[0] != 'A' && chance(2) == 0)
            cedar_entity_parent(s->base, "G", ONE_OF("g0", "g1"));
        if (type[0] != 'A')
            make_attributes(s->base, type[0] == 'R', people);
        cedar_entity_end(s->base);
    }
}

static void make_contexts(struct made_side *s, size_t count)
{
    s->lists[3] = calloc(count + 1, sizeof **s->lists);
    assert_non_null(s->lists[3]);
    for (size_t i = 0; i < count; i++) {
        struct cedar_field fields[] = {{"level", cedar_long(chance(4))},
                                       {"station", made_uid(s->base, "R", chance(4))},
                                       {"flag", cedar_bool(chance(2) == 0)},
                                       {"site", made_text(s->base)}};
        s->lists[3][i] = cedar_record(s->base, fields, chance(5));
    }
}

static void make_side(struct made_side *s, const char *text, const size_t counts[4])
{
    s->policies = load_text(text);
    assert_int_equal(cedar_base_new(s->policies, &s->base), 0);
    make_entities(s, 0, "P", counts[0], (uint32_t)counts[0]);
    make_entities(s, 1, "Action", counts[1], 0);
    make_entities(s, 2, "R", counts[2], (uint32_t)counts[0]);
    make_contexts(s, counts[3]);
    cedar_entity_begin(s->base, "G", "g1");
    cedar_entity_parent(s->base, "G", "g0");
    cedar_entity_end(s->base);
    assert_int_equal(cedar_entities_freeze(s->base), 0);
    s->side = (struct cedar_impact_side){s->policies, s->base,     s->lists[0],
                                         s->lists[1], s->lists[2], s->lists[3]};
}

static bool does_apply(void *caller, enum cedar_impact_axis axis, size_t action, size_t index)
{
    const struct made_space *m = caller;

    return (m->refused >> (axis * 7 + action * 3 + index) % 64 & 1) == 0;
}

static void make_space(struct made_space *m, const struct text_buffer texts[2],
                       const size_t counts[4])
{
    uint64_t before = seed;

    *m = (struct made_space){.refused = chance(3) == 0 ? seed & seed >> 7 & seed << 9 : 0};
    memcpy(m->counts, counts, sizeof m->counts);
    bool same_store = chance(3) != 0;
    for (int i = 0; i < 2; i++) {
        if (same_store)
            seed = before;
        make_side(&m->sides[i], texts[i].at, counts);
    }
    m->space = (struct cedar_impact_space){.principals = counts[0],
                                           .actions = counts[1],
                                           .resources = counts[2],
                                           .contexts = counts[3],
                                           .applies = m->refused == 0 ? NULL : does_apply,
                                           .caller = m,
                                           .on_error = chance(3) == 0 ? CEDAR_SKIP_ON_ERROR
                                                                      : CEDAR_DENY_ON_ERROR,
                                           .samples = chance(12)};
    assert_int_equal(cedar_scratch_new(65536, &m->scratch), 0);
}

static void free_space(struct made_space *m)
{
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 4; k++)
            free(m->sides[i].lists[k]);
        cedar_entities_free(m->sides[i].base);
        cedar_policies_free(m->sides[i].policies);
    }
    cedar_scratch_free(m->scratch);
}

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
    for (uint32_t i = 0; i < 6; i++) {
        seed = i * 104729 + 5;
        const size_t counts[4] = {2, 1 + chance(2), 4090 + chance(1000), 1 + chance(2)};
        make_policies(&texts[0], &texts[1]);
        make_space(&m, texts, counts);
        expect_as_plain(&m, 20000);
        free_space(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_what_deciding_every_question_gives),
        cmocka_unit_test(gives_the_same_when_resources_take_several_blocks),
    };
    return cmocka_run_group_tests_name("policy/impact", tests, NULL, NULL);
}
