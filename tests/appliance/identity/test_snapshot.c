#include "tests/appliance/identity/people.h"
#include "tests/enclave/vectors.h"

static uint8_t wire[1 << 16];
static struct making making;

static size_t encoded(void)
{
    return put_snapshot(&making, wire, sizeof wire);
}

static int decoded(size_t length)
{
    struct snapshot *s = NULL;
    /* of exactly this size, so that reading past it is seen */
    uint8_t *copy = malloc(length ? length : 1);
    memcpy(copy, wire, length);
    int r = snapshot_decode(bytes_view_of(copy, length), &s);
    free(copy);
    assert_true((r == 0) == (s != NULL));
    snapshot_free(s);
    return r;
}

static int set_up(void **state)
{
    (void)state;
    memset(&making, 0, sizeof making);
    return 0;
}

static void two_and_a_station(void)
{
    good_person(&making, 1, "operator");
    struct snapshot_holder *h = good_person(&making, 2, "lead");
    h->suspended = true;
    h->not_before_ms = INT64_MIN;
    good_station(&making, 1);
}

static void people_and_stations_come_back_as_they_went(void **state)
{
    (void)state;
    two_and_a_station();
    struct snapshot *s = made(&making);
    assert_int_equal(s->people, 2);
    assert_int_equal(s->stations, 1);
    assert_true(s->epoch == 7);
    assert_memory_equal(s->enclave, "e3f9k2m1", 8);
    assert_string_equal(s->person[1].name, "Holder 2");
    assert_true(s->person[1].suspended && s->person[1].not_before_ms == INT64_MIN);
    assert_int_equal(s->person[1].records, making.holder[1].records);
    for (size_t i = 0; i < s->person[1].records; i++) {
        const struct snapshot_record *a = &s->person[1].record[i], *b = &making.record[1][i];
        assert_int_equal(a->attribute, b->attribute);
        assert_true(bytes_equal(a->value, b->value) && bytes_equal(a->document, b->document) &&
                    bytes_equal(a->granted_by, b->granted_by));
        assert_true(a->from_ms == b->from_ms && a->until_ms == b->until_ms);
        assert_memory_equal(a->record, b->record, 16);
    }
    assert_ptr_equal(snapshot_find(s, making.holder[0].id), &s->person[0]);
    assert_ptr_equal(snapshot_find_station(s, making.holder[2].id), &s->station[0]);
    assert_null(snapshot_find_station(s, making.holder[1].id));
    snapshot_free(s);
    set_up(NULL);
    assert_int_equal(decoded(encoded()), 0);
}

static void its_bytes_are_pinned(void **state)
{
    uint8_t line[SNAPSHOT_LINE_LENGTH], digest[32], boot[16];
    (void)state;
    two_and_a_station();
    size_t length = encoded();
    assert_pinned("snapshot", "snapshot", wire, length);
    memset(digest, 0x31, sizeof digest);
    memset(boot, 0x32, sizeof boot);
    snapshot_line(0x0102030405060708, digest, boot, 0x1112131415161718, line);
    assert_pinned("snapshot", "line", line, sizeof line);
}

static void refuses_every_truncation_and_a_trailing_byte(void **state)
{
    (void)state;
    two_and_a_station();
    size_t length = encoded();
    for (size_t n = 0; n < length; n++)
        assert_int_not_equal(decoded(n), 0);
    wire[length] = 0;
    assert_int_not_equal(decoded(length + 1), 0);
}

static void refuses_another_version_and_disorder(void **state)
{
    (void)state;
    two_and_a_station();
    size_t length = encoded();
    wire[0] = 1;
    assert_int_equal(decoded(length), ERR_FORMAT);
    memset(making.holder[1].id, 1, 16); /* twice */
    assert_int_equal(decoded(encoded()), ERR_CANONICAL);
    memset(making.holder[0].id, 9, 16); /* behind */
    assert_int_equal(decoded(encoded()), ERR_CANONICAL);
}

static void refuses_what_no_record_may_say(void **state)
{
    static const struct {
        enum attribute_number attribute;
        const char *value;
    } bad[] = {{ATTRIBUTE_ITAR_US_PERSON, "false"},
               {ATTRIBUTE_CITIZENSHIP, "USX"},
               {ATTRIBUTE_CLEARANCE, "5"},
               {ATTRIBUTE_CLEARANCE, "22"},
               {ATTRIBUTE_SKILL, "course:x"},
               {ATTRIBUTE_ROLE, "two words"},
               {ATTRIBUTE_ROLE, ""},
               {ATTRIBUTE_ZONE, "cell"},
               {(enum attribute_number)200, "x"}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        set_up(NULL);
        struct snapshot_holder *h = add_holder(&making, HOLDER_PERSON, 1);
        add_record(h, bad[i].attribute, bad[i].value, 1, 2);
        if (decoded(encoded()) == 0)
            fail_msg("row %zu was taken", i);
    }
    set_up(NULL);
    add_record(add_holder(&making, HOLDER_PERSON, 1), ATTRIBUTE_ROLE, "lead", 2, 2);
    assert_int_equal(decoded(encoded()), ERR_FORMAT); /* it ends before it begins */
}

static void refuses_records_in_disorder(void **state)
{
    (void)state;
    struct snapshot_holder *h = add_holder(&making, HOLDER_PERSON, 1);
    add_record(h, ATTRIBUTE_ROLE, "lead", 1, 2);
    add_record(h, ATTRIBUTE_ROLE, "planner", 1, 2);
    assert_int_equal(decoded(encoded()), 0);
    memset(making.record[0][1].record, 1, 16);
    assert_int_equal(decoded(encoded()), ERR_CANONICAL);
}

static void a_zero_byte_hides_nothing(void **state)
{
    (void)state;
    add_holder(&making, HOLDER_PERSON, 1);
    size_t length = encoded();
    for (size_t i = 0; i + 6 < length; i++)
        if (memcmp(wire + i, "Holder", 6) == 0)
            wire[i + 2] = 0;
    assert_int_equal(decoded(length), ERR_FORMAT);
}

static void a_record_counts_from_its_start_until_before_its_end(void **state)
{
    (void)state;
    struct snapshot_holder *h = add_holder(&making, HOLDER_PERSON, 1);
    add_record(h, ATTRIBUTE_SKILL, "torque", 100, 200);
    add_record(h, ATTRIBUTE_SKILL, "torque", 150, 180);
    assert_false(snapshot_is_active(&h->record[0], 99));
    assert_true(snapshot_is_active(&h->record[0], 100));
    assert_true(snapshot_is_active(&h->record[0], 199));
    assert_false(snapshot_is_active(&h->record[0], 200));
    assert_true(snapshot_until(h, ATTRIBUTE_SKILL, "torque", 99) == 0);
    assert_true(snapshot_until(h, ATTRIBUTE_SKILL, "torque", 160) == 200);
    assert_true(snapshot_until(h, ATTRIBUTE_SKILL, "torque", 900) == 200);
    assert_true(snapshot_until(h, ATTRIBUTE_SKILL, "weld", 160) == 0);
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(people_and_stations_come_back_as_they_went),
        CASE(its_bytes_are_pinned),
        CASE(refuses_every_truncation_and_a_trailing_byte),
        CASE(refuses_another_version_and_disorder),
        CASE(refuses_what_no_record_may_say),
        CASE(refuses_records_in_disorder),
        CASE(a_zero_byte_hides_nothing),
        CASE(a_record_counts_from_its_start_until_before_its_end),
    };
    return cmocka_run_group_tests_name("appliance/identity/snapshot", cases, NULL, NULL);
}
