#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/cedar.h"

/*
 * Policy text; the first two bytes choose width and indent.  What can be read
 * can be laid out; a second layout stays as it is; the policies stay the same.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct form {
    char *text;
    size_t length;
};

static struct form format(const char *text, size_t length, const struct cedar_style *style)
{
    const struct cedar_source source = {"policy", text, length};
    struct cedar_problem problem;
    struct form f = {0};

    if (cedar_format(&source, style, &f.text, &f.length, &problem) != 0 &&
        (problem.code == CEDAR_ERR_STATE || problem.message[0] == '\0'))
        abort();
    return f;
}

static char *json_of(const char *text, size_t length)
{
    const struct cedar_source source = {"policy", text, length};
    struct cedar_policies *p = NULL;
    struct cedar_problem problem;
    char *json = NULL;
    size_t n;

    if (cedar_policies_load(&source, 1, &p, &problem) != 0 ||
        cedar_policies_write_json(p, &json, &n) != 0)
        json = NULL;
    cedar_policies_free(p);
    return json;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct cedar_style style = {data[0], data[1] % 9};
    const char *text = (const char *)data + 2;
    struct form first = format(text, size - 2, &style);
    if (first.text == NULL)
        return 0;
    struct form second = format(first.text, first.length, &style);
    if (second.text == NULL && first.length <= CEDAR_SOURCE_MAX)
        abort();
    if (second.text != NULL) {
        struct form third = format(second.text, second.length, &style);
        if (third.text == NULL || third.length != second.length ||
            memcmp(third.text, second.text, third.length) != 0)
            abort();
        cedar_text_free(third.text);
    }
    char *before = json_of(text, size - 2), *after = json_of(first.text, first.length);
    if (before != NULL && (after == NULL || strcmp(before, after) != 0))
        abort();
    cedar_text_free(before);
    cedar_text_free(after);
    cedar_text_free(first.text);
    cedar_text_free(second.text);
    return 0;
}
