#include "policy/command_diff.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "policy/entity.h"
#include "policy/entity_json.h"

#define FILES_MAX     64U
#define OVERLAY_BYTES ((size_t)4 << 20)
#define SCRATCH_BYTES ((size_t)1 << 20)
#define LIMIT         20U

struct options {
    char *files[2][FILES_MAX];
    size_t file_count[2];
    const char *entities, *requests, *schema;
};

static bool read_number(const char *text, uint32_t *ret)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    *ret = (uint32_t)n;
    return *text >= '0' && *text <= '9' && *end == '\0' && n <= 1000000;
}

static bool read_options(int argc, char **argv, struct options *o, struct comparison *c)
{
    static const struct option options[] = {
        {"old", required_argument, NULL, 'O'},      {"new", required_argument, NULL, 'N'},
        {"entities", required_argument, NULL, 'e'}, {"requests", required_argument, NULL, 'r'},
        {"schema", required_argument, NULL, 's'},   {"all", no_argument, NULL, 'a'},
        {"limit", required_argument, NULL, 'l'},    {"on-error", required_argument, NULL, 'o'},
        {"json", no_argument, NULL, 'j'},           {0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        size_t *count = &o->file_count[option == 'N'];
        if ((option == 'O' || option == 'N') && *count < FILES_MAX)
            o->files[option == 'N'][(*count)++] = optarg;
        else if (option == 'e')
            o->entities = optarg;
        else if (option == 'r')
            o->requests = optarg;
        else if (option == 's')
            o->schema = optarg;
        else if (option == 'a')
            c->all = true;
        else if (option == 'j')
            c->json = true;
        else if (option == 'l' && read_number(optarg, &c->limit))
            continue;
        else if (option == 'o' && strcmp(optarg, "skip") == 0)
            c->on_error = CEDAR_SKIP_ON_ERROR;
        else if (option != 'o' || strcmp(optarg, "deny") != 0)
            return false;
    }
    return optind == argc && o->file_count[0] > 0 && o->file_count[1] > 0 &&
           (o->requests != NULL || (c->all && o->entities != NULL));
}

/* ---- what is compared ---- */

/* A list, or {"entities": …, "context": …, "tests" or "requests": […]} as for `test`. */
static bool read_requests(struct comparison *c, const char *path)
{
    if (!json_file_read(path, &c->requests))
        return false;
    const struct json *top = c->requests.top, *list = json_member(top, "tests");

    if (list == NULL)
        list = json_member(top, "requests");
    c->request_list = top->kind == JSON_ARRAY ? top : list;
    c->context = json_member(top, "context");
    if (c->request_list == NULL || c->request_list->kind != JSON_ARRAY) {
        fprintf(stderr, "casemate-policy: %s: needs a list of requests, or \"tests\"\n", path);
        return false;
    }
    for (const struct json *r = c->request_list->first; r != NULL; r = r->next)
        if (!json_file_knows(&c->requests, r, request_members))
            return false;
    c->entity_list = json_member(top, "entities");
    c->entity_source = &c->requests.source;
    return true;
}

static bool fill_base(const struct comparison *c, struct side *s)
{
    struct cedar_problem problem = {0};
    const struct entity_json j = {
        .entities = s->base, .source = c->entity_source, .problem = &problem, .schema = c->schema};
    int r = c->entity_list == NULL ? 0 : entity_json_all(&j, c->entity_list);

    if (r == 0 && c->schema != NULL)
        r = cedar_schema_actions(c->schema, s->base);
    if (r == 0)
        r = cedar_entities_freeze(s->base);
    if (r == 0 && c->schema != NULL)
        r = cedar_entities_check(s->base, c->schema, &problem);
    if (r != 0 && problem.message[0] != '\0')
        problem_report(&problem);
    else if (r != 0)
        fprintf(stderr, "casemate-policy: entities: %s\n", cedar_error_text(r));
    return r == 0;
}

static bool open_side(const struct comparison *c, struct side *s, char **paths, size_t count)
{
    if (!policies_read(paths, count, &s->files, &s->policies))
        return false;
    if (cedar_base_new(s->policies, &s->base) != 0 ||
        cedar_overlay_new(OVERLAY_BYTES, &s->overlay) != 0 ||
        cedar_scratch_new(SCRATCH_BYTES, &s->scratch) != 0) {
        fprintf(stderr, "casemate-policy: out of memory\n");
        return false;
    }
    return fill_base(c, s);
}

static bool open_comparison(struct comparison *c, struct options *o)
{
    if (o->schema != NULL && !schema_read(o->schema, &c->schema_source, &c->schema))
        return false;
    if (o->requests != NULL && !read_requests(c, o->requests))
        return false;
    if (o->entities != NULL) {
        if (!json_file_read(o->entities, &c->entities))
            return false;
        c->entity_list = c->entities.top;
        c->entity_source = &c->entities.source;
    }
    for (int i = 0; i < 2; i++)
        if (!open_side(c, &c->sides[i], o->files[i], o->file_count[i]))
            return false;
    for (int i = 0; i < DIFF_SAME; i++)
        if ((c->changes[i].samples = calloc((size_t)c->limit + 1, sizeof(struct sample))) == NULL)
            return false;
    return diff_open(&c->diff, c->sides[0].policies, c->sides[1].policies) == 0;
}

static void close_comparison(struct comparison *c)
{
    for (int i = 0; i < DIFF_SAME; i++) {
        for (uint32_t k = 0; k < c->changes[i].sample_count; k++) {
            free(c->changes[i].samples[k].text);
            free(c->changes[i].samples[k].json);
        }
        free(c->changes[i].samples);
    }
    for (int i = 0; i < 2; i++) {
        cedar_scratch_free(c->sides[i].scratch);
        cedar_entities_free(c->sides[i].overlay);
        cedar_entities_free(c->sides[i].base);
        cedar_policies_free(c->sides[i].policies);
        files_free(&c->sides[i].files);
    }
    diff_close(&c->diff);
    cedar_schema_free(c->schema);
    file_free(&c->schema_source);
    json_file_free(&c->requests);
    json_file_free(&c->entities);
}

int command_diff(int argc, char **argv)
{
    struct options o = {0};
    struct comparison *c = calloc(1, sizeof *c);
    int r = EXIT_FAILED;

    if (c == NULL)
        return r;
    c->limit = LIMIT;
    if (!read_options(argc, argv, &o, c)) {
        free(c);
        return command_usage("diff");
    }
    if (c->json)
        problem_json();
    if (open_comparison(c, &o) && comparison_run(c)) {
        comparison_print(c);
        r = EXIT_OK;
        for (int i = 0; i < DIFF_SAME; i++)
            if (c->changes[i].count > 0)
                r = EXIT_FINDINGS;
    }
    close_comparison(c);
    free(c);
    return r;
}
