/* What was done before the first start, by whom and when it says it was. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/cli/seed.h"

#define UNITS_MAX       64
#define MINUTES_BETWEEN 5
#define MINUTES_SHIFT   7 /* two units of one day do not begin at the same minute */

/* One order's past. */
struct past {
    struct seed *s;
    int program;
    yyjson_val *data;
    struct {
        char id[SEED_UUID], serial[32];
    } units[UNITS_MAX];
    size_t units_count;
};

/* The day's morning, so many days ago, in minutes from now: never in the future. */
static int64_t morning(const struct seed *s)
{
    int64_t minute_of_day = s->now_ms / 60000 % (24 * 60);
    return 6 * 60 - minute_of_day;
}

static yyjson_val *segments_next(const struct past *p, yyjson_val *order, size_t *at)
{
    yyjson_val *list = yyjson_obj_get(yyjson_doc_get_root(p->s->program[p->program]), "define");
    const char *part = seed_text(order, "part"), *route = "";
    for (size_t i = 0; i < yyjson_arr_size(list); i++) {
        yyjson_val *one = yyjson_arr_get(list, i), *body = yyjson_obj_get(one, "body");
        if (strcmp(seed_text(one, "kind"), "route") == 0 &&
            strcmp(seed_text(body, "part"), part) == 0)
            route = seed_text(body, "route");
        if (strcmp(seed_text(one, "kind"), "segment") == 0 && i >= *at && route[0] &&
            strcmp(seed_text(body, "route"), route) == 0) {
            *at = i + 1;
            return body;
        }
    }
    return NULL;
}

static yyjson_val *order_of(const struct past *p)
{
    size_t i, n;
    yyjson_val *order;
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(p->s->program[p->program]), "orders"), i,
                       n, order) if (strcmp(seed_text(order, "number"),
                                            seed_text(p->data, "order")) == 0) return order;
    return NULL;
}

/* ---- the order ---- */

static int find_order(struct past *p, struct actor *who, char id[static SEED_UUID])
{
    yyjson_doc *doc = NULL;
    size_t i, n;
    yyjson_val *order;
    int r = seed_get(p->s, p->program, who, "/api/orders", &doc);
    if (r)
        return r;
    id[0] = '\0';
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "orders"), i, n,
                       order) if (strcmp(seed_text(order, "number"), seed_text(p->data, "order")) ==
                                  0) snprintf(id, SEED_UUID, "%s", seed_text(order, "order"));
    yyjson_doc_free(doc);
    if (id[0])
        return 0;
    progress_end(&p->s->progress, false);
    return cli_complain(p->s->o, CLI_TROUBLE, "order %s did not appear.",
                        seed_text(p->data, "order"));
}

static int release(struct past *p)
{
    char id[SEED_UUID], when[SEED_TIME];
    struct actor *who = seed_actor(p->s, seed_text(p->data, "released_by"));
    int r = seed_enter(p->s, p->program, who);
    if (r == 0)
        r = find_order(p, who, id);
    if (r)
        return r;
    yyjson_mut_val *top;
    yyjson_mut_doc *body = seed_body(&top);
    seed_time(p->s, -yyjson_get_sint(yyjson_obj_get(p->data, "released_days_ago")), morning(p->s),
              when);
    yyjson_mut_obj_add_str(body, top, "order", id);
    yyjson_mut_obj_add_str(body, top, "performed_at", when);
    return seed_post(p->s, p->program, who, "/api/orders/release", body, NULL);
}

/* Each unit has one task now: its first operation. */
static int find_units(struct past *p)
{
    yyjson_doc *doc = NULL;
    size_t i, n;
    yyjson_val *task;
    struct actor *who = seed_actor(p->s, seed_text(p->data, "released_by"));
    int r = seed_get(p->s, p->program, who, "/api/tasks", &doc);
    if (r)
        return r;
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "tasks"), i, n, task)
    {
        if (strcmp(seed_text(task, "order_number"), seed_text(p->data, "order")) != 0 ||
            p->units_count == UNITS_MAX)
            continue;
        snprintf(p->units[p->units_count].id, SEED_UUID, "%s", seed_text(task, "unit"));
        snprintf(p->units[p->units_count].serial, 32, "%s", seed_text(task, "serial"));
        p->units_count++;
    }
    yyjson_doc_free(doc);
    return 0;
}

/* ---- one operation on one unit ---- */

struct work {
    struct past *past;
    size_t unit;
    yyjson_val *segment;
    int64_t sequence;
    struct actor *who;
    int64_t days, minutes; /* from the first start */
    bool held;
};

static yyjson_mut_doc *work_body(const struct work *w, int64_t minutes, yyjson_mut_val **ret_top)
{
    char when[SEED_TIME];
    yyjson_mut_doc *body = seed_body(ret_top);
    seed_time(w->past->s, w->days, w->minutes + minutes, when);
    yyjson_mut_obj_add_str(body, *ret_top, "unit", w->past->units[w->unit].id);
    yyjson_mut_obj_add_int(body, *ret_top, "sequence", w->sequence);
    yyjson_mut_obj_add_strcpy(body, *ret_top, "performed_at", when);
    return body;
}

static int start(const struct work *w)
{
    yyjson_mut_val *top;
    yyjson_mut_doc *body = work_body(w, 0, &top);
    return seed_post(w->past->s, w->past->program, w->who, "/api/operations/start", body, NULL);
}

static int scan(const struct work *w, int64_t minutes)
{
    yyjson_mut_val *top;
    yyjson_mut_doc *body = work_body(w, minutes, &top);
    yyjson_mut_obj_add_str(body, top, "code", w->past->units[w->unit].serial);
    return seed_post(w->past->s, w->past->program, w->who, "/api/operations/scan", body, NULL);
}

/* {balloon: [a value for each unit]} of this sequence as the readings of this unit. */
static void add_readings(const struct work *w, yyjson_mut_doc *body, yyjson_mut_val *top)
{
    char sequence[12];
    size_t i, n;
    yyjson_val *balloon, *values;
    snprintf(sequence, sizeof sequence, "%d", (int)w->sequence);
    yyjson_val *all = yyjson_obj_get(yyjson_obj_get(w->past->data, "values"), sequence);
    yyjson_val *gages = yyjson_obj_get(w->past->data, "gages");
    if (yyjson_obj_size(all) == 0)
        return;
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(body, top, "readings");
    yyjson_obj_foreach(all, i, n, balloon, values)
    {
        yyjson_mut_val *one = yyjson_mut_arr_add_obj(body, list);
        const char *name = yyjson_get_str(balloon);
        yyjson_mut_obj_add_str(body, one, "characteristic", name);
        yyjson_mut_obj_add_str(body, one, "value", yyjson_get_str(yyjson_arr_get(values, w->unit)));
        yyjson_mut_obj_add_str(body, one, "gage", seed_text(gages, name));
    }
}

static int complete(struct work *w, int64_t minutes)
{
    static const char path[] = "/api/operations/complete";
    yyjson_doc *answer = NULL;
    yyjson_mut_val *top;
    yyjson_mut_doc *body = work_body(w, minutes, &top);
    add_readings(w, body, top);
    if (yyjson_get_bool(yyjson_obj_get(w->segment, "buyoff")))
        return seed_post_signed(w->past->s, w->past->program, w->who, path, "complete-operation",
                                "I performed and accept this operation", body);
    int r = seed_post(w->past->s, w->past->program, w->who, path, body, &answer);
    w->held = r == 0 && yyjson_get_bool(yyjson_obj_get(yyjson_doc_get_root(answer), "held"));
    yyjson_doc_free(answer);
    return r;
}

static int perform(struct work *w)
{
    int64_t minutes = yyjson_get_sint(yyjson_obj_get(w->segment, "run_minutes"));
    int r = seed_enter(w->past->s, w->past->program, w->who);
    if (r == 0)
        r = start(w);
    if (r == 0 && yyjson_get_bool(yyjson_obj_get(w->segment, "scan")))
        r = scan(w, minutes);
    if (r == 0)
        r = complete(w, minutes);
    w->minutes += minutes + MINUTES_BETWEEN;
    return r;
}

/* ---- the units, in the order of the data ---- */

static int perform_unit(struct past *p, size_t unit)
{
    yyjson_val *days = yyjson_arr_get(yyjson_obj_get(p->data, "performed_days_ago"), unit);
    int64_t through = yyjson_get_sint(yyjson_obj_get(p->data, "through"));
    struct work w = {.past = p, .unit = unit, .days = -yyjson_get_sint(days)};
    size_t at = 0;
    int r = 0;
    w.minutes = morning(p->s) + MINUTES_SHIFT * (int64_t)(unit % 10);
    while (r == 0 && !w.held && (w.segment = segments_next(p, order_of(p), &at))) {
        char sequence[12];
        w.sequence = yyjson_get_sint(yyjson_obj_get(w.segment, "sequence"));
        if (w.sequence > through)
            break;
        snprintf(sequence, sizeof sequence, "%d", (int)w.sequence);
        w.who = seed_actor(p->s, seed_text(yyjson_obj_get(p->data, "by"), sequence));
        r = perform(&w);
        if (r == 0)
            progress_step(&p->s->progress);
    }
    return r;
}

static int replay(struct past *p)
{
    size_t units = yyjson_arr_size(yyjson_obj_get(p->data, "performed_days_ago"));
    int r = release(p);
    if (r == 0 && units)
        r = find_units(p);
    if (r)
        return r;
    if (p->units_count < units) {
        progress_end(&p->s->progress, false);
        return cli_complain(p->s->o, CLI_TROUBLE, "order %s has %zu units, not %zu.",
                            seed_text(p->data, "order"), p->units_count, units);
    }
    for (size_t i = 0; r == 0 && i < units; i++)
        r = perform_unit(p, i);
    return r;
}

int seed_history(struct seed *s, int program)
{
    static struct past p;
    char what[64];
    size_t i, n;
    yyjson_val *one;
    yyjson_val *list = yyjson_obj_get(yyjson_doc_get_root(s->program[program]), "history");
    int r = 0;
    snprintf(what, sizeof what, "%s: what was done", seed_program_name(s, program));
    progress_begin(&s->progress, what, 0);
    yyjson_arr_foreach(list, i, n, one)
    {
        p = (struct past){.s = s, .program = program, .data = one};
        r = replay(&p);
        if (r)
            return r;
    }
    progress_end(&s->progress, true);
    return 0;
}
