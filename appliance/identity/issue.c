/* Snapshots: what each enclave may know of people, compiled from active records and signed. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/identity/identity.h"
#include "crypto/hash.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define PART 60000u

struct putting {
    struct snapshot_record list[SNAPSHOT_RECORDS_MAX];
    char documents[SNAPSHOT_RECORDS_MAX][SNAPSHOT_DOCUMENT_MAX + 1];
    size_t count;
};

static int in_order(const void *a, const void *b)
{
    const struct snapshot_record *x = a, *y = b;
    if (x->attribute != y->attribute)
        return x->attribute < y->attribute ? -1 : 1;
    return memcmp(x->record, y->record, 16);
}

/* A person of an enclave has the records of the site and of that enclave.  Whoever has more than a
 * snapshot takes has none: what is left out could be what binds him. */
static void collect(const struct identity *n, enum holder_kind kind, size_t holder,
                    const char *enclave, int64_t now_ms, struct putting *p)
{
    p->count = 0;
    for (const struct record *r = record_newest(n, kind, holder); r; r = record_before(n, r)) {
        if (!record_is_told(n, r, enclave, now_ms))
            continue;
        if (p->count == SNAPSHOT_RECORDS_MAX) {
            log_err("somebody has more records than a snapshot takes: nothing is open to him");
            p->count = 0;
            return;
        }
        struct snapshot_record *out = &p->list[p->count];
        snprintf(p->documents[p->count], sizeof p->documents[0], "%.24s %.80s", r->document_type,
                 r->document);
        *out = (struct snapshot_record){.attribute = r->attribute->number,
                                        .value = bytes_text(r->value),
                                        .from_ms = r->from_ms,
                                        .until_ms = r->until_ms,
                                        .document = bytes_text(p->documents[p->count]),
                                        .granted_by = bytes_text(r->granted_by)};
        memcpy(out->record, r->record, 16);
        p->count++;
    }
    qsort(p->list, p->count, sizeof p->list[0], in_order);
}

/* Who stands in an enclave's snapshot: the people read in there; in that of the site itself,
 * whose enclave is "", those with a role of the whole site. */
static bool belongs(const struct identity *n, size_t person, const char *enclave, int64_t now_ms)
{
    if (enclave[0])
        return record_find(n, person, ATTRIBUTE_READ_IN, enclave, now_ms) != NULL;
    return record_find(n, person, ATTRIBUTE_ROLE, "", now_ms) != NULL;
}

static bool is_certified(const struct identity *n, size_t station, const char *enclave,
                         int64_t now_ms)
{
    for (const struct record *r = record_newest(n, HOLDER_STATION, station); r;
         r = record_before(n, r))
        if (record_is_active(r, now_ms) &&
            (enclave[0] ? r->attribute->number == ATTRIBUTE_STATION_PROGRAM &&
                              strcmp(r->scope, enclave) == 0
                        : r->attribute->number == ATTRIBUTE_ATTESTATION))
            return true;
    return false;
}

static void put_person(const struct identity *n, size_t person, const char *enclave, int64_t now_ms,
                       struct putting *p, struct bytes_put *out)
{
    const struct person *who = &n->people[person];
    struct snapshot_holder h = {.kind = HOLDER_PERSON,
                                .suspended = who->suspended,
                                .not_before_ms = who->not_before_ms,
                                .record = p->list};
    collect(n, HOLDER_PERSON, person, enclave, now_ms, p);
    h.records = p->count;
    memcpy(h.id, who->person, 16);
    memcpy(h.natural, who->natural, 16);
    strcpy(h.name, who->name);
    strcpy(h.stamp, who->stamp);
    snapshot_put_holder(out, &h);
}

static void put_station(const struct identity *n, size_t station, const char *enclave,
                        int64_t now_ms, struct putting *p, struct bytes_put *out)
{
    const struct station *s = &n->stations[station];
    struct snapshot_holder h = {.kind = HOLDER_STATION,
                                .suspended = s->suspended,
                                .not_before_ms = s->not_before_ms,
                                .record = p->list};
    collect(n, HOLDER_STATION, station, enclave, now_ms, p);
    h.records = p->count;
    memcpy(h.id, s->station, 16);
    strcpy(h.name, s->name);
    snapshot_put_holder(out, &h);
}

/* Places of people or stations, in the order of their ids. */
static const struct identity *sorted_of;
static int people_by_order(const void *a, const void *b)
{
    return memcmp(sorted_of->people[*(const size_t *)a].person,
                  sorted_of->people[*(const size_t *)b].person, 16);
}
static int stations_by_order(const void *a, const void *b)
{
    return memcmp(sorted_of->stations[*(const size_t *)a].station,
                  sorted_of->stations[*(const size_t *)b].station, 16);
}

static size_t compile(const struct identity *n, const char *enclave, uint64_t epoch, int64_t now_ms,
                      uint8_t *bytes)
{
    static struct putting putting;
    static size_t people[PEOPLE_MAX], stations[STATIONS_MAX];
    struct bytes_put out = bytes_into(bytes, SNAPSHOT_BYTES_MAX);
    size_t people_count = 0, stations_count = 0;
    for (size_t i = 0; i < n->people_count; i++)
        if (belongs(n, i, enclave, now_ms))
            people[people_count++] = i;
    for (size_t i = 0; i < n->stations_count; i++)
        if (is_certified(n, i, enclave, now_ms))
            stations[stations_count++] = i;
    sorted_of = n;
    qsort(people, people_count, sizeof *people, people_by_order);
    qsort(stations, stations_count, sizeof *stations, stations_by_order);
    snapshot_put_head(&out, (const uint8_t *)(enclave[0] ? enclave : "site\0\0\0\0"), epoch,
                      people_count, stations_count);
    for (size_t i = 0; i < people_count; i++)
        put_person(n, people[i], enclave, now_ms, &putting, &out);
    for (size_t i = 0; i < stations_count; i++)
        put_station(n, stations[i], enclave, now_ms, &putting, &out);
    if (out.error)
        log_die("a snapshot is larger than allowed");
    return bytes_put_length(&out);
}

/* ---- pushing ---- */

static void send_line(struct identity *n, const struct issued *s, struct peer *worker)
{
    struct message m = {.number = MESSAGE_SNAPSHOT_LINE};
    uint8_t line[SNAPSHOT_LINE_LENGTH];
    m.snapshot_line.epoch = s->epoch;
    memcpy(m.snapshot_line.digest, s->digest, 32);
    memcpy(m.snapshot_line.boot, os_boot_id(), 16);
    m.snapshot_line.good_until_ms = os_boot_ms() + SNAPSHOT_GOOD_MS;
    snapshot_line(s->epoch, s->digest, os_boot_id(), m.snapshot_line.good_until_ms, line);
    if (sign_make(process_key(n->process, KEY_IDENTITY_SNAPSHOT), "casemate/snapshot-line/1",
                  bytes_view_of(line, sizeof line), m.snapshot_line.signature) != 0)
        log_die("a snapshot could not be signed");
    if (process_send(worker, &m) != 0)
        log_err("a worker does not take its snapshot");
}

/* false: it does not read so much now, and gets it anew. */
static bool send_snapshot(struct identity *n, const struct issued *s, struct peer *worker)
{
    struct message m = {.number = MESSAGE_SNAPSHOT};
    unsigned parts = (unsigned)((s->length + PART - 1) / PART);
    m.snapshot.epoch = s->epoch;
    m.snapshot.parts = (uint16_t)parts;
    memcpy(m.snapshot.digest, s->digest, 32);
    for (unsigned i = 0; i < parts; i++) {
        size_t at = (size_t)i * PART;
        m.snapshot.part = (uint16_t)i;
        m.snapshot.body =
            bytes_view_of(s->bytes + at, s->length - at < PART ? s->length - at : PART);
        if (process_send(worker, &m) != 0) {
            log_err("a worker does not take its snapshot");
            return false;
        }
    }
    send_line(n, s, worker);
    return true;
}

static void issue(struct identity *n, struct issued *s, int64_t now_ms)
{
    static const uint8_t nobody[16];
    uint8_t digest[32];
    /* with the number it had: equal content gives an equal digest */
    s->length = compile(n, s->enclave, s->epoch, now_ms, s->bytes);
    hash_content(SNAPSHOT_PURPOSE, bytes_view_of(s->bytes, s->length), digest);
    bool changed = s->epoch == 0 || memcmp(digest, s->digest, 32) != 0;
    if (changed) {
        struct event event = {.number = EVENT_SNAPSHOT_ISSUED};
        s->length = compile(n, s->enclave, ++s->epoch, now_ms, s->bytes);
        hash_content(SNAPSHOT_PURPOSE, bytes_view_of(s->bytes, s->length), s->digest);
        memcpy(event.snapshot_issued.enclave, s->enclave, 8);
        memcpy(event.snapshot_issued.digest, s->digest, 32);
        event.snapshot_issued.number = s->epoch;
        if (people_event(n, &event, nobody, 0, nobody) != 0)
            log_die("the store failed at a snapshot");
    }
    struct peer *worker = process_peer(n->process, 12, s->enclave);
    if (worker && (changed || !s->pushed))
        s->pushed = send_snapshot(n, s, worker);
}

/* When the next record begins or ends. */
static int64_t next_change(const struct identity *n, int64_t now_ms)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < n->records_count; i++) {
        const struct record *r = &n->records[i];
        if (r->state != RECORD_APPROVED)
            continue;
        if (r->from_ms > now_ms && r->from_ms < next)
            next = r->from_ms;
        if (r->until_ms > now_ms && r->until_ms < next)
            next = r->until_ms;
    }
    return next;
}

void issue_site(struct identity *n, int64_t now_ms)
{
    struct snapshot *site = NULL;
    size_t length = compile(n, "", 0, now_ms, n->site_bytes);
    if (snapshot_decode(bytes_view_of(n->site_bytes, length), &site) != 0 ||
        decider_people(n->decider, site, now_ms) != 0)
        log_die("the people of the site cannot be decided on");
    snapshot_free(n->site);
    n->site = site;
}

void issue_all(struct identity *n)
{
    int64_t now = identity_now(n);
    n->people_changed = false;
    n->next_ms = next_change(n, now);
    for (size_t i = 0; i < n->enclaves_count; i++)
        issue(n, &n->issued[i], now);
    issue_site(n, now);
    stations_changed(n);
}

void issue_lines(struct identity *n)
{
    for (size_t i = 0; i < n->enclaves_count; i++) {
        struct peer *worker = process_peer(n->process, 12, n->issued[i].enclave);
        if (worker && n->issued[i].pushed)
            send_line(n, &n->issued[i], worker);
    }
}

void issue_to(struct identity *n, struct peer *worker)
{
    for (size_t i = 0; i < n->enclaves_count; i++)
        if (strcmp(n->issued[i].enclave, worker->enclave) == 0)
            n->issued[i].pushed = false;
    issue_all(n);
}
