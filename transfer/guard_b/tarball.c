#include "transfer/guard_b/tarball.h"

#include <stdio.h>
#include <string.h>

#define BLOCK           512
#define MEMBER_NAME_MAX 80
#define SIZE_AT         124

static size_t padding(size_t size)
{
    return (BLOCK - size % BLOCK) % BLOCK;
}

/* The one header that ${name} and ${size} can have. */
static void header(const char *name, size_t size, uint8_t out[static BLOCK])
{
    char octal[12];
    unsigned sum = 0;
    memset(out, 0, BLOCK);
    memcpy(out, name, strlen(name));
    memcpy(out + 100, "0000444", 7);
    memcpy(out + 108, "0000000", 7);
    memcpy(out + 116, "0000000", 7);
    snprintf(octal, sizeof octal, "%011o", (unsigned)size);
    memcpy(out + SIZE_AT, octal, 11);
    memcpy(out + 136, "00000000000", 11);
    memset(out + 148, ' ', 8);
    out[156] = '0';
    memcpy(out + 257,
           "ustar\0"
           "00",
           8);
    memcpy(out + 329, "0000000", 7);
    memcpy(out + 337, "0000000", 7);
    for (size_t i = 0; i < BLOCK; i++)
        sum += out[i];
    snprintf(octal, sizeof octal, "%06o", sum);
    memcpy(out + 148, octal, 7); /* six digits and a zero byte; the space stays */
}

int b_tarball_write(const struct b_tar_member members[static B_TAR_MEMBERS],
                    uint8_t out[static B_TAR_MAX], size_t *ret_length, struct b_refusal *why)
{
    size_t used = 0;
    for (size_t i = 0; i < B_TAR_MEMBERS; i++) {
        struct b_view content = members[i].content;
        size_t room = B_TAR_MAX - used - 2 * BLOCK; /* a multiple of BLOCK, as used is */
        if (room < BLOCK || content.length > room - BLOCK)
            return b_refuse(why, ERR_SIZE, "the tar would be longer than 1048576 bytes");
        header(members[i].name, content.length, out + used);
        used += BLOCK;
        if (content.length)
            memcpy(out + used, content.data, content.length);
        used += content.length;
        memset(out + used, 0, padding(content.length));
        used += padding(content.length);
    }
    memset(out + used, 0, 2 * BLOCK);
    *ret_length = used + 2 * BLOCK;
    return 0;
}

static bool all_zero(struct b_view run)
{
    for (size_t i = 0; i < run.length; i++)
        if (run.data[i])
            return false;
    return true;
}

/* What the header names, by remaking it: false unless all of it is as it must be. */
static bool header_read(struct b_view block, char name[static MEMBER_NAME_MAX + 1],
                        size_t *ret_size)
{
    uint8_t again[BLOCK];
    size_t length = 0;
    *ret_size = 0;
    while (length <= MEMBER_NAME_MAX && block.data[length])
        length++;
    if (length == 0 || length > MEMBER_NAME_MAX)
        return false;
    struct b_reader r = b_reader_over(b_view_of(block.data, length));
    if (*r.at == '.' || *r.at == '_' || *r.at == '-')
        return false;
    (void)b_reader_word(&r, B_LOWER B_DECIMAL "._-", length, length);
    for (size_t i = SIZE_AT; i < SIZE_AT + 11; i++) {
        if (block.data[i] < '0' || block.data[i] > '7')
            return false;
        *ret_size = *ret_size * 8 + (size_t)(block.data[i] - '0');
    }
    if (!b_reader_done(&r) || *ret_size > B_TAR_MAX)
        return false;
    memcpy(name, block.data, length);
    name[length] = '\0';
    header(name, *ret_size, again);
    return memcmp(again, block.data, BLOCK) == 0;
}

int b_tarball_check(struct b_view tar, const struct b_tar_member members[static B_TAR_MEMBERS],
                    struct b_refusal *why)
{
    struct b_reader r = b_reader_over(tar);
    if (tar.length > B_TAR_MAX)
        return b_refuse(why, ERR_SIZE, "the tar is longer than 1048576 bytes");
    for (size_t i = 0; i < B_TAR_MEMBERS; i++) {
        char name[MEMBER_NAME_MAX + 1];
        size_t size = 0;
        struct b_view block = b_reader_run(&r, BLOCK);
        if (r.failed || !header_read(block, name, &size))
            return b_refuse(why, ERR_FORMAT, "the tar: header %zu is not in its one form", i + 1);
        struct b_view content = b_reader_run(&r, size);
        struct b_view rest = b_reader_run(&r, padding(size));
        if (r.failed || !all_zero(rest))
            return b_refuse(why, ERR_FORMAT, "the tar: member %zu is cut or badly padded", i + 1);
        if (strcmp(name, members[i].name) != 0 || !b_view_equal(content, members[i].content))
            return b_refuse(why, ERR_DIGEST, "the tar: member %zu is another", i + 1);
    }
    struct b_view end = b_reader_run(&r, 2 * BLOCK);
    if (!b_reader_done(&r) || !all_zero(end))
        return b_refuse(why, ERR_TRAILING, "the tar does not end in exactly two empty blocks");
    return 0;
}
