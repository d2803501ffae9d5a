#ifndef APPLIANCE_CLI_ASK_H
#define APPLIANCE_CLI_ASK_H

#include "appliance/cli/cli.h"
#include "appliance/supervisor/console.h"

/* A site's console, from the asking side: appliance/supervisor/console.h has the protocol. */
enum {
#define COMMAND(number, NAME, words, PROGRAM, per_enclave, descriptors, what)                      \
    COMMAND_##NAME = (number),
#include "appliance/commands.def"
#undef COMMAND
};

struct ask_answer {
    bool well;
    char text[CONSOLE_TEXT_MAX + 1]; /* printable, and LF */
};

/*
 * ask(site, command, enclave, fds, count, ret_answer):
 * Ask the site in the directory ${site}, and wait; after two seconds with a dot on
 * standard error each second.  ${enclave} is an id or "".  The descriptors are
 * borrowed.  ERR_SYSTEM (errno) where no site answers, ERR_EOF if it ended meanwhile.
 */
must_use int ask(const char *site, unsigned command, const char *enclave, const int *fds,
                 size_t count, struct ask_answer *ret_answer);

/* ask_ready(site, name): 0 when the program that has the store of ${name}, an enclave's id or
 * "identity", is ready; ERR_STATE: not yet; ERR_KEY: the site is locked; or as ask(). */
must_use int ask_ready(const char *site, const char *name);

/* ask_said(fd, text, size): The sentence that a program left on ${fd}, if any, instead of ${text}.
 */
void ask_said(int fd, char *text, size_t size);

/* cli_finish(o, site, code, answer): Print what came back; an enum cli_exit. */
int cli_finish(const struct cli *o, const char *site, int code, const struct ask_answer *answer);

/* ask_printable(text): Everything but printable ASCII and LF becomes '?'. */
void ask_printable(char *text);

/*
 * ask_import(site, tar_path, ret_answer, ret_wrong):
 * Bring in a bundle and its signature file.  On success ${ret_answer} is intake's
 * sentence where it said one, else the console's.  On failure *${ret_wrong} says in
 * words what is wrong, where that is not errno's.
 */
must_use int ask_import(const char *site, const char *tar_path, struct ask_answer *ret_answer,
                        const char **ret_wrong);

#endif
