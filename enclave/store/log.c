/* The event log of a store: appending, reading, and the heads that the auditor signs. */
#include "enclave/store/internal.h"

#include <string.h>

#include "enclave/process/os.h"

void store_leaf(const struct store_event *event, uint8_t out[static HASH_TREE_LENGTH])
{
    uint8_t header[STORE_HEADER_LENGTH], commitment[HASH_TREE_LENGTH];
    struct bytes_put put = bytes_into(header, sizeof header);
    bytes_put_u8(&put, STORE_HEADER_VERSION);
    bytes_put_u64(&put, event->sequence);
    bytes_put_fixed(&put, event->boot, sizeof event->boot);
    hash_commitment(event->salt, event->payload, commitment);
    hash_leaf(header, sizeof header, commitment, out);
}

uint64_t store_size(const struct store *store)
{
    return store->tree.end;
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
    int r = store_done(store->statements[STATEMENT_BEGIN]);
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
    struct store_event event = {.sequence = store->tree.end, .payload = payload};
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

static int append_leaf(void *context, const struct store_event *event)
{
    struct store *store = context;
    uint8_t leaf[HASH_TREE_LENGTH];
    store_leaf(event, leaf);
    tree_append(&store->tree, leaf);
    tree_append(&store->since_signed, leaf);
    return 0;
}

/* The peaks at the last signed head are kept; what came behind it is hashed again. */
int store_load_tree(struct store *store)
{
    uint8_t peaks[TREE_PROOF_MAX];
    size_t length;
    tree_begin(&store->signed_tree, 0);
    int r = store_meta_get(store, "peaks", peaks, sizeof peaks, &length);
    if (r == 0) {
        struct bytes in = bytes_over(peaks, length);
        r = tree_read(&in, &store->signed_tree);
        if (r == 0)
            r = bytes_done(&in);
    } else if (r == ERR_UNKNOWN) {
        r = 0;
    }
    store->tree = store->signed_tree;
    tree_begin(&store->since_signed, store->signed_tree.end);
    if (r == 0)
        r = store_walk(store, store->tree.end, INT64_MAX, append_leaf, store);
    store->committed = store->tree;
    return r;
}

/* ---- signed heads ---- */

int store_head(struct store *store, struct bytes_put *proof, uint64_t *ret_old_size,
               uint64_t *ret_size, uint8_t ret_root[static HASH_TREE_LENGTH])
{
    tree_proof_write(&store->signed_tree, &store->since_signed, proof);
    if (proof->error)
        return proof->error;
    *ret_old_size = store->signed_tree.end;
    *ret_size = store->committed.end;
    tree_root(&store->committed, ret_root);
    store->sent_tree = store->committed;
    tree_begin(&store->since_sent, store->committed.end);
    store->head_under_way = true;
    return 0;
}

void store_head_lost(struct store *store)
{
    store->head_under_way = false;
}

uint64_t store_unsigned(const struct store *store)
{
    return store->committed.end - store->signed_tree.end;
}

static int keep_head(struct store *store, uint64_t size, struct bytes_view note)
{
    uint8_t peaks[TREE_PROOF_MAX];
    size_t length;
    struct bytes_put put = bytes_into(peaks, sizeof peaks);
    sqlite3_stmt *s = store->statements[STATEMENT_CHECKPOINT_PUT];
    sqlite3_bind_int64(s, 1, (sqlite3_int64)size);
    sqlite3_bind_text(s, 2, (const char *)note.data, (int)note.length, SQLITE_STATIC);
    int r = store_done(s);
    tree_write(&store->sent_tree, &put);
    if (r == 0)
        r = bytes_put_done(&put, &length);
    return r ? r : store_meta_set(store, "peaks", bytes_view_of(peaks, length));
}

int store_head_signed(struct store *store, uint64_t size, struct bytes_view note)
{
    bool own = !store->in_transaction;
    if (!store->head_under_way || store->sent_tree.end != size)
        return ERR_STATE;
    int r = own ? store_begin(store) : 0;
    if (r)
        return r;
    r = keep_head(store, size, note);
    if (own && r == 0)
        r = store_commit(store);
    else if (own)
        store_rollback(store); /* else the next event would join a transaction that nobody ends */
    if (r)
        return r;
    store->signed_tree = store->sent_tree;
    store->since_signed = store->since_sent;
    store->head_under_way = false;
    return 0;
}

static int append_to(void *context, const struct store_event *event)
{
    uint8_t leaf[HASH_TREE_LENGTH];
    store_leaf(event, leaf);
    tree_append(context, leaf);
    return 0;
}

int store_head_adopt(struct store *store, uint64_t size, struct bytes_view note)
{
    if (size <= store->signed_tree.end || size > store->committed.end)
        return ERR_STATE;
    store->sent_tree = store->signed_tree;
    int r = store_walk(store, store->signed_tree.end, size, append_to, &store->sent_tree);
    tree_begin(&store->since_sent, size);
    if (r == 0)
        r = store_walk(store, size, store->committed.end, append_to, &store->since_sent);
    store->head_under_way = r == 0;
    return r ? r : store_head_signed(store, size, note);
}

int store_checkpoint(struct store *store, char *out, size_t size, size_t *ret_length,
                     uint64_t *ret_size)
{
    sqlite3_stmt *s = store->statements[STATEMENT_CHECKPOINT_LAST];
    int step = sqlite3_step(s);
    int r = step == SQLITE_DONE ? ERR_UNKNOWN : step == SQLITE_ROW ? 0 : store_error(step);
    if (r == 0) {
        size_t length = (size_t)sqlite3_column_bytes(s, 0);
        r = length < size ? 0 : ERR_SIZE;
        if (r == 0) {
            memcpy(out, sqlite3_column_text(s, 0), length);
            out[length] = '\0';
            *ret_length = length;
            *ret_size = (uint64_t)sqlite3_column_int64(s, 1);
        }
    }
    sqlite3_reset(s);
    return r;
}

int store_check_anchor(struct store *store, uint64_t size,
                       const uint8_t root[static HASH_TREE_LENGTH])
{
    uint8_t mine[HASH_TREE_LENGTH];
    struct tree tree = store->signed_tree;
    if (size > store->committed.end)
        return ERR_BEHIND;
    if (size < tree.end)
        tree_begin(&tree,
                   0); /* the store knows a newer head than the auditor: count from the start */
    int r = store_walk(store, tree.end, size, append_to, &tree);
    if (r)
        return r;
    tree_root(&tree, mine);
    return memcmp(mine, root, sizeof mine) == 0 ? 0 : ERR_BEHIND;
}
