/* The whole log of a store against its signed heads, in one go: where nobody works meanwhile. */
#include <stdio.h>
#include <string.h>

#include "appliance/worker/worker.h"
#include "crypto/note.h"

struct verification {
    struct tree tree;
};

static int verify_one(void *context, const struct store_event *stored)
{
    struct verification *v = context;
    struct event event;
    uint8_t leaf[32];
    int r = event_decode(stored->payload, &event);
    if (r)
        return r;
    store_leaf(stored, leaf);
    tree_append(&v->tree, leaf);
    return 0;
}

/* What of one epoch is signed; ${ret_size} is added to. */
static int verify_epoch(struct worker *w, const struct store_epoch *epoch, uint64_t *ret_size)
{
    struct verification v;
    char note[NOTE_MAX];
    struct note_checkpoint head;
    size_t length;
    uint64_t size = 0;
    uint8_t root[32];
    int r = store_checkpoint(w->store, epoch->number, note, sizeof note, &length, &size);
    if (r == ERR_UNKNOWN)
        return 0;
    if (r == 0)
        r = note_check(w->root.checkpoint, bytes_view_of(note, length), &head);
    tree_begin(&v.tree, 0);
    if (r == 0)
        r = store_walk(w->store, epoch->first, epoch->first + size, verify_one, &v);
    tree_root(&v.tree, root);
    if (r == 0 && (head.size != v.tree.end || memcmp(root, head.root, 32) != 0))
        r = ERR_DIGEST;
    *ret_size += size;
    return r;
}

int worker_verify(struct worker *w, char *text, size_t size)
{
    uint64_t signed_size = 0;
    int r = 0;
    for (uint32_t n = 1; r == 0 && n <= store_epoch(w->store)->number; n++) {
        struct store_epoch epoch;
        r = store_epoch_by(w->store, n, &epoch);
        if (r == ERR_UNKNOWN) /* numbers may be left out */
            r = 0;
        else if (r == 0)
            r = verify_epoch(w, &epoch, &signed_size);
    }
    if (r)
        snprintf(text, size, "the log does not verify: %s", error_text(r));
    else if (signed_size == 0)
        snprintf(text, size, "no head has been signed yet");
    else
        snprintf(text, size, "%llu events verified against their signed heads",
                 (unsigned long long)signed_size);
    return r ? 1 : 0;
}

static int replay_one(void *context, const struct store_event *stored)
{
    struct event event;
    int r = event_decode(stored->payload, &event);
    return r ? r : mes_apply(context, &event, stored->sequence);
}

int worker_compare(struct worker *w)
{
    struct mes *again = NULL;
    int r = mes_new(NULL, process_enclave(w->process), process_is_training(w->process), &again);
    if (r == 0)
        r = store_walk(w->store, 0, store_size(w->store), replay_one, again);
    if (r == 0) /* with what the store holds, not with what memory believes */
        r = tables_load(&w->kept);
    if (r == 0)
        r = tables_follow(&w->kept, store_size(w->store));
    for (int k = 0; r == 0 && k < ENTITY_COUNT; k++) {
        uint8_t a[32], b[32];
        rows_digest(w->mes->entities, (enum entity_kind)k, a);
        rows_digest(again->entities, (enum entity_kind)k, b);
        if (memcmp(a, b, 32) != 0)
            r = ERR_DIGEST;
    }
    mes_free(again);
    return r;
}
