/* Units on their way through a route: starting, measuring, scanning, completing, holding. */
#include <stdio.h>
#include <string.h>

#include "appliance/identity/snapshot.h"
#include "appliance/mes/mes.h"
#include "enclave/process/os.h"

#define BIT(place) ((int64_t)1 << (place))

/* ---- applying ---- */

static struct unit *unit_of(struct mes *mes, const uint8_t id[static 16], size_t *ret_number)
{
    if (!rows_find(mes->entities, ENTITY_UNIT, id, ret_number))
        return NULL;
    rows_touch(mes->entities, ENTITY_UNIT, *ret_number);
    return entities_unit(mes->entities, *ret_number);
}

static struct order *order_of(struct mes *mes, const struct unit *unit)
{
    rows_touch(mes->entities, ENTITY_ORDER, (size_t)unit->order);
    return entities_order(mes->entities, (size_t)unit->order);
}

static int apply_started(struct mes *mes, const struct event *e)
{
    const struct event_operation_started *m = &e->operation_started;
    size_t n;
    struct unit *u = unit_of(mes, m->unit, &n);
    if (!u)
        return ERR_STATE;
    struct order *o = entities_order(mes->entities, (size_t)u->order);
    long segment = mes_segment(mes, o->route, m->sequence);
    if (segment < 0)
        return ERR_STATE;
    u->running = entities_segment(mes->entities, (size_t)segment)->place + 1;
    u->state = UNIT_RUNNING;
    u->recorded = u->failed = u->scanned = 0;
    memset(u->values, 0, sizeof u->values);
    memcpy(u->operator_id, e->common.person, 16);
    entity_text(u->operator, sizeof u->operator, m->operator);
    u->started_ms = e->common.performed_ms;
    if (o->started_ms == 0 || u->started_ms < o->started_ms) {
        o->started_ms = u->started_ms;
        rows_touch(mes->entities, ENTITY_ORDER, (size_t)u->order);
    }
    if (o->state == ORDER_RELEASED) {
        o->state = ORDER_RUNNING;
        rows_touch(mes->entities, ENTITY_ORDER, (size_t)u->order);
    }
    return 0;
}

static long running_segment(const struct mes *mes, const struct unit *u)
{
    const struct order *o = entities_order(mes->entities, (size_t)u->order);
    return u->running ? mes_segment_at(mes, o->route, u->running - 1) : -1;
}

static int record(struct mes *mes, struct unit *u, long characteristic, int64_t value, bool passed)
{
    const struct characteristic *c = entities_characteristic(mes->entities, (size_t)characteristic);
    struct bytes_put put = bytes_into(u->values + 8 * c->place, 8);
    bytes_put_i64(&put, value);
    u->recorded |= BIT(c->place);
    u->failed = passed ? u->failed & ~BIT(c->place) : u->failed | BIT(c->place);
    return put.error;
}

static int apply_reading(struct mes *mes, const struct event_reading_recorded *m)
{
    size_t n;
    struct unit *u = unit_of(mes, m->unit, &n);
    long segment = u ? running_segment(mes, u) : -1;
    long characteristic = segment < 0 ? -1 : mes_characteristic(mes, segment, m->balloon);
    return characteristic < 0 ? ERR_STATE : record(mes, u, characteristic, m->value, m->passed);
}

static int apply_completed(struct mes *mes, const struct event *e)
{
    const struct event_operation_completed *m = &e->operation_completed;
    size_t n;
    struct unit *u = unit_of(mes, m->unit, &n);
    if (!u || !u->running)
        return ERR_STATE;
    const struct order *o = entities_order(mes->entities, (size_t)u->order);
    const struct route *route = entities_route(mes->entities, (size_t)o->route);
    drafts_forget(mes, m->unit, m->sequence);
    u->done |= BIT(u->running - 1);
    u->running = 0;
    u->recorded = u->failed = u->scanned = 0;
    memset(u->values, 0, sizeof u->values);
    memset(u->operator_id, 0, sizeof u->operator_id);
    memset(u->operator, 0, sizeof u->operator);
    u->state = UNIT_READY;
    if (u->done != BIT(route->segments) - 1)
        return 0;
    struct order *owner = order_of(mes, u);
    bool clean = true;
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_NONCONFORMANCE); i++)
        clean = clean && entities_nonconformance(mes->entities, i)->unit != (int64_t)n;
    u->state = UNIT_FINISHED;
    u->finished_ms = e->common.performed_ms;
    owner->finished++;
    u->clean = clean;
    if (owner->finished == owner->quantity)
        owner->state = ORDER_COMPLETED;
    return 0;
}

static int apply_nonconformance(struct mes *mes, const struct event *e)
{
    const struct event_nonconformance_opened *m = &e->nonconformance_opened;
    size_t unit, n;
    if (!rows_find(mes->entities, ENTITY_UNIT, m->unit, &unit))
        return ERR_STATE;
    int r = rows_add(mes->entities, ENTITY_NONCONFORMANCE, &n);
    if (r)
        return r;
    struct nonconformance *row = entities_nonconformance(mes->entities, n);
    memcpy(row->nonconformance, m->nonconformance, 16);
    entity_text(row->number, sizeof row->number, m->number);
    row->unit = (int64_t)unit;
    row->sequence = m->sequence;
    entity_text(row->balloon, sizeof row->balloon, m->balloon);
    row->value = m->value;
    entity_text(row->text, sizeof row->text, m->text);
    entity_text(row->raised_by, sizeof row->raised_by, m->raised_by);
    row->raised_ms = e->common.performed_ms;
    row->open = 1;
    return 0;
}

static int apply_held(struct mes *mes, const struct event_unit_held *m)
{
    size_t n;
    struct unit *u = unit_of(mes, m->unit, &n);
    if (!u)
        return ERR_STATE;
    if (u->state != UNIT_HELD)
        order_of(mes, u)->held++;
    u->state = UNIT_HELD;
    return 0;
}

int execution_apply(struct mes *mes, const struct event *event)
{
    size_t n;
    struct unit *u;
    switch (event->number) {
    case EVENT_OPERATION_STARTED:
        return apply_started(mes, event);
    case EVENT_READING_RECORDED:
        return apply_reading(mes, &event->reading_recorded);
    case EVENT_SERIAL_SCANNED:
        u = unit_of(mes, event->serial_scanned.unit, &n);
        if (!u)
            return ERR_STATE;
        u->scanned = 1;
        return 0;
    case EVENT_OPERATION_COMPLETED:
        return apply_completed(mes, event);
    case EVENT_NONCONFORMANCE_OPENED:
        return apply_nonconformance(mes, event);
    case EVENT_UNIT_HELD:
        return apply_held(mes, &event->unit_held);
    default:
        return ERR_UNKNOWN;
    }
}

/* ---- gates ---- */

/* As far as the route goes. */
static bool is_next(const struct mes *mes, size_t unit, long segment)
{
    const struct unit *u = entities_unit(mes->entities, unit);
    const struct segment *s = entities_segment(mes->entities, (size_t)segment);
    return !(u->done & BIT(s->place)) && (u->done & s->predecessors) == s->predecessors;
}

const char *asset_unusable(const struct asset *asset, const char *class, int64_t now_ms)
{
    if (strcmp(asset->class, class) != 0)
        return "It is of another class than this characteristic needs.";
    if (asset->calibration_due_ms && asset->calibration_due_ms <= now_ms)
        return "Its calibration is overdue. Take another one and bring this one to calibration.";
    return NULL;
}

static const char *skill_missing(const struct snapshot_holder *person, const char *skill,
                                 int64_t now_ms, char *buffer, size_t size)
{
    if (skill[0] == '\0')
        return NULL;
    int64_t until = snapshot_until(person, ATTRIBUTE_SKILL, skill, now_ms);
    if (until > now_ms)
        return NULL;
    snprintf(buffer, size,
             until ? "Your certification %s has ended. Ask your lead to renew it."
                   : "It needs certification %s, which you do not hold.",
             skill);
    return buffer;
}

/* At least one usable gage of every class that the operation measures with. */
static const char *gage_missing(const struct mes *mes, long segment, int64_t now_ms, char *buffer,
                                size_t size)
{
    for (long i = -1; (i = mes_next_characteristic(mes, segment, i)) >= 0;) {
        const struct characteristic *c = entities_characteristic(mes->entities, (size_t)i);
        bool found = c->gage_class[0] == '\0';
        for (size_t k = 0; !found && k < rows_count(mes->entities, ENTITY_ASSET); k++)
            found = !asset_unusable(entities_asset(mes->entities, k), c->gage_class, now_ms);
        if (!found) {
            snprintf(buffer, size, "No gage of class %s is in calibration. Tell your lead.",
                     c->gage_class);
            return buffer;
        }
    }
    return NULL;
}

const char *execution_blocked(const struct mes *mes, size_t unit, long segment,
                              const struct snapshot_holder *person, int64_t now_ms, char *buffer,
                              size_t size)
{
    const struct unit *u = entities_unit(mes->entities, unit);
    const struct segment *s = entities_segment(mes->entities, (size_t)segment);
    if (entities_order(mes->entities, (size_t)u->order)->state == ORDER_CLOSED)
        return "Its order is closed.";
    if (u->state == UNIT_HELD)
        return "The unit is held by a nonconformance. Quality decides what happens to it.";
    if (u->state == UNIT_FINISHED)
        return "The unit is finished.";
    if (u->done & BIT(s->place))
        return "This operation is complete.";
    if (!is_next(mes, unit, segment))
        return "An operation before it is not complete.";
    if (u->running && u->running - 1 != s->place)
        return "Another operation of this unit is running.";
    if (u->running && memcmp(u->operator_id, person->id, 16) != 0) {
        snprintf(buffer, size, "%s is working on it.", u->operator);
        return buffer;
    }
    const char *why = skill_missing(person, s->skill, now_ms, buffer, size);
    return why ? why : gage_missing(mes, segment, now_ms, buffer, size);
}

/* ---- deciding ---- */

#define V(name) body_value(command->body, #name)

static int refuse_gate(struct command *command, const char *why)
{
    return mes_refuse(command, 409, "", mes_print(command, "%s", why), "Nothing was recorded.",
                      "Go back to your tasks; the list says what is ready.");
}

/* The unit and the segment that the body names, with the gates that all four operations share. */
static bool gate(struct command *command, bool running, long *ret_segment)
{
    const struct mes *mes = command->mes;
    const struct unit *u = entities_unit(mes->entities, command->subject.number);
    const struct order *o = entities_order(mes->entities, (size_t)u->order);
    char *buffer = mes_array(command, 200, 1);
    long segment = mes_segment(mes, o->route, V(sequence)->number);
    if (segment < 0) {
        mes_refuse(command, 409, "sequence", "The route of this unit has no such operation.",
                   "Nothing was recorded.", "");
        return false;
    }
    int64_t performed = mes_performed(command);
    int64_t earliest = command->now_ms - (int64_t)60 * 24 * 3600 * 1000;
    if (performed > command->now_ms + 5 * 60 * 1000 || performed < earliest) {
        mes_refuse(command, 400, "performed_at", "lies in the future or more than 60 days back",
                   "Nothing was recorded.", "");
        return false;
    }
    const char *why = execution_blocked(mes, command->subject.number, segment,
                                        command->actor.person, performed, buffer, 200);
    if (!why) /* what lapsed between then and now has lapsed */
        why = execution_blocked(mes, command->subject.number, segment, command->actor.person,
                                command->now_ms, buffer, 200);
    if (!why && running && performed < u->started_ms)
        why = "It cannot have been done before it was started.";
    const struct segment *s = entities_segment(mes->entities, (size_t)segment);
    if (!why && running && u->running - 1 != s->place)
        why = "You have not started this operation.";
    if (!why && !running && u->running)
        why = "You have started this operation already.";
    if (why)
        refuse_gate(command, why);
    *ret_segment = segment;
    return why == NULL;
}

static int start(struct command *command)
{
    long segment;
    if (!gate(command, false, &segment))
        return 0;
    struct event event = {.number = EVENT_OPERATION_STARTED};
    memcpy(event.operation_started.unit, V(unit)->bytes, 16);
    event.operation_started.sequence = (uint32_t)V(sequence)->number;
    event.operation_started.operator= bytes_text(command->actor.person->name);
    return mes_emit(command, &event);
}

static bool is_within(const struct characteristic *c, int64_t value)
{
    return !((c->bounds & 2 && value < c->lower) || (c->bounds & 4 && value > c->upper));
}

/* A reading that may be recorded: the characteristic is of this operation and the gage fits. */
static const char *reading_refused(struct command *command, long segment, const struct reading *r,
                                   long *ret_characteristic)
{
    const struct mes *mes = command->mes;
    *ret_characteristic = mes_characteristic(mes, segment, r->characteristic);
    if (*ret_characteristic < 0)
        return mes_print(command, "This operation has no characteristic %.*s.",
                         (int)r->characteristic.length, (const char *)r->characteristic.data);
    const struct characteristic *c =
        entities_characteristic(mes->entities, (size_t)*ret_characteristic);
    if (c->gage_class[0] == '\0')
        return NULL;
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_ASSET); i++) {
        const struct asset *a = entities_asset(mes->entities, i);
        if (!bytes_equal_text(r->gage, a->number))
            continue;
        const char *why = asset_unusable(a, c->gage_class, mes_performed(command));
        if (!why)
            why = asset_unusable(a, c->gage_class, command->now_ms);
        return why ? mes_print(command, "Gage %s cannot be used for %s. %s", a->number, c->balloon,
                               why)
                   : NULL;
    }
    return mes_print(command, "There is no gage %.*s. Scan the gage that you measured with.",
                     (int)r->gage.length, (const char *)r->gage.data);
}

static int hold(struct command *command, const struct characteristic *c, int64_t value)
{
    char number[17], text[300], got[ANSWER_DECIMAL_TEXT], low[ANSWER_DECIMAL_TEXT],
        high[ANSWER_DECIMAL_TEXT];
    const struct mes *mes = command->mes;
    snprintf(number, sizeof number, "NC-%04zu",
             rows_count(mes->entities, ENTITY_NONCONFORMANCE) + 1);
    answer_decimal_text(value, (int)c->places, got);
    answer_decimal_text(c->lower, (int)c->places, low);
    answer_decimal_text(c->upper, (int)c->places, high);
    bool above = c->bounds & 4 && value > c->upper;
    snprintf(text, sizeof text, "%s %s: %s %s is %s the limit of %s %s.", c->balloon, c->name, got,
             c->unit, above ? "above" : "below", above ? high : low, c->unit);
    struct event event = {.number = EVENT_NONCONFORMANCE_OPENED};
    struct event_nonconformance_opened *m = &event.nonconformance_opened;
    uint8_t id[16];
    os_uuid(id);
    memcpy(m->nonconformance, id, 16);
    m->number = bytes_text(number);
    memcpy(m->unit, V(unit)->bytes, 16);
    m->sequence = (uint32_t)V(sequence)->number;
    m->balloon = bytes_text(c->balloon);
    m->value = value;
    m->text = bytes_text(text);
    m->raised_by = bytes_text(command->actor.person->name);
    int r = mes_emit(command, &event);
    if (r)
        return r;
    event = (struct event){.number = EVENT_UNIT_HELD};
    memcpy(event.unit_held.unit, V(unit)->bytes, 16);
    event.unit_held.sequence = (uint32_t)V(sequence)->number;
    memcpy(event.unit_held.nonconformance, id, 16);
    return mes_emit(command, &event);
}

static int record_readings(struct command *command, long segment)
{
    const struct body *body = command->body;
    long characteristics[BODY_READINGS_MAX];
    for (size_t i = 0; i < body->readings_count; i++) {
        const char *why =
            reading_refused(command, segment, &body->readings[i], &characteristics[i]);
        if (why)
            return mes_refuse(command, 409, "readings", why, "Nothing was recorded.", "");
    }
    for (size_t i = 0; i < body->readings_count; i++) {
        /* copied: applying an event may move the rows */
        struct characteristic c =
            *entities_characteristic(command->mes->entities, (size_t)characteristics[i]);
        struct event event = {.number = EVENT_READING_RECORDED};
        struct event_reading_recorded *m = &event.reading_recorded;
        memcpy(m->unit, V(unit)->bytes, 16);
        m->sequence = (uint32_t)V(sequence)->number;
        m->balloon = body->readings[i].characteristic;
        m->value = body->readings[i].value;
        m->passed = is_within(&c, m->value);
        m->gage = body->readings[i].gage;
        int r = mes_emit(command, &event);
        if (r == 0 && !m->passed)
            r = hold(command, &c, body->readings[i].value);
        if (r)
            return r;
    }
    return 0;
}

static int scan(struct command *command)
{
    const struct unit *u = entities_unit(command->mes->entities, command->subject.number);
    long segment;
    if (!gate(command, true, &segment))
        return 0;
    if (!bytes_equal_text(V(code)->text, u->serial))
        return mes_refuse(command, 409, "code",
                          mes_print(command, "You scanned %.*s, but this operation is on %s.",
                                    (int)V(code)->text.length, (const char *)V(code)->text.data,
                                    u->serial),
                          "Nothing was recorded.", "Take the right unit and scan it again.");
    struct event event = {.number = EVENT_SERIAL_SCANNED};
    memcpy(event.serial_scanned.unit, u->unit, 16);
    event.serial_scanned.sequence = (uint32_t)V(sequence)->number;
    return mes_emit(command, &event);
}

/* What is still to be done before the operation can be completed, or NULL. */
static const char *unfinished(struct command *command, const struct unit *u, long segment,
                              int64_t recorded)
{
    const struct mes *mes = command->mes;
    const struct segment *s = entities_segment(mes->entities, (size_t)segment);
    for (long i = -1; (i = mes_next_characteristic(mes, segment, i)) >= 0;) {
        const struct characteristic *c = entities_characteristic(mes->entities, (size_t)i);
        if (!(recorded & BIT(c->place)))
            return mes_print(command, "Characteristic %s has not been measured.", c->balloon);
    }
    if (s->scan && !u->scanned)
        return "The unit's serial has not been scanned.";
    if (s->buyoff && command->statement.length == 0)
        return "This operation needs your signature.";
    return NULL;
}

/* Readings that come with the completion go into its one event. */
static int complete(struct command *command)
{
    const struct body *body = command->body;
    const struct unit *u = entities_unit(command->mes->entities, command->subject.number);
    uint8_t list[1000];
    struct bytes_put put = bytes_into(list, sizeof list);
    size_t length;
    long segment;
    if (!gate(command, true, &segment))
        return 0;
    int64_t recorded = u->recorded;
    bytes_put_u8(&put, (uint8_t)body->readings_count);
    for (size_t i = 0; i < body->readings_count; i++) {
        long number;
        const char *why = reading_refused(command, segment, &body->readings[i], &number);
        if (why)
            return mes_refuse(command, 409, "readings", why, "Nothing was recorded.", "");
        const struct characteristic *c =
            entities_characteristic(command->mes->entities, (size_t)number);
        if (!is_within(c, body->readings[i].value)) /* held, not completed */
            return record_readings(command, segment);
        recorded |= BIT(c->place);
        bytes_put_var(&put, body->readings[i].characteristic, 8);
        bytes_put_i64(&put, body->readings[i].value);
        bytes_put_var(&put, body->readings[i].gage, 16);
    }
    const char *why = unfinished(command, u, segment, recorded);
    if (why)
        return refuse_gate(command, why);
    int r = bytes_put_done(&put, &length);
    if (r)
        return r;
    struct event event = {.number = EVENT_OPERATION_COMPLETED};
    memcpy(event.operation_completed.unit, u->unit, 16);
    event.operation_completed.sequence = (uint32_t)V(sequence)->number;
    event.operation_completed.readings = bytes_view_of(list, length);
    event.operation_completed.statement = command->statement;
    return mes_emit(command, &event);
}

int execution_run(struct command *command)
{
    long segment;
    switch (command->operation->number) {
    case OPERATION_START_OPERATION:
        return start(command);
    case OPERATION_SCAN_SERIAL:
        return scan(command);
    case OPERATION_COMPLETE_OPERATION:
        return complete(command);
    default:
        return gate(command, true, &segment) ? record_readings(command, segment) : 0;
    }
}
