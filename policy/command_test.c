#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "policy/command.h"
#include "policy/trial.h"

#define FILES_MAX 256

/* One directory under test. */
struct suite {
    bool json;
    struct scenario scenario;
    const struct json_file *file;
    const struct json *context; /* for every test, or NULL */
    unsigned passed, failed;
};

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);

    return n >= k && strcmp(name + n - k, end) == 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The paths in ${directory} that end in ${end}, sorted; the caller frees each. */
static size_t list(const char *directory, const char *end, char *paths[FILES_MAX])
{
    DIR *d = opendir(directory);
    struct dirent *entry;
    size_t n = 0;

    if (d == NULL) {
        fprintf(stderr, "casemate-policy: %s: %s\n", directory, strerror(errno));
        return 0;
    }
    while ((entry = readdir(d)) != NULL && n < FILES_MAX)
        if (ends_with(entry->d_name, end) &&
            asprintf(&paths[n], "%s/%s", directory, entry->d_name) > 0)
            n++;
    closedir(d);
    qsort(paths, n, sizeof *paths, compare_names);
    return n;
}

static void free_paths(char **paths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
}

/* ---- one test ---- */

static void print_ids(const struct suite *s, const uint32_t *numbers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        printf(" %s", cedar_policy_id(s->scenario.policies, numbers[i]));
}

static void print_difference(const struct suite *s, const struct cedar_result *r)
{
    printf("    got %s (%s)", r->decision == CEDAR_ALLOW ? "allow" : "deny", cause_text(r));
    if (r->determining_count > 0)
        printf(", reason");
    print_ids(s, r->determining, r->determining_count);
    if (r->erring_count > 0)
        printf(", errors");
    print_ids(s, r->erring, r->erring_count);
    if (r->erring_count > 0)
        printf(" (%s)", r->first_fault.message);
    printf("\n");
}

static bool run_test(struct suite *s, const struct json *test, struct cedar_result *r)
{
    struct trial trial = {&s->scenario, &s->file->source, s->context};
    bool ok = trial_test(&trial, test, r);

    if (s->scenario.problem.code != 0)
        problem_report(&s->scenario.problem);
    return ok;
}

static void report_test(struct suite *s, const struct json *test)
{
    const struct json *name = json_member(test, "name");
    struct text called = name != NULL ? name->string : (struct text){"", 0};
    struct cedar_result r;
    bool ok = run_test(s, test, &r);

    s->passed += ok;
    s->failed += !ok;
    if (s->json) {
        printf("{\"name\":");
        json_print_text(stdout, called);
        printf(",\"passed\":%s,\"decision\":\"%s\",\"reason\":", ok ? "true" : "false",
               r.decision == CEDAR_ALLOW ? "allow" : "deny");
        json_print_ids(stdout, s->scenario.policies, r.determining, r.determining_count);
        printf(",\"errors\":");
        json_print_ids(stdout, s->scenario.policies, r.erring, r.erring_count);
        printf("}\n");
        return;
    }
    printf("%s  %.*s\n", ok ? "ok    " : "FAILED", (int)called.length, called.data);
    if (!ok)
        print_difference(s, &r);
}

/* ---- one file of tests ---- */

/* The base: ${array}, which stands in ${source}. */
static bool fill_base(struct suite *s, const struct cedar_source *source, const struct json *array)
{
    if (scenario_entities(&s->scenario, source, array) == 0)
        return true;
    problem_report(&s->scenario.problem);
    return false;
}

/* Entities beside the tests: "entities" in the file itself, or entities.json in the directory. */
static bool build_base(struct suite *s, const char *directory, const struct json_file *file)
{
    const struct json *own = json_member(file->top, "entities");
    struct json_file beside = {0};
    char *path = NULL;
    bool ok = false;

    if (own != NULL)
        return fill_base(s, &file->source, own);
    if (asprintf(&path, "%s/entities.json", directory) < 0)
        return false;
    if (json_file_read(path, &beside))
        ok = fill_base(s, &beside.source, beside.top);
    json_file_free(&beside);
    free(path);
    return ok;
}

static bool run_file(struct suite *s, const char *directory, const char *path)
{
    struct json_file file = {0};
    bool ok = false;

    if (!json_file_read(path, &file))
        goto out;
    const struct json *tests =
        file.top->kind == JSON_ARRAY ? file.top : json_member(file.top, "tests");
    if (tests == NULL || tests->kind != JSON_ARRAY) {
        fprintf(stderr, "casemate-policy: %s: has no \"tests\"\n", path);
        goto out;
    }
    if (!json_file_knows(&file, file.top, trial_members))
        goto out;
    for (const struct json *t = tests->first; t != NULL; t = t->next)
        if (!json_file_knows(&file, t, trial_test_members))
            goto out;
    if (!build_base(s, directory, &file))
        goto out;
    s->file = &file;
    s->context = json_member(file.top, "context");
    for (const struct json *t = tests->first; t != NULL; t = t->next)
        report_test(s, t);
    ok = true;
out:
    json_file_free(&file);
    return ok;
}

static bool load_policies(struct suite *s, const char *directory)
{
    struct files files = {0};
    char *paths[FILES_MAX];
    size_t n = list(directory, ".cedar", paths);
    bool ok = n > 0;

    if (!ok)
        fprintf(stderr, "casemate-policy: %s: no .cedar files\n", directory);
    ok = ok && files_read(paths, n, &files);
    if (ok && scenario_load(&s->scenario, files.sources, files.count) != 0) {
        problem_report(&s->scenario.problem);
        ok = false;
    }
    files_free(&files);
    free_paths(paths, n);
    return ok;
}

/* The schema that was given, or the one *.cedarschema of the directory, or none. */
static bool load_schema(struct suite *s, const char *directory, const char *given)
{
    char *paths[FILES_MAX];
    size_t n = given != NULL ? 0 : list(directory, ".cedarschema", paths);
    const char *path = given != NULL ? given : n == 1 ? paths[0] : NULL;
    struct cedar_source source = {0};
    bool ok = path == NULL || file_read(path, &source);

    if (n > 1) {
        fprintf(stderr,
                "casemate-policy: %s: more than one .cedarschema: say which with --schema\n",
                directory);
        ok = false;
    }
    if (ok && path != NULL && scenario_schema(&s->scenario, &source, NULL) != 0) {
        problem_report(&s->scenario.problem);
        ok = false;
    }
    file_free(&source);
    free_paths(paths, n);
    return ok;
}

static bool run_directory(struct suite *s, const char *directory, const char *schema)
{
    char *paths[FILES_MAX];
    size_t n;
    bool ok = load_policies(s, directory) && load_schema(s, directory, schema);

    if (!ok)
        return false;
    n = list(directory, "tests.json", paths);
    if (n == 0)
        fprintf(stderr, "casemate-policy: %s: no .tests.json files\n", directory);
    ok = n > 0;
    for (size_t i = 0; i < n; i++)
        ok = run_file(s, directory, paths[i]) && ok;
    free_paths(paths, n);
    return ok;
}

int command_test(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"schema", required_argument, NULL, 's'}, {0}};
    struct suite s = {0};
    const char *schema = NULL;
    bool ok;
    int c;

    while ((c = getopt_long(argc, argv, "s:", options, NULL)) != -1) {
        if (c == 'j')
            s.json = true;
        else if (c == 's')
            schema = optarg;
        else
            return command_usage("test");
    }
    if (optind + 1 != argc)
        return command_usage("test");
    ok = scenario_open(&s.scenario) == 0 && run_directory(&s, argv[optind], schema);
    if (s.json)
        printf("{\"passed\":%u,\"failed\":%u}\n", s.passed, s.failed);
    else
        printf("%u passed, %u failed\n", s.passed, s.failed);
    scenario_close(&s.scenario);
    return ok && s.failed == 0 && s.passed > 0 ? EXIT_OK : EXIT_FAILED;
}
