#ifndef ENCLAVE_STORE_BEHIND_H
#define ENCLAVE_STORE_BEHIND_H

#include "enclave/store/loss.h"
#include "enclave/store/store.h"

/* A store that is behind its anchor: what lies here, what is lost, and whether the auditor has
 * granted the epoch that goes on from it.  Who may accept a loss is decided above. */

/* behind_here(store, ret_log): The last epoch as it lies in the store. */
void behind_here(const struct store *store, struct loss_log *ret_log);

/* behind_sentence(loss, out, size): What the auditor has signed and what lies here; returns
 * ${out}. */
#define BEHIND_SENTENCE 200
const char *behind_sentence(const struct loss *loss, char *out, size_t size);

/*
 * behind_put(put, loss, signed_ms), behind_take(in, ret_loss, ret_signed_ms):
 * A loss that people are signing for, as it is kept beside the log until the new epoch begins,
 * without the enclave's name: it belongs to the store that it lies in.
 */
#define BEHIND_KEPT (2 * (4 + 8 + HASH_TREE_LENGTH) + 8)
void behind_put(struct bytes_put *put, const struct loss *loss, int64_t signed_ms);
void behind_take(struct bytes *in, struct loss *ret_loss, int64_t *ret_signed_ms);

/* behind_was_granted(kept, here, epoch, size): The auditor's anchor is of ${epoch} and ${size}: is
 * that the new epoch, with nothing in it yet, which ${kept} was accepted for while the log lay here
 * as it does now? */
bool behind_was_granted(const struct loss *kept, const struct loss_log *here, uint32_t epoch,
                        uint64_t size);

#endif
