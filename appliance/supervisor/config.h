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
 *     name mes.example         production only: the host name in people's browsers
 *     address 10.1.2.3         production only: where it listens beside 127.0.0.1; an IPv4
 *                              or IPv6 address, 127.0.0.1 for the loopback alone
 *     tpm /dev/tpmrm0          production only, if its keys are to be bound to one: a device,
 *                              or a socket where a TPM answers
 *     enclave e3f9k2m1         one line each, in the order of their ports
 *
 * A production site's entry listens for PIV cards on port + CONFIG_PIV_PORT.
 */
#define CONFIG_NAME_MAX    63
#define CONFIG_ADDRESS_MAX 45
#define CONFIG_TPM_MAX     62
#define CONFIG_PIV_PORT    (ENCLAVES_MAX + 1)

struct config {
    bool training;
    uint32_t uid_base;
    uint16_t port;
    char name[CONFIG_NAME_MAX + 1];       /* "" on a training site */
    char address[CONFIG_ADDRESS_MAX + 1]; /* "" on a training site */
    char tpm[CONFIG_TPM_MAX + 1];         /* "" where there is none */
    size_t enclaves;
    char enclave[ENCLAVES_MAX][ENCLAVE_ID_LENGTH + 1];
};

/* config_read(path, ret_config): ERR_SYSTEM (errno), or ERR_FORMAT after one logged sentence that
 * names the line. */
must_use int config_read(const char *path, struct config *ret_config);

/* config_slot(config, enclave): The place of an enclave id, or -1. */
int config_slot(const struct config *config, const char *enclave);

/* config_name_is_good(name): A host name: labels of a-z, 0-9 and '-' between dots. */
bool config_name_is_good(const char *name);

/* config_address_is_good(address): An IPv4 or IPv6 address as inet_pton(3) reads it. */
bool config_address_is_good(const char *address);

/* config_tpm_is_good(path): An absolute path that fits. */
bool config_tpm_is_good(const char *path);

#endif
