/* Shares, from a terminal or a file, and on to the keeper. */
#include "appliance/cli/collect.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "transfer/file.h"

/* ---- whose ---- */

int collect_ring(const struct cli *o, const char *site, struct keyring *ret_ring)
{
    char path[FILE_PATH_MAX], why[KEYRING_WHY] = "";
    int r = file_path(path, "%s/keeper", site);
    if (r)
        return cli_complain_file(o, site, r);
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return COLLECT_NONE;
    r = keyring_load(dir, ret_ring, why);
    close(dir);
    if (r == ERR_UNKNOWN)
        return COLLECT_NONE;
    return r ? cli_complain(o, CLI_TROUBLE, "%s: %s", path, why) : 0;
}

/* The file of sites from before there was a ring. */
static int from_file(const struct cli *o, const char *site, struct custodians *ret_custodians)
{
    char path[FILE_PATH_MAX], text[CUSTODIANS_MAX + 1];
    size_t length = 0;
    int r = file_path(path, "%s/custodians", site);
    if (r == 0 && access(path, F_OK) != 0)
        return COLLECT_NONE;
    if (r == 0)
        r = file_read(path, text, sizeof text, &length);
    if (r == 0)
        r = custodians_parse(bytes_view_of(text, length), ret_custodians);
    return r ? cli_complain_file(o, path, r) : 0;
}

int collect_custodians(const struct cli *o, const char *site, struct custodians *ret_custodians)
{
    static struct keyring ring;
    int r = collect_ring(o, site, &ring);
    if (r == COLLECT_NONE && !o->recovery)
        return from_file(o, site, ret_custodians);
    if (r == COLLECT_NONE || (r == 0 && o->recovery && !ring.recoverable))
        return cli_complain(o, CLI_REFUSED,
                            "this site has no recovery shares; casemate keys recovery makes them "
                            "while it is unlocked.");
    if (r)
        return r;
    if (ring.training && !o->recovery)
        return COLLECT_NONE;
    *ret_custodians = o->recovery ? ring.recovery : ring.custodians;
    return 0;
}

/* ---- reading them ---- */

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

/* Until there are enough.  A person may type a share again.  What a file holds the keeper judges,
 * which has a record made of what it refuses. */
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
        if (wrong == 0 && prompt)
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

int collect_shares(const struct cli *o, const struct custodians *custodians, struct share *shares,
                   size_t *ret_count)
{
    if (!o->shares && isatty(STDIN_FILENO))
        return read_without_echo(o, custodians, shares, ret_count);
    if (!o->shares || strcmp(o->shares, "-") == 0)
        return read_shares(o, stdin, false, custodians, shares, ret_count);
    FILE *in = fopen(o->shares, "re");
    if (!in)
        return cli_complain_file(o, o->shares, ERR_SYSTEM);
    struct stat st;
    int r = 0;
    if (fstat(fileno(in), &st) == 0 && S_ISDIR(st.st_mode))
        r = cli_complain(o, CLI_REFUSED,
                         "%s is a directory: --shares takes one file with as many shares as are "
                         "needed, or - for the standard input (cat %s/share-1 %s/share-2 | …).",
                         o->shares, o->shares, o->shares);
    if (r == 0)
        r = read_shares(o, in, false, custodians, shares, ret_count);
    fclose(in);
    return r;
}

int collect_settle(const struct cli *o, const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd >= 0 && syncfs(fd) == 0 ? 0 : cli_complain_file(o, directory, ERR_SYSTEM);
    if (fd >= 0)
        close(fd);
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

static int fill_pipe(const void *data, size_t length, const char *set, const struct share *shares,
                     size_t count, int *ret_fd)
{
    int pair[2];
    size_t n = strlen(set);
    if (pipe2(pair, O_CLOEXEC) != 0)
        return ERR_SYSTEM;
    int r = length && write(pair[1], data, length) != (ssize_t)length ? ERR_SYSTEM : 0;
    if (r == 0 && n && write(pair[1], set, n) != (ssize_t)n)
        r = ERR_SYSTEM;
    if (r == 0)
        r = write_shares(pair[1], shares, count);
    close(pair[1]);
    if (r)
        close(pair[0]);
    else
        *ret_fd = pair[0];
    return r;
}

int collect_pipe(const void *data, size_t length, int *ret_fd)
{
    return fill_pipe(data, length, "", NULL, 0, ret_fd);
}

int collect_hand_on(const struct cli *o, const void *words, size_t length,
                    const struct share *shares, size_t count, int *ret_fd)
{
    return fill_pipe(words, length, o->recovery ? "recovery\n" : "", shares, count, ret_fd);
}

int collect_hand_locked(const struct share *shares, size_t count, int *ret_fd)
{
    return fill_pipe(NULL, 0, "", shares, count, ret_fd);
}
