/* What officers read at the entry: people, stations, records, what ends, what is missing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/identity/breaking.h"
#include "appliance/identity/mandatory.h"
#include "appliance/identity/proof.h"
#include "enclave/process/log.h"

#define V(name) body_value(&n->body, name)
#define DAY_MS  ((int64_t)24 * 3600 * 1000)

static void *rows_of(size_t count, size_t size)
{
    void *rows = calloc(count ? count : 1, size);
    if (!rows)
        log_die("out of memory");
    return rows;
}

static const char *name_of(const struct identity *n, const uint8_t id[static 16])
{
    size_t at = people_by_id(n, id);
    return at < PEOPLE_MAX ? n->people[at].name : "";
}

/* Who did it then; "" when nobody has. */
static const char *doer(const struct identity *n, const uint8_t id[static 16], int64_t at_ms)
{
    static const uint8_t console[16];
    return at_ms && memcmp(id, console, 16) == 0 ? "the console" : name_of(n, id);
}

static const char *holder_name(const struct identity *n, const struct record *r)
{
    return r->kind == HOLDER_STATION ? n->stations[r->holder].name : n->people[r->holder].name;
}

/* What it takes the place of, or would: for whoever approves it. */
static void describe_replaced(const struct identity *n, const struct record *r,
                              struct answer_record *out)
{
    const struct record *before = record_by_id(n, r->supersedes);
    out->replaces = before ? before->value : "";
    out->replaces_scope = before ? before->scope : "";
    out->replaces_state = before ? record_state_text(n, before, identity_now(n)) : "";
}

static void describe(const struct identity *n, const struct record *r, const char *note,
                     struct answer_record *out)
{
    int64_t now = identity_now(n);
    *out = (struct answer_record){.holder_name = holder_name(n, r),
                                  .attribute = r->attribute->name,
                                  .what = r->attribute->what,
                                  .value = r->value,
                                  .scope = r->scope,
                                  .granted_by = r->granted_by,
                                  .granting_role = r->granting_role,
                                  .document_type = r->document_type,
                                  .document = r->document,
                                  .document_date = r->document_ms,
                                  .reason = r->reason,
                                  .from = r->from_ms,
                                  .until = r->until_ms,
                                  .state = record_state_text(n, r, now),
                                  .entered_by = doer(n, r->entered_by, r->entered_ms),
                                  .entered = r->entered_ms,
                                  .approved_by = doer(n, r->approved_by, r->approved_ms),
                                  .approved = r->approved_ms,
                                  .revoked_by = name_of(n, r->revoked_by),
                                  .revoked = r->revoked_ms,
                                  .revoked_why = r->revoked_why,
                                  .revocation_approved_by = name_of(n, r->revocation_approved_by),
                                  .note = note};
    describe_replaced(n, r, out);
    memcpy(out->record, r->record, 16);
    memcpy(out->holder,
           r->kind == HOLDER_STATION ? n->stations[r->holder].station : n->people[r->holder].person,
           16);
}

/* ---- people and stations ---- */

struct standing_of {
    int64_t active, pending, next_end;
};

static struct standing_of count(const struct identity *n, enum holder_kind kind, size_t holder)
{
    struct standing_of s = {0};
    int64_t now = identity_now(n);
    for (const struct record *r = record_newest(n, kind, holder); r; r = record_before(n, r)) {
        bool active = record_is_active(r, now);
        s.active += active;
        s.pending += r->state == RECORD_PENDING;
        if (active && (!s.next_end || r->until_ms < s.next_end))
            s.next_end = r->until_ms;
    }
    return s;
}

/* Roles in force, each once, with ", " between. */
static void roles_of(const struct identity *n, size_t person, char *out, size_t size)
{
    int64_t now = identity_now(n);
    size_t used = 0;
    out[0] = '\0';
    for (const struct record *r = record_newest(n, HOLDER_PERSON, person); r;
         r = record_before(n, r)) {
        size_t length = strlen(r->value);
        if (r->attribute->number != ATTRIBUTE_ROLE || !record_is_active(r, now) ||
            used + length + 3 > size || strstr(out, r->value))
            continue;
        used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", r->value);
    }
}

static const char *linking(const struct identity *n, const struct person *p)
{
    size_t at = people_by_id(n, p->link_to);
    return at < PEOPLE_MAX ? n->people[at].badge : "";
}

static void write_people(struct identity *n, struct bytes_put *out)
{
    struct answer_person *rows = rows_of(n->people_count, sizeof *rows);
    char(*roles)[200] = rows_of(n->people_count, sizeof *roles);
    for (size_t i = 0; i < n->people_count; i++) {
        const struct person *p = &n->people[i];
        struct standing_of s = count(n, HOLDER_PERSON, i);
        roles_of(n, i, roles[i], sizeof roles[i]);
        rows[i] =
            (struct answer_person){.name = p->name,
                                   .badge = p->badge,
                                   .stamp = p->stamp,
                                   .suspended = p->suspended,
                                   .first_pin = p->pin_given,
                                   .locked = person_is_locked(n, i),
                                   .active = s.active,
                                   .pending = s.pending,
                                   .next_end = s.next_end,
                                   .roles = roles[i],
                                   .linking = linking(n, p),
                                   .linking_by = *linking(n, p) ? name_of(n, p->link_by) : "",
                                   .suspended_by = p->suspended ? name_of(n, p->suspended_by) : ""};
        memcpy(rows[i].person, p->person, 16);
        memcpy(rows[i].natural, p->natural, 16);
    }
    answer_write_people(&(struct answer_people){.people = rows,
                                                .people_count = n->people_count,
                                                .released_by_time = n->lockout.released_by_time},
                        out);
    free(rows);
    free(roles);
}

static const struct record *of_station(const struct identity *n, size_t station,
                                       enum attribute_number attribute)
{
    int64_t now = identity_now(n);
    for (const struct record *r = record_newest(n, HOLDER_STATION, station); r;
         r = record_before(n, r))
        if (r->attribute->number == attribute && record_is_active(r, now))
            return r;
    return NULL;
}

static void write_stations(struct identity *n, struct bytes_put *out)
{
    struct answer_known_station *rows = rows_of(n->stations_count, sizeof *rows);
    for (size_t i = 0; i < n->stations_count; i++) {
        struct standing_of s = count(n, HOLDER_STATION, i);
        const struct record *site = of_station(n, i, ATTRIBUTE_STATION_SITE),
                            *zone = of_station(n, i, ATTRIBUTE_ZONE),
                            *ceiling = of_station(n, i, ATTRIBUTE_CEILING),
                            *attested = of_station(n, i, ATTRIBUTE_ATTESTATION);
        rows[i] = (struct answer_known_station){
            .name = n->stations[i].name,
            .suspended = n->stations[i].suspended,
            .active = s.active,
            .pending = s.pending,
            .next_end = s.next_end,
            .site = site ? site->value : "",
            .zone = zone ? zone->value : "",
            .ceiling = ceiling ? ceiling->value : "",
            .attested_until = attested ? attested->until_ms : 0,
            .suspended_by =
                n->stations[i].suspended ? name_of(n, n->stations[i].suspended_by) : ""};
        memcpy(rows[i].station, n->stations[i].station, 16);
    }
    answer_write_known_stations(
        &(struct answer_known_stations){.stations = rows, .stations_count = n->stations_count},
        out);
    free(rows);
}

/* ---- records ---- */

static bool is_visit(const struct record *r)
{
    return r->attribute->number == ATTRIBUTE_VISITOR || r->attribute->number == ATTRIBUTE_VENDOR;
}

/* What an officer is to do about it, whatever was asked; or NULL. */
static const char *stands_out(const struct identity *n, const struct record *r, int64_t now)
{
    if (r->state == RECORD_PENDING)
        return "It waits for a second officer.";
    if (r->state == RECORD_APPROVED && r->revocation_asked)
        return "Its revocation waits for a second officer.";
    if (!record_binds_on(n, r, now))
        return NULL;
    return is_visit(r) ? "The visit is over: the person does nothing until there is another "
                         "record, or two officers revoke this one."
                       : "Past its review: it binds on until it is superseded, or two officers "
                         "revoke it.";
}

static bool write_records(struct identity *n, struct bytes_put *out)
{
    const uint8_t *id = V("holder")->bytes;
    enum holder_kind kind = HOLDER_PERSON;
    size_t holder = people_by_id(n, id), count_rows = 0;
    if (holder == PEOPLE_MAX) {
        kind = HOLDER_STATION;
        holder = stations_by_id(n, id);
        if (holder == STATIONS_MAX)
            return false;
    }
    for (const struct record *r = record_newest(n, kind, holder); r; r = record_before(n, r))
        count_rows++;
    struct answer_record *rows = rows_of(count_rows, sizeof *rows);
    size_t at = 0;
    int64_t now = identity_now(n);
    char text[80] = "";
    uint32_t left = kind == HOLDER_STATION ? n->stations[holder].left : n->people[holder].left;
    if (left)
        snprintf(text, sizeof text, "%u older, which %s over, %s in the log alone.", left,
                 left == 1 ? "is" : "are", left == 1 ? "is" : "are");
    for (const struct record *r = record_newest(n, kind, holder); r; r = record_before(n, r)) {
        const char *note = r->state == RECORD_PENDING ? NULL : stands_out(n, r, now);
        describe(n, r, note ? note : "", &rows[at++]);
    }
    answer_write_records(
        &(struct answer_records){.records = rows, .records_count = count_rows, .text = text}, out);
    free(rows);
    return true;
}

/* Why a record in force has nothing to stand on, or NULL. */
static const char *orphaned(const struct identity *n, const struct record *r, int64_t now)
{
    if (r->kind == HOLDER_PERSON && r->scope[0] && r->attribute->number != ATTRIBUTE_READ_IN &&
        !record_find(n, r->holder, ATTRIBUTE_READ_IN, r->scope, now))
        return "The person is not read in to this enclave.";
    if (is_visit(r)) {
        size_t at = people_by_badge(n, bytes_text(r->value));
        if (at == PEOPLE_MAX || n->people[at].suspended)
            return "Its escort or sponsor is suspended or gone.";
    }
    size_t approver = people_by_id(n, r->approved_by);
    if (approver < PEOPLE_MAX && n->people[approver].suspended)
        return "Who approved it is suspended: look at it again.";
    return NULL;
}

static void write_expiring(struct identity *n, struct bytes_put *out)
{
    struct answer_record *rows = rows_of(n->records_count, sizeof *rows);
    int64_t now = identity_now(n), until = now + V("days")->number * DAY_MS;
    size_t at = 0;
    for (size_t i = 0; i < n->records_count; i++) {
        const struct record *r = &n->records[i];
        bool active = record_is_active(r, now);
        const char *note = active ? orphaned(n, r, now) : NULL;
        if (stands_out(n, r, now))
            note = stands_out(n, r, now);
        else if (!note && active && r->until_ms <= until)
            note = "It ends.";
        if (note)
            describe(n, r, note, &rows[at++]);
    }
    answer_write_records(&(struct answer_records){.records = rows, .records_count = at, .text = ""},
                         out);
    free(rows);
}

/* ---- what one person has for one enclave ---- */

/* The best record of an attribute: in force before pending before ended. */
static const struct record *best_of(const struct identity *n, size_t person,
                                    const struct attribute *a, const char *enclave, int64_t now)
{
    const struct record *best = NULL;
    int best_rank = 0;
    for (const struct record *r = record_newest(n, HOLDER_PERSON, person); r;
         r = record_before(n, r)) {
        int rank = record_is_active(r, now)      ? 4
                   : r->state == RECORD_PENDING  ? 3
                   : r->state == RECORD_APPROVED ? 2
                                                 : 1;
        if (r->attribute == a && (r->scope[0] == '\0' || strcmp(r->scope, enclave) == 0) &&
            rank > best_rank) {
            best = r;
            best_rank = rank;
        }
    }
    return best;
}

static bool write_standings(struct identity *n, struct bytes_put *out)
{
    size_t person = people_by_id(n, V("person")->bytes), at = 0;
    struct answer_standing *rows;
    int64_t now = identity_now(n);
    char enclave[9] = "";
    if (person == PEOPLE_MAX)
        return false;
    memcpy(enclave, V("enclave")->text.data, 8);
    rows = rows_of(attributes_count, sizeof *rows);
    for (size_t i = 0; i < attributes_count; i++) {
        const struct attribute *a = &attributes[i];
        if (a->holder != HOLDER_PERSON)
            continue;
        const struct record *r = best_of(n, person, a, enclave, now);
        rows[at++] = (struct answer_standing){.attribute = a->name,
                                              .what = a->what,
                                              .value = r ? r->value : "",
                                              .state = r ? record_state_text(n, r, now) : "missing",
                                              .until = r ? r->until_ms : 0,
                                              .document = r ? r->document : ""};
    }
    bool in = record_find(n, person, ATTRIBUTE_READ_IN, enclave, now) != NULL;
    answer_write_standings(
        &(struct answer_standings){
            .read_in = in,
            .text = n->people[person].suspended ? "This person is suspended."
                    : in ? "Read in: the enclave's own desk answers why and why not."
                         : "Not read in to this enclave: its worker does not know this person. "
                           "The record read-in is missing, pending or ended.",
            .attributes = rows,
            .attributes_count = at},
        out);
    free(rows);
    return true;
}

void desk_answer(struct identity *n, struct peer *gateway, uint64_t request,
                 const struct operation *operation)
{
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    bool found = true;
    switch (operation->number) {
    case OPERATION_GET_PEOPLE:
        write_people(n, &out);
        break;
    case OPERATION_GET_STATIONS:
        write_stations(n, &out);
        break;
    case OPERATION_GET_RECORDS:
        found = write_records(n, &out);
        break;
    case OPERATION_GET_GLASS:
        breaking_list(n, &out);
        break;
    case OPERATION_GET_SITE_POLICY:
        found = mandatory_list(n, &out);
        break;
    case OPERATION_GET_EXPIRING:
        write_expiring(n, &out);
        break;
    default:
        found = write_standings(n, &out);
    }
    if (found)
        identity_answer(n, gateway, request, 200, &out);
    else
        identity_problem(n, gateway, request, 404, "", "There is nothing of this id.", "");
}
