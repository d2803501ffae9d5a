#ifndef ENCLAVE_AUDIT_JOURNAL_H
#define ENCLAVE_AUDIT_JOURNAL_H

#include "crypto/bytes.h"
#include "crypto/hash.h"

/*
 * The auditor's journal: the file journal.log in the working directory, one line a
 * record, only ever appended to.  A line is fields with one space between them:
 *     number, UTC milliseconds, boot id (32 hex), origin (program/enclave), kind, then
 *     the kind's own fields, and last the chain: BLAKE2b-256 (64 hex) over the chain of
 *     the line before and this line up to its last space.
 * Kinds:
 *     audit CLASS OUTCOME ID PERSON SESSION STATION OPERATION DETAIL
 *     head SIZE ROOT NOTE      (the signed note in base64)
 *     start, stop
 * No program content: ids are opaque, DETAIL is a policy id or one of our own words.
 */
#define JOURNAL_LINE_MAX 2048
#define JOURNAL_ORIGIN   32

struct journal;

/* journal_open(each, context, ret_journal): Open or create it and give every line that lies there
 * to ${each} (origin, kind, the kind's fields).  ERR_FORMAT when the chain is broken.  A last line
 * that is cut short, and a last write with holes in it, were never acknowledged and are cut off. */
typedef void journal_each(void *context, const char *origin, const char *kind, char *fields);
must_use int journal_open(journal_each *each, void *context, struct journal **ret_journal);

/* journal_add(journal, origin, kind, fields): A line, not yet durable. */
must_use int journal_add(struct journal *journal, const char *origin, const char *kind,
                         const char *fields);

/* journal_sync(journal): What was added is durable when this returns 0. */
must_use int journal_sync(struct journal *journal);

/* journal_lines(journal): How many lines there are. */
uint64_t journal_lines(const struct journal *journal);

#endif
