/* Definitions: program, parts, bills, routes with their segments, steps and characteristics,
 * assets and documents. */
#include <stdlib.h>
#include <string.h>

#include "appliance/mes/mes.h"

#define COPY(field, view) entity_text(row->field, sizeof row->field, view)

/* ---- applying ---- */

static int apply_program(struct mes *mes, const struct event_program_defined *m)
{
    size_t n = 0;
    if (rows_count(mes->entities, ENTITY_PROGRAM) == 0) {
        int r = rows_add(mes->entities, ENTITY_PROGRAM, &n);
        if (r)
            return r;
    }
    struct program_info *row = entities_program_info(mes->entities, n);
    rows_touch(mes->entities, ENTITY_PROGRAM, n);
    COPY(name, m->name);
    COPY(banner, m->banner);
    COPY(banner_kind, m->banner_kind);
    COPY(legend, m->legend);
    COPY(site, m->site);
    COPY(serial_prefix, m->serial_prefix);
    row->level = m->level;
    row->export_controlled = m->export_controlled;
    return 0;
}

static int apply_material(struct mes *mes, const struct event_material_defined *m)
{
    size_t n;
    int r = rows_add(mes->entities, ENTITY_MATERIAL, &n);
    if (r)
        return r;
    struct material *row = entities_material(mes->entities, n);
    COPY(number, m->number);
    COPY(revision, m->revision);
    COPY(description, m->description);
    COPY(tracking, m->tracking);
    COPY(unit, m->unit);
    return 0;
}

static int apply_bill_line(struct mes *mes, const struct event_bill_line_defined *m)
{
    size_t n;
    int r = rows_add(mes->entities, ENTITY_BILL_LINE, &n);
    if (r)
        return r;
    struct bill_line *row = entities_bill_line(mes->entities, n);
    COPY(parent, m->parent);
    COPY(parent_revision, m->parent_revision);
    COPY(number, m->number);
    COPY(revision, m->revision);
    row->find = m->find;
    row->quantity = m->quantity;
    return 0;
}

static int apply_route(struct mes *mes, const struct event_route_defined *m)
{
    size_t n;
    int r = rows_add(mes->entities, ENTITY_ROUTE, &n);
    if (r)
        return r;
    struct route *row = entities_route(mes->entities, n);
    COPY(route, m->route);
    COPY(revision, m->revision);
    COPY(part, m->part);
    COPY(part_revision, m->part_revision);
    return 0;
}

static int apply_segment(struct mes *mes, const struct event_segment_defined *m)
{
    long route = mes_route(mes, m->route);
    size_t n;
    if (route < 0)
        return ERR_STATE;
    int r = rows_add(mes->entities, ENTITY_SEGMENT, &n);
    if (r)
        return r;
    struct segment *row = entities_segment(mes->entities, n);
    struct route *owner = entities_route(mes->entities, (size_t)route);
    row->route = route;
    row->place = owner->segments++;
    rows_touch(mes->entities, ENTITY_ROUTE, (size_t)route);
    row->sequence = m->sequence;
    COPY(name, m->name);
    COPY(equipment, m->equipment);
    COPY(skill, m->skill);
    row->predecessors = (int64_t)m->predecessors;
    row->run_minutes = m->run_minutes;
    row->scan = m->scan;
    row->buyoff = m->buyoff;
    memcpy(row->document, m->document, 16);
    return 0;
}

static int apply_step(struct mes *mes, const struct event_step_defined *m)
{
    long segment = mes_segment(mes, mes_route(mes, m->route), m->sequence);
    size_t n;
    if (segment < 0)
        return ERR_STATE;
    int r = rows_add(mes->entities, ENTITY_STEP, &n);
    if (r)
        return r;
    struct step *row = entities_step(mes->entities, n);
    row->segment = segment;
    row->step = m->step;
    COPY(kind, m->kind);
    COPY(text, m->text);
    COPY(characteristic, m->characteristic);
    return 0;
}

static int apply_characteristic(struct mes *mes, const struct event_characteristic_defined *m)
{
    long segment = mes_segment(mes, mes_route(mes, m->route), m->sequence);
    size_t n;
    if (segment < 0)
        return ERR_STATE;
    int r = rows_add(mes->entities, ENTITY_CHARACTERISTIC, &n);
    if (r)
        return r;
    struct characteristic *row = entities_characteristic(mes->entities, n);
    struct segment *owner = entities_segment(mes->entities, (size_t)segment);
    row->segment = segment;
    row->place = owner->characteristics++;
    rows_touch(mes->entities, ENTITY_SEGMENT, (size_t)segment);
    COPY(balloon, m->balloon);
    COPY(name, m->name);
    COPY(unit, m->unit);
    COPY(gage_class, m->gage_class);
    row->bounds = m->bounds;
    row->places = m->places;
    row->nominal = m->nominal;
    row->lower = m->lower;
    row->upper = m->upper;
    row->key = m->key;
    return 0;
}

static int apply_asset(struct mes *mes, const struct event_asset_defined *m)
{
    size_t n;
    int r = rows_add(mes->entities, ENTITY_ASSET, &n);
    if (r)
        return r;
    struct asset *row = entities_asset(mes->entities, n);
    COPY(number, m->number);
    COPY(class, m->class);
    COPY(name, m->name);
    row->calibration_due_ms = m->calibration_due_ms;
    return 0;
}

int definitions_apply(struct mes *mes, const struct event *event)
{
    switch (event->number) {
    case EVENT_PROGRAM_DEFINED:
        return apply_program(mes, &event->program_defined);
    case EVENT_MATERIAL_DEFINED:
        return apply_material(mes, &event->material_defined);
    case EVENT_BILL_LINE_DEFINED:
        return apply_bill_line(mes, &event->bill_line_defined);
    case EVENT_ROUTE_DEFINED:
        return apply_route(mes, &event->route_defined);
    case EVENT_SEGMENT_DEFINED:
        return apply_segment(mes, &event->segment_defined);
    case EVENT_STEP_DEFINED:
        return apply_step(mes, &event->step_defined);
    case EVENT_CHARACTERISTIC_DEFINED:
        return apply_characteristic(mes, &event->characteristic_defined);
    case EVENT_ASSET_DEFINED:
        return apply_asset(mes, &event->asset_defined);
    default:
        return ERR_UNKNOWN;
    }
}

/* ---- deciding ---- */

#define V(name) body_value(command->body, #name)

static int define_program(struct command *command, struct event *e)
{
    struct event_program_defined *m = &e->program_defined;
    const struct program_info *now = mes_program(command->mes);
    if (now && (V(level)->number < now->level ||
                (now->export_controlled && !V(export_controlled)->number)))
        return mes_refuse(command, 409, "level",
                          "The program's level would go down, or its export control off.",
                          "The definition that is there is unchanged.",
                          "Mark the program instead: one person proposes it, another approves.");
    e->number = EVENT_PROGRAM_DEFINED;
    m->name = V(name)->text;
    m->banner = V(banner)->text;
    m->banner_kind = V(banner_kind)->text;
    m->legend = V(legend)->text;
    m->site = V(site)->text;
    m->level = (uint8_t)V(level)->number;
    m->export_controlled = (uint8_t)V(export_controlled)->number;
    m->serial_prefix = V(serial_prefix)->text;
    return 0;
}

static int define_material(struct command *command, struct event *e)
{
    struct event_material_defined *m = &e->material_defined;
    e->number = EVENT_MATERIAL_DEFINED;
    m->number = V(number)->text;
    m->revision = V(revision)->text;
    m->description = V(description)->text;
    m->tracking = V(tracking)->text;
    m->unit = V(unit)->text;
    if (!bytes_equal_text(m->tracking, "serial") && !bytes_equal_text(m->tracking, "lot") &&
        !bytes_equal_text(m->tracking, "bulk"))
        return mes_refuse(command, 400, "tracking", "must be serial, lot or bulk", "", "");
    for (size_t i = 0; i < rows_count(command->mes->entities, ENTITY_MATERIAL); i++) {
        const struct material *row = entities_material(command->mes->entities, i);
        if (bytes_equal_text(m->number, row->number) &&
            bytes_equal_text(m->revision, row->revision))
            return mes_refuse(
                command, 409, "number", "This part is defined in this revision already.",
                "The definition that is there is unchanged.", "Define a new revision instead.");
    }
    return 0;
}

static int define_bill_line(struct command *command, struct event *e)
{
    struct event_bill_line_defined *m = &e->bill_line_defined;
    e->number = EVENT_BILL_LINE_DEFINED;
    m->parent = V(parent)->text;
    m->parent_revision = V(parent_revision)->text;
    m->find = (uint32_t)V(find)->number;
    m->number = V(number)->text;
    m->revision = V(revision)->text;
    m->quantity = (uint32_t)V(quantity)->number;
    return 0;
}

static int define_route(struct command *command, struct event *e)
{
    struct event_route_defined *m = &e->route_defined;
    e->number = EVENT_ROUTE_DEFINED;
    m->route = V(route)->text;
    m->revision = V(revision)->text;
    m->part = V(part)->text;
    m->part_revision = V(part_revision)->text;
    if (mes_route(command->mes, m->route) >= 0)
        return mes_refuse(command, 409, "route", "A route of this name is defined already.",
                          "The route that is there is unchanged.", "Give the route another name.");
    return 0;
}

/* "20,30": the places of those segments as a mask; an unknown one is refused. */
static bool predecessors(const struct mes *mes, long route, struct bytes_view text,
                         uint64_t *ret_mask)
{
    uint64_t mask = 0;
    char copy[64];
    char *at = copy;
    entity_text(copy, sizeof copy, text);
    while (*at) {
        char *end;
        unsigned long sequence = strtoul(at, &end, 10);
        long segment = end == at ? -1 : mes_segment(mes, route, (int64_t)sequence);
        if (segment < 0 || (*end != '\0' && *end != ','))
            return false;
        mask |= (uint64_t)1 << entities_segment(mes->entities, (size_t)segment)->place;
        at = *end ? end + 1 : end;
    }
    *ret_mask = mask;
    return true;
}

static int define_segment(struct command *command, struct event *e)
{
    struct event_segment_defined *m = &e->segment_defined;
    struct mes *mes = command->mes;
    e->number = EVENT_SEGMENT_DEFINED;
    m->route = V(route)->text;
    m->sequence = (uint32_t)V(sequence)->number;
    long route = mes_route(mes, m->route);
    if (route < 0)
        return mes_refuse(command, 409, "route", "There is no such route.", "",
                          "Define the route first.");
    if (mes_segment(mes, route, m->sequence) >= 0)
        return mes_refuse(command, 409, "sequence",
                          "This operation of the route is defined already.",
                          "The operation that is there is unchanged.", "");
    if (entities_route(mes->entities, (size_t)route)->segments >= ROUTING_SEGMENTS)
        return mes_refuse(command, 409, "route", "A route has at most 62 operations.", "", "");
    if (!predecessors(mes, route, V(after)->text, &m->predecessors))
        return mes_refuse(command, 409, "after",
                          "must list operations of this route that are defined already, like 20,30",
                          "", "");
    m->name = V(name)->text;
    m->equipment = V(equipment)->text;
    m->skill = V(skill)->text;
    m->run_minutes = (uint32_t)V(run_minutes)->number;
    m->scan = (uint8_t)V(scan)->number;
    m->buyoff = (uint8_t)V(buyoff)->number;
    memcpy(m->document, V(document)->bytes, 16);
    return 0;
}

static bool is_step_kind(struct bytes_view kind)
{
    static const char *const kinds[] = {"read", "task", "check", "measure", "scan", "sign"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (bytes_equal_text(kind, kinds[i]))
            return true;
    return false;
}

static int define_step(struct command *command, struct event *e)
{
    struct event_step_defined *m = &e->step_defined;
    e->number = EVENT_STEP_DEFINED;
    m->route = V(route)->text;
    m->sequence = (uint32_t)V(sequence)->number;
    m->step = (uint32_t)V(step)->number;
    m->kind = V(kind)->text;
    m->text = V(text)->text;
    m->characteristic = V(characteristic)->text;
    if (mes_segment(command->mes, mes_route(command->mes, m->route), m->sequence) < 0)
        return mes_refuse(command, 409, "sequence", "There is no such operation of this route.", "",
                          "Define the operation first.");
    if (!is_step_kind(m->kind))
        return mes_refuse(command, 400, "kind", "must be read, task, check, measure, scan or sign",
                          "", "");
    return 0;
}

/* The places of a number as it stands on the drawing. */
static uint8_t places_of(const struct value *v, uint8_t least)
{
    const uint8_t *point = v->present ? memchr(v->text.data, '.', v->text.length) : NULL;
    uint8_t n = point ? (uint8_t)(v->text.data + v->text.length - point - 1) : 0;
    return n > least ? n : least;
}

static int define_characteristic(struct command *command, struct event *e)
{
    struct event_characteristic_defined *m = &e->characteristic_defined;
    e->number = EVENT_CHARACTERISTIC_DEFINED;
    m->route = V(route)->text;
    m->sequence = (uint32_t)V(sequence)->number;
    m->balloon = V(balloon)->text;
    m->name = V(name)->text;
    m->unit = V(unit)->text;
    m->bounds = (uint8_t)(V(nominal)->present | V(lower)->present << 1 | V(upper)->present << 2);
    m->places = places_of(V(upper), places_of(V(lower), places_of(V(nominal), 0)));
    m->nominal = V(nominal)->number;
    m->lower = V(lower)->number;
    m->upper = V(upper)->number;
    m->gage_class = V(gage_class)->text;
    m->key = (uint8_t)V(key)->number;
    long segment = mes_segment(command->mes, mes_route(command->mes, m->route), m->sequence);
    if (segment < 0)
        return mes_refuse(command, 409, "sequence", "There is no such operation of this route.", "",
                          "Define the operation first.");
    if (entities_segment(command->mes->entities, (size_t)segment)->characteristics >=
        BODY_READINGS_MAX)
        return mes_refuse(command, 409, "sequence", "An operation has at most 16 characteristics.",
                          "", "");
    if (mes_characteristic(command->mes, segment, m->balloon) >= 0)
        return mes_refuse(command, 409, "balloon",
                          "This characteristic of the operation is defined already.", "", "");
    if (V(lower)->present && V(upper)->present && m->lower > m->upper)
        return mes_refuse(command, 400, "lower", "is above the upper limit", "", "");
    return 0;
}

static int define_asset(struct command *command, struct event *e)
{
    struct event_asset_defined *m = &e->asset_defined;
    e->number = EVENT_ASSET_DEFINED;
    m->number = V(number)->text;
    m->class = V(class)->text;
    m->name = V(name)->text;
    m->calibration_due_ms = V(calibration_due)->number;
    return 0;
}

int definitions_run(struct command *command)
{
    struct event event = {.number = EVENT_NONE};
    int r;
    switch (command->operation->number) {
    case OPERATION_DEFINE_PROGRAM:
        r = define_program(command, &event);
        break;
    case OPERATION_DEFINE_MATERIAL:
        r = define_material(command, &event);
        break;
    case OPERATION_DEFINE_BILL_LINE:
        r = define_bill_line(command, &event);
        break;
    case OPERATION_DEFINE_ROUTE:
        r = define_route(command, &event);
        break;
    case OPERATION_DEFINE_SEGMENT:
        r = define_segment(command, &event);
        break;
    case OPERATION_DEFINE_STEP:
        r = define_step(command, &event);
        break;
    case OPERATION_DEFINE_CHARACTERISTIC:
        r = define_characteristic(command, &event);
        break;
    case OPERATION_DEFINE_ASSET:
        r = define_asset(command, &event);
        break;
    default:
        return mes_refuse(command, 404, "", "There is no such operation here.", "", "");
    }
    if (r || command->status != 200)
        return r;
    return mes_emit(command, &event);
}
