#ifndef TRANSFER_REFUSAL_H
#define TRANSFER_REFUSAL_H

#include "crypto/error.h"

/*
 * Why something was not accepted: one sentence for a person, printable ASCII.
 * It names the file, line and field, and what is allowed there; it never repeats
 * what stood there.
 */
#define REFUSAL_MAX 200

struct refusal {
    char text[REFUSAL_MAX + 1];
};

/* refuse(why, format, ...): Write the sentence and return ERR_REFUSED, always. */
must_use __attribute__((format(printf, 2, 3))) int refuse(struct refusal *why, const char *format,
                                                          ...);

#endif
