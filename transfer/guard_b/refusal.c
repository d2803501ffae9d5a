#include "transfer/guard_b/refusal.h"

#include <stdarg.h>
#include <stdio.h>

int b_refuse(struct b_refusal *why, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why->sentence, sizeof why->sentence, format, arguments);
    va_end(arguments);
    return code;
}
