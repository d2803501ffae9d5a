#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/cedar.h"

/* Policies in JSON.  What loads is written as JSON, and that means the same when it is read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cedar_policies *load(const char *json, size_t length)
{
    const struct cedar_source source = {"policies.json", json, length};
    struct cedar_policies *p = NULL;
    struct cedar_problem problem;
    char text[2048];

    if (cedar_policies_load_json(&source, 1, &p, &problem) == 0)
        return p;
    if (problem.code == 0 || problem.code == CEDAR_ERR_STATE || problem.message[0] == '\0')
        abort();
    cedar_problem_print(&problem, text, sizeof text);
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cedar_policies *p = load((const char *)data, size), *again;
    char *json, *twice;
    size_t length, other;

    if (p == NULL)
        return 0;
    if (cedar_policies_write_json(p, &json, &length) == 0) {
        again = load(json, length);
        if (again != NULL) { /* JSON nests less deep than text */
            if (cedar_policies_write_json(again, &twice, &other) != 0 || length != other ||
                strcmp(json, twice) != 0)
                abort();
            cedar_text_free(twice);
        }
        cedar_policies_free(again);
        cedar_text_free(json);
    }
    cedar_policies_free(p);
    return 0;
}
