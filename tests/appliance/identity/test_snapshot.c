#include "tests/appliance/identity/people.h"
#include "tests/enclave/vectors.h"

static uint8_t wire[1 << 16];

static size_t encoded(const struct snapshot *s)
{
    struct bytes_put put = bytes_into(wire, sizeof wire);
    size_t length = 0;
    snapshot_encode(s, &put);
    assert_int_equal(bytes_put_done(&put, &length), 0);
    return length;
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
    free(s);
    return r;
}

static void people_come_back_as_they_went(void **state)
{
    struct snapshot *s = new_snapshot(3), *back = NULL;
    (void)state;
    good_person(&s->person[0], 1, "operator");
    full_person(&s->person[1], 2);
    memset(s->person[2].person, 3, 16); /* nothing known of this one */
    s->person[2].suspended = 1;
    s->person[2].not_before_ms = INT64_MIN;
    size_t length = encoded(s);
    assert_int_equal(snapshot_decode(bytes_view_of(wire, length), &back), 0);
    assert_int_equal(back->people, 3);
    assert_true(back->epoch == 7);
    assert_memory_equal(back->enclave, "e3f9k2m1", 8);
    assert_memory_equal(back->person, s->person, 3 * sizeof s->person[0]);
    free(s);
    free(back);
    s = new_snapshot(0);
    assert_int_equal(decoded(encoded(s)), 0);
    free(s);
}

static void its_bytes_are_pinned(void **state)
{
    struct snapshot *s = new_snapshot(2);
    uint8_t line[SNAPSHOT_LINE_LENGTH], digest[32], boot[16];
    (void)state;
    good_person(&s->person[0], 1, "operator");
    full_person(&s->person[1], 2);
    size_t length = encoded(s);
    assert_pinned("snapshot", "snapshot", wire, length);
    memset(digest, 0x31, sizeof digest);
    memset(boot, 0x32, sizeof boot);
    snapshot_line(0x0102030405060708, digest, boot, 0x1112131415161718, line);
    assert_pinned("snapshot", "line", line, sizeof line);
    free(s);
}

static void refuses_every_length_but_its_own(void **state)
{
    struct snapshot *s = new_snapshot(2);
    (void)state;
    good_person(&s->person[0], 1, "operator");
    full_person(&s->person[1], 2);
    size_t length = encoded(s);
    for (size_t n = 0; n < length; n++)
        assert_int_equal(decoded(n), ERR_TRUNCATED);
    wire[length] = 0;
    assert_int_equal(decoded(length + 1), ERR_TRAILING);
    free(s);
}

static void refuses_people_out_of_order_or_twice(void **state)
{
    struct snapshot *s = new_snapshot(3);
    (void)state;
    good_person(&s->person[0], 1, "operator");
    good_person(&s->person[1], 3, "operator");
    good_person(&s->person[2], 2, "operator");
    assert_int_equal(decoded(encoded(s)), ERR_CANONICAL);
    good_person(&s->person[2], 3, "lead");
    assert_int_equal(decoded(encoded(s)), ERR_CANONICAL);
    good_person(&s->person[2], 4, "lead");
    assert_int_equal(decoded(encoded(s)), 0);
    free(s);
}

static void refuses_another_version(void **state)
{
    struct snapshot *s = new_snapshot(0);
    size_t length = encoded(s);
    (void)state;
    for (unsigned v = 0; v < 256; v++) {
        wire[0] = (uint8_t)v;
        assert_int_equal(decoded(length), v == 1 ? 0 : ERR_FORMAT);
    }
    free(s);
}

static void refuses_more_people_than_there_can_be(void **state)
{
    struct snapshot *s = new_snapshot(0), *none = NULL;
    size_t length = encoded(s);
    (void)state;
    wire[length - 2] = (SNAPSHOT_PEOPLE_MAX + 1) >> 8;
    wire[length - 1] = (SNAPSHOT_PEOPLE_MAX + 1) & 0xff;
    assert_int_equal(decoded(length), ERR_SIZE);
    wire[length - 2] = wire[length - 1] = 0xff;
    assert_int_equal(decoded(length), ERR_SIZE);
    assert_int_equal(snapshot_new(SNAPSHOT_PEOPLE_MAX + 1, &none), ERR_SIZE);
    assert_null(none);
    free(s);
}

/* Where the fields behind the two texts of the only person lie. */
static size_t behind_texts(const struct snapshot_person *p)
{
    return 1 + 8 + 8 + 2 + 16 + 4 + strlen(p->name) + 4 + strlen(p->stamp);
}

static void refuses_flags_and_counts_out_of_range(void **state)
{
    struct snapshot *s = new_snapshot(1);
    (void)state;
    memset(s->person[0].person, 5, 16);
    size_t length = encoded(s), at = behind_texts(&s->person[0]);
    for (size_t flag = 0; flag < 2; flag++) {
        for (unsigned v = 2; v < 256; v++) {
            wire[at + flag] = (uint8_t)v;
            assert_int_equal(decoded(length), ERR_RANGE);
        }
        wire[at + flag] = 0;
    }
    static const unsigned most[] = {SNAPSHOT_COUNTRIES_MAX, SNAPSHOT_COUNTRIES_MAX,
                                    SNAPSHOT_ROLES_MAX, SNAPSHOT_SITES_MAX, SNAPSHOT_SKILLS_MAX};
    for (size_t i = 0; i < 5; i++) {
        size_t count = at + 3 + 24 + i; /* flags, clearance, three times; every list is empty */
        for (unsigned v = most[i] + 1; v < 256; v++) {
            wire[count] = (uint8_t)v;
            assert_int_equal(decoded(length), ERR_SIZE);
        }
        wire[count] = (uint8_t)most[i];
        assert_int_equal(decoded(length), ERR_TRUNCATED);
        wire[count] = 0;
    }
    assert_int_equal(decoded(length), 0);
    free(s);
}

static void refuses_a_zero_inside_a_text(void **state)
{
    struct snapshot *s = new_snapshot(1);
    (void)state;
    good_person(&s->person[0], 1, "operator");
    size_t length = encoded(s);
    uint8_t *role = memmem(wire, length, "operator", 8);
    for (size_t i = 0; i < 8; i++) {
        uint8_t was = role[i];
        role[i] = 0;
        assert_int_equal(decoded(length), ERR_FORMAT);
        role[i] = was;
    }
    uint8_t *name = memmem(wire, length, "Person", 6);
    name[3] = 0;
    assert_int_equal(decoded(length), ERR_FORMAT);
    free(s);
}

static void people_are_found_by_their_ids(void **state)
{
    uint8_t id[16];
    (void)state;
    for (size_t n = 0; n < 12; n++) {
        struct snapshot *s = new_snapshot(n);
        for (size_t i = 0; i < n; i++)
            good_person(&s->person[i], (uint8_t)(2 * i + 1), "operator");
        for (unsigned i = 0; i < 26; i++) {
            memset(id, (int)i, 16);
            const struct snapshot_person *p = snapshot_find(s, id);
            assert_ptr_equal(p, i % 2 && i / 2 < n ? &s->person[i / 2] : NULL);
        }
        free(s);
    }
}

static void a_role_is_its_whole_word(void **state)
{
    struct snapshot_person p;
    (void)state;
    good_person(&p, 1, "operator");
    assert_true(snapshot_has_role(&p, "operator"));
    assert_false(snapshot_has_role(&p, "operato"));
    assert_false(snapshot_has_role(&p, "operators"));
    assert_false(snapshot_has_role(&p, ""));
    p.roles = 0;
    assert_false(snapshot_has_role(&p, "operator"));
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(people_come_back_as_they_went),
        cmocka_unit_test(its_bytes_are_pinned),
        cmocka_unit_test(refuses_every_length_but_its_own),
        cmocka_unit_test(refuses_people_out_of_order_or_twice),
        cmocka_unit_test(refuses_another_version),
        cmocka_unit_test(refuses_more_people_than_there_can_be),
        cmocka_unit_test(refuses_flags_and_counts_out_of_range),
        cmocka_unit_test(refuses_a_zero_inside_a_text),
        cmocka_unit_test(people_are_found_by_their_ids),
        cmocka_unit_test(a_role_is_its_whole_word),
    };
    return cmocka_run_group_tests_name("identity/snapshot", cases, NULL, NULL);
}
