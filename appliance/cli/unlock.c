/* Starting a production site, and unlocking it with its custodians' shares. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "appliance/cli/ask.h"
#include "appliance/cli/start.h"
#include "crypto/shares.h"
#include "enclave/process/os.h"
#include "transfer/file.h"

#define START_MS    30000
#define SHARES_FILE (SHARES_MAX * 2 * SHARE_TEXT)

static const char *site_of(const struct cli *o)
{
    return o->operands ? o->operand[0] : o->site;
}

/* ---- start ---- */

int cli_site_start(const struct cli *o)
{
    const char *site = site_of(o);
    struct ask_answer answer;
    char path[FILE_PATH_MAX];
    pid_t pid = -1;
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
    int r = start_supervisor(o, site, &pid);
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
    cli_say(o, true, "Started, and locked: casemate unlock takes its custodians' shares.");
    return CLI_DONE;
}

/* ---- shares, from a terminal or a file ---- */

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r\n")] == '\0';
}

/* The next SHARE_ROWS lines that are not empty; how many came. */
static unsigned read_rows(FILE *in, char text[static 4 * SHARE_TEXT], bool prompt, size_t number)
{
    char line[100];
    unsigned rows = 0;
    size_t n = 0;
    while (rows < SHARE_ROWS) {
        if (prompt)
            fprintf(stderr, "share %zu, row %u: ", number, rows + 1);
        if (!fgets(line, sizeof line, in))
            break;
        if (prompt)
            fputc('\n', stderr);
        if (is_blank(line) || n + strlen(line) >= 4 * SHARE_TEXT)
            continue;
        memcpy(text + n, line, strlen(line));
        n += strlen(line);
        rows++;
    }
    text[n] = '\0';
    sodium_memzero(line, sizeof line);
    return rows;
}

/* Until there are enough.  A person may type a share again; a file is refused. */
static int read_shares(const struct cli *o, FILE *in, bool prompt,
                       const struct custodians *custodians, struct share *shares, size_t *ret_count)
{
    char text[4 * SHARE_TEXT], why[SHARE_WHY];
    size_t count = 0;
    int r = 0;
    while (r == 0 && count < (prompt ? custodians->threshold : SHARES_MAX)) {
        unsigned rows = read_rows(in, text, prompt, count + 1);
        if (rows == 0)
            break;
        int wrong = share_parse(bytes_text(text), &shares[count], why);
        if (wrong == 0)
            wrong = shares_check(custodians, shares, count + 1, why);
        if (wrong && prompt && rows == SHARE_ROWS)
            fprintf(stderr, "%s Type it again.\n", why);
        else if (wrong)
            r = cli_complain(o, CLI_REFUSED, "share number %zu: %s", count + 1, why);
        count += wrong == 0;
    }
    sodium_memzero(text, sizeof text);
    *ret_count = count;
    return r;
}

static struct termios before; /* the terminal, as it was */

/* Who gives up gets his terminal back. */
static void interrupted(int number)
{
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    _exit(128 + number);
}

/* A share that is typed is not shown. */
static int read_without_echo(const struct cli *o, const struct custodians *custodians,
                             struct share *shares, size_t *ret_count)
{
    struct termios quiet;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return cli_complain_file(o, "the terminal", ERR_SYSTEM);
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    signal(SIGINT, interrupted);
    signal(SIGTERM, interrupted);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0)
        return cli_complain_file(o, "the terminal", ERR_SYSTEM);
    int r = read_shares(o, stdin, true, custodians, shares, ret_count);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &before) != 0 && r == 0)
        r = cli_complain_file(o, "the terminal", ERR_SYSTEM);
    return r;
}

static int collect(const struct cli *o, const struct custodians *custodians, struct share *shares,
                   size_t *ret_count)
{
    if (!o->shares && isatty(STDIN_FILENO))
        return read_without_echo(o, custodians, shares, ret_count);
    if (!o->shares || strcmp(o->shares, "-") == 0)
        return read_shares(o, stdin, false, custodians, shares, ret_count);
    FILE *in = fopen(o->shares, "re");
    if (!in)
        return cli_complain_file(o, o->shares, ERR_SYSTEM);
    int r = read_shares(o, in, false, custodians, shares, ret_count);
    fclose(in);
    return r;
}

/* ---- handing them on ---- */

/* A line for each, as the keeper reads it. */
static int write_shares(int fd, const struct share *shares, size_t count)
{
    char text[SHARE_TEXT + 1];
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        share_print(&shares[i], text);
        for (size_t k = 0; k + 1 < SHARE_TEXT; k++)
            if (text[k] == '\n')
                text[k] = '-';
        r = write(fd, text, SHARE_TEXT) == SHARE_TEXT ? 0 : ERR_SYSTEM;
    }
    sodium_memzero(text, sizeof text);
    return r;
}

/* What is read from the other end; a pipe holds it all. */
static int pipe_of(const void *data, size_t length, const struct share *shares, size_t count,
                   int *ret_fd)
{
    int pair[2];
    if (pipe2(pair, O_CLOEXEC) != 0)
        return ERR_SYSTEM;
    int r = length && write(pair[1], data, length) != (ssize_t)length ? ERR_SYSTEM : 0;
    if (r == 0)
        r = write_shares(pair[1], shares, count);
    close(pair[1]);
    if (r)
        close(pair[0]);
    else
        *ret_fd = pair[0];
    return r;
}

static int hand_on(const struct cli *o, const struct share *shares, size_t count)
{
    struct ask_answer answer = {0};
    int in = -1, out[2] = {-1, -1};
    int r = pipe2(out, O_CLOEXEC) != 0 ? ERR_SYSTEM : pipe_of(NULL, 0, shares, count, &in);
    if (r == 0)
        r = ask(site_of(o), COMMAND_UNLOCK_SHARES, "", (int[]){in, out[1]}, 2, &answer);
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

/* The shares of this site's custodians, whose file is at ${path}. */
static int collect_for(const struct cli *o, const char *path, struct share *shares,
                       size_t *ret_count)
{
    char text[CUSTODIANS_MAX + 1];
    struct custodians custodians;
    size_t length = 0;
    int r = file_read(path, text, sizeof text, &length);
    if (r == 0)
        r = custodians_parse(bytes_view_of(text, length), &custodians);
    return r ? cli_complain_file(o, path, r) : collect(o, &custodians, shares, ret_count);
}

int cli_restore(const struct cli *o)
{
    static struct share shares[SHARES_MAX];
    struct ask_answer answer = {0};
    char path[FILE_PATH_MAX], line[400];
    int fds[2] = {-1, -1};
    size_t count = 0;
    int n = snprintf(line, sizeof line, "%s %s\n", o->operand[0], o->operand[1]);
    if (n < 0 || (size_t)n >= sizeof line)
        return cli_complain(o, CLI_USAGE, "a reason has at most 160 bytes.");
    int r = file_path(path, "%s/custodians", o->site);
    if (r)
        return cli_complain_file(o, o->site, r);
    if (access(path, F_OK) == 0)
        r = collect_for(o, path, shares, &count);
    if (r == 0) {
        r = pipe_of(line, (size_t)n, NULL, 0, &fds[0]);
        if (r == 0)
            r = pipe_of(NULL, 0, shares, count, &fds[1]);
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
    char path[FILE_PATH_MAX];
    struct ask_answer answer = {0};
    size_t count = 0;
    int r = file_path(path, "%s/custodians", site_of(o));
    if (r)
        return cli_complain_file(o, site_of(o), r);
    if (access(path, F_OK) != 0 || (r = ask(site_of(o), COMMAND_STATUS, "", NULL, 0, &answer)))
        return cli_finish(o, site_of(o),
                          r ? r : ask(site_of(o), COMMAND_UNLOCK, "", NULL, 0, &answer), &answer);
    r = collect_for(o, path, shares, &count);
    if (r == 0)
        r = hand_on(o, shares, count);
    sodium_memzero(shares, sizeof shares);
    return r;
}
