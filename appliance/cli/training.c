/* Making, starting and stopping a training site. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "appliance/cli/ask.h"
#include "appliance/cli/card.h"
#include "appliance/cli/progress.h"
#include "appliance/cli/seed.h"
#include "appliance/cli/start.h"
#include "enclave/process/os.h"

#define READY_MS        30000
#define STOP_MS         10000
#define PROCESSES_LEAST 9 /* keeper, auditor, identity, hasher, entry, and two an enclave */

static const char *directory(const struct cli *o)
{
    return o->operands ? o->operand[0] : o->site;
}

static void nap(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static bool is_running(const struct training_site *site)
{
    struct ask_answer answer;
    return ask(site->dir, COMMAND_STATUS, "", NULL, 0, &answer) == 0;
}

/* ---- create ---- */

int cli_training_create(const struct cli *o)
{
    struct training_site site;
    char said[CLI_PATH_MAX + 64];
    int r = training_site_open(o, directory(o), TRAINING_CREATE, &site);
    if (r)
        return r;
    if (training_site_has(&site, TRAINING_COMPLETE)) {
        snprintf(said, sizeof said, "%s is a training site already; it was left as it is.",
                 site.dir);
        cli_say(o, true, said);
    } else {
        r = training_site_make(o, &site, o->port);
        if (r == 0) {
            snprintf(said, sizeof said, "A training site was made in %s.", site.dir);
            cli_say(o, true, said);
        }
    }
    training_site_close(&site);
    return r;
}

/* ---- start ---- */

/* Whether every process of the console's list is ready; the first that is not in ${which}. */
static bool all_ready(char *list, char *which, size_t size)
{
    char program[20], enclave[20], state[20], *rest = NULL;
    unsigned ready = 0;
    snprintf(which, size, "the supervisor");
    for (char *line = strtok_r(list, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (sscanf(line, "%19s %19s %19s", program, enclave, state) != 3)
            continue;
        bool closed_out = strcmp(state, "closed-out") == 0;
        if (strcmp(program, "supervisor") != 0 && !closed_out && strcmp(state, "ready") != 0) {
            snprintf(which, size, "%s%s%s is %s", program, enclave[0] == '-' ? "" : " of ",
                     enclave[0] == '-' ? "" : enclave, state);
            return false;
        }
        ready++;
    }
    return ready >= PROCESSES_LEAST;
}

static int wait_ready(const struct cli *o, const struct training_site *site, pid_t pid, off_t from)
{
    struct ask_answer answer;
    struct progress p;
    char which[80] = "the supervisor";
    uint64_t deadline = os_boot_ms() + READY_MS;
    bool ready = false, gone = false;
    progress_begin(&p, "starting", 0);
    while (!ready && !gone && os_boot_ms() < deadline) {
        nap(100);
        gone = waitpid(pid, NULL, WNOHANG) == pid;
        ready = !gone && ask(site->dir, COMMAND_STATUS, "", NULL, 0, &answer) == 0 &&
                all_ready(answer.text, which, sizeof which);
        progress_wait(&p);
    }
    progress_end(&p, ready);
    if (ready)
        return 0;
    start_print_log(site->dir, from);
    if (gone)
        return cli_complain(o, CLI_TROUBLE, "the supervisor ended; its last lines are above.");
    return cli_complain(o, CLI_TROUBLE,
                        "after %d seconds %s; the last lines of the log are above. Stop it with "
                        "casemate training stop.",
                        READY_MS / 1000, which);
}

static int stop_site(const struct cli *o, const struct training_site *site)
{
    struct ask_answer answer;
    struct progress p;
    uint64_t deadline = os_boot_ms() + STOP_MS;
    bool running = ask(site->dir, COMMAND_STOP, "", NULL, 0, &answer) == 0;
    progress_begin(&p, "stopping", 0);
    while (running && os_boot_ms() < deadline) {
        nap(50);
        running = training_site_has(site, CONSOLE_SOCKET) && is_running(site);
        progress_wait(&p);
    }
    progress_end(&p, !running);
    return running ? cli_complain(o, CLI_TROUBLE,
                                  "%s has not stopped after %d seconds; see its log, "
                                  "%s/log.",
                                  site->dir, STOP_MS / 1000, site->dir)
                   : 0;
}

/* A first start that did not end leaves half of it behind: the site is made again. */
static int begin_again(const struct cli *o, const struct training_site *site)
{
    int r = is_running(site) ? stop_site(o, site) : 0;
    if (r)
        return r;
    fprintf(stderr, "The first start of this site did not come to its end. It is made again.\n");
    return training_site_make(o, site, o->port);
}

static int start_site(const struct cli *o, const struct training_site *site)
{
    pid_t pid = -1;
    off_t from = start_log_end(site->dir);
    int r = start_supervisor(o, site->dir, &pid);
    return r ? r : wait_ready(o, site, pid, from);
}

static int fill_site(const struct cli *o, const struct training_site *site)
{
    int r = training_site_put(o, site, TRAINING_SEEDING, 0644, "", 0);
    fprintf(stderr, "The first start fills the site with two fictional programs.\n");
    if (r == 0)
        r = seed_site(o, site);
    return r ? r : training_site_put(o, site, TRAINING_SEEDED, 0644, "", 0);
}

int cli_training_start(const struct cli *o)
{
    struct training_site site;
    int r = training_site_open(o, directory(o), TRAINING_CHANGE, &site);
    if (r)
        return r;
    bool seeded = training_site_has(&site, TRAINING_SEEDED);
    if (!training_site_has(&site, TRAINING_COMPLETE))
        r = cli_complain(o, CLI_REFUSED,
                         "%s is half made; casemate training create makes it again.", site.dir);
    else if (!seeded && training_site_has(&site, TRAINING_SEEDING))
        r = begin_again(o, &site);
    if (r == 0 && !is_running(&site))
        r = start_site(o, &site);
    if (r == 0 && !seeded)
        r = fill_site(o, &site);
    if (r == 0)
        r = card_show(o, &site);
    training_site_close(&site);
    return r;
}

/* ---- stop, card ---- */

int cli_training_stop(const struct cli *o)
{
    struct training_site site;
    int r = training_site_open(o, directory(o), TRAINING_LOOK, &site);
    if (r)
        return r;
    if (is_running(&site)) {
        r = stop_site(o, &site);
        if (r == 0)
            cli_say(o, true, "Stopped. What was confirmed to anybody is recorded.");
    } else {
        cli_say(o, true, "It is not running.");
    }
    training_site_close(&site);
    return r;
}

int cli_training_card(const struct cli *o)
{
    struct training_site site;
    int r = training_site_open(o, directory(o), TRAINING_LOOK, &site);
    if (r)
        return r;
    r = card_show(o, &site);
    training_site_close(&site);
    return r;
}
