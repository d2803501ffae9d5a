#ifndef APPLIANCE_CLI_TRAINING_SITE_H
#define APPLIANCE_CLI_TRAINING_SITE_H

#include "appliance/cli/cli.h"

/*
 * A training site's directory.  Beside what appliance/supervisor/site.c opens there are:
 *     casemate-training   made first, and locked by whoever makes or starts the site
 *     complete            made last: without it the site is made again
 *     seeding, seeded     the first start has begun to fill the site, has filled it
 *     card, card.json     who can sign in, with PINs: root's
 *     enterprise          the other side of the transfer: its keys and its bundles
 *     log                 what the processes say
 */
#define TRAINING_MARK     "casemate-training"
#define TRAINING_COMPLETE "complete"
#define TRAINING_SEEDING  "seeding"
#define TRAINING_SEEDED   "seeded"
#define TRAINING_ENCLAVES 2

struct training_site {
    char dir[CLI_PATH_MAX]; /* absolute */
    int lock;               /* the open mark, or -1 */
};

enum training_access {
    TRAINING_LOOK = 0, /* only read it */
    TRAINING_CHANGE,   /* and be the only one who changes it */
    TRAINING_CREATE    /* and make the directory where there is none */
};

/*
 * training_site_open(o, path, access_wanted, ret_site):
 * Find the directory ${path}.  It must have the mark, or for TRAINING_CREATE be empty.  0, or an
 * enum cli_exit after a complaint.  End with training_site_close().
 */
must_use int training_site_open(const struct cli *o, const char *path,
                                enum training_access access_wanted, struct training_site *ret_site);
void training_site_close(struct training_site *site);

/* training_site_has(site, name): Whether the file is there. */
bool training_site_has(const struct training_site *site, const char *name);

/* training_site_put(o, site, name, mode, data, length): Write a file, whole or not at all. */
must_use int training_site_put(const struct cli *o, const struct training_site *site,
                               const char *name, unsigned mode, const void *data, size_t length);

/*
 * training_site_make(o, site, port):
 * Empty the directory and make the site.  ${port} 0 chooses a free block.  0, or an
 * enum cli_exit after a complaint.
 */
must_use int training_site_make(const struct cli *o, const struct training_site *site,
                                unsigned port);

#endif
