#include <stdlib.h>
#include <string.h>

#include "enclave/store/tree.h"

static void expect_written_the_same(const uint8_t *data, size_t size)
{
    static uint8_t again[TREE_PROOF_MAX * 4];
    struct bytes in = bytes_over(data, size);
    struct tree tree;
    if (tree_read(&in, &tree) != 0)
        return;
    struct bytes_put put = bytes_into(again, sizeof again);
    tree_write(&tree, &put);
    size_t length = bytes_put_length(&put);
    if (put.error || length != size - bytes_left(&in) || memcmp(again, data, length) != 0)
        abort();
}

/* A tree has one form; and no bytes prove that a log of seven grew out of one that it did not. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t leaf[32], root[32], other[32];
    struct tree old, whole;
    expect_written_the_same(data, size);
    tree_begin(&old, 0);
    tree_begin(&whole, 0);
    for (uint8_t i = 0; i < 7; i++) {
        memset(leaf, i, sizeof leaf);
        tree_append(&whole, leaf);
        leaf[0] ^= i == 1; /* another second leaf */
        if (i < 3)
            tree_append(&old, leaf);
    }
    tree_root(&old, other);
    tree_root(&whole, root);
    if (tree_proof_check(bytes_view_of(data, size), 3, other, 7, root) == 0)
        abort();
    return 0;
}
