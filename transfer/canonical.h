#ifndef TRANSFER_CANONICAL_H
#define TRANSFER_CANONICAL_H

#include <stdbool.h>

#include "crypto/bytes.h"

/*
 * The one byte form of JSON that a bundle may contain: objects with their keys
 * sorted bytewise, arrays, strings of printable ASCII with only \" and \\
 * escaped, integers |n| < 2^53, no whitespace, at most CANONICAL_DEPTH levels.
 *
 * The reader is asked for exactly what must come next and refuses everything
 * else, so a text that it accepts is the text that the writer makes: an unknown,
 * missing, repeated or misplaced key, a space or another form of a number all
 * end in ERR_CANONICAL.  Both remember their first failure, as struct bytes does.
 */
#define CANONICAL_DEPTH      8
#define CANONICAL_NUMBER_MAX ((int64_t)1 << 53)

struct canonical_reader {
    struct bytes bytes;
    const char *where; /* the last key that was asked for */
    int depth;
    bool begun[CANONICAL_DEPTH + 1]; /* at this depth something stands already */
};

struct canonical_reader canonical_over(struct bytes_view text);

/* Every ${key} below is NULL inside an array. */
void canonical_open_object(struct canonical_reader *r, const char *key);
void canonical_close_object(struct canonical_reader *r);
void canonical_open_array(struct canonical_reader *r, const char *key);
void canonical_close_array(struct canonical_reader *r);
/* canonical_more(r): Whether the open array has another element. */
bool canonical_more(const struct canonical_reader *r);

/* canonical_text(r, key): The string as it is written, escapes included; borrowed. */
struct bytes_view canonical_text(struct canonical_reader *r, const char *key);
/* canonical_number(r, key, min, max): The integer, or ERR_RANGE. */
int64_t canonical_number(struct canonical_reader *r, const char *key, int64_t min, int64_t max);
/* canonical_hex(r, key, out, length): A string of 2 * ${length} hexadecimal digits. */
void canonical_hex(struct canonical_reader *r, const char *key, void *out, size_t length);
/* canonical_expect(r, key, text): Exactly this string. */
void canonical_expect(struct canonical_reader *r, const char *key, const char *text);
/* canonical_fail(r, code): What the caller found wrong in a value. */
void canonical_fail(struct canonical_reader *r, int code);

/* canonical_end(r): One LF and nothing after it: the end of a file or of a line. */
must_use int canonical_end(struct canonical_reader *r);
/* canonical_done(r): Nothing after it. */
must_use int canonical_done(const struct canonical_reader *r);

struct canonical_writer {
    struct bytes_put put;
    int depth;
    bool begun[CANONICAL_DEPTH + 1];
};

struct canonical_writer canonical_into(void *data, size_t room);
void canonical_put_object(struct canonical_writer *w, const char *key);
void canonical_put_object_end(struct canonical_writer *w);
void canonical_put_array(struct canonical_writer *w, const char *key);
void canonical_put_array_end(struct canonical_writer *w);
/* Refuses (ERR_FORMAT) what is not printable ASCII; escapes as needed. */
void canonical_put_text(struct canonical_writer *w, const char *key, const char *text);
void canonical_put_number(struct canonical_writer *w, const char *key, int64_t n);
void canonical_put_hex(struct canonical_writer *w, const char *key, const void *data,
                       size_t length);
/* canonical_put_end(w, ret_length): The LF at the end. */
must_use int canonical_put_end(struct canonical_writer *w, size_t *ret_length);

#endif
