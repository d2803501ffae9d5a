#ifndef TESTS_POLICY_ANSWERS_H
#define TESTS_POLICY_ANSWERS_H

/*
 * answers.jsonl: policies and what the official engine says about them, one
 * object a line: "policies", whether they are "accepted", and where that is
 * known "formatted" (its layout) and "json" (of a single policy).  Include after
 * cmocka.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/json.h"

static inline const char *json_text(const struct json *v)
{
    return v == NULL ? NULL : v->string.data;
}

/* Give every line to ${test}; how many there were. */
static inline unsigned each_answer(void (*test)(const struct json *line))
{
    FILE *f = fopen("tests/policy/answers.jsonl", "re");
    struct cedar_problem problem;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    unsigned count = 0;

    assert_non_null(f);
    while ((n = getline(&line, &room, f)) > 0) {
        const struct cedar_source source = {"answers.jsonl", line, (size_t)n - 1};
        const struct json *top = NULL;
        struct arena arena;
        assert_int_equal(arena_init_growing(&arena, 1 << 24), 0);
        assert_int_equal(json_parse(&source, &arena, &top, &problem), 0);
        test(top);
        arena_free(&arena);
        count++;
    }
    free(line);
    fclose(f);
    return count;
}

#endif
