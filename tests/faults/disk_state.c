#include "tests/faults/disk_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t disk_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void area_copy(const struct area *from, struct area *to)
{
    memcpy(to->data, from->data, from->length);
    to->length = from->length;
}

/* ---- bytes ---- */

void area_put(struct area *a, const void *data, size_t length, uint64_t offset)
{
    if (offset + length > DISK_FILE_BYTES) {
        fprintf(stderr, "disk: a file grows past what this disk holds\n");
        exit(2);
    }
    if (offset > a->length)
        memset(a->data + a->length, 0, offset - a->length);
    memcpy(a->data + offset, data, length);
    if (offset + length > a->length)
        a->length = offset + length;
}

void area_truncate(struct area *a, uint64_t length)
{
    if (length > a->length)
        memset(a->data + a->length, 0, length - a->length);
    a->length = length;
}

void file_note(struct file *f, const struct unsure *what, const void *data)
{
    area_put(&f->unsure, what, sizeof *what, f->unsure.length);
    if (!what->truncates)
        area_put(&f->unsure, data, (what->length + 7) & ~(uint64_t)7, f->unsure.length);
}

static void apply(struct file *f, const struct unsure *u, uint64_t from, uint64_t to)
{
    if (u->truncates)
        area_truncate(&f->sure, u->offset);
    else if (to > from)
        area_put(&f->sure, (const uint8_t *)(u + 1) + from, to - from, u->offset + from);
}

const struct unsure *file_next(const struct file *f, const struct unsure *u)
{
    const uint8_t *p =
        u ? (const uint8_t *)(u + 1) + (u->truncates ? 0 : (u->length + 7) & ~7ul) : f->unsure.data;
    return p < f->unsure.data + f->unsure.length ? (const struct unsure *)p : NULL;
}

/* Of one write, sectors of this size each for itself. */
static void apply_torn(struct file *f, const struct unsure *u, uint64_t sector, uint64_t *choice)
{
    for (uint64_t at = 0; at < u->length;) {
        uint64_t end = ((u->offset + at) / sector + 1) * sector - u->offset;
        end = end < u->length ? end : u->length;
        if (disk_random(choice) & 1)
            apply(f, u, at, end);
        at = end;
    }
}

void file_sure(struct file *f)
{
    for (const struct unsure *u = file_next(f, NULL); u; u = file_next(f, u))
        apply(f, u, 0, u->length);
    f->unsure.length = 0;
}

/* A part of what is not sure becomes so; the rest is lost. */
static void apply_some(struct file *f, unsigned mode, uint64_t *choice)
{
    size_t count = 0, at = 0;
    for (const struct unsure *u = file_next(f, NULL); u; u = file_next(f, u))
        count++;
    size_t stop = count ? disk_random(choice) % (count + 1) : 0;
    for (const struct unsure *u = file_next(f, NULL); u; u = file_next(f, u), at++) {
        unsigned what = mode == 0   ? 0
                        : mode == 1 ? 7
                        : mode == 2 ? (at < stop    ? 0
                                       : at == stop ? 5 + disk_random(choice) % 2
                                                    : 7)
                                    : disk_random(choice) % 8;
        if (u->truncates && what >= 4)
            continue;
        if (what < 4)
            apply(f, u, 0, u->length);
        else if (what == 5)
            apply_torn(f, u, 512, choice);
        else if (what == 6)
            apply_torn(f, u, 4096, choice);
    }
    f->unsure.length = 0;
}

void file_lose(struct file *f, uint64_t *choice)
{
    apply_some(f, 3, choice);
}

/* ---- names ---- */

struct name *name_in(struct name *names, const char *text)
{
    for (size_t i = 0; i < DISK_FILES; i++)
        if (names[i].text[0] && strcmp(names[i].text, text) == 0)
            return &names[i];
    return NULL;
}

void name_set(struct name *names, const char *text, int file)
{
    struct name *n = name_in(names, text);
    for (size_t i = 0; !n && i < DISK_FILES; i++)
        if (!names[i].text[0])
            n = &names[i];
    if (!n) {
        fprintf(stderr, "disk: too many files\n");
        exit(2);
    }
    snprintf(n->text, sizeof n->text, "%s", file < 0 ? "" : text);
    n->file = file;
}

void step_do(struct name *names, const struct step *s)
{
    if (s->gone[0])
        name_set(names, s->gone, -1);
    name_set(names, s->name, s->file);
}

bool disk_reaches(const struct disk *d, int file)
{
    for (size_t i = 0; i < DISK_FILES; i++)
        if ((d->seen[i].text[0] && d->seen[i].file == file) ||
            (d->sure[i].text[0] && d->sure[i].file == file))
            return true;
    for (size_t i = 0; i < d->steps_count; i++)
        if (d->steps[i].file == file)
            return true;
    for (size_t i = 0; i < DISK_HANDLES; i++)
        if (d->handles[i].used && d->handles[i].file == file)
            return true;
    return false;
}

int disk_new_file(struct disk *d)
{
    for (int i = 0; i < DISK_FILES; i++) {
        if (d->files[i].used && disk_reaches(d, i))
            continue;
        d->files[i].used = true;
        d->files[i].seen.length = d->files[i].sure.length = d->files[i].unsure.length = 0;
        return i;
    }
    fprintf(stderr, "disk: too many files\n");
    exit(2);
}

/* ---- ends ---- */

void disk_kill(struct disk *disk)
{
    memset(disk->handles, 0, sizeof disk->handles);
}

void disk_cut(struct disk *disk, uint64_t seed)
{
    unsigned mode =
        disk_random(&seed) % 8; /* the four kinds, five parts of eight each for itself */
    size_t steps = mode == 0   ? disk->steps_count
                   : mode == 1 ? 0
                               : disk_random(&seed) % (disk->steps_count + 1);
    for (size_t i = 0; i < DISK_FILES; i++)
        if (disk->files[i].used)
            apply_some(&disk->files[i], mode, &seed);
    for (size_t i = 0; i < steps; i++)
        step_do(disk->sure, &disk->steps[i]);
    disk->steps_count = 0;
    memcpy(disk->seen, disk->sure, sizeof disk->seen);
    disk_kill(disk);
    for (int i = 0; i < DISK_FILES; i++) {
        struct file *f = &disk->files[i];
        f->used = f->used && disk_reaches(disk, i);
        if (f->used)
            area_copy(&f->sure, &f->seen);
    }
}
