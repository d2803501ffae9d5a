/*
 * inside PID TRY [TARGET [PATH]]
 * inside PID say DESCRIPTOR DIGITS [TIMES]    a datagram, sent on a channel that the process has
 * Make a running process of the box try something that it
 * gave up, from inside: the debugger's way in is the one an exploit would leave
 * behind, arbitrary code in that very process.  Prints what became of it: "killed",
 * "refused ERRNO" or "worked".  Needs root; x86-64.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is put where the process stands: the call, and a stop behind it. */
#define CODE 0x00000000cc050fL

static const struct attempt {
    const char *name;
    long number;
    long arguments[6]; /* TEXT: where the text lies; TARGET: the number of the command line */
    const char *text;
} attempts[] = {
#define TEXT   -1000001
#define TARGET -1000002
    {"open-host", SYS_openat, {AT_FDCWD, TEXT, O_RDONLY}, "/etc/passwd"},
    {"open", SYS_openat, {AT_FDCWD, TEXT, O_RDONLY}, ""},
    {"create", SYS_openat, {AT_FDCWD, TEXT, O_CREAT | O_RDWR, 0600}, "/tmp/casemate-inside"},
    {"socket", SYS_socket, {AF_INET, SOCK_STREAM, 0}, ""},
    {"connect", SYS_connect, {3, TEXT, 16}, "\2\0\0\026\177\0\0\1"},
    {"exec", SYS_execve, {TEXT, 0, 0}, "/bin/sh"},
    {"fork", SYS_clone, {SIGCHLD, 0, 0, 0, 0}, ""},
    {"ptrace", SYS_ptrace, {PTRACE_ATTACH, TARGET, 0, 0}, ""},
    {"signal", SYS_kill, {TARGET, SIGTERM}, ""},
    {"read-memory", SYS_process_vm_readv, {TARGET, 0, 0, 0, 0, 0}, ""},
    {"write-code", SYS_mmap, {0, 4096, 7, 0x22, -1, 0}, ""},
};

static const struct attempt *find(const char *name)
{
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        if (strcmp(attempts[i].name, name) == 0)
            return &attempts[i];
    return NULL;
}

static void poke(pid_t pid, unsigned long at, const void *data, size_t length)
{
    for (size_t i = 0; i < length; i += sizeof(long)) {
        long word = 0;
        memcpy(&word, (const char *)data + i, length - i < sizeof word ? length - i : sizeof word);
        if (ptrace(PTRACE_POKEDATA, pid, at + i, word) != 0) {
            perror("inside: the process cannot be written into");
            exit(2);
        }
    }
}

static void stop(pid_t pid)
{
    int status;
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) != 0 ||
        waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) {
        perror("inside: the process cannot be stopped");
        exit(2);
    }
}

static void aim(pid_t pid, const struct attempt *a, long target, const char *path,
                struct user_regs_struct *regs)
{
    unsigned long text = (regs->rsp - 4096) & ~15UL; /* below what the code there may use */
    char copy[200] = {0};
    long v[6];
    if (a->text[0])
        memcpy(copy, a->text, strlen(a->text) < 8 ? 8 : strlen(a->text));
    else
        snprintf(copy, sizeof copy, "%s", path);
    poke(pid, text, copy, sizeof copy);
    for (int i = 0; i < 6; i++)
        v[i] = a->arguments[i] == TEXT     ? (long)text
               : a->arguments[i] == TARGET ? target
                                           : a->arguments[i];
    regs->orig_rax = (unsigned long)-1; /* what it was waiting in is not started again */
    regs->rax = (unsigned long)a->number;
    regs->rdi = (unsigned long)v[0];
    regs->rsi = (unsigned long)v[1];
    regs->rdx = (unsigned long)v[2];
    regs->r10 = (unsigned long)v[3];
    regs->r8 = (unsigned long)v[4];
    regs->r9 = (unsigned long)v[5];
}

/* sendmsg() of the bytes that ${digits} are, on ${fd}; it waits while the peer's buffer is full. */
static void aim_message(pid_t pid, int fd, const char *digits, struct user_regs_struct *regs)
{
    static uint8_t bytes[2048];
    unsigned long at = (regs->rsp - 8192) & ~15UL;
    size_t length = strlen(digits) / 2;
    if (length > sizeof bytes - 8) {
        fprintf(stderr, "inside: the message is too long\n");
        exit(2);
    }
    for (size_t i = 0; i < length; i++) {
        unsigned byte = 0;
        sscanf(digits + 2 * i, "%2x", &byte);
        bytes[i] = (uint8_t)byte;
    }
    struct iovec part = {(void *)at, length};
    struct msghdr header = {.msg_iov = (struct iovec *)(at + 2048), .msg_iovlen = 1};
    poke(pid, at, bytes, length < 8 ? 8 : length);
    poke(pid, at + 2048, &part, sizeof part);
    poke(pid, at + 2048 + sizeof part, &header, sizeof header);
    regs->orig_rax = (unsigned long)-1;
    regs->rax = SYS_sendmsg;
    regs->rdi = (unsigned long)fd;
    regs->rsi = at + 2048 + sizeof part;
    regs->rdx = MSG_NOSIGNAL;
}

/* The result of the call, or that the process is no more. */
static bool survives(pid_t pid, long *ret_result)
{
    struct user_regs_struct regs;
    int status;
    if (waitpid(pid, &status, __WALL) != pid) {
        perror("inside: waiting");
        exit(2);
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return false;
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) {
        fprintf(stderr, "inside: the process ended otherwise (status %x)\n", (unsigned)status);
        exit(2);
    }
    ptrace(PTRACE_GETREGS, pid, 0, &regs);
    *ret_result = (long)regs.rax;
    return true;
}

/* Do what ${regs} say, ${times}; false when the process is no more. */
static bool repeat(pid_t pid, const struct user_regs_struct *regs, long times, long *ret_result)
{
    *ret_result = 0;
    for (long i = 0; i < times && *ret_result >= 0; i++) {
        struct user_regs_struct now = *regs;
        ptrace(PTRACE_SETREGS, pid, 0, &now);
        ptrace(PTRACE_CONT, pid, 0, 0);
        if (!survives(pid, ret_result))
            return false;
    }
    return true;
}

static int usage(void)
{
    fprintf(stderr, "usage: inside PID say DESCRIPTOR DIGITS [TIMES]\n"
                    "       inside PID TRY [TARGET [PATH]]; TRY is one of:");
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        fprintf(stderr, " %s", attempts[i].name);
    fprintf(stderr, "\n");
    return 2;
}

int main(int argc, char **argv)
{
    const struct attempt *a = argc > 2 ? find(argv[2]) : NULL;
    struct user_regs_struct before, regs;
    long result;
    bool says = argc > 4 && strcmp(argv[2], "say") == 0;
    if (!a && !says)
        return usage();
    pid_t pid = (pid_t)atoi(argv[1]);
    stop(pid);
    ptrace(PTRACE_GETREGS, pid, 0, &before);
    regs = before;
    long code = ptrace(PTRACE_PEEKTEXT, pid, before.rip, 0), ours = CODE;
    if (says)
        aim_message(pid, atoi(argv[3]), argv[4], &regs);
    else
        aim(pid, a, argc > 3 ? atol(argv[3]) : 0, argc > 4 ? argv[4] : "", &regs);
    poke(pid, before.rip, &ours, sizeof ours);
    if (!repeat(pid, &regs, says && argc > 5 ? atol(argv[5]) : 1, &result)) {
        puts("killed");
        return 0;
    }
    poke(pid, before.rip, &code, sizeof code);
    if (before.orig_rax != (unsigned long)-1) { /* it was waiting: let it wait again */
        before.rax = (unsigned long)-EINTR;
        before.orig_rax = (unsigned long)-1;
    }
    ptrace(PTRACE_SETREGS, pid, 0, &before);
    ptrace(PTRACE_DETACH, pid, 0, 0);
    if (result < 0 && result > -4096)
        printf("refused %s\n", strerrorname_np((int)-result));
    else
        puts("worked");
    return 0;
}
