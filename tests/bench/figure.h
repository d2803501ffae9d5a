#ifndef TESTS_BENCH_FIGURE_H
#define TESTS_BENCH_FIGURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a figure is printed as, one line each:
 *     figure NAME = VALUE UNIT (limit L, ratio R, wants W) ok|short
 * The limit was measured in the same run; what was found beside it stands behind "# ".
 */

enum figure_wants {
    FIGURE_AT_LEAST = 0, /* the ratio is W or more */
    FIGURE_AT_MOST       /* or W or less */
};

struct figure {
    const char *name, *unit;
    int places; /* of value and limit */
    double value, limit, wants;
    enum figure_wants sense;
};

/* figure_print(figure): Print it; whether it is as wanted. */
bool figure_print(const struct figure *figure);

/* figure_note(format, ...): A line behind "# ", with the machine's load of the last minute. */
void figure_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* figure_is_wanted(name): FIGURE in the environment names the one that is wanted; without it all
 * are. */
bool figure_is_wanted(const char *name);

/* figure_part(values, count, part): The value below which ${part} of them lie, such as 0.5 for the
 * median; sorts them. */
double figure_part(double *values, size_t count, double part);
double figure_median(double *values, size_t count);

/* figure_ns(): A clock, in nanoseconds.
 * figure_cpu_us(): Processor time of this process, in microseconds. */
uint64_t figure_ns(void);
double figure_cpu_us(void);

/* figure_die(what): Say why nothing can be measured, and end with 2. */
_Noreturn void figure_die(const char *what);

#endif
