#ifndef TESTS_BENCH_DIRECT_H
#define TESTS_BENCH_DIRECT_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/error.h"

struct secret;
struct store;

/*
 * The limit that a completion over HTTP is measured against: the product's own store,
 * events, tables and transaction, called directly.  A store in the working directory,
 * with a route of three characteristics an operation.
 */
struct direct;

#define DIRECT_ENCLAVE "ebenchaa"

/* direct_open(name, units, operation_count, ret_direct): A new store, with one order of so many
 * units. */
must_use int direct_open(const char *name, size_t units, unsigned operation_count,
                         struct direct **ret_direct);
void direct_close(struct direct *d);

/* direct_order(d, units): Another order on the same route; from now on its units are worked on. */
must_use int direct_order(struct direct *d, size_t units);

/* direct_start(d, sequence): Start operation ${sequence} of every unit, in one transaction. */
must_use int direct_start(struct direct *d, unsigned sequence);

/* direct_complete(d, sequence, group): Complete it on every unit, ${group} in a transaction. */
must_use int direct_complete(struct direct *d, unsigned sequence, size_t group);

/* direct_project(d): Put every reading that is not there yet into the cold table. */
must_use int direct_project(struct direct *d);

/* direct_sign(d): The newest head counts as signed, as it does a second behind a commit. */
must_use int direct_sign(struct direct *d);

struct store *direct_store(const struct direct *d);
const struct secret *direct_key(const struct direct *d); /* of this run, and of nothing else */

#endif
