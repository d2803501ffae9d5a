#include "enclave/store/tree.h"

#include <string.h>

void tree_begin(struct tree *tree, uint64_t start)
{
    tree->start = start;
    tree->end = start;
    tree->count = 0;
}

/* Append a complete subtree, then join neighbours that form a larger complete one. */
int tree_add(struct tree *tree, unsigned height, const uint8_t hash[static HASH_TREE_LENGTH])
{
    if (tree->count == TREE_RUN_MAX || height >= TREE_HEIGHT_MAX)
        return ERR_FULL;
    if (tree->end & (((uint64_t)1 << height) - 1))
        return ERR_STATE; /* a subtree of this height cannot begin here */
    struct tree_node *last = &tree->nodes[tree->count++];
    last->height = (uint8_t)height;
    memcpy(last->hash, hash, HASH_TREE_LENGTH);
    tree->end += (uint64_t)1 << height;
    while (tree->count >= 2) {
        struct tree_node *right = &tree->nodes[tree->count - 1];
        struct tree_node *left = right - 1;
        uint64_t width = (uint64_t)2 << right->height;
        if (left->height != right->height || tree->end & (width - 1))
            break;
        hash_node(left->hash, right->hash, left->hash);
        left->height++;
        tree->count--;
    }
    return 0;
}

void tree_append(struct tree *tree, const uint8_t leaf[static HASH_TREE_LENGTH])
{
    if (tree_add(tree, 0, leaf) != 0)
        __builtin_trap(); /* 2^48 leaves cannot be */
}

int tree_extend(struct tree *tree, const struct tree *run)
{
    if (run->start != tree->end)
        return ERR_STATE;
    for (unsigned i = 0; i < run->count; i++) {
        int r = tree_add(tree, run->nodes[i].height, run->nodes[i].hash);
        if (r)
            return r;
    }
    return 0;
}

void tree_root(const struct tree *tree, uint8_t out[static HASH_TREE_LENGTH])
{
    if (tree->count == 0) {
        hash_sha256(bytes_view_of("", 0), out);
        return;
    }
    unsigned i = tree->count - 1;
    memcpy(out, tree->nodes[i].hash, HASH_TREE_LENGTH);
    while (i-- > 0)
        hash_node(tree->nodes[i].hash, out, out);
}

void tree_write(const struct tree *tree, struct bytes_put *out)
{
    bytes_put_u64(out, tree->start);
    bytes_put_u8(out, (uint8_t)tree->count);
    for (unsigned i = 0; i < tree->count; i++) {
        bytes_put_u8(out, tree->nodes[i].height);
        bytes_put_fixed(out, tree->nodes[i].hash, HASH_TREE_LENGTH);
    }
}

int tree_read(struct bytes *in, struct tree *ret_tree)
{
    uint64_t start = bytes_u64(in);
    unsigned count = bytes_u8(in);
    if (in->error || start > (uint64_t)1 << TREE_HEIGHT_MAX)
        return in->error ? in->error : ERR_RANGE;
    tree_begin(ret_tree, start);
    for (unsigned i = 0; i < count; i++) {
        uint8_t hash[HASH_TREE_LENGTH];
        unsigned height = bytes_u8(in);
        bytes_fixed(in, hash, sizeof hash);
        if (in->error)
            return in->error;
        unsigned before = ret_tree->count;
        int r = tree_add(ret_tree, height, hash);
        if (r)
            return r;
        if (ret_tree->count != before + 1)
            return ERR_CANONICAL; /* two subtrees that should have been written as one */
    }
    return 0;
}

void tree_proof_write(const struct tree *old, const struct tree *run, struct bytes_put *out)
{
    tree_write(old, out);
    tree_write(run, out);
}

int tree_proof_check(struct bytes_view proof, uint64_t old_size,
                     const uint8_t old_root[static HASH_TREE_LENGTH], uint64_t new_size,
                     const uint8_t new_root[static HASH_TREE_LENGTH])
{
    struct bytes in = bytes_over(proof.data, proof.length);
    struct tree tree, run;
    uint8_t root[HASH_TREE_LENGTH];
    int r = tree_read(&in, &tree);
    if (r == 0)
        r = tree_read(&in, &run);
    if (r == 0)
        r = bytes_done(&in);
    if (r)
        return r;
    if (tree.start != 0 || tree.end != old_size || run.end != new_size)
        return ERR_FORMAT;
    tree_root(&tree, root);
    if (memcmp(root, old_root, sizeof root) != 0)
        return ERR_DIGEST;
    r = tree_extend(&tree, &run);
    if (r)
        return r;
    tree_root(&tree, root);
    return memcmp(root, new_root, sizeof root) == 0 ? 0 : ERR_DIGEST;
}
