#ifndef TESTS_ENCLAVE_VECTORS_H
#define TESTS_ENCLAVE_VECTORS_H

#include <stdio.h>
#include <stdlib.h>

#include "tests/crypto/cases.h"

/*
 * Byte forms that must not change unseen: tests/vectors/FILE.txt has a line "NAME HEX" for each.
 * With CASEMATE_PIN set the lines are printed instead, for a new form that is meant.
 */
static inline void assert_pinned(const char *file, const char *name, const void *data,
                                 size_t length)
{
    static char line[400000], expected[400000];
    char path[160];
    int n = snprintf(expected, sizeof expected, "%s ", name);

    assert_true((size_t)n + 2 * length + 2 < sizeof expected);
    bytes_to_hex(data, length, expected + n);
    strcat(expected, "\n");
    if (getenv("CASEMATE_PIN")) {
        printf("PIN %s %s", file, expected);
        return;
    }
    snprintf(path, sizeof path, "tests/vectors/%s.txt", file);
    FILE *f = fopen(path, "re");
    if (!f)
        fail_msg("%s is missing, or this is not the repository's root", path);
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, expected, (size_t)n) != 0)
            continue;
        fclose(f);
        assert_string_equal(line, expected);
        return;
    }
    fclose(f);
    fail_msg("%s has no line for %s", path, name);
}

/* Bytes that differ from each other and never repeat soon: what fields are filled with. */
static inline uint8_t next_byte(void)
{
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return (uint8_t)(state >> 24);
}

/* The filling for vectors: the same in every run, whatever ran before. */
static inline uint8_t counted_byte(bool restart)
{
    static uint8_t state;
    state = restart ? 1 : (uint8_t)(state + 1);
    return state;
}

#endif
