#include "appliance/body.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

static int problem(struct body *b, const char *field, const char *format, long a, long z)
{
    snprintf(b->field, sizeof b->field, "%.39s", field);
    snprintf(b->problem, sizeof b->problem, format, a, z);
    return ERR_FORMAT;
}

/* ---- single values ---- */

int body_uuid(struct bytes_view text, uint8_t out[static 16])
{
    char digits[32];
    size_t n = 0;
    if (text.length != 36)
        return ERR_FORMAT;
    for (unsigned i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (text.data[i] == '-'))
            return ERR_FORMAT;
        if (!dash)
            digits[n++] = (char)text.data[i];
    }
    if (bytes_from_hex(bytes_view_of(digits, n), 16, out) != 0)
        return ERR_FORMAT;
    return sodium_is_zero(out, 16) ? ERR_FORMAT : 0; /* zeros say "none", everywhere */
}

/* -?[0-9]{1,9}(\.[0-9]{1,6})? : exact, never through a floating number. */
int body_decimal(struct bytes_view text, int64_t *ret_millionths)
{
    size_t i = 0;
    bool negative = text.length && text.data[0] == '-';
    int64_t whole = 0, part = 0;
    unsigned digits = 0, places = 0;
    i += negative;
    for (; i < text.length && text.data[i] >= '0' && text.data[i] <= '9' && digits < 10;
         i++, digits++)
        whole = whole * 10 + (text.data[i] - '0');
    if (digits == 0 || digits > 9)
        return ERR_FORMAT;
    if (i < text.length && text.data[i] == '.') {
        for (i++; i < text.length && text.data[i] >= '0' && text.data[i] <= '9' && places < 7;
             i++, places++)
            part = part * 10 + (text.data[i] - '0');
        if (places == 0 || places > 6)
            return ERR_FORMAT;
    }
    if (i != text.length)
        return ERR_FORMAT;
    for (; places < 6; places++)
        part *= 10;
    *ret_millionths = (negative ? -1 : 1) * (whole * 1000000 + part);
    return 0;
}

static int digits_at(struct bytes_view t, size_t at, size_t n)
{
    int v = 0;
    for (size_t i = 0; i < n; i++) {
        if (t.data[at + i] < '0' || t.data[at + i] > '9')
            return -1;
        v = v * 10 + (t.data[at + i] - '0');
    }
    return v;
}

/* Days since 1970 of a proleptic Gregorian date. */
static int64_t days_of(int y, int m, int d)
{
    y -= m <= 2;
    int64_t era = y / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

/* YYYY-MM-DDThh:mm:ss[.sss]Z */
int body_time(struct bytes_view t, int64_t *ret_utc_ms)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool fraction = t.length == 24;
    if ((t.length != 20 && !fraction) || t.data[4] != '-' || t.data[7] != '-' ||
        t.data[10] != 'T' || t.data[13] != ':' || t.data[16] != ':' ||
        t.data[t.length - 1] != 'Z' || (fraction && t.data[19] != '.'))
        return ERR_FORMAT;
    int y = digits_at(t, 0, 4), mo = digits_at(t, 5, 2), d = digits_at(t, 8, 2);
    int h = digits_at(t, 11, 2), mi = digits_at(t, 14, 2), s = digits_at(t, 17, 2);
    int ms = fraction ? digits_at(t, 20, 3) : 0;
    if (y < 1970 || mo < 1 || mo > 12 || d < 1 || d > lengths[mo - 1] || h < 0 || h > 23 ||
        mi < 0 || mi > 59 || s < 0 || s > 59 || ms < 0)
        return ERR_RANGE;
    if (mo == 2 && d == 29 && (y % 4 != 0 || (y % 100 == 0 && y % 400 != 0)))
        return ERR_RANGE;
    *ret_utc_ms = ((days_of(y, mo, d) * 24 + h) * 60 + mi) * 60000 + s * 1000 + ms;
    return 0;
}

static bool is_code(struct bytes_view t)
{
    for (uint32_t i = 0; i < t.length; i++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/+-",
                    t.data[i]) ||
            t.data[i] == '\0')
            return false;
    return true;
}

/* U+0080 to U+009F are controls; U+2028 to U+202E and U+2066 to U+2069 break a line, or turn round
 * what stands behind them: "refused" could be read as something else. */
static bool is_control(struct bytes_view t)
{
    if (t.data[0] < 0x20 || t.data[0] == 0x7f)
        return true;
    if (t.data[0] == 0xC2 && t.length > 1)
        return t.data[1] < 0xA0;
    if (t.data[0] != 0xE2 || t.length < 3)
        return false;
    return (t.data[1] == 0x80 && t.data[2] >= 0xA8 && t.data[2] <= 0xAE) ||
           (t.data[1] == 0x81 && t.data[2] >= 0xA6 && t.data[2] <= 0xA9);
}

/* yyjson has checked the UTF-8; controls may not be in anything a person reads. */
static bool is_plain_text(struct bytes_view t)
{
    for (uint32_t i = 0; i < t.length; i++)
        if (is_control(bytes_view_of(t.data + i, t.length - i)))
            return false;
    return true;
}

static int take_text(struct body *b, const struct field *f, struct bytes_view t, struct value *v)
{
    switch (f->kind) {
    case FIELD_ID:
    case FIELD_REF:
        if (body_uuid(t, v->bytes) != 0 || (f->kind == FIELD_ID && v->bytes[6] >> 4 != 7))
            return problem(b, f->name,
                           "is not a UUID%.0ld%.0ld as expected (lower case, 36 characters)", 0, 0);
        break;
    case FIELD_TEXT:
        if (!is_plain_text(t) || (long)t.length < f->least || (long)t.length > f->most)
            return problem(b, f->name,
                           "must be %ld to %ld bytes of text, without control characters", f->least,
                           f->most);
        break;
    case FIELD_CODE:
        if (!is_code(t) || (long)t.length < f->least || (long)t.length > f->most)
            return problem(b, f->name,
                           f->least == f->most
                               ? "must be exactly %ld of A-Z a-z 0-9 . _ : / + -%.0ld"
                               : "must be %ld to %ld of A-Z a-z 0-9 . _ : / + -",
                           f->least, f->least == f->most ? 0 : f->most);
        break;
    case FIELD_DECIMAL:
        if (body_decimal(t, &v->number) != 0)
            return problem(b, f->name,
                           "must be a decimal number in quotes, at most %ld digits and %ld places",
                           9, 6);
        break;
    case FIELD_TIME:
        if (body_time(t, &v->number) != 0)
            return problem(b, f->name, "must be a time like 2026-11-21T08:30:0%ldZ (UTC)%.0ld", 0,
                           0);
        break;
    case FIELD_HEX:
        if (bytes_from_hex(t, (size_t)f->least, v->bytes) != 0)
            return problem(b, f->name, "must be %ld hexadecimal digits in lower case%.0ld",
                           2 * f->least, 0);
        break;
    default:
        return problem(b, f->name, "must not be text%.0ld%.0ld", 0, 0);
    }
    v->text = t;
    return 0;
}

/* ---- JSON ---- */

static int take_base64(struct body *b, const struct field *f, yyjson_val *json, struct value *v)
{
    /* decoded in place: the text is ours and is longer than what it says */
    char *text = (char *)(uintptr_t)yyjson_get_str(json);
    size_t length = yyjson_get_len(json), n = 0;
    const char *end = NULL;
    /* libsodium reads some bytes above 0x7f as if they were letters */
    bool ascii = true;
    for (size_t i = 0; i < length; i++)
        ascii = ascii && (unsigned char)text[i] < 0x80;
    if (!ascii ||
        sodium_base642bin((unsigned char *)text, length, text, length, NULL, &n, &end,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        end != text + length || (long)n < f->least || (long)n > f->most)
        return problem(b, f->name, "must be base64 of %ld to %ld bytes", f->least, f->most);
    v->text = bytes_view_of(text, n);
    return 0;
}

static int take_reading(struct body *b, const struct field *f, yyjson_val *json)
{
    struct reading *r = &b->readings[b->readings_count];
    yyjson_val *characteristic = yyjson_obj_get(json, "characteristic");
    yyjson_val *value = yyjson_obj_get(json, "value");
    yyjson_val *gage = yyjson_obj_get(json, "gage");
    if (!yyjson_is_str(characteristic) || !yyjson_is_str(value) || !yyjson_is_str(gage) ||
        yyjson_obj_size(json) != 3)
        return problem(b, f->name,
                       "entry %ld must have exactly characteristic, value and gage%.0ld",
                       (long)b->readings_count + 1, 0);
    r->characteristic =
        bytes_view_of(yyjson_get_str(characteristic), yyjson_get_len(characteristic));
    r->gage = bytes_view_of(yyjson_get_str(gage), yyjson_get_len(gage));
    if (!is_code(r->characteristic) || r->characteristic.length > 8 || !is_code(r->gage) ||
        r->gage.length > 16)
        return problem(b, f->name,
                       "entry %ld names a characteristic or a gage that cannot exist%.0ld",
                       (long)b->readings_count + 1, 0);
    if (body_decimal(bytes_view_of(yyjson_get_str(value), yyjson_get_len(value)), &r->value) != 0)
        return problem(b, f->name, "entry %ld: the value must be a decimal number in quotes%.0ld",
                       (long)b->readings_count + 1, 0);
    b->readings_count++;
    return 0;
}

static int take_readings(struct body *b, const struct field *f, yyjson_val *json)
{
    size_t i, n;
    yyjson_val *entry;
    if (!yyjson_is_arr(json) || (long)yyjson_arr_size(json) < f->least ||
        (long)yyjson_arr_size(json) > f->most)
        return problem(b, f->name, "must be a list of %ld to %ld readings", f->least, f->most);
    yyjson_arr_foreach(json, i, n, entry)
    {
        int r = yyjson_is_obj(entry)
                    ? take_reading(b, f, entry)
                    : problem(b, f->name, "entry %ld is not an object%.0ld", (long)i + 1, 0);
        if (r)
            return r;
    }
    return 0;
}

static int take_refs(struct body *b, const struct field *f, yyjson_val *json)
{
    size_t i, n;
    yyjson_val *entry;
    if (!yyjson_is_arr(json) || (long)yyjson_arr_size(json) < f->least ||
        (long)yyjson_arr_size(json) > f->most)
        return problem(b, f->name, "must be a list of %ld to %ld ids", f->least, f->most);
    yyjson_arr_foreach(json, i, n, entry)
    {
        uint8_t *ref = b->refs[b->refs_count];
        if (!yyjson_is_str(entry) ||
            body_uuid(bytes_view_of(yyjson_get_str(entry), yyjson_get_len(entry)), ref) != 0)
            return problem(b, f->name, "entry %ld is not a UUID (lower case, 36 characters)%.0ld",
                           (long)i + 1, 0);
        for (size_t k = 0; k < b->refs_count; k++)
            if (memcmp(b->refs[k], ref, 16) == 0)
                return problem(b, f->name, "entry %ld stands there twice%.0ld", (long)i + 1, 0);
        b->refs_count++;
    }
    return 0;
}

static int take_json(struct body *b, const struct field *f, yyjson_val *json, struct value *v)
{
    switch (f->kind) {
    case FIELD_NUMBER:
        if (!yyjson_is_int(json) || yyjson_is_uint(json) != (yyjson_get_sint(json) >= 0) ||
            yyjson_get_sint(json) < f->least || yyjson_get_sint(json) > f->most)
            return problem(b, f->name, "must be a whole number from %ld to %ld", f->least, f->most);
        v->number = yyjson_get_sint(json);
        return 0;
    case FIELD_FLAG:
        if (!yyjson_is_bool(json))
            return problem(b, f->name, "must be true or false%.0ld%.0ld", 0, 0);
        v->number = yyjson_get_bool(json);
        return 0;
    case FIELD_READINGS:
        return take_readings(b, f, json);
    case FIELD_REFS:
        return take_refs(b, f, json);
    default:
        break;
    }
    if (!yyjson_is_str(json))
        return problem(b, f->name, "must be text in quotes%.0ld%.0ld", 0, 0);
    if (f->kind == FIELD_BASE64)
        return take_base64(b, f, json, v);
    return take_text(b, f, bytes_view_of(yyjson_get_str(json), yyjson_get_len(json)), v);
}

static const struct field *find_field(const struct operation *operation, const char *name,
                                      size_t length, size_t *ret_index)
{
    for (size_t i = 0; i < operation->fields_count; i++) {
        const struct field *f = &operation->fields[i];
        if (strlen(f->name) == length && memcmp(f->name, name, length) == 0) {
            *ret_index = i;
            return f;
        }
    }
    return NULL;
}

static int decode_json(struct body *b, yyjson_val *root)
{
    size_t i, n, at = 0;
    yyjson_val *key, *json;
    if (!yyjson_is_obj(root))
        return problem(b, "", "The body must be one JSON object.%.0ld%.0ld", 0, 0);
    yyjson_obj_foreach(root, i, n, key, json)
    {
        const struct field *f =
            find_field(b->operation, yyjson_get_str(key), yyjson_get_len(key), &at);
        if (!f)
            return problem(b,
                           is_code(bytes_view_of(yyjson_get_str(key), yyjson_get_len(key)))
                               ? yyjson_get_str(key)
                               : "",
                           "is not a field of this operation%.0ld%.0ld", 0, 0);
        if (b->values[at].present)
            return problem(b, f->name, "stands there twice%.0ld%.0ld", 0, 0);
        b->values[at].present = true;
        int r = take_json(b, f, json, &b->values[at]);
        if (r)
            return r;
    }
    return 0;
}

/* ---- query strings: name=value&name=value, values of the same grammars, nothing escaped ---- */

static int take_pair(struct body *b, struct bytes_view pair)
{
    const uint8_t *equals = pair.length ? memchr(pair.data, '=', pair.length) : NULL;
    size_t name = equals ? (size_t)(equals - pair.data) : pair.length, at = 0;
    const struct field *f = find_field(b->operation, (const char *)pair.data, name, &at);
    if (!f || !equals)
        return problem(
            b, "", "The address has a part that is not a field of this operation.%.0ld%.0ld", 0, 0);
    if (b->values[at].present)
        return problem(b, f->name, "stands there twice%.0ld%.0ld", 0, 0);
    struct value *v = &b->values[at];
    struct bytes_view text = bytes_view_of(equals + 1, pair.length - name - 1);
    v->present = true;
    if (f->kind != FIELD_NUMBER)
        return take_text(b, f, text, v);
    int64_t millionths;
    if (body_decimal(text, &millionths) != 0 || millionths % 1000000 ||
        millionths / 1000000 < f->least || millionths / 1000000 > f->most)
        return problem(b, f->name, "must be a whole number from %ld to %ld", f->least, f->most);
    v->number = millionths / 1000000;
    return 0;
}

static int decode_query(struct body *b, struct bytes_view text)
{
    while (text.length) {
        const uint8_t *amp = memchr(text.data, '&', text.length);
        size_t n = amp ? (size_t)(amp - text.data) : text.length;
        int r = take_pair(b, bytes_view_of(text.data, n));
        if (r)
            return r;
        text = bytes_view_of(text.data + n + (amp != NULL), text.length - n - (amp != NULL));
    }
    return 0;
}

int body_decode(const struct operation *operation, struct bytes_view text, void *scratch,
                size_t size, struct body *ret_body)
{
    struct body *b = ret_body;
    memset(b->values, 0, sizeof b->values);
    b->operation = operation;
    b->readings_count = b->refs_count = 0;
    b->field[0] = b->problem[0] = '\0';
    int r = 0;
    if (operation->method == METHOD_GET) {
        r = decode_query(b, text);
    } else if (text.length || operation->fields_count) {
        yyjson_alc pool;
        yyjson_read_err why = {0};
        if (!yyjson_alc_pool_init(&pool, scratch, size))
            return problem(b, "", "The body is too large.%.0ld%.0ld", 0, 0);
        yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)text.data, text.length,
                                           YYJSON_READ_NOFLAG, &pool, &why);
        if (!doc)
            return problem(b, "", "The body is not JSON: it breaks at byte %ld.%.0ld",
                           (long)why.pos, 0);
        r = decode_json(b, yyjson_doc_get_root(doc));
    }
    for (size_t i = 0; r == 0 && i < operation->fields_count; i++)
        if (operation->fields[i].needed && !b->values[i].present)
            r = problem(b, operation->fields[i].name, "is missing%.0ld%.0ld", 0, 0);
    return r;
}

const struct value *body_value(const struct body *body, const char *name)
{
    size_t at = 0;
    const struct field *f = find_field(body->operation, name, strlen(name), &at);
    assert(f);
    return &body->values[at];
}
