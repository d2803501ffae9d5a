#include "policy/json.h"

#include <string.h>

#include "policy/parse.h"
#include "policy/value.h"

struct reader {
    const struct cedar_source *source;
    struct arena *arena;
    struct cedar_problem *problem;
    uint32_t at, end;
    unsigned depth;
};

static bool read_value(struct reader *r, struct json *out);

int json_fail(struct cedar_problem *problem, const struct cedar_source *source, uint32_t offset,
              const char *message)
{
    problem_at(problem, source, CEDAR_ERR_JSON, (struct span){offset, offset}, NULL, message);
    if (!text_is_utf8(source->text, source->length)) {
        problem->excerpt[0] = '\0';
        problem->caret = 0;
    }
    return CEDAR_ERR_JSON;
}

static bool fail(struct reader *r, const char *message)
{
    json_fail(r->problem, r->source, r->at, message);
    return false;
}

static char ahead(const struct reader *r)
{
    return r->at < r->end ? r->source->text[r->at] : '\0';
}

static void skip_space(struct reader *r)
{
    while (ahead(r) == ' ' || ahead(r) == '\n' || ahead(r) == '\r' || ahead(r) == '\t')
        r->at++;
}

static bool take(struct reader *r, const char *word)
{
    size_t n = strlen(word);

    if (r->end - r->at < n || memcmp(r->source->text + r->at, word, n) != 0)
        return false;
    r->at += (uint32_t)n;
    return true;
}

static bool read_hex(struct reader *r, uint32_t *ret)
{
    *ret = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        char c = ahead(r);
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            return fail(r, "`\\u` needs four hexadecimal digits");
        *ret = *ret * 16 + digit;
    }
    return true;
}

static uint32_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* Behind the backslash; writes at most as many bytes as it reads. */
static bool read_escape(struct reader *r, char *out, uint32_t *count)
{
    static const char plain[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *found = ahead(r) == '\0' ? NULL : strchr(plain, ahead(r));
    uint32_t c, low;

    if (found != NULL) {
        out[(*count)++] = meant[found - plain];
        r->at++;
        return true;
    }
    if (!take(r, "u"))
        return fail(r, "this escape is not known");
    if (!read_hex(r, &c))
        return false;
    if (c >= 0xd800 && c <= 0xdbff) {
        if (!take(r, "\\u") || !read_hex(r, &low) || low < 0xdc00 || low > 0xdfff)
            return fail(r, "half a surrogate pair");
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    } else if (c >= 0xdc00 && c <= 0xdfff) {
        return fail(r, "half a surrogate pair");
    }
    *count += put_utf8(out + *count, c);
    return true;
}

static bool read_string(struct reader *r, struct text *ret)
{
    uint32_t end, count = 0;

    if (!take(r, "\""))
        return fail(r, "a string is expected here");
    for (end = r->at; end < r->end && r->source->text[end] != '"'; end++)
        end += r->source->text[end] == '\\';
    if (end >= r->end)
        return fail(r, "this string has no end");
    char *out = arena_take(r->arena, (size_t)(end - r->at) + 1);
    if (out == NULL)
        return fail(r, "out of memory");
    while (r->at < end) {
        if ((uint8_t)ahead(r) < ' ')
            return fail(r, "control characters in a string must be escaped");
        if (!take(r, "\\"))
            out[count++] = r->source->text[r->at++];
        else if (!read_escape(r, out, &count))
            return false;
    }
    r->at = end + 1;
    out[count] = '\0';
    *ret = (struct text){out, count};
    return true;
}

static bool read_number(struct reader *r, int64_t *ret)
{
    int sign = take(r, "-") ? -1 : 1;
    uint32_t start = r->at;
    int64_t value = 0;

    for (; ahead(r) >= '0' && ahead(r) <= '9'; r->at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, sign * (ahead(r) - '0'), &value))
            return fail(r, "this number is too large");
    if (r->at == start || (r->source->text[start] == '0' && r->at - start > 1))
        return fail(r, "this is not a number");
    if (ahead(r) == '.' || ahead(r) == 'e' || ahead(r) == 'E')
        return fail(r,
                    "numbers must be whole; decimals are {\"__extn\": {\"fn\": \"decimal\", …}}");
    *ret = value;
    return true;
}

static bool is_repeated(const struct json *object, struct text key)
{
    for (const struct json *m = object->first; m != NULL; m = m->next)
        if (text_equal(m->key, key))
            return true;
    return false;
}

/* Elements of an array, or members of an object, up to ${close}. */
static bool read_list(struct reader *r, struct json *out, const char *close)
{
    struct json *last = NULL;

    for (skip_space(r); !take(r, close); skip_space(r)) {
        if (out->count > 0 && !take(r, ","))
            return fail(r, "`,` is missing, or the list does not end");
        if (out->kind == JSON_OBJECT && out->count == CEDAR_ELEMENTS_MAX)
            return fail(r, "too many members");
        struct json *item = arena_take(r->arena, sizeof *item);
        if (item == NULL)
            return fail(r, "out of memory");
        *item = (struct json){0};
        skip_space(r);
        if (out->kind == JSON_OBJECT) {
            if (!read_string(r, &item->key))
                return false;
            if (is_repeated(out, item->key))
                return fail(r, "this key stands here twice");
            skip_space(r);
            if (!take(r, ":"))
                return fail(r, "`:` is missing");
        }
        if (!read_value(r, item))
            return false;
        if (last == NULL)
            out->first = item;
        else
            last->next = item;
        last = item;
        out->count++;
    }
    return true;
}

static bool read_compound(struct reader *r, struct json *out)
{
    bool ok;

    if (r->depth == JSON_DEPTH_MAX)
        return fail(r, "nested too deep");
    r->depth++;
    out->kind = take(r, "[") ? JSON_ARRAY : JSON_OBJECT;
    if (out->kind == JSON_OBJECT)
        r->at++;
    ok = read_list(r, out, out->kind == JSON_ARRAY ? "]" : "}");
    r->depth--;
    return ok;
}

static bool read_value(struct reader *r, struct json *out)
{
    skip_space(r);
    out->offset = r->at;
    switch (ahead(r)) {
    case '[':
    case '{':
        return read_compound(r, out);
    case '"':
        out->kind = JSON_STRING;
        return read_string(r, &out->string);
    case 't':
    case 'f':
        out->kind = JSON_BOOL;
        out->number = ahead(r) == 't';
        return take(r, out->number ? "true" : "false") || fail(r, "this word means nothing here");
    case 'n':
        out->kind = JSON_NULL;
        return take(r, "null") || fail(r, "this word means nothing here");
    default:
        out->kind = JSON_NUMBER;
        return read_number(r, &out->number);
    }
}

int json_parse(const struct cedar_source *source, struct arena *arena, const struct json **ret_json,
               struct cedar_problem *ret_problem)
{
    struct reader r = {.source = source, .arena = arena, .problem = ret_problem};

    *ret_problem = (struct cedar_problem){0};
    if (source->length > JSON_BYTES_MAX)
        return json_fail(ret_problem, source, 0, "larger than 64 MiB");
    if (!text_is_utf8(source->text, source->length))
        return json_fail(ret_problem, source, 0, "this is not UTF-8 text");
    r.end = (uint32_t)source->length;
    struct json *top = arena_take(arena, sizeof *top);
    if (top == NULL)
        return json_fail(ret_problem, source, 0, "out of memory");
    *top = (struct json){0};
    if (!read_value(&r, top))
        return CEDAR_ERR_JSON;
    skip_space(&r);
    if (r.at != r.end) {
        fail(&r, "something follows behind the end");
        return CEDAR_ERR_JSON;
    }
    *ret_json = top;
    return 0;
}

const struct json *json_member_text(const struct json *object, struct text key)
{
    if (object == NULL || object->kind != JSON_OBJECT)
        return NULL;
    for (const struct json *m = object->first; m != NULL; m = m->next)
        if (text_equal(m->key, key))
            return m;
    return NULL;
}

const struct json *json_member(const struct json *object, const char *key)
{
    return json_member_text(object, text_of(key));
}

const struct json *json_field(const struct json *v, const char *key, uint32_t index)
{
    const struct json *item;

    if (v == NULL || v->kind != JSON_ARRAY)
        return json_member(v, key);
    for (item = v->first; item != NULL && index > 0; index--)
        item = item->next;
    return item;
}
