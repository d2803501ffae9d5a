#ifndef APPLIANCE_CLI_POLICY_H
#define APPLIANCE_CLI_POLICY_H

#include "appliance/cli/caller.h"

/*
 * What the two files of casemate policy share: questions (policy.c), and changing a set
 * (policy_change.c).
 */

/* policy_enter(c, o): Sign in, and go to the enclave; with --everywhere stay at the entry. */
must_use int policy_enter(struct caller *c, const struct cli *o);

/* policy_way(o), policy_path(o, what, out): Where sets are asked for, and with which path. */
#define POLICY_PATH 120
enum caller_way policy_way(const struct cli *o);
const char *policy_path(const struct cli *o, const char *what, char out[static POLICY_PATH]);

/* policy_list(c, ret_doc): Every set that is known there. */
must_use int policy_list(struct caller *c, yyjson_doc **ret_doc);

/* policy_find(c, list, text): The set of this id or LAYER/VERSION, such as program/3; NULL after a
 * complaint. */
yyjson_val *policy_find(const struct caller *c, yyjson_doc *list, const char *text);

/* policy_word(o, option, text): Whether ${text} can stand in a question; else CLI_USAGE after a
 * complaint. */
must_use int policy_word(const struct cli *o, const char *option, const char *text);

/* policy_says(c): Print the last answer as it came. */
void policy_says(const struct caller *c);

#endif
