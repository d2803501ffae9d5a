/* People and records: the state that identity's log describes. */
#include <string.h>

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

struct record *people_record(const struct identity *n, const uint8_t id[static 16])
{
    for (size_t i = 0; i < n->records_count; i++)
        if (memcmp(n->records[i].record, id, 16) == 0)
            return &n->records[i];
    return NULL;
}

bool record_is_active(const struct record *record, int64_t now_ms)
{
    return record->approved && record->from_ms <= now_ms && now_ms < record->until_ms;
}

static int apply_person(struct identity *n, const struct event_person_added *m)
{
    if (n->people_count == PEOPLE_MAX)
        return ERR_FULL;
    struct person *p = &n->people[n->people_count++];
    *p = (struct person){0};
    memcpy(p->person, m->person, 16);
    copy(p->badge, sizeof p->badge, m->badge);
    copy(p->name, sizeof p->name, m->name);
    copy(p->stamp, sizeof p->stamp, m->stamp);
    return 0;
}

static int apply_record(struct identity *n, const struct event *event)
{
    const struct event_record_entered *m = &event->record_entered;
    size_t person = people_by_id(n, m->person);
    if (person == PEOPLE_MAX)
        return ERR_STATE;
    if (n->records_count == RECORDS_MAX)
        return ERR_FULL;
    struct record *r = &n->records[n->records_count++];
    *r = (struct record){.person = person, .from_ms = m->from_ms, .until_ms = m->until_ms};
    memcpy(r->record, m->record, 16);
    memcpy(r->entered_by, event->common.person, 16);
    copy(r->attribute, sizeof r->attribute, m->attribute);
    copy(r->value, sizeof r->value, m->value);
    copy(r->scope, sizeof r->scope, m->scope);
    copy(r->document, sizeof r->document, m->document);
    return 0;
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
    size_t person;
    struct record *record;
    if (PROOF_EVENTS(event->number))
        return proof_apply(n, event);
    n->people_changed = n->people_changed || event->number != EVENT_SNAPSHOT_ISSUED;
    switch (event->number) {
    case EVENT_PERSON_ADDED:
        return apply_person(n, &event->person_added);
    case EVENT_PIN_SET:
        person = people_by_id(n, event->pin_set.person);
        if (person == PEOPLE_MAX)
            return ERR_STATE;
        memcpy(n->people[person].hash, event->pin_set.hash, PASSWORD_HASH_LENGTH);
        n->people[person].has_pin = true;
        return 0;
    case EVENT_RECORD_ENTERED:
        return apply_record(n, event);
    case EVENT_RECORD_APPROVED:
        record = people_record(n, event->record_approved.record);
        if (!record)
            return ERR_STATE;
        record->approved = true;
        return 0;
    case EVENT_SNAPSHOT_ISSUED:
        apply_issued(n, &event->snapshot_issued);
        return 0;
    default:
        return ERR_UNKNOWN;
    }
}

int people_event(struct identity *n, struct event *event, const uint8_t by[static 16],
                 unsigned operation, const uint8_t id[static 16])
{
    static uint8_t payload[STORE_PAYLOAD_MAX];
    struct bytes_put put = bytes_into(payload, sizeof payload);
    size_t length;
    uint64_t sequence;
    int r = n->in_transaction ? 0 : store_begin(n->store);
    n->in_transaction = r == 0;
    memset(&event->common, 0, sizeof event->common);
    memcpy(event->common.person, by, 16);
    memcpy(event->common.id, id, 16);
    event->common.operation = (uint16_t)operation;
    event->common.utc_ms = event->common.performed_ms = os_utc_ms();
    event->common.boot_ms = os_boot_ms();
    memcpy(event->common.policy, decider_hash(n->decider), 32);
    event_encode(event, &put);
    if (r == 0)
        r = bytes_put_done(&put, &length);
    if (r == 0)
        r = store_append(n->store, bytes_view_of(payload, length), &sequence);
    return r ? r : people_apply(n, event);
}
