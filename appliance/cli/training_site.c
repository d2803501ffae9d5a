#include "appliance/cli/training_site.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yyjson.h>

#include "appliance/cli/card.h"
#include "appliance/cli/data.h"
#include "appliance/supervisor/config.h"
#include "crypto/derive.h"
#include "transfer/file.h"
#include "transfer/root.h"

#define PORT_FIRST 7410
#define PORT_STEP  10
#define PORT_LAST  7910
#define PORTS      (1 + TRAINING_ENCLAVES)
#define UID_FIRST  61000
#define UID_LAST   1000000

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

/* ---- what no other site has ---- */

/* The sites beside this one: what they have is taken, running or not. */
static void each_neighbour(const struct training_site *site, struct config *list, size_t max,
                           size_t *ret_count)
{
    char parent[CLI_PATH_MAX], path[2 * CLI_PATH_MAX];
    struct dirent *entry;
    *ret_count = 0;
    snprintf(parent, sizeof parent, "%s", site->dir);
    char *slash = strrchr(parent, '/');
    if (!slash || slash == parent)
        return;
    *slash = '\0';
    DIR *dir = opendir(parent);
    while (dir && *ret_count < max && (entry = readdir(dir))) {
        snprintf(path, sizeof path, "%s/%s/site.conf", parent, entry->d_name);
        if (strcmp(entry->d_name, slash + 1) != 0 && access(path, R_OK) == 0 &&
            config_read(path, &list[*ret_count]) == 0)
            (*ret_count)++;
    }
    if (dir)
        closedir(dir);
}

static bool port_is_free(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool bound = bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0;
    close(fd);
    return bound;
}

static bool ports_are_free(unsigned port, const struct config *others, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (port < others[i].port + 1 + others[i].enclaves && others[i].port < port + PORTS)
            return false;
    for (unsigned i = 0; i < PORTS; i++)
        if (!port_is_free(port + i))
            return false;
    return true;
}

static int choose_port(const struct cli *o, unsigned wanted, const struct config *others,
                       size_t count, uint16_t *ret_port)
{
    for (unsigned port = wanted ? wanted : PORT_FIRST; port <= (wanted ? wanted : PORT_LAST);
         port += PORT_STEP)
        if (ports_are_free(port, others, count)) {
            *ret_port = (uint16_t)port;
            return 0;
        }
    if (wanted)
        return cli_complain(o, CLI_REFUSED,
                            "one of the ports %u to %u is in use; name others with "
                            "--port.",
                            wanted, wanted + PORTS - 1);
    return cli_complain(o, CLI_REFUSED,
                        "no three free ports were found from %d to %d; name some "
                        "with --port.",
                        PORT_FIRST, PORT_LAST);
}

static bool uids_are_free(uint32_t base, const struct config *others, size_t count)
{
    struct passwd *p;
    bool free_block = true;
    for (size_t i = 0; i < count; i++)
        if (base < others[i].uid_base + SITE_UIDS && others[i].uid_base < base + SITE_UIDS)
            return false;
    setpwent();
    while (free_block && (p = getpwent()))
        free_block = p->pw_uid < base || p->pw_uid >= base + SITE_UIDS;
    endpwent();
    return free_block;
}

static int choose_uids(const struct cli *o, const struct config *others, size_t count,
                       uint32_t *ret_base)
{
    for (uint32_t base = UID_FIRST; base < UID_LAST; base += SITE_UIDS)
        if (uids_are_free(base, others, count)) {
            *ret_base = base;
            return 0;
        }
    return cli_complain(o, CLI_REFUSED, "no free block of %d user numbers was found from %d on.",
                        SITE_UIDS, UID_FIRST);
}

static void make_enclave_id(char out[static ENCLAVE_ID_LENGTH + 1])
{
    static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* nothing to misread */
    out[0] = 'e';
    for (int i = 1; i < ENCLAVE_ID_LENGTH; i++)
        out[i] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
    out[ENCLAVE_ID_LENGTH] = '\0';
}

#define NEIGHBOURS_MAX 64

static int make_config(const struct cli *o, const struct training_site *site, unsigned port,
                       struct config *ret_config)
{
    static struct config others[NEIGHBOURS_MAX];
    struct config config = {.training = true, .enclaves = TRAINING_ENCLAVES};
    size_t count;
    each_neighbour(site, others, NEIGHBOURS_MAX, &count);
    int r = choose_port(o, port, others, count, &config.port);
    if (r == 0)
        r = choose_uids(o, others, count, &config.uid_base);
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

static int put_policy(const struct cli *o, const struct training_site *site)
{
    struct bytes_view mandatory = data_file("mandatory.cedar");
    struct bytes_view program = data_file("program.cedar");
    int r = training_site_put(o, site, "policy.cedar", 0644, mandatory.data, mandatory.length);
    return r ? r : training_site_put(o, site, "program.cedar", 0644, program.data, program.length);
}

/* ---- keys ---- */

static int public_of(const struct secret *root, const char *holder, const char *purpose,
                     uint8_t out[static SIGN_PUBLIC_LENGTH])
{
    struct secret *key = NULL;
    int r = derive_key(root, "training", holder, purpose, &key);
    if (r == 0)
        r = sign_public(key, out);
    secret_free(key);
    return r;
}

static int guard_of(const struct secret *root, const char *holder, const char *purpose,
                    struct minisign_public *out)
{
    struct secret *key = NULL;
    int r = derive_key(root, "training", holder, purpose, &key);
    if (r == 0)
        r = minisign_public_of(key, out);
    secret_free(key);
    return r;
}

/* The enterprise's two keys, by its own tool. */
static int make_enterprise(const struct cli *o, const struct training_site *site, struct root *root)
{
    char tool[CLI_PATH_MAX], dir[FILE_PATH_MAX], text[1024];
    const char *argv[] = {tool, "keygen", "--json", dir, NULL};
    int r = cli_beside("casemate-bundle", tool);
    if (r == 0)
        r = file_path(dir, "%s/enterprise", site->dir);
    if (r == 0)
        r = cli_run(argv, text, sizeof text) == 0 ? 0 : ERR_STATE;
    if (r)
        return cli_complain(o, CLI_TROUBLE,
                            "casemate-bundle keygen did not make the enterprise's "
                            "keys.");
    yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
    yyjson_val *top = yyjson_doc_get_root(doc);
    const char *orders = yyjson_get_str(yyjson_obj_get(top, "orders"));
    const char *outer = yyjson_get_str(yyjson_obj_get(top, "orders-outer"));
    if (!orders || !outer ||
        minisign_public_parse(bytes_text(orders), &root->keys[ROOT_ORDERS]) != 0 ||
        minisign_public_parse(bytes_text(outer), &root->keys[ROOT_ORDERS_OUTER]) != 0)
        r = cli_complain(o, CLI_TROUBLE,
                         "casemate-bundle keygen answered something else than keys.");
    yyjson_doc_free(doc);
    return r;
}

/* The public keys of root.json, each in the two-line file that stock minisign reads. */
static int put_public_keys(const struct cli *o, const struct training_site *site,
                           const struct root *root)
{
    static const enum root_role roles[] = {ROOT_OUTER, ROOT_GUARD_A, ROOT_GUARD_B};
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof roles / sizeof *roles; i++) {
        char name[64], key[MINISIGN_PUBLIC_TEXT + 1], text[200];
        minisign_public_print(&root->keys[roles[i]], key);
        snprintf(name, sizeof name, "enterprise/%s.pub", root_role_text(roles[i]));
        int n = snprintf(text, sizeof text, "untrusted comment: casemate %s\n%s\n",
                         root_role_text(roles[i]), key);
        r = training_site_put(o, site, name, 0644, text, (size_t)n);
    }
    return r;
}

static int derive_root(const struct secret *key, struct root *root)
{
    int r = guard_of(key, "guard-a", "guard-a", &root->keys[ROOT_GUARD_A]);
    if (r == 0)
        r = guard_of(key, "guard-b", "guard-b", &root->keys[ROOT_GUARD_B]);
    if (r == 0)
        r = guard_of(key, "guard-b", "outer", &root->keys[ROOT_OUTER]);
    if (r == 0)
        r = public_of(key, "identity", "statement", root->statement);
    if (r == 0)
        r = public_of(key, "identity", "snapshot", root->snapshot);
    if (r == 0)
        r = public_of(key, "auditor", "checkpoint", root->checkpoint);
    return r;
}

static int put_keys(const struct cli *o, const struct training_site *site)
{
    struct root root = {.site = "training", .kind = ROOT_TRAINING};
    struct secret *key = NULL;
    char text[ROOT_MAX];
    size_t length = 0;
    root.factors[STATEMENT_BADGE_PIN] = true;
    int r = secret_random(32, &key);
    if (r == 0)
        r = derive_root(key, &root);
    if (r) {
        secret_free(key);
        return cli_complain(o, CLI_TROUBLE, "the site's keys: %s.", error_text(r));
    }
    r = training_site_put(o, site, "training.key", 0600, secret_open(key), 32);
    secret_close(key);
    secret_free(key);
    if (r == 0)
        r = make_enterprise(o, site, &root);
    if (r == 0 && root_print(&root, text, &length) != 0)
        r = cli_complain(o, CLI_TROUBLE, "root.json could not be made.");
    if (r == 0)
        r = training_site_put(o, site, "root.json", 0644, text, length);
    if (r == 0)
        r = training_site_put(o, site, "enterprise/root.json", 0644, text, length);
    return r ? r : put_public_keys(o, site, &root);
}

int training_site_make(const struct cli *o, const struct training_site *site, unsigned port)
{
    struct config config;
    int r = empty_site(o, site);
    if (r == 0)
        r = make_config(o, site, port, &config);
    if (r == 0)
        r = put_policy(o, site);
    if (r == 0)
        r = put_keys(o, site);
    if (r == 0)
        r = put_config(o, site, &config);
    if (r == 0)
        r = card_make(o, site, &config);
    return r ? r : training_site_put(o, site, TRAINING_COMPLETE, 0644, "", 0);
}
