#include "policy/format/doc.h"

#include <stdlib.h>
#include <string.h>

#include "policy/format/width.h"

enum doc_kind {
    DOC_EMPTY,
    DOC_TEXT,    /* a, b: a span */
    DOC_SPACE,   /* */
    DOC_NEWLINE, /* */
    DOC_LINE,    /* */
    DOC_SEAM,    /* */
    DOC_JOIN,    /* a, b */
    DOC_NEST,    /* a, by b */
    DOC_GROUP,   /* a */
};

/* The documents that are alike everywhere have fixed numbers. */
static const struct doc fixed[] = {
    {DOC_EMPTY, 0, 0, 0}, {DOC_SPACE, 0, 0, 1}, {DOC_NEWLINE, 0, 0, 0},
    {DOC_LINE, 0, 0, 0},  {DOC_SEAM, 0, 0, 0},
};
enum { NUMBER_SPACE = 1, NUMBER_NEWLINE, NUMBER_LINE, NUMBER_SEAM, NUMBERS_FIXED };

void docs_open(struct docs *d, const char *text)
{
    *d = (struct docs){.text = text};
    docs_clear(d);
}

void docs_close(struct docs *d)
{
    free(d->at.at);
    *d = (struct docs){0};
}

static uint32_t add(struct docs *d, struct doc doc)
{
    if (d->failed)
        return 0;
    struct doc *at = array_grow(d->at.at, d->at.count, &d->at.room, sizeof *at);
    if (at == NULL) {
        d->failed = true;
        return 0;
    }
    d->at.at = at;
    at[d->at.count] = doc;
    return d->at.count++;
}

void docs_clear(struct docs *d)
{
    d->at.count = 0;
    for (size_t i = 0; i < NUMBERS_FIXED; i++)
        add(d, fixed[i]);
}

uint32_t doc_text(struct docs *d, struct span span)
{
    struct text t = {d->text + span.start, span.end - span.start};

    return add(d, (struct doc){DOC_TEXT, span.start, span.end, text_width(t)});
}

uint32_t doc_space(struct docs *d)
{
    return d->failed ? 0 : NUMBER_SPACE;
}

uint32_t doc_newline(struct docs *d)
{
    return d->failed ? 0 : NUMBER_NEWLINE;
}

uint32_t doc_line(struct docs *d)
{
    return d->failed ? 0 : NUMBER_LINE;
}

uint32_t doc_seam(struct docs *d)
{
    return d->failed ? 0 : NUMBER_SEAM;
}

uint32_t doc_join(struct docs *d, uint32_t a, uint32_t b)
{
    if (a == 0 || b == 0)
        return a == 0 ? b : a;
    return add(d, (struct doc){DOC_JOIN, a, b, 0});
}

uint32_t doc_nest(struct docs *d, unsigned indent, uint32_t a)
{
    return a == 0 || indent == 0 ? a : add(d, (struct doc){DOC_NEST, a, indent, 0});
}

uint32_t doc_group(struct docs *d, uint32_t a)
{
    return a == 0 ? 0 : add(d, (struct doc){DOC_GROUP, a, 0, 0});
}

/* ---- output ---- */

void output_put(struct output *out, const char *data, size_t length)
{
    if (out->error != 0)
        return;
    if (length > out->limit - out->length) {
        out->error = CEDAR_ERR_LIMIT;
        return;
    }
    if (out->length + length + 1 > out->room) {
        size_t room = (out->length + length + 1) * 2;
        char *more = realloc(out->data, room);
        if (more == NULL) {
            out->error = CEDAR_ERR_MEMORY;
            return;
        }
        out->data = more;
        out->room = room;
    }
    if (length > 0)
        memcpy(out->data + out->length, data, length);
    out->length += length;
    out->data[out->length] = '\0';
}

static void put_newline(struct output *out, uint32_t indent)
{
    static const char spaces[] = "                                ";

    output_put(out, "\n", 1);
    while (indent > 0 && out->error == 0) {
        uint32_t n = indent < sizeof spaces - 1 ? indent : (uint32_t)sizeof spaces - 1;
        output_put(out, spaces, n);
        indent -= n;
    }
}

/* ---- layout ---- */

/* What is still to be written, the next on top. */
struct piece {
    uint32_t doc, indent;
    bool flat;
};

struct renderer {
    struct docs *docs;
    struct output *out;
    uint32_t width, column;
    ARRAY(struct piece) todo;
    ARRAY(uint32_t) trial; /* the same, while it is tried whether a group fits */
};

#define push(r, array, ...)                                                                        \
    do {                                                                                           \
        void *moved_ = array_grow((array).at, (array).count, &(array).room, sizeof *(array).at);   \
        if (moved_ == NULL) {                                                                      \
            (r)->out->error = CEDAR_ERR_MEMORY;                                                    \
        } else {                                                                                   \
            (array).at = moved_;                                                                   \
            (array).at[(array).count++] = (__VA_ARGS__);                                           \
        }                                                                                          \
    } while (0)

/*
 * Whether ${doc}, written flat, and what follows it up to the first line break
 * that may come, fits on the line.
 */
static bool fits(struct renderer *r, uint32_t doc)
{
    uint32_t left = r->todo.count, column = r->column;
    bool flat = true;

    r->trial.count = 0;
    push(r, r->trial, doc);
    while (r->out->error == 0) {
        if (r->trial.count == 0) {
            if (left == 0)
                return true;
            flat = false;
            push(r, r->trial, r->todo.at[--left].doc);
            continue;
        }
        const struct doc *d = &r->docs->at.at[r->trial.at[--r->trial.count]];
        switch ((enum doc_kind)d->kind) {
        case DOC_EMPTY:
            break;
        case DOC_LINE:
            if (!flat)
                return true;
            __attribute__((fallthrough));
        case DOC_TEXT:
        case DOC_SPACE:
            column += d->kind == DOC_LINE ? 1 : d->width;
            if (column > r->width)
                return false;
            break;
        case DOC_SEAM:
            if (!flat)
                return true;
            break;
        case DOC_NEWLINE:
            return !flat;
        case DOC_JOIN:
            push(r, r->trial, d->b);
            push(r, r->trial, d->a);
            break;
        case DOC_NEST:
        case DOC_GROUP:
            push(r, r->trial, d->a);
            break;
        }
    }
    return true;
}

static void render_one(struct renderer *r, struct piece p)
{
    const struct doc *d = &r->docs->at.at[p.doc];

    switch ((enum doc_kind)d->kind) {
    case DOC_EMPTY:
        break;
    case DOC_TEXT:
        output_put(r->out, r->docs->text + d->a, d->b - d->a);
        r->column += d->width;
        break;
    case DOC_LINE:
    case DOC_SEAM:
    case DOC_NEWLINE:
        if (d->kind == DOC_NEWLINE || !p.flat) {
            /* the line is indented for what comes on it, not for what has ended */
            r->column = r->todo.count > 0 ? r->todo.at[r->todo.count - 1].indent : p.indent;
            put_newline(r->out, r->column);
            break;
        }
        if (d->kind == DOC_SEAM)
            break;
        __attribute__((fallthrough));
    case DOC_SPACE:
        output_put(r->out, " ", 1);
        r->column++;
        break;
    case DOC_JOIN:
        push(r, r->todo, (struct piece){d->b, p.indent, p.flat});
        push(r, r->todo, (struct piece){d->a, p.indent, p.flat});
        break;
    case DOC_NEST:
        push(r, r->todo, (struct piece){d->a, p.indent + d->b, p.flat});
        break;
    case DOC_GROUP:
        p.flat = p.flat || fits(r, d->a);
        push(r, r->todo, (struct piece){d->a, p.indent, p.flat});
        break;
    }
}

void doc_render(struct docs *d, uint32_t doc, unsigned width, struct output *out)
{
    struct renderer r = {.docs = d, .out = out, .width = width};

    push(&r, r.todo, (struct piece){doc, 0, false});
    while (out->error == 0 && r.todo.count > 0)
        render_one(&r, r.todo.at[--r.todo.count]);
    free(r.todo.at);
    free(r.trial.at);
}
