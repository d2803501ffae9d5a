/* The event log of a store: appending and reading. */
#include "enclave/store/internal.h"

#include <string.h>

#include "enclave/process/os.h"

void store_header(const struct store_event *event, uint8_t out[static STORE_HEADER_LENGTH])
{
    struct bytes_put put = bytes_into(out, STORE_HEADER_LENGTH);
    bytes_put_u8(&put, STORE_HEADER_VERSION);
    bytes_put_u64(&put, event->sequence);
    bytes_put_fixed(&put, event->boot, sizeof event->boot);
}

void store_leaf(const struct store_event *event, uint8_t out[static HASH_TREE_LENGTH])
{
    uint8_t header[STORE_HEADER_LENGTH], commitment[HASH_TREE_LENGTH];
    store_header(event, header);
    hash_commitment(event->salt, event->payload, commitment);
    hash_leaf(header, sizeof header, commitment, out);
}

uint64_t store_size(const struct store *store)
{
    return store->epoch.first + store->tree.end;
}

void store_root(const struct store *store, uint8_t out[static HASH_TREE_LENGTH])
{
    tree_root(&store->tree, out);
}

/* ---- transactions ---- */

/* A row that was read and not let go keeps a read transaction open, and while one is open the WAL
 * is never taken back into the file: it would grow as long as the process lives. */
static void let_go(struct store *store)
{
    sqlite3_reset(store->statements[STATEMENT_READ]);
}

int store_begin(struct store *store)
{
    let_go(store);
    int r = store->read_only ? ERR_STATE : store_done(store->statements[STATEMENT_BEGIN]);
    if (r == 0) {
        store->in_transaction = true;
        tree_begin(&store->batch, store->committed.end);
    }
    return r;
}

void store_rollback(struct store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        (void)!store_done(store->statements[STATEMENT_ROLLBACK]);
    store->in_transaction = false;
    store->tree = store->committed;
    store->epoch = store->committed_epoch;
}

int store_holds(const struct store *store)
{
    if (!store->in_transaction)
        return ERR_STATE;
    return sqlite3_get_autocommit(store->db) ? ERR_STORE : 0;
}

int store_commit(struct store *store)
{
    let_go(store);
    int r = store_done(store->statements[STATEMENT_COMMIT]);
    if (r) {
        store_rollback(store);
        return r;
    }
    store->in_transaction = false;
    if (store->epoch.number != store->committed_epoch.number) {
        store->committed_epoch = store->epoch;
        store->head_under_way = false;
        tree_begin(&store->signed_tree, 0);
        tree_begin(&store->since_signed, 0);
    }
    if (store->batch.end == store->batch.start)
        return 0;
    store->committed = store->tree;
    r = tree_extend(&store->since_signed, &store->batch);
    if (r == 0 && store->head_under_way)
        r = tree_extend(&store->since_sent, &store->batch);
    return r;
}

int store_append(struct store *store, struct bytes_view payload, uint64_t *ret_sequence)
{
    sqlite3_stmt *s = store->statements[STATEMENT_APPEND];
    struct store_event event = {.sequence = store_size(store), .payload = payload};
    uint8_t leaf[HASH_TREE_LENGTH];
    int r = store_holds(store);
    if (r)
        return r;
    if (payload.length > STORE_PAYLOAD_MAX)
        return ERR_SIZE;
    memcpy(event.boot, os_boot_id(), sizeof event.boot);
    os_random(event.salt, sizeof event.salt);
    sqlite3_bind_int64(s, 1, (sqlite3_int64)event.sequence);
    sqlite3_bind_blob(s, 2, event.boot, sizeof event.boot, SQLITE_STATIC);
    sqlite3_bind_blob(s, 3, event.salt, sizeof event.salt, SQLITE_STATIC);
    sqlite3_bind_blob(s, 4, payload.data, (int)payload.length, SQLITE_STATIC);
    r = store_done(s);
    if (r)
        return r;
    store_leaf(&event, leaf);
    tree_append(&store->tree, leaf);
    tree_append(&store->batch, leaf);
    *ret_sequence = event.sequence;
    return 0;
}

/* ---- reading ---- */

/* Longer ones lie on pages of their own.  When such a page does not verify SQLCipher gives zeros
 * for it and makes the file unusable as long as the row is held: so another page is asked for. */
#define OWN_PAGES 3000

static bool is_sound(struct store *store)
{
    sqlite3_stmt *s = store->statements[STATEMENT_SOUND];
    int step = sqlite3_step(s);
    sqlite3_reset(s);
    return step == SQLITE_ROW;
}

static int take_row(struct store *store, sqlite3_stmt *s, struct store_event *ret_event)
{
    ret_event->sequence = (uint64_t)sqlite3_column_int64(s, 0);
    if (sqlite3_column_bytes(s, 1) != 16 || sqlite3_column_bytes(s, 2) != 32)
        return ERR_FORMAT;
    memcpy(ret_event->boot, sqlite3_column_blob(s, 1), 16);
    memcpy(ret_event->salt, sqlite3_column_blob(s, 2), 32);
    ret_event->payload =
        bytes_view_of(sqlite3_column_blob(s, 3), (size_t)sqlite3_column_bytes(s, 3));
    if (ret_event->payload.length > OWN_PAGES && !is_sound(store))
        return ERR_STORE;
    return 0;
}

int store_read(struct store *store, uint64_t sequence, struct store_event *ret_event)
{
    sqlite3_stmt *s = store->statements[STATEMENT_READ];
    sqlite3_reset(s);
    sqlite3_bind_int64(s, 1, (sqlite3_int64)sequence);
    int step = sqlite3_step(s);
    if (step != SQLITE_ROW)
        return step == SQLITE_DONE ? ERR_UNKNOWN : store_error(step);
    /* reset by the next call, and where a transaction begins or ends: the payload is borrowed */
    return take_row(store, s, ret_event);
}

int store_walk(struct store *store, uint64_t from, uint64_t to, store_each *each, void *context)
{
    sqlite3_stmt *s = store->statements[STATEMENT_WALK];
    uint64_t expected = from;
    int r = 0, step = SQLITE_ROW;
    sqlite3_bind_int64(s, 1, (sqlite3_int64)from);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)to);
    while (r == 0 && (step = sqlite3_step(s)) == SQLITE_ROW) {
        struct store_event event;
        r = take_row(store, s, &event);
        if (r == 0 && event.sequence != expected++)
            r = ERR_FORMAT; /* a gap */
        if (r == 0)
            r = each(context, &event);
    }
    sqlite3_reset(s);
    return r == 0 && step != SQLITE_DONE ? store_error(step) : r;
}

int store_append_leaf(void *tree, const struct store_event *event)
{
    uint8_t leaf[HASH_TREE_LENGTH];
    store_leaf(event, leaf);
    tree_append(tree, leaf);
    return 0;
}
