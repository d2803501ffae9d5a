/* The rationale register as officers read it: what meets each obligation, what has no reason to be
 * there, and what nothing meets. */
#include <stdio.h>
#include <string.h>

#include "appliance/worker/desk.h"
#include "policy/cedar.h"

/* Is the control that a row names in force today? */
static bool holds(struct worker *w, const struct rationale *row)
{
    const struct cedar_policies *policies = decider_compiled(w->decider);
    if (strcmp(row->control, "enclave") == 0)
        return true;
    if (strcmp(row->control, "policy") == 0)
        for (uint32_t i = 0; i < cedar_policies_count(policies); i++)
            if (strcmp(cedar_policy_id(policies, i), row->object) == 0)
                return true;
    if (strcmp(row->control, "station") == 0)
        for (size_t i = 0; i < w->snapshot->stations; i++)
            if (strcmp(w->snapshot->station[i].name, row->object) == 0)
                return true;
    if (strcmp(row->control, "release-schema") == 0)
        return strcmp(row->object, "weekly-summary") == 0;
    if (strcmp(row->control, "marking") == 0)
        for (size_t i = 0; i < w->markings_count; i++)
            if (strcmp(w->markings[i].id, row->object) == 0)
                return true;
    return false;
}

static struct answer_rationale_row row_of(struct worker *w, const struct rationale *row)
{
    struct answer_rationale_row a = {.kind = row->kind,
                                     .obligation = row->obligation,
                                     .document = row->document,
                                     .control = row->control,
                                     .object = row->object,
                                     .how = row->how,
                                     .name = row->name,
                                     .entered = row->entered_ms};
    memcpy(a.rationale, row->rationale, 16);
    a.holds = row->control[0] && holds(w, row);
    a.note = !row->control[0] ? "Nothing meets it yet."
             : a.holds        ? ""
                              : "The control that it names is not in force.";
    return a;
}

static bool has_reason(const struct worker *w, const char *control, const char *object)
{
    for (size_t i = 0; i < rows_count(w->mes->entities, ENTITY_RATIONALE); i++) {
        const struct rationale *row = entities_rationale(w->mes->entities, i);
        if (!row->withdrawn_ms && strcmp(row->control, control) == 0 &&
            (!object[0] || strcmp(row->object, object) == 0))
            return true;
    }
    return false;
}

static size_t without_reason(struct worker *w, struct command *command,
                             struct answer_control_row *rows)
{
    const struct cedar_policies *policies = decider_compiled(w->decider);
    size_t count = 0;
    if (!has_reason(w, "enclave", ""))
        rows[count++] = (struct answer_control_row){
            .control = "enclave", .object = "", .what = "this enclave, as one of its own"};
    for (uint32_t i = 0; i < cedar_policies_count(policies); i++) {
        const char *id = cedar_policy_id(policies, i);
        const char *why = cedar_policy_annotation(policies, i, "why");
        if (!has_reason(w, "policy", id))
            rows[count++] =
                (struct answer_control_row){.control = "policy",
                                            .object = mes_print(command, "%s", id),
                                            .what = why ? mes_print(command, "%s", why) : ""};
    }
    for (size_t i = 0; i < w->snapshot->stations; i++)
        if (!has_reason(w, "station", w->snapshot->station[i].name))
            rows[count++] = (struct answer_control_row){.control = "station",
                                                        .object = w->snapshot->station[i].name,
                                                        .what = "may show this program"};
    if (!has_reason(w, "release-schema", "weekly-summary"))
        rows[count++] = (struct answer_control_row){.control = "release-schema",
                                                    .object = "weekly-summary",
                                                    .what = "what may leave this enclave"};
    return count;
}

int register_answer(struct worker *w, struct command *command)
{
    size_t most = rows_count(w->mes->entities, ENTITY_RATIONALE), count = 0, open = 0;
    struct answer_rationale_row *rows = mes_array(command, most, sizeof *rows);
    struct answer_rationale_row *unmet = mes_array(command, most, sizeof *unmet);
    struct answer_control_row *controls = mes_array(
        command, decider_policies(w->decider) + w->snapshot->stations + 2, sizeof *controls);
    for (size_t i = 0; i < most; i++) {
        const struct rationale *row = entities_rationale(w->mes->entities, i);
        if (row->withdrawn_ms)
            continue;
        rows[count] = row_of(w, row);
        if (!rows[count].holds)
            unmet[open++] = rows[count];
        count++;
    }
    size_t idle = without_reason(w, command, controls);
    answer_write_rationale_register(
        &(struct answer_rationale_register){
            .sentence = mes_print(command,
                                  "%zu obligation%s; %zu of them nothing meets; %zu control%s "
                                  "no obligation behind %s.",
                                  count, count == 1 ? "" : "s", open, idle,
                                  idle == 1 ? " has" : "s have", idle == 1 ? "it" : "them"),
            .rows = rows,
            .rows_count = count,
            .without_rationale = controls,
            .without_rationale_count = idle,
            .without_control = unmet,
            .without_control_count = open},
        command->out);
    return 0;
}
