#include <stdlib.h>

#include "policy/parse.h"
#include "policy/schema/raw.h"

#define FIRST_SYMBOLS 256

static int fail(struct cedar_problem *problem, int code, const char *message)
{
    *problem = (struct cedar_problem){.code = code};
    struct writer w = {problem->message, sizeof problem->message, 0};
    writer_text(&w, text_of(message));
    return code;
}

static bool is_utf8(struct raw *raw, uint32_t fragment)
{
    const struct cedar_source *s = &raw->fragments[fragment].source;
    uint32_t good = (uint32_t)text_utf8_prefix(s->text, s->length);

    if (good == s->length)
        return true;
    raw_fail(raw, CEDAR_ERR_TEXT, (struct place){fragment, {good, good}}, "save the file as UTF-8",
             "this is not UTF-8 text");
    raw->problem->excerpt[0] = '\0';
    raw->problem->caret = 0;
    return false;
}

static bool read_all(struct raw *raw, size_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!is_utf8(raw, i))
            return false;
        if (raw->fragments[i].form == CEDAR_SCHEMA_JSON ? !read_json(raw, i) : !read_text(raw, i))
            return false;
    }
    return true;
}

static int check_size(const struct cedar_schema_source *fragments, size_t count,
                      struct cedar_problem *problem)
{
    size_t total = 0;

    for (size_t i = 0; i < count; i++)
        if (fragments[i].source.length > CEDAR_SOURCE_MAX ||
            (total += fragments[i].source.length) > CEDAR_SOURCE_MAX)
            return fail(problem, CEDAR_ERR_LIMIT, "more than 1 MiB of schema text");
    return count > CEDAR_SOURCE_MAX ? fail(problem, CEDAR_ERR_LIMIT, "too many schema fragments")
                                    : 0;
}

int cedar_schema_load(const struct cedar_schema_source *fragments, size_t count,
                      struct cedar_schema **ret_schema, struct cedar_problem *ret_problem)
{
    struct cedar_schema *s = calloc(1, sizeof *s);
    struct raw raw = {0};
    int r;

    *ret_problem = (struct cedar_problem){0};
    if (s == NULL || arena_init_growing(&s->arena, (size_t)64 * CEDAR_SOURCE_MAX) != 0 ||
        symbols_init(&s->symbols, NULL, FIRST_SYMBOLS, true, &s->arena) != 0 ||
        !raw_open(&raw, s, fragments, ret_problem)) {
        r = fail(ret_problem, CEDAR_ERR_MEMORY, "out of memory");
        goto out;
    }
    r = check_size(fragments, count, ret_problem);
    if (r != 0)
        goto out;
    if (!read_all(&raw, count) || !resolve(&raw)) {
        r = ret_problem->code;
        goto out;
    }
    *ret_schema = s;
    s = NULL;
out:
    raw_close(&raw);
    cedar_schema_free(s);
    return r;
}

void cedar_schema_free(struct cedar_schema *s)
{
    if (s == NULL)
        return;
    free(s->types.at);
    free(s->attributes.at);
    free(s->entity_types.at);
    free(s->actions.at);
    free(s->numbers.at);
    free(s->entity_type_of);
    free(s->action_order);
    symbols_free(&s->symbols);
    arena_free(&s->arena);
    free(s);
}
