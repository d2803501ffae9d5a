/* What root does on the console: the first two officers and stations of a site; stopping somebody
 * at once; and, with the custodians, letting somebody in again. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "appliance/identity/proof.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define YEAR_MS      ((int64_t)365 * 24 * 3600 * 1000)
#define FIRST_KEY_MS ((int64_t)30 * 24 * 3600 * 1000)
#define OFFICERS     2
#define FORMS                                                                                      \
    "The lines are \"officer UUID BADGE PIN STAMP NAME\", two of them, and \"station ID SITE "     \
    "ZONE "                                                                                        \
    "COUNTRY CEILING NAME\", one at least. Nothing was changed"

static const uint8_t console[16];

/* A line of the ceremony. */
struct officer {
    uint8_t person[16];
    char badge[33], pin[65], stamp[17], name[65];
};
struct first_station {
    uint8_t station[16];
    char site[33], zone[33], country[4], ceiling[2], name[65];
};
struct ceremony {
    struct officer officer[OFFICERS];
    size_t officers;
    struct first_station station[64];
    size_t stations;
};

/* ---- reading ---- */

static bool take_name(const char *line, int used, char out[static 65])
{
    size_t n = used ? strlen(line + used) : 0;
    if (n == 0 || n > 64)
        return false;
    memcpy(out, line + used, n + 1);
    return true;
}

static bool read_officer(const char *line, struct officer *o)
{
    char uuid[40];
    int used = 0;
    return sscanf(line, "officer %39s %32s %64s %16s %n", uuid, o->badge, o->pin, o->stamp,
                  &used) == 4 &&
           body_uuid(bytes_text(uuid), o->person) == 0 && take_name(line, used, o->name);
}

static bool is_good(enum attribute_number attribute, const char *value)
{
    return attribute_refuse(attribute_by_number(attribute), bytes_text(value)) == NULL;
}

static bool read_station(const char *line, struct first_station *s)
{
    char id[2 * STATION_ID + 1];
    int used = 0;
    return sscanf(line, "station %32s %32s %32s %3s %1s %n", id, s->site, s->zone, s->country,
                  s->ceiling, &used) == 5 &&
           bytes_from_hex(bytes_text(id), STATION_ID, s->station) == 0 &&
           take_name(line, used, s->name) && is_good(ATTRIBUTE_STATION_SITE, s->site) &&
           is_good(ATTRIBUTE_ZONE, s->zone) && is_good(ATTRIBUTE_STATION_COUNTRY, s->country) &&
           is_good(ATTRIBUTE_CEILING, s->ceiling);
}

static bool read_line(const char *line, struct ceremony *c)
{
    if (strncmp(line, "officer ", 8) == 0)
        return c->officers < OFFICERS && read_officer(line, &c->officer[c->officers++]);
    return c->stations < sizeof c->station / sizeof *c->station &&
           read_station(line, &c->station[c->stations++]);
}

static const char *read_lines(char *text, struct ceremony *c)
{
    static char why[400];
    unsigned number = 0;
    for (char *line = text, *end; *line; line = end + (*end == '\n')) {
        end = strchrnul(line, '\n');
        char kept = *end;
        *end = '\0';
        number++;
        bool good = read_line(line, c);
        *end = kept;
        if (good)
            continue;
        snprintf(why, sizeof why, "line %u is neither an officer nor a station in its form. " FORMS,
                 number);
        return why;
    }
    return NULL;
}

static size_t read_input(struct identity *n, char *text, size_t size)
{
    size_t length = 0;
    ssize_t got;
    int fd = process_descriptor(n->process, DESCRIPTOR_INPUT);
    while (length + 1 < size && (got = read(fd, text + length, size - 1 - length)) > 0)
        length += (size_t)got;
    text[length] = '\0';
    return length;
}

/* ---- doing: it stands in the log as the console's ---- */

/* On whose word, and in which ceremony, a record is made. */
struct word {
    const char *by, *document;
};
static const struct word creation = {"the site's creation", "creation of the site"};
static const struct word restoration = {"the site's custodians", "restoration at the console"};

static int put_record(struct identity *n, enum holder_kind kind, const uint8_t holder[static 16],
                      enum attribute_number attribute, const char *value, const char *scope,
                      int64_t lasts_ms, const struct word *word)
{
    struct event event = {.number = EVENT_RECORD_ENTERED};
    struct event_record_entered *e = &event.record_entered;
    uint8_t record[16];
    os_uuid(record);
    memcpy(e->record, record, 16);
    memcpy(e->holder, holder, 16);
    e->kind = (uint8_t)kind;
    e->attribute = (uint8_t)attribute;
    e->value = bytes_text(value);
    e->scope = bytes_text(scope);
    e->granted_by = bytes_text(word->by);
    e->granting_role = bytes_text("console");
    e->document_type = bytes_text("ceremony");
    e->document = bytes_text(word->document);
    e->document_ms = e->from_ms = identity_now(n) - 1000;
    e->until_ms = e->from_ms + lasts_ms;
    int r = people_event(n, &event, console, 0, console);
    event = (struct event){.number = EVENT_RECORD_APPROVED};
    memcpy(event.record_approved.record, record, 16);
    return r ? r : people_event(n, &event, console, 0, console);
}

static int add_record(struct identity *n, enum holder_kind kind, const uint8_t holder[static 16],
                      enum attribute_number attribute, const char *value, const char *scope,
                      int64_t lasts_ms)
{
    return put_record(n, kind, holder, attribute, value, scope, lasts_ms, &creation);
}

static int set_pin(struct identity *n, const struct officer *o)
{
    /* who writes the lines knows it; a training site's stands on its card */
    struct event event = {.number =
                              process_is_training(n->process) ? EVENT_PIN_SET : EVENT_PIN_GIVEN};
    uint8_t peppered[32], salt[16];
    os_random(salt, sizeof salt);
    memcpy(event.pin_given.person, o->person, 16);
    int r =
        password_pepper(process_key(n->process, KEY_IDENTITY_PEPPER), bytes_text(o->pin), peppered);
    if (r == 0)
        r = password_hash(peppered, salt, event.pin_given.hash);
    sodium_memzero(peppered, sizeof peppered);
    return r ? r : people_event(n, &event, console, 0, console);
}

/* There are but two.  Until there is a third, one approves what the other enters about him; and
 * their first security keys are approved before anybody has one. */
static int add_officer(struct identity *n, const struct officer *o)
{
    struct event event = {.number = EVENT_PERSON_ADDED};
    memcpy(event.person_added.person, o->person, 16);
    event.person_added.badge = bytes_text(o->badge);
    event.person_added.name = bytes_text(o->name);
    event.person_added.stamp = bytes_text(o->stamp);
    int r = people_event(n, &event, console, 0, console);
    if (r == 0)
        r = set_pin(n, o);
    if (r == 0)
        r = add_record(n, HOLDER_PERSON, o->person, ATTRIBUTE_ROLE, "security-officer", "",
                       YEAR_MS);
    if (r == 0)
        r = add_record(n, HOLDER_PERSON, o->person, ATTRIBUTE_MERGE, "officer+own-record", "",
                       YEAR_MS);
    return r ? r
             : add_record(n, HOLDER_PERSON, o->person, ATTRIBUTE_MERGE, "officer+first-key", "",
                          FIRST_KEY_MS);
}

static int add_station(struct identity *n, const struct first_station *s)
{
    const struct {
        enum attribute_number attribute;
        const char *value;
    } records[] = {{ATTRIBUTE_STATION_SITE, s->site},       {ATTRIBUTE_ZONE, s->zone},
                   {ATTRIBUTE_STATION_COUNTRY, s->country}, {ATTRIBUTE_CEILING, s->ceiling},
                   {ATTRIBUTE_ACCREDITATION, "ceremony"},   {ATTRIBUTE_ATTESTATION, "true"}};
    struct event event = {.number = EVENT_STATION_ADDED};
    memcpy(event.station_added.station, s->station, 16);
    event.station_added.name = bytes_text(s->name);
    int r = people_event(n, &event, console, 0, console);
    for (size_t i = 0; r == 0 && i < sizeof records / sizeof *records; i++)
        r = add_record(n, HOLDER_STATION, s->station, records[i].attribute, records[i].value, "",
                       YEAR_MS);
    for (size_t i = 0; r == 0 && i < n->enclaves_count; i++)
        r = add_record(n, HOLDER_STATION, s->station, ATTRIBUTE_STATION_PROGRAM, "true",
                       n->enclaves[i], YEAR_MS);
    return r;
}

/* On a production site nobody can sign in but from a station that is in force, nor add one. */
static const char *check(const struct ceremony *c, bool training)
{
    if (c->officers != OFFICERS)
        return "a new site has exactly two officers. " FORMS;
    if (c->stations == 0 && !training)
        return "no station stands there, and nobody could ever sign in: only from a station of "
               "this site does anybody enter, and only who has entered adds one. " FORMS;
    if (memcmp(c->officer[0].person, c->officer[1].person, 16) == 0 ||
        strcmp(c->officer[0].badge, c->officer[1].badge) == 0)
        return "the two officers are one: id and badge must differ; nothing was changed";
    if (strcmp(c->officer[0].stamp, c->officer[1].stamp) == 0)
        return "the two officers have one stamp: it says who did a work; nothing was changed";
    for (size_t i = 0; i < c->stations; i++)
        for (size_t k = 0; k < i; k++)
            if (memcmp(c->station[i].station, c->station[k].station, 16) == 0)
                return "a station stands there twice; nothing was changed";
    return NULL;
}

const char *ceremony_begin(struct identity *n)
{
    static char text[64 * 1024];
    static struct ceremony c;
    int r = 0;
    c = (struct ceremony){0};
    if (n->people_count > 0)
        return "people are known already: from now on officers add people and stations at the "
               "entry; nothing was changed";
    size_t length = read_input(n, text, sizeof text);
    const char *why = read_lines(text, &c);
    if (!why)
        why = check(&c, process_is_training(n->process));
    for (size_t i = 0; !why && r == 0 && i < c.officers; i++)
        r = add_officer(n, &c.officer[i]);
    for (size_t i = 0; !why && r == 0 && i < c.stations; i++)
        r = add_station(n, &c.station[i]);
    sodium_memzero(text, length);
    sodium_memzero(&c, sizeof c);
    if (r)
        log_die("identity's store failed at the ceremony; nothing was kept");
    return why;
}

/* ---- somebody is stopped, or let in again ---- */

/* "ID REASON" */
struct asked {
    enum holder_kind kind;
    size_t place;
    uint8_t holder[16];
    const char *reason;
};

static const char *read_asked(struct identity *n, struct asked *ret)
{
    static char text[400];
    char id[40], *end;
    int used = 0;
    (void)read_input(n, text, sizeof text);
    end = strchrnul(text, '\n');
    *end = '\0';
    if (sscanf(text, "%39s %n", id, &used) != 1 || !text[used] || strlen(text + used) > 160)
        return "it takes an id and a reason of at most 160 bytes; nothing was changed";
    if (body_uuid(bytes_text(id), ret->holder) != 0 &&
        bytes_from_hex(bytes_text(id), 16, ret->holder) != 0) {
        size_t person = people_by_badge(n, bytes_text(id));
        if (person == PEOPLE_MAX)
            return "nobody has this badge, and it is no id; nothing was changed";
        memcpy(ret->holder, n->people[person].person, 16);
    }
    ret->reason = text + used;
    ret->kind = HOLDER_PERSON;
    ret->place = people_by_id(n, ret->holder);
    if (ret->place < PEOPLE_MAX)
        return NULL;
    ret->kind = HOLDER_STATION;
    ret->place = stations_by_id(n, ret->holder);
    return ret->place < STATIONS_MAX ? NULL
                                     : "there is no such person or station; nothing was changed";
}

static void journal(struct identity *n, unsigned operation, const uint8_t who[static 16],
                    const char *what)
{
    identity_note(n, 5, operation, who, console, console, AUDIT_OUTCOME_DONE, what);
}

/* A person or a station.  Two officers restore it, at the entry. */
const char *ceremony_suspend(struct identity *n)
{
    struct event event = {.number = EVENT_HOLDER_SUSPENDED};
    struct asked asked;
    const char *why = read_asked(n, &asked);
    if (why)
        return why;
    event.holder_suspended.kind = (uint8_t)asked.kind;
    memcpy(event.holder_suspended.holder, asked.holder, 16);
    event.holder_suspended.reason = bytes_text(asked.reason);
    signin_end_sessions(n, asked.kind, asked.holder);
    if (people_event(n, &event, console, 0, console) != 0)
        log_die("identity's store failed at a suspension");
    journal(n, OPERATION_SUSPEND, asked.holder, "suspended at the console");
    return NULL;
}

/* Human beings who are officers and may work; an account of ${besides} counts for nobody else. */
static size_t officers_besides(const struct identity *n, size_t besides)
{
    size_t count = 0;
    for (size_t i = 0; i < n->people_count; i++) {
        const uint8_t *natural = n->people[i].natural;
        bool seen = memcmp(natural, n->people[besides].natural, 16) == 0;
        if (n->people[i].suspended || !signin_is_officer(n, i))
            continue;
        for (size_t k = 0; k < i && !seen; k++)
            seen = memcmp(natural, n->people[k].natural, 16) == 0 && !n->people[k].suspended &&
                   signin_is_officer(n, k);
        count += !seen;
    }
    return count;
}

static void make_officer(struct identity *n, const uint8_t person[static 16])
{
    int r = put_record(n, HOLDER_PERSON, person, ATTRIBUTE_ROLE, "security-officer", "",
                       FIRST_KEY_MS, &restoration);
    if (r == 0)
        r = put_record(n, HOLDER_PERSON, person, ATTRIBUTE_MERGE, "officer+first-key", "",
                       FIRST_KEY_MS, &restoration);
    if (r)
        log_die("identity's store failed at a restoration");
}

const char *ceremony_restore(struct identity *n)
{
    struct event event = {.number = EVENT_HOLDER_RESTORED};
    struct asked asked;
    const char *why = read_asked(n, &asked);
    if (why)
        return why;
    bool station = asked.kind == HOLDER_STATION;
    bool suspended =
        station ? n->stations[asked.place].suspended : n->people[asked.place].suspended;
    bool needed = !station && officers_besides(n, asked.place) < OFFICERS &&
                  !signin_is_officer(n, asked.place);
    if (!suspended && !needed)
        return station ? "this station is not suspended; nothing was changed"
                       : "this person is not suspended, and there are officers enough; nothing was "
                         "changed";
    event.holder_restored.kind = (uint8_t)asked.kind;
    memcpy(event.holder_restored.holder, asked.holder, 16);
    event.holder_restored.reason = bytes_text(asked.reason);
    if (suspended && people_event(n, &event, console, 0, console) != 0)
        log_die("identity's store failed at a restoration");
    if (needed)
        make_officer(n, asked.holder);
    journal(n, OPERATION_RESTORE, asked.holder,
            needed ? "restored at the console, as an officer for thirty days"
                   : "restored at the console");
    return NULL;
}
