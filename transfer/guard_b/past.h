#ifndef TRANSFER_GUARD_B_PAST_H
#define TRANSFER_GUARD_B_PAST_H

#include "transfer/guard_b/manifest.h"

/* What guard-b remembers of its channel: the chain file (FORMAT §13) and the verdict on a number.
 */
#define B_PAST_MAX 2048

struct b_past {
    uint32_t epoch;
    uint64_t newest; /* 0 before the first bundle of the epoch */
    unsigned count;  /* min(16, newest); digest[0] is of newest - count + 1 */
    uint8_t digest[B_RECENT_MAX][B_DIGEST_LENGTH];
};

enum b_turn { B_TURN_REFUSED = 0, B_TURN_NEXT, B_TURN_REPLAY };

/*
 * b_past_read(file, enclave, ret_past, why):
 * Read the chain file of the channel of ${enclave}; a view without data is a
 * missing file: epoch 1, nothing yet.
 */
must_use int b_past_read(struct b_view file, const char *enclave, struct b_past *ret_past,
                         struct b_refusal *why);

/* b_past_judge(past, manifest, ret_turn, why): 0 for the next number and for the same bytes again;
 * anything else is refused, with the case of FORMAT §13 in the sentence. */
must_use int b_past_judge(const struct b_past *past, const struct b_manifest *manifest,
                          enum b_turn *ret_turn, struct b_refusal *why);

/* b_past_write(past, enclave, manifest, out): The file that remembers ${manifest} as the newest,
 * after ${past}; returns its length. */
size_t b_past_write(const struct b_past *past, const char *enclave,
                    const struct b_manifest *manifest, char out[static B_PAST_MAX]);

#endif
