#ifndef TRANSFER_GUARD_B_RECORD_H
#define TRANSFER_GUARD_B_RECORD_H

#include "transfer/guard_b/reader.h"
#include "transfer/guard_b/refusal.h"

/* The records of the weekly summary (FORMAT §7). */
#define B_RECORD_ORDERS_MAX 1000

/*
 * b_record_check(file, ret_orders, why):
 * Every line is a record of a listed type with exactly its listed fields and
 * values; orders are sorted and come first, one yield is last.  On success set
 * ${ret_orders} to how many orders there are.
 */
must_use int b_record_check(struct b_view file, unsigned *ret_orders, struct b_refusal *why);

#endif
