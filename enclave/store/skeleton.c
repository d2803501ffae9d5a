#include "enclave/store/skeleton.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/note.h"

#define HEADER_DIGITS (2 * STORE_HEADER_LENGTH)
#define LINE_LENGTH   (HEADER_DIGITS + 1 + 64 + 1)

/* ---- writing ---- */

struct writing {
    int fd;
    size_t used;
    char buffer[LINE_LENGTH * 400];
};

static int write_all(int fd, const char *data, size_t length)
{
    while (length) {
        ssize_t n = write(fd, data, length);
        if (n <= 0)
            return ERR_SYSTEM;
        data += n;
        length -= (size_t)n;
    }
    return 0;
}

static void header_of(const struct store_event *event, uint8_t out[static STORE_HEADER_LENGTH])
{
    struct bytes_put put = bytes_into(out, STORE_HEADER_LENGTH);
    bytes_put_u8(&put, STORE_HEADER_VERSION);
    bytes_put_u64(&put, event->sequence);
    bytes_put_fixed(&put, event->boot, 16);
}

static int write_line(void *context, const struct store_event *event)
{
    struct writing *w = context;
    uint8_t header[STORE_HEADER_LENGTH], commitment[32];
    header_of(event, header);
    hash_commitment(event->salt, event->payload, commitment);
    char *line = w->buffer + w->used;
    bytes_to_hex(header, sizeof header, line);
    line[HEADER_DIGITS] = ' ';
    bytes_to_hex(commitment, sizeof commitment, line + HEADER_DIGITS + 1);
    line[LINE_LENGTH - 1] = '\n';
    w->used += LINE_LENGTH;
    if (w->used + LINE_LENGTH + 1 <= sizeof w->buffer)
        return 0;
    int r = write_all(w->fd, w->buffer, w->used);
    w->used = 0;
    return r;
}

int skeleton_write(struct store *store, int fd, struct bytes_view note, uint64_t size)
{
    static struct writing w;
    w.fd = fd;
    w.used = 0;
    int r = write_all(fd, SKELETON_FIRST_LINE, strlen(SKELETON_FIRST_LINE));
    if (r == 0)
        r = write_all(fd, (const char *)note.data, note.length);
    if (r == 0)
        r = write_all(fd, "\n", 1);
    if (r == 0)
        r = store_walk(store, 0, size, write_line, &w);
    if (r == 0)
        r = write_all(fd, w.buffer, w.used);
    return r;
}

/* ---- checking ---- */

static int fail(struct skeleton_result *result, const char *format, unsigned long long a)
{
    snprintf(result->why, sizeof result->why, format, a);
    return ERR_FORMAT;
}

static int take_line(struct bytes_view line, uint64_t expected, struct tree *tree,
                     struct skeleton_result *result)
{
    uint8_t header[STORE_HEADER_LENGTH], commitment[32], leaf[32];
    if (line.data[HEADER_DIGITS] != ' ' || line.data[LINE_LENGTH - 1] != '\n' ||
        bytes_from_hex(bytes_view_of(line.data, HEADER_DIGITS), sizeof header, header) != 0 ||
        bytes_from_hex(bytes_view_of(line.data + HEADER_DIGITS + 1, 64), 32, commitment) != 0)
        return fail(result, "the line of event %llu is not in its form", expected);
    struct bytes in = bytes_over(header, sizeof header);
    if (bytes_u8(&in) != STORE_HEADER_VERSION || bytes_u64(&in) != expected)
        return fail(result, "event %llu is missing or out of its order", expected);
    hash_leaf(header, sizeof header, commitment, leaf);
    tree_append(tree, leaf);
    return 0;
}

int skeleton_check(struct bytes_view text, const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                   struct skeleton_result *ret_result)
{
    struct note_checkpoint head;
    struct tree tree;
    uint8_t root[32];
    size_t first = strlen(SKELETON_FIRST_LINE);
    memset(ret_result, 0, sizeof *ret_result);
    if (text.length < first || memcmp(text.data, SKELETON_FIRST_LINE, first) != 0)
        return fail(ret_result, "this is not a skeleton of a Casemate log (format %llu)", 1);
    struct bytes_view rest = bytes_view_of(text.data + first, text.length - first);
    size_t n = note_length(rest);
    int r = n ? note_check(public_key, bytes_view_of(rest.data, n), &head) : ERR_FORMAT;
    if (r) {
        snprintf(ret_result->why, sizeof ret_result->why, "the signed head: %s", error_text(r));
        return r;
    }
    if (n >= rest.length || rest.data[n] != '\n')
        return fail(ret_result, "behind the signed head there is no empty line (%llu)", 0);
    rest = bytes_view_of(rest.data + n + 1, rest.length - n - 1);
    if (head.size != rest.length / LINE_LENGTH || rest.length % LINE_LENGTH)
        return fail(ret_result,
                    "the signed head covers %llu events, and another number of lines "
                    "follows",
                    head.size);
    tree_begin(&tree, 0);
    for (uint64_t i = 0; r == 0 && i < head.size; i++)
        r = take_line(bytes_view_of(rest.data + i * LINE_LENGTH, LINE_LENGTH), i, &tree,
                      ret_result);
    if (r)
        return r;
    tree_root(&tree, root);
    if (memcmp(root, head.root, 32) != 0) {
        snprintf(ret_result->why, sizeof ret_result->why,
                 "the events do not give the root that was signed: at least one was changed");
        return ERR_DIGEST;
    }
    snprintf(ret_result->origin, sizeof ret_result->origin, "%s", head.origin);
    ret_result->size = head.size;
    return 0;
}
