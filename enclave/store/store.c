#include "enclave/store/internal.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/store/library.h"
#include "enclave/store/schema.h"

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
    "INSERT INTO checkpoint (size, note) VALUES (:size, :note) ON CONFLICT (size) DO NOTHING",
    "SELECT note, size FROM checkpoint ORDER BY size DESC LIMIT 1",
    "INSERT INTO document (digest, length) VALUES (:digest, :length) ON CONFLICT DO NOTHING",
    "INSERT INTO document_chunk (digest, part, content) VALUES (:digest, :part, :content)",
    "SELECT content FROM document_chunk WHERE digest = :digest ORDER BY part",
    "SELECT version, position FROM projection WHERE name = :name",
    "INSERT INTO projection (name, version, position) VALUES (:name, :version, :position)"
    " ON CONFLICT (name) DO UPDATE SET version = excluded.version, position = excluded.position",
    "SELECT 1 FROM meta WHERE name = 'enclave'",
};

int store_prepare(struct store *store)
{
    for (int i = 0; i < STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(store->db, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
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

/* ---- opening ---- */

static bool processor_has_sha(void)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29));
}

#define FORMAT_LENGTH 7

/* The first bytes of a file, up to ${room}; ERR_UNKNOWN where there is none. */
static int read_start(const char *name, char *out, size_t room, size_t *ret_length)
{
    int fd = os_open(name, O_RDONLY, 0);
    if (fd < 0)
        return errno == ENOENT ? ERR_UNKNOWN : ERR_SYSTEM;
    ssize_t n = os_read(fd, out, room);
    os_close(fd);
    if (n < 0)
        return ERR_SYSTEM;
    *ret_length = (size_t)n;
    return 0;
}

static int write_format(const char *path, const char *chosen)
{
    int fd = os_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        return ERR_SYSTEM;
    bool done = os_write(fd, chosen, FORMAT_LENGTH) == FORMAT_LENGTH && os_sync(fd) == 0;
    os_close(fd);
    return done ? 0 : ERR_SYSTEM;
}

/*
 * The page MAC is HMAC-SHA256 where the processor computes SHA-256 itself, else
 * SHA512: chosen at creation and kept in NAME.format, because it must be known
 * before a page can be read.  The store is made behind it: where it is cut short and
 * there is no store, its creation was cut short, and it is chosen again.
 */
static int page_mac(const char *name, bool *ret_sha256)
{
    char path[128], text[16] = "", first;
    size_t length = 0, made = 0;
    snprintf(path, sizeof path, "%s.format", name);
    int r = read_start(path, text, sizeof text - 1, &length);
    bool absent = r == ERR_UNKNOWN;
    if (r == 0)
        r = read_start(name, &first, 1, &made);
    if (r && r != ERR_UNKNOWN)
        return r;
    if (absent || (length < FORMAT_LENGTH && made == 0)) {
        *ret_sha256 = processor_has_sha();
        return write_format(path, *ret_sha256 ? "sha256\n" : "sha512\n");
    }
    *ret_sha256 = strcmp(text, "sha256\n") == 0;
    return *ret_sha256 || strcmp(text, "sha512\n") == 0 ? 0 : ERR_FORMAT;
}

static int set_key(sqlite3 *db, const struct secret *key)
{
    char raw[2 * 32 + 4]; /* x'...' : SQLCipher's form of a key that is used as it is */
    raw[0] = 'x';
    raw[1] = '\'';
    bytes_to_hex(secret_open(key), 32, raw + 2);
    secret_close(key);
    raw[66] = '\'';
    int r = sqlite3_key_v2(db, "main", raw, 67);
    sodium_memzero(raw, sizeof raw);
    return r == SQLITE_OK ? 0 : store_error(r);
}

static const char settings[] = "PRAGMA cipher_memory_security = OFF;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA locking_mode = EXCLUSIVE;"
                               "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA cache_size = -16384;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA trusted_schema = OFF;"
                               "PRAGMA wal_autocheckpoint = 4000;";

static int configure(struct store *store, const struct secret *key, bool sha256)
{
    int r = set_key(store->db, key);
    if (r)
        return r;
    const char *mac = sha256 ? "PRAGMA cipher_hmac_algorithm = HMAC_SHA256"
                             : "PRAGMA cipher_hmac_algorithm = HMAC_SHA512";
    if (sqlite3_exec(store->db, mac, NULL, NULL, NULL) != SQLITE_OK)
        return ERR_STORE;
    /* the first read shows whether the key fits */
    r = sqlite3_exec(store->db, settings, NULL, NULL, NULL);
    if (r == SQLITE_NOTADB) /* it says the same when it could not look at it */
        return store_library_works() ? ERR_KEY : ERR_MEMORY;
    if (r != SQLITE_OK)
        return ERR_STORE;
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    return 0;
}

static int schema_version(sqlite3 *db, int *ret_version)
{
    sqlite3_stmt *s = NULL;
    int r = ERR_STORE;
    if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW) {
        *ret_version = sqlite3_column_int(s, 0);
        r = 0;
    }
    sqlite3_finalize(s);
    return r;
}

/* Each numbered file is one transaction; the number of those done is user_version. */
static int migrate(sqlite3 *db)
{
    static const char *const versions[] = {"PRAGMA user_version = 1", "PRAGMA user_version = 2"};
    int done = 0;
    int r = schema_version(db, &done);
    int known = 0;
    while (store_migrations[known])
        known++;
    if (r)
        return r;
    if (done > known)
        return ERR_FORMAT;
    for (; r == 0 && done < known; done++) {
        if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
            sqlite3_exec(db, store_migrations[done], NULL, NULL, NULL) != SQLITE_OK ||
            sqlite3_exec(db, versions[done], NULL, NULL, NULL) != SQLITE_OK ||
            sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
            r = ERR_STORE;
    }
    return r;
}

/* A store belongs to one enclave for good. */
static int check_owner(struct store *store, const char *enclave)
{
    char owner[16];
    size_t length;
    int r = store_meta_get(store, "enclave", owner, sizeof owner, &length);
    if (r == ERR_UNKNOWN)
        return store_meta_set(store, "enclave", bytes_text(enclave));
    if (r)
        return r;
    return bytes_equal_text(bytes_view_of(owner, length), enclave) ? 0 : ERR_FORMAT;
}

/*
 * Whoever had the store before may have been killed behind a write and before its sync: then what
 * is read is only in the kernel's memory, and would be answered for without being sure.  Or it
 * ended because a sync failed: then the kernel shows what the disk does not have.  So what can be
 * made sure is, and then all that the kernel holds is dropped.
 */
static int settle(const char *name)
{
    int fd = os_open(name, O_RDONLY, 0);
    if (fd < 0)
        return errno == ENOENT ? 0 : ERR_SYSTEM;
    int r = os_sync(fd) == 0 ? 0 : ERR_SYSTEM;
    os_close(fd);
    return r == 0 && os_forget(name) != 0 ? ERR_SYSTEM : r;
}

static int forget(const char *name)
{
    char log[128];
    snprintf(log, sizeof log, "%s-wal", name);
    int r = settle(log);
    return r ? r : settle(name);
}

int store_forget(struct store *store)
{
    sqlite3_db_release_memory(store->db);
    return forget(sqlite3_db_filename(store->db, "main"));
}

static int open_once(const char *name, const char *enclave, const struct secret *key,
                     struct store **ret_store)
{
    bool sha256;
    int r = page_mac(name, &sha256);
    if (r == 0)
        r = forget(name);
    if (r)
        return r;
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return ERR_MEMORY;
    if (sqlite3_open_v2(name, &store->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        r = ERR_STORE;
    if (r == 0)
        r = configure(store, key, sha256);
    if (r == 0)
        r = migrate(store->db);
    if (r == 0)
        r = store_prepare(store);
    if (r == 0)
        r = check_owner(store, enclave);
    if (r == 0)
        r = store_load_tree(store);
    if (r) {
        if (store->db)
            log_err("the store: %s", sqlite3_errmsg(store->db));
        store_close(store);
        return r;
    }
    *ret_store = store;
    return 0;
}

int store_open(const char *name, const char *enclave, const struct secret *key,
               struct store **ret_store)
{
    int r = open_once(name, enclave, key, ret_store);
    /* SQLCipher says of a page that it is not ours, too, when it had no memory to look at it */
    return r == ERR_KEY ? open_once(name, enclave, key, ret_store) : r;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->db);
    free(store);
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

/* ---- projections ---- */

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
    int r = store_begin(store);
    if (r == 0 && sqlite3_exec(store->db, schema, NULL, NULL, NULL) != SQLITE_OK) {
        log_err("projection %s: %s", name, sqlite3_errmsg(store->db));
        r = store_error(sqlite3_errcode(store->db));
    }
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

void store_idle(struct store *store)
{
    (void)sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}
