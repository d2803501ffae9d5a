#ifndef TESTS_FAULTS_ARGUMENTS_H
#define TESTS_FAULTS_ARGUMENTS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number behind ${name} among a program's arguments, or ${otherwise}. */
static inline uint64_t argument(int argc, char **argv, const char *name, uint64_t otherwise)
{
    for (int i = 1; i < argc; i++) {
        char *end = NULL;
        if (strcmp(argv[i], name) != 0)
            continue;
        uint64_t n = i + 1 < argc ? strtoull(argv[i + 1], &end, 0) : 0;
        if (!end || end == argv[i + 1] || *end) {
            fprintf(stderr, "%s: %s takes a number\n", argv[0], name);
            exit(2);
        }
        return n;
    }
    return otherwise;
}

#endif
