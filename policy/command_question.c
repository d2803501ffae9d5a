#include "policy/command_question.h"

#include <getopt.h>
#include <string.h>

/* ---- options ---- */

static bool read_bool(const char *text, bool *ret)
{
    *ret = strcmp(text, "true") == 0;
    return *ret || strcmp(text, "false") == 0;
}

static bool read_on_error(const char *text, enum cedar_on_error *ret)
{
    *ret = strcmp(text, "skip") == 0 ? CEDAR_SKIP_ON_ERROR : CEDAR_DENY_ON_ERROR;
    return *ret == CEDAR_SKIP_ON_ERROR || strcmp(text, "deny") == 0;
}

/* One option; false if its argument is wrong. */
static bool take(struct question_options *o, int c, char *argument)
{
    switch (c) {
    case 'p':
        o->policies[o->policy_count++] = argument;
        return o->policy_count < QUESTION_FILES_MAX;
    case 's':
        o->schema = argument;
        return true;
    case 'e':
        o->entities = argument;
        return true;
    case 'q':
        o->request = argument;
        return true;
    case 'l':
        o->principal = argument;
        return true;
    case 'a':
        o->action = argument;
        return true;
    case 'r':
        o->resource = argument;
        return true;
    case 'c':
        o->context = argument;
        return true;
    case 'g':
        o->station_guard = argument;
        return true;
    case 'P':
        o->policy_format = argument;
        return policy_form(argument);
    case 'S':
        o->schema_format = argument;
        return policy_form(argument);
    case 'R':
        return read_bool(argument, &o->conforms);
    case 'o':
        return read_on_error(argument, &o->on_error);
    case 'M':
        return strcmp(argument, "strict") == 0;
    case 'D':
        return o->deny_warnings = true;
    case 'j':
        return o->json = true;
    case 'v':
        return o->verbose = true;
    default:
        return false;
    }
}

bool question_options_read(int argc, char **argv, struct question_options *ret)
{
    static const struct option options[] = {
        {"policies", required_argument, NULL, 'p'},
        {"policy-format", required_argument, NULL, 'P'},
        {"schema", required_argument, NULL, 's'},
        {"station-guard", required_argument, NULL, 'g'},
        {"schema-format", required_argument, NULL, 'S'},
        {"entities", required_argument, NULL, 'e'},
        {"request-json", required_argument, NULL, 'q'},
        {"principal", required_argument, NULL, 'l'},
        {"action", required_argument, NULL, 'a'},
        {"resource", required_argument, NULL, 'r'},
        {"context", required_argument, NULL, 'c'},
        {"request-validation", required_argument, NULL, 'R'},
        {"validation-mode", required_argument, NULL, 'M'},
        {"deny-warnings", no_argument, NULL, 'D'},
        {"on-error", required_argument, NULL, 'o'},
        {"verbose", no_argument, NULL, 'v'},
        {"json", no_argument, NULL, 'j'},
        {0},
    };
    int c;

    *ret = (struct question_options){.conforms = true};
    while ((c = getopt_long(argc, argv, "p:s:l:a:r:c:v", options, NULL)) != -1)
        if (!take(ret, c, optarg))
            return false;
    if (ret->json)
        problem_json();
    /* A request comes from one place. */
    return ret->request == NULL || (ret->principal == NULL && ret->action == NULL &&
                                    ret->resource == NULL && ret->context == NULL);
}

/* ---- policies and schema ---- */

static bool report(const struct question *q)
{
    problem_report(&q->scenario.problem);
    return false;
}

static bool read_schema(struct question *q, const struct question_options *o)
{
    if (o->schema == NULL)
        return true;
    if (!file_read(o->schema, &q->schema))
        return false;
    return scenario_schema(&q->scenario, &q->schema, o->schema_format) == 0 || report(q);
}

bool question_policies(struct question *q, const struct question_options *o)
{
    if (scenario_open(&q->scenario) != 0)
        return report(q);
    if (!files_read((char **)o->policies, o->policy_count, &q->files) ||
        !files_to_text(&q->files, o->policy_format))
        return false;
    if (scenario_load(&q->scenario, q->files.sources, q->files.count) != 0)
        return report(q);
    return read_schema(q, o);
}

bool question_expression(struct question *q, const struct question_options *o,
                         const struct cedar_source *source)
{
    struct scenario *s = &q->scenario;

    if (scenario_open(s) != 0 || cedar_expression_load(source, &s->policies, &s->problem) != 0)
        return report(q);
    return read_schema(q, o);
}

/* ---- entities and request ---- */

static bool ask_nothing(struct scenario *s)
{
    s->request = (struct cedar_request){
        cedar_entity(s->overlay, "Principal", ""), cedar_entity(s->overlay, "Action", ""),
        cedar_entity(s->overlay, "Resource", ""), cedar_record(s->overlay, NULL, 0)};
    return cedar_entities_freeze(s->overlay) == 0;
}

/* A request from the command line, in the form of a request file. */
static bool ask_words(struct question *q, const struct question_options *o)
{
    static const char *const keys[] = {"principal", "action", "resource"};
    const char *const words[] = {o->principal, o->action, o->resource};
    struct json members[4] = {0}, object = {.kind = JSON_OBJECT};
    struct cedar_source source = {"arguments", "", 0};

    for (size_t i = 0; i < 3; i++) {
        if (words[i] == NULL)
            continue;
        members[object.count] = (struct json){
            .kind = JSON_STRING, .key = text_of(keys[i]), .string = text_of(words[i])};
        object.count++;
    }
    if (o->context != NULL) {
        if (!json_file_read(o->context, &q->context))
            return false;
        source = q->context.source;
        members[object.count] = *q->context.top;
        members[object.count++].key = text_of("context");
    }
    for (size_t i = 0; i < object.count; i++)
        members[i].next = i + 1 < object.count ? &members[i + 1] : NULL;
    object.first = members;
    return scenario_request(&q->scenario, &source, &object, NULL, o->conforms) == 0 || report(q);
}

bool question_ask(struct question *q, const struct question_options *o)
{
    static const char *const members[] = {"principal", "action", "resource", "context", NULL};
    struct scenario *s = &q->scenario;

    if (o->entities != NULL && !json_file_read(o->entities, &q->entities))
        return false;
    if (scenario_entities(s, &q->entities.source, q->entities.top) != 0)
        return report(q);
    scenario_begin(s, &q->request.source);
    if (o->principal != NULL || o->action != NULL || o->resource != NULL || o->context != NULL)
        return ask_words(q, o);
    if (o->request == NULL)
        return ask_nothing(s);
    if (!json_file_read(o->request, &q->request) ||
        !json_file_knows(&q->request, q->request.top, members))
        return false;
    return scenario_request(s, &q->request.source, q->request.top, NULL, o->conforms) == 0 ||
           report(q);
}

void question_close(struct question *q)
{
    scenario_close(&q->scenario);
    json_file_free(&q->context);
    json_file_free(&q->request);
    json_file_free(&q->entities);
    file_free(&q->schema);
    files_free(&q->files);
}
