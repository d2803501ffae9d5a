/* Snapshots: what each enclave may know of people, compiled from active records and signed. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/identity/identity.h"
#include "crypto/hash.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define PART 60000u

static void country(char list[][4], size_t *count, const char *value)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(list[i], value) == 0)
            return;
    if (*count < SNAPSHOT_COUNTRIES_MAX && strlen(value) == 3)
        memcpy(list[(*count)++], value, 4);
}

static void word(char (*list)[SNAPSHOT_WORD_MAX + 1], size_t *count, size_t max, const char *value)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(list[i], value) == 0)
            return;
    if (*count < max && strlen(value) <= SNAPSHOT_WORD_MAX)
        strcpy(list[(*count)++], value);
}

/* A certification that was renewed stands there once, until the later of its ends: a name that
 * stands there twice cannot be decided on. */
static void skill(struct snapshot_person *p, const struct record *r)
{
    for (size_t i = 0; i < p->skills; i++)
        if (strcmp(p->skill[i].name, r->value) == 0) {
            if (r->until_ms > p->skill[i].until_ms)
                p->skill[i].until_ms = r->until_ms;
            return;
        }
    if (p->skills == SNAPSHOT_SKILLS_MAX || strlen(r->value) > SNAPSHOT_WORD_MAX)
        return;
    strcpy(p->skill[p->skills].name, r->value);
    p->skill[p->skills++].until_ms = r->until_ms;
}

/* One record's part in what decides.  An export authorization that has ended still says when. */
static void add(struct snapshot_person *p, const struct record *r, int64_t now_ms)
{
    bool begun = r->approved && r->from_ms <= now_ms;
    if (strcmp(r->attribute, "export") == 0 && begun && r->until_ms > p->export_until_ms)
        p->export_until_ms = r->until_ms;
    if (strcmp(r->attribute, "skill") == 0 && begun)
        skill(p, r);
    if (!record_is_active(r, now_ms))
        return;
    if (strcmp(r->attribute, "role") == 0)
        word(p->role, &p->roles, SNAPSHOT_ROLES_MAX, r->value);
    else if (strcmp(r->attribute, "site") == 0)
        word(p->site, &p->sites, SNAPSHOT_SITES_MAX, r->value);
    else if (strcmp(r->attribute, "citizenship") == 0)
        country(p->citizenship, &p->citizenships, r->value);
    else if (strcmp(r->attribute, "country-itar") == 0)
        country(p->country_itar, &p->countries_itar, r->value);
    else if (strcmp(r->attribute, "itar-us-person") == 0)
        p->us_person = strcmp(r->value, "true") == 0;
    else if (strcmp(r->attribute, "clearance") == 0 && r->value[0] >= '0' && r->value[0] <= '4')
        p->clearance = (uint8_t)(r->value[0] - '0');
}

/* Until when a person is read in; 0 for not at all.  ${enclave} "" is the site itself, whose
 * people are those with a role of the whole site. */
static int64_t read_in_until(const struct identity *n, size_t person, const char *enclave,
                             int64_t now_ms)
{
    int64_t until = 0;
    const char *attribute = enclave[0] ? "read-in" : "role";
    for (size_t i = 0; i < n->records_count; i++) {
        const struct record *r = &n->records[i];
        if (r->person == person && strcmp(r->attribute, attribute) == 0 &&
            strcmp(r->scope, enclave) == 0 && record_is_active(r, now_ms) && r->until_ms > until)
            until = r->until_ms;
    }
    return until;
}

static int by_id(const void *a, const void *b)
{
    return memcmp(((const struct snapshot_person *)a)->person,
                  ((const struct snapshot_person *)b)->person, 16);
}

static struct snapshot *compile(const struct identity *n, const char *enclave, int64_t now_ms)
{
    struct snapshot *s = NULL;
    size_t count = 0;
    if (snapshot_new(n->people_count, &s) != 0)
        log_die("out of memory");
    for (size_t i = 0; i < n->people_count; i++) {
        int64_t until = read_in_until(n, i, enclave, now_ms);
        if (until == 0)
            continue;
        struct snapshot_person *p = &s->person[count++];
        memcpy(p->person, n->people[i].person, 16);
        strcpy(p->name, n->people[i].name);
        strcpy(p->stamp, n->people[i].stamp);
        p->read_in_until_ms = until;
        for (size_t k = 0; k < n->records_count; k++) {
            const struct record *r = &n->records[k];
            if (r->person == i && (r->scope[0] == '\0' || strcmp(r->scope, enclave) == 0))
                add(p, r, now_ms);
        }
        if (enclave[0] == '\0')
            word(p->site, &p->sites, SNAPSHOT_SITES_MAX, "site");
    }
    s->people = count;
    memcpy(s->enclave, enclave[0] ? enclave : "site\0\0\0\0", 8);
    qsort(s->person, count, sizeof s->person[0], by_id);
    return s;
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

static void send_snapshot(struct identity *n, const struct issued *s, struct peer *worker)
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
        if (process_send(worker, &m) != 0)
            log_err("a worker does not take its snapshot");
    }
    send_line(n, s, worker);
}

/* The content without its number, so that equal content gives an equal digest. */
static bool content_changed(struct issued *s, struct snapshot *snapshot)
{
    uint8_t digest[32];
    snapshot->epoch = s->epoch;
    struct bytes_put put = bytes_into(s->bytes, SNAPSHOT_BYTES_MAX);
    snapshot_encode(snapshot, &put);
    if (put.error)
        log_die("a snapshot is larger than allowed");
    s->length = bytes_put_length(&put);
    hash_content("casemate/snapshot/1", bytes_view_of(s->bytes, s->length), digest);
    return s->epoch == 0 || memcmp(digest, s->digest, 32) != 0;
}

static void issue(struct identity *n, struct issued *s, int64_t now_ms)
{
    static const uint8_t nobody[16];
    struct snapshot *snapshot = compile(n, s->enclave, now_ms);
    bool changed = content_changed(s, snapshot);
    if (changed) {
        struct event event = {.number = EVENT_SNAPSHOT_ISSUED};
        s->epoch++;
        snapshot->epoch = s->epoch;
        struct bytes_put put = bytes_into(s->bytes, SNAPSHOT_BYTES_MAX);
        snapshot_encode(snapshot, &put);
        s->length = bytes_put_length(&put);
        hash_content("casemate/snapshot/1", bytes_view_of(s->bytes, s->length), s->digest);
        memcpy(event.snapshot_issued.enclave, s->enclave, 8);
        memcpy(event.snapshot_issued.digest, s->digest, 32);
        event.snapshot_issued.number = s->epoch;
        if (people_event(n, &event, nobody, 0, nobody) != 0)
            log_die("the store failed at a snapshot");
    }
    struct peer *worker = process_peer(n->process, 12, s->enclave);
    if (worker && (changed || !s->pushed)) {
        send_snapshot(n, s, worker);
        s->pushed = true;
    }
    free(snapshot);
}

void issue_all(struct identity *n)
{
    int64_t now = os_utc_ms();
    n->people_changed = false;
    for (size_t i = 0; i < n->enclaves_count; i++)
        issue(n, &n->issued[i], now);
    free(n->site);
    n->site = compile(n, "", now);
    if (decider_people(n->decider, n->site) != 0)
        log_die("the people of the site cannot be decided on");
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
