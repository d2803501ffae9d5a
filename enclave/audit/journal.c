#include "enclave/audit/journal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enclave/process/os.h"

#define BUFFER (256 * 1024)

struct journal {
    int fd;
    uint64_t lines;
    char chain[65];
    size_t used;
    char buffer[BUFFER];
};

static void chain_of(const char *before, const char *line, size_t length, char out[static 65])
{
    uint8_t digest[32];
    char text[JOURNAL_LINE_MAX + 65];
    memcpy(text, before, 64);
    memcpy(text + 64, line, length);
    hash_content("casemate/journal/1", bytes_view_of(text, 64 + length), digest);
    bytes_to_hex(digest, 32, out);
}

/* Cut "number utc boot origin kind fields" into its parts, in place. */
static int give(char *line, journal_each *each, void *context)
{
    char *save = NULL;
    char *number = strtok_r(line, " ", &save), *utc = strtok_r(NULL, " ", &save);
    char *boot = strtok_r(NULL, " ", &save), *origin = strtok_r(NULL, " ", &save);
    char *kind = strtok_r(NULL, " ", &save);
    if (!number || !utc || !boot || !origin || !kind)
        return ERR_FORMAT;
    each(context, origin, kind, save);
    return 0;
}

static int take_line(struct journal *j, char *line, size_t length, journal_each *each,
                     void *context)
{
    char chain[65];
    if (strlen(line) != length)
        return ERR_TRUNCATED;
    if (length < 66 || length > JOURNAL_LINE_MAX || line[length - 65] != ' ')
        return ERR_FORMAT;
    chain_of(j->chain, line, length - 65, chain);
    if (memcmp(chain, line + length - 64, 64) != 0)
        return ERR_DIGEST;
    memcpy(j->chain, chain, 65);
    line[length - 65] = '\0';
    j->lines++;
    return give(line, each, context);
}

/* Power was cut while the last of it was written: what the disk had not yet taken reads as zeros,
 * and what is behind them may be there.  None of it was acknowledged; it is no more than one write,
 * or it is something else. */
static int cut_torn(struct journal *j, off_t whole, size_t behind)
{
    ssize_t n;
    while ((n = os_read(j->fd, j->buffer, BUFFER)) > 0)
        behind += (size_t)n;
    if (n < 0)
        return ERR_SYSTEM;
    if (behind > BUFFER)
        return ERR_FORMAT;
    return os_truncate(j->fd, whole) == 0 ? 0 : ERR_SYSTEM;
}

static int read_all(struct journal *j, journal_each *each, void *context)
{
    off_t whole = 0;
    size_t held = 0;
    ssize_t n = 0;
    int r = 0;
    while (r == 0 && held < BUFFER && (n = os_read(j->fd, j->buffer + held, BUFFER - held)) > 0) {
        char *at = j->buffer, *end = j->buffer + held + n, *newline;
        while (r == 0 && (newline = memchr(at, '\n', (size_t)(end - at)))) {
            *newline = '\0';
            r = take_line(j, at, (size_t)(newline - at), each, context);
            if (r == ERR_TRUNCATED)
                return cut_torn(j, whole, (size_t)(end - at));
            whole += newline + 1 - at;
            at = newline + 1;
        }
        held = (size_t)(end - at);
        memmove(j->buffer, at, held);
    }
    if (r == 0 && n < 0)
        r = ERR_SYSTEM; /* what could not be read is not a line that was cut short */
    if (r == 0 && held == BUFFER)
        r = ERR_FORMAT;
    if (r == 0 && held && os_truncate(j->fd, whole) != 0)
        r = ERR_SYSTEM;
    return r;
}

int journal_open(journal_each *each, void *context, struct journal **ret_journal)
{
    struct journal *j = calloc(1, sizeof *j);
    if (!j)
        return ERR_MEMORY;
    memset(j->chain, '0', 64);
    j->fd = os_open("journal.log", O_RDWR | O_CREAT | O_APPEND, 0600);
    int r = j->fd < 0 ? ERR_SYSTEM : read_all(j, each, context);
    if (r) {
        if (j->fd >= 0)
            os_close(j->fd);
        free(j);
        return r;
    }
    *ret_journal = j;
    return 0;
}

int journal_add(struct journal *journal, const char *origin, const char *kind, const char *fields)
{
    char *line = journal->buffer + journal->used;
    char boot[33];
    if (journal->used + JOURNAL_LINE_MAX + 2 > BUFFER) {
        int r = journal_sync(journal);
        if (r)
            return r;
        line = journal->buffer;
    }
    bytes_to_hex(os_boot_id(), 16, boot);
    int n = snprintf(line, JOURNAL_LINE_MAX - 66, "%" PRIu64 " %" PRId64 " %s %s %s %s",
                     journal->lines, os_utc_ms(), boot, origin, kind, fields);
    if (n < 0 || n >= JOURNAL_LINE_MAX - 66)
        return ERR_SIZE;
    char chain[65];
    chain_of(journal->chain, line, (size_t)n, chain);
    memcpy(journal->chain, chain, 65);
    line[n] = ' ';
    memcpy(line + n + 1, chain, 64);
    line[n + 65] = '\n';
    journal->used += (size_t)n + 66;
    journal->lines++;
    return 0;
}

int journal_sync(struct journal *journal)
{
    size_t at = 0;
    while (at < journal->used) {
        ssize_t n = os_write(journal->fd, journal->buffer + at, journal->used - at);
        if (n <= 0)
            return ERR_SYSTEM;
        at += (size_t)n;
    }
    if (at && os_sync(journal->fd) != 0)
        return ERR_SYSTEM;
    journal->used = 0;
    return 0;
}

uint64_t journal_lines(const struct journal *journal)
{
    return journal->lines;
}
