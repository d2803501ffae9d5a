#include "tests/faults/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "enclave/process/os.h"
#include "tests/faults/disk.h"

/* So that a descriptor of the disk is never taken for one of the kernel's. */
#define HANDLES_FROM 100000

static struct machine *machine;

void machine_use(struct machine *m)
{
    machine = m;
}

void machine_begin(struct machine *m, uint64_t seed)
{
    *m = (struct machine){.boot_ns = 5000000000u, .utc_ms = 1780000000000, .random = seed};
    for (size_t i = 0; i < sizeof m->boot_id; i++)
        m->boot_id[i] = (uint8_t)disk_random(&m->random);
}

uint64_t os_boot_ns(void)
{
    return machine->boot_ns;
}

uint64_t os_boot_ms(void)
{
    return machine->boot_ns / 1000000u;
}

int64_t os_utc_ms(void)
{
    return machine->utc_ms;
}

void os_random(void *out, size_t length)
{
    uint8_t *at = out;
    while (length > 0) {
        uint64_t word = disk_random(&machine->random);
        size_t n = length < sizeof word ? length : sizeof word;
        memcpy(at, &word, n);
        at += n;
        length -= n;
    }
}

int os_boot_id_load(void)
{
    return 0;
}

const uint8_t *os_boot_id(void)
{
    return machine->boot_id;
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

int os_open(const char *name, int flags, mode_t mode)
{
    uint64_t length;
    bool made = !disk_find(name, &length);
    (void)mode;
    int handle = disk_open(name, flags);
    if (handle >= 0 && made && disk_sync_directory() != 0) {
        disk_close(handle);
        return -1;
    }
    return handle < 0 ? -1 : handle + HANDLES_FROM;
}

ssize_t os_read(int fd, void *out, size_t room)
{
    return disk_read(fd - HANDLES_FROM, out, room);
}

ssize_t os_write(int fd, const void *data, size_t length)
{
    return disk_write(fd - HANDLES_FROM, data, length);
}

int os_sync(int fd)
{
    return disk_sync(fd - HANDLES_FROM);
}

int os_truncate(int fd, off_t length)
{
    return disk_truncate(fd - HANDLES_FROM, (uint64_t)length);
}

int os_close(int fd)
{
    return disk_close(fd - HANDLES_FROM);
}

int os_rename(const char *from, const char *to)
{
    return disk_rename(from, to) == 0 ? disk_sync_directory() : -1;
}

int os_unlink(const char *name)
{
    return disk_unlink(name) == 0 ? disk_sync_directory() : -1;
}

int os_forget(const char *name)
{
    int handle = disk_open(name, O_RDONLY);
    if (handle < 0)
        return errno == ENOENT ? 0 : -1;
    int r = disk_forget(handle);
    disk_close(handle);
    return r;
}

int os_free(int fd, uint64_t *ret_free, uint64_t *ret_size)
{
    (void)fd;
    uint64_t used = disk_used(disk_mounted());
    uint64_t room = disk_has_room(disk_mounted());
    *ret_size = room ? room : (uint64_t)1 << 40;
    *ret_free = *ret_size > used ? *ret_size - used : 0;
    return 0;
}
