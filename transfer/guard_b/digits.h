#ifndef TRANSFER_GUARD_B_DIGITS_H
#define TRANSFER_GUARD_B_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Digests, and how bytes are written as text: lower-case hex and base64 in its one form. */
#define B_DIGEST_LENGTH 32 /* B2-256 */
#define B_FILE_LENGTH   64 /* B2-512 */

#define B_BASE64_LENGTH(n) (((n) + 2) / 3 * 4)

void b_digits_digest(const void *data, size_t length, uint8_t out[static B_DIGEST_LENGTH]);
void b_digits_file(const void *data, size_t length, uint8_t out[static B_FILE_LENGTH]);

/* b_digits_hex(data, length, out): 2 * ${length} digits and a terminator. */
void b_digits_hex(const uint8_t *data, size_t length, char *out);

/* b_digits_base64(data, length, out): B_BASE64_LENGTH(length) digits and a terminator. */
void b_digits_base64(const uint8_t *data, size_t length, char *out);

/*
 * b_digits_from_base64(text, length, out): Exactly ${length} bytes from the
 * B_BASE64_LENGTH(length) digits at ${text}.  False unless they are what
 * b_digits_base64() would write.
 */
bool b_digits_from_base64(const uint8_t *text, size_t length, uint8_t *out);

#endif
