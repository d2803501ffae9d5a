#ifndef ENCLAVE_STORE_TREE_H
#define ENCLAVE_STORE_TREE_H

#include "crypto/bytes.h"
#include "crypto/hash.h"

/*
 * The RFC 6962 tree over a log, as far as its writer needs it: the peaks (the roots
 * of the complete subtrees from the left), and runs of complete subtrees between two
 * sizes.  From the peaks of the old size and the run to the new size anybody
 * computes both roots: that is the consistency proof that goes to the auditor.
 */
#define TREE_HEIGHT_MAX 48
#define TREE_RUN_MAX    (2 * TREE_HEIGHT_MAX)
#define TREE_PROOF_MAX  2048

struct tree_node {
    uint8_t height;
    uint8_t hash[HASH_TREE_LENGTH];
};

/* Complete subtrees side by side that cover the leaves from ${start} to ${end}. */
struct tree {
    uint64_t start;
    uint64_t end;
    unsigned count;
    struct tree_node nodes[TREE_RUN_MAX];
};

/* tree_begin(tree, start): An empty run; with ${start} 0 it is a whole tree. */
void tree_begin(struct tree *tree, uint64_t start);

/* tree_append(tree, leaf): One more leaf. */
void tree_append(struct tree *tree, const uint8_t leaf[static HASH_TREE_LENGTH]);

/* tree_add(tree, height, hash): A complete subtree of 2^${height} leaves more; ERR_STATE when one
 * cannot begin there, ERR_FULL. */
must_use int tree_add(struct tree *tree, unsigned height,
                      const uint8_t hash[static HASH_TREE_LENGTH]);

/* tree_extend(tree, run): Append a run that begins where ${tree} ends; ERR_STATE otherwise. */
must_use int tree_extend(struct tree *tree, const struct tree *run);

/* tree_root(tree, out): The root of a whole tree; of the empty one SHA-256 of nothing. */
void tree_root(const struct tree *tree, uint8_t out[static HASH_TREE_LENGTH]);

/* tree_write(tree, out), tree_read(in, ret_tree): Its byte form, for proofs and for the store. */
void tree_write(const struct tree *tree, struct bytes_put *out);
must_use int tree_read(struct bytes *in, struct tree *ret_tree);

/* tree_proof_write(old, run, out): The proof that the tree grew from ${old} by ${run}. */
void tree_proof_write(const struct tree *old, const struct tree *run, struct bytes_put *out);

/*
 * tree_proof_check(proof, old_size, old_root, new_size, new_root):
 * 0 when ${proof} shows that the tree of ${new_size} leaves has the tree of
 * ${old_size} leaves as its beginning; ERR_FORMAT or ERR_DIGEST otherwise.
 */
must_use int tree_proof_check(struct bytes_view proof, uint64_t old_size,
                              const uint8_t old_root[static HASH_TREE_LENGTH], uint64_t new_size,
                              const uint8_t new_root[static HASH_TREE_LENGTH]);

#endif
