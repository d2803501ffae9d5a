#include "enclave/process/os.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include "crypto/bytes.h"

static uint8_t boot_id[OS_BOOT_ID_LENGTH];

uint64_t os_boot_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t os_boot_ms(void)
{
    return os_boot_ns() / 1000000u;
}

int64_t os_utc_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void os_random(void *out, size_t length)
{
    randombytes_buf(out, length);
}

int os_boot_id_load(void)
{
    char text[37], digits[33];
    size_t n = 0;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ERR_SYSTEM;
    ssize_t got = read(fd, text, sizeof text);
    close(fd);
    if (got < 36)
        return ERR_FORMAT;
    for (int i = 0; i < 36 && n < 32; i++)
        if (text[i] != '-')
            digits[n++] = text[i];
    return bytes_from_hex(bytes_view_of(digits, n), OS_BOOT_ID_LENGTH, boot_id);
}

const uint8_t *os_boot_id(void)
{
    return boot_id;
}

void os_uuid(uint8_t out[static 16])
{
    int64_t now = os_utc_ms();
    os_random(out, 16);
    for (int i = 0; i < 6; i++)
        out[i] = (uint8_t)(now >> (8 * (5 - i)));
    out[6] = (uint8_t)(0x70 | (out[6] & 0x0f));
    out[8] = (uint8_t)(0x80 | (out[8] & 0x3f));
}

/* ---- files ---- */

static int sync_directory(void)
{
    int directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return -1;
    int r = fsync(directory);
    close(directory);
    return r;
}

int os_open(const char *name, int flags, mode_t mode)
{
    int fd = open(name, (flags & ~O_CREAT) | O_CLOEXEC);
    if (fd >= 0 || errno != ENOENT || !(flags & O_CREAT))
        return fd;
    fd = open(name, flags | O_CLOEXEC, mode);
    if (fd >= 0 && sync_directory() != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

ssize_t os_read(int fd, void *out, size_t room)
{
    return read(fd, out, room);
}

ssize_t os_write(int fd, const void *data, size_t length)
{
    return write(fd, data, length);
}

int os_sync(int fd)
{
    return fdatasync(fd);
}

int os_truncate(int fd, off_t length)
{
    return ftruncate(fd, length);
}

int os_close(int fd)
{
    return close(fd);
}

int os_rename(const char *from, const char *to)
{
    if (renameat(AT_FDCWD, from, AT_FDCWD, to) != 0)
        return -1;
    return sync_directory();
}

int os_unlink(const char *name)
{
    return unlink(name) == 0 ? sync_directory() : -1;
}

int os_forget(const char *name)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    int r = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
    return r == 0 ? 0 : -1;
}

int os_free(int fd, uint64_t *ret_free, uint64_t *ret_size)
{
    struct statfs s;
    if (fstatfs(fd, &s) != 0)
        return -1;
    *ret_free = (uint64_t)s.f_bavail * (uint64_t)s.f_bsize;
    *ret_size = (uint64_t)s.f_blocks * (uint64_t)s.f_bsize;
    return 0;
}
