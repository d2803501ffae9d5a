#ifndef ENCLAVE_AUDIT_SHARE_H
#define ENCLAVE_AUDIT_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/error.h"
#include "enclave/process/topology.h"

/*
 * One program's share of the journal: a bucket of bytes for each kind of line, so that a flood of
 * one kind takes nothing from the others; and what came beyond it, by number.  Pure: no clock, no
 * journal.  Rates and bursts are the rows of share.def.
 */
enum share_kind {
    SHARE_NOTES = 0, /* what happened, and opened no intent before: denials above all */
    SHARE_ACTS,      /* intents, and what became of them */
    SHARE_HEADS,     /* signed heads of logs */
    SHARE_KINDS
};

/* What a line has beside its fields, at most: number, times, boot, origin, kind, chain. */
#define SHARE_LINE    200
#define SHARE_CLASSES 14 /* of event.def; 0: none of them */
#define SHARE_TEXT    480

struct share {
    enum program program;
    int64_t left[SHARE_KINDS]; /* bytes; below 0 is owed */
    uint64_t filled_ms;        /* of the boot's clock, to when what comes back has come */
    /* since it was last taken */
    uint64_t beyond, of_class[SHARE_CLASSES];
    int64_t first_ms, last_ms; /* UTC */
};

/* share_is_bound(program): Has it rows?  Whoever has none writes without a bound. */
bool share_is_bound(enum program program);

/* share_begin(share, program, now_ms): Full.  ${now_ms} is the boot's clock, here and below. */
void share_begin(struct share *share, enum program program, uint64_t now_ms);

/* share_fill(share, now_ms): What has come back since the last time; never above the burst. */
void share_fill(struct share *share, uint64_t now_ms);

/* share_is_within(share, kind, now_ms): Is there something left?  A line may then be longer than
 * what is left: the rest is owed. */
bool share_is_within(struct share *share, enum share_kind kind, uint64_t now_ms);

/* share_spend(share, kind, length): A line with fields of ${length} was written, or must be. */
void share_spend(struct share *share, enum share_kind kind, size_t length);

/* share_count(share, event_class, utc_ms): A record of ${event_class} is not kept. */
void share_count(struct share *share, unsigned event_class, int64_t utc_ms);

/* share_take(share, out): The words for what was counted since the last time: how many, of which
 * classes, the first and the last moment.  From then on nothing is.  false: nothing was. */
bool share_take(struct share *share, char out[static SHARE_TEXT]);

/* share_time(utc_ms, out): For people. */
#define SHARE_TIME 24
void share_time(int64_t utc_ms, char out[static SHARE_TIME]);

/*
 * A share in a line of the journal, "NOTES ACTS HEADS", so that neither the end of the auditor nor
 * of a segment makes it full again.  share_put(share, out), and share_get(share, fields), which is
 * ERR_FORMAT and changes nothing when it is not that.
 */
#define SHARE_FIELDS 80
void share_put(const struct share *share, char out[static SHARE_FIELDS]);
must_use int share_get(struct share *share, const char *fields);

/* share_resume(share, since_ms, now_ms): It was read: what was left at the beginning of a segment,
 * less what was written in it.  ${since_ms} after that beginning: what has come back is added; what
 * is owed is forgotten, since a clock that was set back would have it owed for long. */
void share_resume(struct share *share, int64_t since_ms, uint64_t now_ms);

#endif
