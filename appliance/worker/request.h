#ifndef APPLIANCE_WORKER_REQUEST_H
#define APPLIANCE_WORKER_REQUEST_H

#include "appliance/worker/worker.h"
#include "enclave/audit/outcome.h"
#include "crypto/statement.h"

/* One request on its way; views into the datagram or into a waiting intent. */
struct request {
    struct peer *gateway; /* NULL when it has gone meanwhile */
    uint64_t number;
    const struct operation *operation;
    uint8_t station[STATION_ID]; /* where it was asked */
    struct asker asker;
    struct bytes_view token;
    struct bytes_view statement_text; /* base64, as it came */
    struct bytes_view statement;      /* decoded */
    struct bytes_view body;
    bool acknowledged; /* the auditor holds an intent for it */
    uint8_t intent[16];
    struct retry_look look; /* how far the log was read for it; zeroed when it comes */
    /* for the journal, once it is known */
    uint8_t object[16];             /* what it is about */
    uint8_t initiator[16];          /* who began what this completes */
    char policies[DECIDE_POLICIES]; /* that decided, "" before */
    uint8_t statement_bytes[STATEMENT_MAX];
};

/* batch.c: an answer that leaves behind the commit: bytes, a problem, or a problem in words. */
void batch_answer(struct worker *w, struct peer *gateway, uint64_t request, unsigned status,
                  const void *body, size_t length, bool raw, bool wrote);
void batch_problem(struct worker *w, struct peer *gateway, uint64_t request, unsigned status,
                   const struct answer_problem *problem);
void batch_words(struct worker *w, struct peer *gateway, uint64_t request, unsigned status,
                 const char *error, const char *kept, const char *todo);
/* batch_hold(w): The last answer tells that there is nothing: it leaves at a tick of the clock. */
void batch_hold(struct worker *w);
/* batch_let_go(w): Send what is held, if it is time; milliseconds until it is, or -1. */
int batch_let_go(struct worker *w);
void batch_journal(struct worker *w, const struct message_audit *audit);

/* request_handle(w, q): Decide on it, and carry it out or let it wait for the auditor; it is
 * answered in every case. */
void request_handle(struct worker *w, struct request *q);

/*
 * heard.c
 * request_is_heard(w, q): May it be looked at: who asks is known and not locked, the enclave is
 * open, and it is in its form.  request_is_signed(w, q): Is it signed as it must be?  false: it is
 * answered, and an intent that the auditor holds for what is not heard is closed.
 */
#define REQUEST_FUTURE_MS ((int64_t)5 * 60 * 1000) /* a station's clock, before ours */
bool request_is_heard(struct worker *w, struct request *q);
bool request_is_signed(struct worker *w, struct request *q);

/*
 * intent.c
 * request_journal(w, q, outcome, detail): Tell the auditor what became of it.
 * request_journal_done(w, q, detail): The same of what was just answered as done: the auditor hears
 * of it behind the commit, together with the person, and hears the same. request_close_intent(w, q,
 * why): It is refused before it was run: an intent that the auditor holds for it is closed.
 * request_take_intent(w, q): Tell the auditor what is intended; it goes on with its word.
 */
void request_journal(struct worker *w, const struct request *q, unsigned outcome,
                     const char *detail);
void request_journal_done(struct worker *w, const struct request *q, const char *detail);
void request_close_intent(struct worker *w, const struct request *q, const char *why);
void request_take_intent(struct worker *w, const struct request *q);

/* request_keep(q, kept): Copy it, to let it wait; ${kept}'s copy is freed by who holds it.
 * request_take_up(kept, q): As it was, with views into that copy. */
void request_keep(const struct request *q, struct request_kept *kept);
void request_take_up(const struct request_kept *kept, struct request *q);

/* denial.c: denial_remember(w, q, decision): The policy refused it; for the officer's page and,
 * bounded for each session, the journal. */
void denial_remember(struct worker *w, const struct request *q, const struct decision *decision);
/* denial_statement(w, q, why): It is not signed, or not by what is good for exactly this. */
void denial_statement(struct worker *w, const struct request *q, const char *why);
/* denial_token(w, q): A token came that is not good here, or not any more: for the journal, bounded
 * for each station.  Nothing that is no token is told. */
void denial_token(struct worker *w, const struct request *q);

#endif
