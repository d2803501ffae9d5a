/*
 * The figure of a backup, in the working directory: a store's file of 512 MiB sealed, signed and
 * synced as the backup program does it, against the same bytes copied and synced as cp does it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "enclave/backup/backup.h"
#include "enclave/process/os.h"
#include "enclave/store/hold.h"
#include "enclave/store/store.h"
#include "tests/bench/direct.h"
#include "tests/bench/figure.h"

#define DOCUMENTS 32 /* of 16 MiB each: what they hold is ciphertext in the file */
#define ROUNDS    5
#define MIB       1048576.0

static void fill(struct store *store)
{
    uint8_t *content = malloc(STORE_DOCUMENT_MAX), digest[32];
    if (!content)
        figure_die("out of memory");
    memset(content, 'c', STORE_DOCUMENT_MAX);
    for (unsigned i = 0; i < DOCUMENTS; i++) {
        memcpy(content, &i, sizeof i);
        if (store_begin(store) != 0 ||
            store_document_put(store, bytes_view_of(content, STORE_DOCUMENT_MAX), digest) != 0 ||
            store_commit(store) != 0)
            figure_die("the store cannot be filled");
        store_idle(store);
    }
    free(content);
}

static int fresh(const char *name)
{
    unlink(name);
    int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        figure_die("a file cannot be made");
    return fd;
}

/* What cp does where the file system cannot share blocks: read and write, 256 KiB at a time. */
static double copy(int from)
{
    static uint8_t part[256 * 1024];
    int to = fresh("copied");
    ssize_t n;
    uint64_t began = figure_ns();
    for (off_t at = 0; (n = pread(from, part, sizeof part, at)) > 0; at += n)
        if (write(to, part, (size_t)n) != n)
            figure_die("the copy cannot be written");
    if (n < 0 || fsync(to) != 0)
        figure_die("the copy cannot be synced");
    double took = (double)(figure_ns() - began) / 1e9;
    close(to);
    return took;
}

static double seal(int from, uint64_t length, const struct secret *key, const struct secret *seed)
{
    struct backup_head head = {.holder = "ebenchaa", .sha256 = true, .length = length};
    char why[BACKUP_WHY];
    int to = fresh("sealed");
    strcpy(head.checkpoint, "-");
    uint64_t began = figure_ns();
    if (lseek(from, 0, SEEK_SET) != 0 || backup_write(&head, key, seed, from, to, why) != 0)
        figure_die(why);
    if (fsync(to) != 0)
        figure_die("the backup cannot be synced");
    double took = (double)(figure_ns() - began) / 1e9;
    close(to);
    return took;
}

int main(void)
{
    struct direct *direct;
    struct secret *key = NULL, *seed = NULL;
    struct stat st;
    double values[ROUNDS], limits[ROUNDS], cpu = 0;
    if (direct_open("direct.db", 64, 2, &direct) != 0 || secret_random(32, &key) != 0 ||
        secret_random(32, &seed) != 0)
        figure_die("the store cannot be made");
    fill(direct_store(direct));
    if (store_hold(direct_store(direct)) != 0)
        figure_die("the store cannot be held");
    int from = open("direct.db", O_RDONLY | O_CLOEXEC);
    if (from < 0 || fstat(from, &st) != 0 || st.st_size < 500000000)
        figure_die("the store is too small");
    for (int i = 0; i < ROUNDS; i++) {
        limits[i] = (double)st.st_size / MIB / copy(from);
        double before = figure_cpu_us();
        values[i] = (double)st.st_size / MIB / seal(from, (uint64_t)st.st_size, key, seed);
        cpu += (figure_cpu_us() - before) / 1e6;
    }
    figure_note("a file of %.0f MiB; sealing it takes %.2f s of processor time",
                (double)st.st_size / MIB, cpu / ROUNDS);
    store_release(direct_store(direct));
    secret_free(key);
    secret_free(seed);
    direct_close(direct);
    return figure_print(&(struct figure){.name = "backup_ratio",
                                         .unit = "MiB-per-second",
                                         .value = figure_median(values, ROUNDS),
                                         .limit = figure_median(limits, ROUNDS),
                                         .wants = 0.4})
               ? 0
               : 1;
}
