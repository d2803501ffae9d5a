#ifndef APPLIANCE_QUOTA_H
#define APPLIANCE_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How much of what was refused is written one by one.  A session or a station that is refused
 * again and again may not fill the journal: so many lines in a minute are written, the rest as a
 * number in the next.  None is left out of both.  Nor may many holders, whom a gateway can make up:
 * all together are bounded, too, well above what honest ones come to.  A pure table; zeroed memory
 * is an empty one.
 */
#define QUOTA_HOLDERS   64
#define QUOTA_A_MINUTE  20
#define QUOTA_OF_ALL    600 /* a minute: thirty sessions that are all refused again and again */
#define QUOTA_WINDOW_MS 60000
#define QUOTA_TEXT      160

struct quota {
    struct quota_window {
        uint8_t holder[16];
        uint64_t began_ms; /* 0: the place is free */
        unsigned written, left_out;
    } window[QUOTA_HOLDERS];
    struct quota_window all;
};

/*
 * quota_line(quota, holder, what, always, now_ms, out):
 * May a line about ${holder} be written at ${now_ms}?  Then ${out} is its text: the first 100
 * bytes of ${what}, and how many before it were left out.  Else it is counted.  With ${always} it
 * is written in any case.  When there are more holders than places the one that began first gives
 * its place up, and what it was owed goes with the place.
 */
bool quota_line(struct quota *quota, const uint8_t holder[static 16], const char *what, bool always,
                uint64_t now_ms, char out[static QUOTA_TEXT]);

#endif
