#ifndef APPLIANCE_SUPERVISOR_CONFIG_H
#define APPLIANCE_SUPERVISOR_CONFIG_H

#include "crypto/error.h"
#include "enclave/process/topology.h"

/*
 * A site's configuration, the file site.conf in the site's directory: one setting
 * a line, a word and its value, in this order.
 *
 *     casemate-site 1
 *     kind training            or production
 *     uid-base 61000           SITE_UIDS numeric uids from here are the site's
 *     port 7410                the entry; enclave number n listens on port + n
 *     enclave e3f9k2m1         one line each, in the order of their ports
 */
struct config {
    bool training;
    uint32_t uid_base;
    uint16_t port;
    size_t enclaves;
    char enclave[ENCLAVES_MAX][ENCLAVE_ID_LENGTH + 1];
};

/* config_read(path, ret_config): ERR_SYSTEM (errno), or ERR_FORMAT after one logged sentence that
 * names the line. */
must_use int config_read(const char *path, struct config *ret_config);

/* config_slot(config, enclave): The place of an enclave id, or -1. */
int config_slot(const struct config *config, const char *enclave);

#endif
