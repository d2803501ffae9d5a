#ifndef APPLIANCE_CLI_BACKUP_SET_H
#define APPLIANCE_CLI_BACKUP_SET_H

#include "appliance/cli/cli.h"
#include "transfer/file.h"

/*
 * A backup of a site: a directory with
 *     NAME.backup      each enclave's store, and identity's (enclave/backup/backup.h)
 *     NAME.wrap        its key, sealed to the recovery custodians (enclave/keys/keyring.h)
 *     site/            the site's public files, and the key ring, in which every key is sealed
 *     journal/         the journal's sealed segments, and its last one, just begun
 *     list             what is there: a line "SIZE DIGEST PATH" each, DIGEST the BLAKE2b-512
 *                      (as b2sum) of a file, of a NAME.backup that of its last 65 bytes, its
 *                      signature; before them
 *                          casemate-backup-list 1
 *                          made UTC milliseconds
 *     list.signature   130 digits: sign.h, by the auditor's checkpoint key, for
 *                      "casemate/backup-list/1" over the list
 */
#define SET_LIST_MAX (1u << 20) /* six thousand files: a daily backup seals a segment */

struct set {
    char path[FILE_PATH_MAX];
    char list[SET_LIST_MAX];
    size_t used;
};

/* set_begin(o, parent, ret_set): A new directory in ${parent}.
 * set_drop(set): What was written is removed again; false if something stays. */
must_use int set_begin(const struct cli *o, const char *parent, struct set *ret_set);
must_use bool set_drop(struct set *set);

/* set_copy(o, set, from, name): A public file into it, and no link; one that is not there is left
 * out. */
must_use int set_copy(const struct cli *o, struct set *set, const char *from, const char *name);

/* set_add(o, set, name): A file that was written into it. */
must_use int set_add(const struct cli *o, struct set *set, const char *name);

/* set_end(o, set): Write the list, and have it signed. */
must_use int set_end(const struct cli *o, struct set *set);

/*
 * set_check(o, path, each, context):
 * Verify a set's list with the key in its own root.json, and every file in it; ${each} is told
 * of each.  0, or an enum cli_exit after a complaint that names the file.
 */
typedef int set_each(void *context, const char *name);
must_use int set_check(const struct cli *o, const char *path, set_each *each, void *context);

#endif
