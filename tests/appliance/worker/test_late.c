/* An id of long ago: the log is read for it between what others ask, and nothing is done twice. The
 * real worker in the simulator's box, over a store with hundreds of thousands of events. */
#include "tests/appliance/worker/life.h"

#define EVENTS 300000u
#define HOUR   ((int64_t)3600000)

/* ---- what was recorded before ---- */

/* A part that Eve defined at ${at_ms}, with an id of ${id_ms}. */
static void emit_part(int64_t id_ms, unsigned number, const char *part, int64_t at_ms)
{
    struct event e = {.number = EVENT_MATERIAL_DEFINED};
    char body[400];
    id_of(id_ms, number, e.common.id);
    body_of(e.common.id, part, body);
    roster_id(EVE, e.common.person);
    e.common.operation = OPERATION_DEFINE_MATERIAL;
    hash_content("casemate/body/1", bytes_text(body), e.common.body);
    e.material_defined.number = bytes_text(part);
    e.material_defined.revision = bytes_text("A");
    e.material_defined.description = bytes_text("A part");
    e.material_defined.tracking = bytes_text("serial");
    e.material_defined.unit = bytes_text("EA");
    emit(&e, at_ms);
}

/* A day of openings; one part defined nine hours ago; one five hours ago, on a station that had
 * been off since nine hours before. */
static void record_a_day(void)
{
    int64_t began = now - 24 * HOUR, step = 22 * HOUR / EVENTS;
    assert_int_equal(store_begin(store), 0);
    for (unsigned i = 0; i < EVENTS; i++) {
        int64_t at_ms = began + i * step;
        struct event e = {.number = EVENT_OBJECT_OPENED};
        os_uuid(e.common.id);
        roster_id(ANA, e.common.person);
        e.common.operation = OPERATION_GET_JOB;
        emit(&e, at_ms);
        if (at_ms <= now - 9 * HOUR && at_ms + step > now - 9 * HOUR)
            emit_part(now - 9 * HOUR, 1, "DONE-9", at_ms);
        if (at_ms <= now - 5 * HOUR && at_ms + step > now - 5 * HOUR)
            emit_part(now - 14 * HOUR, 2, "DONE-5", at_ms);
        if (i % 10000 == 9999) {
            assert_int_equal(store_commit(store), 0);
            assert_int_equal(store_begin(store), 0);
        }
    }
    assert_int_equal(store_commit(store), 0);
}

static int begin(void **state)
{
    (void)state;
    return life_begin(record_a_day);
}

/* ---- cases ---- */

static void ask_behind(void)
{
    uint64_t before = events();
    define(1, now - 23 * HOUR, 11, "NEW-11");
    ask(2, ANA, OPERATION_GET_TASKS, "");
    turn();
    must(answered == 1 && answers[0].number == 2 && answers[0].status == 200);
    for (size_t i = 0; i < 100; i++) { /* and so are those that come while the log is read */
        ask(10 + i, ANA, OPERATION_GET_TASKS, "");
        turn();
        must(answered == 2 + i && answers[1 + i].number == 10 + i);
    }
    must(events() == before);
    must(status_of(1) == 200);
    must(events() == before + 1);
    define(3, now - 23 * HOUR, 11, "NEW-11");
    must(status_of(3) == 200 && events() == before + 1);
}

static void what_is_asked_behind_an_old_id_is_answered_first(void **state)
{
    (void)state;
    in_a_life(ask_behind);
}

static void ask_what_was_done(void)
{
    uint64_t before = events();
    define(1, now - 9 * HOUR, 1, "DONE-9");
    must(status_of(1) == 200 && events() == before);
    define(2, now - 9 * HOUR, 1, "OTHER");
    must(status_of(2) == 409 && strstr(words_of(2), "This id was used before"));
    must(events() == before);
}

static void an_old_id_that_was_done_is_answered_as_done(void **state)
{
    (void)state;
    in_a_life(ask_what_was_done);
}

static void ask_what_was_done_late(void)
{
    uint64_t before = events();
    define(1, now - 14 * HOUR, 2, "DONE-5");
    must(status_of(1) == 200 && events() == before);
}

/* A station that was off for a shift: its id is nine hours older than what it did. */
static void what_was_recorded_hours_behind_its_id_is_answered_as_done(void **state)
{
    (void)state;
    in_a_life(ask_what_was_done_late);
}

static void ask_after_a_shift(void)
{
    uint64_t before = events();
    char part[24];
    for (unsigned i = 0; i < 10; i++) { /* its queue, one behind the other */
        snprintf(part, sizeof part, "SHIFT-%u", i);
        define(1 + i, now - 9 * HOUR + i, 100 + i, part);
        must(status_of(1 + i) == 200);
    }
    must(events() == before + 10);
}

static void ask_after_a_shift_again(void)
{
    uint64_t before = events();
    char part[24];
    for (unsigned i = 0; i < 10; i++) {
        snprintf(part, sizeof part, "SHIFT-%u", i);
        define(1 + i, now - 9 * HOUR + i, 100 + i, part);
        must(status_of(1 + i) == 200);
    }
    must(events() == before);
}

static void what_a_station_kept_for_a_shift_is_carried_out_once(void **state)
{
    (void)state;
    in_a_life(ask_after_a_shift);
    in_a_life(ask_after_a_shift_again);
}

static void ask_twice_at_once(void)
{
    uint64_t before = events();
    define(1, now - 20 * HOUR, 21, "NEW-21");
    define(2, now - 20 * HOUR, 21, "NEW-21");
    must(status_of(2) == 503 && strstr(words_of(2), "with the same id"));
    must(status_of(1) == 200);
    must(events() == before + 1);
}

static void an_id_that_is_looked_for_is_not_looked_for_twice(void **state)
{
    (void)state;
    in_a_life(ask_twice_at_once);
}

static void ask_many(void)
{
    uint64_t before = events();
    char part[24];
    unsigned done = 0, refused = 0;
    for (unsigned i = 0; i < 40; i++) {
        snprintf(part, sizeof part, "MANY-%u", i);
        define(1 + i, now - 20 * HOUR + i, 200 + i, part);
    }
    turn();
    for (size_t i = 0; i < answered; i++)
        must(answers[i].status == 503 && strstr(answers[i].body, "with the same id"));
    must(answered > 10 && answered < 40);
    for (unsigned i = 0; i < 40; i++) {
        done += status_of(1 + i) == 200;
        refused += status_of(1 + i) == 503;
    }
    must(done + refused == 40 && refused > 10);
    must(events() == before + done);
    for (unsigned i = 0; i < 40; i++) { /* and asked again they are done, once */
        snprintf(part, sizeof part, "MANY-%u", i);
        define(101 + i, now - 20 * HOUR + i, 200 + i, part);
        must(status_of(101 + i) == 200);
    }
    must(events() == before + 40);
}

static void of_one_person_only_so_many_wait_and_the_others_are_told_to_ask_again(void **state)
{
    (void)state;
    in_a_life(ask_many);
}

static void ask_while_the_disk_is_full(void)
{
    uint64_t before = events();
    define(1, now - 20 * HOUR, 31, "NEW-31");
    turn();
    must(answered == 0);
    is_full = true;
    define(2, os_utc_ms(), 32, "NEW-32");
    must(status_of(2) == 503); /* its batch is undone while the log is read for the other one */
    must(events() == before);
    must(status_of(1) == 503 && events() == before);
    is_full = false;
    uint64_t number = 3;
    for (uint64_t until = os_boot_ms() + 10000; os_boot_ms() < until; number++) {
        define(number, now - 20 * HOUR, 31, "NEW-31");
        if (status_of(number) == 200)
            break;
        answered = 0;
    }
    must(status_of(number) == 200 && events() == before + 1);
    define(number + 1, now - 20 * HOUR, 31, "NEW-31");
    must(status_of(number + 1) == 200 && events() == before + 1);
}

static void a_batch_that_is_undone_meanwhile_breaks_nothing(void **state)
{
    (void)state;
    in_a_life(ask_while_the_disk_is_full);
}

/* What the worker has told the auditor of this id. */
static unsigned outcome_of(const uint8_t id[static 16])
{
    for (int i = 0; i < PATIENCE; i++) {
        struct bytes in = bytes_over(world->to_auditor.data, world->to_auditor.length);
        struct message m;
        while (bytes_left(&in) && message_decode(&in, &m) == 0)
            if (m.number == MESSAGE_AUDIT && memcmp(m.audit.id, id, 16) == 0)
                return m.audit.outcome;
        world->answers.length = world->to_auditor.length = 0;
        box_turn(PROGRAM_WORKER);
    }
    wrong("the auditor has no answer");
}

static void ask_as_the_auditor(void)
{
    struct message m = {.number = MESSAGE_AUDIT};
    box_join(PROGRAM_AUDITOR);
    roster_id(EVE, m.audit.person);
    m.audit.operation = OPERATION_DEFINE_MATERIAL;
    m.audit.outcome = AUDIT_OUTCOME_INTENT;
    id_of(now - 9 * HOUR, 1, m.audit.id);
    box_give(PROGRAM_AUDITOR, &m);
    ask(1, ANA, OPERATION_GET_TASKS, "");
    must(outcome_of(m.audit.id) == AUDIT_OUTCOME_DONE);
    must(answered == 1 && answers[0].status == 200);
    id_of(now - 9 * HOUR, 5, m.audit.id);
    box_give(PROGRAM_AUDITOR, &m);
    must(outcome_of(m.audit.id) == AUDIT_OUTCOME_UNKNOWN);
}

static void what_became_of_an_old_intent_is_told_when_it_is_known(void **state)
{
    (void)state;
    in_a_life(ask_as_the_auditor);
}

/* It was done in the batch of this turn, which the disk refuses. */
static void ask_of_what_is_undone(void)
{
    struct message m = {.number = MESSAGE_AUDIT};
    box_join(PROGRAM_AUDITOR);
    roster_id(EVE, m.audit.person);
    m.audit.operation = OPERATION_DEFINE_MATERIAL;
    m.audit.outcome = AUDIT_OUTCOME_INTENT;
    int64_t at = os_utc_ms();
    id_of(at, 41, m.audit.id);
    is_full = true;
    define(1, at, 41, "NEW-41");
    box_give(PROGRAM_AUDITOR, &m);
    must(outcome_of(m.audit.id) == AUDIT_OUTCOME_UNKNOWN);
    must(status_of(1) == 503);
}

static void the_auditor_is_told_of_nothing_that_is_not_on_the_disk(void **state)
{
    (void)state;
    in_a_life(ask_of_what_is_undone);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(what_is_asked_behind_an_old_id_is_answered_first),
        cmocka_unit_test(an_old_id_that_was_done_is_answered_as_done),
        cmocka_unit_test(what_was_recorded_hours_behind_its_id_is_answered_as_done),
        cmocka_unit_test(what_a_station_kept_for_a_shift_is_carried_out_once),
        cmocka_unit_test(an_id_that_is_looked_for_is_not_looked_for_twice),
        cmocka_unit_test(of_one_person_only_so_many_wait_and_the_others_are_told_to_ask_again),
        cmocka_unit_test(a_batch_that_is_undone_meanwhile_breaks_nothing),
        cmocka_unit_test(what_became_of_an_old_intent_is_told_when_it_is_known),
        cmocka_unit_test(the_auditor_is_told_of_nothing_that_is_not_on_the_disk),
    };
    return cmocka_run_group_tests_name("late", cases, begin, life_end);
}
