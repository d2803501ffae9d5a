#ifndef TESTS_SANDBOX_CONFINED_H
#define TESTS_SANDBOX_CONFINED_H

#include <sys/types.h>

#include "enclave/process/sandbox.h"

/* Children that enter the confinement of a program of the box and then try something. */

#define UID_BASE 61000

/* What became of a try. */
enum end {
    END_KILLED = 1, /* by SIGSYS */
    END_REFUSED,    /* the call returned an error */
    END_NO_CALL,    /* ENOSYS */
    END_WORKED,
    END_FAULT,      /* another signal */
    END_UNCONFINED, /* the confinement could not be entered */
};

/* What a child finds when it tries: made before it is confined, still open inside. */
struct place {
    char base[64];  /* a directory that everybody may pass through */
    char mine[96];  /* the program's own directory */
    char other[96]; /* another program's, of another uid, mode 0700 */
    char open[96]; /* one that belongs to the same uid, outside its own: only Landlock is in the way
                    */
    int directory; /* its own directory */
    int unix_socket;
    int udp_socket;
    pid_t parent;
};

typedef long attempt(const struct place *place);

/* place_make(place, program): Directories, files and sockets for ${program}; ends the test if it
 * cannot.  place_remove() takes them away again. */
void place_make(struct place *place, enum program program);
void place_remove(struct place *place);

/* confined_start(program, place, try_it): A child that tries ${try_it} in the confinement of
 * ${program}; confined_end(): What became of it, and its errno. */
pid_t confined_start(enum program program, const struct place *place, attempt *try_it);
enum end confined_end(pid_t child, int *ret_errno);

/* confined_number(program, number): A child that makes system call ${number} once. */
pid_t confined_number(enum program program, const struct place *place, int number);

/* confined_lacking(program, place, out, size): What this kernel cannot do; false when even the
 * confinement of a training site cannot be entered here. */
bool confined_lacking(enum program program, const struct place *place, char *out, size_t size);

#endif
