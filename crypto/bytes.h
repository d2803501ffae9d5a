#ifndef CRYPTO_BYTES_H
#define CRYPTO_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/error.h"

/*
 * A bounded cursor over bytes that came from outside, and a bounded writer.
 * Everything is big-endian.  Both remember their first failure: call freely,
 * ask once at the end with bytes_done() or bytes_put_done().  After a failure
 * reads give zeros and empty views, writes do nothing.
 */
struct bytes {
    const uint8_t *at; /* next unread byte */
    const uint8_t *end;
    int error; /* 0, or the first failure */
};

/* A borrowed run of bytes.  It lives as long as what it points into. */
struct bytes_view {
    const uint8_t *data;
    uint32_t length;
};

/* bytes_over(data, length): A cursor at the start of ${data}; borrows it. */
struct bytes bytes_over(const void *data, size_t length);

uint8_t bytes_u8(struct bytes *b);
uint16_t bytes_u16(struct bytes *b);
uint32_t bytes_u32(struct bytes *b);
uint64_t bytes_u64(struct bytes *b);
int64_t bytes_i64(struct bytes *b);

/* bytes_fixed(b, out, length): Copy exactly ${length} bytes to ${out}. */
void bytes_fixed(struct bytes *b, void *out, size_t length);

/* bytes_var(b, max): A u32 length of at most ${max}, then that many bytes, borrowed. */
struct bytes_view bytes_var(struct bytes *b, uint32_t max);

/* bytes_run(b, length): Exactly ${length} bytes, borrowed. */
struct bytes_view bytes_run(struct bytes *b, uint32_t length);

/* bytes_line(b): The bytes before the next LF, borrowed; the LF is read too.  ERR_TRUNCATED if
 * there is none. */
struct bytes_view bytes_line(struct bytes *b);

/* bytes_left(b): How many bytes are unread. */
size_t bytes_left(const struct bytes *b);

/* bytes_done(b): 0 if nothing failed and nothing is left; else the error code
 * (ERR_TRAILING when bytes are left). */
must_use int bytes_done(const struct bytes *b);

/* A writer into memory that the caller owns. */
struct bytes_put {
    uint8_t *start;
    uint8_t *at;
    uint8_t *end;
    int error;
};

struct bytes_put bytes_into(void *data, size_t room);
void bytes_put_u8(struct bytes_put *b, uint8_t v);
void bytes_put_u16(struct bytes_put *b, uint16_t v);
void bytes_put_u32(struct bytes_put *b, uint32_t v);
void bytes_put_u64(struct bytes_put *b, uint64_t v);
void bytes_put_i64(struct bytes_put *b, int64_t v);
void bytes_put_fixed(struct bytes_put *b, const void *data, size_t length);
/* Refuses (ERR_SIZE) a view longer than ${max}, so that what is written can be read. */
void bytes_put_var(struct bytes_put *b, struct bytes_view v, uint32_t max);
size_t bytes_put_length(const struct bytes_put *b);
must_use int bytes_put_done(const struct bytes_put *b, size_t *ret_length);

/* Views of text; bytes_text() excludes the terminator. */
struct bytes_view bytes_view_of(const void *data, size_t length);
struct bytes_view bytes_text(const char *text);
bool bytes_equal(struct bytes_view a, struct bytes_view b);
bool bytes_equal_text(struct bytes_view a, const char *text);

/*
 * bytes_to_hex(data, length, out): Write 2 * ${length} lower-case digits and a
 * terminator to ${out}.
 * bytes_from_hex(text, length, out): Exactly ${length} bytes from 2 * ${length}
 * lower-case digits; ERR_FORMAT otherwise.
 */
void bytes_to_hex(const void *data, size_t length, char *out);
must_use int bytes_from_hex(struct bytes_view text, size_t length, void *out);

#endif
