#ifndef APPLIANCE_CLI_SITE_KEYS_H
#define APPLIANCE_CLI_SITE_KEYS_H

#include "appliance/cli/training_site.h"
#include "transfer/root.h"

/* What a new site's directory holds whichever kind it is of.  Each gives 0, or an enum cli_exit
 * after a complaint, where it takes ${o}. */

/* site_keys_derive(key, root): The public keys of the site's own programs; ${root} has its kind. */
must_use int site_keys_derive(const struct secret *key, struct root *root);

/* site_keys_enterprise(o, site, root): Make the folder of the enterprise, and take its two keys. */
must_use int site_keys_enterprise(const struct cli *o, const struct training_site *site,
                                  struct root *root);

/* site_keys_put(o, site, root): Each key for the enterprise, as stock minisign reads it. */
must_use int site_keys_put(const struct cli *o, const struct training_site *site,
                           const struct root *root);

/* site_policy_put(o, site): policy.cedar, both files of it. */
must_use int site_policy_put(const struct cli *o, const struct training_site *site);

#endif
