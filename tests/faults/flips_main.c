/*
 * Files that somebody has changed while nobody looked: a bit, pages, an older page or file, a log
 * cut or gone, the page format, the journal's lines.
 *     flips [--seed S] [--count N]      N changes that follow from S
 * Each is then opened, read, verified and replayed, and counted by what found it.  Nothing that
 * differs may be served unseen.  Ends with 1 if it was.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enclave/process/log.h"
#include "enclave/store/library.h"
#include "tests/faults/arguments.h"
#include "tests/faults/disk.h"
#include "tests/faults/disk_vfs.h"
#include "tests/faults/machine.h"
#include "tests/faults/trace.h"

#define SEED         3
#define TRANSACTIONS 1000
#define PAGE         4096u

static struct {
    struct disk *killed, *closed; /* as the work left it: with a log, and without */
    struct disk *older;           /* half way */
    struct disk *disk;
    struct machine machine;
    struct trace_told *told;
    struct trace_told at_end;
    uint64_t choice;
} run;

/* ---- the changes ---- */

static uint64_t choose(uint64_t below)
{
    return below ? disk_random(&run.choice) % below : 0;
}

/* A copy of a file of the disk to change, and putting it back. */
static uint8_t *take(const struct disk *disk, const char *name, size_t *ret_length)
{
    const uint8_t *data = disk_content((struct disk *)(uintptr_t)disk, name, ret_length);
    uint8_t *copy = data ? malloc(*ret_length + 1) : NULL;
    if (copy)
        memcpy(copy, data, *ret_length);
    return copy;
}

static bool put(const char *name, uint8_t *data, size_t length)
{
    if (data)
        disk_put(run.disk, name, data, length);
    free(data);
    return data != NULL;
}

static bool flip(const char *name)
{
    size_t length = 0;
    uint8_t *data = take(run.disk, name, &length);
    if (data && length)
        data[choose(length)] ^= (uint8_t)(1u << choose(8));
    return put(name, data, length);
}

static bool cut(const char *name)
{
    size_t length = 0;
    uint8_t *data = take(run.disk, name, &length);
    return put(name, data, choose(length));
}

static bool flip_store(void)
{
    return flip("store.db");
}

static bool flip_log(void)
{
    return flip("store.db-wal");
}

static bool flip_journal(void)
{
    return flip("journal.log");
}

static bool cut_store(void)
{
    return cut("store.db");
}

static bool cut_log(void)
{
    return cut("store.db-wal");
}

static bool cut_journal(void)
{
    return cut("journal.log");
}

static bool delete_log(void)
{
    uint64_t length;
    bool there = disk_find("store.db-wal", &length);
    disk_drop(run.disk, "store.db-wal");
    return there;
}

static bool swap_pages(void)
{
    uint8_t other[PAGE];
    size_t length = 0;
    uint8_t *data = take(run.disk, "store.db", &length);
    uint8_t *a = data + PAGE * choose(length / PAGE), *b = data + PAGE * choose(length / PAGE);
    memcpy(other, a, PAGE);
    memcpy(a, b, PAGE);
    memcpy(b, other, PAGE);
    return put("store.db", data, length);
}

/* One that has changed since. */
static bool old_page(void)
{
    size_t length = 0, old_length = 0;
    uint8_t *data = take(run.disk, "store.db", &length);
    const uint8_t *old = disk_content(run.older, "store.db", &old_length);
    size_t pages = (old_length < length ? old_length : length) / PAGE, from = choose(pages);
    for (size_t i = 0; i < pages; i++) {
        size_t at = PAGE * ((from + i) % pages);
        if (memcmp(data + at, old + at, PAGE) == 0)
            continue;
        memcpy(data + at, old + at, PAGE);
        break;
    }
    return put("store.db", data, length);
}

static bool old_file(void)
{
    size_t length = 0;
    uint8_t *data = take(run.older, "store.db", &length);
    if (choose(2))
        disk_drop(run.disk, "store.db-wal");
    return put("store.db", data, length);
}

/* The whole store as it was: an old copy put back. */
static bool old_store(void)
{
    size_t length = 0;
    uint8_t *log = take(run.older, "store.db-wal", &length);
    disk_drop(run.disk, "store.db-wal");
    if (log)
        put("store.db-wal", log, length);
    uint8_t *data = take(run.older, "store.db", &length);
    return put("store.db", data, length);
}

static bool change_format(void)
{
    static const char *const texts[] = {"sha512\n", "sha256\n", "sha1\n", "", "sha256", "\n"};
    uint64_t which = choose(sizeof texts / sizeof *texts + 1);
    if (which == sizeof texts / sizeof *texts)
        disk_drop(run.disk, "store.db.format");
    else
        disk_put(run.disk, "store.db.format", texts[which], strlen(texts[which]));
    return true;
}

static size_t line_behind(const uint8_t *data, size_t length, size_t at)
{
    while (at < length && data[at] != '\n')
        at++;
    return at < length ? at + 1 : length;
}

/* A line of the journal left out, or put once more. */
static bool change_lines(void)
{
    size_t length = 0;
    uint8_t *data = take(run.disk, "journal.log", &length), *made = malloc(2 * length + 1);
    size_t from = line_behind(data, length, choose(length / 2)),
           to = line_behind(data, length, from);
    memcpy(made, data, from);
    size_t n = from;
    if (choose(2)) {
        memcpy(made + n, data + from, to - from);
        n += to - from;
        memcpy(made + n, data + from, to - from);
        n += to - from;
    }
    memcpy(made + n, data + to, length - to);
    n += length - to;
    free(data);
    return put("journal.log", made, n);
}

static bool old_journal(void)
{
    size_t length = 0;
    uint8_t *data = take(run.older, "journal.log", &length);
    return put("journal.log", data, length);
}

static const struct change {
    const char *name;
    bool (*make)(void);
    unsigned weight;
} changes[] = {
    {"a bit of the store", flip_store, 30},
    {"a bit of its log", flip_log, 10},
    {"two pages changed over", swap_pages, 15},
    {"an older page", old_page, 15},
    {"an older file", old_file, 3},
    {"an older store", old_store, 2},
    {"the store cut", cut_store, 5},
    {"its log gone", delete_log, 2},
    {"its log cut", cut_log, 5},
    {"its page format", change_format, 2},
    {"a bit of the journal", flip_journal, 5},
    {"the journal cut", cut_journal, 3},
    {"lines of the journal", change_lines, 2},
    {"an older journal", old_journal, 1},
};
#define CHANGES (sizeof changes / sizeof *changes)

/* ---- what is there to be changed ---- */

static _Noreturn void work(void)
{
    struct trace t;
    trace_begin(SEED, run.told, &t);
    int r = trace_open(&t);
    if (r == 0)
        r = trace_open_journal(&t);
    if (r == 0)
        r = trace_run(&t, TRANSACTIONS / 2);
    disk_copy_whole(run.killed, run.older);
    if (r == 0)
        r = trace_run(&t, TRANSACTIONS / 2);
    disk_copy_whole(run.killed, run.closed);
    disk_mount(run.closed);
    _exit(r != 0);
}

/* The same, with the log taken back into the file and the store closed. */
static _Noreturn void close_it(void)
{
    struct trace t = {.seed = SEED, .told = run.told};
    disk_mount(run.closed);
    trace_keys(&t);
    int r = trace_open(&t);
    trace_close(&t);
    _exit(r != 0);
}

static int in_a_child(void (*what)(void))
{
    int status = 1;
    pid_t child = fork();
    if (child == 0)
        what();
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)
               ? WEXITSTATUS(status)
               : -1;
}

static void prepare(void)
{
    disk_mount(run.killed);
    if (in_a_child(work) != 0 || in_a_child(close_it) != 0) {
        printf("the store to be changed could not be made\n");
        exit(2);
    }
    run.at_end = *run.told;
    disk_kill(run.killed);
    disk_kill(run.closed);
}

/* ---- one change ---- */

static void look(void)
{
    struct trace t = {.seed = SEED, .told = run.told};
    trace_keys(&t);
    _exit((int)trace_look(&t));
}

static const struct change *choose_change(void)
{
    unsigned all = 0;
    for (size_t i = 0; i < CHANGES; i++)
        all += changes[i].weight;
    uint64_t at = choose(all);
    for (size_t i = 0;; i++) {
        if (at < changes[i].weight)
            return &changes[i];
        at -= changes[i].weight;
    }
}

static void print_table(uint64_t table[CHANGES][TRACE_FOUND])
{
    for (size_t i = 0; i < CHANGES; i++) {
        printf("%-24s", changes[i].name);
        for (size_t k = 0; k < TRACE_FOUND; k++)
            if (table[i][k])
                printf(" %s %lu;", trace_found_names[k], table[i][k]);
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    static uint64_t table[CHANGES][TRACE_FOUND];
    uint64_t seed = argument(argc, argv, "--seed", 1),
             count = argument(argc, argv, "--count", 10000);
    uint64_t served = 0, crashed = 0, tail = 0, replayed = 0;
    store_library_begin();
    if (sodium_init() < 0 || !freopen("/dev/null", "w", stderr))
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    machine_begin(&run.machine, SEED);
    machine_use(&run.machine);
    disk_vfs_begin();
    run.killed = disk_new();
    run.closed = disk_new();
    run.older = disk_new();
    run.disk = disk_new();
    run.told =
        mmap(NULL, sizeof *run.told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    prepare();
    for (uint64_t i = 0; i < count; i++) {
        run.choice = seed << 32 ^ i;
        disk_copy_whole(choose(2) ? run.killed : run.closed, run.disk);
        disk_mount(run.disk);
        const struct change *c = choose_change();
        if (!c->make())
            c = &changes[0], flip_store(); /* there was no log to change */
        *run.told = run.at_end;
        int outcome = in_a_child(look);
        if (outcome < 0 || outcome >= TRACE_FOUND) {
            printf("seed %lu, change %lu, %s: the process was ended\n", seed, i, c->name);
            crashed++;
            continue;
        }
        table[c - changes][outcome]++;
        served += outcome == TRACE_SERVED;
        tail += outcome == TRACE_TAIL_GONE;
        replayed += outcome == TRACE_SEEN_BY_REPLAY;
        if (outcome == TRACE_SERVED)
            printf("seed %lu, change %lu, %s: served\n", seed, i, c->name);
    }
    print_table(table);
    printf("of %lu events the last head covers %lu: that many at most can go unseen with the log\n",
           run.at_end.events, run.at_end.head_size);
    printf("%lu lost only that tail; %lu differed in a table and not in the log: the hot tables' "
           "digest and the nightly replay see those\n",
           tail, replayed);
    bool ok = served == 0 && crashed == 0;
    printf("figure bit_flips = %lu served-of-%lu-changes (limit 0, ratio %lu, wants 0) %s\n",
           served + crashed, count, served + crashed, ok ? "ok" : "short");
    return !ok;
}
