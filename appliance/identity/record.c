/* Authorization records: what identity's log says of them. */
#include <string.h>

#include "appliance/identity/identity.h"
#include "enclave/process/os.h"

#define PAST_MS ((int64_t)90 * 24 * 3600 * 1000)

static void copy(char *out, size_t size, struct bytes_view v)
{
    size_t n = v.length < size ? v.length : size - 1;
    memcpy(out, v.data, n);
    out[n] = '\0';
}
#define COPY(field) copy(r->field, sizeof r->field, m->field)

int64_t identity_now(const struct identity *n)
{
    int64_t now = os_utc_ms();
    return now > n->floor_ms ? now : n->floor_ms;
}

/* The random end of an id. */
static uint32_t bucket_of(const uint8_t id[static 16])
{
    uint32_t h;
    memcpy(&h, id + 12, sizeof h);
    return h % RECORDS_INDEX;
}

struct record *record_by_id(const struct identity *n, const uint8_t id[static 16])
{
    for (uint32_t at = bucket_of(id); n->index[at]; at = (at + 1) % RECORDS_INDEX)
        if (memcmp(n->records[n->index[at] - 1].record, id, 16) == 0)
            return &n->records[n->index[at] - 1];
    return NULL;
}

bool record_is_active(const struct record *record, int64_t now_ms)
{
    return record->state == RECORD_APPROVED && record->from_ms <= now_ms &&
           now_ms < record->until_ms;
}

static uint32_t *first_of(const struct identity *n, enum holder_kind kind, size_t holder)
{
    return kind == HOLDER_STATION ? &n->stations[holder].first : &n->people[holder].first;
}

const struct record *record_newest(const struct identity *n, enum holder_kind kind, size_t holder)
{
    uint32_t first = *first_of(n, kind, holder);
    return first ? &n->records[first - 1] : NULL;
}

const struct record *record_before(const struct identity *n, const struct record *record)
{
    return record->next ? &n->records[record->next - 1] : NULL;
}

const struct record *record_find(const struct identity *n, size_t person,
                                 enum attribute_number attribute, const char *scope, int64_t now_ms)
{
    for (const struct record *r = record_newest(n, HOLDER_PERSON, person); r;
         r = record_before(n, r))
        if (r->attribute->number == attribute && record_is_active(r, now_ms) &&
            (r->scope[0] == '\0' || strcmp(r->scope, scope) == 0))
            return r;
    return NULL;
}

/* ---- past its end ---- */

/* Was it in force at ${now_ms} or before, and when another, which ended at ${until_ms}, ended? */
static bool began(const struct record *r, int64_t until_ms, int64_t now_ms)
{
    if (r->from_ms > now_ms)
        return false;
    if (r->state == RECORD_APPROVED)
        return !record_is_replaced(r, now_ms) || r->replaced_ms >= until_ms;
    return (r->state == RECORD_REVOKED && r->approved_ms && r->revoked_ms >= until_ms) ||
           (r->state == RECORD_SUPERSEDED && r->replaced_ms >= until_ms);
}

/* Is ${o} of the holder, attribute and scope of ${r}, of a set the value too, and later? */
static bool is_later(const struct record *o, const struct record *r)
{
    bool set = r->attribute->into == ATTRIBUTE_INTO_NATIONS;
    return o != r && o->attribute == r->attribute && strcmp(o->scope, r->scope) == 0 &&
           (!set || strcmp(o->value, r->value) == 0) &&
           (o->from_ms > r->from_ms ||
            (o->from_ms == r->from_ms && memcmp(o->record, r->record, 16) > 0));
}

/* Had a later one begun when it ended?  Whether that one counts is not asked. */
static bool is_followed(const struct identity *n, const struct record *r, int64_t now_ms)
{
    for (const struct record *o = record_newest(n, r->kind, r->holder); o; o = record_before(n, o))
        if (is_later(o, r) && began(o, r->until_ms, now_ms))
            return true;
    return false;
}

/* One that ended first, and was followed, says nothing of what outlasted it: who followed does. */
bool record_outdoes(const struct identity *n, const struct record *other,
                    const struct record *record, int64_t now_ms)
{
    return is_later(other, record) && began(other, record->until_ms, now_ms) &&
           (other->state != RECORD_APPROVED || other->until_ms >= record->until_ms ||
            !is_followed(n, other, now_ms));
}

/* A later one of its kind has begun: what holds now is said there. */
static bool is_outdone(const struct identity *n, const struct record *r, int64_t now_ms)
{
    for (const struct record *o = record_newest(n, r->kind, r->holder); o; o = record_before(n, o))
        if (record_outdoes(n, o, r, now_ms))
            return true;
    return false;
}

bool record_is_replaced(const struct record *record, int64_t now_ms)
{
    return record->replaced_ms && record->replaced_ms <= now_ms;
}

bool record_binds_on(const struct identity *n, const struct record *record, int64_t now_ms)
{
    return record->state == RECORD_APPROVED && record->until_ms <= now_ms &&
           record->attribute->past != ATTRIBUTE_PAST_ENDS && !record_is_replaced(record, now_ms) &&
           !is_outdone(n, record, now_ms);
}

bool record_visit_is_over(const struct identity *n, size_t person, int64_t now_ms)
{
    bool over = false;
    for (const struct record *r = record_newest(n, HOLDER_PERSON, person); r;
         r = record_before(n, r)) {
        if (r->attribute->number != ATTRIBUTE_VISITOR && r->attribute->number != ATTRIBUTE_VENDOR)
            continue;
        if (record_is_active(r, now_ms))
            return false;
        over = over || record_binds_on(n, r, now_ms);
    }
    return over;
}

bool record_is_told(const struct identity *n, const struct record *record, const char *enclave,
                    int64_t now_ms)
{
    if (record->state != RECORD_APPROVED ||
        (record->scope[0] && strcmp(record->scope, enclave) != 0))
        return false;
    if (record->until_ms > now_ms || record->attribute->past != ATTRIBUTE_PAST_ENDS)
        return record->until_ms > now_ms || record_binds_on(n, record, now_ms);
    return record->until_ms >= now_ms - PAST_MS && !record_is_replaced(record, now_ms);
}

const char *record_state_text(const struct identity *n, const struct record *record, int64_t now_ms)
{
    switch (record->state) {
    case RECORD_PENDING:
        return "pending";
    case RECORD_REVOKED:
        return "revoked";
    case RECORD_SUPERSEDED:
        return "superseded";
    case RECORD_APPROVED:
        break;
    }
    return record_is_replaced(record, now_ms)   ? "superseded"
           : now_ms < record->from_ms           ? "not yet"
           : now_ms < record->until_ms          ? "active"
           : record_binds_on(n, record, now_ms) ? "past its review"
                                                : "expired";
}

static bool names_program(const struct record *r, const char *scope, int64_t now_ms)
{
    return r->attribute->number == ATTRIBUTE_READ_IN && strcmp(r->scope, scope) == 0 &&
           record_is_active(r, now_ms);
}

static size_t calls_it(const struct identity *n, const char *scope, const char *name,
                       int64_t now_ms)
{
    size_t count = 0;
    for (size_t i = 0; i < n->records_count; i++)
        count +=
            names_program(&n->records[i], scope, now_ms) && strcmp(n->records[i].value, name) == 0;
    return count;
}

/* Mostly all say one name, which is counted once. */
const char *record_program(const struct identity *n, const char *scope, int64_t now_ms)
{
    const char *name = NULL;
    size_t most = 0, count;
    for (size_t i = 0; i < n->records_count; i++) {
        const struct record *r = &n->records[i];
        if (!names_program(r, scope, now_ms) || (name && strcmp(name, r->value) == 0))
            continue;
        count = calls_it(n, scope, r->value, now_ms);
        if (count >= most) {
            name = r->value;
            most = count;
        }
    }
    return name;
}

const struct record *record_any(const struct identity *n, size_t person,
                                enum attribute_number attribute, int64_t now_ms)
{
    const struct record *past = NULL;
    for (const struct record *r = record_newest(n, HOLDER_PERSON, person); r;
         r = record_before(n, r)) {
        if (r->attribute->number != attribute)
            continue;
        if (record_is_active(r, now_ms))
            return r;
        if (!past && record_binds_on(n, r, now_ms))
            past = r;
    }
    return past;
}

/* ---- what is not one officer's to take away ---- */

/* Another value of this attribute would hold in its place, or remain without it. */
static bool leaves_another(const struct identity *n, const struct record *r, int64_t now_ms)
{
    bool other = false;
    for (const struct record *o = record_newest(n, r->kind, r->holder); o;
         o = record_before(n, o)) {
        if (o == r || o->attribute != r->attribute || o->state != RECORD_APPROVED ||
            o->until_ms <= now_ms || (r->scope[0] && o->scope[0] && strcmp(r->scope, o->scope)))
            continue;
        bool same = strcmp(o->value, r->value) == 0;
        if (same && r->attribute->into == ATTRIBUTE_INTO_NATIONS && o->from_ms <= now_ms &&
            o->until_ms >= r->until_ms)
            return false; /* the set stays what it is */
        other = other || !same;
    }
    return other;
}

bool record_narrows(const struct identity *n, const struct record *record, int64_t now_ms)
{
    if (record->state != RECORD_APPROVED ||
        (record->until_ms <= now_ms && !record_binds_on(n, record, now_ms)))
        return false;
    switch (record->attribute->number) {
    case ATTRIBUTE_WINDOW:
    case ATTRIBUTE_VISITOR:
    case ATTRIBUTE_VENDOR:
    case ATTRIBUTE_AFFILIATION:
        return true; /* whoever has none may be bound by none: an affiliation by a site's own rules
                      */
    default:
        break;
    }
    switch (record->attribute->into) {
    case ATTRIBUTE_INTO_NATIONS:
    case ATTRIBUTE_INTO_LEVEL:
    case ATTRIBUTE_INTO_ONE:
    case ATTRIBUTE_INTO_NAME:
        return leaves_another(n, record, now_ms);
    default:
        return false;
    }
}

/* ---- from events ---- */

int record_put(struct identity *n, const struct record *record)
{
    if (n->records_count == RECORDS_MAX)
        return ERR_FULL;
    struct record *r = &n->records[n->records_count++];
    *r = *record;
    r->next = *first_of(n, r->kind, r->holder);
    *first_of(n, r->kind, r->holder) = (uint32_t)n->records_count;
    uint32_t at = bucket_of(r->record);
    while (n->index[at])
        at = (at + 1) % RECORDS_INDEX;
    n->index[at] = (uint32_t)n->records_count;
    return 0;
}

static int apply_entered(struct identity *n, const struct event *event)
{
    const struct event_record_entered *m = &event->record_entered;
    const struct attribute *attribute = attribute_by_number(m->attribute);
    bool station = m->kind == HOLDER_STATION;
    size_t holder = station ? stations_by_id(n, m->holder) : people_by_id(n, m->holder);
    if (!attribute || holder == (station ? STATIONS_MAX : PEOPLE_MAX))
        return ERR_STATE;
    struct record record = {.kind = (enum holder_kind)m->kind,
                            .holder = holder,
                            .attribute = attribute,
                            .document_ms = m->document_ms,
                            .from_ms = m->from_ms,
                            .until_ms = m->until_ms,
                            .entered_ms = event->common.utc_ms};
    struct record *r = &record;
    memcpy(r->record, m->record, 16);
    memcpy(r->supersedes, m->supersedes, 16);
    memcpy(r->entered_by, event->common.person, 16);
    memcpy(r->entered_at, event->common.station, 16);
    COPY(value);
    COPY(scope);
    COPY(granted_by);
    COPY(granting_role);
    COPY(document_type);
    COPY(document);
    COPY(reason);
    int result = record_make_room(n, event->common.utc_ms);
    return result ? result : record_put(n, r);
}

/* What is said of one that has left memory changes nothing. */
static int not_here(const struct identity *n, const uint8_t id[static 16])
{
    return record_has_left(n, id) ? 0 : ERR_STATE;
}

/* What it replaces ends when it begins: at once, or in days when it was renewed ahead of time. */
static int apply_approved(struct identity *n, const struct event *event)
{
    struct record *r = record_by_id(n, event->record_approved.record);
    if (!r || r->state != RECORD_PENDING)
        return r ? ERR_STATE : not_here(n, event->record_approved.record);
    r->state = RECORD_APPROVED;
    r->approved_ms = event->common.utc_ms;
    memcpy(r->approved_by, event->common.person, 16);
    struct record *before = record_by_id(n, r->supersedes);
    if (!before || before->state != RECORD_APPROVED)
        return 0;
    if (r->from_ms <= r->approved_ms) {
        before->state = RECORD_SUPERSEDED;
        before->replaced_ms = r->approved_ms;
        return 0;
    }
    before->replaced_ms = r->from_ms;
    if (r->from_ms < before->until_ms)
        before->until_ms = r->from_ms;
    return 0;
}

static void revoke(struct identity *n, struct record *r, int64_t now_ms)
{
    struct record *before = record_by_id(n, r->supersedes);
    r->state = RECORD_REVOKED;
    r->revoked_ms = now_ms;
    if (before && before->state == RECORD_APPROVED && now_ms < r->from_ms)
        before->replaced_ms = 0; /* it never began: what it would have replaced binds on */
}

static int apply_revoked(struct identity *n, const struct event *event)
{
    const struct event_record_revoked *m = &event->record_revoked;
    struct record *r = record_by_id(n, m->record);
    if (!r)
        return not_here(n, m->record);
    revoke(n, r, event->common.utc_ms);
    memcpy(r->revoked_by, event->common.person, 16);
    copy(r->revoked_why, sizeof r->revoked_why, m->reason);
    return 0;
}

static int apply_asked(struct identity *n, const struct event *event)
{
    const struct event_revocation_asked *m = &event->revocation_asked;
    struct record *r = record_by_id(n, m->record);
    if (!r || r->state != RECORD_APPROVED)
        return r ? ERR_STATE : not_here(n, m->record);
    r->revocation_asked = true;
    memcpy(r->revoked_by, event->common.person, 16);
    copy(r->revoked_why, sizeof r->revoked_why, m->reason);
    return 0;
}

static int apply_revoked_by_two(struct identity *n, const struct event *event)
{
    struct record *r = record_by_id(n, event->revocation_approved.record);
    if (!r || r->state != RECORD_APPROVED || !r->revocation_asked)
        return r ? ERR_STATE : not_here(n, event->revocation_approved.record);
    revoke(n, r, event->common.utc_ms);
    memcpy(r->revocation_approved_by, event->common.person, 16);
    return 0;
}

int record_apply(struct identity *n, const struct event *event)
{
    switch (event->number) {
    case EVENT_RECORD_ENTERED:
        return apply_entered(n, event);
    case EVENT_RECORD_APPROVED:
        return apply_approved(n, event);
    case EVENT_RECORD_REVOKED:
        return apply_revoked(n, event);
    case EVENT_REVOCATION_ASKED:
        return apply_asked(n, event);
    case EVENT_REVOCATION_APPROVED:
        return apply_revoked_by_two(n, event);
    default:
        return ERR_UNKNOWN;
    }
}
