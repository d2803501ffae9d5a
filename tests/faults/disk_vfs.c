#include "tests/faults/disk_vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enclave/process/os.h"
#include "tests/faults/disk.h"

struct disk_file {
    sqlite3_file base;
    int handle;
    bool sync_directory; /* a log's name is made sure with its first sync, new or not */
};

static unsigned temporary;

unsigned disk_vfs_temporary(void)
{
    return temporary;
}

static int handle_of(sqlite3_file *file)
{
    return ((struct disk_file *)file)->handle;
}

static int vfs_close(sqlite3_file *file)
{
    disk_close(handle_of(file));
    return SQLITE_OK;
}

static int vfs_read(sqlite3_file *file, void *out, int room, sqlite3_int64 offset)
{
    ssize_t n = disk_pread(handle_of(file), out, (size_t)room, (uint64_t)offset);
    if (n == room)
        return SQLITE_OK;
    if (n < 0)
        return SQLITE_IOERR_READ;
    memset((uint8_t *)out + n, 0, (size_t)(room - n));
    return SQLITE_IOERR_SHORT_READ;
}

static int vfs_write(sqlite3_file *file, const void *data, int length, sqlite3_int64 offset)
{
    const uint8_t *at = data;
    ssize_t n = 0;
    while (length > 0 &&
           (n = disk_pwrite(handle_of(file), at, (size_t)length, (uint64_t)offset)) > 0) {
        at += n;
        offset += n;
        length -= (int)n;
    }
    if (length == 0)
        return SQLITE_OK;
    return n < 0 && errno != ENOSPC ? SQLITE_IOERR_WRITE : SQLITE_FULL;
}

static int vfs_truncate(sqlite3_file *file, sqlite3_int64 length)
{
    return disk_truncate(handle_of(file), (uint64_t)length) == 0 ? SQLITE_OK
                                                                 : SQLITE_IOERR_TRUNCATE;
}

static int vfs_sync(sqlite3_file *file, int flags)
{
    struct disk_file *f = (struct disk_file *)file;
    (void)flags;
    if (disk_sync(f->handle) != 0)
        return SQLITE_IOERR_FSYNC;
    if (f->sync_directory)
        (void)!disk_sync_directory(); /* SQLite's own does not look at this result either */
    f->sync_directory = false;
    return SQLITE_OK;
}

static int vfs_file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    *ret_size = (sqlite3_int64)disk_length(handle_of(file));
    return SQLITE_OK;
}

static int vfs_lock(sqlite3_file *file, int kind)
{
    (void)file, (void)kind;
    return SQLITE_OK;
}

static int vfs_check_lock(sqlite3_file *file, int *ret_locked)
{
    (void)file;
    *ret_locked = 0;
    return SQLITE_OK;
}

static int vfs_control(sqlite3_file *file, int what, void *argument)
{
    (void)file, (void)what, (void)argument;
    return SQLITE_NOTFOUND;
}

static int vfs_sector_size(sqlite3_file *file)
{
    (void)file;
    return 4096;
}

static int vfs_characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = vfs_close,
    .xRead = vfs_read,
    .xWrite = vfs_write,
    .xTruncate = vfs_truncate,
    .xSync = vfs_sync,
    .xFileSize = vfs_file_size,
    .xLock = vfs_lock,
    .xUnlock = vfs_lock,
    .xCheckReservedLock = vfs_check_lock,
    .xFileControl = vfs_control,
    .xSectorSize = vfs_sector_size,
    .xDeviceCharacteristics = vfs_characteristics,
};

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    struct disk_file *f = (struct disk_file *)file;
    (void)vfs;
    f->base.pMethods = NULL;
    const int log = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL; /* the journal is of the creation */
    if (!name || !(flags & (SQLITE_OPEN_MAIN_DB | log))) {
        temporary++;
        return SQLITE_CANTOPEN;
    }
    f->sync_directory = (flags & log) && (flags & SQLITE_OPEN_CREATE);
    f->handle = disk_open(name, flags & SQLITE_OPEN_CREATE ? O_RDWR | O_CREAT : O_RDWR);
    if (f->handle < 0)
        return SQLITE_CANTOPEN;
    f->base.pMethods = &methods;
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    if (disk_unlink(name) != 0)
        return errno == ENOENT ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
    return sync && disk_sync_directory() != 0 ? SQLITE_IOERR_DIR_FSYNC : SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_is)
{
    uint64_t length = 0;
    (void)vfs;
    *ret_is = disk_find(name, &length) && (flags != SQLITE_ACCESS_EXISTS || length > 0);
    return SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int room, char *out)
{
    (void)vfs;
    return snprintf(out, (size_t)room, "%s", name) < room ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_random(sqlite3_vfs *vfs, int length, char *out)
{
    (void)vfs;
    os_random(out, (size_t)length);
    return length;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *ret_ms)
{
    (void)vfs;
    *ret_ms = os_utc_ms() + 210866760000000; /* from the Julian day 0 */
    return SQLITE_OK;
}

static int vfs_time_days(sqlite3_vfs *vfs, double *ret_days)
{
    sqlite3_int64 ms;
    vfs_time(vfs, &ms);
    *ret_days = (double)ms / 86400000.0;
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int room, char *out)
{
    (void)vfs, (void)room, (void)out;
    return errno;
}

void disk_vfs_begin(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 2,
        .szOsFile = sizeof(struct disk_file),
        .mxPathname = DISK_NAME_MAX,
        .zName = "disk",
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_name,
        .xRandomness = vfs_random,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time_days,
        .xCurrentTimeInt64 = vfs_time,
        .xGetLastError = vfs_last_error,
    };
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) {
        fprintf(stderr, "disk: SQLite does not take it\n");
        exit(2);
    }
}
