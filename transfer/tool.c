#include "transfer/tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "transfer/canonical.h"
#include "transfer/file.h"

int tool_complain(const struct tool_options *o, int exit_code, const char *format, ...)
{
    char text[FILE_PATH_MAX + 2 * REFUSAL_MAX], json[sizeof(text) * 2];
    struct canonical_writer w = canonical_into(json, sizeof(json));
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fprintf(stderr, "casemate-bundle: %s\n", text);
    if (!o->json)
        return exit_code;
    for (char *c = text; *c; c++)
        if (*c < 0x20 || *c > 0x7e)
            *c = '?';
    canonical_put_object(&w, NULL);
    canonical_put_text(&w, "error", text);
    canonical_put_number(&w, "exit", exit_code);
    canonical_put_object_end(&w);
    if (canonical_put_end(&w, &length) == 0)
        fwrite(json, 1, length, stdout);
    return exit_code;
}

int tool_complain_file(const struct tool_options *o, const char *path, int code)
{
    return tool_complain(o, TOOL_TROUBLE, "%s: %s.", path,
                         code == ERR_SYSTEM ? strerror(errno) : error_text(code));
}

int tool_read_root(const struct tool_options *o, const char *path, struct root *ret_root)
{
    char text[ROOT_MAX];
    struct refusal why;
    size_t length;
    int r = file_read(path, text, sizeof(text), &length);

    if (r)
        return tool_complain_file(o, path, r);
    if (root_parse(bytes_view_of(text, length), ret_root, &why))
        return tool_complain(o, TOOL_REFUSED, "%s: %s", path, why.text);
    return 0;
}
