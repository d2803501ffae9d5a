#ifndef ENCLAVE_PROCESS_WHOSE_H
#define ENCLAVE_PROCESS_WHOSE_H

#include <stddef.h>

/* whose_words(name, shown, out, size): Why this process may not open the file ${name} of its
 * directory, for people, who know it as ${shown}: whose it is, whose it must be, which is the
 * directory's owner, and the command that makes it so.  Returns ${out}. */
const char *whose_words(const char *name, const char *shown, char *out, size_t size);

#endif
