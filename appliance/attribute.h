#ifndef APPLIANCE_ATTRIBUTE_H
#define APPLIANCE_ATTRIBUTE_H

#include <stdbool.h>

#include "crypto/bytes.h"

/* attribute.def as data: what an authorization record may say, and whether a value is one. */

enum attribute_number {
    ATTRIBUTE_NONE = 0,
#define ATTRIBUTE(number, NAME, ...) ATTRIBUTE_##NAME = (number),
#include "appliance/attribute.def"
#undef ATTRIBUTE
};

enum holder_kind { HOLDER_PERSON = 1, HOLDER_STATION };
enum attribute_scope { ATTRIBUTE_SCOPE_SITE = 1, ATTRIBUTE_SCOPE_ENCLAVE, ATTRIBUTE_SCOPE_EITHER };
enum attribute_value {
    ATTRIBUTE_VALUE_FLAG = 1,
    ATTRIBUTE_VALUE_COUNTRY,
    ATTRIBUTE_VALUE_LEVEL,
    ATTRIBUTE_VALUE_CODE,
    ATTRIBUTE_VALUE_TEXT,
    ATTRIBUTE_VALUE_WINDOW
};
/* What becomes of a record that has ended, and that nothing replaced. */
enum attribute_past { ATTRIBUTE_PAST_ENDS = 1, ATTRIBUTE_PAST_STAYS, ATTRIBUTE_PAST_DOUBTS };
enum attribute_into {
    ATTRIBUTE_INTO_ROLE = 1,
    ATTRIBUTE_INTO_BOOL,
    ATTRIBUTE_INTO_LEVEL,
    ATTRIBUTE_INTO_ONE,
    ATTRIBUTE_INTO_NAME,
    ATTRIBUTE_INTO_NATIONS,
    ATTRIBUTE_INTO_NAMES,
    ATTRIBUTE_INTO_UNTIL,
    ATTRIBUTE_INTO_TAG,
    ATTRIBUTE_INTO_WINDOW
};

struct attribute {
    enum attribute_number number;
    const char *name;
    enum holder_kind holder;
    enum attribute_scope scope;
    enum attribute_value value;
    int cap_days;
    enum attribute_past past;
    enum attribute_into into;
    const char *as; /* the name in policies; of a TAG what stands before the value */
    const char *what;
};

#define ATTRIBUTE_VALUE_MAX 64

extern const struct attribute attributes[];
extern const size_t attributes_count;

/* attribute_by_number(number), attribute_by_name(name): The row, or NULL. */
const struct attribute *attribute_by_number(unsigned number);
const struct attribute *attribute_by_name(struct bytes_view name);

/* attribute_stays(attribute, value): Does a record of this value count on when it has ended,
 * because more would be open without it? */
bool attribute_stays(const struct attribute *attribute, struct bytes_view value);

/* attribute_refuse(attribute, value): NULL when ${value} is one of this attribute, else what it
 * must be, in words. */
const char *attribute_refuse(const struct attribute *attribute, struct bytes_view value);

/*
 * attribute_window(value, ret_window):
 * Read "Mon-Fri 06:00-22:00 -06:00": days (one, or from-to), local time from (included)
 * to (excluded), offset from UTC.  A window whose end lies before its start reaches over
 * midnight and belongs to the day that it began on.  false when it is malformed.
 */
struct attribute_window {
    unsigned days; /* bit 1 Monday to bit 7 Sunday, as ISO 8601 counts */
    int from_ms, to_ms;
    int offset_ms; /* local = UTC + offset */
};
bool attribute_window(struct bytes_view value, struct attribute_window *ret_window);

/* attribute_country_is_known(code): Is this one of ISO 3166-1's three-letter codes? */
bool attribute_country_is_known(struct bytes_view code);

#endif
