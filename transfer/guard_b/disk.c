#include "transfer/guard_b/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <sodium.h>

/* One pread that is not interrupted: the bytes read, 0 at the end, or ERR_SYSTEM. */
static ssize_t read_at(int fd, void *out, size_t room, off_t at)
{
    for (;;) {
        ssize_t n = pread(fd, out, room, at);
        if (n >= 0)
            return n;
        if (errno != EINTR)
            return ERR_SYSTEM;
    }
}

int b_disk_read(int fd, uint8_t *out, size_t room, size_t *ret_length)
{
    size_t used = 0;
    uint8_t beyond;
    while (used < room) {
        ssize_t n = read_at(fd, out + used, room - used, (off_t)used);
        if (n < 0)
            return ERR_SYSTEM;
        if (n == 0)
            break;
        used += (size_t)n;
    }
    ssize_t more = read_at(fd, &beyond, 1, (off_t)used);
    if (more != 0)
        return more < 0 ? ERR_SYSTEM : ERR_SIZE;
    *ret_length = used;
    return 0;
}

int b_disk_read_named(int directory, const char *name, uint8_t *out, size_t room,
                      size_t *ret_length)
{
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ERR_EOF : ERR_SYSTEM;
    int r = b_disk_read(fd, out, room, ret_length);
    close(fd);
    return r;
}

int b_disk_digest(int fd, uint8_t out[static B_DIGEST_LENGTH])
{
    crypto_generichash_state state;
    uint8_t piece[4096];
    off_t at = 0;
    crypto_generichash_init(&state, NULL, 0, B_DIGEST_LENGTH);
    for (;;) {
        ssize_t n = read_at(fd, piece, sizeof piece, at);
        if (n < 0)
            return ERR_SYSTEM;
        if (n == 0)
            break;
        crypto_generichash_update(&state, piece, (unsigned long long)n);
        at += n;
    }
    crypto_generichash_final(&state, out, B_DIGEST_LENGTH);
    return 0;
}

static int write_all(int fd, struct b_view data)
{
    while (data.length) {
        ssize_t n = write(fd, data.data, data.length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR_SYSTEM;
        data.data += n;
        data.length -= (size_t)n;
    }
    return 0;
}

int b_disk_write(int directory, const char *name, mode_t mode, struct b_view data)
{
    char fresh[100];
    if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", name) >= sizeof fresh)
        return ERR_SIZE;
    int fd = openat(directory, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return ERR_SYSTEM;
    int r = write_all(fd, data);
    if (r == 0 && fsync(fd) != 0)
        r = ERR_SYSTEM;
    if (close(fd) != 0 && r == 0)
        r = ERR_SYSTEM;
    if (r == 0 && (renameat(directory, fresh, directory, name) != 0 || fsync(directory) != 0))
        r = ERR_SYSTEM;
    return r;
}
