#include "tests/faults/trace_work.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/note.h"
#include "enclave/process/os.h"
#include "tests/faults/disk.h"

/* ---- what the work is: all of it follows from the seed ---- */

static uint64_t mix(uint64_t seed, uint64_t a, uint64_t b)
{
    uint64_t state = seed ^ a * 0x9e3779b97f4a7c15u ^ b * 0xc2b2ae3d27d4eb4fu;
    return disk_random(&state);
}

unsigned trace_events_of(uint64_t seed, uint64_t transaction)
{
    return 1 + (unsigned)(mix(seed, transaction, 1) % 5);
}

uint64_t trace_events_before(uint64_t seed, uint64_t transactions)
{
    uint64_t n = 0;
    for (uint64_t t = 0; t < transactions; t++)
        n += trace_events_of(seed, t);
    return n;
}

static void fill(uint8_t *out, size_t length, uint64_t state)
{
    for (size_t i = 0; i < length; i += 8) {
        uint64_t word = disk_random(&state);
        memcpy(out + i, &word, length - i < 8 ? length - i : 8);
    }
}

struct bytes_view trace_payload_of(uint64_t seed, uint64_t sequence)
{
    static uint8_t data[8192];
    uint64_t r = mix(seed, sequence, 2);
    size_t length = r % 40 == 0 ? 4000 + r / 40 % 4000 : 40 + r / 40 % 300;
    fill(data, length, r);
    return bytes_view_of(data, length);
}

bool trace_has_document(uint64_t seed, uint64_t transaction)
{
    return mix(seed, transaction, 3) % 20 == 0;
}

struct bytes_view trace_document_of(uint64_t seed, uint64_t transaction)
{
    static uint8_t data[TRACE_DOCUMENT_MAX];
    uint64_t r = mix(seed, transaction, 4);
    size_t length = 1 + r % TRACE_DOCUMENT_MAX;
    fill(data, length, r);
    return bytes_view_of(data, length);
}

/* What the projections hold of an event: some bytes of it. */
int64_t trace_value_of(struct bytes_view payload)
{
    uint32_t v;
    memcpy(&v, payload.data + 8, sizeof v);
    return v;
}

/* ---- the projections ---- */

static const char hot_schema[] =
    "DROP TABLE IF EXISTS hot; CREATE TABLE hot (place INTEGER PRIMARY KEY, count INTEGER NOT NULL,"
    " sum INTEGER NOT NULL) STRICT; INSERT INTO hot VALUES (0, 0, 0), (1, 0, 0), (2, 0, 0);";
static const char cold_schema[] =
    "DROP TABLE IF EXISTS cold; CREATE TABLE cold (sequence INTEGER PRIMARY KEY,"
    " value INTEGER NOT NULL) STRICT;";
static const char hot_update[] = "UPDATE hot SET count = count + 1, sum = sum + :value"
                                 " WHERE place = :place";
static const char cold_insert[] = "INSERT INTO cold VALUES (:sequence, :value)";

struct rows {
    sqlite3_stmt *hot, *cold;
};

static int step(sqlite3_stmt *s, int64_t a, int64_t b)
{
    sqlite3_bind_int64(s, 1, a);
    sqlite3_bind_int64(s, 2, b);
    int r = sqlite3_step(s);
    sqlite3_reset(s);
    return r == SQLITE_DONE    ? 0
           : r == SQLITE_FULL  ? ERR_FULL
           : r == SQLITE_NOMEM ? ERR_MEMORY
                               : ERR_STORE;
}

static int open_rows(struct trace *t)
{
    uint64_t position = 0;
    struct rows *rows = t->rows = calloc(1, sizeof *rows);
    int r = rows ? store_projection(t->store, "hot", hot_schema, &position) : ERR_MEMORY;
    if (r == 0)
        r = store_projection(t->store, "cold", cold_schema, &t->cold);
    if (r == 0 &&
        (sqlite3_prepare_v2(store_db(t->store), hot_update, -1, &rows->hot, NULL) != SQLITE_OK ||
         sqlite3_prepare_v2(store_db(t->store), cold_insert, -1, &rows->cold, NULL) != SQLITE_OK))
        r = ERR_STORE;
    return r ? r : store_seal(t->store);
}

/* ---- opening ---- */

void trace_keys(struct trace *t)
{
    uint8_t bytes[32];
    memset(bytes, 3, sizeof bytes);
    if (secret_copy(bytes, 32, &t->key) != 0)
        abort();
    memset(bytes, 5, sizeof bytes);
    if (secret_copy(bytes, 32, &t->signing) != 0)
        abort();
}

void trace_begin(uint64_t seed, struct trace_told *told, struct trace *ret_trace)
{
    *ret_trace = (struct trace){.seed = seed, .told = told};
    *told = (struct trace_told){0};
    trace_keys(ret_trace);
}

int trace_open(struct trace *t)
{
    int r = store_open("store.db", TRACE_ENCLAVE, t->key, &t->store);
    return r ? r : open_rows(t);
}

void trace_close(struct trace *t)
{
    struct rows *rows = t->rows;
    if (rows) {
        sqlite3_finalize(rows->hot);
        sqlite3_finalize(rows->cold);
    }
    free(rows);
    t->rows = NULL;
    store_close(t->store);
    t->store = NULL;
}

static void no_line(void *context, const char *origin, const char *kind, char *fields)
{
    (void)context, (void)origin, (void)kind, (void)fields;
}

int trace_open_journal(struct trace *t)
{
    return journal_open(no_line, NULL, &t->journal);
}

/* ---- working ---- */

static int append_one(struct trace *t)
{
    struct rows *rows = t->rows;
    uint64_t sequence;
    struct bytes_view payload = trace_payload_of(t->seed, store_size(t->store));
    int r = store_append(t->store, payload, &sequence);
    return r ? r : step(rows->hot, trace_value_of(payload), (int64_t)(sequence % 3));
}

int trace_transaction(struct trace *t)
{
    uint8_t digest[32];
    uint64_t number = t->told->transactions;
    int r = store_begin(t->store);
    if (r)
        return r;
    for (unsigned i = trace_events_of(t->seed, number); r == 0 && i > 0; i--)
        r = append_one(t);
    if (r == 0 && trace_has_document(t->seed, number))
        r = store_document_put(t->store, trace_document_of(t->seed, number), digest);
    if (r) {
        store_rollback(t->store);
        return r;
    }
    r = store_commit(t->store);
    if (r)
        return r;
    t->told->events = store_size(t->store);
    store_root(t->store, t->told->root);
    t->told->transactions++;
    return 0;
}

/* The auditor's part: durable, then answered with the note; a size of 0 when there is no news. */
static int sign_head(struct trace *t, uint64_t *ret_size, char note[static NOTE_MAX],
                     size_t *ret_length)
{
    struct note_checkpoint c = {.origin = "casemate/" TRACE_ENCLAVE "/1"};
    char fields[200], root[65];
    uint8_t proof[TREE_PROOF_MAX];
    struct bytes_put put = bytes_into(proof, sizeof proof);
    uint64_t old_size;
    *ret_size = 0;
    int r = store_head(t->store, &put, &old_size, &c.size, c.root);
    if (r || c.size == old_size)
        return r;
    r = note_sign(t->signing, &c, note, ret_length);
    bytes_to_hex(c.root, 32, root);
    snprintf(fields, sizeof fields, "%" PRIu64 " %s", c.size, root);
    if (r == 0)
        r = journal_add(t->journal, "worker/" TRACE_ENCLAVE, "head", fields);
    if (r == 0)
        r = journal_sync(t->journal);
    if (r)
        return r;
    t->told->heads++;
    t->told->head_size = *ret_size = c.size;
    return 0;
}

int trace_head(struct trace *t)
{
    char note[NOTE_MAX];
    size_t length;
    uint64_t size;
    int r = sign_head(t, &size, note, &length);
    return r || size == 0 ? r : store_head_signed(t->store, size, bytes_view_of(note, length));
}

int trace_adopt(struct trace *t)
{
    char note[NOTE_MAX];
    size_t length;
    uint64_t size = 0;
    int r = sign_head(t, &size, note, &length);
    if (r == 0)
        r = trace_transaction(t);
    store_head_lost(t->store);
    return r || size == 0 ? r : store_head_adopt(t->store, size, bytes_view_of(note, length));
}

static int apply_cold(void *context, const struct store_event *event)
{
    struct rows *rows = ((struct trace *)context)->rows;
    return step(rows->cold, (int64_t)event->sequence, trace_value_of(event->payload));
}

int trace_follow(struct trace *t)
{
    uint64_t to = store_size(t->store);
    int r = store_begin(t->store);
    if (r)
        return r;
    r = store_walk(t->store, t->cold, to, apply_cold, t);
    if (r == 0)
        r = store_projection_seen(t->store, "cold", to);
    if (r) {
        store_rollback(t->store);
        return r;
    }
    r = store_commit(t->store);
    if (r == 0)
        t->cold = to;
    return r;
}

int trace_run(struct trace *t, uint64_t transactions)
{
    int r = 0;
    for (uint64_t i = 1; r == 0 && i <= transactions; i++) {
        r = trace_transaction(t);
        if (r == 0 && i % 9 == 0)
            r = trace_head(t);
        if (r == 0 && i % 13 == 0)
            r = trace_follow(t);
        if (r == 0 && i % 37 == 0)
            store_idle(t->store);
        if (r == 0 && i % 211 == 0) {
            trace_close(t);
            r = trace_open(t);
        }
    }
    return r;
}
