#include "enclave/process/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/process/process.h"

static int leave(const char *name)
{
    int fd = os_open(name, O_WRONLY | O_CREAT, 0600);
    if (fd < 0)
        return ERR_SYSTEM;
    int r = os_sync(fd) == 0 ? 0 : ERR_SYSTEM;
    os_close(fd);
    return r;
}

void mark_end(const char *name, int r, const char *what)
{
    log_err("writing failed %s: %s; this process ends and nothing was acknowledged", what,
            error_text(r));
    if (r != ERR_STORE && r != ERR_SYSTEM)
        _exit(1);
    (void)!leave(name); /* the exit status says it too */
    _exit(PROCESS_EXIT_UNSURE);
}

int mark_begin(const char *name, bool told, bool *ret_there)
{
    int fd = told ? -1 : os_open(name, O_RDONLY, 0);
    if (!told && fd < 0 && errno != ENOENT)
        return ERR_SYSTEM;
    int r = told ? leave(name) : 0;
    if (fd >= 0)
        os_close(fd);
    if (r == 0)
        *ret_there = told || fd >= 0;
    return r;
}

int mark_remove(const char *name)
{
    return os_unlink(name) == 0 || errno == ENOENT ? 0 : ERR_SYSTEM;
}
