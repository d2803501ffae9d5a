#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/command.h"

#define SIDE_MAX   10000 /* columns of a line or an indent */
#define PASSES_MAX 8

struct format_options {
    bool check, write;
    struct cedar_style style;
};

/* A file and what it is to become. */
struct formatted {
    char *text;
    size_t length;
};

static bool read_number(const char *text, unsigned *ret)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);

    if (errno != 0 || *end != '\0' || *text < '0' || *text > '9' || value > SIDE_MAX)
        return false;
    *ret = (unsigned)value;
    return true;
}

static bool read_options(int argc, char **argv, struct format_options *o)
{
    static const struct option options[] = {
        {"check", no_argument, NULL, 'c'},
        {"write", no_argument, NULL, 'w'},
        {"line-width", required_argument, NULL, 'l'},
        {"indent-width", required_argument, NULL, 'i'},
        {0},
    };
    int c;

    *o = (struct format_options){.style = {80, 2}};
    while ((c = getopt_long(argc, argv, "cwl:i:", options, NULL)) != -1) {
        if (c == 'c')
            o->check = true;
        else if (c == 'w')
            o->write = true;
        else if (c == 'l' ? !read_number(optarg, &o->style.width)
                          : c != 'i' || !read_number(optarg, &o->style.indent))
            return false;
    }
    return optind < argc && !(o->check && o->write);
}

/*
 * One layout; for a file that is to be replaced, layouts until nothing changes
 * any more.  Comments in unusual places may need a second one.
 */
static bool format_file(const struct cedar_source *source, const struct format_options *o,
                        struct formatted *ret)
{
    struct cedar_problem problem;
    struct cedar_source now = *source;

    for (int pass = 0; pass < (o->write ? PASSES_MAX : 1); pass++) {
        char *text;
        size_t length;
        if (cedar_format(&now, &o->style, &text, &length, &problem) != 0) {
            problem_report(&problem);
            return false;
        }
        bool same = length == now.length && memcmp(text, now.text, length) == 0;
        cedar_text_free(ret->text);
        *ret = (struct formatted){text, length};
        now.text = text;
        now.length = length;
        if (same)
            break;
    }
    return true;
}

static bool write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, data, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        length -= (size_t)n;
    }
    return true;
}

/* Put ${f} in the place of the file at ${path}, whole or not at all. */
static bool replace_file(const char *path, const struct formatted *f)
{
    char *real = realpath(path, NULL), *temporary = NULL;
    struct stat was;
    bool ok = false;
    int fd = -1;

    if (real == NULL || stat(real, &was) != 0 || asprintf(&temporary, "%s.XXXXXX", real) < 0)
        goto out;
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        goto out;
    ok = fchmod(fd, was.st_mode & 07777) == 0 && write_all(fd, f->text, f->length) &&
         fsync(fd) == 0 && rename(temporary, real) == 0;
    if (!ok) {
        int error = errno;
        unlink(temporary);
        errno = error;
    }
out:
    if (!ok)
        fprintf(stderr, "casemate-policy: %s: %s\n", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(temporary);
    free(real);
    return ok;
}

static bool is_as_it_was(const struct cedar_source *source, const struct formatted *f)
{
    return source->length == f->length && memcmp(source->text, f->text, f->length) == 0;
}

/* Every file is laid out; say so, write them, or print them. */
static int finish(const struct files *files, const struct formatted *formatted,
                  const struct format_options *o)
{
    int r = EXIT_OK;

    for (size_t i = 0; i < files->count; i++) {
        const struct cedar_source *source = &files->sources[i];
        if (!o->check && !o->write) {
            fwrite(formatted[i].text, 1, formatted[i].length, stdout);
        } else if (is_as_it_was(source, &formatted[i])) {
            continue;
        } else if (o->check) {
            printf("%s: is not laid out\n", source->name);
            r = EXIT_FAILED;
        } else if (!replace_file(source->name, &formatted[i])) {
            r = EXIT_FAILED;
        } else {
            printf("%s: laid out\n", source->name);
        }
    }
    return r;
}

int command_format(int argc, char **argv)
{
    struct format_options o;
    struct files files = {0};
    struct formatted *formatted = NULL;
    int r = EXIT_FAILED;

    if (!read_options(argc, argv, &o))
        return command_usage("format");
    for (int i = optind; i < argc; i++)
        if (o.write && strcmp(argv[i], "-") == 0)
            return command_usage("format");
    size_t count = (size_t)(argc - optind);
    formatted = calloc(count, sizeof *formatted);
    bool ok = formatted != NULL && files_read(argv + optind, count, &files);
    for (size_t i = 0; i < files.count && ok; i++)
        ok = format_file(&files.sources[i], &o, &formatted[i]);
    if (ok)
        r = finish(&files, formatted, &o);
    for (size_t i = 0; i < count && formatted != NULL; i++)
        cedar_text_free(formatted[i].text);
    free(formatted);
    files_free(&files);
    return r;
}
