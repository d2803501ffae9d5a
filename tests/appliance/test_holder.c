/* People and stations as policies see them, and the decision around them: records in their order
 * and past their end, questions that cannot be asked, and memory that runs out. */
#include "tests/appliance/identity/people.h"

#include "appliance/decide.h"
#include "appliance/holder.h"
#include "appliance/identity/token.h"
#include "tests/faults/memory.h"

#define NOW     2000000000000
#define ENCLAVE "e3f9k2m1"
#define PERSON  1

static struct decider *decider;
static struct making making;
static struct snapshot *people;
static struct snapshot_holder *person;
static struct decision result;

static int set_up(void **state)
{
    (void)state;
    memset(&making, 0, sizeof making);
    people = NULL;
    person = add_holder(&making, HOLDER_PERSON, PERSON);
    return decider_new(ENCLAVE, true, &decider);
}

static int tear_down(void **state)
{
    (void)state;
    decider_free(decider);
    snapshot_free(people);
    return 0;
}

static int set_policy(const char *text)
{
    char why[300] = "";
    return decider_policies_set(decider, bytes_text(text), bytes_text(""), why, sizeof why);
}

static struct subject good_subject(void)
{
    return (struct subject){.exists = true, .site = PEOPLE_SITE, .marking = "program"};
}

static bool ask(const struct subject *subject, unsigned factor)
{
    struct circumstance c = {.factor = factor, .now_ms = NOW};
    uint8_t id[16];
    memset(id, PERSON, 16);
    memcpy(c.station, station_training, 16);
    decide(decider, id, operation_by_number(OPERATION_GET_TASKS), subject, &c, &result);
    return result.allowed;
}

static void people_now(void)
{
    struct snapshot *was = people;
    people = made(&making);
    assert_int_equal(decider_people(decider, people, NOW), 0);
    snapshot_free(was);
}

/* Is it so of the person, as the records are now? */
static bool is_so(const char *condition)
{
    char text[400];
    struct subject s = good_subject();
    snprintf(text, sizeof text, "permit (principal, action, resource) when { %s };", condition);
    assert_int_equal(set_policy(text), 0);
    people_now();
    bool so = ask(&s, FACTOR_FIDO2);
    assert_false(result.erred);
    return so;
}

/* ---- records ---- */

static void the_record_that_began_last_counts_wherever_it_stands(void **state)
{
    (void)state;
    add_record(person, ATTRIBUTE_CLEARANCE, "3", 2000, PEOPLE_END);
    add_record(person, ATTRIBUTE_CLEARANCE, "1", 1000, PEOPLE_END);
    assert_true(is_so("principal.clearance == 3"));
    add_record(person, ATTRIBUTE_CLEARANCE, "2", 3000,
               NOW - 1); /* ended: the lower one is believed */
    assert_true(is_so("principal.clearance == 2"));
    add_record(person, ATTRIBUTE_CLEARANCE, "4", 4000, NOW - 1);
    assert_true(is_so("principal.clearance == 3"));
    add_record(person, ATTRIBUTE_CLEARANCE, "0", NOW + 5, PEOPLE_END); /* not yet */
    assert_true(is_so("principal.clearance == 3"));
}

static void what_has_ended_and_was_not_replaced_is_not_there(void **state)
{
    (void)state;
    add_record(person, ATTRIBUTE_EMPLOYER, "acme", 1000, NOW - 1);
    assert_false(is_so("principal has employer"));
    add_record(person, ATTRIBUTE_EMPLOYER, "acme", 500, PEOPLE_END);
    assert_true(is_so("principal.employer == \"acme\"")); /* the same as what ended later */
    add_record(person, ATTRIBUTE_EMPLOYER, "other", 2000, NOW - 1);
    assert_false(is_so("principal has employer"));
}

static void each_of_a_set_stands_there_once(void **state)
{
    (void)state;
    assert_true(is_so("principal.citizenships.isEmpty()"));
    add_record(person, ATTRIBUTE_CITIZENSHIP, "CHN", 1000, NOW - 1);
    add_record(person, ATTRIBUTE_CITIZENSHIP, "USA", 1000, PEOPLE_END);
    add_record(person, ATTRIBUTE_CITIZENSHIP, "USA", 2000, PEOPLE_END);
    add_record(person, ATTRIBUTE_CITIZENSHIP, "FRA", NOW + 5, PEOPLE_END);
    assert_true(is_so("principal.citizenships == "
                      "[Casemate::Country::\"USA\", Casemate::Country::\"CHN\"]"));
    add_record(person, ATTRIBUTE_CONTRACT, "c1", 1000, PEOPLE_END);
    add_record(person, ATTRIBUTE_CONTRACT, "c1", 1000, PEOPLE_END);
    add_record(person, ATTRIBUTE_CONTRACT, "c2", 1000, NOW - 1);
    assert_true(is_so("principal.contracts == [\"c1\"]"));
}

static void a_role_twice_is_a_role(void **state)
{
    (void)state;
    add_record(person, ATTRIBUTE_ROLE, "operator", 1000, PEOPLE_END);
    add_record(person, ATTRIBUTE_ROLE, "operator", 2000, PEOPLE_END);
    add_record(person, ATTRIBUTE_ROLE, "planner", 1000, NOW - 1);
    assert_true(is_so("principal in Casemate::Role::\"operator\""));
    assert_false(is_so("principal in Casemate::Role::\"planner\""));
}

static void a_tag_says_until_when(void **state)
{
    (void)state;
    add_record(person, ATTRIBUTE_SKILL, "torque", 1000, NOW + 10);
    add_record(person, ATTRIBUTE_SKILL, "torque", 1000, NOW + 20);
    add_record(person, ATTRIBUTE_SKILL, "weld", NOW + 5, NOW + 30);
    assert_true(is_so("principal.getTag(\"torque\") == datetime(\"2033-05-18T03:33:20.020Z\")"));
    assert_false(is_so("principal.hasTag(\"weld\")"));
    add_record(person, ATTRIBUTE_INVESTIGATION, "true", 1000, NOW + 20);
    add_record(person, ATTRIBUTE_INVESTIGATION, "true", 1000, NOW + 10);
    add_record(person, ATTRIBUTE_INVESTIGATION, "true", NOW + 5, NOW + 90);
    assert_true(is_so("principal.investigationUntil == datetime(\"2033-05-18T03:33:20.020Z\")"));
}

static void hours_are_the_days_and_times_of_the_newest_record(void **state)
{
    (void)state;
    assert_false(is_so("principal has window"));
    add_record(person, ATTRIBUTE_WINDOW, "Sat-Sun 06:00-22:00 +00:00", 3000, PEOPLE_END);
    add_record(person, ATTRIBUTE_WINDOW, "Mon-Tue 06:00-22:00 +00:00", 2000, PEOPLE_END);
    assert_true(is_so("principal.window.days == [6, 7]"));
}

static void a_visit_to_come_is_no_visit(void **state)
{
    (void)state;
    assert_true(is_so("!principal.suspended"));
    add_record(person, ATTRIBUTE_VENDOR, "repair", 1000, NOW - 1);
    assert_true(is_so("principal.suspended"));
    add_record(person, ATTRIBUTE_VISITOR, "tour", NOW - 5, NOW + 5);
    assert_true(is_so("!principal.suspended"));
    drop_record(person, ATTRIBUTE_VENDOR);
    record_of(person, ATTRIBUTE_VISITOR)->from_ms = NOW + 2;
    assert_true(is_so("!principal.suspended")); /* it has not been */
}

static void a_row_is_known_by_the_name_that_policies_use(void **state)
{
    (void)state;
    const struct attribute *skill = attribute_by_number(ATTRIBUTE_COURSE);
    const struct attribute *clearance = attribute_by_number(ATTRIBUTE_CLEARANCE);
    assert_true(holder_attribute_is(skill, "course:safety"));
    assert_false(holder_attribute_is(skill, "clearance"));
    assert_true(holder_attribute_is(clearance, "clearance"));
    assert_false(holder_attribute_is(clearance, "clearances"));
    assert_string_equal(holder_type(HOLDER_STATION), "Casemate::Station");
}

/* ---- the decision ---- */

static void a_question_that_cannot_be_asked_is_denied_and_says_so(void **state)
{
    static char much[1 << 20];
    struct subject s = good_subject();
    char detail[DECIDE_DETAIL];
    (void)state;
    assert_int_equal(decider_policies(decider), 0);
    assert_int_equal(set_policy("permit (principal, action, resource);"), 0);
    assert_int_equal(decider_policies(decider), 1);
    people_now();
    assert_true(ask(&s, FACTOR_FIDO2));
    memset(much, 'x', sizeof much - 1);
    s.skill = much;
    assert_false(ask(&s, FACTOR_FIDO2));
    assert_true(result.erred);
    assert_string_equal(decide_detail(&result, detail), "a policy erred: it could not be asked");
    s.skill = "torque";
    assert_true(ask(&s, FACTOR_FIDO2));
}

static void what_denied_is_named_for_the_journal(void **state)
{
    struct subject s = good_subject();
    char detail[DECIDE_DETAIL];
    (void)state;
    assert_int_equal(set_policy("@id(\"E1\") permit (principal, action, resource) when "
                                "{ resource.nothing > 1 };"),
                     0);
    people_now();
    assert_false(ask(&s, FACTOR_FIDO2));
    assert_string_equal(decide_detail(&result, detail), "a policy erred: E1");
    assert_int_equal(set_policy("@id(\"F1\") forbid (principal, action, resource);"), 0);
    assert_false(ask(&s, FACTOR_FIDO2));
    assert_string_equal(decide_detail(&result, detail), "F1"); /* it has no words of its own */
    assert_int_equal(set_policy("permit (principal, action == Casemate::Action::\"x\", resource);"),
                     0);
    assert_false(ask(&s, FACTOR_FIDO2));
    assert_int_equal(result.reasons, 1);
    assert_string_equal(decide_detail(&(struct decision){0}, detail), "no permit");
}

static void a_factor_that_is_none_is_none(void **state)
{
    struct subject s = good_subject();
    (void)state;
    assert_int_equal(set_policy("permit (principal, action, resource) when "
                                "{ context.factor == \"none\" };"),
                     0);
    people_now();
    assert_true(ask(&s, 77));
    assert_false(ask(&s, FACTOR_FIDO2));
}

/* What does not fit is left out, and what fits is whole. */
static void more_policies_than_can_be_named_are_cut_between_two(void **state)
{
    static char text[8000];
    struct subject s = good_subject();
    size_t n = 0;
    (void)state;
    for (int i = 0; i < 20; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "@id(\"policy-with-a-name-of-some-length-%02d\") "
                              "permit (principal, action, resource);\n",
                              i);
    assert_int_equal(set_policy(text), 0);
    people_now();
    assert_true(ask(&s, FACTOR_FIDO2));
    n = strlen(result.policies);
    assert_true(n > 300 && n < DECIDE_POLICIES);
    assert_int_equal((n + 1) % sizeof "policy-with-a-name-of-some-length-00", 0);
}

static void a_long_condition_is_cut_where_it_is_told(void **state)
{
    char text[400];
    struct subject s = good_subject();
    (void)state;
    snprintf(text, sizeof text,
             "permit (principal, action, resource) when { resource.site == \"%0200d\" };", 7);
    assert_int_equal(set_policy(text), 0);
    people_now();
    assert_false(ask(&s, FACTOR_FIDO2));
    assert_true(result.reasons > 0);
    assert_true(strlen(result.reason[0].why) > 100);
}

/* No memory: what was in force stays in force. */
static void without_memory_nothing_changes(void **state)
{
    struct subject s = good_subject();
    struct decider *other, *kept = decider;
    uint64_t tried = 0;
    bool more = true;
    (void)state;
    for (uint64_t nth = 1; more; nth++) {
        other = NULL;
        memory_fail(nth, false);
        int r = decider_new(ENCLAVE, false, &other);
        more = memory_failed();
        memory_fail(0, false);
        assert_int_equal(r, more ? ERR_MEMORY : 0);
        tried += more;
        decider_free(other);
    }
    decider = kept;
    assert_int_equal(set_policy("permit (principal, action, resource);"), 0);
    people_now();
    more = true;
    for (uint64_t nth = 1; more; nth++) {
        memory_fail(nth, false);
        int r = set_policy("forbid (principal, action, resource);");
        more = memory_failed();
        memory_fail(0, false);
        if (r == 0) /* it did without */
            assert_int_equal(set_policy("permit (principal, action, resource);"), 0);
        assert_true(ask(&s, FACTOR_FIDO2));
        tried += more;
    }
    more = true;
    for (uint64_t nth = 1; more; nth++) {
        memory_fail(nth, false);
        int r = decider_people(decider, people, NOW);
        int q = decider_markings(decider, NULL, 0, NOW);
        more = memory_failed();
        memory_fail(0, false);
        assert_true(more || (r == 0 && q == 0));
        assert_true(ask(&s, FACTOR_FIDO2));
        tried += more;
    }
    assert_true(tried > 10);
}

/* On a production site the station of a question is one of the snapshot's. */
static void a_production_site_has_no_station_by_itself(void **state)
{
    struct subject s = good_subject();
    struct decider *kept = decider;
    (void)state;
    assert_int_equal(decider_new(ENCLAVE, false, &decider), 0);
    assert_int_equal(set_policy("permit (principal, action, resource) when "
                                "{ context.station has training };"),
                     0);
    people_now();
    assert_false(ask(&s, FACTOR_FIDO2));
    decider_free(decider);
    decider = kept;
    assert_int_equal(set_policy("permit (principal, action, resource) when "
                                "{ context.station has training };"),
                     0);
    people_now();
    assert_true(ask(&s, FACTOR_FIDO2));
}

#undef CASE
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_record_that_began_last_counts_wherever_it_stands),
        CASE(what_has_ended_and_was_not_replaced_is_not_there),
        CASE(each_of_a_set_stands_there_once),
        CASE(a_role_twice_is_a_role),
        CASE(a_tag_says_until_when),
        CASE(hours_are_the_days_and_times_of_the_newest_record),
        CASE(a_visit_to_come_is_no_visit),
        CASE(a_row_is_known_by_the_name_that_policies_use),
        CASE(a_question_that_cannot_be_asked_is_denied_and_says_so),
        CASE(what_denied_is_named_for_the_journal),
        CASE(a_factor_that_is_none_is_none),
        CASE(more_policies_than_can_be_named_are_cut_between_two),
        CASE(a_long_condition_is_cut_where_it_is_told),
        CASE(without_memory_nothing_changes),
        CASE(a_production_site_has_no_station_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
