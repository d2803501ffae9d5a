#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/cedar.h"

/*
 * Our side of a differential run: frames `OPERATION LENGTH` and so many bytes on
 * standard input (OPERATION: parse, json, text, format or
 * format/WIDTH/INDENT), an answer `OK LENGTH` or `NO LENGTH` and so many bytes each.
 */

static int answer(const char *operation, const struct cedar_source *s, char **ret,
                  size_t *ret_length, struct cedar_problem *problem)
{
    struct cedar_policies *p = NULL;
    struct cedar_style style;
    int r;

    if (strcmp(operation, "format") == 0)
        return cedar_format(s, NULL, ret, ret_length, problem);
    if (sscanf(operation, "format/%u/%u", &style.width, &style.indent) == 2)
        return cedar_format(s, &style, ret, ret_length, problem);
    if (strcmp(operation, "text") == 0)
        return cedar_policies_json_to_text(s, ret, ret_length, problem);
    r = cedar_policies_load(s, 1, &p, problem);
    if (r == 0 && strcmp(operation, "json") == 0)
        r = cedar_policies_write_json(p, ret, ret_length);
    cedar_policies_free(p);
    return r;
}

int main(void)
{
    struct cedar_problem problem;
    char operation[32], message[2048];
    size_t length;

    while (scanf("%31s %zu", operation, &length) == 2) {
        char *text = malloc(length + 1), *out = NULL;
        size_t n = 0;
        getchar();
        if (text == NULL || fread(text, 1, length, stdin) != length)
            return 1;
        const struct cedar_source source = {"text", text, length};
        if (answer(operation, &source, &out, &n, &problem) == 0) {
            printf("OK %zu\n", n);
            fwrite(out, 1, n, stdout);
        } else {
            cedar_problem_print(&problem, message, sizeof message);
            printf("NO %zu\n%s", strlen(message), message);
        }
        fflush(stdout);
        cedar_text_free(out);
        free(text);
    }
    return 0;
}
