/* One operation on one unit, with its instruction. */
#include <string.h>

#include "appliance/mes/mes.h"
#include "appliance/mes/quality/reading.h"

#define RECENT_MAX 4

static size_t steps_of(struct command *command, long segment, struct answer_step **ret)
{
    const struct mes *mes = command->mes;
    size_t all = rows_count(mes->entities, ENTITY_STEP), n = 0;
    struct answer_step *rows = mes_array(command, all, sizeof *rows);
    for (size_t i = 0; i < all; i++) {
        const struct step *s = entities_step(mes->entities, i);
        if (s->segment == segment)
            rows[n++] = (struct answer_step){.step = s->step,
                                             .kind = s->kind,
                                             .text = s->text,
                                             .characteristic = s->characteristic};
    }
    *ret = rows;
    return n;
}

static struct answer_decimal bound(const struct characteristic *c, int which, int64_t value)
{
    return (struct answer_decimal){
        .present = c->bounds & which, .millionths = value, .places = (int)c->places};
}

/* What was measured on the units before this one: whoever measures sees where the process is. */
static size_t recent_of(struct command *command, const struct unit *u,
                        const struct characteristic *c, int64_t sequence, struct answer_past **ret)
{
    const struct mes *mes = command->mes;
    struct reading_past past[RECENT_MAX];
    struct answer_past *rows = mes_array(command, RECENT_MAX, sizeof *rows);
    int64_t route = entities_order(mes->entities, (size_t)u->order)->route;
    size_t n =
        readings_recent(mes->readings, route, sequence, c->balloon, u->unit, past, RECENT_MAX);
    for (size_t i = 0; i < n; i++)
        rows[i].value = (struct answer_decimal){
            .present = true, .millionths = past[i].value, .places = (int)c->places};
    *ret = rows;
    return n;
}

static size_t characteristics_of(struct command *command, const struct unit *u, long segment,
                                 bool running, struct answer_characteristic **ret)
{
    const struct mes *mes = command->mes;
    size_t n = 0;
    struct answer_characteristic *rows = mes_array(command, BODY_READINGS_MAX, sizeof *rows);
    for (long i = -1;
         n < BODY_READINGS_MAX && (i = mes_next_characteristic(mes, segment, i)) >= 0;) {
        const struct characteristic *c = entities_characteristic(mes->entities, (size_t)i);
        struct answer_characteristic *a = &rows[n++];
        struct bytes value = bytes_over(u->values + 8 * c->place, 8);
        struct answer_past *recent;
        a->recent_count = recent_of(
            command, u, c, entities_segment(mes->entities, (size_t)segment)->sequence, &recent);
        a->recent = recent;
        a->balloon = c->balloon;
        a->name = c->name;
        a->unit = c->unit;
        a->nominal = bound(c, 1, c->nominal);
        a->lower = bound(c, 2, c->lower);
        a->upper = bound(c, 4, c->upper);
        a->gage_class = c->gage_class;
        a->key = c->key;
        a->recorded = running && (u->recorded >> c->place & 1);
        a->passed = a->recorded && !(u->failed >> c->place & 1);
        a->value = (struct answer_decimal){a->recorded, bytes_i64(&value), (int)c->places};
    }
    *ret = rows;
    return n;
}

/* The gages of the classes that this operation measures with. */
static size_t gages_of(struct command *command, const struct answer_characteristic *rows, size_t n,
                       struct answer_gage **ret)
{
    const struct mes *mes = command->mes;
    size_t all = rows_count(mes->entities, ENTITY_ASSET), count = 0;
    struct answer_gage *gages = mes_array(command, all, sizeof *gages);
    for (size_t i = 0; i < all; i++) {
        const struct asset *a = entities_asset(mes->entities, i);
        bool wanted = false;
        for (size_t k = 0; k < n; k++)
            wanted = wanted || strcmp(rows[k].gage_class, a->class) == 0;
        if (!wanted)
            continue;
        const char *why = asset_unusable(a, a->class, command->now_ms);
        gages[count++] = (struct answer_gage){.number = a->number,
                                              .class = a->class,
                                              .name = a->name,
                                              .usable = !why,
                                              .reason = why ? why : ""};
    }
    *ret = gages;
    return count;
}

static void fill_part(const struct mes *mes, const struct order *o, struct answer_job *a)
{
    a->order_number = o->number;
    a->part = o->part;
    a->revision = o->revision;
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_MATERIAL); i++) {
        const struct material *m = entities_material(mes->entities, i);
        if (strcmp(m->number, o->part) == 0 && strcmp(m->revision, o->revision) == 0)
            a->description = m->description;
    }
}

int job_run(struct command *command)
{
    const struct mes *mes = command->mes;
    const struct unit *u = entities_unit(mes->entities, command->subject.number);
    const struct order *o = entities_order(mes->entities, (size_t)u->order);
    long segment = mes_segment(mes, o->route, body_value(command->body, "sequence")->number);
    struct answer_job a = {0};
    struct answer_step *steps;
    struct answer_characteristic *characteristics;
    struct answer_gage *gages;
    char *buffer = mes_array(command, 200, 1);
    size_t document;
    if (segment < 0)
        return mes_refuse(command, 404, "sequence", "The route of this unit has no such operation.",
                          "", "Go back to your tasks.");
    const struct segment *s = entities_segment(mes->entities, (size_t)segment);
    bool running = u->running && u->running - 1 == s->place;
    const char *why = execution_blocked(mes, command->subject.number, segment,
                                        command->actor.person, command->now_ms, buffer, 200);
    memcpy(a.unit, u->unit, 16);
    a.serial = u->serial;
    a.sequence = s->sequence;
    a.operation = s->name;
    fill_part(mes, o, &a);
    a.equipment = s->equipment;
    a.skill = s->skill;
    a.state = u->state == UNIT_HELD ? "held" : why ? "blocked" : running ? "running" : "ready";
    a.reason = why ? why : "";
    a.mine = running && !why;
    a.operator= running ? u->operator: "";
    a.started = running ? u->started_ms : 0;
    a.scan = s->scan;
    a.scanned = running && u->scanned;
    a.buyoff = s->buyoff;
    if (rows_find(mes->entities, ENTITY_DOCUMENT, s->document, &document)) {
        memcpy(a.document, s->document, 16);
        a.document_title = entities_document(mes->entities, document)->title;
        a.document_parts = entities_document(mes->entities, document)->parts;
    }
    a.steps_count = steps_of(command, segment, &steps);
    a.steps = steps;
    a.characteristics_count = characteristics_of(command, u, segment, running, &characteristics);
    a.characteristics = characteristics;
    a.gages_count = gages_of(command, characteristics, a.characteristics_count, &gages);
    a.gages = gages;
    answer_write_job(&a, command->out);
    return 0;
}
