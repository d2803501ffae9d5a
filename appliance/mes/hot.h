#ifndef APPLIANCE_MES_HOT_H
#define APPLIANCE_MES_HOT_H

#include "appliance/mes/entity.h"
#include "crypto/secret.h"

/*
 * The keyed digest of the hot tables, which stands in the signed head of a log
 * (crypto/note.h), so that tables that were put back to an older state, or changed
 * behind the log's back, are seen when the store is opened and before they are used.
 *
 *     row    = BLAKE2b-256, keyed, of  u64 table, u64 row number, its fields (rows_hash())
 *     table  = the sum of its rows modulo 2^256, and how many there are
 *     basis  = BLAKE2b-256, keyed, of  "casemate/hot/1", the tables' schema
 *     digest = BLAKE2b-256, keyed, of  basis, then each table in the order of
 *              entity.def: u64 rows, 32 bytes sum
 *
 * Numbers are big-endian.  A changed row costs one digest, however many rows there
 * are; that a sum will do is argued in docs/decisions/0017-hot-digest.md.
 */
#define HOT_LENGTH 32

struct hot;

/* hot_new(key, ret_hot): ${key} is the 32-byte key of this purpose; only read. */
must_use int hot_new(const struct secret *key, struct hot **ret_hot);
void hot_free(struct hot *hot);

/* hot_copy(hot, ret_hot): Another one under the same key, of no rows yet. */
must_use int hot_copy(const struct hot *hot, struct hot **ret_hot);

/* hot_table_is(a, b, kind): Of two under one key: are the rows of this table the same? */
bool hot_table_is(const struct hot *a, const struct hot *b, enum entity_kind kind);

/*
 * hot_follow(hot, entities):
 * Take in every row that was changed since the last call, or all of them behind
 * rows_load().  Rows must be as they are committed.  ERR_MEMORY.
 */
must_use int hot_follow(struct hot *hot, struct entities *entities);

/* hot_digest(hot, out): The digest of what hot_follow() last saw. */
void hot_digest(const struct hot *hot, uint8_t out[static HOT_LENGTH]);

/*
 * hot_write(hot, out): The basis and the tables, as they are digested: kept beside a
 * signed head, so that a difference can be given a table's name.
 */
#define HOT_PARTS_MAX (HOT_LENGTH + (HOT_LENGTH + 8) * 64)
void hot_write(const struct hot *hot, struct bytes_put *out);

enum hot_answer {
    HOT_DIFFERENT = 0,  /* the rows are not those that were signed */
    HOT_NOT_COMPARABLE, /* signed with other tables or another key: a replay must say */
    HOT_SAME
};

/*
 * hot_compare(hot, was, parts, names, size):
 * Is the digest ${was}?  ${parts} is what hot_write() gave then, or empty.  Where it is
 * different, ${names} gets the tables that differ, with a comma between, or "" when
 * ${parts} is not what was signed.
 */
enum hot_answer hot_compare(const struct hot *hot, const uint8_t was[static HOT_LENGTH],
                            struct bytes_view parts, char *names, size_t size);

#endif
