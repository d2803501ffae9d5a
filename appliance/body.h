#ifndef APPLIANCE_BODY_H
#define APPLIANCE_BODY_H

#include "appliance/operation.h"

/*
 * A request's body, decoded by its operation's field table: JSON for POST, a query
 * string for GET.  Strict: an unknown field, a field twice, a wrong type, a value out
 * of range is a problem that names the field and says what is expected.
 */
#define BODY_READINGS_MAX 16
#define BODY_REFS_MAX     200

struct reading {
    struct bytes_view characteristic;
    struct bytes_view gage;
    int64_t value; /* millionths */
};

struct value {
    bool present;
    int64_t number;         /* NUMBER, FLAG, DECIMAL in millionths, TIME in UTC milliseconds */
    uint8_t bytes[64];      /* ID, REF: 16; HEX: as long as the row says */
    struct bytes_view text; /* TEXT, CODE, decoded BASE64 */
};

struct body {
    const struct operation *operation;
    struct value values[OPERATION_FIELDS_MAX]; /* in the order of the row */
    struct reading readings[BODY_READINGS_MAX];
    size_t readings_count;
    uint8_t refs[BODY_REFS_MAX][16]; /* of the one REFS field */
    size_t refs_count;
    char field[40];    /* on failure: which field, "" for the whole */
    char problem[200]; /* on failure: what is wrong, a sentence */
};

/*
 * body_decode(operation, text, scratch, size, ret_body):
 * Decode ${text}.  Views point into ${scratch}, which is overwritten by the next
 * decoding.  Return 0, or ERR_FORMAT with ${ret_body}'s field and problem set.
 */
#define BODY_SCRATCH (512 * 1024)
must_use int body_decode(const struct operation *operation, struct bytes_view text, void *scratch,
                         size_t size, struct body *ret_body);

/* body_value(body, name): The value of a field; a programmer's error ends the process. */
const struct value *body_value(const struct body *body, const char *name);

/* Texts of single values, also used where answers are written. */
must_use int body_uuid(struct bytes_view text, uint8_t out[static 16]);
must_use int body_decimal(struct bytes_view text, int64_t *ret_millionths);
must_use int body_time(struct bytes_view text, int64_t *ret_utc_ms);

#endif
