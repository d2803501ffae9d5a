/* Markings that open what is closed: one person proposes, another approves. */
#include <string.h>

#include "appliance/mes/definitions/marking.h"

#define V(name) body_value(command->body, #name)
/* What waits must be read by those who decide it. */
#define OWN_MAX           20
#define ALL_MAX           200
#define COPY(field, view) entity_text(row->field, sizeof row->field, view)

/* ---- from events ---- */

static int apply_proposed(struct mes *mes, const struct event *event)
{
    const struct event_marking_proposed *m = &event->marking_proposed;
    size_t n;
    int r = rows_add(mes->entities, ENTITY_MARKING_CHANGE, &n);
    if (r)
        return r;
    struct marking_change *row = entities_marking_change(mes->entities, n);
    memcpy(row->proposal, m->proposal, 16);
    memcpy(row->proposed_by, event->common.person, 16);
    memcpy(row->natural, m->natural, 16);
    row->proposed_ms = event->common.utc_ms;
    row->event = (int64_t)mes->next_sequence;
    COPY(proposed_name, m->name);
    COPY(opens, m->opens);
    COPY(object, m->object);
    row->basis = marking_basis(mes, row->object);
    row->level = m->level;
    row->itar = m->itar;
    row->ear = m->ear;
    COPY(category, m->category);
    COPY(party, m->party);
    COPY(dissem, m->dissem);
    COPY(rel_to, m->rel_to);
    COPY(ldc, m->ldc);
    COPY(list, m->list);
    COPY(contract, m->contract);
    COPY(excluded, m->excluded);
    COPY(zones, m->zones);
    COPY(group, m->group);
    COPY(source, m->source);
    return rows_index(mes->entities, ENTITY_MARKING_CHANGE, n);
}

/* It is the object's marking from now on. */
static int enforce(struct mes *mes, const struct marking_change *change, int64_t now_ms)
{
    size_t n;
    int r = rows_add(mes->entities, ENTITY_MARKING, &n);
    if (r)
        return r;
    struct marking_row *row = entities_marking_row(mes->entities, n);
    row->level = change->level;
    row->itar = change->itar;
    row->ear = change->ear;
    row->since_ms = now_ms;
#define SAME(field) memcpy(row->field, change->field, sizeof row->field)
    SAME(object);
    SAME(category);
    SAME(party);
    SAME(dissem);
    SAME(rel_to);
    SAME(ldc);
    SAME(list);
    SAME(contract);
    SAME(excluded);
    SAME(zones);
    SAME(group);
    SAME(source);
#undef SAME
    return 0;
}

static int apply_decided(struct mes *mes, const struct event *event)
{
    bool approved = event->number == EVENT_MARKING_APPROVED;
    const uint8_t *proposal =
        approved ? event->marking_approved.proposal : event->marking_declined.proposal;
    size_t n;
    if (!rows_find(mes->entities, ENTITY_MARKING_CHANGE, proposal, &n))
        return ERR_STATE;
    struct marking_change *row = entities_marking_change(mes->entities, n);
    if (row->state != MARKING_PROPOSED)
        return ERR_STATE;
    rows_touch(mes->entities, ENTITY_MARKING_CHANGE, n);
    row->state = approved ? MARKING_APPROVED : MARKING_DECLINED;
    row->decided_ms = event->common.utc_ms;
    if (!approved) {
        COPY(decided_name, event->marking_declined.name);
        COPY(decided_reason, event->marking_declined.reason);
        return 0;
    }
    COPY(decided_name, event->marking_approved.name);
    return enforce(mes, row, event->common.utc_ms);
}

int marking_changes_apply(struct mes *mes, const struct event *event)
{
    switch (event->number) {
    case EVENT_MARKING_PROPOSED:
        return apply_proposed(mes, event);
    case EVENT_MARKING_APPROVED:
    case EVENT_MARKING_DECLINED:
        return apply_decided(mes, event);
    default:
        return ERR_UNKNOWN;
    }
}

/* ---- proposing, deciding ---- */

/* How many wait: of this human being, and in all. */
static size_t waiting(const struct command *command, size_t *ret_own)
{
    const struct mes *mes = command->mes;
    size_t all = 0;
    *ret_own = 0;
    for (size_t i = rows_count(mes->entities, ENTITY_MARKING_CHANGE); i > 0; i--) {
        const struct marking_change *row = entities_marking_change(mes->entities, i - 1);
        if (row->state != MARKING_PROPOSED)
            continue;
        all++;
        *ret_own += memcmp(row->natural, command->actor.person->natural, 16) == 0;
    }
    return all;
}

int marking_propose(struct command *command, const struct event_marking_defined *defined,
                    const char *opens)
{
    struct event event = {.number = EVENT_MARKING_PROPOSED};
    struct event_marking_proposed *m = &event.marking_proposed;
    const struct event_marking_defined *d = defined;
    size_t own, all = waiting(command, &own), n;
    if (own >= OWN_MAX || all >= ALL_MAX)
        return mes_refuse(command, 409, "object",
                          mes_print(command,
                                    "%zu changes of markings wait already, %zu of them "
                                    "yours.",
                                    all, own),
                          "The marking in force stays.", "Let them be approved or declined first.");
    if (rows_find(command->mes->entities, ENTITY_MARKING_CHANGE, V(id)->bytes, &n))
        return mes_refuse(command, 409, "id", "A change of this id is there already.",
                          "The marking in force stays.", "Send it with a new id.");
    memcpy(m->proposal, V(id)->bytes, 16);
    memcpy(m->natural, command->actor.person->natural, 16);
    m->object = d->object;
    m->level = d->level;
    m->itar = d->itar;
    m->ear = d->ear;
    m->category = d->category;
    m->party = d->party;
    m->dissem = d->dissem;
    m->rel_to = d->rel_to;
    m->ldc = d->ldc;
    m->list = d->list;
    m->contract = d->contract;
    m->excluded = d->excluded;
    m->zones = d->zones;
    m->group = d->group;
    m->source = d->source;
    m->opens = bytes_text(opens);
    m->name = bytes_text(command->actor.person->name);
    return mes_emit(command, &event);
}

static struct marking_change *find(const struct mes *mes, const struct body *body)
{
    size_t n;
    if (!rows_find(mes->entities, ENTITY_MARKING_CHANGE, body_value(body, "proposal")->bytes, &n))
        return NULL;
    return entities_marking_change(mes->entities, n);
}

int64_t marking_proposed_by(const struct mes *mes, const uint8_t proposal[static 16])
{
    size_t n;
    return rows_find(mes->entities, ENTITY_MARKING_CHANGE, proposal, &n)
               ? entities_marking_change(mes->entities, n)->event
               : 0;
}

/* It is decided on as the object is marked now; who proposed it is told, too. */
void marking_change_subject(const struct mes *mes, const struct body *body, struct subject *s)
{
    const struct marking_change *row = find(mes, body);
    s->exists = row != NULL;
    if (!row)
        return;
    s->marking = mes_marking_of(mes, row->object);
    memcpy(s->requester, row->proposed_by, 16);
}

static int refuse(struct command *command, const char *error, const char *todo)
{
    return mes_refuse(command, 409, "proposal", error, "The marking in force stays.", todo);
}

static int approve(struct command *command, const struct marking_change *row)
{
    struct event event = {.number = EVENT_MARKING_APPROVED};
    struct event_marking_approved *m = &event.marking_approved;
    if (row->state != MARKING_PROPOSED)
        return refuse(command, "This change is not waiting any more.", "");
    if (memcmp(row->natural, command->actor.person->natural, 16) == 0 ||
        memcmp(row->proposed_by, command->actor.person->id, 16) == 0)
        return refuse(command, "You proposed it: another person approves it.",
                      "Ask somebody else who may mark it.");
    if (row->basis != marking_basis(command->mes, row->object))
        return refuse(command, "It has been marked anew since this was proposed.",
                      "Read its present marking, and propose the change again.");
    memcpy(m->proposal, row->proposal, 16);
    m->name = bytes_text(command->actor.person->name);
    m->statement = command->statement;
    return mes_emit(command, &event);
}

static int decline(struct command *command, const struct marking_change *row)
{
    struct event event = {.number = EVENT_MARKING_DECLINED};
    struct event_marking_declined *m = &event.marking_declined;
    if (row->state != MARKING_PROPOSED)
        return refuse(command, "This change is not waiting any more.", "");
    memcpy(m->proposal, row->proposal, 16);
    m->reason = V(reason)->text;
    m->name = bytes_text(command->actor.person->name);
    return mes_emit(command, &event);
}

/* ---- the list: what is in force, then what waits ---- */

/* What a number stands for, in the words of the newest revision; "" for the program. */
static const char *what_is(const struct mes *mes, const char *object)
{
    for (size_t i = rows_count(mes->entities, ENTITY_MATERIAL); i-- > 0;)
        if (strcmp(entities_material(mes->entities, i)->number, object) == 0)
            return entities_material(mes->entities, i)->description;
    for (size_t i = rows_count(mes->entities, ENTITY_DOCUMENT); i-- > 0;)
        if (strcmp(entities_document(mes->entities, i)->number, object) == 0)
            return entities_document(mes->entities, i)->title;
    return "";
}

/* How ${object} is marked; ${m} is what marking_present() says of it. */
static void put_marking(const struct mes *mes, const char *object, const struct marking *m,
                        struct answer_marking *out)
{
    int64_t basis = marking_basis(mes, object);
    bool own = strcmp(m->id, object) == 0 || strcmp(object, "program") == 0;
    *out = (struct answer_marking){.object = object,
                                   .what = what_is(mes, object),
                                   .state = own ? "in force" : "as the program",
                                   .level = m->level,
                                   .itar = m->itar,
                                   .ear = m->ear,
                                   .category = m->category,
                                   .party = m->party,
                                   .dissem = m->dissem,
                                   .rel_to = m->rel_to,
                                   .ldc = m->ldc,
                                   .list = m->list,
                                   .contract = m->contract,
                                   .excluded = m->excluded,
                                   .zones = m->zones,
                                   .group = m->group,
                                   .source = "",
                                   .opens = "",
                                   .proposed_by = ""};
    if (basis)
        out->source = entities_marking_row(mes->entities, (size_t)basis - 1)->source;
}

static void put_change(const struct mes *mes, const struct marking_change *row,
                       struct answer_marking *out)
{
    *out = (struct answer_marking){.object = row->object,
                                   .what = what_is(mes, row->object),
                                   .level = row->level,
                                   .itar = row->itar != 0,
                                   .ear = row->ear != 0,
                                   .category = row->category,
                                   .party = row->party,
                                   .dissem = row->dissem,
                                   .rel_to = row->rel_to,
                                   .ldc = row->ldc,
                                   .list = row->list,
                                   .contract = row->contract,
                                   .excluded = row->excluded,
                                   .zones = row->zones,
                                   .group = row->group,
                                   .source = row->source,
                                   .opens = row->opens,
                                   .proposed_by = row->proposed_name,
                                   .proposed = row->proposed_ms};
    out->state = row->basis == marking_basis(mes, row->object) ? "proposed" : "overtaken";
    memcpy(out->proposal, row->proposal, 16);
}

static int list(struct command *command)
{
    const struct mes *mes = command->mes;
    struct marking *now = mes_array(command, MES_MARKINGS_MAX, sizeof *now);
    size_t changes = rows_count(mes->entities, ENTITY_MARKING_CHANGE), count = 0;
    size_t present = mes_markings(mes, INT64_MAX, now, MES_MARKINGS_MAX);
    struct answer_marking *rows = mes_array(command, present + changes, sizeof *rows);
    for (size_t i = 0; i < present; i++)
        if (mes_sees(command, now[i].id))
            put_marking(mes, now[i].id, &now[i], &rows[count++]);
    for (size_t i = 0; i < changes; i++) {
        const struct marking_change *row = entities_marking_change(mes->entities, i);
        if (row->state == MARKING_PROPOSED && mes_sees(command, row->object))
            put_change(mes, row, &rows[count++]);
    }
    answer_write_markings(&(struct answer_markings){.markings = rows, .markings_count = count},
                          command->out);
    return 0;
}

/* What is not there, and what is hidden, is answered alike. */
static int of_one(struct command *command)
{
    const struct mes *mes = command->mes;
    struct marking *now = mes_array(command, 1, sizeof *now);
    char *object = mes_array(command, 1, sizeof now->id);
    struct answer_marking row;
    entity_text(object, sizeof now->id, V(object)->text);
    if (!marking_is_of(mes, V(object)->text) || !mes_sees(command, object)) {
        command->absent = true;
        return 0;
    }
    marking_present(mes, object, now);
    put_marking(mes, object, now, &row);
    answer_write_markings(&(struct answer_markings){.markings = &row, .markings_count = 1},
                          command->out);
    return 0;
}

int marking_changes_run(struct command *command)
{
    if (command->operation->number == OPERATION_GET_MARKINGS)
        return V(object)->present ? of_one(command) : list(command);
    const struct marking_change *row = find(command->mes, command->body);
    if (!row) /* the policy lets through nothing that is not there */
        return refuse(command, "There is no such change.", "");
    return command->operation->number == OPERATION_APPROVE_MARKING ? approve(command, row)
                                                                   : decline(command, row);
}
