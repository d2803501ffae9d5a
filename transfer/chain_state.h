#ifndef TRANSFER_CHAIN_STATE_H
#define TRANSFER_CHAIN_STATE_H

#include "transfer/manifest.h"

/*
 * Where a channel stands: its epoch and the digests of the last manifests.  A
 * receiver judges what arrives by it; a guard keeps it as its high-water mark,
 * outside every backup; who makes orders keeps it to number them.
 *
 * Its text, "chain" below, is the file that each of them stores:
 *     mes-xfer/1 chain dir=h2l chan=perf-e1234567 epoch=0001 seq=0000000042
 *     0000000041 <64 hexadecimal digits>
 *     0000000042 <64 hexadecimal digits>
 * the last 16, ascending without a gap, of which the newest stands in the first
 * line too, so that a file that was cut short is noticed; seq=0000000000 and no
 * further line before the first bundle.
 */
#define CHAIN_STATE_TEXT_MAX 2048
#define CHAIN_JUMP_MAX       1000

struct chain_state {
    enum manifest_direction direction;
    char enclave[GRAMMAR_ENCLAVE + 1];
    uint32_t epoch;
    struct manifest_recent last[MANIFEST_RECENT_MAX]; /* ascending */
    size_t count;
};

enum chain_verdict {
    CHAIN_REFUSED = 0,  /* another channel, or further ahead than CHAIN_JUMP_MAX */
    CHAIN_NEXT,         /* apply it, then chain_state_advance(), in one transaction */
    CHAIN_GAP,          /* hold it: bundles before it are missing */
    CHAIN_REPLAY,       /* the same bytes again: nothing to do */
    CHAIN_OLD,          /* older than what is remembered: cannot be compared; do not apply */
    CHAIN_EQUIVOCATION, /* a known number with other bytes: freeze the channel */
    CHAIN_FORK,         /* its past is not our past: freeze the channel */
    CHAIN_EPOCH,        /* of another epoch: two people decide */
};

/* chain_state_begin(direction, enclave, epoch, ret_state): A channel before its first bundle. */
void chain_state_begin(enum manifest_direction direction, const char *enclave, uint32_t epoch,
                       struct chain_state *ret_state);

/* chain_state_judge(state, incoming, digest): Compare ${incoming}, whose manifest_digest() is
 * ${digest}, with ${state}. */
enum chain_verdict chain_state_judge(const struct chain_state *state,
                                     const struct manifest *incoming,
                                     const uint8_t digest[static HASH_CONTENT_LENGTH]);

/* chain_verdict_text(verdict): One sentence for a person. */
const char *chain_verdict_text(enum chain_verdict verdict);

/* chain_state_advance(state, seq, digest): ${seq} is the newest now. */
void chain_state_advance(struct chain_state *state, uint64_t seq,
                         const uint8_t digest[static HASH_CONTENT_LENGTH]);

/* chain_state_next(state, m): Fill direction, enclave, epoch, seq, prev and recent of the manifest
 * that follows. */
void chain_state_next(const struct chain_state *state, struct manifest *m);

must_use int chain_state_print(const struct chain_state *state,
                               char out[static CHAIN_STATE_TEXT_MAX], size_t *ret_length);
/* Strict: ERR_FORMAT for anything that chain_state_print() does not write. */
must_use int chain_state_parse(struct bytes_view text, struct chain_state *ret_state);

#endif
