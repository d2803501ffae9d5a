/* The subcommands that ask a running site, and the one that needs none. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/cli/ask.h"
#include "enclave/store/skeleton.h"
#include "transfer/file.h"
#include "transfer/root.h"

static int complain_site(const struct cli *o, const char *site, int code)
{
    if (code == ERR_SYSTEM && (errno == ENOENT || errno == ECONNREFUSED))
        return cli_complain(o, CLI_TROUBLE,
                            "no site runs in %s; start it (casemate training start, casemate "
                            "site start), or name another with --site.",
                            site);
    if (code == ERR_SYSTEM && (errno == EACCES || errno == EPERM))
        return cli_complain(o, CLI_TROUBLE, "the console of %s is root's; use sudo.", site);
    if (code == ERR_EOF)
        return cli_complain(o, CLI_TROUBLE,
                            "the site ended before it had answered; see its log, %s/log.", site);
    return cli_complain_file(o, site, code);
}

int cli_finish(const struct cli *o, const char *site, int code, const struct ask_answer *answer)
{
    if (code)
        return complain_site(o, site, code);
    cli_say(o, answer->well, answer->text);
    return answer->well ? CLI_DONE : CLI_REFUSED;
}

static bool is_enclave(const struct cli *o)
{
    if (grammar_is_enclave(bytes_text(o->operand[0])))
        return true;
    cli_complain(o, CLI_USAGE,
                 "an enclave's id is e and seven of a-z and 0-9, such as e7k2m9qa; "
                 "casemate status lists them.");
    return false;
}

int cli_console(const struct cli *o)
{
    struct ask_answer answer;
    if (o->operands && !is_enclave(o))
        return CLI_USAGE;
    int r = ask(o->site, o->number, o->operands ? o->operand[0] : "", NULL, 0, &answer);
    return cli_finish(o, o->site, r, &answer);
}

/* "identity   -        ready    4711  lacks: memfd_secret": a line of the console's answer. */
static void print_process(char *line, const char *separator)
{
    char program[20] = "", enclave[20] = "", state[20] = "";
    int pid = 0, at = 0;
    sscanf(line, "%19s %19s %19s %d%n", program, enclave, state, &pid, &at);
    const char *lacks = strstr(line + at, "lacks: ");
    printf("%s{\"program\":", separator);
    cli_print_json(program);
    printf(",\"enclave\":");
    cli_print_json(strcmp(enclave, "-") == 0 ? "" : enclave);
    printf(",\"state\":");
    cli_print_json(state);
    printf(",\"pid\":%d,\"lacks\":", pid);
    cli_print_json(lacks ? lacks + 7 : "");
    printf("}");
}

int cli_status(const struct cli *o)
{
    struct ask_answer answer;
    char *rest = NULL;
    int r = ask(o->site, COMMAND_STATUS, "", NULL, 0, &answer);
    if (r || !answer.well || !o->json)
        return cli_finish(o, o->site, r, &answer);
    const char *separator = "";
    printf("{\"processes\":[");
    for (char *line = strtok_r(answer.text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        print_process(line, separator);
        separator = ",";
    }
    printf("]}\n");
    return CLI_DONE;
}

int cli_import(const struct cli *o)
{
    struct ask_answer answer;
    const char *wrong;
    int r = ask_import(o->site, o->operand[0], &answer, &wrong);
    if (wrong)
        return cli_complain(o, r == ERR_FORMAT ? CLI_USAGE : CLI_TROUBLE, "%s: %s.", o->operand[0],
                            wrong);
    if (r == ERR_SYSTEM && access(o->operand[0], R_OK) != 0)
        return cli_complain_file(o, o->operand[0], r);
    return cli_finish(o, o->site, r, &answer);
}

/* Ask for something that the answerer writes to the new file ${path}; what is not whole is taken
 * away again. */
static int ask_for_file(const struct cli *o, unsigned number, const char *enclave, const char *path)
{
    struct ask_answer answer;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0644);
    if (fd < 0)
        return cli_complain_file(o, path, ERR_SYSTEM);
    int r = ask(o->site, number, enclave, &fd, 1, &answer);
    int kept = errno;
    bool whole = r == 0 && answer.well;
    if (whole && fsync(fd) != 0) {
        whole = false;
        r = ERR_SYSTEM;
        kept = errno;
    }
    close(fd);
    if (!whole)
        unlink(path);
    errno = kept;
    return cli_finish(o, o->site, r, &answer);
}

int cli_audit_export(const struct cli *o)
{
    return is_enclave(o) ? ask_for_file(o, COMMAND_AUDIT_EXPORT, o->operand[0], o->operand[1])
                         : CLI_USAGE;
}

int cli_audit_journal(const struct cli *o)
{
    return ask_for_file(o, COMMAND_AUDIT_JOURNAL, "", o->operand[0]);
}

/* ---- audit verify: offline ---- */

static int take_key(const struct cli *o, uint8_t key[static SIGN_PUBLIC_LENGTH])
{
    char text[ROOT_MAX];
    struct root root;
    struct refusal why;
    size_t length;
    if (!o->key == !o->root)
        return cli_complain(o, CLI_USAGE, "it takes either --key HEX or --root root.json.");
    if (o->key)
        return bytes_from_hex(bytes_text(o->key), SIGN_PUBLIC_LENGTH, key) == 0
                   ? 0
                   : cli_complain(o, CLI_USAGE, "--key takes 64 digits of 0-9 and a-f.");
    int r = file_read(o->root, text, sizeof text, &length);
    if (r)
        return cli_complain_file(o, o->root, r);
    if (root_parse(bytes_view_of(text, length), &root, &why))
        return cli_complain(o, CLI_REFUSED, "%s", why.text);
    memcpy(key, root.checkpoint, SIGN_PUBLIC_LENGTH);
    return 0;
}

static int map_file(const char *path, struct bytes_view *ret_view)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return ERR_SYSTEM;
    int r = fstat(fd, &st) != 0 ? ERR_SYSTEM : 0;
    if (r == 0 && !S_ISREG(st.st_mode))
        r = ERR_FORMAT;
    if (r == 0 && (st.st_size == 0 || st.st_size > UINT32_MAX))
        r = st.st_size ? ERR_SIZE : ERR_TRUNCATED;
    void *data = MAP_FAILED;
    if (r == 0)
        data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (r == 0 && data == MAP_FAILED)
        r = ERR_SYSTEM;
    close(fd);
    if (r == 0)
        *ret_view = bytes_view_of(data, (size_t)st.st_size);
    return r;
}

/* By its first line: an export of the auditor's journal, and not one of a log. */
static bool is_journal(const char *path)
{
    static const char first[] = "casemate-journal-segment";
    char line[sizeof first] = "";
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(line, 1, sizeof first - 1, f) : 0;
    if (f)
        fclose(f);
    return n == sizeof first - 1 && memcmp(line, first, n) == 0;
}

int cli_audit_verify(const struct cli *o)
{
    uint8_t key[SIGN_PUBLIC_LENGTH];
    struct skeleton_result result;
    struct bytes_view text;
    int r = take_key(o, key);
    if (r)
        return r;
    if (is_journal(o->operand[0]))
        return cli_verify_journal(o, key);
    r = map_file(o->operand[0], &text);
    if (r)
        return cli_complain_file(o, o->operand[0], r);
    r = skeleton_check(text, key, &result);
    munmap((void *)(uintptr_t)text.data, text.length);
    if (r)
        return cli_complain(o, CLI_REFUSED, "%s: %s.", o->operand[0], result.why);
    if (o->json) {
        printf("{\"events\":%llu,\"origin\":", (unsigned long long)result.size);
        cli_print_json(result.origin);
        printf("}\n");
    } else {
        printf("%s: all %llu events of %s are there, in their order and unchanged.\n",
               o->operand[0], (unsigned long long)result.size, result.origin);
    }
    return CLI_DONE;
}
