#ifndef APPLIANCE_SUPERVISOR_CLOSURE_H
#define APPLIANCE_SUPERVISOR_CLOSURE_H

#include "appliance/supervisor/site.h"

/*
 * What is done to an enclave's keys while its gateway and worker do not run: a rekey, and
 * a close-out.  One at a time; each is a row of steps, and the end of a process, an answer
 * of the keeper's or the clock leads from one to the next:
 *
 *     rekey      the keeper makes the next generation; gateway and worker, or identity, end;
 *                their binary writes the store anew (PROGRAM_REKEY, PROGRAM_REKEY_IDENTITY); the
 *                keeper destroys the old generation; they run again
 *     restore    the backup's binary verifies the whole file while everybody works on; gateway
 *                and worker, or identity, end; it puts the store that was backed up in the place
 *                of the one that is there; they run again
 *     close-out  the keeper has custodians agree; gateway and worker end, and the mark is
 *                put there; the keeper destroys the keys and hands out its certificate
 *
 * A step that fails is told to the console and the enclave runs on as it was, but where a
 * close-out has destroyed keys, or may have: the mark stays.
 */

/* closure_rekey(site, slot, output, client): Begin; with ${slot} -1 identity's.  ${output}, on
 * which the run says how far it is, is borrowed; the console ${client} is answered in the end. */
void closure_rekey(struct site *site, int slot, int output, int client);

/* closure_close_out(site, slot, input, output, client): Begin, with the custodians' shares on
 * ${input}; both are borrowed.  The certificate goes to ${output}. */
void closure_close_out(struct site *site, int slot, int input, int output, int client);

/* closure_bring_back(site, slot, input, words, client): The store of an enclave, or with ${slot} -1
 * identity's, from the backup on ${input}; a refusal is said on ${words}.  Both are borrowed. */
void closure_bring_back(struct site *site, int slot, int input, int words, int client);

/* closure_turn(site): What time brings: processes that have ended, or that do not. */
void closure_turn(struct site *site);

/* closure_answered(from, outcome, text): ${from} has answered a command: 0 is well, 1 that nothing
 * was changed, 2 that keys are destroyed and something behind that failed.  Whether it was ours. */
bool closure_answered(struct instance *from, unsigned outcome, const char *text);

/* closure_ended(instance, well): A process has ended.  Whether its end is ours to answer. */
bool closure_ended(struct instance *instance, bool well);

#endif
