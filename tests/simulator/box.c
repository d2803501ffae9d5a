#include "tests/simulator/box.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "appliance/worker/worker.h"
#include "enclave/audit/auditor.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "tests/simulator/roster.h"
#include "tests/simulator/plant.h"

#define TIMERS_MAX 8

struct process {
    enum program program;
    const struct process_handlers *handlers;
    struct peer peers[4];
    size_t peers_count;
    struct wire *unsent[4]; /* beside peers: what leaves when the turn ends */
};

static struct process worker, auditor;
static struct wire unsent[4], unsent_to_worker;
static struct secret *store_key;
static char command_text[4200];
static unsigned command_outcome;

/* ---- the log ---- */

static char said[4096];

const char *box_said(void)
{
    return said;
}

const char *box_last_denial(void)
{
    const struct worker *w = worker_handlers()->context;
    const struct denial *d = &w->denials[(w->denials_count + DENIALS_MAX - 1) % DENIALS_MAX];
    return w->denials_count && d->reasons ? d->reason[0].policy : "nothing";
}

static void say(const char *format, va_list args)
{
    char line[400];
    vsnprintf(line, sizeof line, format, args);
    size_t length = strlen(said), more = strlen(line);
    if (length + more + 2 > sizeof said) {
        memmove(said, said + sizeof said / 2, sizeof said / 2);
        said[sizeof said / 2 - 1] = '\0';
        length = strlen(said);
    }
    snprintf(said + length, sizeof said - length, "%s\n", line);
}

void log_name(const char *program, const char *enclave)
{
    (void)program, (void)enclave;
}

#define SAY()                                                                                      \
    va_list args;                                                                                  \
    va_start(args, format);                                                                        \
    say(format, args);                                                                             \
    va_end(args)

void log_info(const char *format, ...)
{
    SAY();
}

void log_err(const char *format, ...)
{
    SAY();
}

void log_sys(const char *format, ...)
{
    SAY();
}

_Noreturn void log_die(const char *format, ...)
{
    SAY();
    snprintf(world->wrong, sizeof world->wrong, "a program ended: %.500s", said);
    _exit(1);
}

/* ---- process.h ---- */

bool process_is_training(const struct process *process)
{
    (void)process;
    return true;
}

const char *process_enclave(const struct process *process)
{
    return process == &worker ? WORLD_ENCLAVE : "";
}

unsigned process_port(const struct process *process)
{
    (void)process;
    return 0;
}

unsigned process_slot(const struct process *process)
{
    (void)process;
    return 0;
}

const char *process_run(const struct process *process)
{
    (void)process;
    return "";
}

bool process_is_unsure(const struct process *process)
{
    return process == &worker && world->told_unsure;
}

enum program process_program(const struct process *process)
{
    return process->program;
}

struct loop *process_loop(struct process *process)
{
    return (struct loop *)process;
}

/* A descriptor with these bytes, as the supervisor opens a file for it. */
static int holding(const void *data, size_t length)
{
    int fd = memfd_create("simulator", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, length) != (ssize_t)length || lseek(fd, 0, SEEK_SET) != 0)
        abort();
    return fd;
}

int process_descriptor(const struct process *process, enum descriptor what)
{
    char text[ROOT_MAX];
    size_t length;
    (void)process;
    switch (what) {
    case DESCRIPTOR_ROOT:
        roster_root(text, &length);
        return holding(text, length);
    case DESCRIPTOR_POLICY:
        return open("policy/site/mandatory.cedar", O_RDONLY | O_CLOEXEC);
    case DESCRIPTOR_PROGRAM_POLICY:
        return open("policy/site/program.cedar", O_RDONLY | O_CLOEXEC);
    default:
        return -1;
    }
}

struct secret *process_key(struct process *process, enum key key)
{
    (void)process;
    if (key == KEY_AUDITOR_CHECKPOINT)
        return (struct secret *)(uintptr_t)roster_checkpoint_key();
    return store_key;
}

struct peer *process_peer(struct process *process, unsigned channel, const char *enclave)
{
    (void)enclave;
    for (size_t i = 0; i < process->peers_count; i++)
        if (process->peers[i].link && process->peers[i].channel == channel)
            return &process->peers[i];
    return NULL;
}

static void put_message(struct wire *wire, const struct message *message)
{
    struct bytes_put put = bytes_into(wire->data + wire->length, WIRE - wire->length);
    size_t length;
    message_encode(message, &put);
    if (bytes_put_done(&put, &length) != 0)
        wrong("a message does not fit its row or the simulator's room");
    wire->length += length;
}

int process_send(struct peer *peer, const struct message *message)
{
    if (!peer || !peer->link)
        return ERR_EOF;
    if (peer->process == &worker && peer->program == PROGRAM_GATEWAY &&
        message->number == MESSAGE_ANSWER)
        plant_answered(&message->answer);
    put_message(peer->process->unsent[peer - peer->process->peers], message);
    return 0;
}

int process_send_control(struct process *process, const struct message *message)
{
    (void)process, (void)message;
    return 0;
}

/* What both have to say leaves. */
static void move(struct wire *from, struct wire *to)
{
    if (to->length + from->length > WIRE)
        wrong("more is on its way than the simulator has room for");
    memcpy(to->data + to->length, from->data, from->length);
    to->length += from->length;
    from->length = 0;
}

void process_flush(struct process *process)
{
    if (process == &auditor) {
        move(&unsent_to_worker, &world->to_worker);
        return;
    }
    plant_settle(false);
    move(&unsent[0], &world->answers);
    move(&unsent[1], &world->to_auditor);
    unsent[2].length = 0; /* identity is told nothing that it needs here */
    plant_verdicts(&unsent[3]);
}

void process_command_done(struct process *process, uint64_t request, unsigned outcome,
                          const char *text)
{
    (void)process, (void)request;
    command_outcome = outcome;
    snprintf(command_text, sizeof command_text, "%s", text);
}

void process_say(struct process *process, const char *text)
{
    (void)process, (void)text;
}

void process_end(struct process *process)
{
    (void)process;
}

int process_main(enum program program, const struct process_handlers *handlers)
{
    (void)program, (void)handlers;
    return 1; /* the simulator has a main of its own */
}

/* ---- timers ---- */

static struct {
    loop_due *due;
    void *context;
    uint64_t every_ms, next_ms;
    const struct process *process;
} timers[TIMERS_MAX];
static size_t timers_count;

int loop_every(struct loop *loop, uint64_t ms, loop_due *due, void *context)
{
    if (timers_count == TIMERS_MAX)
        abort();
    timers[timers_count].due = due;
    timers[timers_count].context = context;
    timers[timers_count].every_ms = ms;
    timers[timers_count].next_ms = os_boot_ms() + ms;
    timers[timers_count++].process = (const struct process *)loop;
    return 0;
}

static void run_timers(const struct process *process)
{
    for (size_t i = 0; i < timers_count; i++) {
        if (timers[i].process != process || os_boot_ms() < timers[i].next_ms)
            continue;
        timers[i].next_ms = os_boot_ms() + timers[i].every_ms;
        timers[i].due(timers[i].context);
    }
}

/* ---- the scheduler's side ---- */

static void add_peer(struct process *process, unsigned channel, enum program program,
                     struct wire *to)
{
    struct peer *p = &process->peers[process->peers_count];
    process->unsent[process->peers_count++] = to;
    *p = (struct peer){.channel = channel, .program = program, .process = process};
    strcpy(p->enclave, process == &worker && program != PROGRAM_GATEWAY && program != PROGRAM_INTAKE
                           ? ""
                           : WORLD_ENCLAVE);
}

void box_begin(void)
{
    uint8_t bytes[32];
    memset(bytes, 0x11, sizeof bytes);
    if (secret_copy(bytes, sizeof bytes, &store_key) != 0)
        abort();
    roster_keys();
    worker = (struct process){.program = PROGRAM_WORKER, .handlers = worker_handlers()};
    auditor = (struct process){.program = PROGRAM_AUDITOR, .handlers = auditor_handlers()};
    add_peer(&worker, 11, PROGRAM_GATEWAY, &unsent[0]);
    add_peer(&worker, 8, PROGRAM_AUDITOR, &unsent[1]);
    add_peer(&worker, 12, PROGRAM_IDENTITY, &unsent[2]);
    add_peer(&worker, 15, PROGRAM_INTAKE, &unsent[3]);
    add_peer(&auditor, 8, PROGRAM_WORKER, &unsent_to_worker);
}

static struct process *process_of(enum program program)
{
    return program == PROGRAM_AUDITOR ? &auditor : &worker;
}

int box_start(enum program program)
{
    struct process *p = process_of(program);
    return p->handlers->started(p->handlers->context, p);
}

static struct peer *worker_peer(enum program program)
{
    for (size_t i = 0; i < worker.peers_count; i++)
        if (worker.peers[i].program == program)
            return &worker.peers[i];
    abort();
}

static void join(struct process *process, struct peer *peer)
{
    static int link;
    peer->link = (struct channel *)&link; /* somebody is there */
    if (process->handlers->joined)
        process->handlers->joined(process->handlers->context, peer);
}

static void leave(struct process *process, struct peer *peer)
{
    if (process->handlers->left)
        process->handlers->left(process->handlers->context, peer);
    peer->link = NULL;
    process->unsent[peer - process->peers]->length = 0;
}

void box_join(enum program program)
{
    if (program == PROGRAM_AUDITOR)
        join(&auditor, &auditor.peers[0]);
    join(&worker, worker_peer(program));
}

void box_leave(enum program program)
{
    leave(&worker, worker_peer(program));
    if (program != PROGRAM_AUDITOR)
        return;
    leave(&auditor, &auditor.peers[0]);
    world->to_auditor.length = world->to_worker.length = 0;
}

void box_give(enum program program, const struct message *message)
{
    static struct wire wire;
    struct message m;
    wire.length = 0;
    put_message(&wire, message);
    struct bytes in = bytes_over(wire.data, wire.length);
    if (message_decode(&in, &m) != 0)
        wrong("message %s is not what it was encoded from", message_name(message->number));
    worker.handlers->message(worker.handlers->context, worker_peer(program), &m);
}

void box_turn(enum program program)
{
    struct process *p = process_of(program);
    run_timers(p);
    if (p->handlers->turn)
        (void)p->handlers->turn(p->handlers->context);
    process_flush(p);
}

unsigned box_carry(enum program program, unsigned most)
{
    static struct wire taken;
    struct process *to = process_of(program);
    struct wire *wire = program == PROGRAM_AUDITOR ? &world->to_auditor : &world->to_worker;
    struct peer *from =
        program == PROGRAM_AUDITOR ? &auditor.peers[0] : worker_peer(PROGRAM_AUDITOR);
    unsigned n = 0;
    memcpy(taken.data, wire->data, wire->length);
    taken.length = wire->length;
    struct bytes in = bytes_over(taken.data, taken.length);
    while (n < most && bytes_left(&in) && from->link) {
        struct message m;
        if (message_decode(&in, &m) != 0)
            wrong("a message between auditor and worker does not decode");
        size_t left = bytes_left(&in);
        memmove(wire->data, taken.data + taken.length - left, left);
        wire->length = left;
        if (to == &worker && m.number == MESSAGE_AUDIT_ACK)
            plant_acknowledged(m.audit_ack.id);
        to->handlers->message(to->handlers->context, from, &m);
        n++;
    }
    return n;
}

/* A worker that ends waits for its last head: the auditor, where there is one, goes on meanwhile.
 */
int loop_step(struct loop *loop, int ms)
{
    (void)loop;
    world->machine.boot_ns += (uint64_t)ms * 1000000;
    box_turn(PROGRAM_WORKER);
    box_carry(PROGRAM_AUDITOR, 100);
    box_turn(PROGRAM_AUDITOR);
    box_carry(PROGRAM_WORKER, 100);
    return 0;
}

unsigned box_command(unsigned command, char *text, size_t size)
{
    command_outcome = 99;
    worker.handlers->command(worker.handlers->context, 1, command);
    /* some are answered when they have been through the log */
    for (int i = 0; command_outcome == 99 && i < 100000; i++) {
        world->machine.boot_ns += 1000000;
        box_turn(PROGRAM_WORKER);
    }
    snprintf(text, size, "%s", command_text);
    return command_outcome;
}

void box_stop(void)
{
    box_turn(PROGRAM_WORKER); /* the one that it leaves its loop behind */
    worker.handlers->stopping(worker.handlers->context);
    auditor.handlers->stopping(auditor.handlers->context);
}
