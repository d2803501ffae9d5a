/* People and stations: the state that identity's log describes. */
#include <string.h>

#include "appliance/identity/breaking.h"
#include "appliance/identity/mandatory.h"
#include "appliance/identity/proof.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

static void copy(char *out, size_t size, struct bytes_view v)
{
    size_t n = v.length < size ? v.length : size - 1;
    memcpy(out, v.data, n);
    out[n] = '\0';
}

size_t people_by_badge(const struct identity *n, struct bytes_view badge)
{
    for (size_t i = 0; i < n->people_count; i++)
        if (bytes_equal_text(badge, n->people[i].badge))
            return i;
    return PEOPLE_MAX;
}

size_t people_by_id(const struct identity *n, const uint8_t id[static 16])
{
    for (size_t i = 0; i < n->people_count; i++)
        if (memcmp(n->people[i].person, id, 16) == 0)
            return i;
    return PEOPLE_MAX;
}

size_t stations_by_id(const struct identity *n, const uint8_t id[static 16])
{
    for (size_t i = 0; i < n->stations_count; i++)
        if (memcmp(n->stations[i].station, id, 16) == 0)
            return i;
    return STATIONS_MAX;
}

bool people_holder(const struct identity *n, const uint8_t id[static 16],
                   enum holder_kind *ret_kind, size_t *ret_place)
{
    *ret_kind = HOLDER_PERSON;
    *ret_place = people_by_id(n, id);
    if (*ret_place < PEOPLE_MAX)
        return true;
    *ret_kind = HOLDER_STATION;
    *ret_place = stations_by_id(n, id);
    return *ret_place < STATIONS_MAX;
}

static int apply_person(struct identity *n, const struct event_person_added *m)
{
    if (n->people_count == PEOPLE_MAX)
        return ERR_FULL;
    struct person *p = &n->people[n->people_count++];
    *p = (struct person){0};
    memcpy(p->person, m->person, 16);
    memcpy(p->natural, m->person, 16);
    copy(p->badge, sizeof p->badge, m->badge);
    copy(p->name, sizeof p->name, m->name);
    copy(p->stamp, sizeof p->stamp, m->stamp);
    return 0;
}

static int apply_station(struct identity *n, const struct event_station_added *m)
{
    if (n->stations_count == STATIONS_MAX)
        return ERR_FULL;
    struct station *s = &n->stations[n->stations_count++];
    *s = (struct station){0};
    memcpy(s->station, m->station, 16);
    copy(s->name, sizeof s->name, m->name);
    return 0;
}

/* All accounts of the one become the other's, too. */
static int apply_linked(struct identity *n, const struct event_person_linked *m)
{
    size_t person = people_by_id(n, m->person), same_as = people_by_id(n, m->same_as);
    uint8_t before[16];
    if (person == PEOPLE_MAX || same_as == PEOPLE_MAX)
        return ERR_STATE;
    memset(n->people[person].link_to, 0, 16);
    memcpy(before, n->people[person].natural, 16);
    for (size_t i = 0; i < n->people_count; i++)
        if (memcmp(n->people[i].natural, before, 16) == 0)
            memcpy(n->people[i].natural, n->people[same_as].natural, 16);
    return 0;
}

/* It counts for nothing until another officer approves it. */
static int apply_link_proposed(struct identity *n, const struct event *event)
{
    const struct event_link_proposed *m = &event->link_proposed;
    size_t person = people_by_id(n, m->person);
    if (person == PEOPLE_MAX || people_by_id(n, m->same_as) == PEOPLE_MAX)
        return ERR_STATE;
    memcpy(n->people[person].link_to, m->same_as, 16);
    memcpy(n->people[person].link_by, event->common.person, 16);
    memcpy(n->people[person].link_at, event->common.station, 16);
    n->people[person].link_ms = event->common.utc_ms;
    return 0;
}

static void suspend_person(struct identity *n, size_t at, const struct event *event, bool on)
{
    n->people[at].suspended = on;
    n->people[at].not_before_ms = event->common.utc_ms;
    memcpy(n->people[at].suspended_by, event->common.person, 16);
    memcpy(n->people[at].suspended_at, event->common.station, 16);
}

/* Whoever is suspended has no session any more; a new one is needed after it. */
static int apply_suspended(struct identity *n, const struct event *event)
{
    bool on = event->number == EVENT_HOLDER_SUSPENDED;
    unsigned kind = on ? event->holder_suspended.kind : event->holder_restored.kind;
    const uint8_t *id = on ? event->holder_suspended.holder : event->holder_restored.holder;
    int64_t now = event->common.utc_ms;
    size_t at = kind == HOLDER_STATION ? stations_by_id(n, id) : people_by_id(n, id);
    if (kind == HOLDER_STATION && at < STATIONS_MAX) {
        n->stations[at].suspended = on;
        n->stations[at].not_before_ms = now;
        memcpy(n->stations[at].suspended_by, event->common.person, 16);
        memcpy(n->stations[at].suspended_at, event->common.station, 16);
        return 0;
    }
    if (kind != HOLDER_PERSON || at >= PEOPLE_MAX)
        return ERR_STATE;
    suspend_person(n, at, event, on);
    return 0;
}

static int apply_pin(struct identity *n, const uint8_t id[static 16], const uint8_t *hash,
                     bool given)
{
    size_t person = people_by_id(n, id);
    if (person == PEOPLE_MAX)
        return ERR_STATE;
    memcpy(n->people[person].hash, hash, PASSWORD_HASH_LENGTH);
    n->people[person].has_pin = true;
    n->people[person].pin_given = given;
    return 0;
}

/* The officer knows the PIN now: it opens nothing before another one has restored its person. */
static int apply_reset(struct identity *n, const struct event *event)
{
    const struct event_pin_reset *e = &event->pin_reset;
    int r = apply_pin(n, e->person, e->hash, true);
    if (r == 0)
        suspend_person(n, people_by_id(n, e->person), event, true);
    return r;
}

static void apply_issued(struct identity *n, const struct event_snapshot_issued *m)
{
    for (size_t i = 0; i < n->enclaves_count; i++) {
        struct issued *s = &n->issued[i];
        if (memcmp(s->enclave, m->enclave, 8) != 0)
            continue;
        s->epoch = m->number;
        memcpy(s->digest, m->digest, 32);
    }
}

int people_apply(struct identity *n, const struct event *event)
{
    if (event->common.utc_ms > n->floor_ms)
        n->floor_ms = event->common.utc_ms;
    if (PROOF_EVENTS(event->number))
        return proof_apply(n, event);
    n->people_changed = n->people_changed || event->number != EVENT_SNAPSHOT_ISSUED;
    switch (event->number) {
    case EVENT_PERSON_ADDED:
        return apply_person(n, &event->person_added);
    case EVENT_PIN_SET:
        return apply_pin(n, event->pin_set.person, event->pin_set.hash, false);
    case EVENT_PIN_GIVEN:
        return apply_pin(n, event->pin_given.person, event->pin_given.hash, true);
    case EVENT_PIN_CHOSEN:
        return apply_pin(n, event->pin_chosen.person, event->pin_chosen.hash, false);
    case EVENT_PIN_RESET:
        return apply_reset(n, event);
    case EVENT_POLICY_PROPOSED:
    case EVENT_POLICY_INSTALLED:
    case EVENT_POLICY_DECLINED:
        return mandatory_apply(n, event);
    case EVENT_GLASS_BROKEN:
    case EVENT_GLASS_REVIEWED:
        return breaking_apply(n, event);
    case EVENT_STATION_ADDED:
        return apply_station(n, &event->station_added);
    case EVENT_LINK_PROPOSED:
        return apply_link_proposed(n, event);
    case EVENT_PERSON_LINKED:
        return apply_linked(n, &event->person_linked);
    case EVENT_HOLDER_SUSPENDED:
    case EVENT_HOLDER_RESTORED:
        return apply_suspended(n, event);
    case EVENT_LOSS_ACCEPTED:
        behind_apply(n, event);
        return 0;
    case EVENT_SNAPSHOT_ISSUED:
        apply_issued(n, &event->snapshot_issued);
        return 0;
    default:
        return record_apply(n, event);
    }
}

int people_event(struct identity *n, struct event *event, const uint8_t by[static 16],
                 unsigned operation, const uint8_t id[static 16])
{
    static uint8_t payload[STORE_PAYLOAD_MAX];
    struct bytes_put put = bytes_into(payload, sizeof payload);
    size_t length;
    int r = n->in_transaction ? 0 : store_begin(n->store);
    n->in_transaction = r == 0;
    memset(&event->common, 0, sizeof event->common);
    memcpy(event->common.person, by, 16);
    memcpy(event->common.station, n->station, 16);
    memcpy(event->common.id, id, 16);
    event->common.operation = (uint16_t)operation;
    event->common.utc_ms = event->common.performed_ms = identity_now(n);
    event->common.boot_ms = os_boot_ms();
    memcpy(event->common.policy, decider_hash(n->decider), 32);
    event_encode(event, &put);
    if (r == 0)
        r = bytes_put_done(&put, &length);
    if (r == 0)
        r = store_append(n->store, bytes_view_of(payload, length), &n->sequence);
    if (r == ERR_STORE || r == ERR_SYSTEM)
        shut_failed(r, "at an event");
    return r ? r : people_apply(n, event);
}
