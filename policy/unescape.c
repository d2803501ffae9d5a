#include "policy/lex.h"

/* One pass over a string literal. */
struct unescape {
    const char *text;
    uint32_t at;
    uint32_t end; /* of the inside */
    uint16_t *out;
    uint32_t count;
    const char *message;
};

static void put_character(struct unescape *u, uint32_t c)
{
    if (c < 0x80) {
        u->out[u->count++] = (uint16_t)c;
    } else if (c < 0x800) {
        u->out[u->count++] = (uint16_t)(0xc0 | c >> 6);
        u->out[u->count++] = (uint16_t)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        u->out[u->count++] = (uint16_t)(0xe0 | c >> 12);
        u->out[u->count++] = (uint16_t)(0x80 | (c >> 6 & 0x3f));
        u->out[u->count++] = (uint16_t)(0x80 | (c & 0x3f));
    } else {
        u->out[u->count++] = (uint16_t)(0xf0 | c >> 18);
        u->out[u->count++] = (uint16_t)(0x80 | (c >> 12 & 0x3f));
        u->out[u->count++] = (uint16_t)(0x80 | (c >> 6 & 0x3f));
        u->out[u->count++] = (uint16_t)(0x80 | (c & 0x3f));
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* \xHH, at most 7f. */
static bool take_hex(struct unescape *u)
{
    if (u->end - u->at < 2 || hex_value(u->text[u->at]) < 0 || hex_value(u->text[u->at + 1]) < 0) {
        u->message = "`\\x` needs two hexadecimal digits";
        return false;
    }
    int value = hex_value(u->text[u->at]) * 16 + hex_value(u->text[u->at + 1]);
    u->at += 2;
    if (value > 0x7f) {
        u->message = "`\\x` reaches only 7f; write `\\u{…}`";
        return false;
    }
    put_character(u, (uint32_t)value);
    return true;
}

/* \u{1 to 6 digits, underscores between them}. */
static bool take_unicode(struct unescape *u)
{
    uint32_t value = 0;
    int digits = 0;

    u->message = "`\\u` needs one to six hexadecimal digits in braces";
    if (u->at == u->end || u->text[u->at++] != '{')
        return false;
    for (; u->at < u->end && u->text[u->at] != '}'; u->at++) {
        int digit = hex_value(u->text[u->at]);
        if (u->text[u->at] == '_' && digits > 0)
            continue;
        if (digit < 0 || ++digits > 6)
            return false;
        value = value * 16 + (uint32_t)digit;
    }
    if (u->at == u->end || digits == 0)
        return false;
    u->at++;
    if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        u->message = "this is not a Unicode character";
        return false;
    }
    put_character(u, value);
    return true;
}

static bool take_escape(struct unescape *u, bool is_pattern)
{
    char c = u->text[u->at++];

    switch (c) {
    case 'n':
        put_character(u, '\n');
        return true;
    case 'r':
        put_character(u, '\r');
        return true;
    case 't':
        put_character(u, '\t');
        return true;
    case '0':
        put_character(u, 0);
        return true;
    case '\\':
    case '"':
    case '\'':
        put_character(u, (uint8_t)c);
        return true;
    case 'x':
        return take_hex(u);
    case 'u':
        return take_unicode(u);
    case '*':
        if (is_pattern) {
            put_character(u, '*');
            return true;
        }
        u->message = "`\\*` is known only in the pattern of `like`";
        return false;
    default:
        u->message =
            "this escape is not known; there are \\n \\r \\t \\0 \\\\ \\\" \\' \\xHH \\u{…}";
        return false;
    }
}

bool unescape(const char *text, struct span span, bool is_pattern, uint16_t *out,
              uint32_t *ret_count, struct escape_problem *ret_problem)
{
    struct unescape u = {.text = text, .at = span.start + 1, .end = span.end - 1, .out = out};

    while (u.at < u.end) {
        uint32_t start = u.at;
        bool ok = true;
        if (text[u.at] == '\\') {
            u.at++;
            ok = take_escape(&u, is_pattern);
        } else if (text[u.at] == '\r') {
            u.message = "a carriage return must be written `\\r`";
            ok = false;
            u.at++;
        } else if (text[u.at] == '*' && is_pattern) {
            u.out[u.count++] = PATTERN_ANY;
            u.at++;
        } else {
            u.out[u.count++] = (uint8_t)text[u.at++];
        }
        if (!ok) {
            *ret_problem = (struct escape_problem){{start, u.at}, u.message};
            return false;
        }
    }
    *ret_count = u.count;
    return true;
}
