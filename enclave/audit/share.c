#include "enclave/audit/share.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct {
    enum program program;
    enum share_kind kind;
    int64_t rate, burst;
} rows[] = {
#define SHARE(PROGRAM, KIND, rate, burst, why) {PROGRAM_##PROGRAM, SHARE_##KIND, rate, burst},
#include "enclave/audit/share.def"
};
#define ROWS (sizeof rows / sizeof *rows)

bool share_is_bound(enum program program)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].program == program)
            return true;
    return false;
}

/* What comes back in ${ms}; a century of the fastest rate is less than an int64_t holds. */
static void give_back(struct share *share, int64_t ms)
{
    const int64_t century = INT64_C(100) * 366 * 24 * 3600 * 1000;
    if (ms > century)
        ms = century;
    for (size_t i = 0; i < ROWS; i++) {
        int64_t *left = &share->left[rows[i].kind];
        if (rows[i].program != share->program)
            continue;
        *left += ms * rows[i].rate / 1000;
        if (*left > rows[i].burst)
            *left = rows[i].burst;
    }
}

void share_begin(struct share *share, enum program program, uint64_t now_ms)
{
    *share = (struct share){.program = program, .filled_ms = now_ms};
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].program == program)
            share->left[rows[i].kind] = rows[i].burst;
}

void share_fill(struct share *share, uint64_t now_ms)
{
    if (now_ms <= share->filled_ms)
        return;
    give_back(share, (int64_t)(now_ms - share->filled_ms));
    share->filled_ms = now_ms;
}

bool share_is_within(struct share *share, enum share_kind kind, uint64_t now_ms)
{
    share_fill(share, now_ms);
    return share->left[kind] > 0;
}

void share_spend(struct share *share, enum share_kind kind, size_t length)
{
    share->left[kind] -= (int64_t)length + SHARE_LINE;
}

void share_count(struct share *share, unsigned event_class, int64_t utc_ms)
{
    if (share->beyond++ == 0)
        share->first_ms = utc_ms;
    share->last_ms = utc_ms;
    share->of_class[event_class < SHARE_CLASSES ? event_class : 0]++;
}

void share_time(int64_t utc_ms, char out[static SHARE_TIME])
{
    time_t seconds = (time_t)(utc_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(out, SHARE_TIME, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

bool share_take(struct share *share, char out[static SHARE_TEXT])
{
    char first[SHARE_TIME], last[SHARE_TIME];
    if (share->beyond == 0)
        return false;
    share_time(share->first_ms, first);
    share_time(share->last_ms, last);
    int n = snprintf(out, SHARE_TEXT, "%" PRIu64 " records not kept, %s to %s", share->beyond,
                     first, last);
    for (unsigned i = 0; i < SHARE_CLASSES; i++)
        if (share->of_class[i] && n > 0 && n < SHARE_TEXT)
            n += snprintf(out + n, (size_t)(SHARE_TEXT - n), ", class %u: %" PRIu64, i,
                          share->of_class[i]);
    share->beyond = 0;
    memset(share->of_class, 0, sizeof share->of_class);
    return true;
}

void share_put(const struct share *share, char out[static SHARE_FIELDS])
{
    snprintf(out, SHARE_FIELDS, "%" PRId64 " %" PRId64 " %" PRId64, share->left[SHARE_NOTES],
             share->left[SHARE_ACTS], share->left[SHARE_HEADS]);
}

int share_get(struct share *share, const char *fields)
{
    int64_t left[SHARE_KINDS];
    char more;
    if (sscanf(fields, "%" SCNd64 " %" SCNd64 " %" SCNd64 " %c", &left[SHARE_NOTES],
               &left[SHARE_ACTS], &left[SHARE_HEADS], &more) != 3)
        return ERR_FORMAT;
    for (size_t i = 0; i < SHARE_KINDS; i++)
        if (left[i] > INT32_MAX || left[i] < INT32_MIN) /* no share was ever that */
            return ERR_FORMAT;
    memcpy(share->left, left, sizeof left);
    return 0;
}

void share_resume(struct share *share, int64_t since_ms, uint64_t now_ms)
{
    give_back(share, since_ms > 0 ? since_ms : 0);
    for (size_t i = 0; i < SHARE_KINDS; i++)
        if (share->left[i] < 0)
            share->left[i] = 0;
    share->filled_ms = now_ms;
}
