#include "tests/crypto/cases.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "enclave/keys/tpm.h"

/* A TPM for each case: swtpm, with a state of its own. */

#define PCRS (1u << 0 | 1u << 7)

static char directory[64], why[TPM_WHY];
static pid_t emulator = -1;
static int fd = -1;

static bool is_there(void)
{
    return access("/usr/bin/swtpm", X_OK) == 0;
}

static void start(const char *state)
{
    char tpmstate[128], server[128], path[100];
    snprintf(path, sizeof path, "%s/%s", directory, state);
    (void)mkdir(path, 0700);
    snprintf(tpmstate, sizeof tpmstate, "dir=%s/%s", directory, state);
    snprintf(path, sizeof path, "%s/socket", directory);
    unlink(path);
    snprintf(server, sizeof server, "type=unixio,path=%s", path);
    emulator = fork();
    if (emulator == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        dup2(null, 2);
        execl("/usr/bin/swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", tpmstate, "--server",
              server, "--flags", "not-need-init,startup-clear", (char *)NULL);
        _exit(127);
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    for (int tries = 0; tries < 500; tries++) {
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
            return;
        close(fd);
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    fail_msg("swtpm does not answer");
}

static void stop(void)
{
    if (fd >= 0)
        close(fd);
    fd = -1;
    if (emulator > 0) {
        kill(emulator, SIGKILL);
        waitpid(emulator, NULL, 0);
    }
    emulator = -1;
}

static int set_up(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/casemate-tpm-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    tpm_begin();
    start("one");
    return 0;
}

static int tear_down(void **state)
{
    char command[100];
    (void)state;
    stop();
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

/* TPM2_PCR_Extend (part 3, 22.2), with the empty password. */
static void extend(uint8_t pcr)
{
    uint8_t command[65] = {0x80, 0x02, 0, 0, 0, 65, 0, 0, 0x01, 0x82, 0, 0, 0, pcr, 0, 0,    0,
                           9,    0x40, 0, 0, 9, 0,  0, 0, 0,    0,    0, 0, 0, 1,   0, 0x0b, 42};
    uint8_t answer[100];
    assert_int_equal(write(fd, command, sizeof command), sizeof command);
    ssize_t n = read(fd, answer, sizeof answer);
    assert_true(n >= 10);
    assert_memory_equal(answer + 6, "\0\0\0\0", 4);
}

static void seal(const struct secret *secret, struct tpm_sealed *sealed)
{
    if (tpm_seal(fd, PCRS, secret, sealed, why) != 0)
        fail_msg("%s", why);
}

static void gives_back(const struct tpm_sealed *sealed, uint8_t value)
{
    struct secret *out = NULL;
    uint8_t expected[32];
    memset(expected, value, 32);
    if (tpm_unseal(fd, sealed, &out, why) != 0)
        fail_msg("%s", why);
    assert_memory_equal(secret_open(out), expected, 32);
    secret_close(out);
    secret_free(out);
}

static void refuses(const struct tpm_sealed *sealed, int code, const char *words)
{
    struct secret *out = NULL;
    why[0] = '\0';
    assert_int_equal(tpm_unseal(fd, sealed, &out, why), code);
    assert_null(out);
    if (!strstr(why, words))
        fail_msg("\"%s\" does not say \"%s\"", why, words);
}

static void gives_back_what_was_sealed_also_after_a_start(void **state)
{
    struct secret *secret = secret_of(0x5a, 32);
    struct tpm_sealed sealed;
    (void)state;
    seal(secret, &sealed);
    gives_back(&sealed, 0x5a);
    gives_back(&sealed, 0x5a);
    stop();
    start("one");
    gives_back(&sealed, 0x5a);
    secret_free(secret);
}

/* A power cut is no guess. */
static void power_cuts_do_not_lock_it(void **state)
{
    struct secret *secret = secret_of(0x5a, 32);
    struct tpm_sealed sealed;
    (void)state;
    seal(secret, &sealed);
    for (unsigned i = 0; i < 8; i++) {
        gives_back(&sealed, 0x5a);
        stop();
        start("one");
    }
    gives_back(&sealed, 0x5a);
    secret_free(secret);
}

static void nothing_of_the_secret_is_in_what_is_kept(void **state)
{
    struct secret *secret = secret_of(0x5a, 32);
    struct tpm_sealed sealed;
    uint8_t bytes[8];
    (void)state;
    memset(bytes, 0x5a, sizeof bytes);
    seal(secret, &sealed);
    assert_null(memmem(&sealed, sizeof sealed, bytes, sizeof bytes));
    secret_free(secret);
}

static void a_changed_pcr_is_said_so_and_another_one_is_not_looked_at(void **state)
{
    struct secret *secret = secret_of(0x5a, 32);
    struct tpm_sealed sealed;
    (void)state;
    seal(secret, &sealed);
    extend(8);
    gives_back(&sealed, 0x5a);
    extend(7);
    refuses(&sealed, ERR_STATE, "(PCRs 0,7) is not what it was");
    secret_free(secret);
}

static void another_tpm_is_named(void **state)
{
    struct secret *secret = secret_of(0x5a, 32);
    struct tpm_sealed sealed;
    (void)state;
    seal(secret, &sealed);
    stop();
    start("two");
    refuses(&sealed, ERR_KEY, "another TPM");
    memset(sealed.name, 0, TPM_NAME);
    refuses(&sealed, ERR_KEY, "another TPM");
    secret_free(secret);
}

static void changed_blobs_give_nothing(void **state)
{
    struct secret *secret = secret_of(0x5a, 32);
    struct tpm_sealed sealed, changed;
    (void)state;
    seal(secret, &sealed);
    for (unsigned i = 0; i < 12; i++) {
        struct secret *out = NULL;
        changed = sealed;
        changed.public_blob[i * sealed.public_length / 12] ^= 1;
        assert_int_not_equal(tpm_unseal(fd, &changed, &out, why), 0);
        changed = sealed;
        changed.private_blob[i * sealed.private_length / 12] ^= 1;
        assert_int_not_equal(tpm_unseal(fd, &changed, &out, why), 0);
        assert_null(out);
    }
    changed = sealed;
    changed.private_length = 3;
    refuses(&changed, ERR_SYSTEM, "does not do what it is asked");
    gives_back(&sealed, 0x5a);
    secret_free(secret);
}

/* ---- the line ---- */

/* Between us and the TPM: whatever passes is kept. */
static int watched(const char *capture, pid_t *ret_pid)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    *ret_pid = fork();
    if (*ret_pid == 0) {
        int out = open(capture, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        uint8_t bytes[4096];
        close(pair[0]);
        for (;;) {
            struct pollfd ready[2] = {{pair[1], POLLIN, 0}, {fd, POLLIN, 0}};
            if (poll(ready, 2, 20000) <= 0)
                _exit(0);
            for (int i = 0; i < 2; i++) {
                if (!ready[i].revents)
                    continue;
                ssize_t n = read(ready[i].fd, bytes, sizeof bytes);
                if (n <= 0 || write(out, bytes, (size_t)n) != n ||
                    write(ready[1 - i].fd, bytes, (size_t)n) != n)
                    _exit(0);
            }
        }
    }
    close(pair[1]);
    return pair[0];
}

static void the_secret_does_not_pass_in_clear(void **state)
{
    struct secret *secret = secret_of(0x5a, 32);
    struct tpm_sealed sealed;
    char capture[100];
    static uint8_t bytes[65536];
    uint8_t run[8];
    pid_t watcher;
    (void)state;
    snprintf(capture, sizeof capture, "%s/capture", directory);
    int line = watched(capture, &watcher), direct = fd;
    fd = line;
    seal(secret, &sealed);
    gives_back(&sealed, 0x5a);
    close(line);
    fd = direct;
    waitpid(watcher, NULL, 0);
    int in = open(capture, O_RDONLY);
    ssize_t n = read(in, bytes, sizeof bytes);
    close(in);
    assert_true(n > 1000);
    memset(run, 0x5a, sizeof run);
    assert_null(memmem(bytes, (size_t)n, run, sizeof run));
    secret_free(secret);
}

/* Who plays a TPM and answers nonsense, or nothing, is told apart from none. */
static void refuses_answers_that_are_none(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } answers[] = {
        {"", 0},
        {"\x80\x01", 2},
        {"\x80\x01\0\0\0\x09\0\0\0\0", 10},
        {"\x80\x01\0\0\0\x0a\0\0\0\0", 10},
        {"\x80\x01\0\0\0\x0a\0\0\x01\x01", 10},
        {"\x80\x01\xff\xff\xff\xff\0\0\0\0", 10},
        {"\x80\x01\0\0\0\x0a\0\0\0\0 and more", 19},
        {"\x80\x02\0\0\0\x10\0\0\0\0\x80\0\0\0\xff\xff", 16},
    };
    struct secret *secret = secret_of(0x5a, 32), *out = NULL;
    struct tpm_sealed sealed;
    (void)state;
    seal(secret, &sealed);
    int direct = fd;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        int pair[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        assert_int_equal(write(pair[1], answers[i].bytes, answers[i].length), answers[i].length);
        shutdown(pair[1], SHUT_WR);
        assert_int_equal(tpm_unseal(pair[0], &sealed, &out, why), ERR_SYSTEM);
        assert_null(out);
        close(pair[0]);
        close(pair[1]);
    }
    fd = direct;
    gives_back(&sealed, 0x5a);
    secret_free(secret);
}

/* ---- which PCRs ---- */

static void pcrs_have_one_form(void **state)
{
    static const char *const wrong[] = {"",   ",",    "0,",  "24", "7,0",        "0,0",
                                        "00", "0, 7", "0-7", "a",  "99999999999"};
    char text[TPM_PCRS_TEXT];
    uint32_t pcrs = 0;
    (void)state;
    assert_int_equal(tpm_pcrs_parse(bytes_text("0,2,4,7,11"), &pcrs), 0);
    assert_int_equal(pcrs, 1 | 4 | 16 | 128 | 2048);
    tpm_pcrs_print(0xffffff, text);
    assert_int_equal(tpm_pcrs_parse(bytes_text(text), &pcrs), 0);
    assert_int_equal(pcrs, 0xffffff);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_not_equal(tpm_pcrs_parse(bytes_text(wrong[i]), &pcrs), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(pcrs_have_one_form),
        CASE(gives_back_what_was_sealed_also_after_a_start),
        CASE(power_cuts_do_not_lock_it),
        CASE(nothing_of_the_secret_is_in_what_is_kept),
        CASE(a_changed_pcr_is_said_so_and_another_one_is_not_looked_at),
        CASE(another_tpm_is_named),
        CASE(changed_blobs_give_nothing),
        CASE(the_secret_does_not_pass_in_clear),
        CASE(refuses_answers_that_are_none),
    };
    signal(SIGPIPE, SIG_IGN);
    if (!is_there()) {
        const struct CMUnitTest first[] = {cmocka_unit_test(pcrs_have_one_form)};
        printf("skipped: no swtpm on this machine, so nothing is sealed\n");
        return cmocka_run_group_tests(first, NULL, NULL);
    }
    return cmocka_run_group_tests(cases, NULL, NULL);
}
