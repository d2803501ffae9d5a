#ifndef TRANSFER_GUARD_A_JUDGE_H
#define TRANSFER_GUARD_A_JUDGE_H

#include "transfer/bundle.h"
#include "transfer/chain_state.h"
#include "transfer/root.h"

/*
 * What guard-a decides, in its two runs.  Pure: no file, no clock, no socket.
 * BUILD makes every member of an outbound bundle from records and facts.  SIGN
 * believes none of it: it checks the whole again, then the two approvals, then
 * its own memory of the channel, and only then signs.
 */
#define GUARD_A_OPERATION      33
#define GUARD_A_OPERATION_NAME "approve-release"
#define GUARD_A_APPROVAL_MS    ((int64_t)8 * 3600 * 1000)
#define GUARD_A_CLOCK_MS       ((int64_t)60 * 1000)
#define GUARD_A_APPROVALS      2
#define GUARD_A_BODY_MAX       512

/* guard_a_build(facts, records, ret_parts, why): ${facts} is a manifest of direction h2l whose
 * members and count of orders are not looked at.  ERR_REFUSED with ${why}. */
must_use int guard_a_build(const struct manifest *facts, struct bytes_view records,
                           struct bundle_parts *ret_parts, struct refusal *why);

struct guard_a_approval {
    struct bytes_view statement; /* identity's signed statement */
    struct bytes_view body;      /* the HTTP body of approve-release, exactly as it came */
};

struct guard_a_request {
    struct bytes_view manifest, b2sums, policy, records;
    struct guard_a_approval approvals[GUARD_A_APPROVALS];
    uint8_t requester[STATEMENT_ID]; /* the human being who asked for the bundle */
    int64_t now_ms;                  /* UTC, since 1970 */
};

/*
 * guard_a_sign(seed, root, state, request, out, ret_length, why):
 * Write manifest.json.a.minisig to ${out} (MINISIGN_FILE_MAX bytes).  ${seed} is
 * the key of the role guard-a.  ${state} is this guard's memory of the channel;
 * it is advanced when the bundle is new, and the caller stores it durably BEFORE
 * it lets the signature out.  Without a stored one it is chain_state_begin(h2l,
 * enclave, 1): only epoch 1, number 1 can be signed then.  ERR_REFUSED with
 * ${why}; then ${state} is as it was.
 */
must_use int guard_a_sign(const struct secret *seed, const struct root *root,
                          struct chain_state *state, const struct guard_a_request *request,
                          char out[static MINISIGN_FILE_MAX], size_t *ret_length,
                          struct refusal *why);

#endif
