/* The whole log of a store against its signed heads, in one go: where nobody works meanwhile. */
#include <stdio.h>
#include <string.h>

#include "appliance/worker/worker.h"
#include "enclave/store/verify.h"

int verify_decode(void *context, const struct store_event *stored)
{
    struct event event;
    (void)context;
    return event_decode(stored->payload, &event);
}

int verify_log(struct worker *w, struct store *store)
{
    uint64_t signed_size = 0;
    int r = store_verify(store, w->root.checkpoint, verify_decode, NULL, &signed_size);
    return r ? r : store_verify_last(store, verify_decode, NULL);
}

int worker_verify(struct worker *w, char *text, size_t size)
{
    uint64_t signed_size = 0;
    int r = store_verify(w->store, w->root.checkpoint, verify_decode, NULL, &signed_size);
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
