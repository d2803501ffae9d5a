/*
 * Power is cut before and behind every sync of a thousand transactions, several times each with
 * another choice of what the disk had written of that which nobody had asked it to make sure.
 *     power_cut [--seed S] [--count N] [--transactions T] [--variants V]
 * Seed S to S + N - 1; each is a trace of its own.  Ends with 1 if an image is lost or unreadable.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enclave/process/log.h"
#include "enclave/store/library.h"
#include "tests/faults/arguments.h"
#include "tests/faults/disk.h"
#include "tests/faults/disk_vfs.h"
#include "tests/faults/machine.h"
#include "tests/faults/trace.h"

#define SHOWN_MAX 5

static struct {
    struct trace trace;
    struct trace_told told;
    struct machine machine;
    struct disk *disk, *image;
    uint64_t seed, boundaries, images, bad;
    uint64_t variants;
} run;

/* The image's own process, so that whatever it does to itself is found out. */
static void check_image(uint64_t choice)
{
    char why[300];
    struct trace t = {.seed = run.trace.seed, .told = &run.told};
    disk_mount(run.image);
    trace_keys(&t);
    const char *wrong = trace_check(&t, why, sizeof why);
    if (wrong)
        printf("seed %lu boundary %lu choice %lx: %s\n", run.seed, run.boundaries, choice, wrong);
    fflush(stdout);
    _exit(wrong != NULL);
}

static void take_image(uint64_t choice)
{
    int status = 1;
    disk_copy(run.disk, run.image);
    disk_cut(run.image, choice);
    pid_t child = fork();
    if (child == 0)
        check_image(choice);
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        run.bad++;
    run.images++;
    if (run.bad > SHOWN_MAX) {
        printf("more than %d images are bad; the rest of this seed is left out\n", SHOWN_MAX);
        exit(1);
    }
}

static void at_sync(void *context, bool behind)
{
    (void)context;
    run.boundaries++;
    /* behind a sync only other files' bytes and the names are open */
    uint64_t variants = behind ? 1 : run.variants;
    for (uint64_t v = 0; v < variants; v++) {
        uint64_t choice = run.seed << 32 ^ run.boundaries << 8 ^ v;
        take_image(disk_random(&choice));
    }
}

static int one_seed(uint64_t seed, uint64_t transactions)
{
    run.seed = seed;
    run.boundaries = 0;
    machine_begin(&run.machine, seed);
    disk_clear(run.disk, seed);
    disk_mount(run.disk);
    trace_begin(seed, &run.told, &run.trace);
    disk_watch(run.disk, at_sync, NULL);
    int r = trace_open(&run.trace);
    if (r == 0)
        r = trace_open_journal(&run.trace);
    if (r == 0)
        r = trace_run(&run.trace, transactions);
    trace_close(&run.trace);
    disk_watch(run.disk, NULL, NULL);
    if (r)
        printf("seed %lu: the trace itself failed: %s\n", seed, error_text(r));
    secret_free(run.trace.key);
    secret_free(run.trace.signing);
    return r;
}

int main(int argc, char **argv)
{
    uint64_t seed = argument(argc, argv, "--seed", 1), count = argument(argc, argv, "--count", 1);
    uint64_t transactions = argument(argc, argv, "--transactions", 1000);
    run.variants = argument(argc, argv, "--variants", 7);
    store_library_begin();
    if (sodium_init() < 0)
        return 2;
    log_name("power_cut", "");
    machine_use(&run.machine);
    disk_vfs_begin();
    run.disk = disk_new();
    run.image = disk_new();
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (uint64_t i = 0; i < count; i++)
        if (one_seed(seed + i, transactions) != 0)
            return 1;
    printf("seeds %lu to %lu: %lu images; temporary files: %u\n", seed, seed + count - 1,
           run.images, disk_vfs_temporary());
    bool ok = run.bad == 0 && disk_vfs_temporary() == 0 && run.images > 0;
    printf("figure power_cut = %lu lost-or-unreadable-of-%lu-images (limit 0, ratio %lu, wants 0) "
           "%s\n",
           run.bad, run.images, run.bad, ok ? "ok" : "short");
    return !ok;
}
