#include "transfer/intake_judge.h"

#include <string.h>

int intake_judge(struct bytes_view tar, struct bytes_view minisig, const struct root *root,
                 const char *enclave, struct intake *ret_intake, struct refusal *why)
{
    struct order orders[ORDERS_MAX];
    struct bundle b;
    size_t count;
    int r = bundle_check(tar, minisig, root, MANIFEST_L2H, &b, why);

    if (r)
        return r;
    if (strcmp(b.manifest.enclave, enclave) != 0)
        return refuse(why, "The bundle is for another program.");
    r = orders_parse(b.records, orders, &count, why);
    if (r)
        return r;
    if (count != b.manifest.orders)
        return refuse(why, "manifest.json, \"n\": it does not count the records.");
    ret_intake->manifest = b.manifest;
    memcpy(ret_intake->digest, b.digest, sizeof(b.digest));
    memcpy(ret_intake->orders, orders, count * sizeof(orders[0]));
    ret_intake->count = count;
    return 0;
}
