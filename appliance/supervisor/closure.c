#include "appliance/supervisor/closure.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "appliance/supervisor/console.h"
#include "appliance/supervisor/ground.h"
#include "enclave/backup/backup.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define END_MS 10000

enum {
#define COMMAND(number, NAME, words, PROGRAM, per_enclave, descriptors, what)                      \
    COMMAND_##NAME = (number),
#include "appliance/commands.def"
#undef COMMAND
};

enum step { NOTHING = 0, ASKED, VERIFYING, ENDING, RUNNING, RUN_OVER, FINISHING };
enum kind { REKEYS, CLOSES_OUT, BRINGS_BACK };

static struct {
    enum step step;
    enum kind kind;
    struct site *site;
    int slot; /* -1: identity */
    int client;
    int output; /* what is brought back: the backup */
    int words;  /* and where a refusal is said */
    uint64_t deadline_ms;
} task = {.client = -1, .output = -1, .words = -1};

static struct instance *keeper_of(struct site *site)
{
    return site_instance(site, PROGRAM_KEEPER, -1);
}

/* Who is down meanwhile: an enclave's gateway and worker, or identity. */
static struct instance *closed(size_t at)
{
    enum program program = task.slot < 0 ? (at == 0 ? PROGRAM_IDENTITY : PROGRAM_NONE)
                           : at == 0     ? PROGRAM_GATEWAY
                           : at == 1     ? PROGRAM_WORKER
                                         : PROGRAM_NONE;
    return program ? site_instance(task.site, program, task.slot) : NULL;
}

static void hold(bool held)
{
    for (size_t k = 0; closed(k); k++)
        closed(k)->held = held;
}

static void over(unsigned outcome, const char *text)
{
    hold(false);
    console_answer(task.client, outcome, text);
    if (task.output >= 0)
        close(task.output);
    if (task.words >= 0)
        close(task.words);
    task.output = task.words = task.client = -1;
    task.step = NOTHING;
}

/* Nobody has destroyed anything yet. */
static void give_up(const char *text)
{
    if (task.kind == CLOSES_OUT && task.step >= ENDING &&
        ground_close_out(task.site, task.slot, false) != 0)
        log_err("the mark of a close-out that did not happen could not be taken away");
    over(1, text);
}

/* ---- steps ---- */

static void finish(void)
{
    unsigned command = task.kind == CLOSES_OUT ? COMMAND_CLOSED_OUT : COMMAND_REKEYED;
    struct instance *keeper = keeper_of(task.site);
    task.step = RUN_OVER;
    if (keeper->ready && keeper->client >= 0)
        return; /* another console's command, which ends by itself: closure_turn() */
    const char *wrong = console_pass(keeper, command, task.slot, task.kind == CLOSES_OUT ? "O" : "",
                                     &task.output, task.client);
    if (wrong && task.kind == REKEYS)
        give_up("the store has its next key, and the keeper ended before it was in force: unlock "
                "the site and run this again");
    else if (wrong)
        give_up(wrong);
    else
        task.step = FINISHING;
}

static enum program run_of(void)
{
    bool identity = task.slot < 0;
    if (task.kind == REKEYS)
        return identity ? PROGRAM_REKEY_IDENTITY : PROGRAM_REKEY;
    return identity ? PROGRAM_RESTORE_IDENTITY : PROGRAM_RESTORE;
}

static void run(enum step step, const char *word)
{
    struct instance *instance = site_instance(task.site, run_of(), task.slot);
    const enum descriptor one[] = {DESCRIPTOR_OUTPUT},
                          two[] = {DESCRIPTOR_INPUT, DESCRIPTOR_SECOND};
    int fds[] = {task.output, task.words};
    bool back = task.kind == BRINGS_BACK;
    if (site_run(instance, word, fds, back ? two : one, back ? 2 : 1) != 0) {
        give_up("the process that writes the store could not be started; run it again");
        return;
    }
    task.step = step;
}

static bool any_runs(void)
{
    bool runs = false;
    for (size_t k = 0; closed(k); k++)
        runs |= closed(k)->pid != 0;
    return runs;
}

static void end_both(void)
{
    if (task.kind == CLOSES_OUT && ground_close_out(task.site, task.slot, true) != 0) {
        give_up("the enclave could not be marked as closed out; nothing was changed");
        return;
    }
    hold(true);
    for (size_t k = 0; closed(k); k++)
        site_end(closed(k));
    task.deadline_ms = os_boot_ms() + END_MS;
    task.step = ENDING;
    closure_turn(task.site);
}

void closure_turn(struct site *site)
{
    (void)site;
    if (task.step == RUN_OVER)
        finish();
    if (task.step != ENDING)
        return;
    if (!any_runs()) {
        if (task.kind == CLOSES_OUT)
            finish();
        else
            run(RUNNING, "");
        return;
    }
    if (os_boot_ms() < task.deadline_ms)
        return;
    for (size_t k = 0; closed(k); k++) {
        if (!closed(k)->pid)
            continue;
        log_err("%s%s%s does not end; it is killed", closed(k)->row->binary,
                task.slot >= 0 ? " " : "",
                task.slot >= 0 ? task.site->config.enclave[task.slot] : "");
        kill(closed(k)->pid, SIGKILL);
    }
    task.deadline_ms += END_MS;
}

/* What had an end: a rekeyed enclave runs again, one that is closed out never. */
static void finished(bool well, const char *text)
{
    for (size_t k = 0; task.kind == CLOSES_OUT && closed(k); k++)
        closed(k)->wanted = false;
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

/* It is read once more, from its beginning, when nobody works with the store. */
static void verified(bool well)
{
    if (!well)
        over(1,
             "the backup could not be verified, and the site's log says why; nothing was changed");
    else if (lseek(task.output, 0, SEEK_SET) != 0)
        over(1, "a backup is brought back from a file only; nothing was changed");
    else
        end_both();
}

bool closure_ended(struct instance *instance, bool well)
{
    if (task.step == VERIFYING && instance->row->program == run_of() &&
        instance->slot == task.slot) {
        instance->client = -1;
        verified(well);
        return true;
    }
    if (task.step == RUNNING && instance->row->program == run_of() && instance->slot == task.slot) {
        instance->client = -1;
        if (task.kind == BRINGS_BACK)
            over(!well, well ? "brought back"
                             : "the store was not brought back, and the site's log says why");
        else if (well)
            finish();
        else
            give_up("the store was not written anew; its program runs with the key that it had, "
                    "and the site's log says why");
        return true;
    }
    /* While a run writes the store, nobody else may open it: who was closed stays closed until the
     * run has ended, by itself. */
    if (instance->row->program != PROGRAM_KEEPER || task.step == NOTHING ||
        task.step == VERIFYING || task.step == RUNNING || task.step == RUN_OVER)
        return false;
    if (task.step == ENDING) { /* whom the keeper was answering is another */
        give_up("the keeper ended meanwhile; unlock the site and run this again");
        return false;
    }
    instance->client = -1;
    if (task.step == FINISHING)
        finished(false, "the keeper ended meanwhile; unlock the site and run this again");
    else
        give_up("the keeper ended meanwhile; unlock the site and run this again");
    return true;
}

/* ---- beginning ---- */

static bool begin(struct site *site, int slot, enum kind kind, int output, int client)
{
    int own = task.step == NOTHING ? fcntl(output, F_DUPFD_CLOEXEC, 0) : -1;
    if (own < 0) {
        console_answer(client, 1,
                       "an enclave's keys or its store are being changed; try again when that has "
                       "ended");
        return false;
    }
    task.step = ASKED;
    task.kind = kind;
    task.site = site;
    task.slot = slot;
    task.client = client;
    task.output = own;
    return true;
}

void closure_rekey(struct site *site, int slot, int output, int client)
{
    if (!begin(site, slot, REKEYS, output, client))
        return;
    const char *wrong = console_pass(keeper_of(site), COMMAND_REKEY, slot, "", NULL, client);
    if (wrong)
        give_up(wrong);
}

void closure_close_out(struct site *site, int slot, int input, int output, int client)
{
    if (!begin(site, slot, CLOSES_OUT, output, client))
        return;
    const char *wrong = console_pass(keeper_of(site), COMMAND_CLOSE_OUT, slot, "I", &input, client);
    if (wrong)
        give_up(wrong);
}

void closure_bring_back(struct site *site, int slot, int input, int words, int client)
{
    if (slot >= 0 && ground_is_closed_out(site, slot)) {
        console_answer(client, 1, "this enclave is closed out: it has no key");
        return;
    }
    if (!keeper_of(site)->ready) {
        console_answer(client, 1, "the site is locked: without its keys nothing is brought back");
        return;
    }
    if (!begin(site, slot, BRINGS_BACK, input, client))
        return;
    task.words = fcntl(words, F_DUPFD_CLOEXEC, 0);
    run(VERIFYING, BACKUP_RUN_VERIFY);
}
