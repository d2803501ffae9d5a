#include <stdarg.h>
#include <stdio.h>

#include "policy/parse.h"
#include "policy/validate/check.h"

bool check_is_reported(struct check *c, struct span span, const char *format)
{
    c->work += 16;
    for (uint32_t i = 0; i < c->finding_count; i++) {
        const struct check_finding *f = &c->findings[i];
        if (f->span.start == span.start && f->span.end == span.end && f->format == format)
            return true;
    }
    return c->finding_count == CHECK_FINDINGS_MAX;
}

void check_report(struct check *c, int code, struct span span, const char *help, const char *format,
                  ...)
{
    char message[sizeof c->findings->finding.place.message];
    va_list args;

    if (code != 0)
        c->has_error = true;
    if (check_is_reported(c, span, format))
        return;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct check_finding *f = &c->findings[c->finding_count++];
    *f = (struct check_finding){.span = span, .format = format};
    f->finding.is_error = code != 0;
    f->finding.policy = c->policy;
    problem_set(&f->finding.place, c->policies, code, span, help, message);
}

bool check_stopped(struct check *c)
{
    if (c->typing.error != 0 || c->shapes.error != 0)
        c->error = c->typing.error != 0 ? c->typing.error : c->shapes.error;
    else if (c->depth > CEDAR_HEIGHT_MAX || c->work + c->typing.work > CEDAR_VALIDATION_MAX)
        c->error = CEDAR_ERR_LIMIT;
    return c->error != 0 || c->finding_count == CHECK_FINDINGS_MAX;
}

const char *check_type_text(const struct check *c, uint32_t type, char *out, size_t size)
{
    struct writer w = {out, size, 0};

    out[0] = '\0';
    typing_write(&w, &c->typing, type);
    return out;
}

struct text check_name(const struct check *c, uint32_t number)
{
    return symbols_text(&c->typing.names, number);
}

/* ---- places that are not those of a node ---- */

static struct token next_token(const struct check *c, struct token now, uint32_t end)
{
    return lex(c->policies->bytes, now.span.end, end);
}

/* ${now} begins A::B or A::B::"id"; all of it. */
static struct span whole_path(const struct check *c, struct token now, uint32_t end)
{
    struct span span = now.span;

    for (;;) {
        struct token next = next_token(c, now, end);
        if (next.kind != TOKEN_PATH)
            return span;
        now = next_token(c, next, end);
        if (now.kind != TOKEN_IDENTIFIER && now.kind != TOKEN_STRING)
            return span;
        span.end = now.span.end;
    }
}

struct span check_path_span(const struct check *c, struct span span, uint32_t number)
{
    struct token now = lex(c->policies->bytes, span.start, span.end);

    /* The first word is the variable. */
    for (now = next_token(c, now, span.end); now.kind != TOKEN_END;
         now = next_token(c, now, span.end)) {
        if (now.kind == TOKEN_BAD)
            break;
        if (now.kind != TOKEN_IDENTIFIER)
            continue;
        struct span path = whole_path(c, now, span.end);
        if (number-- == 0)
            return path;
        now.span.end = path.end;
    }
    return span;
}

struct span check_member_span(const struct check *c, uint32_t node)
{
    struct span span = c->policies->spans.at[node];
    uint32_t from = c->policies->spans.at[c->policies->nodes.at[node].a].end;
    struct token now = {.span = {from, from}};

    for (now = next_token(c, now, span.end); now.kind != TOKEN_END;
         now = next_token(c, now, span.end)) {
        if (now.kind == TOKEN_IDENTIFIER)
            return whole_path(c, now, span.end);
        if (now.kind == TOKEN_STRING)
            return now.span;
        if (now.kind == TOKEN_BAD)
            break;
    }
    return span;
}
