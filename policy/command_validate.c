#include "policy/command_validate.h"

#include <getopt.h>
#include <string.h>

#include "policy/command_question.h"

struct validation {
    const struct cedar_policies *policies;
    bool json;
    unsigned errors, warnings;
};

static void report(void *context, const struct cedar_finding *f)
{
    struct validation *v = context;
    const char *id = cedar_policy_id(v->policies, f->policy);
    char text[1024];

    if (v->json) {
        printf("%s{\"kind\":\"%s\",\"policy\":", v->errors + v->warnings > 0 ? "," : "",
               f->is_error ? "error" : "warning");
        json_print_text(stdout, text_of(id));
        putchar(',');
        problem_print_json(&f->place);
        putchar('}');
    } else {
        cedar_problem_print(&f->place, text, sizeof text);
        printf("%s in %s%s", f->is_error ? "error" : "warning", id, text + strlen("error"));
    }
    v->errors += f->is_error;
    v->warnings += !f->is_error;
}

bool validate_print(const struct cedar_policies *policies, const struct cedar_schema *schema,
                    bool json, unsigned *ret_errors, unsigned *ret_warnings)
{
    struct validation v = {.policies = policies, .json = json};
    uint32_t errors;
    int r = cedar_validate(policies, schema, report, &v, &errors);

    *ret_errors = v.errors;
    *ret_warnings = v.warnings;
    if (r != 0)
        fprintf(stderr, "casemate-policy: validation: %s\n", cedar_error_text(r));
    return r == 0;
}

int command_validate(int argc, char **argv)
{
    struct question_options o;
    struct question q = {0};
    unsigned errors, warnings;
    bool ok = false;
    int r = EXIT_FAILED;

    if (!question_options_read(argc, argv, &o) || optind != argc || o.policy_count == 0 ||
        o.schema == NULL)
        return command_usage("validate");
    if (!question_policies(&q, &o))
        goto out;
    if (o.json)
        printf("{\"findings\":[");
    ok = validate_print(q.scenario.policies, q.scenario.schema, o.json, &errors, &warnings);
    if (o.json)
        printf("],\"errors\":%u,\"warnings\":%u,\"valid\":%s}\n", errors, warnings,
               ok && errors == 0 ? "true" : "false");
    else
        printf("%u policies, %u errors, %u warnings\n", cedar_policies_count(q.scenario.policies),
               errors, warnings);
    if (ok)
        r = errors > 0 || (o.deny_warnings && warnings > 0) ? EXIT_FINDINGS : EXIT_OK;
out:
    question_close(&q);
    return r;
}
