#ifndef TRANSFER_GUARD_B_REFUSAL_H
#define TRANSFER_GUARD_B_REFUSAL_H

#include "crypto/error.h"

/*
 * Why something was refused, as one sentence for people.  It names what was
 * looked at and never repeats bytes that came from outside.
 */
#define B_SENTENCE_MAX 400

struct b_refusal {
    char sentence[B_SENTENCE_MAX + 1];
};

/*
 * b_refuse(why, code, format, ...): Write the sentence into ${why}; returns ${code}, so that a
 * check can end with `return b_refuse(...)`.
 */
must_use int b_refuse(struct b_refusal *why, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
