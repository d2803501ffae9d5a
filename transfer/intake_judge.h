#ifndef TRANSFER_INTAKE_JUDGE_H
#define TRANSFER_INTAKE_JUDGE_H

#include "transfer/bundle.h"
#include "transfer/orders.h"

/*
 * What intake decides about one inbound bundle.  Pure.  Whether it is the next
 * of its channel is for the holder of the channel's state to judge, with the
 * manifest and the digest that are given here.
 */
struct intake {
    struct manifest manifest;
    uint8_t digest[HASH_CONTENT_LENGTH];
    struct order orders[ORDERS_MAX];
    size_t count;
};

/*
 * intake_judge(tar, minisig, root, enclave, ret_intake, why):
 * bundle_check() for direction l2h, then that it is for ${enclave}, then its
 * orders.  ${ret_intake} is set only on success.  ERR_REFUSED with ${why}.
 */
must_use int intake_judge(struct bytes_view tar, struct bytes_view minisig, const struct root *root,
                          const char *enclave, struct intake *ret_intake, struct refusal *why);

#endif
