#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "enclave/backup/backup.h"

/* A head has one form; nothing that nobody sealed comes back. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct secret *key;
    struct backup_head head;
    char again[BACKUP_HEAD_MAX], why[BACKUP_WHY];
    size_t length, n;
    if (!key && secret_random(32, &key))
        abort();
    if (backup_parse(bytes_view_of(data, size), &head, &length) != 0)
        return 0;
    if (backup_print(&head, again, &n) != 0 || n != length)
        abort();
    int from = memfd_create("from", MFD_CLOEXEC), to = memfd_create("to", MFD_CLOEXEC);
    if (write(from, data, size) != (ssize_t)size || lseek(from, (off_t)length, SEEK_SET) < 0)
        abort();
    if (backup_read(&head, key, key, from, to, why) == 0)
        abort();
    close(from);
    close(to);
    return 0;
}
