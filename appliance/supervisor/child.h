#ifndef APPLIANCE_SUPERVISOR_CHILD_H
#define APPLIANCE_SUPERVISOR_CHILD_H

#include <sys/types.h>

#include "enclave/process/channel.h"
#include "enclave/process/topology.h"

/*
 * child_spawn(program, binaries, uid, ret_pid, ret_fd):
 * Fork and execute ${program} from the folder ${binaries} under ${uid}, with its
 * limits, no groups and no capability (but CAP_AUDIT_WRITE for the auditor), and
 * a control channel on its descriptor 3.  ${ret_fd} is our end.
 */
must_use int child_spawn(const struct program_row *program, const char *binaries, uid_t uid,
                         pid_t *ret_pid, int *ret_fd);

/* child_pair(fds): A SEQPACKET pair whose datagrams carry their sender's credentials. */
must_use int child_pair(int fds[static 2]);

#endif
