#ifndef POLICY_COMMAND_H
#define POLICY_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "policy/arena.h"
#include "policy/json.h"

/* How casemate-policy ends, as Cedar's own tool does. */
enum exit_code {
    EXIT_OK = 0,       /* done; allow */
    EXIT_FAILED = 1,   /* it could not be done, or a test failed */
    EXIT_DENY = 2,     /* authorize: deny */
    EXIT_FINDINGS = 3, /* check, validate: readable, but there are findings */
    EXIT_USAGE = 64,
};

/* Each takes the arguments from the subcommand's name on and returns an exit code. */
int command_check(int argc, char **argv);
int command_test(int argc, char **argv);
int command_authorize(int argc, char **argv);
int command_evaluate(int argc, char **argv);
int command_format(int argc, char **argv);
int command_translate(int argc, char **argv);
int command_validate(int argc, char **argv);
int command_run_corpus(int argc, char **argv);
int command_eval_vectors(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_review(int argc, char **argv);

/* command_usage(name): Say how ${name} is called; EXIT_USAGE. */
int command_usage(const char *name);

/* ---- what the commands share ---- */

/* A file as a source; free its text.  Says what is wrong on stderr. */
bool file_read(const char *path, struct cedar_source *ret);

/* file_refuse(path, message): Say what is wrong with the whole file; false. */
bool file_refuse(const char *path, const char *message);

void file_free(struct cedar_source *source);

/* Several files, freed together; NULL is fine. */
struct files {
    struct cedar_source *sources;
    size_t count;
};
bool files_read(char **paths, size_t count, struct files *ret);
void files_free(struct files *files);

/*
 * files_to_text(files, form): Policies that are JSON become Cedar text, so that all can be
 * loaded together.  ${form} is "json", "cedar", or NULL: then a name that ends in .json says it.
 * Says what is wrong on stderr.
 */
bool files_to_text(struct files *files, const char *form);

/* policy_form(argument): Whether it is a form for files_to_text(). */
bool policy_form(const char *argument);

/*
 * problem_report(problem): On stderr, with the source line.
 * problem_json(): From now on as one JSON object on stdout, once, in its place: a program that
 * asked for JSON gets it also when there is no answer.
 */
void problem_report(const struct cedar_problem *problem);
void problem_json(void);

/* problem_print_json(problem): On stdout, as members of an object. */
void problem_print_json(const struct cedar_problem *problem);

/* A JSON file: its text must stay as long as its tree. */
struct json_file {
    struct cedar_source source;
    struct arena arena;
    const struct json *top;
};
bool json_file_read(const char *path, struct json_file *ret);
void json_file_free(struct json_file *file);

/*
 * json_file_knows(file, object, names): Whether all members of ${object} are among ${names},
 * which NULL ends: one that nobody reads is misspelled, and would be missing without a word.
 * request_members: Those of a request as `test` and `diff` take it.
 */
bool json_file_knows(const struct json_file *file, const struct json *object,
                     const char *const *names);
extern const char *const request_members[];

/* cause_text(result): Why, in words. */
const char *cause_text(const struct cedar_result *result);

/* A request that was decided, and all that it was decided with. */
struct asked {
    const struct cedar_policies *policies;
    const struct cedar_entities *entities;
    const struct cedar_request *request;
    struct cedar_scratch *scratch;
};

/* explanation_print(asked, result, json): The decision and each reason with its values, for a
 * security officer.  False when memory is out. */
bool explanation_print(const struct asked *asked, const struct cedar_result *result, bool json);

/* policies_read(files, count, ret_files, ret_policies): All ${files} as one policy set; free both.
 * schema_read(path, ret_source, ret_schema): A schema: JSON if the name ends in .json, else text;
 * and the text that it was read from, to be freed.  Say what is wrong on stderr. */
bool policies_read(char **paths, size_t count, struct files *ret_files,
                   struct cedar_policies **ret_policies);
bool schema_read(const char *path, struct cedar_source *ret_source,
                 struct cedar_schema **ret_schema);

/* json_print_text(out, text), json_print_ids(out, policies, numbers, count): On one line. */
void json_print_text(FILE *out, struct text text);
void json_print_ids(FILE *out, const struct cedar_policies *policies, const uint32_t *numbers,
                    uint32_t count);

#endif
