#ifndef ENCLAVE_PROCESS_OS_H
#define ENCLAVE_PROCESS_OS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "crypto/error.h"

/*
 * The one seam to clocks, randomness and files, so that a test can stand in its place: a
 * program of tests that defines these functions gets them instead of ours.  The store's own
 * file is behind SQLite's seam of the same kind, its VFS.
 */

#define OS_BOOT_ID_LENGTH 16

/* os_boot_ms(): CLOCK_BOOTTIME in milliseconds: what tokens and snapshots age by. */
uint64_t os_boot_ms(void);

/* os_boot_ns(): The same in nanoseconds. */
uint64_t os_boot_ns(void);

/* os_utc_ms(): Wall time in milliseconds since 1970, UTC. */
int64_t os_utc_ms(void);

/* os_random(out, length): Unpredictable bytes. */
void os_random(void *out, size_t length);

/* os_boot_id_load(): Read the kernel's boot id once, before confinement. */
must_use int os_boot_id_load(void);

/* os_boot_id(): The sixteen bytes that os_boot_id_load() read. */
const uint8_t *os_boot_id(void);

/* os_uuid(out): A UUIDv7 of now (RFC 9562). */
void os_uuid(uint8_t out[static 16]);

/* ---- files: as open(2), read(2) and so on, errno too, in the working directory ---- */

/* os_open(name, flags, mode): Also O_CLOEXEC; no O_EXCL.  The name of a file that it makes is
 * durable: what is made sure in a file is not sure while its name is not. */
int os_open(const char *name, int flags, mode_t mode);
ssize_t os_read(int fd, void *out, size_t room);
ssize_t os_write(int fd, const void *data, size_t length);
/* os_sync(fd): What was written is durable when this returns 0; never tried again. */
int os_sync(int fd);
int os_truncate(int fd, off_t length);
int os_close(int fd);
/* os_rename(from, to): ${to} is whole before and after; durable when this returns 0. */
int os_rename(const char *from, const char *to);
/* os_unlink(name): Gone for good when this returns 0. */
int os_unlink(const char *name);
/* os_forget(name): What the kernel holds of a file and need not write is dropped, so that the next
 * read says what the disk has: behind a failed sync the two differ.  0 also where there is no such
 * file. */
int os_forget(const char *name);
/* os_free(fd, ret_free, ret_size): Bytes that may still be written where ${fd} lies, and all. */
int os_free(int fd, uint64_t *ret_free, uint64_t *ret_size);

#endif
