#include "appliance/supervisor/config.h"

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

/* NULL, or what is wrong with setting ${word}, the ${n}th. */
static const char *set(struct config *config, unsigned n, const char *word, const char *value)
{
    static const char *const order[] = {"casemate-site", "kind", "uid-base", "port", "enclave"};
    unsigned long number = 0;
    unsigned at = n < 5 ? n : 4;
    if (strcmp(word, order[at]) != 0)
        return "another setting was expected here (casemate-site, kind, uid-base, port, "
               "enclave...)";
    switch (at) {
    case 0:
        return strcmp(value, "1") == 0 ? NULL : "only format 1 is known";
    case 1:
        config->training = strcmp(value, "training") == 0;
        return config->training || strcmp(value, "production") == 0
                   ? NULL
                   : "the kind is training or production";
    case 2:
        if (!number_in(value, 1000, 4000000000u, &number))
            return "uid-base is a number from 1000";
        config->uid_base = (uint32_t)number;
        return NULL;
    case 3:
        if (!number_in(value, 1024, 65535 - ENCLAVES_MAX, &number))
            return "the port is a number from 1024 to 65511";
        config->port = (uint16_t)number;
        return NULL;
    }
    return add_enclave(config, value);
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
    if (r == 0 && n < 4) {
        log_err("%s ends after line %u; it needs at least four", path, n);
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
