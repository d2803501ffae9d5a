#ifndef TESTS_POLICY_MADE_H
#define TESTS_POLICY_MADE_H

/*
 * Policies, stores and questions made at random for two policy sets, with many
 * errors among them.  Include after cmocka.h.
 */

#include "tests/policy/world.h"

#define POLICIES_MAX 12U
#define ACTIONS_MAX  8U

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

#endif
