#ifndef TESTS_FAULTS_DISK_H
#define TESTS_FAULTS_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A disk in memory, with one directory.  It keeps what a process sees and what would be
 * there if power were cut now: the bytes and names that a sync has made sure, and behind
 * them, in order, every write, truncation, new name, rename and unlink that nothing has
 * made sure yet.  It can fail any call, run full, and lose power.  Its memory is shared
 * with forked children, so that a disk outlives the process that wrote on it.
 *
 * One disk is mounted at a time: disk_vfs.h and machine.h put SQLite and os.h on it.
 */
struct disk;

#define DISK_NAME_MAX   63
#define DISK_FILES      24
#define DISK_HANDLES    48
#define DISK_FILE_BYTES ((size_t)64 << 20)

enum disk_call {
    DISK_OPEN,
    DISK_READ,
    DISK_WRITE,
    DISK_SYNC,
    DISK_TRUNCATE,
    DISK_RENAME,
    DISK_UNLINK,
    DISK_SYNC_DIRECTORY,
    DISK_CALLS
};
#define DISK_BIT(call) (1u << (call))
#define DISK_ANY       (DISK_BIT(DISK_CALLS) - 1)

/* disk_new(): An empty disk, or the program ends. */
struct disk *disk_new(void);
/* disk_clear(disk, seed): Empty again, nothing fails, every choice follows from ${seed}. */
void disk_clear(struct disk *disk, uint64_t seed);
/* disk_copy(from, to): What is sure and what is not, as disk_cut() needs it; no open file.
 * disk_copy_whole(from, to): Also what a process sees. */
void disk_copy(const struct disk *from, struct disk *to);
void disk_copy_whole(const struct disk *from, struct disk *to);

void disk_mount(struct disk *disk);
struct disk *disk_mounted(void);

/* ---- what goes wrong ---- */

/*
 * disk_fail(disk, calls, nth, error):
 * From now on the ${nth} call (from 1) of the kinds in ${calls} fails with ${error}; 0 for a write
 * means a short one: half is written and counted.  A failed sync loses what it should have made
 * sure, in part, and the next one of that file says that all is well, as Linux does.
 * ${nth} 0: nothing fails.
 */
void disk_fail(struct disk *disk, unsigned calls, uint64_t nth, int error);
/* disk_failed(disk): Has it happened? */
bool disk_failed(const struct disk *disk);
/* disk_calls(disk, calls): How many calls of these kinds there were since disk_fail() or
 * disk_clear(). */
uint64_t disk_calls(const struct disk *disk, unsigned calls);

/* disk_room(disk, bytes): All files together may hold so much; 0 is no limit. */
void disk_room(struct disk *disk, uint64_t bytes);
uint64_t disk_used(const struct disk *disk);
uint64_t disk_has_room(const struct disk *disk);

/* disk_watch(disk, watch, context): Called before and behind each sync, of a file or of the
 * directory.  NULL: nobody. */
typedef void disk_watcher(void *context, bool behind);
void disk_watch(struct disk *disk, disk_watcher *watch, void *context);

/* ---- ends ---- */

/* disk_kill(disk): The process is gone; what it wrote is in the kernel's memory. */
void disk_kill(struct disk *disk);

/*
 * disk_cut(disk, seed): Power is cut.  What was made sure is there; of what was not, ${seed}
 * chooses: all, nothing, a beginning whose last write is torn, or each write for itself kept,
 * dropped, torn at 512 bytes or at 4 KiB.  Names: a beginning of what was done to them.
 */
void disk_cut(struct disk *disk, uint64_t seed);

/* ---- as the calls of the same name; -1 and errno ---- */

int disk_open(const char *name, int flags);
int disk_close(int handle);
ssize_t disk_pread(int handle, void *out, size_t room, uint64_t offset);
ssize_t disk_pwrite(int handle, const void *data, size_t length, uint64_t offset);
/* at the handle's own place; an O_APPEND handle writes at the end */
ssize_t disk_read(int handle, void *out, size_t room);
ssize_t disk_write(int handle, const void *data, size_t length);
int disk_sync(int handle);
int disk_truncate(int handle, uint64_t length);
/* disk_forget(handle): What the kernel holds of a file and need not write is dropped: behind a
 * failed sync the next read says what the disk has. */
int disk_forget(int handle);
/* disk_forget_all(disk): The same of every file. */
void disk_forget_all(struct disk *disk);
uint64_t disk_length(int handle);
int disk_rename(const char *from, const char *to);
int disk_unlink(const char *name);
int disk_sync_directory(void);
/* disk_find(name, ret_length): Is there such a file, and how long is it? */
bool disk_find(const char *name, uint64_t *ret_length);

/* ---- for those who change what lies there behind everybody's back ---- */

/* disk_content(disk, name, ret_length): The bytes as they are seen; NULL when there is no such
 * file. disk_put(disk, name, data, length): A file with these bytes, sure. disk_drop(disk, name):
 * No such file any more, surely. */
const uint8_t *disk_content(struct disk *disk, const char *name, size_t *ret_length);
void disk_put(struct disk *disk, const char *name, const void *data, size_t length);
void disk_drop(struct disk *disk, const char *name);

/* disk_random(state): The next of a sequence that follows from ${state} (splitmix64). */
uint64_t disk_random(uint64_t *state);

#endif
