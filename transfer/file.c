#include "transfer/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEED_LENGTH 32
#define SEED_TEXT   (2 * SEED_LENGTH + 1)

int file_path(char out[static FILE_PATH_MAX], const char *format, ...)
{
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(out, FILE_PATH_MAX, format, arguments);
    va_end(arguments);
    return n >= 0 && n < FILE_PATH_MAX ? 0 : ERR_SIZE;
}

/* All that is left in ${fd}, at most ${room}. */
static int read_all(int fd, uint8_t *data, size_t room, size_t *ret_length)
{
    size_t length = 0;
    uint8_t more;
    ssize_t n;

    while (length < room && (n = read(fd, data + length, room - length)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_SYSTEM;
        length += (size_t)n;
    }
    if (length == room && read(fd, &more, 1) > 0)
        return ERR_SIZE;
    *ret_length = length;
    return 0;
}

/* Opened without waiting, so that a named pipe is refused and not waited for. */
static int open_regular(const char *path, struct stat *st, int *ret_fd)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return ERR_SYSTEM;
    if (fstat(fd, st)) {
        close(fd);
        return ERR_SYSTEM;
    }
    if (!S_ISREG(st->st_mode)) {
        close(fd);
        errno = S_ISDIR(st->st_mode) ? EISDIR : EINVAL;
        return ERR_SYSTEM;
    }
    *ret_fd = fd;
    return 0;
}

int file_read(const char *path, void *data, size_t room, size_t *ret_length)
{
    struct stat st;
    int fd, r = open_regular(path, &st, &fd);

    if (r)
        return r;
    r = read_all(fd, data, room, ret_length);
    close(fd);
    return r;
}

static int write_all(int fd, const uint8_t *data, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, data, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_SYSTEM;
        data += n;
        length -= (size_t)n;
    }
    return fsync(fd) ? ERR_SYSTEM : 0;
}

int file_write(const char *path, unsigned mode, bool exclusive, const void *data, size_t length)
{
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (exclusive ? O_EXCL : O_TRUNC);
    int fd = open(path, flags, (mode_t)mode);
    int r, error;

    if (fd < 0)
        return errno == EEXIST ? ERR_DUPLICATE : ERR_SYSTEM;
    r = write_all(fd, data, length);
    error = errno;
    if (close(fd) && r == 0) {
        error = errno;
        r = ERR_SYSTEM;
    }
    if (r)
        unlink(path);
    errno = error;
    return r;
}

int file_rename(const char *from, const char *to)
{
    char directory[FILE_PATH_MAX];
    int fd, r;

    if (rename(from, to))
        return ERR_SYSTEM;
    r = file_path(directory, "%s", to);
    if (r)
        return r;
    fd = open(dirname(directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ERR_SYSTEM;
    r = fsync(fd) ? ERR_SYSTEM : 0;
    close(fd);
    return r;
}

int file_directory(const char *path, unsigned mode)
{
    return mkdir(path, (mode_t)mode) && errno != EEXIST ? ERR_SYSTEM : 0;
}

int file_seed(const char *path, struct secret **ret_seed)
{
    uint8_t text[SEED_TEXT], seed[SEED_LENGTH];
    struct stat st;
    size_t length;
    int fd, r = open_regular(path, &st, &fd);

    if (r)
        return r;
    r = st.st_mode & (S_IRWXG | S_IRWXO) ? ERR_KEY : read_all(fd, text, sizeof(text), &length);
    close(fd);
    if (r)
        goto out;
    r = ERR_FORMAT;
    if (length != SEED_TEXT || text[SEED_TEXT - 1] != '\n')
        goto out;
    r = bytes_from_hex(bytes_view_of(text, SEED_TEXT - 1), SEED_LENGTH, seed);
    if (r)
        goto out;
    r = secret_copy(seed, sizeof(seed), ret_seed);
out:
    sodium_memzero(text, sizeof(text));
    sodium_memzero(seed, sizeof(seed));
    return r;
}
