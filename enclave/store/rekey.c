#include "enclave/store/rekey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "enclave/process/log.h"
#include "enclave/store/internal.h"

#define PATH_ROOM    128
#define PAGES_A_STEP 512
#define ROOM_BESIDE  (16u << 20) /* so that the rest of the site can go on meanwhile */

static const char *const behind[] = {"", "-wal", "-journal", ".format"};

static void path_of(const char *name, const char *suffix, char out[static PATH_ROOM])
{
    snprintf(out, PATH_ROOM, "%s%s", name, suffix);
}

static bool is_there(const char *name, const char *suffix)
{
    char path[PATH_ROOM];
    path_of(name, suffix, path);
    return access(path, F_OK) == 0;
}

void store_rekey_forget(const char *fresh)
{
    char path[PATH_ROOM];
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
        path_of(fresh, behind[i], path);
        if (unlink(path) != 0 && errno != ENOENT)
            log_sys("%s could not be removed", path);
    }
}

static int sync_directory(void)
{
    int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd >= 0 && fsync(fd) == 0 ? 0 : ERR_SYSTEM;
    if (fd >= 0)
        close(fd);
    return r;
}

/* ---- which key fits ---- */

int store_rekey_open(const char *name, const char *enclave, const struct secret *key,
                     const struct secret *next, enum store_use use, struct store_refusal *why,
                     struct store **ret_store, bool *ret_is_next)
{
    struct store_refusal again;
    bool is_next = false;
    int r = store_open_as(name, enclave, key, use, why, ret_store);
    if (r == ERR_KEY) {
        int other = store_open_as(name, enclave, next, use, &again, ret_store);
        is_next = other != ERR_KEY;
        if (is_next) {
            r = other;
            *why = again;
        }
    }
    if (is_next && r == 0)
        log_info("the store has its next key already: a rekey was not finished; run it again");
    *ret_is_next = is_next;
    return r;
}

static int try_key(const char *name, const char *enclave, const struct secret *key)
{
    struct store *store = NULL;
    int r = store_open(name, enclave, key, &store);
    store_close(store);
    return r;
}

int store_rekey_look(const char *name, const char *enclave, const struct secret *old_key,
                     const struct secret *new_key, enum store_rekey_state *ret_state)
{
    enum store_rekey_state state = STORE_REKEY_NONE;
    int r = is_there(name, "") || !is_there(STORE_RESTORED, "") ? 0 : ERR_STATE;
    if (is_there(name, "")) {
        state = STORE_REKEY_OLD;
        r = try_key(name, enclave, old_key);
        if (r == ERR_KEY) {
            state = STORE_REKEY_NEW;
            r = try_key(name, enclave, new_key);
            if (r == 0)
                r = sync_directory(); /* the swap may not have been durable */
        }
    }
    if (r == 0)
        *ret_state = state;
    return r;
}

static uint64_t size_of(const char *name, const char *suffix)
{
    struct stat st;
    char path[PATH_ROOM];
    path_of(name, suffix, path);
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

int store_rekey_room(const char *name, uint64_t *ret_needed, uint64_t *ret_free)
{
    struct statfs fs;
    int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd >= 0 && fstatfs(fd, &fs) == 0 ? 0 : ERR_SYSTEM;
    if (fd >= 0)
        close(fd);
    if (r)
        return r;
    *ret_needed = size_of(name, "") + size_of(name, "-wal") + ROOM_BESIDE;
    *ret_free = (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize;
    return 0;
}

/* ---- writing ---- */

/* The page MAC that the store was made with: the copy has the same. */
static int copy_format(const char *name, const char *fresh, bool *ret_sha256)
{
    char path[PATH_ROOM], text[8];
    path_of(name, ".format", path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : -1;
    if (fd >= 0)
        close(fd);
    if (n != 7)
        return ERR_FORMAT;
    *ret_sha256 = memcmp(text, "sha256\n", 7) == 0;
    path_of(fresh, ".format", path);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int r = fd >= 0 && write(fd, text, 7) == 7 && fsync(fd) == 0 ? 0 : ERR_SYSTEM;
    if (fd >= 0)
        close(fd);
    return r;
}

/* No journal: a copy that was cut short is thrown away.  It is synced behind its last page. */
static int open_fresh(const char *fresh, const struct secret *key, bool sha256, sqlite3 **ret_db)
{
    const char *mac = sha256 ? "PRAGMA cipher_hmac_algorithm = HMAC_SHA256"
                             : "PRAGMA cipher_hmac_algorithm = HMAC_SHA512";
    static const char settings[] = "PRAGMA cipher_memory_security = OFF;"
                                   "PRAGMA temp_store = MEMORY;"
                                   "PRAGMA locking_mode = EXCLUSIVE;"
                                   "PRAGMA journal_mode = OFF;"
                                   "PRAGMA synchronous = OFF;";
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    sqlite3 *db = NULL;
    int r = sqlite3_open_v2(fresh, &db, flags, NULL) == SQLITE_OK ? 0 : ERR_STORE;
    if (r == 0)
        r = store_set_key(db, key);
    if (r == 0 && (sqlite3_exec(db, mac, NULL, NULL, NULL) != SQLITE_OK ||
                   sqlite3_exec(db, settings, NULL, NULL, NULL) != SQLITE_OK))
        r = ERR_STORE;
    if (r)
        sqlite3_close(db);
    else
        *ret_db = db;
    return r;
}

static int copy_pages(sqlite3 *from, sqlite3 *to, store_rekey_progress *progress, void *context)
{
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
    unsigned told = 0;
    int r = SQLITE_OK;
    if (!copy)
        return ERR_STORE;
    while (r == SQLITE_OK) {
        r = sqlite3_backup_step(copy, PAGES_A_STEP);
        int total = sqlite3_backup_pagecount(copy), left = sqlite3_backup_remaining(copy);
        unsigned percent = total > 0 ? (unsigned)(100LL * (total - left) / total) : 0;
        if (percent > told && progress)
            progress(context, percent);
        told = percent > told ? percent : told;
    }
    int end = sqlite3_backup_finish(copy);
    if (r == SQLITE_FULL || end == SQLITE_FULL)
        return ERR_FULL;
    return r == SQLITE_DONE && end == SQLITE_OK ? 0 : ERR_STORE;
}

static int sync_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int r = fd >= 0 && fsync(fd) == 0 ? 0 : ERR_SYSTEM;
    if (fd >= 0)
        close(fd);
    return r;
}

/* ---- comparing ---- */

static int count_rows(void *context, int columns, char **values, char **names)
{
    (void)columns, (void)values, (void)names;
    ++*(unsigned *)context;
    return 0;
}

static int compare(struct store *from, const char *fresh, const char *enclave,
                   const struct secret *key)
{
    struct store *copy = NULL;
    uint8_t a[HASH_TREE_LENGTH], b[HASH_TREE_LENGTH];
    unsigned wrong = 0;
    int r = store_open(fresh, enclave, key, &copy);
    if (r)
        return r;
    if (sqlite3_exec(store_db(copy), "PRAGMA cipher_integrity_check", count_rows, &wrong, NULL) !=
        SQLITE_OK)
        r = ERR_STORE;
    store_root(from, a);
    store_root(copy, b);
    if (r == 0 &&
        (wrong || store_size(from) != store_size(copy) || memcmp(a, b, HASH_TREE_LENGTH) != 0))
        r = ERR_DIGEST;
    store_close(copy);
    return r;
}

int store_rekey_write(const char *name, const char *fresh, const char *enclave,
                      const struct secret *old_key, const struct secret *new_key,
                      store_rekey_progress *progress, void *context)
{
    struct store *from = NULL;
    sqlite3 *to = NULL;
    bool sha256 = false;
    store_rekey_forget(fresh);
    int r = store_open(name, enclave, old_key, &from);
    if (r)
        return r;
    r = copy_format(name, fresh, &sha256);
    if (r == 0)
        r = open_fresh(fresh, new_key, sha256, &to);
    if (r == 0)
        r = copy_pages(store_db(from), to, progress, context);
    if (sqlite3_close(to) != SQLITE_OK && r == 0)
        r = ERR_STORE;
    if (r == 0)
        r = sync_file(fresh);
    if (r == 0)
        r = compare(from, fresh, enclave, new_key);
    store_close(from);
    return r;
}

/* ---- the one step ---- */

int store_rekey_swap(const char *name, const char *fresh)
{
    char path[PATH_ROOM];
    if (is_there(name, "-wal") || is_there(fresh, "-wal") || is_there(name, "-journal") ||
        is_there(fresh, "-journal"))
        return ERR_STATE;
    int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = dir >= 0 && sync_file(fresh) == 0 ? 0 : ERR_SYSTEM;
    if (r == 0 && fsync(dir) != 0)
        r = ERR_SYSTEM;
    if (r == 0 && renameat(dir, fresh, dir, name) != 0)
        r = ERR_SYSTEM;
    path_of(fresh, ".format", path);
    if (r == 0 && unlink(path) != 0 && errno != ENOENT)
        r = ERR_SYSTEM;
    if (r == 0 && fsync(dir) != 0)
        r = ERR_SYSTEM;
    if (dir >= 0)
        close(dir);
    return r;
}
