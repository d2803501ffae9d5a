#ifndef ENCLAVE_PROCESS_SANDBOX_H
#define ENCLAVE_PROCESS_SANDBOX_H

#include <stddef.h>

#include "crypto/error.h"
#include "enclave/process/topology.h"

/*
 * Confinement of the running program, entered once, before the first outside
 * byte, without a fallback: any failure ends the process (DESIGN section 3).
 */
struct sandbox {
    enum program program;
    bool training; /* a training site runs with less than Landlock ABI 6, and says so */
    int directory; /* the one directory it may use, or -1 */
    int outbox;    /* a second one (guard-b), or -1 */
};

/*
 * sandbox_enter(sandbox, lacking, size):
 * Not dumpable, MDWE, no new privileges; a child that installs the same filter
 * must die of SIGSYS; Landlock; seccomp last, default kill; then the kernel's own
 * word for it in /proc/self/status.  ${lacking} becomes a sentence about what this
 * kernel cannot do, or "".  Return 0, or log and return ERR_SYSTEM.
 */
must_use int sandbox_enter(const struct sandbox *sandbox, char *lacking, size_t size);

/* seccomp_install(program): The filter of syscall.def for ${program}. */
must_use int seccomp_install(enum program program);

/* seccomp_count(program): How many system calls ${program} may make. */
unsigned seccomp_count(enum program program);

/* What happens to a call: 0 killed, 1 allowed, 2 allowed with some arguments, 3 refused with
 * ENOSYS. */
int seccomp_fate(enum program program, int number);

/*
 * landlock_enter(directory, outbox, ret_abi):
 * Nothing of the file system but beneath the two directories (each may be -1), no
 * TCP, no signals and no abstract sockets beyond this process.  ${ret_abi} is what the
 * kernel offers, 0 for none (and then nothing was restricted).
 */
must_use int landlock_enter(int directory, int outbox, int *ret_abi);

#endif
