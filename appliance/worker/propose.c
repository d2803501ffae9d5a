/* Proposing, installing and declining a policy set; what officers read of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/worker/desk.h"
#include "appliance/worker/impact.h"
#include "crypto/hash.h"

#define V(name) body_value(command->body, name)

static void free_view(struct bytes_view v)
{
    free((void *)(uintptr_t)v.data);
}

static int refuse_policy(struct command *command, const char *field, const char *error)
{
    return mes_refuse(command, 409, field, error,
                      "Nothing was installed; the set in force stays in force.",
                      "Correct it and propose it again.");
}

/* ---- what a set must pass before anybody looks at it ---- */

static int layer_of(struct bytes_view text, enum policy_layer *ret)
{
    *ret = bytes_equal_text(text, "site") ? POLICY_SITE : POLICY_PROGRAM;
    return bytes_equal_text(text, "site") || bytes_equal_text(text, "program") ? 0 : ERR_FORMAT;
}

/* The text of the other layer in force; the caller frees it. */
static int other_text(struct worker *w, enum policy_layer layer, struct bytes_view *ret)
{
    const struct policy_row *row =
        policy_at(w->mes, layer == POLICY_SITE ? POLICY_PROGRAM : POLICY_SITE, INT64_MAX);
    return row ? policy_read(w->mes, row, ret, NULL) : ERR_UNKNOWN;
}

static const char *examine(struct worker *w, enum policy_layer layer, struct bytes_view text,
                           struct bytes_view tests, uint32_t *ret_passed)
{
    static char why[POLICY_WHY];
    struct bytes_view other = {0};
    if (other_text(w, layer, &other) != 0)
        return "The set in force is not in the log yet; try again in a moment.";
    int r = policy_set_examine(layer, text, other, tests, ret_passed, why);
    free_view(other);
    return r ? why : NULL;
}

/* ---- proposing ---- */

int propose_run(struct worker *w, struct command *command)
{
    struct event event = {.number = EVENT_POLICY_PROPOSED};
    struct event_policy_proposed *m = &event.policy_proposed;
    static uint8_t room[POLICY_TEXT_MAX];
    static char wrong[POLICY_WHY];
    enum policy_layer layer;
    struct bytes_view text = {0};
    if (layer_of(V("layer")->text, &layer) != 0)
        return refuse_policy(command, "layer", "The layer is site or program.");
    if (policy_by_id(w->mes, V("proposal")->bytes))
        return refuse_policy(command, "proposal", "A proposal of this id is there already.");
    const char *why =
        policy_set_canonical(V("policy")->text, room, &text, wrong) != 0 ? wrong : NULL;
    if (!why)
        why = examine(w, layer, text, V("tests")->text, &m->passed);
    if (why)
        return refuse_policy(command, "policy", why);
    memcpy(m->proposal, V("proposal")->bytes, 16);
    m->layer = (uint8_t)layer;
    m->version = (uint32_t)policy_next_version(w->mes, layer);
    hash_content(POLICY_HASH, text, m->hash);
    m->policy = text;
    m->tests = V("tests")->text;
    m->reason = V("reason")->text;
    m->name = bytes_text(command->actor.person->name);
    return mes_emit(command, &event);
}

/* ---- installing and declining ---- */

static int decline(struct worker *w, struct command *command)
{
    const struct policy_row *row = policy_by_id(w->mes, V("proposal")->bytes);
    struct event event = {.number = EVENT_POLICY_DECLINED};
    if (!row || row->state != POLICY_PROPOSED)
        return refuse_policy(command, "proposal", "There is no such proposal that waits.");
    memcpy(event.policy_declined.proposal, row->proposal, 16);
    event.policy_declined.reason = V("reason")->text;
    event.policy_declined.name = bytes_text(command->actor.person->name);
    impact_forget(w, row->proposal);
    return mes_emit(command, &event);
}

/* Can anybody propose the next set with ${d}, and somebody else install it?  Asked at the station
 * of who installs, with a key. */
static bool can_be_changed(struct decider *d, const struct worker *w, const struct command *command)
{
    const struct operation *propose = operation_by_number(OPERATION_PROPOSE_POLICY);
    const struct operation *install = operation_by_number(OPERATION_INSTALL_POLICY);
    const struct snapshot *s = w->snapshot;
    struct circumstance c = {.factor = FACTOR_FIDO2, .now_ms = command->now_ms};
    struct decision decision;
    struct subject subject;
    memcpy(c.station, command->actor.station, 16);
    mes_subject_of(w->mes, ENTITY_COUNT, 0, &subject);
    for (size_t i = 0; i < s->people; i++) {
        memset(subject.requester, 0, 16);
        decide(d, s->person[i].id, propose, &subject, &c, &decision);
        memcpy(subject.requester, s->person[i].id, 16);
        for (size_t k = 0; decision.allowed && k < s->people; k++) {
            struct decision second;
            decide(d, s->person[k].id, install, &subject, &c, &second);
            if (second.allowed)
                return true;
        }
    }
    return false;
}

/* NULL when the set lets its successor come, else why not: what is installed is never undone. */
static const char *is_the_last(struct worker *w, const struct command *command,
                               struct bytes_view program)
{
    struct bytes_view site = {0};
    struct decider *d = NULL;
    char why[300];
    bool good = false;
    int r = other_text(w, POLICY_PROGRAM, &site);
    if (r == 0)
        r = decider_new(process_enclave(w->process), process_is_training(w->process), &d);
    if (r == 0)
        r = decider_people(d, w->snapshot, command->now_ms);
    if (r == 0)
        r = decider_markings(d, w->markings, w->markings_count, command->now_ms);
    if (r == 0)
        r = decider_policies_set(d, site, program, why, sizeof why);
    if (r == 0)
        good = can_be_changed(d, w, command);
    decider_free(d);
    free_view(site);
    return good
               ? NULL
               : "With this set nobody could propose the next one and somebody else install it: it "
                 "could never be changed again.";
}

/* Everything that it rests on is looked at again: nothing may have moved since it was read. */
static const char *install_refused(struct worker *w, const struct command *command,
                                   const struct policy_row *row)
{
    uint8_t impact[32];
    struct bytes_view text = {0}, tests = {0};
    uint32_t passed = 0;
    if (!row || row->state != POLICY_PROPOSED)
        return "There is no such proposal that waits.";
    if (row->layer == POLICY_SITE)
        return "The mandatory rules are the same in every enclave: they are installed at the "
               "entry. Here it is shown what they would change.";
    if (memcmp(row->hash, V("hash")->bytes, 32) != 0)
        return "The hash is not that of this proposal's canonical text.";
    const struct policy_row *now = policy_at(w->mes, (enum policy_layer)row->layer, INT64_MAX);
    if (now && row->version <= now->version)
        return "A newer set is in force; versions only go up.";
    if (!impact_digest(w, row->proposal, impact) || memcmp(impact, V("impact")->bytes, 32) != 0)
        return "What it changes has not been computed, or has changed since you read it: read it "
               "again.";
    if (policy_read(w->mes, row, &text, &tests) != 0)
        return "The proposal cannot be read from the log.";
    const char *why = examine(w, (enum policy_layer)row->layer, text, tests, &passed);
    if (!why)
        why = is_the_last(w, command, text);
    free_view(text);
    free_view(tests);
    return why;
}

int install_run(struct worker *w, struct command *command)
{
    const struct policy_row *row;
    struct event event = {.number = EVENT_POLICY_INSTALLED};
    struct event_policy_installed *m = &event.policy_installed;
    if (command->operation->number == OPERATION_DECLINE_POLICY)
        return decline(w, command);
    row = policy_by_id(w->mes, V("proposal")->bytes);
    const char *why = install_refused(w, command, row);
    if (why)
        return refuse_policy(command, "proposal", why);
    memcpy(m->proposal, row->proposal, 16);
    memcpy(m->impact, V("impact")->bytes, 32);
    m->name = bytes_text(command->actor.person->name);
    m->statement = command->statement;
    return mes_emit(command, &event);
}

/* ---- reading ---- */

static const char *state_of(struct worker *w, const struct policy_row *row)
{
    const struct policy_row *now = policy_at(w->mes, (enum policy_layer)row->layer, INT64_MAX);
    if (row->state == POLICY_PROPOSED)
        return "proposed";
    if (row->state == POLICY_DECLINED)
        return "declined";
    return now && now->version == row->version ? "installed" : "superseded";
}

static const char *text_of(struct worker *w, struct command *command, const struct policy_row *row,
                           bool tests)
{
    struct bytes_view text = {0}, test_text = {0};
    const char *out = "";
    if (row && policy_read(w->mes, row, &text, &test_text) == 0) {
        struct bytes_view v = tests ? test_text : text;
        char *copy = mes_array(command, (size_t)v.length + 1, 1);
        memcpy(copy, v.data, v.length);
        out = copy;
    }
    free_view(text);
    free_view(test_text);
    return out;
}

int policies_answer(struct worker *w, struct command *command)
{
    size_t count = rows_count(w->mes->entities, ENTITY_POLICY);
    struct answer_policy_set *rows = mes_array(command, count, sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        const struct policy_row *row = entities_policy_row(w->mes->entities, count - 1 - i);
        char *hash = mes_array(command, 65, 1);
        bytes_to_hex(row->hash, 32, hash);
        rows[i] = (struct answer_policy_set){.layer = policy_layer_text(row->layer),
                                             .version = row->version,
                                             .state = state_of(w, row),
                                             .hash = hash,
                                             .tests = row->passed,
                                             .reason = row->reason,
                                             .proposed_by = row->proposed_name,
                                             .proposed = row->proposed_ms,
                                             .decided_by = row->decided_name,
                                             .decided = row->decided_ms,
                                             .decided_reason = row->decided_reason};
        memcpy(rows[i].proposal, row->proposal, 16);
    }
    const struct policy_row *asked =
        V("proposal")->present ? policy_by_id(w->mes, V("proposal")->bytes) : NULL;
    enum policy_layer layer = asked ? (enum policy_layer)asked->layer : POLICY_PROGRAM;
    const struct policy_row *now = policy_at(w->mes, layer, INT64_MAX);
    answer_write_policy(
        &(struct answer_policy){.sets = rows,
                                .sets_count = count,
                                .text = text_of(w, command, asked ? asked : now, false),
                                .in_force = text_of(w, command, now, false),
                                .tests = text_of(w, command, asked ? asked : now, true)},
        command->out);
    return 0;
}
