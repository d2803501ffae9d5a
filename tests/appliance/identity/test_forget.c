/* Ten years of a plant of 1,200 people: what is over leaves memory, and nothing that decides does.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "appliance/identity/identity.h"
#include "tests/crypto/cases.h"

#define NOW     2000000000000
#define DAY     ((int64_t)86400000)
#define PEOPLE  1200
#define VENDORS 20 /* the last of them come for a day each week */
#define HELD    25
#define DAYS    3653
#define ENCLAVE "e3f9k2m1"

/* People and stations are numbered by the first bytes of their ids. */
size_t people_by_id(const struct identity *n, const uint8_t id[static 16])
{
    size_t at = (size_t)id[0] << 8 | id[1];
    return id[2] == 0 && at < n->people_count ? at : PEOPLE_MAX;
}

size_t stations_by_id(const struct identity *n, const uint8_t id[static 16])
{
    size_t at = (size_t)id[0] << 8 | id[1];
    return id[2] == 1 && at < n->stations_count ? at : STATIONS_MAX;
}

static struct identity *site_new(size_t people)
{
    struct identity *n = calloc(1, sizeof *n);
    n->people = calloc(PEOPLE_MAX, sizeof *n->people);
    n->stations = calloc(STATIONS_MAX, sizeof *n->stations);
    n->records = calloc(RECORDS_MAX, sizeof *n->records);
    n->people_count = people;
    n->stations_count = n->enclaves_count = 1;
    strcpy(n->enclaves[0], ENCLAVE);
    return n;
}

static void site_free(struct identity *n)
{
    free(n->left.mark);
    free(n->records);
    free(n->stations);
    free(n->people);
    free(n);
}

/* ---- a log: each event as it would lie in the store ---- */

static struct log {
    uint8_t *bytes;
    size_t length, room, events;
} wrote;

static void log_free(void)
{
    free(wrote.bytes);
    wrote = (struct log){0};
}

static void happens(struct identity *n, struct event *event, int64_t at_ms)
{
    static uint8_t payload[4096];
    struct bytes_put put = bytes_into(payload, sizeof payload);
    size_t length = 0;
    event->common.utc_ms = event->common.performed_ms = at_ms;
    event_encode(event, &put);
    assert_int_equal(bytes_put_done(&put, &length), 0);
    if (wrote.length + length + 4 > wrote.room) {
        wrote.room = wrote.room ? 2 * wrote.room : 1 << 20;
        wrote.bytes = realloc(wrote.bytes, wrote.room);
        assert_non_null(wrote.bytes);
    }
    uint32_t size = (uint32_t)length;
    memcpy(wrote.bytes + wrote.length, &size, 4);
    memcpy(wrote.bytes + wrote.length + 4, payload, length);
    wrote.length += length + 4;
    wrote.events++;
    assert_int_equal(record_apply(n, event), 0);
}

static void replay(struct identity *n)
{
    for (size_t at = 0; at < wrote.length;) {
        struct event event;
        uint32_t size;
        memcpy(&size, wrote.bytes + at, 4);
        assert_int_equal(event_decode(bytes_view_of(wrote.bytes + at + 4, size), &event), 0);
        assert_int_equal(record_apply(n, &event), 0);
        at += 4 + size;
    }
}

/* Two memories are one, but for what looking for room marked. */
static void assert_same(struct identity *a, struct identity *b)
{
    assert_int_equal(a->records_count, b->records_count);
    for (size_t i = 0; i < a->records_count; i++)
        a->records[i].is_leaving = b->records[i].is_leaving = false;
    assert_memory_equal(a->records, b->records, a->records_count * sizeof *a->records);
    assert_memory_equal(a->people, b->people, PEOPLE_MAX * sizeof *a->people);
    assert_memory_equal(a->index, b->index, sizeof a->index);
    assert_int_equal(a->left.count, b->left.count);
}

/* ---- entering ---- */

static uint32_t serial;

static void id_of(uint32_t number, uint8_t out[16])
{
    uint64_t spread = number * 0x9e3779b97f4a7c15u;
    memcpy(out, &number, 4);
    memset(out + 4, 0x5a, 4);
    memcpy(out + 8, &spread, 8);
}

static void holder_id(size_t person, uint8_t out[16])
{
    memset(out, 0, 16);
    out[0] = (uint8_t)(person >> 8);
    out[1] = (uint8_t)person;
}

static uint32_t enter(struct identity *n, size_t person, const struct attribute *a,
                      const char *value, int64_t from_ms, int64_t until_ms, uint32_t before,
                      int64_t at_ms)
{
    struct event event = {.number = EVENT_RECORD_ENTERED};
    struct event_record_entered *e = &event.record_entered;
    e->kind = HOLDER_PERSON;
    e->attribute = (uint8_t)a->number;
    id_of(++serial, e->record);
    holder_id(person, e->holder);
    if (before)
        id_of(before, e->supersedes);
    e->value = bytes_text(value);
    e->scope = bytes_text(a->scope == ATTRIBUTE_SCOPE_ENCLAVE ? ENCLAVE : "");
    e->granted_by = bytes_text("Facility security");
    e->granting_role = bytes_text("fso");
    e->document_type = bytes_text("personnel-file");
    e->document = bytes_text("Personnel file 100123, page 4");
    e->reason = bytes_text("as each year");
    e->from_ms = from_ms;
    e->until_ms = until_ms;
    happens(n, &event, at_ms);
    return serial;
}

static void approve(struct identity *n, uint32_t number, int64_t at_ms)
{
    struct event event = {.number = EVENT_RECORD_APPROVED};
    id_of(number, event.record_approved.record);
    happens(n, &event, at_ms);
}

static void revoke(struct identity *n, uint32_t number, int64_t at_ms)
{
    struct event event = {.number = EVENT_RECORD_REVOKED};
    id_of(number, event.record_revoked.record);
    event.record_revoked.reason = bytes_text("moved");
    happens(n, &event, at_ms);
}

/* ---- the plant ---- */

static const struct held {
    enum attribute_number attribute;
    const char *value;
} held[HELD] = {
    {ATTRIBUTE_ITAR_US_PERSON, "true"},
    {ATTRIBUTE_CITIZENSHIP, "USA"},
    {ATTRIBUTE_COUNTRY_ITAR, "USA"},
    {ATTRIBUTE_COUNTRY_EAR, "USA"},
    {ATTRIBUTE_CLEARANCE, "3"},
    {ATTRIBUTE_CLEARANCE_NATION, "USA"},
    {ATTRIBUTE_INVESTIGATION, "true"},
    {ATTRIBUTE_NDA, "true"},
    {ATTRIBUTE_READ_IN, "HARROW VANE"},
    {ATTRIBUTE_COMPARTMENT, "GLASS"},
    {ATTRIBUTE_NEED_TO_KNOW, "LOT-17"},
    {ATTRIBUTE_AFFILIATION, "contractor"},
    {ATTRIBUTE_EMPLOYER, "CALDOR-WORKS"},
    {ATTRIBUTE_CONTRACT, "FA8620-26-C-1104"},
    {ATTRIBUTE_DISTRIBUTION_LIST, "LIST-4"},
    {ATTRIBUTE_SITE, "CALDOR"},
    {ATTRIBUTE_WINDOW, "Mon-Sat 05:00-23:00 -06:00"},
    {ATTRIBUTE_SKILL, "assembler-L2"},
    {ATTRIBUTE_SKILL, "inspector-L2"},
    {ATTRIBUTE_SKILL, "torque-L3"},
    {ATTRIBUTE_COURSE, "security-refresher"},
    {ATTRIBUTE_COURSE, "cui"},
    {ATTRIBUTE_COURSE, "derivative-classifier"},
    {ATTRIBUTE_ROLE, "operator"},
    {ATTRIBUTE_ROLE, "inspector"},
};

static struct {
    uint32_t number;
    int64_t until_ms;
} now_held[PEOPLE][HELD];

static int64_t lasts(const struct attribute *a)
{
    return (a->cap_days > 365 ? a->cap_days < 1098 ? 365 : 1096 : a->cap_days) * DAY;
}

/* Most are renewed ahead of time, some on the day, some after a gap; some are revoked first. */
static void renew(struct identity *n, size_t person, size_t at, int64_t now)
{
    const struct attribute *a = attribute_by_number(held[at].attribute);
    uint32_t before = now_held[person][at].number;
    int64_t until = now_held[person][at].until_ms, from = now;
    unsigned how = (serial * 2654435761u >> 16) % 10;
    if (!before) {
        until = now + (int64_t)(1 + (person * 7 + at * 31) % (size_t)(lasts(a) / DAY)) * DAY;
    } else {
        if (how < 7 && until > now)
            from = until;
        if (how == 9)
            revoke(n, before, now);
        until = from + lasts(a);
    }
    /* officers are refused, or look, at other times than what is written */
    assert_true(record_has_room(n, now + 1));
    uint32_t number =
        enter(n, person, a, held[at].value, from, until, before && how < 8 ? before : 0, now);
    approve(n, number, now + 60000);
    now_held[person][at].number = number;
    now_held[person][at].until_ms = until;
}

static void a_day(struct identity *n, int64_t day)
{
    int64_t now = NOW + day * DAY;
    for (size_t i = 0; i < PEOPLE; i++)
        for (size_t k = 0; k < HELD; k++)
            if (now_held[i][k].until_ms <= now + (int64_t)(1 + i % 14) * DAY)
                renew(n, i, k, now + (int64_t)(i * HELD + k));
    for (size_t i = PEOPLE - VENDORS; day % 7 == 0 && i < PEOPLE; i++)
        approve(n,
                enter(n, i, attribute_by_number(ATTRIBUTE_VENDOR), "CW-1007", now, now + DAY, 0,
                      now + 7200000),
                now + 7200001);
}

static void assert_all_hold(struct identity *n, int64_t now)
{
    assert_null(room_refused(n, NULL, 0, now));
    for (size_t i = 0; i < PEOPLE; i++)
        for (size_t k = 0; k < HELD; k++) {
            uint8_t id[16];
            id_of(now_held[i][k].number, id);
            const struct record *r = record_by_id(n, id);
            assert_true(r && r->state == RECORD_APPROVED && r->until_ms > now);
        }
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void twelve_hundred_people_work_for_ten_years(void **state)
{
    (void)state;
    double began = seconds();
    struct identity *n = site_new(PEOPLE), *again = site_new(PEOPLE);
    size_t most = 0, gone = 0;
    uint32_t before = serial;
    for (int64_t day = 0; day < DAYS; day++) {
        a_day(n, day);
        most = n->records_count > most ? n->records_count : most;
        if (day % 183 == 0)
            assert_all_hold(n, NOW + day * DAY + DAY / 2);
    }
    double lived = seconds();
    replay(again);
    double replayed = seconds();
    assert_same(n, again);
    for (size_t i = 0; i < PEOPLE; i++)
        gone += n->people[i].left;
    assert_true(gone > RECORDS_MAX);
    assert_int_equal(gone + n->records_count, serial - before);
    assert_int_equal(gone, n->left.count);
    print_message("%zu events of %zu bytes, %u records, %zu at once; made in %.1f s, replayed in "
                  "%.1f s; %zu kB of records\n",
                  wrote.events, wrote.length, serial - before, most, lived - began,
                  replayed - lived, most * sizeof *n->records / 1024);
    site_free(again);
    site_free(n);
    log_free();
}

static void what_has_left_is_known_to_have_been_here(void **state)
{
    struct event event = {.number = EVENT_RECORD_REVOKED};
    uint8_t id[16], other[16];
    (void)state;
    struct identity *n = site_new(1);
    const struct attribute *nda = attribute_by_number(ATTRIBUTE_NDA);
    uint32_t one = enter(n, 0, nda, "true", NOW, NOW + DAY, 0, NOW);
    approve(n, one, NOW);
    revoke(n, one, NOW + 5);
    id_of(one, id);
    id_of(one + 1, other);
    assert_int_equal(record_forget(n, NOW + 5), 0);
    assert_non_null(record_by_id(n, id)); /* of this very moment */
    assert_int_equal(record_forget(n, NOW + 6), 0);
    assert_null(record_by_id(n, id));
    assert_true(record_has_left(n, id));
    assert_false(record_has_left(n, other));
    assert_int_equal(n->people[0].left, 1);
    /* what a log says of it goes by; of one that never was it does not */
    memcpy(event.record_revoked.record, id, 16);
    assert_int_equal(record_apply(n, &event), 0);
    memcpy(event.record_revoked.record, other, 16);
    assert_int_equal(record_apply(n, &event), ERR_STATE);
    event.number = EVENT_REVOCATION_ASKED;
    event.revocation_asked.reason = bytes_text("");
    memcpy(event.revocation_asked.record, id, 16);
    assert_int_equal(record_apply(n, &event), 0);
    event.number = EVENT_REVOCATION_APPROVED;
    memcpy(event.revocation_approved.record, id, 16);
    assert_int_equal(record_apply(n, &event), 0);
    event.number = EVENT_RECORD_APPROVED;
    memcpy(event.record_approved.record, id, 16);
    assert_int_equal(record_apply(n, &event), 0);
    assert_int_equal(n->records_count, 0);
    site_free(n);
    log_free();
}

static void what_waits_for_approval_and_what_it_replaces_stay(void **state)
{
    (void)state;
    struct identity *n = site_new(1);
    const struct attribute *nda = attribute_by_number(ATTRIBUTE_NDA);
    uint32_t old = enter(n, 0, nda, "true", NOW, NOW + DAY, 0, NOW);
    approve(n, old, NOW);
    (void)enter(n, 0, nda, "true", NOW + DAY, NOW + 400 * DAY, old, NOW);
    assert_int_equal(record_forget(n, NOW + 300 * DAY), 0);
    assert_int_equal(n->records_count, 2);
    assert_int_equal(record_forget(n, NOW + 489 * DAY), 0);
    assert_int_equal(n->records_count, 2);
    assert_int_equal(record_forget(n, NOW + 491 * DAY), 0); /* it ended 90 days ago, unapproved */
    assert_int_equal(n->records_count, 0);
    site_free(n);
    log_free();
}

static void what_makes_one_void_that_waits_stays(void **state)
{
    (void)state;
    struct identity *n = site_new(1);
    const struct attribute *hours = attribute_by_number(ATTRIBUTE_WINDOW);
    uint32_t waits = enter(n, 0, hours, "Mon-Fri 06:00-22:00 -06:00", NOW, NOW + DAY, 0, NOW);
    uint32_t later =
        enter(n, 0, hours, "Mon-Fri 06:00-23:00 -06:00", NOW + 5, NOW + 9 * DAY, 0, NOW);
    approve(n, later, NOW + 5);
    revoke(n, later, NOW + 8 * DAY);
    assert_int_equal(record_forget(n, NOW + 50 * DAY), 0);
    approve(n, waits, NOW + 51 * DAY);
    assert_int_equal(n->records_count, 2);
    assert_false(record_binds_on(n, &n->records[0], NOW + 51 * DAY));
    site_free(n);
    log_free();
}

static void a_memory_in_which_all_decides_is_full(void **state)
{
    (void)state;
    struct identity *n = site_new(PEOPLE);
    const struct attribute *nda = attribute_by_number(ATTRIBUTE_NDA);
    for (size_t i = 0; i < RECORDS_MAX; i++) {
        assert_int_equal(record_has_room(n, NOW), i + 16 < RECORDS_MAX);
        approve(n, enter(n, i % PEOPLE, nda, "true", NOW, NOW + 9000 * DAY, 0, NOW), NOW);
    }
    assert_int_equal(record_make_room(n, NOW), ERR_FULL);
    assert_int_equal(n->records_count, RECORDS_MAX);
    /* one that goes is not enough: each further one would look at all of them */
    revoke(n, serial, NOW + 1);
    assert_false(record_has_room(n, NOW + DAY));
    for (uint32_t i = 1; i < RECORDS_MAX / 16; i++)
        revoke(n, serial - i, NOW + 1);
    assert_false(record_has_room(n, NOW + 1));
    assert_true(record_has_room(n, NOW + DAY));
    assert_int_equal(n->records_count, RECORDS_MAX); /* asking changes nothing */
    assert_int_equal(record_make_room(n, NOW + DAY), 0);
    assert_int_equal(n->records_count, RECORDS_MAX - RECORDS_MAX / 16);
    site_free(n);
    log_free();
}

/* ---- whatever one person's history, forgetting decides nothing ---- */

static uint32_t dice(uint32_t sides)
{
    static uint64_t seed = 88172645463325252u;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32) % sides;
}

static uint32_t a_history(struct identity *n, int64_t *now)
{
    static const enum attribute_number some[] = {ATTRIBUTE_WINDOW,    ATTRIBUTE_CITIZENSHIP,
                                                 ATTRIBUTE_VENDOR,    ATTRIBUTE_COUNTRY_EAR,
                                                 ATTRIBUTE_CLEARANCE, ATTRIBUTE_NDA};
    static const char *const values[][2] = {
        {"Mon-Fri 06:00-22:00 -06:00", "Sun 06:00-07:00 +01:00"},
        {"USA", "GBR"},
        {"CW-1", "CW-2"},
        {"USA", "CHN"},
        {"1", "4"},
        {"true", "true"}};
    uint32_t first = serial + 1, count = 8 + dice(12);
    size_t kind = dice(6);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t before = i && dice(3) == 0 ? first + dice(i) : 0, at = first + i;
        int64_t from = *now + ((int64_t)dice(60) - 30) * DAY;
        (void)enter(n, 0, attribute_by_number(some[kind]), values[kind][dice(2)], from,
                    from + (1 + (int64_t)dice(120)) * DAY, before, *now);
        if (dice(8))
            approve(n, at, *now);
        if (dice(4) == 0)
            revoke(n, first + dice(i + 1), *now + 1);
        *now += (int64_t)dice(50) * DAY + 2;
    }
    return first;
}

static void forgetting_changes_nothing_that_is_told(void **state)
{
    (void)state;
    size_t gone = 0;
    for (unsigned round = 0; round < 400; round++) {
        struct identity *n = site_new(1), *whole = site_new(1);
        int64_t now = NOW;
        uint32_t first = a_history(n, &now);
        replay(whole);
        now += (int64_t)dice(200) * DAY;
        assert_int_equal(record_forget(n, now), 0);
        gone += n->left.count;
        for (int64_t later = now; later < now + 400 * DAY; later += 20 * DAY) {
            assert_int_equal(record_visit_is_over(n, 0, later),
                             record_visit_is_over(whole, 0, later));
            for (uint32_t i = first; i <= serial; i++) {
                uint8_t id[16];
                id_of(i, id);
                const struct record *kept = record_by_id(n, id), *was = record_by_id(whole, id);
                assert_non_null(was);
                assert_int_equal(kept && record_is_told(n, kept, ENCLAVE, later),
                                 record_is_told(whole, was, ENCLAVE, later));
                assert_int_equal(kept && record_narrows(n, kept, later),
                                 record_narrows(whole, was, later));
                if (kept)
                    assert_string_equal(record_state_text(n, kept, later),
                                        record_state_text(whole, was, later));
            }
        }
        site_free(whole);
        site_free(n);
        log_free();
    }
    assert_true(gone > 1000);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(what_has_left_is_known_to_have_been_here),
        cmocka_unit_test(what_waits_for_approval_and_what_it_replaces_stay),
        cmocka_unit_test(what_makes_one_void_that_waits_stays),
        cmocka_unit_test(forgetting_changes_nothing_that_is_told),
        cmocka_unit_test(a_memory_in_which_all_decides_is_full),
        cmocka_unit_test(twelve_hundred_people_work_for_ten_years),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
