#ifndef ENCLAVE_STORE_SCHEMA_H
#define ENCLAVE_STORE_SCHEMA_H

#include <stddef.h>

/* The numbered files of enclave/store/sql in order, compiled in; NULL ends them. */
extern const char *const store_migrations[];

#endif
