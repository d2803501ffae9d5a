#ifndef APPLIANCE_SUPERVISOR_GROUND_H
#define APPLIANCE_SUPERVISOR_GROUND_H

#include "appliance/supervisor/site.h"

/* What a site's programs stand on: listeners, directories, files opened for them. */

/* ground_listeners(site): Bind every port, and those for PIV cards where their issuers are known.
 * Logs what is wrong. */
must_use int ground_listeners(struct site *site);

/* ground_store(site, slot): The store's file of an enclave, or with -1 identity's, opened
 * read-only; -1 when there is none. */
int ground_store(const struct site *site, int slot);

/* ground_make(path, uid, mode): Make a directory, unless it is there, and give it to ${uid}. */
must_use int ground_make(const char *path, uid_t uid, mode_t mode);

/* ground_directories(site, row, slot): Those of one program. */
must_use int ground_directories(struct site *site, const struct program_row *row, int slot);

/* The mark of an enclave that was closed out, in its directory: no gateway and no worker run, its
 * port is not listened on. */
#define GROUND_CLOSED_OUT "closed-out"

bool ground_is_closed_out(const struct site *site, int slot);

/* ground_close_out(site, slot, closed): Put the mark there, or take it away; durable. */
must_use int ground_close_out(const struct site *site, int slot, bool closed);

/* ground_give(instance, what, fd): Send a descriptor, borrowed; -1 is none, and no error. */
must_use int ground_give(struct instance *i, enum descriptor what, int fd);

/* ground_give_all(instance): Everything that it gets beside its channels. */
must_use int ground_give_all(struct instance *i);

#endif
