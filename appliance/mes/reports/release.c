/* The weekly summary: requested, built and checked by the guards, approved by two, released. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/mes/mes.h"
#include "enclave/process/os.h"
#include "transfer/summary.h"

static const char *const state_names[] = {"building", "refused",  "awaiting", "approved-once",
                                          "signing",  "released", "withdrawn"};

/* What one event, and one message to a guard, can carry. */
#define RECORDS_MAX 60000

/* The approval's body is kept as it was signed; event.def has this much room for it. */
#define APPROVAL_BODY_MAX 400

#define FOUR_WEEKS_MS ((int64_t)28 * 24 * 3600 * 1000)

/* ---- applying ---- */

static struct release *release_of(struct mes *mes, const uint8_t id[static 16], size_t *ret_number)
{
    if (!rows_find(mes->entities, ENTITY_RELEASE, id, ret_number))
        return NULL;
    rows_touch(mes->entities, ENTITY_RELEASE, *ret_number);
    return entities_release(mes->entities, *ret_number);
}

static int apply_requested(struct mes *mes, const struct event *e)
{
    const struct event_release_requested *m = &e->release_requested;
    size_t n;
    int r = rows_add(mes->entities, ENTITY_RELEASE, &n);
    if (r)
        return r;
    struct release *row = entities_release(mes->entities, n);
    memcpy(row->release, m->release, 16);
    entity_text(row->slot, sizeof row->slot, m->slot);
    row->epoch = m->epoch;
    row->sequence = (int64_t)m->sequence;
    memcpy(row->requester, e->common.person, 16);
    entity_text(row->requested_by, sizeof row->requested_by, m->requested_by);
    row->requested_ms = e->common.utc_ms;
    row->requested_event = (int64_t)mes->next_sequence;
    return rows_index(mes->entities, ENTITY_RELEASE, n);
}

static int apply_member(struct mes *mes, const struct event_release_member_built *m)
{
    size_t release, n;
    if (!rows_find(mes->entities, ENTITY_RELEASE, m->release, &release))
        return ERR_STATE;
    int r = rows_add(mes->entities, ENTITY_MEMBER, &n);
    if (r)
        return r;
    struct member *row = entities_member(mes->entities, n);
    row->release = (int64_t)release;
    entity_text(row->name, sizeof row->name, m->name);
    row->event = (int64_t)mes->next_sequence;
    return 0;
}

static int apply_approved(struct mes *mes, const struct event *e)
{
    const struct event_release_approved *m = &e->release_approved;
    size_t n;
    struct release *row = release_of(mes, m->release, &n);
    if (!row)
        return ERR_STATE;
    if (row->state == RELEASE_AWAITING) {
        row->state = RELEASE_APPROVED_ONCE;
        memcpy(row->first_approver, e->common.person, 16);
        entity_text(row->first_name, sizeof row->first_name, m->name);
        row->first_ms = e->common.utc_ms;
        row->first_event = (int64_t)mes->next_sequence;
        return 0;
    }
    row->state = RELEASE_SIGNING;
    memcpy(row->second_approver, e->common.person, 16);
    entity_text(row->second_name, sizeof row->second_name, m->name);
    row->second_ms = e->common.utc_ms;
    row->second_event = (int64_t)mes->next_sequence;
    return 0;
}

static int apply_withdrawn(struct mes *mes, const struct event_release_withdrawn *m)
{
    char reason[300];
    size_t n;
    struct release *row = release_of(mes, m->release, &n);
    if (!row)
        return ERR_STATE;
    row->state = RELEASE_WITHDRAWN;
    snprintf(reason, sizeof reason, "Withdrawn by %.*s: %.*s", (int)m->name.length,
             (const char *)m->name.data, (int)m->reason.length, (const char *)m->reason.data);
    entity_text(row->reason, sizeof row->reason, bytes_text(reason));
    return 0;
}

int reports_apply(struct mes *mes, const struct event *event)
{
    struct release *row;
    size_t n;
    switch (event->number) {
    case EVENT_RELEASE_REQUESTED:
        return apply_requested(mes, event);
    case EVENT_RELEASE_MEMBER_BUILT:
        return apply_member(mes, &event->release_member_built);
    case EVENT_RELEASE_BUILT:
        row = release_of(mes, event->release_built.release, &n);
        if (!row)
            return ERR_STATE;
        row->state = RELEASE_AWAITING;
        bytes_to_hex(event->release_built.manifest, 64, row->manifest);
        return 0;
    case EVENT_RELEASE_REFUSED:
        row = release_of(mes, event->release_refused.release, &n);
        if (!row)
            return ERR_STATE;
        row->state = RELEASE_REFUSED;
        entity_text(row->reason, sizeof row->reason, event->release_refused.reason);
        return 0;
    case EVENT_RELEASE_APPROVED:
        return apply_approved(mes, event);
    case EVENT_RELEASE_SIGNED:
        row = release_of(mes, event->release_signed.release, &n);
        if (!row)
            return ERR_STATE;
        row->state = RELEASE_RELEASED;
        entity_text(row->file, sizeof row->file, event->release_signed.file);
        row->signed_ms = event->common.utc_ms;
        return 0;
    case EVENT_RELEASE_WITHDRAWN:
        return apply_withdrawn(mes, &event->release_withdrawn);
    default:
        return ERR_UNKNOWN;
    }
}

/* ---- what is reported ---- */

#define DAY_MS ((int64_t)24 * 3600 * 1000)

/* The first moment behind an ISO week, UTC: the summary says what was so then. */
static int64_t end_of_week(unsigned year, unsigned week)
{
    char fourth[32];
    int64_t ms;
    snprintf(fourth, sizeof fourth, "%04u-01-04T00:00:00Z", year % 10000);
    if (body_time(bytes_text(fourth), &ms) != 0)
        return INT64_MAX;
    int64_t weekday = (ms / DAY_MS + 3) % 7; /* 1 January 1970 was a Thursday; Monday is 0 */
    return ms - weekday * DAY_MS + (int64_t)week * 7 * DAY_MS;
}

/* What had been finished of an order, and in the four weeks before. */
struct tally {
    uint32_t good, recent, recent_passed;
};

static void count_units(const struct mes *mes, int64_t end_ms, struct tally *tallies)
{
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_UNIT); i++) {
        const struct unit *u = entities_unit(mes->entities, i);
        struct tally *t = &tallies[u->order];
        if (u->state != UNIT_FINISHED || u->finished_ms >= end_ms)
            continue;
        t->good++;
        t->recent += u->finished_ms >= end_ms - FOUR_WEEKS_MS;
        t->recent_passed += u->finished_ms >= end_ms - FOUR_WEEKS_MS && u->clean;
    }
}

/* Held, suspended and aborted work is reported as Running until a reviewer says otherwise. */
static const char *reported_state(const struct order *o, const struct tally *t, int64_t end_ms)
{
    if (o->closed_ms && o->closed_ms < end_ms)
        return "Closed";
    if (t->good == (uint32_t)o->quantity)
        return "Completed";
    return o->started_ms && o->started_ms < end_ms ? "Running" : "Waiting";
}

static int yield_band(const struct mes *mes, const struct tally *tallies, const char **ret_band)
{
    uint32_t passed = 0, total = 0, families = 0;
    size_t orders = rows_count(mes->entities, ENTITY_ORDER);
    for (size_t i = 0; i < orders; i++) {
        const char *part = entities_order(mes->entities, i)->part;
        bool seen = tallies[i].recent == 0;
        for (size_t k = 0; k < i && !seen; k++)
            seen = tallies[k].recent && strcmp(entities_order(mes->entities, k)->part, part) == 0;
        families += !seen;
        passed += tallies[i].recent_passed;
        total += tallies[i].recent;
    }
    return summary_yield_band(passed, total, families, ret_band);
}

/* Orders that were here, or were worked on, before the week's end; a closed one is reported as
 * closed for four weeks, which is longer than any one summary is late, and then no more. */
#define CLOSED_REPORTED_MS FOUR_WEEKS_MS

static int summarize(struct command *command, int64_t end_ms, char *text, size_t *ret_length)
{
    const struct mes *mes = command->mes;
    size_t orders = rows_count(mes->entities, ENTITY_ORDER), n = 0;
    struct summary_order *rows = mes_array(command, orders, sizeof *rows);
    struct tally *tallies = mes_array(command, orders, sizeof *tallies);
    const char *band;
    count_units(mes, end_ms, tallies);
    for (size_t i = 0; i < orders; i++) {
        const struct order *o = entities_order(mes->entities, i);
        bool there = o->created_ms < end_ms || (o->started_ms && o->started_ms < end_ms);
        if (o->closed_ms && o->closed_ms < end_ms - CLOSED_REPORTED_MS)
            continue;
        if (there)
            rows[n++] = (struct summary_order){.key = o->key,
                                               .state = reported_state(o, &tallies[i], end_ms),
                                               .good = tallies[i].good};
    }
    int r = yield_band(mes, tallies, &band);
    return r ? r : summary_print(rows, n, band, text, ret_length);
}

/* ---- answers ---- */

static void fill(const struct release *row, struct answer_release *a)
{
    memcpy(a->release, row->release, 16);
    a->slot = row->slot;
    a->sequence = row->sequence;
    a->state = state_names[row->state];
    a->reason = row->reason;
    a->requested_by = row->requested_by;
    a->requested = row->requested_ms;
    a->manifest = row->manifest;
    a->file = row->file;
}

static size_t approvals_of(struct command *command, const struct release *row,
                           struct answer_signature **ret)
{
    struct answer_signature *s = mes_array(command, 2, sizeof *s);
    size_t n = 0;
    if (row->first_ms)
        s[n++] =
            (struct answer_signature){.name = row->first_name,
                                      .meaning = "I have read every byte and approve this release",
                                      .at = row->first_ms};
    if (row->second_ms)
        s[n++] =
            (struct answer_signature){.name = row->second_name,
                                      .meaning = "I have read every byte and approve this release",
                                      .at = row->second_ms};
    *ret = s;
    return n;
}

static int get_releases(struct command *command)
{
    const struct mes *mes = command->mes;
    size_t all = rows_count(mes->entities, ENTITY_RELEASE);
    size_t n = all < 50 ? all : 50;
    struct answer_release *rows = mes_array(command, n, sizeof *rows);
    for (size_t i = 0; i < n; i++) {
        const struct release *row = entities_release(mes->entities, all - 1 - i);
        struct answer_signature *approvals;
        fill(row, &rows[i]);
        rows[i].approvals_count = approvals_of(command, row, &approvals);
        rows[i].approvals = approvals;
    }
    answer_write_releases(&(struct answer_releases){.releases = rows, .releases_count = n},
                          command->out);
    return 0;
}

/* A member's text as it lies in the log. */
static const char *member_text(struct command *command, int64_t sequence)
{
    struct store_event stored;
    struct event event;
    if (store_read(command->mes->store, (uint64_t)sequence, &stored) != 0 ||
        event_decode(stored.payload, &event) != 0 || event.number != EVENT_RELEASE_MEMBER_BUILT)
        return "";
    char *text = mes_array(command, event.release_member_built.content.length + 1, 1);
    memcpy(text, event.release_member_built.content.data,
           event.release_member_built.content.length);
    return text;
}

static size_t members_of(struct command *command, size_t release, struct answer_member **ret)
{
    const struct mes *mes = command->mes;
    size_t all = rows_count(mes->entities, ENTITY_MEMBER), n = 0;
    struct answer_member *rows = mes_array(command, 16, sizeof *rows);
    for (size_t i = 0; i < all && n < 16; i++) {
        const struct member *m = entities_member(mes->entities, i);
        if (m->release == (int64_t)release)
            rows[n++] =
                (struct answer_member){.name = m->name, .text = member_text(command, m->event)};
    }
    *ret = rows;
    return n;
}

/* What stays here, and by which rule; counts stay out of it too. */
static size_t withheld_of(struct command *command, struct answer_withheld **ret)
{
    const struct mes *mes = command->mes;
    size_t all = rows_count(mes->entities, ENTITY_ORDER), n = 0;
    struct answer_withheld *rows = mes_array(command, all + 1, sizeof *rows);
    for (size_t i = 0; i < all; i++) {
        const struct order *o = entities_order(mes->entities, i);
        if (o->finished < 5)
            rows[n++] = (struct answer_withheld){
                .what = mes_print(command, "Finished quantity of %s (%s)", o->key, o->number),
                .rule = "Fewer than five finished units: the quantity is withheld."};
    }
    rows[n++] = (struct answer_withheld){
        .what = "Part numbers, serials, people, readings, times, nonconformances",
        .rule = "No field of the release schema can carry them."};
    *ret = rows;
    return n;
}

static int get_release(struct command *command)
{
    const struct release *row = entities_release(command->mes->entities, command->subject.number);
    struct answer_release a = {0};
    struct answer_signature *approvals;
    struct answer_member *members;
    struct answer_withheld *withheld;
    fill(row, &a);
    a.approvals_count = approvals_of(command, row, &approvals);
    a.approvals = approvals;
    a.members_count = members_of(command, command->subject.number, &members);
    a.members = members;
    a.withheld_count = withheld_of(command, &withheld);
    a.withheld = withheld;
    answer_write_release(&a, command->out);
    return 0;
}

/* ---- deciding ---- */

static bool slot_is_valid(struct bytes_view slot, int64_t *ret_end_ms)
{
    char copy[9];
    unsigned year, week;
    int used = 0;
    entity_text(copy, sizeof copy, slot);
    if (sscanf(copy, "%4u-W%2u%n", &year, &week, &used) != 2 || used != 8 || year < 2000 ||
        week < 1 || week > 53)
        return false;
    *ret_end_ms = end_of_week(year, week);
    return true;
}

/* The next number of the channel: one behind the last that was released or may still be. */
static const char *next_number(const struct mes *mes, struct bytes_view slot,
                               uint64_t *ret_sequence)
{
    uint64_t last = 0;
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_RELEASE); i++) {
        const struct release *row = entities_release(mes->entities, i);
        if (row->state == RELEASE_REFUSED || row->state == RELEASE_WITHDRAWN)
            continue;
        if (row->state != RELEASE_RELEASED)
            return "A release is still on its way. Finish or withdraw that one first.";
        if (bytes_equal_text(slot, row->slot))
            return "The summary of this week has been released already.";
        if ((uint64_t)row->sequence > last)
            last = (uint64_t)row->sequence;
    }
    *ret_sequence = last + 1;
    return NULL;
}

static int request_release(struct command *command)
{
    static char records[SUMMARY_TEXT_MAX];
    int64_t end_ms;
    size_t length;
    struct event event = {.number = EVENT_RELEASE_REQUESTED};
    struct event_release_requested *m = &event.release_requested;
    m->slot = body_value(command->body, "slot")->text;
    if (!slot_is_valid(m->slot, &end_ms))
        return mes_refuse(command, 400, "slot", "must be an ISO week like 2026-W47",
                          "Nothing was changed.", "");
    if (end_ms > command->now_ms)
        return mes_refuse(command, 409, "slot", "This week has not ended yet.",
                          "Nothing was changed.", "Ask for a week that is over.");
    const char *why = next_number(command->mes, m->slot, &m->sequence);
    if (why)
        return mes_refuse(command, 409, "slot", why, "Nothing was changed.", "");
    if (summarize(command, end_ms, records, &length) != 0)
        return mes_refuse(command, 409, "", "The summary cannot be formed from what is recorded.",
                          "Nothing was changed.", "Ask the program manager to look at the orders.");
    if (length > RECORDS_MAX)
        return mes_refuse(command, 409, "", "There are more orders than one summary can hold.",
                          "Nothing was changed.", "Close orders that are finished.");
    os_uuid(m->release);
    m->epoch = 1;
    m->requested_by = bytes_text(command->actor.person->name);
    m->records = bytes_view_of(records, length);
    return mes_emit(command, &event);
}

static int approve_release(struct command *command)
{
    const struct release *row = entities_release(command->mes->entities, command->subject.number);
    char manifest[129];
    bytes_to_hex(body_value(command->body, "manifest")->bytes, 64, manifest);
    if (row->state != RELEASE_AWAITING && row->state != RELEASE_APPROVED_ONCE)
        return mes_refuse(command, 409, "release", "This release is not waiting for an approval.",
                          "Nothing was changed.", "");
    if (strcmp(manifest, row->manifest) != 0)
        return mes_refuse(command, 409, "manifest",
                          "You looked at other bytes than those that lie here.",
                          "Nothing was changed.", "Open the release again and read it once more.");
    if (command->body_text.length > APPROVAL_BODY_MAX) /* JSON may hold any amount of spaces */
        return mes_refuse(command, 400, "", "The request is longer than an approval may be.",
                          "Nothing was changed.", "Send it without spaces between its parts.");
    struct event event = {.number = EVENT_RELEASE_APPROVED};
    memcpy(event.release_approved.release, row->release, 16);
    event.release_approved.name = bytes_text(command->actor.person->name);
    event.release_approved.body = command->body_text;
    event.release_approved.statement = command->statement;
    return mes_emit(command, &event);
}

/* What waits may be taken back; what is being signed is beyond that. */
static int withdraw_release(struct command *command)
{
    const struct release *row = entities_release(command->mes->entities, command->subject.number);
    if (row->state == RELEASE_SIGNING)
        return mes_refuse(command, 409, "release", "The guards are signing it.",
                          "Nothing was changed.", "");
    if (row->state != RELEASE_AWAITING && row->state != RELEASE_APPROVED_ONCE)
        return mes_refuse(command, 409, "release", "This release is not waiting for anybody.",
                          "Nothing was changed.", "");
    struct event event = {.number = EVENT_RELEASE_WITHDRAWN};
    memcpy(event.release_withdrawn.release, row->release, 16);
    event.release_withdrawn.reason = body_value(command->body, "reason")->text;
    event.release_withdrawn.name = bytes_text(command->actor.person->name);
    return mes_emit(command, &event);
}

int reports_run(struct command *command)
{
    switch (command->operation->number) {
    case OPERATION_WITHDRAW_RELEASE:
        return withdraw_release(command);
    case OPERATION_GET_RELEASES:
        return get_releases(command);
    case OPERATION_GET_RELEASE:
        return get_release(command);
    case OPERATION_REQUEST_RELEASE:
        return request_release(command);
    default:
        return approve_release(command);
    }
}
