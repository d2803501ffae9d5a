#ifndef TESTS_FAULTS_MEMORY_H
#define TESTS_FAULTS_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Memory that runs out when it is told to.  A program linked with memory.o and with
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup takes its memory here, and SQLite's
 * and OpenSSL's after memory_begin().
 */

/* memory_begin(): Before anything else of SQLite or OpenSSL is used. */
void memory_begin(void);

/* memory_fail(nth, for_good): The ${nth} request (from 1) gets nothing, and with ${for_good} none
 * behind it does.  0: there is enough.
 * memory_failed(): Has it happened? */
void memory_fail(uint64_t nth, bool for_good);
bool memory_failed(void);

/* memory_hold(hold): What is asked for now is a test's own: it is not counted and does not fail. */
void memory_hold(bool hold);

#endif
