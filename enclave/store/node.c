/* Stored nodes of the trees, and the subtrees that are put together from them. */
#include <stdlib.h>
#include <string.h>

#include "enclave/store/internal.h"

static const char schema[] = "DROP TABLE IF EXISTS node;"
                             "CREATE TABLE node ("
                             " epoch INTEGER NOT NULL,"  /* whose tree */
                             " height INTEGER NOT NULL," /* 8 or 16: over 256 or 65,536 leaves */
                             " place INTEGER NOT NULL," /* how many of this height lie left of it */
                             " hash BLOB NOT NULL,"     /* 32 bytes */
                             " PRIMARY KEY (epoch, height, place)) STRICT, WITHOUT ROWID;";

#define LOW       8
#define HIGH      16
#define LEAVES(h) ((uint64_t)1 << (h))

struct nodes {
    sqlite3_stmt *put;
    sqlite3_stmt *get;
    sqlite3_stmt *clear;
    bool doubted;
    uint64_t next;            /* sequence that comes next */
    struct store_epoch epoch; /* of the event before it */
    uint64_t end;             /* sequence behind that epoch's last, as it was looked up */
    struct tree low, high; /* what is not complete yet; they begin at a multiple of their height */
};

static const char put_text[] =
    "REPLACE INTO node (epoch, height, place, hash) VALUES (:epoch, :height, :place, :hash)";
static const char get_text[] =
    "SELECT hash FROM node WHERE epoch = :epoch AND height = :height AND place = :place";
static const char clear_text[] = "DELETE FROM node";

static int prepare(struct store *store, const char *text, sqlite3_stmt **ret)
{
    return sqlite3_prepare_v3(store->db, text, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) ==
                   SQLITE_OK
               ? 0
               : ERR_STORE;
}

void nodes_free(struct nodes *nodes)
{
    if (!nodes)
        return;
    sqlite3_finalize(nodes->put);
    sqlite3_finalize(nodes->get);
    sqlite3_finalize(nodes->clear);
    free(nodes);
}

static int get(const struct nodes *nodes, uint32_t epoch, unsigned height, uint64_t place,
               uint8_t out[static HASH_TREE_LENGTH])
{
    sqlite3_stmt *s = nodes->get;
    int r = ERR_UNKNOWN;
    sqlite3_bind_int64(s, 1, epoch);
    sqlite3_bind_int64(s, 2, height);
    sqlite3_bind_int64(s, 3, (sqlite3_int64)place);
    if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_bytes(s, 0) == HASH_TREE_LENGTH) {
        memcpy(out, sqlite3_column_blob(s, 0), HASH_TREE_LENGTH);
        r = 0;
    }
    sqlite3_reset(s);
    return r;
}

static int put(struct nodes *nodes, unsigned height, uint64_t place,
               const uint8_t hash[static HASH_TREE_LENGTH])
{
    sqlite3_stmt *s = nodes->put;
    sqlite3_bind_int64(s, 1, nodes->epoch.number);
    sqlite3_bind_int64(s, 2, height);
    sqlite3_bind_int64(s, 3, (sqlite3_int64)place);
    sqlite3_bind_blob(s, 4, hash, HASH_TREE_LENGTH, SQLITE_STATIC);
    return store_done(s);
}

/* ---- filling ---- */

/* Where a run of low nodes under a high one that is not complete was left. */
static int load_high(struct store *store, uint64_t at)
{
    struct nodes *n = store->nodes;
    uint8_t hash[HASH_TREE_LENGTH];
    int r = 0;
    tree_begin(&n->high, at - at % LEAVES(HIGH));
    while (r == 0 && n->high.end < at) {
        r = get(n, n->epoch.number, LOW, n->high.end / LEAVES(LOW), hash);
        if (r == 0)
            r = tree_add(&n->high, LOW, hash);
    }
    return r;
}

/* Stand before the event ${sequence}, or before the first of its block. */
static int stand(struct store *store, uint64_t sequence)
{
    struct nodes *n = store->nodes;
    if (store_epoch_of(store, sequence, &n->epoch, &n->end) != 0) {
        n->epoch = store->epoch; /* at the end of everything */
        n->end = store_size(store);
    }
    uint64_t at = sequence - n->epoch.first;
    at -= at % LEAVES(LOW);
    n->next = n->epoch.first + at;
    tree_begin(&n->low, at);
    return load_high(store, at);
}

int store_nodes_stand(struct store *store, uint64_t *ret_position)
{
    uint64_t position = 0;
    int r = store_projection(store, STORE_NODES, schema, &position);
    if (r == 0 && (position > store_size(store) || stand(store, position) != 0))
        r = stand(store, 0); /* not of this log, or not whole: made again */
    if (r == 0)
        *ret_position = store->nodes->next;
    return r;
}

int store_nodes_open(struct store *store, uint64_t *ret_position)
{
    struct nodes *n = calloc(1, sizeof *n);
    uint64_t position = 0;
    if (!n)
        return ERR_MEMORY;
    nodes_free(store->nodes);
    store->nodes = n;
    int r = store_projection(store, STORE_NODES, schema, &position);
    if (r == 0)
        r = prepare(store, put_text, &n->put);
    if (r == 0)
        r = prepare(store, get_text, &n->get);
    if (r == 0)
        r = prepare(store, clear_text, &n->clear);
    return r ? r : store_nodes_stand(store, ret_position);
}

/* The event is the first of another epoch than the one before it. */
static int enter(struct store *store, uint64_t sequence)
{
    struct nodes *n = store->nodes;
    uint32_t before = n->epoch.number;
    int r = store_epoch_of(store, sequence, &n->epoch, &n->end);
    if (r == 0 && n->epoch.number != before) {
        tree_begin(&n->low, 0);
        tree_begin(&n->high, 0);
    }
    return r;
}

int store_nodes_add(struct store *store, const struct store_event *event)
{
    struct nodes *n = store->nodes;
    uint8_t leaf[HASH_TREE_LENGTH];
    if (event->sequence != n->next)
        return ERR_STATE;
    int r = event->sequence >= n->end ? enter(store, event->sequence) : 0;
    if (r)
        return r;
    store_leaf(event, leaf);
    tree_append(&n->low, leaf);
    n->next++;
    if (n->low.end % LEAVES(LOW))
        return 0;
    r = put(n, LOW, n->low.start / LEAVES(LOW), n->low.nodes[0].hash);
    if (r == 0)
        r = tree_add(&n->high, LOW, n->low.nodes[0].hash);
    tree_begin(&n->low, n->low.end);
    if (r || n->high.end % LEAVES(HIGH))
        return r;
    r = put(n, HIGH, n->high.start / LEAVES(HIGH), n->high.nodes[0].hash);
    tree_begin(&n->high, n->high.end);
    return r;
}

int store_nodes_seen(struct store *store)
{
    return store_projection_seen(store, STORE_NODES, store->nodes->next);
}

void store_nodes_doubt(struct store *store)
{
    if (store->nodes)
        store->nodes->doubted = true;
}

bool store_nodes_are_doubted(const struct store *store)
{
    return store->nodes && store->nodes->doubted;
}

int store_nodes_drop(struct store *store)
{
    int r = store_begin(store);
    if (r)
        return r;
    r = store_done(store->nodes->clear);
    if (r == 0)
        r = store_projection_seen(store, STORE_NODES, 0);
    if (r == 0)
        r = store_commit(store);
    else
        store_rollback(store);
    if (r == 0)
        r = stand(store, 0);
    if (r == 0)
        store->nodes->doubted = false;
    return r;
}

/* ---- subtrees ---- */

/* A stored node at ${at}, if a whole one lies below ${to}; its height, or 0. */
static unsigned stored(struct store *store, const struct store_epoch *epoch, uint64_t at,
                       uint64_t to, uint8_t out[static HASH_TREE_LENGTH])
{
    static const unsigned heights[] = {HIGH, LOW};
    for (size_t i = 0; store->nodes && !store->nodes->doubted && i < 2; i++) {
        uint64_t leaves = LEAVES(heights[i]);
        if (at % leaves == 0 && to - at >= leaves &&
            get(store->nodes, epoch->number, heights[i], at / leaves, out) == 0)
            return heights[i];
    }
    return 0;
}

int store_subtree(struct store *store, const struct store_epoch *epoch, uint64_t from, uint64_t to,
                  uint8_t out[static HASH_TREE_LENGTH])
{
    struct tree run;
    int r = 0;
    tree_begin(&run, from);
    while (r == 0 && run.end < to) {
        uint64_t block = run.end - run.end % LEAVES(LOW) + LEAVES(LOW), before = run.end;
        unsigned height = stored(store, epoch, run.end, to, out);
        if (height)
            r = tree_add(&run, height, out);
        else
            r = store_walk(store, epoch->first + run.end, epoch->first + (block < to ? block : to),
                           store_append_leaf, &run);
        if (r == 0 && run.end == before)
            r = ERR_UNKNOWN;
    }
    if (r == 0)
        tree_root(&run, out);
    return r;
}
