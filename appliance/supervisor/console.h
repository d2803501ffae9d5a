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

/* console_open(site): Make the socket and watch it. */
must_use int console_open(struct site *site);

#endif
