/* The trees over the log's epochs, and their heads that the auditor signs. */
#include "enclave/store/internal.h"

#include <string.h>

/* ---- epochs ---- */

const struct store_epoch *store_epoch(const struct store *store)
{
    return &store->epoch;
}

static int find_epoch(struct store *store, uint64_t sequence, struct store_epoch *ret_epoch)
{
    sqlite3_stmt *s = store->statements[STATEMENT_EPOCH_AT];
    sqlite3_bind_int64(s, 1, (sqlite3_int64)sequence);
    int step = sqlite3_step(s);
    int r = step == SQLITE_DONE ? ERR_FORMAT : step == SQLITE_ROW ? 0 : store_error(step);
    if (r == 0) {
        ret_epoch->number = (uint32_t)sqlite3_column_int64(s, 0);
        ret_epoch->first = (uint64_t)sqlite3_column_int64(s, 1);
    }
    sqlite3_reset(s);
    return r;
}

int store_epoch_of(struct store *store, uint64_t sequence, struct store_epoch *ret_epoch,
                   uint64_t *ret_end)
{
    sqlite3_stmt *s = store->statements[STATEMENT_EPOCH_END];
    if (sequence >= store_size(store))
        return ERR_UNKNOWN;
    int r = find_epoch(store, sequence, ret_epoch);
    if (r)
        return r;
    *ret_end = store_size(store);
    sqlite3_bind_int64(s, 1, ret_epoch->number);
    int step = sqlite3_step(s);
    if (step == SQLITE_ROW && sqlite3_column_type(s, 0) == SQLITE_INTEGER)
        *ret_end = (uint64_t)sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return step == SQLITE_ROW ? 0 : store_error(step);
}

int store_epoch_by(struct store *store, uint32_t number, struct store_epoch *ret_epoch)
{
    sqlite3_stmt *s = store->statements[STATEMENT_EPOCH_BY];
    sqlite3_bind_int64(s, 1, number);
    int step = sqlite3_step(s);
    int r = step == SQLITE_DONE ? ERR_UNKNOWN : step == SQLITE_ROW ? 0 : store_error(step);
    if (r == 0)
        *ret_epoch = (struct store_epoch){number, (uint64_t)sqlite3_column_int64(s, 0)};
    sqlite3_reset(s);
    return r;
}

int store_epoch_open(struct store *store, uint32_t number)
{
    sqlite3_stmt *s = store->statements[STATEMENT_EPOCH_PUT];
    uint8_t peaks[TREE_PROOF_MAX];
    struct bytes_put put = bytes_into(peaks, sizeof peaks);
    struct tree empty;
    if (!store->in_transaction || store->batch.end != store->batch.start ||
        number <= store->epoch.number)
        return ERR_STATE;
    sqlite3_bind_int64(s, 1, number);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)store_size(store));
    int r = store_done(s);
    tree_begin(&empty, 0);
    tree_write(&empty, &put);
    if (r == 0)
        r = store_meta_set(store, "peaks", bytes_view_of(peaks, bytes_put_length(&put)));
    if (r)
        return r;
    store->epoch = (struct store_epoch){.number = number, .first = store_size(store)};
    store->tree = empty;
    store->batch = empty;
    return 0;
}

/* The peaks at the last signed head; those of nothing, when the events that they are of are not all
 * here: then the anchor says what is missing. */
static int load_peaks(struct store *store, struct tree *ret_peaks)
{
    uint8_t peaks[TREE_PROOF_MAX];
    size_t length;
    struct store_event last;
    tree_begin(ret_peaks, 0);
    int r = store_meta_get(store, "peaks", peaks, sizeof peaks, &length);
    if (r)
        return r == ERR_UNKNOWN ? 0 : r;
    struct bytes in = bytes_over(peaks, length);
    r = tree_read(&in, ret_peaks);
    if (r == 0)
        r = bytes_done(&in);
    if (r == 0 && ret_peaks->end &&
        store_read(store, store->epoch.first + ret_peaks->end - 1, &last) != 0)
        tree_begin(ret_peaks, 0);
    return r;
}

/* What came behind the last signed head is hashed again. */
int store_load_tree(struct store *store)
{
    int r = find_epoch(store, INT64_MAX, &store->epoch);
    store->committed_epoch = store->epoch;
    if (r == 0)
        r = load_peaks(store, &store->signed_tree);
    tree_begin(&store->since_signed, store->signed_tree.end);
    if (r == 0)
        r = store_walk(store, store->epoch.first + store->signed_tree.end, INT64_MAX,
                       store_append_leaf, &store->since_signed);
    store->tree = store->signed_tree;
    if (r == 0)
        r = tree_extend(&store->tree, &store->since_signed);
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
    sqlite3_bind_int64(s, 1, store->epoch.number);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)size);
    sqlite3_bind_text(s, 3, (const char *)note.data, (int)note.length, SQLITE_STATIC);
    int r = store_done(s);
    s = store->statements[STATEMENT_CHECKPOINT_THIN];
    sqlite3_bind_int64(s, 1, store->epoch.number);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)(size - size % STORE_CHECKPOINT_EVERY));
    sqlite3_bind_int64(s, 3, (sqlite3_int64)size);
    if (r == 0)
        r = store_done(s);
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

int store_head_adopt(struct store *store, uint64_t size, struct bytes_view note)
{
    if (size <= store->signed_tree.end || size > store->committed.end)
        return ERR_STATE;
    store->sent_tree = store->signed_tree;
    uint64_t first = store->epoch.first;
    int r = store_walk(store, first + store->signed_tree.end, first + size, store_append_leaf,
                       &store->sent_tree);
    tree_begin(&store->since_sent, size);
    if (r == 0)
        r = store_walk(store, first + size, first + store->committed.end, store_append_leaf,
                       &store->since_sent);
    store->head_under_way = r == 0;
    return r ? r : store_head_signed(store, size, note);
}

int store_head_regress(struct store *store, uint64_t size)
{
    uint64_t first = store->epoch.first;
    struct tree tree, since;
    if (size >= store->signed_tree.end || store->in_transaction)
        return ERR_STATE;
    tree_begin(&tree, 0);
    tree_begin(&since, size);
    int r = store_walk(store, first, first + size, store_append_leaf, &tree);
    if (r == 0)
        r = store_walk(store, first + size, first + store->committed.end, store_append_leaf,
                       &since);
    if (r)
        return r;
    store->signed_tree = tree;
    store->since_signed = since;
    store->head_under_way = false;
    return 0;
}

int store_checkpoint(struct store *store, uint32_t epoch, char *out, size_t size,
                     size_t *ret_length, uint64_t *ret_size)
{
    sqlite3_stmt *s = store->statements[STATEMENT_CHECKPOINT_LAST];
    sqlite3_bind_int64(s, 1, epoch);
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

int store_check_anchor(struct store *store, uint32_t epoch, uint64_t size,
                       const uint8_t root[static HASH_TREE_LENGTH])
{
    uint8_t mine[HASH_TREE_LENGTH];
    struct tree tree = store->signed_tree;
    if (epoch < store->committed_epoch.number)
        return ERR_STALE;
    if (epoch > store->committed_epoch.number || size > store->committed.end)
        return ERR_BEHIND;
    if (size < tree.end)
        tree_begin(&tree, 0); /* a newer head is known here: count from the start */
    uint64_t first = store->committed_epoch.first;
    int r = store_walk(store, first + tree.end, first + size, store_append_leaf, &tree);
    if (r)
        return r;
    tree_root(&tree, mine);
    return memcmp(mine, root, sizeof mine) == 0 ? 0 : ERR_BEHIND;
}
