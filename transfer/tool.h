#ifndef TRANSFER_TOOL_H
#define TRANSFER_TOOL_H

#include <stdbool.h>

#include "transfer/root.h"

/* The subcommands of casemate-bundle, and what they have in common. */
enum tool_exit {
    TOOL_ACCEPTED = 0, /* done, or the bundle is right */
    TOOL_REFUSED = 1,  /* the bundle, the table or a key is not right; the message says why */
    TOOL_USAGE = 2,    /* the command line is not right */
    TOOL_TROUBLE = 3,  /* a file could not be read or written */
};

/* What the command line gave; NULL where it gave nothing. */
struct tool_options {
    const char *dir, *root, *enclave, *operand;
    bool json;
};

/* Each runs one subcommand and returns an enum tool_exit. */
int tool_keygen(const struct tool_options *o);
int tool_make_orders(const struct tool_options *o);
int tool_verify(const struct tool_options *o);
int tool_show(const struct tool_options *o);

/* tool_complain(o, exit, format, ...): Say what is wrong: to a person on stderr and, with --json,
 * to a program on stdout.  Returns ${exit}. */
__attribute__((format(printf, 3, 4))) int tool_complain(const struct tool_options *o, int exit,
                                                        const char *format, ...);

/* tool_complain_file(o, path, code): The same for a file, with errno's text for ERR_SYSTEM. */
int tool_complain_file(const struct tool_options *o, const char *path, int code);

/* tool_read_root(o, path, ret_root): 0, or it has complained and returns the exit code. */
must_use int tool_read_root(const struct tool_options *o, const char *path, struct root *ret_root);

#endif
