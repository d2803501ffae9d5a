/* Why somebody may or may not do something; who can; what somebody can. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/holder.h"
#include "appliance/worker/budget.h"
#include "appliance/worker/desk.h"
#include "enclave/process/os.h"
#include "policy/cedar.h"

#define V(name)      body_value(command->body, name)
#define PARTS_MAX    24
#define USES_MAX     48
#define EXPLAIN_ROOM 16384
#define REASONS_MAX  64
#define NOT_KNOWN                                                                                  \
    "Nobody of this name, stamp or id is in this enclave's snapshot (badges are not known here): " \
    "such a person can do nothing here. The entry's desk says which record is missing."

static int refuse_question(struct command *command, const char *field, const char *error,
                           const char *todo)
{
    return mes_refuse(command, 404, field, error, "Nothing was changed.", todo);
}

/* A question: all that it names, found. */
struct question {
    struct moment moment;
    const struct snapshot_holder *person; /* NULL: not known in this enclave then */
    const struct operation *operation;
    struct object object;
    struct subject subject;
    struct circumstance circumstance;
};

static int64_t time_asked(const struct command *command)
{
    return V("at")->present ? V("at")->number : 0;
}

/* As the moment that is asked for: 0; an error of the store; or ERR_STATE after a refusal. */
static int open_moment(struct worker *w, struct command *command, struct moment *moment)
{
    static struct budget budget;
    int64_t at = time_asked(command);
    if (at > worker_now(w)) {
        (void)mes_refuse(command, 400, "at", "That moment has not come yet.",
                         "Nothing was changed.", "Ask about today, or about a day that is over.");
        return ERR_STATE;
    }
    uint64_t wait =
        at && at < worker_now(w) ? budget_take(&budget, command->actor.session, os_boot_ms()) : 0;
    if (wait) {
        (void)mes_refuse(command, 429, "at",
                         "Putting a past day together keeps everybody waiting: it may be asked ten "
                         "times a minute, and twenty times by all.",
                         "Nothing was changed.",
                         mes_print(command, "Ask again in %u seconds; about today ask at any time.",
                                   (unsigned)((wait + 999) / 1000)));
        return ERR_STATE;
    }
    int r = moment_open(w, at, moment);
    if (r != ERR_UNKNOWN)
        return r;
    (void)refuse_question(command, "at",
                          "Nothing is known of that day: it lies before the log begins.",
                          "Ask for a later day.");
    return ERR_STATE;
}

/* The same. */
static int open_question(struct worker *w, struct command *command, struct question *q)
{
    *q = (struct question){0};
    if (!question_object(w, V("on")->text, &q->object)) {
        (void)refuse_question(command, "on", "There is no unit, order or document of this name.",
                              "Give a serial number, an order's or a document's number.");
        return ERR_STATE;
    }
    q->operation = question_operation(V("what")->text, q->object.type);
    if (!q->operation) {
        (void)refuse_question(command, "what", "There is no such action on such an object.",
                              "Give an action of the schema, such as view-document.");
        return ERR_STATE;
    }
    int r = open_moment(w, command, &q->moment);
    if (r)
        return r;
    question_subject(w, &q->object, q->operation->resource, &q->subject);
    question_circumstance(w, command, &q->moment, &q->circumstance);
    return 0;
}

/* ---- the records behind an attribute ---- */

static const char *state_of(const struct snapshot_record *r, int64_t at_ms)
{
    return at_ms < r->from_ms ? "not yet" : at_ms < r->until_ms ? "active" : "expired";
}

static const char *text_in(struct command *command, struct bytes_view v)
{
    return mes_print(command, "%.*s", (int)v.length, (const char *)v.data);
}

static size_t add_records(struct command *command, const struct question *q,
                          const struct snapshot_holder *holder, const char *name, bool all,
                          struct answer_used_record *out, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; holder && i < holder->records && count < room; i++) {
        const struct snapshot_record *r = &holder->record[i];
        const struct attribute *a = attribute_by_number(r->attribute);
        bool tag = a->into == ATTRIBUTE_INTO_TAG;
        char whole[100];
        snprintf(whole, sizeof whole, "%s%.*s", a->as, (int)r->value.length,
                 (const char *)r->value.data);
        if (!all && strcmp(tag ? whole : a->as, name) != 0)
            continue;
        struct answer_used_record *u = &out[count++];
        *u = (struct answer_used_record){.holder = holder->name,
                                         .attribute = a->name,
                                         .value = text_in(command, r->value),
                                         .document = text_in(command, r->document),
                                         .granted_by = text_in(command, r->granted_by),
                                         .from = r->from_ms,
                                         .until = r->until_ms,
                                         .state = state_of(r, q->moment.at_ms)};
        memcpy(u->record, r->record, 16);
    }
    return count;
}

/* The records that the policy's facts come from; a role is read by the scope. */
static void join_records(struct command *command, const struct question *q,
                         const struct cedar_use *uses, size_t count, bool permits,
                         struct answer_policy_part *part)
{
    size_t room = 2 * SNAPSHOT_RECORDS_MAX, used = 0;
    struct answer_used_record *rows = mes_array(command, room, sizeof *rows);
    const struct snapshot_holder *station =
        snapshot_find_station(q->moment.snapshot, q->circumstance.station);
    for (size_t i = 0; i < count; i++) {
        bool person = strcmp(uses[i].variable, "principal") == 0;
        bool at_station =
            strcmp(uses[i].variable, "context") == 0 && strcmp(uses[i].name, "station") == 0;
        if (person)
            used +=
                add_records(command, q, q->person, uses[i].name, false, rows + used, room - used);
        else if (at_station)
            used += add_records(command, q, station, "", true, rows + used, room - used);
    }
    if (permits)
        used += add_records(command, q, q->person, "Role", false, rows + used, room - used);
    part->records = rows;
    part->records_count = used;
}

/* ---- one policy's part in the decision ---- */

static void explain_policy(struct command *command, const struct question *q,
                           const struct cedar_request *request, uint32_t number, const char *kind,
                           struct answer_policy_part *out)
{
    static const char *const outcomes[] = {"not met", "met", "could not be evaluated"};
    struct decider *d = q->moment.decider;
    const struct cedar_policies *policies = decider_compiled(d);
    struct cedar_part parts[PARTS_MAX];
    struct cedar_use uses[USES_MAX];
    char *room = mes_array(command, EXPLAIN_ROOM, 1);
    const char *why = cedar_policy_annotation(policies, number, "why");
    *out = (struct answer_policy_part){.policy = cedar_policy_id(policies, number), .kind = kind};
    out->policy = mes_print(command, "%s", out->policy);
    out->why = why ? mes_print(command, "%s", why) : "";
    size_t n = cedar_explain_values(policies, decider_entities(d), request, decider_scratch(d),
                                    number, parts, PARTS_MAX, room, EXPLAIN_ROOM);
    n = n < PARTS_MAX ? n : PARTS_MAX;
    struct answer_part *rows = mes_array(command, n, sizeof *rows);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct answer_part){.outcome = outcomes[parts[i].outcome],
                                       .text = parts[i].text,
                                       .values = parts[i].values};
    out->parts = rows;
    out->parts_count = n;
    n = cedar_explain_uses(policies, decider_entities(d), request, decider_scratch(d), number, uses,
                           USES_MAX);
    join_records(command, q, uses, n < USES_MAX ? n : USES_MAX, strcmp(kind, "permits") == 0, out);
}

/* The permits that are for others, by whom they are for. */
static size_t explain_others(struct command *command, const struct question *q,
                             const struct cedar_request *request, struct answer_policy_part *out)
{
    struct cedar_reason reasons[REASONS_MAX];
    struct decider *d = q->moment.decider;
    const struct cedar_policies *policies = decider_compiled(d);
    size_t n = cedar_explain_others(policies, decider_entities(d), request, decider_scratch(d),
                                    reasons, REASONS_MAX);
    n = n < REASONS_MAX ? n : REASONS_MAX;
    for (size_t i = 0; i < n; i++) {
        const char *why = cedar_policy_annotation(policies, reasons[i].policy, "why");
        struct answer_part *part = mes_array(command, 1, sizeof *part);
        *part = (struct answer_part){
            .outcome = "not met",
            .text = mes_print(command, "%.*s", (int)reasons[i].length, reasons[i].text),
            .values = ""};
        out[i] = (struct answer_policy_part){
            .policy = mes_print(command, "%s", cedar_policy_id(policies, reasons[i].policy)),
            .kind = "unmet",
            .why = why ? mes_print(command, "%s", why) : "",
            .parts = part,
            .parts_count = 1};
    }
    return n;
}

static size_t explain_all(struct command *command, const struct question *q, bool *ret_allowed,
                          const struct answer_policy_part **ret)
{
    struct decider *d = q->moment.decider;
    struct cedar_reason reasons[REASONS_MAX];
    struct cedar_request request;
    struct cedar_result result;
    struct answer_policy_part *rows = mes_array(command, REASONS_MAX, sizeof *rows);
    uint32_t permits[REASONS_MAX];
    size_t count = 0, n;
    if (decider_request(d, q->person->id, q->operation, &q->subject, &q->circumstance, &request))
        return 0;
    *ret_allowed = cedar_decide(decider_compiled(d), decider_entities(d), &request,
                                CEDAR_DENY_ON_ERROR, decider_scratch(d), &result) == CEDAR_ALLOW;
    n = *ret_allowed ? result.determining_count : 0;
    n = n < REASONS_MAX ? n : REASONS_MAX;
    memcpy(permits, result.determining, n * sizeof *permits); /* the scratch is used again */
    for (size_t i = 0; i < n; i++)
        explain_policy(command, q, &request, permits[i], "permits", &rows[count++]);
    n = *ret_allowed ? 0
                     : cedar_explain(decider_compiled(d), decider_entities(d), &request,
                                     decider_scratch(d), reasons, REASONS_MAX);
    n = n < REASONS_MAX ? n : REASONS_MAX;
    if (!*ret_allowed && (n == 0 || reasons[0].kind == CEDAR_REASON_UNMET))
        count = explain_others(command, q, &request, rows);
    n = n < REASONS_MAX - count ? n : REASONS_MAX - count;
    for (size_t i = 0; i < n; i++)
        explain_policy(command, q, &request, reasons[i].policy,
                       reasons[i].kind == CEDAR_REASON_FORBIDS ? "forbids"
                       : reasons[i].kind == CEDAR_REASON_UNMET ? "unmet"
                                                               : "erred",
                       &rows[count++]);
    *ret = rows;
    return count;
}

/* "operator, inspector": the roles that a permit which was not met is for; "" for none. */
static const char *roles_of(struct command *command, const struct answer_policy_part *rows,
                            size_t count)
{
    static const char word[] = "principal in Casemate::Role::\"";
    const char *all = "";
    for (size_t i = 0; i < count; i++) {
        const char *text = rows[i].parts_count == 1 ? rows[i].parts[0].text : "";
        if (strncmp(text, word, sizeof word - 1) != 0)
            continue;
        text += sizeof word - 1;
        all =
            mes_print(command, "%s%s%.*s", all, all[0] ? ", " : "", (int)strcspn(text, "\""), text);
    }
    return all;
}

/* In one sentence: what forbids it comes first, else what was not met. */
static const char *verdict(struct command *command, const struct question *q, bool allowed,
                           const struct answer_policy_part *rows, size_t count)
{
    const char *when = q->moment.is_past ? "could" : "can", *because = NULL;
    size_t forbids = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].kind, "unmet") != 0 && forbids++ == 0)
            because = rows[i].why;
    if (allowed)
        return mes_print(command, "%s %s do %s on %s%s.", q->person->name, when,
                         q->operation->action, q->object.name,
                         question_takes_two(q->operation->resource)
                             ? ", where somebody else did the other half"
                             : "");
    const char *roles = roles_of(command, rows, count);
    if ((!because || because[0] == '\0') && roles[0])
        because = mes_print(command, "It takes one of these roles: %s.", roles);
    if (!because || because[0] == '\0')
        because = count == 0 ? "No rule permits it to such a person."
                             : "No rule permits it; what was not met is below.";
    return mes_print(command, "%s %snot do %s on %s. %s%s", q->person->name,
                     q->moment.is_past ? "could " : "can", q->operation->action, q->object.name,
                     because, forbids > 1 ? " There are more reasons below." : "");
}

int why_run(struct worker *w, struct command *command)
{
    struct question q;
    int r = open_question(w, command, &q);
    if (r)
        return r == ERR_STATE ? 0 : r;
    q.person = question_person(&q.moment, V("who")->text);
    struct answer_why a = {.what = q.operation->action,
                           .object = q.object.name,
                           .marking = q.subject.marking ? q.subject.marking : "none",
                           .at = q.moment.at_ms,
                           .policies = decider_policies(q.moment.decider)};
    char hash[65];
    bytes_to_hex(decider_hash(q.moment.decider), 32, hash);
    a.policy_hash = hash;
    const struct snapshot_holder *station =
        snapshot_find_station(q.moment.snapshot, q.circumstance.station);
    a.station = station ? station->name : "TRAINING";
    if (q.person) {
        a.known = true;
        a.name = q.person->name;
        memcpy(a.person, q.person->id, 16);
        a.reasons_count = explain_all(command, &q, &a.allowed, &a.reasons);
        a.sentence = verdict(command, &q, a.allowed, a.reasons, a.reasons_count);
    } else {
        a.sentence =
            q.moment.is_past
                ? "Nobody of this name, stamp or id was in the snapshot of this enclave then: such "
                  "a person could do nothing here. The entry's desk says which record was missing."
                : NOT_KNOWN;
    }
    answer_write_why(&a, command->out);
    moment_close(&q.moment);
    return 0;
}

/* ---- who can ---- */

int who_can_run(struct worker *w, struct command *command)
{
    struct question q;
    struct decision decision;
    int r = open_question(w, command, &q);
    if (r)
        return r == ERR_STATE ? 0 : r;
    const struct snapshot *s = q.moment.snapshot;
    struct answer_can *rows = mes_array(command, s->people, sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; i < s->people; i++) {
        const struct snapshot_holder *p = &s->person[i];
        decide(q.moment.decider, p->id, q.operation, &q.subject, &q.circumstance, &decision);
        if (!decision.allowed)
            continue;
        rows[count] = (struct answer_can){.name = p->name,
                                          .stamp = p->stamp,
                                          .policies = mes_print(command, "%s", decision.policies)};
        for (size_t k = 0; k < p->records; k++) {
            const struct snapshot_record *record = &p->record[k];
            if (record->attribute == ATTRIBUTE_READ_IN &&
                snapshot_is_active(record, q.moment.at_ms) && record->until_ms > rows[count].until)
                rows[count].until = record->until_ms;
        }
        memcpy(rows[count++].person, p->id, 16);
    }
    answer_write_who_can(&(struct answer_who_can){.what = q.operation->action,
                                                  .object = q.object.name,
                                                  .at = q.moment.at_ms,
                                                  .asked = (int64_t)s->people,
                                                  .people = rows,
                                                  .people_count = count},
                         command->out);
    moment_close(&q.moment);
    return 0;
}

/* ---- what can ---- */

/* Objects that no policy can tell apart: of one kind, marking and technical or not. */
struct class
{
    enum entity_kind kind;
    const char *type;
    struct subject subject;
    int64_t objects;
    size_t first;
};
#define CLASSES_MAX 512

static void class_objects(const struct worker *w, enum entity_kind kind, const char *type,
                          struct class *classes, size_t *count)
{
    for (size_t i = 0; i < rows_count(w->mes->entities, kind); i++) {
        struct subject s;
        size_t at = 0;
        mes_subject_of(w->mes, kind, i, &s);
        while (at < *count &&
               !(classes[at].kind == kind && classes[at].subject.technical == s.technical &&
                 strcmp(classes[at].subject.marking ? classes[at].subject.marking : "",
                        s.marking ? s.marking : "") == 0))
            at++;
        if (at == *count && *count == CLASSES_MAX)
            return;
        if (at == *count)
            classes[(*count)++] =
                (struct class){.kind = kind, .type = type, .subject = s, .first = i};
        classes[at].objects++;
    }
}

static size_t classes_of(const struct worker *w, struct class *classes)
{
    static const char *const program[] = {"Release", "Inbound", "Definition", "Security", "Policy"};
    size_t count = 0;
    class_objects(w, ENTITY_UNIT, "Unit", classes, &count);
    class_objects(w, ENTITY_ORDER, "Order", classes, &count);
    class_objects(w, ENTITY_DOCUMENT, "Document", classes, &count);
    for (size_t i = 0; i < sizeof program / sizeof *program && count < CLASSES_MAX; i++) {
        struct object whole = {.kind = ENTITY_COUNT};
        classes[count] = (struct class){.kind = ENTITY_COUNT, .type = program[i]};
        question_subject(w, &whole, program[i], &classes[count++].subject);
    }
    return count;
}

static const char *example_of(struct command *command, const struct worker *w,
                              const struct class *class)
{
    struct entities *e = w->mes->entities;
    switch (class->kind) {
    case ENTITY_UNIT:
        return mes_print(command, "%s", entities_unit(e, class->first)->serial);
    case ENTITY_ORDER:
        return mes_print(command, "%s", entities_order(e, class->first)->number);
    case ENTITY_DOCUMENT:
        return mes_print(command, "%s", entities_document(e, class->first)->number);
    default:
        return "the program";
    }
}

static size_t ask_all(struct worker *w, struct command *command, const struct question *q,
                      const struct class *classes, size_t class_count, struct answer_may *rows)
{
    struct decision decision;
    size_t count = 0;
    for (size_t i = 0; i < operations_count; i++) {
        const struct operation *o = &operations[i];
        bool first = o->server == SERVER_WORKER && o->action[0] != '\0';
        for (size_t k = 0; k < i && first; k++)
            first = strcmp(operations[k].action, o->action) != 0 ||
                    strcmp(operations[k].resource, o->resource) != 0;
        for (size_t c = 0; first && c < class_count; c++) {
            if (strcmp(classes[c].type, o->resource) != 0)
                continue;
            decide(q->moment.decider, q->person->id, o, &classes[c].subject, &q->circumstance,
                   &decision);
            if (decision.allowed)
                rows[count++] = (struct answer_may){
                    .action = o->action,
                    .kind = o->resource,
                    .marking = classes[c].subject.marking ? classes[c].subject.marking : "none",
                    .objects = classes[c].objects,
                    .example = example_of(command, w, &classes[c]),
                    .policies = mes_print(command, "%s", decision.policies)};
        }
    }
    return count;
}

int what_can_run(struct worker *w, struct command *command)
{
    struct question q = {0};
    struct answer_what_can a = {0};
    struct class *classes = mes_array(command, CLASSES_MAX, sizeof *classes);
    int r = open_moment(w, command, &q.moment);
    if (r)
        return r == ERR_STATE ? 0 : r;
    q.person = question_person(&q.moment, V("who")->text);
    question_circumstance(w, command, &q.moment, &q.circumstance);
    a.at = q.moment.at_ms;
    if (q.person) {
        size_t count = classes_of(w, classes);
        struct answer_may *rows = mes_array(command, count * operations_count, sizeof *rows);
        a.known = true;
        a.name = q.person->name;
        memcpy(a.person, q.person->id, 16);
        a.actions_count = ask_all(w, command, &q, classes, count, rows);
        a.actions = rows;
        a.sentence = "Over every object of the store, from your own station with a security key.";
    } else {
        a.sentence = NOT_KNOWN;
    }
    answer_write_what_can(&a, command->out);
    moment_close(&q.moment);
    return 0;
}
