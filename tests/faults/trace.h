#ifndef TESTS_FAULTS_TRACE_H
#define TESTS_FAULTS_TRACE_H

#include <stdbool.h>

#include "crypto/hash.h"
#include "crypto/secret.h"
#include "enclave/audit/journal.h"
#include "enclave/store/store.h"

/*
 * Work for a store and a journal that follows from a seed, and what must be found afterwards.
 * A transaction has events, at times a document, and a row of a projection that is kept in the
 * same transaction; a second projection follows behind; every few transactions a head is made
 * durable in the journal and then kept in the store: as a worker and an auditor do it.
 */
#define TRACE_ENCLAVE "e3f9k2m1"

/* What somebody was told is safe; it outlives the process that told it. */
struct trace_told {
    uint64_t transactions;
    uint64_t events;
    uint8_t root[HASH_TREE_LENGTH];
    uint64_t heads;     /* lines of the journal */
    uint64_t head_size; /* of the last of them */
};

struct trace {
    uint64_t seed;
    struct secret *key, *signing;
    struct store *store;
    struct journal *journal;
    struct trace_told *told;
    void *rows;    /* prepared statements of the two projections */
    uint64_t cold; /* position of the one that follows */
};

/* trace_begin(seed, told, ret_trace): Make keys; nothing is opened. */
void trace_begin(uint64_t seed, struct trace_told *told, struct trace *ret_trace);
/* trace_keys(trace): Again, in a forked child, which does not inherit them. */
void trace_keys(struct trace *trace);

/* Each returns 0 or the first error of the store or the journal; what was told to be safe is in
 * trace->told by then. */
must_use int trace_open(struct trace *trace);
must_use int trace_open_journal(struct trace *trace);
must_use int trace_transaction(struct trace *trace);
must_use int trace_head(struct trace *trace);
must_use int trace_follow(struct trace *trace);
/* trace_adopt(trace): A head that the journal has and whose answer was lost.
 * trace_read(trace): Read everything and compare it with what was recorded. */
must_use int trace_adopt(struct trace *trace);
must_use int trace_read(struct trace *trace);
void trace_close(struct trace *trace);

/* trace_run(trace, transactions): As many transactions and all that belongs to them. */
must_use int trace_run(struct trace *trace, uint64_t transactions);

/*
 * trace_check(trace, why, size): Open what lies on the mounted disk and compare: everything told is
 * there and equal, nothing is half there, every head of the journal is one that the store has, and
 * the store goes on.  NULL, or what is wrong, in ${why}.  The trace has nothing open.
 */
const char *trace_check(struct trace *trace, char *why, size_t size);

/*
 * trace_look(trace): What becomes of files that somebody has changed: opened, held against the
 * journal's last head, read as requests read, verified and replayed.  What is not as it was
 * recorded and is found by none of these is TRACE_SERVED.
 */
enum trace_found {
    TRACE_REFUSED_AT_OPEN,
    TRACE_REFUSED_BY_ANCHOR,
    TRACE_REFUSED_AT_USE,
    TRACE_SEEN_BY_VERIFY,
    TRACE_SEEN_BY_REPLAY,
    TRACE_TAIL_GONE, /* events behind the last head; all before is whole */
    TRACE_SAME,
    TRACE_SERVED,
    TRACE_FOUND
};
extern const char *trace_found_names[TRACE_FOUND];
enum trace_found trace_look(struct trace *trace);

#endif
