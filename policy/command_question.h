#ifndef POLICY_COMMAND_QUESTION_H
#define POLICY_COMMAND_QUESTION_H

#include "policy/command.h"
#include "policy/scenario.h"

#define QUESTION_FILES_MAX 64

/* What `authorize`, `evaluate` and `validate` are told; named as in Cedar's own tool. */
struct question_options {
    char *policies[QUESTION_FILES_MAX];
    size_t policy_count;
    const char *policy_format, *schema_format; /* "cedar", "json" or NULL: by what is there */
    const char *schema, *entities, *request;   /* paths, or NULL */
    const char *principal, *action, *resource; /* Type::"id", or NULL */
    const char *context;                       /* a path, or NULL */
    const char *station_guard;                 /* as struct lint_options has it */
    bool json, verbose, deny_warnings, conforms;
    enum cedar_on_error on_error;
};

/* question_options_read(argc, argv, ret): False if the call is wrong; getopt's optind is set. */
bool question_options_read(int argc, char **argv, struct question_options *ret);

/* Everything that one question needs. */
struct question {
    struct scenario scenario;
    struct files files;
    struct cedar_source schema;
    struct json_file entities, request, context;
};

/*
 * question_policies(q, o), question_expression(q, o, source), question_ask(q, o):
 * Read policies, or one expression, and the schema; then entities and the request.
 * Without any request the variables are entities that do not exist.  They say
 * what is wrong, with --json on stdout.  ${q} begins empty and is ended with question_close(),
 * also after a failure.
 */
bool question_policies(struct question *q, const struct question_options *o);
bool question_expression(struct question *q, const struct question_options *o,
                         const struct cedar_source *source);
bool question_ask(struct question *q, const struct question_options *o);
void question_close(struct question *q);

#endif
