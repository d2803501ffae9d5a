/* casemate restore: a store from its backup; casemate site restore: a site on another machine. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "appliance/cli/ask.h"
#include "appliance/cli/backup_set.h"
#include "appliance/supervisor/config.h"
#include "enclave/backup/backup.h"
#include "enclave/process/os.h"

#define READY_MS 30000

static void time_text(int64_t ms, char out[static 24])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* ---- one store ---- */

static bool is_identity(const struct cli *o)
{
    return strcmp(o->operand[0], "identity") == 0;
}

static int ask_again(const struct cli *o, const struct backup_head *head)
{
    char typed[64] = "", made[24];
    const char *again = o->again;
    time_text(head->made_ms, made);
    if (!again && isatty(STDIN_FILENO)) {
        fprintf(stderr,
                "The store of %s is replaced by what it was at %s, with %" PRIu64
                " events. The one "
                "that is there is kept beside it.\nType %s again: ",
                o->operand[0], made, head->events, o->operand[0]);
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

static int bring_back(const struct cli *o, int from)
{
    struct ask_answer answer = {0};
    char text[BACKUP_WHY + 1];
    int words[2];
    if (pipe2(words, O_CLOEXEC | O_NONBLOCK) != 0)
        return cli_complain_file(o, "a pipe", ERR_SYSTEM);
    int r = ask(o->site, is_identity(o) ? COMMAND_BRING_BACK_IDENTITY : COMMAND_BRING_BACK,
                is_identity(o) ? "" : o->operand[0], (int[]){from, words[1]}, 2, &answer);
    int kept = errno;
    close(words[1]);
    ssize_t n = read(words[0], text, sizeof text - 1);
    close(words[0]);
    if (r == 0 && !answer.well && n > 0) {
        text[n] = '\0';
        ask_printable(text);
        snprintf(answer.text, sizeof answer.text, "%s", text);
    }
    errno = kept;
    return r || !answer.well ? cli_finish(o, o->site, r, &answer) : 0;
}

static void report(const struct cli *o, const struct backup_head *head, uint64_t began_ms)
{
    struct ask_answer answer = {.text = ""};
    char made[24];
    bool ready = false;
    while (!(ready = ask_ready(o->site, o->operand[0]) == 0) && os_boot_ms() - began_ms < READY_MS)
        usleep(100000);
    double rto = (double)(os_boot_ms() - began_ms) / 1000;
    double rpo = (double)(os_utc_ms() - head->made_ms) / 60000;
    if (ready && !is_identity(o) &&
        ask(o->site, COMMAND_VERIFY, o->operand[0], NULL, 0, &answer) != 0)
        answer.text[0] = '\0';
    time_text(head->made_ms, made);
    if (o->json) {
        printf("{\"made\":\"%s\",\"events\":%" PRIu64 ",\"rpo_minutes\":%.1f,\"rto_seconds\":%.1f,"
               "\"ready\":%s,\"verify\":",
               made, head->events, rpo, rto, ready ? "true" : "false");
        cli_print_json(answer.text);
        printf("}\n");
        return;
    }
    printf("%s is back as it was at %s: %" PRIu64 " events.\n", o->operand[0], made, head->events);
    printf("Recovery point: %.1f minutes before now. What was recorded since then is not in it.\n",
           rpo);
    printf("Recovery time: %.1f seconds until its program answered%s.\n", rto,
           ready ? "" : " (it has not yet; see casemate status and the log)");
    if (answer.text[0])
        printf("Its log: %s\n", answer.text);
    printf("If it is behind its anchor, %s.\nThe store that was there lies beside it as "
           "store.before.db, until the next restore; docs/operate.md says how to go back to it.\n",
           is_identity(o) ? "nobody can sign in until a newer one is back, or the custodians have "
                            "accepted the loss: casemate accept-loss identity"
                          : "it opens for reading until two security officers have signed for the "
                            "loss (Security page)");
}

int cli_restore(const struct cli *o)
{
    struct backup_head head;
    char why[BACKUP_WHY] = "";
    uint64_t began = os_boot_ms();
    if (!is_identity(o) &&
        (strlen(o->operand[0]) != ENCLAVE_ID_LENGTH || !enclave_id_is_valid(o->operand[0])))
        return cli_complain(o, CLI_USAGE, "name an enclave's id, or identity.");
    int fd = open(o->operand[1], O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return cli_complain_file(o, o->operand[1], ERR_SYSTEM);
    struct stat st;
    int r = 0;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        r = cli_complain(
            o, CLI_REFUSED,
            "%s is a directory, and nothing was changed: name the file %s.backup in it.",
            o->operand[1], o->operand[0]);
    if (r == 0 && backup_read_head(fd, &head, why) != 0)
        r = cli_complain(o, CLI_REFUSED, "%s: %s", o->operand[1], why);
    if (r == 0)
        r = ask_again(o, &head);
    if (r == 0 && lseek(fd, 0, SEEK_SET) != 0)
        r = cli_complain_file(o, o->operand[1], ERR_SYSTEM);
    if (r == 0) {
        began = os_boot_ms();
        r = bring_back(o, fd);
    }
    close(fd);
    if (r == 0)
        report(o, &head, began);
    return r;
}

/* ---- a site on another machine ---- */

struct placing {
    const struct cli *o;
    const char *from, *to;
    uint32_t uid_base;
};

/* Where a file of the set goes, and whose it is there. */
static bool place_of(const struct placing *p, const char *name, char to[static FILE_PATH_MAX],
                     char folder[static FILE_PATH_MAX], uint32_t *ret_uid)
{
    char enclave[ENCLAVE_ID_LENGTH + 1] = "";
    *ret_uid = 0;
    folder[0] = '\0';
    if (strcmp(name, "site/keyring") == 0) {
        *ret_uid = topology_uid(p->uid_base, PROGRAM_KEEPER, 0);
        return file_path(folder, "%s/keeper", p->to) == 0 &&
               file_path(to, "%s/keyring", folder) == 0;
    }
    if (strncmp(name, "journal/", 8) == 0) {
        *ret_uid = topology_uid(p->uid_base, PROGRAM_AUDITOR, 0);
        return file_path(folder, "%s/auditor", p->to) == 0 &&
               file_path(to, "%s/%s", folder, name + 8) == 0;
    }
    if (strncmp(name, "site/", 5) != 0)
        return false;
    if (sscanf(name, "site/%8[a-z0-9].gateway.pem", enclave) == 1 && enclave_id_is_valid(enclave) &&
        strlen(name) == 5 + ENCLAVE_ID_LENGTH + 12)
        return file_path(folder, "%s/%s", p->to, enclave) == 0 &&
               file_path(to, "%s/gateway.pem", folder) == 0;
    return file_path(to, "%s/%s", p->to, name + 5) == 0;
}

static int place(void *context, const char *name)
{
    static uint8_t data[64u << 20]; /* as long as one that is put into a set */
    struct placing *p = context;
    char from[FILE_PATH_MAX], to[FILE_PATH_MAX], folder[FILE_PATH_MAX];
    size_t length = 0;
    uint32_t uid;
    if (!place_of(p, name, to, folder, &uid))
        return 0; /* stores come with casemate restore */
    int r = file_path(from, "%s/%s", p->from, name);
    if (r == 0 && folder[0])
        r = file_directory(folder, uid ? 0700 : 0711);
    if (r == 0)
        r = file_read(from, data, sizeof data, &length);
    if (r == 0)
        r = file_write(to, uid ? 0600 : 0644, true, data, length);
    if (r == 0 && uid && (chown(to, uid, uid) != 0 || chown(folder, uid, uid) != 0))
        r = ERR_SYSTEM;
    return r ? cli_complain_file(p->o, to, r) : 0;
}

static int nothing(void *context, const char *name)
{
    (void)context;
    (void)name;
    return 0;
}

int cli_site_restore(const struct cli *o)
{
    struct config config;
    char path[FILE_PATH_MAX];
    struct placing p = {.o = o, .from = o->operand[0], .to = o->operand[1]};
    if (access(o->operand[1], F_OK) == 0)
        return cli_complain(o, CLI_REFUSED, "%s is there already; name a new directory.",
                            o->operand[1]);
    int r = set_check(o, o->operand[0], nothing, NULL); /* all of it, before anything is made */
    if (r)
        return r;
    if (file_path(path, "%s/site/site.conf", o->operand[0]) != 0 || config_read(path, &config) != 0)
        return cli_complain_file(o, path, ERR_FORMAT);
    if (config.training)
        return cli_complain(o, CLI_REFUSED,
                            "this is the backup of a training site, whose key file is not in it; "
                            "restore its stores into that site.");
    p.uid_base = config.uid_base;
    if (mkdir(o->operand[1], 0755) != 0)
        return cli_complain_file(o, o->operand[1], ERR_SYSTEM);
    r = set_check(o, o->operand[0], place, &p);
    if (r == 0 && (file_path(path, "%s/complete", o->operand[1]) != 0 ||
                   file_write(path, 0644, true, "", 0) != 0))
        r = cli_complain_file(o, o->operand[1], ERR_SYSTEM);
    if (r)
        fprintf(stderr, "casemate: %s is not a whole site. Remove it, and run this again.\n",
                o->operand[1]);
    if (r == 0)
        cli_say(
            o, true,
            "The site's public files, its key ring and its journal are there. Compare root.json "
            "with a copy that was kept elsewhere. Then: casemate site start, casemate unlock "
            "(--recovery where the custodians or the TPM are gone), casemate restore identity, "
            "casemate restore for each enclave.");
    return r;
}
