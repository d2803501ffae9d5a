#ifndef APPLIANCE_CLI_DATA_H
#define APPLIANCE_CLI_DATA_H

#include "crypto/bytes.h"

/* The policies and the two demo programs, put into the tool so that it needs no other folder. */
extern const struct data_file {
    const char *name; /* without its folder */
    const uint8_t *at, *end;
} data_files[];

/* data_file(name): Its bytes; ${name} is one of those that data.c lists. */
struct bytes_view data_file(const char *name);

#endif
