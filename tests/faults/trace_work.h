#ifndef TESTS_FAULTS_TRACE_WORK_H
#define TESTS_FAULTS_TRACE_WORK_H

#include "tests/faults/trace.h"

/* What the work of a trace is: all of it follows from the seed.  For trace.c and trace_check.c. */
#define TRACE_DOCUMENT_MAX 60000u

unsigned trace_events_of(uint64_t seed, uint64_t transaction);
uint64_t trace_events_before(uint64_t seed, uint64_t transactions);
/* trace_payload_of, trace_document_of: Borrowed until the next call. */
struct bytes_view trace_payload_of(uint64_t seed, uint64_t sequence);
bool trace_has_document(uint64_t seed, uint64_t transaction);
struct bytes_view trace_document_of(uint64_t seed, uint64_t transaction);
/* trace_value_of(payload): What the projections hold of an event. */
int64_t trace_value_of(struct bytes_view payload);

#endif
