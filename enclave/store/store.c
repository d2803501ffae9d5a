#include "enclave/store/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enclave/process/log.h"
#include "enclave/process/os.h"

/* In the order of enum statement. */
static const char *const statement_texts[STATEMENT_COUNT] = {
    "BEGIN IMMEDIATE",
    "COMMIT",
    "ROLLBACK",
    "INSERT INTO event (sequence, boot, salt, payload) VALUES (:sequence, :boot, :salt, :payload)",
    "SELECT sequence, boot, salt, payload FROM event WHERE sequence = :sequence",
    "SELECT sequence, boot, salt, payload FROM event WHERE sequence >= :from AND sequence < :to"
    " ORDER BY sequence",
    "SELECT value FROM meta WHERE name = :name",
    "INSERT INTO meta (name, value) VALUES (:name, :value)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    "INSERT INTO checkpoint (epoch, size, note) VALUES (:epoch, :size, :note)"
    " ON CONFLICT (epoch, size) DO NOTHING",
    "DELETE FROM checkpoint WHERE epoch = :epoch AND size >= :from AND size < :to",
    "SELECT note, size FROM checkpoint WHERE epoch = :epoch ORDER BY size DESC LIMIT 1",
    "INSERT INTO epoch (number, first) VALUES (:number, :first)",
    "SELECT number, first FROM epoch WHERE first <= :sequence ORDER BY number DESC LIMIT 1",
    "SELECT min(first) FROM epoch WHERE number > :number",
    "SELECT first FROM epoch WHERE number = :number",
    "INSERT INTO document (digest, length) VALUES (:digest, :length) ON CONFLICT DO NOTHING",
    "INSERT INTO document_chunk (digest, part, content) VALUES (:digest, :part, :content)",
    "SELECT content FROM document_chunk WHERE digest = :digest ORDER BY part",
    "SELECT version, position FROM projection WHERE name = :name",
    "INSERT INTO projection (name, version, position) VALUES (:name, :version, :position)"
    " ON CONFLICT (name) DO UPDATE SET version = excluded.version, position = excluded.position",
    "SELECT 1 FROM meta WHERE name = 'enclave'",
};

/* What only reads is all that a store needs which is not to be changed: it may be of an older form,
 * of which temporary views show what these statements read. */
static bool only_reads(const char *text)
{
    return strncmp(text, "SELECT", 6) == 0;
}

int store_prepare(struct store *store)
{
    for (int i = 0; i < STATEMENT_COUNT; i++)
        if ((!store->read_only || only_reads(statement_texts[i])) &&
            sqlite3_prepare_v3(store->db, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &store->statements[i], NULL) != SQLITE_OK)
            return store_error(sqlite3_errcode(store->db));
    return 0;
}

int store_error(int code)
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

int store_done(sqlite3_stmt *statement)
{
    int r = sqlite3_step(statement);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return r == SQLITE_DONE ? 0 : store_error(r);
}

void store_close(struct store *store)
{
    struct stat st;
    if (!store)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    nodes_free(store->nodes);
    sqlite3_close(store->db);
    if (store->wal[0] && stat(store->wal, &st) == 0 && st.st_size == 0)
        unlink(store->wal);
    free(store);
}

bool store_is_read_only(const struct store *store)
{
    return store->read_only;
}

struct sqlite3 *store_db(struct store *store)
{
    return store->db;
}

int store_seal(struct store *store)
{
    return sqlite3_set_authorizer(store->db, store_authorize, NULL) == SQLITE_OK ? 0 : ERR_STORE;
}

/* ---- meta ---- */

int store_meta_get(struct store *store, const char *name, void *out, size_t room,
                   size_t *ret_length)
{
    sqlite3_stmt *s = store->statements[STATEMENT_META_GET];
    int r = 0, step;
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    if ((step = sqlite3_step(s)) == SQLITE_ROW) {
        size_t length = (size_t)sqlite3_column_bytes(s, 0);
        r = length <= room ? 0 : ERR_SIZE;
        if (r == 0)
            memcpy(out, sqlite3_column_blob(s, 0), length);
        *ret_length = length;
    } else { /* that it could not be read does not mean that it is not there */
        r = step == SQLITE_DONE ? ERR_UNKNOWN : store_error(step);
    }
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return r;
}

int store_meta_set(struct store *store, const char *name, struct bytes_view value)
{
    sqlite3_stmt *s = store->statements[STATEMENT_META_SET];
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_blob(s, 2, value.data, (int)value.length, SQLITE_STATIC);
    return store_done(s);
}

/* Other bytes than the last time: pages that do not change are not written. */
int store_room(struct store *store)
{
    static uint8_t bytes[STORE_ROOM];
    os_random(bytes, sizeof bytes);
    int r = store_begin(store);
    if (r)
        return r;
    r = store_meta_set(store, "room", bytes_view_of(bytes, sizeof bytes));
    if (r == 0)
        return store_commit(store);
    store_rollback(store);
    return r;
}

/* ---- projections ---- */

/* The tables that ${schema} drops are taken out of the list of tables without being read; their
 * pages stay behind, used by nobody, until the store is written anew (a rekey). */
static int abandon(sqlite3 *db, const char *schema)
{
    static const char drop[] = "DROP TABLE IF EXISTS ";
    sqlite3_stmt *s = NULL;
    int r = sqlite3_exec(db, "PRAGMA writable_schema = ON", NULL, NULL, NULL);
    if (r == SQLITE_OK)
        r = sqlite3_prepare_v2(db, "DELETE FROM sqlite_schema WHERE tbl_name = :name", -1, &s,
                               NULL);
    for (const char *at = schema; r == SQLITE_OK && (at = strstr(at, drop));) {
        at += sizeof drop - 1;
        sqlite3_bind_text(s, 1, at, (int)strcspn(at, ";"), SQLITE_STATIC);
        r = sqlite3_step(s) == SQLITE_DONE ? SQLITE_OK : sqlite3_errcode(db);
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    int reset = sqlite3_exec(db, "PRAGMA writable_schema = RESET", NULL, NULL, NULL);
    return r ? r : reset;
}

static int make_tables(struct store *store, const char *schema)
{
    int r = sqlite3_exec(store->db, schema, NULL, NULL, NULL);
    return r == SQLITE_OK ? 0 : store_error(r);
}

/* What was begun ends with the page that cannot be read, so it is begun again. */
static int make_tables_again(struct store *store, const char *name, const char *schema)
{
    log_err("projection %s: its tables cannot be read, and are left where they are: %s", name,
            sqlite3_errmsg(store->db));
    store_rollback(store);
    int r = store_begin(store);
    if (r)
        return r;
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    r = abandon(store->db, schema);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return r == SQLITE_OK ? make_tables(store, schema) : store_error(r);
}

int store_projection(struct store *store, const char *name, const char *schema,
                     uint64_t *ret_position)
{
    uint8_t digest[32];
    char version[65];
    sqlite3_stmt *s = store->statements[STATEMENT_PROJECTION_GET];
    bool same = false;
    hash_content("casemate/projection/1", bytes_text(schema), digest);
    bytes_to_hex(digest, 32, version);
    *ret_position = 0;
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    int step = sqlite3_step(s);
    if (step == SQLITE_ROW) {
        const char *found = (const char *)sqlite3_column_text(s, 0);
        step = found ? SQLITE_DONE : SQLITE_NOMEM;
        same = found && strcmp(found, version) == 0;
        *ret_position = same ? (uint64_t)sqlite3_column_int64(s, 1) : 0;
    }
    sqlite3_reset(s);
    if (step != SQLITE_DONE) /* else tables would be dropped because they could not be read */
        return store_error(step);
    if (same)
        return 0;
    int r = store_begin(store); /* ERR_STATE where nothing may be changed */
    if (r)
        return r;
    r = make_tables(store, schema);
    if (r == ERR_STORE)
        r = make_tables_again(store, name, schema);
    if (r == 0) {
        s = store->statements[STATEMENT_PROJECTION_SET];
        sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
        sqlite3_bind_text(s, 2, version, -1, SQLITE_STATIC);
        sqlite3_bind_int64(s, 3, 0);
        r = store_done(s);
    }
    if (r == 0)
        return store_commit(store);
    store_rollback(store);
    return r;
}

/* UPDATE alone would do, but the row's version must stay what store_projection() wrote. */
static const char seen_text[] = "UPDATE projection SET position = :position WHERE name = :name";

int store_projection_seen(struct store *store, const char *name, uint64_t position)
{
    sqlite3_stmt *s = NULL;
    int prepared = sqlite3_prepare_v2(store->db, seen_text, -1, &s, NULL);
    if (prepared != SQLITE_OK)
        return store_error(prepared);
    sqlite3_bind_int64(s, 1, (sqlite3_int64)position);
    sqlite3_bind_text(s, 2, name, -1, SQLITE_STATIC);
    int r = store_done(s);
    sqlite3_finalize(s);
    return r;
}

static const char forget_text[] = "DELETE FROM projection WHERE name = :name";

int store_projection_forget(struct store *store, const char *name)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(store->db, forget_text, -1, &s, NULL) != SQLITE_OK)
        return ERR_STORE;
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    int r = store_done(s);
    sqlite3_finalize(s);
    return r;
}

void store_idle(struct store *store)
{
    if (!store->read_only && !store->held)
        (void)sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}
