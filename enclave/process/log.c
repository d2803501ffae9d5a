#include "enclave/process/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char who[48] = "casemate";

void log_name(const char *program, const char *enclave)
{
    snprintf(who, sizeof who, "%s%s%.8s", program, enclave[0] ? " " : "", enclave);
}

/* One write a line, so that lines of two processes never mix. */
static void line(const char *level, const char *reason, const char *format, va_list args)
{
    char text[800];
    int n = snprintf(text, sizeof text, "%s: %s", who, level);
    n += vsnprintf(text + n, sizeof text - (size_t)n, format, args);
    if (n > 700)
        n = 700;
    n += snprintf(text + n, sizeof text - (size_t)n, "%s%s\n", reason[0] ? ": " : "", reason);
    if (write(STDERR_FILENO, text, (size_t)n) < 0)
        return; /* nobody to tell */
}

void log_info(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line("", "", format, args);
    va_end(args);
}

void log_err(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line("error: ", "", format, args);
    va_end(args);
}

void log_sys(const char *format, ...)
{
    const char *reason = strerrordesc_np(errno);
    va_list args;
    va_start(args, format);
    line("error: ", reason ? reason : "unknown error", format, args);
    va_end(args);
}

_Noreturn void log_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line("error: ", "", format, args);
    va_end(args);
    _exit(1);
}
