#ifndef ENCLAVE_STORE_INTERNAL_H
#define ENCLAVE_STORE_INTERNAL_H

#include <sqlite3.h>

#include "enclave/store/store.h"

/* What the files of this folder share; nobody else includes it. */

enum statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_APPEND,
    STATEMENT_READ,
    STATEMENT_WALK,
    STATEMENT_META_GET,
    STATEMENT_META_SET,
    STATEMENT_CHECKPOINT_PUT,
    STATEMENT_CHECKPOINT_LAST,
    STATEMENT_DOCUMENT_PUT,
    STATEMENT_CHUNK_PUT,
    STATEMENT_CHUNK_GET,
    STATEMENT_PROJECTION_GET,
    STATEMENT_PROJECTION_SET,
    STATEMENT_SOUND,
    STATEMENT_COUNT
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    bool in_transaction;
    bool head_under_way;
    struct tree tree;         /* the whole log, with the open transaction's events */
    struct tree committed;    /* the whole log as committed */
    struct tree signed_tree;  /* as the last signed head covers it */
    struct tree sent_tree;    /* as the head under way covers it */
    struct tree since_signed; /* run from the signed size to the committed one */
    struct tree since_sent;   /* run from the sent size to the committed one */
    struct tree batch;        /* run of the open transaction */
};

/* store_prepare(store): Prepare every statement. */
must_use int store_prepare(struct store *store);

/* store_meta_get, store_meta_set: Bytes by name; get copies at most ${room}, ERR_UNKNOWN if none.
 */
must_use int store_meta_get(struct store *store, const char *name, void *out, size_t room,
                            size_t *ret_length);
must_use int store_meta_set(struct store *store, const char *name, struct bytes_view value);

/* store_error(code): What SQLite's ${code} means here: a full disk and memory that ran out are told
 * apart from a store that failed. */
must_use int store_error(int code);

/* store_done(statement): Step a statement that gives no row, and reset it. */
must_use int store_done(sqlite3_stmt *statement);

/* store_load_tree(store): Bring the trees to the log's end at opening. */
must_use int store_load_tree(struct store *store);

/* store_authorize: The second line of defence, set by store_seal(). */
int store_authorize(void *context, int action, const char *a, const char *b, const char *c,
                    const char *d);

#endif
