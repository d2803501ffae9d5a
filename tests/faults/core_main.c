/*
 * What a core of a process with an open store holds: its key must not be in it.  A child opens a
 * store, works, and is ended as a failed assertion ends it, with the limit on cores lifted; once
 * as the supervisor starts every program (what may be in a core: nothing), and once without, so
 * that it is seen that the search finds what is there.
 *     core DIRECTORY      where cores are written: a new directory of one's own
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enclave/store/library.h"
#include "tests/faults/disk.h"
#include "tests/faults/disk_vfs.h"
#include "tests/faults/machine.h"
#include "tests/faults/trace.h"

static _Noreturn void work_and_end(const char *filter)
{
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    struct trace_told told;
    struct trace t;
    int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, filter, strlen(filter)) != (ssize_t)strlen(filter) ||
        setrlimit(RLIMIT_CORE, &all) != 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
        _exit(77);
    close(fd);
    trace_begin(1, &told, &t);
    if (trace_open(&t) != 0 || trace_open_journal(&t) != 0 || trace_run(&t, 20) != 0)
        _exit(1);
    abort();
}

static size_t count(const uint8_t *data, size_t length, const void *what, size_t n)
{
    size_t found = 0;
    const uint8_t *at = data, *hit;
    while ((hit = memmem(at, length - (size_t)(at - data), what, n))) {
        found++;
        at = hit + 1;
    }
    return found;
}

/* How often the key, as bytes or as digits, stands in the one core that lies here; -1: no core. */
static long search(void)
{
    uint8_t key[32];
    char digits[65];
    struct stat s;
    char name[64];
    memset(key, 3, sizeof key); /* the trace's */
    for (size_t i = 0; i < 32; i++)
        memcpy(digits + 2 * i, "03", 3);
    int fd = -1;
    FILE *list = popen("ls -t | grep '^core' | head -n 1", "r");
    if (list && fscanf(list, "%63s", name) == 1)
        fd = open(name, O_RDONLY | O_CLOEXEC);
    if (list)
        pclose(list);
    if (fd < 0 || fstat(fd, &s) != 0)
        return -1;
    uint8_t *data = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return -1;
    long n = (long)(count(data, (size_t)s.st_size, key, sizeof key) +
                    count(data, (size_t)s.st_size, digits, 64));
    printf("a core of %ld bytes: the key stands in it %ld times\n", (long)s.st_size, n);
    munmap(data, (size_t)s.st_size);
    close(fd);
    unlink(name);
    return n;
}

static long core_with(const char *filter)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        work_and_end(filter);
    if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
        return -2;
    return search();
}

int main(int argc, char **argv)
{
    struct machine machine;
    if (argc != 2 || chdir(argv[1]) != 0 || sodium_init() < 0)
        return 2;
    store_library_begin();
    machine_begin(&machine, 1);
    machine_use(&machine);
    disk_vfs_begin();
    disk_mount(disk_new());
    long bare = core_with("0x11"), kept = core_with("0");
    if (bare == -2 || kept == -2)
        return 2;
    if (bare < 0 || kept < 0) {
        printf("skipped: this machine writes its cores elsewhere (kernel.core_pattern)\n");
        return 0;
    }
    if (bare == 0)
        printf("the search found nothing where the key must be\n");
    bool ok = kept == 0 && bare > 0;
    printf("figure key_in_core = %ld copies (limit 0, ratio %ld, wants 0) %s\n", kept, kept,
           ok ? "ok" : "short");
    return !ok;
}
