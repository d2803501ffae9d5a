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
    STATEMENT_CHECKPOINT_THIN,
    STATEMENT_CHECKPOINT_LAST,
    STATEMENT_EPOCH_PUT,
    STATEMENT_EPOCH_AT,
    STATEMENT_EPOCH_END,
    STATEMENT_EPOCH_BY,
    STATEMENT_DOCUMENT_PUT,
    STATEMENT_CHUNK_PUT,
    STATEMENT_CHUNK_GET,
    STATEMENT_PROJECTION_GET,
    STATEMENT_PROJECTION_SET,
    STATEMENT_SOUND,
    STATEMENT_COUNT
};

struct nodes;

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    bool in_transaction;
    bool head_under_way;
    bool held; /* its file is being copied: nothing goes from the write-ahead log into it */
    bool read_only;
    char wal[136];                      /* to be removed at the end if it is empty; "" */
    struct store_epoch epoch;           /* the last one, with the open transaction's */
    struct store_epoch committed_epoch; /* the last one as committed */
    /* trees count from the epoch's first event */
    struct tree tree;         /* the whole epoch, with the open transaction's events */
    struct tree committed;    /* the whole epoch as committed */
    struct tree signed_tree;  /* as the last signed head covers it */
    struct tree sent_tree;    /* as the head under way covers it */
    struct tree since_signed; /* run from the signed size to the committed one */
    struct tree since_sent;   /* run from the sent size to the committed one */
    struct tree batch;        /* run of the open transaction */
    struct nodes *nodes;      /* NULL until store_nodes_open() */
};

/* store_prepare(store): Prepare every statement. */
must_use int store_prepare(struct store *store);

/* store_error(code): What SQLite's ${code} means here: a full disk and memory that ran out are told
 * apart from a store that failed. */
must_use int store_error(int code);

/* store_done(statement): Step a statement that gives no row, and reset it. */
must_use int store_done(sqlite3_stmt *statement);

/* store_set_key(db, key): The raw key, as SQLCipher takes it; before the first read. */
must_use int store_set_key(sqlite3 *db, const struct secret *key);
/* nodes_free(nodes): Before the store is closed. */
void nodes_free(struct nodes *nodes);

/* store_append_leaf(tree, event): As an each of store_walk(): the event's leaf behind ${tree}. */
int store_append_leaf(void *tree, const struct store_event *event);

/* store_load_tree(store): Bring the trees to the log's end at opening. */
must_use int store_load_tree(struct store *store);

/* store_authorize: The second line of defence, set by store_seal(). */
int store_authorize(void *context, int action, const char *a, const char *b, const char *c,
                    const char *d);

#endif
