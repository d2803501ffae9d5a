#include "policy/schema/text_reader.h"

#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"

struct place reader_place(const struct reader *r, struct span span)
{
    return (struct place){r->fragment, span};
}

struct place reader_here(const struct reader *r)
{
    return reader_place(r, r->now.span);
}

/* From ${start} to the last token taken. */
struct place reader_since(const struct reader *r, uint32_t start)
{
    return reader_place(r, (struct span){start, r->before});
}

struct text reader_ahead(const struct reader *r)
{
    return (struct text){r->text + r->now.span.start, r->now.span.end - r->now.span.start};
}

void reader_advance(struct reader *r)
{
    r->before = r->now.span.end;
    r->now = lex(r->text, r->now.span.end, r->end);
    if (r->now.kind == TOKEN_BAD && r->text[r->now.span.start] == '"')
        raw_fail(r->raw, CEDAR_ERR_SYNTAX,
                 reader_place(r, (struct span){r->now.span.start, r->now.span.start + 1}),
                 "strings end with `\"`; inside one write it as `\\\"`", "this string has no end");
}

bool reader_at(const struct reader *r, enum token_kind kind)
{
    return !raw_failed(r->raw) && r->now.kind == kind;
}

bool reader_take(struct reader *r, enum token_kind kind)
{
    if (!reader_at(r, kind))
        return false;
    reader_advance(r);
    return true;
}

/* Words of the schema language are reserved nowhere: their place tells. */
bool reader_at_word(const struct reader *r, const char *word)
{
    return !raw_failed(r->raw) && token_is_word(r->now.kind) && text_is(reader_ahead(r), word);
}

bool reader_take_word(struct reader *r, const char *word)
{
    if (!reader_at_word(r, word))
        return false;
    reader_advance(r);
    return true;
}

bool reader_take_question(struct reader *r)
{
    if (!reader_at(r, TOKEN_BAD) || !text_is(reader_ahead(r), "?"))
        return false;
    reader_advance(r);
    return true;
}

bool reader_expected(struct reader *r, const char *what, const char *help)
{
    struct text t = reader_ahead(r);

    if (r->now.kind == TOKEN_END)
        return raw_fail(r->raw, CEDAR_ERR_SYNTAX, reader_here(r), help,
                        "the text ends where %s is expected", what);
    if (t.length > 40)
        return raw_fail(r->raw, CEDAR_ERR_SYNTAX, reader_here(r), help, "%s is expected here",
                        what);
    return raw_fail(r->raw, CEDAR_ERR_SYNTAX, reader_here(r), help,
                    "%s is expected here, not `%.*s`", what, (int)t.length, t.data);
}

bool reader_need(struct reader *r, enum token_kind kind)
{
    return reader_take(r, kind) || reader_expected(r, token_kind_name(kind), NULL);
}

/* `,` or the end of the list; a list that may not end with `,` says so. */
bool reader_more(struct reader *r, enum token_kind close, const char *what)
{
    if (!reader_take(r, TOKEN_COMMA))
        return false;
    if (reader_at(r, close))
        reader_expected(r, what, "this list may not end with `,`");
    return true;
}

bool reader_enter(struct reader *r)
{
    if (r->nesting == CEDAR_NESTING_MAX)
        return raw_fail(r->raw, CEDAR_ERR_LIMIT, reader_here(r), NULL, "nested too deep");
    r->nesting++;
    return true;
}

/* ---- names ---- */

bool reader_string(struct reader *r, uint32_t *ret)
{
    struct escape_problem wrong;
    uint32_t count;

    if (!reader_at(r, TOKEN_STRING))
        return reader_expected(r, "a string", NULL);
    if (!unescape(r->text, r->now.span, false, r->decoded, &count, &wrong))
        return raw_fail(r->raw, CEDAR_ERR_SYNTAX, reader_place(r, wrong.span), NULL, "%s",
                        wrong.message);
    char *bytes = (char *)r->decoded;
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = (char)r->decoded[i];
    if (!raw_symbol(r->raw, reader_here(r), (struct text){bytes, count}, ret))
        return false;
    reader_advance(r);
    return !raw_failed(r->raw);
}

static bool at_name(const struct reader *r)
{
    return reader_at(r, TOKEN_IDENTIFIER) || reader_at(r, TOKEN_CEDAR);
}

bool reader_name(struct reader *r, const char *what, uint32_t *ret)
{
    struct text t = reader_ahead(r);

    if (!raw_failed(r->raw) && token_is_word(r->now.kind) && !at_name(r))
        return raw_fail(r->raw, CEDAR_ERR_SYNTAX, reader_here(r),
                        "attributes and actions of that name are written as a string",
                        "`%.*s` is a reserved word", (int)t.length, t.data);
    if (!at_name(r))
        return reader_expected(r, what, NULL);
    if (!raw_symbol(r->raw, reader_here(r), t, ret))
        return false;
    reader_advance(r);
    return !raw_failed(r->raw);
}

/* A name that something is declared by: `__cedar` is not to be had. */
bool reader_own_name(struct reader *r, const char *what, uint32_t *ret)
{
    if (reader_at(r, TOKEN_CEDAR))
        return raw_fail(r->raw, CEDAR_ERR_NAME, reader_here(r), "choose another name",
                        "`__cedar` is the language's own");
    return reader_name(r, what, ret);
}

bool reader_name_or_string(struct reader *r, const char *what, uint32_t *ret)
{
    return reader_at(r, TOKEN_STRING) ? reader_string(r, ret) : reader_name(r, what, ret);
}

/*
 * A::B as one symbol, whatever stands between its names; with ${ret_id}, also
 * A::B::"id", which then sets it.
 */
bool reader_path(struct reader *r, const char *what, uint32_t *ret, uint32_t *ret_id)
{
    char *joined = (char *)r->decoded;
    uint32_t start = r->now.span.start, n = 0, part;

    for (;;) {
        struct text word = reader_ahead(r);
        if (!reader_name(r, what, &part))
            return false;
        memcpy(joined + n, word.data, word.length);
        n += word.length;
        if (!reader_take(r, TOKEN_PATH))
            break;
        if (ret_id != NULL && reader_at(r, TOKEN_STRING)) {
            if (!raw_symbol(r->raw, reader_since(r, start), (struct text){joined, n}, ret))
                return false;
            return reader_string(r, ret_id);
        }
        memcpy(joined + n, "::", 2);
        n += 2;
    }
    return !raw_failed(r->raw) &&
           raw_symbol(r->raw, reader_since(r, start), (struct text){joined, n}, ret);
}

/* ---- annotations: read, and of no consequence but that each name stands once ---- */

static bool read_annotation(struct reader *r, struct text *ret)
{
    uint32_t ignored;

    *ret = reader_ahead(r);
    if (!token_is_word(r->now.kind))
        return reader_expected(r, "the annotation's name", NULL);
    reader_advance(r);
    if (reader_take(r, TOKEN_OPEN) && (!reader_string(r, &ignored) || !reader_need(r, TOKEN_CLOSE)))
        return false;
    return !raw_failed(r->raw);
}

static int compare_words(const void *a, const void *b)
{
    const struct text *x = a, *y = b;
    int c = memcmp(x->data, y->data, x->length < y->length ? x->length : y->length);

    if (c != 0)
        return c;
    if (x->length != y->length)
        return x->length < y->length ? -1 : 1;
    return x->data < y->data ? -1 : x->data > y->data;
}

static bool words_differ(struct reader *r, struct text *words, uint32_t count)
{
    if (count > 1)
        qsort(words, count, sizeof *words, compare_words);
    for (uint32_t i = 1; i < count; i++) {
        if (!text_equal(words[i - 1], words[i]))
            continue;
        uint32_t start = (uint32_t)(words[i].data - r->text);
        return raw_fail(r->raw, CEDAR_ERR_DUPLICATE,
                        reader_place(r, (struct span){start, start + words[i].length}),
                        "keep one of them", "this annotation stands here twice");
    }
    return true;
}

bool reader_annotations(struct reader *r)
{
    ARRAY(struct text) words = {0};
    struct text word;
    bool ok = true;

    while (ok && reader_take(r, TOKEN_AT)) {
        ok = read_annotation(r, &word);
        if (ok && !array_push(words, word))
            ok = raw_no_memory(r->raw, reader_here(r));
    }
    ok = ok && !raw_failed(r->raw) && words_differ(r, words.at, words.count);
    free(words.at);
    return ok;
}
