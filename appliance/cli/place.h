#ifndef APPLIANCE_CLI_PLACE_H
#define APPLIANCE_CLI_PLACE_H

#include "appliance/cli/cli.h"
#include "appliance/supervisor/config.h"

/*
 * place_choose(o, site, wanted, config):
 * Set the port and the first user number of ${config}, whose kind and enclaves are known,
 * so that no site beside the directory ${site} and no user of this machine has them.
 * ${wanted} names the first port; 0 takes a free block.  0, or an enum cli_exit after a
 * complaint.
 */
must_use int place_choose(const struct cli *o, const char *site, unsigned wanted,
                          struct config *config);

#endif
