#ifndef ENCLAVE_AUDIT_JOURNAL_H
#define ENCLAVE_AUDIT_JOURNAL_H

#include <stdbool.h>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "enclave/audit/segment.h"

/*
 * The auditor's journal: segments, one behind the other, of which the last is the file
 * journal.log in the working directory: one line a record, only ever appended to.  A
 * line is fields with one space between them:
 *     number, UTC milliseconds, boot id (32 hex), origin (program/enclave), kind, then
 *     the kind's own fields, then the monotonic nanoseconds of the boot and one letter for
 *     the quality of the UTC, and last the chain: BLAKE2b-256 (64 hex) over the chain of
 *     the line before and this line up to its last space.
 * Numbers go on from segment to segment.  A segment's first line is
 *     segment 2 NUMBER CHAIN   the segment's number, and the chain of the line before it
 * and what follows it, up to the line "begin", is carried over from the segment before.
 * The first segment of a site that is older has no such line, and its lines neither
 * nanoseconds nor quality; it is closed at the first start.
 * Kinds:
 *     audit CLASS OUTCOME ID PERSON SESSION STATION OPERATION DETAIL TYPE INITIATOR
 *           COMPLETER OBJECT LEVEL BEFORE AFTER EPOCH POLICIES       see event.def
 *     head SIZE ROOT NOTE MS   (the signed note in base64, and when, in UTC milliseconds)
 *     epoch NUMBER [SIZE ROOT HERE SIZE ROOT BODY STATEMENT BODY STATEMENT]
 *           a log begins anew: what was signed, what lay there, and two people's words for it in
 *           base64 (enclave/store/loss.h), in which their names stand; in a new segment NUMBER
 *           alone
 *     share NOTES ACTS HEADS   in a new segment: what is left of an origin's share, in bytes
 *     refused, segment, begin, sealed, stop
 * No program content: ids are opaque, DETAIL is a policy id or one of our own words.
 *
 * Quality of the time: S steady, as far as the boot's own clock says; J it has jumped since
 * this boot began; B it lies before the newest line, and is that line's time instead.
 */
#define JOURNAL_FILE     "journal.log"
#define JOURNAL_RESERVE  "reserve"
#define JOURNAL_LINE_MAX 2048
#define JOURNAL_ORIGIN   32

struct journal;

/* journal_open(each, context, ret_journal): Open or create it and give every line of the last
 * segment to ${each} (origin, kind, the kind's fields).  ERR_FORMAT when a line is not in its form
 * and ERR_DIGEST when the chain is broken: journal_wrong() says which line.  A last line that is
 * cut short, and a last write with holes in it, were never acknowledged and are cut off. */
typedef void journal_each(void *context, const char *origin, const char *kind, char *fields);
must_use int journal_open(journal_each *each, void *context, struct journal **ret_journal);

/* journal_close(journal): What was not synced is lost; NULL is accepted. */
void journal_close(struct journal *journal);

/* journal_wrong(): After a refused journal_open(): the number of the line, from 0 in the file. */
uint64_t journal_wrong(void);

/* journal_add(journal, origin, kind, fields): A line, not yet written.  ERR_FULL when the disk is
 * full and as much waits as can: the line is not kept. */
must_use int journal_add(struct journal *journal, const char *origin, const char *kind,
                         const char *fields);

/* journal_jumped(journal): By how many milliseconds the clock was set since the last call, beside
 * the boot's own; 0 as long as it was not.  Ask before a line is added: lines behind it are of
 * quality J.
 */
int64_t journal_jumped(struct journal *journal);

/* journal_write(journal): Hand what was added to the kernel: it survives the end of this process,
 * and not yet a power cut.  ERR_FULL: the disk is full, the reserve too; what was added waits. */
must_use int journal_write(struct journal *journal);

/* journal_sync(journal): What was added is durable when this returns 0.  ERR_FULL as above; any
 * other failure must end the process. */
must_use int journal_sync(struct journal *journal);

/* journal_unsynced(journal): Does something wait for journal_sync()? */
bool journal_unsynced(const struct journal *journal);

/*
 * journal_reserve(journal):
 * The file "reserve" keeps room for what must still be written when the disk is full:
 * journal_write() gives it up before it says ERR_FULL.  Make it again, where there is room for
 * it: 0, ERR_FULL.  journal_has_reserve() is the word on whether the security class may go on.
 */
must_use int journal_reserve(struct journal *journal);
bool journal_has_reserve(const struct journal *journal);

/* journal_percent(journal): How full the disk is that it lies on; 0 when nobody can say. */
unsigned journal_percent(const struct journal *journal);

/* journal_lines(journal): How many lines there are; journal_segment() the number of the last
 * segment, 0 for one that is older than segments; journal_length() its bytes. */
uint64_t journal_lines(const struct journal *journal);
uint64_t journal_segment(const struct journal *journal);
uint64_t journal_length(const struct journal *journal);

/* journal_torn(journal): How many bytes were cut off behind the last whole line at opening. */
uint64_t journal_torn(const struct journal *journal);

/* journal_newest_ms(journal): The time of the newest line, 0 while there is none. */
int64_t journal_newest_ms(const struct journal *journal);

/* journal_begun_ms(journal): The time of the last segment's first line; 0 while there is none. */
int64_t journal_begun_ms(const struct journal *journal);

/* journal_head(journal, ret_head): The last segment as it stands, without a signature.  ERR_STATE
 * while something is not synced. */
must_use int journal_head(const struct journal *journal, struct segment_head *ret_head);

/*
 * journal_next(journal, carry, context):
 * Begin the next segment, when the last one has been sealed: ${carry} adds with journal_add() what
 * whoever opens the new segment must know.  The file appears whole or not at all; the one before it
 * is gone then.  On ERR_FULL the last segment goes on.  ERR_STATE while something is not synced.
 */
typedef int journal_carry(void *context, struct journal *journal);
must_use int journal_next(struct journal *journal, journal_carry *carry, void *context);

#endif
