/* Do the snapshots take what is to be approved? */
#include <string.h>

#include "appliance/identity/identity.h"
#include "appliance/identity/snapshot.h"

/* No less than what snapshot.c writes around the texts. */
#define HEAD_BYTES   32u
#define HOLDER_BYTES 256u
#define RECORD_BYTES 48u

struct counting {
    const struct identity *n;
    const struct record *const *list;
    size_t count;
    int64_t now_ms;
    const char *enclave;
    size_t bytes;
    bool too_many;
};

static bool is_listed(const struct counting *c, const struct record *r)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->list[i] == r)
            return true;
    return false;
}

static bool is_replaced(const struct counting *c, const struct record *r)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->list[i]->holder == r->holder && c->list[i]->kind == r->kind &&
            c->list[i]->from_ms <= c->now_ms && memcmp(c->list[i]->supersedes, r->record, 16) == 0)
            return true;
    return false;
}

/* As record_is_told(), once the list is approved. */
static bool will_tell(const struct counting *c, const struct record *r)
{
    if (r->state == RECORD_APPROVED)
        return record_is_told(c->n, r, c->enclave, c->now_ms) && !is_replaced(c, r);
    return r->state == RECORD_PENDING && is_listed(c, r) &&
           (r->scope[0] == '\0' || strcmp(r->scope, c->enclave) == 0);
}

/* The record that brings its holder into the snapshot, now or later. */
static bool opens(const struct counting *c, const struct record *r)
{
    switch (r->attribute->number) {
    case ATTRIBUTE_READ_IN:
    case ATTRIBUTE_STATION_PROGRAM:
        return c->enclave[0] != '\0';
    case ATTRIBUTE_ROLE:
    case ATTRIBUTE_ATTESTATION:
        return c->enclave[0] == '\0';
    default:
        return false;
    }
}

static void count_holder(struct counting *c, enum holder_kind kind, size_t holder)
{
    size_t records = 0, bytes = HOLDER_BYTES;
    bool in = false, listed = false;
    for (const struct record *r = record_newest(c->n, kind, holder); r;
         r = record_before(c->n, r)) {
        if (!will_tell(c, r))
            continue;
        records++;
        listed = listed || r->state == RECORD_PENDING;
        bytes += RECORD_BYTES + strlen(r->value) + strlen(r->document_type) + strlen(r->document) +
                 strlen(r->granted_by);
        in = in || (opens(c, r) && r->until_ms > c->now_ms);
    }
    if (!in)
        return;
    c->bytes += bytes;
    c->too_many = c->too_many || (listed && records > SNAPSHOT_RECORDS_MAX);
}

static const char *count_all(struct counting *c)
{
    c->bytes = HEAD_BYTES;
    for (size_t i = 0; i < c->n->people_count; i++)
        count_holder(c, HOLDER_PERSON, i);
    for (size_t i = 0; i < c->n->stations_count; i++)
        count_holder(c, HOLDER_STATION, i);
    if (c->too_many)
        return "Somebody would have more than 200 records in one enclave, counting those that "
               "ended "
               "in the last 90 days. Revoke what is not needed, or supersede. None was approved.";
    return c->bytes > SNAPSHOT_BYTES_MAX
               ? "An enclave would have more people and records than its snapshot takes. Revoke "
                 "what is not needed there. None was approved."
               : NULL;
}

const char *room_refused(const struct identity *n, const struct record *const *list, size_t count,
                         int64_t now_ms)
{
    struct counting c = {.n = n, .list = list, .count = count, .now_ms = now_ms, .enclave = ""};
    const char *why = count_all(&c);
    for (size_t i = 0; i < n->enclaves_count && !why; i++) {
        c.enclave = n->enclaves[i];
        why = count_all(&c);
    }
    return why;
}
