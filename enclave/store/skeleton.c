#include "enclave/store/skeleton.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

static int write_line(void *context, const struct store_event *event)
{
    struct writing *w = context;
    uint8_t header[STORE_HEADER_LENGTH], commitment[32];
    store_header(event, header);
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

int skeleton_write(struct store *store, int fd, uint64_t first, struct bytes_view note,
                   uint64_t size)
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
        r = store_walk(store, first, first + size, write_line, &w);
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

/* The sequence of the first event: 0 in epoch 1; in a later one what its own line says. */
static uint64_t first_of(struct bytes_view lines, const char *origin)
{
    uint8_t number[8] = {0};
    struct bytes in = bytes_over(number, sizeof number);
    const char *epoch = strrchr(origin, '/');
    if (!epoch || strcmp(epoch, "/1") == 0 || lines.length < LINE_LENGTH ||
        bytes_from_hex(bytes_view_of(lines.data + 2, 16), sizeof number, number) != 0)
        return 0;
    uint64_t first = bytes_u64(&in);
    return first > INT64_MAX ? 0 : first;
}

static int is_since(const struct note_checkpoint *since, const struct tree *tree,
                    struct skeleton_result *result)
{
    uint8_t root[32];
    tree_root(tree, root);
    if (memcmp(root, since->root, 32) == 0)
        return 0;
    (void)fail(result,
               "its first %llu events are not those of the older checkpoint: at least one was "
               "changed since",
               since->size);
    return ERR_DIGEST;
}

static int take_lines(struct bytes_view lines, const struct note_checkpoint *since,
                      struct skeleton_result *result)
{
    const struct note_checkpoint *head = &result->head;
    uint64_t first = first_of(lines, head->origin);
    uint8_t root[32];
    struct tree tree;
    int r = 0;
    tree_begin(&tree, 0);
    for (uint64_t i = 0; r == 0 && i < head->size; i++) {
        r = take_line(bytes_view_of(lines.data + i * LINE_LENGTH, LINE_LENGTH), first + i, &tree,
                      result);
        if (r == 0 && since && tree.end == since->size)
            r = is_since(since, &tree, result);
    }
    if (r)
        return r;
    tree_root(&tree, root);
    if (memcmp(root, head->root, 32) == 0)
        return 0;
    snprintf(result->why, sizeof result->why,
             "the events do not give the root that was signed: at least one was changed");
    return ERR_DIGEST;
}

int skeleton_check(struct bytes_view text, const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                   const struct note_checkpoint *since, struct skeleton_result *ret_result)
{
    struct note_checkpoint *head = &ret_result->head;
    size_t first = strlen(SKELETON_FIRST_LINE);
    memset(ret_result, 0, sizeof *ret_result);
    if (text.length < first || memcmp(text.data, SKELETON_FIRST_LINE, first) != 0)
        return fail(ret_result, "this is not a skeleton of a Casemate log (format %llu)", 1);
    struct bytes_view rest = bytes_view_of(text.data + first, text.length - first);
    size_t n = note_length(rest);
    int r = n ? note_check(public_key, bytes_view_of(rest.data, n), head) : ERR_FORMAT;
    if (r) {
        snprintf(ret_result->why, sizeof ret_result->why, "the signed head: %s", error_text(r));
        return r;
    }
    if (since && (strcmp(since->origin, head->origin) != 0 || since->size > head->size)) {
        snprintf(ret_result->why, sizeof ret_result->why,
                 "it is %s with %llu events, and the older checkpoint is of %s with %llu",
                 head->origin, (unsigned long long)head->size, since->origin,
                 (unsigned long long)since->size);
        return ERR_STATE;
    }
    if (n >= rest.length || rest.data[n] != '\n')
        return fail(ret_result, "behind the signed head there is no empty line (%llu)", 0);
    rest = bytes_view_of(rest.data + n + 1, rest.length - n - 1);
    if (head->size != rest.length / LINE_LENGTH || rest.length % LINE_LENGTH)
        return fail(ret_result,
                    "the signed head covers %llu events, and another number of lines "
                    "follows",
                    head->size);
    return take_lines(rest, since, ret_result);
}
