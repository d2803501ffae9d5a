#include "appliance/mes/hot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS (HOT_LENGTH / 8)

_Static_assert(HOT_PARTS_MAX >= HOT_LENGTH + (HOT_LENGTH + 8) * ENTITY_COUNT,
               "more tables than there is room for");

struct hot_table {
    uint64_t sum[WORDS]; /* least significant first */
    uint64_t rows;
    uint8_t (*digests)[HOT_LENGTH]; /* of each row, as it is in the sum */
    size_t room;
};

struct hot {
    uint8_t basis[HOT_LENGTH];
    struct secret *key; /* our own copy */
    unsigned generation;
    int error;
    struct entities *entities;      /* while hot_follow() runs, */
    crypto_generichash_state keyed; /* and a digest that has had the key */
    struct hot_table tables[ENTITY_COUNT];
};

static void start(const struct hot *hot, crypto_generichash_state *state)
{
    crypto_generichash_init(state, secret_open(hot->key), HOT_LENGTH, HOT_LENGTH);
    secret_close(hot->key);
}

static void end(crypto_generichash_state *state, uint8_t out[static HOT_LENGTH])
{
    crypto_generichash_final(state, out, HOT_LENGTH);
    sodium_memzero(state, sizeof *state);
}

int hot_new(const struct secret *key, struct hot **ret_hot)
{
    static const char purpose[] = "casemate/hot/1";
    crypto_generichash_state state;
    struct hot *hot = calloc(1, sizeof *hot);
    if (!hot)
        return ERR_MEMORY;
    int r = ERR_KEY;
    if (secret_length(key) == HOT_LENGTH) {
        r = secret_copy(secret_open(key), HOT_LENGTH, &hot->key);
        secret_close(key);
    }
    if (r) {
        hot_free(hot);
        return r;
    }
    start(hot, &state);
    crypto_generichash_update(&state, (const uint8_t *)purpose, sizeof purpose);
    crypto_generichash_update(&state, (const uint8_t *)rows_schema(), strlen(rows_schema()));
    end(&state, hot->basis);
    *ret_hot = hot;
    return 0;
}

int hot_copy(const struct hot *hot, struct hot **ret_hot)
{
    return hot_new(hot->key, ret_hot);
}

bool hot_table_is(const struct hot *a, const struct hot *b, enum entity_kind kind)
{
    const struct hot_table *s = &a->tables[kind], *t = &b->tables[kind];
    return s->rows == t->rows && memcmp(s->sum, t->sum, sizeof s->sum) == 0;
}

static void forget_rows(struct hot *hot)
{
    for (int k = 0; k < ENTITY_COUNT; k++) {
        free(hot->tables[k].digests);
        hot->tables[k] = (struct hot_table){0};
    }
}

void hot_free(struct hot *hot)
{
    if (!hot)
        return;
    forget_rows(hot);
    secret_free(hot->key);
    free(hot);
}

/* ---- rows ---- */

static void words_of(const uint8_t digest[static HOT_LENGTH], uint64_t out[static WORDS])
{
    struct bytes in = bytes_over(digest, HOT_LENGTH);
    for (int i = WORDS; i-- > 0;)
        out[i] = bytes_u64(&in);
}

static void add(uint64_t sum[static WORDS], const uint8_t digest[static HOT_LENGTH])
{
    uint64_t more[WORDS];
    unsigned carry = 0;
    words_of(digest, more);
    for (int i = 0; i < WORDS; i++) {
        unsigned a = __builtin_add_overflow(sum[i], more[i], &sum[i]);
        unsigned b = __builtin_add_overflow(sum[i], (uint64_t)carry, &sum[i]);
        carry = a | b;
    }
}

static void take(uint64_t sum[static WORDS], const uint8_t digest[static HOT_LENGTH])
{
    uint64_t less[WORDS];
    unsigned borrow = 0;
    words_of(digest, less);
    for (int i = 0; i < WORDS; i++) {
        unsigned a = __builtin_sub_overflow(sum[i], less[i], &sum[i]);
        unsigned b = __builtin_sub_overflow(sum[i], (uint64_t)borrow, &sum[i]);
        borrow = a | b;
    }
}

static int make_room(struct hot_table *t, size_t rows)
{
    size_t room = t->room ? t->room : 16;
    while (room < rows)
        room *= 2;
    if (room == t->room)
        return 0;
    void *digests = reallocarray(t->digests, room, HOT_LENGTH);
    if (!digests)
        return ERR_MEMORY;
    t->digests = digests;
    t->room = room;
    return 0;
}

static void take_in(void *context, enum entity_kind kind, size_t number)
{
    struct hot *hot = context;
    struct hot_table *t = &hot->tables[kind];
    crypto_generichash_state state = hot->keyed;
    uint8_t place[16];
    struct bytes_put put = bytes_into(place, sizeof place);
    if (hot->error == 0)
        hot->error = make_room(t, number + 1);
    if (hot->error)
        return;
    if (number < t->rows)
        take(t->sum, t->digests[number]);
    for (; t->rows <= number; t->rows++) /* rows are never taken away, only added at the end */
        memset(t->digests[t->rows], 0, HOT_LENGTH);
    bytes_put_u64(&put, (uint64_t)kind);
    bytes_put_u64(&put, number);
    crypto_generichash_update(&state, place, sizeof place);
    rows_hash(hot->entities, kind, number, &state);
    crypto_generichash_final(&state, t->digests[number], HOT_LENGTH);
    add(t->sum, t->digests[number]);
}

int hot_follow(struct hot *hot, struct entities *entities)
{
    if (hot->generation != rows_generation(entities))
        forget_rows(hot);
    hot->generation = rows_generation(entities);
    hot->entities = entities;
    start(hot, &hot->keyed);
    rows_take_changed(entities, take_in, hot);
    sodium_memzero(&hot->keyed, sizeof hot->keyed);
    hot->entities = NULL;
    return hot->error;
}

/* ---- the whole ---- */

static void write_table(const struct hot_table *t, struct bytes_put *out)
{
    bytes_put_u64(out, t->rows);
    for (int i = WORDS; i-- > 0;)
        bytes_put_u64(out, t->sum[i]);
}

void hot_write(const struct hot *hot, struct bytes_put *out)
{
    bytes_put_fixed(out, hot->basis, HOT_LENGTH);
    for (int k = 0; k < ENTITY_COUNT; k++)
        write_table(&hot->tables[k], out);
}

static void digest_parts(const struct hot *hot, struct bytes_view parts,
                         uint8_t out[static HOT_LENGTH])
{
    crypto_generichash_state state;
    start(hot, &state);
    crypto_generichash_update(&state, parts.data, parts.length);
    end(&state, out);
}

void hot_digest(const struct hot *hot, uint8_t out[static HOT_LENGTH])
{
    uint8_t parts[HOT_PARTS_MAX];
    struct bytes_put put = bytes_into(parts, sizeof parts);
    hot_write(hot, &put);
    digest_parts(hot, bytes_view_of(parts, bytes_put_length(&put)), out);
}

/* Of the tables whose part is another one. */
static void name_tables(const struct hot *hot, struct bytes_view parts, char *names, size_t size)
{
    struct bytes in = bytes_over(parts.data + HOT_LENGTH, parts.length - HOT_LENGTH);
    size_t n = 0;
    for (int k = 0; k < ENTITY_COUNT; k++) {
        uint8_t mine[HOT_LENGTH + 8], theirs[HOT_LENGTH + 8];
        struct bytes_put put = bytes_into(mine, sizeof mine);
        write_table(&hot->tables[k], &put);
        bytes_fixed(&in, theirs, sizeof theirs);
        if (memcmp(mine, theirs, sizeof mine) != 0 && n < size)
            n += (size_t)snprintf(names + n, size - n, "%s%s", n ? ", " : "",
                                  entity_name((enum entity_kind)k));
    }
}

enum hot_answer hot_compare(const struct hot *hot, const uint8_t was[static HOT_LENGTH],
                            struct bytes_view parts, char *names, size_t size)
{
    uint8_t digest[HOT_LENGTH];
    bool whole = parts.length == HOT_LENGTH + (HOT_LENGTH + 8) * ENTITY_COUNT;
    if (size)
        names[0] = '\0';
    hot_digest(hot, digest);
    if (memcmp(digest, was, HOT_LENGTH) == 0)
        return HOT_SAME;
    if (parts.length < HOT_LENGTH || memcmp(parts.data, hot->basis, HOT_LENGTH) != 0)
        return HOT_NOT_COMPARABLE;
    digest_parts(hot, parts, digest);
    if (whole && memcmp(digest, was, HOT_LENGTH) == 0)
        name_tables(hot, parts, names, size);
    return HOT_DIFFERENT;
}
