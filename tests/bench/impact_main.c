/*
 * The figures of an officer's question before a new policy set is installed: what
 * does it change, for 500 people, 2,000 objects, 8 actions and 4 contexts, which
 * are 32 million questions to each of two sets.  Processor time of one thread.
 * No two people and no two objects are alike.  Beside it the plain loop, measured
 * in the same run on a part of the questions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/command.h"

#define PEOPLE    500U
#define OBJECTS   2000U
#define ACTIONS   8U
#define CONTEXTS  4U
#define QUESTIONS (PEOPLE * OBJECTS * ACTIONS * CONTEXTS)
#define STEP      20000U  /* work asked for at a time */
#define PLAIN     400000U /* questions that the plain loop decides */
#define DAY       INT64_C(86400000)
#define NOW       (INT64_C(20000) * DAY)

struct set {
    struct cedar_policies *policies;
    struct cedar_entities *base;
    struct cedar_value people[PEOPLE], actions[ACTIONS], objects[OBJECTS], contexts[CONTEXTS];
    struct cedar_impact_side side;
};

static volatile uint64_t sink; /* what was decided, so that it is decided */

static void die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(2);
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- texts ---- */

/* The text with ${more} put in ${after} bytes behind where ${what} stands, after ${from}. */
static char *edit(char *text, const char *from, const char *what, const char *more)
{
    char *at = strstr(text, from);
    at = at == NULL ? NULL : strstr(at, what);
    if (at == NULL) {
        fprintf(stderr, "bench: the policies have no %s in %s: change tests/bench/impact_main.c\n",
                what, from);
        exit(2);
    }
    size_t before = (size_t)(at - text) + strlen(what);
    char *made = malloc(strlen(text) + strlen(more) + 1);
    if (made == NULL)
        die("out of memory");
    sprintf(made, "%.*s%s%s", (int)before, text, more, text + before);
    free(text);
    return made;
}

/* The text without the policy that begins with ${id}. */
static void drop(char *text, const char *id)
{
    char *at = strstr(text, id);
    if (at == NULL)
        die("the policy that is dropped is not there: change tests/bench/impact_main.c");
    char *end = strstr(at, ");\n");
    char *next = strstr(at + 1, "@id(");
    if (end == NULL || next == NULL)
        die("the policy that is dropped has no end");
    memmove(at, next, strlen(next) + 1);
}

/* One mandatory rule tightened, one grant widened, one grant gone. */
static char *realistic_change(const char *text)
{
    char *made = strdup(text);
    if (made == NULL)
        die("out of memory");
    made = edit(made, "@id(\"M06-clearance\")", "unless {",
                " (context.factor == \"piv\" || resource.marking.level < 3) &&");
    made = edit(made, "@id(\"P02-operator\")", "action in [", "Casemate::Action::\"view-orders\",");
    drop(made, "@id(\"P05-quality-reads\")");
    return made;
}

/* Every policy gets a condition of its own on person, object and context together. */
static char *all_changed(const char *text, unsigned number)
{
    char *made = malloc(16 * strlen(text)), *out = made;
    unsigned count = 0;
    if (made == NULL)
        die("out of memory");
    for (const char *at = text; *at != '\0'; at++) {
        bool ends = *at == ';' && at[1] == '\n' && at > text && (at[-1] == ')' || at[-1] == '}');
        if (ends)
            out += sprintf(
                out, " when { principal.serial * %u + context.shift <= resource.serial + %u }",
                5 + number, 20 * ++count + number);
        *out++ = *at;
    }
    *out = '\0';
    return made;
}

/* ---- stores ---- */

static struct cedar_value text(struct set *s, const char *format, unsigned number)
{
    char room[64];
    return cedar_string(s->base, room, (size_t)snprintf(room, sizeof room, format, number));
}

static struct cedar_value uid(struct set *s, const char *type, const char *format, unsigned number)
{
    char room[64];
    snprintf(room, sizeof room, format, number);
    return cedar_entity(s->base, type, room);
}

static struct cedar_value person(struct set *s, unsigned i)
{
    return uid(s, "Casemate::Person", "p%u", i);
}

static struct cedar_value country(struct set *s, unsigned i)
{
    static const char *const codes[] = {"USA", "USA", "USA", "GBR", "CAN", "DEU", "CYP"};
    return cedar_entity(s->base, "Casemate::Country", codes[i % 7]);
}

/* The value alone in a set, or an empty set. */
static struct cedar_value some(struct set *s, bool is, struct cedar_value value)
{
    return cedar_set(s->base, &value, is);
}

static void until(struct set *s, const char *tag, int64_t days)
{
    cedar_entity_tag(s->base, tag, cedar_datetime(NOW + days * DAY));
}

static void add_person(struct set *s, unsigned i)
{
    static const char *const roles[] = {
        "operator",         "inspector",       "lead",
        "quality-engineer", "planner",         "operator",
        "operator",         "program-manager", "manufacturing-engineer",
        "security-officer"};
    static const char *const affiliations[] = {"contractor", "contractor", "federal", "supplier"};
    struct cedar_entities *e = s->base;
    struct cedar_value sites[2] = {text(s, "site-%u", i % 3), text(s, "site-%u", i / 7 % 3)};
    struct cedar_value lands[2] = {country(s, i), country(s, i / 7)};
    struct cedar_value groups[2] = {text(s, "group-%u", i % 5), text(s, "group-%u", i / 5 % 5)};
    char room[48];

    s->people[i] = person(s, i);
    snprintf(room, sizeof room, "p%u", i);
    cedar_entity_begin(e, "Casemate::Person", room);
    cedar_entity_parent(e, "Casemate::Role", roles[i % 10]);
    if (i % 11 == 0)
        cedar_entity_parent(e, "Casemate::Role", roles[i / 11 % 10]);
    cedar_entity_attribute(e, "suspended", cedar_bool(i % 50 == 49));
    cedar_entity_attribute(e, "natural", text(s, "n%u", i));
    cedar_entity_attribute(e, "itarUsPerson", cedar_bool(i % 7 < 3));
    cedar_entity_attribute(e, "citizenships", cedar_set(e, lands, 1 + i % 3 / 2));
    cedar_entity_attribute(e, "countriesItar", cedar_set(e, lands, i % 2 + 1));
    cedar_entity_attribute(e, "countryEar", lands[i % 2]);
    if (i % 13 == 0) {
        cedar_entity_attribute(e, "party", text(s, "party-%u", i % 2));
        cedar_entity_attribute(e, "partyCountry", lands[0]);
    }
    cedar_entity_attribute(e, "clearance", cedar_long(i * 7 % 5));
    cedar_entity_attribute(e, "clearanceNation", lands[0]);
    cedar_entity_attribute(e, "investigationUntil", cedar_datetime(NOW + (int64_t)i * DAY / 3 + 1));
    cedar_entity_attribute(e, "ndaSigned", cedar_bool(i % 9 != 0));
    cedar_entity_attribute(e, "readInUntil", cedar_datetime(NOW + (int64_t)(i + 1) * DAY / 2));
    cedar_entity_attribute(e, "compartments", some(s, i % 6 == 0, groups[0]));
    cedar_entity_attribute(e, "needToKnow", cedar_set(e, groups, i % 3));
    cedar_entity_attribute(e, "affiliation", text(s, affiliations[i % 4], 0));
    cedar_entity_attribute(e, "employer", text(s, "employer-%u", i % 6));
    cedar_entity_attribute(e, "contracts", some(s, i % 4 == 3, text(s, "contract-%u", i % 3)));
    cedar_entity_attribute(e, "distributionLists", some(s, i % 2, text(s, "list-%u", i % 3)));
    cedar_entity_attribute(e, "sites", cedar_set(e, sites, 1 + i % 2));
    if (i % 17 == 0) {
        struct cedar_value days[2] = {cedar_long(1 + i % 7), cedar_long(1 + i / 7 % 7)};
        struct cedar_field hours[] = {{"days", cedar_set(e, days, 2)},
                                      {"from", cedar_duration(DAY / 24 * (i % 24))},
                                      {"to", cedar_duration(DAY / 24 * (i * 5 % 24))}};
        cedar_entity_attribute(e, "window", cedar_record(e, hours, 3));
    }
    cedar_entity_attribute(e, "visitor", cedar_bool(i % 41 == 0));
    cedar_entity_attribute(e, "vendor", cedar_bool(i % 37 == 0));
    cedar_entity_attribute(e, "merges", cedar_set(e, NULL, 0));
    cedar_entity_attribute(e, "serial", cedar_long(i));
    until(s, "course:security-refresher", (int64_t)i - 20);
    if (i % 8 == 0) {
        snprintf(room, sizeof room, "authorization:XI(%c)", 'a' + (int)(i % 4));
        until(s, room, (int64_t)i % 90 - 5);
    }
    for (unsigned k = 0; k < 1 + i % 4; k++) {
        snprintf(room, sizeof room, "skill-%u", (i + k * 3) % 12);
        cedar_entity_tag(e, room, cedar_datetime(NOW + (int64_t)(i * 3 + k) * DAY / 5));
    }
    cedar_entity_end(e);
}

static void add_marking(struct set *s, unsigned i)
{
    struct cedar_entities *e = s->base;
    struct cedar_value lands[3] = {country(s, 0), country(s, 3), country(s, i)};
    struct cedar_value nothing = text(s, "", 0);
    char category[32], id[32];

    snprintf(id, sizeof id, "m%u", i);
    snprintf(category, sizeof category, "authorization:XI(%c)", 'a' + (int)(i % 4));
    cedar_entity_begin(e, "Casemate::Marking", id);
    cedar_entity_attribute(e, "level", cedar_long(i * 3 % 5));
    cedar_entity_attribute(e, "itar", cedar_bool(i % 3 != 0));
    cedar_entity_attribute(e, "ear", cedar_bool(i % 3 == 0));
    cedar_entity_attribute(e, "category", text(s, category + 14, 0));
    cedar_entity_attribute(e, "authorizationTag", text(s, category, 0));
    cedar_entity_attribute(e, "authorizationReadTag", text(s, strcat(category, "/read"), 0));
    cedar_entity_attribute(e, "party", i % 10 == 0 ? text(s, "party-%u", i / 10 % 2) : nothing);
    cedar_entity_attribute(e, "noforn", cedar_bool(i % 11 == 0));
    cedar_entity_attribute(e, "relTo", cedar_set(e, lands, i % 12 == 0 ? 3 : 0));
    cedar_entity_attribute(e, "disclosureTag", text(s, "disclosure:m%u", i));
    cedar_entity_attribute(e, "dissem", some(s, i % 20 == 0, text(s, "ORCON", 0)));
    cedar_entity_attribute(e, "ldc", some(s, i % 9 == 0, text(s, i % 2 ? "FEDCON" : "DL", 0)));
    cedar_entity_attribute(e, "distributionList", text(s, "list-%u", i % 3));
    cedar_entity_attribute(e, "contract", text(s, "contract-%u", i % 3));
    cedar_entity_attribute(e, "excludedEmployers",
                           some(s, i % 25 == 0, text(s, "employer-%u", i % 6)));
    cedar_entity_attribute(e, "zones", some(s, i % 30 == 0, text(s, "zone-%u", i % 4)));
    cedar_entity_attribute(e, "group", i % 4 == 0 ? text(s, "group-%u", i / 4 % 5) : nothing);
    cedar_entity_end(e);
}

static void add_object(struct set *s, unsigned i)
{
    static const char *const types[] = {"Casemate::Order",   "Casemate::Unit", "Casemate::Document",
                                        "Casemate::Release", "Casemate::Unit", "Casemate::Inbound"};
    struct cedar_entities *e = s->base;
    const char *type = types[i % 6];
    char id[32];

    add_marking(s, i);
    snprintf(id, sizeof id, "o%u", i);
    s->objects[i] = cedar_entity(e, type, id);
    cedar_entity_begin(e, type, id);
    cedar_entity_attribute(e, "enclave", uid(s, "Casemate::Enclave", "program-%u", i % 8 == 7));
    cedar_entity_attribute(e, "site", text(s, "site-%u", i / 6 % 3));
    cedar_entity_attribute(e, "marking", uid(s, "Casemate::Marking", "m%u", i));
    if (i % 6 == 1)
        cedar_entity_attribute(e, "skill", text(s, "skill-%u", i % 12));
    if (i % 6 == 2)
        cedar_entity_attribute(e, "technical", cedar_bool(i % 4 != 0));
    if (i % 6 == 3)
        cedar_entity_attribute(e, "requester", person(s, i * 13 % PEOPLE));
    if (i % 6 == 5 && i % 4 == 1)
        cedar_entity_attribute(e, "approver", person(s, i * 17 % PEOPLE));
    cedar_entity_attribute(e, "serial", cedar_long(i));
    cedar_entity_end(e);
}

static void add_actions(struct set *s)
{
    static const char *const names[ACTIONS][2] = {{"view-job", "read"},
                                                  {"view-document", "read"},
                                                  {"view-orders", "read"},
                                                  {"start-operation", "write"},
                                                  {"record-reading", "write"},
                                                  {"accept-inbound", "write"},
                                                  {"approve-release", "security"},
                                                  {"release-order", "write"}};

    for (unsigned i = 0; i < ACTIONS; i++) {
        s->actions[i] = cedar_entity(s->base, "Casemate::Action", names[i][0]);
        cedar_entity_begin(s->base, "Casemate::Action", names[i][0]);
        cedar_entity_parent(s->base, "Casemate::Action", names[i][1]);
        cedar_entity_end(s->base);
    }
}

static void add_contexts(struct set *s)
{
    struct cedar_entities *e = s->base;
    char id[32];

    for (unsigned i = 0; i < CONTEXTS; i++) {
        snprintf(id, sizeof id, "st%u", i);
        cedar_entity_begin(e, "Casemate::Station", id);
        cedar_entity_attribute(e, "suspended", cedar_bool(false));
        cedar_entity_attribute(e, "training", cedar_bool(false));
        cedar_entity_attribute(e, "site", text(s, "site-%u", i % 3));
        cedar_entity_attribute(e, "zone", text(s, "zone-%u", i));
        cedar_entity_attribute(e, "accreditedUntil", cedar_datetime(NOW + 300 * DAY));
        cedar_entity_attribute(e, "ceiling", cedar_long(1 + i));
        cedar_entity_attribute(e, "attestedUntil", cedar_datetime(NOW + 30 * DAY));
        cedar_entity_attribute(e, "certifiedUntil", cedar_datetime(NOW + 90 * DAY));
        cedar_entity_attribute(e, "country", country(s, 0));
        cedar_entity_end(e);
        struct cedar_field fields[] = {{"station", cedar_entity(e, "Casemate::Station", id)},
                                       {"now", cedar_datetime(NOW + (int64_t)i * 5 * DAY)},
                                       {"enclave", uid(s, "Casemate::Enclave", "program-%u", 0)},
                                       {"factor", text(s, i % 2 ? "piv" : "badge+pin", 0)},
                                       {"sinceVerified", cedar_duration((int64_t)i * 60000)},
                                       {"weekday", cedar_long(1 + i * 2 % 7)},
                                       {"dayBefore", cedar_long(1 + (i * 2 + 6) % 7)},
                                       {"timeOfDay", cedar_duration(DAY / 24 * (6 + 4 * i))},
                                       {"breakGlassTag", text(s, "break-glass:view-job", 0)},
                                       {"shift", cedar_long(17 * i)}};
        s->contexts[i] = cedar_record(e, fields, sizeof fields / sizeof *fields);
    }
}

static struct set *set_new(const char *policy_text)
{
    struct set *s = calloc(1, sizeof *s);
    const struct cedar_source source = {"policies", policy_text, strlen(policy_text)};
    struct cedar_problem problem;

    if (s == NULL)
        die("out of memory");
    if (cedar_policies_load(&source, 1, &s->policies, &problem) != 0) {
        problem_report(&problem);
        exit(2);
    }
    if (cedar_base_new(s->policies, &s->base) != 0)
        die("out of memory");
    for (unsigned i = 0; i < PEOPLE; i++)
        add_person(s, i);
    for (unsigned i = 0; i < OBJECTS; i++)
        add_object(s, i);
    add_actions(s);
    add_contexts(s);
    if (cedar_entities_freeze(s->base) != 0)
        die("the store was not made");
    s->side = (struct cedar_impact_side){s->policies, s->base,    s->people,
                                         s->actions,  s->objects, s->contexts};
    return s;
}

static void set_free(struct set *s)
{
    cedar_entities_free(s->base);
    cedar_policies_free(s->policies);
    free(s);
}

/* ---- measuring ---- */

static enum cedar_decision decide(const struct set *s, const struct cedar_impact_sample *q,
                                  struct cedar_scratch *scratch)
{
    const struct cedar_request request = {s->people[q->principal], s->actions[q->action],
                                          s->objects[q->resource], s->contexts[q->context]};
    struct cedar_result result;

    return cedar_decide(s->policies, s->base, &request, CEDAR_DENY_ON_ERROR, scratch, &result);
}

/* Seconds that the plain loop takes for one decision, over every 160th question of both sets. */
static double plain_cost(struct set *const sets[2], struct cedar_scratch *scratch)
{
    double before = seconds(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t allowed = 0;

    for (unsigned n = 0; n < PLAIN / 2; n++) {
        uint64_t at = (uint64_t)n * (QUESTIONS / (PLAIN / 2)) + n % 7;
        const struct cedar_impact_sample q = {
            .resource = (uint32_t)(at % OBJECTS),
            .context = (uint32_t)(at / OBJECTS % CONTEXTS),
            .action = (uint32_t)(at / OBJECTS / CONTEXTS % ACTIONS),
            .principal = (uint32_t)(at / OBJECTS / CONTEXTS / ACTIONS)};
        for (int side = 0; side < 2; side++)
            allowed += decide(sets[side], &q, scratch) == CEDAR_ALLOW;
    }
    sink += allowed;
    return (seconds(CLOCK_PROCESS_CPUTIME_ID) - before) / PLAIN;
}

/* With PLAIN=all: what the plain loop says of every question. */
static void check_all(struct set *const sets[2], const struct cedar_impact_result *r,
                      struct cedar_scratch *scratch)
{
    struct cedar_impact_sample q;
    uint64_t allowed = 0, denied = 0;

    for (q.principal = 0; q.principal < PEOPLE; q.principal++)
        for (q.action = 0; q.action < ACTIONS; q.action++)
            for (q.context = 0; q.context < CONTEXTS; q.context++)
                for (q.resource = 0; q.resource < OBJECTS; q.resource++) {
                    enum cedar_decision before = decide(sets[0], &q, scratch);
                    enum cedar_decision after = decide(sets[1], &q, scratch);
                    allowed += before < after;
                    denied += before > after;
                }
    if (allowed != r->changes[CEDAR_NEWLY_ALLOWED].count ||
        denied != r->changes[CEDAR_NEWLY_DENIED].count)
        die("the plain loop finds other changes");
    printf("  the plain loop finds the same changes\n");
}

/* What was found is what the plain loop says, where a sample was kept. */
static void check_samples(struct set *const sets[2], const struct cedar_impact_result *r,
                          struct cedar_scratch *scratch)
{
    for (int kind = CEDAR_NEWLY_ALLOWED; kind <= CEDAR_NEWLY_DENIED; kind++)
        for (size_t i = 0; i < r->changes[kind].sample_count; i++) {
            const struct cedar_impact_sample *q = &r->changes[kind].samples[i];
            if ((decide(sets[1], q, scratch) == CEDAR_ALLOW) != (kind == CEDAR_NEWLY_ALLOWED) ||
                decide(sets[0], q, scratch) == decide(sets[1], q, scratch))
                die("a change that is none");
        }
    if (r->decided != QUESTIONS)
        die("another number of questions than was asked for");
}

static bool measure(const char *name, const char *before, const char *after, double wants)
{
    struct set *sets[2] = {set_new(before), set_new(after)};
    const struct cedar_impact_space space = {.principals = PEOPLE,
                                             .actions = ACTIONS,
                                             .resources = OBJECTS,
                                             .contexts = CONTEXTS,
                                             .samples = 50};
    struct cedar_impact *impact;
    struct cedar_scratch *scratch;
    double longest = 0;
    bool done = false;

    if (cedar_scratch_new(65536, &scratch) != 0)
        die("out of memory");
    double plain = plain_cost(sets, scratch);
    double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (cedar_impact_begin(&sets[0]->side, &sets[1]->side, &space, &impact) != 0)
        die("the comparison does not begin");
    double begun = seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
    while (!done) {
        double from = seconds(CLOCK_PROCESS_CPUTIME_ID);
        if (cedar_impact_step(impact, STEP, &done) != 0)
            die("the comparison fails");
        double took = seconds(CLOCK_PROCESS_CPUTIME_ID) - from;
        longest = took > longest ? took : longest;
    }
    double took = seconds(CLOCK_PROCESS_CPUTIME_ID) - start, limit = plain * 2 * QUESTIONS;
    const struct cedar_impact_result *r = cedar_impact_result(impact);
    check_samples(sets, r, scratch);
    if (r->changes[CEDAR_NEWLY_ALLOWED].count == 0 || r->changes[CEDAR_NEWLY_DENIED].count == 0)
        die("a change that changes nothing: the people and objects do not suit the policies");
    if (getenv("PLAIN") != NULL)
        check_all(sets, r, scratch);
    bool good = wants <= 0 || took <= wants;
    char wanted[32] = "report";
    if (wants > 0)
        snprintf(wanted, sizeof wanted, "%.0f", wants);
    printf("figure %s = %.2f s (limit %.1f, ratio %.4f, wants %s) %s\n", name, took, limit,
           took / limit, wanted,
           wants <= 0 ? "report"
           : good     ? "ok"
                      : "short");
    printf("  of %u questions %llu newly allowed, %llu newly denied; begun in %.1f ms, "
           "the longest of its steps %.2f ms\n",
           QUESTIONS, (unsigned long long)r->changes[CEDAR_NEWLY_ALLOWED].count,
           (unsigned long long)r->changes[CEDAR_NEWLY_DENIED].count, begun * 1e3, longest * 1e3);
    cedar_impact_free(impact);
    cedar_scratch_free(scratch);
    set_free(sets[0]);
    set_free(sets[1]);
    return good;
}

/* All files as one text. */
static char *read_all(char **paths, int count)
{
    struct cedar_source file;
    char *all = calloc(1, 1);

    for (int i = 0; i < count && all != NULL; i++) {
        if (!file_read(paths[i], &file))
            exit(2);
        size_t had = strlen(all);
        all = realloc(all, had + file.length + 2);
        if (all != NULL)
            sprintf(all + had, "%.*s\n", (int)file.length, file.text);
        file_free(&file);
    }
    if (all == NULL)
        die("out of memory");
    return all;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: impact POLICIES.cedar...\n");
        return 2;
    }
    const char *only = getenv("FIGURE");
    bool all = only == NULL || only[0] == '\0', good = true;
    char *shipped = read_all(argv + 1, argc - 1), *changed = realistic_change(shipped);
    char *old_worst = all_changed(shipped, 0), *new_worst = all_changed(shipped, 1);

    if (all || strcmp(only, "policy_diff_32m") == 0)
        good = measure("policy_diff_32m", shipped, changed, 30);
    if (all || strcmp(only, "policy_diff_32m_worst") == 0)
        (void)measure("policy_diff_32m_worst", old_worst, new_worst, 0);
    free(shipped);
    free(changed);
    free(old_worst);
    free(new_worst);
    return good ? 0 : 1;
}
