#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "enclave/audit/auditor.h"

/*
 * An export with a head that nobody signed is never good.  A journal whose lines have a right chain
 * and any content is read or refused; what was read is read the same again.
 */
static struct auditor auditor;

void auditor_origin(const struct peer *peer, char out[static JOURNAL_ORIGIN])
{
    (void)peer;
    snprintf(out, JOURNAL_ORIGIN, "worker/e0000000");
}

void records_text(const struct message_audit *m, char out[static RECORD_TEXT])
{
    (void)m;
    snprintf(out, RECORD_TEXT, "-");
}

static void each(void *context, const char *origin, const char *kind, char *fields)
{
    unsigned *n = context;
    ++*n;
    if (strcmp(kind, "audit") == 0 && fields)
        intents_read(&auditor, origin, fields);
}

/* The lines of ${data}, each with its chain behind it. */
static void write_journal(const uint8_t *data, size_t size)
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    char chain[65], text[JOURNAL_LINE_MAX + 65];
    int fd = open(JOURNAL_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    memcpy(chain, zeros, 65);
    while (size) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t n = end ? (size_t)(end - data) : size;
        size_t kept = n < JOURNAL_LINE_MAX - 80 ? n : JOURNAL_LINE_MAX - 80;
        uint8_t digest[32];
        memcpy(text, chain, 64);
        memcpy(text + 64, data, kept);
        hash_content("casemate/journal/1", bytes_view_of(text, 64 + kept), digest);
        bytes_to_hex(digest, 32, chain);
        if (write(fd, data, kept) < 0 || dprintf(fd, " %s\n", chain) < 0)
            abort();
        data += end ? n + 1 : n;
        size -= end ? n + 1 : n;
    }
    close(fd);
}

static void read_journal(const uint8_t *data, size_t size)
{
    struct journal *first, *again;
    unsigned n = 0, m = 0;
    write_journal(data, size);
    memset(&auditor, 0, sizeof auditor.anchors + sizeof auditor.intents);
    int r = journal_open(each, &n, &first);
    int s = journal_open(each, &m, &again);
    if (r != s || (r == 0 && (n != m || journal_lines(first) != journal_lines(again))))
        abort();
    if (r == 0) {
        journal_close(first);
        journal_close(again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char directory[] = "/tmp/casemate-fuzz-journal-XXXXXX";
    static const uint8_t public_key[SIGN_PUBLIC_LENGTH] = {1};
    struct segment_result result;
    struct segment_head head;
    size_t length;
    static int home = -1, place = -1; /* the fuzzer's own files lie where it was started */
    if (home < 0) {
        home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        place = mkdtemp(directory) ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    }
    if (size == 0)
        return 0;
    if (segment_parse(bytes_view_of(data, size), public_key, &head, &length) == 0)
        abort();
    FILE *f = fmemopen((void *)(uintptr_t)data, size, "r");
    if (f && segment_check(f, public_key, &result) == 0)
        abort();
    if (f)
        fclose(f);
    if (fchdir(place) != 0)
        abort();
    read_journal(data, size);
    return fchdir(home);
}
