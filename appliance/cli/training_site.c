#include "appliance/cli/training_site.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/cli/card.h"
#include "appliance/cli/place.h"
#include "appliance/cli/site_keys.h"
#include "transfer/file.h"

/* ---- the directory ---- */

static int make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int r = mkdir(path, 0711) != 0 && errno != EEXIST ? ERR_SYSTEM : 0;
        *slash = '/';
        if (r)
            return r;
    }
    return mkdir(path, 0711) != 0 && errno != EEXIST ? ERR_SYSTEM : 0;
}

static bool is_empty(const char *path)
{
    DIR *dir = opendir(path);
    size_t n = 0;
    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return dir && n == 2;
}

bool training_site_has(const struct training_site *site, const char *name)
{
    char path[FILE_PATH_MAX];
    return file_path(path, "%s/%s", site->dir, name) == 0 && access(path, F_OK) == 0;
}

static int lock_site(const struct cli *o, struct training_site *site, enum training_access wanted)
{
    bool make = wanted == TRAINING_CREATE;
    char path[FILE_PATH_MAX];
    if (file_path(path, "%s/" TRAINING_MARK, site->dir) != 0)
        return cli_complain_file(o, site->dir, ERR_SIZE);
    bool fresh = make && access(path, F_OK) != 0;
    if (fresh && !is_empty(site->dir))
        return cli_complain(o, CLI_REFUSED,
                            "%s is not empty and is not a training site; name another directory.",
                            site->dir);
    site->lock = open(path, O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
    if (site->lock < 0)
        return errno == ENOENT ? cli_complain(o, CLI_TROUBLE,
                                              "%s is not a training site; make one with casemate "
                                              "training create.",
                                              site->dir)
                               : cli_complain_file(o, path, ERR_SYSTEM);
    if (wanted == TRAINING_LOOK || flock(site->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    return cli_complain(o, CLI_REFUSED, "somebody is making or starting %s just now.", site->dir);
}

int training_site_open(const struct cli *o, const char *path, enum training_access access_wanted,
                       struct training_site *ret_site)
{
    char wanted[PATH_MAX], real[PATH_MAX];
    struct training_site site = {.lock = -1};
    if (geteuid() != 0)
        return cli_complain(o, CLI_TROUBLE,
                            "a site's processes get users of their own, so this "
                            "needs root; use sudo.");
    if (snprintf(wanted, sizeof wanted, "%s", path) >= (int)sizeof wanted)
        return cli_complain_file(o, path, ERR_SIZE);
    if (access_wanted == TRAINING_CREATE && make_parents(wanted) != 0)
        return cli_complain_file(o, path, ERR_SYSTEM);
    if (!realpath(wanted, real))
        return errno == ENOENT ? cli_complain(o, CLI_TROUBLE,
                                              "there is no training site in %s; make one with "
                                              "casemate training create.",
                                              path)
                               : cli_complain_file(o, path, ERR_SYSTEM);
    /* the console's socket must fit into a socket's address, with "/console.sock" */
    if (strlen(real) > 90)
        return cli_complain(o, CLI_REFUSED, "the path %s is too long for a site; at most 90 bytes.",
                            real);
    memcpy(site.dir, real, strlen(real) + 1);
    int r = lock_site(o, &site, access_wanted);
    if (r)
        training_site_close(&site);
    else
        *ret_site = site;
    return r;
}

void training_site_close(struct training_site *site)
{
    if (site->lock >= 0)
        close(site->lock);
    site->lock = -1;
}

int training_site_put(const struct cli *o, const struct training_site *site, const char *name,
                      unsigned mode, const void *data, size_t length)
{
    char path[FILE_PATH_MAX], fresh[FILE_PATH_MAX];
    int r = file_path(path, "%s/%s", site->dir, name);
    if (r == 0)
        r = file_path(fresh, "%s/%s.new", site->dir, name);
    if (r == 0)
        r = file_write(fresh, mode, false, data, length);
    if (r == 0)
        r = file_rename(fresh, path);
    return r ? cli_complain_file(o, name, r) : 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    if (where->level == 0 || strcmp(path + where->base, TRAINING_MARK) == 0)
        return 0;
    return remove(path);
}

/* "complete" goes first, so that a site that is half gone is known as such. */
static int empty_site(const struct cli *o, const struct training_site *site)
{
    char path[FILE_PATH_MAX];
    int r = file_path(path, "%s/" TRAINING_COMPLETE, site->dir);
    if (r == 0 && unlink(path) != 0 && errno != ENOENT)
        r = ERR_SYSTEM;
    if (r == 0 && nftw(site->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0)
        r = ERR_SYSTEM;
    return r ? cli_complain_file(o, site->dir, r) : 0;
}

static void make_enclave_id(char out[static ENCLAVE_ID_LENGTH + 1])
{
    static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* nothing to misread */
    out[0] = 'e';
    for (int i = 1; i < ENCLAVE_ID_LENGTH; i++)
        out[i] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
    out[ENCLAVE_ID_LENGTH] = '\0';
}

static int make_config(const struct cli *o, const struct training_site *site, unsigned port,
                       struct config *ret_config)
{
    struct config config = {.training = true, .enclaves = TRAINING_ENCLAVES};
    int r = place_choose(o, site->dir, port, &config);
    do
        for (size_t i = 0; i < TRAINING_ENCLAVES; i++)
            make_enclave_id(config.enclave[i]);
    while (strcmp(config.enclave[0], config.enclave[1]) == 0);
    *ret_config = config;
    return r;
}

static int put_config(const struct cli *o, const struct training_site *site,
                      const struct config *config)
{
    char text[400];
    int n = snprintf(text, sizeof text,
                     "casemate-site 1\nkind training\nuid-base %u\nport %u\nenclave %s\nenclave "
                     "%s\n",
                     config->uid_base, config->port, config->enclave[0], config->enclave[1]);
    return training_site_put(o, site, "site.conf", 0644, text, (size_t)n);
}

/* ---- keys ---- */

/* The ring opens with the key file that lies beside it: what makes it a training site. */
static int put_ring(const struct cli *o, const struct training_site *site,
                    const struct config *config, struct root *root)
{
    static struct keyring ring;
    struct secret *unlock = NULL, *key = NULL;
    int r = secret_random(32, &unlock);
    if (r == 0)
        r = site_keys_ring(true, NULL, unlock, config, &ring, &key);
    if (r == 0)
        r = site_keys_derive(&ring, key, root);
    if (r)
        r = cli_complain(o, CLI_TROUBLE, "the site's keys: %s.", error_text(r));
    if (r == 0) {
        r = training_site_put(o, site, "training.key", 0600, secret_open(unlock), 32);
        secret_close(unlock);
    }
    if (r == 0)
        r = site_keys_put_ring(o, site, config, &ring, key);
    secret_free(unlock);
    secret_free(key);
    return r;
}

static int put_keys(const struct cli *o, const struct training_site *site,
                    const struct config *config)
{
    struct root root = {.site = "training", .kind = ROOT_TRAINING};
    char text[ROOT_MAX];
    size_t length = 0;
    root.factors[STATEMENT_BADGE_PIN] = true;
    int r = put_ring(o, site, config, &root);
    if (r == 0)
        r = site_keys_enterprise(o, site, &root);
    if (r == 0 && root_print(&root, text, &length) != 0)
        r = cli_complain(o, CLI_TROUBLE, "root.json could not be made.");
    if (r == 0)
        r = training_site_put(o, site, "root.json", 0644, text, length);
    if (r == 0)
        r = training_site_put(o, site, "enterprise/root.json", 0644, text, length);
    return r ? r : site_keys_put(o, site, &root);
}

int training_site_make(const struct cli *o, const struct training_site *site, unsigned port)
{
    struct config config;
    int r = empty_site(o, site);
    if (r == 0)
        r = make_config(o, site, port, &config);
    if (r == 0)
        r = site_policy_put(o, site);
    if (r == 0)
        r = put_keys(o, site, &config);
    if (r == 0)
        r = put_config(o, site, &config);
    if (r == 0)
        r = card_make(o, site, &config);
    return r ? r : training_site_put(o, site, TRAINING_COMPLETE, 0644, "", 0);
}
