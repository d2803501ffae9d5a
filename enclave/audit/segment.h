#ifndef ENCLAVE_AUDIT_SEGMENT_H
#define ENCLAVE_AUDIT_SEGMENT_H

#include <stdbool.h>
#include <stdio.h>

#include "crypto/bytes.h"
#include "crypto/seal.h"
#include "crypto/sign.h"

/*
 * A segment of the journal that is closed: the file journal-NNNNNN.sealed beside it, and
 * the same not sealed in an export.  First the head, text, LF:
 *     casemate-journal-segment 1
 *     number N
 *     lines FIRST NEXT         the number of its first line, and of the one behind its last
 *     chain BEFORE AFTER       of the line before its first, and of its last; 64 digits each
 *     utc FROM TO              milliseconds of its first and newest line
 *     length BYTES             of its lines
 *     signature HEX            sign.h, by the key that signs checkpoints, for
 *                              "casemate/journal-segment/1" over the lines before this one
 *     (an empty line)
 * then its lines; sealed they are parts of SEGMENT_PART bytes, the last one shorter, each
 * under the segment key for purpose "journal-segment", the segment's number as holder and
 * the part's number from 0 as generation.  The head is no secret: with it alone, and the
 * public key, anybody sees that one segment continues the other and that none is missing.
 */
#define SEGMENT_PART     65536u
#define SEGMENT_HEAD_MAX 700
#define SEGMENT_NAME     32

struct segment_head {
    uint64_t number, first, next;
    char before[65], after[65];
    int64_t from_ms, to_ms;
    uint64_t length;
    uint8_t signature[SIGN_LENGTH];
};

/* segment_name(number, out): The sealed file's name. */
void segment_name(uint64_t number, char out[static SEGMENT_NAME]);

/* segment_sign(seed, head): Fill in the signature. */
must_use int segment_sign(const struct secret *seed, struct segment_head *head);

/* segment_print(head, out, ret_length), segment_parse(text, public_key, ret_head, ret_length): The
 * head's one form; ${ret_length} is the head's with its empty line, and parsing verifies the
 * signature.  ERR_FORMAT, ERR_SIGNATURE. */
must_use int segment_print(const struct segment_head *head, char out[static SEGMENT_HEAD_MAX],
                           size_t *ret_length);
must_use int segment_parse(struct bytes_view text,
                           const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                           struct segment_head *ret_head, size_t *ret_length);

/*
 * segment_seal(head, key, from):
 * Write the sealed file from the lines in the file ${from}, whole or not at all, and
 * durable; an older one of this name is replaced.  ERR_FULL, ERR_SYSTEM, ERR_TRUNCATED when
 * ${from} is shorter than the head says.
 */
must_use int segment_seal(const struct segment_head *head, const struct secret *key,
                          const char *from);

/* A sealed file being read. */
struct segment_reader {
    int fd;
    struct segment_head head;
    uint64_t at; /* bytes of its lines that were given */
};

/*
 * segment_open(number, public_key, ret_reader), segment_read(reader, key, out, ret_length):
 * Parts of at most SEGMENT_PART bytes; ${ret_length} 0 at the end.  ERR_UNKNOWN when there is no
 * such file; ERR_FORMAT, ERR_SIGNATURE, ERR_KEY, ERR_TRUNCATED when it is not as it was written.
 */
must_use int segment_open(uint64_t number, const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                          struct segment_reader *ret_reader);
must_use int segment_read(struct segment_reader *reader, const struct secret *key,
                          uint8_t out[static SEGMENT_PART], size_t *ret_length);
void segment_close(struct segment_reader *reader);

/*
 * segment_check(file, public_key, ret_result):
 * Verify an export: segments one behind the other from the first in it, each with its lines.
 * On failure ${why} says what is wrong and where.
 */
struct segment_result {
    uint64_t segments, first_segment, lines;
    int64_t from_ms, to_ms;
    char why[240];
};
must_use int segment_check(FILE *file, const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                           struct segment_result *ret_result);

#endif
