#include "appliance/cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "enclave/process/os.h"

#define MOVES_MS 100
#define DOTS_MS  2000

static void show(struct progress *p)
{
    long now = (long)os_boot_ms();
    if (now - p->shown_ms < (p->terminal ? MOVES_MS : DOTS_MS))
        return;
    p->shown_ms = now;
    if (!p->terminal)
        fprintf(stderr, ".");
    else if (p->total)
        fprintf(stderr, "\r  %-32s %zu of %zu ", p->what, p->done, p->total);
    else
        fprintf(stderr, "\r  %-32s %ld s ", p->what, (now - p->began_ms) / 1000);
}

void progress_begin(struct progress *p, const char *what, size_t total)
{
    *p = (struct progress){.what = what, .total = total, .terminal = isatty(STDERR_FILENO)};
    p->began_ms = p->shown_ms = (long)os_boot_ms();
    fprintf(stderr, "  %-32s ", what);
    fflush(stderr);
}

void progress_step(struct progress *p)
{
    p->done++;
    show(p);
}

void progress_wait(struct progress *p)
{
    show(p);
}

void progress_end(struct progress *p, bool done)
{
    long ms = (long)os_boot_ms() - p->began_ms;
    if (p->terminal)
        fprintf(stderr, "\r\033[K  %-32s ", p->what);
    if (p->total)
        fprintf(stderr, done ? "%zu " : "stopped at %zu of %zu ", p->done, p->total);
    fprintf(stderr, "%s (%ld.%ld s)\n", done ? "done" : "not done", ms / 1000, ms / 100 % 10);
}
