#ifndef TRANSFER_GUARD_B_CHECK_H
#define TRANSFER_GUARD_B_CHECK_H

#include "transfer/guard_b/approval.h"
#include "transfer/guard_b/past.h"

/*
 * The whole judgement (FORMAT §14), as a function of what lies in memory: no
 * file, no clock, no socket, no key.
 */
enum b_stage { B_STAGE_NONE = 0, B_STAGE_BUILD = 1, B_STAGE_SIGN = 2 };

enum b_piece {
    B_PIECE_MANIFEST,
    B_PIECE_B2SUMS,
    B_PIECE_POLICY,
    B_PIECE_RECORDS,
    B_PIECES_BUILT, /* so many in the first run */
    B_PIECE_BODY_1 = B_PIECES_BUILT,
    B_PIECE_STATEMENT_1,
    B_PIECE_BODY_2,
    B_PIECE_STATEMENT_2,
    B_PIECE_SIGNATURE_A,
    B_PIECES
};

/* Their names, as members and as messages. */
extern const char *const b_check_piece[B_PIECES];

/* What guard-b is asked about.  All views are borrowed. */
struct b_asked {
    /* from the worker, nothing of it believed */
    enum b_stage stage;
    struct b_view piece[B_PIECES]; /* data is NULL where none was given */
    uint64_t epoch;
    uint64_t sequence;
    struct b_view slot;
    uint8_t requester[B_PERSON_LENGTH];
    /* guard-b's own */
    char enclave[B_ENCLAVE_LENGTH + 1];
    struct b_view root;                     /* the bytes of root.json */
    uint8_t policy_digest[B_DIGEST_LENGTH]; /* B2-256 of the policy in force */
    struct b_view past;                     /* the chain file; data is NULL when there is none */
    int64_t now_ms;
};

/* What was found, once nothing was refused. */
struct b_found {
    struct b_trust trust;
    struct b_manifest manifest;
    struct b_past past;
    enum b_turn turn;
};

/*
 * b_check(asked, ret_found, why):
 * For B_STAGE_BUILD: the four members, against root.json, the policy's digest,
 * the facts and the chain file.  For B_STAGE_SIGN all that again, guard-a's
 * signature and both approvals.  0, or a refusal with its sentence in ${why};
 * ${ret_found} is set on success only.
 */
must_use int b_check(const struct b_asked *asked, struct b_found *ret_found, struct b_refusal *why);

/* b_check_comment(manifest, guard, out): The trusted comment of manifest.json.${guard}.minisig. */
void b_check_comment(const struct b_manifest *manifest, char guard, char *out, size_t room);

#endif
