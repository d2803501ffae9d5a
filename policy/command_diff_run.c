#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/command_diff.h"
#include "policy/entity.h"
#include "policy/entity_json.h"
#include "policy/impact.h"

#define STEP 1000000U /* evaluations between two looks at the clock */

/* ---- how far it is ---- */

static time_t seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* After two seconds; then once a second on a terminal, else every ten. */
static void tell_progress(struct comparison *c)
{
    bool is_terminal = isatty(STDERR_FILENO) == 1;
    time_t now = seconds();

    if (now - c->told < (c->told == c->started ? 2 : is_terminal ? 1 : 10))
        return;
    c->told = now;
    fprintf(stderr, "%scasemate-policy: %llu of about %llu compared%s", is_terminal ? "\r" : "",
            (unsigned long long)c->compared, (unsigned long long)c->total, is_terminal ? "" : "\n");
    fflush(stderr);
}

/* ---- one request ---- */

static void decide_both(struct comparison *c, const char *name)
{
    for (int i = 0; i < 2; i++) {
        struct side *s = &c->sides[i];
        (void)!cedar_decide(s->policies, s->overlay, &s->request, c->on_error, s->scratch,
                            &s->result);
    }
    c->compared++;
    comparison_note(c, name);
    if (c->compared % 4096 == 0)
        tell_progress(c);
}

/* What a request is called: by its name, or by its place in the list. */
static void name_request(const struct json *request, uint32_t number, char *out, size_t size)
{
    const struct json *name = json_member(request, "name");

    if (name != NULL && name->kind == JSON_STRING)
        snprintf(out, size, "%.*s", (int)name->string.length, name->string.data);
    else
        snprintf(out, size, "%u", number);
}

/* The overlay with the entities of ${request} (or NULL) in it, not frozen yet. */
static bool begin_request(struct comparison *c, struct side *s, const struct json *request,
                          struct cedar_problem *problem, struct entity_json *ret)
{
    const struct json *own = json_member(request, "entities");

    cedar_overlay_reset(s->overlay, s->base);
    *ret = (struct entity_json){.entities = s->overlay,
                                .source = &c->requests.source,
                                .problem = problem,
                                .schema = c->schema};
    return own == NULL || entity_json_all(ret, own) == 0;
}

/* ---- the list ---- */

static bool read_one(struct comparison *c, struct side *s, const struct json *request,
                     struct cedar_problem *problem)
{
    static const char *const names[] = {"principal", "action", "resource"};
    struct cedar_request *r = &s->request;
    struct cedar_value *values[] = {&r->principal, &r->action, &r->resource};
    struct entity_json j;

    if (!begin_request(c, s, request, problem, &j))
        return false;
    for (int i = 0; i < 3; i++) {
        const struct json *v = json_member(request, names[i]);
        if (v == NULL)
            return json_fail(problem, &c->requests.source, request->offset,
                             "a request needs principal, action and resource") == 0;
        if (entity_json_uid(&j, v, values[i]) != 0)
            return false;
    }
    j.action = &r->action;
    return entity_json_context(&j, c->context, json_member(request, "context"), &r->context) == 0 &&
           cedar_entities_freeze(s->overlay) == 0 &&
           (c->schema == NULL || cedar_request_check(c->schema, s->overlay, r, problem) == 0);
}

static bool run_list(struct comparison *c)
{
    struct cedar_problem problem = {0};
    uint32_t number = 0;
    char name[256];

    c->total = c->request_list->count;
    for (const struct json *r = c->request_list->first; r != NULL; r = r->next) {
        name_request(r, ++number, name, sizeof name);
        for (int i = 0; i < 2; i++)
            if (!read_one(c, &c->sides[i], r, &problem)) {
                fprintf(stderr, "casemate-policy: %s: request %s:\n", c->requests.source.name,
                        name);
                problem_report(&problem);
                return false;
            }
        decide_both(c, name);
    }
    return true;
}

/* ---- everything that the store holds ---- */

static bool json_same(const struct json *a, const struct json *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    if (a->kind != b->kind || a->count != b->count || a->number != b->number ||
        !text_equal(a->string, b->string) || !text_equal(a->key, b->key))
        return false;
    for (a = a->first, b = b->first; a != NULL; a = a->next, b = b->next)
        if (!json_same(a, b))
            return false;
    return true;
}

/* Whether an earlier request has the same context and brings the same entities. */
static bool is_repeated(const struct comparison *c, const struct json *request)
{
    for (const struct json *r = c->request_list->first; r != request; r = r->next)
        if (json_same(json_member(r, "context"), json_member(request, "context")) &&
            json_same(json_member(r, "entities"), json_member(request, "entities")))
            return true;
    return false;
}

/* The entities of a side: those of the base, then those of the overlay. */
static uint32_t entity_count(const struct side *s)
{
    return s->base->count + s->overlay->count;
}

/* Both sides read the same lists in the same order, so they number entities alike. */
static struct uid entity_uid(const struct side *s, uint32_t number)
{
    return number < s->base->count ? s->base->items[number].uid
                                   : s->overlay->items[number - s->base->count].uid;
}

static struct text type_of(const struct side *s, uint32_t number)
{
    return symbols_text(&s->overlay->symbols, entity_uid(s, number).type);
}

static struct cedar_value entity_value(const struct side *s, uint32_t number)
{
    struct uid uid = entity_uid(s, number);

    return (struct cedar_value){.tag = VALUE_ENTITY, .uid = {uid.type, uid.id}};
}

/* Whether the entity may stand there, by the schema or because it is no action. */
static bool fits(const struct comparison *c, uint32_t number, const struct run *types)
{
    struct text type = type_of(&c->sides[0], number);

    if (types == NULL)
        return !is_action_type(type);
    uint32_t t = schema_entity_type(c->schema, type);
    return t != UINT32_MAX && schema_run_has(c->schema, *types, t);
}

/* The entities that may stand there, as each side has them. */
struct cast {
    struct cedar_value *values[2];
    uint32_t count;
};

static void cast_free(struct cast *cast)
{
    free(cast->values[0]);
    free(cast->values[1]);
}

static bool cast_fill(struct cast *cast, const struct comparison *c, const struct run *types)
{
    uint32_t all = entity_count(&c->sides[0]);

    *cast = (struct cast){0};
    for (int k = 0; k < 2; k++)
        if ((cast->values[k] = calloc((size_t)all + 1, sizeof **cast->values)) == NULL)
            return false;
    for (uint32_t i = 0; i < all; i++) {
        if (!fits(c, i, types))
            continue;
        for (int k = 0; k < 2; k++)
            cast->values[k][cast->count] = entity_value(&c->sides[k], i);
        cast->count++;
    }
    return true;
}

/* Count the changes of ${kind} and keep, in order, those that are to be shown. */
static void take_changes(struct comparison *c, struct cedar_impact *impact,
                         enum cedar_impact_kind kind, enum diff_kind as, const struct cast cast[2],
                         const char *name)
{
    const struct impact_list *first = impact_first(impact, kind, 0);

    c->changes[as].count += impact->result.changes[kind].count;
    for (uint32_t i = 0; i < first->count && c->changes[as].sample_count < c->limit; i++) {
        for (int k = 0; k < 2; k++) {
            struct side *s = &c->sides[k];
            s->request.principal = cast[0].values[k][first->at[i].principal];
            s->request.resource = cast[1].values[k][first->at[i].resource];
            (void)!cedar_decide(s->policies, s->overlay, &s->request, c->on_error, s->scratch,
                                &s->result);
        }
        comparison_keep(c, as, name);
    }
}

/* Step by step, so that it can be told how far it is. */
static int run_impact(struct comparison *c, struct cedar_impact *impact)
{
    uint64_t before = c->compared;
    bool done = false;
    int r = 0;

    while (r == 0 && !done) {
        r = cedar_impact_step(impact, STEP, &done);
        c->compared = before + impact->result.decided;
        tell_progress(c);
    }
    return r;
}

/* One action in one context: all people on all things, by both sides. */
static int compare_cast(struct comparison *c, const struct cast cast[2], const char *name)
{
    const struct cedar_impact_space space = {.principals = cast[0].count,
                                             .actions = 1,
                                             .resources = cast[1].count,
                                             .contexts = 1,
                                             .on_error = c->on_error,
                                             .samples = c->limit};
    struct cedar_impact_side sides[2];
    struct cedar_impact *impact = NULL;

    for (int k = 0; k < 2; k++)
        sides[k] = (struct cedar_impact_side){c->sides[k].policies, c->sides[k].overlay,
                                              cast[0].values[k],    &c->sides[k].request.action,
                                              cast[1].values[k],    &c->sides[k].request.context};
    int r = cedar_impact_begin(&sides[0], &sides[1], &space, &impact);
    if (r == 0)
        r = run_impact(c, impact);
    if (r == 0) {
        take_changes(c, impact, CEDAR_NEWLY_ALLOWED, DIFF_NEWLY_ALLOWED, cast, name);
        take_changes(c, impact, CEDAR_NEWLY_DENIED, DIFF_NEWLY_DENIED, cast, name);
        take_changes(c, impact, CEDAR_OTHER_REASONS, DIFF_OTHER_REASONS, cast, name);
    }
    cedar_impact_free(impact);
    return r;
}

static bool run_action(struct comparison *c, const struct schema_action *a, const char *name)
{
    struct cast cast[2] = {0};
    int r = CEDAR_ERR_MEMORY;

    if (cast_fill(&cast[0], c, a == NULL ? NULL : &a->principals) &&
        cast_fill(&cast[1], c, a == NULL ? NULL : &a->resources))
        r = compare_cast(c, cast, name);
    cast_free(&cast[0]);
    cast_free(&cast[1]);
    if (r != 0)
        fprintf(stderr, "casemate-policy: cannot compare: %s\n", cedar_error_text(r));
    return r == 0;
}

enum world { WORLD_FAILED, WORLD_LEFT_OUT, WORLD_READY };

/* The context as this action has it; left out if the schema does not admit it. */
static enum world set_context(struct comparison *c, const struct json *request, uint32_t action,
                              struct cedar_problem *problem)
{
    for (int k = 0; k < 2; k++) {
        struct side *s = &c->sides[k];
        struct entity_json j;
        if (!begin_request(c, s, request, problem, &j))
            return WORLD_FAILED;
        s->request.action = entity_value(s, action);
        j.action = &s->request.action;
        if (entity_json_context(&j, c->context, json_member(request, "context"),
                                &s->request.context) != 0)
            return c->schema != NULL ? WORLD_LEFT_OUT : WORLD_FAILED;
        if (cedar_entities_freeze(s->overlay) != 0)
            return WORLD_FAILED;
    }
    return WORLD_READY;
}

static const struct schema_action *action_of(const struct comparison *c, uint32_t number)
{
    const struct side *s = &c->sides[0];
    struct uid uid = entity_uid(s, number);
    uint32_t a = schema_action(c->schema, symbols_text(&s->base->symbols, uid.type),
                               symbols_text(&s->base->symbols, uid.id));

    return a == UINT32_MAX ? NULL : &c->schema->actions.at[a];
}

/* Whether that entity of the base is an action. */
static bool is_action(const struct side *s, uint32_t number)
{
    return is_action_type(symbols_text(&s->base->symbols, s->base->items[number].uid.type));
}

/* Everybody does everything on everything, in one context. */
static bool run_world(struct comparison *c, const struct json *request, const char *name)
{
    struct cedar_problem problem = {0};

    for (uint32_t i = 0; i < c->sides[0].base->count; i++) {
        const struct schema_action *a = c->schema == NULL ? NULL : action_of(c, i);
        if (!is_action_type(
                symbols_text(&c->sides[0].base->symbols, c->sides[0].base->items[i].uid.type)) ||
            (c->schema != NULL && (a == NULL || a->principals.count == 0)))
            continue;
        enum world w = set_context(c, request, i, &problem);
        if (w == WORLD_FAILED) {
            problem_report(&problem);
            return false;
        }
        if (w == WORLD_LEFT_OUT) {
            c->left_out++;
            continue;
        }
        if (!run_action(c, a, name))
            return false;
    }
    return true;
}

/* Whether the entities hold the action, or group of actions, ${number} of the scope. */
static bool holds_action(const struct side *s, const struct scope *scope, uint32_t number)
{
    const uint32_t *pair = &s->policies->children.at[scope->first + 2 * number];
    struct uid uid = scope->kind == SCOPE_IN_SET ? (struct uid){pair[0], pair[1]} : scope->uid;
    char text[256];

    if (entities_find(s->base, uid) != NULL)
        return true;
    const struct cedar_value value = {.tag = VALUE_ENTITY, .uid = {uid.type, uid.id}};
    fprintf(stderr,
            "casemate-policy: --all cannot ask for the action %s that the policies name: the "
            "entities do not hold it\nhelp: add it to the entities, or give --schema\n",
            cedar_value_print(s->base, value, text, sizeof text));
    return false;
}

/* Without a schema the actions are those of the entities: one that is not there would be left
 * out of the comparison, and with it what is newly allowed. */
static bool holds_actions(const struct side *s)
{
    for (uint32_t i = 0; i < s->policies->policies.count; i++) {
        const struct scope *scope = &s->policies->policies.at[i].scopes[VARIABLE_ACTION];
        uint32_t n = scope->kind == SCOPE_IN_SET                          ? scope->count
                     : scope->kind == SCOPE_EQ || scope->kind == SCOPE_IN ? 1
                                                                          : 0;
        for (uint32_t k = 0; k < n; k++)
            if (!holds_action(s, scope, k))
                return false;
    }
    return true;
}

static bool run_all(struct comparison *c)
{
    uint64_t n = 0, actions = 0;
    uint32_t number = 0;
    char name[256];

    for (uint32_t i = 0; i < c->sides[0].base->count; i++)
        *(is_action(&c->sides[0], i) ? &actions : &n) += 1;
    if (c->request_list == NULL || c->request_list->count == 0) {
        c->contexts = 1;
        c->total = actions * n * n;
        return run_world(c, NULL, "without a context");
    }
    for (const struct json *r = c->request_list->first; r != NULL; r = r->next)
        c->contexts += !is_repeated(c, r);
    c->total = c->contexts * actions * n * n;
    for (const struct json *r = c->request_list->first; r != NULL; r = r->next) {
        name_request(r, ++number, name, sizeof name);
        if (!is_repeated(c, r) && !run_world(c, r, name))
            return false;
    }
    return true;
}

bool comparison_run(struct comparison *c)
{
    c->started = c->told = seconds();
    bool ok = !c->all || c->schema != NULL ||
              (holds_actions(&c->sides[0]) && holds_actions(&c->sides[1]));

    ok = ok && (c->all ? run_all(c) : run_list(c));

    if (c->told != c->started && isatty(STDERR_FILENO) == 1)
        fputc('\n', stderr);
    if (c->failed)
        fprintf(stderr, "casemate-policy: out of memory\n");
    if (ok && c->compared == 0) {
        fprintf(stderr, "casemate-policy: nothing was compared: %s\n",
                c->all ? "the entities hold no action, or nobody and nothing that it is for"
                       : "the list of requests is empty");
        return false;
    }
    return ok && !c->failed;
}
