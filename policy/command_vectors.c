#include <getopt.h>
#include <string.h>

#include "policy/command.h"
#include "policy/scenario.h"
#include "policy/command_unpack.h"
#include "policy/value.h"

#define MEMORY_MAX ((size_t)16 * JSON_BYTES_MAX)

/* What every vector of a file is evaluated in. */
struct world {
    struct cedar_source source;
    struct arena arena;
    const struct json *entities, *context;
};

struct vectors {
    struct scenario scenario;
    bool json;
    unsigned count, different;
};

/* Where a file says nothing else: the context in which the published vectors were made. */
static const char published[] = "{\"context\":{\"s\":\"1.2.3.4\"}}";

static const struct json *parse(const struct cedar_source *source, struct arena *arena)
{
    struct cedar_problem problem;
    const struct json *top;

    if (arena_init_growing(arena, MEMORY_MAX) == 0 &&
        json_parse(source, arena, &top, &problem) == 0)
        return top;
    problem_report(&problem);
    return NULL;
}

static bool world_read(struct world *w, const char *text, size_t length)
{
    const struct json *top;

    arena_free(&w->arena);
    w->source = (struct cedar_source){"the first line", strndup(text, length), length};
    top = w->source.text == NULL ? NULL : parse(&w->source, &w->arena);
    w->entities = json_member(top, "entities");
    w->context = json_member(top, "context");
    return top != NULL;
}

static void world_free(struct world *w)
{
    arena_free(&w->arena);
    file_free(&w->source);
}

/* "true", "false", "error", "parse-failure", or NULL: another value. */
static const char *evaluate(struct scenario *s, const struct world *w, struct text expression)
{
    const struct cedar_source source = {"expression", expression.data, expression.length};
    struct cedar_value value;
    struct cedar_fault fault;

    if (cedar_expression_load(&source, &s->policies, &s->problem) != 0)
        return "parse-failure";
    if (scenario_entities(s, &w->source, w->entities) != 0)
        return NULL;
    struct entity_json j = scenario_begin(s, &w->source);
    s->request.principal = cedar_entity(s->overlay, "U", "u");
    s->request.action = cedar_entity(s->overlay, "Action", "a");
    s->request.resource = cedar_entity(s->overlay, "R", "r");
    if (entity_json_context(&j, w->context, NULL, &s->request.context) != 0 ||
        cedar_entities_freeze(s->overlay) != 0)
        return NULL;
    int r = cedar_evaluate(s->policies, s->overlay, &s->request, s->scratch, &value, &fault);
    if (r != 0)
        return r == CEDAR_ERR_VALUE ? "error" : NULL;
    /* What is no bool cannot be a condition, which is what the vectors were. */
    return value.tag != VALUE_BOOL ? "error" : value.number != 0 ? "true" : "false";
}

static void check(struct vectors *v, const struct world *w, struct text expression,
                  const struct json *value)
{
    const char *want = value->kind == JSON_STRING ? value->string.data
                       : value->number != 0       ? "true"
                                                  : "false";
    const char *got = evaluate(&v->scenario, w, expression);

    scenario_clear(&v->scenario);
    v->count++;
    if (got != NULL && strcmp(want, got) == 0)
        return;
    v->different++;
    fprintf(stderr, "%.*s: %s instead of %s\n", (int)expression.length, expression.data,
            got == NULL ? "no value" : got, want);
}

/* A line is a vector, or entities and context for those that follow. */
static bool run_line(struct vectors *v, struct world *w, const struct cedar_source *line)
{
    struct arena arena;
    const struct json *top = parse(line, &arena);
    const struct json *expression = json_member(top, "expr"), *value = json_member(top, "value");
    bool ok = top != NULL;

    if (ok && expression == NULL) {
        world_free(w);
        ok = world_read(w, line->text, line->length);
    } else if (ok && value != NULL && expression->kind == JSON_STRING) {
        check(v, w, expression->string, value);
    } else if (ok) {
        fprintf(stderr, "casemate-policy: %s: a line needs \"expr\" and \"value\"\n", line->name);
        ok = false;
    }
    arena_free(&arena);
    return ok;
}

static bool run_file(struct vectors *v, const char *path)
{
    struct world w = {0};
    struct cedar_source line;
    struct unpack *u;
    bool ok;

    if (!unpack_open(path, &u))
        return false;
    ok = world_read(&w, published, strlen(published));
    while (ok && unpack_line(u, &line))
        ok = run_line(v, &w, &line);
    world_free(&w);
    return unpack_close(u) && ok;
}

int command_eval_vectors(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
    struct vectors v = {0};
    bool ok;
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c != 'j')
            return command_usage("eval-vectors");
        v.json = true;
    }
    if (optind == argc)
        return command_usage("eval-vectors");
    ok = scenario_open(&v.scenario) == 0;
    for (int i = optind; i < argc && ok; i++)
        ok = run_file(&v, argv[i]);
    printf(v.json ? "{\"vectors\":%u,\"mismatches\":%u}\n" : "%u vectors, %u mismatches\n", v.count,
           v.different);
    scenario_close(&v.scenario);
    return ok && v.different == 0 ? EXIT_OK : EXIT_FAILED;
}
