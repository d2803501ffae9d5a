#include "tests/faults/disk_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static struct disk *mounted;

static void *reserve(size_t length)
{
    void *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    if (p == MAP_FAILED) {
        perror("disk: no memory");
        exit(2);
    }
    return p;
}

struct disk *disk_new(void)
{
    struct disk *d = reserve(sizeof *d);
    uint8_t *data = reserve(3 * DISK_FILES * DISK_FILE_BYTES);
    for (size_t i = 0; i < DISK_FILES; i++) {
        d->files[i].seen.data = data + (3 * i) * DISK_FILE_BYTES;
        d->files[i].sure.data = data + (3 * i + 1) * DISK_FILE_BYTES;
        d->files[i].unsure.data = data + (3 * i + 2) * DISK_FILE_BYTES;
    }
    disk_clear(d, 0);
    return d;
}

void disk_clear(struct disk *d, uint64_t seed)
{
    for (size_t i = 0; i < DISK_FILES; i++) {
        struct file *f = &d->files[i];
        f->used = false;
        f->seen.length = f->sure.length = f->unsure.length = 0;
    }
    memset(d->seen, 0, sizeof d->seen);
    memset(d->sure, 0, sizeof d->sure);
    memset(d->handles, 0, sizeof d->handles);
    memset(d->calls, 0, sizeof d->calls);
    d->steps_count = 0;
    d->choice = seed;
    d->room = 0;
    d->fail_nth = d->counted = 0;
    d->failed = false;
    d->watch = NULL;
}

void disk_copy(const struct disk *from, struct disk *to)
{
    disk_clear(to, from->choice);
    for (size_t i = 0; i < DISK_FILES; i++) {
        to->files[i].used = from->files[i].used;
        if (!from->files[i].used)
            continue;
        area_copy(&from->files[i].sure, &to->files[i].sure);
        area_copy(&from->files[i].unsure, &to->files[i].unsure);
    }
    memcpy(to->seen, from->seen, sizeof to->seen);
    memcpy(to->sure, from->sure, sizeof to->sure);
    memcpy(to->steps, from->steps, from->steps_count * sizeof *from->steps);
    to->steps_count = from->steps_count;
}

void disk_copy_whole(const struct disk *from, struct disk *to)
{
    disk_copy(from, to);
    for (size_t i = 0; i < DISK_FILES; i++)
        if (from->files[i].used)
            area_copy(&from->files[i].seen, &to->files[i].seen);
}

void disk_mount(struct disk *disk)
{
    mounted = disk;
}

struct disk *disk_mounted(void)
{
    return mounted;
}

/* ---- failing ---- */

void disk_fail(struct disk *disk, unsigned calls, uint64_t nth, int error)
{
    disk->fail_calls = calls;
    disk->fail_nth = nth;
    disk->fail_error = error;
    disk->failed = false;
    disk->counted = 0;
    memset(disk->calls, 0, sizeof disk->calls);
}

bool disk_failed(const struct disk *disk)
{
    return disk->failed;
}

uint64_t disk_calls(const struct disk *disk, unsigned calls)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < DISK_CALLS; i++)
        if (calls & DISK_BIT(i))
            n += disk->calls[i];
    return n;
}

void disk_room(struct disk *disk, uint64_t bytes)
{
    disk->room = bytes;
}

uint64_t disk_has_room(const struct disk *disk)
{
    return disk->room;
}

void disk_watch(struct disk *disk, disk_watcher *watch, void *context)
{
    disk->watch = watch;
    disk->watch_context = context;
}

static void tell_watch(bool behind)
{
    if (mounted->watch)
        mounted->watch(mounted->watch_context, behind);
}

/* Is this the call that fails?  Then errno is set; 0 stands for a short write. */
static bool fails(enum disk_call call)
{
    struct disk *d = mounted;
    d->calls[call]++;
    if (!d->fail_nth || !(d->fail_calls & DISK_BIT(call)) || ++d->counted != d->fail_nth)
        return false;
    d->failed = true;
    errno = d->fail_error;
    return true;
}

static void step(const char *name, int file, const char *gone)
{
    struct disk *d = mounted;
    if (d->steps_count == STEPS_MAX) {
        fprintf(stderr, "disk: the directory is never synced\n");
        exit(2);
    }
    struct step *s = &d->steps[d->steps_count++];
    snprintf(s->name, sizeof s->name, "%s", name);
    snprintf(s->gone, sizeof s->gone, "%s", gone);
    s->file = file;
    step_do(d->seen, s);
}

/* ---- the calls ---- */

static struct handle *handle_of(int handle)
{
    struct handle *h = handle >= 0 && handle < DISK_HANDLES ? &mounted->handles[handle] : NULL;
    if (h && h->used)
        return h;
    errno = EBADF;
    return NULL;
}

static struct file *file_of(int handle)
{
    struct handle *h = handle_of(handle);
    return h ? &mounted->files[h->file] : NULL;
}

int disk_open(const char *name, int flags)
{
    struct disk *d = mounted;
    const struct name *n = name_in(d->seen, name);
    int at = 0;
    if (fails(DISK_OPEN))
        return -1;
    if (n ? (flags & O_CREAT) && (flags & O_EXCL) : !(flags & O_CREAT)) {
        errno = n ? EEXIST : ENOENT;
        return -1;
    }
    while (at < DISK_HANDLES && d->handles[at].used)
        at++;
    if (at == DISK_HANDLES || strlen(name) > DISK_NAME_MAX) {
        errno = EMFILE;
        return -1;
    }
    int file = n ? n->file : disk_new_file(d);
    if (!n)
        step(name, file, "");
    d->handles[at] = (struct handle){.used = true, .append = flags & O_APPEND, .file = file};
    if (flags & O_TRUNC && disk_truncate(at, 0) != 0) {
        d->handles[at].used = false;
        return -1;
    }
    return at;
}

int disk_close(int handle)
{
    struct handle *h = handle_of(handle);
    if (!h)
        return -1;
    h->used = false;
    return 0;
}

ssize_t disk_pread(int handle, void *out, size_t room, uint64_t offset)
{
    const struct file *f = file_of(handle);
    if (!f || fails(DISK_READ))
        return -1;
    if (offset >= f->seen.length)
        return 0;
    if (room > f->seen.length - offset)
        room = f->seen.length - offset;
    memcpy(out, f->seen.data + offset, room);
    return (ssize_t)room;
}

uint64_t disk_used(const struct disk *disk)
{
    uint64_t n = 0;
    for (int i = 0; i < DISK_FILES; i++)
        if (disk->files[i].used && disk_reaches(disk, i))
            n += disk->files[i].seen.length;
    return n;
}

ssize_t disk_pwrite(int handle, const void *data, size_t length, uint64_t offset)
{
    struct file *f = file_of(handle);
    if (!f)
        return -1;
    if (fails(DISK_WRITE)) {
        if (mounted->fail_error != 0)
            return -1;
        length = (length + 1) / 2;
    }
    uint64_t grown = offset + length > f->seen.length ? offset + length - f->seen.length : 0;
    if (mounted->room && grown && disk_used(mounted) + grown > mounted->room) {
        errno = ENOSPC;
        return -1;
    }
    struct unsure u = {.offset = offset, .length = length};
    area_put(&f->seen, data, length, offset);
    file_note(f, &u, f->seen.data + offset);
    return (ssize_t)length;
}

ssize_t disk_read(int handle, void *out, size_t room)
{
    struct handle *h = handle_of(handle);
    ssize_t n = h ? disk_pread(handle, out, room, h->at) : -1;
    if (n > 0)
        h->at += (uint64_t)n;
    return n;
}

ssize_t disk_write(int handle, const void *data, size_t length)
{
    struct handle *h = handle_of(handle);
    if (!h)
        return -1;
    uint64_t at = h->append ? mounted->files[h->file].seen.length : h->at;
    ssize_t n = disk_pwrite(handle, data, length, at);
    if (n > 0)
        h->at = at + (uint64_t)n;
    return n;
}

int disk_sync(int handle)
{
    struct file *f = file_of(handle);
    if (!f)
        return -1;
    tell_watch(false);
    if (fails(DISK_SYNC)) {
        int error = errno;
        file_lose(f, &mounted->choice);
        errno = error;
        return -1;
    }
    file_sure(f);
    tell_watch(true);
    return 0;
}

int disk_truncate(int handle, uint64_t length)
{
    struct file *f = file_of(handle);
    if (!f || fails(DISK_TRUNCATE))
        return -1;
    struct unsure u = {.offset = length, .truncates = true};
    area_truncate(&f->seen, length);
    file_note(f, &u, NULL);
    return 0;
}

static void forget(struct file *f)
{
    area_copy(&f->sure, &f->seen);
    for (const struct unsure *u = file_next(f, NULL); u; u = file_next(f, u))
        if (u->truncates)
            area_truncate(&f->seen, u->offset);
        else
            area_put(&f->seen, u + 1, u->length, u->offset);
}

int disk_forget(int handle)
{
    struct file *f = file_of(handle);
    if (f)
        forget(f);
    return f ? 0 : -1;
}

void disk_forget_all(struct disk *disk)
{
    for (size_t i = 0; i < DISK_FILES; i++)
        if (disk->files[i].used)
            forget(&disk->files[i]);
}

uint64_t disk_length(int handle)
{
    const struct file *f = file_of(handle);
    return f ? f->seen.length : 0;
}

int disk_rename(const char *from, const char *to)
{
    const struct name *n = name_in(mounted->seen, from);
    if (fails(DISK_RENAME))
        return -1;
    if (!n) {
        errno = ENOENT;
        return -1;
    }
    step(to, n->file, from);
    return 0;
}

int disk_unlink(const char *name)
{
    if (fails(DISK_UNLINK))
        return -1;
    if (!name_in(mounted->seen, name)) {
        errno = ENOENT;
        return -1;
    }
    step(name, -1, "");
    return 0;
}

int disk_sync_directory(void)
{
    struct disk *d = mounted;
    tell_watch(false);
    if (fails(DISK_SYNC_DIRECTORY))
        return -1;
    for (size_t i = 0; i < d->steps_count; i++)
        step_do(d->sure, &d->steps[i]);
    d->steps_count = 0;
    tell_watch(true);
    return 0;
}

bool disk_find(const char *name, uint64_t *ret_length)
{
    const struct name *n = name_in(mounted->seen, name);
    if (n)
        *ret_length = mounted->files[n->file].seen.length;
    return n != NULL;
}

/* ---- behind everybody's back ---- */

const uint8_t *disk_content(struct disk *disk, const char *name, size_t *ret_length)
{
    const struct name *n = name_in(disk->seen, name);
    if (!n)
        return NULL;
    *ret_length = disk->files[n->file].seen.length;
    return disk->files[n->file].seen.data;
}

void disk_put(struct disk *disk, const char *name, const void *data, size_t length)
{
    const struct name *n = name_in(disk->seen, name);
    int file = n ? n->file : disk_new_file(disk);
    struct file *f = &disk->files[file];
    memmove(f->seen.data, data, length);
    f->seen.length = length;
    area_copy(&f->seen, &f->sure);
    f->unsure.length = 0;
    name_set(disk->seen, name, file);
    name_set(disk->sure, name, file);
}

void disk_drop(struct disk *disk, const char *name)
{
    if (name_in(disk->seen, name))
        name_set(disk->seen, name, -1);
    if (name_in(disk->sure, name))
        name_set(disk->sure, name, -1);
}
