#include <stdio.h>
#include <string.h>

#include "policy/parse.h"

#define EXCERPT_BEFORE 70U /* bytes shown in front of the place, if the line is long */
#define DISTANCE_MAX   64U /* names longer than this are far from any other */

const char *cedar_error_text(int code)
{
    switch (code) {
#define CEDAR_ERROR(name, number, text)                                                            \
    case number:                                                                                   \
        return text;
        CEDAR_ERROR_LIST(CEDAR_ERROR)
#undef CEDAR_ERROR
    default:
        return "unknown error";
    }
}

static bool is_continuation(char c)
{
    return ((uint8_t)c & 0xc0) == 0x80;
}

static uint32_t characters(const char *text, uint32_t from, uint32_t to)
{
    uint32_t n = 0;

    for (; from < to; from++)
        n += !is_continuation(text[from]);
    return n;
}

/* The part of the line around ${span} that fits, and where the caret stands below it. */
static void cut_excerpt(struct cedar_problem *problem, const char *text, struct span whole,
                        struct span span)
{
    uint32_t from = span.start, to = span.start;

    while (from > whole.start && text[from - 1] != '\n' && span.start - from <= EXCERPT_BEFORE)
        from--;
    if (span.start - from > EXCERPT_BEFORE) {
        from = span.start - EXCERPT_BEFORE;
        while (is_continuation(text[from]))
            from--;
    }
    while (to < whole.end && text[to] != '\n' && text[to] != '\r' &&
           to - from < sizeof problem->excerpt)
        to++;
    struct writer w = {problem->excerpt, sizeof problem->excerpt, 0};
    writer_text(&w, (struct text){text + from, to - from});
    for (char *c = problem->excerpt; *c != '\0'; c++)
        if ((uint8_t)*c < ' ' || *c == 0x7f)
            *c = ' ';
    problem->caret = characters(text, from, span.start);
    problem->width = characters(text, span.start, span.end < to ? span.end : to);
    if (problem->width == 0)
        problem->width = 1;
}

/* All of a problem but its line and column; ${whole} is where its source is in ${text}. */
static void fill(struct cedar_problem *problem, const char *name, const char *text,
                 struct span whole, struct span span, const char *help, const char *message)
{
    struct writer source = {problem->source, sizeof problem->source, 0};
    struct writer words = {problem->message, sizeof problem->message, 0};
    struct writer advice = {problem->help, sizeof problem->help, 0};

    writer_text(&source, text_of(name));
    writer_text(&words, text_of(message));
    writer_text(&advice, text_of(help == NULL ? "" : help));
    cut_excerpt(problem, text, whole, span);
}

void problem_at(struct cedar_problem *problem, const struct cedar_source *source, int code,
                struct span span, const char *help, const char *message)
{
    struct span whole = {0, (uint32_t)source->length};

    *problem = (struct cedar_problem){.code = code, .line = 1, .column = 1};
    for (uint32_t at = 0; at < span.start; at++) {
        problem->column += !is_continuation(source->text[at]);
        if (source->text[at] == '\n') {
            problem->line++;
            problem->column = 1;
        }
    }
    fill(problem, source->name, source->text, whole, span, help, message);
}

void problem_set(struct cedar_problem *problem, const struct cedar_policies *set, int code,
                 struct span span, const char *help, const char *message)
{
    uint32_t line, column;
    const struct source *source = policies_place(set, span.start, &line, &column);

    *problem = (struct cedar_problem){.code = code, .line = line, .column = column};
    fill(problem, source->name, set->bytes, source->span, span, help, message);
}

char *cedar_problem_print(const struct cedar_problem *problem, char *out, size_t size)
{
    struct writer w = {out, size, 0};

    writer_text(&w, text_of("error: "));
    writer_text(&w, text_of(problem->message));
    if (problem->line != 0) {
        int gutter = snprintf(NULL, 0, "%u", problem->line);
        writer_format(&w, "\n%*s--> %s:%u:%u\n", gutter, "", problem->source, problem->line,
                      problem->column);
        writer_format(&w, "%u | ", problem->line);
        writer_text(&w, text_of(problem->excerpt));
        writer_format(&w, "\n%*s | %*s", gutter, "", (int)problem->caret, "");
        for (uint32_t i = 0; i < problem->width; i++)
            writer_text(&w, text_of("^"));
    }
    if (problem->help[0] != '\0') {
        writer_text(&w, text_of("\nhelp: "));
        writer_text(&w, text_of(problem->help));
    }
    writer_text(&w, text_of("\n"));
    return out;
}

unsigned text_distance(struct text a, struct text b)
{
    unsigned rows[3][DISTANCE_MAX + 1];

    if (a.length > DISTANCE_MAX || b.length > DISTANCE_MAX)
        return 2 * DISTANCE_MAX;
    for (uint32_t k = 0; k <= b.length; k++)
        rows[0][k] = k;
    for (uint32_t i = 1; i <= a.length; i++) {
        unsigned *row = rows[i % 3], *up = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];
        row[0] = i;
        for (uint32_t k = 1; k <= b.length; k++) {
            unsigned best = up[k - 1] + ((a.data[i - 1] | 32) != (b.data[k - 1] | 32));
            best = up[k] + 1 < best ? up[k] + 1 : best;
            best = row[k - 1] + 1 < best ? row[k - 1] + 1 : best;
            if (i > 1 && k > 1 && a.data[i - 1] == b.data[k - 2] &&
                a.data[i - 2] == b.data[k - 1] && twice[k - 2] + 1 < best)
                best = twice[k - 2] + 1;
            row[k] = best;
        }
    }
    return rows[a.length % 3][b.length];
}

const char *nearest(struct text got, const char *const *names, size_t count)
{
    const char *found = NULL;
    unsigned least = got.length < 4 ? 2 : 3;

    for (size_t i = 0; i < count; i++) {
        unsigned d = text_distance(got, text_of(names[i]));
        if (d < least) {
            least = d;
            found = names[i];
        }
    }
    return found;
}
