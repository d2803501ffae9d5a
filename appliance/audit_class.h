#ifndef APPLIANCE_AUDIT_CLASS_H
#define APPLIANCE_AUDIT_CLASS_H

#include "appliance/body.h"
#include "appliance/operation.h"
#include "enclave/audit/event.h"

/* audit_class_of(operation): The class under which the journal records it (audit_class.def). */
enum audit_record_class audit_class_of(unsigned operation);

/* audit_object(operation, body, out): What a decoded body is about: its first reference to
 * something that exists or will, else zeros. */
void audit_object(const struct operation *operation, const struct body *body,
                  uint8_t out[static 16]);

/* audit_is_guessable(operation): Does its body hold a PIN?  Then not even a digest of it may be
 * written: whoever reads it could try every PIN against it. */
bool audit_is_guessable(const struct operation *operation);

#endif
