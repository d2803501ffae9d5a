#include "enclave/process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/process/sandbox.h"

#define PEERS_MAX (5 * ENCLAVES_MAX + 8) /* the keeper meets five programs of each */

struct process {
    enum program program;
    bool training;
    bool confined;
    bool unsure;
    char enclave[ENCLAVE_ID_LENGTH + 1];
    char asked_enclave[ENCLAVE_ID_LENGTH + 1];
    unsigned slot;
    unsigned port;
    char run[PROCESS_RUN_MAX + 1];
    const struct process_handlers *handlers;
    struct loop *loop;
    struct channel *control;
    struct peer peers[PEERS_MAX]; /* link is NULL where nobody is */
    int descriptors[DESCRIPTOR_COUNT];
    struct secret *keys[KEY_COUNT];
    unsigned keys_taken;
};

bool process_is_training(const struct process *process)
{
    return process->training;
}

const char *process_enclave(const struct process *process)
{
    return process->enclave;
}

unsigned process_port(const struct process *process)
{
    return process->port;
}

unsigned process_slot(const struct process *process)
{
    return process->slot;
}

const char *process_run(const struct process *process)
{
    return process->run;
}

bool process_is_unsure(const struct process *process)
{
    return process->unsure;
}

const char *process_asked_enclave(const struct process *process)
{
    return process->asked_enclave;
}

enum program process_program(const struct process *process)
{
    return process->program;
}

struct loop *process_loop(struct process *process)
{
    return process->loop;
}

int process_descriptor(const struct process *process, enum descriptor what)
{
    return process->descriptors[what];
}

struct secret *process_key(struct process *process, enum key key)
{
    if (!process->keys[key])
        log_die("a key that topology.def does not list for this program was asked for");
    return process->keys[key];
}

struct peer *process_peer(struct process *process, unsigned channel, const char *enclave)
{
    for (size_t i = 0; i < PEERS_MAX; i++) {
        struct peer *p = &process->peers[i];
        if (p->link && p->channel == channel &&
            (enclave[0] == '\0' || strcmp(p->enclave, enclave) == 0))
            return p;
    }
    return NULL;
}

int process_send(struct peer *peer, const struct message *message)
{
    return peer && peer->link ? channel_put(peer->link, message) : ERR_EOF;
}

int process_send_control(struct process *process, const struct message *message)
{
    return channel_put(process->control, message);
}

void process_command_done(struct process *process, uint64_t request, unsigned outcome,
                          const char *text)
{
    struct message m = {.number = MESSAGE_COMMAND_DONE};
    m.command_done.request = request;
    m.command_done.outcome = (uint8_t)outcome;
    m.command_done.text = bytes_text(text);
    if (process_send_control(process, &m) != 0)
        log_err("the console's answer could not be sent");
    for (int d = DESCRIPTOR_INPUT; d <= DESCRIPTOR_SECOND; d++) {
        if (process->descriptors[d] >= 0)
            close(process->descriptors[d]);
        process->descriptors[d] = -1;
    }
}

void process_say(struct process *process, const char *text)
{
    struct message m = {.number = MESSAGE_SAY};
    m.say.text = bytes_text(text);
    (void)!process_send_control(process, &m);
}

void process_end(struct process *process)
{
    loop_stop(process->loop);
}

/* ---- peers ---- */

static void drop_peer(struct peer *peer)
{
    struct process *process = peer->process;
    if (process->confined && process->handlers->left)
        process->handlers->left(process->handlers->context, peer);
    loop_forget(process->loop, channel_fd(peer->link));
    channel_free(peer->link);
    *peer = (struct peer){0};
}

static void peer_message(void *context, const struct message *message, int fd)
{
    struct peer *peer = context;
    (void)fd; /* no data channel takes descriptors */
    if (peer->process->handlers->message)
        peer->process->handlers->message(peer->process->handlers->context, peer, message);
}

/* Take everything that lies there, so that a batch is as large as it can be. */
static void peer_ready(void *context, short events)
{
    struct peer *peer = context;
    for (int i = 0; i < 128; i++) {
        int r = channel_receive(peer->link, peer_message, peer);
        if (r == 0)
            break;
        if (r < 0) {
            drop_peer(peer);
            return;
        }
    }
    (void)events;
}

static struct peer *add_peer(struct process *process, const struct channel_row *row,
                             const char *enclave, struct channel *link)
{
    struct peer *free_place = NULL;
    for (size_t i = 0; i < PEERS_MAX; i++) {
        struct peer *p = &process->peers[i];
        if (p->link && p->channel == row->number && strcmp(p->enclave, enclave) == 0)
            drop_peer(p); /* the new one takes its place */
        if (!p->link && !free_place)
            free_place = p;
    }
    if (!free_place)
        log_die("more peers than there is room for");
    *free_place = (struct peer){.channel = row->number, .link = link, .process = process};
    free_place->program = topology_other(row, process->program);
    memcpy(free_place->enclave, enclave, sizeof free_place->enclave);
    return free_place;
}

/* Only now is a peer listened to: who has written already is read behind the sandbox and after the
 * program has begun, and not by a program that is half made. */
static void meet(struct process *process, struct peer *peer)
{
    if (loop_watch(process->loop, channel_fd(peer->link), POLLIN, peer_ready, peer) != 0)
        log_die("more channels than the loop can hold");
    if (process->handlers->joined)
        process->handlers->joined(process->handlers->context, peer);
}

static void take_channel(struct process *process, const struct message_channel *m, int fd)
{
    const struct channel_row *row = topology_channel(m->number);
    struct channel *link = NULL;
    char enclave[ENCLAVE_ID_LENGTH + 1] = "";
    if (!row || topology_other(row, process->program) == PROGRAM_NONE)
        log_die("a channel came that topology.def does not list for this program");
    if (m->enclave[0])
        memcpy(enclave, m->enclave, ENCLAVE_ID_LENGTH);
    bool from_keeper = topology_gives_keys(row) && process->program != PROGRAM_KEEPER;
    if (from_keeper && process->confined)
        log_die("keys come before confinement only");
    if (channel_new(fd, m->uid, (pid_t)m->pid, from_keeper, &link) != 0)
        log_die("out of memory");
    struct peer *peer = add_peer(process, row, enclave, link);
    if (from_keeper)
        return; /* read by take_keys(), and closed */
    if (process->confined)
        meet(process, peer);
}

/* ---- keys ---- */

static void key_message(void *context, const struct message *message, int fd)
{
    struct process *process = context;
    if (message->number != MESSAGE_KEY || message->key.number >= KEY_COUNT ||
        process->keys[message->key.number])
        log_die("the keeper sent something other than a key that is still missing");
    if (secret_take(fd, 32, &process->keys[message->key.number]) != 0)
        log_die("a key could not be mapped");
    process->keys_taken++;
}

static void take_keys(struct process *process)
{
    unsigned wanted = topology_keys_of(process->program);
    struct peer *keeper = NULL;
    for (size_t i = 0; i < PEERS_MAX; i++)
        if (process->peers[i].link &&
            topology_gives_keys(topology_channel(process->peers[i].channel)))
            keeper = &process->peers[i];
    if (wanted == 0)
        return;
    if (!keeper)
        log_die("there is no keeper to take a key from; unlock the site first");
    struct pollfd ready = {channel_fd(keeper->link), POLLIN, 0};
    while (process->keys_taken < wanted) {
        if (poll(&ready, 1, 20000) <= 0)
            log_die("the keeper gave no key within 20 s");
        if (channel_receive(keeper->link, key_message, process) < 0)
            log_die("the keeper is gone; unlock the site and start again");
    }
    channel_free(keeper->link);
    *keeper = (struct peer){0};
}

/* ---- control ---- */

/* The last word of what it is started for; no host's name has a space. */
static void take_unsure(struct process *process)
{
    static const char word[] = PROCESS_RUN_UNSURE;
    size_t length = strlen(process->run), n = sizeof word - 1;
    if (length < n || strcmp(process->run + length - n, word) != 0 ||
        (length > n && process->run[length - n - 1] != ' '))
        return;
    process->unsure = true;
    process->run[length == n ? 0 : length - n - 1] = '\0';
}

static void take_start(struct process *process, const struct message_start *m)
{
    if (memcmp(m->build, process_build, sizeof process_build) != 0)
        log_die("the supervisor is of another build");
    if (m->program != process->program)
        log_die("started as another program");
    process->training = m->training == 1;
    process->slot = m->slot;
    process->port = m->port;
    if (m->enclave[0])
        memcpy(process->enclave, m->enclave, ENCLAVE_ID_LENGTH);
    if (m->run.length)
        memcpy(process->run, m->run.data, m->run.length);
    take_unsure(process);
    char name[24] = "";
    const char *upper = topology_program(process->program)->name;
    for (size_t i = 0; upper[i] && i + 1 < sizeof name; i++)
        name[i] = upper[i] == '_' ? '-' : (char)(upper[i] | 0x20);
    log_name(name, process->enclave);
}

static void send_ready(struct process *process, const char *lacking)
{
    struct message m = {.number = MESSAGE_READY};
    memcpy(m.ready.build, process_build, sizeof process_build);
    m.ready.lacking = bytes_text(lacking);
    if (channel_put(process->control, &m) != 0 || channel_flush(process->control) != 0)
        log_die("the supervisor is gone");
}

/* All memory stays in memory.  Where the limit is too low for that, only a training site goes on.
 */
static bool lock_memory(const struct process *process)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)topology_program(process->program)->memlock_kib * 1024;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur >= wanted &&
        mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0)
        return true;
    if (!process->training)
        log_die("memory could not be locked: the limit must be %u KiB at least",
                topology_program(process->program)->memlock_kib);
    return false;
}

static void confine(struct process *process)
{
    char lacking[400];
    take_keys(process);
    if (process->handlers->prepare &&
        process->handlers->prepare(process->handlers->context, process) != 0)
        _exit(1);
    bool locked = lock_memory(process);
    struct sandbox sandbox = {
        .program = process->program,
        .training = process->training,
        .directory = process->descriptors[DESCRIPTOR_DIRECTORY],
        .outbox = process->descriptors[DESCRIPTOR_OUTBOX],
    };
    if (sandbox.directory >= 0 && fchdir(sandbox.directory) != 0)
        log_die("its own directory cannot be entered");
    if (sandbox_enter(&sandbox, lacking, sizeof lacking) != 0)
        _exit(1);
    if (!locked)
        strncat(lacking, "no locked memory (its limit is too low here); ",
                sizeof lacking - strlen(lacking) - 1);
    process->confined = true;
    const struct process_handlers *h = process->handlers;
    if (h->started && h->started(h->context, process) != 0)
        _exit(1);
    send_ready(process, lacking);
    for (size_t i = 0; i < PEERS_MAX; i++)
        if (process->peers[i].link)
            meet(process, &process->peers[i]);
}

static void take_descriptor(struct process *process, unsigned what, int fd)
{
    if (what == 0 || what >= DESCRIPTOR_COUNT)
        log_die("a descriptor of an unknown kind came");
    if (process->descriptors[what] >= 0)
        close(process->descriptors[what]);
    process->descriptors[what] = fd;
}

static void control_message(void *context, const struct message *message, int fd)
{
    struct process *process = context;
    const struct process_handlers *h = process->handlers;
    switch (message->number) {
    case MESSAGE_START:
        take_start(process, &message->start);
        return;
    case MESSAGE_DESCRIPTOR:
        take_descriptor(process, message->descriptor.what, fd);
        return;
    case MESSAGE_CHANNEL:
        take_channel(process, &message->channel, fd);
        return;
    case MESSAGE_CONFINE:
        confine(process);
        return;
    case MESSAGE_COMMAND:
        if (!h->command)
            log_die("a command came that this program does not take");
        memset(process->asked_enclave, 0, sizeof process->asked_enclave);
        memcpy(process->asked_enclave, message->command.enclave, ENCLAVE_ID_LENGTH);
        h->command(h->context, message->command.request, message->command.command);
        return;
    case MESSAGE_REPORT:
        if (!h->report)
            log_die("a report came to a program that takes none");
        h->report(h->context, &message->report);
        return;
    case MESSAGE_STOP:
        process_end(process);
        return;
    default:
        log_die("the supervisor sent message %s", message_name(message->number));
    }
}

static void control_ready(void *context, short events)
{
    struct process *process = context;
    (void)events;
    for (;;) {
        int r = channel_receive(process->control, control_message, process);
        if (r == 0)
            return;
        if (r < 0)
            _exit(0); /* the supervisor is gone: nothing runs without it */
    }
}

/* ---- the loop's turn ---- */

void process_flush(struct process *process)
{
    if (channel_flush(process->control) != 0)
        _exit(0);
    for (size_t i = 0; i < PEERS_MAX; i++) {
        struct peer *p = &process->peers[i];
        if (!p->link)
            continue;
        if (channel_flush(p->link) == 0)
            loop_events(process->loop, channel_fd(p->link),
                        channel_waiting(p->link) ? POLLIN | POLLOUT : POLLIN);
    }
}

static int before_wait(void *context)
{
    struct process *process = context;
    int wait = -1;
    if (process->confined && process->handlers->turn)
        wait = process->handlers->turn(process->handlers->context);
    process_flush(process);
    return wait;
}

static void close_the_rest(void)
{
    if (close_range(PROCESS_CONTROL_FD + 1, ~0u, 0) != 0)
        log_die("inherited descriptors could not be closed");
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0 && null != STDIN_FILENO) {
        dup2(null, STDIN_FILENO);
        close(null);
    }
}

int process_main(enum program program, const struct process_handlers *handlers)
{
    struct process *process = calloc(1, sizeof *process);
    if (!process || sodium_init() < 0 || os_boot_id_load() != 0)
        log_die("the program could not begin: %s", strerror(errno));
    process->program = program;
    process->handlers = handlers;
    for (int i = 0; i < DESCRIPTOR_COUNT; i++)
        process->descriptors[i] = -1;
    close_the_rest();
    signal(SIGPIPE, SIG_IGN);
    tzset(); /* libc would read the time zone's file later, when no file can be opened */
    if (loop_new(&process->loop) != 0 ||
        channel_new(PROCESS_CONTROL_FD, 0, getppid(), true, &process->control) != 0 ||
        loop_watch(process->loop, PROCESS_CONTROL_FD, POLLIN, control_ready, process) != 0)
        log_die("out of memory");
    loop_before_wait(process->loop, before_wait, process);
    int r = loop_run(process->loop);
    if (handlers->stopping)
        handlers->stopping(handlers->context);
    process_flush(process); /* its last words leave */
    for (int i = 0; i < KEY_COUNT; i++)
        secret_free(process->keys[i]);
    if (r)
        log_sys("the loop ended");
    return r ? 1 : 0;
}
