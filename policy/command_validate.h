#ifndef POLICY_COMMAND_VALIDATE_H
#define POLICY_COMMAND_VALIDATE_H

#include "policy/command.h"

/*
 * validate_print(policies, schema, json, ret_errors, ret_warnings):
 * Hold ${policies} against ${schema} and print each finding, in JSON as the
 * elements of an array.  False, and said why, if it could not be done.
 */
bool validate_print(const struct cedar_policies *policies, const struct cedar_schema *schema,
                    bool json, unsigned *ret_errors, unsigned *ret_warnings);

#endif
