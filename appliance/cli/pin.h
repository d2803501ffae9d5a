#ifndef APPLIANCE_CLI_PIN_H
#define APPLIANCE_CLI_PIN_H

#include "appliance/cli/cli.h"

/*
 * A PIN from the terminal, without echo, or from --pin-file: a file that only its
 * owner may read, with the PIN as its one line.  It is in no argument.
 */
#define PIN_MAX 64

/*
 * pin_read(o, prompt, ret_pin):
 * The PIN, behind ${prompt} where a person types it; the caller wipes it.  0, or an
 * enum cli_exit after a complaint.
 */
must_use int pin_read(const struct cli *o, const char *prompt, char ret_pin[static PIN_MAX + 1]);

#endif
