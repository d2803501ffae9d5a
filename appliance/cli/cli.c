#include "appliance/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void cli_print_json(const char *text)
{
    putchar('"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            printf("\\%c", *p);
        else if (*p == '\n')
            printf("\\n");
        else if (*p < 0x20)
            printf("\\u%04x", *p);
        else
            putchar(*p);
    }
    putchar('"');
}

int cli_complain(const struct cli *o, int exit, const char *format, ...)
{
    char text[1200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "casemate: %s\n", text);
    if (o->json) {
        printf("{\"error\":");
        cli_print_json(text);
        printf("}\n");
    }
    return exit;
}

int cli_complain_file(const struct cli *o, const char *path, int code)
{
    return cli_complain(o, CLI_TROUBLE, "%s: %s.", path,
                        code == ERR_SYSTEM ? strerror(errno) : error_text(code));
}

void cli_say(const struct cli *o, bool done, const char *text)
{
    size_t length = strlen(text);
    if (o->json) {
        printf("{\"done\":%s,\"text\":", done ? "true" : "false");
        cli_print_json(text);
        printf("}\n");
        return;
    }
    fprintf(done ? stdout : stderr, "%s%s", text,
            length == 0 || text[length - 1] == '\n' ? "" : "\n");
}

int cli_beside(const char *name, char out[static CLI_PATH_MAX])
{
    char self[CLI_PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return ERR_SYSTEM;
    self[n] = '\0';
    char *slash = strrchr(self, '/');
    if (!slash)
        return ERR_FORMAT;
    *slash = '\0';
    n = snprintf(out, CLI_PATH_MAX, "%s/%s", self, name);
    return n > 0 && n < CLI_PATH_MAX ? 0 : ERR_SIZE;
}

static int read_all(int fd, char *out, size_t size)
{
    size_t length = 0;
    char rest[256];
    ssize_t n;
    do {
        bool room = length + 1 < size;
        n = read(fd, room ? out + length : rest, room ? size - 1 - length : sizeof rest);
        if (n > 0 && room)
            length += (size_t)n;
    } while (n > 0 || (n < 0 && errno == EINTR));
    out[length] = '\0';
    return n < 0 ? ERR_SYSTEM : 0;
}

int cli_run(const char *const *argv, char *out, size_t size)
{
    int pair[2], status;
    if (pipe2(pair, O_CLOEXEC) != 0)
        return ERR_SYSTEM;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pair[1], STDOUT_FILENO);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(pair[1]);
    int r = pid < 0 ? ERR_SYSTEM : read_all(pair[0], out, size);
    close(pair[0]);
    if (pid < 0)
        return ERR_SYSTEM;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return ERR_SYSTEM;
    if (r)
        return r;
    return WIFEXITED(status) ? WEXITSTATUS(status) : CLI_TROUBLE;
}
