/*
 * Every operation of the store and the journal, with its k-th call to the disk or for memory
 * failing, for every k until none is left to fail.
 *     kth [--every N] [--operation N --kind N --nth N]
 * every N > 1: only each N-th k, for a quick look; the others: one trial, numbered as printed, with
 * all that it says.
 * Whatever the fault: what was acknowledged is there afterwards and equal, nothing is half there,
 * what was refused left nothing, no answer is wrong; and a process that was told of an unknown disk
 * ended.  Ends with 1 if not.
 */
#include <errno.h>
#include <signal.h>
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
#include "tests/faults/memory.h"
#include "tests/faults/trace.h"

#define SEED         7
#define HUNG_AFTER_S 5 /* OpenSSL may wait for itself when it had no memory for what it locked */

/* ---- the operations ---- */

static int nothing(struct trace *t)
{
    (void)t;
    return 0;
}

static int open_both(struct trace *t)
{
    int r = trace_open(t);
    return r ? r : trace_open_journal(t);
}

static int work(struct trace *t)
{
    return trace_run(t, 40);
}

static int read_all(struct trace *t)
{
    return trace_read(t);
}

static int adopt(struct trace *t)
{
    return trace_adopt(t);
}

static int close_and_open(struct trace *t)
{
    trace_close(t);
    return trace_open(t);
}

static const struct operation {
    const char *name;
    uint64_t before; /* transactions that lie there */
    bool clean;      /* and were closed; else their process was killed */
    int (*prepare)(struct trace *t);
    int (*run)(struct trace *t);
} operations[] = {
    {"create", 0, true, nothing, open_both},         {"open", 30, true, nothing, open_both},
    {"recover", 30, false, nothing, open_both},      {"work", 30, false, open_both, work},
    {"read", 60, false, open_both, read_all},        {"adopt", 30, false, open_both, adopt},
    {"close", 30, false, open_both, close_and_open},
};

/* ---- the faults ---- */

static const struct kind {
    const char *name;
    unsigned calls; /* of the disk; 0: memory */
    int error;
    bool for_good;
} kinds[] = {
    {"EIO", DISK_ANY & ~DISK_BIT(DISK_SYNC), EIO, false},
    {"failed sync", DISK_BIT(DISK_SYNC) | DISK_BIT(DISK_SYNC_DIRECTORY), EIO, false},
    {"ENOSPC", DISK_BIT(DISK_WRITE) | DISK_BIT(DISK_OPEN) | DISK_BIT(DISK_TRUNCATE), ENOSPC, false},
    {"short write", DISK_BIT(DISK_WRITE), 0, false},
    {"memory", 0, 0, false},
    {"memory, for good", 0, 0, true},
};

static struct {
    struct disk *disk, *base;
    struct machine machine;
    struct trace_told *told; /* shared with the children */
    struct trace_told at_first;
    bool memory; /* runs out in this trial */
    uint64_t trials, bad, refused, ended, went_on, signals, hung;
} run;

/* ---- one trial: a process with a fault, and what it left ---- */

enum outcome { ACKNOWLEDGED = 0, ENDED = 10, REFUSED = 11, NOT_REACHED = 12, WRONG = 13 };

static bool is_right(int r)
{
    return r == 0 || r == ERR_FULL || r == ERR_STORE || r == ERR_SYSTEM || r == ERR_MEMORY;
}

/* A full disk ends nothing: what the process still holds in memory is what was told, and it goes
 * on as soon as there is room. */
static bool goes_on(struct trace *t)
{
    uint8_t root[HASH_TREE_LENGTH];
    if (!t->store || !t->journal)
        return true; /* it could not begin; the supervisor starts it again */
    store_root(t->store, root);
    if (store_size(t->store) != t->told->events ||
        (t->told->events && memcmp(root, t->told->root, sizeof root) != 0))
        return false;
    return trace_run(t, 40) == 0;
}

static _Noreturn void try_it(const struct operation *o, const struct kind *k, uint64_t nth)
{
    struct trace t = {.seed = SEED, .told = run.told};
    alarm(HUNG_AFTER_S);
    trace_keys(&t);
    int r = o->prepare(&t);
    if (r)
        _exit(WRONG);
    if (k->calls)
        disk_fail(run.disk, k->calls, nth, k->error);
    else
        memory_fail(nth, k->for_good);
    r = o->run(&t);
    bool reached = k->calls ? disk_failed(run.disk) : memory_failed();
    disk_fail(run.disk, 0, 0, 0);
    memory_fail(0, false);
    if (!reached)
        _exit(NOT_REACHED);
    if (!is_right(r)) {
        printf("%s, %s, %lu: it answered: %s\n", o->name, k->name, nth, error_text(r));
        fflush(stdout);
        _exit(WRONG);
    }
    if (r == ERR_FULL && !goes_on(&t)) {
        printf("%s, %s, %lu: behind a full disk it does not go on\n", o->name, k->name, nth);
        fflush(stdout);
        _exit(WRONG);
    }
    _exit(r == 0 ? ACKNOWLEDGED : r == ERR_FULL ? REFUSED : ENDED);
}

static _Noreturn void check_it(const struct operation *o, const struct kind *k, uint64_t nth)
{
    char why[300];
    struct trace t = {.seed = SEED, .told = run.told};
    trace_keys(&t);
    const char *wrong = trace_check(&t, why, sizeof why);
    if (wrong)
        printf("%s, %s, %lu: %s\n", o->name, k->name, nth, wrong);
    fflush(stdout);
    _exit(wrong ? WRONG : ACKNOWLEDGED);
}

static int wait_for(pid_t child)
{
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return WRONG;
    if (WIFSIGNALED(status)) { /* OpenSSL goes on with memory that it did not get; it is an end */
        run.signals++;
        run.hung += WTERMSIG(status) == SIGALRM;
        if (WTERMSIG(status) == SIGALRM)
            printf("it hung\n");
        return run.memory ? ENDED : WRONG;
    }
    return WEXITSTATUS(status);
}

static enum outcome trial(const struct operation *o, const struct kind *k, uint64_t nth)
{
    disk_copy_whole(run.base, run.disk);
    *run.told = run.at_first;
    run.memory = k->calls == 0;
    pid_t child = fork();
    if (child == 0)
        try_it(o, k, nth);
    int outcome = wait_for(child);
    if (outcome == NOT_REACHED || outcome == WRONG)
        return (enum outcome)outcome;
    /* behind a failed sync nobody opens it before the kernel has forgotten what it holds */
    run.memory = false;
    disk_kill(run.disk);
    if (k->calls & DISK_BIT(DISK_SYNC))
        disk_forget_all(run.disk);
    child = fork();
    if (child == 0)
        check_it(o, k, nth);
    return wait_for(child) == ACKNOWLEDGED ? (enum outcome)outcome : WRONG;
}

/* ---- all of them ---- */

static void prepare_base(const struct operation *o)
{
    disk_clear(run.base, SEED);
    disk_mount(run.base);
    pid_t child = fork();
    if (child == 0) {
        struct trace t;
        trace_begin(SEED, run.told, &t);
        int r = o->before ? open_both(&t) : 0;
        if (r == 0 && o->before)
            r = trace_run(&t, o->before);
        if (o->clean)
            trace_close(&t);
        _exit(r != 0);
    }
    if (wait_for(child) != 0)
        exit(2);
    disk_kill(run.base);
    run.at_first = *run.told;
    disk_mount(run.disk);
}

static void all_of(const struct operation *o, const struct kind *k, uint64_t every)
{
    uint64_t nth = 1;
    for (;; nth += every) {
        enum outcome outcome = trial(o, k, nth);
        if (outcome == NOT_REACHED)
            break;
        run.trials++;
        run.bad += outcome == WRONG;
        run.ended += outcome == ENDED;
        run.refused += outcome == REFUSED;
        run.went_on += outcome == ACKNOWLEDGED;
        if (outcome == ACKNOWLEDGED && k->calls & DISK_BIT(DISK_SYNC))
            printf("%s, %s, %lu: it went on\n", o->name, k->name, nth);
    }
    printf("%zu %-8s %zu %-18s %5lu calls\n", (size_t)(o - operations), o->name,
           (size_t)(k - kinds), k->name, nth - 1);
}

int main(int argc, char **argv)
{
    uint64_t every = argument(argc, argv, "--every", 1);
    memory_begin();
    store_library_begin();
    if (sodium_init() < 0 || every == 0)
        return 2;
    log_name("kth", "");
    uint64_t nth = argument(argc, argv, "--nth", 0);
    if (nth == 0 && !freopen("/dev/null", "w", stderr))
        return 2; /* each of them says why it ended */
    setvbuf(stdout, NULL, _IOLBF, 0);
    machine_begin(&run.machine, SEED);
    machine_use(&run.machine);
    disk_vfs_begin();
    run.disk = disk_new();
    run.base = disk_new();
    run.told =
        mmap(NULL, sizeof *run.told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (nth) {
        const struct operation *o = &operations[argument(argc, argv, "--operation", 0)];
        prepare_base(o);
        return (int)trial(o, &kinds[argument(argc, argv, "--kind", 0)], nth);
    }
    for (size_t o = 0; o < sizeof operations / sizeof *operations; o++) {
        prepare_base(&operations[o]);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            all_of(&operations[o], &kinds[k], every);
    }
    printf("%lu trials: %lu ended the process (%lu of them by a signal, %lu because it hung), %lu "
           "were refused, %lu were "
           "borne\n",
           run.trials, run.ended, run.signals, run.hung, run.refused, run.went_on);
    printf("figure kth_call = %lu wrong-of-%lu-faults (limit 0, ratio %lu, wants 0) %s\n", run.bad,
           run.trials, run.bad, run.bad ? "short" : "ok");
    return run.bad != 0;
}
