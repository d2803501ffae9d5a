#include "enclave/audit/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "enclave/process/os.h"

#define WHAT      "casemate/journal-segment/1"
#define SIGNATURE "signature "
#define TEMPORARY "segment.next"

void segment_name(uint64_t number, char out[static SEGMENT_NAME])
{
    snprintf(out, SEGMENT_NAME, "journal-%06" PRIu64 ".sealed", number);
}

/* ---- the head ---- */

static size_t print_body(const struct segment_head *h, char out[static SEGMENT_HEAD_MAX])
{
    return (size_t)snprintf(
        out, SEGMENT_HEAD_MAX,
        "casemate-journal-segment 1\nnumber %" PRIu64 "\nlines %" PRIu64 " %" PRIu64
        "\nchain %s %s\nutc %" PRId64 " %" PRId64 "\nlength %" PRIu64 "\n",
        h->number, h->first, h->next, h->before, h->after, h->from_ms, h->to_ms, h->length);
}

int segment_sign(const struct secret *seed, struct segment_head *head)
{
    char text[SEGMENT_HEAD_MAX];
    size_t n = print_body(head, text);
    return sign_make(seed, WHAT, bytes_view_of(text, n), head->signature);
}

int segment_print(const struct segment_head *head, char out[static SEGMENT_HEAD_MAX],
                  size_t *ret_length)
{
    char digits[2 * SIGN_LENGTH + 1];
    size_t n = print_body(head, out);
    bytes_to_hex(head->signature, SIGN_LENGTH, digits);
    int more = snprintf(out + n, SEGMENT_HEAD_MAX - n, SIGNATURE "%s\n\n", digits);
    if (more < 0 || n + (size_t)more >= SEGMENT_HEAD_MAX)
        return ERR_SIZE;
    *ret_length = n + (size_t)more;
    return 0;
}

/* What was read must be what would have been written: so there is one form. */
int segment_parse(struct bytes_view text, const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                  struct segment_head *ret_head, size_t *ret_length)
{
    char copy[SEGMENT_HEAD_MAX], again[SEGMENT_HEAD_MAX], digits[2 * SIGN_LENGTH + 1];
    struct segment_head h = {0};
    size_t n = text.length < sizeof copy - 1 ? text.length : sizeof copy - 1, length;
    memcpy(copy, text.data, n);
    copy[n] = '\0';
    if (sscanf(copy,
               "casemate-journal-segment 1\nnumber %" SCNu64 "\nlines %" SCNu64 " %" SCNu64
               "\nchain %64[0-9a-f] %64[0-9a-f]\nutc %" SCNd64 " %" SCNd64 "\nlength %" SCNu64
               "\nsignature %130[0-9a-f]\n",
               &h.number, &h.first, &h.next, h.before, h.after, &h.from_ms, &h.to_ms, &h.length,
               digits) != 9 ||
        strlen(h.before) != 64 || strlen(h.after) != 64 ||
        bytes_from_hex(bytes_text(digits), SIGN_LENGTH, h.signature) != 0)
        return ERR_FORMAT;
    int r = segment_print(&h, again, &length);
    if (r || length > n || memcmp(copy, again, length) != 0)
        return ERR_FORMAT;
    size_t body = print_body(&h, again);
    r = sign_check(public_key, WHAT, bytes_view_of(again, body), h.signature);
    if (r)
        return ERR_SIGNATURE;
    *ret_head = h;
    *ret_length = length;
    return 0;
}

/* ---- sealing ---- */

static int write_all(int fd, const void *data, size_t length)
{
    const uint8_t *at = data;
    while (length) {
        ssize_t n = os_write(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 || errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_SYSTEM;
        at += n;
        length -= (size_t)n;
    }
    return 0;
}

static int read_all(int fd, void *out, size_t length)
{
    uint8_t *at = out;
    while (length) {
        ssize_t n = os_read(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? ERR_TRUNCATED : ERR_SYSTEM;
        at += n;
        length -= (size_t)n;
    }
    return 0;
}

/* What a part is sealed for; ${holder} keeps the number's text. */
static struct seal_about about_part(uint64_t number, uint64_t at, char holder[static 24])
{
    snprintf(holder, 24, "%" PRIu64, number);
    return (struct seal_about){.purpose = "journal-segment",
                               .holder = holder,
                               .generation = (uint32_t)(at / SEGMENT_PART)};
}

static int seal_parts(const struct segment_head *head, const struct secret *key, int from, int to)
{
    static uint8_t plain[SEGMENT_PART], sealed[SEGMENT_PART + SEAL_OVERHEAD];
    char holder[24];
    int r = 0;
    for (uint64_t at = 0; r == 0 && at < head->length; at += SEGMENT_PART) {
        uint64_t left = head->length - at;
        size_t n = left < SEGMENT_PART ? (size_t)left : SEGMENT_PART;
        struct seal_about about = about_part(head->number, at, holder);
        r = read_all(from, plain, n);
        if (r == 0)
            r = seal_make(key, &about, bytes_view_of(plain, n), sealed);
        if (r == 0)
            r = write_all(to, sealed, n + SEAL_OVERHEAD);
    }
    return r;
}

int segment_seal(const struct segment_head *head, const struct secret *key, const char *from)
{
    char text[SEGMENT_HEAD_MAX], name[SEGMENT_NAME];
    size_t length;
    segment_name(head->number, name);
    int in = os_open(from, O_RDONLY, 0);
    int out = in < 0 ? -1 : os_open(TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int r = in >= 0 && out >= 0 ? 0 : errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_SYSTEM;
    if (r == 0)
        r = segment_print(head, text, &length);
    if (r == 0)
        r = write_all(out, text, length);
    if (r == 0)
        r = seal_parts(head, key, in, out);
    if (r == 0 && os_sync(out) != 0)
        r = ERR_SYSTEM;
    if (r == ERR_FULL && os_truncate(out, 0) != 0)
        r = ERR_SYSTEM;
    if (in >= 0)
        os_close(in);
    if (out >= 0)
        os_close(out);
    if (r == 0 && os_rename(TEMPORARY, name) != 0)
        r = ERR_SYSTEM;
    return r;
}

/* ---- reading ---- */

int segment_open(uint64_t number, const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                 struct segment_reader *ret_reader)
{
    char text[SEGMENT_HEAD_MAX], name[SEGMENT_NAME];
    size_t used = 0, length = 0;
    segment_name(number, name);
    *ret_reader = (struct segment_reader){.fd = os_open(name, O_RDONLY, 0)};
    if (ret_reader->fd < 0)
        return errno == ENOENT ? ERR_UNKNOWN : ERR_SYSTEM;
    int r = 0;
    /* a byte at a time up to the empty line: the parts begin right behind it */
    while (r == 0 && used < sizeof text - 1 &&
           !(used > 1 && text[used - 1] == '\n' && text[used - 2] == '\n'))
        r = read_all(ret_reader->fd, text + used++, 1);
    if (r == 0)
        r = segment_parse(bytes_view_of(text, used), public_key, &ret_reader->head, &length);
    if (r == 0 && (length != used || ret_reader->head.number != number))
        r = ERR_FORMAT;
    if (r)
        segment_close(ret_reader);
    return r;
}

int segment_read(struct segment_reader *reader, const struct secret *key,
                 uint8_t out[static SEGMENT_PART], size_t *ret_length)
{
    static uint8_t sealed[SEGMENT_PART + SEAL_OVERHEAD];
    char holder[24];
    uint64_t left = reader->head.length - reader->at;
    size_t n = left < SEGMENT_PART ? (size_t)left : SEGMENT_PART;
    struct seal_about about = about_part(reader->head.number, reader->at, holder);
    int r = n ? read_all(reader->fd, sealed, n + SEAL_OVERHEAD) : 0;
    if (r == 0 && n)
        r = seal_open(key, &about, bytes_view_of(sealed, n + SEAL_OVERHEAD), out);
    if (r == 0 && n == 0 && os_read(reader->fd, sealed, 1) != 0)
        r = ERR_TRAILING;
    if (r == 0)
        reader->at += n;
    *ret_length = r ? 0 : n;
    return r;
}

void segment_close(struct segment_reader *reader)
{
    if (reader->fd >= 0)
        os_close(reader->fd);
    reader->fd = -1;
}
