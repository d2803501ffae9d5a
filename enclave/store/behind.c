#include "enclave/store/behind.h"

#include <stdio.h>
#include <string.h>

static void put_log(struct bytes_put *put, const struct loss_log *log)
{
    bytes_put_u32(put, log->epoch);
    bytes_put_u64(put, log->size);
    bytes_put_fixed(put, log->root, sizeof log->root);
}

static void take_log(struct bytes *in, struct loss_log *log)
{
    log->epoch = bytes_u32(in);
    log->size = bytes_u64(in);
    bytes_fixed(in, log->root, sizeof log->root);
}

void behind_put(struct bytes_put *put, const struct loss *loss, int64_t signed_ms)
{
    put_log(put, &loss->signed_log);
    put_log(put, &loss->here);
    bytes_put_i64(put, signed_ms);
}

void behind_take(struct bytes *in, struct loss *ret_loss, int64_t *ret_signed_ms)
{
    take_log(in, &ret_loss->signed_log);
    take_log(in, &ret_loss->here);
    *ret_signed_ms = bytes_i64(in);
}

void behind_here(const struct store *store, struct loss_log *ret_log)
{
    ret_log->epoch = store_epoch(store)->number;
    ret_log->size = store_size(store) - store_epoch(store)->first;
    store_root(store, ret_log->root);
}

const char *behind_sentence(const struct loss *loss, char *out, size_t size)
{
    const struct loss_log *was = &loss->signed_log, *now = &loss->here;
    if (was->epoch != now->epoch)
        snprintf(out, size,
                 "The auditor has signed %llu events of epoch %u of this log, and here it ends in "
                 "epoch %u with %llu events.",
                 (unsigned long long)was->size, was->epoch, now->epoch,
                 (unsigned long long)now->size);
    else if (now->size < was->size)
        snprintf(out, size,
                 "The auditor has signed a log of %llu events, and %llu lie here: %llu are gone.",
                 (unsigned long long)was->size, (unsigned long long)now->size,
                 (unsigned long long)(was->size - now->size));
    else
        snprintf(out, size,
                 "The auditor has signed a log of %llu events, and other events lie here: %llu of "
                 "them.",
                 (unsigned long long)was->size, (unsigned long long)now->size);
    return out;
}

bool behind_was_granted(const struct loss *kept, const struct loss_log *here, uint32_t epoch,
                        uint64_t size)
{
    return size == 0 && epoch == kept->signed_log.epoch + 1 && here->epoch == kept->here.epoch &&
           here->size == kept->here.size && memcmp(here->root, kept->here.root, 32) == 0;
}
