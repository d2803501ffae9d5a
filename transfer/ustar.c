#include "transfer/ustar.h"

#include <stdio.h>
#include <string.h>

/* Where the fields of a header lie, and how many bytes each has. */
enum {
    AT_NAME = 0,
    AT_MODE = 100,
    AT_UID = 108,
    AT_GID = 116,
    AT_SIZE = 124,
    AT_MTIME = 136,
    AT_CHECKSUM = 148,
    AT_TYPE = 156,
    AT_MAGIC = 257,
    AT_DEVMAJOR = 329,
    AT_DEVMINOR = 337,
    NAME_LENGTH = 100,
    SIZE_LENGTH = 12,
};

static const uint8_t zeros[USTAR_BLOCK];

bool ustar_is_name(struct bytes_view name)
{
    if (name.length == 0 || name.length > USTAR_NAME_MAX)
        return false;
    for (uint32_t i = 0; i < name.length; i++) {
        uint8_t c = name.data[i];
        bool first = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!first && (i == 0 || (c != '.' && c != '_' && c != '-')))
            return false;
    }
    return true;
}

static void make_header(const char *name, uint32_t size, uint8_t header[static USTAR_BLOCK])
{
    char size_text[SIZE_LENGTH], checksum[8];
    unsigned sum = 0;

    memset(header, 0, USTAR_BLOCK);
    memcpy(header + AT_NAME, name, strlen(name));
    memcpy(header + AT_MODE, "0000444", 8);
    memcpy(header + AT_UID, "0000000", 8);
    memcpy(header + AT_GID, "0000000", 8);
    snprintf(size_text, sizeof(size_text), "%011o", size);
    memcpy(header + AT_SIZE, size_text, SIZE_LENGTH);
    memcpy(header + AT_MTIME, "00000000000", 12);
    memcpy(header + AT_CHECKSUM, "        ", 8);
    header[AT_TYPE] = '0';
    memcpy(header + AT_MAGIC,
           "ustar\0"
           "00",
           8);
    memcpy(header + AT_DEVMAJOR, "0000000", 8);
    memcpy(header + AT_DEVMINOR, "0000000", 8);
    for (size_t i = 0; i < USTAR_BLOCK; i++)
        sum += header[i];
    snprintf(checksum, sizeof(checksum), "%06o", sum);
    memcpy(header + AT_CHECKSUM, checksum, 7);
}

/* How many zero bytes follow a content of ${size}. */
static uint32_t padding(uint32_t size)
{
    return (USTAR_BLOCK - size % USTAR_BLOCK) % USTAR_BLOCK;
}

static int parse_size(const uint8_t *text, uint32_t *ret_size)
{
    uint64_t v = 0;

    for (int i = 0; i < SIZE_LENGTH - 1; i++) {
        if (text[i] < '0' || text[i] > '7')
            return ERR_FORMAT;
        v = v * 8 + (uint64_t)(text[i] - '0');
    }
    if (v > UINT32_MAX)
        return ERR_SIZE;
    *ret_size = (uint32_t)v;
    return 0;
}

static int parse_end(struct bytes *b)
{
    uint8_t block[USTAR_BLOCK];

    bytes_fixed(b, block, sizeof(block));
    if (b->error)
        return b->error;
    if (memcmp(block, zeros, sizeof(block)) != 0)
        return ERR_FORMAT;
    return bytes_left(b) ? ERR_TRAILING : ERR_EOF;
}

/* Whatever is not what make_header() writes for this name and size is refused. */
static int parse_header(const uint8_t header[static USTAR_BLOCK], char *name, uint32_t *size)
{
    uint8_t again[USTAR_BLOCK];
    int r;

    memcpy(name, header + AT_NAME, USTAR_NAME_MAX);
    name[USTAR_NAME_MAX] = '\0';
    if (!ustar_is_name(bytes_text(name)))
        return ERR_FORMAT;
    r = parse_size(header + AT_SIZE, size);
    if (r)
        return r;
    make_header(name, *size, again);
    return memcmp(header, again, USTAR_BLOCK) == 0 ? 0 : ERR_FORMAT;
}

int ustar_next(struct bytes *b, struct ustar_member *ret_member)
{
    uint8_t header[USTAR_BLOCK], pad[USTAR_BLOCK];
    struct ustar_member m;
    uint32_t size = 0;
    int r;

    bytes_fixed(b, header, sizeof(header));
    if (b->error)
        return b->error;
    if (memcmp(header, zeros, sizeof(header)) == 0)
        return parse_end(b);
    r = parse_header(header, m.name, &size);
    if (r)
        return r;
    m.content = bytes_run(b, size);
    bytes_fixed(b, pad, padding(size));
    if (b->error)
        return b->error;
    if (memcmp(pad, zeros, padding(size)) != 0)
        return ERR_FORMAT;
    *ret_member = m;
    return 0;
}

void ustar_put(struct bytes_put *out, const char *name, struct bytes_view content)
{
    uint8_t header[USTAR_BLOCK];

    if (!ustar_is_name(bytes_text(name))) {
        out->error = out->error ? out->error : ERR_FORMAT;
        return;
    }
    make_header(name, content.length, header);
    bytes_put_fixed(out, header, sizeof(header));
    bytes_put_fixed(out, content.data, content.length);
    bytes_put_fixed(out, zeros, padding(content.length));
}

void ustar_put_end(struct bytes_put *out)
{
    bytes_put_fixed(out, zeros, sizeof(zeros));
    bytes_put_fixed(out, zeros, sizeof(zeros));
}
