/* Starting a production site, and unlocking it with its custodians' shares. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "appliance/cli/ask.h"
#include "appliance/cli/collect.h"
#include "appliance/cli/start.h"
#include "appliance/supervisor/config.h"
#include "enclave/process/os.h"
#include "transfer/file.h"

#define START_MS 30000

static const char *site_of(const struct cli *o)
{
    return o->operands ? o->operand[0] : o->site;
}

/* ---- start ---- */

static bool is_training(const char *site)
{
    struct config config;
    char path[FILE_PATH_MAX];
    return file_path(path, "%s/site.conf", site) == 0 && config_read(path, &config) == 0 &&
           config.training;
}

int cli_site_start(const struct cli *o)
{
    const char *site = site_of(o);
    struct ask_answer answer;
    char path[FILE_PATH_MAX], real[PATH_MAX];
    pid_t pid = -1;
    if (realpath(site, real)) /* the supervisor works in another directory */
        site = real;
    bool runs = ask(site, COMMAND_STATUS, "", NULL, 0, &answer) == 0, gone = false;
    if (runs) {
        cli_say(o, true, "It is running already.");
        return CLI_DONE;
    }
    if (file_path(path, "%s/complete", site) != 0 || access(path, F_OK) != 0)
        return cli_complain(o, CLI_TROUBLE,
                            "there is no site in %s that was made to its end; make one with "
                            "casemate site create.",
                            site);
    off_t from = start_log_end(site);
    bool training = is_training(site); /* which runs where memory cannot be locked, too */
    int r = training ? 0 : start_check_memory(o);
    if (r == 0)
        r = start_supervisor(o, site, &pid);
    if (r)
        return r;
    for (uint64_t end = os_boot_ms() + START_MS; !runs && !gone && os_boot_ms() < end;) {
        nanosleep(&(struct timespec){0, 50000000}, NULL);
        gone = waitpid(pid, NULL, WNOHANG) == pid;
        runs = !gone && ask(site, COMMAND_STATUS, "", NULL, 0, &answer) == 0;
    }
    if (!runs) {
        start_print_log(site, from);
        return cli_complain(o, CLI_TROUBLE, "the site did not start; its last lines are above.");
    }
    cli_say(o, true,
            training
                ? "Started. A training site has no custodians and opens by itself: casemate status "
                  "says when its programs are ready."
                : "Started, and locked: casemate unlock takes its custodians' shares.");
    return CLI_DONE;
}

/* ---- unlocking ---- */

static int hand_on(const struct cli *o, const struct share *shares, size_t count)
{
    struct ask_answer answer = {0};
    int in = -1, out[2] = {-1, -1};
    int r = pipe2(out, O_CLOEXEC) != 0 ? ERR_SYSTEM : collect_hand_locked(shares, count, &in);
    if (r == 0)
        r = ask(site_of(o), o->recovery ? COMMAND_UNLOCK_RECOVERY : COMMAND_UNLOCK_SHARES, "",
                (int[]){in, out[1]}, 2, &answer);
    int kept = errno;
    close(in);
    close(out[1]);
    errno = kept;
    if (r == 0 && !answer.well)
        ask_said(out[0], answer.text, sizeof answer.text);
    close(out[0]);
    errno = kept;
    return cli_finish(o, site_of(o), r, &answer);
}

int cli_reinstate(const struct cli *o)
{
    static struct share shares[SHARES_MAX];
    struct custodians custodians;
    struct ask_answer answer = {0};
    char line[400];
    int fds[2] = {-1, -1};
    size_t count = 0;
    int n = snprintf(line, sizeof line, "%s %s\n", o->operand[0], o->operand[1]);
    if (n < 0 || (size_t)n >= sizeof line)
        return cli_complain(o, CLI_USAGE, "a reason has at most 160 bytes.");
    int r = collect_custodians(o, o->site, &custodians);
    if (r == 0)
        r = collect_shares(o, &custodians, shares, &count);
    if (r == 0 || r == COLLECT_NONE) {
        r = collect_pipe(line, (size_t)n, &fds[0]);
        if (r == 0)
            r = collect_hand_on(o, NULL, 0, shares, count, &fds[1]);
        if (r == 0)
            r = ask(o->site, COMMAND_RESTORE, "", fds, 2, &answer);
        int kept = errno;
        close(fds[0]);
        close(fds[1]);
        errno = kept;
        r = cli_finish(o, o->site, r, &answer);
    }
    sodium_memzero(shares, sizeof shares);
    return r;
}

int cli_unlock(const struct cli *o)
{
    static struct share shares[SHARES_MAX];
    struct custodians custodians;
    struct ask_answer answer = {0};
    size_t count = 0;
    int r = collect_custodians(o, site_of(o), &custodians);
    if (r > 0)
        return r;
    bool training = r == COLLECT_NONE;
    r = ask(site_of(o), COMMAND_STATUS, "", NULL, 0, &answer);
    if (training || r)
        return cli_finish(o, site_of(o),
                          r ? r : ask(site_of(o), COMMAND_UNLOCK, "", NULL, 0, &answer), &answer);
    r = collect_shares(o, &custodians, shares, &count);
    if (r == 0)
        r = hand_on(o, shares, count);
    sodium_memzero(shares, sizeof shares);
    return r;
}
