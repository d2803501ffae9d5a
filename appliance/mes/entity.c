#include "appliance/mes/entity.h"

#include <sqlite3.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Rows that changed since the last save; beyond these every row of the table is written. */
#define TOUCHED_MAX 1024

#define MARK_TOUCHED 1
#define MARK_CHANGED 2

struct table {
    uint8_t *rows;
    size_t count;
    size_t room;
    size_t touched[TOUCHED_MAX];
    size_t touched_count;
    size_t changed[TOUCHED_MAX]; /* the same, since rows_take_changed() */
    size_t changed_count;
    uint8_t *marks;    /* a byte a row: which of the two lists it is in */
    uint32_t *buckets; /* open addressing by UUID: row number + 1 */
    size_t buckets_count;
    sqlite3_stmt *load;
    sqlite3_stmt *range;
    sqlite3_stmt *save;
};

struct entities {
    unsigned generation;
    struct table tables[ENTITY_COUNT];
};

static const size_t row_sizes[ENTITY_COUNT] = {
#define ENTITY(NAME, name, ...) sizeof(struct name),
#include "appliance/mes/entity.def"
#undef ENTITY
};

/* Its rows are found by their KEY, which is their first field. */
static const bool keyed[ENTITY_COUNT] = {
#define KEY(name) || true
#define UUID(name)
#define BYTES(name, length)
#define TEXT(name, longest)
#define I64(name)
#define ENTITY(NAME, name, ...) false __VA_ARGS__,
#include "appliance/mes/entity.def"
#undef ENTITY
#undef KEY
#undef UUID
#undef BYTES
#undef TEXT
#undef I64
};

static const char *const names[ENTITY_COUNT] = {
#define ENTITY(NAME, name, ...) #name,
#include "appliance/mes/entity.def"
#undef ENTITY
};

/* ---- SQL, from the rows of entity.def ---- */

#define UUID(name)          ", \"" #name "\" BLOB NOT NULL"
#define KEY                 UUID
#define BYTES(name, length) ", \"" #name "\" BLOB NOT NULL"
#define TEXT(name, longest) ", \"" #name "\" TEXT NOT NULL"
#define I64(name)           ", \"" #name "\" INTEGER NOT NULL"
static const char schema[] =
#define ENTITY(NAME, name, ...)                                                                    \
    "DROP TABLE IF EXISTS mes_" #name ";"                                                          \
    "CREATE TABLE mes_" #name " (row_number INTEGER PRIMARY KEY" __VA_ARGS__ ") STRICT;"
#include "appliance/mes/entity.def"
#undef ENTITY
    ;
#undef UUID
#undef KEY
#undef BYTES
#undef TEXT
#undef I64

#define UUID(name)          ", :" #name
#define KEY                 UUID
#define BYTES(name, length) ", :" #name
#define TEXT(name, longest) ", :" #name
#define I64(name)           ", :" #name
static const char *const save_texts[ENTITY_COUNT] = {
#define ENTITY(NAME, name, ...) "REPLACE INTO mes_" #name " VALUES (:row_number" __VA_ARGS__ ")",
#include "appliance/mes/entity.def"
#undef ENTITY
};
#undef UUID
#undef KEY
#undef BYTES
#undef TEXT
#undef I64

static const char *const range_texts[ENTITY_COUNT] = {
#define ENTITY(NAME, name, ...)                                                                    \
    "SELECT * FROM mes_" #name " WHERE row_number >= :from ORDER BY row_number LIMIT :count",
#include "appliance/mes/entity.def"
#undef ENTITY
};

static const char *const load_texts[ENTITY_COUNT] = {
#define ENTITY(NAME, name, ...) "SELECT * FROM mes_" #name " ORDER BY row_number",
#include "appliance/mes/entity.def"
#undef ENTITY
};

/* ---- one row: bind, read, digest ---- */

#define UUID(name)          sqlite3_bind_blob(s, ++at, row->name, 16, SQLITE_STATIC);
#define KEY                 UUID
#define BYTES(name, length) sqlite3_bind_blob(s, ++at, row->name, length, SQLITE_STATIC);
#define TEXT(name, longest) sqlite3_bind_text(s, ++at, row->name, -1, SQLITE_STATIC);
#define I64(name)           sqlite3_bind_int64(s, ++at, row->name);
#define ENTITY(NAME, name, ...)                                                                    \
    static void bind_##name(sqlite3_stmt *s, const void *data)                                     \
    {                                                                                              \
        const struct name *row = data;                                                             \
        int at = 1;                                                                                \
        __VA_ARGS__                                                                                \
    }
#include "appliance/mes/entity.def"
#undef ENTITY
#undef UUID
#undef KEY
#undef BYTES
#undef TEXT
#undef I64

static void read_bytes(sqlite3_stmt *s, int at, void *out, size_t length)
{
    if ((size_t)sqlite3_column_bytes(s, at) == length)
        memcpy(out, sqlite3_column_blob(s, at), length);
}

static void read_text(sqlite3_stmt *s, int at, char *out, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(s, at);
    entity_text(out, size, bytes_view_of(text, (size_t)sqlite3_column_bytes(s, at)));
}

#define UUID(name)          read_bytes(s, ++at, row->name, 16);
#define KEY                 UUID
#define BYTES(name, length) read_bytes(s, ++at, row->name, length);
#define TEXT(name, longest) read_text(s, ++at, row->name, sizeof row->name);
#define I64(name)           row->name = sqlite3_column_int64(s, ++at);
#define ENTITY(NAME, name, ...)                                                                    \
    static void read_##name(sqlite3_stmt *s, void *data)                                           \
    {                                                                                              \
        struct name *row = data;                                                                   \
        int at = 0;                                                                                \
        __VA_ARGS__                                                                                \
    }
#include "appliance/mes/entity.def"
#undef ENTITY
#undef UUID
#undef KEY
#undef BYTES
#undef TEXT
#undef I64

static void digest_number(crypto_generichash_state *h, int64_t number)
{
    uint8_t bytes[8];
    struct bytes_put put = bytes_into(bytes, sizeof bytes);
    bytes_put_i64(&put, number);
    crypto_generichash_update(h, bytes, sizeof bytes);
}

#define UUID(name)          crypto_generichash_update(h, row->name, 16);
#define KEY                 UUID
#define BYTES(name, length) crypto_generichash_update(h, row->name, length);
#define TEXT(name, longest)                                                                        \
    crypto_generichash_update(h, (const uint8_t *)row->name, strlen(row->name) + 1);
#define I64(name) digest_number(h, row->name);
#define ENTITY(NAME, name, ...)                                                                    \
    static void digest_##name(crypto_generichash_state *h, const void *data)                       \
    {                                                                                              \
        const struct name *row = data;                                                             \
        __VA_ARGS__                                                                                \
    }
#include "appliance/mes/entity.def"
#undef ENTITY
#undef UUID
#undef KEY
#undef BYTES
#undef TEXT
#undef I64

static void bind_row(enum entity_kind kind, sqlite3_stmt *s, const void *row)
{
    switch (kind) {
#define ENTITY(NAME, name, ...)                                                                    \
    case ENTITY_##NAME:                                                                            \
        bind_##name(s, row);                                                                       \
        break;
#include "appliance/mes/entity.def"
#undef ENTITY
    case ENTITY_COUNT:
        break;
    }
}

static void read_row(enum entity_kind kind, sqlite3_stmt *s, void *row)
{
    switch (kind) {
#define ENTITY(NAME, name, ...)                                                                    \
    case ENTITY_##NAME:                                                                            \
        read_##name(s, row);                                                                       \
        break;
#include "appliance/mes/entity.def"
#undef ENTITY
    case ENTITY_COUNT:
        break;
    }
}

static void digest_row(enum entity_kind kind, crypto_generichash_state *h, const void *row)
{
    switch (kind) {
#define ENTITY(NAME, name, ...)                                                                    \
    case ENTITY_##NAME:                                                                            \
        digest_##name(h, row);                                                                     \
        break;
#include "appliance/mes/entity.def"
#undef ENTITY
    case ENTITY_COUNT:
        break;
    }
}

#define ENTITY(NAME, name, ...)                                                                    \
    struct name *entities_##name(const struct entities *entities, size_t number)                   \
    {                                                                                              \
        return (struct name *)(void *)entities->tables[ENTITY_##NAME].rows + number;               \
    }
#include "appliance/mes/entity.def"
#undef ENTITY

/* ---- tables in memory ---- */

void entity_text(char *out, size_t size, struct bytes_view view)
{
    size_t n = view.length < size ? view.length : size - 1;
    memset(out, 0, size);
    if (n)
        memcpy(out, view.data, n);
}

const char *entity_name(enum entity_kind kind)
{
    return names[kind];
}

const char *rows_schema(void)
{
    return schema;
}

int rows_new(struct entities **ret_entities)
{
    *ret_entities = calloc(1, sizeof **ret_entities);
    return *ret_entities ? 0 : ERR_MEMORY;
}

static void empty_table(struct table *t)
{
    free(t->rows);
    free(t->marks);
    free(t->buckets);
    t->rows = NULL;
    t->marks = NULL;
    t->buckets = NULL;
    t->count = t->room = t->touched_count = t->changed_count = t->buckets_count = 0;
}

void rows_free(struct entities *entities)
{
    for (int k = 0; entities && k < ENTITY_COUNT; k++) {
        empty_table(&entities->tables[k]);
        sqlite3_finalize(entities->tables[k].load);
        sqlite3_finalize(entities->tables[k].range);
        sqlite3_finalize(entities->tables[k].save);
    }
    free(entities);
}

size_t rows_count(const struct entities *entities, enum entity_kind kind)
{
    return entities->tables[kind].count;
}

static int grow(struct table *t, size_t row_size)
{
    size_t room = t->room ? 2 * t->room : 16;
    uint8_t *rows = reallocarray(t->rows, room, row_size);
    if (!rows)
        return ERR_MEMORY;
    t->rows = rows;
    uint8_t *marks = realloc(t->marks, room);
    if (!marks)
        return ERR_MEMORY;
    t->marks = marks;
    t->room = room;
    return 0;
}

static void mark_changed(struct table *t, size_t number)
{
    if (t->marks[number] & MARK_CHANGED)
        return;
    t->marks[number] |= MARK_CHANGED;
    if (t->changed_count < TOUCHED_MAX)
        t->changed[t->changed_count] = number;
    t->changed_count++;
}

static int add_row(struct entities *entities, enum entity_kind kind, size_t *ret_number)
{
    struct table *t = &entities->tables[kind];
    int r = t->count == t->room ? grow(t, row_sizes[kind]) : 0;
    if (r)
        return r;
    memset(t->rows + t->count * row_sizes[kind], 0, row_sizes[kind]);
    t->marks[t->count] = 0;
    mark_changed(t, t->count);
    *ret_number = t->count++;
    return 0;
}

int rows_add(struct entities *entities, enum entity_kind kind, size_t *ret_number)
{
    int r = add_row(entities, kind, ret_number);
    if (r == 0)
        rows_touch(entities, kind, *ret_number);
    return r;
}

void rows_touch(struct entities *entities, enum entity_kind kind, size_t number)
{
    struct table *t = &entities->tables[kind];
    mark_changed(t, number);
    if (t->marks[number] & MARK_TOUCHED)
        return;
    t->marks[number] |= MARK_TOUCHED;
    if (t->touched_count < TOUCHED_MAX)
        t->touched[t->touched_count] = number;
    t->touched_count++;
}

/* ---- finding by UUID ---- */

static uint64_t hash_of(const uint8_t uuid[static 16])
{
    uint64_t h = 0;
    for (int i = 0; i < 16; i++)
        h = (h ^ uuid[i]) * 0x100000001b3u;
    return h ^ h >> 29;
}

static const uint8_t *uuid_of(const struct table *t, enum entity_kind kind, size_t number)
{
    return t->rows + number * row_sizes[kind]; /* these rows begin with their UUID */
}

static void place(struct table *t, enum entity_kind kind, size_t number)
{
    size_t mask = t->buckets_count - 1;
    size_t at = hash_of(uuid_of(t, kind, number)) & mask;
    while (t->buckets[at])
        at = (at + 1) & mask;
    t->buckets[at] = (uint32_t)number + 1;
}

int rows_index(struct entities *entities, enum entity_kind kind, size_t number)
{
    struct table *t = &entities->tables[kind];
    assert(keyed[kind]);
    if (2 * t->count < t->buckets_count) {
        place(t, kind, number);
        return 0;
    }
    size_t count = 64;
    while (count < 4 * t->count)
        count *= 2;
    uint32_t *buckets = calloc(count, sizeof *buckets);
    if (!buckets)
        return ERR_MEMORY;
    free(t->buckets);
    t->buckets = buckets;
    t->buckets_count = count;
    for (size_t i = 0; i <= number; i++)
        place(t, kind, i);
    return 0;
}

bool rows_find(const struct entities *entities, enum entity_kind kind,
               const uint8_t uuid[static 16], size_t *ret_number)
{
    const struct table *t = &entities->tables[kind];
    assert(keyed[kind]);
    if (!t->buckets)
        return false;
    size_t mask = t->buckets_count - 1;
    for (size_t at = hash_of(uuid) & mask; t->buckets[at]; at = (at + 1) & mask) {
        size_t number = t->buckets[at] - 1;
        if (memcmp(uuid_of(t, kind, number), uuid, 16) == 0) {
            *ret_number = number;
            return true;
        }
    }
    return false;
}

/* ---- store ---- */

/* Memory that ran out says nothing of the disk. */
static int error_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return ERR_FULL;
    case SQLITE_NOMEM:
        return ERR_MEMORY;
    default:
        return ERR_STORE;
    }
}

int rows_attach(struct entities *entities, struct sqlite3 *db)
{
    for (int k = 0; k < ENTITY_COUNT; k++) {
        struct table *t = &entities->tables[k];
        if (sqlite3_prepare_v3(db, load_texts[k], -1, SQLITE_PREPARE_PERSISTENT, &t->load, NULL) !=
                SQLITE_OK ||
            sqlite3_prepare_v3(db, range_texts[k], -1, SQLITE_PREPARE_PERSISTENT, &t->range,
                               NULL) != SQLITE_OK ||
            sqlite3_prepare_v3(db, save_texts[k], -1, SQLITE_PREPARE_PERSISTENT, &t->save, NULL) !=
                SQLITE_OK)
            return ERR_STORE;
    }
    return 0;
}

static int load_table(struct entities *entities, enum entity_kind kind)
{
    struct table *t = &entities->tables[kind];
    int r = 0, step = t->load ? SQLITE_ROW : SQLITE_DONE;
    empty_table(t);
    while (r == 0 && t->load && (step = sqlite3_step(t->load)) == SQLITE_ROW) {
        size_t number;
        r = add_row(entities, kind, &number);
        if (r == 0 && (int64_t)number != sqlite3_column_int64(t->load, 0))
            r = ERR_FORMAT; /* a row is missing */
        if (r == 0)
            read_row(kind, t->load, t->rows + number * row_sizes[kind]);
        if (r == 0 && keyed[kind])
            r = rows_index(entities, kind, number);
    }
    sqlite3_reset(t->load);
    if (r == 0 && step != SQLITE_DONE)
        r = error_of(step);
    return r;
}

int rows_load(struct entities *entities)
{
    int r = 0;
    entities->generation++;
    for (int k = 0; r == 0 && k < ENTITY_COUNT; k++)
        r = load_table(entities, (enum entity_kind)k);
    return r;
}

static int save_row(struct table *t, enum entity_kind kind, size_t number)
{
    sqlite3_bind_int64(t->save, 1, (sqlite3_int64)number);
    bind_row(kind, t->save, t->rows + number * row_sizes[kind]);
    int r = sqlite3_step(t->save);
    sqlite3_reset(t->save);
    t->marks[number] &= (uint8_t)~MARK_TOUCHED;
    if (r == SQLITE_DONE)
        return 0;
    return error_of(r);
}

int rows_save(struct entities *entities)
{
    int r = 0;
    for (int k = 0; r == 0 && k < ENTITY_COUNT; k++) {
        struct table *t = &entities->tables[k];
        bool all = t->touched_count > TOUCHED_MAX;
        size_t n = all ? t->count : t->touched_count;
        for (size_t i = 0; r == 0 && i < n; i++) {
            size_t number = all ? i : t->touched[i];
            if (t->marks[number] & MARK_TOUCHED)
                r = save_row(t, (enum entity_kind)k, number);
        }
        t->touched_count = 0;
    }
    return r;
}

void rows_touch_all(struct entities *entities)
{
    for (int k = 0; k < ENTITY_COUNT; k++) {
        struct table *t = &entities->tables[k];
        for (size_t i = 0; i < t->count; i++)
            t->marks[i] |= MARK_TOUCHED;
        t->touched_count = t->count ? TOUCHED_MAX + 1 : 0; /* the list is not looked at */
    }
}

void rows_take_changed(struct entities *entities, rows_each *each, void *context)
{
    for (int k = 0; k < ENTITY_COUNT; k++) {
        struct table *t = &entities->tables[k];
        bool all = t->changed_count > TOUCHED_MAX;
        size_t n = all ? t->count : t->changed_count;
        for (size_t i = 0; i < n; i++) {
            size_t number = all ? i : t->changed[i];
            if (!(t->marks[number] & MARK_CHANGED))
                continue;
            t->marks[number] &= (uint8_t)~MARK_CHANGED;
            each(context, (enum entity_kind)k, number);
        }
        t->changed_count = 0;
    }
}

unsigned rows_generation(const struct entities *entities)
{
    return entities->generation;
}

void rows_hash(const struct entities *entities, enum entity_kind kind, size_t number,
               crypto_generichash_state *state)
{
    digest_row(kind, state, entities->tables[kind].rows + number * row_sizes[kind]);
}

static void row_digest(enum entity_kind kind, const void *row, uint8_t out[static 32])
{
    crypto_generichash_state h;
    crypto_generichash_init(&h, NULL, 0, 32);
    digest_row(kind, &h, row);
    crypto_generichash_final(&h, out, 32);
}

/* Are all rows below ${to} from ${number} on still to be written? */
static bool all_touched(const struct table *t, size_t number, size_t to)
{
    while (number < to && t->marks[number] & MARK_TOUCHED)
        number++;
    return number >= to;
}

/* A row of the store as it would be in memory, and its digest. */
static bool is_row(const struct table *t, enum entity_kind kind, size_t number, void *room)
{
    uint8_t mine[32], theirs[32];
    if (t->marks[number] & MARK_TOUCHED)
        return true;
    memset(room, 0, row_sizes[kind]);
    read_row(kind, t->range, room);
    row_digest(kind, room, theirs);
    row_digest(kind, t->rows + number * row_sizes[kind], mine);
    return memcmp(mine, theirs, sizeof mine) == 0;
}

int rows_compare(const struct entities *entities, enum entity_kind kind, size_t from, size_t count,
                 bool *ret_same, bool *ret_more)
{
    const struct table *t = &entities->tables[kind];
    size_t number = from, rows = 0;
    int step = SQLITE_ROW;
    *ret_same = true;
    *ret_more = false;
    if (!t->range)
        return 0;
    void *room = malloc(row_sizes[kind]);
    if (!room)
        return ERR_MEMORY;
    sqlite3_bind_int64(t->range, 1, (sqlite3_int64)from);
    sqlite3_bind_int64(t->range, 2, (sqlite3_int64)count);
    while (*ret_same && (step = sqlite3_step(t->range)) == SQLITE_ROW) {
        size_t next = (size_t)sqlite3_column_int64(t->range, 0);
        *ret_same = next < t->count && all_touched(t, number, next) && is_row(t, kind, next, room);
        number = next + 1;
        rows++;
    }
    sqlite3_reset(t->range);
    free(room);
    *ret_more = *ret_same && rows == count;
    if (*ret_same && !*ret_more)
        *ret_same = all_touched(t, number, t->count); /* the last ones are there, too */
    return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : error_of(step);
}

void rows_digest(const struct entities *entities, enum entity_kind kind, uint8_t out[static 32])
{
    const struct table *t = &entities->tables[kind];
    crypto_generichash_state h;
    crypto_generichash_init(&h, NULL, 0, 32);
    for (size_t i = 0; i < t->count; i++)
        digest_row(kind, &h, t->rows + i * row_sizes[kind]);
    crypto_generichash_final(&h, out, 32);
}
