#ifndef APPLIANCE_CLI_COLLECT_H
#define APPLIANCE_CLI_COLLECT_H

#include "appliance/cli/cli.h"
#include "enclave/keys/keyring.h"

/*
 * Custodians' shares: whose they must be, read from a terminal without echo or from
 * --shares FILE, checked one by one, and passed to the keeper through a pipe.  With
 * --recovery they are the recovery custodians'.
 */

#define COLLECT_NONE (-1) /* a training site; or no ring yet */

/* collect_ring(o, site, ret_ring): The key ring as it lies there; nothing of it is verified.  0,
 * COLLECT_NONE where there is none, or an enum cli_exit after a complaint. */
must_use int collect_ring(const struct cli *o, const char *site, struct keyring *ret_ring);

/* collect_custodians(o, site, ret_custodians): Likewise whose shares it takes; COLLECT_NONE for a
 * training site, which takes none. */
must_use int collect_custodians(const struct cli *o, const char *site,
                                struct custodians *ret_custodians);

/* collect_shares(o, custodians, shares, ret_count): Read them, SHARES_MAX at most, until there are
 * enough.  0, or an enum cli_exit after a complaint.  The caller wipes ${shares}. */
must_use int collect_shares(const struct cli *o, const struct custodians *custodians,
                            struct share *shares, size_t *ret_count);

/* collect_settle(o, directory): New shares were put into ${directory}: they, it and its name are on
 * the medium when this is 0; an enum cli_exit after a complaint otherwise. */
must_use int collect_settle(const struct cli *o, const char *directory);

/* collect_pipe(data, length, ret_fd): The reading end of a pipe that holds ${data}; it holds all,
 * so nobody waits. */
must_use int collect_pipe(const void *data, size_t length, int *ret_fd);

/* collect_hand_on(o, words, length, shares, count, ret_fd): Likewise ${words} and the shares, as
 * an unlocked keeper reads them, which is told whether --recovery was given. */
must_use int collect_hand_on(const struct cli *o, const void *words, size_t length,
                             const struct share *shares, size_t count, int *ret_fd);

/* collect_hand_locked(shares, count, ret_fd): Likewise the shares, as a keeper reads them that is
 * to open the site; which set they must be of, the command says. */
must_use int collect_hand_locked(const struct share *shares, size_t count, int *ret_fd);

#endif
