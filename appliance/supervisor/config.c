#include "appliance/supervisor/config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enclave/process/log.h"

static bool number_in(const char *text, unsigned long least, unsigned long most,
                      unsigned long *ret_number)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || n < least || n > most)
        return false;
    *ret_number = n;
    return true;
}

static const char *add_enclave(struct config *config, const char *id)
{
    if (config->enclaves == ENCLAVES_MAX)
        return "there are more enclaves than a site can have";
    if (strlen(id) != ENCLAVE_ID_LENGTH || !enclave_id_is_valid(id))
        return "an enclave's id is 'e' and seven of a-z and 0-9";
    if (config_slot(config, id) >= 0)
        return "this enclave stands there twice";
    memcpy(config->enclave[config->enclaves++], id, ENCLAVE_ID_LENGTH + 1);
    return NULL;
}

bool config_name_is_good(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > CONFIG_NAME_MAX)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool inner = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9');
        bool edge = i == 0 || i + 1 == length || name[i - 1] == '.' || name[i + 1] == '.';
        if (!inner && (edge || (name[i] != '-' && name[i] != '.')))
            return false;
    }
    return true;
}

bool config_address_is_good(const char *address)
{
    uint8_t bytes[16];
    return strlen(address) <= CONFIG_ADDRESS_MAX &&
           (inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, address, bytes) == 1);
}

static const char *set_kind(struct config *config, const char *value)
{
    config->training = strcmp(value, "training") == 0;
    return config->training || strcmp(value, "production") == 0
               ? NULL
               : "the kind is training or production";
}

static const char *set_port(struct config *config, const char *value)
{
    unsigned long number = 0;
    unsigned behind = config->training ? ENCLAVES_MAX : CONFIG_PIV_PORT;
    if (!number_in(value, 1024, 65535 - behind, &number))
        return config->training ? "the port is a number from 1024 to 65511"
                                : "the port is a number from 1024 to 65510";
    config->port = (uint16_t)number;
    return NULL;
}

static const char *set_name(struct config *config, const char *value)
{
    if (!config_name_is_good(value))
        return "a name is a host name of a-z, 0-9, '-' and dots";
    strcpy(config->name, value);
    return NULL;
}

static const char *set_address(struct config *config, const char *value)
{
    if (!config_address_is_good(value))
        return "the address is an IPv4 or IPv6 address";
    strcpy(config->address, value);
    return NULL;
}

bool config_tpm_is_good(const char *path)
{
    return path[0] == '/' && strlen(path) <= CONFIG_TPM_MAX;
}

static const char *set_tpm(struct config *config, const char *value)
{
    if (config->enclaves || config->tpm[0])
        return "the TPM stands there once, before the enclaves";
    if (!config_tpm_is_good(value))
        return "the TPM is an absolute path of at most 62 bytes";
    strcpy(config->tpm, value);
    return NULL;
}

/* NULL, or what is wrong with setting ${word}, the ${n}th. */
static const char *set(struct config *config, unsigned n, const char *word, const char *value)
{
    static const char *const order[] = {"casemate-site", "kind",    "uid-base", "port",
                                        "name",          "address", "enclave"};
    unsigned long number = 0;
    if (n >= 6 && !config->training && strcmp(word, "tpm") == 0)
        return set_tpm(config, value);
    unsigned at = n < 4 ? n : config->training || n > 6 ? 6 : n;
    if (strcmp(word, order[at]) != 0)
        return "another setting was expected here (casemate-site, kind, uid-base, port, in "
               "production name and address, enclave...)";
    switch (at) {
    case 0:
        return strcmp(value, "1") == 0 ? NULL : "only format 1 is known";
    case 1:
        return set_kind(config, value);
    case 2:
        if (!number_in(value, 1000, 4000000000u, &number))
            return "uid-base is a number from 1000";
        config->uid_base = (uint32_t)number;
        return NULL;
    case 3:
        return set_port(config, value);
    case 4:
        return set_name(config, value);
    case 5:
        return set_address(config, value);
    default:
        return add_enclave(config, value);
    }
}

int config_read(const char *path, struct config *ret_config)
{
    struct config config = {0};
    char line[200], word[32], value[64], extra[2];
    unsigned n = 0;
    int r = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return ERR_SYSTEM;
    while (r == 0 && fgets(line, sizeof line, file)) {
        const char *wrong = "a line is a word and its value";
        size_t length = strlen(line);
        if (length == 0 || line[length - 1] != '\n')
            wrong = "the line is too long, holds a zero byte, or has no end";
        else if (sscanf(line, "%31s %63s %1s", word, value, extra) == 2)
            wrong = set(&config, n, word, value);
        n++;
        if (wrong) {
            log_err("%s line %u: %s", path, n, wrong);
            r = ERR_FORMAT;
        }
    }
    fclose(file);
    unsigned least = config.training ? 4 : 6;
    if (r == 0 && n < least) {
        log_err("%s ends after line %u; it needs at least %u", path, n, least);
        r = ERR_FORMAT;
    }
    if (r == 0)
        *ret_config = config;
    return r;
}

int config_slot(const struct config *config, const char *enclave)
{
    for (size_t i = 0; i < config->enclaves; i++)
        if (strcmp(config->enclave[i], enclave) == 0)
            return (int)i;
    return -1;
}
