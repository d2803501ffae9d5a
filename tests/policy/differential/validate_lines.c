#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/cedar.h"
#include "policy/json.h"

/*
 * The side of validate_cases.js that is ours: reads lines {"schema":"…",
 * "policies":"…"}, answers each with {"refused":[…],"impossible":[…]}, the numbers
 * of the policies with an error and of those that can never apply, or with
 * {"failure":code}.  Linked with the policy archive alone.
 */
struct answer {
    bool refused[CEDAR_POLICIES_MAX], impossible[CEDAR_POLICIES_MAX];
};

static void note(void *context, const struct cedar_finding *finding)
{
    struct answer *answer = context;

    if (finding->is_error)
        answer->refused[finding->policy] = true;
    else if (strstr(finding->place.message, "can never apply") != NULL)
        answer->impossible[finding->policy] = true;
}

static void print_list(const char *name, const bool *is_listed, uint32_t count)
{
    const char *comma = "";

    printf("\"%s\":[", name);
    for (uint32_t i = 0; i < count; i++)
        if (is_listed[i]) {
            printf("%s%u", comma, i);
            comma = ",";
        }
    printf("]");
}

/* Answers one line; what fails is answered by its code. */
static int answer_line(const struct json *schema_text, const struct json *policy_text)
{
    static struct answer answer;
    const struct cedar_schema_source schema_source = {
        {"schema", schema_text->string.data, schema_text->string.length}, CEDAR_SCHEMA_TEXT};
    const struct cedar_source source = {"policies", policy_text->string.data,
                                        policy_text->string.length};
    struct cedar_schema *schema = NULL;
    struct cedar_policies *policies = NULL;
    struct cedar_problem problem;
    uint32_t errors;
    int r;

    memset(&answer, 0, sizeof answer);
    if ((r = cedar_schema_load(&schema_source, 1, &schema, &problem)) != 0 ||
        (r = cedar_policies_load(&source, 1, &policies, &problem)) != 0 ||
        (r = cedar_validate(policies, schema, note, &answer, &errors)) != 0)
        goto out;
    printf("{");
    print_list("refused", answer.refused, cedar_policies_count(policies));
    printf(",");
    print_list("impossible", answer.impossible, cedar_policies_count(policies));
    printf("}\n");
out:
    cedar_policies_free(policies);
    cedar_schema_free(schema);
    return r;
}

int main(void)
{
    const struct json *line, *schema, *policies;
    struct cedar_problem problem;
    char *text = NULL;
    size_t room = 0;
    ssize_t length;

    while ((length = getline(&text, &room, stdin)) > 0) {
        struct cedar_source source = {"line", text, (size_t)length};
        struct arena arena;
        int r = arena_init_growing(&arena, JSON_BYTES_MAX);
        if (r == 0 && (r = json_parse(&source, &arena, &line, &problem)) == 0) {
            schema = json_member(line, "schema");
            policies = json_member(line, "policies");
            r = schema == NULL || policies == NULL ? CEDAR_ERR_JSON : answer_line(schema, policies);
        }
        if (r != 0)
            printf("{\"failure\":%d}\n", r);
        fflush(stdout);
        arena_free(&arena);
    }
    free(text);
    return 0;
}
