#include "appliance/supervisor/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "appliance/supervisor/closure.h"
#include "appliance/supervisor/ground.h"
#include "appliance/supervisor/report.h"
#include "enclave/process/log.h"

struct command {
    unsigned number;
    enum program program;
    bool per_enclave;
    const char *descriptors;
    const char *words;
};

static const struct command commands[] = {
#define COMMAND(number, NAME, words, PROGRAM, per_enclave, descriptors, what)                      \
    {number, PROGRAM_##PROGRAM, per_enclave, descriptors, words},
#include "appliance/commands.def"
#undef COMMAND
};

enum {
#define COMMAND(number, NAME, words, PROGRAM, per_enclave, descriptors, what)                      \
    COMMAND_##NAME = (number),
#include "appliance/commands.def"
#undef COMMAND
};

#define DESCRIPTORS_MAX 3

struct request {
    const struct command *command;
    int slot;
    int fds[DESCRIPTORS_MAX];
    size_t count;
};

/* What each console has asked, until it is answered: then it is on record. */
#define CLIENTS_MAX 1024
static struct {
    struct site *site;
    const struct command *command;
    int slot;
} asked[CLIENTS_MAX];

static void answered(int client, unsigned outcome)
{
    if (client >= CLIENTS_MAX || !asked[client].command)
        return;
    report_command(asked[client].site, asked[client].command->number, asked[client].slot,
                   asked[client].command->words,
                   outcome == 0 ? AUDIT_OUTCOME_DONE : AUDIT_OUTCOME_REFUSED);
    asked[client].command = NULL;
}

static void answer(int client, unsigned outcome, const char *text, size_t length)
{
    answered(client, outcome);
    char reply[1 + CONSOLE_TEXT_MAX];
    reply[0] = (char)outcome;
    if (length > CONSOLE_TEXT_MAX)
        length = CONSOLE_TEXT_MAX;
    memcpy(reply + 1, text, length);
    if (send(client, reply, 1 + length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        log_sys("the console has gone before its answer");
    close(client);
}

void console_answer(int client, unsigned outcome, const char *text)
{
    answer(client, outcome, text, strlen(text));
}

/* ---- what the supervisor answers itself ---- */

/* A production site's keeper waits for its custodians. */
static bool is_waiting(const struct site *site, const struct instance *i)
{
    return !site->config.training && i->row->program == PROGRAM_KEEPER && !i->ready;
}

static bool is_closed_out(const struct site *site, const struct instance *i)
{
    return i->slot >= 0 && !i->wanted && !i->pid && i->row->life == LIFE_STAYS &&
           ground_is_closed_out(site, i->slot);
}

static void status(struct site *site, int client)
{
    char text[CONSOLE_TEXT_MAX];
    size_t n = 0;
    for (size_t k = 0; k < site->count && n + 500 < sizeof text; k++) {
        const struct instance *i = &site->instances[k];
        if (i->row->life == LIFE_RUN && !i->pid)
            continue;
        const char *state = is_closed_out(site, i)             ? "closed-out"
                            : i->held                          ? "rekeying"
                            : i->offline                       ? "offline"
                            : i->locked || is_waiting(site, i) ? "locked"
                            : i->ready                         ? "ready"
                            : i->pid                           ? "starting"
                                                               : "down";
        const char *says = i->says[0] ? "  says: " : "";
        n += (size_t)snprintf(text + n, sizeof text - n, "%-10s %-8s %-10s %d%s%.299s%s%.100s\n",
                              i->row->binary, i->slot >= 0 ? site->config.enclave[i->slot] : "-",
                              state, (int)i->pid, says, i->says, i->lacking[0] ? "  lacks: " : "",
                              i->lacking);
    }
    answer(client, 0, text, n);
}

static void unlock(struct site *site, int client)
{
    struct instance *keeper = site_instance(site, PROGRAM_KEEPER, -1);
    if (!site->config.training) {
        console_answer(client, 1, "a production site is unlocked by its custodians' shares");
        return;
    }
    if (keeper->pid) {
        console_answer(client, 0, "the keeper is running; nothing was changed");
        return;
    }
    site_start_all(site);
    console_answer(client, 0, "unlocked from the training site's key file");
}

/* ---- what others answer ---- */

static const enum descriptor *kinds_of(const char *letters)
{
    static enum descriptor kinds[DESCRIPTORS_MAX];
    for (size_t i = 0; letters[i]; i++)
        kinds[i] = letters[i] == 'I'   ? DESCRIPTOR_INPUT
                   : letters[i] == 'S' ? DESCRIPTOR_SECOND
                                       : DESCRIPTOR_OUTPUT;
    return kinds;
}

const char *console_pass(struct instance *to, unsigned command, int slot, const char *letters,
                         const int *fds, int client)
{
    static const char away[] =
        "the program that answers this is not running; see `casemate status`";
    struct message m = {.number = MESSAGE_COMMAND};
    const enum descriptor *kinds = kinds_of(letters);
    size_t count = strlen(letters);
    int r = 0;
    if (!to || !to->control || !to->ready)
        return away;
    if (to->client >= 0)
        return "it is still at the last command; try again when that has ended";
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct message d = {.number = MESSAGE_DESCRIPTOR};
        d.descriptor.what = (uint8_t)kinds[i];
        r = channel_put_fd(to->control, &d, fds[i]);
    }
    m.command.request = (uint64_t)client;
    m.command.command = (uint16_t)command;
    m.command.descriptors = (uint8_t)count;
    if (slot >= 0)
        memcpy(m.command.enclave, to->site->config.enclave[slot], ENCLAVE_ID_LENGTH);
    if (r == 0)
        r = channel_put(to->control, &m);
    if (r == 0)
        r = channel_flush(to->control);
    if (r)
        return away;
    to->client = client;
    return NULL;
}

/* The command with as many of its descriptors as ${letters} names. */
static void forward(struct instance *to, const struct command *command, const char *letters,
                    const int *fds, int client)
{
    const char *wrong = console_pass(to, command->number, to ? to->slot : -1, letters, fds, client);
    if (wrong)
        console_answer(client, 1, wrong);
}

/* ---- with custodians: their shares to the keeper, then the words to identity ---- */

static struct {
    const struct command *command; /* NULL while nobody is asked */
    struct site *site;
    int words; /* the descriptor that identity will read */
} agreeing;

static void agreeing_over(void)
{
    if (agreeing.command)
        close(agreeing.words);
    agreeing.command = NULL;
}

static void with_custodians(struct site *site, const struct request *request, int client)
{
    struct instance *keeper = site_instance(site, PROGRAM_KEEPER, -1);
    /* a training site has none; but what is lost is on record by the keeper on each */
    if (site->config.training && request->command->number == COMMAND_RESTORE) {
        forward(site_instance(site, PROGRAM_IDENTITY, -1), request->command, "I", request->fds,
                client);
        return;
    }
    if (!keeper->ready || !keeper->control) {
        console_answer(client, 1, "the site is locked: nobody can check its custodians' shares");
        return;
    }
    int words = agreeing.command ? -1 : fcntl(request->fds[0], F_DUPFD_CLOEXEC, 0);
    if (words < 0) {
        console_answer(client, 1, "it is still at the last command; try again when that has ended");
        return;
    }
    agreeing.command = request->command;
    agreeing.site = site;
    agreeing.words = words;
    forward(keeper, request->command, "I", request->fds + 1, client);
    if (keeper->client != client)
        agreeing_over();
}

void console_command_done(struct instance *from, const struct message_command_done *m)
{
    char text[CONSOLE_TEXT_MAX + 1];
    if (from->client < 0 || m->request != (uint64_t)from->client)
        return;
    snprintf(text, sizeof text, "%.*s", (int)m->text.length, (const char *)m->text.data);
    if (closure_answered(from, m->outcome, text))
        return;
    if (from->row->program == PROGRAM_KEEPER && agreeing.command && m->outcome == 0) {
        forward(site_instance(agreeing.site, PROGRAM_IDENTITY, -1), agreeing.command, "I",
                &agreeing.words, from->client);
        from->client = -1;
        agreeing_over();
        return;
    }
    if (from->row->program == PROGRAM_KEEPER)
        agreeing_over();
    answer(from->client, m->outcome, (const char *)m->text.data, m->text.length);
    from->client = -1;
}

void console_run_ended(struct instance *instance, int status_code)
{
    if (closure_ended(instance, WIFEXITED(status_code) && WEXITSTATUS(status_code) == 0))
        return;
    if (instance->client < 0)
        return;
    if (instance->row->program == PROGRAM_KEEPER)
        agreeing_over();
    bool well = WIFEXITED(status_code) && WEXITSTATUS(status_code) == 0;
    bool refused = WIFEXITED(status_code) && WEXITSTATUS(status_code) == 2;
    console_answer(instance->client, well ? 0 : 1,
                   well      ? "done"
                   : refused ? "refused"
                             : "the program ended before it had answered: what was asked is done "
                               "whole or not at all; look before you ask again");
    instance->client = -1;
}

/* A program that runs for one task: its end is the answer. */
static void run_once(struct instance *to, const char *run, const struct request *request,
                     int client)
{
    int r =
        site_run(to, run, request->fds, kinds_of(request->command->descriptors), request->count);
    if (r == ERR_STATE)
        console_answer(client, 1, "it is still at the last task of this kind; try again shortly");
    else if (r)
        console_answer(client, 1, "the process could not be started; see the site's log");
    else
        to->client = client;
}

void console_unlocked(struct instance *keeper)
{
    if (keeper->client < 0)
        return;
    console_answer(keeper->client, 0, "unlocked");
    keeper->client = -1;
}

static void unlock_with_shares(struct site *site, const struct request *request, int client)
{
    struct instance *keeper = site_instance(site, PROGRAM_KEEPER, -1);
    bool recovery = request->command->number == COMMAND_UNLOCK_RECOVERY;
    if (site->config.training)
        console_answer(client, 1,
                       "a training site has no custodians; it unlocks from its key file");
    else if (keeper->ready)
        console_answer(client, 0, "the site is unlocked already; nothing was changed");
    else
        run_once(keeper, recovery ? "recovery" : "", request, client);
}

static void run_certifier(struct site *site, const struct request *request, int client)
{
    if (site->config.training)
        console_answer(client, 1, "a training site has one station, and no certificates");
    else if (!site_instance(site, PROGRAM_KEEPER, -1)->ready)
        console_answer(client, 1, "the site is locked: without its keys nothing is certified");
    else
        run_once(site_instance(site, PROGRAM_CERTIFIER, -1),
                 request->command->number == COMMAND_GATEWAY_CERTIFICATE ? "gateway" : "station",
                 request, client);
}

/* The run gets the store's file from us: it may not open it. */
static void back_up(struct site *site, const struct request *request, int client)
{
    struct instance *to = site_instance(site, request->command->program, request->slot);
    const struct instance *owner =
        site_instance(site, request->slot < 0 ? PROGRAM_IDENTITY : PROGRAM_WORKER, request->slot);
    if (!site_instance(site, PROGRAM_KEEPER, -1)->ready || !owner->ready) {
        console_answer(client, 1,
                       "the keeper, or the program whose store it is, is not running; see "
                       "`casemate status`");
        return;
    }
    const enum descriptor kinds[] = {DESCRIPTOR_OUTPUT, DESCRIPTOR_SECOND, DESCRIPTOR_STORE};
    int fds[] = {request->fds[0], request->fds[1], ground_store(site, request->slot)};
    int r = fds[2] < 0 ? ERR_SYSTEM : site_run(to, "", fds, kinds, 3);
    if (fds[2] >= 0)
        close(fds[2]);
    if (fds[2] < 0)
        console_answer(client, 1, "there is no store to back up");
    else if (r == ERR_STATE)
        console_answer(client, 1, "a backup of it is being made already");
    else if (r)
        console_answer(client, 1, "the process could not be started; see the site's log");
    else
        to->client = client;
}

static void change_keys(struct site *site, const struct request *request, int client)
{
    if (request->command->number == COMMAND_REKEY_IDENTITY)
        closure_rekey(site, -1, request->fds[0], client);
    else if (request->command->number == COMMAND_REKEY)
        closure_rekey(site, request->slot, request->fds[0], client);
    else
        closure_close_out(site, request->slot, request->fds[0], request->fds[1], client);
}

static void serve(struct site *site, const struct request *request, int client)
{
    const struct command *c = request->command;
    if (c->number == COMMAND_STATUS) {
        status(site, client);
        return;
    }
    if (c->number == COMMAND_UNLOCK) {
        unlock(site, client);
        return;
    }
    if (c->number == COMMAND_STOP) {
        console_answer(client, 0, "stopping");
        site_stop(site);
        return;
    }
    if (c->number == COMMAND_BACKUP || c->number == COMMAND_BACKUP_IDENTITY) {
        back_up(site, request, client);
        return;
    }
    if (c->number == COMMAND_BRING_BACK || c->number == COMMAND_BRING_BACK_IDENTITY) {
        closure_bring_back(site, request->slot, request->fds[0], request->fds[1], client);
        return;
    }
    if (c->number == COMMAND_REKEY || c->number == COMMAND_REKEY_IDENTITY ||
        c->number == COMMAND_CLOSE_OUT) {
        change_keys(site, request, client);
        return;
    }
    bool of_enclave = c->per_enclave && topology_program(c->program)->scope == SCOPE_ENCLAVE;
    struct instance *to = site_instance(site, c->program, of_enclave ? request->slot : -1);
    if (c->number == COMMAND_UNLOCK_SHARES || c->number == COMMAND_UNLOCK_RECOVERY)
        unlock_with_shares(site, request, client);
    else if (to && c->program == PROGRAM_CERTIFIER)
        run_certifier(site, request, client);
    else if (to && c->program == PROGRAM_INTAKE)
        run_once(to, "import", request, client);
    else if (c->number == COMMAND_RESTORE || c->number == COMMAND_ACCEPT_LOSS_IDENTITY)
        with_custodians(site, request, client);
    else
        forward(to, c, c->descriptors, request->fds, client);
}

/* ---- reading a request ---- */

static size_t take_fds(struct msghdr *header, int *fds)
{
    size_t count = 0;
    for (struct cmsghdr *m = CMSG_FIRSTHDR(header); m; m = CMSG_NXTHDR(header, m)) {
        if (m->cmsg_level != SOL_SOCKET || m->cmsg_type != SCM_RIGHTS)
            continue;
        count = (m->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(fds, CMSG_DATA(m), count * sizeof(int));
    }
    return count;
}

static const char *understand(struct site *site, const uint8_t *data, ssize_t length,
                              struct request *request)
{
    char enclave[ENCLAVE_ID_LENGTH + 1] = "";
    if (length != CONSOLE_REQUEST_LENGTH)
        return "a request has another length; is the tool of this build?";
    struct bytes in = bytes_over(data, (size_t)length);
    unsigned number = bytes_u16(&in);
    bytes_fixed(&in, enclave, ENCLAVE_ID_LENGTH);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].number == number)
            request->command = &commands[i];
    if (!request->command || number == COMMAND_REKEYED || number == COMMAND_CLOSED_OUT)
        return "an unknown command; is the tool of this build?";
    if (request->count != strlen(request->command->descriptors))
        return "a command came with another number of files than it takes";
    request->slot = request->command->per_enclave ? config_slot(&site->config, enclave) : -1;
    if (request->command->per_enclave && request->slot < 0)
        return "this site has no such enclave";
    if (request->command->per_enclave && number != COMMAND_CLOSE_OUT &&
        ground_is_closed_out(site, request->slot))
        return "this enclave is closed out: it has no key, and nothing in it can be read";
    return NULL;
}

static void request_ready(void *context, short events)
{
    struct site *site = context;
    uint8_t data[64];
    union {
        char room[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {data, sizeof data};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room};
    struct request request = {0};
    header.msg_controllen = sizeof control.room;
    (void)events;
    int client = accept4(site->console, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0)
        return;
    struct timeval patience = {1, 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ssize_t n;
    do /* the end of a child interrupts it */
        n = recvmsg(client, &header, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    request.count = n > 0 ? take_fds(&header, request.fds) : 0;
    const char *wrong = understand(site, data, n, &request);
    if (!wrong && client < CLIENTS_MAX) {
        asked[client].site = site;
        asked[client].command = request.command;
        asked[client].slot = request.slot;
    }
    if (wrong)
        console_answer(client, 1, wrong);
    else
        serve(site, &request, client);
    for (size_t i = 0; i < request.count; i++)
        close(request.fds[i]);
}

int console_open(struct site *site)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int n =
        snprintf(address.sun_path, sizeof address.sun_path, "%s/" CONSOLE_SOCKET, site->directory);
    if (n < 0 || (size_t)n >= sizeof address.sun_path) {
        log_err("the site's path is too long for a socket: %s", site->directory);
        return ERR_SIZE;
    }
    unlink(address.sun_path);
    site->console = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    mode_t before = umask(0177);
    int r = site->console >= 0 &&
                    bind(site->console, (struct sockaddr *)&address, sizeof address) == 0 &&
                    listen(site->console, 8) == 0
                ? loop_watch(site->loop, site->console, POLLIN, request_ready, site)
                : ERR_SYSTEM;
    umask(before);
    if (r)
        log_sys("%s cannot be made", address.sun_path);
    return r;
}
