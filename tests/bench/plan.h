#ifndef TESTS_BENCH_PLAN_H
#define TESTS_BENCH_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/error.h"

/* What site.sh prepared: a line each, a word and a value. */
#define PLAN_UNITS  200
#define PLAN_TOKENS 8
#define PLAN_TOKEN  1024

struct plan {
    uint16_t port;
    unsigned operations; /* of each unit, numbered from 1, one after the other */
    int worker;
    size_t tokens; /* of operators */
    char token[PLAN_TOKENS][PLAN_TOKEN];
    char officer[PLAN_TOKEN];
    char order[24];
    size_t expected; /* units of the order, of which only the first are named here */
    size_t units;
    char unit[PLAN_UNITS][37];
};

/* plan_read(path, ret_plan): ERR_SYSTEM, ERR_FORMAT. */
must_use int plan_read(const char *path, struct plan *ret_plan);

#endif
