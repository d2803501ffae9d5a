#include "appliance/worker/impact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/holder.h"
#include "appliance/worker/desk.h"
#include "crypto/hash.h"
#include "enclave/process/log.h"
#include "policy/cedar.h"

#define V(name)       body_value(command->body, name)
#define SAMPLES       150 /* of each kind; all of them fit an answer */
#define CONTEXTS_MAX  64
#define EVENTS_MAX    20000 /* that contexts are looked for in */
#define DAYS          30
#define DAY_MS        ((int64_t)86400000)
#define HOUR_MS       ((int64_t)3600000)
#define STEP          20000 /* evaluations, about a millisecond */
#define OBJECTS_MAX   500000
#define PROGRAM_TYPES 5

/* Where and when somebody worked lately. */
struct seen {
    uint8_t station[16];
    int weekday, hour;
};

struct listed {
    enum entity_kind kind; /* ENTITY_COUNT: the program itself, as ${type} */
    const char *type;
    uint32_t number;
};

struct side {
    struct cedar_policies *policies;
    struct cedar_entities *base;
    struct cedar_value *principals, *actions, *resources, *contexts;
};

struct impact_job {
    uint8_t proposal[16];
    uint64_t epoch; /* of the snapshot */
    int64_t version[2];
    uint8_t hash[32];
    struct side side[2];
    uint8_t (*people)[16];
    size_t people_count;
    const struct operation *actions[128];
    size_t actions_count;
    struct listed *objects;
    size_t objects_count;
    struct seen seen[CONTEXTS_MAX];
    size_t seen_count;
    struct cedar_impact *impact;
    bool done, failed;
};

static void free_side(struct side *s)
{
    cedar_entities_free(s->base);
    cedar_policies_free(s->policies);
    free(s->principals);
    free(s->actions);
    free(s->resources);
    free(s->contexts);
}

static void job_free(struct worker *w)
{
    struct impact_job *j = w->impact;
    if (!j)
        return;
    cedar_impact_free(j->impact);
    free_side(&j->side[0]);
    free_side(&j->side[1]);
    free(j->people);
    free(j->objects);
    free(j);
    w->impact = NULL;
}

void impact_forget(struct worker *w, const uint8_t proposal[static 16])
{
    if (w->impact && memcmp(w->impact->proposal, proposal, 16) == 0)
        job_free(w);
}

/* ---- what is asked ---- */

static void list_actions(struct impact_job *j)
{
    for (size_t i = 0; i < operations_count && j->actions_count < 128; i++) {
        const struct operation *o = &operations[i];
        if (o->server == SERVER_WORKER && o->action[0] && operation_action_first(o) == o)
            j->actions[j->actions_count++] = o;
    }
}

static void list_kind(const struct worker *w, struct impact_job *j, enum entity_kind kind,
                      const char *type)
{
    size_t count = rows_count(w->mes->entities, kind);
    for (size_t i = 0; i < count && j->objects_count < OBJECTS_MAX; i++)
        j->objects[j->objects_count++] = (struct listed){kind, type, (uint32_t)i};
}

static int list_objects(const struct worker *w, struct impact_job *j)
{
    static const char *const program[PROGRAM_TYPES] = {"Release", "Inbound", "Definition",
                                                       "Security", "Policy"};
    struct entities *e = w->mes->entities;
    size_t most = rows_count(e, ENTITY_UNIT) + rows_count(e, ENTITY_ORDER) +
                  rows_count(e, ENTITY_DOCUMENT) + PROGRAM_TYPES;
    j->objects = calloc(most < OBJECTS_MAX ? most : OBJECTS_MAX, sizeof *j->objects);
    if (!j->objects)
        return ERR_MEMORY;
    for (size_t i = 0; i < PROGRAM_TYPES; i++)
        j->objects[j->objects_count++] = (struct listed){ENTITY_COUNT, program[i], 0};
    list_kind(w, j, ENTITY_DOCUMENT, "Document");
    list_kind(w, j, ENTITY_ORDER, "Order");
    list_kind(w, j, ENTITY_UNIT, "Unit");
    return 0;
}

static void note_context(struct impact_job *j, const uint8_t station[static 16], int64_t utc_ms)
{
    int64_t day = utc_ms / DAY_MS;
    struct seen s = {.weekday = (int)((day + 3) % 7 + 1), .hour = (int)(utc_ms % DAY_MS / HOUR_MS)};
    memcpy(s.station, station, 16);
    for (size_t i = 0; i < j->seen_count; i++)
        if (memcmp(&j->seen[i], &s, sizeof s) == 0)
            return;
    if (j->seen_count < CONTEXTS_MAX)
        j->seen[j->seen_count++] = s;
}

/* From the newest events back; the moment itself is one, from the officer's station. */
static int list_contexts(struct worker *w, struct impact_job *j, const uint8_t station[static 16])
{
    static const uint8_t nobody[16];
    int64_t now = worker_now(w);
    uint64_t size = store_size(w->store);
    note_context(j, station, now);
    for (uint64_t i = size; i > 0 && size - i < EVENTS_MAX; i--) {
        struct store_event stored;
        struct event event;
        int r = store_read(w->store, i - 1, &stored);
        if (r == 0)
            r = event_decode(stored.payload, &event);
        if (r)
            return r;
        if (event.common.utc_ms < now - DAYS * DAY_MS)
            return 0;
        if (memcmp(event.common.station, nobody, 16) != 0)
            note_context(j, event.common.station, event.common.utc_ms);
    }
    return 0;
}

/* ---- the two sides ---- */

static void object_id(const struct listed *o, char out[static 64])
{
    snprintf(out, 64, "%s/%u", o->type, o->number);
}

/* Somebody else asked for a release or proposed a set: without that nobody may approve, and a set
 * that lets others approve would seem to change nothing. */
static bool has_requester(const struct listed *o)
{
    return strcmp(o->type, "Release") == 0 || strcmp(o->type, "Policy") == 0;
}

static void add_objects(const struct worker *w, const struct impact_job *j, struct side *s)
{
    char type[64], id[64];
    for (size_t i = 0; i < j->objects_count; i++) {
        const struct listed *o = &j->objects[i];
        struct subject subject;
        mes_subject_of(w->mes, o->kind, o->number, &subject);
        if (has_requester(o))
            memcpy(subject.requester, decide_somebody, 16);
        snprintf(type, sizeof type, "Casemate::%s", o->type);
        object_id(o, id);
        decider_object_add(w->decider, s->base, type, id, &subject);
        s->resources[i] = cedar_entity(s->base, type, id);
    }
}

static void add_contexts(const struct worker *w, const struct impact_job *j, int64_t now_ms,
                         struct side *s)
{
    for (size_t i = 0; i < 2 * j->seen_count; i++) {
        const struct seen *seen = &j->seen[i / 2];
        struct circumstance c = {.factor = i % 2 ? FACTOR_FIDO2 : FACTOR_BADGE_PIN,
                                 .now_ms = now_ms};
        memcpy(c.station, seen->station, 16);
        s->contexts[i] =
            decider_context(w->decider, s->base, &c, "none", seen->weekday, seen->hour * HOUR_MS);
    }
}

static int build_side(const struct worker *w, const struct impact_job *j, int64_t now_ms,
                      struct bytes_view site, struct bytes_view program, struct side *s)
{
    struct cedar_source sources[] = {{"mandatory.cedar", (const char *)site.data, site.length},
                                     {"program.cedar", (const char *)program.data, program.length}};
    const struct program_info *info = mes_program(w->mes);
    struct cedar_problem problem;
    char id[HOLDER_ID_TEXT];
    int64_t next = INT64_MAX;
    if (cedar_policies_load(sources, 2, &s->policies, &problem) != 0)
        return ERR_POLICY;
    s->principals = calloc(j->people_count + 1, sizeof *s->principals);
    s->actions = calloc(j->actions_count + 1, sizeof *s->actions);
    s->resources = calloc(j->objects_count + 1, sizeof *s->resources);
    s->contexts = calloc(2 * j->seen_count + 1, sizeof *s->contexts);
    if (!s->principals || !s->actions || !s->resources || !s->contexts ||
        cedar_base_new(s->policies, &s->base) != 0)
        return ERR_MEMORY;
    decider_base_add(w->decider, s->base, now_ms, &next);
    if (process_is_training(w->process))
        decider_training_station(s->base, info ? info->site : "");
    add_objects(w, j, s);
    add_contexts(w, j, now_ms, s);
    for (size_t i = 0; i < j->people_count; i++) {
        holder_id(j->people[i], id);
        s->principals[i] = cedar_entity(s->base, "Casemate::Person", id);
    }
    for (size_t i = 0; i < j->actions_count; i++)
        s->actions[i] = cedar_entity(s->base, "Casemate::Action", j->actions[i]->action);
    return cedar_entities_freeze(s->base) == 0 ? 0 : ERR_POLICY;
}

static bool applies(void *caller, enum cedar_impact_axis axis, size_t action, size_t index)
{
    const struct impact_job *j = caller;
    if (axis != CEDAR_IMPACT_RESOURCE)
        return true;
    for (size_t i = 0; i < operations_count; i++)
        if (strcmp(operations[i].action, j->actions[action]->action) == 0 &&
            strcmp(operations[i].resource, j->objects[index].type) == 0)
            return true;
    return false;
}

static int compare(struct impact_job *j)
{
    struct cedar_impact_side sides[2];
    struct cedar_impact_space space = {.principals = j->people_count,
                                       .actions = j->actions_count,
                                       .resources = j->objects_count,
                                       .contexts = 2 * j->seen_count,
                                       .applies = applies,
                                       .caller = j,
                                       .on_error = CEDAR_DENY_ON_ERROR,
                                       .samples = SAMPLES};
    for (int i = 0; i < 2; i++)
        sides[i] = (struct cedar_impact_side){j->side[i].policies,   j->side[i].base,
                                              j->side[i].principals, j->side[i].actions,
                                              j->side[i].resources,  j->side[i].contexts};
    return cedar_impact_begin(&sides[0], &sides[1], &space, &j->impact) == 0 ? 0 : ERR_POLICY;
}

/* Texts of both layers: in force, and with the proposal in its layer's place. */
static int build_sides(struct worker *w, struct impact_job *j, const struct policy_row *row)
{
    struct bytes_view text[2] = {{0}, {0}}, proposed = {0};
    int64_t now = worker_now(w);
    int r = policy_read(w->mes, row, &proposed, NULL);
    for (int i = 0; r == 0 && i < 2; i++) {
        const struct policy_row *in_force =
            policy_at(w->mes, (enum policy_layer)(i + 1), INT64_MAX);
        r = in_force ? policy_read(w->mes, in_force, &text[i], NULL) : ERR_UNKNOWN;
    }
    if (r == 0)
        r = build_side(w, j, now, text[0], text[1], &j->side[0]);
    if (r == 0)
        r = build_side(w, j, now, row->layer == POLICY_SITE ? proposed : text[0],
                       row->layer == POLICY_SITE ? text[1] : proposed, &j->side[1]);
    for (int i = 0; i < 2; i++)
        free((void *)(uintptr_t)text[i].data);
    free((void *)(uintptr_t)proposed.data);
    return r;
}

static int begin(struct worker *w, const struct policy_row *row, const uint8_t station[static 16])
{
    struct impact_job *j = calloc(1, sizeof *j);
    job_free(w);
    if (!j)
        return ERR_MEMORY;
    w->impact = j;
    memcpy(j->proposal, row->proposal, 16);
    memcpy(j->hash, row->hash, 32);
    memcpy(j->version, w->policy_version, sizeof j->version);
    j->epoch = w->snapshot->epoch;
    j->people_count = w->snapshot->people;
    j->people = calloc(j->people_count + 1, 16);
    if (!j->people)
        return ERR_MEMORY;
    for (size_t i = 0; i < j->people_count; i++)
        memcpy(j->people[i], w->snapshot->person[i].id, 16);
    list_actions(j);
    int r = list_objects(w, j);
    if (r == 0)
        r = list_contexts(w, j, station);
    if (r == 0)
        r = build_sides(w, j, row);
    return r ? r : compare(j);
}

bool impact_due(struct worker *w)
{
    struct impact_job *j = w->impact;
    if (!j || j->done || j->failed)
        return false;
    if (cedar_impact_step(j->impact, STEP, &j->done) != 0)
        j->failed = true;
    return !j->done && !j->failed;
}

/* ---- the report ---- */

static bool is_current(const struct worker *w, const struct impact_job *j)
{
    return w->snapshot && j->epoch == w->snapshot->epoch &&
           memcmp(j->version, w->policy_version, sizeof j->version) == 0;
}

bool impact_digest(const struct worker *w, const uint8_t proposal[static 16],
                   uint8_t out[static 32])
{
    struct impact_job *j = w->impact;
    uint8_t bytes[256];
    if (!j || !j->done || j->failed || memcmp(j->proposal, proposal, 16) != 0 || !is_current(w, j))
        return false;
    const struct cedar_impact_result *result = cedar_impact_result(j->impact);
    struct bytes_put put = bytes_into(bytes, sizeof bytes);
    bytes_put_fixed(&put, j->proposal, 16);
    bytes_put_fixed(&put, j->hash, 32);
    bytes_put_u64(&put, j->epoch);
    bytes_put_i64(&put, j->version[0]);
    bytes_put_i64(&put, j->version[1]);
    bytes_put_u64(&put, result->total);
    for (int i = 0; i < CEDAR_IMPACT_KINDS; i++)
        bytes_put_u64(&put, result->changes[i].count);
    hash_content("casemate/impact/1", bytes_view_of(bytes, bytes_put_length(&put)), out);
    return true;
}

static const char *person_of(const struct worker *w, const struct impact_job *j, uint32_t at)
{
    const struct snapshot_holder *h = snapshot_find(w->snapshot, j->people[at]);
    return h ? h->name : "somebody who is not known any more";
}

static const char *object_of(struct command *command, const struct worker *w,
                             const struct listed *o)
{
    struct entities *e = w->mes->entities;
    switch (o->kind) {
    case ENTITY_UNIT:
        return mes_print(command, "Unit %s", entities_unit(e, o->number)->serial);
    case ENTITY_ORDER:
        return mes_print(command, "Order %s", entities_order(e, o->number)->number);
    case ENTITY_DOCUMENT:
        return mes_print(command, "Document %s", entities_document(e, o->number)->number);
    default:
        return o->type;
    }
}

static const char *context_of(struct command *command, const struct worker *w,
                              const struct impact_job *j, uint32_t at)
{
    static const char *const days[] = {"", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    const struct seen *s = &j->seen[at / 2];
    const struct snapshot_holder *station = snapshot_find_station(w->snapshot, s->station);
    return mes_print(command, "%s, %s %02d:00 UTC, %s", station ? station->name : "TRAINING",
                     days[s->weekday], s->hour, at % 2 ? "security key" : "badge and PIN");
}

/* The policies that decided one question, on one side. */
static const char *decided_by(struct command *command, struct worker *w, const struct side *s,
                              const struct cedar_impact_sample *q)
{
    struct cedar_request request = {s->principals[q->principal], s->actions[q->action],
                                    s->resources[q->resource], s->contexts[q->context]};
    struct cedar_result result;
    char text[300] = "";
    size_t used = 0;
    enum cedar_decision d = cedar_decide(s->policies, s->base, &request, CEDAR_DENY_ON_ERROR,
                                         decider_scratch(w->decider), &result);
    for (uint32_t i = 0; i < result.determining_count && used + 60 < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, " %.48s",
                                 cedar_policy_id(s->policies, result.determining[i]));
    return mes_print(command, "%s%s%s", d == CEDAR_ALLOW ? "allowed" : "denied",
                     result.erring_count ? ", a policy errs" : "", text);
}

static size_t changes_of(struct worker *w, struct command *command, struct impact_job *j,
                         enum cedar_impact_kind kind, const struct answer_impact_change **ret)
{
    const struct cedar_impact_change *c = &cedar_impact_result(j->impact)->changes[kind];
    struct answer_impact_change *rows = mes_array(command, c->sample_count, sizeof *rows);
    size_t count = c->sample_count < SAMPLES ? c->sample_count : SAMPLES;
    for (size_t i = 0; i < count; i++) {
        const struct cedar_impact_sample *s = &c->samples[i];
        rows[i] =
            (struct answer_impact_change){.person = person_of(w, j, s->principal),
                                          .action = j->actions[s->action]->action,
                                          .object = object_of(command, w, &j->objects[s->resource]),
                                          .context = context_of(command, w, j, s->context),
                                          .before = decided_by(command, w, &j->side[0], s),
                                          .after = decided_by(command, w, &j->side[1], s)};
    }
    *ret = rows;
    return count;
}

static void write_report(struct worker *w, struct command *command, struct impact_job *j)
{
    const struct cedar_impact_result *result = cedar_impact_result(j->impact);
    struct answer_impact a = {.state = j->failed          ? "failed"
                                       : !j->done         ? "running"
                                       : is_current(w, j) ? "done"
                                                          : "stale",
                              .decided = (int64_t)result->decided,
                              .of = (int64_t)result->total,
                              .people = (int64_t)j->people_count,
                              .objects = (int64_t)j->objects_count,
                              .actions = (int64_t)j->actions_count,
                              .contexts = 2 * (int64_t)j->seen_count};
    uint8_t digest[32];
    char hex[65] = "";
    a.newly_allowed = (int64_t)result->changes[CEDAR_NEWLY_ALLOWED].count;
    a.newly_denied = (int64_t)result->changes[CEDAR_NEWLY_DENIED].count;
    a.newly_erring = (int64_t)result->changes[CEDAR_NEWLY_ERRING].count;
    if (impact_digest(w, j->proposal, digest))
        bytes_to_hex(digest, 32, hex);
    a.digest = hex;
    a.sentence = mes_print(
        command,
        "Exhaustive over the store of now: %zu people, %zu actions, %zu objects, %zu contexts "
        "(stations, weekdays and hours of the last %d days, newest %d events, each with PIN and "
        "with key; asked for by somebody else; without broken glass). It is no proof about people "
        "or objects that come later.",
        j->people_count, j->actions_count, j->objects_count, 2 * j->seen_count, DAYS, EVENTS_MAX);
    if (j->done) {
        a.allowed_count = changes_of(w, command, j, CEDAR_NEWLY_ALLOWED, &a.allowed);
        a.denied_count = changes_of(w, command, j, CEDAR_NEWLY_DENIED, &a.denied);
        a.erring_count = changes_of(w, command, j, CEDAR_NEWLY_ERRING, &a.erring);
    }
    answer_write_impact(&a, command->out);
}

int impact_answer(struct worker *w, struct command *command)
{
    const struct policy_row *row = policy_by_id(w->mes, V("proposal")->bytes);
    struct impact_job *j = w->impact;
    if (!row || row->state != POLICY_PROPOSED)
        return mes_refuse(command, 404, "proposal", "There is no such proposal that waits.",
                          "Nothing was changed.", "Load the list of policies again.");
    bool same = j && memcmp(j->proposal, row->proposal, 16) == 0;
    if (j && !same && !j->done && !j->failed)
        return mes_refuse(command, 409, "proposal",
                          "Another proposal's consequences are being computed.",
                          "Nothing was changed.", "Ask again in a moment.");
    if (!same || j->failed || (j->done && !is_current(w, j))) {
        int r = begin(w, row, command->actor.station);
        if (r) {
            job_free(w);
            return mes_refuse(command, 409, "proposal",
                              mes_print(command, "It cannot be compared: %s.", error_text(r)),
                              "Nothing was changed.", "Propose it again.");
        }
    }
    write_report(w, command, w->impact);
    return 0;
}
