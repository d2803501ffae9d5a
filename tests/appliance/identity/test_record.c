/* Authorization records: what one replaces, and which of them one officer may take away alone. */
#include <stdlib.h>
#include <string.h>

#include "appliance/identity/identity.h"
#include "tests/crypto/cases.h"

#define NOW 2000000000000
#define DAY ((int64_t)86400000)

static struct identity *n;

/* One person and one station are all that there is. */
size_t people_by_id(const struct identity *identity, const uint8_t id[static 16])
{
    return memcmp(identity->people[0].person, id, 16) == 0 ? 0 : PEOPLE_MAX;
}

size_t stations_by_id(const struct identity *identity, const uint8_t id[static 16])
{
    return memcmp(identity->stations[0].station, id, 16) == 0 ? 0 : STATIONS_MAX;
}

#define ENCLAVE "e3f9k2m1"

static int set_up(void **state)
{
    (void)state;
    n = calloc(1, sizeof *n);
    n->people = calloc(PEOPLE_MAX, sizeof *n->people);
    n->stations = calloc(STATIONS_MAX, sizeof *n->stations);
    n->records = calloc(RECORDS_MAX, sizeof *n->records);
    memset(n->people[0].person, 7, 16);
    memset(n->stations[0].station, 8, 16);
    n->people_count = n->stations_count = n->enclaves_count = 1;
    strcpy(n->enclaves[0], ENCLAVE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(n->records);
    free(n->stations);
    free(n->people);
    free(n);
    return 0;
}

static struct record *by_number(unsigned number)
{
    uint8_t id[16];
    memset(id, (int)number, 16);
    return record_by_id(n, id);
}

static struct record *enter(unsigned number, enum attribute_number attribute, const char *value,
                            const char *scope, int64_t from_ms, unsigned before)
{
    struct event event = {.number = EVENT_RECORD_ENTERED};
    struct event_record_entered *e = &event.record_entered;
    bool station = attribute_by_number(attribute)->holder == HOLDER_STATION;
    e->kind = station ? HOLDER_STATION : HOLDER_PERSON;
    e->attribute = (uint8_t)attribute;
    memset(e->record, (int)number, 16);
    memset(e->holder, station ? 8 : 7, 16);
    memset(e->supersedes, (int)before, 16);
    e->value = bytes_text(value);
    e->scope = bytes_text(scope);
    e->granted_by = e->granting_role = e->document_type = e->document = e->reason = bytes_text("");
    e->from_ms = from_ms;
    e->until_ms = from_ms + 300 * DAY;
    assert_int_equal(record_apply(n, &event), 0);
    return by_number(number);
}

/* Enter and approve record ${number}, which supersedes ${before} (0 for none). */
static struct record *grant(unsigned number, enum attribute_number attribute, const char *value,
                            int64_t from_ms, unsigned before)
{
    struct event event = {.number = EVENT_RECORD_APPROVED, .common.utc_ms = NOW};
    (void)enter(number, attribute, value, "", from_ms, before);
    memset(event.record_approved.record, (int)number, 16);
    assert_int_equal(record_apply(n, &event), 0);
    return by_number(number);
}

static bool narrows(unsigned number)
{
    return record_narrows(n, by_number(number), NOW);
}

/* ---- cases ---- */

static void what_is_replaced_now_ends_now(void **state)
{
    (void)state;
    const struct record *old = grant(1, ATTRIBUTE_NDA, "true", NOW - DAY, 0);
    const struct record *new = grant(2, ATTRIBUTE_NDA, "true", NOW, 1);
    assert_false(record_is_active(old, NOW));
    assert_string_equal(record_state_text(n, old, NOW), "superseded");
    assert_true(record_is_active(new, NOW));
}

static void what_is_renewed_ahead_of_time_holds_until_the_renewal_begins(void **state)
{
    (void)state;
    const struct record *old = grant(1, ATTRIBUTE_NDA, "true", NOW - DAY, 0);
    const struct record *new = grant(2, ATTRIBUTE_NDA, "true", NOW + 20 * DAY, 1);
    assert_true(record_is_active(old, NOW));
    assert_true(record_is_active(old, NOW + 20 * DAY - 1));
    assert_false(record_is_active(new, NOW + 20 * DAY - 1));
    assert_false(record_is_active(old, NOW + 20 * DAY));
    assert_true(record_is_active(new, NOW + 20 * DAY));
}

static void a_renewal_lengthens_nothing(void **state)
{
    (void)state;
    const struct record *old = grant(1, ATTRIBUTE_NDA, "true", NOW - DAY, 0);
    (void)grant(2, ATTRIBUTE_NDA, "true", NOW + 400 * DAY, 1);
    assert_int_equal(old->until_ms, NOW + 299 * DAY);
}

static void what_gives_access_is_taken_away_by_one(void **state)
{
    (void)state;
    (void)grant(1, ATTRIBUTE_READ_IN, "true", NOW - DAY, 0);
    (void)grant(2, ATTRIBUTE_ROLE, "operator", NOW - DAY, 0);
    (void)grant(3, ATTRIBUTE_AUTHORIZATION, "XI(c)", NOW - DAY, 0);
    (void)grant(4, ATTRIBUTE_CLEARANCE, "3", NOW - DAY, 0);
    (void)grant(5, ATTRIBUTE_CITIZENSHIP, "USA", NOW - DAY, 0);
    for (unsigned i = 1; i <= 5; i++)
        assert_false(narrows(i));
}

static void what_binds_somebody_is_not(void **state)
{
    (void)state;
    (void)grant(1, ATTRIBUTE_WINDOW, "Mon-Fri 06:00-22:00 -06:00", NOW - DAY, 0);
    (void)grant(2, ATTRIBUTE_VISITOR, "CW-1", NOW - DAY, 0);
    (void)grant(3, ATTRIBUTE_VENDOR, "CW-1", NOW - DAY, 0);
    (void)grant(4, ATTRIBUTE_AFFILIATION, "supplier", NOW - DAY, 0);
    for (unsigned i = 1; i <= 4; i++)
        assert_true(narrows(i));
    by_number(1)->state = RECORD_PENDING; /* it binds nobody yet */
    assert_false(narrows(1));
    by_number(2)->until_ms = NOW; /* it has ended, and binds on */
    assert_true(narrows(2));
}

static void of_two_countries_neither_is(void **state)
{
    (void)state;
    (void)grant(1, ATTRIBUTE_COUNTRY_ITAR, "GBR", NOW - DAY, 0);
    assert_false(narrows(1)); /* without any, everything is closed */
    (void)grant(2, ATTRIBUTE_COUNTRY_ITAR, "CHN", NOW - DAY, 0);
    assert_true(narrows(1));
    assert_true(narrows(2));
    (void)grant(3, ATTRIBUTE_COUNTRY_ITAR, "CHN", NOW - DAY, 0);
    assert_false(narrows(2)); /* the set stays what it is */
    by_number(3)->until_ms = NOW + DAY;
    assert_true(narrows(2)); /* but not for long */
}

static void what_hides_an_older_value_is_not(void **state)
{
    (void)state;
    (void)grant(1, ATTRIBUTE_CEILING, "4", NOW - 2 * DAY, 0);
    assert_false(narrows(1));
    (void)grant(2, ATTRIBUTE_CEILING, "1", NOW - DAY, 0);
    assert_true(narrows(2));
    (void)grant(3, ATTRIBUTE_COUNTRY_EAR, "GBR", NOW - 2 * DAY, 0);
    (void)grant(4, ATTRIBUTE_COUNTRY_EAR, "CHN", NOW - DAY, 0);
    assert_true(narrows(4));
}

/* ---- past its end ---- */

static struct record *ending(unsigned number, enum attribute_number attribute, const char *value,
                             int64_t until_ms)
{
    struct record *r = grant(number, attribute, value, NOW - 2 * DAY, 0);
    r->until_ms = until_ms;
    return r;
}

static bool is_told(const struct record *r, int64_t now_ms)
{
    return record_is_told(n, r, ENCLAVE, now_ms);
}

static void what_opens_ends_and_what_closes_binds_on_to_the_millisecond(void **state)
{
    (void)state;
    const struct record *role = ending(1, ATTRIBUTE_ROLE, "operator", NOW);
    const struct record *window = ending(2, ATTRIBUTE_WINDOW, "Mon-Fri 06:00-22:00 -06:00", NOW);
    assert_false(record_binds_on(n, window, NOW - 1)); /* it is in force */
    assert_true(record_is_active(window, NOW - 1));
    assert_true(record_binds_on(n, window, NOW));
    assert_false(record_is_active(window, NOW));
    assert_string_equal(record_state_text(n, window, NOW), "past its review");
    assert_false(record_binds_on(n, role, NOW));
    assert_string_equal(record_state_text(n, role, NOW), "expired");
    assert_true(is_told(role, NOW + 89 * DAY));
    assert_false(is_told(role, NOW + 91 * DAY));
    assert_true(is_told(window, NOW + 9000 * DAY));
    assert_true(narrows(2)); /* and is not one officer's to take away */
    assert_false(narrows(1));
}

static void a_visit_is_over_at_its_last_millisecond_and_until_another(void **state)
{
    (void)state;
    assert_false(record_visit_is_over(n, 0, NOW));
    const struct record *visit = ending(1, ATTRIBUTE_VENDOR, "CW-1", NOW);
    assert_false(record_visit_is_over(n, 0, NOW - 1));
    assert_true(record_visit_is_over(n, 0, NOW));
    assert_ptr_equal(record_any(n, 0, ATTRIBUTE_VENDOR, NOW), visit); /* the escort, too */
    struct record *next = grant(2, ATTRIBUTE_VENDOR, "CW-1", NOW + 5, 0);
    assert_true(record_visit_is_over(n, 0, NOW + 4));
    assert_false(record_visit_is_over(n, 0, NOW + 5));
    next->until_ms = NOW + DAY;
    assert_true(record_visit_is_over(n, 0, NOW + DAY));
    assert_false(is_told(visit, NOW + DAY)); /* the later one says what holds */
    assert_true(is_told(next, NOW + DAY));
}

static void a_vendor_who_comes_each_day_fills_no_snapshot(void **state)
{
    (void)state;
    size_t told = 0;
    for (unsigned i = 1; i <= 250; i++)
        grant(i, ATTRIBUTE_VENDOR, "CW-1", NOW - 300 * DAY + i * DAY, 0)->until_ms =
            NOW - 299 * DAY + i * DAY;
    for (unsigned i = 1; i <= 250; i++)
        told += is_told(by_number(i), NOW);
    assert_int_equal(told, 1);
}

static void what_was_replaced_ahead_of_time_binds_no_longer(void **state)
{
    (void)state;
    const struct record *old = grant(1, ATTRIBUTE_COUNTRY_ITAR, "CHN", NOW - DAY, 0);
    const struct record *new = grant(2, ATTRIBUTE_COUNTRY_ITAR, "USA", NOW + DAY, 1);
    assert_true(is_told(old, NOW + DAY - 1));
    assert_false(is_told(old, NOW + DAY));
    assert_true(is_told(new, NOW + DAY));
}

static void what_never_began_replaces_nothing(void **state)
{
    struct event event = {.number = EVENT_RECORD_REVOKED, .common.utc_ms = NOW + 1};
    (void)state;
    const struct record *old =
        grant(1, ATTRIBUTE_WINDOW, "Mon-Fri 06:00-22:00 -06:00", NOW - DAY, 0);
    (void)grant(2, ATTRIBUTE_WINDOW, "Mon-Sun 00:00-24:00 -06:00", NOW + DAY, 1);
    memset(event.record_revoked.record, 2, 16);
    event.record_revoked.reason = bytes_text("");
    assert_int_equal(record_apply(n, &event), 0);
    assert_true(record_binds_on(n, old, NOW + DAY));
    assert_true(is_told(old, NOW + DAY));
}

static void take_away(unsigned number, int64_t at_ms)
{
    struct event event = {.number = EVENT_RECORD_REVOKED, .common.utc_ms = at_ms};
    memset(event.record_revoked.record, (int)number, 16);
    event.record_revoked.reason = bytes_text("");
    assert_int_equal(record_apply(n, &event), 0);
}

static void what_was_taken_away_before_another_ended_replaces_it_no_more(void **state)
{
    (void)state;
    const struct record *hours =
        ending(1, ATTRIBUTE_WINDOW, "Mon-Fri 06:00-22:00 -06:00", NOW + 90);
    (void)grant(2, ATTRIBUTE_WINDOW, "Mon-Sun 00:00-24:00 -06:00", NOW - DAY, 0);
    take_away(2, NOW + 89);
    assert_true(record_binds_on(n, hours, NOW + 90));
    (void)grant(3, ATTRIBUTE_WINDOW, "Mon-Sun 00:00-24:00 -06:00", NOW - DAY, 0);
    take_away(3, NOW + 90);
    assert_false(record_binds_on(n, hours, NOW + 90));
}

static void what_ended_first_and_was_followed_replaces_nothing_that_outlasts_it(void **state)
{
    (void)state;
    const struct record *hours =
        ending(1, ATTRIBUTE_WINDOW, "Mon-Fri 06:00-22:00 -06:00", NOW + 90);
    struct record *between = grant(2, ATTRIBUTE_WINDOW, "Sun 06:00-22:00 -06:00", NOW - DAY, 0);
    between->until_ms = NOW + 10;
    assert_false(record_binds_on(n, hours, NOW + 90)); /* what was between binds on */
    assert_true(record_binds_on(n, between, NOW + 90));
    (void)grant(3, ATTRIBUTE_WINDOW, "Mon-Sun 00:00-24:00 -06:00", NOW + 5, 0);
    take_away(3, NOW + 20);
    assert_false(record_binds_on(n, between, NOW + 90));
    assert_true(record_binds_on(n, hours, NOW + 90));
}

static void what_was_renewed_ahead_of_time_is_told_until_then(void **state)
{
    (void)state;
    const struct record *old = grant(1, ATTRIBUTE_NDA, "true", NOW - DAY, 0);
    (void)grant(2, ATTRIBUTE_NDA, "true", NOW + DAY, 1);
    assert_true(is_told(old, NOW + DAY - 1));
    assert_false(is_told(old, NOW + DAY));
    assert_string_equal(record_state_text(n, old, NOW + DAY), "superseded");
}

static void two_take_away_what_one_may_not(void **state)
{
    struct event ask = {.number = EVENT_REVOCATION_ASKED, .common.utc_ms = NOW};
    struct event approve = {.number = EVENT_REVOCATION_APPROVED, .common.utc_ms = NOW};
    (void)state;
    const struct record *visit = ending(1, ATTRIBUTE_VISITOR, "CW-1", NOW);
    memset(ask.revocation_asked.record, 1, 16);
    ask.revocation_asked.reason = bytes_text("hired");
    memset(approve.revocation_approved.record, 1, 16);
    assert_int_equal(record_apply(n, &approve), ERR_STATE); /* nobody asked for it */
    assert_int_equal(record_apply(n, &ask), 0);
    assert_true(record_visit_is_over(n, 0, NOW)); /* it holds until then */
    assert_int_equal(record_apply(n, &approve), 0);
    assert_string_equal(record_state_text(n, visit, NOW), "revoked");
    assert_false(record_visit_is_over(n, 0, NOW));
    assert_int_equal(record_apply(n, &approve), ERR_STATE);
}

/* ---- room ---- */

static void has_room_for_so_many_records_and_no_more(void **state)
{
    (void)state;
    const struct record *list[2];
    struct record *in = enter(1, ATTRIBUTE_READ_IN, "true", ENCLAVE, NOW - DAY, 0);
    in->state = RECORD_APPROVED;
    for (unsigned i = 2; i <= SNAPSHOT_RECORDS_MAX - 1; i++)
        (void)grant(i, ATTRIBUTE_SKILL, "solder-L3", NOW - DAY, 0);
    list[0] = enter(201, ATTRIBUTE_SKILL, "x", ENCLAVE, NOW, 0);
    list[1] = enter(202, ATTRIBUTE_SKILL, "y", "", NOW, 0);
    assert_null(room_refused(n, list, 1, NOW));
    assert_null(room_refused(n, list + 1, 1, NOW));
    assert_non_null(room_refused(n, list, 2, NOW));
    memset(((struct record *)(uintptr_t)list[1])->supersedes, 2, 16);
    assert_null(room_refused(n, list, 2, NOW)); /* it makes its own room */
    memset(((struct record *)(uintptr_t)list[1])->supersedes, 0, 16);
    by_number(2)->until_ms = NOW - 91 * DAY; /* nobody tells of it any more */
    assert_null(room_refused(n, list, 2, NOW));
    in->state = RECORD_REVOKED; /* in no snapshot */
    by_number(2)->until_ms = NOW + DAY;
    assert_null(room_refused(n, list, 2, NOW));
}

static void has_room_for_so_many_bytes_and_no_more(void **state)
{
    (void)state;
    const struct record *list[1];
    const size_t some = SNAPSHOT_BYTES_MAX / (46 + 64) / 190;
    n->people_count = some;
    for (size_t i = 0; i < some; i++) {
        struct person *p = &n->people[i];
        for (size_t k = 0; k < 190; k++) {
            struct record *r = &n->records[n->records_count++];
            *r = (struct record){.kind = HOLDER_PERSON, .holder = i, .next = p->first};
            p->first = (uint32_t)n->records_count;
            r->state = RECORD_APPROVED;
            r->attribute = attribute_by_number(k ? ATTRIBUTE_SKILL : ATTRIBUTE_READ_IN);
            r->until_ms = NOW + DAY;
            if (!k)
                strcpy(r->scope, ENCLAVE);
            memset(r->value, 'x', k ? 64 : 1);
        }
    }
    list[0] = enter(201, ATTRIBUTE_SKILL, "y", "", NOW, 0);
    const char *why = room_refused(n, list, 1, NOW);
    assert_non_null(why);
    assert_non_null(strstr(why, "than its snapshot takes"));
    n->people_count = some / 2;
    assert_null(room_refused(n, list, 1, NOW));
}

static void reads_in(unsigned number, const char *name, const char *scope, int64_t from_ms)
{
    struct event event = {.number = EVENT_RECORD_APPROVED, .common.utc_ms = NOW};
    (void)enter(number, ATTRIBUTE_READ_IN, name, scope, from_ms, 0);
    memset(event.record_approved.record, (int)number, 16);
    assert_int_equal(record_apply(n, &event), 0);
}

static void a_program_is_called_what_most_in_force_there_say(void **state)
{
    (void)state;
    assert_null(record_program(n, ENCLAVE, NOW));
    (void)enter(1, ATTRIBUTE_READ_IN, "WAITING", ENCLAVE, NOW - DAY, 0);
    reads_in(2, "ELSEWHERE", "e7k2m9qa", NOW - DAY);
    reads_in(3, "ENDED", ENCLAVE, NOW - 301 * DAY);
    reads_in(4, "LATER", ENCLAVE, NOW + DAY);
    assert_null(record_program(n, ENCLAVE, NOW));
    reads_in(5, "OLD", ENCLAVE, NOW - DAY);
    reads_in(6, "OLD", ENCLAVE, NOW - DAY);
    reads_in(7, "NEW", ENCLAVE, NOW - DAY);
    reads_in(8, "SLIP", ENCLAVE, NOW - DAY);
    assert_string_equal(record_program(n, ENCLAVE, NOW), "OLD");
    reads_in(9, "NEW", ENCLAVE, NOW - DAY);
    assert_string_equal(record_program(n, ENCLAVE, NOW), "NEW"); /* as many: the newer */
    reads_in(10, "OLD", ENCLAVE, NOW - DAY);
    assert_string_equal(record_program(n, ENCLAVE, NOW), "OLD");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(what_is_replaced_now_ends_now),
        CASE(what_is_renewed_ahead_of_time_holds_until_the_renewal_begins),
        CASE(a_renewal_lengthens_nothing),
        CASE(what_gives_access_is_taken_away_by_one),
        CASE(what_binds_somebody_is_not),
        CASE(of_two_countries_neither_is),
        CASE(what_hides_an_older_value_is_not),
        CASE(what_opens_ends_and_what_closes_binds_on_to_the_millisecond),
        CASE(a_visit_is_over_at_its_last_millisecond_and_until_another),
        CASE(a_vendor_who_comes_each_day_fills_no_snapshot),
        CASE(what_was_replaced_ahead_of_time_binds_no_longer),
        CASE(what_never_began_replaces_nothing),
        CASE(what_was_taken_away_before_another_ended_replaces_it_no_more),
        CASE(what_ended_first_and_was_followed_replaces_nothing_that_outlasts_it),
        CASE(what_was_renewed_ahead_of_time_is_told_until_then),
        CASE(two_take_away_what_one_may_not),
        CASE(a_program_is_called_what_most_in_force_there_say),
        CASE(has_room_for_so_many_records_and_no_more),
        CASE(has_room_for_so_many_bytes_and_no_more),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
