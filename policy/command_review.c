#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/command.h"
#include "policy/sheet.h"

struct options {
    struct sheet_options sheet;
    const char *schema, *out;
};

static bool read_options(int argc, char **argv, struct options *o)
{
    static const struct option options[] = {
        {"schema", required_argument, NULL, 's'},
        {"date", required_argument, NULL, 'd'},
        {"title", required_argument, NULL, 't'},
        {"output", required_argument, NULL, 'o'},
        {0},
    };
    int c;

    *o = (struct options){0};
    while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
        if (c == 's')
            o->schema = optarg;
        else if (c == 'd')
            o->sheet.date = optarg;
        else if (c == 't')
            o->sheet.title = optarg;
        else if (c == 'o')
            o->out = optarg;
        else
            return false;
    }
    return optind < argc;
}

static bool same_file(const char *path, const struct stat *out)
{
    struct stat in;

    return stat(path, &in) == 0 && in.st_dev == out->st_dev && in.st_ino == out->st_ino;
}

/* Whether the sheet would be written over what it is about; then it says so. */
static bool is_input(const struct options *o, char **paths, size_t count)
{
    struct stat out;
    bool same;

    if (o->out == NULL || stat(o->out, &out) != 0)
        return false;
    same = o->schema != NULL && same_file(o->schema, &out);
    for (size_t i = 0; i < count; i++)
        same = same || same_file(paths[i], &out);
    if (same)
        fprintf(stderr, "casemate-policy: %s: is what the sheet is about; write it elsewhere\n",
                o->out);
    return same;
}

static int write_sheet(const struct cedar_policies *policies, const struct options *o)
{
    FILE *out = o->out == NULL ? stdout : fopen(o->out, "we");
    int r;

    if (out == NULL) {
        fprintf(stderr, "casemate-policy: %s: %s\n", o->out, strerror(errno));
        return EXIT_FAILED;
    }
    r = sheet_write(policies, &o->sheet, out);
    if (r != 0)
        fprintf(stderr, "casemate-policy: %s\n", cedar_error_text(r));
    bool written = !ferror(out);
    if (out != stdout && fclose(out) != 0)
        written = false;
    if (written && r == 0)
        return EXIT_OK;
    if (!written)
        fprintf(stderr, "casemate-policy: the sheet could not be written\n");
    if (o->out != NULL)
        remove(o->out);
    return EXIT_FAILED;
}

int command_review(int argc, char **argv)
{
    struct options o;
    struct files files = {0};
    struct cedar_source schema_source = {0};
    struct cedar_schema *schema = NULL;
    struct cedar_policies *policies = NULL;
    int r = EXIT_FAILED;

    if (!read_options(argc, argv, &o))
        return command_usage("review");
    if (is_input(&o, argv + optind, (size_t)(argc - optind)))
        goto out;
    if (!policies_read(argv + optind, (size_t)(argc - optind), &files, &policies))
        goto out;
    if (o.schema != NULL && !schema_read(o.schema, &schema_source, &schema))
        goto out;
    o.sheet.schema = schema;
    o.sheet.schema_source = &schema_source;
    r = write_sheet(policies, &o);
out:
    cedar_policies_free(policies);
    cedar_schema_free(schema);
    file_free(&schema_source);
    files_free(&files);
    return r;
}
