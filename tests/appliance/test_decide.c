#include "tests/appliance/identity/people.h"

#include <fcntl.h>
#include <unistd.h>

#include "appliance/decide.h"
#include "appliance/identity/token.h"

#define NOW     2000000000000
#define ENCLAVE "e3f9k2m1"

static char policy[1 << 16];
static struct decider *decider;
static struct snapshot *people;

static size_t load(const char *path, size_t used)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, policy + used, sizeof policy - used);
    close(fd);
    assert_true(n > 0);
    return used + (size_t)n;
}

enum { OPERATOR = 1, OFFICER, MANAGER, ADMINISTRATOR, PLANNER, PEOPLE = PLANNER };

static int set_up(void **state)
{
    static const char *const roles[] = {"operator", "security-officer", "program-manager",
                                        "administrator", "planner"};
    (void)state;
    size_t length = load("policy/site/program.cedar", load("policy/site/mandatory.cedar", 0));
    people = new_snapshot(PEOPLE);
    for (uint8_t i = 0; i < PEOPLE; i++)
        good_person(&people->person[i], i + 1, roles[i]);
    return decider_new(ENCLAVE, bytes_view_of(policy, length), true, &decider) != 0 ||
           decider_people(decider, people) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    decider_free(decider);
    free(people);
    return 0;
}

static struct subject good_subject(void)
{
    return (struct subject){.exists = true, .site = PEOPLE_SITE, .level = 2};
}

static struct decision result;

static bool allowed(unsigned person, enum operation_number number, const struct subject *subject)
{
    decide(decider, &people->person[person - 1], operation_by_number(number), subject,
           FACTOR_BADGE_PIN, NOW, &result);
    return result.allowed;
}

/* What stands there is a reason of the denial. */
static bool denied_by(const char *id)
{
    for (size_t i = 0; i < result.reasons; i++)
        if (strcmp(result.reason[i].policy, id) == 0)
            return !result.allowed && !result.erred;
    return false;
}

static void change_person(unsigned person, enum operation_number number, const char *id)
{
    struct subject s = good_subject();
    s.technical = s.export_controlled = true;
    assert_int_equal(decider_people(decider, people), 0);
    if (allowed(person, number, &s) || !denied_by(id))
        fail_msg("%s did not deny", id);
}

/* ---- cases ---- */

static void an_operator_works_and_administers_nothing(void **state)
{
    struct subject s = good_subject();
    (void)state;
    assert_true(allowed(OPERATOR, OPERATION_GET_TASKS, &s));
    assert_true(allowed(OPERATOR, OPERATION_GET_JOB, &s));
    assert_true(allowed(OPERATOR, OPERATION_COMPLETE_OPERATION, &s));
    assert_string_equal(result.policies, "P02-operator");
    assert_false(allowed(OPERATOR, OPERATION_RELEASE_ORDER, &s));
    assert_false(allowed(OPERATOR, OPERATION_GET_SECURITY, &s));
    assert_false(allowed(OPERATOR, OPERATION_APPROVE_RELEASE, &s));
    assert_false(allowed(OPERATOR, OPERATION_DEFINE_PROGRAM, &s));
}

/* The forced-browsing matrix of one person: nothing is allowed that no permit names. */
static void an_administrator_may_nothing_in_a_program(void **state)
{
    (void)state;
    for (size_t i = 0; i < operations_count; i++) {
        struct subject s = good_subject();
        if (operations[i].action[0] == '\0' || strcmp(operations[i].action, "view-tasks") == 0)
            continue;
        if (allowed(ADMINISTRATOR, operations[i].number, &s))
            fail_msg("an administrator may %s", operations[i].name);
    }
}

static void each_mandatory_rule_denies_by_itself(void **state)
{
    struct snapshot_person *p = &people->person[OPERATOR - 1], good = *p;
    (void)state;
    p->suspended = 1;
    change_person(OPERATOR, OPERATION_GET_DOCUMENT, "M01-suspended");
    *p = good;
    p->read_in_until_ms = NOW;
    change_person(OPERATOR, OPERATION_GET_DOCUMENT, "M02-read-in");
    *p = good;
    p->clearance = 1;
    change_person(OPERATOR, OPERATION_GET_DOCUMENT, "M06-clearance");
    *p = good;
    strcpy(p->site[0], "PLANT-2");
    change_person(OPERATOR, OPERATION_GET_DOCUMENT, "M07-site");
    *p = good;
    p->sites = 0;
    change_person(OPERATOR, OPERATION_GET_DOCUMENT, "M07-site");
    *p = good;
    p->us_person = 0; /* neither a US person nor authorized any more */
    p->export_until_ms = NOW;
    change_person(OPERATOR, OPERATION_GET_DOCUMENT, "M08-export");
    *p = good;
    p->export_until_ms = NOW + 1;
    assert_int_equal(decider_people(decider, people), 0);
    struct subject s = good_subject();
    s.technical = s.export_controlled = true;
    assert_true(allowed(OPERATOR, OPERATION_GET_DOCUMENT, &s));
}

static void an_object_above_the_station_or_elsewhere_is_denied(void **state)
{
    struct subject s = good_subject();
    (void)state;
    people->person[OPERATOR - 1].clearance = 200;
    assert_int_equal(decider_people(decider, people), 0);
    s.level = 4;
    assert_true(allowed(OPERATOR, OPERATION_GET_JOB, &s));
    s.level = 5;
    assert_false(allowed(OPERATOR, OPERATION_GET_JOB, &s));
    assert_true(denied_by("M05-station-ceiling"));
    s = good_subject();
    s.site = "PLANT-2";
    assert_false(allowed(OPERATOR, OPERATION_GET_JOB, &s));
    assert_true(denied_by("M07-site"));
    s.site = NULL;
    assert_false(allowed(OPERATOR, OPERATION_GET_JOB, &s));
}

static void nobody_approves_their_own_release_or_twice(void **state)
{
    struct subject s = good_subject();
    (void)state;
    /* without a requester nobody can show that it was somebody else */
    assert_false(allowed(MANAGER, OPERATION_APPROVE_RELEASE, &s));
    memset(s.requester, PLANNER, 16);
    assert_true(allowed(MANAGER, OPERATION_APPROVE_RELEASE, &s));
    assert_true(allowed(OFFICER, OPERATION_APPROVE_RELEASE, &s));
    memset(s.requester, MANAGER, 16);
    assert_false(allowed(MANAGER, OPERATION_APPROVE_RELEASE, &s));
    assert_true(denied_by("M09-own-release"));
    memset(s.requester, PLANNER, 16);
    memset(s.approver, MANAGER, 16);
    assert_false(allowed(MANAGER, OPERATION_APPROVE_RELEASE, &s));
    assert_true(denied_by("M10-second-person"));
    assert_true(allowed(OFFICER, OPERATION_APPROVE_RELEASE, &s));
    assert_false(allowed(MANAGER, OPERATION_ACCEPT_INBOUND, &s));
    assert_true(denied_by("M10-second-person"));
}

static void nobody_approves_the_record_that_they_entered(void **state)
{
    struct subject s = good_subject();
    (void)state;
    assert_false(allowed(OFFICER, OPERATION_APPROVE_RECORD, &s));
    memset(s.approver, OFFICER, 16);
    assert_false(allowed(OFFICER, OPERATION_APPROVE_RECORD, &s));
    assert_true(denied_by("M11-own-record"));
    memset(s.approver, MANAGER, 16);
    assert_true(allowed(OFFICER, OPERATION_APPROVE_RECORD, &s));
}

static void somebody_who_is_not_in_the_snapshot_is_denied(void **state)
{
    struct snapshot_person stranger;
    struct subject s = good_subject();
    (void)state;
    good_person(&stranger, 99, "operator");
    decide(decider, &stranger, operation_by_number(OPERATION_GET_TASKS), &s, FACTOR_BADGE_PIN, NOW,
           &result);
    assert_false(result.allowed);
    assert_true(denied_by("M01-suspended"));
}

static void people_are_swapped_whole(void **state)
{
    struct snapshot *nobody = new_snapshot(0);
    struct subject s = good_subject();
    (void)state;
    assert_true(allowed(OPERATOR, OPERATION_GET_TASKS, &s));
    assert_int_equal(decider_people(decider, nobody), 0);
    assert_false(allowed(OPERATOR, OPERATION_GET_TASKS, &s));
    assert_int_equal(decider_people(decider, people), 0);
    assert_true(allowed(OPERATOR, OPERATION_GET_TASKS, &s));
    free(nobody);
}

static void full_people_can_be_decided_on(void **state)
{
    struct snapshot *full = new_snapshot(200);
    struct subject s = good_subject();
    (void)state;
    for (unsigned i = 0; i < 200; i++)
        full_person(&full->person[i], (uint8_t)(i + 1));
    assert_int_equal(decider_people(decider, full), 0);
    decide(decider, &full->person[7], operation_by_number(OPERATION_GET_TASKS), &s,
           FACTOR_BADGE_PIN, NOW, &result);
    assert_false(result.allowed);
    assert_false(result.erred);
    free(full);
}

static void without_people_nothing_is_decided(void **state)
{
    static const char all[] = "permit (principal, action, resource);";
    struct decider *d = NULL;
    struct subject s = good_subject();
    (void)state;
    assert_int_equal(decider_new(ENCLAVE, bytes_text(all), true, &d), 0);
    decide(d, &people->person[0], operation_by_number(OPERATION_GET_TASKS), &s, FACTOR_BADGE_PIN,
           NOW, &result);
    assert_false(result.allowed);
    decider_free(d);
    decider_free(NULL);
}

static void a_policy_error_is_a_denial(void **state)
{
    static const char errs[] =
        "permit (principal, action, resource);"
        "forbid (principal, action, resource) when { resource.nothing > 1 };";
    struct decider *d = NULL;
    struct subject s = good_subject();
    (void)state;
    assert_int_equal(decider_new(ENCLAVE, bytes_text(errs), true, &d), 0);
    assert_int_equal(decider_people(d, people), 0);
    decide(d, &people->person[0], operation_by_number(OPERATION_GET_TASKS), &s, FACTOR_BADGE_PIN,
           NOW, &result);
    assert_false(result.allowed);
    assert_true(result.erred);
    decider_free(d);
}

static void refuses_a_policy_that_does_not_parse(void **state)
{
    static const char *const bad[] = {"permit", "permit (principal, action, resource)", "\xff",
                                      "forbid (principal, action, resource) when { 1 + };"};
    struct decider *d = NULL;
    (void)state;
    int err = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(null, STDERR_FILENO);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(decider_new(ENCLAVE, bytes_text(bad[i]), true, &d), ERR_POLICY);
    dup2(err, STDERR_FILENO);
    assert_null(d);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(an_operator_works_and_administers_nothing),
        CASE(an_administrator_may_nothing_in_a_program),
        CASE(each_mandatory_rule_denies_by_itself),
        CASE(an_object_above_the_station_or_elsewhere_is_denied),
        CASE(nobody_approves_their_own_release_or_twice),
        CASE(nobody_approves_the_record_that_they_entered),
        CASE(somebody_who_is_not_in_the_snapshot_is_denied),
        CASE(people_are_swapped_whole),
        CASE(full_people_can_be_decided_on),
        CASE(without_people_nothing_is_decided),
        CASE(a_policy_error_is_a_denial),
        CASE(refuses_a_policy_that_does_not_parse),
    };
    return cmocka_run_group_tests_name("appliance/decide", cases, NULL, NULL);
}
