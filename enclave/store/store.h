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

/* Why a store is not opened, for people: what was found, where, and what to do. */
struct store_refusal {
    char text[400];
};

enum store_use {
    STORE_READ_ONLY = 0, /* nothing is changed, not a byte of any file, not the schema */
    STORE_READ_WRITE     /* made where there is none, and brought up to date */
};

/* What a restoration writes before it takes the store's name (enclave/backup/backup_main.c). */
#define STORE_RESTORED "store.restored.db"

/*
 * store_open_as(name, enclave, key, use, why, ret_store):
 * Open the file ${name} in the working directory for ${enclave} (an enclave's id or a
 * service's name) with the raw 32-byte ${key}, which is only read.  ERR_KEY if the key
 * is wrong or the file is not a store; ERR_FORMAT if it is another enclave's, cut short
 * or from a newer program, or if it is missing or empty and another file of it says that there was
 * one; ERR_STATE if it is missing where a restoration was not finished; ERR_SYSTEM if a file of it
 * cannot be opened; ERR_FULL if there is no room to bring it up to date; ERR_STORE otherwise.  On
 * failure nothing stays open, nothing was changed, and ${why} says in words what was found.  While
 * a new store is made NAME.new lies beside it; a creation that was cut off begins again by it.
 */
must_use int store_open_as(const char *name, const char *enclave, const struct secret *key,
                           enum store_use use, struct store_refusal *why, struct store **ret_store);

/* store_open(name, enclave, key, ret_store): The same, to read and write; what was found is
 * logged. */
must_use int store_open(const char *name, const char *enclave, const struct secret *key,
                        struct store **ret_store);
void store_close(struct store *store);

/* store_is_read_only(store): Nothing can be begun in it. */
bool store_is_read_only(const struct store *store);
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
 * store_room(store):
 * Is there room for a batch?  Writes STORE_ROOM bytes that stand for nothing, in a transaction of
 * their own, and keeps their place.  0; ERR_FULL, and nothing has changed; else as store_commit().
 */
#define STORE_ROOM 65536
must_use int store_room(struct store *store);

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

/* store_header(event, out): The fixed header of an event, part of its leaf. */
void store_header(const struct store_event *event, uint8_t out[static STORE_HEADER_LENGTH]);

/* store_leaf(event, out): The leaf hash of an event. */
void store_leaf(const struct store_event *event, uint8_t out[static HASH_TREE_LENGTH]);

/* ---- epochs ---- */

/*
 * A part of the log that has a tree of its own, with the origin casemate/ID/NUMBER.  A
 * store begins with epoch 1.  Another one is opened where events that were signed are
 * lost: its first event names them.  Sequences go on over all epochs; the size of a
 * tree, and of a head, counts from the epoch's first event.
 */
struct store_epoch {
    uint32_t number;
    uint64_t first; /* sequence of its first event */
};

/* store_epoch(store): The last one. */
const struct store_epoch *store_epoch(const struct store *store);

/* store_epoch_of(store, sequence, ret_epoch, ret_end): The epoch of an event, and the sequence
 * behind its last one.  ERR_UNKNOWN where there is no such event. */
must_use int store_epoch_of(struct store *store, uint64_t sequence, struct store_epoch *ret_epoch,
                            uint64_t *ret_end);

/* store_epoch_by(store, number, ret_epoch): ERR_UNKNOWN where there is no such epoch. */
must_use int store_epoch_by(struct store *store, uint32_t number, struct store_epoch *ret_epoch);

/* store_epoch_open(store, number): In the open transaction, which has no event yet: the next one is
 * the first of epoch ${number}, which is higher than the last.  ERR_STATE. */
must_use int store_epoch_open(struct store *store, uint32_t number);

/* ---- signed heads, of the last epoch ---- */

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

/*
 * store_head_regress(store, size):
 * The auditor knows less than it has signed: its anchor of ${size} events, which has been
 * checked with store_check_anchor(), is older than the last signed head here.  The next head
 * goes on from there.  ERR_STATE when it is not older.
 */
must_use int store_head_regress(struct store *store, uint64_t size);

/* store_head_lost(store): The auditor is new; what was under way must be asked again. */
void store_head_lost(struct store *store);

/* store_unsigned(store): Events behind the last signed head. */
uint64_t store_unsigned(const struct store *store);

/*
 * store_checkpoint(store, epoch, out, size, ret_length, ret_size):
 * The newest signed note of an epoch; ERR_UNKNOWN when there is none.  Of the older
 * ones the last of each STORE_CHECKPOINT_EVERY events is kept.
 */
#define STORE_CHECKPOINT_EVERY 1024
must_use int store_checkpoint(struct store *store, uint32_t epoch, char *out, size_t size,
                              size_t *ret_length, uint64_t *ret_size);

/*
 * store_check_anchor(store, epoch, size, root):
 * Does this store contain what the auditor last signed for it?  ERR_BEHIND when it has
 * fewer events or others, or the epoch has not been opened here; ERR_STALE when it is
 * the auditor who does not know of the last epoch.
 */
must_use int store_check_anchor(struct store *store, uint32_t epoch, uint64_t size,
                                const uint8_t root[static HASH_TREE_LENGTH]);

/*
 * store_meta_get(store, name, out, room, ret_length), store_meta_set(store, name, value):
 * A few bytes by name, beside the log and no part of it; set in the open transaction.
 * Get: ERR_UNKNOWN if there are none, ERR_SIZE if they are more than ${room}.  "enclave",
 * "peaks" and "room" are the store's own names.
 */
must_use int store_meta_get(struct store *store, const char *name, void *out, size_t room,
                            size_t *ret_length);
must_use int store_meta_set(struct store *store, const char *name, struct bytes_view value);

/* ---- stored nodes, and what is proved with them ---- */

/*
 * The roots of complete subtrees of 256 and of 65,536 events, as a projection: so that
 * a proof over millions of events reads hundreds of rows.  Nothing trusts them: a proof
 * that was made with them is checked against the signed root before it leaves.
 *
 * store_nodes_open(store, ret_position): Make the table, before store_seal();
 * ${ret_position} is the sequence that store_nodes_add() must be given next.
 * store_nodes_add(store, event): In the open transaction; every event, in order.
 * store_nodes_seen(store): In the open transaction, behind the last of them: where it is.
 * store_nodes_stand(store, ret_position): Behind a transaction that was undone: what comes next.
 * store_nodes_doubt(store): They did not give what was signed: nothing uses them until they
 * have been dropped; store_nodes_are_doubted(store) asks for that.
 * store_nodes_drop(store): In a transaction of its own: they are made again from the log.
 */
#define STORE_NODES "nodes" /* of the projection */
must_use int store_nodes_open(struct store *store, uint64_t *ret_position);
must_use int store_nodes_add(struct store *store, const struct store_event *event);
must_use int store_nodes_seen(struct store *store);
must_use int store_nodes_stand(struct store *store, uint64_t *ret_position);
void store_nodes_doubt(struct store *store);
bool store_nodes_are_doubted(const struct store *store);
must_use int store_nodes_drop(struct store *store);

/* store_subtree(store, epoch, from, to, out): The RFC 6962 hash over the leaves from ${from} below
 * ${to} of an epoch's tree; ERR_UNKNOWN when they are not all there. */
must_use int store_subtree(struct store *store, const struct store_epoch *epoch, uint64_t from,
                           uint64_t to, uint8_t out[static HASH_TREE_LENGTH]);

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
 * Old tables that cannot be read any more, because the disk has changed them, are left
 * behind and new ones made.
 */
must_use int store_projection(struct store *store, const char *name, const char *schema,
                              uint64_t *ret_position);

/* store_projection_seen(store, name, position): In the open transaction. */
must_use int store_projection_seen(struct store *store, const char *name, uint64_t position);

/* store_projection_forget(store, name): In the open transaction: the next open makes it anew. */
must_use int store_projection_forget(struct store *store, const char *name);

/* store_idle(store): Write back what lies in the write-ahead log, when nobody waits. */
void store_idle(struct store *store);

#endif
