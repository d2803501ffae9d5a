#include "enclave/process/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enclave/process/log.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE              65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

/* A real site refuses to run below these; a training site says what it lacks. */
#define LANDLOCK_ABI_NEEDED   6
#define LANDLOCK_ABI_TRAINING 2

/*
 * A child with the same filter calls what the filter forbids.  It leaves only by
 * dying of it, or by _exit, so it never runs what is the parent's.
 */
static int filter_kills(enum program program)
{
    pid_t child = fork();
    if (child < 0) {
        log_sys("the filter's trial could not be forked");
        return ERR_SYSTEM;
    }
    if (child == 0) {
        if (seccomp_install(program) == 0)
            (void)!socket(AF_UNIX, SOCK_STREAM, 0);
        _exit(0);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS) {
        log_err("a forbidden system call did not end the process that made it");
        return ERR_SYSTEM;
    }
    return 0;
}

/* The kernel's own word: "Seccomp: 2" in a status file opened before confinement. */
static int filter_is_on(int status_fd)
{
    char text[4096];
    ssize_t n = read(status_fd, text, sizeof text - 1);
    if (n <= 0) {
        log_sys("/proc/self/status could not be read");
        return ERR_SYSTEM;
    }
    text[n] = '\0';
    if (!strstr(text, "\nSeccomp:\t2\n")) {
        log_err("the kernel does not say that the filter is on");
        return ERR_SYSTEM;
    }
    return 0;
}

static int harden(bool training, char *lacking, size_t size)
{
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        log_sys("the process could not be made undumpable and without new privileges");
        return ERR_SYSTEM;
    }
    if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0)
        return 0;
    if (!training) {
        log_sys("this kernel cannot refuse writable code (it needs Linux 6.3)");
        return ERR_SYSTEM;
    }
    snprintf(lacking, size, "no refusal of writable code (Linux 6.3); ");
    return 0;
}

static int confine_files(const struct sandbox *sandbox, char *lacking, size_t size)
{
    int abi = 0;
    size_t used = strlen(lacking);
    if (landlock_enter(sandbox->directory, sandbox->outbox, &abi) != 0) {
        log_sys("Landlock could not be entered");
        return ERR_SYSTEM;
    }
    int needed = sandbox->training ? LANDLOCK_ABI_TRAINING : LANDLOCK_ABI_NEEDED;
    if (abi < needed) {
        log_err("this kernel offers Landlock ABI %d and %d is needed", abi, needed);
        return ERR_SYSTEM;
    }
    if (abi < LANDLOCK_ABI_NEEDED)
        snprintf(lacking + used, size - used, "Landlock ABI %d of %d; ", abi, LANDLOCK_ABI_NEEDED);
    return 0;
}

int sandbox_enter(const struct sandbox *sandbox, char *lacking, size_t size)
{
    lacking[0] = '\0';
    int status = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (status < 0) {
        log_sys("/proc/self/status could not be opened");
        return ERR_SYSTEM;
    }
    int r = harden(sandbox->training, lacking, size);
    if (r == 0)
        r = filter_kills(sandbox->program);
    if (r == 0)
        r = confine_files(sandbox, lacking, size);
    if (r == 0)
        r = seccomp_install(sandbox->program);
    if (r == 0)
        r = filter_is_on(status);
    return r;
}
