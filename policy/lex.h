#ifndef POLICY_LEX_H
#define POLICY_LEX_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/symbol.h"

/* TOKEN(kind, text for people); the words from TOKEN_TRUE on are reserved. */
#define TOKEN_LIST(TOKEN)                                                                          \
    TOKEN(TOKEN_END, "the end of the text")                                                        \
    TOKEN(TOKEN_BAD, "an unknown character")                                                       \
    TOKEN(TOKEN_IDENTIFIER, "a name")                                                              \
    TOKEN(TOKEN_NUMBER, "a number")                                                                \
    TOKEN(TOKEN_STRING, "a string")                                                                \
    TOKEN(TOKEN_SLOT, "a template slot")                                                           \
    TOKEN(TOKEN_AT, "`@`")                                                                         \
    TOKEN(TOKEN_OPEN, "`(`")                                                                       \
    TOKEN(TOKEN_CLOSE, "`)`")                                                                      \
    TOKEN(TOKEN_OPEN_SET, "`[`")                                                                   \
    TOKEN(TOKEN_CLOSE_SET, "`]`")                                                                  \
    TOKEN(TOKEN_OPEN_RECORD, "`{`")                                                                \
    TOKEN(TOKEN_CLOSE_RECORD, "`}`")                                                               \
    TOKEN(TOKEN_COMMA, "`,`")                                                                      \
    TOKEN(TOKEN_SEMICOLON, "`;`")                                                                  \
    TOKEN(TOKEN_COLON, "`:`")                                                                      \
    TOKEN(TOKEN_PATH, "`::`")                                                                      \
    TOKEN(TOKEN_DOT, "`.`")                                                                        \
    TOKEN(TOKEN_EQ, "`==`")                                                                        \
    TOKEN(TOKEN_NE, "`!=`")                                                                        \
    TOKEN(TOKEN_LT, "`<`")                                                                         \
    TOKEN(TOKEN_LE, "`<=`")                                                                        \
    TOKEN(TOKEN_GT, "`>`")                                                                         \
    TOKEN(TOKEN_GE, "`>=`")                                                                        \
    TOKEN(TOKEN_ASSIGN, "`=`")                                                                     \
    TOKEN(TOKEN_AND, "`&&`")                                                                       \
    TOKEN(TOKEN_OR, "`||`")                                                                        \
    TOKEN(TOKEN_NOT, "`!`")                                                                        \
    TOKEN(TOKEN_PLUS, "`+`")                                                                       \
    TOKEN(TOKEN_MINUS, "`-`")                                                                      \
    TOKEN(TOKEN_STAR, "`*`")                                                                       \
    TOKEN(TOKEN_SLASH, "`/`")                                                                      \
    TOKEN(TOKEN_PERCENT, "`%`")                                                                    \
    TOKEN(TOKEN_TRUE, "`true`")                                                                    \
    TOKEN(TOKEN_FALSE, "`false`")                                                                  \
    TOKEN(TOKEN_IF, "`if`")                                                                        \
    TOKEN(TOKEN_THEN, "`then`")                                                                    \
    TOKEN(TOKEN_ELSE, "`else`")                                                                    \
    TOKEN(TOKEN_IN, "`in`")                                                                        \
    TOKEN(TOKEN_IS, "`is`")                                                                        \
    TOKEN(TOKEN_LIKE, "`like`")                                                                    \
    TOKEN(TOKEN_HAS, "`has`")                                                                      \
    TOKEN(TOKEN_CEDAR, "`__cedar`")

enum token_kind {
#define TOKEN(kind, text) kind,
    TOKEN_LIST(TOKEN)
#undef TOKEN
};

/* Where a token, or an expression, stands: offsets into the bytes of the policy set. */
struct span {
    uint32_t start, end;
};

struct token {
    enum token_kind kind;
    struct span span;
};

const char *token_kind_name(enum token_kind kind);

/* token_is_word(kind): Whether it is a name, reserved or not. */
bool token_is_word(enum token_kind kind);

/* space_length(s, left): The length of the white space character at ${s}, or 0: Unicode's, as the
 * language has it. */
uint32_t space_length(const char *s, uint32_t left);

/* comment_end(text, at, end): Where the comment at ${at} ends: before LF or CR. */
uint32_t comment_end(const char *text, uint32_t at, uint32_t end);

/* lex(text, at, end): The first token of ${text} at or after ${at}; ${end} is where the text ends.
 */
struct token lex(const char *text, uint32_t at, uint32_t end);

/* What unescape() found wrong. */
struct escape_problem {
    struct span span;
    const char *message;
};

/* A wildcard in a pattern; other elements are bytes. */
#define PATTERN_ANY 256

/*
 * unescape(text, span, out, ret_count, ret_problem):
 * Decode the inside of the string literal at ${span} of ${text} (quotes
 * included) into ${out}, which has room for as many elements as it has bytes.
 * A `*` becomes PATTERN_ANY, `\*` a plain star; a caller that wants no pattern
 * passes ${is_pattern} false: then `*` is plain and `\*` wrong.
 */
bool unescape(const char *text, struct span span, bool is_pattern, uint16_t *out,
              uint32_t *ret_count, struct escape_problem *ret_problem);

#endif
