#ifndef TRANSFER_GRAMMAR_H
#define TRANSFER_GRAMMAR_H

#include <stdbool.h>

#include "crypto/bytes.h"

/*
 * The forms that a text may have in a bundle.  Each is total: it says yes or no
 * to any bytes.
 */

/* e and seven of a-z 0-9: an enclave's opaque id. */
#define GRAMMAR_ENCLAVE 8
bool grammar_is_enclave(struct bytes_view text);

/* ${min} to ${max} of A-Z, 0-9 and, with ${dash}, "-". */
bool grammar_is_code(struct bytes_view text, uint32_t min, uint32_t max, bool dash);

/* 1 to 32 of a-z, 0-9 and "-", beginning with a letter or digit: a site's public id. */
#define GRAMMAR_SITE_MAX 32
bool grammar_is_site(struct bytes_view text);

/* 2026-W47: a week of ISO 8601; week 53 only in a year that has one. */
#define GRAMMAR_SLOT 8
bool grammar_is_slot(struct bytes_view text);

/* 2026-12-18: a day that exists, from 2000 to 2099. */
#define GRAMMAR_DAY 10
bool grammar_is_day(struct bytes_view text);

/* 8-4-4-4-12 lower-case hexadecimal digits. */
bool grammar_is_uuid(struct bytes_view text);

/* grammar_number(text, max, ret_number): Decimal digits without a leading zero, at most ${max}. */
must_use int grammar_number(struct bytes_view text, uint64_t max, uint64_t *ret_number);

#endif
