#include <getopt.h>
#include <string.h>

#include "policy/command_question.h"

#define REASONS_MAX 256

/* ---- authorize ---- */

static const char *reason_word(const struct cedar_reason *r)
{
    return r->kind == CEDAR_REASON_FORBIDS ? "forbidden by"
           : r->kind == CEDAR_REASON_UNMET ? "not permitted by"
                                           : "error in";
}

/* The permits, and with ${verbose} what each says it is for. */
static void print_permits(const struct question *q, const struct cedar_result *result, bool verbose)
{
    for (uint32_t i = 0; i < result->determining_count; i++) {
        const struct cedar_policies *policies = q->scenario.policies;
        const char *why = cedar_policy_annotation(policies, result->determining[i], "why");
        printf("  permitted by %s", cedar_policy_id(policies, result->determining[i]));
        if (verbose && why != NULL)
            printf(": %s", why);
        putchar('\n');
    }
}

static void print_result(const struct question *q, const struct cedar_result *result, bool verbose)
{
    struct cedar_reason reasons[REASONS_MAX];
    bool allow = result->decision == CEDAR_ALLOW;
    size_t n;

    printf("%s: %s\n", allow ? "ALLOW" : "DENY", cause_text(result));
    if (allow) {
        print_permits(q, result, verbose);
        return;
    }
    if (result->erring_count > 0)
        printf("  %s: %s\n", cedar_policy_id(q->scenario.policies, result->first_fault.policy),
               result->first_fault.message);
    n = cedar_explain(q->scenario.policies, q->scenario.overlay, &q->scenario.request,
                      q->scenario.scratch, reasons, REASONS_MAX);
    for (size_t i = 0; i < n && i < REASONS_MAX; i++) {
        printf("  %s %s: %.*s", reason_word(&reasons[i]),
               cedar_policy_id(q->scenario.policies, reasons[i].policy), (int)reasons[i].length,
               reasons[i].text);
        if (verbose)
            printf(" (line %u)", reasons[i].line);
        putchar('\n');
    }
}

static void print_result_json(const struct question *q, const struct cedar_result *result)
{
    struct cedar_reason reasons[REASONS_MAX];

    printf("{\"decision\":\"%s\",\"cause\":", result->decision == CEDAR_ALLOW ? "allow" : "deny");
    json_print_text(stdout, text_of(cause_text(result)));
    printf(",\"reason\":");
    json_print_ids(stdout, q->scenario.policies, result->determining, result->determining_count);
    printf(",\"errors\":");
    json_print_ids(stdout, q->scenario.policies, result->erring, result->erring_count);
    printf(",\"explanation\":[");
    size_t n = cedar_explain(q->scenario.policies, q->scenario.overlay, &q->scenario.request,
                             q->scenario.scratch, reasons, REASONS_MAX);
    for (size_t i = 0; i < n && i < REASONS_MAX; i++) {
        printf("%s{\"kind\":\"%s\",\"policy\":", i > 0 ? "," : "", reason_word(&reasons[i]));
        json_print_text(stdout, text_of(cedar_policy_id(q->scenario.policies, reasons[i].policy)));
        printf(",\"text\":");
        json_print_text(stdout, (struct text){reasons[i].text, reasons[i].length});
        printf(",\"line\":%u}", reasons[i].line);
    }
    printf("]}\n");
}

/* What `authorize` and `explain` have in common: all but how the answer is put. */
static int decide_one(int argc, char **argv, const char *name)
{
    struct question_options o;
    struct question q = {0};
    struct cedar_result result;
    bool is_asked;
    int r = EXIT_FAILED;

    if (!question_options_read(argc, argv, &o) || optind != argc)
        return command_usage(name);
    is_asked = o.request != NULL || (o.principal && o.action && o.resource);
    if (o.policy_count == 0 || !is_asked)
        return command_usage(name);
    if (question_policies(&q, &o) && question_ask(&q, &o)) {
        struct scenario *s = &q.scenario;
        const struct asked asked = {s->policies, s->overlay, &s->request, s->scratch};
        r = scenario_decide(s, o.on_error, &result) == CEDAR_ALLOW ? EXIT_OK : EXIT_DENY;
        if (strcmp(name, "explain") == 0)
            r = explanation_print(&asked, &result, o.json) ? r : EXIT_FAILED;
        else if (o.json)
            print_result_json(&q, &result);
        else
            print_result(&q, &result, o.verbose);
    }
    question_close(&q);
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
    int r = cedar_evaluate(q->scenario.policies, q->scenario.overlay, &q->scenario.request,
                           q->scenario.scratch, &value, &fault);

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
    cedar_value_print(q->scenario.overlay, value, text, sizeof text);
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
    struct question_options o;
    struct question q = {0};
    int r = EXIT_FAILED;

    if (!question_options_read(argc, argv, &o) || o.policy_count != 0 || optind + 1 != argc)
        return command_usage("evaluate");
    const struct cedar_source source = {"expression", argv[optind], strlen(argv[optind])};
    if (question_expression(&q, &o, &source) && question_ask(&q, &o))
        r = print_value(&q, o.json);
    question_close(&q);
    return r;
}
