#include "crypto/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PLAIN_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct secret {
    uint8_t *data;
    size_t length;
    bool mapped; /* a memfd_secret mapping; otherwise from sodium_malloc() */
    bool writable;
    unsigned open; /* how many secret_open() await their secret_close() */
};

/* Without this protection the promise of the header does not hold: end here. */
static void protect(struct secret *s, int protection)
{
    int r;

    if (s->mapped)
        r = mprotect(s->data, s->length, protection);
    else if (protection == PROT_NONE)
        r = sodium_mprotect_noaccess(s->data);
    else if (protection == PROT_READ)
        r = sodium_mprotect_readonly(s->data);
    else
        r = sodium_mprotect_readwrite(s->data);
    if (r)
        abort();
}

/* Children get no copy: a wipe in one would wipe the shared pages, and a copy would outlive us. */
static int keep_from_children(void *data, size_t length)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = (uintptr_t)data & ~(page - 1);

    return madvise((void *)start, (uintptr_t)data + length - start, MADV_DONTFORK) ? ERR_SYSTEM : 0;
}

int secret_new(size_t length, struct secret **ret_secret)
{
    struct secret *s;

    if (length == 0 || length > SECRET_MAX)
        return ERR_SIZE;
    if (sodium_init() < 0)
        return ERR_SYSTEM;
    s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_MEMORY;
    s->length = length;
    s->data = sodium_malloc(length);
    if (!s->data || keep_from_children(s->data, length)) {
        sodium_free(s->data);
        free(s);
        return ERR_MEMORY;
    }
    sodium_memzero(s->data, length);
    protect(s, PROT_NONE);
    *ret_secret = s;
    return 0;
}

int secret_random(size_t length, struct secret **ret_secret)
{
    int r = secret_new(length, ret_secret);

    if (r)
        return r;
    randombytes_buf(secret_open_writable(*ret_secret), length);
    secret_close(*ret_secret);
    return 0;
}

int secret_copy(const void *data, size_t length, struct secret **ret_secret)
{
    int r = secret_new(length, ret_secret);

    if (r)
        return r;
    memcpy(secret_open_writable(*ret_secret), data, length);
    secret_close(*ret_secret);
    return 0;
}

/* Size ${fd}, copy ${secret} in through a mapping that is gone on return. */
static int fill(int fd, const struct secret *secret)
{
    void *map;

    if (ftruncate(fd, (off_t)secret->length))
        return ERR_SYSTEM;
    map = mmap(NULL, secret->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return ERR_SYSTEM;
    memcpy(map, secret_open(secret), secret->length);
    secret_close(secret);
    if (munmap(map, secret->length))
        abort();
    return 0;
}

int secret_hand_out(const struct secret *secret, int *ret_fd)
{
    int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
    int r;

    if (fd < 0)
        return errno == ENOSYS ? ERR_STATE : ERR_SYSTEM;
    r = fill(fd, secret);
    if (r) {
        close(fd);
        return r;
    }
    *ret_fd = fd;
    return 0;
}

int secret_hand_out_plain(const struct secret *secret, int *ret_fd)
{
    int fd = memfd_create("key", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int r;

    if (fd < 0)
        return ERR_SYSTEM;
    r = fill(fd, secret);
    if (r == 0 && fcntl(fd, F_ADD_SEALS, PLAIN_SEALS))
        r = ERR_SYSTEM;
    if (r) {
        close(fd);
        return r;
    }
    *ret_fd = fd;
    return 0;
}

/* Keep the mapping itself. */
static int take_mapped(uint8_t *map, size_t length, struct secret **ret_secret)
{
    struct secret *s;

    if (keep_from_children(map, length))
        return ERR_SYSTEM;
    s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_MEMORY;
    *s = (struct secret){.data = map, .length = length, .mapped = true};
    protect(s, PROT_NONE);
    *ret_secret = s;
    return 0;
}

/* Copy into guarded memory, and wipe the pages that came. */
static int take_plain(uint8_t *map, size_t length, struct secret **ret_secret)
{
    int r = secret_copy(map, length, ret_secret);

    sodium_memzero(map, length);
    return r;
}

/* A file that somebody can still shorten would end this process at its first read. */
static int kind_of(int fd, size_t length, bool *ret_mapped)
{
    struct statfs fs;
    struct stat st;

    if (fstatfs(fd, &fs) || fstat(fd, &st))
        return ERR_SYSTEM;
    if (st.st_size < 0 || (size_t)st.st_size != length)
        return ERR_KEY;
    *ret_mapped = fs.f_type == SECRETMEM_MAGIC;
    if (*ret_mapped)
        return 0;
    if (fs.f_type != TMPFS_MAGIC || fcntl(fd, F_GET_SEALS) != PLAIN_SEALS)
        return ERR_KEY;
    return 0;
}

int secret_take(int fd, size_t length, struct secret **ret_secret)
{
    uint8_t *map = MAP_FAILED;
    bool mapped = false;
    int r = ERR_SIZE;

    if (length == 0 || length > SECRET_MAX)
        goto out;
    r = kind_of(fd, length, &mapped);
    if (r)
        goto out;
    map = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        r = ERR_SYSTEM;
        goto out;
    }
    r = mapped ? take_mapped(map, length, ret_secret) : take_plain(map, length, ret_secret);
out:
    if (map != MAP_FAILED && (r || !mapped))
        munmap(map, length);
    close(fd);
    return r;
}

const uint8_t *secret_open(const struct secret *secret)
{
    struct secret *s = (struct secret *)secret; /* the bytes stay const, the count does not */

    if (s->open++ == 0)
        protect(s, PROT_READ);
    return s->data;
}

uint8_t *secret_open_writable(struct secret *secret)
{
    if (secret->open++ == 0 || !secret->writable)
        protect(secret, PROT_READ | PROT_WRITE);
    secret->writable = true;
    return secret->data;
}

void secret_close(const struct secret *secret)
{
    struct secret *s = (struct secret *)secret;

    if (s->open == 0)
        abort();
    if (--s->open > 0)
        return;
    s->writable = false;
    protect(s, PROT_NONE);
}

size_t secret_length(const struct secret *secret)
{
    return secret->length;
}

void secret_free(struct secret *secret)
{
    if (!secret)
        return;
    sodium_memzero(secret_open_writable(secret), secret->length);
    if (!secret->mapped)
        sodium_free(secret->data);
    else if (munmap(secret->data, secret->length))
        abort();
    free(secret);
}
