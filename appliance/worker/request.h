#ifndef APPLIANCE_WORKER_REQUEST_H
#define APPLIANCE_WORKER_REQUEST_H

#include "appliance/worker/worker.h"
#include "enclave/audit/outcome.h"
#include "transfer/statement.h"

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
    uint8_t statement_bytes[STATEMENT_MAX];
};

/* request_journal(w, q, outcome, detail): Tell the auditor what became of it. */
void request_journal(struct worker *w, const struct request *q, unsigned outcome,
                     const char *detail);

/* denial.c: denial_remember(w, q, decision): The policy refused it; for the officer's page and,
 * bounded for each session, the journal. */
void denial_remember(struct worker *w, const struct request *q, const struct decision *decision);
/* denial_token(w, q): A token came that is not good here, or not any more: for the journal, bounded
 * for each station.  Nothing that is no token is told. */
void denial_token(struct worker *w, const struct request *q);

#endif
