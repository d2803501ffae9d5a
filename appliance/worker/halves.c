/* The first half of what two people do, looked at again when it is built on. */
#include "appliance/worker/halves.h"

#include <string.h>

#include "appliance/mes/policies/policy.h"
#include "crypto/statement.h"

static bool event_at(const struct worker *w, int64_t sequence, struct event *event)
{
    struct store_event stored;
    return store_read(w->store, (uint64_t)sequence, &stored) == 0 &&
           event_decode(stored.payload, event) == 0;
}

/* ---- does an approval stand ---- */

/* Decided as then, by what is known now. */
static bool stands(struct worker *w, size_t release, int64_t sequence)
{
    struct event event;
    struct subject subject;
    struct statement statement;
    struct decision decision;
    if (!event_at(w, sequence, &event) || event.number != EVENT_RELEASE_APPROVED ||
        statement_check(w->root.statement, event.release_approved.statement, &statement) != 0)
        return false;
    struct circumstance c = {.factor = statement.factor, .now_ms = event.common.utc_ms};
    memcpy(c.station, event.common.station, 16);
    mes_subject_of(w->mes, ENTITY_RELEASE, release, &subject);
    memcpy(subject.requester, entities_release(w->mes->entities, release)->requester, 16);
    decide(w->decider, event.common.person, operation_by_number(OPERATION_APPROVE_RELEASE),
           &subject, &c, &decision);
    return decision.allowed;
}

const char *halves_void(struct worker *w, size_t release)
{
    const struct release *row = entities_release(w->mes->entities, release);
    bool first = row->state == RELEASE_APPROVED_ONCE || row->state == RELEASE_SIGNING;
    bool second = row->state == RELEASE_SIGNING;
    if (first && !stands(w, release, row->first_event))
        return row->first_name;
    return second && !stands(w, release, row->second_event) ? row->second_name : NULL;
}

/* ---- where the first half was done ---- */

/* The sequence of its event, or 0: the log begins with other events. */
static int64_t first_half(const struct worker *w, const struct command *command)
{
    const struct entities *e = w->mes->entities;
    const struct release *release;
    const struct inbound *inbound;
    const struct policy_row *policy;
    switch (command->operation->number) {
    case OPERATION_APPROVE_RELEASE:
        release = entities_release(e, command->subject.number);
        return release->state == RELEASE_APPROVED_ONCE ? release->first_event : 0;
    case OPERATION_ACCEPT_INBOUND:
        inbound = entities_inbound(e, command->subject.number);
        return inbound->state == INBOUND_ACCEPTED_ONCE ? inbound->first_event : 0;
    case OPERATION_APPROVE_MARKING:
        return marking_proposed_by(w->mes, body_value(command->body, "proposal")->bytes);
    case OPERATION_INSTALL_POLICY:
        policy = policy_by_id(w->mes, body_value(command->body, "proposal")->bytes);
        return policy ? policy->event : 0;
    default:
        return 0;
    }
}

void halves_text(struct worker *w, const struct command *command, char out[static STATION_HALVES])
{
    struct event event;
    int64_t sequence = first_half(w, command);
    out[0] = '\0';
    if (sequence && event_at(w, sequence, &event))
        station_halves(event.common.station, command->actor.station,
                       command->now_ms - event.common.utc_ms, out);
}
