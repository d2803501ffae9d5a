/* Broken glass, as its program sees it: who has it open, and for the officer who reviews it what
 * was done behind it, from the log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/worker/desk.h"

#define GLASS_RULE   "P14-break-glass"
#define GLASSES_MAX  200
#define DEEDS_MAX    200
#define HOLDERS_MAX  4000
#define LOOK_BACK_MS ((int64_t)31 * 24 * 3600 * 1000)

/* ---- a record of the attribute break-glass, in words ---- */

static const char *text_of(struct command *command, struct bytes_view v)
{
    return mes_print(command, "%.*s", (int)v.length, (const char *)v.data);
}

static struct bytes_view reason_of(const struct snapshot_record *r)
{
    static const char type[] = "broken glass: ";
    size_t n = sizeof type - 1;
    return r->document.length >= n && memcmp(r->document.data, type, n) == 0
               ? bytes_view_of(r->document.data + n, r->document.length - n)
               : r->document;
}

static struct answer_open_glass describe(struct command *command, const struct snapshot_holder *p,
                                         const struct snapshot_record *r)
{
    struct answer_open_glass row = {.name = mes_print(command, "%s", p->name),
                                    .action = text_of(command, r->value),
                                    .reason = text_of(command, reason_of(r)),
                                    .broken = r->from_ms,
                                    .until = r->until_ms};
    memcpy(row.glass, r->record, 16);
    memcpy(row.person, p->id, 16);
    return row;
}

void glass_open(struct worker *w, struct command *command)
{
    struct answer_open_glass *rows = NULL;
    size_t count = 0;
    int64_t now = worker_now(w);
    for (size_t i = 0; w->snapshot && i < w->snapshot->people; i++) {
        const struct snapshot_holder *p = &w->snapshot->person[i];
        for (size_t k = 0; k < p->records && count < GLASSES_MAX; k++) {
            if (p->record[k].attribute != ATTRIBUTE_BREAK_GLASS ||
                !snapshot_is_active(&p->record[k], now))
                continue;
            if (!rows)
                rows = mes_array(command, GLASSES_MAX, sizeof *rows);
            rows[count++] = describe(command, p, &p->record[k]);
        }
    }
    command->glass = rows;
    command->glass_count = count;
}

/* ---- what was broken lately: the people as each snapshot brought them ---- */

struct list {
    struct answer_open_glass *row;
    size_t count;
};

static bool is_listed(const struct list *list, const uint8_t glass[static 16])
{
    for (size_t i = 0; i < list->count; i++)
        if (memcmp(list->row[i].glass, glass, 16) == 0)
            return true;
    return false;
}

static void list_holder(struct command *command, const struct snapshot_holder *p, struct list *list)
{
    for (size_t i = p->records; i > 0 && list->count < GLASSES_MAX; i--) {
        const struct snapshot_record *r = &p->record[i - 1];
        if (r->attribute == ATTRIBUTE_BREAK_GLASS && !is_listed(list, r->record))
            list->row[list->count++] = describe(command, p, r);
    }
}

/* One person's byte form, out of the event that brought it. */
static int read_holder(struct worker *w, struct command *command, uint64_t number,
                       struct list *list)
{
    static uint8_t room[SNAPSHOT_HOLDER_MAX + 64];
    struct bytes_put out = bytes_into(room, sizeof room);
    struct snapshot *snapshot = NULL;
    struct store_event stored;
    struct event event;
    int r = store_read(w->store, number, &stored);
    if (r == 0)
        r = event_decode(stored.payload, &event);
    if (r)
        return r;
    struct bytes_view content = event.holder_known.content;
    if (event.number != EVENT_HOLDER_KNOWN ||
        !memmem(content.data, content.length, "broken glass: ", 14))
        return 0;
    snapshot_put_head(&out, (const uint8_t *)w->mes->enclave, 0, 1, 0);
    bytes_put_var(&out, content, SNAPSHOT_HOLDER_MAX);
    r = out.error ? out.error
                  : snapshot_decode(bytes_view_of(room, bytes_put_length(&out)), &snapshot);
    if (r == 0)
        list_holder(command, &snapshot->person[0], list);
    snapshot_free(snapshot);
    return r;
}

static int newest_first(const void *a, const void *b)
{
    const struct answer_open_glass *x = a, *y = b;
    return (x->broken < y->broken) - (x->broken > y->broken);
}

static int list_broken(struct worker *w, struct command *command, struct list *list)
{
    int64_t since = worker_now(w) - LOOK_BACK_MS;
    size_t rows = rows_count(w->mes->entities, ENTITY_KNOWN), looked = 0;
    int r = 0;
    list->row = mes_array(command, GLASSES_MAX, sizeof *list->row);
    for (size_t i = rows; r == 0 && i > 0 && looked < HOLDERS_MAX; i--) {
        const struct known_holder *known = entities_known_holder(w->mes->entities, i - 1);
        if (known->since_ms < since)
            break;
        if (!known->present || known->kind != HOLDER_PERSON)
            continue;
        looked++;
        r = read_holder(w, command, (uint64_t)known->event, list);
    }
    qsort(list->row, list->count, sizeof *list->row, newest_first);
    return r;
}

/* ---- what was done behind one ---- */

static bool names_the_rule(struct bytes_view policies)
{
    return memmem(policies.data, policies.length, GLASS_RULE, sizeof GLASS_RULE - 1) != NULL;
}

static const char *object_of(const struct worker *w, struct command *command,
                             const struct event *event)
{
    const uint8_t *id;
    char uuid[ANSWER_UUID_TEXT];
    struct object object;
    switch (event->number) {
    case EVENT_OBJECT_OPENED:
        id = event->object_opened.object;
        break;
    case EVENT_OPERATION_STARTED:
        id = event->operation_started.unit;
        break;
    case EVENT_READING_RECORDED:
        id = event->reading_recorded.unit;
        break;
    case EVENT_SERIAL_SCANNED:
        id = event->serial_scanned.unit;
        break;
    case EVENT_OPERATION_COMPLETED:
        id = event->operation_completed.unit;
        break;
    case EVENT_ORDER_RELEASED:
        id = event->order_released.order;
        break;
    default:
        return NULL;
    }
    answer_uuid_text(id, uuid);
    return question_object(w, bytes_text(uuid), &object) ? mes_print(command, "%s", object.name)
                                                         : "";
}

struct deeds {
    struct worker *w;
    struct command *command;
    const struct answer_open_glass *glass;
    struct answer_glass_deed *row;
    size_t count;
    bool more;
    uint8_t request[16]; /* of the last row: its other events belong to it */
};

static int take_event(void *context, const struct store_event *stored)
{
    static const uint8_t none[16];
    struct deeds *d = context;
    struct answer_done done = {0};
    struct event event;
    char said[600] = "";
    int r = event_decode(stored->payload, &event);
    if (r || event.common.utc_ms >= d->glass->until ||
        memcmp(event.common.person, d->glass->person, 16) != 0 ||
        !names_the_rule(event.common.policies) || event.number == EVENT_DRAFT_SAVED)
        return r;
    const struct operation *operation = operation_by_number(event.common.operation);
    if (!operation || strcmp(operation->action, d->glass->action) != 0)
        return 0;
    const char *object = object_of(d->w, d->command, &event);
    mes_describe(d->w->mes, &event, &done, said, sizeof said);
    bool same = memcmp(event.common.id, none, 16) != 0 &&
                memcmp(event.common.id, d->request, 16) == 0 && d->count > 0;
    memcpy(d->request, event.common.id, 16);
    if (same) {
        if (said[0] && event.number != EVENT_OBJECT_OPENED)
            d->row[d->count - 1].said = mes_print(d->command, "%s", said);
        return 0;
    }
    if (d->count == DEEDS_MAX) {
        d->more = true;
        return 0;
    }
    d->row[d->count++] = (struct answer_glass_deed){
        .at = event.common.utc_ms,
        .operation = mes_print(d->command, "%s", operation->name),
        .object = object ? object : "",
        .said = event.number == EVENT_OBJECT_OPENED ? "" : mes_print(d->command, "%s", said)};
    return 0;
}

/* Events lie in the order of time, near enough: an hour of the log is read. */
static int list_deeds(struct deeds *d)
{
    uint64_t from = 0, to = 0;
    int r = retries_first_at(d->w->store, d->glass->broken, &from);
    if (r == 0)
        r = retries_first_at(d->w->store, d->glass->until, &to);
    d->row = mes_array(d->command, DEEDS_MAX, sizeof *d->row);
    return r == 0 && to > from ? store_walk(d->w->store, from, to, take_event, d) : r;
}

int glass_used_run(struct worker *w, struct command *command)
{
    const struct value *wanted = body_value(command->body, "glass");
    struct list list = {0};
    struct deeds d = {.w = w, .command = command};
    int r = list_broken(w, command, &list);
    for (size_t i = 0; i < list.count && wanted->present; i++)
        if (memcmp(list.row[i].glass, wanted->bytes, 16) == 0)
            d.glass = &list.row[i];
    if (r)
        return r;
    command->absent = wanted->present && !d.glass;
    if (command->absent)
        return 0;
    command->status = 200;
    if (d.glass)
        r = list_deeds(&d);
    if (r)
        return r;
    answer_write_glass_used(&(struct answer_glass_used){.glasses = list.row,
                                                        .glasses_count = list.count,
                                                        .deeds = d.row,
                                                        .deeds_count = d.count,
                                                        .more = d.more},
                            command->out);
    return 0;
}
