#ifndef ENCLAVE_STORE_REKEY_H
#define ENCLAVE_STORE_REKEY_H

#include "enclave/store/store.h"

/*
 * A store under another key: a copy is written beside it, page by page, looked at, and
 * takes its place in one step.  The files lie in the working directory, and nobody else
 * has the store open.  Whenever this ends, the file ${name} is whole: under the old key
 * before store_rekey_swap() has renamed the copy, and under the new one from then on.
 */

/* The state in which a rekey finds a store. */
enum store_rekey_state {
    STORE_REKEY_NONE = 0, /* there is no store yet */
    STORE_REKEY_OLD,      /* it opens with the old key */
    STORE_REKEY_NEW,      /* with the new one: the swap was made, and what follows it was not */
};

/*
 * store_rekey_look(name, enclave, old, new, ret_state):
 * Which key fits?  ERR_KEY when neither does; ERR_STATE where a restoration was not finished;
 * otherwise as store_open().
 */
must_use int store_rekey_look(const char *name, const char *enclave, const struct secret *old_key,
                              const struct secret *new_key, enum store_rekey_state *ret_state);

/*
 * store_rekey_open(name, enclave, key, next, use, why, ret_store, ret_is_next):
 * As store_open_as(); while a rekey is under way there are two keys, and the store has one of them.
 * ${ret_is_next}: it has ${next} already, and a rekey was not finished.
 */
must_use int store_rekey_open(const char *name, const char *enclave, const struct secret *key,
                              const struct secret *next, enum store_use use,
                              struct store_refusal *why, struct store **ret_store,
                              bool *ret_is_next);

/* store_rekey_room(name, ret_needed, ret_free): Bytes that a copy needs beside the store, and those
 * that are free. */
must_use int store_rekey_room(const char *name, uint64_t *ret_needed, uint64_t *ret_free);

/*
 * store_rekey_write(name, fresh, enclave, old, new, progress, context):
 * Write all of ${name} to the file ${fresh} under ${new}, instead of what an interrupted rekey
 * left there, and sync it; ${progress} is told about
 * each hundredth.  Then both are open at once and compared: page MACs, sequence, tree.  ERR_DIGEST
 * if they differ; ERR_FULL; ERR_STORE.
 */
typedef void store_rekey_progress(void *context, unsigned percent);
must_use int store_rekey_write(const char *name, const char *fresh, const char *enclave,
                               const struct secret *old_key, const struct secret *new_key,
                               store_rekey_progress *progress, void *context);

/*
 * store_rekey_swap(name, fresh):
 * Both are closed: ${fresh} takes the place of ${name}, durably.  ERR_STATE, and nothing is
 * changed, if a write-ahead log of either is there: its pages are of another key.
 */
must_use int store_rekey_swap(const char *name, const char *fresh);

/* store_rekey_forget(fresh): Remove the copy and what belongs to it. */
void store_rekey_forget(const char *fresh);

#endif
