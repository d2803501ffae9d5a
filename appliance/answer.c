#include "appliance/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- single values ---- */

void answer_time_text(int64_t utc_ms, char out[static ANSWER_TIME_TEXT])
{
    time_t seconds = (time_t)(utc_ms / 1000);
    struct tm t;
    if (utc_ms <= 0 || !gmtime_r(&seconds, &t) || t.tm_year > 8099) {
        out[0] = '\0';
        return;
    }
    snprintf(out, ANSWER_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
             (unsigned)(t.tm_year + 1900) % 10000u, (unsigned)(t.tm_mon + 1) % 100u,
             (unsigned)t.tm_mday % 100u, (unsigned)t.tm_hour % 100u, (unsigned)t.tm_min % 100u,
             (unsigned)t.tm_sec % 100u, (unsigned)(utc_ms % 1000));
}

void answer_decimal_text(int64_t millionths, int places, char out[static ANSWER_DECIMAL_TEXT])
{
    uint64_t m = millionths < 0 ? -(uint64_t)millionths : (uint64_t)millionths;
    int n = snprintf(out, ANSWER_DECIMAL_TEXT, "%s%" PRIu64 ".%06" PRIu64,
                     millionths < 0 ? "-" : "", m / 1000000, m % 1000000);
    for (int kept = 6; kept > places && out[n - 1] == '0'; kept--)
        out[--n] = '\0';
    if (out[n - 1] == '.')
        out[n - 1] = '\0';
}

void answer_uuid_text(const uint8_t uuid[static 16], char out[static ANSWER_UUID_TEXT])
{
    char hex[33];
    bytes_to_hex(uuid, 16, hex);
    snprintf(out, ANSWER_UUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
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

static void quoted(struct bytes_put *out, const char *text)
{
    const char *p = text ? text : "";
    raw(out, "\"");
    while (*p) {
        size_t n = 0;
        while (is_plain(p[n])) /* up to what is escaped, or the end, which is not plain */
            n++;
        bytes_put_fixed(out, p, n);
        p += n;
        if (*p) {
            char escaped[8];
            snprintf(escaped, sizeof escaped, *p == '"' || *p == '\\' ? "\\%c" : "\\u%04x",
                     (unsigned char)*p);
            raw(out, escaped);
            p++;
        }
    }
    raw(out, "\"");
}

static void name_of(struct bytes_put *out, bool *first, const char *name)
{
    raw(out, *first ? "\"" : ",\"");
    *first = false;
    raw(out, name);
    raw(out, "\":");
}

static void put_int(struct bytes_put *out, int64_t v)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, v);
    raw(out, text);
}

static void put_time(struct bytes_put *out, int64_t v)
{
    char text[ANSWER_TIME_TEXT];
    answer_time_text(v, text);
    quoted(out, text);
}

static void put_decimal(struct bytes_put *out, struct answer_decimal v)
{
    char text[ANSWER_DECIMAL_TEXT] = "";
    if (v.present)
        answer_decimal_text(v.millionths, v.places, text);
    quoted(out, text);
}

/* An object that is not there has a UUID of zeros: written as "". */
static void put_uuid(struct bytes_put *out, const uint8_t uuid[static 16])
{
    static const uint8_t none[16];
    char text[ANSWER_UUID_TEXT] = "";
    if (memcmp(uuid, none, 16) != 0)
        answer_uuid_text(uuid, text);
    quoted(out, text);
}

#define TEXT(name)                                                                                 \
    name_of(out, &first, #name);                                                                   \
    quoted(out, answer->name);
#define UUID(name)                                                                                 \
    name_of(out, &first, #name);                                                                   \
    put_uuid(out, answer->name);
#define INT(name)                                                                                  \
    name_of(out, &first, #name);                                                                   \
    put_int(out, answer->name);
#define BOOL(name)                                                                                 \
    name_of(out, &first, #name);                                                                   \
    raw(out, answer->name ? "true" : "false");
#define TIME(name)                                                                                 \
    name_of(out, &first, #name);                                                                   \
    put_time(out, answer->name);
#define DECIMAL(name)                                                                              \
    name_of(out, &first, #name);                                                                   \
    put_decimal(out, answer->name);
#define LIST(name, object)                                                                         \
    name_of(out, &first, #name);                                                                   \
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
