/* The ring's file: replaced whole, or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enclave/keys/keyring.h"

#define FRESH KEYRING_FILE ".new"

static char text[KEYRING_TEXT_MAX + 1];

int keyring_load(int dir, struct keyring *ret_ring, char why[static KEYRING_WHY])
{
    size_t length = 0;
    ssize_t n = 0;
    int fd = openat(dir, KEYRING_FILE, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        snprintf(why, KEYRING_WHY, "There is no key ring.");
        return errno == ENOENT ? ERR_UNKNOWN : ERR_SYSTEM;
    }
    while (length < sizeof text && (n = read(fd, text + length, sizeof text - length)) > 0)
        length += (size_t)n;
    close(fd);
    if (n < 0) {
        snprintf(why, KEYRING_WHY, "The key ring could not be read to its end.");
        return ERR_SYSTEM;
    }
    char said[KEYRING_WHY] = "";
    int r = keyring_parse(bytes_view_of(text, length), ret_ring, said);
    sodium_memzero(text, length);
    if (r)
        snprintf(why, KEYRING_WHY, "The key ring is not in its form, %.180s.", said);
    return r;
}

static int write_all(int fd, const char *data, size_t length)
{
    while (length) {
        ssize_t n = write(fd, data, length);
        if (n <= 0)
            return ERR_SYSTEM;
        data += n;
        length -= (size_t)n;
    }
    return fsync(fd) == 0 ? 0 : ERR_SYSTEM;
}

static int write_fresh(int dir, size_t length)
{
    int fd = openat(dir, FRESH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return ERR_SYSTEM;
    int r = write_all(fd, text, length);
    close(fd);
    return r;
}

/* What the file of before held is gone from the directory already; its blocks are overwritten as
 * far as the file system writes in place.  Nothing depends on its success. */
static void overwrite(int fd)
{
    static const char zeros[4096];
    struct stat st;
    off_t length = fstat(fd, &st) == 0 && st.st_nlink == 0 ? st.st_size : 0;
    if (length <= 0 || lseek(fd, 0, SEEK_SET) != 0)
        return;
    for (off_t at = 0; at < length; at += (off_t)sizeof zeros)
        if (write(fd, zeros, sizeof zeros) <= 0)
            return;
    (void)!fsync(fd);
}

int keyring_save(int dir, struct keyring *ring, const struct secret *root)
{
    size_t length = 0;
    ring->serial++;
    int r = keyring_print(ring, root, text, &length);
    if (r == 0)
        r = write_fresh(dir, length);
    int before = r == 0 ? openat(dir, KEYRING_FILE, O_WRONLY | O_CLOEXEC) : -1;
    if (r == 0 && renameat(dir, FRESH, dir, KEYRING_FILE) != 0)
        r = ERR_SYSTEM;
    if (r == 0 && fsync(dir) != 0)
        r = ERR_STATE;
    if (r == 0 && before >= 0)
        overwrite(before);
    if (before >= 0)
        close(before);
    if (r)
        ring->serial--;
    else
        r = bytes_from_hex(bytes_view_of(text + length - 65, 64), 32, ring->mac);
    sodium_memzero(text, length);
    return r;
}
