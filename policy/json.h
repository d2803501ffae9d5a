#ifndef POLICY_JSON_H
#define POLICY_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/arena.h"
#include "policy/cedar.h"
#include "policy/symbol.h"

#define JSON_DEPTH_MAX 127U
#define JSON_BYTES_MAX (64U << 20)

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* One value.  Members and elements are a list in their order. */
struct json {
    enum json_kind kind;
    uint32_t count;     /* of elements or members */
    uint32_t offset;    /* where it stands in the text */
    struct text key;    /* of a member */
    struct text string; /* terminated, and may hold U+0000 */
    int64_t number;     /* also 0 or 1 of a bool */
    const struct json *first;
    const struct json *next;
};

/*
 * json_parse(source, arena, ret_json, ret_problem):
 * Read exactly one value.  Strict: UTF-8, no repeated keys, no comments, numbers
 * are whole and fit an int64, at most JSON_DEPTH_MAX deep.  The tree lives in
 * ${arena}.  Return 0 or a CEDAR_ERR_ code, and then fill ${ret_problem}.
 */
must_use int json_parse(const struct cedar_source *source, struct arena *arena,
                        const struct json **ret_json, struct cedar_problem *ret_problem);

/* json_fail(problem, source, offset, message): Fill it; CEDAR_ERR_JSON. */
int json_fail(struct cedar_problem *problem, const struct cedar_source *source, uint32_t offset,
              const char *message);

/* json_member(object, key): The member, or NULL; NULL too if ${object} is none. */
const struct json *json_member(const struct json *object, const char *key);
const struct json *json_member_text(const struct json *object, struct text key);

/* json_field(v, key, index): The member of an object, or the element of an array, or NULL. */
const struct json *json_field(const struct json *v, const char *key, uint32_t index);

#endif
