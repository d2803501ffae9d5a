#ifndef TESTS_FAULTS_DISK_STATE_H
#define TESTS_FAULTS_DISK_STATE_H

#include "tests/faults/disk.h"

/* What a disk is made of; for disk.c and disk_state.c alone. */

struct area {
    uint8_t *data; /* DISK_FILE_BYTES of address space, touched as far as it is used */
    size_t length;
};

/* Something that was done to a file and is not sure; its bytes lie behind it. */
struct unsure {
    uint64_t offset;
    uint64_t length;
    bool truncates; /* to ${offset} */
};

struct file {
    bool used;
    struct area seen;
    struct area sure;
    struct area unsure; /* a sequence of struct unsure */
};

struct name {
    char text[DISK_NAME_MAX + 1]; /* "" is no name */
    int file;
};

struct handle {
    bool used, append;
    int file;
    uint64_t at;
};

/* Something done to the directory. */
struct step {
    char name[DISK_NAME_MAX + 1]; /* is ${file} from now on; -1: it is gone */
    int file;
    char gone[DISK_NAME_MAX + 1]; /* a rename's old name, in the same step */
};
#define STEPS_MAX 256

struct disk {
    struct file files[DISK_FILES];
    struct name seen[DISK_FILES], sure[DISK_FILES];
    struct step steps[STEPS_MAX];
    size_t steps_count;
    struct handle handles[DISK_HANDLES];
    uint64_t choice; /* of what a failed sync loses */
    uint64_t room;
    unsigned fail_calls;
    uint64_t fail_nth;
    int fail_error;
    bool failed;
    uint64_t counted; /* calls of fail_calls */
    uint64_t calls[DISK_CALLS];
    disk_watcher *watch;
    void *watch_context;
};

/* area_put(area, data, length, offset), area_truncate, area_copy: Bytes of a file; holes are zeros.
 */
void area_put(struct area *area, const void *data, size_t length, uint64_t offset);
void area_truncate(struct area *area, uint64_t length);
void area_copy(const struct area *from, struct area *to);

/* file_note(file, what, data): Something was done to it that is not sure.
 * file_sure(file): All of it is sure now.
 * file_lose(file, choice): A part of it, each write for itself; the rest never will be.
 * file_next(file, unsure): The one behind, the first behind NULL; NULL behind the last. */
void file_note(struct file *file, const struct unsure *what, const void *data);
void file_sure(struct file *file);
void file_lose(struct file *file, uint64_t *choice);
const struct unsure *file_next(const struct file *file, const struct unsure *unsure);

/* name_in(names, text): NULL when there is none.  name_set(names, text, file): -1 takes it away. */
struct name *name_in(struct name *names, const char *text);
void name_set(struct name *names, const char *text, int file);

/* step_do(names, step): As it was done to the directory.
 * disk_reaches(disk, file): Does a name, a handle or a step lead to it?
 * disk_new_file(disk): One that nothing leads to. */
void step_do(struct name *names, const struct step *step);
bool disk_reaches(const struct disk *disk, int file);
int disk_new_file(struct disk *disk);

#endif
