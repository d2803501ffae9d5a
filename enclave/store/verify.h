#ifndef ENCLAVE_STORE_VERIFY_H
#define ENCLAVE_STORE_VERIFY_H

#include "crypto/sign.h"
#include "enclave/store/store.h"

/* A store's whole log against its heads, in one go: where nobody works meanwhile. */

/*
 * store_verify(store, public_key, each, context, ret_signed):
 * Read the events of every epoch and compare their tree with the newest head that the auditor
 * signed for it with the key of ${public_key}.  ${each} is given every event and looks at what this
 * floor cannot: an answer other than 0 ends it and is returned.  ${ret_signed} is how many events
 * stand behind signatures.  ERR_DIGEST, ERR_KEY, ERR_SIGNATURE, or what reading
 * them gave.
 */
must_use int store_verify(struct store *store, const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                          store_each *each, void *context, uint64_t *ret_signed);

/* store_verify_last(store, each, context): Every event of the last epoch, what is behind its signed
 * head too, gives the tree that is in memory.  ERR_DIGEST, or what reading them gave. */
must_use int store_verify_last(struct store *store, store_each *each, void *context);

#endif
