#ifndef TESTS_SIMULATOR_BOX_H
#define TESTS_SIMULATOR_BOX_H

#include "enclave/process/process.h"
#include "tests/simulator/world.h"

/*
 * What enclave/process/process.h is to a program, without processes: the worker's and the
 * auditor's real handlers, called by a scheduler that also carries their messages, in the byte form
 * that they have between processes.  A simulator is linked with box.o and not with process.o.
 */

/* box_begin(): In a new life: both programs' places, nobody joined. */
void box_begin(void);

/* box_start(program): Its `started`; what it returned. */
must_use int box_start(enum program program);
/* box_join(program), box_leave(program): Somebody at the worker's other ends comes or goes: the
 * auditor (whose own end follows), identity, the gateway, intake. */
void box_join(enum program program);
void box_leave(enum program program);

/* box_give(program, message): A message that the worker gets from this peer, now. */
void box_give(enum program program, const struct message *message);
/* box_turn(program): What ends a turn of its loop: its `turn`, its timers, and what it has to say
 * leaves. */
void box_turn(enum program program);
/* box_carry(program, most): Up to ${most} messages that are on their way to it from the other; how
 * many there were. */
unsigned box_carry(enum program program, unsigned most);

/* box_command(command, text, size): What root asks on the console; the outcome. */
unsigned box_command(unsigned command, char *text, size_t size);
/* box_stop(): Both end as they do when they are asked to. */
void box_stop(void);

/* box_said(): The last lines of the log, for a failure. */
const char *box_said(void);
/* box_last_denial(): The rule by which the worker has refused last, for a failure. */
const char *box_last_denial(void);

#endif
