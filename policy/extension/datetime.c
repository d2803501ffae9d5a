#include "policy/extension/extension.h"

#include <inttypes.h>
#include <string.h>

#define MS_SECOND ((int64_t)1000)
#define MS_MINUTE (60 * MS_SECOND)
#define MS_HOUR   (60 * MS_MINUTE)
#define MS_DAY    (24 * MS_HOUR)

struct cursor {
    const char *at;
    const char *end;
};

/* Exactly ${digits} digits. */
static bool take_digits(struct cursor *c, int digits, int *ret)
{
    int value = 0;

    if (c->end - c->at < digits)
        return false;
    for (int i = 0; i < digits; i++, c->at++) {
        if (*c->at < '0' || *c->at > '9')
            return false;
        value = value * 10 + (*c->at - '0');
    }
    *ret = value;
    return true;
}

static bool take(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days from 1970-01-01 to a date in the proleptic Gregorian calendar; years start in March. */
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool take_date(struct cursor *c, int64_t *ret_days)
{
    int year, month, day;

    if (!take_digits(c, 4, &year) || !take(c, '-') || !take_digits(c, 2, &month) || !take(c, '-') ||
        !take_digits(c, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *ret_days = days_from_date(year, month, day);
    return true;
}

/* ".SSS", then "Z" or an offset: what must be subtracted for the offset. */
static bool take_zone(struct cursor *c, int *ret_ms, int64_t *ret_offset)
{
    int hours, minutes;
    bool east;

    if (take(c, '.') && !take_digits(c, 3, ret_ms))
        return false;
    if (take(c, 'Z'))
        return true;
    east = take(c, '+');
    if (!east && !take(c, '-'))
        return false;
    if (!take_digits(c, 2, &hours) || !take_digits(c, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_offset = (hours * MS_HOUR + minutes * MS_MINUTE) * (east ? 1 : -1);
    return true;
}

bool datetime_parse(struct text text, int64_t *ret)
{
    struct cursor c = {text.data, text.data + text.length};
    int hour = 0, minute = 0, second = 0, ms = 0;
    int64_t days, offset = 0;

    if (!take_date(&c, &days))
        return false;
    if (c.at != c.end) {
        if (!take(&c, 'T') || !take_digits(&c, 2, &hour) || !take(&c, ':') ||
            !take_digits(&c, 2, &minute) || !take(&c, ':') || !take_digits(&c, 2, &second) ||
            !take_zone(&c, &ms, &offset))
            return false;
        if (hour > 23 || minute > 59 || second > 59)
            return false;
    }
    if (c.at != c.end)
        return false;
    *ret = days * MS_DAY + hour * MS_HOUR + minute * MS_MINUTE + second * MS_SECOND + ms - offset;
    return true;
}

static int64_t floor_days(int64_t t)
{
    return t / MS_DAY - (t % MS_DAY < 0 ? 1 : 0);
}

bool datetime_date(int64_t t, int64_t *ret)
{
    return !__builtin_mul_overflow(floor_days(t), MS_DAY, ret);
}

int64_t datetime_time(int64_t t)
{
    int64_t rest = t % MS_DAY;

    return rest < 0 ? rest + MS_DAY : rest;
}

/* Outside the years that text can say, the value is shown as an offset from 1970. */
void datetime_write(struct writer *w, int64_t value)
{
    int64_t days = floor_days(value), rest = datetime_time(value);

    if (days < days_from_date(0, 1, 1) || days > days_from_date(9999, 12, 31)) {
        writer_format(w, "datetime(\"1970-01-01\").offset(duration(\"%" PRId64 "ms\"))", value);
        return;
    }
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100), m = (5 * of_year + 2) / 153;
    int64_t month = m < 10 ? m + 3 : m - 9, year = years + era * 400 + (month <= 2 ? 1 : 0);
    writer_format(w, "datetime(\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\")", (int)year, (int)month,
                  (int)(of_year - (153 * m + 2) / 5 + 1), (int)(rest / MS_HOUR),
                  (int)(rest / MS_MINUTE % 60), (int)(rest / MS_SECOND % 60),
                  (int)(rest % MS_SECOND));
}

/* One "12h"; absent is fine.  Adds on the side of ${sign}. */
static bool take_part(struct cursor *c, const char *unit, int64_t worth, int sign, int64_t *total)
{
    struct cursor try = *c;
    int64_t value = 0;
    bool fits = true;
    size_t n = strlen(unit);

    for (; try.at < try.end && *try.at >= '0' && *try.at <= '9'; try.at++)
        fits = fits && !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_add_overflow(value, sign * (*try.at - '0'), &value);
    if (try.at == c->at || (size_t)(try.end - try.at) < n || memcmp(try.at, unit, n) != 0)
        return true;
    if (n == 1 && *unit == 'm' && try.end - try.at > 1 && try.at[1] == 's')
        return true;
    c->at = try.at + n;
    return fits && !__builtin_mul_overflow(value, worth, &value) &&
           !__builtin_add_overflow(*total, value, total);
}

bool duration_parse(struct text text, int64_t *ret)
{
    struct cursor c = {text.data, text.data + text.length};
    int sign = take(&c, '-') ? -1 : 1;
    int64_t total = 0;

    if (c.at == c.end)
        return false;
    if (!take_part(&c, "d", MS_DAY, sign, &total) || !take_part(&c, "h", MS_HOUR, sign, &total) ||
        !take_part(&c, "m", MS_MINUTE, sign, &total) ||
        !take_part(&c, "s", MS_SECOND, sign, &total) || !take_part(&c, "ms", 1, sign, &total))
        return false;
    if (c.at != c.end)
        return false;
    *ret = total;
    return true;
}

void duration_write(struct writer *w, int64_t value)
{
    writer_format(w, "duration(\"%" PRId64 "ms\")", value);
}
