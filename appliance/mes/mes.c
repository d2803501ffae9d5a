#include "appliance/mes/mes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/mes/definitions/marking.h"
#include "appliance/mes/people/known.h"
#include "appliance/mes/policies/policy.h"
#include "enclave/process/log.h"

int mes_new(struct store *store, const char *enclave, bool training, struct mes **ret_mes)
{
    struct mes *mes = calloc(1, sizeof *mes);
    if (!mes)
        return ERR_MEMORY;
    int r = rows_new(&mes->entities);
    if (r == 0)
        r = routing_new(&mes->routing);
    if (r) {
        mes_free(mes);
        return r;
    }
    mes->store = store;
    mes->enclave = enclave;
    mes->training = training;
    *ret_mes = mes;
    return 0;
}

void mes_free(struct mes *mes)
{
    if (!mes)
        return;
    routing_free(mes->routing);
    rows_free(mes->entities);
    free(mes);
}

int mes_apply(struct mes *mes, const struct event *event, uint64_t sequence)
{
    static int (*const appliers[])(struct mes *, const struct event *) = {
        execution_apply,       orders_apply,  definitions_apply, documents_apply, markings_apply,
        marking_changes_apply, reports_apply, known_apply,       policies_apply,  drafts_apply};
    mes->next_sequence = sequence;
    for (size_t i = 0; i < sizeof appliers / sizeof *appliers; i++) {
        int r = appliers[i](mes, event);
        if (r != ERR_UNKNOWN)
            return r;
    }
    return event->number == EVENT_OBJECT_OPENED || event->number == EVENT_LOG_EPOCH_OPENED
               ? 0
               : ERR_UNKNOWN;
}

int mes_emit(struct command *command, struct event *event)
{
    static uint8_t payload[STORE_PAYLOAD_MAX];
    struct bytes_put put = bytes_into(payload, sizeof payload);
    size_t length;
    uint64_t sequence;
    event->common = command->common;
    event->common.performed_ms = mes_performed(command);
    event_encode(event, &put);
    int r = bytes_put_done(&put, &length);
    if (r == 0)
        r = store_append(command->mes->store, bytes_view_of(payload, length), &sequence);
    if (r)
        return r;
    if (command->events++ == 0)
        command->first_event = sequence;
    r = mes_apply(command->mes, event, sequence);
    if (r) /* what was decided a moment ago does not fit: no record may say otherwise */
        log_die("event %s cannot be applied: %s", event_name(event->number), error_text(r));
    mes_describe(command->mes, event, &command->done, command->text, sizeof command->text);
    return 0;
}

int mes_refuse(struct command *command, unsigned status, const char *field, const char *error,
               const char *kept, const char *todo)
{
    command->status = status;
    command->problem =
        (struct answer_problem){.error = error, .field = field, .kept = kept, .todo = todo};
    return 0;
}

struct beside {
    struct beside *next;
    _Alignas(16) uint8_t data[];
};

/* A site grows for ten years: a list that has become long may not end the worker. */
static void *beside(struct command *command, size_t length)
{
    struct beside *b = calloc(1, sizeof *b + length);
    if (!b)
        log_die("out of memory");
    b->next = command->more;
    command->more = b;
    return b->data;
}

void mes_let_go(struct command *command)
{
    while (command->more) {
        struct beside *b = command->more;
        command->more = b->next;
        free(b);
    }
}

void *mes_array(struct command *command, size_t count, size_t size)
{
    size_t length = (count * size + 15) & ~(size_t)15;
    if (length > ARENA_SIZE - command->arena_used)
        return beside(command, length);
    void *p = command->arena + command->arena_used;
    command->arena_used += length;
    memset(p, 0, length);
    return p;
}

const char *mes_print(struct command *command, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t length = n < 0 ? 0 : (size_t)n >= sizeof text ? sizeof text - 1 : (size_t)n;
    char *p = mes_array(command, length + 1, 1);
    memcpy(p, text, length);
    return p;
}

const struct program_info *mes_program(const struct mes *mes)
{
    return rows_count(mes->entities, ENTITY_PROGRAM) ? entities_program_info(mes->entities, 0)
                                                     : NULL;
}

int64_t mes_performed(const struct command *command)
{
    for (size_t i = 0; i < command->operation->fields_count; i++)
        if (strcmp(command->operation->fields[i].name, "performed_at") == 0 &&
            command->body->values[i].present)
            return command->body->values[i].number;
    return command->now_ms;
}

long mes_route(const struct mes *mes, struct bytes_view route)
{
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_ROUTE); i++)
        if (bytes_equal_text(route, entities_route(mes->entities, i)->route))
            return (long)i;
    return -1;
}

long mes_route_for(const struct mes *mes, const char *part, const char *revision)
{
    for (size_t i = rows_count(mes->entities, ENTITY_ROUTE); i-- > 0;) {
        const struct route *r = entities_route(mes->entities, i);
        if (strcmp(r->part, part) == 0 && strcmp(r->part_revision, revision) == 0)
            return (long)i;
    }
    return -1;
}

long mes_segment(const struct mes *mes, long route, int64_t sequence)
{
    const struct routing_segment *s;
    size_t n = routing_segments(mes->routing, mes->entities, route, &s);
    for (size_t i = 0; i < n; i++)
        if (s[i].sequence == sequence)
            return (long)s[i].number;
    return -1;
}

long mes_segment_at(const struct mes *mes, long route, int64_t place)
{
    const struct routing_segment *s;
    size_t n = routing_segments(mes->routing, mes->entities, route, &s);
    return place >= 0 && (size_t)place < n ? (long)s[place].number : -1;
}

long mes_characteristic(const struct mes *mes, long segment, struct bytes_view balloon)
{
    long i = -1;
    while ((i = mes_next_characteristic(mes, segment, i)) >= 0)
        if (bytes_equal_text(balloon, entities_characteristic(mes->entities, (size_t)i)->balloon))
            break;
    return i;
}

long mes_next_characteristic(const struct mes *mes, long segment, long before)
{
    return routing_characteristic(mes->routing, mes->entities, segment, before);
}

/* ---- what an operation is about ---- */

static void of_program(const struct mes *mes, struct subject *s)
{
    const struct program_info *program = mes_program(mes);
    s->site = program ? program->site : "";
    s->marking = program ? "program" : NULL;
}

/* A part's own marking, or a document's, where it has one. */
static void of_object(const struct mes *mes, enum entity_kind kind, struct subject *s)
{
    const struct order *order;
    const struct document *document;
    switch (kind) {
    case ENTITY_UNIT:
        order =
            entities_order(mes->entities, (size_t)entities_unit(mes->entities, s->number)->order);
        s->marking = mes_marking_of(mes, order->part);
        return;
    case ENTITY_ORDER:
        s->marking = mes_marking_of(mes, entities_order(mes->entities, s->number)->part);
        return;
    case ENTITY_DOCUMENT:
        document = entities_document(mes->entities, s->number);
        s->marking = mes_marking_of(mes, document->number);
        s->technical = document->technical;
        return;
    default:
        return;
    }
}

static bool find(const struct mes *mes, enum entity_kind kind, const struct body *body,
                 const char *field, size_t *ret_number)
{
    return rows_find(mes->entities, kind, body_value(body, field)->bytes, ret_number);
}

/* Which table a REF field of this name points into. */
static const struct reference {
    const char *field;
    enum entity_kind kind;
} references[] = {{"unit", ENTITY_UNIT},          {"order", ENTITY_ORDER},
                  {"document", ENTITY_DOCUMENT},  {"inbound", ENTITY_INBOUND},
                  {"release", ENTITY_RELEASE},    {"proposal", ENTITY_POLICY},
                  {"rationale", ENTITY_RATIONALE}};

void mes_subject_of(const struct mes *mes, enum entity_kind kind, size_t number,
                    struct subject *ret_subject)
{
    *ret_subject = (struct subject){.exists = true, .number = number};
    of_program(mes, ret_subject);
    if (kind != ENTITY_COUNT)
        of_object(mes, kind, ret_subject);
}

void mes_subject(const struct mes *mes, const struct operation *operation, const struct body *body,
                 struct subject *ret_subject)
{
    struct subject *s = ret_subject;
    *s = (struct subject){.exists = true};
    of_program(mes, s);
    bool defines = strcmp(operation->resource, "Definition") == 0 ||
                   operation->number == OPERATION_PROPOSE_POLICY ||
                   operation->number == OPERATION_ENTER_RATIONALE;
    if (operation->number == OPERATION_DEFINE_PROGRAM && !mes_program(mes)) {
        /* the first definition says which site this is */
        static char site[41];
        entity_text(site, sizeof site, body_value(body, "site")->text);
        s->site = site;
    }
    if (operation->number == OPERATION_DEFINE_MARKING)
        marking_subject(mes, body, s);
    if (operation->number == OPERATION_APPROVE_MARKING ||
        operation->number == OPERATION_DECLINE_MARKING)
        marking_change_subject(mes, body, s);
    for (size_t i = 0; !defines && i < sizeof references / sizeof *references; i++)
        for (size_t k = 0; k < operation->fields_count; k++)
            if (operation->fields[k].kind == FIELD_REF &&
                strcmp(operation->fields[k].name, references[i].field) == 0 &&
                (operation->fields[k].needed || body->values[k].present)) {
                s->exists = find(mes, references[i].kind, body, references[i].field, &s->number);
                if (s->exists)
                    of_object(mes, references[i].kind, s);
            }
    if (!s->exists) {
        s->marking = MES_ABSENT; /* which no rule lets through: decided as what is forbidden is */
        return;
    }
    if (operation->number == OPERATION_APPROVE_RELEASE) {
        const struct release *r = entities_release(mes->entities, s->number);
        memcpy(s->requester, r->requester, 16);
        memcpy(s->approver, r->first_approver, 16);
    }
    if (operation->number == OPERATION_INSTALL_POLICY)
        memcpy(s->requester, entities_policy_row(mes->entities, s->number)->proposed_by, 16);
    if (operation->number == OPERATION_ACCEPT_INBOUND)
        memcpy(s->approver, entities_inbound(mes->entities, s->number)->first_person, 16);
}

/* ---- dispatch ---- */

int mes_run(struct command *command)
{
    command->status = 200;
    switch (command->operation->number) {
    case OPERATION_GET_PROGRAM:
    case OPERATION_GET_TASKS:
    case OPERATION_GET_NONCONFORMANCES:
        return tasks_run(command);
    case OPERATION_GET_JOB:
        return job_run(command);
    case OPERATION_GET_DOCUMENT:
    case OPERATION_DEFINE_DOCUMENT:
    case OPERATION_ADD_DOCUMENT_PART:
        return documents_run(command);
    case OPERATION_START_OPERATION:
    case OPERATION_RECORD_READING:
    case OPERATION_SCAN_SERIAL:
    case OPERATION_COMPLETE_OPERATION:
        return execution_run(command);
    case OPERATION_SAVE_DRAFT:
    case OPERATION_GET_DRAFT:
        return drafts_run(command);
    case OPERATION_DEFINE_MARKING:
        return markings_run(command);
    case OPERATION_APPROVE_MARKING:
    case OPERATION_DECLINE_MARKING:
    case OPERATION_GET_MARKINGS:
        return marking_changes_run(command);
    case OPERATION_ENTER_RATIONALE:
    case OPERATION_WITHDRAW_RATIONALE:
        return rationales_run(command);
    case OPERATION_GET_ORDERS:
    case OPERATION_RELEASE_ORDER:
    case OPERATION_CLOSE_ORDER:
        return orders_run(command);
    case OPERATION_GET_INBOUND:
    case OPERATION_ACCEPT_INBOUND:
    case OPERATION_DECLINE_INBOUND:
        return inbound_run(command);
    case OPERATION_GET_RELEASES:
    case OPERATION_GET_RELEASE:
    case OPERATION_REQUEST_RELEASE:
    case OPERATION_APPROVE_RELEASE:
    case OPERATION_WITHDRAW_RELEASE:
        return reports_run(command);
    default:
        return definitions_run(command);
    }
}

/* ---- words ---- */

static const char *unit_serial(const struct mes *mes, const uint8_t unit[static 16])
{
    size_t n;
    return rows_find(mes->entities, ENTITY_UNIT, unit, &n) ? entities_unit(mes->entities, n)->serial
                                                           : "";
}

void mes_describe(const struct mes *mes, const struct event *event, struct answer_done *done,
                  char *text, size_t size)
{
    done->done = true;
    done->text = text;
    switch (event->number) {
    case EVENT_OPERATION_STARTED:
        done->sequence = event->operation_started.sequence;
        snprintf(text, size, "Operation %u of %s is yours.", event->operation_started.sequence,
                 unit_serial(mes, event->operation_started.unit));
        return;
    case EVENT_READING_RECORDED:
        done->sequence = event->reading_recorded.sequence;
        if (!done->held)
            snprintf(text, size, "Recorded.");
        return;
    case EVENT_DRAFT_SAVED:
        snprintf(text, size, "Kept.");
        return;
    case EVENT_SERIAL_SCANNED:
        snprintf(text, size, "This is %s.", unit_serial(mes, event->serial_scanned.unit));
        return;
    case EVENT_NONCONFORMANCE_OPENED:
        snprintf(text, size,
                 "%.*s The unit is held. Nonconformance %.*s is open. Put the unit in "
                 "the hold area; quality decides what happens to it.",
                 (int)event->nonconformance_opened.text.length,
                 (const char *)event->nonconformance_opened.text.data,
                 (int)event->nonconformance_opened.number.length,
                 (const char *)event->nonconformance_opened.number.data);
        return;
    case EVENT_UNIT_HELD:
        done->held = true;
        return;
    case EVENT_OPERATION_COMPLETED:
        done->sequence = event->operation_completed.sequence;
        snprintf(text, size, "Operation %u of %s is complete.", event->operation_completed.sequence,
                 unit_serial(mes, event->operation_completed.unit));
        return;
    case EVENT_INBOUND_ACCEPTED:
        snprintf(text, size,
                 event->inbound_accepted.applied
                     ? "Accepted. The orders are in."
                     : "Accepted once. A second person must accept it too.");
        return;
    case EVENT_INBOUND_DECLINED:
        snprintf(text, size, "Declined. Nothing of it was taken.");
        return;
    case EVENT_ORDER_CLOSED:
        snprintf(text, size, "The order is closed.");
        return;
    case EVENT_RELEASE_WITHDRAWN:
        snprintf(text, size, "Withdrawn. Nothing of it leaves; the week can be asked for again.");
        return;
    case EVENT_RELEASE_REQUESTED:
        snprintf(text, size, "The two guards are checking it.");
        return;
    case EVENT_RELEASE_APPROVED:
        snprintf(text, size, "Approved.");
        return;
    case EVENT_MARKING_PROPOSED:
        snprintf(text, size,
                 "Proposed, and not in force: %.*s. The present marking stays until another person "
                 "approves it.",
                 (int)event->marking_proposed.opens.length,
                 (const char *)event->marking_proposed.opens.data);
        return;
    case EVENT_MARKING_APPROVED:
        snprintf(text, size, "Approved. It is marked so from now on.");
        return;
    case EVENT_MARKING_DECLINED:
        snprintf(text, size, "Declined. The marking in force stays.");
        return;
    case EVENT_ORDER_RELEASED:
        snprintf(text, size, "The order is released to the floor.");
        return;
    case EVENT_UNIT_CREATED:
    case EVENT_ORDER_CREATED:
        return;
    default:
        snprintf(text, size, "Recorded.");
    }
}
