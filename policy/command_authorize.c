#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "policy/command.h"

#define REASONS_MAX   256
#define OVERLAY_BYTES ((size_t)4 << 20)
#define SCRATCH_BYTES ((size_t)4 << 20)

struct options {
    char *policies[64];
    size_t policy_count;
    const char *entities;
    const char *request;
    bool json;
    enum cedar_on_error on_error;
};

static bool read_options(int argc, char **argv, struct options *o)
{
    static const struct option options[] = {
        {"policies", required_argument, NULL, 'p'},
        {"entities", required_argument, NULL, 'e'},
        {"request-json", required_argument, NULL, 'r'},
        {"on-error", required_argument, NULL, 'o'},
        {"json", no_argument, NULL, 'j'},
        {0},
    };
    int c;

    *o = (struct options){0};
    while ((c = getopt_long(argc, argv, "p:", options, NULL)) != -1) {
        if (c == 'p' && o->policy_count < 64)
            o->policies[o->policy_count++] = optarg;
        else if (c == 'e')
            o->entities = optarg;
        else if (c == 'r')
            o->request = optarg;
        else if (c == 'o' && strcmp(optarg, "deny") == 0)
            o->on_error = CEDAR_DENY_ON_ERROR;
        else if (c == 'o' && strcmp(optarg, "skip") == 0)
            o->on_error = CEDAR_SKIP_ON_ERROR;
        else if (c == 'j')
            o->json = true;
        else
            return false;
    }
    return true;
}

/* Everything that one question needs. */
struct question {
    struct files files;
    struct json_file entities, request_file;
    struct cedar_policies *policies;
    struct cedar_entities *base, *overlay;
    struct cedar_scratch *scratch;
    struct cedar_request request;
};

static void question_free(struct question *q)
{
    cedar_scratch_free(q->scratch);
    cedar_entities_free(q->overlay);
    cedar_entities_free(q->base);
    cedar_policies_free(q->policies);
    json_file_free(&q->request_file);
    json_file_free(&q->entities);
    files_free(&q->files);
}

/* Without a request file the variables are entities that do not exist. */
static bool read_request(struct question *q, const char *path)
{
    struct cedar_problem problem;
    const struct entity_json j = {
        .entities = q->overlay, .source = &q->request_file.source, .problem = &problem};

    if (path == NULL) {
        q->request = (struct cedar_request){
            cedar_entity(q->overlay, "Principal", ""), cedar_entity(q->overlay, "Action", ""),
            cedar_entity(q->overlay, "Resource", ""), cedar_record(q->overlay, NULL, 0)};
    } else if (!json_file_read(path, &q->request_file) ||
               !request_read(&j, q->request_file.top, &q->request)) {
        return false;
    }
    return cedar_entities_freeze(q->overlay) == 0;
}

/* The policies are loaded: entities, request and memory. */
static bool question_open(struct question *q, const struct options *o)
{
    if (o->entities != NULL && !json_file_read(o->entities, &q->entities))
        return false;
    if (!base_build(q->policies, o->entities == NULL ? NULL : &q->entities, &q->base))
        return false;
    if (cedar_overlay_new(OVERLAY_BYTES, &q->overlay) != 0 ||
        cedar_scratch_new(SCRATCH_BYTES, &q->scratch) != 0) {
        fprintf(stderr, "casemate-policy: out of memory\n");
        return false;
    }
    cedar_overlay_reset(q->overlay, q->base);
    return read_request(q, o->request);
}

/* ---- authorize ---- */

static const char *reason_word(const struct cedar_reason *r)
{
    return r->kind == CEDAR_REASON_FORBIDS ? "forbidden by"
           : r->kind == CEDAR_REASON_UNMET ? "not permitted by"
                                           : "error in";
}

static void print_result(const struct question *q, const struct cedar_result *result)
{
    struct cedar_reason reasons[REASONS_MAX];
    bool allow = result->decision == CEDAR_ALLOW;
    size_t n;

    printf("%s: %s\n", allow ? "ALLOW" : "DENY", cause_text(result));
    if (allow) {
        for (uint32_t i = 0; i < result->determining_count; i++)
            printf("  permitted by %s\n", cedar_policy_id(q->policies, result->determining[i]));
        return;
    }
    if (result->erring_count > 0)
        printf("  %s: %s\n", cedar_policy_id(q->policies, result->first_fault.policy),
               result->first_fault.message);
    n = cedar_explain(q->policies, q->overlay, &q->request, q->scratch, reasons, REASONS_MAX);
    for (size_t i = 0; i < n && i < REASONS_MAX; i++)
        printf("  %s %s: %.*s\n", reason_word(&reasons[i]),
               cedar_policy_id(q->policies, reasons[i].policy), (int)reasons[i].length,
               reasons[i].text);
}

static void print_result_json(const struct question *q, const struct cedar_result *result)
{
    struct cedar_reason reasons[REASONS_MAX];

    printf("{\"decision\":\"%s\",\"cause\":", result->decision == CEDAR_ALLOW ? "allow" : "deny");
    json_print_text(stdout, text_of(cause_text(result)));
    printf(",\"reason\":");
    json_print_ids(stdout, q->policies, result->determining, result->determining_count);
    printf(",\"errors\":");
    json_print_ids(stdout, q->policies, result->erring, result->erring_count);
    printf(",\"explanation\":[");
    size_t n =
        cedar_explain(q->policies, q->overlay, &q->request, q->scratch, reasons, REASONS_MAX);
    for (size_t i = 0; i < n && i < REASONS_MAX; i++) {
        printf("%s{\"kind\":\"%s\",\"policy\":", i > 0 ? "," : "", reason_word(&reasons[i]));
        json_print_text(stdout, text_of(cedar_policy_id(q->policies, reasons[i].policy)));
        printf(",\"text\":");
        json_print_text(stdout, (struct text){reasons[i].text, reasons[i].length});
        printf(",\"line\":%u}", reasons[i].line);
    }
    printf("]}\n");
}

/* What `authorize` and `explain` have in common: all but how the answer is put. */
static int decide_one(int argc, char **argv, const char *name)
{
    struct options o;
    struct question q = {0};
    struct cedar_problem problem;
    struct cedar_result result;
    int r = EXIT_FAILED;

    if (!read_options(argc, argv, &o) || o.policy_count == 0 || o.request == NULL || optind != argc)
        return command_usage(name);
    if (!files_read(o.policies, o.policy_count, &q.files))
        goto out;
    if (cedar_policies_load(q.files.sources, q.files.count, &q.policies, &problem) != 0) {
        problem_report(&problem);
        goto out;
    }
    if (!question_open(&q, &o))
        goto out;
    r = cedar_decide(q.policies, q.overlay, &q.request, o.on_error, q.scratch, &result) ==
                CEDAR_ALLOW
            ? EXIT_OK
            : EXIT_DENY;
    const struct asked asked = {q.policies, q.overlay, &q.request, q.scratch};
    if (strcmp(name, "explain") == 0)
        r = explanation_print(&asked, &result, o.json) ? r : EXIT_FAILED;
    else if (o.json)
        print_result_json(&q, &result);
    else
        print_result(&q, &result);
out:
    question_free(&q);
    return r;
}

int command_authorize(int argc, char **argv)
{
    return decide_one(argc, argv, "authorize");
}

int command_explain(int argc, char **argv)
{
    return decide_one(argc, argv, "explain");
}

/* ---- evaluate ---- */

static int print_value(const struct question *q, bool json)
{
    static char text[1 << 20];
    struct cedar_value value;
    struct cedar_fault fault;
    int r = cedar_evaluate(q->policies, q->overlay, &q->request, q->scratch, &value, &fault);

    if (r != 0) {
        const char *message = r == CEDAR_ERR_VALUE ? fault.message : cedar_error_text(r);
        if (json) {
            printf("{\"error\":");
            json_print_text(stdout, text_of(message));
            printf("}\n");
        } else {
            fprintf(stderr, "error: %s (column %u)\n", message, fault.column);
        }
        return EXIT_FAILED;
    }
    cedar_value_print(q->overlay, value, text, sizeof text);
    if (json) {
        printf("{\"value\":");
        json_print_text(stdout, text_of(text));
        printf("}\n");
    } else {
        puts(text);
    }
    return EXIT_OK;
}

int command_evaluate(int argc, char **argv)
{
    struct options o;
    struct question q = {0};
    struct cedar_problem problem;
    int r = EXIT_FAILED;

    if (!read_options(argc, argv, &o) || o.policy_count != 0 || optind + 1 != argc)
        return command_usage("evaluate");
    struct cedar_source source = {"expression", argv[optind], strlen(argv[optind])};
    if (cedar_expression_load(&source, &q.policies, &problem) != 0)
        problem_report(&problem);
    else if (question_open(&q, &o))
        r = print_value(&q, o.json);
    question_free(&q);
    return r;
}
