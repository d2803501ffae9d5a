/*
 * The figures of a commit, in the working directory: groups of 64 completions through the
 * product's own store, events and tables, without HTTP; against a bare table of which as
 * many pages are written in a commit, and against the same store without encryption, in
 * the same library.  Medians of interleaved rounds.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "enclave/process/os.h"
#include "enclave/store/store.h"
#include "tests/bench/direct.h"
#include "tests/bench/figure.h"

#define GROUP  64
#define UNITS  3840
#define ROUNDS 9

#define COMMITS (UNITS / GROUP)

/* ---- a store without encryption ---- */

static bool keyless;

/* In place of SQLCipher's: the linker gives both names (image/build.mk). */
int __real_sqlite3_key_v2(sqlite3 *db, const char *name, const void *key, int length);
int __wrap_sqlite3_key_v2(sqlite3 *db, const char *name, const void *key, int length);
int __wrap_sqlite3_key_v2(sqlite3 *db, const char *name, const void *key, int length)
{
    return keyless ? SQLITE_OK : __real_sqlite3_key_v2(db, name, key, length);
}

static bool begins_in_clear(const char *name)
{
    char head[16] = "";
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, head, sizeof head) != sizeof head)
        figure_die("a store that was made has no first page");
    close(fd);
    return memcmp(head, "SQLite format 3", 16) == 0;
}

/* ---- the bare table ---- */

/* A row of this length has a page to itself. */
#define ROW 3900

struct bare {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *insert, *update;
    unsigned fresh, again; /* rows of a commit: new ones, and the first ones changed */
};

static void run(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        figure_die(sqlite3_errmsg(db));
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *text)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL) != SQLITE_OK)
        figure_die(sqlite3_errmsg(db));
    return s;
}

static void step(sqlite3_stmt *s)
{
    if (sqlite3_step(s) != SQLITE_DONE)
        figure_die(sqlite3_errmsg(sqlite3_db_handle(s)));
    sqlite3_reset(s);
}

/* As the product opens its own: the same page, MAC, cache and checkpoints. */
static const char settings[] =
    "PRAGMA cipher_memory_security = OFF; PRAGMA temp_store = MEMORY;"
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;"
    "PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_mode = WAL;"
    "CREATE TABLE page (id INTEGER PRIMARY KEY, filler BLOB);";

static bool has_sha256(const char *store)
{
    char path[64], text[16] = "";
    snprintf(path, sizeof path, "%s.format", store);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0)
        figure_die("the store does not say which MAC it has");
    close(fd);
    return strcmp(text, "sha256\n") == 0;
}

static void bare_open(struct bare *b, bool sha256)
{
    static const char key[] = "x'2dd29ca851e7b56e4697b0e1f08507293d761a05ce4d1b628663f411a8086d99'";
    if (sqlite3_open_v2("bare.db", &b->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK ||
        __real_sqlite3_key_v2(b->db, "main", key, sizeof key - 1) != SQLITE_OK)
        figure_die("the bare table cannot be made");
    run(b->db, sha256 ? "PRAGMA cipher_hmac_algorithm = HMAC_SHA256"
                      : "PRAGMA cipher_hmac_algorithm = HMAC_SHA512");
    run(b->db, settings);
    b->begin = prepare(b->db, "BEGIN IMMEDIATE");
    b->commit = prepare(b->db, "COMMIT");
    b->insert = prepare(b->db, "INSERT INTO page (filler) VALUES (?1)");
    b->update = prepare(b->db, "UPDATE page SET filler = ?1 WHERE id = ?2");
}

static void bare_commit(struct bare *b)
{
    static uint8_t filler[ROW];
    static unsigned count;
    step(b->begin);
    for (unsigned i = 0; i < b->fresh + b->again; i++) {
        sqlite3_stmt *s = i < b->fresh ? b->insert : b->update;
        memcpy(filler, &count, sizeof count);
        count++;
        sqlite3_bind_blob(s, 1, filler, ROW, SQLITE_STATIC);
        if (s == b->update)
            sqlite3_bind_int64(s, 2, i - b->fresh + 1);
        step(s);
    }
    step(b->commit);
}

/* ---- pages ---- */

/* Pages that commits wrote, each once a commit. */
static double pages_written(sqlite3 *db)
{
    int now = 0, most = 0;
    if (sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_WRITE, &now, &most, 0) != SQLITE_OK)
        figure_die("the library does not count pages");
    return now;
}

static double bare_pages(struct bare *b)
{
    double before = pages_written(b->db);
    for (int i = 0; i < COMMITS; i++)
        bare_commit(b);
    return (pages_written(b->db) - before) / COMMITS;
}

static double file_pages(const char *name)
{
    struct stat st;
    if (stat(name, &st) != 0)
        figure_die("a store has no file");
    return (double)st.st_size / 4096;
}

static unsigned next_operation = 1;

/* What the product's commit writes, and how much of it is new pages; then so does the bare one. */
static double match(struct direct *product, struct bare *b)
{
    sqlite3 *db = store_db(direct_store(product));
    if (direct_start(product, next_operation) != 0)
        figure_die("the direct store fails");
    store_idle(direct_store(product));
    double pages = pages_written(db), file = file_pages("direct.db");
    if (direct_complete(product, next_operation++, GROUP) != 0)
        figure_die("the direct store fails");
    pages = (pages_written(db) - pages) / COMMITS;
    store_idle(direct_store(product));
    file = (file_pages("direct.db") - file) / COMMITS;
    b->fresh = (unsigned)(pages + 0.5); /* rows to change again, too */
    bare_commit(b);
    b->fresh = (unsigned)(file + 0.5);
    b->again = 0;
    double bare = bare_pages(b);
    if (pages > bare)
        b->again = (unsigned)(pages - bare + 0.5);
    bare = bare_pages(b);
    figure_note("a commit of %d completions writes %.1f pages, %.1f of them new; the bare one %.1f",
                GROUP, pages, file, bare);
    return pages;
}

/* ---- rounds ---- */

struct times {
    double rate[ROUNDS]; /* completions a second */
    double us[ROUNDS];   /* processor time of one */
};

static struct times product_times, plain_times, bare_times;

static void measure(struct times *t, int round, struct direct *d, struct bare *b)
{
    int r = d ? direct_start(d, next_operation) : 0;
    double cpu = figure_cpu_us();
    uint64_t began = os_boot_ns();
    if (r == 0 && d)
        r = direct_complete(d, next_operation, GROUP);
    for (int i = 0; b && i < COMMITS; i++)
        bare_commit(b);
    if (r)
        figure_die("the direct store fails");
    t->rate[round] = UNITS * 1e9 / (double)(os_boot_ns() - began);
    t->us[round] = (figure_cpu_us() - cpu) / UNITS;
}

static bool print(const char *name, struct times *value, struct times *limit, double wants)
{
    figure_note("%s: %.1f us of processor time a completion, the limit %.1f", name,
                figure_median(value->us, ROUNDS), figure_median(limit->us, ROUNDS));
    return figure_print(&(struct figure){.name = name,
                                         .unit = "per-second",
                                         .value = figure_median(value->rate, ROUNDS),
                                         .limit = figure_median(limit->rate, ROUNDS),
                                         .wants = wants});
}

int main(void)
{
    struct direct *product, *plain;
    struct bare bare = {0};
    bool good = true;
    if (direct_open("direct.db", UNITS, ROUNDS + 1, &product) != 0)
        figure_die("the store cannot be made");
    keyless = true;
    if (direct_open("plain.db", UNITS, ROUNDS + 1, &plain) != 0)
        figure_die("the plain store cannot be made");
    store_idle(direct_store(product));
    store_idle(direct_store(plain));
    if (begins_in_clear("direct.db") || !begins_in_clear("plain.db"))
        figure_die("the one store is not sealed, or the other is not plain");
    bare_open(&bare, has_sha256("direct.db"));
    match(product, &bare);
    if (direct_start(plain, 1) != 0 || direct_complete(plain, 1, GROUP) != 0)
        figure_die("the plain store fails");
    for (int round = 0; round < ROUNDS; round++, next_operation++) {
        measure(&product_times, round, product, NULL);
        measure(&bare_times, round, NULL, &bare);
        measure(&plain_times, round, plain, NULL);
    }
    if (figure_is_wanted("group_commit_ratio"))
        good = print("group_commit_ratio", &product_times, &bare_times, 0.7) && good;
    if (figure_is_wanted("encryption_ratio"))
        good = print("encryption_ratio", &product_times, &plain_times, 0.65) && good;
    return good ? 0 : 1;
}
