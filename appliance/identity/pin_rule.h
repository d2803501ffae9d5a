#ifndef APPLIANCE_IDENTITY_PIN_RULE_H
#define APPLIANCE_IDENTITY_PIN_RULE_H

#include "crypto/bytes.h"

/*
 * pin_rule_refused(pin):
 * NULL when ${pin} may be a new PIN, else what a PIN has to be, a sentence: six digits or more, at
 * least three different ones, no run and no repetition.  It says nothing of PINs that are there
 * already.
 */
const char *pin_rule_refused(struct bytes_view pin);

#endif
