#include "appliance/decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/answer.h"
#include "appliance/holder.h"
#include "crypto/hash.h"
#include "enclave/process/log.h"
#include "policy/cedar.h"

#define OVERLAY_BYTES (256 * 1024)
#define SCRATCH_BYTES (64 * 1024)
#define WORDS_TEXT    81 /* the longest of a marking's texts that hold words, with its end */
#define WORDS_MAX     (WORDS_TEXT / 2)
#define DAY_MS        ((int64_t)86400000)

/* "TRAINING" and zeros. */

struct decider {
    const char *enclave;
    bool training;
    struct cedar_policies *policies;
    struct cedar_entities *base;
    struct cedar_entities *overlay;
    struct cedar_scratch *scratch;
    const struct snapshot *snapshot;
    const struct marking *markings;
    size_t markings_count;
    char site[64];             /* of the training station in the base */
    int64_t built_ms, next_ms; /* the base is right from the one until before the other */
    uint8_t hash[32];
};

int decider_new(const char *enclave, bool training, struct decider **ret_decider)
{
    struct decider *d = calloc(1, sizeof *d);
    if (!d)
        return ERR_MEMORY;
    d->enclave = enclave;
    d->training = training;
    if (cedar_overlay_new(OVERLAY_BYTES, &d->overlay) != 0 ||
        cedar_scratch_new(SCRATCH_BYTES, &d->scratch) != 0) {
        decider_free(d);
        return ERR_MEMORY;
    }
    *ret_decider = d;
    return 0;
}

void decider_free(struct decider *decider)
{
    if (!decider)
        return;
    cedar_scratch_free(decider->scratch);
    cedar_entities_free(decider->overlay);
    cedar_entities_free(decider->base);
    cedar_policies_free(decider->policies);
    free(decider);
}

const uint8_t *decider_hash(const struct decider *decider)
{
    return decider->hash;
}

unsigned decider_policies(const struct decider *decider)
{
    return decider->policies ? cedar_policies_count(decider->policies) : 0;
}

const struct cedar_policies *decider_compiled(const struct decider *decider)
{
    return decider->policies;
}

const struct cedar_entities *decider_entities(const struct decider *decider)
{
    return decider->overlay;
}

struct cedar_scratch *decider_scratch(struct decider *decider)
{
    return decider->scratch;
}

/* ---- entities that stay ---- */

/* Every action once, in the group that its method and audit class say. */
static void add_actions(struct cedar_entities *e)
{
    static const char *const groups[] = {"read", "write", "security"};
    for (size_t i = 0; i < 3; i++) {
        cedar_entity_begin(e, "Casemate::Action", groups[i]);
        cedar_entity_end(e);
    }
    for (size_t i = 0; i < operations_count; i++) {
        const struct operation *o = &operations[i];
        if (operation_action_first(o) != o)
            continue;
        cedar_entity_begin(e, "Casemate::Action", o->action);
        cedar_entity_parent(e, "Casemate::Action", operation_action_group(o));
        cedar_entity_end(e);
    }
}

/* Words with spaces between, as a set of texts or of countries. */
/* Where something is said the set is not empty, whatever it is: of blanks alone it is no word. */
static struct cedar_value words(struct cedar_entities *e, const char *text, bool countries)
{
    struct cedar_value items[WORDS_MAX];
    char word[WORDS_TEXT] = "";
    size_t n = 0;
    for (const char *at = text + strspn(text, " "); n < WORDS_MAX && (*at || (n == 0 && *text));) {
        size_t length = strcspn(at, " ");
        memcpy(word, at, length);
        word[length] = '\0';
        items[n++] =
            countries ? cedar_entity(e, "Casemate::Country", word) : cedar_string(e, word, length);
        at += length;
        at += strspn(at, " ");
    }
    return cedar_set(e, items, n);
}

static void add_text(struct cedar_entities *e, const char *name, const char *format,
                     const char *text)
{
    char out[200];
    int n = snprintf(out, sizeof out, format, text);
    cedar_entity_attribute(e, name, cedar_string(e, out, (size_t)n));
}

static void add_marking(struct cedar_entities *e, const struct marking *m)
{
    cedar_entity_begin(e, "Casemate::Marking", m->id);
    cedar_entity_attribute(e, "level", cedar_long(m->level));
    cedar_entity_attribute(e, "itar", cedar_bool(m->itar));
    cedar_entity_attribute(e, "ear", cedar_bool(m->ear));
    add_text(e, "category", "%s", m->category);
    add_text(e, "authorizationTag", "authorization:%s", m->category);
    add_text(e, "authorizationReadTag", "authorization:%s/read", m->category);
    add_text(e, "party", "%s", m->party);
    cedar_entity_attribute(e, "noforn", cedar_bool(m->noforn));
    cedar_entity_attribute(e, "relTo", words(e, m->rel_to, true));
    add_text(e, "disclosureTag", "disclosure:%s", m->id);
    cedar_entity_attribute(e, "dissem", words(e, m->dissem, false));
    cedar_entity_attribute(e, "ldc", words(e, m->ldc, false));
    add_text(e, "distributionList", "%s", m->list);
    add_text(e, "contract", "%s", m->contract);
    cedar_entity_attribute(e, "excludedEmployers", words(e, m->excluded, false));
    cedar_entity_attribute(e, "zones", words(e, m->zones, false));
    add_text(e, "group", "%s", m->group);
    cedar_entity_end(e);
}

/* What has no content: people, records, stations, the box itself.  No part or document can have
 * this number: it has brackets. */
#define UNMARKED "(none)"
static const struct marking unmarked = {.id = UNMARKED};

const uint8_t decide_somebody[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void add_somebody(struct cedar_entities *entities)
{
    static const char natural[] = "somebody else";
    char id[HOLDER_ID_TEXT];
    holder_id(decide_somebody, id);
    cedar_entity_begin(entities, "Casemate::Person", id);
    cedar_entity_attribute(entities, "natural",
                           cedar_string(entities, natural, sizeof natural - 1));
    cedar_entity_end(entities);
}

void decider_base_add(const struct decider *decider, struct cedar_entities *entities,
                      int64_t now_ms, int64_t *ret_next_ms)
{
    const struct snapshot *s = decider->snapshot;
    add_actions(entities);
    cedar_entity_begin(entities, "Casemate::Enclave", decider->enclave);
    cedar_entity_end(entities);
    add_somebody(entities);
    add_marking(entities, &unmarked);
    for (size_t i = 0; i < decider->markings_count; i++)
        add_marking(entities, &decider->markings[i]);
    for (size_t i = 0; s && i < s->people; i++)
        holder_add(entities, &s->person[i], now_ms, ret_next_ms);
    for (size_t i = 0; s && i < s->stations; i++)
        holder_add(entities, &s->station[i], now_ms, ret_next_ms);
}

/* A base over ${policies}; on failure the old one stays. */
static int build(struct decider *d, struct cedar_policies *policies, int64_t now_ms)
{
    struct cedar_entities *e = NULL;
    int64_t next_ms = INT64_MAX;
    if (cedar_base_new(policies, &e) != 0)
        return ERR_MEMORY;
    decider_base_add(d, e, now_ms, &next_ms);
    if (d->training)
        decider_training_station(e, d->site);
    int r = cedar_entities_freeze(e);
    if (r) {
        log_err("the people of the snapshot cannot be decided on: %s", cedar_error_text(r));
        cedar_entities_free(e);
        return ERR_POLICY;
    }
    cedar_entities_free(d->base);
    d->base = e;
    d->built_ms = now_ms;
    d->next_ms = next_ms;
    return 0;
}

int decider_policies_set(struct decider *decider, struct bytes_view site, struct bytes_view program,
                         char *why, size_t size)
{
    struct cedar_source sources[] = {
        {"mandatory.cedar", (const char *)site.data, site.length},
        {"program.cedar", (const char *)program.data, program.length},
    };
    struct cedar_policies *policies = NULL, *before = decider->policies;
    struct cedar_problem problem;
    if (cedar_policies_load(sources, program.length ? 2 : 1, &policies, &problem) != 0) {
        snprintf(why, size, "%s line %u column %u: %s", problem.source, problem.line,
                 problem.column, problem.message);
        return ERR_POLICY;
    }
    int r = build(decider, policies, decider->built_ms);
    if (r) {
        cedar_policies_free(policies);
        snprintf(why, size, "the people of the snapshot cannot be decided on with it");
        return r;
    }
    decider->policies = policies;
    cedar_policies_free(before);
    size_t length;
    const uint8_t *text = cedar_policies_source(policies, &length);
    hash_content("casemate/policy/1", bytes_view_of(text, length), decider->hash);
    return 0;
}

int decider_people(struct decider *decider, const struct snapshot *snapshot, int64_t now_ms)
{
    const struct snapshot *before = decider->snapshot;
    decider->snapshot = snapshot;
    int r = decider->policies ? build(decider, decider->policies, now_ms) : 0;
    if (r)
        decider->snapshot = before;
    return r;
}

int decider_markings(struct decider *decider, const struct marking *markings, size_t count,
                     int64_t now_ms)
{
    decider->markings = markings;
    decider->markings_count = count;
    return decider->policies ? build(decider, decider->policies, now_ms) : 0;
}

/* ---- one question ---- */

static bool is_zero(const uint8_t id[static 16])
{
    static const uint8_t none[16];
    return memcmp(id, none, 16) == 0;
}

static struct cedar_value holder_value(struct cedar_entities *e, enum holder_kind kind,
                                       const uint8_t id[static 16])
{
    char text[HOLDER_ID_TEXT];
    holder_id(id, text);
    return cedar_entity(e, holder_type(kind), text);
}

/* A training site has one station, which exists as long as the site does. */
void decider_training_station(struct cedar_entities *entities, const char *site)
{
    struct cedar_entities *e = entities;
    char id[HOLDER_ID_TEXT];
    struct cedar_value end = cedar_datetime(INT64_C(4102444800000));
    holder_id(station_training, id);
    cedar_entity_begin(e, "Casemate::Station", id);
    cedar_entity_attribute(e, "suspended", cedar_bool(false));
    cedar_entity_attribute(e, "training", cedar_bool(true));
    cedar_entity_attribute(e, "site", cedar_string(e, site, strlen(site)));
    cedar_entity_attribute(e, "zone", cedar_string(e, "training", 8));
    cedar_entity_attribute(e, "country", cedar_entity(e, "Casemate::Country", "USA"));
    cedar_entity_attribute(e, "ceiling", cedar_long(4));
    cedar_entity_attribute(e, "attestedUntil", end);
    cedar_entity_attribute(e, "accreditedUntil", end);
    cedar_entity_attribute(e, "certifiedUntil", end);
    cedar_entity_end(e);
}

static void add_person(struct cedar_entities *e, const char *name, const uint8_t id[static 16])
{
    if (!is_zero(id))
        cedar_entity_attribute(e, name, holder_value(e, HOLDER_PERSON, id));
}

/* A human being, who need not be among the people of the snapshot. */
static void add_natural(struct cedar_entities *e, const char *name, const uint8_t id[static 16])
{
    char text[HOLDER_ID_TEXT];
    if (is_zero(id))
        return;
    holder_id(id, text);
    cedar_entity_attribute(e, name, cedar_string(e, text, strlen(text)));
}

void decider_object_add(const struct decider *decider, struct cedar_entities *entities,
                        const char *type, const char *id, const struct subject *subject)
{
    struct cedar_entities *e = entities;
    const struct subject *s = subject;
    const char *site = s->site ? s->site : "";
    cedar_entity_begin(e, type, id);
    cedar_entity_attribute(e, "enclave", cedar_entity(e, "Casemate::Enclave", decider->enclave));
    cedar_entity_attribute(e, "site", cedar_string(e, site, strlen(site)));
    cedar_entity_attribute(
        e, "marking", cedar_entity(e, "Casemate::Marking", s->marking ? s->marking : UNMARKED));
    if (strcmp(type, "Casemate::Document") == 0)
        cedar_entity_attribute(e, "technical", cedar_bool(s->technical));
    if (s->skill)
        cedar_entity_attribute(e, "skill", cedar_string(e, s->skill, strlen(s->skill)));
    add_person(e, "requester", s->requester);
    add_person(e, "approver", s->approver);
    add_natural(e, "enteredBy", s->entered_by);
    add_natural(e, "about", s->about);
    cedar_entity_end(e);
}

/* Day of the week and time of the day where this person's hours are counted; UTC without. */
static void local_time(const struct decider *d, const uint8_t person[static 16], int64_t now_ms,
                       int64_t *ret_day, int64_t *ret_time)
{
    const struct snapshot_holder *h = d->snapshot ? snapshot_find(d->snapshot, person) : NULL;
    const struct snapshot_record *hours = h ? holder_window(h, now_ms) : NULL;
    struct attribute_window window = {0};
    if (hours)
        (void)attribute_window(hours->value, &window);
    int64_t local = now_ms + window.offset_ms;
    int64_t days = local / DAY_MS - (local % DAY_MS < 0);
    *ret_time = local - days * DAY_MS;
    *ret_day = ((days + 3) % 7 + 7) % 7 + 1; /* 1970-01-01 was a Thursday, 4 */
}

struct cedar_value decider_context(const struct decider *decider, struct cedar_entities *entities,
                                   const struct circumstance *circumstance, const char *action,
                                   int64_t weekday, int64_t time_of_day)
{
    static const char *const factors[] = {"none", "badge+pin", "fido2", "piv"};
    const struct circumstance *c = circumstance;
    struct cedar_entities *e = entities;
    const char *f = factors[c->factor < 4 ? c->factor : 0];
    char tag[80];
    int n = snprintf(tag, sizeof tag, "break-glass:%s", action);
    struct cedar_field fields[] = {
        {"station", holder_value(e, HOLDER_STATION, c->station)},
        {"now", cedar_datetime(c->now_ms)},
        {"enclave", cedar_entity(e, "Casemate::Enclave", decider->enclave)},
        {"factor", cedar_string(e, f, strlen(f))},
        {"sinceVerified", cedar_duration(c->since_ms)},
        {"weekday", cedar_long(weekday)},
        {"dayBefore", cedar_long(weekday == 1 ? 7 : weekday - 1)},
        {"timeOfDay", cedar_duration(time_of_day)},
        {"breakGlassTag", cedar_string(e, tag, (size_t)n)},
        {"escort", holder_value(e, HOLDER_PERSON, c->escort)},
    };
    return cedar_record(e, fields, sizeof fields / sizeof *fields - is_zero(c->escort));
}

/* Is the base right for this time and site? */
static bool is_fresh(struct decider *d, int64_t now_ms, const char *site)
{
    bool same = !d->training || strcmp(site, d->site) == 0;
    if (!same)
        snprintf(d->site, sizeof d->site, "%s", site);
    return same && d->base && now_ms < d->next_ms && now_ms >= d->built_ms;
}

int decider_request(struct decider *decider, const uint8_t person[static 16],
                    const struct operation *operation, const struct subject *subject,
                    const struct circumstance *circumstance, struct cedar_request *ret_request)
{
    struct decider *d = decider;
    char type[64];
    int64_t now = circumstance->now_ms;
    if (!d->policies)
        return ERR_POLICY;
    if (!is_fresh(d, now, subject->site ? subject->site : "") && build(d, d->policies, now) != 0) {
        d->next_ms = INT64_MIN; /* the old base has another site, or another time */
        return ERR_POLICY;
    }
    snprintf(type, sizeof type, "Casemate::%s", operation->resource);
    cedar_overlay_reset(d->overlay, d->base);
    decider_object_add(d, d->overlay, type, "subject", subject);
    int64_t day, time;
    local_time(d, person, now, &day, &time);
    *ret_request = (struct cedar_request){
        .principal = holder_value(d->overlay, HOLDER_PERSON, person),
        .action = cedar_entity(d->overlay, "Casemate::Action", operation->action),
        .resource = cedar_entity(d->overlay, type, "subject"),
        .context = decider_context(d, d->overlay, circumstance, operation->action, day, time),
    };
    return cedar_entities_freeze(d->overlay) == 0 ? 0 : ERR_POLICY;
}

/* ---- its answer ---- */

static void name_policies(const struct decider *d, const struct cedar_result *result,
                          struct decision *ret)
{
    size_t used = 0;
    if (result->erring_count)
        snprintf(ret->erring, sizeof ret->erring, "%.47s",
                 cedar_policy_id(d->policies, result->erring[0]));
    for (uint32_t i = 0; i < result->determining_count; i++) {
        const char *id = cedar_policy_id(d->policies, result->determining[i]);
        size_t n = strlen(id);
        if (used + n + 2 > sizeof ret->policies)
            break;
        if (used)
            ret->policies[used++] = ' ';
        memcpy(ret->policies + used, id, n + 1);
        used += n;
    }
}

/* Where nothing forbids it, whom it is permitted to comes first: a role lacks, most often. */
static size_t list_reasons(struct decider *d, const struct cedar_request *request,
                           struct cedar_reason *out)
{
    struct cedar_reason unmet[DECIDE_REASONS_MAX];
    size_t n =
        cedar_explain(d->policies, d->overlay, request, d->scratch, unmet, DECIDE_REASONS_MAX);
    n = n < DECIDE_REASONS_MAX ? n : DECIDE_REASONS_MAX;
    size_t others = 0;
    if (n == 0 || unmet[0].kind == CEDAR_REASON_UNMET)
        others = cedar_explain_others(d->policies, d->overlay, request, d->scratch, out,
                                      DECIDE_REASONS_MAX);
    others = others < DECIDE_REASONS_MAX ? others : DECIDE_REASONS_MAX;
    n = n < DECIDE_REASONS_MAX - others ? n : DECIDE_REASONS_MAX - others;
    memcpy(out + others, unmet, n * sizeof *unmet);
    return others + n;
}

static void explain(struct decider *d, const struct cedar_request *request, struct decision *ret)
{
    struct cedar_reason reasons[DECIDE_REASONS_MAX];
    size_t n = list_reasons(d, request, reasons);
    for (size_t i = 0; i < n; i++) {
        struct decide_reason *out = &ret->reason[ret->reasons++];
        const char *why = cedar_policy_annotation(d->policies, reasons[i].policy, "why");
        snprintf(out->policy, sizeof out->policy, "%.47s",
                 cedar_policy_id(d->policies, reasons[i].policy));
        if (reasons[i].kind == CEDAR_REASON_FORBIDS && why)
            snprintf(out->why, sizeof out->why, "%.159s", why);
        else
            snprintf(out->why, sizeof out->why, "%s: %.*s",
                     reasons[i].kind == CEDAR_REASON_ERRED ? "could not be evaluated" : "not met",
                     (int)(reasons[i].length < 130 ? reasons[i].length : 130), reasons[i].text);
    }
}

void decide(struct decider *decider, const uint8_t person[static 16],
            const struct operation *operation, const struct subject *subject,
            const struct circumstance *circumstance, struct decision *ret_decision)
{
    struct decider *d = decider;
    struct cedar_result result = {.decision = CEDAR_DENY};
    struct cedar_request request;
    memset(ret_decision, 0, sizeof *ret_decision);
    if (decider_request(d, person, operation, subject, circumstance, &request) != 0) {
        ret_decision->erred = true;
        return;
    }
    ret_decision->allowed = cedar_decide(d->policies, d->overlay, &request, CEDAR_DENY_ON_ERROR,
                                         d->scratch, &result) == CEDAR_ALLOW;
    ret_decision->erred = result.erring_count > 0 || result.cause == CEDAR_NOT_DECIDED;
    name_policies(d, &result, ret_decision);
    if (!ret_decision->allowed)
        explain(d, &request, ret_decision);
    if (!ret_decision->allowed && ret_decision->reasons == 0)
        ret_decision->reason[ret_decision->reasons++] =
            (struct decide_reason){.policy = "none", .why = "No rule permits it."};
}

const char *decide_detail(const struct decision *decision, char out[static DECIDE_DETAIL])
{
    if (decision->erred)
        snprintf(out, DECIDE_DETAIL, "a policy erred: %s",
                 decision->erring[0] ? decision->erring : "it could not be asked");
    else
        snprintf(out, DECIDE_DETAIL, "%s",
                 decision->reasons ? decision->reason[0].policy : "no permit");
    return out;
}
