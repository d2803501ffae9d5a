#ifndef ENCLAVE_STORE_PROOF_H
#define ENCLAVE_STORE_PROOF_H

#include "crypto/bytes.h"
#include "crypto/hash.h"

/*
 * Inclusion and consistency proofs of the tree of RFC 6962 (§2.1.1, §2.1.2), the same
 * lists of hashes that other tools make and check (verification as RFC 9162 §2.1.3.2
 * and §2.1.4.2).  Sizes and places count from the first leaf of the tree.
 */
#define PROOF_HASHES_MAX 128

struct proof {
    unsigned count;
    uint8_t hashes[PROOF_HASHES_MAX][HASH_TREE_LENGTH];
};

/* The hash over the leaves from ${from} below ${to}: of a subtree that a proof needs. */
typedef int proof_subtree(void *context, uint64_t from, uint64_t to,
                          uint8_t out[static HASH_TREE_LENGTH]);

/* proof_inclusion(place, size, subtree, context, ret_proof): That the leaf at ${place} is in the
 * tree of ${size} leaves, from its sibling up.  ERR_RANGE, or what ${subtree} returned. */
must_use int proof_inclusion(uint64_t place, uint64_t size, proof_subtree *subtree, void *context,
                             struct proof *ret_proof);

/* proof_consistency(old_size, size, subtree, context, ret_proof): That the tree of ${size} leaves
 * begins with the one of ${old_size}, which is at least 1.  Empty when both are the same. */
must_use int proof_consistency(uint64_t old_size, uint64_t size, proof_subtree *subtree,
                               void *context, struct proof *ret_proof);

/* proof_inclusion_check(...): 0; ERR_DIGEST when it does not show it; ERR_RANGE. */
must_use int proof_inclusion_check(const struct proof *proof, uint64_t place, uint64_t size,
                                   const uint8_t leaf[static HASH_TREE_LENGTH],
                                   const uint8_t root[static HASH_TREE_LENGTH]);

/* proof_consistency_check(...): 0; ERR_DIGEST when it does not show it; ERR_RANGE. */
must_use int proof_consistency_check(const struct proof *proof, uint64_t old_size,
                                     const uint8_t old_root[static HASH_TREE_LENGTH], uint64_t size,
                                     const uint8_t root[static HASH_TREE_LENGTH]);

#endif
