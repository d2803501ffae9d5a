#ifndef APPLIANCE_ANSWER_H
#define APPLIANCE_ANSWER_H

#include <stdbool.h>

#include "crypto/bytes.h"

/*
 * What operations answer, expanded from answers.def: a struct answer_NAME for each
 * object and answer_write_NAME() that writes its JSON.  TEXT may be NULL (written
 * as ""); lists are borrowed.
 */
#define TEXT(name)    const char *name;
#define UUID(name)    uint8_t name[16];
#define INT(name)     int64_t name;
#define BOOL(name)    bool name;
#define TIME(name)    int64_t name;
#define DECIMAL(name) struct answer_decimal name;
#define LIST(name, object)                                                                         \
    const struct answer_##object *name;                                                            \
    size_t name##_count;
#define OBJECT(name, ...)                                                                          \
    struct answer_##name {                                                                         \
        __VA_ARGS__                                                                                \
    };

/* A decimal number in millionths, or none. */
struct answer_decimal {
    bool present;
    int64_t millionths;
    int places; /* at least so many are written */
};

#include "appliance/answers.def"
#undef TEXT
#undef UUID
#undef INT
#undef BOOL
#undef TIME
#undef DECIMAL
#undef LIST
#undef OBJECT

/* answer_write_NAME(answer, out): Append the JSON; an error stays in ${out} (ERR_SIZE). */
#define OBJECT(name, ...)                                                                          \
    void answer_write_##name(const struct answer_##name *answer, struct bytes_put *out);
#include "appliance/answers.def"
#undef OBJECT

/* Single values as the answers write them. */
#define ANSWER_TIME_TEXT    25
#define ANSWER_DECIMAL_TEXT 24
#define ANSWER_UUID_TEXT    37
void answer_time_text(int64_t utc_ms, char out[static ANSWER_TIME_TEXT]);
void answer_decimal_text(int64_t millionths, int places, char out[static ANSWER_DECIMAL_TEXT]);
void answer_uuid_text(const uint8_t uuid[static 16], char out[static ANSWER_UUID_TEXT]);

#endif
