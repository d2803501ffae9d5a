#ifndef ENCLAVE_STORE_STORE_H
#define ENCLAVE_STORE_STORE_H

#include <stdbool.h>

#include "crypto/secret.h"
#include "enclave/store/tree.h"

struct sqlite3;

/*
 * One program's store: an encrypted SQLCipher file with the event log, the tree
 * over it, documents, and the projections of whoever uses it.  One process, one
 * writer, one store, one key.
 *
 * Events are appended inside a transaction and exist when store_commit() has
 * returned.  A leaf is SHA-256(0x00 || header || SHA-256(salt || payload)) with
 * header = u8 version 1, u64 sequence, 16 bytes boot id.
 */
struct store;

#define STORE_PAYLOAD_MAX    65000
#define STORE_HEADER_LENGTH  25
#define STORE_HEADER_VERSION 1
#define STORE_DOCUMENT_MAX   (16u << 20)

struct store_event {
    uint64_t sequence;
    uint8_t boot[16];
    uint8_t salt[32];
    struct bytes_view payload; /* borrowed until the next call on the store */
};

/*
 * store_open(name, enclave, key, ret_store):
 * Open or create the file ${name} in the working directory for ${enclave} (an
 * enclave's id or a service's name) with the raw 32-byte ${key}, which is only
 * read, and bring the log's schema up to date.  ERR_KEY if the key is wrong or the
 * file is not a store; ERR_FORMAT if it is another enclave's or from a newer
 * program; ERR_STORE otherwise.  On failure nothing stays open.
 */
must_use int store_open(const char *name, const char *enclave, const struct secret *key,
                        struct store **ret_store);
void store_close(struct store *store);

/* store_forget(store): What the kernel holds of its files is dropped, as at opening: what is read
 * behind this and is not in our own memory is what the disk has. */
must_use int store_forget(struct store *store);

/* store_db(store): For the projections' own statements; never for the log's tables. */
struct sqlite3 *store_db(struct store *store);

/* store_seal(store): From now on no ATTACH, no PRAGMA, no change of schema. */
must_use int store_seal(struct store *store);

/* ---- the log ---- */

/* store_size(store): Events, with those of the open transaction. */
uint64_t store_size(const struct store *store);
void store_root(const struct store *store, uint8_t out[static HASH_TREE_LENGTH]);

/* store_begin, store_commit, store_rollback: A failed commit has been rolled back:
 * ERR_FULL when the disk is full; any other failure must end the process, because the
 * state of the disk is unknown (a failed sync is never retried). */
must_use int store_begin(struct store *store);
must_use int store_commit(struct store *store);
void store_rollback(struct store *store);

/*
 * store_holds(store):
 * Is the transaction that was begun still open?  When any statement on this store fails for want of
 * memory or because the disk failed, a reading one too, SQLite rolls everything back by itself, and
 * what is written then would be committed row by row.  0, or ERR_STORE; whoever writes to tables of
 * its own asks first.  store_append() and store_document_put() do.
 */
must_use int store_holds(const struct store *store);

/* store_append(store, payload, ret_sequence): One event, in the open transaction. */
must_use int store_append(struct store *store, struct bytes_view payload, uint64_t *ret_sequence);

/* store_read(store, sequence, ret_event): ERR_UNKNOWN when there is none. */
must_use int store_read(struct store *store, uint64_t sequence, struct store_event *ret_event);

/* store_walk(store, from, to, each, context): Every event from ${from} below ${to}, in order.
 * ${each} returns 0 to go on; another value ends the walk and is returned. */
typedef int store_each(void *context, const struct store_event *event);
must_use int store_walk(struct store *store, uint64_t from, uint64_t to, store_each *each,
                        void *context);

/* store_leaf(event, out): The leaf hash of an event. */
void store_leaf(const struct store_event *event, uint8_t out[static HASH_TREE_LENGTH]);

/* ---- signed heads ---- */

/*
 * store_head(store, proof, ret_old_size, ret_size, ret_root):
 * What the auditor should sign next: the committed head, and the proof from the last
 * signed one.  The head counts as under way until store_head_signed().
 */
must_use int store_head(struct store *store, struct bytes_put *proof, uint64_t *ret_old_size,
                        uint64_t *ret_size, uint8_t ret_root[static HASH_TREE_LENGTH]);

/* store_head_signed(store, size, note): Keep the signed note; joins the open transaction, or
 * makes its own. */
must_use int store_head_signed(struct store *store, uint64_t size, struct bytes_view note);

/*
 * store_head_adopt(store, size, note):
 * The auditor has signed a head of ${size} events that never arrived here; it has been
 * checked with store_check_anchor().  Keep it as the last signed one.
 */
must_use int store_head_adopt(struct store *store, uint64_t size, struct bytes_view note);

/* store_head_lost(store): The auditor is new; what was under way must be asked again. */
void store_head_lost(struct store *store);

/* store_unsigned(store): Events behind the last signed head. */
uint64_t store_unsigned(const struct store *store);

/* store_checkpoint(store, out, size, ret_length, ret_size): The newest signed note; ERR_UNKNOWN
 * when there is none. */
must_use int store_checkpoint(struct store *store, char *out, size_t size, size_t *ret_length,
                              uint64_t *ret_size);

/*
 * store_check_anchor(store, size, root):
 * Does this store contain what the auditor last signed for it?  ERR_BEHIND when it has
 * fewer events or others.
 */
must_use int store_check_anchor(struct store *store, uint64_t size,
                                const uint8_t root[static HASH_TREE_LENGTH]);

/* ---- documents ---- */

/* store_document_put(store, content, ret_digest): In the open transaction; the same content twice
 * is one document. */
must_use int store_document_put(struct store *store, struct bytes_view content,
                                uint8_t ret_digest[static 32]);

/* store_document_get(store, digest, out, room, ret_length): ERR_UNKNOWN, ERR_SIZE, ERR_DIGEST. */
must_use int store_document_get(struct store *store, const uint8_t digest[static 32], void *out,
                                size_t room, size_t *ret_length);

/* ---- projections ---- */

/*
 * store_projection(store, name, schema, ret_position):
 * Make sure that the tables of projection ${name} are those of ${schema} (DROP and
 * CREATE statements).  ${ret_position} is what store_projection_seen() last said: 0
 * when the tables were made anew and must be filled from the log.  Before store_seal().
 */
must_use int store_projection(struct store *store, const char *name, const char *schema,
                              uint64_t *ret_position);

/* store_projection_seen(store, name, position): In the open transaction. */
must_use int store_projection_seen(struct store *store, const char *name, uint64_t position);

/* store_idle(store): Write back what lies in the write-ahead log, when nobody waits. */
void store_idle(struct store *store);

#endif
