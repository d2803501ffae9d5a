/*
 * The supervisor: starts every process of a site, joins them as topology.def
 * lists, starts them again, and answers the root-only console.  It is in the
 * trusted base: it runs as root, and parses its configuration and messages of
 * fixed length, nothing else.
 *
 *     supervisor SITE-DIRECTORY BINARIES-DIRECTORY
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "appliance/supervisor/closure.h"
#include "appliance/supervisor/console.h"
#include "appliance/supervisor/site.h"
#include "appliance/supervisor/report.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

static struct site site;
static uint64_t stop_deadline_ms;

static void reap_all(void)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        site_reap(&site, pid, status);
}

static void signalled(void *context, short events)
{
    struct signalfd_siginfo info;
    int *fd = context;
    (void)events;
    while (read(*fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            reap_all();
        else
            site_stop(&site);
    }
}

static int turn(void *context)
{
    (void)context;
    if (!site.stopping) {
        site_revive(&site);
        closure_turn(&site);
        return 50;
    }
    if (stop_deadline_ms == 0)
        stop_deadline_ms = os_boot_ms() + 5000;
    site_stop_last(&site);
    if (site_running(&site) == 0)
        loop_stop(site.loop);
    for (size_t i = 0; os_boot_ms() > stop_deadline_ms && i < site.count; i++)
        if (site.instances[i].pid)
            kill(site.instances[i].pid, SIGKILL);
    return 50;
}

static int watch_signals(int *fd)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    *fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return *fd < 0 ? ERR_SYSTEM : loop_watch(site.loop, *fd, POLLIN, signalled, fd);
}

int main(int argc, char **argv)
{
    int signals = -1;
    char path[700];
    log_name("supervisor", "");
    if (argc != 3 || geteuid() != 0) {
        fprintf(stderr, "usage: supervisor SITE-DIRECTORY BINARIES-DIRECTORY   (as root)\n");
        return 64;
    }
    site.directory = argv[1];
    site.binaries = argv[2];
    snprintf(path, sizeof path, "%s/site.conf", site.directory);
    if (sodium_init() < 0 || os_boot_id_load() != 0 || loop_new(&site.loop) != 0)
        log_die("the supervisor could not begin");
    if (config_read(path, &site.config) != 0)
        log_die("%s could not be read", path);
    if (watch_signals(&signals) != 0 || site_open(&site) != 0 || console_open(&site) != 0)
        return 1;
    loop_before_wait(site.loop, turn, NULL);
    report(&site, AUDIT_TYPE_SITE_STARTED, AUDIT_OUTCOME_DONE, NULL, "");
    if (site.config.training) {
        log_info("a training site: it unlocks from a key file that lies beside it");
        site_start_all(&site);
    } else { /* what needs no key is started by the first turn */
        log_info("locked: it waits for its custodians' shares");
    }
    int r = loop_run(site.loop);
    snprintf(path, sizeof path, "%s/" CONSOLE_SOCKET, site.directory);
    unlink(path);
    log_info("stopped");
    return r ? 1 : 0;
}
