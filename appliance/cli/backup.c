/* casemate backup: every store while work goes on, the journal, the public files, the ring. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "appliance/cli/ask.h"
#include "appliance/cli/backup_set.h"
#include "appliance/cli/collect.h"
#include "appliance/supervisor/config.h"
#include "enclave/audit/outcome.h"
#include "enclave/backup/backup.h"

/* ---- one store ---- */

static int read_head(const char *path, struct backup_head *head)
{
    char why[BACKUP_WHY];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int r = fd < 0 ? ERR_SYSTEM : backup_read_head(fd, head, why);
    if (fd >= 0)
        close(fd);
    return r;
}

/* The run's own sentence, where it left one, is better than the supervisor's. */
static void say_why(int fd, struct ask_answer *answer)
{
    char text[BACKUP_WHY + 1];
    ssize_t n = read(fd, text, sizeof text - 1);
    if (n <= 0 || answer->well)
        return;
    text[n] = '\0';
    ask_printable(text);
    snprintf(answer->text, sizeof answer->text, "%s", text);
}

static int back_up_store(const struct cli *o, struct set *set, const char *holder)
{
    struct ask_answer answer = {0};
    struct backup_head head;
    char path[FILE_PATH_MAX], name[40];
    bool identity = strcmp(holder, "identity") == 0;
    int words[2] = {-1, -1};
    snprintf(name, sizeof name, "%s.backup", holder);
    int r = file_path(path, "%s/%s", set->path, name);
    int out = r ? -1 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0 || pipe2(words, O_CLOEXEC | O_NONBLOCK) != 0)
        return cli_complain_file(o, path, ERR_SYSTEM);
    r = ask(o->site, identity ? COMMAND_BACKUP_IDENTITY : COMMAND_BACKUP, identity ? "" : holder,
            (int[]){out, words[1]}, 2, &answer);
    int kept = errno;
    close(words[1]);
    if (r == 0)
        say_why(words[0], &answer);
    close(words[0]);
    close(out);
    errno = kept;
    if (r || !answer.well) {
        unlink(path);
        return r ? cli_finish(o, o->site, r, &answer)
                 : cli_complain(o, CLI_REFUSED, "%s is not in the backup: %s", holder, answer.text);
    }
    if (read_head(path, &head) != 0)
        return cli_complain(o, CLI_TROUBLE, "%s cannot be read back.", path);
    if (!o->json)
        printf("%-10s %" PRIu64 " events, %" PRIu64 " bytes\n", holder, head.events, head.length);
    return set_add(o, set, name);
}

/* ---- its key, for the recovery custodians ---- */

static int put_wrap(const struct cli *o, struct set *set, const struct keyring *ring,
                    const char *holder)
{
    static struct keyring_wrap wrap;
    char text[KEYRING_WRAP_MAX], path[FILE_PATH_MAX], name[40];
    size_t length;
    if (keyring_wrap_of(ring, holder, &wrap) != 0)
        return 0;
    snprintf(name, sizeof name, "%s.wrap", holder);
    int r = keyring_wrap_print(&wrap, text, &length);
    if (r == 0)
        r = file_path(path, "%s/%s", set->path, name);
    if (r == 0)
        r = file_write(path, 0600, true, text, length);
    return r ? cli_complain_file(o, set->path, r) : set_add(o, set, name);
}

/* No field of the register has a blank in it. */
static void print_field(FILE *f, const char *text)
{
    for (; *text; text++)
        fprintf(f, *text <= ' ' || *text > '~' || *text == '%' ? "%%%02x" : "%c",
                (unsigned char)*text);
}

/* A line of the register, by which a close-out lists the copies: before there is a copy, so that
 * one which was interrupted is listed, too. */
static int put_register(const struct cli *o, const struct set *set, const struct keyring *ring,
                        const char *holder)
{
    char path[FILE_PATH_MAX], day[24];
    const struct keyring_holder *line = keyring_find(ring, holder, KEYRING_CURRENT);
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%SZ", &tm);
    FILE *f = file_path(path, "%s/backups", o->site) == 0 ? fopen(path, "ae") : NULL;
    if (!f)
        return cli_complain_file(o, path, ERR_SYSTEM);
    fprintf(f, "%s %s %u ", day, holder, line ? line->generation : 0);
    print_field(f, set->path);
    fprintf(f, " %s.backup\n", holder);
    bool well = fflush(f) == 0 && !ferror(f) && fsync(fileno(f)) == 0;
    if (fclose(f) != 0)
        well = false;
    return well ? 0 : cli_complain_file(o, path, ERR_SYSTEM);
}

/* ---- what is public ---- */

static int copy_public(const struct cli *o, struct set *set, const struct config *config)
{
    static const char *const names[] = {"site.conf",   "root.json",     "policy.cedar",
                                        "custodians",  "authority.pem", "piv-issuers.pem",
                                        "gateway.pem", "program.cedar"};
    char from[FILE_PATH_MAX], name[60];
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "site/%s", names[i]);
        r = file_path(from, "%s/%s", o->site, names[i]) ? CLI_TROUBLE
                                                        : set_copy(o, set, from, name);
    }
    for (size_t i = 0; r == 0 && i < config->enclaves; i++) {
        snprintf(name, sizeof name, "site/%s.gateway.pem", config->enclave[i]);
        r = file_path(from, "%s/%s/gateway.pem", o->site, config->enclave[i])
                ? CLI_TROUBLE
                : set_copy(o, set, from, name);
    }
    if (r == 0)
        r = file_path(from, "%s/keeper/" KEYRING_FILE, o->site)
                ? CLI_TROUBLE
                : set_copy(o, set, from, "site/keyring");
    return r;
}

/* journal.log, and journal-NNNNNN.sealed: the auditor's directory is the auditor's. */
static bool is_journal(const char *name)
{
    if (strcmp(name, "journal.log") == 0)
        return true;
    size_t digits = strncmp(name, "journal-", 8) == 0 ? strspn(name + 8, "0123456789") : 0;
    return digits >= 6 && digits <= 20 && strcmp(name + 8 + digits, ".sealed") == 0;
}

/* What is damaged is copied as it is, and said: it is all that is left of it, and what else there
 * is must not wait for it. */
static void say_damaged(const struct cli *o, const char *text, unsigned *ret_wrong)
{
    if (strncmp(text, AUDITOR_SEALED_BUT, strlen(AUDITOR_SEALED_BUT)) != 0)
        return;
    ++*ret_wrong;
    (void)cli_complain(o, CLI_REFUSED,
                       "of the journal these segments are not as they were sealed, nor are their "
                       "copies in this backup:%.*s. A good copy of each is in the journal of a "
                       "backup that was made before. Keep that backup; put the file from it in its "
                       "place in %s/auditor, and make a new backup.",
                       (int)strcspn(text + strlen(AUDITOR_SEALED_BUT), "\n"),
                       text + strlen(AUDITOR_SEALED_BUT), o->site);
}

/* The journal goes first: it may then be older than the stores, and never newer. */
static int copy_journal(const struct cli *o, struct set *set, unsigned *ret_wrong)
{
    struct ask_answer answer = {0};
    char path[FILE_PATH_MAX], from[FILE_PATH_MAX], name[300];
    struct dirent *e;
    int r = ask(o->site, COMMAND_SEAL_JOURNAL, "", NULL, 0, &answer);
    if (r || !answer.well)
        return cli_finish(o, o->site, r, &answer);
    say_damaged(o, answer.text, ret_wrong);
    DIR *dir = file_path(path, "%s/auditor", o->site) == 0 ? opendir(path) : NULL;
    if (!dir)
        return cli_complain_file(o, path, ERR_SYSTEM);
    while (r == 0 && (e = readdir(dir))) {
        if (!is_journal(e->d_name))
            continue;
        snprintf(name, sizeof name, "journal/%.200s", e->d_name);
        r = file_path(from, "%s/%s", path, e->d_name) ? CLI_TROUBLE : set_copy(o, set, from, name);
    }
    closedir(dir);
    return r;
}

/* An enclave whose store cannot be read keeps the others from nothing; whoever made the backup is
 * told, and it ends with CLI_REFUSED. */
static int all_stores(const struct cli *o, struct set *set, const struct config *config,
                      const struct keyring *ring, unsigned *ret_wrong)
{
    int r = back_up_store(o, set, "identity");
    if (r == 0)
        r = put_wrap(o, set, ring, "identity");
    if (r == 0)
        r = put_wrap(o, set, ring, TOPOLOGY_IDENTITY_STORE);
    for (size_t i = 0; r == 0 && i < config->enclaves; i++) {
        if (keyring_is_closed_out(ring, config->enclave[i]))
            continue;
        r = put_register(o, set, ring, config->enclave[i]);
        if (r == 0)
            r = back_up_store(o, set, config->enclave[i]);
        if (r == 0) {
            r = put_wrap(o, set, ring, config->enclave[i]);
        } else if (r == CLI_REFUSED) {
            ++*ret_wrong;
            r = 0;
        }
    }
    return r;
}

int cli_backup(const struct cli *o)
{
    static struct keyring ring;
    static struct set set;
    struct config config;
    char path[FILE_PATH_MAX];
    unsigned wrong = 0;
    if (file_path(path, "%s/site.conf", o->site) != 0 || config_read(path, &config) != 0)
        return cli_complain_file(o, path, ERR_SYSTEM);
    int r = collect_ring(o, o->site, &ring);
    if (r == COLLECT_NONE)
        return cli_complain(o, CLI_REFUSED,
                            "this site has no key ring yet; start it, and unlock it once.");
    if (r == 0)
        r = set_begin(o, o->operand[0], &set);
    if (r)
        return r;
    r = copy_journal(o, &set, &wrong);
    if (r == 0)
        r = all_stores(o, &set, &config, &ring, &wrong);
    if (r == 0)
        r = copy_public(o, &set, &config);
    if (r == 0)
        r = set_end(o, &set);
    if (r) {
        fprintf(stderr,
                set_drop(&set) ? "casemate: there is no backup; what was written of %s is removed "
                                 "again.\n"
                               : "casemate: %s is not whole: it has no signed list. Remove it.\n",
                set.path);
        return r;
    }
    sync();
    cli_say(o, true, set.path);
    return wrong ? CLI_REFUSED : CLI_DONE;
}
