#ifndef APPLIANCE_SCHEMA_H
#define APPLIANCE_SCHEMA_H

#include "crypto/bytes.h"

/*
 * The Cedar schema of the box, expanded from operations.def and attribute.def: what
 * policies may speak about, and nothing else.  policy/site/casemate.cedarschema is this
 * text, for people and for `casemate-policy`; a test holds them equal.
 */

/* schema_write(out): Append the text; an error stays in ${out}. */
void schema_write(struct bytes_put *out);
#define SCHEMA_MAX (64 * 1024)

#endif
