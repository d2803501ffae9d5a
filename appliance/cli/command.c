/* The subcommands that ask a running site, and the one that needs none. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/cli/ask.h"
#include "transfer/grammar.h"

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

bool cli_is_enclave(const struct cli *o)
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
    if (o->operands && !cli_is_enclave(o))
        return CLI_USAGE;
    int r = ask(o->site, o->number, o->operands ? o->operand[0] : "", NULL, 0, &answer);
    return cli_finish(o, o->site, r, &answer);
}

/* Identity and the auditor are no enclaves, and have commands of their own. */
int cli_reopen(const struct cli *o)
{
    struct ask_answer answer;
    bool identity = strcmp(o->operand[0], "identity") == 0;
    if (!identity && strcmp(o->operand[0], "auditor") != 0)
        return cli_console(o);
    int r = ask(o->site, identity ? COMMAND_REOPEN_IDENTITY : COMMAND_REOPEN_AUDITOR, "", NULL, 0,
                &answer);
    return cli_finish(o, o->site, r, &answer);
}

/* "identity   -        ready    4711  lacks: memfd_secret": a line of the console's answer. */
static void print_process(char *line, const char *separator)
{
    char program[20] = "", enclave[20] = "", state[20] = "";
    int pid = 0, at = 0;
    sscanf(line, "%19s %19s %19s %d%n", program, enclave, state, &pid, &at);
    const char *lacks = strstr(line + at, "lacks: ");
    char *says = strstr(line + at, "says: "), *end = says ? strstr(says, "  lacks: ") : NULL;
    if (end)
        *end = '\0';
    printf("%s{\"program\":", separator);
    cli_print_json(program);
    printf(",\"enclave\":");
    cli_print_json(strcmp(enclave, "-") == 0 ? "" : enclave);
    printf(",\"state\":");
    cli_print_json(state);
    printf(",\"pid\":%d,\"lacks\":", pid);
    cli_print_json(lacks ? lacks + 7 : "");
    printf(",\"says\":");
    cli_print_json(says ? says + 6 : "");
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
