#ifndef ENCLAVE_STORE_EVIDENCE_H
#define ENCLAVE_STORE_EVIDENCE_H

#include "crypto/note.h"
#include "enclave/store/proof.h"
#include "enclave/store/store.h"

/*
 * What leaves the box to show something of a log, and is checked anywhere with the
 * auditor's public key.  Text, LF; numbers decimal without leading zeros; hashes and
 * records standard base64; a checkpoint stands as it was signed (crypto/note.h).
 *
 * A record, as https://c2sp.org/tlog-proof:
 *     c2sp.org/tlog-proof@v1
 *     extra RECORD          the header (25 bytes, store.h), the salt (32), the payload
 *     index N               its place in the epoch's tree
 *     one line a hash       RFC 6962 §2.1.1, from the leaf's sibling up
 *     (an empty line)
 *     the checkpoint
 * The leaf is made from RECORD; of other records there are only hashes.
 *
 * That a log has only grown:
 *     casemate-consistency 1
 *     the old checkpoint
 *     (an empty line)
 *     one line a hash       RFC 6962 §2.1.2
 *     (an empty line)
 *     the new checkpoint
 *
 * A skeleton (skeleton.h) and a checkpoint by itself are evidence too.
 */
#define EVIDENCE_MAX (100 * 1024) /* of a record or a consistency proof */

enum evidence_kind {
    EVIDENCE_NONE = 0,
    EVIDENCE_CHECKPOINT,
    EVIDENCE_SKELETON,
    EVIDENCE_RECORD,
    EVIDENCE_CONSISTENCY
};

struct evidence {
    enum evidence_kind kind;
    struct note_checkpoint head; /* the newest that it has */
    struct note_checkpoint old;  /* of a consistency proof */
    uint64_t index;              /* of a record, in its epoch */
    struct store_event record;   /* its payload lies in ${payload} */
    uint8_t payload[STORE_PAYLOAD_MAX];
    char why[240]; /* in words, when it does not hold */
};

/* evidence_write_record(event, index, proof, note, out): ${out} keeps the error. */
void evidence_write_record(const struct store_event *event, uint64_t index,
                           const struct proof *proof, struct bytes_view note,
                           struct bytes_put *out);

/* evidence_write_consistency(old_note, proof, note, out) */
void evidence_write_consistency(struct bytes_view old_note, const struct proof *proof,
                                struct bytes_view note, struct bytes_put *out);

/*
 * evidence_check(text, public_key, since, ret_evidence):
 * Verify a file of any of the kinds, whole.  ${since} is an older checkpoint that was
 * kept, or NULL: then it is also shown that this log begins with that one, or it fails
 * with the words.  0, or an ERR_ code with the first thing that is wrong in ->why.
 */
must_use int evidence_check(struct bytes_view text,
                            const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                            const struct note_checkpoint *since, struct evidence *ret_evidence);

/*
 * evidence_head(text, public_key, ret_note, ret_head):
 * The newest checkpoint in a file of any kind, verified by itself; ${ret_note} points
 * into ${text}.  Nothing else of the file is looked at.
 */
must_use int evidence_head(struct bytes_view text,
                           const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                           struct bytes_view *ret_note, struct note_checkpoint *ret_head);

#endif
