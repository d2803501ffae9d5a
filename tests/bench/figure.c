#include "tests/bench/figure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool figure_print(const struct figure *f)
{
    double ratio = f->value / f->limit;
    bool good = f->sense == FIGURE_AT_LEAST ? ratio >= f->wants : ratio <= f->wants;
    printf("figure %s = %.*f %s (limit %.*f, ratio %.2f, wants %.2f) %s\n", f->name, f->places,
           f->value, f->unit, f->places, f->limit, ratio, f->wants, good ? "ok" : "short");
    fflush(stdout);
    return good;
}

void figure_note(const char *format, ...)
{
    double load = 0;
    va_list args;
    printf("# ");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("; load %.1f\n", getloadavg(&load, 1) == 1 ? load : 0);
    fflush(stdout);
}

bool figure_is_wanted(const char *name)
{
    const char *only = getenv("FIGURE");
    return !only || only[0] == '\0' || strcmp(only, name) == 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double figure_part(double *values, size_t count, double part)
{
    if (count == 0)
        figure_die("nothing was measured");
    qsort(values, count, sizeof *values, compare);
    size_t at = (size_t)((double)count * part);
    return values[at < count ? at : count - 1];
}

double figure_median(double *values, size_t count)
{
    return figure_part(values, count, 0.5);
}

uint64_t figure_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

double figure_cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

void figure_die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(2);
}
