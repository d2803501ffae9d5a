#ifndef APPLIANCE_SUPERVISOR_CONSOLE_H
#define APPLIANCE_SUPERVISOR_CONSOLE_H

#include "appliance/supervisor/site.h"

/*
 * The root-only console: one SEQPACKET socket, console.sock, mode 0600.  A request
 * is CONSOLE_REQUEST_LENGTH bytes (u16 command of commands.def, enclave id or
 * zeros) with the descriptors that the row lists; the answer is one byte of
 * outcome (0 is well) and text of at most CONSOLE_TEXT_MAX bytes.
 */
#define CONSOLE_SOCKET         "console.sock"
#define CONSOLE_REQUEST_LENGTH 10
#define CONSOLE_TEXT_MAX       4000

/* console_answer(client, outcome, text): The one answer that a console gets; closes ${client}. */
void console_answer(int client, unsigned outcome, const char *text);

/*
 * console_pass(to, command, slot, letters, fds, client):
 * Ask ${to} a command of commands.def on behalf of ${client}, for the enclave ${slot} or
 * -1, with the descriptors that ${letters} name, borrowed.  NULL, or why it cannot be
 * asked, in words; ${client} stays open.
 */
must_use const char *console_pass(struct instance *to, unsigned command, int slot,
                                  const char *letters, const int *fds, int client);

/* console_open(site): Make the socket and watch it. */
must_use int console_open(struct site *site);

#endif
