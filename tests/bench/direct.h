#ifndef TESTS_BENCH_DIRECT_H
#define TESTS_BENCH_DIRECT_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/error.h"

/*
 * The limit that a completion over HTTP is measured against: the product's own store,
 * events, tables and transaction, called directly.  One store, in the working
 * directory, with a route of three characteristics an operation.
 */
must_use int direct_open(size_t many, unsigned operation_count);

/* direct_start(sequence): Start operation ${sequence} of every unit, in one transaction. */
must_use int direct_start(unsigned sequence);

/* direct_complete(sequence, group): Complete it on every unit, ${group} in a transaction. */
must_use int direct_complete(unsigned sequence, size_t group);

/* direct_project(): Put every reading that is not there yet into the cold table. */
must_use int direct_project(void);

#endif
