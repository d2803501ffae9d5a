#include "enclave/store/internal.h"

/*
 * What an open store never needs: other files, settings, another schema.  SAVEPOINT
 * and functions of the engine stay.
 */
int store_authorize(void *context, int action, const char *a, const char *b, const char *c,
                    const char *d)
{
    (void)context, (void)a, (void)b, (void)c, (void)d;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_TRANSACTION:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    default:
        return SQLITE_DENY;
    }
}
