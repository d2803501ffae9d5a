/* An id of long ago: the log is read for it between what others ask, and nothing is done twice. The
 * real worker in the simulator's box, over a store with hundreds of thousands of events. */
#include "tests/enclave/store/opened.h"

#include <errno.h>
#include <sqlcipher/sqlite3.h>
#include <stdarg.h>
#include <sys/wait.h>

#include "appliance/event.h"
#include "appliance/identity/snapshot.h"
#include "appliance/station.h"
#include "appliance/worker/worker.h"
#include "crypto/hash.h"
#include "enclave/process/os.h"
#include "tests/simulator/box.h"
#include "tests/simulator/plant.h"
#include "tests/simulator/roster.h"

#define EVENTS   300000u
#define HOUR     ((int64_t)3600000)
#define ANSWERS  256
#define PATIENCE 100000 /* turns */

struct world *world;

/* ---- what the box asks of a simulator ---- */

uint64_t pick(uint64_t below)
{
    return below - 1;
}

void world_digest(const void *data, size_t length)
{
    (void)data, (void)length;
}

static void say_answers(void);

_Noreturn void wrong(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n%s%s\n", box_said(), box_last_denial());
    say_answers();
    _exit(1);
}

#define must(what) ((what) ? (void)0 : wrong("line %d: not so: %s", __LINE__, #what))

void plant_settle(bool restarted)
{
    (void)restarted;
}

void plant_verdicts(struct wire *wire)
{
    wire->length = 0;
}

void plant_acknowledged(const uint8_t id[static 16])
{
    (void)id;
}

/* In the order in which they leave. */
static struct answered {
    uint64_t number;
    unsigned status;
    char body[400];
} answers[ANSWERS];
static size_t answered;

static void say_answers(void)
{
    for (size_t i = 0; i < answered; i++)
        fprintf(stderr, "%lu: %u %s\n", answers[i].number, answers[i].status, answers[i].body);
}

void plant_answered(const struct message_answer *answer)
{
    must(answered < ANSWERS);
    struct answered *a = &answers[answered++];
    a->number = answer->request;
    a->status = answer->status;
    snprintf(a->body, sizeof a->body, "%.*s", (int)answer->body.length,
             (const char *)answer->body.data);
}

/* ---- a disk that runs full ---- */

static bool is_full;
static ssize_t (*really_write)(int, const void *, size_t, off_t);

static ssize_t write_or_not(int fd, const void *data, size_t length, off_t at)
{
    errno = ENOSPC;
    return is_full ? -1 : really_write(fd, data, length, at);
}

static void let_disk_run_full(void)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
    sqlite3_syscall_ptr was = vfs->xGetSystemCall(vfs, "pwrite64");
    must(was != NULL);
    really_write = (ssize_t(*)(int, const void *, size_t, off_t))was;
    must(vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)write_or_not) == SQLITE_OK);
}

/* ---- what was recorded before ---- */

static int64_t now;

static void id_of(int64_t ms, unsigned number, uint8_t ret_id[static 16])
{
    memset(ret_id, 0, 16);
    for (int i = 0; i < 6; i++)
        ret_id[i] = (uint8_t)(ms >> (40 - 8 * i));
    ret_id[6] = 0x70;
    ret_id[8] = 0x80;
    memcpy(ret_id + 12, &number, 4);
}

static void body_of(const uint8_t id[static 16], const char *part, char out[static 400])
{
    char hex[33];
    bytes_to_hex(id, 16, hex);
    snprintf(out, 400,
             "{\"id\":\"%.8s-%.4s-%.4s-%.4s-%.12s\",\"number\":\"%s\",\"revision\":\"A\","
             "\"description\":\"A part\",\"tracking\":\"serial\",\"unit\":\"EA\"}",
             hex, hex + 8, hex + 12, hex + 16, hex + 20, part);
}

static void emit(struct event *event, int64_t at_ms)
{
    static uint8_t payload[STORE_PAYLOAD_MAX];
    struct bytes_put put = bytes_into(payload, sizeof payload);
    size_t length;
    uint64_t sequence;
    event->common.utc_ms = event->common.performed_ms = at_ms;
    event_encode(event, &put);
    assert_int_equal(bytes_put_done(&put, &length), 0);
    assert_int_equal(store_append(store, bytes_view_of(payload, length), &sequence), 0);
}

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
    struct event program = {.number = EVENT_PROGRAM_DEFINED};
    program.program_defined.name = bytes_text("SIM");
    program.program_defined.banner = bytes_text("UNCLASSIFIED");
    program.program_defined.banner_kind = bytes_text("unclassified");
    program.program_defined.site = bytes_text("PLANT-1");
    program.program_defined.serial_prefix = bytes_text("SO");
    assert_int_equal(store_begin(store), 0);
    emit(&program, began);
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
    uint8_t bytes[32];
    (void)state;
    world = calloc(1, sizeof *world);
    strcpy(directory, "/tmp/casemate-late-XXXXXX");
    char *here = getcwd(NULL, 0);
    if (!world || !here || os_boot_id_load() != 0 || !mkdtemp(directory))
        return -1;
    world->epoch = 1; /* no life yet: sessions last */
    for (int p = 0; p < PEOPLE; p++)
        world->standing[1][p] = (struct standing){.role_until_ms = 4000000000000};
    memset(bytes, 0x11, sizeof bytes); /* as the box has it */
    char policy[300];
    snprintf(policy, sizeof policy, "%s/policy", here);
    free(here);
    if (chdir(directory) != 0 || symlink(policy, "policy") != 0 ||
        secret_copy(bytes, sizeof bytes, &key) != 0 ||
        store_open(STORE_FILE, WORLD_ENCLAVE, key, &store) != 0)
        return -1;
    now = os_utc_ms();
    record_a_day();
    store_close(store);
    store = NULL;
    return 0;
}

static int end(void **state)
{
    free(world);
    unlink("policy");
    return tear_down(state);
}

/* ---- a life of the worker ---- */

static struct worker *product(void)
{
    return worker_handlers()->context;
}

static void turn(void)
{
    box_turn(PROGRAM_WORKER);
    world->answers.length = world->to_auditor.length = 0;
}

static void tell_identity(void)
{
    static uint8_t bytes[60000];
    uint8_t digest[32];
    struct message m = {.number = MESSAGE_SNAPSHOT};
    m.snapshot.epoch = world->epoch;
    m.snapshot.parts = 1;
    m.snapshot.body = bytes_view_of(bytes, roster_snapshot(bytes, sizeof bytes));
    hash_content(SNAPSHOT_PURPOSE, m.snapshot.body, m.snapshot.digest);
    memcpy(digest, m.snapshot.digest, 32);
    box_give(PROGRAM_IDENTITY, &m);
    roster_line(digest, &m);
    box_give(PROGRAM_IDENTITY, &m);
}

static void live(void)
{
    let_disk_run_full();
    box_begin();
    must(box_start(PROGRAM_AUDITOR) == 0);
    must(box_start(PROGRAM_WORKER) == 0);
    must(product()->store != NULL && product()->closed[0] == '\0');
    for (int p = 0; p < PEOPLE; p++)
        roster_sign_in((enum person)p);
    box_join(PROGRAM_GATEWAY);
    box_join(PROGRAM_IDENTITY);
    tell_identity();
    for (int i = 0; i < 3; i++)
        turn();
    answered = 0;
}

static void ask(uint64_t number, enum person person, unsigned operation, const char *body)
{
    struct message m = {.number = MESSAGE_REQUEST};
    m.request.request = number;
    m.request.operation = (uint16_t)operation;
    memcpy(m.request.station, station_training, STATION_ID);
    m.request.token = bytes_text(world->session[world->now[person]].token);
    m.request.statement = bytes_text("");
    m.request.certificates = bytes_text("");
    m.request.body = bytes_text(body);
    box_give(PROGRAM_GATEWAY, &m);
}

static void define(uint64_t number, int64_t id_ms, unsigned n, const char *part)
{
    uint8_t id[16];
    char body[400];
    id_of(id_ms, n, id);
    body_of(id, part, body);
    ask(number, EVE, OPERATION_DEFINE_MATERIAL, body);
}

/* The status that this request was answered with; turns until it is. */
static unsigned status_of(uint64_t number)
{
    for (int i = 0; i < PATIENCE; i++) {
        for (size_t k = 0; k < answered; k++)
            if (answers[k].number == number)
                return answers[k].status;
        turn();
    }
    wrong("request %lu is not answered", number);
}

static const char *words_of(uint64_t number)
{
    (void)status_of(number);
    for (size_t k = 0; k < answered; k++)
        if (answers[k].number == number)
            return answers[k].body;
    return "";
}

static uint64_t events(void)
{
    return store_size(product()->store);
}

/* In a process of its own: the worker's memory is one, and ends with it. */
static void in_a_life(void (*of)(void))
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        live();
        of();
        box_stop();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
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
    };
    return cmocka_run_group_tests_name("late", cases, begin, end);
}
