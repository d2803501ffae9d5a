#include "appliance/supervisor/closure.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "appliance/supervisor/console.h"
#include "appliance/supervisor/ground.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define END_MS 10000

enum {
#define COMMAND(number, NAME, words, PROGRAM, per_enclave, descriptors, what)                      \
    COMMAND_##NAME = (number),
#include "appliance/commands.def"
#undef COMMAND
};

enum step { NOTHING = 0, ASKED, ENDING, RUNNING, FINISHING };

static struct {
    enum step step;
    bool closes_out;
    struct site *site;
    int slot;
    int client;
    int output;
    uint64_t deadline_ms;
} task = {.client = -1, .output = -1};

static struct instance *keeper_of(struct site *site)
{
    return site_instance(site, PROGRAM_KEEPER, -1);
}

static void hold(bool held)
{
    site_instance(task.site, PROGRAM_GATEWAY, task.slot)->held = held;
    site_instance(task.site, PROGRAM_WORKER, task.slot)->held = held;
}

static void over(unsigned outcome, const char *text)
{
    hold(false);
    console_answer(task.client, outcome, text);
    if (task.output >= 0)
        close(task.output);
    task.output = task.client = -1;
    task.step = NOTHING;
}

/* Nobody has destroyed anything yet. */
static void give_up(const char *text)
{
    if (task.closes_out && task.step >= ENDING &&
        ground_close_out(task.site, task.slot, false) != 0)
        log_err("the mark of a close-out that did not happen could not be taken away");
    over(1, text);
}

/* ---- steps ---- */

static void finish(void)
{
    unsigned command = task.closes_out ? COMMAND_CLOSED_OUT : COMMAND_REKEYED;
    const char *wrong = console_pass(keeper_of(task.site), command, task.slot,
                                     task.closes_out ? "O" : "", &task.output, task.client);
    if (wrong)
        give_up(wrong);
    else
        task.step = FINISHING;
}

static void run(void)
{
    struct instance *rekey = site_instance(task.site, PROGRAM_REKEY, task.slot);
    enum descriptor kind = DESCRIPTOR_OUTPUT;
    if (site_run(rekey, "", &task.output, &kind, 1) != 0) {
        give_up("the process that writes the store anew could not be started; run it again");
        return;
    }
    task.step = RUNNING;
}

static bool runs(enum program program)
{
    return site_instance(task.site, program, task.slot)->pid != 0;
}

static void end_both(void)
{
    if (task.closes_out && ground_close_out(task.site, task.slot, true) != 0) {
        give_up("the enclave could not be marked as closed out; nothing was changed");
        return;
    }
    hold(true);
    site_end(site_instance(task.site, PROGRAM_GATEWAY, task.slot));
    site_end(site_instance(task.site, PROGRAM_WORKER, task.slot));
    task.deadline_ms = os_boot_ms() + END_MS;
    task.step = ENDING;
    closure_turn(task.site);
}

void closure_turn(struct site *site)
{
    (void)site;
    if (task.step != ENDING)
        return;
    if (!runs(PROGRAM_GATEWAY) && !runs(PROGRAM_WORKER)) {
        if (task.closes_out)
            finish();
        else
            run();
        return;
    }
    if (os_boot_ms() < task.deadline_ms)
        return;
    log_err("the gateway or the worker of %s does not end; it is killed",
            task.site->config.enclave[task.slot]);
    for (enum program p = PROGRAM_GATEWAY; p <= PROGRAM_WORKER; p++)
        if (runs(p))
            kill(site_instance(task.site, p, task.slot)->pid, SIGKILL);
    task.deadline_ms += END_MS;
}

/* What had an end: a rekeyed enclave runs again, one that is closed out never. */
static void finished(bool well, const char *text)
{
    struct instance *gateway = site_instance(task.site, PROGRAM_GATEWAY, task.slot);
    struct instance *worker = site_instance(task.site, PROGRAM_WORKER, task.slot);
    if (task.closes_out)
        gateway->wanted = worker->wanted = false;
    over(well ? 0 : 1, text);
}

bool closure_answered(struct instance *from, unsigned outcome, const char *text)
{
    if (task.step == NOTHING || from->row->program != PROGRAM_KEEPER || from->client != task.client)
        return false;
    from->client = -1;
    if (task.step == ASKED && outcome == 0)
        end_both();
    else if (outcome == 1)
        give_up(text);
    else
        finished(outcome == 0, text);
    return true;
}

bool closure_ended(struct instance *instance, bool well)
{
    if (task.step == RUNNING && instance->row->program == PROGRAM_REKEY &&
        instance->slot == task.slot) {
        instance->client = -1;
        if (well)
            finish();
        else
            give_up("the store was not written anew; the enclave runs with the key that it had, "
                    "and the site's log says why");
        return true;
    }
    if (task.step == NOTHING || instance->row->program != PROGRAM_KEEPER)
        return false;
    instance->client = -1;
    if (task.step == FINISHING)
        finished(false, "the keeper ended meanwhile; unlock the site and run this again");
    else
        give_up("the keeper ended meanwhile; unlock the site and run this again");
    return true;
}

/* ---- beginning ---- */

static bool begin(struct site *site, int slot, bool closes_out, int output, int client)
{
    int own = task.step == NOTHING ? fcntl(output, F_DUPFD_CLOEXEC, 0) : -1;
    if (own < 0) {
        console_answer(client, 1,
                       "another enclave's keys are being changed; try again when that has ended");
        return false;
    }
    task.step = ASKED;
    task.closes_out = closes_out;
    task.site = site;
    task.slot = slot;
    task.client = client;
    task.output = own;
    return true;
}

void closure_rekey(struct site *site, int slot, int output, int client)
{
    if (!begin(site, slot, false, output, client))
        return;
    const char *wrong = console_pass(keeper_of(site), COMMAND_REKEY, slot, "", NULL, client);
    if (wrong)
        give_up(wrong);
}

void closure_close_out(struct site *site, int slot, int input, int output, int client)
{
    if (!begin(site, slot, true, output, client))
        return;
    const char *wrong = console_pass(keeper_of(site), COMMAND_CLOSE_OUT, slot, "I", &input, client);
    if (wrong)
        give_up(wrong);
}
