#include "enclave/store/proof.h"

#include <string.h>

/* The largest power of two below ${n}, which is at least 2: where RFC 6962 splits. */
static uint64_t split(uint64_t n)
{
    return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

struct making {
    struct proof *proof;
    proof_subtree *subtree;
    void *context;
};

static int add(struct making *m, uint64_t from, uint64_t to)
{
    if (m->proof->count == PROOF_HASHES_MAX)
        return ERR_FULL;
    return m->subtree(m->context, from, to, m->proof->hashes[m->proof->count++]);
}

/* ---- making ---- */

int proof_inclusion(uint64_t place, uint64_t size, proof_subtree *subtree, void *context,
                    struct proof *ret_proof)
{
    uint64_t others[64][2], from = 0, to = size;
    unsigned n = 0;
    struct making m = {.proof = ret_proof, .subtree = subtree, .context = context};
    ret_proof->count = 0;
    if (place >= size)
        return ERR_RANGE;
    while (to - from > 1) { /* down to the leaf; each time the other half is its sibling */
        uint64_t middle = from + split(to - from);
        bool left = place < middle;
        others[n][0] = left ? middle : from;
        others[n++][1] = left ? to : middle;
        if (left)
            to = middle;
        else
            from = middle;
    }
    int r = 0;
    while (r == 0 && n-- > 0)
        r = add(&m, others[n][0], others[n][1]);
    return r;
}

int proof_consistency(uint64_t old_size, uint64_t size, proof_subtree *subtree, void *context,
                      struct proof *ret_proof)
{
    uint64_t others[64][2], from = 0, to = size;
    unsigned n = 0;
    struct making m = {.proof = ret_proof, .subtree = subtree, .context = context};
    ret_proof->count = 0;
    if (old_size == 0 || old_size > size)
        return ERR_RANGE;
    while (to != old_size) { /* down to the subtree that ends where the old tree does */
        uint64_t middle = from + split(to - from);
        bool left = old_size <= middle;
        others[n][0] = left ? middle : from;
        others[n++][1] = left ? to : middle;
        if (left)
            to = middle;
        else
            from = middle;
    }
    int r = from ? add(&m, from, to) : 0; /* who checks knows the old root himself */
    while (r == 0 && n-- > 0)
        r = add(&m, others[n][0], others[n][1]);
    return r;
}

/* ---- checking ---- */

int proof_inclusion_check(const struct proof *proof, uint64_t place, uint64_t size,
                          const uint8_t leaf[static HASH_TREE_LENGTH],
                          const uint8_t root[static HASH_TREE_LENGTH])
{
    uint8_t hash[HASH_TREE_LENGTH];
    uint64_t fn = place, sn = size - 1;
    if (place >= size)
        return ERR_RANGE;
    memcpy(hash, leaf, sizeof hash);
    for (unsigned i = 0; i < proof->count; i++) {
        if (sn == 0)
            return ERR_DIGEST; /* more hashes than the tree is high */
        if (fn & 1 || fn == sn) {
            hash_node(proof->hashes[i], hash, hash);
            while (!(fn & 1) && fn) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            hash_node(hash, proof->hashes[i], hash);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && memcmp(hash, root, sizeof hash) == 0 ? 0 : ERR_DIGEST;
}

int proof_consistency_check(const struct proof *proof, uint64_t old_size,
                            const uint8_t old_root[static HASH_TREE_LENGTH], uint64_t size,
                            const uint8_t root[static HASH_TREE_LENGTH])
{
    uint8_t old_hash[HASH_TREE_LENGTH], hash[HASH_TREE_LENGTH];
    unsigned i = 0;
    if (old_size == 0 || old_size > size)
        return ERR_RANGE;
    if (old_size == size)
        return proof->count == 0 && memcmp(old_root, root, HASH_TREE_LENGTH) == 0 ? 0 : ERR_DIGEST;
    bool whole = (old_size & (old_size - 1)) == 0; /* then the old root is a node of the new tree */
    if (!whole && proof->count == 0)
        return ERR_DIGEST;
    memcpy(hash, whole ? old_root : proof->hashes[i++], sizeof hash);
    memcpy(old_hash, hash, sizeof old_hash);
    uint64_t fn = old_size - 1, sn = size - 1;
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    for (; i < proof->count; i++) {
        if (sn == 0)
            return ERR_DIGEST;
        if (fn & 1 || fn == sn) {
            hash_node(proof->hashes[i], old_hash, old_hash);
            hash_node(proof->hashes[i], hash, hash);
            while (!(fn & 1) && fn) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            hash_node(hash, proof->hashes[i], hash);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && memcmp(old_hash, old_root, sizeof hash) == 0 &&
                   memcmp(hash, root, sizeof hash) == 0
               ? 0
               : ERR_DIGEST;
}
