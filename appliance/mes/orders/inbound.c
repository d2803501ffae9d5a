/* What came in from the enterprise: staged, shown with its difference, accepted by two people. */
#include <stdio.h>
#include <string.h>

#include "appliance/mes/mes.h"
#include "enclave/process/os.h"

static const char *const state_names[] = {"staged", "accepted-once", "applied", "rejected",
                                          "declined"};

static bool order_exists(const struct mes *mes, const char *number)
{
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_ORDER); i++)
        if (strcmp(entities_order(mes->entities, i)->number, number) == 0)
            return true;
    return false;
}

/* The number of another order that has this line's key, or NULL.  The summary calls an order by its
 * key: two orders with one key could never be reported. */
static const char *key_owner(const struct mes *mes, const struct inbound_order *line)
{
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_ORDER); i++) {
        const struct order *o = entities_order(mes->entities, i);
        if (strcmp(o->key, line->key) == 0 && strcmp(o->number, line->number) != 0)
            return o->number;
    }
    return NULL;
}

/* What accepting this line would do. */
static const char *difference(const struct mes *mes, const struct inbound_order *line)
{
    const struct inbound *bundle = entities_inbound(mes->entities, (size_t)line->inbound);
    for (size_t i = 0;
         bundle->state == INBOUND_APPLIED && i < rows_count(mes->entities, ENTITY_ORDER); i++) {
        const struct order *o = entities_order(mes->entities, i);
        if (strcmp(o->number, line->number) == 0 && memcmp(o->inbound, bundle->inbound, 16) == 0)
            return "Created.";
    }
    if (order_exists(mes, line->number))
        return "There is an order of this number already: it stays as it is.";
    if (key_owner(mes, line))
        return "Another order has its key: this bundle can only be declined.";
    if (mes_route_for(mes, line->part, line->revision) < 0)
        return "New. There is no route for this part and revision yet.";
    return "New.";
}

static size_t lines_of(struct command *command, size_t inbound, struct answer_inbound_line **ret)
{
    const struct mes *mes = command->mes;
    size_t count = (size_t)entities_inbound(mes->entities, inbound)->orders, n = 0;
    struct answer_inbound_line *lines = mes_array(command, count, sizeof *lines);
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_INBOUND_ORDER) && n < count; i++) {
        const struct inbound_order *o = entities_inbound_order(mes->entities, i);
        if (o->inbound != (int64_t)inbound)
            continue;
        lines[n++] = (struct answer_inbound_line){.number = o->number,
                                                  .part = o->part,
                                                  .revision = o->revision,
                                                  .quantity = o->quantity,
                                                  .due = o->due,
                                                  .priority = o->priority,
                                                  .difference = difference(mes, o)};
    }
    *ret = lines;
    return n;
}

#define SHOWN_MAX 20

static int get_inbound(struct command *command)
{
    const struct mes *mes = command->mes;
    size_t all = rows_count(mes->entities, ENTITY_INBOUND);
    size_t n = all < SHOWN_MAX ? all : SHOWN_MAX;
    struct answer_inbound *rows = mes_array(command, n, sizeof *rows);
    for (size_t i = 0; i < n; i++) {
        const struct inbound *row = entities_inbound(mes->entities, all - 1 - i);
        struct answer_inbound *a = &rows[i];
        struct answer_inbound_line *lines;
        char *digest = mes_array(command, 65, 1);
        bytes_to_hex(row->digest, 32, digest);
        memcpy(a->inbound, row->inbound, 16);
        a->sequence = row->sequence;
        a->digest = digest;
        a->state = state_names[row->state];
        a->reason = row->reason;
        a->accepted_by = row->second_name[0]
                             ? mes_print(command, "%s and %s", row->first_name, row->second_name)
                             : row->first_name;
        a->received = row->received_ms;
        a->orders_count = lines_of(command, all - 1 - i, &lines);
        a->orders = lines;
    }
    answer_write_inbounds(&(struct answer_inbounds){.inbound = rows, .inbound_count = n},
                          command->out);
    return 0;
}

static int create_order(struct command *command, const uint8_t inbound[static 16],
                        const struct inbound_order *line)
{
    struct event event = {.number = EVENT_ORDER_CREATED};
    struct event_order_created *m = &event.order_created;
    char due[32];
    snprintf(due, sizeof due, "%sT00:00:00Z", line->due);
    if (body_time(bytes_text(due), &m->due_ms) != 0)
        return ERR_FORMAT; /* intake and staging have checked it */
    os_uuid(m->order);
    memcpy(m->inbound, inbound, 16);
    m->number = bytes_text(line->number);
    m->key = bytes_text(line->key);
    m->part = bytes_text(line->part);
    m->revision = bytes_text(line->revision);
    m->quantity = (uint32_t)line->quantity;
    m->priority = (uint8_t)line->priority;
    return mes_emit(command, &event);
}

/* Why no line of it may become an order, or NULL. */
static const char *key_is_taken(struct command *command, size_t inbound)
{
    const struct mes *mes = command->mes;
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_INBOUND_ORDER); i++) {
        const struct inbound_order *line = entities_inbound_order(mes->entities, i);
        const char *owner = line->inbound == (int64_t)inbound ? key_owner(mes, line) : NULL;
        if (owner)
            return mes_print(command,
                             "Order %s in it has the key of order %s, which is here already.",
                             line->number, owner);
    }
    return NULL;
}

static int accept_inbound(struct command *command)
{
    const struct mes *mes = command->mes;
    const struct inbound *row = entities_inbound(mes->entities, command->subject.number);
    bool second = row->state == INBOUND_ACCEPTED_ONCE;
    uint8_t id[16];
    memcpy(id, row->inbound, 16);
    if (row->state != INBOUND_STAGED && !second)
        return mes_refuse(command, 409, "inbound",
                          row->state == INBOUND_APPLIED    ? "This bundle has been accepted."
                          : row->state == INBOUND_DECLINED ? "This bundle has been declined."
                                                           : "This bundle was rejected.",
                          "Nothing was changed.", "");
    if (memcmp(body_value(command->body, "digest")->bytes, row->digest, 32) != 0)
        return mes_refuse(command, 409, "digest",
                          "You looked at other bytes than those that lie here.",
                          "Nothing was changed.", "Open the bundle again and read it once more.");
    const char *why = key_is_taken(command, command->subject.number);
    if (why)
        return mes_refuse(command, 409, "inbound", why, "Nothing was changed.",
                          "Decline it, and ask the enterprise for another bundle.");
    struct event event = {.number = EVENT_INBOUND_ACCEPTED};
    memcpy(event.inbound_accepted.inbound, id, 16);
    event.inbound_accepted.applied = second;
    event.inbound_accepted.name = bytes_text(command->actor.person->name);
    event.inbound_accepted.statement = command->statement;
    int r = mes_emit(command, &event);
    size_t count = rows_count(mes->entities, ENTITY_INBOUND_ORDER);
    for (size_t i = 0; r == 0 && second && i < count; i++) {
        struct inbound_order line = *entities_inbound_order(mes->entities, i);
        if (line.inbound == (int64_t)command->subject.number && !order_exists(mes, line.number))
            r = create_order(command, id, &line);
    }
    return r;
}

static int decline_inbound(struct command *command)
{
    const struct inbound *row = entities_inbound(command->mes->entities, command->subject.number);
    if (row->state != INBOUND_STAGED && row->state != INBOUND_ACCEPTED_ONCE)
        return mes_refuse(command, 409, "inbound", "This bundle is not waiting for anybody.",
                          "Nothing was changed.", "");
    struct event event = {.number = EVENT_INBOUND_DECLINED};
    memcpy(event.inbound_declined.inbound, row->inbound, 16);
    event.inbound_declined.reason = body_value(command->body, "reason")->text;
    event.inbound_declined.name = bytes_text(command->actor.person->name);
    return mes_emit(command, &event);
}

int inbound_run(struct command *command)
{
    switch (command->operation->number) {
    case OPERATION_GET_INBOUND:
        return get_inbound(command);
    case OPERATION_ACCEPT_INBOUND:
        return accept_inbound(command);
    default:
        return decline_inbound(command);
    }
}
