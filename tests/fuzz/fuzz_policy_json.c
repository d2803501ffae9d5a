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

/* The JSON of what ${json} says, or NULL. */
static char *rewrite(const char *json, size_t length)
{
    struct cedar_policies *p = load(json, length);
    char *out = NULL;
    size_t n;

    if (p != NULL && cedar_policies_write_json(p, &out, &n) != 0)
        out = NULL;
    cedar_policies_free(p);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* the first rewriting gives policies without an id the one that they are called by */
    char *once = rewrite((const char *)data, size);
    char *twice = once == NULL ? NULL : rewrite(once, strlen(once));
    char *thrice = twice == NULL ? NULL : rewrite(twice, strlen(twice));

    if (twice != NULL && (thrice == NULL || strcmp(twice, thrice) != 0))
        abort();
    cedar_text_free(once);
    cedar_text_free(twice);
    cedar_text_free(thrice);
    return 0;
}
