#include "enclave/store/verify.h"

#include <string.h>

#include "crypto/note.h"

struct verification {
    struct tree tree;
    store_each *each;
    void *context;
};

static int verify_one(void *context, const struct store_event *stored)
{
    struct verification *v = context;
    uint8_t leaf[HASH_TREE_LENGTH];
    int r = v->each(v->context, stored);
    if (r)
        return r;
    store_leaf(stored, leaf);
    tree_append(&v->tree, leaf);
    return 0;
}

/* What of one epoch is signed; ${ret_signed} is added to. */
static int verify_epoch(struct store *store, const struct store_epoch *epoch,
                        const uint8_t public_key[static SIGN_PUBLIC_LENGTH], struct verification *v,
                        uint64_t *ret_signed)
{
    char note[NOTE_MAX];
    struct note_checkpoint head;
    size_t length;
    uint64_t size = 0;
    uint8_t root[HASH_TREE_LENGTH];
    int r = store_checkpoint(store, epoch->number, note, sizeof note, &length, &size);
    if (r == ERR_UNKNOWN)
        return 0;
    if (r == 0)
        r = note_check(public_key, bytes_view_of(note, length), &head);
    tree_begin(&v->tree, 0);
    if (r == 0)
        r = store_walk(store, epoch->first, epoch->first + size, verify_one, v);
    tree_root(&v->tree, root);
    if (r == 0 && (head.size != v->tree.end || memcmp(root, head.root, sizeof root) != 0))
        r = ERR_DIGEST;
    *ret_signed += size;
    return r;
}

int store_verify(struct store *store, const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                 store_each *each, void *context, uint64_t *ret_signed)
{
    struct verification v = {.each = each, .context = context};
    int r = 0;
    *ret_signed = 0;
    for (uint32_t n = 1; r == 0 && n <= store_epoch(store)->number; n++) {
        struct store_epoch epoch;
        r = store_epoch_by(store, n, &epoch);
        if (r == ERR_UNKNOWN) /* numbers may be left out */
            r = 0;
        else if (r == 0)
            r = verify_epoch(store, &epoch, public_key, &v, ret_signed);
    }
    return r;
}

int store_verify_last(struct store *store, store_each *each, void *context)
{
    struct verification v = {.each = each, .context = context};
    uint8_t mine[HASH_TREE_LENGTH], found[HASH_TREE_LENGTH];
    uint64_t first = store_epoch(store)->first;
    tree_begin(&v.tree, 0);
    int r = store_walk(store, first, store_size(store), verify_one, &v);
    tree_root(&v.tree, found);
    store_root(store, mine);
    return r || (first + v.tree.end == store_size(store) && memcmp(mine, found, sizeof mine) == 0)
               ? r
               : ERR_DIGEST;
}
