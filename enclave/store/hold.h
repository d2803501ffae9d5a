#ifndef ENCLAVE_STORE_HOLD_H
#define ENCLAVE_STORE_HOLD_H

#include "enclave/process/process.h"
#include "enclave/store/store.h"

/*
 * Holding the store's file still, so that its pages can be copied while work goes on:
 * everything committed lies in it, and what is committed from now on goes to the
 * write-ahead log alone.
 */

/* store_hold(store): ERR_STATE in a transaction; ERR_STORE when the file could not be brought up to
 * date, and nothing is held. */
must_use int store_hold(struct store *store);

/* store_release(store): Commits reach the file again; harmless when nothing is held. */
void store_release(struct store *store);

/* store_page_mac(store, ret_sha256): What the file's pages are authenticated with: ${store}'s
 * NAME.format.  ERR_FORMAT. */
must_use int store_page_mac(struct store *store, bool *ret_sha256);

/*
 * For the owner of a store: hold_message() answers what a backup's run asks; hold_left() when
 * that has gone; hold_due(), now and then, lets go what has been held so long that the
 * write-ahead log would fill the disk.  All three are silent when nothing is held.
 */
#define HOLD_LONGEST (1u << 30) /* bytes of write-ahead log */
void hold_message(struct store *store, struct peer *backup, const struct message *message);
void hold_left(struct store *store);
void hold_due(struct store *store);

#endif
