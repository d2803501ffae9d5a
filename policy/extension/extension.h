#ifndef POLICY_EXTENSION_H
#define POLICY_EXTENSION_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/symbol.h"
#include "policy/value.h"

/*
 * The four extension types: their one text form each, exactly as the language
 * defines it, and their arithmetic.  The parsers return false for anything else;
 * the printers write the form that the parser reads back.
 */

/* Four decimal places in an int64: "12.5" is 125000. */
bool decimal_parse(struct text text, int64_t *ret);
void decimal_write(struct writer *w, int64_t value);

bool ipaddr_parse(struct text text, struct ipaddr *ret);
void ipaddr_write(struct writer *w, const struct ipaddr *ip);
bool ipaddr_is_loopback(const struct ipaddr *ip);
bool ipaddr_is_multicast(const struct ipaddr *ip);
/* ipaddr_in_range(ip, range): Whether every address of ${ip} is one of ${range}. */
bool ipaddr_in_range(const struct ipaddr *ip, const struct ipaddr *range);

/* Milliseconds since 1970 UTC, proleptic Gregorian, years 0000 to 9999 in text. */
bool datetime_parse(struct text text, int64_t *ret);
void datetime_write(struct writer *w, int64_t value);
/* datetime_date(t, ret): The midnight at or before ${t}; false on overflow. */
bool datetime_date(int64_t t, int64_t *ret);
/* datetime_time(t): Milliseconds since that midnight. */
int64_t datetime_time(int64_t t);

bool duration_parse(struct text text, int64_t *ret);
void duration_write(struct writer *w, int64_t value);

#endif
