#include "enclave/process/whose.h"

#include <stdio.h>
#include <sys/stat.h>

const char *whose_words(const char *name, const char *shown, char *out, size_t size)
{
    struct stat file, here;
    if (stat(name, &file) != 0 || stat(".", &here) != 0)
        snprintf(out, size, "Nor can be seen whose it is: look at its directory.");
    else if (file.st_uid != here.st_uid)
        snprintf(out, size, "It belongs to uid %u; it must belong to uid %u: chown %u:%u %s.",
                 file.st_uid, here.st_uid, here.st_uid, here.st_gid, shown);
    else
        snprintf(out, size, "Its owner must be able to read and write it: chmod 600 %s.", shown);
    return out;
}
