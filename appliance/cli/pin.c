#include "appliance/cli/pin.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* One line without its end; how long it is, or 0 when it is none. */
static size_t take_line(char *text, size_t length)
{
    while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;
    text[length] = '\0';
    return strlen(text) == length && !strpbrk(text, "\r\n") && length <= PIN_MAX ? length : 0;
}

static int from_file(const struct cli *o, char out[static PIN_MAX + 1])
{
    char text[PIN_MAX + 3];
    struct stat st;
    int r = CLI_DONE, fd = open(o->pin_file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0) {
        r = cli_complain_file(o, o->pin_file, ERR_SYSTEM);
    } else if (!S_ISREG(st.st_mode) || (st.st_mode & 077)) {
        r = cli_complain(o, CLI_REFUSED,
                         "%s is no file that its owner alone may read; chmod 600 makes it one.",
                         o->pin_file);
    } else {
        ssize_t n = read(fd, text, sizeof text - 1);
        if (n <= 0 || take_line(text, (size_t)n) == 0)
            r = cli_complain(o, CLI_REFUSED, "%s does not hold a PIN as its one line.",
                             o->pin_file);
        else
            memcpy(out, text, strlen(text) + 1);
    }
    if (fd >= 0)
        close(fd);
    sodium_memzero(text, sizeof text);
    return r;
}

static struct termios before; /* the terminal, as it was */

/* Who gives up gets his terminal back. */
static void interrupted(int number)
{
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    _exit(128 + number);
}

/* Bytes up to the line's end, straight from the terminal: no stream keeps a copy. */
static size_t read_line(char *text, size_t size)
{
    size_t length = 0;
    while (length < size && read(STDIN_FILENO, text + length, 1) == 1)
        if (text[length++] == '\n')
            return length;
    return length;
}

static int from_terminal(const struct cli *o, const char *prompt, char out[static PIN_MAX + 1])
{
    char text[PIN_MAX + 3];
    struct termios quiet;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return cli_complain_file(o, "the terminal", ERR_SYSTEM);
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    void (*on_int)(int) = signal(SIGINT, interrupted),
         (*on_term)(int) = signal(SIGTERM, interrupted);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0)
        return cli_complain_file(o, "the terminal", ERR_SYSTEM);
    fprintf(stderr, "%s: ", prompt);
    size_t length = read_line(text, sizeof text - 1);
    bool whole = length && text[length - 1] == '\n';
    fputc('\n', stderr);
    int r = tcsetattr(STDIN_FILENO, TCSAFLUSH, &before) == 0 ? CLI_DONE : CLI_TROUBLE;
    signal(SIGINT, on_int);
    signal(SIGTERM, on_term);
    if (r)
        r = cli_complain_file(o, "the terminal", ERR_SYSTEM);
    else if (!whole || take_line(text, length) == 0)
        r = cli_complain(o, CLI_REFUSED, "no PIN was typed; nothing was asked.");
    else
        memcpy(out, text, strlen(text) + 1);
    sodium_memzero(text, sizeof text);
    return r;
}

int pin_read(const struct cli *o, const char *prompt, char ret_pin[static PIN_MAX + 1])
{
    if (o->pin_file)
        return from_file(o, ret_pin);
    if (!isatty(STDIN_FILENO))
        return cli_complain(o, CLI_REFUSED,
                            "the PIN is typed on a terminal, and this is none; --pin-file names a "
                            "file with it.");
    return from_terminal(o, prompt, ret_pin);
}
