/* The rationale register: which obligation asked for which control, on which document. */
#include <string.h>

#include "appliance/mes/policies/policy.h"

#define V(name)           body_value(command->body, #name)
#define COPY(field, view) entity_text(row->field, sizeof row->field, view)

/* ---- from events ---- */

static int apply_entered(struct mes *mes, const struct event *event)
{
    const struct event_rationale_entered *m = &event->rationale_entered;
    size_t n;
    int r = rows_add(mes->entities, ENTITY_RATIONALE, &n);
    if (r)
        return r;
    struct rationale *row = entities_rationale(mes->entities, n);
    memcpy(row->rationale, m->rationale, 16);
    COPY(kind, m->kind);
    COPY(obligation, m->obligation);
    COPY(document, m->document);
    COPY(control, m->control);
    COPY(object, m->object);
    COPY(how, m->how);
    COPY(name, m->name);
    row->entered_ms = event->common.utc_ms;
    return rows_index(mes->entities, ENTITY_RATIONALE, n);
}

static int apply_withdrawn(struct mes *mes, const struct event *event)
{
    const struct event_rationale_withdrawn *m = &event->rationale_withdrawn;
    size_t n;
    if (!rows_find(mes->entities, ENTITY_RATIONALE, m->rationale, &n))
        return ERR_STATE;
    struct rationale *row = entities_rationale(mes->entities, n);
    row->withdrawn_ms = event->common.utc_ms;
    COPY(withdrawn_name, m->name);
    COPY(withdrawn_reason, m->reason);
    rows_touch(mes->entities, ENTITY_RATIONALE, n);
    return 0;
}

int rationales_apply(struct mes *mes, const struct event *event)
{
    switch (event->number) {
    case EVENT_RATIONALE_ENTERED:
        return apply_entered(mes, event);
    case EVENT_RATIONALE_WITHDRAWN:
        return apply_withdrawn(mes, event);
    default:
        return ERR_UNKNOWN;
    }
}

/* ---- keeping ---- */

static const char *const kinds[] = {"contract-clause", "export-licence", "dd-254",
                                    "flowdown",        "regulation",     "site-rule"};
static const char *const controls[] = {"enclave", "policy", "station", "release-schema", "marking"};

static bool is_one_of(struct bytes_view text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal_text(text, list[i]))
            return true;
    return false;
}

static int enter(struct command *command)
{
    struct event event = {.number = EVENT_RATIONALE_ENTERED};
    struct event_rationale_entered *m = &event.rationale_entered;
    size_t n;
    if (rows_find(command->mes->entities, ENTITY_RATIONALE, V(rationale)->bytes, &n))
        return mes_refuse(command, 409, "rationale", "An entry of this id is there already.",
                          "It is unchanged.", "Entries are withdrawn and entered anew.");
    if (!is_one_of(V(kind)->text, kinds, sizeof kinds / sizeof *kinds))
        return mes_refuse(command, 409, "kind",
                          "The kind is none of contract-clause, export-licence, dd-254, flowdown, "
                          "regulation, site-rule.",
                          "Nothing was entered.", "Choose what the obligation comes from.");
    if (V(control)->text.length &&
        !is_one_of(V(control)->text, controls, sizeof controls / sizeof *controls))
        return mes_refuse(command, 409, "control",
                          "The control is none of enclave, policy, station, release-schema, "
                          "marking.",
                          "Nothing was entered.",
                          "Choose one, or leave it out while nothing meets the obligation.");
    if (V(control)->text.length && !V(object)->text.length &&
        !bytes_equal_text(V(control)->text, "enclave"))
        return mes_refuse(command, 409, "object", "The control is not named.",
                          "Nothing was entered.",
                          "Name it: a policy's id, a station, a release schema, a marking.");
    memcpy(m->rationale, V(rationale)->bytes, 16);
    m->kind = V(kind)->text;
    m->obligation = V(obligation)->text;
    m->document = V(document)->text;
    m->control = V(control)->text;
    m->object = V(object)->text;
    m->how = V(how)->text;
    m->name = bytes_text(command->actor.person->name);
    return mes_emit(command, &event);
}

static int withdraw(struct command *command)
{
    struct event event = {.number = EVENT_RATIONALE_WITHDRAWN};
    size_t n;
    if (!rows_find(command->mes->entities, ENTITY_RATIONALE, V(rationale)->bytes, &n) ||
        entities_rationale(command->mes->entities, n)->withdrawn_ms)
        return mes_refuse(command, 409, "rationale", "There is no such entry in force.",
                          "Nothing was changed.", "Load the register again.");
    memcpy(event.rationale_withdrawn.rationale, V(rationale)->bytes, 16);
    event.rationale_withdrawn.reason = V(reason)->text;
    event.rationale_withdrawn.name = bytes_text(command->actor.person->name);
    return mes_emit(command, &event);
}

int rationales_run(struct command *command)
{
    return command->operation->number == OPERATION_ENTER_RATIONALE ? enter(command)
                                                                   : withdraw(command);
}
