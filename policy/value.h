#ifndef POLICY_VALUE_H
#define POLICY_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/cedar.h"
#include "policy/symbol.h"

/* VALUE(tag, name for people). */
#define VALUE_LIST(VALUE)                                                                          \
    VALUE(VALUE_NONE, "nothing")                                                                   \
    VALUE(VALUE_BOOL, "bool")                                                                      \
    VALUE(VALUE_LONG, "long")                                                                      \
    VALUE(VALUE_STRING, "string")                                                                  \
    VALUE(VALUE_ENTITY, "entity")                                                                  \
    VALUE(VALUE_SET, "set")                                                                        \
    VALUE(VALUE_RECORD, "record")                                                                  \
    VALUE(VALUE_DECIMAL, "decimal")                                                                \
    VALUE(VALUE_IPADDR, "ipaddr")                                                                  \
    VALUE(VALUE_DATETIME, "datetime")                                                              \
    VALUE(VALUE_DURATION, "duration")

enum value_tag {
#define VALUE(tag, name) tag,
    VALUE_LIST(VALUE)
#undef VALUE
};

/*
 * What the fields of struct cedar_value mean: bool, long, decimal, datetime and
 * duration use number; a string is a symbol; an entity is a pair of symbols; a
 * set is ${count} items, ascending and without repetition; a record is ${count}
 * fields, ascending by key.  So equal values look equal.
 */
struct value_field {
    uint32_t key;
    struct cedar_value value;
};

struct ipaddr {
    uint8_t is_v6;
    uint8_t prefix;    /* bits */
    uint8_t bytes[16]; /* the first 4 for v4, the rest 0 */
};

struct uid {
    uint32_t type, id;
};

const char *value_tag_name(enum value_tag tag);

/* value_compare(a, b): A total order over values of one symbol stack; 0 is Cedar's ==. */
int value_compare(const struct cedar_value *a, const struct cedar_value *b);
bool value_equal(const struct cedar_value *a, const struct cedar_value *b);

/* value_hash(v): The same for equal values. */
uint32_t value_hash(const struct cedar_value *v);

/* value_depth_ok(v, most): Whether ${v} nests at most ${most} sets and records. */
bool value_depth_ok(const struct cedar_value *v, unsigned most);

/* set_order(items, count): Sort and drop repetitions in place; how many are left. */
uint32_t set_order(struct cedar_value *items, uint32_t count);
bool set_contains(const struct cedar_value *set, const struct cedar_value *item);
bool set_contains_all(const struct cedar_value *set, const struct cedar_value *others);
bool set_contains_any(const struct cedar_value *set, const struct cedar_value *others);

/* fields_order(fields, count): Sort by key; false if a key is there twice. */
bool fields_order(struct value_field *fields, uint32_t count);
const struct cedar_value *fields_find(const struct value_field *fields, uint32_t count,
                                      uint32_t key);

/* Bounded text output.  What does not fit is cut; the result is always terminated. */
struct writer {
    char *out;
    size_t size;
    size_t at;
};

void writer_text(struct writer *w, struct text t);
void writer_format(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* writer_quoted(w, t): ${t} as a Cedar string literal. */
void writer_quoted(struct writer *w, struct text t);

/* value_write(w, symbols, v): ${v} as a Cedar expression. */
void value_write(struct writer *w, const struct symbols *symbols, const struct cedar_value *v);

#endif
