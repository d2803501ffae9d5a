#ifndef APPLIANCE_MES_ENTITY_H
#define APPLIANCE_MES_ENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include <sodium.h>

#include "crypto/bytes.h"

struct sqlite3;

/*
 * The tables of entity.def, in memory and in a store: a struct for each row, an
 * array for each table.  apply.c alone changes rows, and says so with
 * rows_touch(); rows_save() then writes what was touched, each row once
 * however often a batch changed it.
 */
#define UUID(name)          uint8_t name[16];
#define KEY                 UUID
#define BYTES(name, length) uint8_t name[length];
#define TEXT(name, longest) char name[(longest) + 1]; /* bytes of UTF-8, then zeros */
#define I64(name)           int64_t name;
#define ENTITY(NAME, name, ...)                                                                    \
    struct name {                                                                                  \
        __VA_ARGS__                                                                                \
    };
#include "appliance/mes/entity.def"
#undef ENTITY
#undef UUID
#undef KEY
#undef BYTES
#undef TEXT
#undef I64

enum entity_kind {
#define ENTITY(NAME, name, ...) ENTITY_##NAME,
#include "appliance/mes/entity.def"
#undef ENTITY
    ENTITY_COUNT
};

struct entities;

#define ENTITY(NAME, name, ...)                                                                    \
    /* entities_NAME(entities, number): A row that exists; to change it, touch it too. */          \
    struct name *entities_##name(const struct entities *entities, size_t number);
#include "appliance/mes/entity.def"
#undef ENTITY

must_use int rows_new(struct entities **ret_entities);
void rows_free(struct entities *entities);

/* rows_count(entities, kind): Rows of a table. */
size_t rows_count(const struct entities *entities, enum entity_kind kind);

/* rows_add(entities, kind, ret_number): A new row of zeros, touched. */
must_use int rows_add(struct entities *entities, enum entity_kind kind, size_t *ret_number);

/* rows_touch(entities, kind, number): This row will be written by rows_save(). */
void rows_touch(struct entities *entities, enum entity_kind kind, size_t number);

/* rows_find(entities, kind, uuid, ret_number): The first row of this KEY; false if none. */
bool rows_find(const struct entities *entities, enum entity_kind kind,
               const uint8_t uuid[static 16], size_t *ret_number);

/* rows_index(entities, kind, number): Make a row findable, once its KEY is set; of several with
 * one KEY the first is found. */
must_use int rows_index(struct entities *entities, enum entity_kind kind, size_t number);

/* rows_schema(): DROP and CREATE of every table, as one text. */
const char *rows_schema(void);

/* rows_attach(entities, db): Prepare the statements for a store's tables; before it is sealed.
 * Without it the rows are in memory alone: there is nothing to load, to save or to compare with. */
must_use int rows_attach(struct entities *entities, struct sqlite3 *db);

/* rows_load(entities): Drop what is in memory and read every table. */
must_use int rows_load(struct entities *entities);

/* rows_save(entities): Write every touched row, in the open transaction.  rows_touch_all(entities):
 * Every row is to be written: that transaction was not committed. */
must_use int rows_save(struct entities *entities);
void rows_touch_all(struct entities *entities);

/*
 * rows_take_changed(entities, each, context):
 * Give every row that was added or touched since the last call to ${each}, once; behind rows_load()
 * that is every row.  rows_generation(entities) is another number after each rows_load().
 */
typedef void rows_each(void *context, enum entity_kind kind, size_t number);
void rows_take_changed(struct entities *entities, rows_each *each, void *context);
unsigned rows_generation(const struct entities *entities);

/* rows_hash(entities, kind, number, state): Add a row's fields to a digest, in one form. */
void rows_hash(const struct entities *entities, enum entity_kind kind, size_t number,
               crypto_generichash_state *state);

/*
 * rows_compare(entities, kind, from, count, ret_same, ret_more):
 * Are the rows from number ${from}, ${count} of them at most, the same in memory and in
 * the store?  Touched ones are left out: they are still to be written.  ${ret_more}: there
 * are rows behind them.  Of what differs nothing is changed.
 */
must_use int rows_compare(const struct entities *entities, enum entity_kind kind, size_t from,
                          size_t count, bool *ret_same, bool *ret_more);

/* rows_digest(entities, kind, out): BLAKE2b-256 over all rows in order; for comparisons. */
void rows_digest(const struct entities *entities, enum entity_kind kind, uint8_t out[static 32]);

/* entity_name(kind): The table's name without its prefix. */
const char *entity_name(enum entity_kind kind);

/* entity_text(out, size, view): Copy a view into a TEXT field. */
void entity_text(char *out, size_t size, struct bytes_view view);

#endif
