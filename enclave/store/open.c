/* Opening a store: its key, its settings, its schema, and why it is refused. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/store/internal.h"
#include "enclave/store/library.h"
#include "enclave/store/opening.h"
#include "enclave/store/schema.h"

/* ---- the key ---- */

int store_set_key(sqlite3 *db, const struct secret *key)
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

static int key_and_mac(sqlite3 *db, const struct secret *key, bool sha256)
{
    int r = store_set_key(db, key);
    if (r)
        return r;
    const char *mac = sha256 ? "PRAGMA cipher_hmac_algorithm = HMAC_SHA256"
                             : "PRAGMA cipher_hmac_algorithm = HMAC_SHA512";
    return sqlite3_exec(db, mac, NULL, NULL, NULL) == SQLITE_OK ? 0 : ERR_STORE;
}

/* Would it open with the other code?  Then the format file says what is not so. */
static bool opens_with_the_other(const struct opening *o)
{
    sqlite3 *db = NULL;
    bool opens = sqlite3_open_v2(o->name, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ==
                     SQLITE_OK &&
                 sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) == SQLITE_OK &&
                 key_and_mac(db, o->key, !o->sha256) == 0 &&
                 sqlite3_exec(db,
                              "PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = ON;"
                              "SELECT count(*) FROM sqlite_schema",
                              NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_close(db);
    return opens;
}

static int refuse_key(struct opening *o)
{
    if (!store_library_works()) /* SQLCipher says the same when it could not look at a page */
        return opening_refuse(o, ERR_MEMORY, "Out of memory.");
    if (opens_with_the_other(o))
        return opening_refuse(
            o, ERR_FORMAT,
            "%s.format says %s, and %s was made with %s. Write %s into it, or put both "
            "files back from the same backup.",
            o->name, o->sha256 ? "sha256" : "sha512", o->name, o->sha256 ? "sha512" : "sha256",
            o->sha256 ? "sha512" : "sha256");
    return opening_refuse(
        o, ERR_KEY,
        "%s cannot be read with the key of %s: it is another enclave's or another "
        "site's, of another generation of the key, or its first page is damaged. Put "
        "back the store of this enclave, from its newest backup.",
        o->name, o->enclave);
}

/* ---- settings ---- */

static const char settings[] = "PRAGMA cipher_memory_security = OFF;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA locking_mode = EXCLUSIVE;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA cache_size = -16384;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA trusted_schema = OFF;"
                               "PRAGMA wal_autocheckpoint = 4000;"
                               "SELECT count(*) FROM sqlite_schema;";

static int refuse_file(struct opening *o, sqlite3 *db)
{
    int r = sqlite3_errcode(db);
    if (r == SQLITE_NOMEM)
        return opening_refuse(o, ERR_MEMORY, "Out of memory.");
    if (r == SQLITE_FULL)
        return opening_refuse(o, ERR_FULL, "There is no room left on the disk of %s.", o->name);
    if (r == SQLITE_BUSY || r == SQLITE_LOCKED)
        return opening_refuse(o, ERR_STATE,
                              "%s is open in another process. One process, one store.", o->name);
    return opening_refuse(
        o, ERR_STORE,
        "%s is damaged or cannot be read (%s). Put the store back from its newest backup.", o->name,
        sqlite3_errmsg(db));
}

static int configure(struct opening *o, struct store *store)
{
    int r = key_and_mac(store->db, o->key, o->sha256);
    if (r)
        return opening_refuse(o, r, "The key of %s cannot be used.", o->name);
    /* what ends before it is finished leaves the files as they were */
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    /* the first read shows whether the key fits */
    r = sqlite3_exec(store->db, settings, NULL, NULL, NULL);
    if (r == SQLITE_NOTADB) {
        sqlite3_close(store->db); /* it holds the lock */
        store->db = NULL;
        return refuse_key(o);
    }
    return r == SQLITE_OK ? 0 : refuse_file(o, store->db);
}

/* ---- the schema ---- */

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
static int migrate(struct opening *o, sqlite3 *db, int done)
{
    static const char *const versions[] = {"PRAGMA user_version = 1", "PRAGMA user_version = 2"};
    if (sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) != SQLITE_OK)
        return refuse_file(o, db);
    for (; store_migrations[done]; done++) {
        if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
            sqlite3_exec(db, store_migrations[done], NULL, NULL, NULL) == SQLITE_OK &&
            sqlite3_exec(db, versions[done], NULL, NULL, NULL) == SQLITE_OK &&
            sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
            continue;
        int r = refuse_file(o, db);
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        return r;
    }
    return 0;
}

/* What the statements read and older forms lack, as views that lie in memory; by the form. */
static const char *const views[] = {
    "CREATE TEMP VIEW epoch AS SELECT 1 AS number, 0 AS first;"
    "CREATE TEMP VIEW checkpoint AS SELECT 1 AS epoch, size, note FROM main.checkpoint;",
};

static int see_as_new(struct opening *o, sqlite3 *db, int done)
{
    size_t n = sizeof views / sizeof *views;
    if (done == 0)
        return opening_refuse(o, ERR_FORMAT, "%s holds no log.", o->name);
    for (size_t i = (size_t)done - 1; i < n; i++)
        if (sqlite3_exec(db, views[i], NULL, NULL, NULL) != SQLITE_OK)
            return refuse_file(o, db);
    return sqlite3_exec(db, "PRAGMA query_only = ON", NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : refuse_file(o, db);
}

static int bring_up_to_date(struct opening *o, struct store *store)
{
    int done = 0, known = 0;
    int r = schema_version(store->db, &done);
    while (store_migrations[known])
        known++;
    if (r)
        return refuse_file(o, store->db);
    if (done > known)
        return opening_refuse(
            o, ERR_FORMAT,
            "%s was written by a newer program: its form is %d, and this program knows "
            "forms up to %d. Start the newer program again. Nothing was changed.",
            o->name, done, known);
    return store->read_only ? see_as_new(o, store->db, done) : migrate(o, store->db, done);
}

/* A store belongs to one enclave for good. */
static int check_owner(struct opening *o, struct store *store)
{
    char owner[64];
    size_t length;
    int r = store_meta_get(store, "enclave", owner, sizeof owner, &length);
    if (r == ERR_UNKNOWN && !store->read_only)
        r = store_meta_set(store, "enclave", bytes_text(o->enclave));
    else if (r == 0 && !bytes_equal_text(bytes_view_of(owner, length), o->enclave))
        r = opening_refuse(
            o, ERR_FORMAT,
            "%s is the store of %.*s, and this is %s. Put back the store of this enclave.", o->name,
            (int)length, owner, o->enclave);
    return r ? opening_refuse(o, r, "%s does not say whose it is.", o->name) : 0;
}

/* ---- the file ---- */

static int open_file(struct opening *o, struct store *store)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (o->use == STORE_READ_WRITE)
        flags |= SQLITE_OPEN_CREATE;
    store->read_only = o->use == STORE_READ_ONLY;
    if (!o->created && !o->has_wal) /* an empty one, that only the looking makes, goes again */
        snprintf(store->wal, sizeof store->wal, "%s-wal", o->name);
    if (sqlite3_open_v2(o->name, &store->db, flags, NULL) != SQLITE_OK)
        return opening_refuse(o, ERR_STORE, "%s cannot be opened: %s.", o->name,
                              store->db ? sqlite3_errmsg(store->db) : "out of memory");
    int r = configure(o, store);
    if (r)
        return r;
    r = bring_up_to_date(o, store);
    if (r == 0 && (r = store_prepare(store)) != 0)
        r = r == ERR_MEMORY ? opening_refuse(o, r, "Out of memory.") : refuse_file(o, store->db);
    if (r == 0)
        r = check_owner(o, store);
    if (r == 0)
        r = store_load_tree(store);
    if (r)
        return opening_refuse(o, r,
                              "The log in %s cannot be read (%s, %s). Put the store back from its "
                              "newest backup.",
                              o->name, error_text(r), sqlite3_errmsg(store->db));
    if (!store->read_only) {
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
        store->wal[0] = '\0';
        r = opening_made(o);
    }
    return r;
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
    char log[136];
    snprintf(log, sizeof log, "%s-wal", name);
    int r = settle(log);
    return r ? r : settle(name);
}

int store_forget(struct store *store)
{
    sqlite3_db_release_memory(store->db);
    return forget(sqlite3_db_filename(store->db, "main"));
}

static int open_once(struct opening *o, struct store **ret_store)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return opening_refuse(o, ERR_MEMORY, "Out of memory.");
    int r = open_file(o, store);
    if (r)
        store_close(store);
    else
        *ret_store = store;
    return r;
}

int store_open_as(const char *name, const char *enclave, const struct secret *key,
                  enum store_use use, struct store_refusal *why, struct store **ret_store)
{
    struct opening o = {.name = name, .enclave = enclave, .key = key, .use = use, .why = why};
    why->text[0] = '\0';
    int r = opening_look(&o);
    if (r == 0 && forget(name) != 0)
        r = opening_refuse(&o, ERR_SYSTEM, "%s cannot be read anew from the disk: %s.", name,
                           strerror(errno));
    if (r == 0)
        r = open_once(&o, ret_store);
    if (r == ERR_KEY) { /* also said of a page that there was no memory to look at */
        why->text[0] = '\0';
        r = open_once(&o, ret_store);
    }
    return r;
}

int store_open(const char *name, const char *enclave, const struct secret *key,
               struct store **ret_store)
{
    struct store_refusal why;
    int r = store_open_as(name, enclave, key, STORE_READ_WRITE, &why, ret_store);
    if (r)
        log_err("%s", why.text);
    return r;
}
