#ifndef TRANSFER_GUARD_B_APPROVAL_H
#define TRANSFER_GUARD_B_APPROVAL_H

#include "transfer/guard_b/manifest.h"

/* The approvals of two people (FORMAT §11 and §12). */
#define B_PERSON_LENGTH 16

/* One approval as it came: the request's body, and identity's statement about it. */
struct b_approval {
    struct b_view body;
    struct b_view statement;
};

/*
 * b_approval_check(approval, trust, manifest, requester, now_ms, why):
 * Are these two good for ${manifest} at ${now_ms}, by two people of whom neither
 * is ${requester}?
 */
must_use int b_approval_check(const struct b_approval approval[static 2],
                              const struct b_trust *trust, const struct b_manifest *manifest,
                              const uint8_t requester[static B_PERSON_LENGTH], int64_t now_ms,
                              struct b_refusal *why);

#endif
