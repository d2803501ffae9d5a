#ifndef TRANSFER_GUARD_B_READER_H
#define TRANSFER_GUARD_B_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A bounded cursor over outside bytes, and the tokens that the formats of a
 * bundle are made of.  Canonical JSON with known keys has one byte form, so
 * guard-b has no general JSON parser: it reads, in order, exactly the bytes
 * that a writer would have written, and what is left open between them.
 *
 * The first failure stays: call freely, ask once with b_reader_done().  After a
 * failure numbers are 0, digests zeros and views empty.
 */
struct b_view {
    const uint8_t *data;
    size_t length;
};

struct b_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

struct b_reader b_reader_over(struct b_view bytes);

/* b_reader_done(r): Did nothing fail, and is nothing left? */
bool b_reader_done(const struct b_reader *r);

/* b_reader_meets(r, text): Do the next bytes say ${text}?  Reads nothing. */
bool b_reader_meets(const struct b_reader *r, const char *text);

/* b_reader_text(r, text): The next bytes must be ${text}. */
void b_reader_text(struct b_reader *r, const char *text);

/* b_reader_choice(r, choices): Which of the NULL-ended ${choices} comes next, up to and with a
 * closing quote. */
unsigned b_reader_choice(struct b_reader *r, const char *const *choices);

/* b_reader_number(r, least, most): A decimal integer in JSON's one form, within both bounds. */
uint64_t b_reader_number(struct b_reader *r, uint64_t least, uint64_t most);

/* b_reader_padded(r, width): ${width} decimal digits, zeros in front; ${width} is at most 18. */
uint64_t b_reader_padded(struct b_reader *r, unsigned width);

/* b_reader_hex(r, length, out): ${length} bytes as lower-case hex. */
void b_reader_hex(struct b_reader *r, size_t length, uint8_t *out);

/* b_reader_word(r, alphabet, least, most): The longest run of bytes of ${alphabet}; fails when it
 * is shorter than ${least} or longer than ${most}.  Borrowed. */
struct b_view b_reader_word(struct b_reader *r, const char *alphabet, size_t least, size_t most);

/* Big-endian integers, and ${length} bytes as they are, borrowed. */
uint64_t b_reader_integer(struct b_reader *r, unsigned bytes);
struct b_view b_reader_run(struct b_reader *r, size_t length);

#define B_DECIMAL "0123456789"
#define B_LOWER   "abcdefghijklmnopqrstuvwxyz"
#define B_UPPER   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* b_view_is(view, text): Are these exactly the bytes of ${text}? */
bool b_view_is(struct b_view view, const char *text);
bool b_view_equal(struct b_view a, struct b_view b);
/* b_view_before(a, b): Does ${a} sort before ${b}, bytewise? */
bool b_view_before(struct b_view a, struct b_view b);
struct b_view b_view_of(const void *data, size_t length);

#endif
