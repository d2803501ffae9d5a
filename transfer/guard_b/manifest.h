#ifndef TRANSFER_GUARD_B_MANIFEST_H
#define TRANSFER_GUARD_B_MANIFEST_H

#include "transfer/guard_b/trust.h"

/* manifest.json of a bundle that leaves (FORMAT §5), read field by field. */
#define B_ENCLAVE_LENGTH 8
#define B_EPOCH_MAX      9999
#define B_SEQUENCE_MAX   9999999999
#define B_RECENT_MAX     16
#define B_SLOT_LENGTH    8
#define B_LISTED         3 /* b2sums, policy.json, rec-summary-001.ndjson */

struct b_listed {
    uint64_t size;
    uint8_t digest[B_FILE_LENGTH];
};

struct b_manifest {
    uint8_t digest[B_DIGEST_LENGTH]; /* B2-256 of its bytes: what the chain remembers */
    uint8_t file[B_FILE_LENGTH];     /* B2-512 of its bytes: what people approve */
    char enclave[B_ENCLAVE_LENGTH + 1];
    uint32_t epoch;
    uint64_t sequence;
    struct b_listed listed[B_LISTED];
    uint32_t orders;
    uint8_t policy[B_DIGEST_LENGTH];
    uint8_t previous[B_DIGEST_LENGTH];
    unsigned recents; /* min(16, sequence - 1), ending at sequence - 1 */
    uint8_t recent[B_RECENT_MAX][B_DIGEST_LENGTH];
    uint8_t root[B_DIGEST_LENGTH];
    char site[B_SITE_MAX + 1];
    char slot[B_SLOT_LENGTH + 1];
};

/* The members that a manifest lists, in the order of the tar. */
extern const char *const b_manifest_listed[B_LISTED];

/*
 * b_manifest_read(file, ret_manifest, why):
 * Read ${file} and check all that it says by itself: its one form, the known
 * schema, a week that exists, and that prev and recent fit the number.  What it
 * says of other files is for the caller to compare.
 */
must_use int b_manifest_read(struct b_view file, struct b_manifest *ret_manifest,
                             struct b_refusal *why);

/* b_manifest_enclave(r, out): The eight characters of an enclave's id, terminated. */
void b_manifest_enclave(struct b_reader *r, char out[static B_ENCLAVE_LENGTH + 1]);

#endif
