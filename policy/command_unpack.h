#ifndef POLICY_COMMAND_UNPACK_H
#define POLICY_COMMAND_UNPACK_H

#include <stdbool.h>

#include "policy/cedar.h"

/*
 * The lines of a file, plain or compressed with zstd (its first bytes say
 * which).  For the tool alone: nothing else here needs more than libc.
 */
struct unpack;

#define UNPACK_LINE_MAX (64U << 20)

/* unpack_open(path, ret): Start reading; says what is wrong on stderr. */
must_use bool unpack_open(const char *path, struct unpack **ret);

/*
 * unpack_line(u, ret): The next line that is not empty, without its end; it
 * lives until the next call.  Return false at the end and after a failure,
 * which unpack_close() tells apart.
 */
must_use bool unpack_line(struct unpack *u, struct cedar_source *ret);

/* unpack_close(u): End it; whether everything was read.  Says on stderr what was not. */
bool unpack_close(struct unpack *u);

#endif
