#include <stdlib.h>
#include <string.h>

#include "policy/format/layout.h"
#include "policy/parse.h"

#define FORMAT_WIDTH    80
#define FORMAT_INDENT   2
#define FORMAT_SIDE_MAX 10000 /* of both */

/* ---- blank lines ---- */

static bool is_blank(const char *text, uint32_t at, uint32_t end)
{
    for (uint32_t n; at < end; at += n)
        if ((n = space_length(text + at, end - at)) == 0)
            return false;
    return true;
}

/* Copy what stands between strings and comments, without its blank lines. */
static void put_plain(struct output *out, const char *text, uint32_t at, uint32_t end)
{
    if (at < end && text[at] == '\n')
        output_put(out, "\n", 1);
    while (at < end) {
        const char *newline = memchr(text + at, '\n', end - at);
        uint32_t next = newline == NULL ? end : (uint32_t)(newline - text) + 1;
        if (newline == NULL || !is_blank(text, at, next))
            output_put(out, text + at, next - at);
        at = next;
    }
}

/* Where the next string or comment begins and ends; ${end} if there is none. */
static struct span find_opaque(const char *text, uint32_t at, uint32_t end)
{
    for (; at < end; at++) {
        if (text[at] == '"') {
            struct token t = lex(text, at, end);
            if (t.kind == TOKEN_STRING)
                return t.span;
        }
        if (text[at] == '/' && at + 1 < end && text[at + 1] == '/')
            return (struct span){at, comment_end(text, at, end)};
    }
    return (struct span){end, end};
}

static void put_without_blank_lines(struct output *out, const char *text, uint32_t end)
{
    for (uint32_t at = 0; at < end;) {
        struct span opaque = find_opaque(text, at, end);
        put_plain(out, text, at, opaque.start);
        output_put(out, text + opaque.start, opaque.end - opaque.start);
        at = opaque.end;
    }
}

static struct text trimmed(const struct output *out)
{
    struct span span = span_trim(out->data, (struct span){0, (uint32_t)out->length});

    return (struct text){out->data + span.start, span.end - span.start};
}

/* ---- the whole ---- */

struct format {
    struct commented_text text;
    struct docs docs;
    const struct cedar_style *style;
    struct output drawn, clean; /* one policy, and without blank lines */
    struct output out;
};

/* The document of the policy whose first token is ${l->at}. */
static int lay_out(struct format *f, struct layout *l, uint32_t *ret_doc)
{
    uint32_t from = l->at;

    /* what is moved once has a place then: the last token has one for everything */
    bool moved = true;
    for (int pass = 0; moved; pass++) {
        if (pass == 2)
            return CEDAR_ERR_STATE;
        docs_clear(&f->docs);
        l->at = from;
        *ret_doc = layout_policy(l);
        if (f->docs.failed)
            return CEDAR_ERR_MEMORY;
        if (l->lost)
            return CEDAR_ERR_STATE;
        int r = commented_settle(&f->text, from, l->at, &moved);
        if (r != 0)
            return r;
    }
    return 0;
}

static int put_policies(struct format *f)
{
    struct layout l = {.docs = &f->docs, .text = &f->text, .indent = f->style->indent};
    uint32_t doc = 0;

    for (bool first = true; l.at < f->text.tokens.count; first = false) {
        int r = lay_out(f, &l, &doc);
        if (r != 0)
            return r;
        f->drawn.length = f->clean.length = 0;
        doc_render(&f->docs, doc, f->style->width, &f->drawn);
        if (f->drawn.error != 0)
            return f->drawn.error;
        put_without_blank_lines(&f->clean, f->drawn.data, (uint32_t)f->drawn.length);
        if (f->clean.error != 0)
            return f->clean.error;
        struct text policy = trimmed(&f->clean);
        output_put(&f->out, "\n\n", first ? 0 : 2);
        output_put(&f->out, policy.data, policy.length);
    }
    output_put(&f->out, "\n", 1);
    for (uint32_t i = 0; i < f->text.end_count; i++) {
        struct span span = f->text.comments.at[f->text.end_first + i];
        output_put(&f->out, f->text.text + span.start, span.end - span.start);
        output_put(&f->out, "\n", 1);
    }
    return f->out.error;
}

/* ---- that nothing changed ---- */

static struct text token_text(const struct commented_text *c, uint32_t i)
{
    const struct token *t = &c->tokens.at[i].token;
    struct span span = t->span;

    while (t->kind == TOKEN_NUMBER && span.end - span.start > 1 && c->text[span.start] == '0')
        span.start++;
    return (struct text){c->text + span.start, span.end - span.start};
}

/* A comma that the layout drops: behind it nothing but the closing bracket. */
static bool is_dropped(const struct commented_text *c, uint32_t i)
{
    if (i + 1 >= c->tokens.count || c->tokens.at[i].token.kind != TOKEN_COMMA)
        return false;
    enum token_kind next = c->tokens.at[i + 1].token.kind;
    return next == TOKEN_CLOSE || next == TOKEN_CLOSE_SET || next == TOKEN_CLOSE_RECORD;
}

static bool same_tokens(const struct commented_text *a, const struct commented_text *b)
{
    uint32_t k = 0;

    for (uint32_t i = 0; i < a->tokens.count; i++) {
        if (is_dropped(a, i))
            continue;
        if (k == b->tokens.count || a->tokens.at[i].token.kind != b->tokens.at[k].token.kind ||
            !text_equal(token_text(a, i), token_text(b, k)))
            return false;
        k++;
    }
    return k == b->tokens.count;
}

static void put_lines(struct output *out, const struct commented_text *c, uint32_t first)
{
    for (uint32_t i = first; i < c->comments.count; i++) {
        struct span s = c->comments.at[i];
        output_put(out, c->text + s.start, s.end - s.start);
        output_put(out, "\n", 1);
    }
}

/* All comments in their order, each on a line. */
static int put_comments(struct output *out, struct commented_text *c)
{
    uint32_t first = c->comments.count, count = c->tokens.count;

    for (uint32_t i = 0; i <= count; i++) {
        uint32_t from = i == 0 ? 0 : c->tokens.at[i - 1].token.span.end;
        uint32_t to = i == count ? c->length : c->tokens.at[i].token.span.start;
        if (!commented_add(c, (struct span){from, to}))
            return CEDAR_ERR_MEMORY;
    }
    put_lines(out, c, first);
    return out->error;
}

/* Whether ${f->out} says what ${f->text} says, comments included. */
static int verify(struct format *f)
{
    struct commented_text after = {0};
    int r = commented_read(&after, f->out.data, (uint32_t)f->out.length);

    if (r != 0)
        goto out;
    f->drawn.length = f->clean.length = 0;
    if ((r = put_comments(&f->drawn, &f->text)) != 0 || (r = put_comments(&f->clean, &after)) != 0)
        goto out;
    r = same_tokens(&f->text, &after) && f->drawn.length == f->clean.length &&
                (f->drawn.length == 0 || memcmp(f->drawn.data, f->clean.data, f->drawn.length) == 0)
            ? 0
            : CEDAR_ERR_STATE;
out:
    commented_free(&after);
    return r;
}

static int refuse(struct cedar_problem *problem, int code, const char *message)
{
    struct writer w = {problem->message, sizeof problem->message, 0};

    problem->code = code;
    writer_text(&w, text_of(message));
    return code;
}

int cedar_format(const struct cedar_source *source, const struct cedar_style *style,
                 char **ret_text, size_t *ret_length, struct cedar_problem *ret_problem)
{
    static const struct cedar_style usual = {FORMAT_WIDTH, FORMAT_INDENT};
    struct format f = {.style = style == NULL ? &usual : style};
    int r = policies_check(source, ret_problem);

    if (r != 0)
        return r;
    if (f.style->width > FORMAT_SIDE_MAX || f.style->indent > FORMAT_SIDE_MAX)
        return refuse(ret_problem, CEDAR_ERR_LIMIT, "lines or indents of more than 10000 columns");
    f.drawn.limit = f.clean.limit = f.out.limit = CEDAR_FORMATTED_MAX;
    docs_open(&f.docs, source->text);
    if ((r = commented_read(&f.text, source->text, (uint32_t)source->length)) != 0 ||
        (r = put_policies(&f)) != 0 || (r = verify(&f)) != 0) {
        refuse(ret_problem, r,
               r == CEDAR_ERR_STATE   ? "the layout would change this text"
               : r == CEDAR_ERR_LIMIT ? "the text would become larger than 16 MiB"
                                      : cedar_error_text(r));
        goto out;
    }
    *ret_text = f.out.data;
    *ret_length = f.out.length;
    f.out.data = NULL;
out:
    free(f.drawn.data);
    free(f.clean.data);
    free(f.out.data);
    docs_close(&f.docs);
    commented_free(&f.text);
    return r;
}

void cedar_text_free(char *text)
{
    free(text);
}
