#ifndef TRANSFER_GUARD_B_RELEASE_H
#define TRANSFER_GUARD_B_RELEASE_H

#include "transfer/guard_b/check.h"
#include "transfer/guard_b/notary.h"
#include "transfer/guard_b/tarball.h"

/* A bundle, ready to leave as soon as its number is remembered. */
struct b_release {
    char tar_name[64];
    char outer_name[72];
    size_t tar_length, signature_length, outer_length, past_length;
    char signature[B_NOTARY_MAX]; /* manifest.json.b.minisig */
    char outer[B_NOTARY_MAX];     /* the tar's signature file */
    char past[B_PAST_MAX];        /* the new chain file; past_length is 0 when it stays as it is */
    uint8_t tar[B_TAR_MAX];
};

/*
 * b_release_make(asked, guard, outer, release, why):
 * Check ${asked} as b_check() does for B_STAGE_SIGN, and only then sign with the
 * seeds ${guard} and ${outer}, which must be those of guard-b's roles.  Writes
 * nothing anywhere: the caller stores ${release}->past durably before any other
 * part of ${release} leaves.  On failure ${release} is worthless.
 */
must_use int b_release_make(const struct b_asked *asked, const uint8_t guard[static B_SEED_LENGTH],
                            const uint8_t outer[static B_SEED_LENGTH], struct b_release *release,
                            struct b_refusal *why);

#endif
