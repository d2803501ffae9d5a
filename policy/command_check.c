#include <getopt.h>
#include <string.h>

#include "policy/command.h"
#include "policy/lint.h"

struct check {
    const struct cedar_policies *policies;
    bool json;
    unsigned findings;
};

static void print_place_json(const struct cedar_problem *p)
{
    printf("\"file\":");
    json_print_text(stdout, text_of(p->source));
    printf(",\"line\":%u,\"column\":%u,\"message\":", p->line, p->column);
    json_print_text(stdout, text_of(p->message));
    printf(",\"help\":");
    json_print_text(stdout, text_of(p->help));
}

static void report_finding(void *context, const struct finding *f)
{
    struct check *c = context;
    char text[1024];

    c->findings++;
    if (c->json) {
        printf("%s{\"policy\":", c->findings > 1 ? "," : "");
        json_print_text(stdout, text_of(cedar_policy_id(c->policies, f->policy)));
        printf(",\"finding\":\"%s\",", finding_name(f->kind));
        print_place_json(&f->place);
        printf("}");
        return;
    }
    cedar_problem_print(&f->place, text, sizeof text);
    printf("warning [%s] in %s%s", finding_name(f->kind), cedar_policy_id(c->policies, f->policy),
           text + strlen("error"));
}

static int check_files(const struct files *files, const char *guard, bool json)
{
    struct lint_options options = {.station_guard = guard};
    struct cedar_policies *policies = NULL;
    struct cedar_problem problem;
    struct check check = {.json = json};

    if (cedar_policies_load(files->sources, files->count, &policies, &problem) != 0) {
        if (json) {
            printf("{\"ok\":false,\"error\":{");
            print_place_json(&problem);
            printf("}}\n");
        } else {
            problem_report(&problem);
        }
        return EXIT_FAILED;
    }
    check.policies = policies;
    if (json)
        printf("{\"ok\":true,\"policies\":%u,\"findings\":[", cedar_policies_count(policies));
    if (lint(policies, &options, report_finding, &check) != 0) {
        fprintf(stderr, "casemate-policy: out of memory\n");
        cedar_policies_free(policies);
        return EXIT_FAILED;
    }
    if (json)
        printf("]}\n");
    else
        printf("%u policies, %u findings\n", cedar_policies_count(policies), check.findings);
    cedar_policies_free(policies);
    return check.findings == 0 ? EXIT_OK : EXIT_FINDINGS;
}

int command_check(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"station-guard", required_argument, NULL, 'g'}, {0}};
    const char *guard = NULL;
    struct files files = {0};
    bool json = false;
    int c, r = EXIT_FAILED;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'g')
            guard = optarg;
        else if (c == 'j')
            json = true;
        else
            return command_usage("check");
    }
    if (optind == argc)
        return command_usage("check");
    if (files_read(argv + optind, (size_t)(argc - optind), &files))
        r = check_files(&files, guard, json);
    files_free(&files);
    return r;
}
