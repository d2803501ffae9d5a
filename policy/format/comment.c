#include "policy/format/comment.h"

#include <stdlib.h>

#include "policy/parse.h"

static bool is_continuation(char c)
{
    return ((uint8_t)c & 0xc0) == 0x80;
}

struct span span_trim(const char *text, struct span span)
{
    for (uint32_t n; span.start < span.end; span.start += n)
        if ((n = space_length(text + span.start, span.end - span.start)) == 0)
            break;
    while (span.end > span.start) {
        uint32_t last = span.end - 1;
        while (last > span.start && is_continuation(text[last]))
            last--;
        if (space_length(text + last, span.end - last) != span.end - last)
            break;
        span.end = last;
    }
    return span;
}

bool commented_add(struct commented_text *c, struct span gap)
{
    for (uint32_t at = gap.start; at + 1 < gap.end;) {
        if (c->text[at] != '/' || c->text[at + 1] != '/') {
            at++;
            continue;
        }
        struct span comment = {at, comment_end(c->text, at, gap.end)};
        at = comment.end;
        if (!array_push(c->comments, span_trim(c->text, comment)))
            return false;
    }
    return true;
}

/* The gap behind the last token so far: its first line trails, the rest is returned. */
static struct span split_gap(struct commented_text *c, struct span gap)
{
    uint32_t line = gap.start;

    if (c->tokens.count == 0)
        return gap;
    while (line < gap.end && c->text[line] != '\n')
        line++;
    c->tokens.at[c->tokens.count - 1].trails = span_trim(c->text, (struct span){gap.start, line});
    return (struct span){line, gap.end};
}

int commented_read(struct commented_text *c, const char *text, uint32_t length)
{
    struct token t = {.span = {0, 0}};

    *c = (struct commented_text){.text = text, .length = length};
    do {
        uint32_t end = t.span.end;
        t = lex(text, end, length);
        struct span gap = split_gap(c, (struct span){end, t.span.start});
        struct commented next = {.token = t, .first = c->comments.count};
        if (!commented_add(c, gap))
            return CEDAR_ERR_MEMORY;
        next.count = c->comments.count - next.first;
        c->end_first = next.first;
        c->end_count = next.count;
        if (t.kind != TOKEN_END && !array_push(c->tokens, next))
            return CEDAR_ERR_MEMORY;
    } while (t.kind != TOKEN_END);
    return 0;
}

void commented_free(struct commented_text *c)
{
    free(c->tokens.at);
    free(c->comments.at);
    *c = (struct commented_text){0};
}

/* The comments of ${from} that have no place, and then those that lead ${to}, lead ${to}. */
static bool move(struct commented_text *c, struct commented *from, struct commented *to)
{
    uint32_t first = c->comments.count;

    for (uint32_t i = 0; !from->leads_placed && i < from->count; i++)
        if (!array_push(c->comments, c->comments.at[from->first + i]))
            return false;
    if (!from->trails_placed && from->trails.end > from->trails.start &&
        !commented_add(c, from->trails))
        return false;
    if (c->comments.count == first)
        return true;
    for (uint32_t i = 0; i < to->count; i++)
        if (!array_push(c->comments, c->comments.at[to->first + i]))
            return false;
    if (!from->leads_placed)
        from->count = 0;
    if (!from->trails_placed)
        from->trails = (struct span){0, 0};
    to->first = first;
    to->count = c->comments.count - first;
    return true;
}

int commented_settle(struct commented_text *c, uint32_t from, uint32_t to, bool *ret_moved)
{
    uint32_t before = c->comments.count;

    for (uint32_t i = from; i + 1 < to; i++)
        if (!move(c, &c->tokens.at[i], &c->tokens.at[i + 1]))
            return CEDAR_ERR_MEMORY;
    *ret_moved = c->comments.count != before;
    for (uint32_t i = from; i < to; i++)
        c->tokens.at[i].leads_placed = c->tokens.at[i].trails_placed = false;
    return 0;
}
