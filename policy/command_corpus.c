#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "policy/command.h"
#include "policy/scenario.h"
#include "policy/command_unpack.h"

#define SHOWN_MAX   10U /* mismatches that are shown in full without --verbose */
#define MEMORY_MAX  ((size_t)16 * JSON_BYTES_MAX)
#define QUIET_FIRST 2 /* seconds without a word about progress */

/* A run over packs of cases. */
struct corpus {
    struct scenario scenario;
    bool verbose, json;
    unsigned cases, requests;
    unsigned decisions, reasons, errors, validations; /* mismatches */
    unsigned shown;
    struct timespec began, told;
};

/* One case: each text in it, and where it came from. */
struct corpus_case {
    struct text name;
    struct cedar_source policies, schema, source; /* ${source} is where the requests stand */
    struct cedar_source entities_source;
    const struct json *entities, *requests, *should_validate;
};

/* ---- what it prints on the way ---- */

static double seconds_since(const struct timespec *then)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

static void tell_progress(struct corpus *c)
{
    if (c->cases % 64 != 0 || seconds_since(&c->began) < QUIET_FIRST || seconds_since(&c->told) < 1)
        return;
    clock_gettime(CLOCK_MONOTONIC, &c->told);
    fprintf(stderr, "casemate-policy: %u cases, %u requests\n", c->cases, c->requests);
}

/* Whether this mismatch is shown; then the beginning of its line. */
static bool show(struct corpus *c, const struct corpus_case *t, const char *what)
{
    if (!c->verbose && c->shown++ >= SHOWN_MAX)
        return false;
    fprintf(stderr, "mismatch of %s in %.*s: ", what, (int)t->name.length, t->name.data);
    return true;
}

static void show_problem(struct corpus *c, const struct corpus_case *t, const char *what)
{
    char text[1024];

    if (show(c, t, what))
        fprintf(stderr, "%s\n", cedar_problem_print(&c->scenario.problem, text, sizeof text));
}

/* ---- the comparison ---- */

static bool ids_agree(const struct cedar_policies *policies, const struct json *want,
                      const uint32_t *numbers, uint32_t count)
{
    if (want == NULL || want->kind != JSON_ARRAY || want->count != count)
        return false;
    for (const struct json *w = want->first; w != NULL; w = w->next) {
        bool found = false;
        for (uint32_t i = 0; i < count && !found; i++)
            found =
                w->kind == JSON_STRING && text_is(w->string, cedar_policy_id(policies, numbers[i]));
        if (!found)
            return false;
    }
    return true;
}

static void check_request(struct corpus *c, const struct corpus_case *t, const struct json *request)
{
    struct scenario *s = &c->scenario;
    const struct json *want = json_member(request, "decision");
    const struct json *validate = json_member(request, "validateRequest");
    bool conforms = validate == NULL || validate->kind != JSON_BOOL || validate->number != 0;
    const char *got;
    struct cedar_result r;

    scenario_begin(s, &t->source);
    if (scenario_request(s, &t->source, request, NULL, conforms) != 0) {
        c->decisions++;
        c->reasons++;
        c->errors++;
        show_problem(c, t, "decision, reasons and errors");
        return;
    }
    got = scenario_decide(s, CEDAR_SKIP_ON_ERROR, &r) == CEDAR_ALLOW ? "allow" : "deny";
    if (want == NULL || want->kind != JSON_STRING || strcasecmp(want->string.data, got) != 0) {
        c->decisions++;
        if (show(c, t, "decision"))
            fprintf(stderr, "%s (%s)\n", got, cause_text(&r));
    }
    if (!ids_agree(s->policies, json_member(request, "reason"), r.determining,
                   r.determining_count)) {
        c->reasons++;
        if (show(c, t, "reasons"))
            fprintf(stderr, "%u of them\n", r.determining_count);
    }
    if (!ids_agree(s->policies, json_member(request, "errors"), r.erring, r.erring_count)) {
        c->errors++;
        if (show(c, t, "errors"))
            fprintf(stderr, "%u of them\n", r.erring_count);
    }
}

/* Policies, schema and entities; false, and said why, if they are not readable. */
static bool prepare(struct corpus *c, const struct corpus_case *t)
{
    struct scenario *s = &c->scenario;

    return scenario_load(s, &t->policies, 1) == 0 &&
           (t->schema.text == NULL || scenario_schema(s, &t->schema, NULL) == 0) &&
           scenario_entities(s, &t->entities_source, t->entities) == 0;
}

static void check_case(struct corpus *c, const struct corpus_case *t)
{
    struct scenario *s = &c->scenario;
    uint32_t errors = 0, requests = t->requests == NULL ? 0 : t->requests->count;
    bool ready = prepare(c, t);

    c->cases++;
    c->requests += requests;
    if (t->should_validate != NULL) {
        bool valid = s->policies != NULL && s->schema != NULL &&
                     cedar_validate(s->policies, s->schema, NULL, NULL, &errors) == 0 &&
                     errors == 0;
        if (valid != (t->should_validate->number != 0)) {
            c->validations++;
            if (show(c, t, "shouldValidate"))
                fprintf(stderr, "%s\n", valid ? "it validates" : "it does not validate");
        }
    }
    if (!ready) {
        c->decisions += requests;
        c->reasons += requests;
        c->errors += requests;
        show_problem(c, t, "everything");
    } else if (requests > 0) {
        for (const struct json *r = t->requests->first; r != NULL; r = r->next)
            check_request(c, t, r);
    }
    scenario_clear(s);
    tell_progress(c);
}

/* ---- packs: a case a line, all texts in it ---- */

static struct cedar_source inline_source(const char *name, const struct json *v)
{
    if (v == NULL || v->kind != JSON_STRING)
        return (struct cedar_source){name, NULL, 0};
    return (struct cedar_source){name, v->string.data, v->string.length};
}

static bool run_line(struct corpus *c, const struct cedar_source *line)
{
    struct cedar_problem problem;
    const struct json *top, *name;
    struct arena arena;
    bool ok = false;

    if (arena_init_growing(&arena, MEMORY_MAX) != 0 ||
        json_parse(line, &arena, &top, &problem) != 0) {
        problem_report(&problem);
        goto out;
    }
    name = json_member(top, "name");
    struct corpus_case t = {
        .name = name != NULL ? name->string : text_of(line->name),
        .policies = inline_source("policies", json_member(top, "policies")),
        .schema = inline_source("schema", json_member(top, "schema")),
        .source = *line,
        .entities_source = *line,
        .entities = json_member(top, "entities"),
        .requests = json_member(top, "requests"),
        .should_validate = json_member(top, "shouldValidate"),
    };
    if (t.policies.text == NULL || t.requests == NULL) {
        fprintf(stderr, "casemate-policy: %s: a line has no \"policies\" or no \"requests\"\n",
                line->name);
        goto out;
    }
    check_case(c, &t);
    ok = true;
out:
    arena_free(&arena);
    return ok;
}

static bool run_pack(struct corpus *c, const char *path)
{
    struct cedar_source line;
    struct unpack *u;
    bool ok = true;

    if (!unpack_open(path, &u))
        return false;
    while (ok && unpack_line(u, &line))
        ok = run_line(c, &line);
    return unpack_close(u) && ok;
}

/* ---- test files: paths in a JSON object ---- */

/*
 * The file ${relative} as a test file at ${test} names it: from the nearest
 * folder above the test in which there is such a file.
 */
static bool read_beside(const char *test, const struct json *relative, struct cedar_source *ret,
                        char **ret_path)
{
    char *folder = strdup(test), *path = NULL;
    struct stat st;
    bool ok = false;

    *ret_path = NULL;
    for (char *slash = folder; folder != NULL && slash != NULL;) {
        slash = strrchr(folder, '/');
        if (slash != NULL)
            *slash = '\0';
        free(path);
        if (asprintf(&path, "%s/%s", slash == NULL ? "." : folder, relative->string.data) < 0)
            path = NULL;
        if (path != NULL && stat(path, &st) == 0)
            break;
    }
    if (path != NULL && file_read(path, ret)) {
        *ret_path = path;
        path = NULL;
        ok = true;
    }
    free(path);
    free(folder);
    return ok;
}

struct test_files {
    struct cedar_source policies, schema;
    char *policies_path, *schema_path, *entities_path;
    struct json_file entities;
};

static bool read_files(const char *path, const struct json *top, struct test_files *f)
{
    const struct json *policies = json_member(top, "policies");
    const struct json *schema = json_member(top, "schema");
    const struct json *entities = json_member(top, "entities");
    struct cedar_source source;

    *f = (struct test_files){0};
    if (policies == NULL || policies->kind != JSON_STRING || entities == NULL ||
        entities->kind != JSON_STRING || schema == NULL || schema->kind != JSON_STRING) {
        fprintf(stderr, "casemate-policy: %s: needs the paths of policies, entities and schema\n",
                path);
        return false;
    }
    if (!read_beside(path, policies, &f->policies, &f->policies_path) ||
        !read_beside(path, schema, &f->schema, &f->schema_path) ||
        !read_beside(path, entities, &source, &f->entities_path))
        return false;
    file_free(&source);
    return json_file_read(f->entities_path, &f->entities);
}

static void free_files(struct test_files *f)
{
    file_free(&f->policies);
    file_free(&f->schema);
    json_file_free(&f->entities);
    free(f->policies_path);
    free(f->schema_path);
    free(f->entities_path);
}

static bool run_test_file(struct corpus *c, const char *path)
{
    struct json_file file;
    struct test_files f = {0};
    bool ok = json_file_read(path, &file) && read_files(path, file.top, &f);

    if (ok) {
        const struct corpus_case t = {
            .name = text_of(path),
            .policies = f.policies,
            .schema = f.schema,
            .source = file.source,
            .entities_source = f.entities.source,
            .entities = f.entities.top,
            .requests = json_member(file.top, "requests"),
            .should_validate = json_member(file.top, "shouldValidate"),
        };
        check_case(c, &t);
    }
    free_files(&f);
    json_file_free(&file);
    return ok;
}

/* ---- the command ---- */

static bool is_test_file(const char *path)
{
    size_t n = strlen(path);

    return n >= 5 && strcmp(path + n - 5, ".json") == 0;
}

static void print_totals(const struct corpus *c)
{
    if (c->json) {
        printf("{\"cases\":%u,\"requests\":%u,\"mismatches\":{\"decision\":%u,\"reasons\":%u,"
               "\"errors\":%u,\"shouldValidate\":%u}}\n",
               c->cases, c->requests, c->decisions, c->reasons, c->errors, c->validations);
        return;
    }
    printf("%u cases, %u requests\n", c->cases, c->requests);
    printf("mismatches: %u decision, %u reasons, %u errors, %u shouldValidate\n", c->decisions,
           c->reasons, c->errors, c->validations);
}

int command_run_corpus(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"verbose", no_argument, NULL, 'v'}, {0}};
    struct corpus c = {0};
    bool ok = true;
    int o;

    while ((o = getopt_long(argc, argv, "v", options, NULL)) != -1) {
        if (o != 'j' && o != 'v')
            return command_usage("run-corpus");
        c.json |= o == 'j';
        c.verbose |= o == 'v';
    }
    if (optind == argc)
        return command_usage("run-corpus");
    clock_gettime(CLOCK_MONOTONIC, &c.began);
    if (scenario_open(&c.scenario) != 0) {
        problem_report(&c.scenario.problem);
        return EXIT_FAILED;
    }
    for (int i = optind; i < argc; i++)
        ok = (is_test_file(argv[i]) ? run_test_file : run_pack)(&c, argv[i]) && ok;
    print_totals(&c);
    scenario_close(&c.scenario);
    return ok && c.decisions + c.reasons + c.errors + c.validations == 0 ? EXIT_OK : EXIT_FAILED;
}
