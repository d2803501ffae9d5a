#ifndef ENCLAVE_STORE_OPENING_H
#define ENCLAVE_STORE_OPENING_H

#include <stdbool.h>

#include "enclave/store/store.h"

/* What open.c and look.c share: a store that is being opened. */
struct opening {
    const char *name;
    const char *enclave;
    const struct secret *key;
    enum store_use use;
    struct store_refusal *why;
    bool sha256;  /* the page MAC */
    bool created; /* there was no file of this name, or an empty one, and one may be made */
    bool has_wal; /* a write-ahead log that is not empty: it holds what the file may lack */
};

/* opening_refuse(o, code, format, ...): ${code}, with the words; the first ones stay. */
__attribute__((format(printf, 3, 4))) int opening_refuse(struct opening *o, int code,
                                                         const char *format, ...);

/*
 * opening_look(o): Look at the files before SQLite does, and learn the page MAC.  A new store is
 * begun only where nothing says that there was one.  NAME.new is left before the first file of a
 * new store is, and goes when its first transactions are there: a creation that was cut off is told
 * by it from a store that was taken away.
 */
must_use int opening_look(struct opening *o);

/* opening_made(o): It is open to write, so a creation is over: NAME.new goes, for good. */
must_use int opening_made(struct opening *o);

#endif
