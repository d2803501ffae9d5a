/* Starting a site's supervisor, and its log. */
#include "appliance/cli/start.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enclave/process/topology.h"
#include "transfer/file.h"

#define LOG_TAIL  2000
#define LOG_LINES 12

/* The last lines that the processes said since ${from}, to standard error. */
void start_print_log(const char *site, off_t from)
{
    char path[FILE_PATH_MAX], text[LOG_TAIL + 1];
    if (file_path(path, "%s/log", site) != 0)
        return;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    if (end - from > LOG_TAIL)
        from = end - LOG_TAIL;
    ssize_t n = fd < 0 ? 0 : pread(fd, text, LOG_TAIL, from);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    char *at = text + strlen(text);
    for (int lines = 0; at > text; at--)
        if (at[-1] == '\n' && ++lines > LOG_LINES)
            break;
    fprintf(stderr, "%s  (%s)\n", at, path);
}

off_t start_log_end(const char *site)
{
    char path[FILE_PATH_MAX];
    if (file_path(path, "%s/log", site) != 0)
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    if (fd >= 0)
        close(fd);
    return end;
}

int start_check_memory(const struct cli *o)
{
    struct rlimit now;
    unsigned kib = 0;
    for (enum program p = PROGRAM_NONE + 1; p < PROGRAM_COUNT; p++)
        if (topology_program(p)->memlock_kib > kib)
            kib = topology_program(p)->memlock_kib;
    rlim_t wanted = (rlim_t)kib * 1024;
    if (getrlimit(RLIMIT_MEMLOCK, &now) == 0 && now.rlim_max >= wanted)
        return 0;
    if (setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){wanted, wanted}) ==
        0) /* as the supervisor does */
        return 0;
    return cli_complain(
        o, CLI_REFUSED,
        "nothing was started: a program may lock %llu KiB of memory here, and the programs of a "
        "production site lock all of theirs, up to %u KiB. Raise the limit for whoever starts the "
        "site, and start it again: LimitMEMLOCK=infinity in its systemd unit, or \"root - memlock "
        "unlimited\" in /etc/security/limits.conf and a new login; in a container its host grants "
        "it (ulimit memlock, or CAP_SYS_RESOURCE).",
        (unsigned long long)now.rlim_max / 1024, kib);
}

/* In the child: nothing of ours stays with it but its log. */
_Noreturn static void become_supervisor(const char *site, const char *program, const char *binaries)
{
    char path[FILE_PATH_MAX];
    int log = -1, null = open("/dev/null", O_RDONLY);
    if (file_path(path, "%s/log", site) == 0)
        log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (null < 0 || log < 0 || setsid() < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 ||
        dup2(log, 2) < 0 || close_range(3, ~0u, 0) != 0 || chdir("/") != 0)
        _exit(127);
    umask(077);
    execl(program, "supervisor", site, binaries, (char *)NULL);
    _exit(127);
}

int start_supervisor(const struct cli *o, const char *site, pid_t *ret_pid)
{
    char program[CLI_PATH_MAX], binaries[CLI_PATH_MAX];
    int r = cli_beside("supervisor", program);
    if (r == 0)
        r = cli_beside("", binaries);
    if (r == 0 && access(program, X_OK) != 0)
        r = ERR_SYSTEM;
    if (r)
        return cli_complain_file(o, program, r);
    binaries[strlen(binaries) - 1] = '\0'; /* the slash */
    fflush(stdout);
    *ret_pid = fork();
    if (*ret_pid == 0)
        become_supervisor(site, program, binaries);
    return *ret_pid < 0 ? cli_complain_file(o, program, ERR_SYSTEM) : 0;
}
