#ifndef TESTS_APPLIANCE_WORKER_LIFE_H
#define TESTS_APPLIANCE_WORKER_LIFE_H

/*
 * The real worker in the simulator's box, over a store in a directory of its own: what is asked and
 * in which order it is answered, on a disk that may run full.  Each life is a forked process, and
 * what it does not find as it must be ends it.
 */
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

#define ANSWERS  1024
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

static inline void say_answers(void);

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

static inline void say_answers(void)
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

static inline void let_disk_run_full(void)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
    sqlite3_syscall_ptr was = vfs->xGetSystemCall(vfs, "pwrite64");
    must(was != NULL);
    really_write = (ssize_t(*)(int, const void *, size_t, off_t))was;
    must(vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)write_or_not) == SQLITE_OK);
}

/* ---- what was recorded before ---- */

static int64_t now;

static inline void id_of(int64_t ms, unsigned number, uint8_t ret_id[static 16])
{
    memset(ret_id, 0, 16);
    for (int i = 0; i < 6; i++)
        ret_id[i] = (uint8_t)(ms >> (40 - 8 * i));
    ret_id[6] = 0x70;
    ret_id[8] = 0x80;
    memcpy(ret_id + 12, &number, 4);
}

static inline void body_of(const uint8_t id[static 16], const char *part, char out[static 400])
{
    char hex[33];
    bytes_to_hex(id, 16, hex);
    snprintf(out, 400,
             "{\"id\":\"%.8s-%.4s-%.4s-%.4s-%.12s\",\"number\":\"%s\",\"revision\":\"A\","
             "\"description\":\"A part\",\"tracking\":\"serial\",\"unit\":\"EA\"}",
             hex, hex + 8, hex + 12, hex + 16, hex + 20, part);
}

static inline void emit(struct event *event, int64_t at_ms)
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

/* The program of the policies, at ${at_ms}. */
static inline void emit_program(int64_t at_ms)
{
    struct event program = {.number = EVENT_PROGRAM_DEFINED};
    program.program_defined.name = bytes_text("SIM");
    program.program_defined.banner = bytes_text("UNCLASSIFIED");
    program.program_defined.banner_kind = bytes_text("unclassified");
    program.program_defined.site = bytes_text("PLANT-1");
    program.program_defined.serial_prefix = bytes_text("SO");
    assert_int_equal(store_begin(store), 0);
    emit(&program, at_ms);
    assert_int_equal(store_commit(store), 0);
}

/* A store of a day ago, with what ${record} puts into it. */
static inline int life_begin(void (*record)(void))
{
    uint8_t bytes[32];
    world = calloc(1, sizeof *world);
    strcpy(directory, "/tmp/casemate-late-XXXXXX");
    static char *here; /* the first case begins where the policies are */
    here = here ? here : getcwd(NULL, 0);
    if (!world || !here || os_boot_id_load() != 0 || !mkdtemp(directory))
        return -1;
    world->epoch = 1; /* no life yet: sessions last */
    for (int p = 0; p < PEOPLE; p++)
        world->standing[1][p] = (struct standing){.role_until_ms = 4000000000000};
    memset(bytes, 0x11, sizeof bytes); /* as the box has it */
    char policy[300];
    snprintf(policy, sizeof policy, "%s/policy", here);
    if (chdir(directory) != 0 || symlink(policy, "policy") != 0 ||
        secret_copy(bytes, sizeof bytes, &key) != 0 ||
        store_open(STORE_FILE, WORLD_ENCLAVE, key, &store) != 0)
        return -1;
    now = os_utc_ms();
    emit_program(now - (int64_t)24 * 3600000);
    record();
    store_close(store);
    store = NULL;
    return 0;
}

static inline int life_end(void **state)
{
    free(world);
    unlink("policy");
    return tear_down(state);
}

/* ---- a life of the worker ---- */

static inline struct worker *product(void)
{
    return worker_handlers()->context;
}

static inline void turn(void)
{
    box_turn(PROGRAM_WORKER);
    world->answers.length = world->to_auditor.length = 0;
}

static inline void tell_identity(void)
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

static inline void live(void)
{
    let_disk_run_full();
    box_begin();
    must(box_start(PROGRAM_AUDITOR) == 0);
    must(box_start(PROGRAM_WORKER) == 0);
    must(product()->store != NULL && (is_full || product()->closed[0] == '\0'));
    for (int p = 0; p < PEOPLE; p++)
        roster_sign_in((enum person)p);
    box_join(PROGRAM_GATEWAY);
    box_join(PROGRAM_IDENTITY);
    tell_identity();
    for (int i = 0; i < 3; i++)
        turn();
    answered = 0;
}

static inline void ask(uint64_t number, enum person person, unsigned operation, const char *body)
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

static inline void define(uint64_t number, int64_t id_ms, unsigned n, const char *part)
{
    uint8_t id[16];
    char body[400];
    id_of(id_ms, n, id);
    body_of(id, part, body);
    ask(number, EVE, OPERATION_DEFINE_MATERIAL, body);
}

/* The status that this request was answered with; turns until it is. */
static inline unsigned status_of(uint64_t number)
{
    for (int i = 0; i < PATIENCE; i++) {
        for (size_t k = 0; k < answered; k++)
            if (answers[k].number == number)
                return answers[k].status;
        turn();
    }
    wrong("request %lu is not answered", number);
}

static inline const char *words_of(uint64_t number)
{
    (void)status_of(number);
    for (size_t k = 0; k < answered; k++)
        if (answers[k].number == number)
            return answers[k].body;
    return "";
}

static inline uint64_t events(void)
{
    return store_size(product()->store);
}

/* In a process of its own: the worker's memory is one, and ends with it.  Its disk may be full from
 * the start. */
static inline void in_a_life_of(bool full, void (*of)(void))
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        is_full = full;
        live();
        of();
        box_stop();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static inline void in_a_life(void (*of)(void))
{
    in_a_life_of(false, of);
}

#endif
