#include "tests/appliance/identity/people.h"

#include <fcntl.h>
#include <unistd.h>

#include "appliance/decide.h"
#include "appliance/identity/token.h"
#include "appliance/mes/mes.h"
#include "tests/faults/memory.h"

#define NOW     2000000000000
#define ENCLAVE "e3f9k2m1"

static char policy[2][1 << 16];
static size_t policy_length[2];
static struct decider *decider;
static struct making making;
static struct snapshot *people;
static struct marking markings[2];

static void load(const char *path, int layer)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, policy[layer], sizeof policy[layer]);
    close(fd);
    assert_true(n > 0);
    policy_length[layer] = (size_t)n;
}

enum { OPERATOR = 1, OFFICER, MANAGER, ADMINISTRATOR, PLANNER, PEOPLE = PLANNER };
#define STATION 77

/* The people as they are in the making now. */
static void people_now(void)
{
    struct snapshot *before = people;
    people = made(&making);
    assert_int_equal(decider_people(decider, people, NOW), 0);
    snapshot_free(before);
}

/* On record as a contractor's, too. */
static struct snapshot_holder *contractor(unsigned number, const char *role)
{
    struct snapshot_holder *h = good_person(&making, number, role);
    add_record(h, ATTRIBUTE_AFFILIATION, "contractor", PEOPLE_FROM, PEOPLE_END);
    return h;
}

static int set_up(void **state)
{
    static const char *const roles[] = {"operator", "security-officer", "program-manager",
                                        "administrator", "planner"};
    char why[300];
    (void)state;
    memset(&making, 0, sizeof making);
    memset(markings, 0, sizeof markings);
    people = NULL;
    load("policy/site/mandatory.cedar", 0);
    load("policy/site/program.cedar", 1);
    for (unsigned i = 0; i < PEOPLE; i++)
        contractor(i + 1, roles[i]);
    good_station(&making, STATION);
    strcpy(markings[0].id, "program");
    markings[0].level = 2;
    markings[0].itar = true;
    strcpy(markings[0].category, "XI(c)");
    if (decider_new(ENCLAVE, true, &decider) != 0 ||
        decider_policies_set(decider, bytes_view_of(policy[0], policy_length[0]),
                             bytes_view_of(policy[1], policy_length[1]), why, sizeof why) != 0 ||
        decider_markings(decider, markings, 1, NOW) != 0)
        return 1;
    people_now();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    decider_free(decider);
    snapshot_free(people);
    return 0;
}

static struct subject good_subject(void)
{
    return (struct subject){.exists = true, .site = PEOPLE_SITE, .marking = "program"};
}

static struct decision result;
static struct circumstance circumstance;

static bool allowed(unsigned person, enum operation_number number, const struct subject *subject)
{
    uint8_t id[16];
    memset(id, (int)person, 16);
    circumstance = (struct circumstance){.factor = FACTOR_BADGE_PIN, .now_ms = NOW};
    memcpy(circumstance.station, station_training, 16);
    decide(decider, id, operation_by_number(number), subject, &circumstance, &result);
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

/* The operator as the making has him opens a technical document, or is denied by ${id}. */
static void opens(const char *id)
{
    struct subject s = good_subject();
    s.technical = true;
    people_now();
    bool may = allowed(OPERATOR, OPERATION_GET_DOCUMENT, &s);
    if (id ? may || !denied_by(id) : !may)
        fail_msg("%s %s", id ? id : "nothing", id ? "did not deny" : "should have denied");
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

/* From the record to the decision: each attribute, and its trap. */
static struct snapshot_holder *fresh(void)
{
    memset(&making, 0, sizeof making);
    struct snapshot_holder *h = contractor(OPERATOR, "operator");
    good_station(&making, STATION);
    return h;
}

static void a_us_person_is_not_a_citizen(void **state)
{
    struct snapshot_holder *h = fresh();
    (void)state;
    record_of(h, ATTRIBUTE_CITIZENSHIP)->value = bytes_text("MEX"); /* a green card */
    opens(NULL);
    markings[0].noforn = true;
    assert_int_equal(decider_markings(decider, markings, 1, NOW), 0);
    opens("M20-noforn");
    add_record(h, ATTRIBUTE_CITIZENSHIP, "USA", PEOPLE_FROM, PEOPLE_END); /* a dual national */
    opens(NULL);
    drop_record(h, ATTRIBUTE_CITIZENSHIP);
    drop_record(h, ATTRIBUTE_CITIZENSHIP); /* an empty set passes nothing */
    opens("M20-noforn");
}

static void every_country_ever_held_counts_for_itar_and_the_latest_for_ear(void **state)
{
    struct snapshot_holder *h = fresh();
    (void)state;
    drop_record(h, ATTRIBUTE_ITAR_US_PERSON);
    opens("M08-itar");
    record_of(h, ATTRIBUTE_COUNTRY_ITAR)->value = bytes_text("GBR");
    add_record(h, ATTRIBUTE_AUTHORIZATION, "XI(c)", PEOPLE_FROM, NOW + 1);
    opens(NULL);
    add_record(h, ATTRIBUTE_COUNTRY_ITAR, "CHN", PEOPLE_FROM, PEOPLE_END);
    opens("M18-proscribed");
    markings[0].itar = false;
    markings[0].ear = true;
    strcpy(markings[0].category, "9E991");
    assert_int_equal(decider_markings(decider, markings, 1, NOW), 0);
    record_of(h, ATTRIBUTE_COUNTRY_EAR)->value = bytes_text("CHN");
    opens("M19-ear");
    add_record(h, ATTRIBUTE_COUNTRY_EAR, "GBR", PEOPLE_FROM + 1, PEOPLE_END);
    opens(NULL); /* the one that began last */
    drop_record(h, ATTRIBUTE_COUNTRY_EAR);
    drop_record(h, ATTRIBUTE_COUNTRY_EAR);
    opens("M19-ear"); /* a missing attribute denies */
}

/* Steps, dimensions and limits are technical data as the drawing is; a list of tasks is none. */
static void a_job_is_technical_data(void **state)
{
    static const enum operation_number numbers[] = {OPERATION_GET_JOB, OPERATION_START_OPERATION,
                                                    OPERATION_RECORD_READING,
                                                    OPERATION_COMPLETE_OPERATION};
    static const char *const rules[] = {"M08-itar", "M18-proscribed", "M19-ear"};
    struct subject s = good_subject();
    (void)state;
    for (size_t rule = 0; rule < 3; rule++) {
        struct snapshot_holder *h = fresh();
        drop_record(h, ATTRIBUTE_ITAR_US_PERSON);
        markings[0].itar = rule < 2;
        markings[0].ear = rule == 2;
        record_of(h, ATTRIBUTE_COUNTRY_EAR)->value = bytes_text("CHN");
        record_of(h, ATTRIBUTE_COUNTRY_ITAR)->value = bytes_text("CHN");
        if (rule == 1)
            add_record(h, ATTRIBUTE_AUTHORIZATION, "XI(c)", PEOPLE_FROM, PEOPLE_END);
        assert_int_equal(decider_markings(decider, markings, 1, NOW), 0);
        people_now();
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            assert_false(allowed(OPERATOR, numbers[i], &s));
            assert_true(denied_by(rules[rule]));
        }
        assert_true(allowed(OPERATOR, OPERATION_GET_TASKS, &s));
    }
    fresh();
    people_now();
    assert_true(allowed(OPERATOR, OPERATION_GET_JOB, &s));
}

static void an_authorization_ends_by_itself_to_the_millisecond(void **state)
{
    struct snapshot_holder *h = fresh();
    uint8_t id[16];
    struct subject s = good_subject();
    (void)state;
    drop_record(h, ATTRIBUTE_ITAR_US_PERSON);
    add_record(h, ATTRIBUTE_AUTHORIZATION, "XI(c)", PEOPLE_FROM, NOW + 1);
    opens(NULL);
    /* nobody builds anew: the session is open and the clock goes on */
    memset(id, OPERATOR, 16);
    s.technical = true;
    circumstance.now_ms = NOW + 1;
    decide(decider, id, operation_by_number(OPERATION_GET_DOCUMENT), &s, &circumstance, &result);
    assert_true(denied_by("M08-itar"));
    circumstance.now_ms = NOW;
    decide(decider, id, operation_by_number(OPERATION_GET_DOCUMENT), &s, &circumstance, &result);
    assert_true(result.allowed);
}

static void what_begins_later_counts_from_then_on(void **state)
{
    struct snapshot_holder *h = fresh();
    struct subject s = good_subject();
    uint8_t id[16];
    (void)state;
    record_of(h, ATTRIBUTE_SITE)->from_ms = NOW + 5;
    opens("M07-site");
    memset(id, OPERATOR, 16);
    circumstance.now_ms = NOW + 5;
    decide(decider, id, operation_by_number(OPERATION_GET_JOB), &s, &circumstance, &result);
    assert_true(result.allowed);
}

static void each_missing_record_denies(void **state)
{
    static const struct {
        enum attribute_number attribute;
        const char *policy;
    } rows[] = {{ATTRIBUTE_READ_IN, "M02-read-in"},
                {ATTRIBUTE_CLEARANCE, "M06-clearance"},
                {ATTRIBUTE_SITE, "M07-site"},
                {ATTRIBUTE_ITAR_US_PERSON, "M08-itar"},
                {ATTRIBUTE_INVESTIGATION, "M13-investigation"},
                {ATTRIBUTE_NDA, "M13-investigation"},
                {ATTRIBUTE_COURSE, "M28-refresher"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snapshot_holder *h = fresh();
        drop_record(h, rows[i].attribute);
        opens(rows[i].policy);
        h = fresh();
        record_of(h, rows[i].attribute)->until_ms = NOW; /* it ended now */
        opens(rows[i].policy);
    }
    fresh()->suspended = true;
    opens("M01-suspended");
}

static void the_markings_of_an_object_decide(void **state)
{
    static const struct {
        enum attribute_number attribute;
        const char *value, *policy;
        size_t field;
        const char *marked;
    } rows[] = {
        {ATTRIBUTE_NEED_TO_KNOW, "lot-7", "N01-need-to-know", offsetof(struct marking, group),
         "lot-7"},
        {ATTRIBUTE_AFFILIATION, "federal", "M22-controlled-unclassified",
         offsetof(struct marking, ldc), "NOCON"},
        {ATTRIBUTE_EMPLOYER, "SELF", "M27-conflict-of-interest", offsetof(struct marking, excluded),
         "ACME BOLT"},
        {ATTRIBUTE_DISCLOSURE, "program", "M21-rel-to", offsetof(struct marking, rel_to), "GBR"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snapshot_holder *h = fresh();
        struct marking before = markings[0];
        strcpy((char *)&markings[0] + rows[i].field, rows[i].marked);
        assert_int_equal(decider_markings(decider, markings, 1, NOW), 0);
        opens(rows[i].policy);
        add_record(h, rows[i].attribute, rows[i].value, PEOPLE_FROM, NOW + 1);
        opens(NULL);
        markings[0] = before;
    }
    struct snapshot_holder *h = fresh();
    strcpy(markings[0].ldc, "DL");
    strcpy(markings[0].list, "DL-9");
    assert_int_equal(decider_markings(decider, markings, 1, NOW), 0);
    opens("M23-distribution-list");
    add_record(h, ATTRIBUTE_DISTRIBUTION_LIST, "DL-9", PEOPLE_FROM, PEOPLE_END);
    opens(NULL);
}

/* Entry refuses them; but a log may have them. */
static void words_that_nobody_can_be_shut_all_out_and_none_is_left_out(void **state)
{
    char many[81];
    (void)state;
    struct snapshot_holder *h = fresh();
    memset(markings[0].excluded, 'x', 80);
    assert_int_equal(decider_markings(decider, markings, 1, NOW), 0);
    opens("M27-conflict-of-interest"); /* the employer is not on record */
    strcpy(markings[0].excluded, "   ");
    assert_int_equal(decider_markings(decider, markings, 1, NOW), 0);
    opens("M27-conflict-of-interest");
    for (size_t i = 0; i < 40; i++)
        snprintf(many + 2 * i, sizeof many - 2 * i, "%c%s",
                 (char)(i < 26 ? 'a' + (char)i : 'A' + (char)(i - 26)), i < 39 ? " " : "");
    strcpy(markings[0].excluded, many);
    assert_int_equal(decider_markings(decider, markings, 1, NOW), 0);
    add_record(h, ATTRIBUTE_EMPLOYER, "N", PEOPLE_FROM, PEOPLE_END); /* the last of forty */
    opens("M27-conflict-of-interest");
    record_of(h, ATTRIBUTE_EMPLOYER)->value = bytes_text("O");
    opens(NULL);
    memset(markings[0].excluded, 0, sizeof markings[0].excluded);
    strcpy(markings[0].zones, " ");
    assert_int_equal(decider_markings(decider, markings, 1, NOW), 0);
    opens("M25-zone");
}

static void hours_are_counted_where_the_person_is(void **state)
{
    /* NOW is 2033-05-18 03:33:20 UTC, a Wednesday; at -06:00 it is Tuesday 21:33 */
    struct snapshot_holder *h = fresh();
    (void)state;
    add_record(h, ATTRIBUTE_WINDOW, "Tue 14:00-22:00 -06:00", PEOPLE_FROM, PEOPLE_END);
    opens(NULL);
    record_of(h, ATTRIBUTE_WINDOW)->value = bytes_text("Wed 14:00-22:00 -06:00");
    opens("M15-hours");
    record_of(h, ATTRIBUTE_WINDOW)->value = bytes_text("Mon-Fri 06:00-21:33 -06:00");
    opens("M15-hours");
    record_of(h, ATTRIBUTE_WINDOW)->value = bytes_text("Tue-Tue 22:00-06:00 +00:00");
    opens(NULL); /* Tuesday's night reaches into Wednesday */
}

static void a_visitor_needs_the_escort(void **state)
{
    struct snapshot_holder *h = fresh();
    struct subject s = good_subject();
    uint8_t id[16];
    (void)state;
    making.stations = 0; /* the station goes behind the second person */
    contractor(MANAGER, "operator");
    good_station(&making, STATION);
    add_record(h, ATTRIBUTE_VISITOR, "CW-1", PEOPLE_FROM, PEOPLE_END);
    opens("M16-escort");
    memset(id, OPERATOR, 16);
    memset(circumstance.escort, MANAGER, 16);
    decide(decider, id, operation_by_number(OPERATION_GET_JOB), &s, &circumstance, &result);
    assert_true(result.allowed);
    memset(circumstance.escort, OPERATOR, 16);
    decide(decider, id, operation_by_number(OPERATION_GET_JOB), &s, &circumstance, &result);
    assert_true(denied_by("M16-escort"));
}

/* ---- what closes something does not run out ---- */

/* The operator at a moment of an open session: nobody builds anew. */
static bool denied_at(int64_t now_ms, enum operation_number number, const char *id)
{
    struct subject s = good_subject();
    uint8_t who[16];
    s.technical = true;
    memset(who, OPERATOR, 16);
    circumstance.now_ms = now_ms;
    decide(decider, who, operation_by_number(number), &s, &circumstance, &result);
    if (!id)
        return result.allowed;
    return denied_by(id);
}

static void a_visit_that_is_over_closes_everything_to_the_millisecond(void **state)
{
    static const enum attribute_number kinds[] = {ATTRIBUTE_VISITOR, ATTRIBUTE_VENDOR};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct snapshot_holder *h = fresh();
        making.stations = 0;
        contractor(MANAGER, "operator");
        good_station(&making, STATION);
        add_record(h, kinds[i], "CW-1", PEOPLE_FROM, NOW + 10);
        opens("M16-escort");
        memset(circumstance.escort, MANAGER, 16);
        assert_true(denied_at(NOW + 9, OPERATION_GET_JOB, NULL));
        assert_true(denied_at(NOW + 10, OPERATION_GET_JOB, "M01-suspended"));
        assert_true(denied_at(NOW + 10, OPERATION_START_OPERATION, "M01-suspended"));
        if (kinds[i] == ATTRIBUTE_VENDOR)
            assert_true(denied_at(NOW + 10, OPERATION_START_OPERATION, "M17-vendor-reads"));
        memset(circumstance.escort, 0, 16);
        assert_true(denied_at(NOW + 10, OPERATION_GET_JOB, "M16-escort"));
        /* until there is another */
        add_record(h, kinds[i], "CW-1", NOW + 20, NOW + 30);
        people_now();
        memset(circumstance.escort, MANAGER, 16);
        assert_true(denied_at(NOW + 19, OPERATION_GET_JOB, "M01-suspended"));
        assert_true(denied_at(NOW + 20, OPERATION_GET_JOB, NULL));
        assert_true(denied_at(NOW + 30, OPERATION_GET_JOB, "M01-suspended"));
    }
}

static void hours_bind_past_their_end(void **state)
{
    struct snapshot_holder *h = fresh();
    (void)state;
    /* at -06:00 it is Tuesday 21:33 */
    add_record(h, ATTRIBUTE_WINDOW, "Wed 14:00-22:00 -06:00", PEOPLE_FROM, NOW + 10);
    opens("M15-hours");
    assert_true(denied_at(NOW + 9, OPERATION_GET_JOB, "M15-hours"));
    assert_true(denied_at(NOW + 10, OPERATION_GET_JOB, "M15-hours"));
    /* and are counted where they were */
    record_of(h, ATTRIBUTE_WINDOW)->value = bytes_text("Tue 14:00-22:00 -06:00");
    opens(NULL);
    assert_true(denied_at(NOW + 10, OPERATION_GET_JOB, NULL));
}

static void a_country_binds_past_its_end(void **state)
{
    struct snapshot_holder *h = fresh();
    (void)state;
    drop_record(h, ATTRIBUTE_ITAR_US_PERSON);
    add_record(h, ATTRIBUTE_AUTHORIZATION, "XI(c)", PEOPLE_FROM, PEOPLE_END);
    record_of(h, ATTRIBUTE_COUNTRY_ITAR)->value = bytes_text("GBR");
    opens(NULL);
    add_record(h, ATTRIBUTE_COUNTRY_ITAR, "CHN", PEOPLE_FROM, NOW + 10);
    opens("M18-proscribed");
    assert_true(denied_at(NOW + 9, OPERATION_GET_DOCUMENT, "M18-proscribed"));
    assert_true(denied_at(NOW + 10, OPERATION_GET_DOCUMENT, "M18-proscribed"));
    /* one alone that ended opens nothing */
    drop_record(h, ATTRIBUTE_COUNTRY_ITAR);
    drop_record(h, ATTRIBUTE_COUNTRY_ITAR);
    add_record(h, ATTRIBUTE_COUNTRY_ITAR, "GBR", PEOPLE_FROM, NOW);
    opens("M18-proscribed");
}

static void a_citizenship_binds_past_its_end(void **state)
{
    struct snapshot_holder *h = fresh();
    (void)state;
    strcpy(markings[0].rel_to, "USA");
    assert_int_equal(decider_markings(decider, markings, 1, NOW), 0);
    opens(NULL);
    add_record(h, ATTRIBUTE_CITIZENSHIP, "GBR", PEOPLE_FROM, NOW + 10);
    opens("M21-rel-to");
    assert_true(denied_at(NOW + 9, OPERATION_GET_DOCUMENT, "M21-rel-to"));
    assert_true(denied_at(NOW + 10, OPERATION_GET_DOCUMENT, "M21-rel-to"));
}

static void an_affiliation_that_binds_does_so_past_its_end_and_one_that_opens_does_not(void **state)
{
    struct snapshot_holder *h = fresh();
    (void)state;
    drop_record(h, ATTRIBUTE_AFFILIATION);
    opens("M26-contract"); /* what is not on record could be a supplier's */
    add_record(h, ATTRIBUTE_AFFILIATION, "supplier", PEOPLE_FROM, NOW + 10);
    opens("M26-contract");
    assert_true(denied_at(NOW + 10, OPERATION_GET_DOCUMENT, "M26-contract"));
    record_of(h, ATTRIBUTE_AFFILIATION)->value = bytes_text("federal");
    strcpy(markings[0].ldc, "FEDONLY");
    assert_int_equal(decider_markings(decider, markings, 1, NOW), 0);
    opens(NULL);
    assert_true(denied_at(NOW + 9, OPERATION_GET_DOCUMENT, NULL));
    assert_true(denied_at(NOW + 10, OPERATION_GET_DOCUMENT, "M22-controlled-unclassified"));
    assert_true(denied_at(NOW + 10, OPERATION_GET_DOCUMENT, "M26-contract"));
}

static void what_lowered_a_level_or_named_another_country_is_not_forgotten_at_its_end(void **state)
{
    struct snapshot_holder *h = fresh();
    (void)state;
    add_record(h, ATTRIBUTE_CLEARANCE, "1", PEOPLE_FROM + 1, NOW + 10);
    opens("M06-clearance");
    assert_true(denied_at(NOW + 10, OPERATION_GET_DOCUMENT, "M06-clearance"));
    h = fresh(); /* but a higher one for a while leaves the lower */
    add_record(h, ATTRIBUTE_CLEARANCE, "4", PEOPLE_FROM + 1, NOW + 10);
    opens(NULL);
    assert_true(denied_at(NOW + 10, OPERATION_GET_DOCUMENT, NULL));
    h = fresh();
    drop_record(h, ATTRIBUTE_ITAR_US_PERSON);
    markings[0].itar = false;
    markings[0].ear = true;
    assert_int_equal(decider_markings(decider, markings, 1, NOW), 0);
    record_of(h, ATTRIBUTE_COUNTRY_EAR)->value = bytes_text("GBR");
    opens(NULL);
    add_record(h, ATTRIBUTE_COUNTRY_EAR, "CHN", PEOPLE_FROM + 1, NOW + 10);
    opens("M19-ear");
    assert_true(denied_at(NOW + 10, OPERATION_GET_DOCUMENT, "M19-ear"));
}

static void a_station_s_lower_ceiling_is_not_forgotten_at_its_end(void **state)
{
    struct snapshot_holder *station;
    (void)state;
    fresh();
    station = &making.holder[making.people];
    add_record(station, ATTRIBUTE_CEILING, "1", PEOPLE_FROM + 1, NOW + 10);
    people_now();
    circumstance = (struct circumstance){.factor = FACTOR_BADGE_PIN};
    memset(circumstance.station, STATION, 16);
    assert_true(denied_at(NOW + 9, OPERATION_GET_JOB, "M05-station-ceiling"));
    assert_true(denied_at(NOW + 10, OPERATION_GET_JOB, "M05-station-ceiling"));
}

static void a_station_is_certified_by_its_records(void **state)
{
    static const struct {
        enum attribute_number attribute;
        const char *policy;
    } rows[] = {{ATTRIBUTE_ATTESTATION, "M04-station-attested"},
                {ATTRIBUTE_CEILING, "M05-station-ceiling"},
                {ATTRIBUTE_STATION_SITE, "M07-site"},
                {ATTRIBUTE_STATION_PROGRAM, "M14-station-program"},
                {ATTRIBUTE_ACCREDITATION, "M14-station-program"}};
    struct subject s = good_subject();
    uint8_t id[16];
    (void)state;
    memset(id, OPERATOR, 16);
    for (size_t i = 0; i <= sizeof rows / sizeof *rows; i++) {
        fresh();
        if (i)
            drop_record(&making.holder[1], rows[i - 1].attribute);
        people_now();
        circumstance = (struct circumstance){.factor = FACTOR_BADGE_PIN, .now_ms = NOW};
        memset(circumstance.station, STATION, 16);
        decide(decider, id, operation_by_number(OPERATION_GET_JOB), &s, &circumstance, &result);
        if (i ? !denied_by(rows[i - 1].policy) : !result.allowed)
            fail_msg("row %zu", i);
    }
    memset(circumstance.station, 55, 16); /* nobody knows this one */
    decide(decider, id, operation_by_number(OPERATION_GET_JOB), &s, &circumstance, &result);
    assert_true(denied_by("M04-station-attested"));
}

static void a_value_that_cannot_be_leaves_the_people_as_they_were(void **state)
{
    (void)state;
    struct snapshot_holder *h = fresh();
    opens(NULL);
    add_record(h, ATTRIBUTE_CITIZENSHIP, "XXX", PEOPLE_FROM, PEOPLE_END);
    uint8_t bytes[1 << 14];
    struct snapshot *s = NULL;
    size_t length = put_snapshot(&making, bytes, sizeof bytes);
    assert_int_not_equal(snapshot_decode(bytes_view_of(bytes, length), &s), 0);
    drop_record(h, ATTRIBUTE_CITIZENSHIP);
    drop_record(h, ATTRIBUTE_CITIZENSHIP);
    opens(NULL);
}

static void an_object_above_the_station_or_elsewhere_is_denied(void **state)
{
    struct subject s = good_subject();
    (void)state;
    markings[0].level = 5;
    assert_int_equal(decider_markings(decider, markings, 1, NOW), 0);
    assert_false(allowed(OPERATOR, OPERATION_GET_JOB, &s));
    assert_true(denied_by("M05-station-ceiling"));
    assert_true(denied_by("M06-clearance"));
    markings[0].level = 3;
    assert_int_equal(decider_markings(decider, markings, 1, NOW), 0);
    assert_true(allowed(OPERATOR, OPERATION_GET_JOB, &s));
    s.marking = "unheard-of";
    assert_false(allowed(OPERATOR, OPERATION_GET_JOB, &s));
    s = good_subject();
    s.site = "PLANT-2";
    assert_false(allowed(OPERATOR, OPERATION_GET_JOB, &s));
    assert_true(denied_by("M07-site"));
    s.site = NULL;
    assert_false(allowed(OPERATOR, OPERATION_GET_JOB, &s));
    for (uint64_t n = 2; n < 121; memory_fail(++n % 2 ? 0 : n / 2, false)) {
        s.site = n % 4 < 2 ? PEOPLE_SITE : "PLANT-2";
        assert_true(allowed(OPERATOR, OPERATION_GET_JOB, &s) == (n % 4 < 2) || n % 2 == 0);
    }
}

/* A part may be numbered as it likes: the box's own markings have names that no part can have. */
static void a_part_named_as_the_box_names_things_takes_nothing_down(void **state)
{
    struct subject s = good_subject();
    (void)state;
    markings[1] = markings[0];
    strcpy(markings[1].id, "none");
    assert_int_equal(decider_markings(decider, markings, 2, NOW), 0);
    s.marking = "none";
    assert_true(allowed(OPERATOR, OPERATION_GET_JOB, &s));
    s.marking = NULL; /* what has no content is not marked as that part is */
    markings[1].level = 5;
    assert_int_equal(decider_markings(decider, markings, 2, NOW), 0);
    assert_true(allowed(OPERATOR, OPERATION_GET_JOB, &s));
    strcpy(markings[1].id, "absent");
    markings[1].level = 0;
    assert_int_equal(decider_markings(decider, markings, 2, NOW), 0);
    s.marking = MES_ABSENT;
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
    struct subject s = {.exists = true, .site = "site"};
    (void)state;
    assert_false(allowed(OFFICER, OPERATION_APPROVE_RECORDS, &s));
    memset(s.entered_by, OFFICER, 16);
    assert_false(allowed(OFFICER, OPERATION_APPROVE_RECORDS, &s));
    assert_true(denied_by("M11-own-record"));
    memset(s.entered_by, MANAGER, 16);
    assert_true(allowed(OFFICER, OPERATION_APPROVE_RECORDS, &s));
    memset(s.about, OFFICER, 16);
    assert_false(allowed(OFFICER, OPERATION_APPROVE_RECORDS, &s));
    assert_true(denied_by("M29-about-oneself"));
}

static void nobody_takes_away_what_binds_himself(void **state)
{
    struct subject s = {.exists = true, .site = "site"};
    (void)state;
    memset(s.entered_by, MANAGER, 16);
    memset(s.about, PLANNER, 16);
    assert_true(allowed(OFFICER, OPERATION_REVOKE_RECORD, &s));
    memset(s.about, OFFICER, 16);
    assert_false(allowed(OFFICER, OPERATION_REVOKE_RECORD, &s));
    assert_true(denied_by("M29-about-oneself"));
}

static void two_accounts_of_one_human_being_are_one_person(void **state)
{
    struct subject s = good_subject();
    (void)state;
    memset(s.requester, MANAGER, 16);
    assert_true(allowed(OFFICER, OPERATION_APPROVE_RELEASE, &s));
    memset(making.holder[OFFICER - 1].natural, MANAGER, 16);
    people_now();
    assert_false(allowed(OFFICER, OPERATION_APPROVE_RELEASE, &s));
    assert_true(denied_by("M09-own-release"));
}

static void somebody_who_is_not_in_the_snapshot_is_denied(void **state)
{
    struct subject s = good_subject();
    (void)state;
    assert_false(allowed(99, OPERATION_GET_TASKS, &s));
    assert_true(denied_by("M01-suspended"));
}

static void people_are_swapped_whole(void **state)
{
    struct making nobody = {0};
    struct snapshot *none = made(&nobody);
    struct subject s = good_subject();
    (void)state;
    assert_true(allowed(OPERATOR, OPERATION_GET_TASKS, &s));
    assert_int_equal(decider_people(decider, none, NOW), 0);
    assert_false(allowed(OPERATOR, OPERATION_GET_TASKS, &s));
    assert_int_equal(decider_people(decider, people, NOW), 0);
    assert_true(allowed(OPERATOR, OPERATION_GET_TASKS, &s));
    snapshot_free(none);
}

static void set_policy(struct decider *d, const char *text, int expected)
{
    char why[300] = "";
    assert_int_equal(decider_policies_set(d, bytes_text(text), bytes_text(""), why, sizeof why),
                     expected);
    assert_true((expected == 0) == (why[0] == '\0'));
}

static void without_people_nothing_is_decided(void **state)
{
    struct decider *other = NULL, *kept = decider;
    struct subject s = good_subject();
    (void)state;
    assert_int_equal(decider_new(ENCLAVE, true, &other), 0);
    decider = other;
    assert_false(allowed(OPERATOR, OPERATION_GET_TASKS, &s));
    assert_true(result.erred); /* without policies */
    set_policy(other, "permit (principal, action, resource) when { principal.suspended == false };",
               0);
    assert_false(allowed(OPERATOR, OPERATION_GET_TASKS, &s));
    decider = kept;
    decider_free(other);
    decider_free(NULL);
}

static void a_policy_error_is_a_denial(void **state)
{
    struct subject s = good_subject();
    (void)state;
    set_policy(decider,
               "permit (principal, action, resource);"
               "forbid (principal, action, resource) when { resource.nothing > 1 };",
               0);
    assert_false(allowed(OPERATOR, OPERATION_GET_TASKS, &s));
    assert_true(result.erred);
}

static void a_policy_that_does_not_parse_changes_nothing(void **state)
{
    static const char *const bad[] = {"permit", "permit (principal, action, resource)", "\xff",
                                      "forbid (principal, action, resource) when { 1 + };"};
    uint8_t hash[32];
    struct subject s = good_subject();
    (void)state;
    memcpy(hash, decider_hash(decider), 32);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        set_policy(decider, bad[i], ERR_POLICY);
    assert_memory_equal(hash, decider_hash(decider), 32);
    assert_true(allowed(OPERATOR, OPERATION_GET_TASKS, &s));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(an_operator_works_and_administers_nothing),
        CASE(an_administrator_may_nothing_in_a_program),
        CASE(a_us_person_is_not_a_citizen),
        CASE(every_country_ever_held_counts_for_itar_and_the_latest_for_ear),
        CASE(a_job_is_technical_data),
        CASE(an_authorization_ends_by_itself_to_the_millisecond),
        CASE(what_begins_later_counts_from_then_on),
        CASE(each_missing_record_denies),
        CASE(the_markings_of_an_object_decide),
        CASE(words_that_nobody_can_be_shut_all_out_and_none_is_left_out),
        CASE(hours_are_counted_where_the_person_is),
        CASE(a_visitor_needs_the_escort),
        CASE(a_visit_that_is_over_closes_everything_to_the_millisecond),
        CASE(hours_bind_past_their_end),
        CASE(a_country_binds_past_its_end),
        CASE(a_citizenship_binds_past_its_end),
        CASE(an_affiliation_that_binds_does_so_past_its_end_and_one_that_opens_does_not),
        CASE(what_lowered_a_level_or_named_another_country_is_not_forgotten_at_its_end),
        CASE(a_station_s_lower_ceiling_is_not_forgotten_at_its_end),
        CASE(a_station_is_certified_by_its_records),
        CASE(a_value_that_cannot_be_leaves_the_people_as_they_were),
        CASE(an_object_above_the_station_or_elsewhere_is_denied),
        CASE(a_part_named_as_the_box_names_things_takes_nothing_down),
        CASE(nobody_approves_their_own_release_or_twice),
        CASE(nobody_approves_the_record_that_they_entered),
        CASE(nobody_takes_away_what_binds_himself),
        CASE(two_accounts_of_one_human_being_are_one_person),
        CASE(somebody_who_is_not_in_the_snapshot_is_denied),
        CASE(people_are_swapped_whole),
        CASE(without_people_nothing_is_decided),
        CASE(a_policy_error_is_a_denial),
        CASE(a_policy_that_does_not_parse_changes_nothing),
    };
    return cmocka_run_group_tests_name("appliance/decide", cases, NULL, NULL);
}
