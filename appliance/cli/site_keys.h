#ifndef APPLIANCE_CLI_SITE_KEYS_H
#define APPLIANCE_CLI_SITE_KEYS_H

#include "appliance/cli/training_site.h"
#include "appliance/supervisor/config.h"
#include "enclave/keys/keyring.h"
#include "transfer/root.h"

/* What a new site's directory holds whichever kind it is of.  Each gives 0, or an enum cli_exit
 * after a complaint, where it takes ${o}. */

/* site_keys_ring(training, custodians, unlock, config, ret_ring, ret_root): A new site's key ring,
 * with random keys for every service and enclave, and its root key. */
must_use int site_keys_ring(bool training, const struct custodians *custodians,
                            const struct secret *unlock, const struct config *config,
                            struct keyring *ret_ring, struct secret **ret_root);

/* site_keys_derive(ring, key, root): The public keys of the site's own programs; ${key} opens
 * ${ring}, ${root} has its kind. */
must_use int site_keys_derive(const struct keyring *ring, const struct secret *key,
                              struct root *root);

/* site_keys_row(number): The row of topology.def; never NULL for an enum key. */
const struct key_row *site_keys_row(enum key number);

/* site_keys_put_ring(o, site, config, ring, key): The file, in the keeper's directory and the
 * keeper's own. */
must_use int site_keys_put_ring(const struct cli *o, const struct training_site *site,
                                const struct config *config, struct keyring *ring,
                                const struct secret *key);

/* site_keys_enterprise(o, site, root): Make the folder of the enterprise, and take its two keys. */
must_use int site_keys_enterprise(const struct cli *o, const struct training_site *site,
                                  struct root *root);

/* site_keys_put(o, site, root): Each key for the enterprise, as stock minisign reads it. */
must_use int site_keys_put(const struct cli *o, const struct training_site *site,
                           const struct root *root);

/* site_policy_put(o, site): policy.cedar, both files of it. */
must_use int site_policy_put(const struct cli *o, const struct training_site *site);

#endif
