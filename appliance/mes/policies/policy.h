#ifndef APPLIANCE_MES_POLICIES_POLICY_H
#define APPLIANCE_MES_POLICIES_POLICY_H

#include "appliance/mes/mes.h"
#include "appliance/policy_set.h"

/*
 * The policy sets of an enclave: proposed by one officer, installed by another, kept with
 * their text, so that every past decision can be explained with the rules of its day.
 */
/* policies_apply(mes, event), rationales_apply(mes, event): As the modules' appliers. */
int policies_apply(struct mes *mes, const struct event *event);
int rationales_apply(struct mes *mes, const struct event *event);

/* policy_at(mes, layer, at_ms): The set of this layer that was in force then; NULL before the
 * first. */
const struct policy_row *policy_at(const struct mes *mes, enum policy_layer layer, int64_t at_ms);

/* policy_by_id(mes, proposal): NULL when there is none. */
const struct policy_row *policy_by_id(const struct mes *mes, const uint8_t proposal[static 16]);

/* policy_next_version(mes, layer): One more than any that was proposed. */
int64_t policy_next_version(const struct mes *mes, enum policy_layer layer);

/*
 * policy_read(mes, row, ret_policy, ret_tests):
 * Text and tests of ${row}, from the log, each of which the caller frees; ${ret_tests} may be
 * NULL.
 */
must_use int policy_read(const struct mes *mes, const struct policy_row *row,
                         struct bytes_view *ret_policy, struct bytes_view *ret_tests);

/* policy_layer_text(layer): "site" or "program". */
const char *policy_layer_text(int64_t layer);

/* rationales_run(command): The register's operations. */
int rationales_run(struct command *command);

#endif
