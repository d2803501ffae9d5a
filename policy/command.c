#include "policy/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool reports_json;

void problem_json(void)
{
    reports_json = true;
}

bool file_refuse(const char *path, const char *message)
{
    struct cedar_problem problem = {.code = CEDAR_ERR_STATE};

    if (!reports_json) {
        fprintf(stderr, "casemate-policy: %s: %s\n", path, message);
        return false;
    }
    snprintf(problem.source, sizeof problem.source, "%s", path);
    snprintf(problem.message, sizeof problem.message, "%s", message);
    problem_report(&problem);
    return false;
}

bool file_read(const char *path, struct cedar_source *ret)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    size_t room = 65536, length = 0;
    char *text = malloc(room);
    bool ok = false;

    if (f == NULL || text == NULL) {
        file_refuse(path, strerror(errno));
        goto out;
    }
    for (;;) {
        length += fread(text + length, 1, room - length, f);
        if (length < room || room >= JSON_BYTES_MAX * 2)
            break;
        char *more = realloc(text, room * 2);
        if (more == NULL)
            break;
        text = more;
        room *= 2;
    }
    if (ferror(f) || !feof(f)) {
        file_refuse(path, "cannot be read whole");
        goto out;
    }
    *ret = (struct cedar_source){path, text, length};
    text = NULL;
    ok = true;
out:
    free(text);
    if (f != NULL && f != stdin)
        fclose(f);
    return ok;
}

void file_free(struct cedar_source *source)
{
    free((char *)source->text);
    *source = (struct cedar_source){0};
}

bool files_read(char **paths, size_t count, struct files *ret)
{
    *ret = (struct files){.sources = calloc(count + 1, sizeof *ret->sources)};
    for (size_t i = 0; ret->sources != NULL && i < count; i++, ret->count++)
        if (!file_read(paths[i], &ret->sources[i]))
            return false;
    return ret->sources != NULL;
}

void files_free(struct files *files)
{
    for (size_t i = 0; i < files->count; i++)
        file_free(&files->sources[i]);
    free(files->sources);
    *files = (struct files){0};
}

bool policy_form(const char *argument)
{
    return strcmp(argument, "json") == 0 || strcmp(argument, "cedar") == 0;
}

static bool is_json(const struct cedar_source *source, const char *form)
{
    size_t n = strlen(source->name);

    if (form != NULL)
        return strcmp(form, "json") == 0;
    return n >= 5 && strcmp(source->name + n - 5, ".json") == 0;
}

bool files_to_text(struct files *files, const char *form)
{
    struct cedar_problem problem;

    for (size_t i = 0; i < files->count; i++) {
        struct cedar_source *source = &files->sources[i];
        size_t length;
        char *text;
        if (!is_json(source, form))
            continue;
        if (cedar_policies_json_to_text(source, &text, &length, &problem) != 0) {
            problem_report(&problem);
            return false;
        }
        free((char *)source->text);
        source->text = text;
        source->length = length;
    }
    return true;
}

void problem_report(const struct cedar_problem *problem)
{
    char text[1024];

    if (reports_json) {
        reports_json = false;
        printf("{\"ok\":false,\"error\":{");
        problem_print_json(problem);
        printf("}}\n");
        return;
    }
    fputs(cedar_problem_print(problem, text, sizeof text), stderr);
}

bool policies_read(char **paths, size_t count, struct files *ret_files,
                   struct cedar_policies **ret_policies)
{
    struct cedar_problem problem;

    if (!files_read(paths, count, ret_files) || !files_to_text(ret_files, NULL))
        return false;
    if (cedar_policies_load(ret_files->sources, ret_files->count, ret_policies, &problem) == 0)
        return true;
    problem_report(&problem);
    return false;
}

bool schema_read(const char *path, struct cedar_source *ret_source,
                 struct cedar_schema **ret_schema)
{
    struct cedar_schema_source fragment = {0};
    struct cedar_problem problem;
    size_t n = strlen(path);

    if (!file_read(path, ret_source))
        return false;
    fragment.source = *ret_source;
    if (n > 5 && strcmp(path + n - 5, ".json") == 0)
        fragment.form = CEDAR_SCHEMA_JSON;
    if (cedar_schema_load(&fragment, 1, ret_schema, &problem) == 0)
        return true;
    problem_report(&problem);
    return false;
}

bool json_file_read(const char *path, struct json_file *ret)
{
    struct cedar_problem problem;

    *ret = (struct json_file){0};
    if (!file_read(path, &ret->source))
        return false;
    if (arena_init_growing(&ret->arena, (size_t)16 * JSON_BYTES_MAX) != 0)
        return false;
    if (json_parse(&ret->source, &ret->arena, &ret->top, &problem) == 0)
        return true;
    problem_report(&problem);
    return false;
}

void json_file_free(struct json_file *file)
{
    arena_free(&file->arena);
    file_free(&file->source);
}

const char *const request_members[] = {
    "name",   "principal", "action",  "resource", "context", "entities", "want",
    "reason", "errors",    "onError", "conforms", "comment", NULL,
};

bool json_file_knows(const struct json_file *file, const struct json *object,
                     const char *const *names)
{
    struct cedar_problem problem = {0};
    char message[96];

    for (const struct json *m = object->kind == JSON_OBJECT ? object->first : NULL; m != NULL;
         m = m->next) {
        const char *const *n = names;
        while (*n != NULL && !text_is(m->key, *n))
            n++;
        if (*n != NULL)
            continue;
        snprintf(message, sizeof message, "there is no member \"%.*s\" here",
                 (int)(m->key.length < 40 ? m->key.length : 40), m->key.data);
        (void)!json_fail(&problem, &file->source, m->offset, message);
        problem_report(&problem);
        return false;
    }
    return true;
}

const char *cause_text(const struct cedar_result *result)
{
    switch (result->cause) {
    case CEDAR_NOT_PERMITTED:
        return "no permit applies";
    case CEDAR_FORBIDDEN:
        return "a forbid applies";
    case CEDAR_POLICY_ERROR:
        return "a policy erred, and an error denies";
    case CEDAR_PERMITTED:
        return "a permit applies and no forbid";
    case CEDAR_NOT_DECIDED:
        break;
    }
    return "not decided: the request cannot be read, or a limit was reached";
}

void json_print_text(FILE *out, struct text text)
{
    putc('"', out);
    for (uint32_t i = 0; i < text.length; i++) {
        uint8_t c = (uint8_t)text.data[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < ' ')
            fprintf(out, "\\u%04x", c);
        else
            putc(c, out);
    }
    putc('"', out);
}

void json_print_ids(FILE *out, const struct cedar_policies *policies, const uint32_t *numbers,
                    uint32_t count)
{
    putc('[', out);
    for (uint32_t i = 0; i < count; i++) {
        fputs(i > 0 ? "," : "", out);
        json_print_text(out, text_of(cedar_policy_id(policies, numbers[i])));
    }
    putc(']', out);
}

void problem_print_json(const struct cedar_problem *p)
{
    printf("\"file\":");
    json_print_text(stdout, text_of(p->source));
    printf(",\"line\":%u,\"column\":%u,\"message\":", p->line, p->column);
    json_print_text(stdout, text_of(p->message));
    printf(",\"help\":");
    json_print_text(stdout, text_of(p->help));
}
