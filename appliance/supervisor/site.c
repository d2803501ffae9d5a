#include "appliance/supervisor/site.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "appliance/supervisor/child.h"
#include "appliance/supervisor/ground.h"
#include "appliance/supervisor/report.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/process/process.h"

#define PATH_ROOM            700
#define CLOSED_OUT_ID        "00000000" /* in an enclave's place; no enclave has it */
#define VIOLATIONS_MAX       3
#define VIOLATIONS_WITHIN_MS (10 * 60 * 1000)
#define FAILED_MAX           8 /* then it is tried again every so often: each is a few lines of the log */
#define FAILED_WAIT_MS       10000
#define HEARD_MAX            1000
#define HEARD_WITHIN_MS      10000

static void add(struct site *site, const struct program_row *row, int slot)
{
    struct instance *i = &site->instances[site->count++];
    *i = (struct instance){.site = site, .row = row, .slot = slot, .client = -1};
    i->wanted = row->life != LIFE_RUN && (slot < 0 || !ground_is_closed_out(site, slot));
}

int site_open(struct site *site)
{
    char path[PATH_ROOM];
    if (ground_listeners(site) != 0)
        return ERR_SYSTEM;
    for (enum program p = PROGRAM_KEEPER; p < PROGRAM_COUNT; p++)
        if (topology_program(p)->scope == SCOPE_SITE)
            add(site, topology_program(p), -1);
    for (int slot = 0; slot < (int)site->config.enclaves; slot++) {
        snprintf(path, sizeof path, "%s/%s", site->directory, site->config.enclave[slot]);
        if (ground_make(path, 0, 0711) != 0)
            return ERR_SYSTEM;
        for (enum program p = PROGRAM_KEEPER; p < PROGRAM_COUNT; p++)
            if (topology_program(p)->scope == SCOPE_ENCLAVE)
                add(site, topology_program(p), slot);
    }
    for (size_t i = 0; i < site->count; i++)
        if (ground_directories(site, site->instances[i].row, site->instances[i].slot) != 0)
            return ERR_SYSTEM;
    return 0;
}

struct instance *site_instance(struct site *site, enum program program, int slot)
{
    for (size_t i = 0; i < site->count; i++)
        if (site->instances[i].row->program == program && site->instances[i].slot == slot)
            return &site->instances[i];
    return NULL;
}

/* ---- starting ---- */

static uint32_t uid_of(const struct instance *i)
{
    return topology_uid(i->site->config.uid_base, i->row->program,
                        i->slot >= 0 ? (unsigned)i->slot : 0);
}

static int tell_channel(struct instance *to, const struct channel_row *row,
                        const struct instance *other, int fd)
{
    struct message m = {.number = MESSAGE_CHANNEL};
    const struct site *site = to->site;
    /* to a program of the site the channel is named by the enclave at its other end */
    int slot = to->slot >= 0 ? to->slot : other->slot;
    m.channel.number = (uint8_t)row->number;
    if (slot >= 0)
        memcpy(m.channel.enclave, site->config.enclave[slot], ENCLAVE_ID_LENGTH);
    m.channel.uid = uid_of(other);
    m.channel.pid = (uint32_t)other->pid;
    return channel_put_fd(to->control, &m, fd);
}

static int join(const struct channel_row *row, struct instance *a, struct instance *b)
{
    int pair[2];
    if (child_pair(pair) != 0)
        return ERR_SYSTEM;
    int r = tell_channel(a, row, b, pair[0]);
    if (r == 0)
        r = tell_channel(b, row, a, pair[1]);
    close(pair[0]);
    close(pair[1]);
    return r;
}

/* Join ${i} with every running program that topology.def lists. */
static int join_all(struct instance *i)
{
    struct site *site = i->site;
    for (size_t c = 0; c < topology_channels_count; c++) {
        const struct channel_row *row = &topology_channels[c];
        enum program other = topology_other(row, i->row->program);
        if (other == PROGRAM_NONE ||
            (i->row->program == PROGRAM_KEEPER && topology_gives_keys(row)))
            continue; /* who runs has its keys: a new keeper is met by those that start after it */
        for (size_t k = 0; k < site->count; k++) {
            struct instance *o = &site->instances[k];
            bool same = o->slot < 0 || i->slot < 0 || o->slot == i->slot;
            if (o->row->program == other && o->pid && o->control && same && join(row, i, o) != 0)
                return ERR_SYSTEM;
        }
    }
    return 0;
}

static void end_for(struct instance *i, const char *what)
{
    log_err("%s %s; it is ended", i->row->binary, what);
    i->ended = true;
    kill(i->pid, SIGKILL);
}

/* A child has little to say; one that does not stop would leave no time for anybody else. */
static bool says_too_much(struct instance *i)
{
    uint64_t now = os_boot_ms();
    if (now - i->heard_since_ms > HEARD_WITHIN_MS) {
        i->heard_since_ms = now;
        i->heard = 0;
    }
    return ++i->heard > HEARD_MAX;
}

static void run_asked(struct instance *worker, const struct message_run *m)
{
    struct instance *guard = site_instance(worker->site, (enum program)m->program, worker->slot);
    char run[201] = "";
    bool guards = m->program == PROGRAM_GUARD_A || m->program == PROGRAM_GUARD_B;
    if (worker->row->program != PROGRAM_WORKER || !guards || !guard) {
        end_for(worker, "asked for a run that topology.def does not allow");
        return;
    }
    memcpy(run, m->run.data, m->run.length);
    if (site_run(guard, run, NULL, NULL, 0) != 0)
        log_err("%s is still at its last run", guard->row->binary);
}

/* What a program says of itself: one line, whatever it sent. */
static void take_words(char *out, size_t size, struct bytes_view text)
{
    size_t n = 0;
    for (; n < text.length && n + 1 < size; n++)
        out[n] = text.data[n] >= ' ' && text.data[n] <= '~' ? (char)text.data[n] : '?';
    out[n] = '\0';
}

static void from_child(void *context, const struct message *message, int fd)
{
    struct instance *i = context;
    (void)fd;
    if (i->ended)
        return;
    if (says_too_much(i)) {
        end_for(i, "sends the supervisor more than anybody has to say");
        return;
    }
    switch (message->number) {
    case MESSAGE_READY:
        if (memcmp(message->ready.build, process_build, sizeof process_build) != 0) {
            end_for(i, "is of another build");
            return;
        }
        if (i->ready) { /* each would be a line of the journal */
            end_for(i, "says twice that it is ready");
            return;
        }
        take_words(i->lacking, sizeof i->lacking, message->ready.lacking);
        i->ready = true;
        if (i->row->life != LIFE_RUN)
            report(i->site, AUDIT_TYPE_PROGRAM_READY, AUDIT_OUTCOME_DONE, i, i->lacking);
        i->unsure = false; /* it has left its own mark by now */
        if (i->row->program == PROGRAM_KEEPER)
            console_unlocked(i);
        if (i->row->program == PROGRAM_AUDITOR)
            report_send(i->site);
        return;
    case MESSAGE_SAY:
        take_words(i->says, sizeof i->says, message->say.text);
        return;
    case MESSAGE_COMMAND_DONE:
        console_command_done(i, &message->command_done);
        return;
    case MESSAGE_RUN:
        run_asked(i, &message->run);
        return;
    default:
        end_for(i, "sent the supervisor a message that is not its own");
    }
}

static void child_ready(void *context, short events)
{
    struct instance *i = context;
    (void)events;
    while (i->control && !i->ended) {
        int r = channel_receive(i->control, from_child, i);
        if (r == 0)
            return;
        if (r == ERR_PEER)
            kill(i->pid, SIGKILL);
        if (r < 0) { /* its end comes by SIGCHLD */
            loop_forget(i->site->loop, channel_fd(i->control));
            channel_free(i->control);
            i->control = NULL;
        }
    }
}

/* To identity and the keeper: the enclaves in the order of their ports, '@', and the site's host
 * name, or how the keeper is to unlock.  Identity issues nothing for one that is closed out. */
static const char *name_enclaves(const struct instance *i)
{
    static char text[sizeof i->run]; /* 24 times 8 fit, and a name */
    const struct config *config = &i->site->config;
    bool identity = i->row->program == PROGRAM_IDENTITY;
    text[0] = '\0';
    for (size_t k = 0; k < config->enclaves; k++)
        strcat(text, identity && ground_is_closed_out(i->site, (int)k) ? CLOSED_OUT_ID
                                                                       : config->enclave[k]);
    strcat(strcat(text, "@"), identity ? config->name : i->run);
    return i->unsure ? strcat(text, " " PROCESS_RUN_UNSURE) : text;
}

static int say_start(struct instance *i)
{
    struct message m = {.number = MESSAGE_START};
    memcpy(m.start.build, process_build, sizeof process_build);
    m.start.program = (uint8_t)i->row->program;
    m.start.training = i->site->config.training;
    if (i->slot >= 0)
        memcpy(m.start.enclave, i->site->config.enclave[i->slot], ENCLAVE_ID_LENGTH);
    m.start.slot = (uint8_t)(i->slot >= 0 ? i->slot : 0);
    m.start.uid = i->site->config.uid_base;
    m.start.port = i->site->config.port;
    bool knows_all = i->row->program == PROGRAM_IDENTITY || i->row->program == PROGRAM_KEEPER;
    m.start.run = bytes_text(knows_all   ? name_enclaves(i)
                             : i->unsure ? PROCESS_RUN_UNSURE
                                         : i->run);
    return channel_put(i->control, &m);
}

static uint64_t again_ms(const struct instance *i, bool soon_over)
{
    return os_boot_ms() + (i->failed > FAILED_MAX ? FAILED_WAIT_MS : soon_over ? 500 : 0);
}

static int start(struct instance *i, const int *descriptors, const enum descriptor *kinds,
                 size_t count)
{
    int fd = -1;
    int r = child_spawn(i->row, i->site->binaries, uid_of(i), &i->pid, &fd);
    if (r) {
        log_sys("%s cannot be started", i->row->binary);
        i->failed++;
        i->restart_ms = again_ms(i, true);
        return r;
    }
    i->ready = i->locked = i->ended = false;
    i->heard = 0;
    i->started_ms = os_boot_ms();
    r = channel_new(fd, uid_of(i), i->pid, false, &i->control);
    if (r == 0)
        channel_survive(i->control);
    if (r == 0)
        r = loop_watch(i->site->loop, fd, POLLIN, child_ready, i);
    if (r == 0)
        r = say_start(i);
    if (r == 0)
        r = ground_give_all(i);
    for (size_t k = 0; r == 0 && k < count; k++)
        r = ground_give(i, kinds[k], descriptors[k]);
    if (r == 0)
        r = join_all(i);
    struct message confine = {.number = MESSAGE_CONFINE};
    if (r == 0)
        r = channel_put(i->control, &confine);
    if (r == 0)
        r = channel_flush(i->control);
    if (r) {
        log_err("%s could not be given what it needs: %s", i->row->binary, error_text(r));
        i->ended = true;
        kill(i->pid, SIGKILL);
    }
    return r;
}

void site_start_all(struct site *site)
{
    for (size_t i = 0; i < site->count; i++)
        if (site->instances[i].wanted && !site->instances[i].held && !site->instances[i].pid)
            (void)!start(&site->instances[i], NULL, NULL, 0);
}

int site_run(struct instance *instance, const char *run, const int *descriptors,
             const enum descriptor *kinds, size_t count)
{
    if (instance->pid || instance->row->life == LIFE_STAYS)
        return ERR_STATE;
    snprintf(instance->run, sizeof instance->run, "%s", run);
    return start(instance, descriptors, kinds, count);
}

/* ---- endings ---- */

static void count_violation(struct instance *i)
{
    uint64_t now = os_boot_ms();
    if (now - i->first_violation_ms > VIOLATIONS_WITHIN_MS)
        i->violations = 0;
    if (i->violations++ == 0)
        i->first_violation_ms = now;
    log_err("%s was ended by its own filter: it tried a system call that it may not make",
            i->row->binary);
    report(i->site, AUDIT_TYPE_PROGRAM_FILTERED, AUDIT_OUTCOME_DENIED, i, "");
    if (i->violations < VIOLATIONS_MAX)
        return;
    i->offline = true;
    report(i->site, AUDIT_TYPE_PROGRAM_OFFLINE, AUDIT_OUTCOME_DONE, i, "");
    log_err("%s stays down after %u such ends in ten minutes", i->row->binary, i->violations);
}

static void report_end(struct instance *i, int status)
{
    char text[40];
    bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (i->row->life == LIFE_RUN && well)
        return; /* what it was run for is on record */
    snprintf(text, sizeof text, "%s_%d", WIFSIGNALED(status) ? "signal" : "status",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    report(i->site, AUDIT_TYPE_PROGRAM_ENDED, well ? AUDIT_OUTCOME_DONE : AUDIT_OUTCOME_REFUSED, i,
           text);
}

void site_reap(struct site *site, pid_t pid, int status)
{
    for (size_t k = 0; k < site->count; k++) {
        struct instance *i = &site->instances[k];
        if (i->pid != pid)
            continue;
        uint64_t lived = os_boot_ms() - i->started_ms;
        child_ready(i, 0); /* its last words */
        if (i->control) {
            loop_forget(site->loop, channel_fd(i->control));
            channel_free(i->control);
            i->control = NULL;
        }
        bool began = i->ready || (WIFSIGNALED(status) && !i->ended);
        i->failed = began ? 0 : i->failed + 1;
        i->pid = 0;
        i->ready = false;
        i->says[0] = '\0';
        report_end(i, status);
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
            count_violation(i);
        else if (!site->stopping && !i->held && i->row->life != LIFE_RUN)
            log_err("%s%s%s ended (%s %d)", i->row->binary, i->slot >= 0 ? " " : "",
                    i->slot >= 0 ? site->config.enclave[i->slot] : "",
                    WIFSIGNALED(status) ? "signal" : "status",
                    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        if (i->row->life == LIFE_STAYS && WIFEXITED(status) &&
            WEXITSTATUS(status) == PROCESS_EXIT_UNSURE)
            i->unsure = true;
        i->restart_ms = again_ms(i, lived < 1000);
        console_run_ended(i, status);
        return;
    }
}

void site_revive(struct site *site)
{
    uint64_t now = os_boot_ms();
    const struct instance *keeper = site_instance(site, PROGRAM_KEEPER, -1);
    for (size_t k = 0; !site->stopping && k < site->count; k++) {
        struct instance *i = &site->instances[k];
        if (i->row->life != LIFE_STAYS || !i->wanted || i->held || i->offline || i->pid ||
            now < i->restart_ms)
            continue;
        bool locked = topology_keys_of(i->row->program) > 0 && !keeper->ready;
        if (locked && !i->locked)
            log_err("%s%s%s needs a key and there is no keeper: it stays down until the site is "
                    "unlocked",
                    i->row->binary, i->slot >= 0 ? " " : "",
                    i->slot >= 0 ? site->config.enclave[i->slot] : "");
        i->locked = locked;
        if (!locked)
            (void)!start(i, NULL, NULL, 0);
    }
}

void site_end(struct instance *i)
{
    struct message stop = {.number = MESSAGE_STOP};
    if (!i->pid)
        return;
    if (!i->control || !i->ready || channel_put(i->control, &stop) != 0 ||
        channel_flush(i->control) != 0)
        kill(i->pid, SIGKILL);
}

void site_stop(struct site *site)
{
    if (site->stopping)
        return;
    site->stopping = true;
    report(site, AUDIT_TYPE_SITE_STOPPED, AUDIT_OUTCOME_DONE, NULL, "");
    for (size_t k = 0; k < site->count; k++)
        if (site->instances[k].row->program != PROGRAM_AUDITOR)
            site_end(&site->instances[k]);
}

void site_stop_last(struct site *site)
{
    struct instance *auditor = site_instance(site, PROGRAM_AUDITOR, -1);
    if (site->last || site_running(site) > (auditor->pid != 0))
        return;
    site->last = true;
    site_end(auditor);
}

size_t site_running(const struct site *site)
{
    size_t n = 0;
    for (size_t k = 0; k < site->count; k++)
        n += site->instances[k].pid != 0;
    return n;
}
