/* The task list of one person: what to do next, and why the rest has to wait. */
#include <stdlib.h>
#include <string.h>

#include "appliance/mes/mes.h"

/* More are counted but not shown: nobody reads on. */
#define SHOWN_MAX 200

struct candidate {
    struct answer_task answer;
    int rank; /* 0 mine, 1 ready, 2 blocked, 3 held */
};

static int compare(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank - y->rank;
    if (x->answer.priority != y->answer.priority)
        return x->answer.priority < y->answer.priority ? -1 : 1;
    if (x->answer.due != y->answer.due)
        return x->answer.due < y->answer.due ? -1 : 1;
    int order = strcmp(x->answer.order_number, y->answer.order_number);
    return order ? order : strcmp(x->answer.serial, y->answer.serial);
}

static void describe(struct command *command, size_t unit, long segment, struct candidate *c)
{
    const struct mes *mes = command->mes;
    const struct unit *u = entities_unit(mes->entities, unit);
    const struct order *o = entities_order(mes->entities, (size_t)u->order);
    const struct segment *s = entities_segment(mes->entities, (size_t)segment);
    char *buffer = mes_array(command, 200, 1);
    const char *why =
        execution_blocked(mes, unit, segment, command->actor.person, command->now_ms, buffer, 200);
    struct answer_task *a = &c->answer;
    memcpy(a->unit, u->unit, 16);
    a->serial = u->serial;
    a->sequence = s->sequence;
    a->operation = s->name;
    a->order_number = o->number;
    a->part = o->part;
    a->revision = o->revision;
    a->equipment = s->equipment;
    a->due = o->due_ms;
    a->priority = o->priority;
    a->mine = !why && u->running;
    a->state = u->state == UNIT_HELD ? "held" : why ? "blocked" : u->running ? "running" : "ready";
    a->reason = why ? why
                : u->running
                    ? "You have started it."
                    : "The operations before it are complete, your certification is valid, "
                      "the gages are in calibration.";
    c->rank = u->state == UNIT_HELD ? 3 : why ? 2 : u->running ? 0 : 1;
}

/* Every operation that comes next on some unit; without a ${list} they are only counted. */
static size_t collect(struct command *command, struct candidate *list, struct answer_tasks *totals)
{
    const struct mes *mes = command->mes;
    size_t n = 0;
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_UNIT); i++) {
        const struct unit *u = entities_unit(mes->entities, i);
        const struct order *o = entities_order(mes->entities, (size_t)u->order);
        if (u->state == UNIT_FINISHED || o->state == ORDER_CLOSED || !mes_sees(command, o->part))
            continue;
        const struct routing_segment *s;
        size_t segments = routing_segments(mes->routing, mes->entities, o->route, &s);
        for (size_t k = 0; k < segments; k++) {
            if (u->done >> k & 1 || (u->done & s[k].predecessors) != s[k].predecessors)
                continue;
            if (list) {
                describe(command, i, (long)s[k].number, &list[n]);
                totals->held += list[n].rank == 3;
                totals->blocked += list[n].rank == 2;
                totals->ready += list[n].rank <= 1;
            }
            n++;
        }
    }
    return n;
}

static int get_tasks(struct command *command)
{
    struct candidate *list = mes_array(command, collect(command, NULL, NULL) + 1, sizeof *list);
    struct answer_tasks answer = {0};
    size_t n = collect(command, list, &answer);
    qsort(list, n, sizeof *list, compare);
    n = n < SHOWN_MAX ? n : SHOWN_MAX; /* the best of them all, not the first */
    struct answer_task *tasks = mes_array(command, n, sizeof *tasks);
    for (size_t i = 0; i < n; i++)
        tasks[i] = list[i].answer;
    answer.tasks = tasks;
    answer.tasks_count = n;
    answer_write_tasks(&answer, command->out);
    return 0;
}

static int get_program(struct command *command)
{
    const struct program_info *p = mes_program(command->mes);
    struct answer_program answer = {.training = command->mes->training,
                                    .glass = command->glass,
                                    .glass_count = command->glass_count};
    if (p) {
        answer.name = p->name;
        answer.banner = p->banner;
        answer.banner_kind = p->banner_kind;
        answer.legend = p->legend;
        answer.site = p->site;
    }
    answer_write_program(&answer, command->out);
    return 0;
}

static int get_nonconformances(struct command *command)
{
    const struct mes *mes = command->mes;
    struct answer_nonconformance *rows = mes_array(command, SHOWN_MAX, sizeof *rows);
    size_t n = 0;
    for (size_t i = rows_count(mes->entities, ENTITY_NONCONFORMANCE); i > 0 && n < SHOWN_MAX; i--) {
        const struct nonconformance *row = entities_nonconformance(mes->entities, i - 1);
        const struct unit *u = entities_unit(mes->entities, (size_t)row->unit);
        const struct order *o = entities_order(mes->entities, (size_t)u->order);
        if (!mes_sees(command, o->part))
            continue;
        rows[n++] = (struct answer_nonconformance){
            .number = row->number,
            .serial = u->serial,
            .sequence = row->sequence,
            .order_number = o->number,
            .text = row->text,
            .state = row->open ? "Open" : "Closed",
            .raised_by = row->raised_by,
            .raised = row->raised_ms,
        };
    }
    answer_write_nonconformances(
        &(struct answer_nonconformances){.nonconformances = rows, .nonconformances_count = n},
        command->out);
    return 0;
}

int tasks_run(struct command *command)
{
    switch (command->operation->number) {
    case OPERATION_GET_TASKS:
        return get_tasks(command);
    case OPERATION_GET_PROGRAM:
        return get_program(command);
    default:
        return get_nonconformances(command);
    }
}
