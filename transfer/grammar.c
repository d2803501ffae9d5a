#include "transfer/grammar.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

/* ${count} digits at ${at} as a number; -1 if one is none. */
static int digits(const uint8_t *at, int count)
{
    int v = 0;

    for (int i = 0; i < count; i++) {
        if (!is_digit(at[i]))
            return -1;
        v = v * 10 + (at[i] - '0');
    }
    return v;
}

bool grammar_is_enclave(struct bytes_view text)
{
    if (text.length != GRAMMAR_ENCLAVE || text.data[0] != 'e')
        return false;
    for (uint32_t i = 1; i < text.length; i++)
        if (!is_digit(text.data[i]) && !is_lower(text.data[i]))
            return false;
    return true;
}

bool grammar_is_code(struct bytes_view text, uint32_t min, uint32_t max, bool dash)
{
    if (text.length < min || text.length > max)
        return false;
    for (uint32_t i = 0; i < text.length; i++) {
        uint8_t c = text.data[i];
        if (!is_digit(c) && !(c >= 'A' && c <= 'Z') && !(dash && c == '-'))
            return false;
    }
    return true;
}

bool grammar_is_site(struct bytes_view text)
{
    if (text.length == 0 || text.length > GRAMMAR_SITE_MAX || text.data[0] == '-')
        return false;
    for (uint32_t i = 0; i < text.length; i++)
        if (!is_digit(text.data[i]) && !is_lower(text.data[i]) && text.data[i] != '-')
            return false;
    return true;
}

/* 0 is Sunday (Sakamoto's method). */
static int day_of_week(int year, int month, int day)
{
    static const int shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};

    if (month < 3)
        year--;
    return (year + year / 4 - year / 100 + year / 400 + shift[month - 1] + day) % 7;
}

bool grammar_is_slot(struct bytes_view text)
{
    int year, week;

    if (text.length != GRAMMAR_SLOT || text.data[4] != '-' || text.data[5] != 'W')
        return false;
    year = digits(text.data, 4);
    week = digits(text.data + 6, 2);
    if (year < 2000 || year > 2099 || week < 1 || week > 53)
        return false;
    /* A year has a week 53 if it begins or ends on a Thursday. */
    return week < 53 || day_of_week(year, 1, 1) == 4 || day_of_week(year, 12, 31) == 4;
}

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

bool grammar_is_day(struct bytes_view text)
{
    int year, month, day;

    if (text.length != GRAMMAR_DAY || text.data[4] != '-' || text.data[7] != '-')
        return false;
    year = digits(text.data, 4);
    month = digits(text.data + 5, 2);
    day = digits(text.data + 8, 2);
    if (year < 2000 || year > 2099 || month < 1 || month > 12)
        return false;
    return day >= 1 && day <= days_of(year, month);
}

bool grammar_is_uuid(struct bytes_view text)
{
    if (text.length != 36)
        return false;
    for (uint32_t i = 0; i < text.length; i++) {
        uint8_t c = text.data[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? c != '-' : !is_digit(c) && !(c >= 'a' && c <= 'f'))
            return false;
    }
    return true;
}

int grammar_number(struct bytes_view text, uint64_t max, uint64_t *ret_number)
{
    uint64_t v = 0;

    if (text.length == 0 || text.length > 16 || (text.length > 1 && text.data[0] == '0'))
        return ERR_FORMAT;
    for (uint32_t i = 0; i < text.length; i++) {
        if (!is_digit(text.data[i]))
            return ERR_FORMAT;
        v = v * 10 + (uint64_t)(text.data[i] - '0');
    }
    if (v > max)
        return ERR_RANGE;
    *ret_number = v;
    return 0;
}
