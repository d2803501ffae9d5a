#ifndef ENCLAVE_STORE_SKELETON_H
#define ENCLAVE_STORE_SKELETON_H

#include "crypto/note.h"
#include "enclave/store/store.h"

/*
 * A log without its content: enough to compute the tree and compare it with a signed
 * head, off the box, with public keys only.  Text lines, LF:
 *     casemate-skeleton 1
 *     the C2SP signed note, as it is
 *     (an empty line)
 *     one line an event: the header as 50 hexadecimal digits, a space, and the
 *     commitment SHA-256(salt || payload) as 64
 * The first event of epoch 1 has sequence 0; a later epoch's has the one it has.
 */
#define SKELETON_FIRST_LINE "casemate-skeleton 1\n"

/* skeleton_write(store, fd, first, note, size): The ${size} events from sequence ${first}, which
 * ${note} covers: the beginning of an epoch. */
must_use int skeleton_write(struct store *store, int fd, uint64_t first, struct bytes_view note,
                            uint64_t size);

/*
 * skeleton_check(text, public_key, since, ret_result):
 * Verify a whole skeleton with the auditor's public key; with ${since}, not NULL, also
 * that the log begins with the one of that older checkpoint.  On success ->head is the
 * signed head; on failure ->why says what is wrong and where.
 */
struct skeleton_result {
    struct note_checkpoint head;
    char why[240];
};
must_use int skeleton_check(struct bytes_view text,
                            const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                            const struct note_checkpoint *since,
                            struct skeleton_result *ret_result);

#endif
