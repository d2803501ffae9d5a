#include "policy/index.h"

#include <stdlib.h>

#include "policy/eval.h"

static uint32_t hash(uint32_t place, uint32_t type, uint32_t id)
{
    uint64_t h = ((uint64_t)type << 32 | id) * 0x9e3779b97f4a7c15u + place;

    return (uint32_t)(h ^ h >> 29 ^ h >> 47);
}

/* The key, or the free place where it would stand.  The table is never full. */
static struct index_key *find(const struct policy_index *index, uint32_t place, uint32_t type,
                              uint32_t id)
{
    uint32_t mask = index->key_count - 1;

    for (uint32_t at = hash(place, type, id) & mask;; at = (at + 1) & mask) {
        struct index_key *k = &index->keys[at];
        if (k->place == INDEX_UNUSED || (k->place == place && k->type == type && k->id == id))
            return k;
    }
}

/* ---- what a policy's scope names ---- */

typedef void key_taker(void *context, uint32_t policy, struct index_key *key);

/* Call ${take} with the key of every entity or type that one scope of ${policy} names. */
static void each_key(const struct cedar_policies *p, uint32_t number, uint32_t place,
                     key_taker *take, void *context)
{
    const struct policy_index *index = &p->index;
    const struct scope *s = &p->policies.at[number].scopes[place];

    switch (s->kind) {
    case SCOPE_ANY:
        return;
    case SCOPE_IS:
        take(context, number, find(index, place, s->type, INDEX_TYPE));
        return;
    case SCOPE_EQ:
    case SCOPE_IN:
    case SCOPE_IS_IN:
        take(context, number, find(index, place, s->uid.type, s->uid.id));
        return;
    case SCOPE_IN_SET:
        for (uint32_t i = 0; i < s->count; i++) {
            const uint32_t *uid = &p->children.at[s->first + 2 * i];
            take(context, number, find(index, place, uid[0], uid[1]));
        }
        return;
    }
}

/* Put the keys into the table; ${count} is how many policies name each. */
static void count_keys(struct cedar_policies *p, uint32_t place)
{
    for (uint32_t i = 0; i < p->policies.count; i++) {
        const struct scope *s = &p->policies.at[i].scopes[place];
        uint32_t many = s->kind == SCOPE_ANY ? 0 : s->kind == SCOPE_IN_SET ? s->count : 1;
        for (uint32_t k = 0; k < many; k++) {
            const uint32_t *uid =
                s->kind == SCOPE_IN_SET ? &p->children.at[s->first + 2 * k] : NULL;
            uint32_t type = uid ? uid[0] : s->kind == SCOPE_IS ? s->type : s->uid.type;
            uint32_t id = uid ? uid[1] : s->kind == SCOPE_IS ? INDEX_TYPE : s->uid.id;
            struct index_key *key = find(&p->index, place, type, id);
            *key = (struct index_key){place, type, id, 0, key->place == place ? key->count + 1 : 1};
        }
    }
}

static void sum(void *context, uint32_t policy, struct index_key *key)
{
    (void)policy;
    *(uint64_t *)context += key->count;
}

/* The scope whose keys the fewest policies share; VARIABLE_CONTEXT when none names anything. */
static uint32_t best_place(const struct cedar_policies *p, uint32_t number)
{
    uint64_t least = UINT64_MAX;
    uint32_t best = VARIABLE_CONTEXT;

    for (uint32_t place = VARIABLE_PRINCIPAL; place <= VARIABLE_RESOURCE; place++) {
        const struct scope *s = &p->policies.at[number].scopes[place];
        uint64_t shared = 0;
        if (s->kind == SCOPE_ANY)
            continue;
        each_key(p, number, place, sum, &shared); /* `in []` shares nothing, and matches nothing */
        if (shared < least) {
            least = shared;
            best = place;
        }
    }
    return best;
}

static void reserve(void *context, uint32_t policy, struct index_key *key)
{
    (void)context;
    (void)policy;
    key->first++;
}

static void put(void *context, uint32_t policy, struct index_key *key)
{
    uint32_t *numbers = context;

    if (key->count > 0 && numbers[key->first + key->count - 1] == policy)
        return; /* named twice by one policy */
    numbers[key->first + key->count++] = policy;
}

/* ---- building ---- */

static int make_table(struct cedar_policies *p, size_t *ret_named)
{
    struct policy_index *index = &p->index;
    size_t many = 0;
    uint32_t room = 16;

    for (uint32_t i = 0; i < p->policies.count; i++)
        for (uint32_t place = VARIABLE_PRINCIPAL; place <= VARIABLE_RESOURCE; place++) {
            const struct scope *s = &p->policies.at[i].scopes[place];
            many += s->kind == SCOPE_ANY ? 0 : s->kind == SCOPE_IN_SET ? s->count : 1;
        }
    while (room < 2 * many + 2)
        room *= 2;
    index->keys = calloc(room, sizeof *index->keys);
    index->numbers = calloc(many + p->policies.count + 1, sizeof *index->numbers);
    if (index->keys == NULL || index->numbers == NULL)
        return CEDAR_ERR_MEMORY;
    index->key_count = room;
    for (uint32_t i = 0; i < room; i++)
        index->keys[i].place = INDEX_UNUSED;
    *ret_named = many;
    return 0;
}

/* Where each key's run begins, behind those that are always looked at. */
static void lay_out(struct policy_index *index)
{
    uint32_t at = index->always_count;

    for (uint32_t i = 0; i < index->key_count; i++) {
        struct index_key *k = &index->keys[i];
        uint32_t many = k->first;
        k->first = at;
        k->count = 0;
        at += many;
    }
}

int index_build(struct cedar_policies *p)
{
    uint32_t n = p->policies.count;
    size_t named;
    int r = make_table(p, &named);
    uint8_t *places = calloc((size_t)n + 1, 1);

    if (r != 0 || places == NULL) {
        free(places);
        return CEDAR_ERR_MEMORY;
    }
    for (uint32_t place = VARIABLE_PRINCIPAL; place <= VARIABLE_RESOURCE; place++)
        count_keys(p, place);
    for (uint32_t i = 0; i < n; i++)
        places[i] = (uint8_t)best_place(p, i);
    for (uint32_t i = 0; i < n; i++) {
        if (places[i] == VARIABLE_CONTEXT)
            p->index.numbers[p->index.always_count++] = i;
        else
            each_key(p, i, places[i], reserve, NULL);
    }
    lay_out(&p->index);
    for (uint32_t i = 0; i < n; i++)
        if (places[i] != VARIABLE_CONTEXT)
            each_key(p, i, places[i], put, p->index.numbers);
    free(places);
    return 0;
}

void index_free(struct policy_index *index)
{
    free(index->keys);
    free(index->numbers);
    *index = (struct policy_index){0};
}

/* ---- looking up ---- */

static void mark(const struct policy_index *index, uint32_t first, uint32_t count, uint64_t *bits)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = index->numbers[first + i];
        bits[number / 64] |= UINT64_C(1) << number % 64;
    }
}

static uint32_t probe(const struct policy_index *index, uint32_t place, uint32_t type, uint32_t id,
                      uint64_t *bits)
{
    const struct index_key *k = find(index, place, type, id);

    if (k->place == INDEX_UNUSED)
        return 0;
    mark(index, k->first, k->count, bits);
    return k->count;
}

uint32_t index_candidates(const struct eval *ev, uint64_t *bits)
{
    const struct policy_index *index = &ev->policies->index;
    const struct cedar_value *of[] = {&ev->request->principal, &ev->request->action,
                                      &ev->request->resource};

    uint32_t most = index->always_count;

    mark(index, 0, index->always_count, bits);
    for (uint32_t place = VARIABLE_PRINCIPAL; place <= VARIABLE_RESOURCE; place++) {
        struct uid uid = {of[place]->uid.type, of[place]->uid.id};
        const struct entity *entity = ev->places[place].entity;
        most += probe(index, place, uid.type, uid.id, bits);
        most += probe(index, place, uid.type, INDEX_TYPE, bits);
        for (uint32_t i = 0; entity != NULL && i < entity->ancestor_count; i++)
            most += probe(index, place, entity->ancestors[i].type, entity->ancestors[i].id, bits);
    }
    return most;
}
