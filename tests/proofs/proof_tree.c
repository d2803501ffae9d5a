#include <string.h>

#include "crypto/bytes.c"
#include "enclave/store/tree.c"

/*
 * For every proof of up to NODES subtrees, cut anywhere: what is read is a run of subtrees that may
 * stand side by side, or it is refused; nothing outside the bytes or the tree is touched.  What a
 * hash is does not matter here.
 */
#define NODES  3
#define LENGTH (9 + 33 * NODES)

size_t nondet_size(void);
unsigned char nondet_byte(void);

void hash_node(const uint8_t left[static HASH_TREE_LENGTH],
               const uint8_t right[static HASH_TREE_LENGTH], uint8_t out[static HASH_TREE_LENGTH])
{
    out[0] = (uint8_t)(left[0] ^ right[HASH_TREE_LENGTH - 1]);
}

void hash_sha256(struct bytes_view data, uint8_t out[static 32])
{
    (void)data;
    out[31] = nondet_byte();
}

int main(void)
{
    uint8_t data[LENGTH]; /* not set: any bytes */
    uint8_t root[HASH_TREE_LENGTH];
    struct tree tree;
    size_t length = nondet_size();
    __CPROVER_assume(length <= LENGTH);
    struct bytes in = bytes_over(data, length);
    if (tree_read(&in, &tree) != 0)
        return 0;
    uint64_t end = tree.start;
    for (unsigned i = 0; i < tree.count; i++) {
        __CPROVER_assert(tree.nodes[i].height < TREE_HEIGHT_MAX, "no subtree is too high");
        __CPROVER_assert((end & (((uint64_t)1 << tree.nodes[i].height) - 1)) == 0,
                         "a subtree begins where one of its height can");
        end += (uint64_t)1 << tree.nodes[i].height;
    }
    __CPROVER_assert(end == tree.end && tree.count <= NODES, "they stand side by side");
    tree_root(&tree, root);
    return 0;
}
