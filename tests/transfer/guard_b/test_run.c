/*
 * The program itself, confined as it runs in the box: this test is its
 * supervisor, its keeper and its worker.  argv[1] is the binary.
 */
#include "tests/transfer/guard_b/world.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "crypto/secret.h"
#include "enclave/process/channel.h"
#include "enclave/process/os.h"
#include "enclave/process/process.h"

#define GUARD_UID 61019
#define POLICY    "permit (principal, action, resource);\n"

static const char *binary = "build/bin/guard-b";
static char top[] = "/tmp/guard-b-run-XXXXXX";
static struct b_release expected;

struct run {
    pid_t pid;
    struct channel *control, *keeper, *worker;
    bool ready, answered;
    struct message_guard_verdict verdict;
    char sentence[401];
};

/* ---- the site's files ---- */

static char *in_top(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", top, name);
    return path;
}

static void put_file(const char *name, const void *data, size_t length)
{
    FILE *f = fopen(in_top(name), "w");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, length, f), length);
    fclose(f);
}

static size_t get_file(const char *name, uint8_t *out, size_t room, mode_t mode)
{
    struct stat about;
    FILE *f = fopen(in_top(name), "r");
    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &about), 0);
    assert_int_equal(about.st_mode & 07777, mode);
    size_t length = fread(out, 1, room, f);
    fclose(f);
    return length;
}

static void empty_directory(const char *name)
{
    DIR *d = opendir(in_top(name));
    while (d) {
        struct dirent *e = readdir(d);
        if (!e)
            break;
        if (e->d_name[0] != '.')
            (void)unlinkat(dirfd(d), e->d_name, 0);
    }
    if (d)
        closedir(d);
}

static unsigned files_in(const char *name)
{
    unsigned n = 0;
    DIR *d = opendir(in_top(name));
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

/* ---- starting it ---- */

static void pair(int fds[2])
{
    int on = 1;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(setsockopt(fds[i], SOL_SOCKET, SO_PASSCRED, &on, sizeof on), 0);
}

static void become(int control)
{
    struct rlimit memlock;
    getrlimit(RLIMIT_MEMLOCK, &memlock);
    if (memlock.rlim_max > 65536 * 1024) /* less where root itself has less */
        memlock.rlim_max = 65536 * 1024;
    memlock.rlim_cur = memlock.rlim_max;
    if (control == PROCESS_CONTROL_FD)
        fcntl(control, F_SETFD, 0);
    else
        dup2(control, PROCESS_CONTROL_FD);
    umask(077);
    if (setrlimit(RLIMIT_MEMLOCK, &memlock) == 0 &&
        setresgid(GUARD_UID, GUARD_UID, GUARD_UID) == 0 &&
        setresuid(GUARD_UID, GUARD_UID, GUARD_UID) == 0)
        execl(binary, "guard-b", NULL);
    perror("guard-b could not be started");
    _exit(127);
}

static void give(struct run *run, enum descriptor what, const char *name, int flags)
{
    struct message m = {.number = MESSAGE_DESCRIPTOR, .descriptor = {.what = (uint8_t)what}};
    int fd = open(in_top(name), flags | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(channel_put_fd(run->control, &m, fd), 0);
    close(fd);
}

static struct channel *join(struct run *run, unsigned number)
{
    struct message m = {.number = MESSAGE_CHANNEL};
    struct channel *link = NULL;
    int fds[2];
    pair(fds);
    m.channel.number = (uint8_t)number;
    memcpy(m.channel.enclave, "e7k2m9qa", 8);
    m.channel.pid = (uint32_t)getpid();
    assert_int_equal(channel_put_fd(run->control, &m, fds[1]), 0);
    close(fds[1]);
    assert_int_equal(channel_new(fds[0], GUARD_UID, run->pid, false, &link), 0);
    return link;
}

static void give_key(struct run *run, enum key number, uint8_t value)
{
    struct message m = {.number = MESSAGE_KEY, .key = {.number = (uint8_t)number}};
    uint8_t seed[32];
    struct secret *key = NULL;
    int fd = -1;
    seed_of(value, seed);
    assert_int_equal(secret_copy(seed, sizeof seed, &key), 0);
    int r = secret_hand_out(key, &fd);
    if (r == ERR_STATE)
        r = secret_hand_out_plain(key, &fd);
    assert_int_equal(r, 0);
    assert_int_equal(channel_put_fd(run->keeper, &m, fd), 0);
    close(fd);
    secret_free(key);
}

static void on_message(void *context, const struct message *message, int fd)
{
    struct run *run = context;
    (void)fd;
    if (message->number == MESSAGE_READY) {
        run->ready = true;
    } else if (message->number == MESSAGE_GUARD_VERDICT) {
        run->answered = true;
        run->verdict = message->guard_verdict;
        snprintf(run->sentence, sizeof run->sentence, "%.*s",
                 (int)message->guard_verdict.sentence.length,
                 (const char *)message->guard_verdict.sentence.data);
    }
}

/* Take what comes on ${link} until ${flag} or the end. */
static void wait_for(struct run *run, struct channel *link, const bool *flag)
{
    struct pollfd ready = {channel_fd(link), POLLIN, 0};
    while (!*flag && poll(&ready, 1, 10000) > 0)
        if (channel_receive(link, on_message, run) < 0)
            return;
}

static void start(struct run *run)
{
    struct message m = {.number = MESSAGE_START};
    int fds[2];
    memset(run, 0, sizeof *run);
    pair(fds);
    run->pid = fork();
    assert_true(run->pid >= 0);
    if (run->pid == 0)
        become(fds[1]);
    close(fds[1]);
    assert_int_equal(channel_new(fds[0], GUARD_UID, run->pid, false, &run->control), 0);
    memcpy(m.start.build, process_build, sizeof m.start.build);
    m.start.program = PROGRAM_GUARD_B;
    m.start.training = 1;
    memcpy(m.start.enclave, "e7k2m9qa", 8);
    m.start.run = bytes_text("sign");
    assert_int_equal(channel_put(run->control, &m), 0);
    assert_int_equal(channel_flush(run->control), 0);
    give(run, DESCRIPTOR_DIRECTORY, "guard-b", O_RDONLY | O_DIRECTORY);
    give(run, DESCRIPTOR_ROOT, "root.json", O_RDONLY);
    give(run, DESCRIPTOR_POLICY, "policy.cedar", O_RDONLY);
    give(run, DESCRIPTOR_OUTBOX, "outbox", O_RDONLY | O_DIRECTORY);
    run->keeper = join(run, 5);
    run->worker = join(run, 14);
    give_key(run, KEY_GUARD_B_RELEASE, SEED_B);
    give_key(run, KEY_GUARD_B_OUTER, SEED_OUTER);
    m = (struct message){.number = MESSAGE_CONFINE};
    assert_int_equal(channel_put(run->control, &m), 0);
    assert_int_equal(channel_flush(run->control), 0);
    wait_for(run, run->control, &run->ready);
    assert_true(run->ready);
}

/* It ends by itself; its exit status. */
static int ended(struct run *run)
{
    int status = 0;
    assert_int_equal(waitpid(run->pid, &status, 0), run->pid);
    channel_free(run->control);
    channel_free(run->keeper);
    channel_free(run->worker);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* ---- asking it ---- */

static void say(struct run *run, const struct message *m)
{
    assert_int_equal(channel_put(run->worker, m), 0);
    assert_int_equal(channel_flush(run->worker), 0);
}

static void say_facts(struct run *run, const struct world *w)
{
    struct message m = {.number = MESSAGE_GUARD_FACTS};
    m.guard_facts.stage = (uint8_t)w->asked.stage;
    memcpy(m.guard_facts.enclave, w->enclave, 8);
    m.guard_facts.epoch = w->epoch;
    m.guard_facts.sequence = w->sequence;
    memset(m.guard_facts.requester, w->requester, 16);
    m.guard_facts.slot = bytes_text(w->slot);
    say(run, &m);
}

/* In parts of at most ${most} bytes. */
static void say_piece(struct run *run, const char *name, const struct text *t, uint32_t most)
{
    struct message m = {.number = MESSAGE_GUARD_PIECE};
    m.guard_piece.name = bytes_text(name);
    m.guard_piece.parts = ((uint32_t)t->length + most - 1) / most;
    for (uint32_t at = 0; at < t->length; at += most, m.guard_piece.part++) {
        uint32_t left = (uint32_t)t->length - at;
        m.guard_piece.body = bytes_view_of(t->data + at, left < most ? left : most);
        say(run, &m);
    }
}

static int ask(struct run *run, struct world *w)
{
    struct message go = {.number = MESSAGE_GUARD_GO};
    unsigned due = w->asked.stage == B_STAGE_BUILD ? B_PIECES_BUILT : B_PIECES;
    start(run);
    say_facts(run, w);
    for (unsigned i = 0; i < due; i++)
        say_piece(run, b_check_piece[i], &w->piece[i], 100);
    go.guard_go.stage = (uint8_t)w->asked.stage;
    say(run, &go);
    wait_for(run, run->worker, &run->answered);
    assert_true(run->answered);
    return ended(run);
}

static int setup(void **state)
{
    struct world *w = world_new();
    for (unsigned i = 0; i < 2; i++)
        w->word[i].time = os_utc_ms() - 5000;
    b_digits_digest(POLICY, strlen(POLICY), w->asked.policy_digest);
    char hex[65];
    b_digits_hex(w->asked.policy_digest, 32, hex);
    text_set(&w->piece[B_PIECE_POLICY], "{\"digest\":\"");
    text_append(&w->piece[B_PIECE_POLICY], hex);
    text_append(&w->piece[B_PIECE_POLICY], "\",\"id\":\"release\"}\n");
    w->asked.now_ms = os_utc_ms();
    w->sequence = 1;
    w->past.length = 0;
    world_compose(w);
    world_seal(w);
    empty_directory("guard-b");
    empty_directory("outbox");
    put_file("root.json", w->root.data, w->root.length);
    put_file("policy.cedar", POLICY, strlen(POLICY));
    *state = w;
    return 0;
}

/* ---- cases ---- */

static void checks_what_was_built_and_leaves_no_trace(void **state)
{
    struct world *w = *state;
    struct run run;
    w->asked.stage = B_STAGE_BUILD;
    assert_int_equal(ask(&run, w), 0);
    if (!run.verdict.accepted)
        fail_msg("%s", run.sentence);
    assert_int_equal(files_in("guard-b"), 0);
    assert_int_equal(files_in("outbox"), 0);
}

static void assert_outbox_is_expected(void)
{
    static uint8_t file[B_TAR_MAX];
    char name[100];
    snprintf(name, sizeof name, "outbox/%s", expected.tar_name);
    assert_int_equal(get_file(name, file, sizeof file, 0644), expected.tar_length);
    assert_memory_equal(file, expected.tar, expected.tar_length);
    snprintf(name, sizeof name, "outbox/%s", expected.outer_name);
    assert_int_equal(get_file(name, file, sizeof file, 0644), expected.outer_length);
    assert_memory_equal(file, expected.outer, expected.outer_length);
    assert_int_equal(get_file("guard-b/chain", file, sizeof file, 0600), expected.past_length);
    assert_memory_equal(file, expected.past, expected.past_length);
    assert_int_equal(files_in("outbox"), 2);
    assert_int_equal(files_in("guard-b"), 1);
}

static void signs_and_signs_the_same_again_and_nothing_else(void **state)
{
    struct world *w = *state;
    struct run run;
    struct b_refusal why;
    assert_int_equal(world_release(w, &expected, &why), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask(&run, w), 0);
        if (!run.verdict.accepted)
            fail_msg("%s", run.sentence);
        assert_string_equal(run.sentence, expected.tar_name);
        assert_outbox_is_expected();
    }
    w->slot = "2026-W48";
    world_compose(w);
    world_seal(w);
    assert_int_equal(ask(&run, w), 0);
    assert_int_equal(run.verdict.accepted, 0);
    assert_non_null(strstr(run.sentence, "equivocation"));
    assert_outbox_is_expected();
}

static void uses_its_own_clock(void **state)
{
    struct world *w = *state;
    struct run run;
    for (unsigned i = 0; i < 2; i++)
        w->word[i].time = os_utc_ms() - 28801000;
    world_seal(w);
    assert_int_equal(ask(&run, w), 0);
    assert_int_equal(run.verdict.accepted, 0);
    assert_non_null(strstr(run.sentence, "older than eight hours"));
    assert_int_equal(files_in("guard-b") + files_in("outbox"), 0);
}

static void ends_when_the_worker_breaks_the_protocol(void **state)
{
    struct world *w = *state;
    struct run run;
    start(&run);
    say_facts(&run, w);
    say_facts(&run, w);
    wait_for(&run, run.worker, &run.answered);
    assert_false(run.answered);
    assert_int_equal(ended(&run), 1);
}

static void ends_when_the_worker_leaves(void **state)
{
    struct world *w = *state;
    struct run run;
    start(&run);
    say_facts(&run, w);
    shutdown(channel_fd(run.worker), SHUT_RDWR);
    assert_int_equal(ended(&run), 0);
}

#define RUN(case_name) cmocka_unit_test_setup_teardown(case_name, setup, world_teardown)
int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        RUN(checks_what_was_built_and_leaves_no_trace),
        RUN(signs_and_signs_the_same_again_and_nothing_else),
        RUN(uses_its_own_clock),
        RUN(ends_when_the_worker_breaks_the_protocol),
        RUN(ends_when_the_worker_leaves),
    };
    if (argc > 1)
        binary = argv[1];
    if (geteuid() != 0 || access(binary, X_OK) != 0) {
        printf("skipped: this needs root and %s\n", binary);
        return 0;
    }
    if (!mkdtemp(top) || chmod(top, 0711) != 0 || mkdir(in_top("guard-b"), 0700) != 0 ||
        chown(in_top("guard-b"), GUARD_UID, GUARD_UID) != 0 || mkdir(in_top("outbox"), 0700) != 0 ||
        chown(in_top("outbox"), GUARD_UID, GUARD_UID) != 0)
        return 1;
    int failed = cmocka_run_group_tests(cases, NULL, NULL);
    empty_directory("guard-b");
    empty_directory("outbox");
    rmdir(in_top("guard-b"));
    rmdir(in_top("outbox"));
    empty_directory("");
    rmdir(top);
    return failed;
}
