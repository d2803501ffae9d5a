/* Orders: those that came in a bundle, their acceptance, and their release to the floor. */
#include <stdio.h>
#include <string.h>

#include "appliance/mes/mes.h"
#include "enclave/process/os.h"

/* ---- applying ---- */

static int apply_inbound(struct mes *mes, const struct event *e, const uint8_t id[static 16],
                         const uint8_t digest[static 32], uint32_t epoch, uint64_t sequence,
                         struct inbound **ret_row)
{
    size_t n;
    int r = rows_add(mes->entities, ENTITY_INBOUND, &n);
    if (r)
        return r;
    struct inbound *row = entities_inbound(mes->entities, n);
    memcpy(row->inbound, id, 16);
    memcpy(row->digest, digest, 32);
    row->epoch = epoch;
    row->sequence = (int64_t)sequence;
    row->received_ms = e->common.utc_ms;
    *ret_row = row;
    return rows_index(mes->entities, ENTITY_INBOUND, n);
}

static int apply_received(struct mes *mes, const struct event *e)
{
    const struct event_inbound_received *m = &e->inbound_received;
    struct inbound *row;
    int r = apply_inbound(mes, e, m->inbound, m->digest, m->epoch, m->sequence, &row);
    if (r == 0)
        row->state = INBOUND_STAGED;
    return r;
}

static int apply_rejected(struct mes *mes, const struct event *e)
{
    const struct event_inbound_rejected *m = &e->inbound_rejected;
    struct inbound *row;
    int r = apply_inbound(mes, e, m->inbound, m->digest, m->epoch, m->sequence, &row);
    if (r)
        return r;
    row->state = INBOUND_REJECTED;
    entity_text(row->reason, sizeof row->reason, m->reason);
    return 0;
}

static int apply_inbound_order(struct mes *mes, const struct event_inbound_order_received *m)
{
    size_t inbound, n;
    if (!rows_find(mes->entities, ENTITY_INBOUND, m->inbound, &inbound))
        return ERR_STATE;
    int r = rows_add(mes->entities, ENTITY_INBOUND_ORDER, &n);
    if (r)
        return r;
    struct inbound_order *row = entities_inbound_order(mes->entities, n);
    row->inbound = (int64_t)inbound;
    entity_text(row->number, sizeof row->number, m->number);
    entity_text(row->key, sizeof row->key, m->key);
    entity_text(row->part, sizeof row->part, m->part);
    entity_text(row->revision, sizeof row->revision, m->revision);
    entity_text(row->due, sizeof row->due, m->due);
    row->quantity = m->quantity;
    row->priority = m->priority;
    entities_inbound(mes->entities, inbound)->orders++;
    rows_touch(mes->entities, ENTITY_INBOUND, inbound);
    return 0;
}

static int apply_accepted(struct mes *mes, const struct event *e)
{
    const struct event_inbound_accepted *m = &e->inbound_accepted;
    size_t n;
    if (!rows_find(mes->entities, ENTITY_INBOUND, m->inbound, &n))
        return ERR_STATE;
    struct inbound *row = entities_inbound(mes->entities, n);
    rows_touch(mes->entities, ENTITY_INBOUND, n);
    row->state = m->applied ? INBOUND_APPLIED : INBOUND_ACCEPTED_ONCE;
    if (!m->applied) {
        memcpy(row->first_person, e->common.person, 16);
        row->first_event = (int64_t)mes->next_sequence;
        entity_text(row->first_name, sizeof row->first_name, m->name);
    } else {
        entity_text(row->second_name, sizeof row->second_name, m->name);
    }
    return 0;
}

static int apply_declined(struct mes *mes, const struct event_inbound_declined *m)
{
    size_t n;
    if (!rows_find(mes->entities, ENTITY_INBOUND, m->inbound, &n))
        return ERR_STATE;
    struct inbound *row = entities_inbound(mes->entities, n);
    char reason[300];
    rows_touch(mes->entities, ENTITY_INBOUND, n);
    row->state = INBOUND_DECLINED;
    snprintf(reason, sizeof reason, "Declined by %.*s: %.*s", (int)m->name.length,
             (const char *)m->name.data, (int)m->reason.length, (const char *)m->reason.data);
    entity_text(row->reason, sizeof row->reason, bytes_text(reason));
    return 0;
}

static int apply_closed(struct mes *mes, const struct event *e)
{
    size_t n;
    if (!rows_find(mes->entities, ENTITY_ORDER, e->order_closed.order, &n))
        return ERR_STATE;
    struct order *row = entities_order(mes->entities, n);
    rows_touch(mes->entities, ENTITY_ORDER, n);
    row->state = ORDER_CLOSED;
    row->closed_ms = e->common.utc_ms;
    return 0;
}

static int apply_order(struct mes *mes, const struct event *e)
{
    const struct event_order_created *m = &e->order_created;
    size_t n;
    int r = rows_add(mes->entities, ENTITY_ORDER, &n);
    if (r)
        return r;
    struct order *row = entities_order(mes->entities, n);
    memcpy(row->order, m->order, 16);
    memcpy(row->inbound, m->inbound, 16);
    entity_text(row->number, sizeof row->number, m->number);
    entity_text(row->key, sizeof row->key, m->key);
    entity_text(row->part, sizeof row->part, m->part);
    entity_text(row->revision, sizeof row->revision, m->revision);
    row->quantity = m->quantity;
    row->due_ms = m->due_ms;
    row->priority = m->priority;
    row->state = ORDER_ACCEPTED;
    row->created_ms = e->common.utc_ms;
    row->route = -1;
    return rows_index(mes->entities, ENTITY_ORDER, n);
}

static int apply_released(struct mes *mes, const struct event_order_released *m)
{
    size_t n;
    if (!rows_find(mes->entities, ENTITY_ORDER, m->order, &n))
        return ERR_STATE;
    struct order *row = entities_order(mes->entities, n);
    rows_touch(mes->entities, ENTITY_ORDER, n);
    row->state = ORDER_RELEASED;
    row->route = mes_route_for(mes, row->part, row->revision);
    return row->route < 0 ? ERR_STATE : 0;
}

static int apply_unit(struct mes *mes, const struct event_unit_created *m)
{
    size_t order, n;
    if (!rows_find(mes->entities, ENTITY_ORDER, m->order, &order))
        return ERR_STATE;
    int r = rows_add(mes->entities, ENTITY_UNIT, &n);
    if (r)
        return r;
    struct unit *row = entities_unit(mes->entities, n);
    memcpy(row->unit, m->unit, 16);
    row->order = (int64_t)order;
    entity_text(row->serial, sizeof row->serial, m->serial);
    return rows_index(mes->entities, ENTITY_UNIT, n);
}

int orders_apply(struct mes *mes, const struct event *event)
{
    switch (event->number) {
    case EVENT_INBOUND_RECEIVED:
        return apply_received(mes, event);
    case EVENT_INBOUND_REJECTED:
        return apply_rejected(mes, event);
    case EVENT_INBOUND_ORDER_RECEIVED:
        return apply_inbound_order(mes, &event->inbound_order_received);
    case EVENT_INBOUND_ACCEPTED:
        return apply_accepted(mes, event);
    case EVENT_ORDER_CREATED:
        return apply_order(mes, event);
    case EVENT_ORDER_RELEASED:
        return apply_released(mes, &event->order_released);
    case EVENT_INBOUND_DECLINED:
        return apply_declined(mes, &event->inbound_declined);
    case EVENT_ORDER_CLOSED:
        return apply_closed(mes, event);
    case EVENT_UNIT_CREATED:
        return apply_unit(mes, &event->unit_created);
    default:
        return ERR_UNKNOWN;
    }
}

/* ---- answers ---- */

static const char *const state_names[] = {"Accepted", "Released", "Running", "Completed", "Closed"};

static int get_orders(struct command *command)
{
    const struct mes *mes = command->mes;
    size_t all = rows_count(mes->entities, ENTITY_ORDER), n = 0;
    struct answer_order *rows = mes_array(command, all, sizeof *rows);
    for (size_t i = 0; i < all; i++) {
        const struct order *o = entities_order(mes->entities, all - 1 - i);
        if (!mes_sees(command, o->part))
            continue;
        struct answer_order *a = &rows[n++];
        memcpy(a->order, o->order, 16);
        a->number = o->number;
        a->part = o->part;
        a->revision = o->revision;
        a->quantity = o->quantity;
        a->finished = o->finished;
        a->held = o->held;
        a->state = state_names[o->state];
        a->due = o->due_ms;
        a->priority = o->priority;
        a->origin = "from a signed bundle";
    }
    answer_write_orders(&(struct answer_orders){.orders = rows, .orders_count = n}, command->out);
    return 0;
}

/* ---- release to the floor ---- */

/* Letters and digits that nobody mistakes for one another; the serial tells no count. */
static void make_serial(const struct program_info *program, char out[static 25])
{
    static const char alphabet[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    uint8_t random[6];
    size_t n = (size_t)snprintf(out, 25, "%s-", program->serial_prefix);
    os_random(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        out[n++] = alphabet[random[i] % 32];
    out[n] = '\0';
}

static bool serial_is_taken(const struct mes *mes, const char *serial)
{
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_UNIT); i++)
        if (strcmp(entities_unit(mes->entities, i)->serial, serial) == 0)
            return true;
    return false;
}

static int create_unit(struct command *command, const uint8_t order[static 16])
{
    char serial[25];
    struct event event = {.number = EVENT_UNIT_CREATED};
    do
        make_serial(mes_program(command->mes), serial);
    while (serial_is_taken(command->mes, serial));
    os_uuid(event.unit_created.unit);
    memcpy(event.unit_created.order, order, 16);
    event.unit_created.serial = bytes_text(serial);
    return mes_emit(command, &event);
}

static int release_order(struct command *command)
{
    const struct order *o = entities_order(command->mes->entities, command->subject.number);
    uint8_t id[16];
    int64_t quantity = o->quantity;
    memcpy(id, o->order, 16);
    if (o->state != ORDER_ACCEPTED)
        return mes_refuse(command, 409, "order",
                          o->state == ORDER_CLOSED ? "This order is closed."
                                                   : "This order is released already.",
                          "Nothing was changed.", "");
    if (!mes_program(command->mes) || mes_route_for(command->mes, o->part, o->revision) < 0)
        return mes_refuse(command, 409, "order",
                          mes_print(command, "There is no route for part %s in revision %s.",
                                    o->part, o->revision),
                          "Nothing was changed.", "Define the route, then release the order.");
    struct event event = {.number = EVENT_ORDER_RELEASED};
    memcpy(event.order_released.order, id, 16);
    int r = mes_emit(command, &event);
    for (int64_t i = 0; r == 0 && i < quantity; i++)
        r = create_unit(command, id);
    return r;
}

/* ---- close ---- */

/* A unit that somebody works on, or that quality has not decided on, keeps its order open. */
static const char *keeps_open(struct command *command, size_t order)
{
    const struct mes *mes = command->mes;
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_UNIT); i++) {
        const struct unit *u = entities_unit(mes->entities, i);
        if (u->order != (int64_t)order)
            continue;
        if (u->state == UNIT_RUNNING)
            return mes_print(command, "%s is working on unit %s.", u->operator, u->serial);
        if (u->state == UNIT_HELD)
            return mes_print(command, "Unit %s is held; quality decides first.", u->serial);
    }
    return NULL;
}

static int close_order(struct command *command)
{
    const struct order *o = entities_order(command->mes->entities, command->subject.number);
    if (o->state == ORDER_CLOSED)
        return mes_refuse(command, 409, "order", "This order is closed already.",
                          "Nothing was changed.", "");
    const char *why = keeps_open(command, command->subject.number);
    if (why)
        return mes_refuse(command, 409, "order", why, "Nothing was changed.",
                          "Close the order when that is done.");
    struct event event = {.number = EVENT_ORDER_CLOSED};
    memcpy(event.order_closed.order, o->order, 16);
    event.order_closed.reason = body_value(command->body, "reason")->text;
    event.order_closed.name = bytes_text(command->actor.person->name);
    return mes_emit(command, &event);
}

int orders_run(struct command *command)
{
    switch (command->operation->number) {
    case OPERATION_GET_ORDERS:
        return get_orders(command);
    case OPERATION_RELEASE_ORDER:
        return release_order(command);
    default:
        return close_order(command);
    }
}
