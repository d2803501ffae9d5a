#ifndef APPLIANCE_CLI_START_H
#define APPLIANCE_CLI_START_H

#include <sys/types.h>

#include "appliance/cli/cli.h"

/* start_supervisor(o, site, ret_pid): Start the supervisor of the directory ${site}, with the file
 * log in it.  0, or an enum cli_exit after a complaint. */
must_use int start_supervisor(const struct cli *o, const char *site, pid_t *ret_pid);

/* start_check_memory(o): May programs lock as much memory here as a production site's need
 * (topology.def)?  The limit is raised where this process may.  0, or CLI_REFUSED after a complaint
 * that says how to raise it. */
must_use int start_check_memory(const struct cli *o);

/* start_log_end(site): How long the log is; start_print_log(site, from): its last lines from there,
 * to standard error. */
off_t start_log_end(const char *site);
void start_print_log(const char *site, off_t from);

#endif
