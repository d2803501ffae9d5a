#include "appliance/decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/answer.h"
#include "crypto/hash.h"
#include "enclave/process/log.h"
#include "policy/cedar.h"

#define OVERLAY_BYTES (256 * 1024)
#define SCRATCH_BYTES (64 * 1024)
#define ITEMS_MAX     16

/* "TRAINING" and zeros. */

struct decider {
    const char *enclave;
    bool training;
    struct cedar_policies *policies;
    struct cedar_entities *people;
    struct cedar_entities *overlay;
    struct cedar_scratch *scratch;
    uint8_t hash[32];
};

int decider_new(const char *enclave, struct bytes_view policy, bool training,
                struct decider **ret_decider)
{
    struct cedar_source source = {"policy.cedar", (const char *)policy.data, policy.length};
    struct cedar_problem problem;
    struct decider *d = calloc(1, sizeof *d);
    if (!d)
        return ERR_MEMORY;
    d->enclave = enclave;
    d->training = training;
    if (cedar_policies_load(&source, 1, &d->policies, &problem) != 0) {
        log_err("policy.cedar line %u column %u: %s", problem.line, problem.column,
                problem.message);
        decider_free(d);
        return ERR_POLICY;
    }
    if (cedar_overlay_new(OVERLAY_BYTES, &d->overlay) != 0 ||
        cedar_scratch_new(SCRATCH_BYTES, &d->scratch) != 0) {
        decider_free(d);
        return ERR_MEMORY;
    }
    size_t length;
    const uint8_t *text = cedar_policies_source(d->policies, &length);
    hash_content("casemate/policy/1", bytes_view_of(text, length), d->hash);
    *ret_decider = d;
    return 0;
}

void decider_free(struct decider *decider)
{
    if (!decider)
        return;
    cedar_scratch_free(decider->scratch);
    cedar_entities_free(decider->overlay);
    cedar_entities_free(decider->people);
    cedar_policies_free(decider->policies);
    free(decider);
}

const uint8_t *decider_hash(const struct decider *decider)
{
    return decider->hash;
}

unsigned decider_policies(const struct decider *decider)
{
    return cedar_policies_count(decider->policies);
}

/* ---- entities that stay ---- */

static void add_countries(struct cedar_entities *e, const char *name, const char (*list)[4],
                          size_t count)
{
    struct cedar_value items[ITEMS_MAX];
    for (size_t i = 0; i < count; i++)
        items[i] = cedar_entity(e, "Casemate::Country", list[i]);
    cedar_entity_attribute(e, name, cedar_set(e, items, count));
}

static void add_person(struct cedar_entities *e, const struct snapshot_person *p)
{
    char id[ANSWER_UUID_TEXT];
    struct cedar_value items[ITEMS_MAX];
    answer_uuid_text(p->person, id);
    cedar_entity_begin(e, "Casemate::Person", id);
    for (size_t i = 0; i < p->roles; i++)
        cedar_entity_parent(e, "Casemate::Role", p->role[i]);
    cedar_entity_attribute(e, "suspended", cedar_bool(p->suspended));
    cedar_entity_attribute(e, "itarUsPerson", cedar_bool(p->us_person));
    cedar_entity_attribute(e, "clearance", cedar_long(p->clearance));
    cedar_entity_attribute(e, "readInUntil", cedar_datetime(p->read_in_until_ms));
    cedar_entity_attribute(e, "exportUntil", cedar_datetime(p->export_until_ms));
    add_countries(e, "citizenships", p->citizenship, p->citizenships);
    add_countries(e, "countriesItar", p->country_itar, p->countries_itar);
    for (size_t i = 0; i < p->sites; i++)
        items[i] = cedar_string(e, p->site[i], strlen(p->site[i]));
    cedar_entity_attribute(e, "sites", cedar_set(e, items, p->sites));
    for (size_t i = 0; i < p->skills; i++)
        cedar_entity_tag(e, p->skill[i].name, cedar_datetime(p->skill[i].until_ms));
    cedar_entity_end(e);
}

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
        bool seen = o->action[0] == '\0';
        for (size_t k = 0; k < i; k++)
            seen = seen || strcmp(operations[k].action, o->action) == 0;
        if (seen)
            continue;
        cedar_entity_begin(e, "Casemate::Action", o->action);
        cedar_entity_parent(e, "Casemate::Action",
                            groups[o->audit == AUDIT_SECURITY ? 2 : o->method == METHOD_POST]);
        cedar_entity_end(e);
    }
}

/* A training site has one station, which exists as long as the site does. */
static void add_station(struct cedar_entities *e, const char *site)
{
    cedar_entity_begin(e, "Casemate::Station", "TRAINING");
    cedar_entity_attribute(e, "site", cedar_string(e, site, strlen(site)));
    cedar_entity_attribute(e, "zone", cedar_string(e, "training", 8));
    cedar_entity_attribute(e, "ceiling", cedar_long(4));
    cedar_entity_attribute(e, "attestedUntil", cedar_datetime(INT64_C(4102444800000)));
    cedar_entity_attribute(e, "training", cedar_bool(true));
    cedar_entity_end(e);
}

int decider_people(struct decider *decider, const struct snapshot *snapshot)
{
    struct cedar_entities *e = NULL;
    if (cedar_base_new(decider->policies, &e) != 0)
        return ERR_MEMORY;
    add_actions(e);
    for (size_t i = 0; i < snapshot->people; i++)
        add_person(e, &snapshot->person[i]);
    cedar_entity_begin(e, "Casemate::Enclave", decider->enclave);
    cedar_entity_end(e);
    int r = cedar_entities_freeze(e);
    if (r) {
        log_err("the people of the snapshot cannot be decided on: %s", cedar_error_text(r));
        cedar_entities_free(e);
        return ERR_POLICY;
    }
    cedar_entities_free(decider->people);
    decider->people = e;
    return 0;
}

/* ---- one decision ---- */

static bool is_zero(const uint8_t id[static 16])
{
    static const uint8_t none[16];
    return memcmp(id, none, 16) == 0;
}

static struct cedar_value person_value(struct cedar_entities *e, const uint8_t id[static 16])
{
    char text[ANSWER_UUID_TEXT];
    answer_uuid_text(id, text);
    return cedar_entity(e, "Casemate::Person", text);
}

static void add_subject(struct decider *d, const char *type, const struct subject *s)
{
    struct cedar_entities *e = d->overlay;
    const char *site = s->site ? s->site : "";
    cedar_entity_begin(e, type, "subject");
    cedar_entity_attribute(e, "enclave", cedar_entity(e, "Casemate::Enclave", d->enclave));
    cedar_entity_attribute(e, "site", cedar_string(e, site, strlen(site)));
    cedar_entity_attribute(e, "level", cedar_long(s->level));
    cedar_entity_attribute(e, "exportControlled", cedar_bool(s->export_controlled));
    if (strcmp(type, "Casemate::Document") == 0)
        cedar_entity_attribute(e, "technical", cedar_bool(s->technical));
    if (!is_zero(s->requester))
        cedar_entity_attribute(e, "requester", person_value(e, s->requester));
    if (!is_zero(s->approver))
        cedar_entity_attribute(
            e, strcmp(type, "Casemate::Authorization") == 0 ? "enteredBy" : "approver",
            person_value(e, s->approver));
    cedar_entity_end(e);
}

static struct cedar_value context_value(struct decider *d, unsigned factor, int64_t now_ms)
{
    static const char *const factors[] = {"none", "badge+pin", "fido2", "piv"};
    struct cedar_entities *e = d->overlay;
    const char *f = factors[factor < 4 ? factor : 0];
    struct cedar_field fields[] = {
        {"station", cedar_entity(e, "Casemate::Station", "TRAINING")},
        {"now", cedar_datetime(now_ms)},
        {"enclave", cedar_entity(e, "Casemate::Enclave", d->enclave)},
        {"factor", cedar_string(e, f, strlen(f))},
    };
    return cedar_record(e, fields, sizeof fields / sizeof *fields);
}

static void name_policies(const struct decider *d, const struct cedar_result *result,
                          struct decision *ret)
{
    size_t used = 0;
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

static void explain(struct decider *d, const struct cedar_request *request, struct decision *ret)
{
    struct cedar_reason reasons[DECIDE_REASONS_MAX];
    size_t n =
        cedar_explain(d->policies, d->overlay, request, d->scratch, reasons, DECIDE_REASONS_MAX);
    if (n > DECIDE_REASONS_MAX)
        n = DECIDE_REASONS_MAX;
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

void decide(struct decider *decider, const struct snapshot_person *person,
            const struct operation *operation, const struct subject *subject, unsigned factor,
            int64_t now_ms, struct decision *ret_decision)
{
    struct decider *d = decider;
    struct cedar_result result = {.decision = CEDAR_DENY};
    char type[64];
    memset(ret_decision, 0, sizeof *ret_decision);
    if (!d->people)
        return;
    snprintf(type, sizeof type, "Casemate::%s", operation->resource);
    cedar_overlay_reset(d->overlay, d->people);
    add_station(d->overlay, subject->site ? subject->site : "");
    add_subject(d, type, subject);
    struct cedar_request request = {
        .principal = person_value(d->overlay, person->person),
        .action = cedar_entity(d->overlay, "Casemate::Action", operation->action),
        .resource = cedar_entity(d->overlay, type, "subject"),
        .context = context_value(d, factor, now_ms),
    };
    if (cedar_entities_freeze(d->overlay) != 0) {
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
