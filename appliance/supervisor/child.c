#include "appliance/supervisor/child.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "enclave/process/log.h"
#include "enclave/process/process.h"

int child_pair(int fds[static 2])
{
    int on = 1, room = 4 << 20;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        return ERR_SYSTEM;
    for (int i = 0; i < 2; i++) {
        if (setsockopt(fds[i], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
            return ERR_SYSTEM;
        (void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    }
    return 0;
}

static void limit(int what, rlim_t value)
{
    struct rlimit l = {value, value};
    if (setrlimit((__rlimit_resource_t)what, &l) != 0)
        log_die("a limit could not be set");
}

/* As much locked memory as its row says, or as much as this machine lets us give: the program
 * itself says what it lacks, and a production site refuses to run. */
static void limit_memlock(rlim_t value)
{
    struct rlimit l = {value, value};
    if (setrlimit(RLIMIT_MEMLOCK, &l) == 0 || getrlimit(RLIMIT_MEMLOCK, &l) != 0)
        return;
    l.rlim_cur = l.rlim_max;
    (void)setrlimit(RLIMIT_MEMLOCK, &l);
}

/* Only the auditor may write to the kernel's audit log; it keeps that one right over exec. */
static void keep_audit_right(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    data[0].effective = data[0].permitted = data[0].inheritable = 1u << CAP_AUDIT_WRITE;
    if (syscall(SYS_capset, &header, data) != 0 ||
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_AUDIT_WRITE, 0, 0) != 0)
        log_err("the right to write to the kernel's audit log is not to be had here");
}

/* One binary may serve several rows: argv[0] says which. */
static const char *name_of(const struct program_row *program)
{
    switch (program->program) {
    case PROGRAM_ENTRY:
        return "entry";
    case PROGRAM_REKEY:
        return "rekey";
    case PROGRAM_REKEY_IDENTITY:
        return "rekey-identity";
    case PROGRAM_BACKUP_IDENTITY:
        return "backup-identity";
    case PROGRAM_RESTORE:
        return "restore";
    case PROGRAM_RESTORE_IDENTITY:
        return "restore-identity";
    default:
        return program->binary;
    }
}

/* None of a process's memory in a core, should somebody lift the limit: it is inherited over exec.
 */
static void keep_memory_out_of_cores(void)
{
    int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return; /* this kernel writes no cores */
    if (write(fd, "0", 1) != 1)
        log_die("what a core may hold could not be limited");
    close(fd);
}

static _Noreturn void become(const struct program_row *program, const char *binaries, uid_t uid)
{
    char path[600];
    char *const argv[] = {(char *)(uintptr_t)name_of(program), NULL};
    char *const environment[] = {"LANG=C.UTF-8", NULL};
    bool audits = program->program == PROGRAM_AUDITOR;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    snprintf(path, sizeof path, "%s/%s", binaries, program->binary);
    limit(RLIMIT_CORE, 0);
    keep_memory_out_of_cores();
    limit_memlock((rlim_t)program->memlock_kib * 1024);
    limit(RLIMIT_NOFILE, 1024);
    umask(0077);
    if (setgroups(0, NULL) != 0 || (audits && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) ||
        setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
        log_die("%s could not be given its uid %u", program->binary, uid);
    if (audits)
        keep_audit_right();
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    execve(path, argv, environment);
    log_sys("%s could not be started", path);
    _exit(127);
}

int child_spawn(const struct program_row *program, const char *binaries, uid_t uid, pid_t *ret_pid,
                int *ret_fd)
{
    int pair[2];
    int r = child_pair(pair);
    if (r)
        return r;
    pid_t pid = fork();
    if (pid < 0) {
        close(pair[0]);
        close(pair[1]);
        return ERR_SYSTEM;
    }
    if (pid == 0) {
        if (pair[1] == PROCESS_CONTROL_FD)
            fcntl(pair[1], F_SETFD, 0);
        else if (dup2(pair[1], PROCESS_CONTROL_FD) < 0)
            _exit(127);
        become(program, binaries, uid);
    }
    close(pair[1]);
    *ret_pid = pid;
    *ret_fd = pair[0];
    return 0;
}
