#include "enclave/audit/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enclave/process/os.h"

#define BUFFER   (256 * 1024)
#define RESERVE  (2u << 20)
#define DRIFT_MS 2000
#define NEXT     "journal.next"

struct journal {
    int fd;
    uint64_t lines;   /* of all segments */
    uint64_t segment; /* the number of this one; 0: older than segments */
    uint64_t first;   /* the number of its first line */
    char before[65];  /* the chain of the line before that */
    int64_t begun_ms;
    uint64_t length; /* bytes of whole lines that are in the file */
    uint64_t torn;   /* bytes behind them that were cut off at opening */
    int64_t newest_ms;
    int64_t offset_ms; /* UTC over the boot's clock, when this process began or the clock was set */
    bool jumped;
    bool unsynced; /* something was written and not synced */
    bool reserve;
    char chain[65];
    size_t used;
    char buffer[BUFFER];
};

static uint64_t wrong_line;

static void chain_of(const char *before, const char *line, size_t length, char out[static 65])
{
    uint8_t digest[32];
    char text[JOURNAL_LINE_MAX + 65];
    memcpy(text, before, 64);
    memcpy(text + 64, line, length);
    hash_content("casemate/journal/1", bytes_view_of(text, 64 + length), digest);
    bytes_to_hex(digest, 32, out);
}

/* ---- reading ---- */

static bool is_digits(const char *text, size_t length)
{
    return strspn(text, "0123456789abcdef") >= length;
}

/* The first line of a segment says where numbers and chain go on; it is vouched for by its own
 * chain, and by the segment before, which was sealed with the same one. */
static int first_of_segment(struct journal *j, const char *line)
{
    unsigned long long number, segment;
    char chain[65];
    if (sscanf(line, "%llu %*s %*s auditor/- segment 2 %llu %64s ", &number, &segment, chain) != 3)
        return ERR_UNKNOWN;
    if (strlen(chain) != 64 || !is_digits(chain, 64) || segment == 0)
        return ERR_FORMAT;
    j->lines = j->first = number;
    j->segment = segment;
    memcpy(j->chain, chain, 65);
    memcpy(j->before, chain, 65);
    return 0;
}

/* Of a line behind segments: cut off the last two fields, which are every line's. */
static int cut_time(char *line)
{
    for (int i = 0; i < 2; i++) {
        char *space = strrchr(line, ' ');
        if (!space)
            return ERR_FORMAT;
        *space = '\0';
    }
    return 0;
}

/* Cut "number utc boot origin kind fields" into its parts, in place. */
static int give(struct journal *j, char *line, journal_each *each, void *context)
{
    char *save = NULL, *end = NULL;
    int r = j->segment ? cut_time(line) : 0;
    char *number = strtok_r(line, " ", &save), *utc = strtok_r(NULL, " ", &save);
    char *boot = strtok_r(NULL, " ", &save), *origin = strtok_r(NULL, " ", &save);
    char *kind = strtok_r(NULL, " ", &save);
    if (r || !number || !utc || !boot || !origin || !kind || strlen(origin) >= JOURNAL_ORIGIN ||
        strtoull(number, &end, 10) != j->lines || *end)
        return ERR_FORMAT;
    int64_t at = strtoll(utc, &end, 10);
    if (*end)
        return ERR_FORMAT;
    if (at > j->newest_ms)
        j->newest_ms = at;
    if (j->lines == j->first)
        j->begun_ms = at;
    j->lines++;
    each(context, origin, kind, save);
    return 0;
}

static int take_line(struct journal *j, char *line, size_t length, bool first, journal_each *each,
                     void *context)
{
    char chain[65];
    if (strlen(line) != length)
        return ERR_TRUNCATED;
    if (length < 66 || length > JOURNAL_LINE_MAX || line[length - 65] != ' ')
        return ERR_FORMAT;
    int r = first ? first_of_segment(j, line) : 0;
    if (r && r != ERR_UNKNOWN)
        return r;
    chain_of(j->chain, line, length - 65, chain);
    if (memcmp(chain, line + length - 64, 64) != 0)
        return ERR_DIGEST;
    memcpy(j->chain, chain, 65);
    line[length - 65] = '\0';
    return give(j, line, each, context);
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
    j->length = (uint64_t)whole;
    j->torn = behind;
    return os_truncate(j->fd, whole) == 0 ? 0 : ERR_SYSTEM;
}

static int read_all(struct journal *j, journal_each *each, void *context)
{
    off_t whole = 0;
    size_t held = 0;
    ssize_t n = 0;
    int r = 0;
    wrong_line = 0;
    while (r == 0 && held < BUFFER && (n = os_read(j->fd, j->buffer + held, BUFFER - held)) > 0) {
        char *at = j->buffer, *end = j->buffer + held + n, *newline;
        while (r == 0 && (newline = memchr(at, '\n', (size_t)(end - at)))) {
            *newline = '\0';
            r = take_line(j, at, (size_t)(newline - at), whole == 0, each, context);
            if (r == ERR_TRUNCATED)
                return cut_torn(j, whole, (size_t)(end - at));
            wrong_line += r == 0;
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
    j->torn = held;
    j->length = (uint64_t)whole;
    return r;
}

uint64_t journal_wrong(void)
{
    return wrong_line;
}

/* ---- time ---- */

static int64_t offset_now(void)
{
    return os_utc_ms() - (int64_t)os_boot_ms();
}

/* The time of a line, never before the newest one, and how good it is. */
static char time_of_line(struct journal *j, int64_t *ret_ms)
{
    int64_t now = os_utc_ms();
    char quality = j->jumped ? 'J' : 'S';
    if (now < j->newest_ms) {
        now = j->newest_ms;
        quality = 'B';
    }
    j->newest_ms = now;
    *ret_ms = now;
    return quality;
}

int64_t journal_jumped(struct journal *journal)
{
    int64_t offset = offset_now(), by = offset - journal->offset_ms;
    if (by > -DRIFT_MS && by < DRIFT_MS)
        return 0;
    journal->offset_ms = offset;
    journal->jumped = true;
    return by;
}

/* ---- adding ---- */

static int append(struct journal *j, const char *origin, const char *kind, const char *fields)
{
    char *line = j->buffer + j->used;
    char boot[33], chain[65];
    int64_t ms, before = j->newest_ms;
    if (j->used + JOURNAL_LINE_MAX + 2 > BUFFER)
        return ERR_FULL;
    char quality = time_of_line(j, &ms);
    bytes_to_hex(os_boot_id(), 16, boot);
    int n =
        snprintf(line, JOURNAL_LINE_MAX - 66, "%" PRIu64 " %" PRId64 " %s %s %s %s %" PRIu64 " %c",
                 j->lines, ms, boot, origin, kind, fields, os_boot_ns(), quality);
    if (n < 0 || n >= JOURNAL_LINE_MAX - 66) {
        j->newest_ms = before;
        return ERR_SIZE;
    }
    chain_of(j->chain, line, (size_t)n, chain);
    memcpy(j->chain, chain, 65);
    line[n] = ' ';
    memcpy(line + n + 1, chain, 64);
    line[n + 65] = '\n';
    j->used += (size_t)n + 66;
    j->lines++;
    return 0;
}

int journal_add(struct journal *journal, const char *origin, const char *kind, const char *fields)
{
    int r = journal->used + JOURNAL_LINE_MAX + 2 > BUFFER ? journal_write(journal) : 0;
    return r ? r : append(journal, origin, kind, fields);
}

/* ---- writing ---- */

/* As much as fits; a line that was cut is taken back, so that the file holds whole lines. */
static int write_some(struct journal *j)
{
    size_t at = 0;
    while (at < j->used) {
        ssize_t n = os_write(j->fd, j->buffer + at, j->used - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != ENOSPC && errno != EDQUOT)
            return ERR_SYSTEM;
        if (n <= 0)
            break;
        at += (size_t)n;
        j->unsynced = true;
    }
    size_t whole = at;
    while (whole && j->buffer[whole - 1] != '\n')
        whole--;
    if (whole < at && os_truncate(j->fd, (off_t)(j->length + whole)) != 0)
        return ERR_SYSTEM;
    j->length += whole;
    j->used -= whole;
    memmove(j->buffer, j->buffer + whole, j->used);
    return j->used ? ERR_FULL : 0;
}

int journal_write(struct journal *journal)
{
    int r = write_some(journal);
    if (r != ERR_FULL || !journal->reserve)
        return r;
    journal->reserve = false;
    int fd = os_open(JOURNAL_RESERVE, O_WRONLY | O_TRUNC, 0600);
    if (fd < 0 || os_sync(fd) != 0 || os_close(fd) != 0)
        return ERR_SYSTEM;
    return write_some(journal);
}

int journal_sync(struct journal *journal)
{
    int r = journal_write(journal);
    if (r && r != ERR_FULL)
        return r;
    if (journal->unsynced && os_sync(journal->fd) != 0)
        return ERR_SYSTEM;
    journal->unsynced = false;
    return r;
}

bool journal_unsynced(const struct journal *journal)
{
    return journal->unsynced || journal->used;
}

/* ---- room ---- */

/* Written, not only made longer: a hole keeps no room. */
static int write_reserve(int fd)
{
    static const char zeros[65536];
    for (size_t at = 0; at < RESERVE;) {
        ssize_t n = os_write(fd, zeros, sizeof zeros);
        if (n <= 0)
            return n < 0 && errno != ENOSPC && errno != EDQUOT ? ERR_SYSTEM : ERR_FULL;
        at += (size_t)n;
    }
    return os_sync(fd) == 0 ? 0 : ERR_SYSTEM;
}

int journal_reserve(struct journal *journal)
{
    uint64_t room = 0, size = 0;
    if (journal->reserve)
        return 0;
    /* not the last of the room: others need some too, and full would be full again at once */
    if (os_free(journal->fd, &room, &size) != 0 || room < 2 * (uint64_t)RESERVE)
        return ERR_FULL;
    int fd = os_open(JOURNAL_RESERVE, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        return errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_SYSTEM;
    int r = write_reserve(fd);
    if (r == ERR_FULL && os_truncate(fd, 0) != 0)
        r = ERR_SYSTEM;
    os_close(fd);
    journal->reserve = r == 0;
    return r;
}

bool journal_has_reserve(const struct journal *journal)
{
    return journal->reserve;
}

unsigned journal_percent(const struct journal *journal)
{
    uint64_t room = 0, size = 0;
    if (os_free(journal->fd, &room, &size) != 0 || size == 0 || room > size)
        return 0;
    return (unsigned)(100 - room * 100 / size);
}

/* ---- segments ---- */

static int begin_segment(struct journal *j)
{
    char fields[120];
    snprintf(fields, sizeof fields, "2 %" PRIu64 " %s", j->segment, j->chain);
    j->first = j->lines;
    memcpy(j->before, j->chain, 65);
    int r = append(j, "auditor/-", "segment", fields);
    j->begun_ms = j->newest_ms;
    return r;
}

int journal_next(struct journal *journal, journal_carry *carry, void *context)
{
    if (journal_unsynced(journal))
        return ERR_STATE;
    struct journal *n = malloc(sizeof *n);
    if (!n)
        return ERR_MEMORY;
    *n = *journal;
    n->length = 0;
    n->segment++;
    n->reserve = false; /* for what must be written, not for what may */
    n->fd = os_open(NEXT, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
    int r = n->fd < 0 ? (errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_SYSTEM) : 0;
    if (r == 0)
        r = begin_segment(n);
    if (r == 0)
        r = carry(context, n);
    if (r == 0)
        r = append(n, "auditor/-", "begin", "-");
    if (r == 0)
        r = journal_sync(n);
    if (r == 0 && os_rename(NEXT, JOURNAL_FILE) != 0)
        r = ERR_SYSTEM;
    if (r) {
        if (n->fd >= 0)
            os_close(n->fd);
    } else {
        n->reserve = journal->reserve;
        os_close(journal->fd);
        *journal = *n;
    }
    free(n);
    return r;
}

/* ---- opening ---- */

/* The process before this one may have ended behind a write and before its sync: what is read is
 * made sure before anything is answered by it; then it is read anew, from the disk. */
static int settle(int fd)
{
    return os_sync(fd) == 0 && os_forget(JOURNAL_FILE) == 0 ? 0 : ERR_SYSTEM;
}

int journal_open(journal_each *each, void *context, struct journal **ret_journal)
{
    struct journal *j = calloc(1, sizeof *j);
    if (!j)
        return ERR_MEMORY;
    memset(j->chain, '0', 64);
    memset(j->before, '0', 64);
    j->offset_ms = offset_now();
    j->fd = os_open(JOURNAL_FILE, O_RDWR | O_CREAT | O_APPEND, 0600);
    int r = j->fd < 0 ? ERR_SYSTEM : settle(j->fd);
    if (r == 0)
        r = read_all(j, each, context);
    if (r == 0 && j->length == 0) {
        j->segment = 1;
        r = begin_segment(j);
        if (r == 0)
            r = append(j, "auditor/-", "begin", "-");
    }
    if (r)
        journal_close(j);
    else
        *ret_journal = j;
    return r;
}

void journal_close(struct journal *journal)
{
    if (journal && journal->fd >= 0)
        os_close(journal->fd);
    free(journal);
}

uint64_t journal_lines(const struct journal *journal)
{
    return journal->lines;
}

uint64_t journal_torn(const struct journal *journal)
{
    return journal->torn;
}

uint64_t journal_segment(const struct journal *journal)
{
    return journal->segment;
}

uint64_t journal_length(const struct journal *journal)
{
    return journal->length + journal->used;
}

int64_t journal_newest_ms(const struct journal *journal)
{
    return journal->newest_ms;
}

int64_t journal_begun_ms(const struct journal *journal)
{
    return journal->begun_ms;
}

int journal_head(const struct journal *journal, struct segment_head *ret_head)
{
    if (journal_unsynced(journal))
        return ERR_STATE;
    *ret_head = (struct segment_head){.number = journal->segment,
                                      .first = journal->first,
                                      .next = journal->lines,
                                      .from_ms = journal->begun_ms,
                                      .to_ms = journal->newest_ms,
                                      .length = journal->length};
    memcpy(ret_head->before, journal->before, 65);
    memcpy(ret_head->after, journal->chain, 65);
    return 0;
}
