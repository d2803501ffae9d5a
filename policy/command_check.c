#include <getopt.h>
#include <string.h>

#include "policy/command_question.h"
#include "policy/command_validate.h"
#include "policy/lint.h"

struct check {
    const struct cedar_policies *policies;
    bool json;
    unsigned findings;
};

static void report_finding(void *context, const struct finding *f)
{
    struct check *c = context;
    char text[1024];

    c->findings++;
    if (c->json) {
        printf("%s{\"policy\":", c->findings > 1 ? "," : "");
        json_print_text(stdout, text_of(cedar_policy_id(c->policies, f->policy)));
        printf(",\"finding\":\"%s\",", finding_name(f->kind));
        problem_print_json(&f->place);
        printf("}");
        return;
    }
    cedar_problem_print(&f->place, text, sizeof text);
    printf("warning [%s] in %s%s", finding_name(f->kind), cedar_policy_id(c->policies, f->policy),
           text + strlen("error"));
}

static int check(const struct question *q, const struct question_options *o)
{
    const struct scenario *s = &q->scenario;
    const struct lint_options options = {.schema = s->schema, .station_guard = o->station_guard};
    struct check check = {.policies = s->policies, .json = o->json};
    unsigned errors = 0, warnings = 0, count = cedar_policies_count(s->policies);
    bool ok = true;

    if (o->json)
        printf("{\"ok\":true,\"policies\":%u,\"findings\":[", count);
    int r = lint(s->policies, &options, report_finding, &check);
    if (r != 0) {
        fprintf(stderr, "casemate-policy: %s\n", cedar_error_text(r));
        return EXIT_FAILED;
    }
    if (o->json)
        printf("]");
    else
        printf("%u policies, %u findings\n", count, check.findings);
    if (s->schema != NULL) {
        if (o->json)
            printf(",\"validation\":[");
        ok = validate_print(s->policies, s->schema, o->json, &errors, &warnings);
        if (o->json)
            printf("]");
        else
            printf("%u errors, %u warnings of the schema\n", errors, warnings);
    }
    if (o->json)
        printf("}\n");
    if (!ok)
        return EXIT_FAILED;
    return check.findings + errors + warnings == 0 ? EXIT_OK : EXIT_FINDINGS;
}

int command_check(int argc, char **argv)
{
    struct question_options o;
    struct question q = {0};
    int r;

    if (!question_options_read(argc, argv, &o))
        return command_usage("check");
    while (optind < argc && o.policy_count < QUESTION_FILES_MAX)
        o.policies[o.policy_count++] = argv[optind++];
    if (o.policy_count == 0 || optind < argc)
        return command_usage("check");
    r = question_policies(&q, &o) ? check(&q, &o) : EXIT_FAILED;
    question_close(&q);
    return r;
}
