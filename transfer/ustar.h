#ifndef TRANSFER_USTAR_H
#define TRANSFER_USTAR_H

#include <stdbool.h>

#include "crypto/bytes.h"

/*
 * POSIX ustar in one exact form: regular files only, mode 0444, no owner, no
 * time, no prefix, zero padding, exactly two zero blocks at the end and nothing
 * after them.  Only a name, a size and the content are free.  `tar` reads it; it
 * is no validator (it takes bytes after the end, and a second member of a name).
 */
#define USTAR_BLOCK    512
#define USTAR_NAME_MAX 80

struct ustar_member {
    char name[USTAR_NAME_MAX + 1];
    struct bytes_view content;
};

/* [a-z0-9][a-z0-9._-]{0,79} */
bool ustar_is_name(struct bytes_view name);

/* ustar_next(b, ret_member): The next member, its content borrowed.  ERR_EOF at the right end, when
 * nothing is left; ERR_FORMAT for a header in another form, ERR_TRUNCATED, ERR_TRAILING. */
must_use int ustar_next(struct bytes *b, struct ustar_member *ret_member);

/* ustar_put(out, name, content): One member; ERR_FORMAT (in ${out}) for another name than
 * ustar_is_name(). */
void ustar_put(struct bytes_put *out, const char *name, struct bytes_view content);

/* ustar_put_end(out): The two zero blocks. */
void ustar_put_end(struct bytes_put *out);

#endif
