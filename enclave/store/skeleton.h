#ifndef ENCLAVE_STORE_SKELETON_H
#define ENCLAVE_STORE_SKELETON_H

#include "crypto/sign.h"
#include "enclave/store/store.h"

/*
 * A log without its content: enough to compute the tree and compare it with a signed
 * head, off the box, with public keys only.  Text lines, LF:
 *     casemate-skeleton 1
 *     the C2SP signed note, as it is
 *     (an empty line)
 *     one line an event: the header as 50 hexadecimal digits, a space, and the
 *     commitment SHA-256(salt || payload) as 64
 */
#define SKELETON_FIRST_LINE "casemate-skeleton 1\n"

/* skeleton_write(store, fd, note, size): The first ${size} events, which ${note} covers. */
must_use int skeleton_write(struct store *store, int fd, struct bytes_view note, uint64_t size);

/*
 * skeleton_check(text, public_key, ret_origin_size, why, why_size):
 * Verify a whole skeleton with the auditor's public key.  On success set ${ret_size} to
 * the number of events and copy the origin.  On failure a sentence that says what is
 * wrong and where.
 */
struct skeleton_result {
    char origin[80];
    uint64_t size;
    char why[200];
};
must_use int skeleton_check(struct bytes_view text,
                            const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                            struct skeleton_result *ret_result);

#endif
