#include "appliance/quota.h"

#include <stdio.h>
#include <string.h>

static struct quota_window *window_of(struct quota *quota, const uint8_t *holder, uint64_t now_ms)
{
    struct quota_window *oldest = &quota->window[0];
    for (size_t i = 0; i < QUOTA_HOLDERS; i++) {
        struct quota_window *w = &quota->window[i];
        if (w->began_ms && memcmp(w->holder, holder, 16) == 0)
            return w;
        if (w->began_ms < oldest->began_ms)
            oldest = w;
    }
    *oldest = (struct quota_window){.began_ms = now_ms ? now_ms : 1, .left_out = oldest->left_out};
    memcpy(oldest->holder, holder, 16);
    return oldest;
}

static void begin_minute(struct quota_window *w, uint64_t now_ms)
{
    if (w->began_ms && now_ms - w->began_ms < QUOTA_WINDOW_MS)
        return;
    w->began_ms = now_ms ? now_ms : 1;
    w->written = 0;
}

bool quota_line(struct quota *quota, const uint8_t holder[static 16], const char *what, bool always,
                uint64_t now_ms, char out[static QUOTA_TEXT])
{
    struct quota_window *all = &quota->all;
    begin_minute(all, now_ms);
    if (all->written >= QUOTA_OF_ALL && !always) {
        all->left_out++; /* and no place is given up for this holder's */
        return false;
    }
    struct quota_window *w = window_of(quota, holder, now_ms);
    begin_minute(w, now_ms);
    if (w->written >= QUOTA_A_MINUTE && !always) {
        w->left_out++;
        return false;
    }
    w->written++;
    all->written++;
    w->left_out += all->left_out;
    if (w->left_out)
        snprintf(out, QUOTA_TEXT, "%.100s, and %u more before it", what, w->left_out);
    else
        snprintf(out, QUOTA_TEXT, "%.100s", what);
    w->left_out = all->left_out = 0;
    return true;
}
