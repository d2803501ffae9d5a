/* An export of the journal, checked elsewhere with a public key only. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "enclave/audit/journal.h"
#include "enclave/audit/segment.h"

struct checking {
    FILE *file;
    const uint8_t *public_key;
    struct segment_result *result;
    struct segment_head head;
    bool begun;
    char line[JOURNAL_LINE_MAX + 2];
};

static int wrong(struct checking *c, int code, const char *format, uint64_t number)
{
    snprintf(c->result->why, sizeof c->result->why, format, number);
    return code;
}

/* The next line with its LF, or its length 0 at the end. */
static size_t next_line(struct checking *c)
{
    return fgets(c->line, sizeof c->line, c->file) ? strlen(c->line) : 0;
}

static int take_head(struct checking *c)
{
    char text[SEGMENT_HEAD_MAX];
    size_t used = 0, n = strlen(c->line), length;
    uint64_t expected = c->begun ? c->head.number + 1 : 0;
    struct segment_head h;
    do {
        if (n == 0 || used + n >= sizeof text)
            return wrong(c, ERR_FORMAT, "the head of segment %" PRIu64 " is not in its form",
                         expected);
        memcpy(text + used, c->line, n);
        used += n;
    } while (c->line[0] != '\n' && ((n = next_line(c)) || true));
    int r = segment_parse(bytes_view_of(text, used), c->public_key, &h, &length);
    if (r == ERR_SIGNATURE)
        return wrong(c, r, "the head of segment %" PRIu64 " is not signed by this site's auditor",
                     expected);
    if (r || length != used)
        return wrong(c, ERR_FORMAT, "the head of segment %" PRIu64 " is not in its form", expected);
    if (c->begun && (h.number != c->head.number + 1 || h.first != c->head.next ||
                     strcmp(h.before, c->head.after) != 0))
        return wrong(c, ERR_BEHIND,
                     "segment %" PRIu64 " is missing, or what follows does not continue it",
                     expected);
    c->head = h;
    if (!c->begun) {
        c->result->first_segment = h.number;
        c->result->from_ms = h.from_ms;
    }
    c->begun = true;
    return 0;
}

static int take_lines(struct checking *c)
{
    char chain[65], text[JOURNAL_LINE_MAX + 65];
    uint64_t length = 0;
    memcpy(chain, c->head.before, 65);
    for (uint64_t i = c->head.first; i < c->head.next; i++) {
        uint8_t digest[32];
        char *end;
        size_t n = next_line(c);
        if (n < 67 || c->line[n - 1] != '\n' || c->line[n - 66] != ' ' ||
            strtoull(c->line, &end, 10) != i || *end != ' ')
            return wrong(c, ERR_FORMAT, "line %" PRIu64 " is missing or not in its form", i);
        memcpy(text, chain, 64);
        memcpy(text + 64, c->line, n - 66);
        hash_content("casemate/journal/1", bytes_view_of(text, 64 + n - 66), digest);
        bytes_to_hex(digest, 32, chain);
        if (memcmp(chain, c->line + n - 65, 64) != 0)
            return wrong(c, ERR_DIGEST,
                         "line %" PRIu64 " was changed, or one before it in its segment", i);
        length += n;
        c->result->lines++;
    }
    if (strcmp(chain, c->head.after) != 0 || length != c->head.length)
        return wrong(c, ERR_DIGEST, "segment %" PRIu64 " does not end as its head says",
                     c->head.number);
    c->result->segments++;
    c->result->to_ms = c->head.to_ms;
    return 0;
}

int segment_check(FILE *file, const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                  struct segment_result *ret_result)
{
    struct checking c = {.file = file, .public_key = public_key, .result = ret_result};
    int r = 0;
    memset(ret_result, 0, sizeof *ret_result);
    while (r == 0 && next_line(&c)) {
        r = take_head(&c);
        if (r == 0)
            r = take_lines(&c);
    }
    if (r == 0 && !c.begun)
        r = wrong(&c, ERR_FORMAT, "this is not an export of a journal (%" PRIu64 " segments)", 0);
    return r;
}
