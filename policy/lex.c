#include "policy/lex.h"

#include <string.h>

const char *token_kind_name(enum token_kind kind)
{
    static const char *const names[] = {
#define TOKEN(name, text) [name] = text,
        TOKEN_LIST(TOKEN)
#undef TOKEN
    };

    return names[kind];
}

bool token_is_word(enum token_kind kind)
{
    return kind == TOKEN_IDENTIFIER || kind >= TOKEN_TRUE;
}

static bool starts_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

uint32_t space_length(const char *s, uint32_t left)
{
    static const char *const wide[] = {
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
        "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
        "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
    };

    if ((uint8_t)*s < 0x80)
        return *s == ' ' || (*s >= '\t' && *s <= '\r');
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        uint32_t n = (uint32_t)strlen(wide[i]);
        if (n <= left && memcmp(s, wide[i], n) == 0)
            return n;
    }
    return 0;
}

uint32_t comment_end(const char *text, uint32_t at, uint32_t end)
{
    while (at < end && text[at] != '\n' && text[at] != '\r')
        at++;
    return at;
}

static uint32_t skip_blank(const char *text, uint32_t at, uint32_t end)
{
    while (at < end) {
        uint32_t n = space_length(text + at, end - at);
        if (n > 0) {
            at += n;
        } else if (end - at >= 2 && text[at] == '/' && text[at + 1] == '/') {
            at = comment_end(text, at, end);
        } else {
            break;
        }
    }
    return at;
}

static enum token_kind word_kind(const char *s, uint32_t n)
{
    static const struct {
        const char *word;
        enum token_kind kind;
    } reserved[] = {
        {"true", TOKEN_TRUE}, {"false", TOKEN_FALSE},   {"if", TOKEN_IF}, {"then", TOKEN_THEN},
        {"else", TOKEN_ELSE}, {"in", TOKEN_IN},         {"is", TOKEN_IS}, {"like", TOKEN_LIKE},
        {"has", TOKEN_HAS},   {"__cedar", TOKEN_CEDAR},
    };

    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strlen(reserved[i].word) == n && memcmp(reserved[i].word, s, n) == 0)
            return reserved[i].kind;
    return TOKEN_IDENTIFIER;
}

/* The offset behind the closing quote, or ${end} and *ret_closed false. */
static uint32_t string_end(const char *text, uint32_t at, uint32_t end, bool *ret_closed)
{
    for (at++; at < end; at++) {
        if (text[at] == '\\' && at + 1 < end)
            at++;
        else if (text[at] == '"')
            break;
    }
    *ret_closed = at < end;
    return at < end ? at + 1 : end;
}

static enum token_kind symbol_kind(const char *s, uint32_t left, uint32_t *ret_length)
{
    static const struct {
        const char *sign;
        enum token_kind kind;
    } signs[] = {
        /* the longer first */
        {"::", TOKEN_PATH},        {"==", TOKEN_EQ},       {"!=", TOKEN_NE},
        {"<=", TOKEN_LE},          {">=", TOKEN_GE},       {"&&", TOKEN_AND},
        {"||", TOKEN_OR},          {"(", TOKEN_OPEN},      {")", TOKEN_CLOSE},
        {"[", TOKEN_OPEN_SET},     {"]", TOKEN_CLOSE_SET}, {"{", TOKEN_OPEN_RECORD},
        {"}", TOKEN_CLOSE_RECORD}, {",", TOKEN_COMMA},     {";", TOKEN_SEMICOLON},
        {":", TOKEN_COLON},        {".", TOKEN_DOT},       {"<", TOKEN_LT},
        {">", TOKEN_GT},           {"=", TOKEN_ASSIGN},    {"!", TOKEN_NOT},
        {"+", TOKEN_PLUS},         {"-", TOKEN_MINUS},     {"*", TOKEN_STAR},
        {"/", TOKEN_SLASH},        {"%", TOKEN_PERCENT},   {"@", TOKEN_AT},
    };

    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        uint32_t n = (uint32_t)strlen(signs[i].sign);
        if (n <= left && memcmp(s, signs[i].sign, n) == 0) {
            *ret_length = n;
            return signs[i].kind;
        }
    }
    *ret_length = 1;
    while (*ret_length < left && ((uint8_t)s[*ret_length] & 0xc0) == 0x80)
        ++*ret_length;
    return TOKEN_BAD;
}

struct token lex(const char *text, uint32_t at, uint32_t end)
{
    struct token t = {TOKEN_END, {0, 0}};

    at = skip_blank(text, at, end);
    t.span = (struct span){at, at};
    if (at == end)
        return t;
    const char *s = text + at;
    uint32_t n = 1;
    if (starts_word(*s) || (*s == '?' && end - at > 1 && starts_word(s[1]))) {
        while (n < end - at && (starts_word(s[n]) || is_digit(s[n])))
            n++;
        t.kind = *s == '?' ? TOKEN_SLOT : word_kind(s, n);
    } else if (is_digit(*s)) {
        while (n < end - at && is_digit(s[n]))
            n++;
        t.kind = TOKEN_NUMBER;
    } else if (*s == '"') {
        bool closed;
        n = string_end(text, at, end, &closed) - at;
        t.kind = closed ? TOKEN_STRING : TOKEN_BAD;
    } else {
        t.kind = symbol_kind(s, end - at, &n);
    }
    t.span.end = at + n;
    return t;
}
