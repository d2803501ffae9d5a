#include "policy/command_unpack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define MEMORY_LOG_MAX 27 /* a window of 128 MiB at most */

struct unpack {
    const char *path;
    FILE *file;
    ZSTD_DStream *stream; /* NULL: a plain file */
    uint8_t packed[1 << 16];
    ZSTD_inBuffer in;
    bool frame_is_open;
    char *text; /* what was unpacked and not given away yet is [at, length) */
    size_t room, length, at;
    const char *failure; /* NULL: none */
};

static bool fail(struct unpack *u, const char *failure)
{
    u->failure = failure;
    return false;
}

bool unpack_open(const char *path, struct unpack **ret)
{
    static const uint8_t magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
    struct unpack *u = calloc(1, sizeof *u);

    if (u != NULL)
        u->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (u == NULL || u->file == NULL) {
        fprintf(stderr, "casemate-policy: %s: %s\n", path, strerror(errno));
        free(u);
        return false;
    }
    u->path = path;
    u->in = (ZSTD_inBuffer){u->packed, fread(u->packed, 1, sizeof u->packed, u->file), 0};
    if (u->in.size >= sizeof magic && memcmp(u->packed, magic, sizeof magic) == 0) {
        u->stream = ZSTD_createDStream();
        if (u->stream == NULL ||
            ZSTD_isError(ZSTD_DCtx_setParameter(u->stream, ZSTD_d_windowLogMax, MEMORY_LOG_MAX)))
            fail(u, "out of memory");
    }
    *ret = u;
    return true;
}

/* More of the file into ${packed}; false at its end. */
static bool read_more(struct unpack *u)
{
    u->in = (ZSTD_inBuffer){u->packed, fread(u->packed, 1, sizeof u->packed, u->file), 0};
    if (ferror(u->file))
        return fail(u, "cannot be read");
    return u->in.size > 0;
}

/* More text behind ${length}, from a plain file; false at its end. */
static bool copy_more(struct unpack *u)
{
    size_t room = u->room - u->length, n;

    if (u->in.pos == u->in.size && !read_more(u))
        return false;
    n = u->in.size - u->in.pos < room ? u->in.size - u->in.pos : room;
    memcpy(u->text + u->length, u->packed + u->in.pos, n);
    u->in.pos += n;
    u->length += n;
    return true;
}

/* The same from zstd, which may keep text back that it has no more bytes for. */
static bool unpack_more(struct unpack *u)
{
    ZSTD_outBuffer out = {u->text, u->room, u->length};
    bool at_end = u->in.pos == u->in.size && !read_more(u);

    if (u->failure != NULL || (at_end && !u->frame_is_open))
        return false;
    size_t r = ZSTD_decompressStream(u->stream, &out, &u->in);
    if (ZSTD_isError(r))
        return fail(u, ZSTD_getErrorName(r));
    if (at_end && r != 0 && out.pos == u->length)
        return fail(u, "ends inside a zstd frame");
    u->frame_is_open = r != 0;
    u->length = out.pos;
    return true;
}

/* Room for more text, moving what is left to the front. */
static bool make_room(struct unpack *u)
{
    char *more;

    memmove(u->text, u->text + u->at, u->length - u->at);
    u->length -= u->at;
    u->at = 0;
    if (u->room - u->length > u->room / 2)
        return true;
    if (u->room >= UNPACK_LINE_MAX)
        return fail(u, "has a line that is too long");
    more = realloc(u->text, u->room * 2);
    if (more == NULL)
        return fail(u, "out of memory");
    u->text = more;
    u->room *= 2;
    return true;
}

static bool next_line(struct unpack *u, struct cedar_source *ret)
{
    size_t seen = 0;
    char *end = NULL;

    if (u->text == NULL) {
        u->room = 1 << 20;
        u->text = malloc(u->room);
        if (u->text == NULL)
            return fail(u, "out of memory");
    }
    while (u->failure == NULL) {
        end = memchr(u->text + u->at + seen, '\n', u->length - u->at - seen);
        if (end != NULL)
            break;
        seen = u->length - u->at;
        if (u->length == u->room && !make_room(u))
            return false;
        if (!(u->stream == NULL ? copy_more(u) : unpack_more(u)))
            break;
    }
    if (u->failure != NULL || (end == NULL && u->at == u->length))
        return false;
    size_t length = end != NULL ? (size_t)(end - u->text) - u->at : u->length - u->at;
    *ret = (struct cedar_source){u->path, u->text + u->at, length};
    u->at += length + (end != NULL);
    return true;
}

bool unpack_line(struct unpack *u, struct cedar_source *ret)
{
    while (next_line(u, ret))
        if (ret->length > 0)
            return true;
    return false;
}

bool unpack_close(struct unpack *u)
{
    bool ok = u->failure == NULL;

    if (!ok)
        fprintf(stderr, "casemate-policy: %s: %s\n", u->path, u->failure);
    if (u->file != stdin)
        fclose(u->file);
    ZSTD_freeDStream(u->stream);
    free(u->text);
    free(u);
    return ok;
}
