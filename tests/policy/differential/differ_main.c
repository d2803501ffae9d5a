#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/command.h"
#include "policy/scenario.h"

/*
 * Our side of a differential run: a JSON object a line in, one out.
 *   {"op": "parse" | "format" | "json" | "text" | "schema", "text": …, "width": …, "indent": …}
 *       gives {"ok": bool, "text": …}: what was made of it, or what is wrong;
 *   {"op": "decide", "policies": text, "schema": text, "entities": […], "requests": […],
 *    "conforms": bool} gives the verdict of each step, up to the first refusal;
 *    with "laidOut": true the policies are laid out first;
 *   {"op": "values", "expressions": [texts], "entities": […], "request": …} gives
 *    {"values": [Cedar text, "error" or "parse-failure"]}.
 */

#define MEMORY_MAX ((size_t)256 << 20)

static struct text string_member(const struct json *line, const char *key)
{
    const struct json *v = json_member(line, key);

    return v != NULL && v->kind == JSON_STRING ? v->string : (struct text){"", 0};
}

static unsigned number_member(const struct json *line, const char *key, unsigned otherwise)
{
    const struct json *v = json_member(line, key);

    return v != NULL && v->kind == JSON_NUMBER ? (unsigned)v->number : otherwise;
}

/* ---- one text ---- */

static int make(struct text op, const struct cedar_source *s, const struct json *line,
                char **ret_text, size_t *ret_length, struct cedar_problem *problem)
{
    const struct cedar_schema_source fragment = {
        *s, s->length > 0 && s->text[0] == '{' ? CEDAR_SCHEMA_JSON : CEDAR_SCHEMA_TEXT};
    const struct cedar_style style = {number_member(line, "width", 80),
                                      number_member(line, "indent", 2)};
    struct cedar_policies *policies = NULL;
    struct cedar_schema *schema = NULL;
    int r;

    if (text_is(op, "format"))
        return cedar_format(s, &style, ret_text, ret_length, problem);
    if (text_is(op, "text"))
        return cedar_policies_json_to_text(s, ret_text, ret_length, problem);
    if (text_is(op, "schema")) {
        r = cedar_schema_load(&fragment, 1, &schema, problem);
        cedar_schema_free(schema);
        return r;
    }
    r = cedar_policies_load(s, 1, &policies, problem);
    if (r == 0 && text_is(op, "json"))
        r = cedar_policies_write_json(policies, ret_text, ret_length);
    cedar_policies_free(policies);
    return r;
}

static void answer_text(struct text op, const struct json *line)
{
    struct text given = string_member(line, "text");
    const struct cedar_source source = {"text", given.data, given.length};
    struct cedar_problem problem = {0};
    char *made = NULL, message[2048];
    size_t length = 0;
    int r = make(op, &source, line, &made, &length, &problem);

    printf("{\"ok\":%s,\"text\":", r == 0 ? "true" : "false");
    json_print_text(stdout, r == 0
                                ? (struct text){made == NULL ? "" : made, (uint32_t)length}
                                : text_of(cedar_problem_print(&problem, message, sizeof message)));
    puts("}");
    cedar_text_free(made);
}

/* ---- one case ---- */

/* What the validator says about each policy. */
struct verdicts {
    bool refused[CEDAR_POLICIES_MAX], impossible[CEDAR_POLICIES_MAX];
};

static void note(void *context, const struct cedar_finding *f)
{
    struct verdicts *v = context;

    if (f->is_error)
        v->refused[f->policy] = true;
    else if (strstr(f->place.message, "never apply") != NULL)
        v->impossible[f->policy] = true;
}

static void print_numbers(const char *name, const bool *marked, uint32_t count)
{
    bool first = true;

    printf(",\"%s\":[", name);
    for (uint32_t i = 0; i < count; i++) {
        if (!marked[i])
            continue;
        printf("%s%u", first ? "" : ",", i);
        first = false;
    }
    printf("]");
}

static void answer_validation(const struct scenario *s)
{
    static struct verdicts v;
    uint32_t errors, count = cedar_policies_count(s->policies);

    memset(&v, 0, sizeof v);
    if (cedar_validate(s->policies, s->schema, note, &v, &errors) != 0)
        printf(",\"limit\":true");
    print_numbers("refused", v.refused, count);
    print_numbers("impossible", v.impossible, count);
}

static void answer_requests(struct scenario *s, const struct cedar_source *source,
                            const struct json *line)
{
    const struct json *requests = json_member(line, "requests");
    const struct json *conforms = json_member(line, "conforms");
    struct cedar_result result;

    printf(",\"answers\":[");
    for (const struct json *r = requests == NULL ? NULL : requests->first; r != NULL; r = r->next) {
        scenario_begin(s, source);
        if (scenario_request(s, source, r, NULL, conforms != NULL && conforms->number != 0) != 0) {
            printf("{\"refused\":");
            json_print_text(stdout, text_of(s->problem.message));
        } else {
            printf("{\"decision\":\"%s\",\"reason\":",
                   scenario_decide(s, CEDAR_SKIP_ON_ERROR, &result) == CEDAR_ALLOW ? "allow"
                                                                                   : "deny");
            json_print_ids(stdout, s->policies, result.determining, result.determining_count);
            printf(",\"errors\":");
            json_print_ids(stdout, s->policies, result.erring, result.erring_count);
        }
        printf("}%s", r->next == NULL ? "" : ",");
    }
    printf("]");
}

static int load(struct scenario *s, const struct cedar_source *source, bool laid_out)
{
    struct cedar_source again = {.name = source->name};
    char *text;
    int r;

    if (!laid_out)
        return scenario_load(s, source, 1);
    r = cedar_format(source, NULL, &text, &again.length, &s->problem);
    if (r != 0)
        return r;
    again.text = text;
    r = scenario_load(s, &again, 1);
    cedar_text_free(text);
    return r;
}

/* The name of the step that refuses, or NULL. */
static const char *answer_steps(struct scenario *s, const struct cedar_source *source,
                                const struct json *line)
{
    struct text policies = string_member(line, "policies"), schema = string_member(line, "schema");
    const struct cedar_source policy_source = {"policies", policies.data, policies.length};
    const struct cedar_source schema_source = {"schema", schema.data, schema.length};

    if (load(s, &policy_source, json_member(line, "laidOut") != NULL) != 0)
        return "policies";
    if (schema.length > 0 && scenario_schema(s, &schema_source, NULL) != 0)
        return "schema";
    if (s->schema != NULL)
        answer_validation(s);
    if (scenario_entities(s, source, json_member(line, "entities")) != 0)
        return "entities";
    answer_requests(s, source, line);
    return NULL;
}

static void answer_case(struct scenario *s, const struct cedar_source *source,
                        const struct json *line)
{
    const char *refusing;

    printf("{\"ok\":true");
    refusing = answer_steps(s, source, line);
    if (refusing != NULL) {
        printf(",\"stopped\":\"%s\",\"message\":", refusing);
        json_print_text(stdout, text_of(s->problem.message));
    }
    puts("}");
    scenario_clear(s);
}

/* ---- expressions ---- */

/* Its value as Cedar text; false if entities or request are refused. */
static bool evaluate(struct scenario *s, const struct cedar_source *source, const struct json *line,
                     struct text expression, struct text *ret)
{
    static char text[1 << 20];
    const struct cedar_source expression_source = {"expression", expression.data,
                                                   expression.length};
    const struct json *request = json_member(line, "request");
    struct cedar_value value;
    struct cedar_fault fault;

    *ret = text_of("parse-failure");
    if (cedar_expression_load(&expression_source, &s->policies, &s->problem) != 0)
        return true;
    if (scenario_entities(s, source, json_member(line, "entities")) != 0)
        return false;
    scenario_begin(s, source);
    if (request == NULL || scenario_request(s, source, request, NULL, false) != 0)
        return false;
    *ret = text_of("error");
    if (cedar_evaluate(s->policies, s->overlay, &s->request, s->scratch, &value, &fault) == 0)
        *ret = text_of(cedar_value_print(s->overlay, value, text, sizeof text));
    return true;
}

static void answer_values(struct scenario *s, const struct cedar_source *source,
                          const struct json *line)
{
    const struct json *expressions = json_member(line, "expressions");
    const struct json *e = expressions == NULL ? NULL : expressions->first;
    struct text value;
    bool ok = true;

    printf("{\"values\":[");
    for (const char *comma = ""; e != NULL && ok; e = e->next, comma = ",") {
        ok = evaluate(s, source, line, e->string, &value);
        fputs(ok ? comma : "", stdout);
        if (ok)
            json_print_text(stdout, value);
        scenario_clear(s);
    }
    puts(ok ? "]}" : "],\"refused\":true}");
}

int main(void)
{
    struct scenario scenario;
    char *text = NULL;
    size_t room = 0;
    ssize_t length;

    if (scenario_open(&scenario) != 0)
        return 1;
    while ((length = getline(&text, &room, stdin)) > 0) {
        const struct cedar_source source = {"line", text, (size_t)length};
        struct cedar_problem problem;
        const struct json *line;
        struct arena arena;
        if (arena_init_growing(&arena, MEMORY_MAX) != 0)
            return 1;
        if (json_parse(&source, &arena, &line, &problem) != 0) {
            printf("{\"unread\":");
            json_print_text(stdout, text_of(problem.message));
            puts("}");
        } else if (text_is(string_member(line, "op"), "decide")) {
            answer_case(&scenario, &source, line);
        } else if (text_is(string_member(line, "op"), "values")) {
            answer_values(&scenario, &source, line);
        } else {
            answer_text(string_member(line, "op"), line);
        }
        fflush(stdout);
        arena_free(&arena);
    }
    free(text);
    scenario_close(&scenario);
    return 0;
}
