/*
 * Every confined program of topology.def tries what it gave up: each system call
 * number once, and the attacks by name.  Needs root.  Prints one line a case, and
 * "N passed, N failed" at the end; what this kernel cannot do is skipped with its reason.
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/sandbox/confined.h"

#define NUMBERS  512 /* beyond the newest call of any kernel we know */
#define TOGETHER 16

static unsigned passed, failed, cases;

static void report(bool good, const char *program, const char *what, const char *remark)
{
    printf("%s %u - %s: %s%s%s\n", good ? "ok" : "not ok", ++cases, program, what,
           remark[0] ? " # " : "", remark);
    passed += good;
    failed += !good;
}

static void skip(const char *program, const char *what, const char *reason)
{
    printf("ok %u - %s: %s # skipped: %s\n", ++cases, program, what, reason);
}

/* ---- the attacks ---- */

static long open_at(const char *directory, const char *name, int flags)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
}

static long open_own(const struct place *p)
{
    return open_at(p->mine, "file", O_RDWR);
}
static long open_other(const struct place *p)
{
    return open_at(p->other, "file", O_RDONLY);
}
static long open_outside(const struct place *p)
{
    return open_at(p->open, "file", O_RDONLY);
}
static long write_outside(const struct place *p)
{
    return open_at(p->open, "file", O_WRONLY | O_TRUNC);
}
static long create_outside(const struct place *p)
{
    return open_at(p->open, "new", O_WRONLY | O_CREAT);
}
static long list_outside(const struct place *p)
{
    return syscall(SYS_openat, AT_FDCWD, p->open, O_RDONLY | O_DIRECTORY, 0);
}
static long open_passwd(const struct place *p)
{
    (void)p;
    return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
}
static long open_dot_dot(const struct place *p)
{
    return syscall(SYS_openat, p->directory, "../open/file", O_RDONLY, 0);
}
static long open_link(const struct place *p)
{
    return syscall(SYS_openat, p->directory, "link", O_RDONLY, 0);
}
static long open_parents_memory(const struct place *p)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", (int)p->parent);
    return syscall(SYS_openat, AT_FDCWD, path, O_RDWR, 0);
}
static long open_own_environment(const struct place *p)
{
    (void)p;
    return syscall(SYS_openat, AT_FDCWD, "/proc/self/environ", O_RDONLY, 0);
}
static long unlink_outside(const struct place *p)
{
    char path[160];
    snprintf(path, sizeof path, "%s/file", p->open);
    return syscall(SYS_unlink, path);
}
static long stat_other(const struct place *p)
{
    char path[160];
    struct stat s;
    snprintf(path, sizeof path, "%s/file", p->other);
    return syscall(SYS_stat, path, &s);
}
static long rename_outside(const struct place *p)
{
    char path[160];
    snprintf(path, sizeof path, "%s/new", p->open);
    return syscall(SYS_renameat, p->directory, "file", AT_FDCWD, path);
}
static long chmod_outside(const struct place *p)
{
    char path[160];
    snprintf(path, sizeof path, "%s/file", p->open);
    return syscall(SYS_chmod, path, 0777);
}
static long make_socket(const struct place *p)
{
    (void)p;
    return syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
}
static long make_udp_socket(const struct place *p)
{
    (void)p;
    return syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0);
}
static long connect_pathname(const struct place *p)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "%s/listener", p->open);
    return syscall(SYS_connect, p->unix_socket, &to, sizeof to);
}
static long connect_abstract(const struct place *p)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "\0casemate"};
    return syscall(SYS_connect, p->unix_socket, &to, offsetof(struct sockaddr_un, sun_path) + 9);
}
static long connect_udp(const struct place *p)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    return syscall(SYS_connect, p->udp_socket, &to, sizeof to);
}
static long bind_socket(const struct place *p)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "\0mine"};
    return syscall(SYS_bind, p->unix_socket, &at, offsetof(struct sockaddr_un, sun_path) + 5);
}
static long send_udp_without_socket(const struct place *p)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    (void)p;
    return syscall(SYS_sendto, -1, "x", 1, 0, &to, sizeof to);
}
static long run_program(const struct place *p)
{
    char *const none[] = {NULL};
    (void)p;
    return syscall(SYS_execve, "/bin/true", none, none);
}
static long fork_itself(const struct place *p)
{
    (void)p;
    return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}
static long trace_parent(const struct place *p)
{
    return syscall(SYS_ptrace, PTRACE_ATTACH, p->parent, 0, 0);
}
static long read_parent(const struct place *p)
{
    char out[8];
    struct iovec here = {out, sizeof out}, there = {(void *)(uintptr_t)p, sizeof out};
    return syscall(SYS_process_vm_readv, p->parent, &here, 1, &there, 1, 0);
}
static long kill_parent(const struct place *p)
{
    return syscall(SYS_kill, p->parent, 0);
}
static long open_pidfd(const struct place *p)
{
    return syscall(SYS_pidfd_open, p->parent, 0);
}
static long map_code(const struct place *p)
{
    (void)p;
    return syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static long map_writable_code(const struct place *p)
{
    (void)p;
    return syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static long make_code(const struct place *p)
{
    static char page[8192] __attribute__((aligned(4096)));
    (void)p;
    return syscall(SYS_mprotect, page, 4096, PROT_READ | PROT_EXEC);
}
static long make_code_by_key(const struct place *p)
{
    static char page[8192] __attribute__((aligned(4096)));
    (void)p;
    return syscall(SYS_pkey_mprotect, page, 4096, PROT_READ | PROT_EXEC, -1);
}
static long make_memory_file(const struct place *p)
{
    (void)p;
    return syscall(SYS_memfd_create, "x", 0);
}
static long become_dumpable(const struct place *p)
{
    (void)p;
    return syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
}
static long filter_again(const struct place *p)
{
    (void)p;
    return syscall(SYS_seccomp, 1, 0, NULL);
}
static long call_by_x32(const struct place *p)
{
    (void)p;
    return syscall(0x40000000 | SYS_read, -1, NULL, 0);
}
static long call_by_32_bits(const struct place *p)
{
    long r;
    (void)p;
    __asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory"); /* getpid of i386 */
    return r < 0 ? -1 : r;
}
static long make_ring(const struct place *p)
{
    struct io_uring_params params = {0};
    (void)p;
    return syscall(SYS_io_uring_setup, 1, &params);
}
static long leave_namespace(const struct place *p)
{
    (void)p;
    return syscall(SYS_unshare, CLONE_NEWUSER);
}
static long copy_descriptor(const struct place *p)
{
    return syscall(SYS_fcntl, p->directory, F_DUPFD, 0);
}
static long own_signals(const struct place *p)
{
    return syscall(SYS_fcntl, p->unix_socket, F_SETOWN, p->parent);
}
/* How an attack must end where the filter lets its call through. */
enum beyond { MUST_WORK = 1, MUST_BE_REFUSED, MUST_BE_KILLED };

static const struct attack {
    const char *what;
    attempt *try_it;
    int call;
    enum beyond beyond;
    bool needs_landlock; /* nothing but Landlock stands in its way */
} attacks[] = {
    {"open of its own file", open_own, SYS_openat, MUST_WORK, false},
    {"open of another program's file", open_other, SYS_openat, MUST_BE_REFUSED, false},
    {"open of a file of its own uid outside its directory", open_outside, SYS_openat,
     MUST_BE_REFUSED, true},
    {"truncating a file outside", write_outside, SYS_openat, MUST_BE_REFUSED, true},
    {"creating a file outside", create_outside, SYS_openat, MUST_BE_REFUSED, true},
    {"listing a directory outside", list_outside, SYS_openat, MUST_BE_REFUSED, true},
    {"open of /etc/passwd", open_passwd, SYS_openat, MUST_BE_REFUSED, true},
    {"open through ../", open_dot_dot, SYS_openat, MUST_BE_REFUSED, true},
    {"open through a symbolic link", open_link, SYS_openat, MUST_BE_REFUSED, true},
    {"open of its parent's memory", open_parents_memory, SYS_openat, MUST_BE_REFUSED, false},
    {"open of /proc/self/environ", open_own_environment, SYS_openat, MUST_BE_REFUSED, false},
    {"unlink outside", unlink_outside, SYS_unlink, MUST_BE_REFUSED, true},
    {"stat in another program's directory", stat_other, SYS_stat, MUST_BE_REFUSED, false},
    {"rename to outside", rename_outside, SYS_renameat, MUST_BE_REFUSED, true},
    {"chmod outside", chmod_outside, SYS_chmod, MUST_BE_KILLED, false},
    {"socket", make_socket, SYS_socket, MUST_BE_KILLED, false},
    {"UDP socket", make_udp_socket, SYS_socket, MUST_BE_KILLED, false},
    {"connect to a pathname socket", connect_pathname, SYS_connect, MUST_BE_KILLED, false},
    {"connect to an abstract socket", connect_abstract, SYS_connect, MUST_BE_KILLED, false},
    {"connect of a UDP socket", connect_udp, SYS_connect, MUST_BE_KILLED, false},
    {"bind", bind_socket, SYS_bind, MUST_BE_KILLED, false},
    {"sendto without a socket", send_udp_without_socket, SYS_sendto, MUST_BE_REFUSED, false},
    {"execve", run_program, SYS_execve, MUST_BE_KILLED, false},
    {"clone", fork_itself, SYS_clone, MUST_BE_KILLED, false},
    {"ptrace of its parent", trace_parent, SYS_ptrace, MUST_BE_KILLED, false},
    {"process_vm_readv of its parent", read_parent, SYS_process_vm_readv, MUST_BE_KILLED, false},
    {"kill of its parent", kill_parent, SYS_kill, MUST_BE_KILLED, false},
    {"pidfd_open of its parent", open_pidfd, SYS_pidfd_open, MUST_BE_KILLED, false},
    {"mmap of code", map_code, SYS_mmap, MUST_BE_KILLED, false},
    {"mmap of writable code", map_writable_code, SYS_mmap, MUST_BE_KILLED, false},
    {"mprotect to code", make_code, SYS_mprotect, MUST_BE_KILLED, false},
    {"pkey_mprotect to code", make_code_by_key, SYS_pkey_mprotect, MUST_BE_KILLED, false},
    {"memfd_create", make_memory_file, SYS_memfd_create, MUST_BE_KILLED, false},
    {"prctl", become_dumpable, SYS_prctl, MUST_BE_KILLED, false},
    {"another filter", filter_again, SYS_seccomp, MUST_BE_KILLED, false},
    {"a call by its x32 number", call_by_x32, SYS_read, MUST_BE_KILLED, false},
    {"a call by int 0x80", call_by_32_bits, SYS_getpid, MUST_BE_KILLED, false},
    {"io_uring_setup", make_ring, SYS_io_uring_setup, MUST_BE_KILLED, false},
    {"unshare", leave_namespace, SYS_unshare, MUST_BE_KILLED, false},
    {"fcntl F_DUPFD", copy_descriptor, SYS_fcntl, MUST_BE_KILLED, false},
    {"fcntl F_SETOWN", own_signals, SYS_fcntl, MUST_BE_KILLED, false},
};

#define ATTACKS (sizeof attacks / sizeof *attacks)

/* ---- running them ---- */

static const char *name_of_end(enum end end)
{
    static const char *const names[] = {"",
                                        "is killed",
                                        "is refused",
                                        "has no such call",
                                        "works",
                                        "ends by another signal",
                                        "found no confinement"};
    return names[end];
}

static enum end expected_end(enum program program, const struct attack *a)
{
    if (seccomp_fate(program, a->call) == 0 || a->beyond == MUST_BE_KILLED)
        return END_KILLED;
    return a->beyond == MUST_WORK ? END_WORKED : END_REFUSED;
}

static void judge_attack(enum program program, const char *name, const struct attack *a,
                         pid_t child, const char *lacking)
{
    char what[160], remark[120] = "";
    int error;
    enum end end = confined_end(child, &error), expected = expected_end(program, a);
    snprintf(what, sizeof what, "%s %s", a->what, name_of_end(expected));
    if (end == expected) {
        report(true, name, what, "");
    } else if (a->try_it == call_by_32_bits && end == END_FAULT) {
        skip(name, what, "this kernel has no 32-bit calls");
    } else if (a->needs_landlock && end == END_WORKED && strstr(lacking, "Landlock ABI 0")) {
        skip(name, what, lacking);
    } else {
        snprintf(remark, sizeof remark, "it %s%s%s", name_of_end(end), error ? ": " : "",
                 error ? strerrordesc_np(error) : "");
        report(false, name, what, remark);
    }
}

static void try_attacks(enum program program, const char *name)
{
    struct place place;
    pid_t children[ATTACKS];
    char lacking[400];
    place_make(&place, program);
    if (!confined_lacking(program, &place, lacking, sizeof lacking)) {
        report(false, name, "enters its confinement", "it cannot be entered on this kernel");
        place_remove(&place);
        return;
    }
    report(true, name, "enters its confinement", lacking);
    for (size_t i = 0; i < ATTACKS; i += TOGETHER) {
        size_t end = i + TOGETHER < ATTACKS ? i + TOGETHER : ATTACKS;
        for (size_t k = i; k < end; k++)
            children[k] = confined_start(program, &place, attacks[k].try_it);
        for (size_t k = i; k < end; k++)
            judge_attack(program, name, &attacks[k], children[k], lacking);
    }
    place_remove(&place);
}

/* Linux 6.14 and later let no filter see these two.  They do nothing but where the kernel itself
 * put the call for a probe: uretprobe ends any other caller with SIGILL, uprobe answers ENXIO. */
static bool is_probe(int number)
{
    return number == 335 || number == 336; /* uretprobe, uprobe */
}

static bool number_ends_as_listed(enum program program, int number, pid_t child)
{
    int error, fate = seccomp_fate(program, number);
    enum end end = confined_end(child, &error);
    if (fate == 0)
        return end == END_KILLED || (is_probe(number) && (end == END_FAULT || end == END_REFUSED));
    if (fate == 3)
        return end == END_NO_CALL;
    return end == END_REFUSED || end == END_WORKED ||
           (number == SYS_rt_sigreturn && end == END_FAULT);
}

static void try_numbers(enum program program, const char *name)
{
    pid_t children[TOGETHER];
    char wrong[100] = "", what[100];
    for (int n = 0; n < NUMBERS; n += TOGETHER) {
        for (int k = 0; k < TOGETHER; k++)
            children[k] = confined_number(program, NULL, n + k);
        for (int k = 0; k < TOGETHER; k++) {
            size_t used = strlen(wrong);
            if (!number_ends_as_listed(program, n + k, children[k]) && used < 90)
                snprintf(wrong + used, sizeof wrong - used, " %d", n + k);
        }
    }
    snprintf(what, sizeof what, "each of %d numbers ends as syscall.def says", NUMBERS);
    report(wrong[0] == '\0', name, what, wrong);
}

static void count_calls(enum program program, const char *name, unsigned budget)
{
    char what[100];
    unsigned n = seccomp_count(program);
    snprintf(what, sizeof what, "%u system calls of a budget of %u", n, budget);
    report(n <= budget, name, what, "");
}

int main(void)
{
    static const struct {
        enum program program;
        const char *name;
        unsigned budget;
    } rows[] = {
        {PROGRAM_KEEPER, "keeper", 40},
        {PROGRAM_AUDITOR, "auditor", 45},
        {PROGRAM_IDENTITY, "identity", 45},
        {PROGRAM_HASHER, "hasher", 40},
        {PROGRAM_ENTRY, "entry", 60},
        {PROGRAM_GATEWAY, "gateway", 60},
        {PROGRAM_WORKER, "worker", 45},
        {PROGRAM_GUARD_A, "guard-a", 40},
        {PROGRAM_GUARD_B, "guard-b", 40},
        {PROGRAM_INTAKE, "intake", 8},
        {PROGRAM_CERTIFIER, "certifier", 24},
        {PROGRAM_REKEY, "rekey", 45},
        {PROGRAM_BACKUP, "backup", 24},
        {PROGRAM_BACKUP_IDENTITY, "backup-identity", 24},
        {PROGRAM_RESTORE, "restore", 24},
        {PROGRAM_RESTORE_IDENTITY, "restore-identity", 24},
        {PROGRAM_REKEY_IDENTITY, "rekey-identity", 45},
    };
    _Static_assert(sizeof rows / sizeof *rows == PROGRAM_COUNT - 2,
                   "a program of topology.def is confined and not tried");
    if (geteuid() != 0) {
        printf("skipped: the confinement is entered from root\n0 passed, 0 failed\n");
        return 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        count_calls(rows[i].program, rows[i].name, rows[i].budget);
        try_attacks(rows[i].program, rows[i].name);
        if (rows[i].program != PROGRAM_ENTRY) /* its filter is the gateway's */
            try_numbers(rows[i].program, rows[i].name);
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
