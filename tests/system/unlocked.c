/*
 * Linked into the programs of tests/system/10-production.sh, and into nothing else: a
 * production site runs only where all its memory can be locked, and the test is to run on
 * machines whose limit is too low for that.  It says so when it uses these programs.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int mlockall(int flags)
{
    (void)flags;
    return 0;
}

int getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
    if (resource == RLIMIT_MEMLOCK) {
        limit->rlim_cur = limit->rlim_max = RLIM_INFINITY;
        return 0;
    }
    return (int)syscall(SYS_prlimit64, 0, resource, NULL, limit);
}
