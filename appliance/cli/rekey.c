/* A new key for an enclave, and the end of all its keys. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "appliance/cli/ask.h"
#include "appliance/cli/collect.h"
#include "appliance/cli/progress.h"
#include "enclave/process/os.h"
#include "transfer/file.h"
#include "transfer/grammar.h"

#define COPIES_MAX      24000
#define COPIES_REST     200 /* for what has no place */
#define CERTIFICATE_MAX 32768
#define READY_MS        30000
#define LOCKED_MS       3000 /* it is for a moment, until it has its keys; or the keeper ended */

static int check_enclave(const struct cli *o)
{
    if (grammar_is_enclave(bytes_text(o->operand[0])))
        return 0;
    return cli_complain(o, CLI_USAGE,
                        "an enclave's id is e and seven of a-z and 0-9, such as e7k2m9qa; "
                        "casemate status lists them.");
}

/* ---- rekey ---- */

/* Who has no store has no key to change. */
static int check_store(const struct cli *o)
{
    static const char *const without[] = {"auditor",  "keeper",  "hasher",  "entry",    "gateway",
                                          "gateways", "guard-a", "guard-b", "certifier"};
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if (strcmp(o->operand[0], without[i]) == 0)
            return cli_complain(
                o, CLI_REFUSED, "%s has no store: what it writes down is %s. Nothing was changed.",
                without[i],
                i == 0 ? "the journal, whose segments are sealed each under the auditor's key and "
                         "are kept as they are"
                : i == 1 ? "the key ring (casemate keys custodians gives it a new root key)"
                         : "nothing that a key of its own opens");
    return strcmp(o->operand[0], "identity") == 0 ? 0 : check_enclave(o);
}

/* What the run says goes to the terminal as it comes, in a process of its own: the console's
 * answer comes in the end. */
static pid_t follow(int fd, int other_end)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    char text[200];
    ssize_t n;
    close(other_end);
    while ((n = read(fd, text, sizeof text - 1)) > 0) {
        text[n] = '\0';
        ask_printable(text);
        fputs(text, stderr);
    }
    _exit(0);
}

/* Its program starts under the new key, and only then a backup of it can be made. */
static void wait_ready(const struct cli *o)
{
    struct progress p;
    uint64_t end = os_boot_ms() + READY_MS;
    int r;
    progress_begin(&p, "starting under the new key", 0);
    uint64_t locked_until = os_boot_ms() + LOCKED_MS;
    while ((r = ask_ready(o->site, o->operand[0])) != 0 && os_boot_ms() < end) {
        if (r == ERR_STATE)
            locked_until = os_boot_ms() + LOCKED_MS;
        else if (r != ERR_KEY || os_boot_ms() > locked_until)
            break;
        usleep(100000);
        progress_wait(&p);
    }
    progress_end(&p, r == 0);
    if (r)
        fprintf(stderr,
                "casemate: the key is changed, but %s does not answer yet; casemate status says "
                "why. Make the backup when it is ready.\n",
                o->operand[0]);
}

int cli_rekey(const struct cli *o)
{
    struct ask_answer answer = {0};
    int out[2];
    int r = check_store(o);
    bool identity = strcmp(o->operand[0], "identity") == 0;
    if (r)
        return r;
    if (pipe2(out, O_CLOEXEC) != 0)
        return cli_complain_file(o, "a pipe", ERR_SYSTEM);
    pid_t pid = follow(out[0], out[1]);
    close(out[0]);
    r = ask(o->site, identity ? COMMAND_REKEY_IDENTITY : COMMAND_REKEY,
            identity ? "" : o->operand[0], &out[1], 1, &answer);
    int kept = errno;
    close(out[1]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    if (r == 0 && answer.well)
        wait_ready(o);
    errno = kept;
    return cli_finish(o, o->site, r, &answer);
}

/* ---- the copies of what an enclave's key opens ---- */

struct copies {
    char *text; /* COPIES_MAX */
    size_t used;
    unsigned omitted;
};

__attribute__((format(printf, 2, 3))) static void add_copy(struct copies *to, const char *format,
                                                           ...)
{
    char line[1000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    size_t n = strcspn(line, "\t\n");
    if (to->used + n + 2 > COPIES_MAX - COPIES_REST) {
        to->omitted++;
        return;
    }
    to->text[to->used++] = '\t';
    memcpy(to->text + to->used, line, n);
    to->used += n;
    to->text[to->used] = '\0';
}

/* The files of the worker: its store, and what a rekey may have left. */
static void add_files(const char *path, struct copies *to)
{
    DIR *dir = opendir(path);
    struct dirent *e;
    struct stat st;
    while (dir && (e = readdir(dir)))
        if (e->d_name[0] != '.' && fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            add_copy(to, "%s/%s, %lld bytes", path, e->d_name, (long long)st.st_size);
    if (dir)
        closedir(dir);
}

/* Its lines of the register: a date, an enclave, a generation, a medium, a file or a digest.  Each
 * backup has the key ring of its day in it. */
static void add_backups(const struct cli *o, const char *path, struct copies *to)
{
    char *line = NULL, enclave[16];
    size_t room = 0;
    FILE *in = fopen(path, "re");
    while (in && getline(&line, &room, in) > 0)
        if (sscanf(line, "%*s %15s", enclave) == 1 && strcmp(enclave, o->operand[0]) == 0)
            add_copy(to, "backup %.*s; with it, as site/keyring, a copy of the key ring",
                     (int)strcspn(line, "\t\n"), line);
    free(line);
    if (in)
        fclose(in);
}

/* The register first: what the worker put into its own directory takes no place from it.  What has
 * none is said. */
static int find_copies(const struct cli *o, char text[static COPIES_MAX])
{
    char path[FILE_PATH_MAX];
    struct copies to = {.text = text};
    text[0] = '\0';
    int r = file_path(path, "%s/keeper", o->site);
    if (r == 0)
        add_copy(&to,
                 "%s/" KEYRING_FILE " (the ring itself; of its earlier copies only those in the "
                 "backups below are known)",
                 path);
    if (r == 0)
        r = file_path(path, "%s/backups", o->site);
    if (r == 0)
        add_backups(o, path, &to);
    if (r == 0)
        r = file_path(path, "%s/%s/worker", o->site, o->operand[0]);
    if (r == 0)
        add_files(path, &to);
    if (to.omitted)
        snprintf(
            text + to.used, COPIES_REST,
            "\tand %u more, for which there is no room here: keep the site's file backups, and "
            "a list of the enclave's directory, with this",
            to.omitted);
    return r ? cli_complain_file(o, o->site, r) : 0;
}

/* ---- close-out ---- */

static int ask_again(const struct cli *o)
{
    char typed[64] = "";
    const char *again = o->again;
    if (!again && isatty(STDIN_FILENO)) {
        fprintf(stderr,
                "Every key of %s will be destroyed in this site's key ring: nothing that it "
                "recorded can be read here after that. A backup that was made before holds the "
                "key ring of its day, with the key in it: it still opens with the custodians' "
                "shares that were in force then, or with recovery shares. Destroy those media; "
                "the certificate lists them.\nType its id again: ",
                o->operand[0]);
        if (fgets(typed, sizeof typed, stdin))
            typed[strcspn(typed, "\r\n")] = '\0';
        again = typed;
    }
    if (!again)
        return cli_complain(o, CLI_USAGE, "without a terminal it takes --again %s.", o->operand[0]);
    if (strcmp(again, o->operand[0]) != 0)
        return cli_complain(o, CLI_REFUSED, "\"%s\" is not %s; nothing was changed.", again,
                            o->operand[0]);
    return 0;
}

/* The certificate's text, and behind it that of its signature. */
static int put_certificate(const struct cli *o, const char *text, size_t length)
{
    char path[FILE_PATH_MAX];
    const char *signature = NULL; /* the last one: a file's name may hold the same words */
    for (const char *at = text; (at = strstr(at, MINISIGN_UNTRUSTED)); at++)
        signature = at;
    size_t body = signature ? (size_t)(signature - text) : length;
    int r = file_write(o->out, 0644, true, text, body);
    if (r)
        return cli_complain_file(o, o->out, r);
    r = file_path(path, "%s.minisig", o->out);
    if (r == 0 && signature)
        r = file_write(path, 0644, true, signature, length - body);
    if (r)
        return cli_complain_file(o, path, r);
    if (!o->json)
        fwrite(text, 1, body, stdout);
    return 0;
}

static int hand_on(const struct cli *o, const char *copies, const struct share *shares,
                   size_t count)
{
    static char words[COPIES_MAX + 32], text[CERTIFICATE_MAX + 1];
    struct ask_answer answer = {0};
    int in = -1, out[2] = {-1, -1};
    size_t length = 0;
    int n = snprintf(words, sizeof words, "%s%s\n", o->operand[0], copies);
    int r = pipe2(out, O_CLOEXEC) != 0 ? ERR_SYSTEM
                                       : collect_hand_on(o, words, (size_t)n, shares, count, &in);
    if (r == 0)
        r = ask(o->site, COMMAND_CLOSE_OUT, o->operand[0], (int[]){in, out[1]}, 2, &answer);
    int kept = errno;
    if (in >= 0)
        close(in);
    if (out[1] >= 0)
        close(out[1]);
    for (ssize_t got = 1; r == 0 && answer.well && got > 0; length += got > 0 ? (size_t)got : 0)
        got = read(out[0], text + length, CERTIFICATE_MAX - length);
    if (out[0] >= 0)
        close(out[0]);
    text[length] = '\0';
    errno = kept;
    if (r == 0 && answer.well && put_certificate(o, text, length) != 0) {
        fprintf(stderr,
                "casemate: the keys of %s are destroyed. Run this again, with another "
                "--out, for the certificate.\n",
                o->operand[0]);
        return CLI_TROUBLE;
    }
    return cli_finish(o, o->site, r, &answer);
}

/* Before anything is destroyed: can the certificate be written there at all? */
static int check_out(const struct cli *o)
{
    char path[FILE_PATH_MAX];
    if (!o->out)
        return cli_complain(o, CLI_USAGE, "name the file for the certificate with --out.");
    if (file_path(path, "%s.minisig", o->out) != 0)
        return cli_complain_file(o, o->out, ERR_SIZE);
    if (access(o->out, F_OK) == 0 || access(path, F_OK) == 0)
        return cli_complain(o, CLI_REFUSED, "%s is there already; name another file.",
                            access(o->out, F_OK) == 0 ? o->out : path);
    if (file_write(o->out, 0644, true, "", 0) != 0)
        return cli_complain_file(o, o->out, ERR_SYSTEM);
    return unlink(o->out) == 0 ? 0 : cli_complain_file(o, o->out, ERR_SYSTEM);
}

int cli_close_out(const struct cli *o)
{
    static struct share shares[SHARES_MAX];
    static char copies[COPIES_MAX];
    struct custodians custodians;
    size_t count = 0;
    int r = check_enclave(o);
    if (r == 0)
        r = check_out(o);
    if (r == 0)
        r = ask_again(o);
    if (r == 0)
        r = find_copies(o, copies);
    if (r == 0)
        r = collect_custodians(o, o->site, &custodians);
    if (r == 0)
        r = collect_shares(o, &custodians, shares, &count);
    if (r == 0 || r == COLLECT_NONE)
        r = hand_on(o, copies, shares, count);
    sodium_memzero(shares, sizeof shares);
    return r;
}
