#include "appliance/answer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- single values: most of what a page gets is numbers, so they are written digit by digit ----
 */

/* At least ${width} digits; the byte behind them. */
static char *digits(char *out, uint64_t value, unsigned width)
{
    char last[20];
    unsigned n = 0;
    for (; value || n < width; value /= 10)
        last[n++] = (char)('0' + value % 10);
    while (n)
        *out++ = last[--n];
    return out;
}

void answer_time_text(int64_t utc_ms, char out[static ANSWER_TIME_TEXT])
{
    time_t seconds = (time_t)(utc_ms / 1000);
    struct tm t;
    if (utc_ms <= 0 || !gmtime_r(&seconds, &t) || t.tm_year > 8099) {
        out[0] = '\0';
        return;
    }
    const struct {
        int value;
        unsigned width;
        char behind;
    } parts[] = {{t.tm_year + 1900, 4, '-'},    {t.tm_mon + 1, 2, '-'}, {t.tm_mday, 2, 'T'},
                 {t.tm_hour, 2, ':'},           {t.tm_min, 2, ':'},     {t.tm_sec, 2, '.'},
                 {(int)(utc_ms % 1000), 3, 'Z'}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        out = digits(out, (uint64_t)parts[i].value, parts[i].width);
        *out++ = parts[i].behind;
    }
    *out = '\0';
}

void answer_decimal_text(int64_t millionths, int places, char out[static ANSWER_DECIMAL_TEXT])
{
    uint64_t m = millionths < 0 ? -(uint64_t)millionths : (uint64_t)millionths;
    if (millionths < 0)
        *out++ = '-';
    out = digits(out, m / 1000000, 1);
    *out++ = '.';
    out = digits(out, m % 1000000, 6);
    for (int kept = 6; kept > places && out[-1] == '0'; kept--)
        out--;
    out[out[-1] == '.' ? -1 : 0] = '\0';
}

void answer_uuid_text(const uint8_t uuid[static 16], char out[static ANSWER_UUID_TEXT])
{
    static const size_t part[] = {4, 2, 2, 2, 6};
    for (size_t i = 0; i < 5; i++) {
        bytes_to_hex(uuid, part[i], out);
        uuid += part[i];
        out += 2 * part[i];
        *out++ = i < 4 ? '-' : '\0';
    }
}

/* ---- JSON ---- */

static void raw(struct bytes_put *out, const char *text)
{
    bytes_put_fixed(out, text, strlen(text));
}

static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

#define EACH(byte) (UINT64_MAX / 255 * (byte))

/* How many bytes of ${text} stand for themselves; eight at once, in a carry's way: the highest bit
 * of a byte says that it is not plain, or one before it is. */
static size_t plain_run(const char *text, size_t length)
{
    size_t n = 0;
    for (uint64_t v; n + sizeof v <= length; n += sizeof v) {
        memcpy(&v, text + n, sizeof v);
        uint64_t quote = v ^ EACH('"'), backslash = v ^ EACH('\\');
        if (((v - EACH(0x20)) & ~v & EACH(0x80)) || ((quote - EACH(1)) & ~quote & EACH(0x80)) ||
            ((backslash - EACH(1)) & ~backslash & EACH(0x80)))
            break;
    }
    while (n < length && is_plain(text[n]))
        n++;
    return n;
}

static void quoted(struct bytes_put *out, const char *text)
{
    const char *p = text ? text : "", *end = p + strlen(p);
    raw(out, "\"");
    while (p < end) {
        size_t n = plain_run(p, (size_t)(end - p));
        bytes_put_fixed(out, p, n);
        p += n;
        if (p < end) {
            char escaped[8];
            snprintf(escaped, sizeof escaped, *p == '"' || *p == '\\' ? "\\%c" : "\\u%04x",
                     (unsigned char)*p);
            raw(out, escaped);
            p++;
        }
    }
    raw(out, "\"");
}

/* ${name} begins with a comma, which the first one has not. */
static void name_of(struct bytes_put *out, bool *first, const char *name, size_t length)
{
    bytes_put_fixed(out, name + *first, length - *first);
    *first = false;
}

/* What needs no escape. */
static void plain(struct bytes_put *out, const char *text)
{
    bytes_put_u8(out, '"');
    raw(out, text);
    bytes_put_u8(out, '"');
}

static void put_int(struct bytes_put *out, int64_t v)
{
    char text[24], *end = text;
    if (v < 0)
        *end++ = '-';
    end = digits(end, v < 0 ? -(uint64_t)v : (uint64_t)v, 1);
    bytes_put_fixed(out, text, (size_t)(end - text));
}

static void put_time(struct bytes_put *out, int64_t v)
{
    char text[ANSWER_TIME_TEXT];
    answer_time_text(v, text);
    plain(out, text);
}

static void put_decimal(struct bytes_put *out, struct answer_decimal v)
{
    char text[ANSWER_DECIMAL_TEXT] = "";
    if (v.present)
        answer_decimal_text(v.millionths, v.places, text);
    plain(out, text);
}

/* An object that is not there has a UUID of zeros: written as "". */
static void put_uuid(struct bytes_put *out, const uint8_t uuid[static 16])
{
    static const uint8_t none[16];
    char text[ANSWER_UUID_TEXT] = "";
    if (memcmp(uuid, none, 16) != 0)
        answer_uuid_text(uuid, text);
    plain(out, text);
}

#define NAME(name) name_of(out, &first, ",\"" #name "\":", sizeof ",\"" #name "\":" - 1);
#define TEXT(name)                                                                                 \
    NAME(name)                                                                                     \
    quoted(out, answer->name);
#define UUID(name)                                                                                 \
    NAME(name)                                                                                     \
    put_uuid(out, answer->name);
#define INT(name)                                                                                  \
    NAME(name)                                                                                     \
    put_int(out, answer->name);
#define BOOL(name)                                                                                 \
    NAME(name)                                                                                     \
    raw(out, answer->name ? "true" : "false");
#define TIME(name)                                                                                 \
    NAME(name)                                                                                     \
    put_time(out, answer->name);
#define DECIMAL(name)                                                                              \
    NAME(name)                                                                                     \
    put_decimal(out, answer->name);
#define LIST(name, object)                                                                         \
    NAME(name)                                                                                     \
    bytes_put_u8(out, '[');                                                                        \
    for (size_t i = 0; i < answer->name##_count; i++) {                                            \
        if (i)                                                                                     \
            bytes_put_u8(out, ',');                                                                \
        answer_write_##object(&answer->name[i], out);                                              \
    }                                                                                              \
    bytes_put_u8(out, ']');
#define OBJECT(name, ...)                                                                          \
    void answer_write_##name(const struct answer_##name *answer, struct bytes_put *out)            \
    {                                                                                              \
        bool first = true;                                                                         \
        bytes_put_u8(out, '{');                                                                    \
        __VA_ARGS__                                                                                \
        bytes_put_u8(out, '}');                                                                    \
    }
#include "appliance/answers.def"
