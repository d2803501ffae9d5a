#include "tests/sandbox/confined.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_REFUSED    0x80 /* and the errno below it */
#define EXIT_WORKED     1
#define EXIT_UNCONFINED 2
#define EXIT_NO_CALL    3

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(2);
}

/* ---- the place ---- */

static void make_file(const char *directory, const char *name, uid_t uid, mode_t mode)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "secret\n", 7) != 7 || fchmod(fd, mode) != 0 ||
        fchown(fd, uid, uid) != 0)
        give_up(path);
    close(fd);
}

static void make_directory(const char *path, uid_t uid, mode_t mode)
{
    if (mkdir(path, 0700) != 0 || chown(path, uid, uid) != 0 || chmod(path, mode) != 0)
        give_up(path);
}

/* A listening pathname socket that anybody may connect to. */
static void make_listener(const char *directory)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/listener", directory);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, 1) != 0 || chmod(address.sun_path, 0666) != 0)
        give_up("a listener");
}

void place_make(struct place *place, enum program program)
{
    uid_t uid = topology_uid(UID_BASE, program, 0);
    char link[128], target[128];
    umask(0022);
    strcpy(place->base, "/tmp/casemate-sandbox-XXXXXX");
    if (!mkdtemp(place->base) || chmod(place->base, 0711) != 0)
        give_up("a directory in /tmp");
    snprintf(place->mine, sizeof place->mine, "%s/mine", place->base);
    snprintf(place->other, sizeof place->other, "%s/other", place->base);
    snprintf(place->open, sizeof place->open, "%s/open", place->base);
    make_directory(place->mine, uid, 0700);
    make_directory(place->other, uid + 8, 0700);
    make_directory(place->open, uid, 0777);
    make_file(place->mine, "file", uid, 0600);
    make_file(place->other, "file", uid + 8, 0644);
    make_file(place->open, "file", uid, 0666);
    make_listener(place->open);
    snprintf(link, sizeof link, "%s/link", place->mine);
    snprintf(target, sizeof target, "%s/file", place->open);
    if (symlink(target, link) != 0)
        give_up(link);
    place->directory = open(place->mine, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    place->unix_socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    place->udp_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    place->parent = getpid();
    if (place->directory < 0 || place->unix_socket < 0)
        give_up("what a program inherits");
}

void place_remove(struct place *place)
{
    static const char *const names[] = {"mine/file",     "mine/link", "mine/new",   "open/file",
                                        "open/listener", "open/new",  "other/file", "mine",
                                        "other",         "open",      "."};
    close(place->directory);
    close(place->unix_socket);
    close(place->udp_socket);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[160];
        snprintf(path, sizeof path, "%s/%s", place->base, names[i]);
        (void)!remove(path);
    }
    (void)!rmdir(place->base);
}

/* ---- the confinement, as appliance/supervisor/child.c and enclave/process/process.c enter it ----
 */

static bool set_limit(__rlimit_resource_t what, rlim_t value)
{
    struct rlimit l = {value, value};
    return setrlimit(what, &l) == 0;
}

static void keep_audit_right(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    data[0].effective = data[0].permitted = data[0].inheritable = 1u << CAP_AUDIT_WRITE;
    (void)!syscall(SYS_capset, &header, data);
}

static bool become(enum program program)
{
    const struct program_row *row = topology_program(program);
    uid_t uid = topology_uid(UID_BASE, program, 0);
    bool audits = program == PROGRAM_AUDITOR;
    if (!set_limit(RLIMIT_CORE, 0) || !set_limit(RLIMIT_NOFILE, 1024))
        return false;
    (void)set_limit(RLIMIT_MEMLOCK, (rlim_t)row->memlock_kib * 1024);
    umask(0077);
    if (setgroups(0, NULL) != 0 || (audits && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) ||
        setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
        return false;
    if (audits)
        keep_audit_right();
    return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}

/* Programs that keep nothing on disk have no directory. */
static bool has_directory(enum program program)
{
    return seccomp_fate(program, SYS_openat) != 0;
}

static bool enter(enum program program, const struct place *place, char *lacking, size_t size)
{
    struct sandbox sandbox = {
        .program = program,
        .training = true,
        .directory = has_directory(program) ? place->directory : -1,
        .outbox = -1,
    };
    return become(program) && fchdir(place->directory) == 0 &&
           sandbox_enter(&sandbox, lacking, size) == 0;
}

static _Noreturn void leave(int code)
{
    for (;;)
        syscall(SYS_exit_group, code);
}

static _Noreturn void leave_with(long result)
{
    if (result != -1)
        leave(EXIT_WORKED);
    leave(errno == ENOSYS ? EXIT_NO_CALL : EXIT_REFUSED | (errno & 0x7f));
}

pid_t confined_start(enum program program, const struct place *place, attempt *try_it)
{
    char lacking[400];
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        give_up("fork");
    if (child > 0)
        return child;
    if (!enter(program, place, lacking, sizeof lacking))
        leave(EXIT_UNCONFINED);
    errno = 0;
    leave_with(try_it(place));
}

/* The filter alone: Landlock has no say in which numbers exist. */
pid_t confined_number(enum program program, const struct place *place, int number)
{
    (void)place;
    pid_t child = fork();
    if (child < 0)
        give_up("fork");
    if (child > 0)
        return child;
    if (!become(program) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        seccomp_install(program) != 0)
        leave(EXIT_UNCONFINED);
    errno = 0;
    /* -1 is no descriptor and no address; 1 is F_GETFD; 0 is PROT_NONE */
    leave_with(syscall(number, -1L, 1L, 0L, 0L, 0L, 0L));
}

enum end confined_end(pid_t child, int *ret_errno)
{
    int status = 0;
    *ret_errno = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            give_up("waitpid");
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? END_KILLED : END_FAULT;
    int code = WEXITSTATUS(status);
    if (code & EXIT_REFUSED) {
        *ret_errno = code & 0x7f;
        return END_REFUSED;
    }
    if (code == EXIT_NO_CALL)
        return END_NO_CALL;
    return code == EXIT_UNCONFINED ? END_UNCONFINED : END_WORKED;
}

bool confined_lacking(enum program program, const struct place *place, char *out, size_t size)
{
    int pipe_fds[2], ignored;
    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        give_up("pipe");
    pid_t child = fork();
    if (child < 0)
        give_up("fork");
    if (child == 0) {
        char lacking[400] = "";
        if (!enter(program, place, lacking, sizeof lacking))
            leave(EXIT_UNCONFINED);
        syscall(SYS_write, pipe_fds[1], lacking, strlen(lacking));
        leave(EXIT_WORKED);
    }
    close(pipe_fds[1]);
    ssize_t n = read(pipe_fds[0], out, size - 1);
    out[n > 0 ? n : 0] = '\0';
    close(pipe_fds[0]);
    return confined_end(child, &ignored) == END_WORKED;
}
