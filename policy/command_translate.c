#include <getopt.h>
#include <string.h>

#include "policy/command.h"

static int to_json(const struct files *files)
{
    struct cedar_policies *policies = NULL;
    struct cedar_problem problem;
    size_t length;
    char *json;
    int r = cedar_policies_load(files->sources, files->count, &policies, &problem);

    if (r != 0) {
        problem_report(&problem);
        return EXIT_FAILED;
    }
    r = cedar_policies_write_json(policies, &json, &length);
    if (r == 0) {
        fwrite(json, 1, length, stdout);
        putchar('\n');
        cedar_text_free(json);
    } else {
        fprintf(stderr, "casemate-policy: %s\n", cedar_error_text(r));
    }
    cedar_policies_free(policies);
    return r == 0 ? EXIT_OK : EXIT_FAILED;
}

int command_translate(int argc, char **argv)
{
    static const struct option options[] = {{"to", required_argument, NULL, 't'}, {0}};
    const char *to = NULL;
    struct files files = {0};
    int c, r = EXIT_FAILED;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c != 't')
            return command_usage("translate");
        to = optarg;
    }
    if (to == NULL || optind + 1 != argc || (strcmp(to, "json") != 0 && strcmp(to, "cedar") != 0))
        return command_usage("translate");
    if (!files_read(argv + optind, 1, &files))
        goto out;
    if (strcmp(to, "json") == 0) {
        r = to_json(&files);
    } else if (files_to_text(&files, "json")) {
        fwrite(files.sources[0].text, 1, files.sources[0].length, stdout);
        r = EXIT_OK;
    }
out:
    files_free(&files);
    return r;
}
