/* Drafts: what a person has typed on an operation and not recorded yet.  It is nobody else's to
 * see, and no record of anything: the newest takes the place of the one before. */
#include <string.h>

#include "appliance/mes/mes.h"

#define V(name) body_value(command->body, #name)

/* The row of this person's draft, or an empty one that may become it; false: there is none. */
static bool find(const struct mes *mes, const uint8_t unit[static 16], int64_t sequence,
                 const uint8_t person[static 16], size_t *ret_number, bool *ret_empty)
{
    bool empty = false;
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_DRAFT); i++) {
        const struct draft *d = entities_draft(mes->entities, i);
        if (d->text[0] == '\0' && !empty) {
            empty = true;
            *ret_number = i;
        }
        if (d->text[0] && d->sequence == sequence && memcmp(d->unit, unit, 16) == 0 &&
            memcmp(d->person, person, 16) == 0) {
            *ret_number = i;
            *ret_empty = false;
            return true;
        }
    }
    *ret_empty = true;
    return empty;
}

/* ---- applying ---- */

static void clear(struct mes *mes, size_t number)
{
    *entities_draft(mes->entities, number) = (struct draft){0};
    rows_touch(mes->entities, ENTITY_DRAFT, number);
}

int drafts_apply(struct mes *mes, const struct event *event)
{
    if (event->number != EVENT_DRAFT_SAVED)
        return ERR_UNKNOWN;
    const struct event_draft_saved *m = &event->draft_saved;
    size_t number;
    bool empty;
    bool found = find(mes, m->unit, m->sequence, event->common.person, &number, &empty);
    if (m->draft.length == 0) {
        if (found && !empty)
            clear(mes, number);
        return 0;
    }
    int r = found ? 0 : rows_add(mes->entities, ENTITY_DRAFT, &number);
    if (r)
        return r;
    struct draft *d = entities_draft(mes->entities, number);
    memcpy(d->unit, m->unit, 16);
    memcpy(d->person, event->common.person, 16);
    d->sequence = m->sequence;
    d->saved_ms = event->common.utc_ms;
    entity_text(d->text, sizeof d->text, m->draft);
    rows_touch(mes->entities, ENTITY_DRAFT, number);
    return 0;
}

void drafts_forget(struct mes *mes, const uint8_t unit[static 16], int64_t sequence)
{
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_DRAFT); i++) {
        const struct draft *d = entities_draft(mes->entities, i);
        if (d->text[0] && d->sequence == sequence && memcmp(d->unit, unit, 16) == 0)
            clear(mes, i);
    }
}

/* ---- keeping and giving back ---- */

/* Only who works on an operation keeps a draft of it. */
static const char *refused(struct command *command)
{
    const struct mes *mes = command->mes;
    const struct unit *u = entities_unit(mes->entities, command->subject.number);
    const struct order *o = entities_order(mes->entities, (size_t)u->order);
    long segment = mes_segment(mes, o->route, V(sequence)->number);
    if (segment < 0)
        return "The route of this unit has no such operation.";
    const struct segment *s = entities_segment(mes->entities, (size_t)segment);
    if (u->running - 1 != s->place || memcmp(u->operator_id, command->actor.person->id, 16) != 0)
        return "You are not working on this operation.";
    return NULL;
}

static int save(struct command *command)
{
    struct event event = {.number = EVENT_DRAFT_SAVED};
    const char *why = refused(command);
    if (why)
        return mes_refuse(command, 409, "", why, "What was kept before is kept.",
                          "Go back to your tasks; the list says what is ready.");
    memcpy(event.draft_saved.unit, V(unit)->bytes, 16);
    event.draft_saved.sequence = (uint32_t)V(sequence)->number;
    event.draft_saved.draft = V(draft)->text;
    return mes_emit(command, &event);
}

static int give(struct command *command)
{
    struct answer_draft a = {.draft = ""};
    size_t number;
    bool empty;
    if (find(command->mes, V(unit)->bytes, V(sequence)->number, command->actor.person->id, &number,
             &empty) &&
        !empty) {
        const struct draft *d = entities_draft(command->mes->entities, number);
        a.draft = d->text;
        a.saved = d->saved_ms;
    }
    answer_write_draft(&a, command->out);
    return 0;
}

int drafts_run(struct command *command)
{
    return command->operation->number == OPERATION_SAVE_DRAFT ? save(command) : give(command);
}
