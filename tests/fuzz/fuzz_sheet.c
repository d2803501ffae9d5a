#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sheet.h"

/*
 * Policy text, and behind the first NUL byte a schema.  What loads becomes a
 * sheet, and nothing of it becomes a tag: every tag that the text could want to
 * smuggle in is counted.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *page)
{
    static const char *const once[] = {"<html", "<head", "<style", "<body", "</html>"};

    if (strstr(page, "<script") != NULL || strstr(page, "<img") != NULL)
        abort();
    for (size_t i = 0; i < sizeof once / sizeof *once; i++) {
        const char *at = strstr(page, once[i]);
        if (at == NULL || strstr(at + 1, once[i]) != NULL)
            abort();
    }
}

static void write_sheet(const struct cedar_policies *policies, const struct cedar_schema *schema,
                        const struct cedar_source *source)
{
    const struct sheet_options options = {.schema = schema, .schema_source = source};
    char *page = NULL;
    size_t length;
    FILE *out = open_memstream(&page, &length);

    if (out == NULL)
        abort();
    int r = sheet_write(policies, &options, out);
    if (fclose(out) != 0 || strlen(page) != length)
        abort();
    if (r == 0)
        check(page);
    free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = size == 0 ? NULL : memchr(data, 0, size);
    size_t length = nul == NULL ? size : (size_t)(nul - data);
    struct cedar_source policy = {"policy", (const char *)data, length};
    struct cedar_schema_source fragment = {{"schema", NULL, 0}, CEDAR_SCHEMA_TEXT};
    struct cedar_policies *policies = NULL;
    struct cedar_schema *schema = NULL;
    struct cedar_problem problem;

    if (nul != NULL) {
        fragment.source.text = (const char *)nul + 1;
        fragment.source.length = size - length - 1;
        if (cedar_schema_load(&fragment, 1, &schema, &problem) != 0)
            schema = NULL;
    }
    if (cedar_policies_load(&policy, 1, &policies, &problem) == 0)
        write_sheet(policies, schema, &fragment.source);
    cedar_policies_free(policies);
    cedar_schema_free(schema);
    return 0;
}
